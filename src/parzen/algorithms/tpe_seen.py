"""What TPE has seen so far: all past points ready for densities, ranked, and which were tried.

It is a fold over outcomes and only ever grows, so a suggestion pays for the
new trials and not for the old ones.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect

import numpy as np

from parzen.algorithms.encoding import Encoding
from parzen.algorithms.untried import key
from parzen.history.history import Floats, History, OutcomeRow, Status
from parzen.numerics.components import Block, Codes, Components, Layout
from parzen.numerics.mixture import TableKernel, cell_kernel

_CLASS = {Status.DONE: 0, Status.PRUNED: 1, Status.FAILED: 2, Status.LOST: 2}


class Seen:
    """The state of the fold.

    Attributes:
        code: How rows become latent rows.
        layout: The columns of the components' features.
        n: How many trials have ended.
        done: How many of them succeeded with a finite loss.
        order: The rows of all trials, the best first.
        repeats: Whether some point has no continuous hyperparameter, so that it can come twice.
        kept: What the last suggestion found out about the good trials, under the key of all it depends on.
    """

    def __init__(self, code: Encoding) -> None:
        self.code = code
        self.layout = Layout(code.unbounded, [len(table.values) for table in code.tables])
        self.components = Components(self.layout)
        self.done = 0
        self.order = array("q")
        self.repeats = _can_repeat(code)
        self.keys: set[bytes] = set()
        self.kept: tuple[object, object] | None = None
        self._z = np.empty((64, len(code.space)))
        self._ranking: list[tuple[int, float, float, int]] = []  # class, its order, number; the best first
        self._raw: list[Floats] = []
        self._labels: dict[tuple[int, float], TableKernel] = {}
        self._cells: dict[int, tuple[float, TableKernel]] = {}

    @property
    def n(self) -> int:
        """How many trials have ended."""
        return self.components.n + len(self._raw)

    def add(self, row: OutcomeRow) -> None:
        """Take in one outcome."""
        ok = row.status is Status.DONE and row.losses and row.losses[0] < math.inf
        order = (row.losses[0] if ok else math.inf, 0.0)
        if row.status is Status.PRUNED and row.last is not None:
            step, value = row.last  # the further it came the better, and then its value there
            order = (-step, math.inf if math.isnan(value) else value)
        entry = (_CLASS[row.status], *order, row.number)
        rank = bisect(self._ranking, entry)
        self._ranking.insert(rank, entry)
        self.order.insert(rank, self.n)
        self.done += bool(ok)
        self._raw.append(row.values)
        if self.repeats:
            self.keys.add(key(row.values))

    def encode(self) -> None:
        """Bring rows added since the last call into the latent scale."""
        if not self._raw:
            return
        start, rows = self.components.n, np.array(self._raw)
        end = start + len(rows)
        if end > len(self._z):
            wider = np.empty((1 << (end - 1).bit_length(), self._z.shape[1]))
            wider[:start] = self._z[:start]
            self._z = wider
        z = self._z[start:end] = self.code.latent(rows)
        self.components.add(z[:, self.code.lines], self.code.codes(rows))
        self._raw.clear()

    def latent(self, rows: Codes) -> Floats:
        """(k, d) latent positions of some trials; NaN where inactive."""
        return self._z.take(rows, axis=0)

    def extended(self, block: Block, rows: Floats) -> Block:
        """A block with trials behind it that have not ended.

        Args:
            block: Of the components.
            rows: (k, d) values in the user's scale.
        """
        z = self.code.latent(rows)[:, self.code.lines]
        return self.components.extended(block, z, self.code.codes(rows))

    def has(self, history: History, row: list[float] | Floats) -> bool:
        """Whether a row was tried or is being tried.

        Args:
            history: The present view.
            row: (d,) values in the user's scale; NaN where inactive.
        """
        this = key(np.asarray(row, dtype=float))
        return this in self.keys or any(key(other) == this for other in history.running())

    def tried(self, history: History) -> set[bytes]:
        """The keys of all points that were tried or are being tried, where points can repeat."""
        return self.keys | {key(row) for row in history.running()}

    def label_kernel(self, t: int, width: float) -> TableKernel:
        """The kernel of a table of labels: a share `width` of the prior, the rest on the option itself.

        Args:
            t: Which table.
            width: In [0, 1].
        """
        made = self._labels.get((t, width))
        if made is None:
            prior = self.code.tables[t].prior
            kernel = np.tile(width * prior, (len(prior), 1))
            kernel[np.diag_indices(len(prior))] += 1.0 - width
            made = self._labels[t, width] = TableKernel.of(kernel, prior)
        return made

    def cell_kernel(self, t: int, sigma: float) -> TableKernel:
        """The kernel of a table of numbers: what a Gaussian at each cell's middle puts into each cell.

        Args:
            t: Which table.
            sigma: The bandwidth.
        """
        made = self._cells.get(t)
        if made is None or made[0] != sigma:
            table = self.code.tables[t]
            assert table.edges is not None
            made = self._cells[t] = (
                sigma,
                TableKernel.of(cell_kernel(table.edges, table.centres, sigma), table.prior),
            )
        return made[1]


def _can_repeat(code: Encoding) -> bool:
    """Whether some point has no continuous hyperparameter."""
    always = [not param.conditional for param in code.space.params]
    return not any(on and continuous for on, continuous in zip(always, code.continuous, strict=True))
