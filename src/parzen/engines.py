"""Which executor a call of fmin uses."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from parzen import arguments
from parzen.errors import InvalidArgument
from parzen.executors.base import Executor, TaskLimits, named
from parzen.executors.inline import Inline


def choose(
    fn: Callable[..., Any],
    workers: Any,
    executor: Any,
    gpus: int | Sequence[int] | None,
    limits: TaskLimits,
) -> Executor:
    """The executor for what the user wrote.

    Args:
        fn: The objective; an ``async def`` runs in an event loop.
        workers: Trials at the same time, or None.
        executor: A name, one of ours, a `concurrent.futures.Executor`, a function that makes one, or None.
        gpus: How many or which, for processes.
        limits: What one trial may use; only processes of ours can be ended at any time.

    Raises:
        InvalidArgument: If they do not go together.
    """
    slots = None if workers is None else arguments.at_least_one(workers, "workers")
    if gpus is not None and executor not in (None, "processes"):
        raise InvalidArgument(f"gpus= is for processes, and executor={executor!r} was given")
    if isinstance(executor, str):
        settings = {"gpus": gpus} if gpus is not None else {}
        return named(executor, slots, **settings)
    if executor is not None:
        return _given(executor, slots)
    if inspect.iscoroutinefunction(inspect.unwrap(fn)):
        return named("coroutines", slots)
    if gpus is not None:
        return named("processes", slots, gpus=gpus)
    if limits or (slots or 1) > 1:
        return named("processes", slots)
    return Inline()


def _given(executor: Any, slots: int | None) -> Executor:
    if all(hasattr(executor, name) for name in ("slots", "start", "submit", "wait", "shutdown")):
        if slots is not None and slots != executor.slots:
            raise InvalidArgument(f"workers={slots} was given, and an executor with {executor.slots} slots")
        return executor  # type: ignore[no-any-return]  # it has all that the protocol asks for
    if callable(getattr(executor, "submit", None)) or callable(executor):
        return named("futures", slots, executor=executor)
    raise InvalidArgument(
        "executor must be a name, one of parzen's executors or a concurrent.futures.Executor; "
        f"got {executor!r}"
    )
