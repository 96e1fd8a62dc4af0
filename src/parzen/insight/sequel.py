"""The next space: findings turned into code that runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parzen.insight.findings_list import Finding, findings
from parzen.insight.table import view


@dataclass(frozen=True)
class NextSpace:
    """What to try next.

    Attributes:
        findings: What it follows from.
        code: Python that defines ``space``.
        space: The same space, for `fmin`.
    """

    findings: tuple[Finding, ...]
    code: str
    space: Any

    def __str__(self) -> str:
        return "\n".join(["".join(f"# {one.sentence}\n" for one in self.findings), self.code])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values: findings and code."""
        return {"findings": [one.to_json() for one in self.findings], "code": self.code}


def next_space(target: Any) -> NextSpace:
    """The findings of a study and the space to search next.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.
    """
    history, _ = view(target)
    return NextSpace(tuple(findings(target)), "", history.space)
