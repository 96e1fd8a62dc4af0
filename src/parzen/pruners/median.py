"""The median rule: a trial ends if its best value is worse than what half of the others had on average.

Source: Golovin, Solnik, Moitra, Kochanski, Karro and Sculley, "Google Vizier: a
service for black-box optimization", KDD 2017, section 3.2.1: a running trial is
stopped at step s if its best value up to s is strictly worse than the median,
over the completed trials, of the running average of the values that each
reported up to s. Only DONE trials are compared with: pruned ones are the worse
half by design and would let the median sink from trial to trial.

The average, not the value at s, is what the paper takes, and it makes the rule
lenient where curves fall steeply: a trial is compared with the others' past too.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from parzen.history.history import History, OutcomeRow, Status
from parzen.pruners.base import finite, whole

_COLUMNS = 128  # steps at which the others' averages are kept sorted; a cache, so its size changes no answer


@dataclass(frozen=True)
class Median:
    """Ends a trial that is worse than the median of the completed ones at its step.

    Steps may differ between trials: of another trial counts what it had reported at or before the step.

    Args:
        startup: How many trials with reports must be DONE before any is pruned.
        warmup: No trial is pruned at a step below it; in the user's own unit.
        every: From `warmup` on, look at a trial at its first report and then at each `every`-th one.
        least: How many DONE trials must have a report at or before the step.
    """

    startup: int = 5
    warmup: float = 0
    every: int = 1
    least: int = 1

    def __post_init__(self) -> None:
        whole(self.startup, "startup", 0)
        finite(self.warmup, "warmup")
        whole(self.every, "every", 1)
        whole(self.least, "least", 1)

    def prune(self, history: History, number: int, reports: Mapping[float, float]) -> bool:
        """Whether trial `number` should end now, by its `reports` and the completed trials of `history`."""
        if not reports:
            return False
        step = max(reports)
        if math.isnan(reports[step]):
            return True
        if step < self.warmup or (sum(s >= self.warmup for s in reports) - 1) % self.every:
            return False
        curves = _curves(history)
        if len(curves.done) < self.startup:
            return False
        others = curves.at(step)
        if len(others) < self.least:
            return False
        return min(value for value in reports.values() if not math.isnan(value)) > _middle(others)


class _Curves:
    """The running averages of completed trials: a fold over outcomes and reports, kept by the history."""

    def __init__(self) -> None:
        self.ended: list[tuple[int, Status]] = []  # in the order of the outcomes
        self.done: dict[int, tuple[array[float], array[float]]] = {}  # number -> steps, averages up to each
        self._open: dict[int, dict[float, tuple[int, float]]] = {}  # number -> step -> attempt, value
        self._reports = self._ended = 0  # how many are folded
        self._columns: dict[float, tuple[int, list[float]]] = {}

    def advance(self, history: History) -> None:
        """Take in what is new. A cut in the middle does no harm: each part may be done twice."""
        new = history.reported(self._reports)
        for number, attempt, step, value in new:
            own = self._open.setdefault(number, {})
            if attempt >= own.get(step, (0, 0.0))[0]:
                own[step] = (attempt, value)
        self._reports += len(new)
        for number, status in islice(self.ended, self._ended, None):
            if status is Status.DONE and number in self._open:
                self.done[number] = _averages(self._open[number])
            self._ended += 1
            self._open.pop(number, None)

    def at(self, step: float) -> list[float]:
        """The averages up to a step, sorted, of the completed trials that had reported by then."""
        known, column = self._columns.get(step, (0, []))
        if known < len(self.done):
            new = []
            for steps, averages in islice(self.done.values(), known, None):
                i = bisect_right(steps, step)
                if i:
                    new.append(averages[i - 1])
            column = sorted(column + new)
            while len(self._columns) >= _COLUMNS:
                self._columns.pop(next(iter(self._columns)))
            self._columns[step] = (len(self.done), column)
        return column


def _note(curves: _Curves, row: OutcomeRow) -> None:
    curves.ended.append((row.number, row.status))


def _curves(history: History) -> _Curves:
    curves = history.derived("pruners.median", _Curves, _note)
    curves.advance(history)
    return curves


def _averages(reports: Mapping[float, tuple[int, float]]) -> tuple[array[float], array[float]]:
    """Steps in order, and the mean of the values up to each; NaN values are left out."""
    steps, averages = array("d"), array("d")
    total = 0.0
    for step, (_, value) in sorted(reports.items()):
        if math.isnan(value):
            continue
        total += value
        steps.append(step)
        mean = total / len(steps)
        averages.append(math.inf if math.isnan(mean) else mean)  # inf - inf: it had an infinite loss
    return steps, averages


def _middle(values: list[float]) -> float:
    """The median of sorted values, none of them NaN; of a pair that is infinite above, the lower one."""
    low, high = values[(len(values) - 1) // 2], values[len(values) // 2]
    return low if low == high or math.isinf(high) else low / 2 + high / 2
