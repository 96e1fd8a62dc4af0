"""History: all that an algorithm, a pruner, a stop rule or a plot may look at.

A History is a view, not a copy: a head (the number of the last event it
knows) and lengths into tables that only grow. So it stays true while the
study goes on. Columns in the order of trial numbers are made on request.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from parzen.history.events import revived

if TYPE_CHECKING:
    from parzen.space.space import Space

State = TypeVar("State")
Floats = npt.NDArray[np.float64]


class Status(IntEnum):
    """What has become of a trial."""

    OPEN = 0
    RUNNING = 1
    DONE = 2
    PRUNED = 3
    FAILED = 4
    LOST = 5


ENDED = frozenset({Status.DONE, Status.PRUNED, Status.FAILED, Status.LOST})


class Unread(str):
    """The JSON of a result that nobody has looked at since it was read from a checkpoint."""

    __slots__ = ()


class Trial:
    """One trial, read-only for everybody but the ledger that folds events into it.

    Attributes:
        number: Counts from 0.
        point: Label -> stored value of the active hyperparameters; None until suggested.
        budget: How much of the fidelity to spend, or None.
        note: Why this point: small JSON from the algorithm.
        status: A `Status`.
        losses: m minimised losses, empty until told.
        metrics: Other numbers in the result, by key.
        result: What the objective returned; in memory the same object.
        error: Type, message and traceback if it raised, else None.
        reports: Step -> intermediate value.
        attempt: The newest claim, counted from 1; 0 before any.
        claimed: Whether that claim is held.
        owner: Who holds or held it.
        lost: How many attempts ended because the process that ran them died.
        first: The point as it was suggested and the fingerprint of the space then, if that has changed since.
        opener: Who opened the trial, and is to suggest its point.
        opened_at: The number of its `opened` event: its suggestion sees the log up to there.
        opened, started, ended: Seconds since 1970, or NaN.
    """

    __slots__ = (
        "_params",
        "_reported_by",
        "_result",
        "_space",
        "attempt",
        "budget",
        "claimed",
        "ended",
        "enqueued",
        "error",
        "excluded",
        "first",
        "losses",
        "lost",
        "metrics",
        "note",
        "number",
        "opened",
        "opened_at",
        "opener",
        "outcome_row",
        "owner",
        "point",
        "point_row",
        "reports",
        "started",
        "status",
    )

    def __init__(
        self, number: int, opened: float, space: Space, opener: str = "", opened_at: int = 0
    ) -> None:
        self.number = number
        self.opened = opened
        self.opener = opener
        self.opened_at = opened_at
        self.lost = 0
        self.started = self.ended = math.nan
        self.point: dict[str, float | int] | None = None
        self.enqueued: dict[str, float | int] | None = None
        self.budget: float | None = None
        self.note: dict[str, Any] = _NOTHING
        self.status = Status.OPEN
        self.losses: Sequence[float] = ()
        self.metrics: Mapping[str, float] = _NOTHING
        self._result: Any = None
        self.error: dict[str, Any] | None = None
        self.reports: dict[float, float] = _NOTHING
        self._reported_by: dict[float, int] = _NOTHING
        self.attempt = 0
        self.claimed = False
        self.owner = ""
        self.excluded = False
        self.first: tuple[dict[str, float | int], str] | None = None
        self.point_row = self.outcome_row = -1
        self._space = space
        self._params: Any = _UNBUILT

    @property
    def result(self) -> Any:
        """What the objective returned, as documented above."""
        if type(self._result) is Unread:
            self._result = revived(json.loads(self._result))
        return self._result

    @result.setter
    def result(self, result: Any) -> None:
        self._result = result

    @property
    def loss(self) -> float | None:
        """The first minimised loss, or None."""
        return self.losses[0] if self.losses else None

    @property
    def params(self) -> Any:
        """The objective's argument: real values in the space's own shape.

        Raises:
            InvalidSpace: If the space was read from a file and not given again.
        """
        if self._params is _UNBUILT:
            self._params = self._space.build(self.point or {})
        return self._params

    @property
    def shown(self) -> dict[str, float | int]:
        """The point as the user's space counts: with that space's indices where options were reordered."""
        point = self.point or {}
        return self._space.shown(point) if self._space.moves else point

    def __repr__(self) -> str:
        loss = "" if self.loss is None else f", loss {self.loss:.6g}"
        return f"Trial({self.number}, {self.status.name.lower()}{loss}, {self.point})"


_NOTHING: dict[Any, Any] = {}  # shared by trials that have none; never written to
_UNBUILT = object()


class Tables:
    """What views look into: rows in the order of the log, each with its event's number. They only grow."""

    def __init__(self, d: int, m: int) -> None:
        self.d, self.m = d, m
        self.values = np.empty((64, d))
        self.point_numbers: list[int] = []
        self.point_events: list[int] = []
        self.losses: list[Sequence[float]] = []
        self.statuses: list[Status] = []
        self.outcome_numbers: list[int] = []
        self.outcome_points: list[int] = []
        self.outcome_events: list[int] = []
        self.metrics: list[Mapping[str, float]] = []
        self.last_reports: list[tuple[float, float] | None] = []  # step, value
        self.ended: list[float] = []
        self.starts: list[tuple[int, float]] = []  # number, seconds
        self.reports: list[tuple[int, int, float, float]] = []  # number, attempt, step, value
        self.derived: dict[Any, tuple[Any, int]] = {}
        self.columns: tuple[int, Columns] | None = None
        self.partial: frozenset[int] = frozenset()  # trials from before the space had all its labels

    def add_point(self, number: int, event: int, row: Sequence[float]) -> int:
        """Append a suggested point; returns its row.

        Args:
            number: The trial's.
            event: The number of its `suggested` event.
            row: (d,) values.
        """
        n = len(self.point_numbers)
        if n == len(self.values):
            # A new array: views of the old one stay as they are.
            self.values = np.concatenate([self.values, np.empty_like(self.values)])
        if self.d:
            self.values[n] = row
        self.point_numbers.append(number)
        self.point_events.append(event)
        return n

    def add_outcome(
        self, trial: Trial, event: int, status: Status, losses: Sequence[float], point_row: int
    ) -> int:
        """Append an outcome; returns its row.

        Args:
            trial: Whose outcome it is.
            event: The number of its `finished` event.
            status: What became of it.
            losses: m minimised losses, or none.
            point_row: The row of its point in these tables.
        """
        self.outcome_numbers.append(trial.number)
        self.outcome_points.append(point_row)
        self.outcome_events.append(event)
        self.statuses.append(status)
        self.losses.append(losses)
        self.metrics.append(trial.metrics)
        last = max(trial.reports) if trial.reports else None
        self.last_reports.append(None if last is None else (last, trial.reports[last]))
        self.ended.append(trial.ended)
        return len(self.statuses) - 1


