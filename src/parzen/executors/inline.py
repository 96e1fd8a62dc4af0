"""Runs each task in the calling thread, one after the other."""

from __future__ import annotations

from collections import deque
from typing import Any

from parzen.errors import InvalidArgument
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits


class Inline:
    """One slot in the thread that calls `wait`."""

    slots = 1
    channel = True
    parallel = False

    def __init__(self) -> None:
        self._tasks: deque[Task] = deque()
        self._evaluate: Evaluate | None = None
        self._serve: Serve | None = None

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Get ready.

        Args:
            evaluate: Runs one task.
            serve: Answers its messages, in the same thread.
            limits: Must be empty: a running thread cannot be ended.

        Raises:
            InvalidArgument: If there is a limit.
        """
        if limits:
            raise InvalidArgument(
                "a trial that runs in this process cannot be ended from outside",
                hint='for trial_timeout= and trial_memory= use workers=1 or executor="processes"',
            )
        self._evaluate, self._serve = evaluate, serve

    def submit(self, task: Task) -> None:
        """Keep the task until `wait` runs it."""
        self._tasks.append(task)

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Run the oldest task.

        Args:
            seconds: Without meaning here.
        """
        if not self._tasks or self._evaluate is None:
            return []
        task = self._tasks.popleft()
        return [(task, self._evaluate(task, _Direct(task, self._serve)))]

    def shutdown(self) -> None:
        """Forget what has not run."""
        self._tasks.clear()


class _Direct:
    """A channel to a loop in the same thread."""

    def __init__(self, task: Task, serve: Serve | None) -> None:
        self._task, self._serve = task, serve

    def call(self, what: str, *values: Any) -> Any:
        """Ask at once."""
        return None if self._serve is None else self._serve(self._task, what, values)
