"""One hyperparameter as an axis: scale, ends, ticks, names of options, a lane for inactive values. Pure.

An axis runs in *units*: 0 is its low end and 1 its high end, whatever the
scale. Values of trials in which the hyperparameter is inactive lie in a lane
below 0, so that no trial is lost.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.naming import SHORT, branch, texts_of
from parzen.plots.words import NAME, brief, cut, linear_ticks, log_ticks
from parzen.space.distributions.base import Labels, Lattice, Line
from parzen.space.space import Param, Space

Floats = npt.NDArray[np.float64]

LANE = -0.14  # where inactive values lie, in units
INACTIVE = "inactive"  # what the lane is called
TAIL = 0.005  # share of an unbounded law that may lie beyond each end of its axis
FEW = 10  # numbers that each get a tick
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Axis:
    """How one hyperparameter is drawn.

    Attributes:
        label: The hyperparameter's.
        title: The same, short enough to be written beside an axis.
        kind: ``"line"``, ``"lattice"`` or ``"labels"``.
        log: Whether the scale is logarithmic.
        low, high: Ends, in the user's scale; with room for half a step where values are discrete.
        step: Distance of neighbours, or None for continuous values.
        ticks: Where to write, in the user's scale.
        names: What to write there.
        options: Short names of all options of a choice; else empty.
        given: The branch it is conditional on, in words; None if always active.
    """

    label: str
    title: str
    kind: str
    log: bool
    low: float
    high: float
    step: float | None
    ticks: tuple[float, ...]
    names: tuple[str, ...]
    options: tuple[str, ...] = ()
    given: str | None = None

    @property
    def discrete(self) -> bool:
        """Whether values lie on top of each other, and want `jitter`."""
        return self.kind == "labels" or (self.step is not None and self._gap > 0.01)

    @property
    def _gap(self) -> float:
        """The distance of neighbours at the middle, in units."""
        step = self.step or 0.0
        middle = self._value(0.5)
        return float(self._unit(middle + step / 2) - self._unit(max(middle - step / 2, self.low)))

    def _bent(self, x: Any) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(np.maximum(x, self.low)) if self.log else np.asarray(x, dtype=float)

    def _unit(self, x: Any) -> Any:
        low, high = self._bent(self.low), self._bent(self.high)
        return (self._bent(x) - low) / (high - low)

    def _value(self, u: Any) -> Any:
        low, high = self._bent(self.low), self._bent(self.high)
        bent = low + np.asarray(u, dtype=float) * (high - low)
        return np.exp(bent) if self.log else bent

    def units(self, values: Any, lane: bool = False) -> Floats:
        """Positions of values: 0 at the low end, 1 at the high end.

        Args:
            values: (n,) in the user's scale; NaN where inactive.
            lane: Whether NaN becomes `LANE`; else it stays NaN.
        """
        found = np.asarray(self._unit(np.asarray(values, dtype=np.float64)), dtype=np.float64)
        return np.where(np.isnan(found), LANE, found) if lane else found

    def at(self, units: Any) -> Floats:
        """The reverse of `units`: positions to the user's scale, the lane to a place below `low`."""
        return np.asarray(self._value(units), dtype=np.float64)

    @property
    def lane(self) -> float:
        """Where inactive values lie, in the user's scale (a place on the axis, no value)."""
        return float(self._value(LANE))

    def limits(self, lane: bool = False, spare: float = 0.03) -> tuple[float, float]:
        """Ends of the axis in the user's scale, with room.

        Args:
            lane: Whether the lane of inactive values is to be seen.
            spare: Room beyond both ends, in units.
        """
        return float(self._value(LANE - 0.06 if lane else -spare)), float(self._value(1 + spare))

    def places(self, values: Any, numbers: Any = None, lane: bool = True) -> Floats:
        """Where to put marks, in the user's scale: jittered if discrete, in the lane if inactive.

        Args:
            values: (n,) in the user's scale; NaN where inactive.
            numbers: (n,) trial numbers, from which jitter is made; None for none.
            lane: Whether NaN goes to the lane; else it stays NaN.
        """
        units = self.units(values, lane)
        if numbers is not None:
            units = np.clip(units + self.jitter(values, numbers), LANE - 0.04, 1.03)
        return self.at(units)

    def jitter(self, values: Any, numbers: Any) -> Floats:
        """Displacements in units that part equal values; the same for the same trial in every picture.

        Args:
            values: (n,) in the user's scale; NaN where inactive.
            numbers: (n,) trial numbers.
        """
        spread = np.mod(np.asarray(numbers, dtype=np.float64) * _GOLDEN, 1.0) - 0.5
        inactive = np.isnan(np.asarray(values, dtype=np.float64))
        return np.where(inactive, 0.07 * spread, 0.6 * self._gap * spread if self.discrete else 0.0)

    def grid(self, points: int = 64) -> Floats:
        """Values spread evenly over the axis: all of few discrete ones.

        Args:
            points: How many at most.
        """
        if self.kind == "labels":
            return np.arange(len(self.options), dtype=np.float64)
        if self.step is not None:
            first = math.ceil(self.low / self.step - 1e-9) * self.step
            if self.kind == "lattice":
                first = self.low + (0 if self.log else self.step / 2)
            last = self.high - (0 if self.log or self.kind == "line" else self.step / 2)
            count = math.floor((last - first) / self.step + 1e-9) + 1
            if count <= points:
                return np.asarray(first + self.step * np.arange(count), dtype=np.float64)
            spread = self.at(np.linspace(0.0, 1.0, points))
            return np.unique(
                first + self.step * np.clip(np.round((spread - first) / self.step), 0, count - 1)
            )
        return self.at(np.linspace(0.0, 1.0, points))