class OutcomeRow:
    """One outcome as `History.derived` folds it.

    Attributes:
        number: The trial's.
        values: (d,) in the user's scale; NaN where inactive.
        status: What became of it.
        losses: m minimised losses, or none.
        last: Step and value of its last report, or None.
        metrics: Other numbers in its result, by key.
        note: What the algorithm noted with its point.
    """

    __slots__ = ("last", "losses", "metrics", "note", "number", "status", "values")

    def __init__(
        self,
        number: int,
        values: Floats,
        status: Status,
        losses: Sequence[float],
        last: tuple[float, float] | None = None,
        metrics: Mapping[str, float] | None = None,
        note: Mapping[str, Any] | None = None,
    ) -> None:
        self.number = number
        self.values = values
        self.status = status
        self.losses = losses
        self.last = last
        self.metrics = _NOTHING if metrics is None else metrics
        self.note = _NOTHING if note is None else note


class Columns:
    """The trials of a view in the order of their numbers.

    Attributes:
        numbers: (n,) int64.
        values: (n, d) float64 in the user's scale; a choice as its branch; NaN where inactive.
        status: (n,) int8, `Status`.
        losses: (n, m) float64, minimised; NaN until told.
    """

    __slots__ = ("losses", "numbers", "status", "values")

    def __init__(self, tables: Tables, n_points: int, n_outcomes: int) -> None:
        numbers = np.array(tables.point_numbers[:n_points], dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        place = np.empty(n_points, dtype=np.int64)
        place[order] = np.arange(n_points)
        self.numbers = numbers[order]
        self.values = tables.values[:n_points][order]
        self.status = np.full(n_points, Status.RUNNING, dtype=np.int8)
        self.losses = np.full((n_points, tables.m), np.nan)
        rows = place[np.array(tables.outcome_points[:n_outcomes], dtype=np.int64)]
        self.status[rows] = tables.statuses[:n_outcomes]
        told = [
            losses if len(losses) == tables.m else [np.nan] * tables.m
            for losses in tables.losses[:n_outcomes]
        ]
        if told:
            self.losses[rows] = told


class History:
    """A view of the trials up to one event.

    Attributes:
        space: The `Space`.
        head: The number of the last event it knows; the first event has number 1.
        seeded: How many of the opened trials had a point of the user's waiting for them.
    """

    __slots__ = (
        "_n_outcomes",
        "_n_points",
        "_n_reports",
        "_n_starts",
        "_running",
        "_tables",
        "_trials",
        "head",
        "seeded",
        "space",
    )

    def __init__(
        self,
        space: Space,
        head: int,
        tables: Tables,
        seeded: int,
        running: Mapping[int, int],
        trials: Sequence[Trial],
    ) -> None:
        self.space = space
        self.head = head
        self.seeded = seeded
        self._tables = tables
        self._n_points = len(tables.point_numbers)
        self._n_outcomes = len(tables.statuses)
        self._n_starts = len(tables.starts)
        self._n_reports = len(tables.reports)
        self._running = running
        self._trials = trials

    def __len__(self) -> int:
        """How many trials have a point."""
        return self._n_points

    @property
    def ended(self) -> int:
        """How many trials have an outcome."""
        return self._n_outcomes

    @property
    def partial(self) -> frozenset[int]:
        """Numbers of trials that lack a value of this space: evidence, but nothing that could be built."""
        return self._tables.partial

    @property
    def columns(self) -> Columns:
        """Trials in the order of their numbers; made once for the newest view."""
        tables = self._tables
        if tables.columns is None or tables.columns[0] != self.head:
            made = Columns(tables, self._n_points, self._n_outcomes)
            if not self._fresh:
                return made
            tables.columns = (self.head, made)
        return tables.columns[1]

    @property
    def numbers(self) -> npt.NDArray[np.int64]:
        """(n,) trial numbers, ascending."""
        return self.columns.numbers

    @property
    def values(self) -> Floats:
        """(n, d) float64 in the user's scale; a choice as its branch number; NaN where inactive."""
        return self.columns.values

    @property
    def status(self) -> npt.NDArray[np.int8]:
        """(n,) `Status`; every trial with a point and no outcome reads RUNNING."""
        return self.columns.status

    @property
    def losses(self) -> Floats:
        """(n, m) float64, minimised; NaN until told."""
        return self.columns.losses

    @property
    def metrics(self) -> dict[str, Floats]:
        """Name -> (n,) float64: numbers beside the loss in results; NaN where a trial has none."""
        found = self._tables.metrics[: self._n_outcomes]
        names = dict.fromkeys(name for metrics in found for name in metrics)
        numbers = self._tables.outcome_numbers[: self._n_outcomes]
        columns = {}
        for name in names:
            told = {i: metrics[name] for i, metrics in zip(numbers, found, strict=True) if name in metrics}
            columns[name] = self._column(told)
        return columns

    @property
    def budget(self) -> Floats:
        """(n,) float64: the budget each trial was given; NaN if none."""
        budgets = {i: self._trials[i].budget for i in self.numbers.tolist()}
        return self._column({i: budget for i, budget in budgets.items() if budget is not None})

    @property
    def started(self) -> Floats:
        """(n,) float64: when evaluation began, in seconds since 1970; NaN before."""
        return self._column(dict(self._tables.starts[: self._n_starts]))

    @property
    def finished(self) -> Floats:
        """(n,) float64: when the outcome was told, in seconds since 1970; NaN before."""
        numbers = self._tables.outcome_numbers[: self._n_outcomes]
        return self._column(dict(zip(numbers, self._tables.ended, strict=False)))

    @property
    def notes(self) -> list[Mapping[str, Any]]:
        """What the algorithm noted with each point."""
        return [self._trials[i].note for i in self.numbers.tolist()]

    def latest_note(self, wanted: Callable[[Mapping[str, Any]], bool]) -> Mapping[str, Any] | None:
        """The newest note with some property, in the order in which points were suggested.

        Args:
            wanted: Called with notes, the newest first, until it says True.
        """
        for number in reversed(self._tables.point_numbers[: self._n_points]):
            if wanted(self._trials[number].note):
                return self._trials[number].note
        return None

    @property
    def reports(self) -> list[Mapping[float, float]]:
        """Step -> intermediate value, of each trial, in the order of the steps."""
        kept: dict[int, dict[float, tuple[int, float]]] = {}
        for number, attempt, step, value in self._tables.reports[: self._n_reports]:
            own = kept.setdefault(number, {})
            if attempt >= own.get(step, (0, 0.0))[0]:
                own[step] = (attempt, value)
        rows = (kept.get(i, {}) for i in self.numbers.tolist())
        return [{step: value for step, (_, value) in sorted(own.items())} for own in rows]

    def reported(self, after: int = 0) -> list[tuple[int, int, float, float]]:
        """(number, attempt, step, value) of each report, in the order of the log.

        Args:
            after: Leave out that many of the first ones.
        """
        return self._tables.reports[after : self._n_reports]

    def _column(self, values: Mapping[int, float]) -> Floats:
        """(n,) values by trial number, NaN where there is none."""
        return np.array([values.get(i, math.nan) for i in self.numbers.tolist()], dtype=np.float64)

    @property
    def _fresh(self) -> bool:
        tables = self._tables
        return len(tables.point_numbers) == self._n_points and len(tables.statuses) == self._n_outcomes

    def running(self) -> Floats:
        """(k, d) values of the trials with a point and no outcome, in the order of their numbers."""
        if self._fresh and not self._running:
            return self._tables.values[:0]
        if self._fresh:
            rows = [row for _, row in sorted(self._running.items())]
        else:
            done = set(self._tables.outcome_points[: self._n_outcomes])
            left = (row for row in range(self._n_points) if row not in done)
            rows = sorted(left, key=self._tables.point_numbers.__getitem__)
        return self._tables.values[rows]

    def derived(
        self, key: Any, start: Callable[[], State], step: Callable[[State, OutcomeRow], None]
    ) -> State:
        """A state folded over the outcomes in this view's order, kept between calls.

        It is a cache: a view that is older than the kept state computes its
        own from scratch, with an equal result. Callers must not change the
        state in a way that alters what later steps give.

        Args:
            key: Names the state; equal keys must mean equal `start` and `step`.
            start: Makes the state before any outcome.
            step: Folds one outcome into it.
        """
        tables = self._tables
        kept: tuple[State, int] | None = tables.derived.get(key)
        state, folded = kept if kept is not None and kept[1] <= self._n_outcomes else (start(), 0)
        keep = kept is None or kept[1] <= self._n_outcomes
        if folded < self._n_outcomes:
            if keep:  # an interrupt in the middle must not leave a half-folded state
                tables.derived.pop(key, None)
            values = tables.values
            for i in range(folded, self._n_outcomes):
                row = OutcomeRow(
                    tables.outcome_numbers[i],
                    values[tables.outcome_points[i]],
                    tables.statuses[i],
                    tables.losses[i],
                    tables.last_reports[i],
                    tables.metrics[i],
                    self._trials[tables.outcome_numbers[i]].note,
                )
                step(state, row)
        if keep:
            tables.derived[key] = (state, self._n_outcomes)
        return state
