"""Lockstep: what a trial may know, whatever the number and the speed of the workers.

With width k, trial i is opened when all trials up to i - k have ended and
i - 1 has its point. It sees the outcomes of trials up to i - k and the points
of those after them as running, both in the order of their numbers. So its
view is a function of the seed and of what the objective returned, and of no
clock. With k = 1 it is the view of a serial search.
"""

from __future__ import annotations

from parzen.history.history import ENDED, History, Tables, Trial
from parzen.history.ledger import Ledger


class Lockstep:
    """Views of a ledger by trial number.

    Args:
        ledger: Grows while the search goes on.
        width: k, at least 1.
    """

    def __init__(self, ledger: Ledger, width: int) -> None:
        self.width = width
        self._ledger = ledger
        self._kept: dict[int, History] = {}  # of trials that have not ended
        self._reset()

    def _reset(self) -> None:
        ledger = self._ledger
        self._rebuilt = ledger.rebuilt
        self._space = ledger.space
        self._tables = Tables(len(ledger.space), len(ledger.objectives))
        self._running: dict[int, int] = {}
        self._at = 0  # the tables are now what trial `_at` sees
        self._seeded = 0

    def ready(self, number: int) -> bool:
        """Whether trial `number` may be opened now."""
        ledger = self._ledger
        if any(other < self.past(number) for other in (*ledger.waiting, *ledger.claimed)):
            return False
        before = ledger.trials[number - 1] if number > 0 else None
        return before is None or before.point is not None or before.excluded

    def past(self, number: int) -> int:
        """Trials below this number are the ones whose outcomes trial `number` sees."""
        return max(0, number - self.width + 1)

    def view(self, number: int) -> History:
        """What trial `number` may know.

        Args:
            number: A trial for which `ready` was true once.
        """
        if self._ledger.rebuilt != self._rebuilt or self._ledger.space is not self._space:
            self._kept.clear()
            self._reset()
        kept = self._kept.get(number)
        if kept is None:
            if number < self._at:  # taken up by another process, or after a restart
                self._reset()
            kept = self._advance(number)
            trials = self._ledger.trials
            self._kept = {i: view for i, view in self._kept.items() if not _over(trials[i])}
            self._kept[number] = kept
        return kept

    def _advance(self, number: int) -> History:
        trials = self._ledger.trials
        for i in range(self._at, number):
            self._add_point(trials[i])
            if i + 1 >= self.width:
                self._add_outcome(trials[i + 1 - self.width])
            self._seeded += trials[i].enqueued is not None
        self._at = number
        seeded = self._seeded + (trials[number].enqueued is not None if number < len(trials) else 0)
        return History(self._space, number, self._tables, seeded, dict(self._running), trials)

    def _add_point(self, trial: Trial) -> None:
        if trial.point is None or trial.point_row < 0:
            return  # excluded, or of another space
        event = len(self._tables.point_numbers)
        row = self._space.encode(trial.point)
        self._running[trial.number] = self._tables.add_point(trial.number, event, row)

    def _add_outcome(self, trial: Trial) -> None:
        row = self._running.pop(trial.number, None)
        if row is None:
            return
        self._tables.reports += [
            (trial.number, 1, step, value) for step, value in sorted(trial.reports.items())
        ]
        self._tables.add_outcome(trial, trial.number, trial.status, trial.losses, row)


def _over(trial: Trial) -> bool:
    return trial.status in ENDED or trial.excluded
