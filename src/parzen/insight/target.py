"""What answers and pictures may be asked of: a study, or what has one."""

from __future__ import annotations

from typing import Any

from parzen.errors import InvalidArgument
from parzen.history.history import History


def study_of(target: Any) -> Any:
    """The study behind a `Study`, a `Trials` or a `Best`, or the bare `History` itself.

    Args:
        target: One of them.

    Raises:
        InvalidArgument: If it is something else, or a `Best` that was pickled and lost its study.
    """
    if isinstance(target, History) or isinstance(getattr(target, "history", None), History):
        return target
    study = getattr(target, "study", None)
    if isinstance(getattr(study, "history", None), History):
        return study
    kind = type(target).__name__
    if hasattr(target, "study"):
        raise InvalidArgument(
            f"this {kind} has no study; a Best that was pickled or copied keeps none",
            hint="pass the Trials or the Study instead",
        )
    raise InvalidArgument(
        f"expected a Study, a Trials, what fmin returned, or a History; got {kind}",
        hint="Study.load(path) opens a study that is kept in a file",
    )


def history_of(study: Any) -> History:
    """All that is known of the trials.

    Args:
        study: From `study_of`.
    """
    history: History = study if isinstance(study, History) else study.history
    return history


def maximizes(study: Any, objective: int = 0) -> bool:
    """Whether the user makes values large, which are the negatives of the losses then.

    Args:
        study: From `study_of`; a bare `History` does not know, and says no.
        objective: Which of the m losses.
    """
    return not isinstance(study, History) and study.ledger.objectives[objective] == "maximize"
