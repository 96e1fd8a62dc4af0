"""Mixtures of product kernels on the latent scale: the density models of TPE.

All components share their bandwidths, and so do all mixtures over them. Their
kernels at all candidates come from one matrix product, and each mixture is a
weighted sum of those. One more component of each mixture is the prior. All
densities here are relative to the prior's, which cancels where two mixtures
are compared and keeps every sum above its share.

Source: Watanabe, "Tree-structured Parzen estimator", arXiv 2304.11127 (2023),
equations 6 to 9, for kernels and prior; the shared bandwidths are our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parzen.numerics.components import NARROW, Block, Codes, Floats, Layout, Singles

WIDE = 1.0 / 3.0  # of a bandwidth: wider cells are integrated over; the middle's density is within 1 % there
_SAFE = 80.0  # exponents that single precision holds


class TableKernel(NamedTuple):
    """The kernels along one table of k values, or along g such tables.

    Attributes:
        ladder: ([g,] k + 1, k) cumulative probabilities of the values, a row for each component's value;
            the last row is the prior's.
        ratio: ([g,] k, k + 1) float32 log of kernel over prior: a row for each candidate's value, a
            column for each component's; the last column, for components that lack the table, is 0.
    """

    ladder: Floats
    ratio: Singles

    @classmethod
    def of(cls, kernel: Floats, prior: Floats) -> TableKernel:
        """From probabilities.

        Args:
            kernel: (k, k) probabilities of the values, a row for each component's value.
            prior: (k,) probabilities.
        """
        ladder = np.cumsum(np.concatenate([kernel, prior[None, :]]), axis=1)
        ratio = np.zeros((len(prior), len(prior) + 1), dtype=np.float32)
        ratio[:, :-1] = (np.log(np.maximum(kernel, 1e-300)) - np.log(np.maximum(prior, 1e-300))).T
        return cls(ladder, ratio)


class Kernels:
    """What all components of one suggestion's mixtures share.

    Args:
        layout: The columns of the features.
        sigma: (m,) bandwidths.
        tables: The kernels of each of the t tables.
    """

    def __init__(self, layout: Layout, sigma: Floats, tables: Sequence[TableKernel]) -> None:
        self.layout = layout
        self.sigma = sigma
        self.groups = [
            TableKernel(
                np.stack([tables[t].ladder for t in group]), np.stack([tables[t].ratio for t in group])
            )
            for group in layout.groups
        ]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Points whose density is asked.

    Attributes:
        x: (c, m) positions on the lines; anything finite where inactive.
        codes: (t, c) values on the tables; anything legal where inactive.
        on_lines: (c, m) bool, which lines each uses; None if all.
        on_tables: (t, c) bool, which tables each uses; None if all.
        cells: Line -> (c,) lower and (c,) upper ends of the interval that is rounded to each candidate.
    """

    x: Floats
    codes: Codes
    on_lines: npt.NDArray[np.bool_] | None = None
    on_tables: npt.NDArray[np.bool_] | None = None
    cells: dict[int, tuple[Floats, Floats]] | None = None


