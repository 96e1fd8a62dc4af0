"""Questions that many ask of a history."""

from __future__ import annotations

import math

from parzen.history.history import History, OutcomeRow, Status


class _Best:
    __slots__ = ("loss", "number")

    def __init__(self) -> None:
        self.loss = math.inf
        self.number: int | None = None


def _better(best: _Best, row: OutcomeRow) -> None:
    if row.status is not Status.DONE or not row.losses:
        return
    loss = row.losses[0]
    earlier = loss == best.loss and best.number is not None and row.number < best.number
    if loss < best.loss or best.number is None or earlier:
        best.loss, best.number = loss, row.number


def incumbent(history: History) -> tuple[int, float] | None:
    """Number and first loss of the best successful trial; ties go to the lowest number.

    Args:
        history: Any view.

    Returns:
        None if no trial succeeded.
    """
    best = history.derived("incumbent", _Best, _better)
    return None if best.number is None else (best.number, best.loss)
