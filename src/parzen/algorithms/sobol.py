"""Sobol' points, each computed from its number alone.

Plain points are the classical sequence in Gray-code order. Scrambled points
are the same net behind a random linear map and a random shift per
coordinate: still one point in each dyadic interval, and never 0 or 1, so
they may go through normal quantiles. What coordinates mean is not known here.

Beyond `TABLED` dimensions the good direction numbers end. The further
coordinates are uniform numbers from Philox: its key is the scramble's `key`
(0 without one), its counter the point's number.

Sources: Joe and Kuo, "Constructing Sobol sequences with better
two-dimensional projections", SIAM J. Sci. Comput. 30 (2008), for the
numbers; Antonov and Saleev, USSR Comput. Math. Math. Phys. 19 (1979), for
the order; Matousek, "On the L2-discrepancy for anchored boxes", J.
Complexity 14 (1998), for the scramble.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from parzen.errors import InvalidArgument
from parzen.rng import words

TABLED = 256  # dimensions with direction numbers
BITS = 32  # binary digits of a coordinate; there are 2**BITS points

_DIGITS = np.arange(BITS, dtype=np.uint32)


@dataclass(frozen=True, eq=False)
class Scramble:
    """One random scramble of the sequence; made by `scramble`.

    Attributes:
        columns: (min(dimensions, 256), 32) uint32; scrambled direction numbers.
        shift: (min(dimensions, 256),) uint32; added without carry.
        key: Philox key of the coordinates beyond the table, below 2**64.
        dimensions: How many coordinates its points may have.
    """

    columns: NDArray[np.uint32]
    shift: NDArray[np.uint32]
    key: int
    dimensions: int


def directions(dimensions: int) -> NDArray[np.uint32]:
    """The direction numbers of the first dimensions.

    Args:
        dimensions: 0 to 256, else InvalidArgument.

    Returns:
        (dimensions, 32) uint32, read-only. Column j is for bit j of the Gray code;
        the highest bit of an entry is worth one half.

    >>> [f"{number:032b}"[:3] for number in directions(2)[1, :3]]
    ['100', '110', '101']
    """
    if not 0 <= dimensions <= TABLED:
        raise InvalidArgument(f"direction numbers exist for 0 to {TABLED} dimensions; got {dimensions!r}")
    return _table()[:dimensions]


@lru_cache(maxsize=1)
def _table() -> NDArray[np.uint32]:
    text = resources.files("parzen.algorithms").joinpath("sobol_directions.txt").read_text("ascii")
    rows = [[1] * BITS]
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        _, s, a, *m = map(int, line.split())
        for j in range(s, BITS):
            new = m[j - s] ^ (m[j - s] << s)
            for i in range(1, s):
                if a >> (s - 1 - i) & 1:
                    new ^= m[j - i] << i
            m.append(new)
        rows.append(m)
    table = np.array(rows, dtype=np.uint32) << _DIGITS[::-1]
    table.flags.writeable = False
    return table


def scramble(dimensions: int, rng: np.random.Generator) -> Scramble:
    """Draw a scramble: a random unit lower triangular matrix and a shift per coordinate.

    The first coordinates do not depend on how many follow.

    Args:
        dimensions: How many coordinates the points have; at least 0, else InvalidArgument.
        rng: The random generator.
    """
    if dimensions < 0:
        raise InvalidArgument(f"dimensions must be at least 0; got {dimensions!r}")
    plain = directions(min(dimensions, TABLED))
    key = int(rng.integers(2**64, dtype=np.uint64))
    drawn = rng.integers(2**BITS, size=(len(plain), BITS + 1), dtype=np.uint32)
    # Column k: a one in digit k from the top, random digits below, none above.
    unit = np.uint32(1) << _DIGITS[::-1]
    matrix = unit | (drawn[:, :BITS] & (unit - np.uint32(1)))
    digits = (plain[:, :, None] & unit) != 0
    columns = np.bitwise_xor.reduce(np.where(digits, matrix[:, None, :], np.uint32(0)), axis=2)
    shift = drawn[:, BITS].copy()
    columns.flags.writeable = shift.flags.writeable = False
    return Scramble(columns, shift, key, dimensions)


def sobol_point(number: int, dimensions: int, scramble: Scramble | None = None) -> NDArray[np.float64]:
    """Point `number` of the sequence, counted from 0.

    Args:
        number: 0 to 2**32 - 1.
        dimensions: How many coordinates to compute; at most those of the scramble.
        scramble: None for the plain sequence, whose point 0 is the origin.

    Returns:
        (dimensions,) float64 in [0, 1); strictly inside with a scramble.

    Raises:
        InvalidArgument: If `number` or `dimensions` is out of range.

    >>> sobol_point(3, dimensions=2).tolist()
    [0.25, 0.75]
    """
    if not 0 <= number < 2**BITS:
        raise InvalidArgument(f"a Sobol point's number must be from 0 to 2**32 - 1; got {number!r}")
    if dimensions < 0 or (scramble is not None and dimensions > scramble.dimensions):
        most = "any number" if scramble is None else f"{scramble.dimensions}, as its scramble has"
        raise InvalidArgument(f"dimensions must be at least 0 and at most {most}; got {dimensions!r}")
    tabled = min(dimensions, TABLED)
    columns = _table() if scramble is None else scramble.columns
    bits = np.uint32(number ^ (number >> 1)) >> _DIGITS & np.uint32(1)
    whole = np.bitwise_xor.reduce(columns[:tabled] * bits, axis=1)
    # Half of the last bit keeps a scrambled point away from 0.
    point: NDArray[np.float64]
    point = (whole if scramble is None else (whole ^ scramble.shift[:tabled]) + 0.5) / 2.0**BITS
    if dimensions == tabled:
        return point
    raw = words(0 if scramble is None else scramble.key, number, dimensions - tabled)
    further = (raw >> np.uint64(64 - BITS)) + 0.5
    return np.concatenate([point, further / 2.0**BITS])
