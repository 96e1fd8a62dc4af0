"""Trials as arrays: what every picture is drawn from. Pure.

`read` is the one place that knows how to get from a study, from `Trials`,
from what `fmin` returned or from a bare history to numbers. Losses inside
are minimised; `Data.shown` turns the sign back where a study maximises.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.history import History, Status
from parzen.insight.target import history_of, maximizes, study_of
from parzen.space.space import Space

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

WORTH = 4.0  # an axis that holds outliers may be so many times as long
STATES = ("done", "running", "pruned", "failed")  # every trial is in exactly one

_STATE_OF = {
    Status.OPEN: 1,
    Status.RUNNING: 1,
    Status.DONE: 0,
    Status.PRUNED: 2,
    Status.FAILED: 3,
    Status.LOST: 3,
}


@dataclass(frozen=True)
class Data:
    """n trials of one study, in the order of their numbers.

    Attributes:
        name: The study's name, or ``""`` for a bare history.
        space: Its `Space`, with d hyperparameters.
        maximize: Whether the user wants large values.
        numbers: (n,) int64 trial numbers, ascending.
        values: (n, d) float64 in the user's scale; a choice as its branch; NaN where inactive.
        state: (n,) int64 index into `STATES`.
        losses: (n,) float64, minimised; NaN where there is none.
        started, ended: (n,) float64 seconds since 1970; NaN where unknown.
        metrics: Name -> (n,) float64 as the objective gave them; NaN where a trial has none.
        reports: For each trial its (k, 2) float64 of steps and minimised values, by step.
        owners: For each trial who evaluates or evaluated it; ``""`` where unknown.
        partial: (n,) bool: the trial lacks a value of this space, and is never the best.
        waiting: How many trials were opened and have no point yet; they are in no array.
        outside: How many trials belong to another space or were excluded; they are in no array.
    """

    name: str
    space: Space
    maximize: bool
    numbers: Whole
    values: Floats
    state: Whole
    losses: Floats
    started: Floats
    ended: Floats
    metrics: dict[str, Floats]
    reports: tuple[Floats, ...]
    owners: tuple[str, ...]
    partial: Mask
    waiting: int = 0
    outside: int = 0
    sign: float = field(init=False, default=1.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sign", -1.0 if self.maximize else 1.0)

    def __len__(self) -> int:
        """How many trials there are."""
        return len(self.numbers)

    @property
    def word(self) -> str:
        """What the axis of `shown` is called: ``"loss"``, or ``"value"`` where a study maximises."""
        return "value" if self.maximize else "loss"

    @property
    def words(self) -> str:
        """The plural of `word`."""
        return "values" if self.maximize else "losses"

    def shown(self, losses: Any) -> Floats:
        """Losses as the user counts: with the sign turned back where the study maximises."""
        return self.sign * np.asarray(losses, dtype=np.float64)

    def is_in(self, state: str) -> Mask:
        """(n,) which trials are in one of `STATES`."""
        return np.asarray(self.state == STATES.index(state), dtype=bool)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many trials are in each state; the sum is n."""
        return {state: int((self.state == k).sum()) for k, state in enumerate(STATES)}

    @cached_property
    def good(self) -> Mask:
        """(n,) trials that succeeded with a finite loss and a whole point: those that a trend may use."""
        return np.asarray(self.is_in("done") & np.isfinite(self.losses) & ~self.partial, dtype=bool)

    @cached_property
    def best(self) -> int | None:
        """Index (not number) of the best successful trial; None if there is none. Ties go to the first."""
        able = self.is_in("done") & ~np.isnan(self.losses) & ~self.partial
        if not able.any():
            return None
        return int(np.argmin(np.where(able, self.losses, np.inf))) if self.good.any() else int(able.argmax())

    def best_so_far(self, order: Whole | None = None) -> Floats:
        """(n,) the lowest loss of the successful trials up to each place; NaN before the first.

        Args:
            order: (n,) the order of the trials, as indices; left out, that of their numbers.
        """
        able = self.is_in("done") & ~self.partial
        losses = np.where(able & ~np.isnan(self.losses), self.losses, np.inf)
        if order is not None:
            losses = losses[order]
        lowest = np.minimum.accumulate(losses) if len(losses) else losses
        return np.where(np.isposinf(lowest), np.nan, lowest)

    @cached_property
    def rank(self) -> Floats:
        """(n,) share of the finite successful losses that are lower, 0 for the best; NaN for other trials.

        Colours by rank do not depend on outliers.
        """
        share = np.full(len(self), np.nan)
        losses = self.losses[self.good]
        if len(losses):
            _, place, counts = np.unique(losses, return_inverse=True, return_counts=True)
            below = np.concatenate([[0], np.cumsum(counts)[:-1]])
            share[self.good] = below[place] / max(len(losses) - 1, 1)
        return share

    def last_report(self) -> tuple[Floats, Floats]:
        """(n,) step and (n,) minimised value of each trial's last report; NaN where it has none."""
        rows = [own[-1] if len(own) else (math.nan, math.nan) for own in self.reports]
        pairs = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
        return pairs[:, 0], pairs[:, 1]

    def height(self) -> Floats:
        """(n,) a number for every trial that has any: its loss, or else its last report.

        Failed trials have none, whatever they reported.
        """
        _, last = self.last_report()
        return np.where(np.isnan(self.losses) & ~self.is_in("failed"), last, self.losses)

    def column(self, label: str) -> int:
        """The index of a hyperparameter.

        Args:
            label: Its label.

        Raises:
            InvalidArgument: If the space has no such label.
        """
        if label not in self.space.index:
            known = list(self.space.index)
            near = did_you_mean(label, known)
            raise InvalidArgument(f"no hyperparameter is called {label!r}.{near} The space has {known}")
        return self.space.index[label]

    def metric(self, name: str) -> Floats:
        """(n,) a metric by its key in the results.

        Args:
            name: The key.

        Raises:
            InvalidArgument: If no trial has it.
        """
        if name not in self.metrics:
            known = list(self.metrics)
            has = f"The results have {known}" if known else "The results have none beside the loss"
            raise InvalidArgument(f"no result has the metric {name!r}.{did_you_mean(name, known)} {has}")
        return self.metrics[name]


