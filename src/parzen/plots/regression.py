"""A smooth surface of the loss over two hyperparameters, and where it is supported by trials.

A local regression: at each point of a grid a plane is fitted to the losses,
weighted by their distance. It claims nothing where no trial is near: `distance`
says how far the nearest one is from each point.

Source: Cleveland and Devlin, "Locally weighted regression: an approach to
regression analysis by local fitting", JASA 83 (1988).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GRID = 48  # points of the grid along a continuous side
CELLS = 64  # along each side; more trials than this are binned into such cells first
BINNED = 3_000  # from so many trials on
REACH = 0.12  # farther than this share of a side from every trial, or than a bandwidth, nothing is known


@dataclass(frozen=True)
class Surface:
    """The loss over a grid.

    Attributes:
        x: (k,) positions along the first axis, in [0, 1], or the numbers of its options.
        y: (l,) likewise along the second.
        value: (l, k) fitted losses.
        distance: (l, k) from the nearest trial, as a share of a side.
        bandwidth: Of the weights, as a share of a side.
    """

    x: Floats
    y: Floats
    value: Floats
    distance: Floats
    bandwidth: float

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """(l, k) where trials are near enough to say something."""
        return self.distance <= min(self.bandwidth, REACH)


def surface(
    x: Floats, y: Floats, losses: Floats, *, options: tuple[int, int] = (0, 0), grid: int = GRID
) -> Surface:
    """Fit the losses of n trials over two axes.

    Args:
        x: (n,) positions in [0, 1]; numbers of options where the axis is categorical.
        y: (n,) likewise.
        losses: (n,) finite numbers.
        options: How many options each axis has; 0 for a continuous one. Trials with another option
            have no weight.
        grid: Points along a continuous side, at least 2.

    Returns:
        The surface; without a trial all values are NaN.
    """
    sides = tuple(
        np.arange(count, dtype=float) if count else np.linspace(0.0, 1.0, grid) for count in options
    )
    width = _bandwidth(len(losses), options)
    x, y, losses, counts = _binned(x, y, losses, options)
    clipped = _clipped(losses)
    value = np.empty((len(sides[1]), len(sides[0])))
    distance = np.full_like(value, np.inf)
    across = _squares(sides[0][:, None], x[None, :], bool(options[0]))
    for row, height in enumerate(sides[1]):
        squares = across + _squares(np.array([[height]]), y[None, :], bool(options[1]))
        weights = counts * np.exp(-0.5 * squares / width**2)
        value[row] = _fitted(weights, sides[0], x, height - y, clipped, options)
        if len(losses):
            distance[row] = np.sqrt(squares.min(axis=1))
    return Surface(sides[0], sides[1], value, distance, width)


def _bandwidth(n: int, options: tuple[int, int]) -> float:
    """Scott's rule for the unit square, within what the eye can use."""
    sides = 2 - sum(count > 0 for count in options)
    return float(np.clip(0.35 * max(n, 1) ** (-1 / (4 + sides)), 0.05, 0.2))


def _squares(at: Floats, x: Floats, categorical: bool) -> Floats:
    """Squared distances; options are infinitely far from each other."""
    squares: Floats = np.where(at == x, 0.0, np.inf) if categorical else (at - x) ** 2
    return squares


def _binned(
    x: Floats, y: Floats, losses: Floats, options: tuple[int, int]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Cells instead of trials where there are many: means and counts."""
    if len(losses) < BINNED:
        return x, y, losses, np.ones(len(losses))
    sizes = tuple(count or CELLS for count in options)
    columns = [
        np.clip((u if count else u * CELLS).astype(int), 0, size - 1)
        for u, count, size in zip((x, y), options, sizes, strict=True)
    ]
    cell = columns[0] * sizes[1] + columns[1]
    counts = np.bincount(cell, minlength=sizes[0] * sizes[1]).astype(float)
    full = counts > 0
    means = [np.bincount(cell, v, minlength=len(counts))[full] / counts[full] for v in (x, y, losses)]
    return means[0], means[1], means[2], counts[full]


def _clipped(losses: Floats) -> Floats:
    """Losses with the far tail of bad ones moved in: one diverged trial must not tilt the plane."""
    if len(losses) < 4:
        return losses
    low, middle, high = np.quantile(losses, [0.0, 0.5, 0.9])
    most = max(float(high), float(middle + 3 * (middle - low)))
    return np.asarray(np.minimum(losses, most), dtype=np.float64)


def _fitted(
    weights: Floats, side: Floats, x: Floats, below: Floats, losses: Floats, options: tuple[int, int]
) -> Floats:
    """(k,) locally linear values along one row of the grid.

    A ridge of a tenth of a trial on the slopes turns the plane into a mean where trials do not span one.
    """
    total = np.maximum(weights.sum(axis=1), 1e-300)
    if not len(losses):
        return np.full(len(side), np.nan)
    dx = np.zeros((len(side), len(x))) if options[0] else side[:, None] - x[None, :]
    dy = np.zeros(len(x)) if options[1] else below
    mean = weights @ losses / total
    mx, my = (weights * dx).sum(axis=1) / total, weights @ dy / total
    cx, cy = dx - mx[:, None], dy[None, :] - my[:, None]
    rest = losses[None, :] - mean[:, None]
    sxx, sxy, syy = ((weights * a * b).sum(axis=1) for a, b in ((cx, cx), (cx, cy), (cy, cy)))
    bx, by = ((weights * a * rest).sum(axis=1) for a in (cx, cy))
    ridge = 0.1 * 0.2**2
    sxx, syy = sxx + ridge, syy + ridge
    determinant = sxx * syy - sxy**2
    ax, ay = (syy * bx - sxy * by) / determinant, (sxx * by - sxy * bx) / determinant
    fitted: Floats = np.clip(mean - ax * mx - ay * my, losses.min(), losses.max())
    return fitted
