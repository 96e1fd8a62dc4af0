"""Points as arrays in the latent scale, which density models work in.

Hyperparameters come in two kinds here. *Tables* have at most 64 values
(labels, coarse lattices, coarse steps): a kernel is a small matrix, exact on
the cells. *Lines* are everything else: a kernel is a Gaussian.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from parzen.space.distributions.base import Array, Distribution, Labels, Lattice, Line
from parzen.space.space import Condition, Space

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
        self.rounded = [(i, j) for i, j in enumerate(self.lines.tolist()) if not self.continuous[j]]
        affine = [law.affine() for law in laws]
        self._logs = np.array([j for j, a in enumerate(affine) if a is not None and a[0]], dtype=np.intp)
        self._origin = np.array([0.0 if a is None else a[1] for a in affine])
        self._width = np.array([1.0 if a is None else a[2] for a in affine])
        self._others = [j for j, a in enumerate(affine) if a is None]
        self._low = np.array([-np.inf if isinstance(g, Labels) or _free(g) else 0.0 for g in geometries])
        self._high = np.array([np.inf if isinstance(g, Labels) or _free(g) else 1.0 for g in geometries])

        # Conditions that several hyperparameters share are looked at once: condition, who has it.
        groups: dict[Condition, list[int]] = {}
        for j, param in enumerate(space.params):
            if param.conditional:
                groups.setdefault(param.condition, []).append(j)
        self._groups = [(way, np.array(columns)) for way, columns in groups.items()]
        self._table_of = {table.column: t for t, table in enumerate(self.tables)}
        self.columns = np.array([table.column for table in self.tables], dtype=np.intp)
        self.deciding = np.zeros(len(laws), dtype=bool)
        self.deciding[[table.column for table in self.tables if table.decides]] = True
        # Labels are their own codes; other tables are searched.
        self._plain = [t for t, table in enumerate(self.tables) if table.edges is None]
        self._searched = [t for t, table in enumerate(self.tables) if table.edges is not None]
        self._plain_columns = self.columns[self._plain]
        self._sizes = np.array([len(table.values) for table in self.tables], dtype=np.intp)

    def latent(self, rows: Array) -> Array:
        """(n, d) values to (n, d) latent positions; NaN stays NaN."""
        x = rows
        if self._logs.size:
            x = rows.copy()
            x[:, self._logs] = np.log(x[:, self._logs])
        z = (x - self._origin) / self._width
        for j in self._others:
            z[:, j] = self.space.params[j].distribution.latent(rows[:, j])
        clipped: Array = np.minimum(np.maximum(z, self._low), self._high)
        return clipped

    def codes(self, rows: Array, inactive: int | None = None) -> npt.NDArray[np.intp]:
        """(n, d) values to (t, n) indices of the nearest values of each table.

        Args:
            rows: Values in the user's scale; NaN where inactive.
            inactive: The index that stands for NaN; left out, the table's number of values.
        """
        codes = np.empty((len(self.tables), len(rows)), dtype=np.intp)
        if not self.tables:
            return codes
        for t in self._searched:
            codes[t] = self.tables[t].codes(rows[:, self.columns[t]])
        off = np.isnan(rows[:, self.columns]).T
        if self._plain:
            codes[self._plain] = np.where(off[self._plain], 0.0, rows[:, self._plain_columns].T)
        if off.any():
            codes = np.where(off, self._sizes[:, None] if inactive is None else inactive, codes)
        return codes

    def active(self, codes: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_] | None:
        """(c, d) which hyperparameters points use; None if all use all.

        Args:
            codes: (t, c) indices on the tables, of inactive ones too.
        """
        if not self._groups:
            return None
        on = np.ones((codes.shape[1], len(self.space)), dtype=bool)
        taken: dict[tuple[int, int], npt.NDArray[np.bool_]] = {}
        for ways, columns in self._groups:
            some = np.zeros(codes.shape[1], dtype=bool)
            for way in ways:
                every: npt.NDArray[np.bool_] | None = None
                for parent, value in way:
                    one = taken.get((parent, value))
                    if one is None:
                        t = self._table_of[parent]
                        one = taken[parent, value] = self.tables[t].values[codes[t]] == value
                    every = one if every is None else every & one
                some |= True if every is None else every
            on[:, columns] = some[:, None]
        return on

    def legal(self, x: Array, codes: npt.NDArray[np.intp]) -> tuple[Array, dict[int, tuple[Array, Array]]]:
        """Draws as latent rows, and the cells of those that are rounded.

        Args:
            x: (c, m) positions on the lines.
            codes: (t, c) indices on the tables.

        Returns:
            (c, d) latent rows with rounded lines at legal values; place among the lines -> lower and
            upper ends of each point's cell.
        """
        z = np.empty((len(x), len(self.space)))
        z[:, self.lines] = x
        for t, table in enumerate(self.tables):
            z[:, table.column] = table.centres[codes[t]]
        cells = {}
        for place, j in self.rounded:
            law = self.space.params[j].distribution
            values = law.value(x[:, place])
            z[:, j] = law.latent(values)
            found = law.cell(values)
            if found is not None:
                cells[place] = found
        return z, cells

    def cells(self, rows: Array) -> dict[int, tuple[Array, Array]]:
        """Place among the lines -> lower and upper ends of the cells of (n, d) values, NaN where inactive."""
        cells = {}
        for place, j in self.rounded:
            found = self.space.params[j].distribution.cell(rows[:, j])
            if found is not None:
                cells[place] = found
        return cells

    def point(
        self, z: Array, codes: npt.NDArray[np.intp], on: npt.NDArray[np.bool_] | None
    ) -> dict[str, float | int]:
        """One latent row to a point of its active labels.

        Args:
            z: (d,) positions; only the lines' are looked at.
            codes: (t,) indices on the tables.
            on: (d,) which hyperparameters it uses; None if all.
        """
        point = {}
        values = {table.column: table.values[codes[t]] for t, table in enumerate(self.tables)}
        places, used = z.tolist(), None if on is None else on.tolist()
        for j, param in enumerate(self.space.params):
            if used is None or used[j]:
                law = param.distribution
                point[param.label] = law.plain(float(values[j])) if j in values else law.at(places[j])
        return point

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
