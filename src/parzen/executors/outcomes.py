"""Outcomes that an executor makes itself, and their way between processes.

An outcome holds objects of the user's. Each of them is packed on its own, so
that one which cannot be pickled, or cannot be unpickled on the other side,
takes nothing else with it.
"""

from __future__ import annotations

import inspect
import pickle
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from parzen.byvalue import dumps
from parzen.errors import InvalidArgument, TrialMemory, TrialTimeout, WorkerLost
from parzen.executors.base import Channel, Evaluate, Outcome, Task, TaskLimits

_SIMPLE = (bool, int, float, str, bytes, type(None))


def evaluated(evaluate: Evaluate, task: Task, channel: Channel) -> Outcome:
    """Run one task, whatever it does; a coroutine runs in an event loop of its own.

    Args:
        evaluate: Runs it.
        task: What to evaluate.
        channel: For its messages.
    """
    try:
        outcome: Any = evaluate(task, channel)
        if inspect.iscoroutine(outcome):
            import asyncio

            outcome = asyncio.run(outcome)
    except BaseException as error:  # noqa: BLE001  # SystemExit too: an objective must not end its worker
        return failed(error)
    return outcome  # type: ignore[no-any-return]  # what the coroutine gives


def failed(error: BaseException, log: str = "") -> Outcome:
    """The outcome of an attempt that ended with an exception.

    Args:
        error: The exception.
        log: The end of what the objective printed.
    """
    text = {
        "type": str(type(error)),
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }
    if log:
        text["log"] = log
    return Outcome("failed", result={"status": "fail"}, error=text, exception=error)


def lost(number: int, how: str, log: str = "") -> Outcome:
    """The outcome of an attempt whose process died.

    Args:
        number: The trial's.
        how: What became of the process, as ``died with signal SIGKILL``.
        log: The end of what the objective printed.
    """
    outcome = failed(WorkerLost(f"the process of trial {number} {how}"), log)
    outcome.status, outcome.result = "lost", None
    return outcome


def too_long(number: int, seconds: float, log: str = "") -> Outcome:
    """The outcome of an attempt that was ended for its time.

    Args:
        number: The trial's.
        seconds: Its limit.
        log: The end of what the objective printed.
    """
    return failed(TrialTimeout(f"trial {number} ran longer than {seconds:g} s and was ended"), log)


def too_large(number: int, taken: int, limit: int, log: str = "") -> Outcome:
    """The outcome of an attempt that was ended for its memory.

    Args:
        number: The trial's.
        taken: Bytes it held.
        limit: Bytes it might hold.
        log: The end of what the objective printed.
    """
    what = f"trial {number} took {taken / 1e6:.0f} MB of memory, more than its {limit / 1e6:.0f} MB"
    return failed(TrialMemory(f"{what}, and was ended"), log)


def refuse_limits(limits: TaskLimits, where: str, memory_only: bool = False) -> None:
    """Refuse what an executor cannot keep.

    Args:
        limits: What was asked for.
        where: Where trials run, as ``a thread``.
        memory_only: Whether a limit of time can be kept.

    Raises:
        InvalidArgument: If there is such a limit.
    """
    if memory_only and limits.memory is not None:
        raise InvalidArgument(
            f"the memory of a trial that runs in {where} cannot be told from that of others",
            hint='for trial_memory= use executor="processes"',
        )
    if limits and not memory_only:
        raise InvalidArgument(
            f"a trial that runs in {where} cannot be ended from outside",
            hint='for trial_timeout= and trial_memory= use executor="processes"',
        )


class Silent:
    """A channel that leads nowhere: reports are dropped, and nothing is pruned."""

    def call(self, what: str, *values: Any) -> Any:
        """False to questions, None to the rest.

        Args:
            what: The message.
            values: Dropped.
        """
        return False if what == "should_prune" else None


def packed_evaluate(evaluate: Evaluate) -> bytes:
    """The function as bytes; objects of ``__main__`` and of notebooks go by value.

    Args:
        evaluate: Runs one task.

    Raises:
        InvalidArgument: If it cannot be pickled.
    """
    try:
        return dumps(evaluate)
    except Exception as error:  # whatever the user's objects raise when pickled
        raise InvalidArgument(
            f"the objective cannot be sent to another process: {error}",
            hint='make such objects inside the objective, or use executor="threads"',
        ) from error


def packed(outcome: Outcome) -> bytes:
    """An outcome as bytes; what cannot be pickled is left out or made plain.

    Args:
        outcome: Any outcome.
    """
    parts = (
        outcome.status,
        [float(loss) for loss in outcome.losses],
        {str(key): float(value) for key, value in outcome.metrics.items()},
        outcome.error,
        None if outcome.exception is None else _dumped(outcome.exception),
        outcome.result if _is_simple(outcome.result) else _both(outcome.result),
        {str(name): _both(value) for name, value in outcome.attachments.items()},
    )
    return pickle.dumps(parts, protocol=pickle.HIGHEST_PROTOCOL)


def unpacked(data: bytes) -> Outcome:
    """Read what `packed` wrote.

    Args:
        data: The bytes.
    """
    status, losses, metrics, error, exception, result, attachments = pickle.loads(data)
    outcome = Outcome(status, losses, metrics, _loaded(result), error)
    if exception is not None:
        # Classic: an __init__ with two required arguments pickles, and does not unpickle.
        found = _attempted(lambda: pickle.loads(exception))
        outcome.exception = found if isinstance(found, BaseException) else None
    outcome.attachments = {name: _loaded(value) for name, value in attachments.items()}
    return outcome


class _Packed:
    """A pickle inside a pickle, and what to take where it cannot be read."""

    __slots__ = ("data", "otherwise")

    def __init__(self, data: bytes | None, otherwise: Any) -> None:
        self.data, self.otherwise = data, otherwise


def _both(value: Any) -> _Packed:
    from parzen.history.events import plain

    if _is_simple(value):
        return _Packed(None, value)
    return _Packed(_dumped(value), _attempted(lambda: plain(value)))


def _loaded(value: Any) -> Any:
    if not isinstance(value, _Packed):
        return value
    data = value.data
    if data is None:
        return value.otherwise
    failure = object()
    found = _attempted(lambda: pickle.loads(data), failure)
    return value.otherwise if found is failure else found


def _is_simple(value: Any) -> bool:
    if type(value) in _SIMPLE:
        return True
    if type(value) is dict:
        return all(type(key) is str and _is_simple(item) for key, item in value.items())
    return type(value) is list and all(_is_simple(item) for item in value)


def _dumped(value: Any) -> bytes | None:
    """Pickled by name if that can be done, else by value, else None."""
    try:
        return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:  # noqa: BLE001  # the user's own __reduce__ may raise anything
        return _attempted(lambda: dumps(value))  # type: ignore[no-any-return]  # bytes or None


def _attempted(what: Callable[[], Any], otherwise: Any = None) -> Any:
    try:
        return what()
    except Exception:  # noqa: BLE001  # as above
        return otherwise


def merged(error: Mapping[str, Any] | None, log: str) -> dict[str, Any] | None:
    """An outcome's error with the end of what was printed, if it has an error.

    Args:
        error: As `Outcome.error`.
        log: The printed text.
    """
    return {**error, "log": log} if error is not None and log else None if error is None else dict(error)
