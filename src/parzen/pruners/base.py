"""What a pruner is, and the table of names."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.history import History


@runtime_checkable
class Pruner(Protocol):
    """A frozen dataclass of settings with one method; it keeps no state of its own and draws nothing."""

    def prune(self, history: History, number: int, reports: Mapping[float, float]) -> bool:
        """Whether a running trial should end now.

        Values are minimised: where the user's are to be made large, these are their negatives.
        A trial whose newest value is NaN ends, whatever the others did.

        Args:
            history: The other trials, as far as this one may know them; it may hold this one too.
            number: The trial's.
            reports: Its own reports so far: step -> value.
        """
        ...


NAMES: dict[str, str] = {
    "median": "parzen.pruners.median:Median",
    "asha": "parzen.pruners.asha:Asha",
}


def named(name: str) -> Pruner:
    """The pruner that a name stands for, with its default settings.

    Args:
        name: One of `NAMES`.

    Raises:
        InvalidArgument: If there is none.
    """
    target = NAMES.get(name)
    if target is None:
        raise InvalidArgument(
            f"unknown pruner {name!r}.{did_you_mean(name, [*NAMES])} Known: {', '.join(NAMES)}"
        )
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)()  # type: ignore[no-any-return]  # named in the table


def describe(pruner: Any) -> dict[str, Any]:
    """A pruner's name and settings as the log keeps them."""
    settings = {}
    if hasattr(pruner, "__dataclass_fields__"):
        settings = {f.name: getattr(pruner, f.name) for f in fields(pruner)}
    kind = type(pruner)
    return {"name": f"{kind.__module__}:{kind.__qualname__}", "settings": settings}


def whole(value: Any, name: str, low: int) -> None:
    """Check that a setting is a whole number.

    Args:
        value: What the user gave.
        name: How the message calls it.
        low: The least it may be.

    Raises:
        InvalidArgument: If it is none, or too small.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise InvalidArgument(f"{name} must be a whole number of at least {low}; got {value!r}")


def finite(value: Any, name: str) -> None:
    """Check that a setting is a finite number.

    Args:
        value: What the user gave.
        name: How the message calls it.

    Raises:
        InvalidArgument: If it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InvalidArgument(f"{name} must be a finite number; got {value!r}")
