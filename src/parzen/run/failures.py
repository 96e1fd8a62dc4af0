"""Why trials failed, in one line each."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterable
from typing import Any

from parzen.errors import AllTrialsFailed
from parzen.frames.facts import error_type
from parzen.history.history import ENDED, Status, Trial


def error_text(error: BaseException) -> dict[str, Any]:
    """Type, message and traceback of an exception as the log keeps them."""
    return {
        "type": str(type(error)),
        "message": str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }


def no_success(trials: Iterable[Trial]) -> AllTrialsFailed:
    """The exception for a search without a successful trial, with the reasons counted."""
    ended = [trial for trial in trials if not trial.excluded]
    if not ended:
        return AllTrialsFailed("there are no trials, so there is no best one")
    reasons = Counter(why_failed(trial) for trial in ended if trial.status is not Status.DONE)
    table = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common())
    return AllTrialsFailed(f"none of {len(ended)} trials succeeded: {table}")


def why_failed(trial: Trial) -> str:
    """One line on why a trial has no usable loss."""
    if trial.error is not None:
        kind = error_type(trial.error).rpartition(".")[2]
        message = str(trial.error["message"]).splitlines()
        return f"{kind}: {message[0]}" if message else kind
    if trial.status not in ENDED:
        return "not finished"
    if trial.status is Status.PRUNED:
        return "pruned"
    if trial.losses and trial.losses[0] != trial.losses[0]:
        return "loss is NaN"
    status = trial.result.get("status") if isinstance(trial.result, dict) else None
    return f"status {status!r}"