def read(target: Any, objective: int = 0) -> Data:
    """Trials as arrays.

    Args:
        target: A `Study`, a `Trials`, a `Best` or a bare `History`.
        objective: Which of the m losses.

    Raises:
        InvalidArgument: If `target` is something else, or has no such objective.

    >>> from parzen import Study, hp
    >>> study = Study({"x": hp.float(0, 1)}, seed=0)
    >>> for x in (0.5, 0.25, 0.75):
    ...     study.enqueue({"x": x})
    ...     counts = study.tell(study.ask(), x)
    >>> read(study).best_so_far()
    array([0.5 , 0.25, 0.25])
    """
    study = study_of(target)
    bare = isinstance(study, History)
    history = history_of(study)
    columns = history.columns
    m = columns.losses.shape[1]
    if not 0 <= objective < m:
        raise InvalidArgument(f"objective must be from 0 to {m - 1}; got {objective!r}")
    numbers = columns.numbers
    owners: Sequence[str] = [""] * len(numbers)
    waiting = outside = 0
    if not bare:
        trials = study.trials
        owners = [trials[i].owner for i in numbers.tolist()]
        counted = [trial for trial in trials if not trial.excluded]
        waiting = sum(trial.point is None for trial in counted)
        outside = len(trials) - waiting - len(numbers)
    table = np.array([_STATE_OF[Status(k)] for k in range(len(Status))], dtype=np.int64)
    return Data(
        name="" if bare else study.name,
        space=history.space,
        maximize=maximizes(study, objective),
        numbers=numbers,
        values=columns.values,
        state=table[columns.status],
        losses=columns.losses[:, objective],
        started=history.started,
        ended=history.finished,
        metrics=history.metrics,
        reports=tuple(_pairs(own) for own in history.reports),
        owners=tuple(owners),
        partial=np.isin(numbers, sorted(history.partial)),
        waiting=waiting,
        outside=outside,
    )


_NONE = np.empty((0, 2))


def _pairs(own: Any) -> Floats:
    """Steps and values as an array; one shared empty one where there are none."""
    return np.array(list(own.items()), dtype=np.float64) if own else _NONE


