"""Asynchronous successive halving: at each rung only the best share of the trials goes on.

Source: Li, Jamieson, Rostamizadeh, Gonina, Hardt, Recht and Talwalkar, "A system
for massively parallel hyperparameter tuning", MLSys 2020, arXiv 1810.05934. This
is its stopping variant, as in Ray Tune and Optuna: a trial is judged when it
reaches a rung, against the values recorded there so far, and never waits. A
trial that was let through is judged again at its next rung only, though better
ones may have come to the rung it left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from parzen.errors import InvalidArgument
from parzen.history.history import History, OutcomeRow
from parzen.pruners.base import finite, whole

_NEAR = 1 - 1e-9  # 0.1 * 3 is 0.30000000000000004, and a report at 0.3 has reached it


@dataclass(frozen=True)
class Asha:
    """Ends a trial that is not among the best ``1 / reduction`` at the rung it reaches.

    Rungs are at ``least * reduction**k``, in the unit of the user's steps. A
    trial is at a rung with its first report at or past it. A report that
    passes several rungs counts at the highest of them only: at those below, a
    later value would be set against earlier ones. Of fewer than `reduction`
    trials the best goes on, and equal values go on together. Ask after each report: a rung passed
    without a question is not judged later.

    Args:
        reduction: One trial in so many goes on. At least 2.
        least: The step of the first rung; above 0.
        most: Where trials end anyway: there is no rung at or past it.
        brackets: Trial `i` is in bracket ``i % brackets``, whose first rung is at
            ``least * reduction**bracket``; each bracket has its own rungs. With
            more than one, slow starters get a chance.
    """

    reduction: int = 3
    least: float = 1
    most: float | None = None
    brackets: int = 1

    def __post_init__(self) -> None:
        whole(self.reduction, "reduction", 2)
        finite(self.least, "least")
        whole(self.brackets, "brackets", 1)
        if self.least <= 0:
            raise InvalidArgument(f"least must be above 0; got {self.least!r}")
        if self.most is not None:
            finite(self.most, "most")
            if self.most <= self.least:
                raise InvalidArgument(f"most must be above least, {self.least!r}; got {self.most!r}")

    def rungs(self, bracket: int, step: float) -> int:
        """How many rungs of a bracket are at or below a step.

        Args:
            bracket: From 0 to below `brackets`.
            step: In the user's unit.
        """
        count = 0
        rung: float = self.least * self.reduction**bracket
        while rung * _NEAR <= step and not math.isinf(rung) and (self.most is None or rung < self.most):
            count += 1
            rung *= self.reduction
        return count

    def prune(self, history: History, number: int, reports: Mapping[float, float]) -> bool:
        """Whether trial `number`, by its `reports`, is at a new rung and not good enough in `history`."""
        if not reports:
            return False
        newest = max(reports)
        value = reports[newest]
        if math.isnan(value):
            return True
        bracket = number % self.brackets
        rung = self.rungs(bracket, newest)
        before = max((step for step in reports if step < newest), default=-math.inf)
        if rung == 0 or self.rungs(bracket, before) == rung:
            return False
        peers = _recorded(self, history).values.get((bracket, rung), {})
        better = sum(other < value for i, other in peers.items() if i != number)
        there = len(peers) + (number not in peers)
        return better >= max(1, there // self.reduction)


class _Recorded:
    """The value of each trial at each rung it came to: a fold over reports, kept by the history."""

    def __init__(self) -> None:
        self.values: dict[tuple[int, int], dict[int, float]] = {}  # (bracket, rung from 1) -> number -> value
        self.ended: list[int] = []
        self.head = 0
        self._open: dict[int, dict[float, tuple[int, float]]] = {}  # number -> step -> attempt, value
        self._counted: set[int] = set()
        self._reports = self._ended = 0  # how many are folded

    def advance(self, asha: Asha, history: History) -> None:
        """Take in what is new. A cut in the middle does no harm: each part may be done twice."""
        new = history.reported(self._reports)
        for number, attempt, step, value in new:
            if number not in self._counted:
                # Reports of excluded trials stay in the log; those trials have no number in the columns.
                self._counted = set(history.numbers.tolist())
                if number not in self._counted:
                    continue
            self._take(asha, number, attempt, step, value)
        self._reports += len(new)
        for number in self.ended[self._ended :]:
            self._open.pop(number, None)  # nothing is reported after the end
            self._ended += 1
        self.head = history.head

    def _take(self, asha: Asha, number: int, attempt: int, step: float, value: float) -> None:
        own = self._open.setdefault(number, {})
        if attempt < own.get(step, (0, 0.0))[0]:
            return
        ascending = not own or step > next(reversed(own))
        last = next(reversed(own)) if own else -math.inf
        own[step] = (attempt, value)
        bracket = number % asha.brackets
        if ascending:
            rung = asha.rungs(bracket, step)
            if rung > asha.rungs(bracket, last):
                self._record(bracket, rung, number, value)
            return
        # A second attempt, or steps out of order: what this trial has at the rungs is made afresh.
        self._open[number] = dict(sorted(own.items()))
        for (other, _), values in self.values.items():
            if other == bracket:
                values.pop(number, None)
        at = 0
        for later, (_, seen) in self._open[number].items():
            rung = asha.rungs(bracket, later)
            if rung > at:
                self._record(bracket, rung, number, seen)
            at = rung

    def _record(self, bracket: int, rung: int, number: int, value: float) -> None:
        self.values.setdefault((bracket, rung), {})[number] = math.inf if math.isnan(value) else value


def _note(recorded: _Recorded, row: OutcomeRow) -> None:
    recorded.ended.append(row.number)


def _recorded(asha: Asha, history: History) -> _Recorded:
    key = ("pruners.asha", asha)
    recorded = history.derived(key, _Recorded, _note)
    if history.head < recorded.head:  # an older view with the same outcomes and fewer reports
        recorded = _Recorded()
    recorded.advance(asha, history)
    return recorded
