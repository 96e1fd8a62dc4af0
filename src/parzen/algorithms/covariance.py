"""The covariance of the Gaussian process, over mixed and conditional spaces.

    k(x, x') = s (1 + r + r^2 / 3) exp(-r) + t (1 + q)^2 / 4,
    r^2 = 5 sum_j d_j^2 / l_j^2,    q = 3 / m sum_j (2 x_j - 1)(2 x'_j - 1)

The first term is a Matern-5/2 kernel with a length l_j for each
hyperparameter; d_j is the difference of two numbers, or 0 or 1 for two
labels. The second is a quadratic over the m numbers; it follows long turned
valleys, which lengths along the axes cannot. Where a number is inactive it
counts as the middle in d and as 0 in q; an inactive label is an option of its
own. Both are plain feature maps, so k is positive definite on conditional
spaces too.

Sources: Rasmussen and Williams, "Gaussian processes for machine learning"
(2006), equation 4.17, for the Matern kernel, 5.9 for the evidence and its
gradient; Hvarfner, Hellsten and Nardi, ICML 2024 (arXiv 2402.02229), section
5, for the prior of the lengths. The inactive levels are after Levesque et al.,
"Bayesian optimization for conditional hyperparameter spaces", IJCNN 2017.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parzen.algorithms.cube import Cube
from parzen.history.history import Floats

LENGTHS = (math.log(0.03), math.log(60.0))  # bounds of log l
SCALES = (-3.0, 4.0)  # of log s
NOISES = (-14.0, 1.0)  # of the log of the noise variance
QUADRATICS = (-9.0, 5.0)  # of log t
NOISE_FLOOR = 1e-6
NOISE_MEAN, NOISE_DEVIATION = -7.0, 2.5  # of a normal prior on the log of the noise variance
QUADRATIC_MEAN, QUADRATIC_DEVIATION = -1.0, 2.0  # the same for log t
DECIMALS = 3  # of a fitted theta; it is kept in the log


@dataclass(frozen=True, slots=True)
class Inputs:
    """Rows as features, with lengths of 1.

    Attributes:
        near: (n, e) coordinates whose squared distances, each over l_j^2, are summed.
        wide: (n, m) coordinates whose product is q; no columns without numbers.
    """

    near: Floats
    wide: Floats

    def __len__(self) -> int:
        return len(self.near)

    def take(self, rows: np.ndarray | slice) -> Inputs:
        """Some of the rows.

        Args:
            rows: Indices, or a slice.
        """
        return Inputs(self.near[rows], self.wide[rows])

    def joined(self, others: Inputs) -> Inputs:
        """These rows and those of others."""
        return Inputs(np.concatenate([self.near, others.near]), np.concatenate([self.wide, others.wide]))


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs i > j of n rows, as p entries in the order of the lower triangle.

    Attributes:
        rows: (p,) i, and `columns` (p,) j.
        places: (p,) i n + j.
        squares: (p, d) squared differences; 1 where labels differ.
        products: (p,) the quadratic term with t = 1; `own` (n,) of each row with itself.
        dims: Mean number of active hyperparameters.
    """

    rows: np.ndarray
    columns: np.ndarray
    places: np.ndarray
    squares: Floats
    products: Floats
    own: Floats
    dims: float


