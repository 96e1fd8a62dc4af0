"""The Gaussian process as it answers: means, deviations and log expected improvement, with gradients.

Source: Rasmussen and Williams (2006), equations 2.25 and 2.26.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from parzen.algorithms.covariance import NOISE_FLOOR, Covariance, Inputs, squared_distances
from parzen.history.history import Floats
from parzen.numerics.improvement import log_h
from parzen.numerics.linalg import extend, inverse_factor

LEAST_VARIANCE = 1e-12
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class Factor:
    """The inverse Cholesky factor of the covariance of growing rows, for one theta.

    Rows that come later are appended one by one, so the factor is the same to
    the bit whether it grew over many suggestions or was made for the last one.

    Args:
        covariance: Of the space.
        theta: Its settings.
        inputs: The first rows, factorised at once.
        noise: (n,) known variances of their losses.
    """

    def __init__(self, covariance: Covariance, theta: Sequence[float], inputs: Inputs, noise: Floats) -> None:
        self.covariance = covariance
        d = covariance.d
        self.lengths = np.exp(theta[:d])
        self.shrink = 1.0 / self.lengths[covariance.owner]
        self.scale = math.exp(theta[d])
        self.noise = math.exp(theta[d + 1]) + NOISE_FLOOR
        self.quadratic = math.exp(theta[d + 2]) if covariance.m else 0.0
        n = len(inputs)
        self.near = inputs.near * self.shrink
        self.wide = inputs.wide
        K = self.covariances(Inputs(self.near, self.wide))
        K.flat[:: n + 1] += self.noise + noise
        self.inverse = np.zeros((n + 64, n + 64))
        self.inverse[:n, :n] = inverse_factor(K)
        self.n = n

    def covariances(self, a: Inputs, b: Inputs | None = None) -> Floats:
        """(a, b) covariances of scaled rows, without noise.

        Args:
            a: Rows that `scaled` gave.
            b: Others; left out, the rows of the factor.
        """
        b = Inputs(self.near, self.wide) if b is None else b
        r2 = squared_distances(a.near, b.near)
        r = np.sqrt(5.0 * r2)
        k = (1.0 + r + (5.0 / 3.0) * r2) * np.exp(-r)
        k *= self.scale
        if self.quadratic:
            q = a.wide @ b.wide.T
            q += 1.0
            q *= q
            q *= 0.25 * self.quadratic
            k += q
        return k

    def scaled(self, inputs: Inputs) -> Inputs:
        """Rows with their coordinates in units of the lengths."""
        return Inputs(inputs.near * self.shrink, inputs.wide)

    def add(self, inputs: Inputs, noise: Floats) -> None:
        """Append rows.

        Args:
            inputs: Of the new rows.
            noise: Their losses' known variances.
        """
        for i in range(len(inputs)):
            row = self.scaled(inputs.take(slice(i, i + 1)))
            k = self.covariances(row)[0]
            own = self.scale + self.noise + float(noise[i])
            own += 0.25 * self.quadratic * (1.0 + float((row.wide * row.wide).sum())) ** 2
            if self.n == len(self.inverse):
                grown = np.zeros((2 * self.n, 2 * self.n))
                grown[: self.n, : self.n] = self.inverse
                self.inverse = grown
            extend(self.inverse, self.n, k, own)
            self.near = np.concatenate([self.near, row.near])
            self.wide = np.concatenate([self.wide, row.wide])
            self.n += 1

    def copy(self) -> Factor:
        """A factor that can grow without changing this one."""
        other = object.__new__(Factor)
        other.__dict__.update(self.__dict__)
        other.inverse = self.inverse.copy()
        return other


class Posterior:
    """What a factor and its losses say about other points.

    Args:
        factor: Of n rows and perhaps of pending ones after them.
        y: (n,) standardised losses. Pending rows have none: they leave the mean as it is and
            lower the deviation around them, as if each had met its mean.
    """

    def __init__(self, factor: Factor, y: Floats) -> None:
        self.factor = factor
        n = len(y)
        inverse = factor.inverse[:n, :n]
        self.weights = np.zeros(factor.n)
        self.weights[:n] = (inverse @ y) @ inverse
        self.inverse = factor.inverse[: factor.n, : factor.n]
        covariance = factor.covariance
        self.m = covariance.m
        self._pull = covariance.stretch * 2.0

    def means(self, inputs: Inputs) -> Floats:
        """(c,) posterior means."""
        k = self.factor.covariances(self.factor.scaled(inputs))
        mean: Floats = k @ self.weights
        return mean

    def _own(self, wide: Floats) -> Floats | float:
        f = self.factor
        if not f.quadratic:
            return f.scale
        variance: Floats = f.scale + 0.25 * f.quadratic * (1.0 + (wide * wide).sum(axis=1)) ** 2
        return variance

    def predict(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """(c,) posterior means and (c,) deviations of the noise-free loss."""
        k = self.factor.covariances(self.factor.scaled(inputs))
        solved = k @ self.inverse.T
        variance = self._own(inputs.wide) - np.einsum("ij,ij->i", solved, solved)
        return k @ self.weights, np.sqrt(np.maximum(variance, LEAST_VARIANCE))

    def draw(self, inputs: Inputs, rng: np.random.Generator) -> Floats:
        """(c,) one joint draw of the noise-free loss at some points, for Thompson sampling."""
        rows = self.factor.scaled(inputs)
        k = self.factor.covariances(rows)
        solved = k @ self.inverse.T
        values, vectors = np.linalg.eigh(self.factor.covariances(rows, rows) - solved @ solved.T)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        drawn: Floats = k @ self.weights + root @ rng.standard_normal(len(inputs))
        return drawn

    def log_improvement(self, inputs: Inputs, best: float) -> Floats:
        """(c,) log expected improvement.

        Args:
            inputs: c rows.
            best: The standardised loss to improve on.
        """
        mean, deviation = self.predict(inputs)
        value: Floats = log_h((best - mean) / deviation)[0] + np.log(deviation)
        return value

    def slope(self, inputs: Inputs, best: float) -> tuple[Floats, Floats]:
        """(c,) log expected improvement and (c, m) its gradient along the numbers of the cube.

        Args:
            inputs: c rows. The gradient along an inactive number means nothing.
            best: The standardised loss to improve on.
        """
        mean, deviation, d_mean, d_deviation = self.moments(inputs)
        u = (best - mean) / deviation
        value, d_h = log_h(u)
        d_u = -(d_mean + u[:, None] * d_deviation) / deviation[:, None]
        return value + np.log(deviation), d_h[:, None] * d_u + d_deviation / deviation[:, None]

    def moments(self, inputs: Inputs) -> tuple[Floats, Floats, Floats, Floats]:
        """(c,) means and deviations, and (c, m) their gradients along the numbers of the cube.

        Args:
            inputs: c rows. The gradient along an inactive number means nothing.
        """
        f, m = self.factor, self.m
        near = inputs.near * f.shrink
        r2 = squared_distances(near, f.near)
        r = np.sqrt(5.0 * r2)
        decay = np.exp(-r)
        slope = (1.0 + r) * decay
        k = f.scale * (slope + (5.0 / 3.0) * r2 * decay)
        slope *= -5.0 / 3.0 * f.scale  # d k / d z = slope (z - z_i)
        q = None
        if f.quadratic:
            q = 1.0 + inputs.wide @ f.wide.T
            k += (0.25 * f.quadratic) * q * q
        solved = k @ self.inverse.T
        back = solved @ self.inverse
        mean = k @ self.weights
        variance = self._own(inputs.wide) - np.einsum("ij,ij->i", solved, solved)
        deviation = np.sqrt(np.maximum(variance, LEAST_VARIANCE))
        # Both gradients at once: the mean's weights, and K^-1 k for the deviation.
        c = len(near)
        both = np.concatenate([slope * self.weights, slope * back])
        tall = both.sum(axis=1)[:, None] * np.concatenate([near[:, :m], near[:, :m]]) - both @ f.near[:, :m]
        tall *= f.shrink[:m]
        if q is not None:
            both = np.concatenate([q * self.weights, q * back])
            tall += (0.5 * f.quadratic * self._pull) * (both @ f.wide)
        d_mean, d_deviation = tall[:c], -tall[c:]
        if q is not None:
            square = 1.0 + (inputs.wide * inputs.wide).sum(axis=1)
            d_deviation += (0.5 * f.quadratic * self._pull) * square[:, None] * inputs.wide
        d_deviation /= deviation[:, None]
        return mean, deviation, d_mean, d_deviation


class Feasible:
    """How likely a trial does not fail, from a model of marks: high where trials failed.

    Source: Gelbart, Snoek and Adams, "Bayesian optimization with unknown constraints", UAI 2014,
    section 3, for the product with the expected improvement; the regression on marks is ours.

    Args:
        posterior: Of the marks.
        level: The mark half-way between success and failure.
        noise: Variance of marks around the model.
        caution: The power to which the probability is taken, at least 1: an edge is approached
            from a distance.
    """

    def __init__(self, posterior: Posterior, level: float, noise: float, caution: float) -> None:
        self.posterior, self.level, self.noise, self.caution = posterior, level, noise, caution

    def log_probability(self, inputs: Inputs) -> Floats:
        """(c,) the logarithm of its probability, times the caution.

        Args:
            inputs: c rows.
        """
        from scipy.special import log_ndtr

        mean, deviation = self.posterior.predict(inputs)
        value: Floats = log_ndtr((self.level - mean) / np.sqrt(deviation * deviation + self.noise))
        value *= self.caution
        return value

    def slope(self, inputs: Inputs) -> tuple[Floats, Floats]:
        """(c,) the same, and (c, m) its gradient along the numbers of the cube.

        Args:
            inputs: c rows. The gradient along an inactive number means nothing.
        """
        from scipy.special import log_ndtr

        mean, deviation, d_mean, d_deviation = self.posterior.moments(inputs)
        width = np.sqrt(deviation * deviation + self.noise)
        r = (self.level - mean) / width
        value = log_ndtr(r)
        hazard = np.exp(np.maximum(-0.5 * r * r - _LOG_ROOT_2PI - value, -700.0))
        d_r = -(d_mean + (r * deviation / width)[:, None] * d_deviation) / width[:, None]
        return self.caution * value, (self.caution * hazard)[:, None] * d_r
