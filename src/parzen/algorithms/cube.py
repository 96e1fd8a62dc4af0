"""Points as rows of the unit cube: the coordinates in which surrogates work.

A column is a *number* in [0, 1], the share of its prior (of its latent range)
that lies below the value, or a *label*, the index of an option. Choices that
other hyperparameters depend on are labels even where their values are ordered.
NaN means inactive.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from parzen.algorithms.encoding import Encoding, Table, encoding
from parzen.history.history import Floats
from parzen.space.space import Space

INNERMOST = 1e-12  # from both ends of a column whose prior has no ends


class Cube:
    """How the rows of a space become rows of the unit cube, and back."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.code: Encoding = encoding(space)
        d = len(space)
        self.tables = {table.column: table for table in self.code.tables}
        self.labels = [j for j, t in self.tables.items() if t.edges is None or t.decides]
        self.options = [len(self.tables[j].values) for j in self.labels]
        is_label = np.zeros(d, dtype=bool)
        is_label[self.labels] = True
        self.is_label = is_label
        self.numbers = np.flatnonzero(~is_label)
        unbounded = np.zeros(d, dtype=bool)
        unbounded[self.code.lines[self.code.unbounded]] = True
        self.unbounded = np.flatnonzero(unbounded)
        self.coarse = [t for j, t in self.tables.items() if j not in self.labels]
        # Lines whose values are rounded, but too many to be listed.
        self.fine = [j for _, j in self.code.rounded]
        self.discrete = [*self.labels, *(t.column for t in self.coarse), *self.fine]
        self._steps = {j: np.cumsum(self.tables[j].prior) for j in self.labels}
        # Only labels have a prior that is not flat in this cube.
        self.uneven = [j for j in self.labels if np.ptp(self.tables[j].prior) > 1e-9]

    def rows(self, values: Floats) -> Floats:
        """(n, d) values in the user's scale to (n, d) rows of the cube."""
        u = self.code.latent(values) if len(self.space) else values.copy()
        if len(self.unbounded):
            u[:, self.unbounded] = _inside(u[:, self.unbounded])
        for j in self.labels:
            codes = self.tables[j].codes(values[:, j])
            u[:, j] = np.where(np.isnan(values[:, j]), np.nan, codes)
        return u

    def point(self, row: Floats) -> dict[str, float | int]:
        """The point of one row of the cube."""
        point: dict[str, float | int] = {}
        unbounded = set(self.unbounded.tolist())
        for j, (param, u) in enumerate(zip(self.space.params, row.tolist(), strict=True)):
            if math.isnan(u):
                continue
            law = param.distribution
            if j in self.tables:
                table = self.tables[j]
                k = int(u) if self.is_label[j] else _nearest(table, u)
                point[param.label] = law.plain(float(table.values[k]))
            elif j in unbounded:
                point[param.label] = law.at(float(_outside(np.array([u]))[0]))
            else:
                point[param.label] = law.at(u)
        return point

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """(count, d) rows from the prior, with a value also where a hyperparameter turns out inactive."""
        u = rng.random((count, len(self.space)))
        for j, steps in self._steps.items():
            u[:, j] = np.minimum(np.searchsorted(steps, u[:, j] * steps[-1], side="right"), len(steps) - 1)
        return u

    def legal(self, rows: Floats) -> Floats:
        """Rows with rounded values at the middle of their cells, and NaN where inactive.

        Args:
            rows: (n, d) with a value in every column.
        """
        u = rows.copy()
        for table in self.coarse:
            assert table.edges is not None
            j = table.column
            k = np.searchsorted(table.edges[1:-1], u[:, j], side="right")
            u[:, j] = table.centres[k]
        if self.space.conditional:
            u[~self.active(u)] = np.nan
        return u

    def active(self, rows: Floats) -> np.ndarray:
        """(n, d) which hyperparameters rows use; all columns need a value."""
        values = rows.copy()
        for j in self.labels:
            values[:, j] = self.tables[j].values[values[:, j].astype(np.intp)]
        return self.space.active(values)

    def filled(self, rows: Floats, rng: np.random.Generator) -> Floats:
        """Legal rows, where hyperparameters that lack a value get one from the prior.

        Args:
            rows: (n, d) NaN where a hyperparameter was inactive before its choice was changed.
            rng: Source of the values.
        """
        lacking = np.isnan(rows)
        if not lacking.any():
            return self.legal(rows)
        return self.legal(np.where(lacking, self.draw(len(rows), rng), rows))

    def neighbours(self, row: Floats, rng: np.random.Generator, copies: int = 3) -> Floats:
        """Rows that differ in one discrete hyperparameter: the next value, or any other option.

        Args:
            row: (d,) a legal row.
            rng: Gives values to what a changed choice makes active.
            copies: How many of those, for each other option of a choice.
        """
        found = []
        for j in self.labels:
            if np.isnan(row[j]):
                continue
            times = copies if self.tables[j].decides else 1
            for k in range(len(self.tables[j].values)):
                if k != row[j]:
                    found += [_with(row, j, k)] * times
        for table in self.coarse:
            j = table.column
            if np.isnan(row[j]):
                continue
            k = _nearest(table, row[j])
            found += [_with(row, j, table.centres[i]) for i in (k - 1, k + 1) if 0 <= i < len(table.values)]
        if not found:
            return np.empty((0, len(row)))
        return self.filled(np.array(found), rng)

    def snapped(self, row: Floats) -> Floats:
        """A row with its finely rounded values at legal places; the coarse ones are already."""
        if not self.fine:
            return row
        values = np.array([self.space.encode(self.point(row))], dtype=np.float64)
        snapped: Floats = np.where(np.isnan(row), np.nan, self.rows(values)[0])
        return snapped

    def log_prior(self, rows: Floats) -> Floats:
        """(n,) log prior of rows, relative to the most likely: labels' weights and bell curves.

        Zero everywhere for spaces whose priors are flat.
        """
        total = np.zeros(len(rows))
        for j in self.uneven:
            logs = self.tables[j].log_prior
            codes = np.where(np.isnan(rows[:, j]), 0, rows[:, j]).astype(np.intp)
            total += np.where(np.isnan(rows[:, j]), 0.0, np.maximum(logs[codes] - logs.max(), -50.0))
        if len(self.unbounded):
            z = _outside(rows[:, self.unbounded])
            total -= 0.5 * np.nansum(z * z, axis=1)
        return total


def _with(row: Floats, j: int, value: float) -> Floats:
    changed = row.copy()
    changed[j] = value
    return changed


def _nearest(table: Table, u: float) -> int:
    assert table.edges is not None
    return int(np.searchsorted(table.edges[1:-1], u, side="right"))


def _inside(z: Floats) -> Floats:
    from scipy.special import ndtr

    shares: Floats = np.clip(ndtr(np.clip(z, -30.0, 30.0)), INNERMOST, 1.0 - INNERMOST)
    return shares


def _outside(u: Floats) -> Floats:
    from scipy.special import ndtri

    z: Floats = ndtri(np.clip(u, INNERMOST, 1.0 - INNERMOST))
    return z


@lru_cache(maxsize=16)
def cube(space: Space) -> Cube:
    """The cube of a space, made once."""
    return Cube(space)
