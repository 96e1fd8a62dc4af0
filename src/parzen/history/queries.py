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

    A trial from before the space had all its labels is no point of this space, and never the best.

    Args:
        history: Any view.

    Returns:
        None if no trial succeeded.
    """
    partial = history.partial

    def step(best: _Best, row: OutcomeRow) -> None:
        if row.number not in partial:
            _better(best, row)

    best = history.derived("incumbent", _Best, step)
    return None if best.number is None else (best.number, best.loss)
