"""Any `concurrent.futures.Executor`: loky's, Dask's, MPI's, the standard library's.

Nothing need be importable on the other side but parzen: the objective goes
along as bytes. Limits cannot be kept, for this interface has no way to end a
task that runs.
"""

from __future__ import annotations

import concurrent.futures as cf
import contextlib
import time
from collections.abc import Callable
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import Any

from parzen.errors import InvalidArgument, WorkerLost
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.mailbox import Mailbox
from parzen.executors.outcomes import (
    Silent,
    evaluated,
    failed,
    lost,
    packed,
    packed_evaluate,
    refuse_limits,
    unpacked,
)

_FRESH = "give a function that makes it, as in executor=lambda: ProcessPoolExecutor(2)"


class Futures:
    """Runs tasks on an executor of somebody else's.

    Args:
        executor: A `concurrent.futures.Executor`, which stays yours to shut down; or a function that
            makes one, which then is made again if it breaks, and shut down at the end.
        workers: How many tasks at a time; left out, as many as the executor says it has.

    Raises:
        InvalidArgument: If it is no executor, or does not say how many workers it has.
    """

    parallel = True

    def __init__(self, executor: Any, workers: int | None = None) -> None:
        made = not hasattr(executor, "submit")
        if made and not callable(executor):
            raise InvalidArgument(
                "executor must be a concurrent.futures.Executor or a function that makes one; "
                f"got {executor!r}"
            )
        if workers is not None and workers < 1:
            raise InvalidArgument(f"workers must be at least 1; got {workers!r}")
        self._make: Callable[[], Any] | None = executor if made else None
        self._pool: Any = executor() if made else executor
        if not hasattr(self._pool, "submit"):
            raise InvalidArgument(f"executor must make a concurrent.futures.Executor; it made {self._pool!r}")
        try:
            self.slots: int = workers or _workers_of(self._pool)
        except InvalidArgument:
            self._drop_pool()
            raise
        # Threads of this process can talk to us, and need no bytes.
        self.channel: bool = isinstance(self._pool, cf.ThreadPoolExecutor)
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._running: dict[Any, Task] = {}
        self._evaluate: Evaluate | None = None
        self._payload = b""
        self._mailbox: Mailbox | None = None
        self._broken: BaseException | None = None

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Get ready.

        Args:
            evaluate: Runs one task.
            serve: Answers messages, if the executor has threads of this process.
            limits: Must be empty.

        Raises:
            InvalidArgument: If there is a limit, or `evaluate` cannot be pickled.
        """
        try:
            refuse_limits(limits, "an executor of concurrent.futures")
            if not self.channel:
                self._payload = packed_evaluate(evaluate)
        except InvalidArgument:
            self._drop_pool()
            raise
        self._evaluate, self._mailbox = evaluate, Mailbox(serve)

    def submit(self, task: Task) -> None:
        """Hand the task to the executor.

        Args:
            task: To be run.

        Raises:
            WorkerLost: If the executor is broken and cannot be made again.
        """
        if self._evaluate is None or self._mailbox is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        if self._broken is not None:
            self._renew()
        try:
            future = self._submitted(task)
        except cf.BrokenExecutor as error:  # broken since the last outcome
            self._broken = error
            self._renew()
            future = self._submitted(task)
        self._running[future] = task
        future.add_done_callback(self._report_trouble if self.channel else self._ended.put)

    def _submitted(self, task: Task) -> Any:
        if self.channel and self._mailbox is not None:
            channel = self._mailbox.channel(task)
            return self._pool.submit(_run_here, self._evaluate, task, channel, self._mailbox)
        return self._pool.submit(run_packed, self._payload, task)

    def _renew(self) -> None:
        if self._make is None:
            raise WorkerLost(
                f"the executor given is broken, since one of its processes died: {self._broken}", hint=_FRESH
            ) from self._broken
        self._drop_pool()
        self._pool, self._broken = self._make(), None

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back what has ended.

        Args:
            seconds: At most; None waits until a task ends.
        """
        if self._mailbox is None or not self._running:
            return []
        if self.channel:
            return self._collect(self._mailbox, seconds)
        ended: list[tuple[Task, Outcome]] = []
        stop = None if seconds is None else time.monotonic() + seconds
        while not ended or not self._ended.empty():
            left = None if stop is None else max(0.0, stop - time.monotonic())
            try:
                future = self._ended.get(timeout=left)
            except Empty:
                break
            task = self._running.pop(future, None)
            if task is not None:
                ended.append((task, self._outcome(task, future)))
        return ended

    def _collect(self, mailbox: Mailbox, seconds: float | None) -> list[tuple[Task, Outcome]]:
        ended = mailbox.collect(seconds)
        done = {task.number for task, _ in ended}
        self._running = {future: task for future, task in self._running.items() if task.number not in done}
        return ended

    def _report_trouble(self, future: Any) -> None:
        """Outcomes of threads come by mail; a thread that could not start sends none."""
        task, mailbox = self._running.get(future), self._mailbox
        if task is not None and mailbox is not None and (future.cancelled() or future.exception()):
            mailbox.put(task, self._outcome(task, future))

    def _outcome(self, task: Task, future: Any) -> Outcome:
        try:
            return unpacked(future.result())
        except cf.BrokenExecutor as error:
            self._broken = error
            return lost(task.number, f"died, and its executor with it ({error})")
        except cf.CancelledError:
            return lost(task.number, "was taken away by its executor")
        except Exception as error:  # noqa: BLE001  # each engine has exceptions of its own
            if _is_loss(error):
                return lost(task.number, f"died ({error})")
            return failed(error)

    def shutdown(self) -> None:
        """Cancel what has not started; end an executor that was made here.

        One that was given is not waited for: what runs there runs to its end.
        """
        for future in list(self._running):
            future.cancel()
        self._running.clear()
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None
        self._drop_pool()

    def _drop_pool(self) -> None:
        """Shut down the executor if it is ours, without waiting for its tasks where it can end them."""
        if self._make is None or self._pool is None:
            return
        pool, self._pool = self._pool, None
        processes = list((getattr(pool, "_processes", None) or {}).values())
        with contextlib.suppress(cf.BrokenExecutor):
            try:
                pool.shutdown(wait=False, kill_workers=True)  # loky
            except TypeError:
                pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                process.kill()
                process.join(1.0)