def log_ratios(kernels: Kernels, parts: Block, at: Candidates) -> Singles:
    """Log of each component's kernel over the prior at each candidate.

    Args:
        kernels: Of all components.
        parts: k components, scaled to these kernels.
        at: c candidates.

    Returns:
        (c, k) float32.
    """
    layout, sigma = kernels.layout, kernels.sigma
    m, c = layout.m, len(at.x)
    asked = np.empty((c, layout.width), dtype=np.float32)
    exact = _wide_cells(kernels, at)
    if m:
        inverse = 1.0 / (sigma * sigma)
        x = at.x - layout.centre
        asked[:, :m] = x * inverse
        asked[:, m : 2 * m] = -1.0
        asked[:, 2 * m : 3 * m] = x * x * (0.5 * (layout.unbounded - inverse))
        if at.on_lines is not None:
            asked[:, : 3 * m].reshape(c, 3, m)[...] *= at.on_lines[:, None, :]
        for j, which, _, _ in exact:
            asked[which, j : 3 * m : m] = 0.0
    later: list[tuple[int, Singles]] = []
    for tables, (_, ratio) in zip(layout.groups, kernels.groups, strict=True):
        g, size = ratio.shape[:2]
        rows = ratio.reshape(g * size, size + 1).take(at.codes[tables] + size * np.arange(g)[:, None], axis=0)
        if at.on_tables is not None:
            rows *= at.on_tables[tables][:, :, None]
        if size <= NARROW:
            start = layout.starts[tables[0]]
            asked[:, start : start + g * size].reshape(c, g, size)[...] = rows[:, :, :-1].swapaxes(0, 1)
        else:
            later += zip(tables.tolist(), rows, strict=True)
    ll: Singles = asked @ parts.features.T
    for t, row in later:
        ll += row.take(parts.codes[t], axis=1)
    for j, which, low, high in exact:
        # Cells that are wide are few: the small numbers of a logarithmic lattice.
        cells, back = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
        free = bool(layout.unbounded[j])
        own = log_cell_ratio(parts.means[:, j], float(sigma[j]), cells[0], cells[1], free)
        ll[which] += (own * parts.features[:, 2 * m + j])[back.reshape(-1)]
    return ll


def _wide_cells(kernels: Kernels, at: Candidates) -> list[tuple[int, Codes, Floats, Floats]]:
    """Line, candidates, and their cells, where a cell is too wide for the density at one point."""
    found = []
    for j, (low, high) in (at.cells or {}).items():
        wide = high - low > WIDE * kernels.sigma[j]
        if at.on_lines is not None:
            wide &= at.on_lines[:, j]
        which = np.flatnonzero(wide)
        if len(which):
            found.append((j, which, low[which], high[which]))
    return found


def log_cell_ratio(means: Floats, sigma: float, low: Floats, high: Floats, unbounded: bool) -> Floats:
    """Log of the mass that kernels along a line put into cells, over the prior's.

    Args:
        means: (k,) positions.
        sigma: The bandwidth.
        low: (c,) lower ends; -inf allowed on an unbounded line.
        high: (c,) upper ends.
        unbounded: Whether the prior is the standard normal.

    Returns:
        (c, k) float64.
    """
    from scipy.special import ndtr

    mass = interval_mass((low[:, None] - means) / sigma, (high[:, None] - means) / sigma)
    if unbounded:
        whole, prior = np.ones(len(means)), interval_mass(low, high)
    else:
        whole, prior = ndtr((1.0 - means) / sigma) - ndtr(-means / sigma), high - low
    ratio: Floats = np.log(np.maximum(mass, 1e-300)) - np.log(whole)
    ratio -= np.log(np.maximum(prior, 1e-300))[:, None]
    return ratio


def interval_mass(low: Floats, high: Floats) -> Floats:
    """Mass of the standard normal between `low` and `high`, exact in both tails."""
    from scipy.special import ndtr

    flip = low + high > 0.0
    mass: Floats = ndtr(np.where(flip, -low, high)) - ndtr(np.where(flip, -high, low))
    return mass


def log_mixtures(ratios: Singles, weights: Floats, priors: Floats) -> Floats:
    """Log density of mixtures relative to the prior's.

    Args:
        ratios: (c, k) from `log_ratios`; overwritten.
        weights: (p, k) of the components in each of p mixtures.
        priors: (p,) the prior's weights, above 0.

    Returns:
        (c, p) float64.
    """
    top = max(float(ratios.max()), 0.0) if ratios.size else 0.0
    if top < _SAFE:
        # Single precision is ample for a sum, and three times as fast.
        total = np.exp(ratios, out=ratios) @ weights.astype(np.float32).T + priors
        return np.log(total)
    total = np.exp(ratios.astype(np.float64) - top) @ weights.T + priors * np.exp(-top)
    log: Floats = np.log(np.maximum(total, 1e-300)) + top
    return log


