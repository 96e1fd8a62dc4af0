"""What an executor is: it takes tasks and hands back outcomes, in any order.

It knows no study. `run/loop.py` keeps its slots full and tells what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from parzen.history.history import Trial


@dataclass(frozen=True, slots=True)
class Task:
    """One trial to evaluate."""

    number: int
    trial: Trial


@dataclass(slots=True)
class Outcome:
    """What became of one attempt.

    Attributes:
        status: ``"done"``, ``"pruned"`` or ``"failed"``.
        losses: Minimised losses; empty if there is none.
        metrics: Other numbers in the result, by key.
        result: What the objective returned, as documents show it.
        error: Type, message and traceback as text, if it raised.
        exception: The exception itself, where it is at hand; never stored.
        attachments: Name -> object, kept beside the result.
    """

    status: str
    losses: list[float] = field(default_factory=list)
    metrics: Mapping[str, float] = field(default_factory=dict)
    result: Any = None
    error: dict[str, Any] | None = None
    exception: BaseException | None = None
    attachments: Mapping[str, Any] = field(default_factory=dict)


Evaluate = Callable[[Task], Outcome]


class Executor(Protocol):
    """Runs tasks, `slots` at a time."""

    slots: int

    def submit(self, task: Task) -> None:
        """Take a task; it may start at once or when `wait` is called."""
        ...

    def wait(self) -> list[tuple[Task, Outcome]]:
        """Block until at least one task has ended; hand back those that have."""
        ...

    def shutdown(self) -> None:
        """Drop tasks that have not started and free what is held."""
        ...
