"""What an executor is: it takes tasks and hands back outcomes, in any order.

It knows no study and no store. `run/loop.py` keeps its slots full and tells
what comes back; messages of running objectives (reports, questions) reach the
loop through `Serve`, in the thread that calls `wait`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol

from parzen.errors import InvalidArgument, did_you_mean


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at one trial: all that its evaluation needs, and all of it can be pickled.

    Attributes:
        number: The trial's.
        attempt: Counts from 1.
        point: Label -> stored value, active labels only.
        budget: How much of the fidelity to spend, or None.
        directory: The trial's folder, which survives retries; made when the objective asks for it.
        seed: The study's seed.
    """

    number: int
    attempt: int = 1
    point: Mapping[str, float | int] = field(default_factory=dict)
    budget: float | None = None
    directory: str = ""
    seed: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one attempt.

    Attributes:
        status: ``"done"``, ``"pruned"``, ``"failed"``, or ``"lost"``: the process that ran it
            died, and the trial should run again.
        losses: Minimised losses; empty if there is none.
        metrics: Other numbers in the result, by key.
        result: What the objective returned, as documents show it.
        error: Type, message and traceback as text, if it raised; `log` holds the end of what it
            printed, where an executor can know it.
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


class Channel(Protocol):
    """The worker's end of the line to the loop: how a running objective speaks and asks."""

    def call(self, what: str, *values: Any) -> Any:
        """Send a message and wait for the answer.

        Args:
            what: ``"report"`` with value and step, answered by None; or ``"should_prune"``,
                answered by a bool.
            values: Plain Python values.
        """
        ...


Evaluate = Callable[[Task, Channel], Outcome]  # never raises what the objective raised; cloudpickle takes it
Serve = Callable[[Task, str, tuple[Any, ...]], Any]  # the loop's end: task, what, values -> answer


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """What one attempt may use before it is ended, with all processes that it started.

    Attributes:
        seconds: Wall-clock time, or None.
        memory: Bytes of resident memory of all its processes together, or None.
    """

    seconds: float | None = None
    memory: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return self.seconds is not None or self.memory is not None


class Executor(Protocol):
    """Runs tasks, `slots` at a time. Every method is called from one thread.

    Attributes:
        slots: How many tasks may be submitted and not yet handed back.
        channel: Whether messages of running objectives reach `Serve`.
        parallel: Whether tasks run while `wait` is not being called.
    """

    slots: int
    channel: bool
    parallel: bool

    def start(self, evaluate: Evaluate, serve: Serve, limits: TaskLimits) -> None:
        """Get ready; called once, before the first task.

        Args:
            evaluate: Runs one task on the worker's side.
            serve: Answers messages; called inside `submit` and `wait` only.
            limits: To be kept for each task.

        Raises:
            InvalidArgument: If this executor cannot keep one of the limits.
        """
        ...

    def submit(self, task: Task) -> None:
        """Take a task; it may start at once or when `wait` is called."""
        ...

    def wait(self, seconds: float | None = None) -> list[tuple[Task, Outcome]]:
        """Hand back the tasks that have ended; block until there is one.

        Messages are answered meanwhile. A task whose process died comes back
        with the status ``"lost"``; one that broke a limit is failed, with
        `TrialTimeout` or `TrialMemory` as its exception.

        Args:
            seconds: Return an empty list after that long; None waits for ever. An executor that
                runs tasks in the calling thread runs one, however long it takes.
        """
        ...

    def shutdown(self) -> None:
        """End what runs, drop what has not started, free what is held. May be called twice."""
        ...


EXECUTORS: dict[str, str] = {
    "inline": "parzen.executors.inline:Inline",
    "threads": "parzen.executors.threads:Threads",
    "processes": "parzen.executors.processes:Processes",
    "coroutines": "parzen.executors.coroutines:Coroutines",
    "futures": "parzen.executors.futures:Futures",
    "ray": "parzen.executors.ray:RayExecutor",
    "spark": "parzen.executors.spark:SparkExecutor",
}


def named(name: str, workers: int | None = None, **settings: Any) -> Executor:
    """An executor by its name.

    Args:
        name: One of `EXECUTORS`.
        workers: How many tasks run at the same time; left out, what the executor thinks best.
        settings: Its other arguments.

    Raises:
        InvalidArgument: If there is none of that name.
    """
    target = EXECUTORS.get(name)
    if target is None:
        raise InvalidArgument(
            f"unknown executor {name!r}.{did_you_mean(name, list(EXECUTORS))} Known: {', '.join(EXECUTORS)}"
        )
    module, _, attribute = target.partition(":")
    if workers is not None and name != "inline":
        settings["workers"] = workers
    return getattr(import_module(module), attribute)(**settings)  # type: ignore[no-any-return]  # in the table
