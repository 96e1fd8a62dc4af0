"""The axis of the loss in units: 0 its low end, 1 its high end. Pure."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.plots.data import Floats, Scale
from parzen.plots.words import brief, linear_ticks


def loss_units(limits: Scale, shown: Any) -> Floats:
    """Positions of values on the axis of the loss, in units; those beyond its ends below 0 or above 1.

    Args:
        limits: The axis.
        shown: (n,) values as the user counts.

    >>> loss_units(Scale("log", 1.0, 100.0), np.array([1.0, 10.0, np.nan])).tolist()
    [0.0, 0.5, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high, bent = (_bent(limits, x) for x in (limits.low, limits.high, shown))
        return np.asarray((bent - low) / (high - low), dtype=np.float64)


def loss_at(limits: Scale, units: Any) -> Floats:
    """The reverse of `loss_units`.

    Args:
        limits: The axis.
        units: (n,) positions.
    """
    low, high = _bent(limits, limits.low), _bent(limits, limits.high)
    bent = low + np.asarray(units, dtype=np.float64) * (high - low)
    if limits.kind == "log":
        return np.asarray(10.0**bent)
    return np.asarray(limits.threshold * np.sinh(bent) if limits.kind == "symlog" else bent)


def _bent(limits: Scale, x: Any) -> Any:
    if limits.kind == "log":
        return np.log10(np.maximum(x, np.finfo(float).tiny))
    return np.arcsinh(np.asarray(x) / limits.threshold) if limits.kind == "symlog" else np.asarray(x)


def loss_ticks(limits: Scale, most: int = 6) -> tuple[Floats, tuple[str, ...]]:
    """Ticks of the axis of the loss in units, and their names.

    Args:
        limits: The axis.
        most: How many at most, about.
    """
    ticks = linear_ticks(limits.low, limits.high)
    if limits.kind != "linear":
        powers = [10.0**k for k in range(-300, 300)]
        inside = [
            x for x in (*(-p for p in reversed(powers)), 0.0, *powers) if limits.low <= x <= limits.high
        ]
        if limits.kind == "symlog":
            inside = [x for x in inside if x == 0 or abs(x) >= limits.threshold / 2]
        if len(inside) > 1:
            ticks = tuple(inside[:: -(-len(inside) // most)])
    return loss_units(limits, np.array(ticks)), tuple(brief(tick) for tick in ticks)
