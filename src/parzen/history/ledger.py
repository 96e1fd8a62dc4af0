"""Ledger: the fold of events into history; the one mutable thing in the core.

Rules: the first `finished` of the current attempt ends a trial; what comes
after it for that trial does nothing, but for `amended` and `excluded`. An
attempt k+1 is legal only after attempt k was released. One report per step
counts, that of the highest attempt. The n-th enqueued point goes to the n-th
trial opened after it that has none.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from parzen.errors import InvalidEvent
from parzen.history import events as e
from parzen.history.history import ENDED, History, Status, Tables, Trial
from parzen.space.space import Space

LOST = "worker lost"  # how the `why` of a `released` begins where the process that ran the attempt died


class Ledger:
    """Folds a study's events, one at a time, in order.

    Args:
        space: The user's space, able to build values; without it the one
            that the log holds is used, which cannot.
    """

    def __init__(self, space: Space | None = None) -> None:
        self.head = 0
        self.space = space if space is not None else Space([])
        self.created: e.Created | None = None
        self.configured: e.Configured | None = None
        self.trials: list[Trial] = []
        self.waiting: dict[int, None] = {}  # has a point or awaits one, and nobody works on it
        self.claimed: dict[int, None] = {}  # somebody works on it
        self.counts = dict.fromkeys(Status, 0)
        self.notes: list[e.Noted] = []
        self.requests: list[e.Requested] = []
        self.seeded = 0
        self.rebuilt = 0  # how often what had been told was changed
        self._given = space
        self._queue: deque[e.Enqueued] = deque()
        self._running: dict[int, int] = {}  # number -> row of its point
        self._tables = Tables(len(self.space), 1)
        self._partial: frozenset[int] = frozenset()
        # Trials that do not fit the space: number -> its point's event, its outcome's or 0.
        self._away: dict[int, tuple[int, int]] = {}
        self._spaces: dict[str, Space] = {}  # fingerprint -> a space that was left
        self._viewed = False
        self._folds: dict[type[e.Event], Any] = {
            cls: getattr(self, f"_{kind}") for kind, cls in e.EVENTS.items()
        }

    def fold(self, event: e.Event) -> None:
        """Take in the next event.

        Args:
            event: Must follow the last one folded.

        Raises:
            InvalidEvent: If it cannot follow what came before.
        """
        fold = self._folds.get(type(event))
        if fold is None:
            raise InvalidEvent(f"unknown event {event!r}")
        self.head += 1
        fold(event)

    def history(self) -> History:
        """The view at the present head."""
        self._viewed = True
        return History(self.space, self.head, self._tables, self.seeded, self._running, self.trials)

    @property
    def objectives(self) -> list[str]:
        """``"minimize"`` or ``"maximize"`` for each objective."""
        return self.created.objectives if self.created is not None else ["minimize"]

    @property
    def ended(self) -> int:
        """How many trials have come to an end."""
        return sum(self.counts[status] for status in ENDED)

    @property
    def queued(self) -> int:
        """How many enqueued points still wait for a trial."""
        return len(self._queue)

    @property
    def queue_head(self) -> e.Enqueued | None:
        """The point that the next trial to be opened will get, if one is enqueued."""
        return self._queue[0] if self._queue else None

    def bind(self, space: Space) -> None:
        """Use the user's own space object, which can build values, for the one in the log.

        Args:
            space: Has the fingerprint of the log's newest space.
        """
        self._given = self.space = space
        for trial in self.trials:
            trial._space = space

    def _trial(self, number: int) -> Trial:
        if not 0 <= number < len(self.trials):
            raise InvalidEvent(f"the log speaks of trial {number} before it was opened")
        return self.trials[number]

    def _created(self, event: e.Created) -> None:
        self.created = event
        self._read_space(event.space, event.fingerprint)
        self._tables = Tables(len(self.space), len(event.objectives))

    def _read_space(self, space: dict[str, Any], fingerprint: str) -> None:
        given = self._given
        same = given is not None and given.fingerprint() == fingerprint
        self.space = given if same and given is not None else Space.from_json(space)

    def _configured(self, event: e.Configured) -> None:
        self.configured = event

    def _extended(self, event: e.Extended) -> None:
        left = self.space.fingerprint()
        self._spaces.setdefault(left, self.space)
        self._read_space(event.space, event.fingerprint)
        misfits = set()
        for trial in self.trials:
            trial._space = self.space
            if trial.point is None:
                continue
            # From the point as suggested: a space that is wide again finds all values again.
            trial.first = trial.first or (trial.point, left)
            point, before = trial.first[0], self._spaces[trial.first[1]]
            moved = carried(point, before, self.space)
            if moved is None:
                misfits.add(trial.number)
            trial.point = carry(point, before, self.space, outside=True) if moved is None else moved
        self._partial = frozenset(
            trial.number
            for trial in self.trials
            if trial.point is not None and not self.space.fits(trial.point)
        )
        self._rebuild(misfits)

    def _opened(self, event: e.Opened) -> None:
        if event.number != len(self.trials):
            raise InvalidEvent(f"the log opens trial {event.number} where {len(self.trials)} is next")
        trial = Trial(event.number, event.at, self.space, event.owner, self.head)
        if self._queue:
            enqueued = self._queue.popleft()
            trial.enqueued, trial.note = enqueued.point, enqueued.note
            self.seeded += 1
        self.trials.append(trial)
        self.counts[Status.OPEN] += 1
        self.waiting[event.number] = None

    def _suggested(self, event: e.Suggested) -> None:
        trial = self._trial(event.number)
        trial.point, trial.budget, trial.note = event.point, event.budget, event.note
        # Documents may come from another space; what does not fit is no knowledge about this one.
        if event.note.get("by") != "document" or self.space.fits(event.point):
            self._add_point(trial, self.head)

    def _add_point(self, trial: Trial, event: int) -> None:
        point = trial.point or {}
        trial.point_row = self._tables.add_point(trial.number, event, self.space.encode(point))
        if trial.status not in ENDED:
            self._running[trial.number] = trial.point_row

    def _claimed(self, event: e.Claimed) -> None:
        trial = self._trial(event.number)
        if trial.claimed or event.attempt != trial.attempt + 1 or trial.status in ENDED or trial.excluded:
            return
        trial.attempt, trial.owner, trial.claimed = event.attempt, event.owner, True
        trial.started = event.at
        self._tables.starts.append((event.number, event.at))
        self._move(trial, Status.RUNNING)
        self.waiting.pop(event.number, None)
        self.claimed[event.number] = None

    def _released(self, event: e.Released) -> None:
        trial = self._trial(event.number)
        if trial.status in ENDED or trial.excluded or not trial.claimed or event.attempt != trial.attempt:
            return
        trial.claimed = False
        trial.lost += event.why.startswith(LOST)
        self._move(trial, Status.OPEN)
        self.waiting[event.number] = None
        self.claimed.pop(event.number, None)

    def _reported(self, event: e.Reported) -> None:
        trial = self._trial(event.number)
        if trial.status in ENDED or trial.excluded:
            return
        self._tables.reports.append((event.number, event.attempt, event.step, event.value))
        keep_report(trial, event.attempt, event.step, event.value)

    def _finished(self, event: e.Finished) -> None:
        trial = self._trial(event.number)
        if trial.status in ENDED or event.attempt != trial.attempt or trial.excluded:
            return
        status = Status[event.status.upper()]
        trial.losses, trial.metrics = event.losses, event.metrics
        trial.result, trial.error, trial.ended = event.result, event.error, event.at
        trial.claimed = False
        self._move(trial, status)
        self.waiting.pop(event.number, None)
        self.claimed.pop(event.number, None)
        if self._running.pop(event.number, None) is not None:
            trial.outcome_row = self._tables.add_outcome(
                trial, self.head, status, event.losses, trial.point_row
            )
        elif event.number in self._away:
            self._away[event.number] = self._away[event.number][0], self.head

    def _amended(self, event: e.Amended) -> None:
        trial = self._trial(event.number)
        if trial.status not in ENDED:
            return
        status = Status[event.status.upper()]
        trial.losses, trial.metrics, trial.result = event.losses, event.metrics, event.result
        self._move(trial, status)
        self.rebuilt += 1
        if self._viewed:
            self._rebuild(set(self._away))
        if trial.outcome_row < 0:
            return
        tables = self._tables
        tables.statuses[trial.outcome_row], tables.losses[trial.outcome_row] = status, event.losses
        tables.metrics[trial.outcome_row] = event.metrics

    def _excluded(self, event: e.Excluded) -> None:
        trial = self._trial(event.number)
        if trial.excluded:
            return
        trial.excluded = True
        self.counts[trial.status] -= 1
        self.waiting.pop(event.number, None)
        self.claimed.pop(event.number, None)
        self._rebuild(set(self._away))

    def _noted(self, event: e.Noted) -> None:
        self.notes.append(event)

    def _enqueued(self, event: e.Enqueued) -> None:
        self._queue.append(event)

    def _imported(self, event: e.Imported) -> None:
        """Nothing to fold: the trials follow as events of their own."""

    def _requested(self, event: e.Requested) -> None:
        self.requests.append(event)

    def _move(self, trial: Trial, status: Status) -> None:
        if not trial.excluded:
            self.counts[trial.status] -= 1
            self.counts[status] += 1
        trial.status = status

    def _rebuild(self, misfits: set[int]) -> None:
        """Start new tables with what counts now; views of the old ones stay true.

        Args:
            misfits: Trials that are no knowledge about the space from here on.
        """
        old, self._tables = self._tables, Tables(len(self.space), len(self.objectives))
        self._tables.partial = self._partial
        self._viewed = False
        self.rebuilt += 1
        self._tables.starts, self._tables.reports = list(old.starts), list(old.reports)
        self._running = {}
        for trial in self.trials:
            trial.point_row = trial.outcome_row = -1
        points = dict(zip(old.point_numbers, old.point_events, strict=True))
        points |= {number: point for number, (point, _) in self._away.items()}
        ends = dict(zip(old.outcome_numbers, old.outcome_events, strict=True))
        ends |= {number: end for number, (_, end) in self._away.items() if end}
        self._away = {n: (points[n], ends.get(n, 0)) for n in sorted(misfits & points.keys())}
        for number, event in sorted(points.items(), key=itemgetter(1)):
            trial = self.trials[number]
            if not trial.excluded and number not in misfits:
                self._add_point(trial, event)
        for number, event in sorted(ends.items(), key=itemgetter(1)):
            trial = self.trials[number]
            if trial.point_row >= 0:
                trial.outcome_row = self._tables.add_outcome(
                    trial, event, trial.status, trial.losses, trial.point_row
                )


def keep_report(trial: Trial, attempt: int, step: float, value: float) -> None:
    """Take a report into a trial, unless a later attempt's stands for its step.

    Args:
        trial: Has not ended.
        attempt: The claim it belongs to.
        step: How far the trial is.
        value: The loss so far.
    """
    if not trial.reports:
        trial.reports, trial._reported_by = {}, {}
    if attempt >= trial._reported_by.get(step, 0):
        trial.reports[step] = value
        trial._reported_by[step] = attempt


def carry(
    point: dict[str, float | int], old: Space, new: Space, outside: bool = False
) -> dict[str, float | int]:
    """A point of one space in another: values that are legal there, options matched by content.

    Args:
        point: Label -> stored value.
        old: The space it belongs to.
        new: The space to bring it to.
        outside: Whether numbers beyond the ends are kept as they are, for people to see.
    """
    kept: dict[str, float | int] = {}
    for label, value in point.items():
        if label not in new.index:
            continue
        param = new.params[new.index[label]]
        before = old.params[old.index[label]].options if label in old.index else ()
        moved: float | int | None = value
        if before and param.options and before != param.options:
            text = before[int(value)] if 0 <= value < len(before) else None
            moved = param.options.index(text) if text in param.options else None
        if moved is not None and not math.isnan(moved) and param.distribution.contains(moved):
            kept[label] = param.distribution.plain(moved)
        elif outside and not before and not param.options:
            kept[label] = value
    return kept


def carried(point: dict[str, float | int], old: Space, new: Space) -> dict[str, float | int] | None:
    """A point of one space in another, or None if it is no knowledge about that one.

    It is, if none of its values has become illegal and it lacks a value only for labels that the
    old space did not have.

    Args:
        point: Label -> stored value.
        old: The space it belongs to.
        new: The space to bring it to.
    """
    kept = carry(point, old, new)
    if any(label in new.index and label not in kept for label in point):
        return None
    values = {new.index[label]: value for label, value in kept.items()}
    for j in new.order:
        label = new.params[j].label
        if new.uses(j, values):
            if j not in values and label in old.index:
                return None
        elif j in values:
            del kept[label]
    return kept


def fold_all(log: Iterable[e.Event], space: Space | None = None) -> Ledger:
    """The ledger of a whole log.

    Args:
        log: Events from the first on.
        space: The user's space, if it is at hand.
    """
    ledger = Ledger(space)
    for event in log:
        ledger.fold(event)
    return ledger
