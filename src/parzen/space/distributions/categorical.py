"""Options without order: `choice` and `pchoice`. Values are the options' numbers."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np

from parzen.space.distributions.base import Array, Distribution, Labels, family


@family
@dataclass(frozen=True, slots=True)
class Categorical(Distribution):
    """Option k with probability ``weights[k]``; the weights sum to 1.

    Args:
        weights: One probability for each option.
    """

    weights: tuple[float, ...]
    _steps: tuple[float, ...] = field(init=False, repr=False, compare=False)

    kind: ClassVar[str] = "categorical"

    def __post_init__(self) -> None:
        object.__setattr__(self, "_steps", tuple(accumulate(self.weights)))

    @property
    def geometry(self) -> Labels:
        """Labels."""
        return Labels(self.weights)

    def quantile(self, u: float) -> int:
        """The option at share `u` when options are laid side by side."""
        k = min(bisect_right(self._steps, u), len(self.weights) - 1)
        while self.weights[k] == 0.0 and k > 0:
            k -= 1
        return k

    def latent(self, x: Array) -> Array:
        """The option's number itself."""
        return np.asarray(x, dtype=float)

    def value(self, z: Array) -> Array:
        """The nearest option."""
        return np.clip(np.round(z), 0, len(self.weights) - 1)

    def at(self, z: float) -> int:
        """The nearest option."""
        return min(max(round(z), 0), len(self.weights) - 1)

    def affine(self) -> tuple[bool, float, float]:
        """The identity."""
        return False, 0.0, 1.0

    def log_density(self, x: Array) -> Array:
        """Log probability of the option."""
        with np.errstate(divide="ignore"):
            logs: Array = np.log(np.asarray(self.weights))[np.asarray(x, dtype=int)]
        return logs

    def plain(self, x: float) -> int:
        """An int."""
        return int(x)

    def contains(self, x: float) -> bool:
        """Whether `x` is the number of an option."""
        return float(x).is_integer() and 0 <= x < len(self.weights)

    def call(self) -> tuple[str, dict[str, Any]]:
        """The word of `hp` that makes this law."""
        if len(set(self.weights)) <= 1:
            return "randint", {"upper": len(self.weights)}
        return "categorical", {"p": list(self.weights)}

    def describe(self) -> str:
        """As ``choice of 3``."""
        return f"choice of {len(self.weights)}"

    def to_json(self) -> dict[str, Any]:
        """The weights."""
        return {"kind": self.kind, "weights": list(self.weights)}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Categorical:
        """The inverse of `to_json`."""
        return cls(tuple(data["weights"]))
