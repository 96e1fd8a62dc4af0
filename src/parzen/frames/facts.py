"""Facts of one trial that tables, files and cards have in common: its state, its times, what went wrong."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from parzen.history.history import ENDED, Status, Trial
from parzen.history.ledger import Ledger

STATES = (*(status.name.lower() for status in Status), "excluded")
# The columns of a table of trials before and after those for hyperparameters and results.
FIRST = ("number", "state", "loss", "duration_s", "started", "ended")
LAST = ("error.type", "error.message", "worker")


def state_of(trial: Trial) -> str:
    """One of `STATES`.

    Args:
        trial: Any.
    """
    return STATES[-1 if trial.excluded else trial.status]


def utc(moment: float | None) -> str | None:
    """A moment as ISO 8601 in UTC, with microseconds.

    Args:
        moment: Seconds since 1970; None, NaN and infinities are None.

    >>> utc(0.5)
    '1970-01-01T00:00:00.500000Z'
    """
    if moment is None or not math.isfinite(moment):
        return None
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def duration(trial: Trial) -> float | None:
    """Seconds from the start of the evaluation to its end, or None.

    Args:
        trial: Any.
    """
    seconds = trial.ended - trial.started
    return seconds if math.isfinite(seconds) else None


def error_type(error: Mapping[str, object]) -> str:
    """The class of an exception as the log keeps it, with its module if that is not `builtins`.

    Args:
        error: Of a trial.

    >>> error_type({"type": "<class 'ValueError'>"}), error_type({"type": "<class 'torch.OutOfMemoryError'>"})
    ('ValueError', 'torch.OutOfMemoryError')
    """
    kind = str(error.get("type", "")).removeprefix("<class '").removesuffix("'>")
    return kind.removeprefix("builtins.")


def what_went_wrong(trial: Trial) -> tuple[str | None, str | None]:
    """Type and message of a trial's exception; of a failure without one no type, and the reason in words.

    Args:
        trial: Any; both are None if nothing went wrong.
    """
    if trial.error is not None:
        kind = error_type(trial.error).rpartition(".")[2]
        return kind or None, str(trial.error.get("message", ""))
    if trial.status not in ENDED or trial.status in (Status.DONE, Status.PRUNED):
        return None, None
    if trial.losses and math.isnan(trial.losses[0]):
        return None, "the loss is NaN"
    status = trial.result.get("status") if isinstance(trial.result, Mapping) else None
    return None, "it has no result" if status is None else f"the objective said status {status!r}"


def best_trials(ledger: Ledger, most: int) -> list[Trial]:
    """The best successful trials, the best first; ties go to the lower number.

    Args:
        ledger: Of a study.
        most: At most that many.
    """
    partial = ledger.history().partial
    done = Status.DONE
    found = (
        (trial.losses[0], trial.number)
        for trial in ledger.trials
        if trial.status is done and trial.losses and not trial.excluded and trial.number not in partial
    )
    return [ledger.trials[number] for _, number in heapq.nsmallest(most, found)]
