"""Answers from a history: what mattered, what was learned, what to try next. Pure.

Every function takes a study, `Trials`, what `fmin` returned, or a bare
`History`. Names are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parzen.insight.failures import failing_region as failing_region
    from parzen.insight.findings_list import Finding as Finding
    from parzen.insight.findings_list import findings as findings
    from parzen.insight.sequel import NextSpace as NextSpace
    from parzen.insight.sequel import next_space as next_space
    from parzen.insight.shares import Importance as Importance
    from parzen.insight.shares import importance as importance
    from parzen.insight.trends import Effect as Effect
    from parzen.insight.trends import effects as effects

# Modules do not have the names of their functions: an import would put the one in the other's place.
_WHERE = {
    "Effect": "trends",
    "Finding": "findings_list",
    "Importance": "shares",
    "NextSpace": "sequel",
    "effects": "trends",
    "failing_region": "failures",
    "findings": "findings_list",
    "importance": "shares",
    "next_space": "sequel",
}

__all__ = [*sorted(_WHERE)]  # noqa: PLE0604  # strings, from the table above


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
