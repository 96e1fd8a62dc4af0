"""How objectives in threads of this process reach the thread that waits for them."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import Any

from parzen.errors import TrialFailed
from parzen.executors.base import Outcome, Serve, Task


class Mailbox:
    """Takes outcomes and messages from any thread; one thread collects and answers.

    Args:
        serve: Answers messages.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._events: SimpleQueue[tuple[Task, Outcome | _Question]] = SimpleQueue()
        self._closed = False

    def put(self, task: Task, outcome: Outcome) -> None:
        """A task has ended.

        Args:
            task: Which.
            outcome: What became of it.
        """
        self._events.put((task, outcome))

    def channel(self, task: Task) -> _MailChannel:
        """The line of one task's objective.

        Args:
            task: Which.
        """
        return _MailChannel(self, task)

    def ask(self, task: Task, what: str, values: tuple[Any, ...]) -> Any:
        """Have a message answered by the thread that collects.

        Args:
            task: Whose objective asks.
            what: The message.
            values: Its values.

        Raises:
            TrialFailed: If the search has ended: nobody will answer.
        """
        question = _Question(what, values)
        if not self._closed:
            self._events.put((task, question))
            if self._closed:  # between the two lines above
                self._refuse()
        else:
            question.refuse()
        return question.answer()

    def collect(self, seconds: float | None) -> list[tuple[Task, Outcome]]:
        """Answer messages until a task has ended; hand back all that have.

        Args:
            seconds: At most; None waits for ever.
        """
        stop = None if seconds is None else time.monotonic() + seconds
        ended: list[tuple[Task, Outcome]] = []
        while True:
            left = None if stop is None else max(0.0, stop - time.monotonic())
            try:
                task, event = self._events.get(timeout=0.0 if ended else left)
            except Empty:
                return ended
            if not isinstance(event, _Question):
                ended.append((task, event))
                continue
            event.serve(self._serve, task)
            if left == 0.0:  # objectives that never stop talking must not keep the search
                return ended

    def close(self) -> None:
        """Refuse messages from now on, so that objectives that still run end at their next one."""
        self._closed = True
        self._refuse()

    def _refuse(self) -> None:
        while True:
            try:
                _, event = self._events.get_nowait()
            except Empty:
                return
            if isinstance(event, _Question):
                event.refuse()


class _MailChannel:
    def __init__(self, mailbox: Mailbox, task: Task) -> None:
        self._mailbox, self._task = mailbox, task

    def call(self, what: str, *values: Any) -> Any:
        return self._mailbox.ask(self._task, what, values)


class _Question:
    """A message and the place for its answer."""

    def __init__(self, what: str, values: tuple[Any, ...]) -> None:
        self._what, self._values = what, values
        self._answer: SimpleQueue[tuple[bool, Any]] = SimpleQueue()

    def serve(self, serve: Serve, task: Task) -> None:
        try:
            self._answer.put((True, serve(task, self._what, self._values)))
        except Exception as error:  # noqa: BLE001  # it is the objective's to hear
            self._answer.put((False, error))

    def refuse(self) -> None:
        self._answer.put((False, TrialFailed("the search has ended, and nobody listens to its trials")))

    def answer(self) -> Any:
        fine, answer = self._answer.get()
        if not fine:
            raise answer
        return answer
