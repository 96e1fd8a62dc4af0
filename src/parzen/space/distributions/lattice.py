"""Finitely many numbers in order: `randint`, `hp.int`, `hp.ordinal` and `hp.float` with a step.

All values are equally likely, or, with `log`, likely in proportion to the
width of their cell on the logarithmic scale. The range is never enumerated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from parzen.space.distributions.base import Array, Distribution, Lattice, family


@family
@dataclass(frozen=True, slots=True)
class Numbers(Distribution):
    """The numbers ``low, low + step, ..., high``.

    Args:
        low: The first.
        high: The last; the distance is a whole number of steps.
        log: Whether cells on the logarithmic scale, not values, share the mass; `low` above half a step.
        step: The distance of neighbours, above 0.
        word: Which word of `hp` made it; only for messages.
    """

    low: float
    high: float
    log: bool = False
    step: float = 1
    word: str = "int"

    kind: ClassVar[str] = "lattice"

    @property
    def geometry(self) -> Lattice:
        """A lattice."""
        return Lattice(self.low, self.high, log=self.log, step=self.step)

    @property
    def whole(self) -> bool:
        """Whether the values are ints."""
        return isinstance(self.low, int) and isinstance(self.step, int)

    def _ends(self) -> tuple[float, float]:
        low, high = self.low - self.step / 2, self.high + self.step / 2
        return (math.log(low), math.log(high)) if self.log else (low, high)

    def quantile(self, u: float) -> int | float:
        """The value at share `u` of the prior."""
        low, high = self._ends()
        x = low + u * (high - low)
        if self.log:
            x = math.exp(x)
        # Half-way points go up, so that each value has the cell [x - step/2, x + step/2).
        k = min(max(math.floor((x - self.low) / self.step + 0.5), 0), self.geometry.size - 1)
        return self.plain(self.low + k * self.step)

    def latent(self, x: Array) -> Array:
        """The middle of the value's cell, as a share of the (logarithmic) range."""
        low, high = self._ends()
        return np.clip(((np.log(x) if self.log else x) - low) / (high - low), 0.0, 1.0)

    def value(self, z: Array) -> Array:
        """The value in whose cell a latent position lies."""
        low, high = self._ends()
        x = low + z * (high - low)
        if self.log:
            x = np.exp(x)
        k = np.clip(np.floor((x - self.low) / self.step + 0.5), 0, self.geometry.size - 1)
        return np.asarray(self.low + k * self.step, dtype=float)

    def at(self, z: float) -> int | float:
        """The value in whose cell a latent position lies."""
        return self.quantile(z)

    def affine(self) -> tuple[bool, float, float]:
        """The range with half a step added at both ends."""
        low, high = self._ends()
        return self.log, low, high - low

    def cell(self, x: Array) -> tuple[Array, Array]:
        """The latent interval of the value."""
        low, high = self._ends()
        edges = np.stack([x - self.step / 2, x + self.step / 2])
        scaled = (np.log(edges) if self.log else edges) - low
        return tuple(np.clip(scaled / (high - low), 0.0, 1.0))

    def log_density(self, x: Array) -> Array:
        """Log probability of the value."""
        edges = self.cell(x)
        with np.errstate(divide="ignore"):
            return np.log(edges[1] - edges[0])

    def plain(self, x: float) -> int | float:
        """An int where first value and step are ints, else a float free of rounding dust."""
        if self.whole:
            return int(x)
        k = round((x - self.low) / self.step)
        return (
            float(self.low + k * self.step)
            if abs(self.low + k * self.step - x) < 1e-9 * self.step
            else float(x)
        )

    def contains(self, x: float) -> bool:
        """Whether `x` lies between the ends, and is whole where the values are."""
        return self.low <= x <= self.high and (not self.whole or float(x).is_integer())

    def call(self) -> tuple[str, dict[str, Any]]:
        """The word of `hp` that makes this law."""
        if self.word == "randint":
            return "randint", {"low": self.low, "high": int(self.high) + 1}
        if self.word == "ordinal":
            return "ordinal", {"options": self.geometry.size}
        named: dict[str, Any] = {"low": self.low, "high": self.high}
        if self.log:
            named["log"] = True
        return self.word, named if self.step == 1 and self.whole else named | {"step": self.step}

    def to_json(self) -> dict[str, Any]:
        """All five settings."""
        numbers = {"kind": self.kind, "low": self.low, "high": self.high}
        return numbers | {"log": self.log, "step": self.step, "word": self.word}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Numbers:
        """The inverse of `to_json`."""
        return cls(data["low"], data["high"], data["log"], data["step"], data["word"])
