"""What a distribution must say of itself, and the table that reads it back.

Algorithms know three geometries and no names:

- `Line`: a real interval or the whole line, perhaps with a step;
- `Lattice`: finitely many numbers in order;
- `Labels`: finitely many options without order.

Beside the user's scale every distribution has a *latent* scale, in which
the prior is simple: uniform on [0, 1] for bounded lines and lattices, the
standard normal for unbounded lines, the option's number for labels. Ratios
of densities do not depend on the scale, so algorithms work in the latent one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from parzen.errors import InvalidSpace

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """Real numbers from `low` to `high` (either may be infinite), multiples of `step` if given."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def bounded(self) -> bool:
        """Whether both ends of the latent scale are finite."""
        return math.isfinite(self.high) and math.isfinite(self.low)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The `size` numbers ``low, low + step, ..., high``, in order."""

    low: float
    high: float
    log: bool = False
    step: float = 1.0

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return round((self.high - self.low) / self.step) + 1


@dataclass(frozen=True, slots=True)
class Labels:
    """Options 0, 1, ... without order; `weights` are their prior probabilities."""

    weights: tuple[float, ...]

    @property
    def size(self) -> int:
        """How many options there are."""
        return len(self.weights)


class Distribution(ABC):
    """The prior law of one hyperparameter. Immutable; a frozen dataclass of plain numbers."""

    kind: ClassVar[str]

    @property
    @abstractmethod
    def geometry(self) -> Line | Lattice | Labels:
        """Which of the three shapes its values have."""

    @abstractmethod
    def quantile(self, u: float) -> int | float:
        """The value below which a share `u` of the prior lies.

        Args:
            u: In [0, 1).

        Returns:
            A plain Python number in the user's scale.
        """

    @abstractmethod
    def latent(self, x: Array) -> Array:
        """User's scale to latent scale, elementwise; NaN stays NaN."""

    @abstractmethod
    def value(self, z: Array) -> Array:
        """Latent scale to the nearest legal value in the user's scale, elementwise; NaN stays NaN."""

    @abstractmethod
    def at(self, z: float) -> int | float:
        """`value` for one latent position, as a plain Python number."""

    def affine(self) -> tuple[bool, float, float] | None:
        """(log, origin, width) if latent = ((log of) x - origin) / width; None if it is another function.

        It lets algorithms convert all hyperparameters of a trial at once.
        """
        return None

    @abstractmethod
    def log_density(self, x: Array) -> Array:
        """Log of the prior density (of the probability, where values are discrete) at legal values `x`."""

    def cell(self, x: Array) -> tuple[Array, Array] | None:
        """The latent interval that becomes `x` when a draw is rounded; None for continuous values."""
        del x
        return None

    @abstractmethod
    def plain(self, x: float) -> int | float:
        """A stored value as the plain Python number that documents show."""

    @abstractmethod
    def contains(self, x: float) -> bool:
        """Whether `x` is a value this distribution can take (steps are not insisted on)."""

    @abstractmethod
    def call(self) -> tuple[str, dict[str, Any]]:
        """The user's word and its arguments, as ``("uniform", {"low": 0, "high": 1})``."""

    def describe(self) -> str:
        """The law in the user's words, as ``uniform(0, 1)`` or ``float(0.1, 1, log=True)``."""
        word, arguments = self.call()
        shown = (
            f"{name}={value}" if name in ("log", "step") else _short(value)
            for name, value in arguments.items()
        )
        return f"{word}({', '.join(shown)})"

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back; its ``kind`` names the family."""

    @classmethod
    @abstractmethod
    def read(cls, data: Mapping[str, Any]) -> Distribution:
        """The inverse of `to_json` for this family."""


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


FAMILIES: dict[str, type[Distribution]] = {}


def family(cls: type[Distribution]) -> type[Distribution]:
    """Enter a family into the table (decorator)."""
    FAMILIES[cls.kind] = cls
    return cls


def number(value: Any, name: str, word: str, label: str | None) -> float:
    """Check that a distribution's argument is a finite number.

    Args:
        value: What the user gave.
        name: How messages call it.
        word: The word of `hp`.
        label: The hyperparameter's, or None.

    Raises:
        InvalidSpace: If it is an expression, no number, or not finite.
    """
    where = f"{word} {label!r}" if label else word
    if hasattr(value, "pos_args"):
        raise InvalidSpace(
            f"{where}: {name} depends on another hyperparameter, which no search can model",
            hint=f"scale a fixed range instead: y * hp.uniform({label or 'x'!r}, 0, 1)",
            label=label,
        )
    try:
        plain = value if type(value) in (int, float) else value.item() if hasattr(value, "item") else value
        as_float = math.nan if isinstance(plain, (str, bytes)) else float(plain)
    except (TypeError, ValueError):
        raise InvalidSpace(f"{where}: {name} must be a number; got {value!r}", label=label) from None
    if not math.isfinite(as_float):
        kind = "a number" if isinstance(plain, (str, bytes)) else "finite"
        raise InvalidSpace(f"{where}: {name} must be {kind}; got {value!r}", label=label)
    return int(plain) if isinstance(plain, int) else as_float


def ordered(low: float, high: float, word: str, label: str | None, fix: Callable[[], str]) -> None:
    """Check that low is below high.

    Args:
        low: Lower end.
        high: Upper end.
        word: The word of `hp`.
        label: The hyperparameter's, or None.
        fix: Makes the code that is right.

    Raises:
        InvalidSpace: If it is not; the message has Hyperopt's words and the fix as code.
    """
    if low < high and math.isfinite(high - low):
        return
    where = f"{word} {label!r}" if label else word
    if low < high:
        raise InvalidSpace(f"{where}: high - low overflows; got {low!r} and {high!r}", label=label)
    relation = "above" if low > high else "equal to"
    raise InvalidSpace(
        f"{where}: low should be less than high: low {_short(low)} is {relation} high {_short(high)}",
        hint=f"swap them: {fix()}" if low > high else "a constant needs no hp expression: write the value",
        label=label,
    )