class Covariance:
    """k for one space; theta is (log l_1 .. log l_d, log s, log noise, log t), without the last if m = 0."""

    def __init__(self, cube: Cube) -> None:
        self.cube = cube
        self.d = len(cube.space)
        self.numbers = cube.numbers
        self.m = len(self.numbers)
        owners = [*self.numbers.tolist()]
        for j, size in zip(cube.labels, cube.options, strict=True):
            owners += [j] * (size + 1)
        self.owner = np.array(owners, dtype=np.intp)
        self.size = self.d + (3 if self.m else 2)
        self.stretch = math.sqrt(3.0 / self.m) if self.m else 0.0

    def inputs(self, rows: Floats) -> Inputs:
        """Features of rows of the cube, NaN where inactive."""
        numbers = rows[:, self.numbers]
        off = np.isnan(numbers)
        near = np.zeros((len(rows), len(self.owner)))
        near[:, : self.m] = np.where(off, 0.5, numbers)
        at, every = self.m, np.arange(len(rows))
        for j, size in zip(self.cube.labels, self.cube.options, strict=True):
            code = np.where(np.isnan(rows[:, j]), size, rows[:, j]).astype(np.intp)
            near[every, at + code] = math.sqrt(0.5)
            at += size + 1
        return Inputs(near, self.stretch * np.where(off, 0.0, 2.0 * numbers - 1.0))

    def bounds(self) -> list[tuple[float, float]]:
        """Of each entry of theta."""
        ends = [LENGTHS] * self.d + [SCALES, NOISES]
        return [*ends, QUADRATICS] if self.m else ends

    def start(self, dims: float) -> Floats:
        """Theta before anything is known.

        Args:
            dims: Mean number of active hyperparameters, at least 1.
        """
        theta = np.full(self.size, math.log(0.5) + 0.5 * math.log(dims))
        theta[self.d : self.d + 2] = 0.0, -5.0
        theta[self.d + 2 :] = QUADRATIC_MEAN
        return theta

    def evidence(self, theta: Floats, pairs: Pairs, y: Floats, noise: Floats | float) -> tuple[float, Floats]:
        """Negative log posterior of theta, up to a constant, and its gradient.

        Args:
            theta: Within `bounds`.
            pairs: Of the n rows.
            y: (n,) standardised losses.
            noise: Known variances of them, beside the one that is fitted.
        """
        from scipy.linalg import lapack

        d, n = self.d, len(y)
        scale, fitted = math.exp(theta[d]), math.exp(theta[d + 1])
        quadratic = math.exp(theta[d + 2]) if self.m else 0.0
        shrink = np.exp(-2.0 * theta[:d])
        r2 = pairs.squares @ shrink
        r = np.sqrt(5.0 * r2)
        decay = np.exp(-r)
        slope = decay * r
        slope += decay
        decay *= r2
        decay *= 5.0 / 3.0
        matern = decay
        matern += slope
        # The upper triangle in LAPACK's order is the lower one in NumPy's.
        K = np.zeros((n, n), order="F")
        K.T.flat[pairs.places] = scale * matern + quadratic * pairs.products
        K.T.flat[:: n + 1] = scale + quadratic * pairs.own + fitted + NOISE_FLOOR + noise
        U, info = lapack.dpotrf(K, clean=0, overwrite_a=1)
        if info:
            return 1e10, np.zeros_like(theta)
        solved = lapack.dpotrs(U, y)[0]
        value = 0.5 * float(y @ solved) + float(np.log(U.T.flat[:: n + 1]).sum())
        inverse = lapack.dpotri(U, overwrite_c=1)[0].T
        # The derivative of the evidence by each covariance; a pair counts for both its places.
        weight = 2.0 * (solved[pairs.rows] * solved[pairs.columns] - inverse.take(pairs.places))
        own = solved * solved - inverse.flat[:: n + 1]
        total = float(own.sum())
        grad = np.empty_like(theta)
        grad[:d] = (-5.0 / 6.0 * scale) * shrink * ((weight * slope) @ pairs.squares)
        grad[d] = -0.5 * scale * (float(weight @ matern) + total)
        grad[d + 1] = -0.5 * fitted * total
        if self.m:
            grad[d + 2] = -0.5 * quadratic * (float(weight @ pairs.products) + float(own @ pairs.own))
        prior, prior_grad = self._prior(theta, pairs.dims)
        return value + prior, grad + prior_grad

    def _prior(self, theta: Floats, dims: float) -> tuple[float, Floats]:
        """Negative log density of theta's priors: lengths log-normal, the rest normal in the logarithm."""
        d = self.d
        mean = np.zeros_like(theta)
        width = np.ones_like(theta)
        mean[:d], width[:d] = math.sqrt(2.0) + 0.5 * math.log(dims), math.sqrt(3.0)
        mean[d + 1], width[d + 1] = NOISE_MEAN, NOISE_DEVIATION
        mean[d + 2 :], width[d + 2 :] = QUADRATIC_MEAN, QUADRATIC_DEVIATION
        t = (theta - mean) / width
        grad = t / width
        grad[:d] += 1.0  # the density is that of l, not of its logarithm
        return 0.5 * float(t @ t) + float(theta[:d].sum()), grad

    def fit(
        self, inputs: Inputs, y: Floats, noise: Floats | float, starts: Sequence[Floats], most: int
    ) -> tuple[float, ...]:
        """The theta that the losses make most plausible.

        Args:
            inputs: n rows.
            y: (n,) standardised losses.
            noise: Known variances.
            starts: Where to search from; the best end wins.
            most: Iterations from each.
        """
        from scipy.optimize import fmin_l_bfgs_b

        pairs = self.pairs(inputs)
        bounds = self.bounds()
        low, high = np.array(bounds).T
        best, found = math.inf, starts[0]
        for start in starts:
            theta, value, _ = fmin_l_bfgs_b(
                self.evidence,
                np.clip(start, low, high),
                args=(pairs, y, noise),
                bounds=bounds,
                maxiter=most,
                factr=1e9,
            )
            if value < best:
                best, found = value, theta
        return tuple(np.round(np.clip(found, low, high), DECIMALS).tolist())

    def pairs(self, inputs: Inputs) -> Pairs:
        """What the evidence needs of all pairs of rows, for any theta."""
        n = len(inputs)
        rows, columns = np.tril_indices(n, -1)
        gaps = inputs.near[rows] - inputs.near[columns]
        gaps *= gaps
        squares = np.empty((len(rows), self.d))
        squares[:, self.numbers] = gaps[:, : self.m]
        at = self.m
        for j, size in zip(self.cube.labels, self.cube.options, strict=True):
            squares[:, j] = gaps[:, at : at + size + 1].sum(axis=1)
            at += size + 1
        products = np.zeros(len(rows))
        own = np.zeros(n)
        if self.m:
            q = 1.0 + inputs.wide @ inputs.wide.T
            q *= 0.25 * q
            products, own = q[rows, columns], q.diagonal()
        return Pairs(rows, columns, rows * n + columns, squares, products, own, self.dims(inputs))

    def dims(self, inputs: Inputs) -> float:
        """Mean number of active hyperparameters of some rows, at least 1."""
        if not len(inputs) or not self.d:
            return 1.0
        idle = (inputs.wide == 0.0) & (inputs.near[:, : self.m] == 0.5) if self.m else np.zeros((1, 0))
        absent = float(idle.sum()) / len(inputs) if self.cube.space.conditional else 0.0
        at = self.m
        for size in self.cube.options:
            absent += float((inputs.near[:, at + size] > 0.0).mean())
            at += size + 1
        return max(1.0, self.d - absent)


def squared_distances(A: Floats, B: Floats) -> Floats:
    """(a, b) squared Euclidean distances of rows, never below 0; 0 on the diagonal where B is A."""
    squares = (A * A).sum(axis=1)
    others = squares if B is A else (B * B).sum(axis=1)
    r2 = A @ B.T
    r2 *= -2.0
    r2 += squares[:, None]
    r2 += others
    np.maximum(r2, 0.0, out=r2)
    if B is A:
        r2.flat[:: len(A) + 1] = 0.0
    return r2
