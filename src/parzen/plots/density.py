"""How densely the trials cover an axis: all of them, and the best. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from parzen.plots.axes import Axis
from parzen.plots.data import Data, Floats, Mask
from parzen.wording import many, plural

BEST_SHARE = 0.1  # of the successful trials are called the best
FEWEST = 5  # at least so many are, if there are that many
POINTS = 96  # of a curve
CELLS = 512  # that values are counted in before they are smoothed


@dataclass(frozen=True)
class Density:
    """A density along an axis, its highest point 1.

    Attributes:
        units: (k,) positions, 0 the low end of the axis and 1 its high end; of each option its middle.
        height: (k,) shares of the highest.
        bars: Whether these are options, to be drawn as bars.
        width: Of a bar, in units.
        sticks: Whether these are so few values that each is a line; a curve would invent the rest.
    """

    units: Floats
    height: Floats
    bars: bool
    width: float = 0.0
    sticks: bool = False


def density(axis: Axis, values: Floats) -> Density | None:
    """The density of values on an axis: shares of options, else a smooth curve.

    Args:
        axis: The axis.
        values: (n,) in the user's scale; NaN where inactive.

    Returns:
        None where no trial has a value.
    """
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    if axis.kind == "labels":
        middles = np.arange(len(axis.options)) + round(axis.low + 0.5)
        shares = np.array([(values == middle).sum() for middle in middles], dtype=float)
        return Density(axis.units(middles), shares / max(shares.max(), 1), True, 0.8 / len(middles))
    units = np.clip(axis.units(values), 0.0, 1.0)
    if len(units) < FEWEST:
        return Density(np.sort(units), np.ones(len(units)), False, sticks=True)
    counts = np.bincount(np.minimum((units * CELLS).astype(int), CELLS - 1), minlength=CELLS)
    spread = min(float(units.std()), float(np.subtract(*np.quantile(units, [0.75, 0.25]))) / 1.34 or 1.0)
    width = min(max(0.9 * spread * len(units) ** -0.2, 0.015), 0.15)
    grid, cells = np.linspace(0.0, 1.0, POINTS), (np.arange(CELLS) + 0.5) / CELLS
    # The kernels are reflected at both ends, so that a density need not fall off there.
    height = sum(
        np.exp(-0.5 * ((grid[:, None] - place[None, :]) / width) ** 2) @ counts
        for place in (cells, -cells, 2.0 - cells)
    )
    return Density(grid, height / height.max(), False)


def best_words(data: Data) -> str:
    """What `best_trials` are, in words; ``""`` if no trial succeeded."""
    good, best = int(data.good.sum()), int(best_trials(data).sum())
    if not good:
        return ""
    return f"the best {many(best)} of {many(good)}" if best < good else f"the {plural(good, 'trial')} done"


def best_trials(data: Data) -> Mask:
    """(n,) the best tenth of the successful trials, and at least five.

    Args:
        data: The trials.
    """
    good = np.flatnonzero(data.good)
    count = max(math.ceil(BEST_SHARE * len(good)), FEWEST)
    chosen = np.zeros(len(data), dtype=bool)
    chosen[good[np.argsort(data.losses[good], kind="stable")[:count]]] = True
    return chosen
