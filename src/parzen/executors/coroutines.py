"""One event loop for many objectives: for ``async def`` objectives that wait for others."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

from parzen.errors import InvalidArgument
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.mailbox import Mailbox
from parzen.executors.outcomes import failed, refuse_limits, too_long
from parzen.executors.processes import cores

FAREWELL = 1.0  # seconds that a cancelled objective may take to clean up


class Coroutines:
    """Runs each task as a task of one event loop, which has a thread of its own.

    A time limit cancels the objective where it awaits something; one that goes
    on nevertheless is left alone after a second, and its slot is used again.
    One that computes without awaiting holds up all others.

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
        self._mailbox: Mailbox | None = None
        self._runner: _Runner | None = None
        self._open = 0

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Start the event loop.

        Args:
            evaluate: Gives a coroutine for one task.
            serve: Answers messages, in the thread that waits.
            limits: Of time only.

        Raises:
            InvalidArgument: If there is a limit of memory, or the objective is no ``async def``.
        """
        refuse_limits(limits, "an event loop", memory_only=True)
        if not getattr(evaluate, "asynchronous", False):
            raise InvalidArgument(
                'executor="coroutines" needs an objective that is an async def',
                hint='use executor="threads", or write async def',
            )
        self._mailbox = Mailbox(serve)
        self._runner = _Runner(evaluate, self._mailbox, self.slots, limits.seconds)

    def submit(self, task: Task) -> None:
        """Hand the task to the event loop."""
        if self._runner is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        self._open += 1
        self._runner.submit(task)

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
        """Cancel what runs, wait a moment for it to clean up, and stop the event loop."""
        if self._mailbox is None or self._runner is None:
            return
        self._mailbox.close()
        self._runner.stop()
        self._mailbox = self._runner = None
        self._open = 0


class _Runner:
    """The event loop and its thread."""

    def __init__(self, evaluate: Any, mailbox: Mailbox, slots: int, seconds: float | None) -> None:
        self._evaluate, self._mailbox, self._seconds = evaluate, mailbox, seconds
        self._room = asyncio.Semaphore(slots)
        self._running: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="parzen-coroutines")
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            # One that ignored its cancellation is left as it is, without a word at its end.
            for task in asyncio.all_tasks(self._loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # as asyncio.gather does
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def submit(self, task: Task) -> None:
        self._loop.call_soon_threadsafe(self._begin, task)

    def _begin(self, task: Task) -> None:
        running = self._loop.create_task(self._one(task))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def _one(self, task: Task) -> None:
        async with self._room:
            self._mailbox.put(task, await self._limited(task))

    async def _limited(self, task: Task) -> Outcome:
        work = self._loop.create_task(self._evaluated(task))
        try:
            done, _ = await asyncio.wait({work}, timeout=self._seconds)
        except asyncio.CancelledError:  # the search ends
            await _cancel(work)
            raise
        if done:
            return work.result()
        await _cancel(work)
        return too_long(task.number, self._seconds or 0.0)

    async def _evaluated(self, task: Task) -> Outcome:
        try:
            return await self._evaluate(task, self._mailbox.channel(task))  # type: ignore[no-any-return]  # agreed
        except BaseException as error:  # noqa: BLE001  # a SystemExit would end the event loop
            return failed(error)

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed
            asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
        self._thread.join(3 * FAREWELL)

    async def _cancel_all(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=2 * FAREWELL)
        self._loop.stop()


async def _cancel(work: asyncio.Task[Outcome]) -> None:
    """Cancel one objective and give it a moment."""
    work.cancel()
    await asyncio.wait({work}, timeout=FAREWELL)
