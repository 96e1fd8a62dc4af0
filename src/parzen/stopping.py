"""Stop rules: a history in, a reason to stop out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from parzen.history.history import History, OutcomeRow, Status


class StopRule(Protocol):
    """A frozen dataclass of settings with one method."""

    def check(self, history: History) -> str | None:
        """Why the search should stop now, or None."""
        ...


class _Lowest:
    def __init__(self) -> None:
        self.loss = math.inf


@dataclass(frozen=True, slots=True)
class LossReached:
    """Stop once a loss is below a threshold.

    Args:
        threshold: In minimised losses.
        since: Trials with lower numbers do not count.
    """

    threshold: float
    since: int = 0

    def check(self, history: History) -> str | None:
        """``"loss_threshold"`` once a successful trial is below it."""
        lowest = history.derived(("lowest", self.since), _Lowest, self._fold)
        return "loss_threshold" if lowest.loss < self.threshold else None

    def _fold(self, lowest: _Lowest, row: OutcomeRow) -> None:
        if row.number >= self.since and row.status is Status.DONE:
            lowest.loss = min(lowest.loss, row.losses[0])


class _Patience:
    def __init__(self) -> None:
        self.best: float | None = None
        self.waited = 0


@dataclass(frozen=True, slots=True)
class NoProgress:
    """Stop after a number of successful trials in a row without a better loss.

    Args:
        trials: How many, at least 1.
        percent: How much lower, in percent of the best loss's size, a loss must be to count as better.
        since: Trials with lower numbers do not count.
    """

    trials: int = 20
    percent: float = 0.0
    since: int = 0

    def check(self, history: History) -> str | None:
        """``"no_progress"`` once the patience is used up."""
        state = history.derived(("patience", self.percent, self.since), _Patience, self._fold)
        return "no_progress" if state.waited >= self.trials else None

    def _fold(self, state: _Patience, row: OutcomeRow) -> None:
        if row.number < self.since or row.status is not Status.DONE:
            return
        loss = row.losses[0]
        if state.best is None:
            state.best, state.waited = loss, 1  # the first one counts, as in Hyperopt
        elif loss < state.best - abs(state.best) * self.percent / 100.0:
            state.best, state.waited = loss, 0
        else:
            state.waited += 1
