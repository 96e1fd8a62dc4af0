"""Why trials failed, in one line each."""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Iterable
from typing import Any

from parzen.errors import AllTrialsFailed
from parzen.frames.facts import error_type
from parzen.history.history import ENDED, Status, Trial

_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(\.\d+)?([eE][-+]?\d+)?")  # an address or a number


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
    reasons = counted(trial for trial in ended if trial.status is not Status.DONE)
    return AllTrialsFailed(f"none of {len(ended)} trials succeeded: {'; '.join(reasons)}")


def counted(trials: Iterable[Trial]) -> list[str]:
    """Why trials failed, as ``3 x ValueError: bad input``, the most frequent reason first.

    Reasons that differ only in a number or an address are one, told by its first example.

    Args:
        trials: Those that failed.
    """
    kinds: dict[str, Counter[str]] = {}
    for trial in trials:
        reason = why_failed(trial)
        kinds.setdefault(_VARYING.sub("#", reason), Counter())[reason] += 1
    kinds = dict(sorted(kinds.items(), key=lambda kind: -kind[1].total()))
    return [
        f"{reasons.total()} x {next(iter(reasons))}" + (" (the numbers differ)" if len(reasons) > 1 else "")
        for reasons in kinds.values()
    ]


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
