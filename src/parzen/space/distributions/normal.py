"""Normal laws: of the value or of its logarithm, perhaps rounded to a step.

These are Hyperopt's `normal`, `lognormal`, `qnormal` and `qlognormal`. They
are unbounded; the latent scale is the standard score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np

from parzen.space.distributions.base import Array, Distribution, Line, family

_STANDARD = NormalDist()
_LARGEST_LOG = 709.0
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


@family
@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """Normal with mean `mu` and standard deviation `sigma`, of the logarithm if `log`.

    Args:
        mu: Mean, on the logarithmic scale if `log`.
        sigma: Standard deviation, likewise; above 0.
        log: Whether the logarithm is normal.
        step: Values are rounded to multiples of it.
    """

    mu: float
    sigma: float
    log: bool = False
    step: float | None = None

    kind: ClassVar[str] = "normal"

    @property
    def geometry(self) -> Line:
        """The whole line, or its positive half."""
        return Line(0.0 if self.log else -math.inf, math.inf, log=self.log, step=self.step)

    def quantile(self, u: float) -> float:
        """The value at share `u` of the prior; the ends are 1e-16 from 0 and 1."""
        x = self.mu + self.sigma * _STANDARD.inv_cdf(min(max(u, 1e-16), 1 - 1.2e-16))
        return self._rounded(x)

    def _rounded(self, x: float) -> float:
        if self.log:
            x = math.exp(min(x, _LARGEST_LOG))
        # From 2**53 steps on every float is a multiple already, and the product could overflow.
        if self.step is not None and abs(x) < 2.0**53 * self.step:
            x = round(x / self.step) * self.step
        return float(x)

    def latent(self, x: Array) -> Array:
        """The standard score of the value, or of its logarithm."""
        if self.log:
            x = np.log(np.maximum(x, self.step / 4 if self.step is not None else 5e-324))
        return (x - self.mu) / self.sigma

    def value(self, z: Array) -> Array:
        """The value at a standard score, rounded to the step."""
        x = self.mu + self.sigma * z
        if self.log:
            x = np.exp(np.minimum(x, _LARGEST_LOG))
        if self.step is None:
            return x
        return np.where(np.abs(x) < 2.0**53 * self.step, np.round(x / self.step) * self.step, x)

    def at(self, z: float) -> float:
        """The value at a standard score."""
        return self._rounded(self.mu + self.sigma * z)

    def affine(self) -> tuple[bool, float, float] | None:
        """Mean and deviation; none where a logarithm of 0 could occur."""
        return None if self.log and self.step is not None else (self.log, self.mu, self.sigma)

    def cell(self, x: Array) -> tuple[Array, Array] | None:
        """The interval of standard scores that rounds to `x`; its ends may be infinite."""
        if self.step is None:
            return None
        low, high = x - self.step / 2, x + self.step / 2
        if self.log:
            with np.errstate(divide="ignore"):
                low, high = np.log(np.maximum(low, 0.0)), np.log(high)
        return (low - self.mu) / self.sigma, (high - self.mu) / self.sigma

    def log_density(self, x: Array) -> Array:
        """Log density, or log probability of the rounded value."""
        edges = self.cell(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            if edges is not None:
                from scipy.special import ndtr

                # By symmetry both ends are taken from the lower tail, where ndtr is exact.
                low, high = np.where(edges[0] > 0, -np.stack(edges[::-1]), np.stack(edges))
                mass: Array = ndtr(high) - ndtr(low)
                return np.log(mass)
            z = self.latent(x)
            log_density = -0.5 * z * z - _LOG_ROOT_2PI - math.log(self.sigma)
            return np.where(x > 0, log_density - np.log(x), -np.inf) if self.log else log_density

    def plain(self, x: float) -> float:
        """A float."""
        return float(x)

    def contains(self, x: float) -> bool:
        """Any finite number, or any positive one (0 if rounded) on the logarithmic scale."""
        return math.isfinite(x) and (not self.log or x > 0 or (self.step is not None and x == 0))

    def call(self) -> tuple[str, dict[str, Any]]:
        """The word of `hp` that makes this law."""
        word = ("q" if self.step is not None else "") + ("log" if self.log else "") + "normal"
        return word, {"mu": self.mu, "sigma": self.sigma} | ({} if self.step is None else {"q": self.step})

    def to_json(self) -> dict[str, Any]:
        """All four settings."""
        return {"kind": self.kind, "mu": self.mu, "sigma": self.sigma, "log": self.log, "step": self.step}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Normal:
        """The inverse of `to_json`."""
        return cls(data["mu"], data["sigma"], data["log"], data["step"])
