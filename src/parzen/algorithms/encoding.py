"""Points as arrays in the latent scale, which density models work in.

Hyperparameters come in two kinds here. *Tables* have at most 64 values
(labels, coarse lattices, coarse steps): a kernel is a small matrix, exact on
the cells. *Lines* are everything else: a kernel is a Gaussian.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from parzen.space.distributions.base import Array, Distribution, Labels, Lattice, Line
from parzen.space.space import Space

COARSE = 64


class Table:
    """The values of one coarse hyperparameter.

    Attributes:
        column: Its index in the space.
        values: (k,) legal values in the user's scale, ascending.
        edges: (k + 1,) borders of their cells in the latent scale; None for labels.
        centres: (k,) middles of the cells; the values themselves for labels.
        prior: (k,) probabilities; `log_prior` their logarithms.
        decides: Whether other hyperparameters depend on it.
    """

    def __init__(self, column: int, law: Distribution, values: Array, decides: bool) -> None:
        self.column = column
        self.decides = decides
        self.values = values
        self.edges: Array | None = None
        self.centres = values
        self.prior = np.exp(law.log_density(values))
        self.prior /= self.prior.sum()
        with np.errstate(divide="ignore"):
            self.log_prior = np.log(self.prior)
        cells = law.cell(values)
        if cells is not None:
            self.edges = np.append(cells[0], cells[1][-1])
            self.centres = (self.edges[:-1] + self.edges[1:]) / 2

    def codes(self, x: Array) -> np.ndarray:
        """Index of the nearest value; 0 for NaN."""
        near = np.searchsorted((self.values[1:] + self.values[:-1]) / 2, x)
        return np.where(np.isnan(x), 0, near)


class Encoding:
    """How the rows of one space become latent rows, and back."""

    def __init__(self, space: Space) -> None:
        self.space = space
        laws = [param.distribution for param in space.params]
        geometries = [law.geometry for law in laws]
        deciders = {parent for param in space.params for way in param.condition for parent, _ in way}
        self.tables = []
        for j, law in enumerate(laws):
            values = coarse_values(law, COARSE if j not in deciders else 2**31)
            if values is not None:
                self.tables.append(Table(j, law, values, j in deciders))
        coarse = {table.column for table in self.tables}
        self.lines = np.array([j for j in range(len(laws)) if j not in coarse], dtype=np.intp)
        self.unbounded = np.array(
            [isinstance(g := geometries[j], Line) and not g.bounded for j in self.lines], dtype=bool
        )
        # Variance of the prior along each hyperparameter, and the length that widths are shares of.
        self.prior_variance = np.full(len(laws), 1.0 / 12.0)
        self.prior_variance[self.lines[self.unbounded]] = 1.0
        self.scale = np.sqrt(12.0 * self.prior_variance)
        self.continuous = np.array(
            [isinstance(geometry, Line) and geometry.step is None for geometry in geometries], dtype=bool
        )
        # Lines whose values are rounded have to be snapped to a legal value.
        self.rounded = [j for j in self.lines.tolist() if not self.continuous[j]]
        affine = [law.affine() for law in laws]
        self._logs = np.array([j for j, a in enumerate(affine) if a is not None and a[0]], dtype=np.intp)
        self._origin = np.array([0.0 if a is None else a[1] for a in affine])
        self._width = np.array([1.0 if a is None else a[2] for a in affine])
        self._others = [j for j, a in enumerate(affine) if a is None]
        self._low = np.array([-np.inf if isinstance(g, Labels) or _free(g) else 0.0 for g in geometries])
        self._high = np.array([np.inf if isinstance(g, Labels) or _free(g) else 1.0 for g in geometries])

    def latent(self, rows: Array) -> Array:
        """(n, d) values to (n, d) latent positions; NaN stays NaN."""
        x = rows.copy()
        if self._logs.size:
            x[:, self._logs] = np.log(x[:, self._logs])
        z = (x - self._origin) / self._width
        for j in self._others:
            z[:, j] = self.space.params[j].distribution.latent(rows[:, j])
        clipped: Array = np.minimum(np.maximum(z, self._low), self._high)
        return clipped

    def decode(self, z: Array) -> dict[str, float | int]:
        """One latent row to a point; NaN is inactive."""
        point: dict[str, float | int] = {}
        for param, position in zip(self.space.params, z.tolist(), strict=True):
            if not math.isnan(position):
                point[param.label] = param.distribution.at(position)
        return point


def _free(geometry: Line | Lattice | Labels) -> bool:
    return isinstance(geometry, Line) and not geometry.bounded


def coarse_values(law: Distribution, most: int) -> Array | None:
    """The legal values of a distribution if there are at most `most`, else None.

    Args:
        law: Any.
        most: At least 1.
    """
    geometry = law.geometry
    if isinstance(geometry, Labels):
        return np.arange(geometry.size, dtype=float)
    if isinstance(geometry, Lattice):
        if geometry.size > most:
            return None
        return np.asarray(geometry.low + np.arange(geometry.size) * geometry.step, dtype=np.float64)
    if geometry.step is None or not geometry.bounded:
        return None
    low, high = law.value(np.array([0.0, 1.0])).tolist()
    size = round((high - low) / geometry.step) + 1
    if size > most:
        return None
    values: Array = np.round(low / geometry.step + np.arange(size)) * geometry.step
    cells = law.cell(values)
    # A value whose cell is empty cannot be drawn.
    return values if cells is None else values[cells[1] > cells[0]]


@lru_cache(maxsize=16)
def encoding(space: Space) -> Encoding:
    """The encoding of a space, made once."""
    return Encoding(space)
