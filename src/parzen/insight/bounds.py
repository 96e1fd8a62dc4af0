"""Bounds of the next space: wider where the optimum lies at an end, narrower where nothing good was seen.

Numbers are rounded outwards to two figures, so that code reads as a person would have written it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.insight.table import share, unbounded, value_at
from parzen.space.distributions.base import Distribution, Labels, Lattice, Line
from parzen.space.distributions.lattice import Numbers

WIDER = 0.5  # of a linear range that is added at an end
WIDER_LOG = 0.25  # of a logarithmic range, in decades
LEAST_FACTOR, MOST_FACTOR = 2.0, 100.0


@dataclass(frozen=True)
class Bounds:
    """A hyperparameter's ends in the user's scale; of a normal law the ends of its middle 96 %."""

    low: float
    high: float


def bounds_of(law: Distribution) -> Bounds | None:
    """The ends of a law, or None for options with or without order.

    Args:
        law: Any distribution.
    """
    geometry = law.geometry
    if isinstance(geometry, Labels) or (isinstance(law, Numbers) and law.word == "ordinal"):
        return None
    if isinstance(geometry, Lattice):
        return Bounds(geometry.low, geometry.high)
    if unbounded(law):
        ends = value_at(law, np.array([0.02, 0.98]))
        return Bounds(float(ends[0]), float(ends[1]))
    return Bounds(geometry.low, geometry.high)


def natural(law: Distribution, upper: bool) -> bool:
    """Whether an end looks like one that cannot be passed: 0 below, counts from 1, a share's 1.

    Args:
        law: Any distribution.
        upper: Which end.
    """
    ends = bounds_of(law)
    if ends is None or unbounded(law):
        return ends is None
    whole = isinstance(law, Numbers) and law.whole
    if upper:
        return not whole and ends.low >= 0 and ends.high in (1.0, 100.0) and not _log(law) and ends.low < 0.5
    return ends.low == 0 or (whole and ends.low == 1)


def _log(law: Distribution) -> bool:
    return bool(getattr(law.geometry, "log", False))


def _step(law: Distribution) -> float | None:
    geometry = law.geometry
    return float(geometry.step) if isinstance(geometry, (Line, Lattice)) and geometry.step else None


def rounded(x: float, up: bool, digits: int = 2) -> float:
    """The nearest number of few figures that is not below (`up`) or not above.

    Args:
        x: Any finite number.
        up: Which way.
        digits: How many figures.

    >>> rounded(0.1234, up=True), rounded(0.1234, up=False), rounded(-37.2, up=True, digits=1)
    (0.13, 0.12, -30.0)
    """
    if x == 0 or not math.isfinite(x):
        return x
    unit = 10.0 ** (math.floor(math.log10(abs(x))) - digits + 1)
    whole = x / unit
    near = round(whole)
    # 0.3 / 0.1 is 2.9999999999999996: what is a whole number but for that stays.
    steps = near if abs(whole - near) < 1e-9 else math.ceil(whole) if up else math.floor(whole)
    return float(f"{steps * unit:.{digits}g}") if digits < 15 else steps * unit


def extended(law: Distribution, upper: bool) -> Bounds:
    """A range that goes on where the law's ends.

    Args:
        law: A bounded law of numbers.
        upper: Which end to move.
    """
    ends = bounds_of(law)
    assert ends is not None
    low, high = ends.low, ends.high
    if _log(law):
        factor = min(max((high / max(low, 1e-300)) ** WIDER_LOG, LEAST_FACTOR), MOST_FACTOR)
        moved = high * factor if upper else low / factor
        moved = rounded(moved, up=upper, digits=1)
    else:
        moved = rounded(high + WIDER * (high - low) if upper else low - WIDER * (high - low), up=upper)
        # A range that starts above 0 is most often of something that cannot be negative.
        if not upper and low > 0 and moved <= 0:
            moved = 0.0
    return _legal(law, Bounds(low, moved) if upper else Bounds(moved, high))


def narrowed(law: Distribution, low_share: float, high_share: float) -> Bounds:
    """The part of a law between two shares of its prior, rounded outwards.

    Args:
        law: A law of numbers.
        low_share: In [0, 1].
        high_share: Above `low_share`.
    """
    ends = bounds_of(law)
    assert ends is not None
    at = value_at(law, np.array([low_share, high_share]))
    low = ends.low if low_share <= 0 else max(ends.low, rounded(float(at[0]), up=False))
    high = ends.high if high_share >= 1 else min(ends.high, rounded(float(at[1]), up=True))
    return _legal(law, Bounds(low, high))


def _legal(law: Distribution, ends: Bounds) -> Bounds:
    step = _step(law)
    low, high = ends.low, ends.high
    if isinstance(law, Numbers):
        first, size = law.low, float(law.step)
        low = first + math.floor((low - first) / size + 1e-9) * size
        high = first + math.ceil((high - first) / size - 1e-9) * size
        if law.whole:
            low, high = (max(int(low), 1) if law.log else int(low)), int(high)
    elif step is not None:
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        low, high = float(f"{low:.12g}"), float(f"{high:.12g}")
        if _log(law):
            low = max(low, step / 2)
    return Bounds(low, high)


def covers(law: Distribution, ends: Bounds) -> float:
    """The share of the prior that lies between two values.

    Args:
        law: A law of numbers.
        ends: In the user's scale.
    """
    at = share(law, np.array([ends.low, ends.high], dtype=np.float64))
    return float(at[1] - at[0])


def plain(law: Distribution, ends: Bounds) -> list[Any]:
    """The two ends as JSON numbers, ints where the law's values are.

    Args:
        law: A law of numbers.
        ends: In the user's scale.
    """
    whole = isinstance(law, Numbers) and law.whole
    return [int(x) if whole else float(x) for x in (ends.low, ends.high)]
