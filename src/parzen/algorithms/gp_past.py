"""What the Gaussian process knows of the past: outcomes as rows of the cube, ranked, and the box."""

from __future__ import annotations

import math

import numpy as np

from parzen.algorithms.cube import Cube, cube
from parzen.algorithms.surrogate import Factor
from parzen.algorithms.untried import key
from parzen.algorithms.warp import half_rank
from parzen.history.history import Floats, History, OutcomeRow, Status

MOST = 500  # outcomes that the model holds when it is fitted: the best half and the newest half
NEAR_LEAST = 3  # outcomes for each hyperparameter that the model of the box holds at least
FAILED = 2.0  # the class of failures, after 0 for successes and 1 for pruned trials
BOX_START, BOX_LEAST, BOX_MOST = 0.8, 0.02, 1.6  # side of the box
RADIUS = 1 / 6  # of the local search, at its widest


class Past:
    """The outcomes so far, as the model wants them; a fold that only grows.

    Attributes:
        n: How many.
        done: How many of them have a finite loss.
        keys: The points tried, as bytes of their rows.
        side: Of the box around the best: it doubles after two improvements in a row, and halves
            when they fail to come.
        radius: Of the local search: what its last trial had, and at least as far as another's
            trial has moved the best since.
    """

    def __init__(self, shape: Cube, startup: int) -> None:
        self.cube = shape
        self.code = shape.code
        self.startup = startup
        self.n = self.done = 0
        self.keys: set[bytes] = set()
        self.side = BOX_START
        self.radius = RADIUS
        self._best, self._wins, self._misses = math.inf, 0, 0
        self._best_at = -1
        d = len(shape.space)
        self._patience = max(3, math.ceil(0.5 * len(shape.numbers)))
        self._values = np.empty((64, d))
        self._rows = np.empty((64, d))
        # Class (done, pruned, failed), its two sorting keys and the known variance of the loss.
        self._marks = np.empty((64, 4))
        self._converted = 0
        self.factors: dict[
            int, tuple[tuple[float, ...], Factor]
        ] = {}  # of each model: which fit, and its factor

    def add(self, row: OutcomeRow) -> None:
        """Take in one outcome."""
        if self.n == len(self._values):
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._marks = np.concatenate([self._marks, np.empty_like(self._marks)])
        self._values[self.n] = row.values
        loss = row.losses[0] if row.status is Status.DONE and row.losses else math.inf
        mark = (0.0, max(loss, -1.7e308), 0.0) if loss < math.inf else (FAILED, math.inf, 0.0)
        if row.status is Status.PRUNED and row.last is not None:
            step, value = row.last
            mark = (1.0, -step, math.inf if math.isnan(value) else value)
        self._marks[self.n] = (*mark, _variance(row))
        self.keys.add(key(row.values))
        self.n += 1
        self.done += mark[0] == 0.0
        self._move(loss, row.note["radius"] if row.note.get("by") == "local" else None)
        self._resize(loss)

    def _move(self, loss: float, radius: float | None) -> None:
        """Keep the radius of the local search in step with an outcome."""
        if radius is not None:
            self.radius = radius
        if loss < self._best:
            if radius is None and self._best_at >= 0:
                gaps = self.rows[self.n - 1] - self.rows[self._best_at]
                moved = math.sqrt(float(np.nansum(gaps[self.cube.numbers] ** 2)))
                self.radius = min(RADIUS, max(self.radius, moved))
            self._best_at = self.n - 1

    def _resize(self, loss: float) -> None:
        better = loss < self._best
        self._best = min(loss, self._best)
        if self.n <= self.startup:
            return
        self._wins, self._misses = (self._wins + 1, 0) if better else (0, self._misses + 1)
        if self._wins == 2:
            self.side, self._wins = min(BOX_MOST, 2.0 * self.side), 0
        if self._misses == self._patience:
            self.side, self._misses = self.side / 2.0, 0
        if self.side < BOX_LEAST:
            self.side = BOX_START

    def tried(self, history: History) -> set[bytes]:
        """The keys of all points that were tried or are being tried."""
        return self.keys | {key(row) for row in history.running()}

    @property
    def rows(self) -> Floats:
        """(n, d) outcomes' points in the cube."""
        if self._converted < self.n:
            new = slice(self._converted, self.n)
            self._rows[new] = self.cube.rows(self._values[new])
            self._converted = self.n
        return self._rows[: self.n]

    @property
    def losses(self) -> Floats:
        """(n,) losses; infinite for what failed or was pruned."""
        marks = self._marks[: self.n]
        losses: Floats = np.where(marks[:, 0] == 0.0, marks[:, 1], np.inf)
        return losses

    @property
    def failed(self) -> np.ndarray:
        """(n,) which outcomes are failures: raised, lost, NaN or infinite."""
        failed: np.ndarray = self._marks[: self.n, 0] == FAILED
        return failed

    @property
    def variances(self) -> Floats:
        """(n,) known variances of the losses."""
        return self._marks[: self.n, 3]

    def warped(self, which: np.ndarray, share: float) -> tuple[Floats, float]:
        """`half_rank` of some outcomes.

        Args:
            which: Their indices.
            share: The quantile.
        """
        done = int((self._marks[which, 0] == 0.0).sum())
        return half_rank(self._marks[which, 1], self.ranked(which), done, share)

    def ranked(self, which: np.ndarray) -> np.ndarray:
        """Places in `which` from the best outcome to the worst.

        Args:
            which: Indices of outcomes.
        """
        kind, first, second, _ = self._marks[which].T
        return np.lexsort((which, second, first, kind))

    def held(self, n: int, near: bool) -> np.ndarray:
        """Indices of the first `n` outcomes that a model fitted then holds, ascending.

        Args:
            n: How many outcomes there were.
            near: Whether only those in the neighbourhood of the best count.
        """
        held = np.arange(n)
        if n > MOST:
            best = self.ranked(held)[: MOST // 2]
            held = np.union1d(best, held[n - MOST // 2 :])
        count = max(NEAR_LEAST * len(self.cube.space), len(held) // 2)
        if not near or count >= len(held):
            return held
        rows = self.rows[held]
        gaps = rows - rows[self.ranked(held)[0]]
        gaps[:, self.cube.is_label] = gaps[:, self.cube.is_label] != 0.0
        distances = np.nansum(gaps * gaps, axis=1)
        return np.sort(held[np.argsort(distances, kind="stable")[:count]])


def past_of(history: History, startup: int) -> Past:
    """The outcomes of a view, folded once and kept.

    Args:
        history: The view.
        startup: Outcomes that do not change the box.
    """
    return history.derived(("gp", startup), lambda: Past(cube(history.space), startup), Past.add)


def _variance(row: OutcomeRow) -> float:
    """The known variance of a loss, Hyperopt's ``loss_variance``; 0 if there is none."""
    return min(max(0.0, float(row.metrics.get("loss_variance", 0.0))), 1e100)