def _workers_of(pool: Any) -> int:
    """How many tasks an executor runs at a time, as far as it tells."""
    for name in ("_max_workers", "num_workers"):  # the standard library and loky; MPI
        found = getattr(pool, name, None)
        if isinstance(found, int) and found > 0:
            return found
    client = getattr(pool, "_client", None)  # Dask
    if client is not None and hasattr(client, "nthreads"):
        found = sum(client.nthreads().values())
        if found:
            return int(found)
    raise InvalidArgument(
        f"{type(pool).__name__} does not say how many workers it has",
        hint="say how many trials may run at a time, as in workers=4",
    )


def _is_loss(error: BaseException) -> bool:
    """Whether an exception of an engine's own says that the process of a task died."""
    return any(
        kind.__module__.partition(".")[0] == "distributed" and kind.__name__ == "KilledWorker"
        for kind in type(error).__mro__
    )


@lru_cache(maxsize=1)
def _evaluation(payload: bytes) -> Evaluate:
    import pickle

    return pickle.loads(payload)  # type: ignore[no-any-return]  # packed by the search


def run_packed(payload: bytes, task: Task) -> bytes:
    """Run one task on the other side.

    Args:
        payload: From `packed_evaluate`.
        task: What to evaluate.
    """
    try:
        evaluate = _evaluation(payload)
    except Exception as error:  # noqa: BLE001  # modules of the user's are imported here
        return packed(failed(error))
    return packed(evaluated(evaluate, task, Silent()))


def _run_here(evaluate: Evaluate, task: Task, channel: Any, mailbox: Mailbox) -> None:
    mailbox.put(task, evaluated(evaluate, task, channel))