class Drawn:
    """One mixture, ready to be drawn from, each value from a component of its own.

    Args:
        kernels: Shared by the components.
        parts: k components.
        weights: (k,) of the components.
        prior: The prior's weight, above 0.
    """

    def __init__(self, kernels: Kernels, parts: Block, weights: Floats, prior: float) -> None:
        from scipy.special import ndtr

        layout = self._layout = kernels.layout
        k, m = len(weights), layout.m
        self._kernels = kernels
        # The prior is one component more.
        self._codes = np.concatenate([parts.codes, layout.sizes[:, None]], axis=1)
        has = np.ones((m + len(self._codes), k + 1))
        has[:m, :k] = parts.features[:, 2 * m : 3 * m].T
        has[m:, :k] = parts.codes < layout.sizes[:, None]
        steps = np.cumsum(has * np.append(weights, prior), axis=1)
        # Each line's and table's steps from its own number to the next, so that one search serves all.
        self._first = np.arange(len(steps))
        self._steps = (steps / steps[:, -1:] + self._first[:, None]).ravel()
        if m:
            self._means = np.zeros((k + 1, m))
            self._means[:k] = parts.means
            low, high = ndtr(self._means / -kernels.sigma), ndtr((1.0 - self._means) / kernels.sigma)
            if layout.free:
                low, high = np.where(layout.unbounded, 0.0, low), np.where(layout.unbounded, 1.0, high)
            self._low, self._width = low, high - low

    def at(self, picks: Floats, shares: Floats) -> tuple[Floats, Codes]:
        """Draw points, with a value for every hyperparameter.

        Args:
            picks: (count, m + t) uniform random numbers from [0, 1), for the components.
            shares: (count, m + t) others, for the values.

        Returns:
            (count, m) positions on lines and (t, count) values on tables.
        """
        from scipy.special import ndtri

        layout, m, count = self._layout, self._layout.m, len(shares)
        k = self._codes.shape[1] - 1
        found = np.searchsorted(self._steps, picks + self._first, side="right")
        # Rounding may lead to the next column.
        picked = np.minimum(found - self._first * (k + 1), k)
        x = u = shares[:, :m]
        if m:
            if layout.free:
                x = np.where(layout.unbounded, ndtri(np.minimum(np.maximum(u, 1e-15), 1 - 1e-15)), u)
            at = picked[:, :m] * m + np.arange(m)
            share = self._low.take(at) + u * self._width.take(at)
            own = ndtri(np.minimum(np.maximum(share, 1e-15), 1 - 1e-15)) * self._kernels.sigma
            own += self._means.take(at)
            x = np.where(picked[:, :m] < k, own, x)
            cut = np.minimum(np.maximum(x, 0.0), 1.0)
            x = np.where(layout.unbounded, x, cut) if layout.free else cut
        codes = np.empty((len(layout.sizes), count), dtype=np.intp)
        for tables, (ladder, _) in zip(layout.groups, self._kernels.groups, strict=True):
            g, size = len(tables), ladder.shape[2]
            of = self._codes.take(picked[:, m + tables].T + tables[:, None] * (k + 1))
            steps = ladder.reshape(g * (size + 1), size).take(of + (size + 1) * np.arange(g)[:, None], axis=0)
            goal = shares[:, m + tables].T[:, :, None] * steps[:, :, -1:]
            codes[tables] = np.minimum((steps <= goal).sum(axis=2), size - 1)
        return x, codes


def cell_kernel(edges: Floats, centres: Floats, sigma: float) -> Floats:
    """(k, k) mass that a Gaussian at each cell's middle puts into each cell, rows summing to 1.

    Args:
        edges: (k + 1,) borders of the cells, ascending.
        centres: (k,) their middles.
        sigma: The bandwidth.
    """
    z = (edges - centres[:, None]) / sigma
    mass = np.maximum(interval_mass(z[:, :-1], z[:, 1:]), 1e-300)
    kernel: Floats = mass / mass.sum(axis=1, keepdims=True)
    return kernel
