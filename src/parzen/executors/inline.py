"""Runs each task in the calling thread, one after the other."""

from __future__ import annotations

from collections import deque

from parzen.executors.base import Evaluate, Outcome, Task


class InlineExecutor:
    """One slot in this thread.

    Args:
        evaluate: Runs one task.
    """

    slots = 1

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._tasks: deque[Task] = deque()

    def submit(self, task: Task) -> None:
        """Keep the task until `wait` runs it."""
        self._tasks.append(task)

    def wait(self) -> list[tuple[Task, Outcome]]:
        """Run the oldest task."""
        task = self._tasks.popleft()
        return [(task, self._evaluate(task))]

    def shutdown(self) -> None:
        """Forget what has not run."""
        self._tasks.clear()
