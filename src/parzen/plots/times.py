"""When trials ran: lanes of workers, and a clock in which long idle times are collapsed. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.plots.data import Data, Floats, Whole
from parzen.plots.words import brief, cut, linear_ticks

LONG = 10.0  # an idle gap of so many median durations is collapsed ...
SHARE = 0.05  # ... if it is also this share of the whole time
BREAK = 0.045  # what is left of it, as a share of the time that is drawn
NAMED = 40  # lanes that each get a name
UNITS = ((1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "days"))


@dataclass(frozen=True)
class Lanes:
    """When trials ran, and in which lane.

    Attributes:
        rows: (n,) int64 lane of each trial, -1 for one that never started.
        starts, ends: (n,) float64 seconds since the first start; NaN if it never started.
        names: What each lane is called.
        gaps: (g, 2) float64 idle times of all lanes, in seconds, that are to be collapsed.
        total: Seconds from the first start to the last known moment.
    """

    rows: Whole
    starts: Floats
    ends: Floats
    names: tuple[str, ...]
    gaps: Floats
    total: float

    def drawn(self, seconds: Any) -> Floats:
        """Seconds since the first start to seconds on the axis, where gaps are collapsed."""
        at = np.asarray(seconds, dtype=np.float64)
        kept = self.left
        return at - sum(
            (np.clip(at - low, 0.0, high - low) * (1 - kept / (high - low)) for low, high in self.gaps),
            start=np.zeros_like(at),
        )

    @property
    def left(self) -> float:
        """How many seconds of the axis each collapsed gap still takes."""
        busy = self.total - float((self.gaps[:, 1] - self.gaps[:, 0]).sum())
        return BREAK * busy

    @property
    def busy(self) -> Floats:
        """(lanes,) share of the time, without collapsed gaps, in which a trial ran."""
        spent = np.zeros(len(self.names))
        ran = self.rows >= 0
        np.add.at(spent, self.rows[ran], (self.ends - self.starts)[ran])
        time = self.total - float((self.gaps[:, 1] - self.gaps[:, 0]).sum())
        return spent / time if time > 0 else np.zeros_like(spent)


def lanes(data: Data) -> Lanes:
    """Put trials into lanes: one for each owner, and as many as it ran trials at once.

    A lane holds no two trials at the same time. A running trial lasts until
    the last moment that is known of any trial.

    Args:
        data: The trials.
    """
    known = np.concatenate([data.started, data.ended])
    known = known[np.isfinite(known)]
    if not len(known):
        none = np.full(len(data), np.nan)
        return Lanes(np.full(len(data), -1), none, none, (), np.empty((0, 2)), 0.0)
    first, total = float(known.min()), float(known.max() - known.min())
    starts = data.started - first
    ends = np.where(np.isnan(data.ended), total, data.ended - first)
    # An outcome without a claim took no time.
    starts = np.where(np.isnan(starts) & ~np.isnan(data.ended), ends, starts)
    ends = np.where(np.isnan(starts), np.nan, np.maximum(ends, starts))
    free: dict[str, list[tuple[float, int]]] = {}  # owner -> when each of its lanes is free, and which it is
    owners: list[str] = []
    rows = np.full(len(data), -1, dtype=np.int64)
    for i in np.argsort(np.where(np.isnan(starts), np.inf, starts), kind="stable"):
        if math.isnan(starts[i]):
            break
        own = free.setdefault(data.owners[i], [])
        place = next((k for k, (until, _) in enumerate(own) if until <= starts[i] + 1e-9), None)
        if place is None:
            place = len(own)
            own.append((0.0, len(owners)))
            owners.append(data.owners[i])
        own[place] = (float(ends[i]), own[place][1])
        rows[i] = own[place][1]
    order = sorted(range(len(owners)), key=lambda lane: (list(free).index(owners[lane]), lane))
    rank = np.empty(len(owners), dtype=np.int64)
    rank[order] = np.arange(len(owners))
    rows[rows >= 0] = rank[rows[rows >= 0]]
    names = lane_names([owners[lane] for lane in order])
    return Lanes(rows, starts, ends, names, _gaps(starts, ends, total), total)


def lane_names(owners: list[str]) -> tuple[str, ...]:
    """Short names: the process, its machine where there are several, and which of its lanes."""
    parts = {owner: owner.split(" ") for owner in owners}
    hosts = {found[0].partition("/")[0] for found in parts.values() if len(found) == 4}
    short: dict[str, str] = {}
    for owner, found in parts.items():
        if len(found) == 4:
            process = f"pid {found[1]}"
            name = process if len(hosts) < 2 else f"{cut(found[0].partition('/')[0], 14)} {process}"
        else:
            name = cut(owner, 20) or "worker"
        short[owner] = name if name not in short.values() else f"{name} ({len(short) + 1})"
    seen: dict[str, int] = {}
    names = []
    for owner in owners:
        seen[owner] = seen.get(owner, 0) + 1
        several = owners.count(owner) > 1 if len(owners) <= NAMED else False
        names.append(f"{short[owner]} · {seen[owner]}" if several else short[owner])
    return tuple(names)


def _gaps(starts: Floats, ends: Floats, total: float) -> Floats:
    """Times in which nothing ran at all, long enough to be collapsed."""
    ran = ~np.isnan(starts)
    order = np.argsort(starts[ran], kind="stable")
    begin, until = starts[ran][order], np.maximum.accumulate(ends[ran][order])
    idle = begin[1:] - until[:-1]
    typical = float(np.median(ends[ran] - starts[ran])) if ran.any() else 0.0
    long = (idle > LONG * typical) & (idle > SHARE * total)
    return np.stack([until[:-1][long], begin[1:][long]], axis=1)


def unit_of(seconds: float) -> tuple[float, str]:
    """The unit in which a time is best told: its seconds and its name.

    Args:
        seconds: The longest time to be told.

    >>> unit_of(500)
    (60.0, 'min')
    """
    return next((pair for pair in reversed(UNITS) if seconds >= 2 * pair[0]), UNITS[0])


def length(seconds: float) -> str:
    """A duration in words.

    Args:
        seconds: How long.

    >>> length(90), length(5400)
    ('90 s', '90 min')
    """
    size, unit = unit_of(seconds) if seconds >= 120 else UNITS[0]
    return f"{seconds / size:.3g} {unit}"


def clock_ticks(found: Lanes) -> tuple[Floats, list[str], str]:
    """Ticks at round times, none of them inside a collapsed gap.

    Args:
        found: From `lanes`.

    Returns:
        (t,) places on the axis in seconds, their names, and the unit of these.
    """
    end = float(found.drawn(found.total)) or 1.0
    size, unit = unit_of(end)
    pieces = np.concatenate([[0.0], found.gaps.ravel(), [found.total]]).reshape(-1, 2) / size
    longest = max(float((pieces[:, 1] - pieces[:, 0]).max()), 1e-9)
    ticks: list[float] = []
    for low, high in pieces.tolist():
        count = max(round(7 * (high - low) / longest / len(pieces) ** 0.5), 1) + 1
        ticks += (linear_ticks(low, high, count) if high > low else ()) or ((low + high) / 2,)
    places = found.drawn(np.array(ticks) * size)
    names = [brief(float(f"{tick:.6g}")) for tick in ticks]
    # A name is about as wide as a hundredth of the axis for each of its characters.
    kept = [0]
    for k in range(1, len(ticks)):
        if places[k] - places[kept[-1]] > (0.013 * max(len(names[k]), len(names[kept[-1]])) + 0.01) * end:
            kept.append(k)
    return places[kept], [names[k] for k in kept], unit
