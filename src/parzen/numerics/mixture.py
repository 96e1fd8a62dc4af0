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

import numpy as np
import numpy.typing as npt

from parzen.numerics.components import Block, Codes, Floats, Layout, Singles

WIDE = 1.0 / 3.0  # of a bandwidth: wider cells are integrated over; the middle's density is within 1 % there
_SAFE = 80.0  # exponents that single precision holds


@dataclass(frozen=True, slots=True)
class TableKernel:
    """The kernels along one table of k values.

    Attributes:
        ladder: (k + 1, k) cumulative probabilities of the values, a row for each component's value; the
            last row is the prior's.
        ratio: (k, k + 1) float32 log of kernel over prior: a row for each candidate's value, a column
            for each component's; the last column, for components that lack the table, is 0.
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


@dataclass(frozen=True, slots=True)
class Kernels:
    """What all components of one suggestion's mixtures share.

    Attributes:
        layout: The columns of the features.
        sigma: (m,) bandwidths.
        tables: The kernels of each of the t tables.
    """

    layout: Layout
    sigma: Floats
    tables: Sequence[TableKernel]


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
    for t in layout.narrow:
        start, size = layout.starts[t], layout.sizes[t]
        asked[:, start : start + size] = kernels.tables[t].ratio[:, :-1].take(at.codes[t], axis=0)
        if at.on_tables is not None:
            asked[:, start : start + size] *= at.on_tables[t][:, None]
    ll: Singles = asked @ parts.features.T
    for t in layout.wide:
        taken = kernels.tables[t].ratio.take(at.codes[t], axis=0).take(parts.codes[t], axis=1)
        ll += taken if at.on_tables is None else taken * at.on_tables[t][:, None]
    for j, which, low, high in exact:
        free = bool(layout.unbounded[j])
        own = log_cell_ratio(parts.means[:, j], float(sigma[j]), low, high, free)
        ll[which] += own * parts.features[:, 2 * m + j]
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
        weights: (k, p) of the components in each of p mixtures.
        priors: (p,) the prior's weights, above 0.

    Returns:
        (c, p) float64.
    """
    if not ratios.shape[1]:
        return np.log(priors) + np.zeros((len(ratios), 1))
    top = max(float(ratios.max()), 0.0)
    if top < _SAFE:
        # Single precision is ample for a sum, and three times as fast.
        total = np.exp(ratios, out=ratios) @ weights.astype(np.float32) + priors
        return np.log(total)
    total = np.exp(ratios.astype(np.float64) - top) @ weights + priors * np.exp(-top)
    log: Floats = np.log(np.maximum(total, 1e-300)) + top
    return log


def draw(
    kernels: Kernels, parts: Block, weights: Floats, prior: float, shares: Floats
) -> tuple[Floats, Codes]:
    """Draw points from a mixture, with a value for every hyperparameter.

    Args:
        kernels: Shared by the components.
        parts: k components.
        weights: (k,) of the components.
        prior: The prior's weight.
        shares: (count, 1 + m + t) uniform random numbers from [0, 1).

    Returns:
        (count, m) positions on lines and (t, count) values on tables.
    """
    from scipy.special import ndtr, ndtri

    k, m, count = len(weights), kernels.layout.m, len(shares)
    steps = np.cumsum(weights)
    picked = np.searchsorted(steps, shares[:, 0] * ((steps[-1] if k else 0.0) + prior), side="right")
    of_prior = picked >= k
    u, free = shares[:, 1 : 1 + m], kernels.layout.unbounded
    any_free = bool(free.any())
    x = u
    if m and any_free:
        x = np.where(free, ndtri(np.minimum(np.maximum(u, 1e-15), 1 - 1e-15)), u)
    if m and k:
        picked = np.minimum(picked, k - 1)
        means, sigma = parts.means.take(picked, axis=0), kernels.sigma
        low, high = ndtr(-means / sigma), ndtr((1.0 - means) / sigma)
        if any_free:
            low, high = np.where(free, 0.0, low), np.where(free, 1.0, high)
        own = means + sigma * ndtri(np.minimum(np.maximum(low + u * (high - low), 1e-15), 1 - 1e-15))
        use = parts.features[:, 2 * m : 3 * m].take(picked, axis=0) > 0.5
        use[of_prior] = False
        x = np.where(use, own, x)
        cut = np.minimum(np.maximum(x, 0.0), 1.0)
        x = np.where(free, x, cut) if any_free else cut
    codes = np.empty((len(kernels.tables), count), dtype=np.intp)
    for t, table in enumerate(kernels.tables):
        size = table.ladder.shape[1]
        rows = np.full(count, size)
        if k:
            rows = np.where(of_prior, size, parts.codes[t].take(np.minimum(picked, k - 1)))
        ladder = table.ladder.take(rows, axis=0)
        share = shares[:, 1 + m + t, None] * ladder[:, -1:]
        codes[t] = np.minimum((ladder <= share).sum(axis=1), size - 1)
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
