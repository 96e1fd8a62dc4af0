"""Effects: what the loss does along each hyperparameter, and where good trials lie.

A trend is a running median and a band from the 10 % to the 90 % quantile, of
the trials near each place on the hyperparameter's own axis (logarithmic where
its law is). Below it stand three densities on that axis: the prior, l(x) of
the best trials and g(x) of the rest, as TPE compares them.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.history.history import Status
from parzen.insight.shares import Importance, shares
from parzen.insight.table import Floats, Table, table, unbounded
from parzen.naming import texts_of
from parzen.space.distributions.base import Distribution, Labels, Lattice

GOOD = 0.15  # of the successful trials are the good ones
LEAST_GOOD = 5
MOST = 3000  # trials that trend and densities are made of
BANDWIDTH = 0.08  # of the axis, for the trend with very many trials
NEEDED = 3.0  # trials near a place, by weight, for a trend to be shown there


@dataclass(frozen=True, eq=False)
class Effect:
    """What trials say about one hyperparameter. Arrays have one entry for each of g places.

    Attributes:
        label: The hyperparameter's.
        importance: Its `Importance`.
        grid: (g,) values in the user's scale, ascending; for a choice the options' numbers.
        median: (g,) running median of the loss; NaN where too few trials are near, or only failed ones.
        low: (g,) its 10 % quantile.
        high: (g,) its 90 % quantile.
        prior: (g,) density of the prior. A law that is flat on the axis has 1 everywhere; for a choice and
            for whole numbers that are listed one by one, probabilities.
        good: (g,) density of the best trials, l(x), in the same unit.
        rest: (g,) density of all other trials that ended, g(x).
        best: The value in the best trial; None if it is inactive there.
        options: The name of each option of a choice; else empty.
        log: Whether the axis is logarithmic.
    """

    label: str
    importance: Importance
    grid: Floats
    median: Floats
    low: Floats
    high: Floats
    prior: Floats
    good: Floats
    rest: Floats
    best: float | None
    options: tuple[str, ...] = ()
    log: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; null where a trend is not known."""
        columns = {
            name: [float(x) if math.isfinite(x) else None for x in getattr(self, name)]
            for name in ("grid", "median", "low", "high", "prior", "good", "rest")
        }
        return {
            "label": self.label,
            "importance": self.importance.to_json(),
            **columns,
            "best": self.best,
            "options": list(self.options),
            "log": self.log,
        }


def effects(target: Any, *, points: int = 64) -> list[Effect]:
    """What the trials say about each hyperparameter, the most important first.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.
        points: At how many places of each axis; choices and short lists of numbers have one for each value.

    Returns:
        One for each hyperparameter. Losses of a study with ``maximize=True`` are shown as the user told them.
    """
    data = table(target)
    judged = shares(data)
    return [_effect(data, data.space.index[one.label], one, points) for one in judged]


def _effect(data: Table, j: int, judged: Importance, points: int) -> Effect:
    law = data.space.params[j].distribution
    here = ~np.isnan(data.values[:, j])
    axis = Axis(law, data.values[here, j], points)
    picked = _evenly(np.flatnonzero(here), MOST)
    columns = data.history.columns
    failed = columns.values[columns.status == Status.FAILED, j]
    barren = axis.barren(data.values[here, j], failed[~np.isnan(failed)])
    trend = axis.trend(data.values[picked, j], data.shown(data.losses[picked]))
    median, low, high = (np.where(barren, np.nan, part) for part in trend)
    ended = np.isin(columns.status, [Status.DONE, Status.PRUNED, Status.FAILED]) & ~np.isnan(
        columns.values[:, j]
    )
    count = max(LEAST_GOOD, round(GOOD * len(data)))
    good_rows = np.flatnonzero(here[:count])
    rest_rows = ended & ~np.isin(columns.numbers, data.numbers[good_rows])
    best = data.values[0, j] if len(data) else math.nan
    return Effect(
        label=judged.label,
        importance=judged,
        grid=axis.grid,
        median=median,
        low=low,
        high=high,
        prior=axis.prior(),
        good=axis.density(data.values[_evenly(good_rows, MOST), j]),
        rest=axis.density(columns.values[_evenly(np.flatnonzero(rest_rows), MOST), j]),
        best=None if math.isnan(best) else law.plain(float(best)),
        options=texts_of(data.space.params[j]),
        log=axis.log,
    )


def _evenly(rows: Any, most: int) -> Any:
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(int)]


