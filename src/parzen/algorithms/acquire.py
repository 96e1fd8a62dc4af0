"""Where the acquisition is largest: candidates from everywhere and from near the best, then climbing.

Candidates are scored together; a few good ones that lie apart are starting
points of a climb along the numbers, and then of steps to neighbours along
everything discrete.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parzen.algorithms.ascent import climb
from parzen.algorithms.covariance import Covariance, Inputs
from parzen.algorithms.cube import Cube
from parzen.algorithms.surrogate import Feasible, Posterior
from parzen.history.history import Floats

FROM_PRIOR, NEAR = 256, 384  # candidates
WORK = 6e7  # candidates times squared trials; bounds what a long history costs
CENTRES = 5  # best posterior means that candidates are drawn around
STARTS = 4
ROUNDS = 24
APART = 0.01  # squared distance in lengths from which two starts differ
LOOKED_AT = 200  # candidates among which starts are sought
HILLS = 3  # steps to neighbours
MOST_MOVED = 20  # hyperparameters that a draw from a box changes at once


@dataclass(frozen=True, slots=True)
class Box:
    """A region of the cube that one suggestion stays in."""

    low: Floats
    high: Floats


class Acquisition:
    """Log expected improvement over legal rows of the cube, with the user's prior.

    Args:
        cube: Of the space.
        covariance: Of the space.
        posterior: What is believed.
        best: The standardised loss to improve on.
        trust: How much the log prior counts; 0 if the priors are flat.
        feasible: Where trials do not fail; None if none has.
    """

    def __init__(
        self,
        cube: Cube,
        covariance: Covariance,
        posterior: Posterior,
        best: float,
        trust: float = 0.0,
        feasible: Feasible | None = None,
    ) -> None:
        self.cube, self.covariance, self.posterior = cube, covariance, posterior
        self.best, self.trust, self.feasible = best, trust, feasible

    def values(self, rows: Floats, inputs: Inputs | None = None) -> Floats:
        """(c,) the acquisition at legal rows.

        Args:
            rows: (c, d).
            inputs: Their features, where they are at hand.
        """
        inputs = self.covariance.inputs(rows) if inputs is None else inputs
        value = self.posterior.log_improvement(inputs, self.best)
        if self.feasible is not None:
            value += self.feasible.log_probability(inputs)
        if self.trust:
            value += self.trust * self.cube.log_prior(rows)
        return value

    def climbed(self, rows: Floats, box: Box | None) -> Floats:
        """Legal rows moved uphill along their active numbers.

        Args:
            rows: (s, d).
            box: Where to stay.
        """
        numbers = self.cube.numbers
        if not len(numbers):
            return rows
        m = len(numbers)
        base = self.covariance.inputs(rows)
        active = ~np.isnan(rows[:, numbers])
        length = self.posterior.factor.shrink[:m]
        stretch = self.covariance.stretch

        def inputs(x: Floats) -> Inputs:
            near = base.near.copy()
            u = x / length
            near[:, :m] = np.where(active, u, 0.5)
            return Inputs(near, np.where(active, stretch * (2.0 * u - 1.0), 0.0))

        def value_and_slope(x: Floats) -> tuple[Floats, Floats]:
            there = inputs(x)
            value, slope = self.posterior.slope(there, self.best)
            if self.feasible is not None:
                log_probability, steeper = self.feasible.slope(there)
                value, slope = value + log_probability, slope + steeper
            return value, np.where(active, slope, 0.0) / length

        low = np.zeros((len(rows), m)) if box is None else np.broadcast_to(box.low[numbers], (len(rows), m))
        high = np.ones((len(rows), m)) if box is None else np.broadcast_to(box.high[numbers], (len(rows), m))
        x = np.where(active, rows[:, numbers], 0.5)
        x = np.clip(x, low, high)
        ends, _ = climb(value_and_slope, x * length, low * length, high * length, ROUNDS)
        moved = rows.copy()
        moved[:, numbers] = np.where(active, np.clip(ends / length, 0.0, 1.0), np.nan)
        return self.cube.legal(np.where(np.isnan(moved), 0.0, moved)) if self.cube.coarse else moved


def candidates(
    cube: Cube,
    rows: Floats,
    centres: np.ndarray,
    lengths: Floats,
    counts: tuple[int, int],
    rng: np.random.Generator,
) -> Floats:
    """Draws from the prior, and variations of some rows.

    Args:
        cube: Of the space.
        rows: (n, d) legal rows.
        centres: Indices of the rows to vary, the best first.
        lengths: (d,) of the covariance; steps are in proportion.
        counts: How many of either sort.
        rng: Source of all randomness.
    """
    from_prior, near = counts
    wide = cube.legal(cube.draw(from_prior, rng))
    ranks = np.minimum(rng.geometric(0.4, near) - 1, len(centres) - 1)
    varied = rows[centres[ranks]]
    d = varied.shape[1]
    size = 10.0 ** rng.uniform(-2.5, -0.5, (near, 1))
    active = (~np.isnan(varied)).sum(axis=1, keepdims=True)
    share = np.maximum(rng.random((near, 1)), 1.5 / np.maximum(active, 1))
    moved = rng.random((near, d)) < share
    numbers = cube.numbers
    if len(numbers):
        relative = np.clip(lengths[numbers] / np.median(lengths[numbers]), 0.2, 5.0)
        there = varied[:, numbers] + size * relative * rng.standard_normal((near, len(numbers)))
        there = np.abs(there)
        there = np.clip(np.where(there > 1.0, 2.0 - there, there), 0.0, 1.0)
        varied[:, numbers] = np.where(moved[:, numbers], there, varied[:, numbers])
    for j, options in zip(cube.labels, cube.options, strict=True):
        flip = moved[:, j] & (rng.random(near) < 0.5) & ~np.isnan(varied[:, j])
        varied[flip, j] = rng.integers(options, size=int(flip.sum()))
    return np.concatenate([wide, cube.filled(varied, rng)])


def boxed(cube: Cube, rows: Floats, centre: Floats, box: Box, count: int, rng: np.random.Generator) -> Floats:
    """Draws from a box around a row, and other rows moved into it.

    Args:
        cube: Of the space.
        rows: (c, d) legal rows to move.
        centre: (d,) the row in the middle.
        box: Its labels are the centre's.
        count: How many draws.
        rng: Source of all randomness.
    """
    d = len(centre)
    inside = box.low + (box.high - box.low) * rng.random((count, d))
    moved = rng.random((count, d)) < min(1.0, MOST_MOVED / max(d, 1))
    drawn = np.where(moved & ~cube.is_label, inside, centre)
    pulled = np.where(cube.is_label | np.isnan(rows), rows, np.clip(rows, box.low, box.high))
    return np.concatenate([cube.filled(drawn, rng), cube.filled(pulled, rng)])


def apart(near: Floats, order: np.ndarray, count: int) -> list[int]:
    """Indices of the first of `order` that lie apart from each other.

    Args:
        near: (c, e) places, in lengths.
        order: The best first.
        count: How many to find.
    """
    order = order[:LOOKED_AT]
    places = near[order]
    gap = np.full(len(order), np.inf)
    found: list[int] = []
    pick = 0
    for _ in range(count):
        found.append(int(order[pick]))
        away = places - places[pick]
        gap = np.minimum(gap, np.einsum("ij,ij->i", away, away))
        free = gap > APART
        if not free.any():
            break
        pick = int(np.argmax(free))
    return found


def maximise(
    acquisition: Acquisition,
    rows: Floats,
    box: Box | None,
    legal: Callable[[Floats], np.ndarray],
    rng: np.random.Generator,
) -> tuple[Floats, float] | None:
    """The best row found and its value, or None if none of the rows may be proposed.

    Args:
        acquisition: What is to be large.
        rows: (c, d) legal candidates.
        box: Where to stay.
        legal: Tells of (k, d) rows which may be proposed (nobody has tried them).
        rng: Source of all randomness.
    """
    cube = acquisition.cube
    inputs = acquisition.covariance.inputs(rows)
    values = acquisition.values(rows, inputs)
    order = np.argsort(-values, kind="stable")
    near = inputs.near * acquisition.posterior.factor.shrink
    ends = acquisition.climbed(rows[apart(near, order, STARTS)], box)
    ends = np.array([cube.snapped(row) for row in ends])
    ends_values = acquisition.values(ends)
    if cube.discrete:
        for i in range(len(ends)):
            ends[i], ends_values[i] = _hill(acquisition, ends[i], float(ends_values[i]), rng)
    pool = np.concatenate([ends, rows[order]])
    pool_values = np.concatenate([ends_values, values[order]])
    # Nearly always the first is new.
    ranked = np.argsort(-pool_values, kind="stable")
    start, many = 0, 1
    while start < len(ranked):
        chosen = ranked[start : start + many]
        start, many = start + many, 32
        some = np.array([cube.snapped(row) for row in pool[chosen]])
        allowed = np.flatnonzero(legal(some))
        if len(allowed):
            first = int(allowed[0])
            return some[first], float(pool_values[chosen[first]])
    return None


def _hill(
    acquisition: Acquisition, row: Floats, value: float, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Steps from a row to its best neighbour, while that is better."""
    for _ in range(HILLS):
        around = acquisition.cube.neighbours(row, rng)
        if not len(around):
            break
        values = acquisition.values(around)
        best = int(np.argmax(values))
        if values[best] <= value + 1e-9:
            break
        row, value = around[best], float(values[best])
    return row, value
