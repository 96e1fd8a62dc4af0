"""A model of the loss whose variance splits into the hyperparameters' parts exactly.

A Gaussian process with the kernel s * prod_j (1 + k_j), where each k_j
integrates to zero over the prior of hyperparameter j. Its posterior mean
then splits into a constant, one function of each hyperparameter, of each
pair, and so on, which are orthogonal under the prior, and the variance of
each follows from the weights without drawing anything. Where a hyperparameter
is inactive its k_j is 0.

Because the variances are those under the prior, it does not matter that a
search looks mostly near the optimum: the model sees where the trials are,
and answers for the whole space.

Sources: Durrande, Ginsbourger, Roustant and Carraro, "ANOVA kernels and RKHS
of zero mean functions for model-based sensitivity analysis", Journal of
Multivariate Analysis 115 (2013); Rasmussen and Williams, "Gaussian processes
for machine learning" (2006), (5.9) and (5.12).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parzen.insight.table import Floats, Mask

SCALES = (0.2, 0.8)  # length scales of one hyperparameter's functions, in shares of its prior
CELLS = 40  # cells over which functions of a number are averaged
RAISED = (-6.0, -4.5, -3.5, -2.5, -1.5, -0.5)  # logarithms of variances that `ceiling` tries
_LOWEST, _HIGHEST = -11.0, 4.0  # of the logarithm of a variance


@dataclass(frozen=True, eq=False)
class Factor:
    """One hyperparameter's k_j: between trials, and between trials and its own cells or options.

    Attributes:
        column: Its column in the table.
        options: Prior probabilities of options; None for numbers.
    """

    column: int
    options: Floats | None

    @property
    def cells(self) -> Floats:
        """(c,) where functions of it are looked at: middles of cells, or options."""
        if self.options is not None:
            return np.arange(len(self.options), dtype=np.float64)
        return (np.arange(CELLS) + 0.5) / CELLS

    @property
    def masses(self) -> Floats:
        """(c,) prior probabilities of the cells."""
        return np.full(CELLS, 1 / CELLS) if self.options is None else self.options

    @property
    def parts(self) -> int:
        """Of how many kernels it is the sum."""
        return len(SCALES) if self.options is None else 1

    def kernels(self, left: Floats, right: Floats) -> list[Floats]:
        """Kernels of zero mean and of mean variance 1; 0 where either side is inactive.

        Args:
            left: (n,) shares or options; NaN where inactive.
            right: (m,) likewise.

        Returns:
            `parts` arrays of (n, m).
        """
        here = ~np.isnan(left)[:, None] & ~np.isnan(right)[None, :]
        a, b = np.nan_to_num(left, nan=0.5), np.nan_to_num(right, nan=0.5)
        if self.options is not None:
            a, b = np.nan_to_num(left).astype(int), np.nan_to_num(right).astype(int)
            safe = np.maximum(self.options, 1e-3)
            same = (a[:, None] == b[None, :]) / safe[a][:, None] - 1.0
            return [np.where(here, same / max(len(safe) - 1, 1), 0.0)]
        made = []
        for scale in SCALES:
            cells = self.cells
            to_left, to_right, among = (_matern(x, cells, scale).mean(axis=1) for x in (a, b, cells))
            mean = among.mean()
            variance = 1.0 - (among**2).mean() / mean
            centred = _matern(a, b, scale) - to_left[:, None] * to_right[None, :] / mean
            made.append(np.where(here, centred / variance, 0.0))
        return made


def _matern(a: Floats, b: Floats, scale: float) -> Floats:
    r = math.sqrt(5) / scale * np.abs(a[:, None] - b[None, :])
    kernel: Floats = (1 + r + r * r / 3) * np.exp(-r)
    return kernel


class Model:
    """The fitted process. Fitting draws no random number.

    Args:
        factors: One for each hyperparameter.
        shares: (n, d) the table's; columns that no factor names are not looked at.
        targets: (n,) finite, of about unit variance.
        start: Logarithms of variances from an earlier fit.
        steps: At most so many iterations.
    """

    def __init__(
        self,
        factors: Sequence[Factor],
        shares: Floats,
        targets: Floats,
        *,
        start: Floats | None = None,
        steps: int = 60,
    ) -> None:
        self.factors = tuple(factors)
        self.shares = shares
        self.mean = float(targets.mean())
        self.targets = targets - self.mean
        self._kernels = [f.kernels(shares[:, f.column], shares[:, f.column]) for f in self.factors]
        self.logs = self._fit(start, steps)
        self._finish()

    def _start(self) -> Floats:
        count = sum(factor.parts for factor in self.factors)
        first = math.log(0.5 / max(count, 1))
        return np.array([0.0, math.log(0.1), *[first] * count])

    def _fit(self, start: Floats | None, steps: int) -> Floats:
        from scipy.optimize import minimize

        begin = self._start() if start is None else np.clip(start, _LOWEST, _HIGHEST)
        bounds = [(-5.0, 5.0), (math.log(1e-5), 1.0), *[(_LOWEST, _HIGHEST)] * (len(begin) - 2)]
        found = minimize(
            self._objective, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
        )
        return np.asarray(found.x, dtype=np.float64)

    def _factor_values(self, logs: Floats) -> list[Floats]:
        values, at = [], 2
        for kernels in self._kernels:
            total = np.ones_like(kernels[0])
            for kernel in kernels:
                total = total + math.exp(logs[at]) * kernel
                at += 1
            values.append(total)
        return values

    def _objective(self, logs: Floats) -> tuple[float, Floats]:
        """Negative log marginal likelihood with weak priors, and its gradient."""
        from scipy.linalg import cho_factor, cho_solve

        n = len(self.targets)
        parts = self._factor_values(logs)
        signal = math.exp(logs[0]) * np.prod(parts, axis=0) if parts else np.full((n, n), math.exp(logs[0]))
        noise = math.exp(logs[1])
        factor = cho_factor(signal + (noise + 1e-8 * math.exp(logs[0])) * np.eye(n), lower=True)
        inverse = cho_solve(factor, np.eye(n))
        weights = inverse @ self.targets
        value = 0.5 * self.targets @ weights + np.log(np.diag(factor[0])).sum()
        slope = 0.5 * (inverse - np.outer(weights, weights))  # (5.9)
        gradient = np.empty_like(logs)
        held = slope * signal
        gradient[0] = held.sum()
        gradient[1] = noise * np.trace(slope)
        at = 2
        for kernels, part in zip(self._kernels, parts, strict=True):
            # 1 + k_j may be 0 somewhere; the quotient is of no weight there.
            rest = held / np.where(np.abs(part) < 1e-9, 1e-9, part)
            for kernel in kernels:
                gradient[at] = math.exp(logs[at]) * np.sum(rest * kernel)
                at += 1
        # A weak preference for few and small parts: an exponential law for each variance.
        sizes = np.exp(logs[2:])
        value += sizes.sum() + 0.02 * (logs[0] ** 2)
        gradient[2:] += sizes
        gradient[0] += 0.04 * logs[0]
        return float(value), gradient

    def _finish(self) -> None:
        from scipy.linalg import cho_factor, cho_solve

        n = len(self.targets)
        parts = self._factor_values(self.logs)
        scale = math.exp(self.logs[0])
        self.noise = math.exp(self.logs[1])
        signal = scale * np.prod(parts, axis=0) if parts else np.full((n, n), scale)
        self._cholesky = cho_factor(signal + (self.noise + 1e-8 * scale) * np.eye(n), lower=True)
        inverse = cho_solve(self._cholesky, np.eye(n))
        self.weights = inverse @ self.targets
        left_out = self.weights / np.diag(inverse)  # (5.12)
        total = float(np.sum((self.targets * n / max(n - 1, 1)) ** 2))
        self.explained = 0.0 if total <= 0 else max(0.0, 1.0 - float(np.sum(left_out**2)) / total)

    @property
    def own(self) -> Mask:
        """(factors,) those that are active in every trial."""
        active = [not np.isnan(self.shares[:, factor.column]).any() for factor in self.factors]
        return np.array(active, dtype=bool)

    def _across(self, index: int, left: Floats, right: Floats) -> Floats:
        """k_j between two columns of values.

        Args:
            index: Of the factor.
            left: (n,) values.
            right: (m,) values.
        """
        at = 2 + sum(factor.parts for factor in self.factors[:index])
        kernels = self.factors[index].kernels(left, right)
        total = np.zeros_like(kernels[0])
        for k, kernel in enumerate(kernels):
            total += math.exp(self.logs[at + k]) * kernel
        return total

    def covariance(self, left: Floats, right: Floats) -> Floats:
        """The prior's covariance between two sets of points, without noise.

        Args:
            left: (n, d) shares.
            right: (m, d) shares.
        """
        total = np.full((len(left), len(right)), math.exp(self.logs[0]))
        for index, factor in enumerate(self.factors):
            total *= 1 + self._across(index, left[:, factor.column], right[:, factor.column])
        return total

    def posterior(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and covariance of the targets' expectation at points.

        Args:
            points: (m, d) shares; NaN where inactive.

        Returns:
            (m,) and (m, m).
        """
        from scipy.linalg import cho_solve

        cross = self.covariance(points, self.shares)
        spread = self.covariance(points, points) - cross @ cho_solve(self._cholesky, cross.T)
        return self.mean + cross @ self.weights, spread

    def ceiling(self, index: int) -> float:
        """The largest share of the variance that the trials allow a hyperparameter of its own.

        Where a search hardly varied a hyperparameter, trials fit as well without any effect of it as with a
        large one. So its variance is raised for as long as the likelihood falls by less than 2 in
        the logarithm, and the expected variance of its effect, its uncertainty included, is taken.

        Args:
            index: Of the factor, which must be active everywhere.
        """
        from scipy.linalg import solve_triangular

        at = 2 + sum(factor.parts for factor in self.factors[:index])
        mine = slice(at, at + self.factors[index].parts)
        factor = self.factors[index]
        lowest = self._objective(self.logs)[0]
        found = 0.0
        for step in RAISED:
            logs = self.logs.copy()
            logs[mine] = np.maximum(logs[mine], step)
            if self._objective(logs)[0] > lowest + 2.0:
                break
            cholesky, scale = self._decomposed(logs), math.exp(logs[0])
            sizes = np.exp(logs[mine])
            shape = factor.kernels(factor.cells, self.shares[:, factor.column])
            cross = scale * sum(size * kernel for size, kernel in zip(sizes, shape, strict=True))
            within = factor.kernels(factor.cells, factor.cells)
            before = scale * sum(size * np.diag(kernel) for size, kernel in zip(sizes, within, strict=True))
            half = solve_triangular(cholesky, np.column_stack([cross.T, self.targets]), lower=True)
            after = before - (half[:, :-1] ** 2).sum(axis=0) + (half[:, :-1].T @ half[:, -1]) ** 2
            found = max(found, float(after @ factor.masses))
        return found

    def _decomposed(self, logs: Floats) -> Floats:
        from scipy.linalg import cholesky

        scale, n = math.exp(logs[0]), len(self.targets)
        signal = np.full((n, n), scale)
        for part in self._factor_values(logs):
            signal *= part
        lower: Floats = cholesky(signal + (math.exp(logs[1]) + 1e-8 * scale) * np.eye(n), lower=True)
        return lower

    def variances(self, own: Mask) -> tuple[Floats, float]:
        """How much of the variance under the prior each hyperparameter accounts for.

        An effect that several share is divided among them in equal parts,
        which is their Shapley effect as long as no three act together only.

        Args:
            own: (factors,) those that are active everywhere.

        Returns:
            (factors,) variances, 0 for the others, and the variance of all, noise included.
        """
        scale = math.exp(self.logs[0])
        squares = []
        for index, factor in enumerate(self.factors):
            column = self.shares[:, factor.column]
            to_cells = self._across(index, column, factor.cells)
            squares.append((to_cells * factor.masses) @ to_cells.T)
        ones = np.ones((len(self.targets),) * 2)

        def variance(of: Sequence[Floats]) -> float:
            product = ones
            for square in of:
                product = product * (1 + square)
            return float(scale**2 * (self.weights @ (product - 1) @ self.weights))

        outer = [s for s, mine in zip(squares, own, strict=True) if mine]
        everything = variance(outer)
        parts = np.zeros(len(self.factors))
        for index in np.flatnonzero(own).tolist():
            others = [s for i, s in enumerate(squares) if own[i] and i != index]
            alone = variance([squares[index]])
            total = everything - variance(others)
            parts[index] = max(0.0, (alone + total) / 2)
        nested = 0.0
        for index in np.flatnonzero(~own).tolist():
            active = float(np.mean(~np.isnan(self.shares[:, self.factors[index].column])))
            nested += active * max(0.0, variance([*outer, squares[index]]) - everything)
        return parts, max(everything, float(parts.sum())) + nested + self.noise