class Axis:
    """One hyperparameter's axis: places along it, and what trials say there.

    Args:
        law: Its distribution.
        seen: Values of trials, which an unbounded axis must reach.
        points: At how many places.
    """

    def __init__(self, law: Distribution, seen: Floats, points: int) -> None:
        geometry = law.geometry
        self.law = law
        self.log = bool(getattr(geometry, "log", False))
        self.listed = isinstance(geometry, Labels) or (
            isinstance(geometry, Lattice) and geometry.size <= points
        )
        self.labels = isinstance(geometry, Labels)
        self.grid: Any
        if isinstance(geometry, Labels):
            self.grid = np.arange(geometry.size, dtype=np.float64)
        elif isinstance(geometry, Lattice) and self.listed:
            self.grid = geometry.low + np.arange(geometry.size) * float(geometry.step)
        else:
            self._ends = self._range(seen)
            self.grid = np.unique(law.value(np.linspace(*self._ends, points)))
        if not self.labels and self.listed:
            self._ends = (0.0, 1.0)

    def _range(self, seen: Floats) -> tuple[float, float]:
        if not unbounded(self.law):
            return 0.0, 1.0
        z = self.law.latent(seen)
        z = z[np.isfinite(z)]
        return (min(-3.0, float(z.min())), max(3.0, float(z.max()))) if len(z) else (-3.0, 3.0)

    def places(self, values: Floats) -> Floats:
        """Values as shares of the axis from 0 to 1.

        Args:
            values: In the user's scale.
        """
        if self.labels:
            return values
        low, high = self._ends
        return np.asarray((self.law.latent(values) - low) / (high - low), dtype=np.float64)

    def trend(self, values: Floats, losses: Floats) -> tuple[Floats, Floats, Floats]:
        """Running median, 10 % and 90 % quantile at each place; NaN where there are too few trials.

        Args:
            values: (k,) in the user's scale.
            losses: (k,) as shown.
        """
        empty = np.full(len(self.grid), np.nan)
        if not len(values):
            return empty, empty.copy(), empty.copy()
        near = self._near(values, max(BANDWIDTH, 0.5 * len(values) ** -0.4))
        order = np.argsort(losses, kind="stable")
        heap = np.cumsum(near[:, order], axis=1)
        total = heap[:, -1]
        sizes = total**2 / np.maximum((near**2).sum(axis=1), 1e-300)
        found = []
        for share in (0.5, 0.1, 0.9):
            at = (heap < share * total[:, None] * (1 - 1e-12)).sum(axis=1)
            column = losses[order][np.minimum(at, len(losses) - 1)].astype(np.float64)
            found.append(np.where(sizes >= (1 if self.labels else NEEDED), column, np.nan))
        return found[0], found[1], found[2]

    def barren(self, done: Floats, failed: Floats) -> Any:
        """(g,) places in a stretch where only failures were: more in a row than chance would have it.

        Among n trials of which a share f failed, a given run of k failures has the probability f**k; there
        are about n places for one to begin, so k is such that n f**k is at most 5 %.

        Args:
            done: (k,) values of successful trials, in the user's scale.
            failed: (m,) values of failed ones.
        """
        found = np.zeros(len(self.grid), dtype=bool)
        if self.labels or not len(done) or not len(failed):
            return found
        total = len(done) + len(failed)
        needed = max(3.0, math.log(0.05 / total) / math.log(len(failed) / total))
        here, bad, places = np.unique(self.places(done)), np.sort(self.places(failed)), self.places(self.grid)
        ends = np.concatenate([[-np.inf], here, [np.inf]])
        for low, high in itertools.pairwise(ends.tolist()):
            run = bad[(bad > low) & (bad < high)]
            if len(run) >= needed:
                first = -np.inf if low == -np.inf else run[0]
                last = np.inf if high == np.inf else run[-1]
                found |= (places >= first) & (places <= last)
        return found

    def _near(self, values: Floats, width: float) -> Floats:
        if self.labels:
            return np.asarray(self.grid[:, None] == values[None, :], dtype=np.float64)
        apart = np.abs(self.places(self.grid)[:, None] - self.places(values)[None, :]) / width
        near: Floats = np.maximum(0.0, 1 - apart**2)
        return near

    def prior(self) -> Floats:
        """The prior's density at each place."""
        flat: Floats = np.ones(len(self.grid))
        if self.listed:
            return np.asarray(np.exp(self.law.log_density(self.grid)), dtype=np.float64)
        if not unbounded(self.law):
            return flat
        z = self.law.latent(self.grid)
        low, high = self._ends
        return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * (high - low), dtype=np.float64)

    def density(self, values: Floats) -> Floats:
        """A kernel density of trials at each place, reflected at the ends of the axis; 0 without trials.

        Args:
            values: (k,) in the user's scale.
        """
        if not len(values):
            return np.zeros(len(self.grid))
        if self.labels:
            counts = np.array([(values == option).sum() for option in self.grid], dtype=np.float64)
            return np.asarray(counts / counts.sum(), dtype=np.float64)
        at, places = self.places(values), self.places(self.grid)
        width = min(0.25, max(0.02, 1.06 * float(at.std()) * len(at) ** -0.2))
        total = np.zeros(len(places))
        for mirrored in (at, -at, 2 - at):
            apart = (places[:, None] - mirrored[None, :]) / width
            total += np.exp(-0.5 * apart**2).sum(axis=1)
        size = total.sum() if self.listed else len(at) * width * math.sqrt(2 * math.pi)
        return np.asarray(total / size, dtype=np.float64)
