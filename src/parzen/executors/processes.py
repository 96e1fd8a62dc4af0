"""Child processes of this machine: the way to use more than one core without a server.

Each child runs in a session of its own with its own number of threads, and if
asked with its own graphics card. A trial that breaks a limit is ended with all
processes that it started; so is everything when the search ends, and when the
search itself is killed (`tree`).

What an objective leaves running at its end stays in a reused child, for a warm
pool of joblib's is worth keeping; it ends with the child.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from parzen.errors import InvalidArgument
from parzen.executors import tree
from parzen.executors.base import Evaluate, Outcome, Serve, Task, TaskLimits
from parzen.executors.outcomes import lost, merged, packed_evaluate, too_large, too_long, unpacked
from parzen.executors.worker import Output, Seed, Worker

THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
POLL = 0.05  # seconds between looks at memory
SHARE = 20  # a look at all processes that takes t seconds is followed by SHARE * t without one
STARTING = 60.0  # seconds that a child may take to load the objective, on top of a limit
FAREWELL = 1.0  # seconds for children without a task to end by themselves at the search's end
LOOK = 0.5  # seconds between looks for dead children where the system cannot tell


class Processes:
    """Runs each task in a child process.

    Args:
        workers: How many at a time; left out, one for each graphics card or else for each core.
        gpus: How many graphics cards, or which: one for each worker, which sees no other. A list
            may name a card twice.
        reuse: Whether a child runs many tasks. If not, each task has a fresh one, and all its
            memory is returned; the next one starts while a task runs.
        threads: Of numerical libraries in each child; left out, cores divided by workers, or what
            ``OMP_NUM_THREADS`` and its like already say.

    Raises:
        InvalidArgument: If the arguments do not fit together, or this system is Windows.
    """

    channel = True
    parallel = True

    def __init__(
        self,
        workers: int | None = None,
        *,
        gpus: int | Sequence[int | str] | None = None,
        reuse: bool = True,
        threads: int | None = None,
    ) -> None:
        if os.name == "nt":
            raise InvalidArgument(
                "processes of parzen's own need Linux or macOS", hint='use executor="threads"'
            )
        for name, value in (("workers", workers), ("threads", threads)):
            if value is not None and value < 1:
                raise InvalidArgument(f"{name} must be at least 1; got {value!r}")
        self._gpus = None if gpus is None else _cards(gpus, workers)
        self.slots: int = workers or len(self._gpus or ()) or cores()
        self._reuse, self._threads = reuse, threads
        self._serve: Serve | None = None
        self._limits = TaskLimits()
        self._seed: Seed | None = None
        self._payload: IO[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._selector: selectors.BaseSelector | None = None
        self._waiting: deque[Task] = deque()
        self._busy: dict[int, Worker] = {}  # by slot: with a task, or on their way out
        self._idle: dict[int, Worker] = {}  # by slot: for the next task
        self._ended: list[tuple[Task, Outcome]] = []
        self._count = 0
        self._next_look = self._next_snapshot = 0.0

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Get ready; children are started when tasks come.

        Args:
            evaluate: Runs one task; it goes to each child once.
            serve: Answers messages.
            limits: For each task, with all its processes.

        Raises:
            InvalidArgument: If `evaluate` cannot be pickled, or memory cannot be watched here.
        """
        if limits.memory is not None and not tree.HAS_PROC:
            raise InvalidArgument(
                "a limit of memory needs Linux: this system does not tell what processes hold",
                hint="leave trial_memory= out",
            )
        data = packed_evaluate(evaluate)
        self.shutdown()
        self._serve, self._limits = serve, limits
        self._payload = tempfile.TemporaryFile()  # noqa: SIM115  # shutdown closes it
        self._payload.write(data)
        self._payload.flush()
        above = os.environ.get(tree.VARIABLE)
        token = f"{above}/{secrets.token_hex(8)}" if above else secrets.token_hex(8)
        try:
            folder: str | None = os.getcwd()
        except OSError:
            folder = None
        self._seed = Seed(self._payload.fileno(), token, folder)
        self._selector = selectors.DefaultSelector()
        self._guard = _guard(token)

    def submit(self, task: Task) -> None:
        """Send the task to a child, or keep it until one is free."""
        self._waiting.append(task)
        self._fill()

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back what has ended, and meanwhile answer messages, pass on prints, keep limits.

        Args:
            seconds: At most; None waits until a task ends.

        Raises:
            InvalidArgument: If a child cannot load the objective.
        """
        stop = None if seconds is None else time.monotonic() + seconds
        self._turn(0.0)
        while not self._ended and (self._waiting or any(w.task for w in self._busy.values())):
            now = time.monotonic()
            if stop is not None and now >= stop:
                break
            self._turn(self._patience(now, stop))
        ended, self._ended = self._ended, []
        return ended

    def shutdown(self) -> None:
        """End all children and whatever they started; tasks that run are not handed back."""
        self._waiting.clear()
        self._ended.clear()
        workers = [*self._busy.values(), *self._idle.values()]
        free = [worker for worker in workers if worker.task is None and worker.ready is not None]
        for worker in free:
            worker.leave()
        stop = time.monotonic() + FAREWELL
        for worker in free:
            worker.wait(stop)
        if self._seed is not None:
            busy = any(worker.task for worker in workers)
            tree.end(self._seed.token, [worker.pid for worker in workers], thorough=busy)
            self._seed = None
        for worker in workers:
            self._bury(worker, swept=True)
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            if self._guard.stdin is not None:
                self._guard.stdin.close()
            self._guard = None
        if self._selector is not None:
            self._selector.close()
            self._selector = None
        if self._payload is not None:
            self._payload.close()
            self._payload = None

    # Children

    def _fill(self) -> None:
        """Hand waiting tasks to free slots, those with a child that waits first."""
        while self._waiting and len(self._busy) < self.slots:
            free = [slot for slot in range(self.slots) if slot not in self._busy]
            slot = next((slot for slot in free if slot in self._idle), free[0])
            worker = self._idle.pop(slot, None) or self._hire(slot)
            task = self._waiting.popleft()
            self._busy[slot] = worker
            try:
                worker.give(task)
            except ConnectionError:  # it died while it had nothing to do
                self._waiting.appendleft(task)
                worker.task = None
                self._bury(worker)
                continue
            if not self._reuse:
                self._idle[slot] = self._hire(slot)

    def _hire(self, slot: int) -> Worker:
        if self._seed is None or self._selector is None:
            raise InvalidArgument("the executor was not started, or was shut down")
        environment = dict(os.environ)
        for name in THREADS:
            if self._threads is not None:
                environment[name] = str(self._threads)
            else:
                environment.setdefault(name, str(max(1, cores() // self.slots)))
        if self._gpus is not None:
            environment["CUDA_VISIBLE_DEVICES"] = self._gpus[slot]
        self._count += 1
        worker = Worker(self._seed, self._count, slot, environment, self._selector)
        self._tell_guard(worker.pid)
        return worker

    def _bury(self, worker: Worker, swept: bool = False) -> str:
        how = worker.bury(swept)
        self._tell_guard(-worker.pid)
        for table in (self._busy, self._idle):
            if table.get(worker.slot) is worker:
                del table[worker.slot]
        return how

    def _tell_guard(self, number: int) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with contextlib.suppress(OSError):  # without a guard the search goes on
                self._guard.stdin.write(b"%d\n" % number)

    # Waiting

    def _patience(self, now: float, stop: float | None) -> float | None:
        """Seconds until something has to be looked at again."""
        times = [] if stop is None else [stop]
        for worker in self._busy.values():
            if worker.leaving is not None:
                times.append(worker.leaving)
            elif self._limits.seconds is not None and worker.task is not None:
                times.append(self._deadline(worker, self._limits.seconds))
        if self._limits.memory is not None:
            times.append(self._next_look)
        if not all(worker.watched for worker in self._busy.values()):
            times.append(now + LOOK)
        return max(0.0, min(times) - now) if times else None

    def _deadline(self, worker: Worker, seconds: float) -> float:
        began = worker.began
        return worker.given + STARTING + seconds if began is None else began + seconds

    def _is_late(self, worker: Worker, now: float) -> bool:
        seconds = self._limits.seconds
        return seconds is not None and now > self._deadline(worker, seconds)

    def _turn(self, seconds: float | None) -> None:
        """Take in what children send and print and how they end, then look at limits."""
        if self._selector is None or not self._selector.get_map():
            return
        for key, _ in self._selector.select(seconds):
            worker, kind = key.data
            if isinstance(kind, Output):
                if not kind.closed:
                    worker.read_output(kind)
            else:
                self._read(worker)
        for worker in [*self._busy.values(), *self._idle.values()]:
            if worker.gone:
                self._read(worker)  # what it sent before it went
                self._mourn(worker)
        self._keep_limits()
        self._fill()

    def _read(self, worker: Worker) -> None:
        for kind, *values in worker.messages():
            if kind == "ready":
                worker.ready = values[0]
            elif kind == "ask":
                self._ask(worker, *values)
            elif kind == "outcome":
                self._take(worker, unpacked(values[0]))
            else:
                raise InvalidArgument(
                    f"the objective cannot be loaded in another process: {values[0]}",
                    hint="modules that it uses must be on sys.path when the search starts",
                    traceback=values[1],
                )

    def _ask(self, worker: Worker, what: str, values: tuple[Any, ...]) -> None:
        if worker.task is None or self._serve is None:
            worker.answer(True, None)
            return
        try:
            answer = self._serve(worker.task, what, values)
        except Exception as error:  # noqa: BLE001  # it is the objective's to hear
            worker.answer(False, error)
        else:
            worker.answer(True, answer)

    def _take(self, worker: Worker, outcome: Outcome) -> None:
        task = worker.task
        if task is None:
            return
        log = worker.finish_task()
        outcome.error = merged(outcome.error, log)
        self._ended.append((task, outcome))
        if self._reuse:
            del self._busy[worker.slot]
            self._idle[worker.slot] = worker
        else:
            worker.leave()  # its slot is free when it is gone: a card's memory is its own until then

    def _mourn(self, worker: Worker) -> None:
        """A child has ended; a task that it had is lost."""
        task = worker.task
        how = self._bury(worker)
        if task is not None:
            self._ended.append((task, lost(task.number, how, worker.log)))

    def _keep_limits(self) -> None:
        now = time.monotonic()
        for worker in list(self._busy.values()):
            if worker.leaving is not None and now > worker.leaving:
                self._bury(worker)
            elif worker.task is not None and self._is_late(worker, now):
                task, seconds = worker.task, self._limits.seconds or 0.0
                self._bury(worker)
                self._ended.append((task, too_long(task.number, seconds, worker.log)))
        if self._limits.memory is not None and now >= self._next_look:
            self._look_at_memory(self._limits.memory, now)

    def _look_at_memory(self, limit: int, now: float) -> None:
        """First processes are looked at often, all that they started as often as it is cheap."""
        everything = None
        if now >= self._next_snapshot and any(worker.task for worker in self._busy.values()):
            everything = tree.Snapshot()
        for worker in list(self._busy.values()):
            task = worker.task
            if task is None:
                continue
            taken: int | None = tree.resident(worker.pid)
            if everything is not None:
                taken = everything.memory(everything.below(worker.token, [worker.pid]), limit)
            if taken is not None and taken > limit:
                self._bury(worker)
                self._ended.append((task, too_large(task.number, taken, limit, worker.log)))
        after = time.monotonic()
        self._next_look = after + POLL
        if everything is not None:
            self._next_snapshot = after + SHARE * (after - now)


def _cards(gpus: int | Sequence[int | str], workers: int | None) -> list[str]:
    """The value of CUDA_VISIBLE_DEVICES for each slot."""
    if isinstance(gpus, int):
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        cards = visible[:gpus] if visible != [""] else [str(card) for card in range(gpus)]
        if len(cards) < gpus:
            raise InvalidArgument(f"gpus={gpus}, but CUDA_VISIBLE_DEVICES lets only {len(cards)} be seen")
    else:
        cards = [str(card) for card in gpus]
    if not cards:
        raise InvalidArgument(f"gpus must name at least one graphics card; got {gpus!r}")
    if workers is not None and workers > len(cards):
        raise InvalidArgument(
            f"{workers} workers need {workers} graphics cards; gpus={gpus!r} gives {len(cards)}",
            hint="to share cards, name them twice, as in gpus=[0, 0, 1, 1]",
        )
    return cards


def cores() -> int:
    """How many cores this process may use, by its affinity and by its control group."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        found = min(found, max(1, int(quota) // int(period)))  # "max" is no int: no limit
    return found


def _guard(token: str) -> subprocess.Popen[bytes]:
    """The process that cleans up if this one is killed; `tree` is its program."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", tree.__file__, token, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd="/",
        start_new_session=True,
    )
