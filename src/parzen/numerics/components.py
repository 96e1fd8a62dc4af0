"""Past points as rows of numbers from which a mixture's densities come by one matrix product.

A component is a past point: a position on each of m *lines* and a value of
each of t *tables* (see `parzen.algorithms.encoding`), either of which it may
lack. Its kernel along a line is a Gaussian, cut to [0, 1] where the line is
bounded; along a table it is a row of a matrix. The logarithm of kernel over
prior at a candidate x is, summed over what both have,

    m x / s^2 - (m^2 / (2 s^2) + log norm) - (x^2 / (2 s^2) + log prior)

and for a table the entry of the matrix. Each term is a number of the
component times a number of the candidate. The component's numbers are its
*features*; only the second kind depends on the bandwidth s, and it is
written anew for the lines whose bandwidth has moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Codes = npt.NDArray[np.intp]

BINS = 4096  # steps of a bounded line in the table of normalisers
NARROW = 32  # options of a table up to which each is a feature; wider ones are looked up
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
_LEAST = 64  # rows that are made room for


class Block(NamedTuple):
    """Some components.

    Attributes:
        features: (k, 3 m + s) float32: for each line m - centre, m^2 / (2 s^2) + log norm, and 1; 0 for each
            where the component lacks the line. Then for each option of each narrow table whether it
            is the component's.
        means: (k, m) positions; 0 where inactive.
        codes: (t, k) values on the tables; a table's size where inactive.
    """

    features: Singles
    means: Floats
    codes: Codes


class Layout:
    """Which columns the features have.

    Args:
        unbounded: (m,) bool, lines whose prior is the standard normal instead of uniform on [0, 1].
        sizes: The number of options of each table.

    Attributes:
        groups: The tables of each size, which are worked on together; their columns lie side by side.
    """

    def __init__(self, unbounded: npt.NDArray[np.bool_], sizes: Sequence[int]) -> None:
        self.unbounded = unbounded
        self.sizes = np.array(sizes, dtype=np.intp)
        self.m = m = len(unbounded)
        self.centre = np.where(unbounded, 0.0, 0.5)
        self.free = bool(unbounded.any())
        self.offsets = (BINS + 2) * np.arange(m)  # of the lines' tables of normalisers
        self.groups = [
            np.array([t for t, own in enumerate(sizes) if own == size], dtype=np.intp)
            for size in sorted(set(sizes))
        ]
        self.starts = np.zeros(len(sizes), dtype=np.intp)  # of the columns of narrow tables
        self.width = 3 * m
        for tables in self.groups:
            size = sizes[tables[0]]
            if size <= NARROW:
                self.starts[tables] = self.width + size * np.arange(len(tables))
                self.width += size * len(tables)
        self.narrow = np.flatnonzero(self.sizes <= NARROW)


class Components:
    """All past points, in order; it only grows.

    What it holds is a function of the points and of the bandwidths last asked
    for, and not of how many were added at once.
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.n = 0
        m, t = layout.m, len(layout.sizes)
        self._features = np.zeros((_LEAST, layout.width), dtype=np.float32)
        self._means = np.zeros((_LEAST, m))
        self._codes = np.zeros((t, _LEAST), dtype=np.intp)
        self._squares = np.zeros((m, _LEAST))  # of the first features
        self._places = np.zeros((m, _LEAST), dtype=np.intp)  # in the table of normalisers
        self._norms = np.zeros((m, BINS + 2))
        self._sigma = np.zeros(m)
        self._scaled = 0  # rows that know these bandwidths

    def add(self, positions: Floats, codes: Codes) -> None:
        """Append points.

        Args:
            positions: (k, m) on the lines; NaN where inactive.
            codes: (t, k) on the tables; a table's size where inactive.
        """
        start, end = self.n, self.n + len(positions)
        if end > len(self._means):
            room = 1 << (end - 1).bit_length()
            self._features = _grown(self._features, room)
            self._means = _grown(self._means, room)
            self._codes = _grown(self._codes.T, room).T
            self._squares = _grown(self._squares.T, room).T
            self._places = _grown(self._places.T, room).T
        self._codes[:, start:end] = codes
        made = _fill(self._features[start:end], positions, codes, self.layout)
        self._means[start:end], self._squares[:, start:end], self._places[:, start:end] = made
        self.n = end

    def scale(self, sigma: Floats) -> None:
        """Bring the features to these bandwidths.

        Args:
            sigma: (m,) from a small set of values.
        """
        n, scaled, m = self.n, self._scaled, self.layout.m
        own = self._features[:, m : 2 * m]
        half = 0.5 / (sigma * sigma)
        self._scaled = 0  # an interrupt must not leave half of it
        for j in np.flatnonzero(sigma != self._sigma).tolist():
            table = self._norms[j] = _norms(float(sigma[j]), bool(self.layout.unbounded[j]))
            own[:scaled, j] = table.take(self._places[j, :scaled] - j * len(table)) + (
                self._squares[j, :scaled] * half[j]
            )
        self._sigma = sigma
        if n > scaled:
            own[scaled:n] = self._own(self._places[:, scaled:n], self._squares[:, scaled:n])
        self._scaled = n

    def _own(self, places: Codes, squares: Floats) -> Floats:
        """(k, m) m^2 / (2 s^2) + log norm along each line, 0 where inactive."""
        half = 0.5 / (self._sigma * self._sigma)
        own: Floats = (self._norms.take(places) + squares * half[:, None]).T
        return own

    def block(self, rows: Codes | slice) -> Block:
        """Some of the points, with the bandwidths last given to `scale`.

        Args:
            rows: Which.
        """
        if isinstance(rows, slice):
            return Block(self._features[rows], self._means[rows], self._codes[:, rows])
        return Block(
            self._features.take(rows, axis=0), self._means.take(rows, axis=0), self._codes.take(rows, axis=1)
        )

    def extended(self, block: Block, positions: Floats, codes: Codes) -> Block:
        """A block with more points behind it, which are not kept.

        Args:
            block: Of this object.
            positions: (k, m) as for `add`.
            codes: (t, k) as for `add`.
        """
        m = self.layout.m
        features = np.zeros((len(positions), self.layout.width), dtype=np.float32)
        means, squares, places = _fill(features, positions, codes, self.layout)
        features[:, m : 2 * m] = self._own(places, squares)
        return Block(
            np.concatenate([block.features, features]),
            np.concatenate([block.means, means]),
            np.concatenate([block.codes, codes], axis=1),
        )


