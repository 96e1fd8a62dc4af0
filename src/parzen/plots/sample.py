"""What is drawn where there are too many trials for a mark each: a fair share of them, or cells. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from parzen.plots.axes import LANE, Axis

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

DISCRETE = 2_000  # an axis of more values than these is cut like a continuous one
MANY = 2_000  # from more trials than this on, clouds of points are binned


def sample(losses: Floats, *, best: int = 500, rest: int = 500) -> Places:
    """Which of n trials to draw: the best, and every k-th of the others when sorted by loss.

    Trials without a loss are sorted behind all others, so they keep their share too.

    Args:
        losses: (n,) minimised; NaN where there is none.
        best: How many of the best are drawn.
        rest: How many of the others.

    Returns:
        Places in `losses`, in ascending order; all of them if they are at most `best` + `rest`.

    >>> sample(np.arange(10.0)[::-1], best=2, rest=3).tolist()
    [0, 4, 7, 8, 9]
    """
    n = len(losses)
    if n <= best + rest:
        return np.arange(n)
    order = np.argsort(losses, kind="stable")  # NaN goes to the end
    others = order[best:]
    picked = others[np.linspace(0, len(others) - 1, rest).astype(int)]
    return np.sort(np.concatenate([order[:best], picked]))


@dataclass(frozen=True)
class Cells:
    """An axis cut into cells; the lane of inactive values is one, with an empty one between.

    Attributes:
        edges: (k + 1,) in units of the axis.
        index: (n,) the cell of each trial; -1 for one that has no place.
    """

    edges: Floats
    index: Places

    def __len__(self) -> int:
        """How many cells there are."""
        return len(self.edges) - 1


def cells(axis: Axis, values: Floats, lane: bool, most: int = 36) -> Cells:
    """Cut an axis into cells: one for each option or each of few numbers, else `most`.

    Args:
        axis: The axis.
        values: (n,) in the user's scale; NaN where inactive.
        lane: Whether inactive values have a cell.
        most: How many at most, besides the lane.
    """
    edges = _edges(axis, most)
    units = axis.units(values)
    inactive = np.isnan(units)
    index = np.searchsorted(edges[1:-1], np.where(inactive, 0.0, units), side="right")
    if lane:
        return Cells(np.array([LANE - 0.05, LANE + 0.05, *edges]), np.where(inactive, 0, index + 2))
    return Cells(edges, np.where(inactive, -1, index))


def _edges(axis: Axis, most: int) -> Floats:
    """Edges in units; those of discrete values lie between them, so that no cell is empty for that alone."""
    edges = np.linspace(0.0, 1.0, most + 1)
    grid = axis.grid(DISCRETE)
    if axis.step is None or len(grid) >= DISCRETE:
        return edges
    units = axis.units(grid)
    between = (units[1:] + units[:-1]) / 2
    if len(between) < most and not axis.log:
        return np.concatenate([[0.0], between, [1.0]])
    nearest = between[np.abs(between[:, None] - edges[None, 1:-1]).argmin(axis=0)]
    return np.concatenate([[0.0], np.unique(nearest), [1.0]])


def binned(x: Cells, y: Cells, rank: Floats) -> tuple[Floats, Floats]:
    """Trials as cells of two axes: their mean rank and how many there are.

    Args:
        x: Cells along the horizontal axis.
        y: Cells along the vertical axis.
        rank: (n,) shares, 0 for the best; NaN where a trial has none.

    Returns:
        (len(y), len(x)) mean rank, NaN where no trial has one; and as many counts of all trials.
    """
    here = (x.index >= 0) & (y.index >= 0)
    cell = y.index[here] * len(x) + x.index[here]
    rank = rank[here]
    known = ~np.isnan(rank)
    size = len(x) * len(y)
    ranked = np.bincount(cell[known], minlength=size)
    total = np.bincount(cell[known], rank[known], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(ranked > 0, total / ranked, np.nan)
    shape = (len(y), len(x))
    return mean.reshape(shape), np.bincount(cell, minlength=size).astype(float).reshape(shape)
