"""Mixtures of product kernels on the latent scale: the density models of TPE.

A component is a past point. Along a line its kernel is a Gaussian, cut to
[0, 1] where the line is bounded; along a table it is a row of a matrix. Where
a component does not use a hyperparameter, its kernel is the prior. One more
component is the prior itself.

All components of one mixture share their bandwidths, so the exponents of all
pairs come from matrix products.

Source: Watanabe, "Tree-structured Parzen estimator", arXiv 2304.11127 (2023),
equations 6 to 9, for kernels and prior; the shared bandwidths are our own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Kernels:
    """What all components of one suggestion's mixtures share.

    Attributes:
        sigma: (m,) bandwidths of the m lines.
        unbounded: (m,) lines whose prior is the standard normal instead of uniform on [0, 1].
        tables: For each of the t tables a (k, k) matrix: row = the component's value, column =
            log probability of a value.
        priors: For each table (k,) log probabilities of the prior.
    """

    sigma: Floats
    unbounded: npt.NDArray[np.bool_]
    tables: Sequence[Floats]
    priors: Sequence[Floats]


@dataclass(frozen=True, slots=True)
class Components:
    """The components of one mixture beside the prior.

    Attributes:
        means: (k, m) positions on the lines; anything where inactive.
        codes: (t, k) values on the tables; anything where inactive.
        on_lines: (k, m) bool, which lines each uses; None if all.
        on_tables: (t, k) bool, which tables each uses; None if all.
        norms: (k, m) log of each Gaussian's integral over the line, from `log_norm`.
        weights: (k,) mixture weights.
        prior: The prior's weight. All weights together sum to 1.
    """

    means: Floats
    codes: npt.NDArray[np.intp]
    on_lines: npt.NDArray[np.bool_] | None
    on_tables: npt.NDArray[np.bool_] | None
    norms: Floats
    weights: Floats
    prior: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Points whose density is asked: the same layout as `Components`."""

    x: Floats
    codes: npt.NDArray[np.intp]
    on_lines: npt.NDArray[np.bool_] | None
    on_tables: npt.NDArray[np.bool_] | None


BINS = 4096  # steps of a bounded line in the table of normalisers


@lru_cache(maxsize=512)
def _norm_table(sigma: float) -> Floats:
    from scipy.special import ndtr

    means = np.arange(BINS + 1) / BINS
    mass = ndtr((1.0 - means) / sigma) - ndtr(-means / sigma)
    norms: Floats = np.log(mass) + (math.log(sigma) + _LOG_ROOT_2PI)
    return norms


@lru_cache(maxsize=64)
def _norm_tables(sigma: tuple[float, ...]) -> Floats:
    """The lines' tables, one after the other; bandwidths seldom change between suggestions."""
    return np.concatenate([_norm_table(width) for width in sigma])


def bins(means: Floats) -> npt.NDArray[np.intp]:
    """Positions on lines as entries of the tables of normalisers; NaN as the middle.

    Args:
        means: (k, m) positions on m lines.
    """
    scaled = np.where(np.isnan(means), 0.5, means) * BINS
    places: npt.NDArray[np.intp] = np.clip(np.rint(scaled), 0, BINS).astype(np.intp)
    places += (BINS + 1) * np.arange(means.shape[1])
    return places