def span(values: Any, spare: float = 0.05) -> tuple[float, float]:
    """Lowest and highest finite value with some room at both ends; 0 and 1 if there is none.

    Args:
        values: Any shape.
        spare: Share of the distance to add at each end.
    """
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = spare * (high - low) or 0.5 * abs(low) or 0.5
    return low - room, high + room


@dataclass(frozen=True)
class Scale:
    """How an axis of losses should run.

    Attributes:
        kind: ``"linear"``, ``"log"`` or ``"symlog"``.
        low, high: Limits, with room at both ends.
        threshold: Where a symlog axis turns linear.
        under, over: How many values lie beyond the limits, infinite ones included.
    """

    kind: str
    low: float
    high: float
    threshold: float = 1.0
    under: int = 0
    over: int = 0


def scale(shown: Any, keep: Any = ()) -> Scale:
    """Choose limits that outliers cannot spoil, and log or symlog where values span decades.

    An outlier lies beyond the quartiles by more than five of their distances, on the
    scale that is chosen, and would make the axis more than four times as long
    (twice, if logarithmic); it is counted in `under` or `over`, and never silently lost.

    Args:
        shown: (n,) values as the user counts; NaN is ignored.
        keep: Values that must lie inside, as the best-so-far line.

    >>> scale([1, 2, 3, 2, 1, 2, 3, 1e9]).over
    1
    """
    values = np.asarray(shown, dtype=np.float64)
    values = values[~np.isnan(values)]
    finite = values[np.isfinite(values)]
    kept = np.asarray(keep, dtype=np.float64)
    kept = kept[np.isfinite(kept)]
    if not len(finite):
        low, high = span(kept)
        return Scale("linear", low, high, under=int((values < 0).sum()), over=int((values > 0).sum()))
    kind, threshold = _kind(finite)
    flat, back = _bend(kind, threshold)
    bent = flat(finite)
    quarter, half, most = np.quantile(bent, [0.25, 0.5, 0.75])
    reach = 5 * max(most - quarter, 1e-12 * abs(half))
    inside = bent[(bent >= quarter - reach) & (bent <= most + reach)] if len(bent) >= 8 else bent
    low, high = span(np.concatenate([inside, flat(kept)]))
    whole = span(np.concatenate([bent, flat(kept)]))
    worth = WORTH if kind == "linear" else WORTH / 2
    if whole[1] - whole[0] <= worth * (high - low):
        low, high = whole
    low, high = float(back(low)), float(back(high))
    return Scale(kind, low, high, threshold, int((values < low).sum()), int((values > high).sum()))


def _kind(finite: Floats) -> tuple[str, float]:
    """Log where values span two decades, or one and the better half is in a small part of it.

    Symlog where there are zeros, or signs are mixed and sizes span four decades.
    """
    size = np.abs(finite[finite != 0])
    if len(size) < 8:
        return "linear", 1.0
    low, high = np.quantile(size, [0.05, 0.95])
    if (finite >= 0).all() or (finite <= 0).all():
        lowest, half = float(size.min()), float(np.median(size))
        most = float(np.quantile(size, 0.98, method="lower"))
        crowded = most / lowest >= 10 and half - lowest < 0.15 * (most - lowest)
        if high / low < 100 and not crowded and not _skewed(size):
            return "linear", 1.0
        return ("log", 1.0) if (finite > 0).all() else ("symlog", lowest)
    return ("symlog", float(low)) if high / low >= 1e4 else ("linear", 1.0)


def _skewed(size: Floats) -> bool:
    """Whether positive values lean to one side, and their logarithms much less."""
    low, half, high = np.quantile(size, [0.05, 0.5, 0.95])
    if high < 10 * low:
        return False
    lean = (high + low - 2 * half) / (high - low)
    lean_of_logs = np.log(high * low / half**2) / np.log(high / low)
    return bool(lean > 0.5 and abs(lean_of_logs) < lean / 2)


def _bend(kind: str, threshold: float) -> tuple[Any, Any]:
    """To the scale on which distances are judged, and back."""
    if kind == "log":
        return np.log10, lambda x: 10.0**x
    if kind == "symlog":
        return (
            lambda x: np.arcsinh(np.asarray(x) / threshold),
            lambda x: threshold * np.sinh(x),
        )
    return (lambda x: x), (lambda x: x)