def _grown(array: np.ndarray, room: int) -> np.ndarray:
    wider = np.zeros((room, *array.shape[1:]), dtype=array.dtype)
    wider[: len(array)] = array
    return wider


def _fill(features: Singles, positions: Floats, codes: Codes, layout: Layout) -> tuple[Floats, Floats, Codes]:
    """Write all features but those that depend on bandwidths.

    Args:
        features: (k, width) zeros.
        positions: (k, m); NaN where inactive.
        codes: (t, k); a table's size where inactive.
        layout: Which columns are which.

    Returns:
        (k, m) positions, (m, k) squares of the first features, both 0 where inactive, and (m, k) entries
        of the tables of normalisers.
    """
    m = layout.m
    means, centred = positions, positions - layout.centre
    scaled = np.where(layout.unbounded, 0.0, positions) * BINS if layout.free else positions * BINS
    places = np.minimum(np.maximum(np.rint(scaled), 0.0), BINS)
    features[:, 2 * m : 3 * m] = 1.0
    off = np.isnan(positions)
    if off.any():
        means, centred = np.where(off, 0.0, means), np.where(off, 0.0, centred)
        places[off] = BINS + 1
        features[:, 2 * m : 3 * m][off] = 0.0
    features[:, :m] = centred
    if len(layout.narrow):
        mine = codes[layout.narrow]
        tables, rows = np.nonzero(mine < layout.sizes[layout.narrow][:, None])
        features[rows, layout.starts[layout.narrow][tables] + mine[tables, rows]] = 1.0
    entries: Codes = (places + layout.offsets).astype(np.intp).T
    return means, (centred * centred).T, entries


@lru_cache(maxsize=512)
def _norms(sigma: float, unbounded: bool) -> Floats:
    """(BINS + 2,) log integral of exp(-(x - m)^2 / (2 s^2)) over prior density 1; 0 in the last entry.

    From a table, to 0.01 at the narrowest bandwidths: exact values cost ten
    times the rest of a suggestion.
    """
    from scipy.special import ndtr

    if unbounded:  # the prior's own constant is taken off
        norms = np.full(BINS + 2, math.log(sigma))
    else:
        means = np.arange(BINS + 2) / BINS
        norms = np.log(ndtr((1.0 - means) / sigma) - ndtr(-means / sigma)) + (math.log(sigma) + _LOG_ROOT_2PI)
    norms[-1] = 0.0
    return norms