def log_norm(
    at: npt.NDArray[np.intp], sigma: Floats, unbounded: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Log integral over its line of the Gaussian bump exp(-(x - mean)^2 / (2 sigma^2)).

    From a table, to 0.01 at the narrowest bandwidths: exact values cost ten
    times the rest of a suggestion.

    Args:
        at: (k, m) what `bins` gave for the means.
        sigma: (m,) bandwidths, from a small set of values.
        unbounded: (m,) lines that are not cut to [0, 1].

    Returns:
        (k, m) float64.
    """
    if not len(sigma):
        return np.zeros(at.shape)
    values: Floats = _norm_tables(tuple(sigma.tolist())).take(at)
    if unbounded.any():
        values[:, unbounded] = np.log(sigma[unbounded]) + _LOG_ROOT_2PI
    return values


def log_density(kernels: Kernels, parts: Components, at: Candidates) -> Floats:
    """Log density of a mixture at candidates, up to nothing: it is normalised.

    Args:
        kernels: Shared bandwidths and tables.
        parts: k components.
        at: c candidates.

    Returns:
        (c,) float64.
    """
    inverse = 1.0 / (kernels.sigma * kernels.sigma)
    flat = _log_prior_lines(kernels, at)
    base = np.log(np.maximum(parts.weights, 1e-300))  # a weight of 0 stays out of the sum
    if parts.on_lines is None and at.on_lines is None:
        # What all components have in common for a candidate is added at the end.
        common = (at.x * at.x) @ (-0.5 * inverse)
        scaled = parts.means * inverse
        row = base - (parts.norms + 0.5 * scaled * parts.means) @ np.ones(len(inverse))
        ll = scaled @ at.x.T
        ll += row[:, None]
    else:
        common = np.zeros(len(at.x))
        ll = _masked_lines(parts, at, inverse, parts.norms, flat)
        ll += base[:, None]
    for t, matrix in enumerate(kernels.tables):
        ll += _table_term(matrix, kernels.priors[t], t, parts, at)
    prior = flat @ np.ones(flat.shape[1]) + (math.log(parts.prior) - common)
    for t, log_prior in enumerate(kernels.priors):
        term = log_prior[at.codes[t]]
        prior += term if at.on_tables is None else np.where(at.on_tables[t], term, 0.0)
    top = np.maximum(ll.max(axis=0), prior) if len(ll) else prior
    ll -= top
    # Relative to the largest term single precision is ample, and three times as fast.
    terms = np.exp(ll.astype(np.float32))
    total: Floats = np.log(terms.sum(axis=0, dtype=np.float64) + np.exp(prior - top)) + (top + common)
    return total


def _log_prior_lines(kernels: Kernels, at: Candidates) -> Floats:
    """(c, m) log prior density of each candidate along each line; 0 where inactive."""
    if not kernels.unbounded.any():
        return np.zeros(at.x.shape)
    z = np.where(kernels.unbounded, at.x, 0.0)
    flat = np.where(kernels.unbounded, -0.5 * z * z - _LOG_ROOT_2PI, 0.0)
    if at.on_lines is not None:
        flat = np.where(at.on_lines, flat, 0.0)
    return flat


def _masked_lines(parts: Components, at: Candidates, inverse: Floats, norms: Floats, flat: Floats) -> Floats:
    """(k, c) log kernels along the lines, where some components or candidates do not use some lines."""
    on = np.ones(parts.means.shape) if parts.on_lines is None else parts.on_lines.astype(float)
    asked = np.ones(at.x.shape) if at.on_lines is None else at.on_lines.astype(float)
    scaled = on * parts.means * inverse
    own = on * (norms + 0.5 * parts.means * parts.means * inverse)
    x = asked * at.x
    ll: Floats = scaled @ x.T
    ll -= own @ asked.T
    ll -= on @ (0.5 * x * x * inverse).T
    if flat.any():
        ll += (1.0 - on) @ flat.T
    return ll


def _table_term(matrix: Floats, prior: Floats, t: int, parts: Components, at: Candidates) -> Floats:
    """(k, c) log kernels along one table."""
    columns = matrix[:, at.codes[t]]
    if at.on_tables is not None:
        columns = np.where(at.on_tables[t], columns, 0.0)
    if parts.on_tables is None:
        own: Floats = columns[parts.codes[t]]
        return own
    fallback = prior[at.codes[t]]
    if at.on_tables is not None:
        fallback = np.where(at.on_tables[t], fallback, 0.0)
    rows = np.where(parts.on_tables[t], parts.codes[t], len(matrix))
    taken: Floats = np.concatenate([columns, fallback[None, :]])[rows]
    return taken


def draw(
    kernels: Kernels, parts: Components, count: int, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Draw points from a mixture, with a value for every hyperparameter.

    Args:
        kernels: Shared bandwidths and tables.
        parts: k components.
        count: How many points.
        rng: Source of all randomness; the number of draws depends on shapes only.

    Returns:
        (count, m) positions on lines and (t, count) values on tables.
    """
    from scipy.special import ndtr, ndtri

    k, m = parts.means.shape
    steps = np.cumsum(parts.weights)
    picked = np.searchsorted(steps, rng.random(count) * (steps[-1] + parts.prior if k else 1.0), side="right")
    is_prior = picked >= k
    picked = np.minimum(picked, max(k - 1, 0))
    u = rng.random((count, m))
    if k == 0:
        x = np.where(kernels.unbounded, ndtri(np.clip(u, 1e-15, 1 - 1e-15)), u)
    else:
        means, sigma = parts.means[picked], kernels.sigma
        free = bool(kernels.unbounded.any())
        low, high = ndtr(-means / sigma), ndtr((1.0 - means) / sigma)
        if free:
            low, high = np.where(kernels.unbounded, 0.0, low), np.where(kernels.unbounded, 1.0, high)
        own = means + sigma * ndtri(np.minimum(np.maximum(low + u * (high - low), 1e-15), 1 - 1e-15))
        use = ~is_prior[:, None]
        if parts.on_lines is not None:
            use = use & parts.on_lines[picked]
        fallback = u
        if free:
            fallback = np.where(kernels.unbounded, ndtri(np.clip(u, 1e-15, 1 - 1e-15)), u)
        x = np.where(use, own, fallback)
        cut = np.minimum(np.maximum(x, 0.0), 1.0)
        x = np.where(kernels.unbounded, x, cut) if free else cut
    codes = np.empty((len(kernels.tables), count), dtype=np.intp)
    for t, matrix in enumerate(kernels.tables):
        share = rng.random(count)
        rows = np.concatenate([matrix, kernels.priors[t][None, :]])
        which = np.full(count, len(matrix))
        if k:
            use_table = ~is_prior if parts.on_tables is None else ~is_prior & parts.on_tables[t][picked]
            which = np.where(use_table, parts.codes[t][picked], which)
        ladder = np.cumsum(np.exp(rows), axis=1)[which]
        codes[t] = np.minimum((ladder <= share[:, None] * ladder[:, -1:]).sum(axis=1), len(matrix) - 1)
    return x, codes
