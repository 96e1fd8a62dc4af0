"""Threads of this process: for objectives that wait, or that compute in C and release the GIL."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue

from parzen.errors import InvalidArgument
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.mailbox import Mailbox
from parzen.executors.outcomes import evaluated, refuse_limits
from parzen.executors.processes import cores

FAREWELL = 1.0  # seconds that shutdown waits for objectives that still run


class Threads:
    """Runs each task in a thread.

    A running thread cannot be ended from outside. At shutdown an objective that
    still runs gets an exception at its next report; one that makes none runs
    to its end, and Python waits for it before the program exits.

    Args:
        workers: How many at a time; left out, one for each core.

    Raises:
        InvalidArgument: If that is less than one.
    """

    channel = True
    parallel = True

    def __init__(self, workers: int | None = None) -> None:
        if workers is not None and workers < 1:
            raise InvalidArgument(f"workers must be at least 1; got {workers!r}")
        self.slots: int = workers or cores()
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._mailbox: Mailbox | None = None
        self._evaluate: Evaluate | None = None
        self._open = 0

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Get ready; threads are started when tasks come.

        Args:
            evaluate: Runs one task.
            serve: Answers messages, in the thread that waits.
            limits: Must be empty: a running thread cannot be ended.

        Raises:
            InvalidArgument: If there is a limit.
        """
        refuse_limits(limits, "a thread")
        self._evaluate, self._mailbox = evaluate, Mailbox(serve)

    def submit(self, task: Task) -> None:
        """Give the task to a thread that is free, or keep it until one is."""
        if self._mailbox is None or self._evaluate is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        self._open += 1
        self._tasks.put(task)
        if len(self._threads) < min(self._open, self.slots):
            thread = threading.Thread(
                target=_work,
                args=(self._tasks, self._evaluate, self._mailbox),
                name=f"parzen-{len(self._threads)}",
            )
            self._threads.append(thread)
            thread.start()

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back what has ended, answering messages meanwhile.

        Args:
            seconds: At most; None waits until a task ends.
        """
        if self._mailbox is None or not self._open:
            return []
        ended = self._mailbox.collect(seconds)
        self._open -= len(ended)
        return ended

    def shutdown(self) -> None:
        """Drop what has not started; wait a moment for what runs, and no longer."""
        if self._mailbox is None:
            return
        while not self._tasks.empty():
            self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        self._mailbox.close()
        stop = time.monotonic() + FAREWELL
        for thread in self._threads:
            thread.join(max(0.0, stop - time.monotonic()))
        self._threads.clear()
        self._mailbox = None
        self._open = 0


def _work(tasks: SimpleQueue[Task | None], evaluate: Evaluate, mailbox: Mailbox) -> None:
    while (task := tasks.get()) is not None:
        mailbox.put(task, evaluated(evaluate, task, mailbox.channel(task)))
