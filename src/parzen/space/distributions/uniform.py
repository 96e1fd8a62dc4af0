"""Uniform laws on an interval: of the value or of its logarithm, perhaps rounded to a step.

These are Hyperopt's `uniform`, `loguniform`, `quniform` and `qloguniform`, and
`hp.float` without a step. Rounding is to multiples of the step, so that the
two end values get about half the mass of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from parzen.space.distributions.base import Array, Distribution, Line, family


@family
@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Uniform from `low` to `high`; with `log`, both are logarithms of the values' bounds.

    Args:
        low: Lower end, on the logarithmic scale if `log`.
        high: Upper end, likewise.
        log: Whether the logarithm is uniform.
        step: Values are rounded to multiples of it.
        bounds: Values are clipped to this pair in the user's scale, so that
            rounding of logarithms cannot leave it.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None
    bounds: tuple[float, float] | None = None

    kind: ClassVar[str] = "uniform"

    @property
    def geometry(self) -> Line:
        """A bounded line."""
        if self.bounds is not None:
            return Line(*self.bounds, log=self.log, step=self.step)
        if self.log:
            return Line(math.exp(self.low), math.exp(self.high), log=True, step=self.step)
        return Line(float(self.low), float(self.high), step=self.step)

    def quantile(self, u: float) -> float:
        """The value at share `u` of the prior."""
        x = self.low + u * (self.high - self.low)
        if self.log:
            x = math.exp(x)
        if self.step is not None:
            x = round(x / self.step) * self.step
        if self.bounds is not None:
            x = min(max(x, self.bounds[0]), self.bounds[1])
        return float(x)

    def latent(self, x: Array) -> Array:
        """Share of the interval; a rounded end value is moved to the interval's end."""
        if self.log:
            x = np.log(np.maximum(x, self._tiny()))
        return np.clip((x - self.low) / (self.high - self.low), 0.0, 1.0)

    def _tiny(self) -> float:
        # What a value rounded to 0 stands for; any positive number if there is no step.
        return self.step / 4 if self.step is not None else 5e-324

    def value(self, z: Array) -> Array:
        """The value at a latent position, rounded to the step."""
        x = self.low + np.clip(z, 0.0, 1.0) * (self.high - self.low)
        if self.log:
            x = np.exp(x)
        if self.step is not None:
            x = np.round(x / self.step) * self.step
        if self.bounds is not None:
            x = np.clip(x, *self.bounds)
        return x

    def at(self, z: float) -> float:
        """The value at a latent position, which is a share of the prior."""
        return self.quantile(min(max(z, 0.0), 1.0))

    def affine(self) -> tuple[bool, float, float] | None:
        """The interval; none where a logarithm of 0 could occur."""
        return None if self.log and self.step is not None else (self.log, self.low, self.high - self.low)

    def cell(self, x: Array) -> tuple[Array, Array] | None:
        """The latent interval that rounds to `x`."""
        if self.step is None:
            return None
        low, high = x - self.step / 2, x + self.step / 2
        if self.log:
            with np.errstate(divide="ignore"):
                low, high = np.log(np.maximum(low, 0.0)), np.log(high)
        width = self.high - self.low
        return np.clip((low - self.low) / width, 0.0, 1.0), np.clip((high - self.low) / width, 0.0, 1.0)

    def log_density(self, x: Array) -> Array:
        """Log density, or log probability of the rounded value."""
        edges = self.cell(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            if edges is not None:
                return np.log(edges[1] - edges[0])
            flat = -math.log(self.high - self.low)
            line = self.geometry
            inside = (x >= line.low) & (x <= line.high)
            return np.where(inside, flat - (np.log(x) if self.log else 0.0), -np.inf)

    def plain(self, x: float) -> float:
        """A float, also where the step is whole."""
        return float(x)

    def contains(self, x: float) -> bool:
        """Whether `x` lies in the interval, half a step beyond each end included."""
        line = self.geometry
        slack = (self.step or 0.0) / 2 + 1e-9 * max(abs(line.low), abs(line.high))
        return line.low - slack <= x <= line.high + slack

    def call(self) -> tuple[str, dict[str, Any]]:
        """The word of `hp` that makes this law."""
        if self.bounds is not None:
            return "float", {"low": self.bounds[0], "high": self.bounds[1]} | (
                {"log": True} if self.log else {}
            )
        word = ("q" if self.step is not None else "") + ("log" if self.log else "") + "uniform"
        return word, {"low": self.low, "high": self.high} | ({} if self.step is None else {"q": self.step})

    def to_json(self) -> dict[str, Any]:
        """All five settings."""
        bounds = None if self.bounds is None else list(self.bounds)
        return {"kind": self.kind, "low": self.low, "high": self.high, "log": self.log} | {
            "step": self.step,
            "bounds": bounds,
        }

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Uniform:
        """The inverse of `to_json`."""
        bounds = data.get("bounds")
        return cls(data["low"], data["high"], data["log"], data["step"], tuple(bounds) if bounds else None)