def axis(space: Space, j: int, values: Any = ()) -> Axis:
    """The axis of one hyperparameter.

    Args:
        space: The space.
        j: Index of the hyperparameter.
        values: (n,) values of trials in the user's scale; an unbounded axis is widened to hold them.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> axis(flatten({"lr": hp.float(1e-4, 1, log=True)}), 0).names
    ('1e-4', '0.001', '0.01', '0.1', '1')
    """
    param = space.params[j]
    geometry = param.distribution.geometry
    given = branch(space, j, SHORT)
    title = cut(param.label, 28, middle=True)
    if isinstance(geometry, Labels) or param.options:
        size = geometry.size if isinstance(geometry, (Labels, Lattice)) else len(param.options)
        names = texts_of(param, NAME) or tuple(map(str, range(size)))
        first = float(geometry.low) if isinstance(geometry, Lattice) else 0.0
        ticks, shown = _thinned([first + k for k in range(size)], names)
        return Axis(
            param.label,
            title,
            "labels",
            False,
            first - 0.5,
            first + size - 0.5,
            1.0,
            ticks,
            shown,
            names,
            given,
        )
    log, low, high, step, lattice = _ends(param, geometry, values)
    few = step is not None and (high - low) / step < 2 * FEW
    pad = 0.0 if step is None or log or not (lattice or few) else step / 2  # room for half of the jitter
    ticks = _ticks(low, high, log, step if lattice else None)
    names = tuple(brief(tick) for tick in ticks)
    if log and step is not None and not lattice and _reaches_zero(param):
        # A rounded logarithmic law may give 0, which is drawn half a step above.
        ticks, names = (low, *(t for t in ticks if t > low)), ("0", *(brief(t) for t in ticks if t > low))
    kind = "lattice" if lattice else "line"
    return Axis(param.label, title, kind, log, low - pad, high + pad, step, ticks, names, (), given)


def axes(space: Space, values: Any = None) -> list[Axis]:
    """The axes of all hyperparameters, in the order of the space.

    Args:
        space: The space.
        values: (n, d) values of trials in the user's scale, or None.
    """
    if values is None:
        return [axis(space, j) for j in range(len(space))]
    return [axis(space, j, values[:, j]) for j in range(len(space))]


def _reaches_zero(param: Param) -> bool:
    return param.distribution.quantile(TAIL) == 0.0


def _ends(
    param: Param, geometry: Line | Lattice | Labels, values: Any
) -> tuple[bool, float, float, float | None, bool]:
    """Log, low, high, step, and whether values form a lattice."""
    if isinstance(geometry, Lattice):
        low, high = _apart(float(geometry.low), float(geometry.high), geometry.log)
        return geometry.log, low, high, float(geometry.step), True
    if isinstance(geometry, Labels):
        raise TypeError("labels have no ends")
    log, low, high, step = geometry.log, geometry.low, geometry.high, geometry.step
    if not geometry.bounded:
        low = float(param.distribution.quantile(TAIL))
        high = float(param.distribution.quantile(1 - TAIL))
    elif step is not None:  # rounding may lead beyond the ends of the interval
        ends = param.distribution.value(np.array([0.0, 1.0]))
        low, high = min(low, float(ends[0])), max(high, float(ends[1]))
    seen = np.asarray(values, dtype=np.float64)
    seen = seen[np.isfinite(seen) & ((seen > 0) | (not log))]
    if len(seen):
        low, high = min(low, float(seen.min())), max(high, float(seen.max()))
    if log:
        low = max(low, step / 2 if step is not None else 5e-324)
    low, high = _apart(low, high, log)
    return log, low, high, step, False


def _apart(low: float, high: float, log: bool) -> tuple[float, float]:
    """Two ends that differ, also where there is only one value."""
    if low < high:
        return low, high
    return (low / 2, 2 * high) if log else (low - 0.5, high + 0.5)


# Ticks


def _ticks(low: float, high: float, log: bool, step: float | None) -> tuple[float, ...]:
    if step is not None and (high - low) / step < FEW and not log:
        return tuple(low + k * step for k in range(round((high - low) / step) + 1))
    if log:
        return log_ticks(low, high)
    found = linear_ticks(low, high)
    if step is not None:
        found = tuple(dict.fromkeys(low + round((tick - low) / step) * step for tick in found))
    return found


def _thinned(ticks: Sequence[float], names: Sequence[str], most: int = 16) -> tuple[Any, Any]:
    """Every k-th tick where there are too many to be read."""
    every = -(-len(ticks) // most)
    return tuple(ticks[::every]), tuple(names[::every])
