"""Points that nobody has tried, for spaces in which a point can come twice."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from parzen.algorithms.base import Ask
from parzen.algorithms.encoding import Encoding
from parzen.history.history import Floats, History
from parzen.space.space import Space

ENUMERABLE = 2000


class Tried(Protocol):
    """What an algorithm keeps of the points that were tried.

    Attributes:
        code: The encoding of the space.
    """

    code: Encoding

    def tried(self, history: History) -> set[bytes]:
        """The keys of all points that were tried or are being tried."""
        ...


def key(row: Floats) -> bytes:
    """The bytes of a row of values; equal points have equal ones."""
    return (row + 0.0).tobytes()  # adding 0 makes -0.0 and 0.0 one


def untried(history: History, seen: Tried, ask: Ask) -> Floats:
    """Up to 256 rows that were not tried: all that are left of a small space, else draws from the prior.

    Args:
        history: The present view.
        seen: Knows which points were tried.
        ask: The trial that is asked for.
    """
    space = history.space
    tried = seen.tried(history)
    rng = ask.study_rng(f"unseen/{ask.number}")
    if space.cardinality <= ENUMERABLE:
        rows = _all_rows(seen.code)
        left = [i for i, row in enumerate(rows) if key(row) not in tried]
        if len(left) > 256:
            left = sorted(rng.choice(left, size=256, replace=False).tolist())
        return rows[left]
    found = {}
    for _ in range(512):
        shares = rng.random(len(space)).tolist()
        row = np.array(space.encode(space.point_from(shares.__getitem__)), dtype=float)
        if key(row) not in tried:
            found[key(row)] = row
        if len(found) == 64:
            break
    return np.array(list(found.values())).reshape(len(found), len(space))


def _all_rows(code: Encoding) -> Floats:
    """(k, d) every point of a small finite space."""
    values = {table.column: table.values for table in code.tables}
    space = code.space
    for j, param in enumerate(space.params):
        if j not in values:
            law = param.distribution
            count = int(Space([param.__class__(param.label, law)]).cardinality)
            values[j] = np.unique(law.value((np.arange(4 * count) + 0.5) / (4 * count)))
    sizes = [len(values[j]) for j in range(len(space))]
    rows = np.full((int(space.count(sizes)), len(space)), np.nan)
    for i in range(len(rows)):
        for j, k in space.pick(sizes, i).items():
            rows[i, j] = values[j][k]
    return rows


def any_untried(history: History, seen: Tried, ask: Ask) -> dict[str, float | int] | None:
    """A point not yet tried, for the start; None if none is left.

    Args:
        history: The present view.
        seen: Knows which points were tried.
        ask: The trial that is asked for.
    """
    rows = untried(history, seen, ask)
    if not len(rows):
        return None
    return history.space.decode(rows[int(ask.rng.integers(len(rows)))])
