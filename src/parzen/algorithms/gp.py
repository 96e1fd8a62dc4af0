"""GP: Bayesian optimisation with a lean Gaussian process over mixed and conditional spaces.

Losses are warped so that bad ones cannot hurt, a Gaussian process with a
length for each hyperparameter is conditioned on them, and the point with the
largest expected improvement is proposed. Two warps take turns. Every fourth
suggestion stays in a box around the best; there the model is one of the
trials near the best, since a length that fits the whole space may fit nothing
in particular.

The model's settings are fitted on a schedule of the number of outcomes. What
was found is kept in the proposal's note, where later suggestions read it; so
a suggestion can be recomputed from the log alone.

Sources: Jones, Schonlau and Welch, J. Global Optimization 13 (1998), for
expected improvement; Eriksson et al., "Scalable global optimization via local
Bayesian optimization", NeurIPS 2019, section 2, for the box; Hvarfner et al.,
"piBO", ICLR 2022, equation 6, for the user's prior. Choices and constants are
ours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from parzen.algorithms.acquire import (
    CENTRES,
    FROM_PRIOR,
    NEAR,
    WORK,
    Acquisition,
    Box,
    boxed,
    candidates,
    maximise,
)
from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.covariance import Covariance, Inputs
from parzen.algorithms.cube import Cube, cube
from parzen.algorithms.quasirandom import sobol_start
from parzen.algorithms.surrogate import Factor, Posterior
from parzen.algorithms.tpe_seen import key
from parzen.algorithms.tpe_unseen import any_new, unseen
from parzen.algorithms.warp import half_rank
from parzen.errors import InvalidArgument
from parzen.history.history import Floats, History, OutcomeRow, Status
from parzen.numerics.threads import one_thread

STARTUP = 10
WARPS = (0.5, 0.75)  # quantiles of the half-rank warps that take turns
BOX_EVERY = 4
MOST = 500  # trials that the model holds when it is fitted: the best half and the newest half
OFTEN = 40  # outcomes until which settings are fitted for each of them; then for each twentieth part
FITTED_ON = 256  # of these, when its settings are fitted
BELIEVED = 16  # running trials from which on points are drawn (Thompson) instead of maximised
THOMPSON = 256  # points of one such draw
TRUST = 10.0  # trials that the user's prior is worth

NEAR_FROM, NEAR_LEAST, NEAR_WARP = 15, 3, 0.75  # the box's model: from when, trials for each dimension, warp
BOX_START, BOX_LEAST, BOX_MOST = 0.8, 0.02, 1.6  # side of the box


@dataclass(frozen=True, slots=True)
class GP:
    """Settings of the Gaussian process.

    Args:
        n_startup_jobs: Trials that must have ended before the model is used, at least 1; until then
            points are quasi-random. Left out: 10.
    """

    n_startup_jobs: int | None = None

    def __post_init__(self) -> None:
        if self.n_startup_jobs is not None and self.n_startup_jobs < 1:
            raise InvalidArgument(f"n_startup_jobs must be at least 1; got {self.n_startup_jobs!r}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The point with the largest expected improvement.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        # Far kernels underflow to 0, as they should; the user's np.seterr is not asked.
        with np.errstate(under="ignore"), one_thread():
            startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
            past = history.derived(("gp", startup), lambda: Past(cube(history.space), startup), Past.add)
            if history.ended < startup or past.done < 2 or not len(history.space):
                return _start(history, past, ask)
            return Search(history, past, ask).suggest()


class Past:
    """The outcomes so far, as the model wants them; a fold that only grows.

    Attributes:
        n: How many.
        done: How many of them have a finite loss.
        keys: The points tried, as bytes of their rows.
        side: Of the box around the best: it doubles after two improvements in a row, and halves
            when they fail to come.
    """

    def __init__(self, shape: Cube, startup: int) -> None:
        self.cube = shape
        self.code = shape.code
        self.startup = startup
        self.n = self.done = 0
        self.keys: set[bytes] = set()
        self.repeats = True
        self.side = BOX_START
        self._best, self._wins, self._misses = math.inf, 0, 0
        d = len(shape.space)
        self._patience = max(3, math.ceil(0.5 * len(shape.numbers)))
        self._values = np.empty((64, d))
        self._rows = np.empty((64, d))
        # Class (done, pruned, failed), its two sorting keys and the known variance of the loss.
        self._marks = np.empty((64, 4))
        self._converted = 0
        self.factors: dict[int, Factor] = {}

    def add(self, row: OutcomeRow) -> None:
        """Take in one outcome."""
        if self.n == len(self._values):
            self._values = np.concatenate([self._values, np.empty_like(self._values)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
            self._marks = np.concatenate([self._marks, np.empty_like(self._marks)])
        self._values[self.n] = row.values
        loss = row.losses[0] if row.status is Status.DONE and row.losses else math.inf
        mark = (0.0, max(loss, -1.7e308), 0.0) if loss < math.inf else (2.0, math.inf, 0.0)
        if row.status is Status.PRUNED and row.last is not None:
            step, value = row.last
            mark = (1.0, -step, math.inf if math.isnan(value) else value)
        self._marks[self.n] = (*mark, max(0.0, float(row.metrics.get("loss_variance", 0.0))))
        self.keys.add(key(row.values))
        self.n += 1
        self.done += mark[0] == 0.0
        self._resize(loss)

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

    @property
    def rows(self) -> Floats:
        """(n, d) outcomes' points in the cube."""
        if self._converted < self.n:
            new = slice(self._converted, self.n)
            self._rows[new] = self.cube.rows(self._values[new])
            self._converted = self.n
        return self._rows[: self.n]

    def tried(self, history: History) -> set[bytes]:
        """The keys of all points that were tried or are being tried."""
        return self.keys | {key(row) for row in history.running()}

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


@lru_cache(maxsize=16)
def _covariance(shape: Cube) -> Covariance:
    return Covariance(shape)


class Search:
    """One suggestion."""

    def __init__(self, history: History, past: Past, ask: Ask) -> None:
        self.history, self.past, self.ask = history, past, ask
        self.cube = past.cube
        self.covariance = _covariance(self.cube)
        self.running = history.running()
        # The box has a model of its own, of the trials near the best one.
        self.boxed = ask.number % BOX_EVERY == BOX_EVERY - 1 and len(self.cube.numbers) > 0
        self.near = self.boxed and not self.cube.space.conditional and past.n > NEAR_FROM
        self.model = len(WARPS) if self.near else ask.number % len(WARPS)
        self.share = NEAR_WARP if self.near else WARPS[self.model]

    def suggest(self) -> Proposal:
        """Fit if it is time, condition, and maximise."""
        fit, new = self._fitted()
        theta, n = fit["theta"], fit["n"]
        held = np.concatenate([self.past.held(n, self.near), np.arange(n, self.past.n)])
        y, _ = self.past.warped(held, self.share)
        inputs = self.covariance.inputs(self.past.rows[held])
        factor = self._factor(theta, n, held, inputs)
        # K a = y - noise a, so the means at the rows need no covariances.
        posterior = Posterior(factor, y)
        noise = factor.noise + self._noise(n, held)
        means = y - noise * posterior.weights
        if len(self.running):
            factor = factor.copy()
            pending = self.covariance.inputs(self.cube.rows(self.running))
            factor.add(pending, np.zeros(len(pending)))
            posterior = Posterior(factor, y)
        note: dict[str, Any] = {"by": "gp"}
        if new:
            note["gp"] = {"model": self.model, **fit}
        rows = self.past.rows[held]
        if len(self.running) > BELIEVED:
            found = self._drawn(posterior, rows, means)
            note["by"] = "gp, drawn"
        else:
            found = self._maximised(posterior, rows, means, note)
        if found is None:
            left = unseen(self.history, self.past, self.ask)  # type: ignore[arg-type]
            if not len(left):
                return Proposal(sobol_start(self.history, self.ask), note=note)
            found = self.cube.rows(left)[int(self.ask.rng.integers(len(left)))]
        return Proposal(self.cube.point(found), note=note)

    # The model.

    def _fitted(self) -> tuple[dict[str, Any], bool]:
        """Theta with the number of outcomes it was fitted to, and whether that was done just now."""
        n, size = self.past.n, self.covariance.size

        def ours(note: Mapping[str, Any]) -> bool:
            fit = note.get("gp")
            return (
                fit is not None and fit["model"] == self.model and len(fit["theta"]) == size and fit["n"] <= n
            )

        note = self.history.latest_note(ours)
        before: dict[str, Any] | None = None if note is None else note["gp"]
        if before is not None and n - before["n"] < _wait(n):
            return {"n": before["n"], "theta": before["theta"]}, False
        held = self.past.held(n, self.near)
        if len(held) > FITTED_ON:
            held = self._sample(held)
        y, factor = self.past.warped(held, self.share)
        inputs = self.covariance.inputs(self.past.rows[held])
        fresh = self.covariance.start(self.covariance.dims(inputs))
        starts, most = [fresh], 25
        if before is not None:
            starts, most = [np.array(before["theta"])], 12
            if n < 100 and n // 10 > before["n"] // 10:
                starts, most = [*starts, fresh], 25
        noise = self.past.variances[held] * factor**2
        theta = self.covariance.fit(inputs, y, noise, starts, most)
        return {"n": n, "theta": list(theta)}, True

    def _sample(self, held: np.ndarray) -> np.ndarray:
        """The best half of `FITTED_ON` rows, and an even sample of the others."""
        y, _ = self.past.warped(held, self.share)
        order = np.argsort(y, kind="stable")
        best, others = held[order[: FITTED_ON // 2]], np.sort(held[order[FITTED_ON // 2 :]])
        places = np.linspace(0, len(others) - 1, FITTED_ON // 2).astype(np.intp)
        return np.union1d(best, others[places])

    def _noise(self, n: int, held: np.ndarray) -> Floats:
        """Known variances in units of the warped losses, as they were when theta was fitted."""
        variances = self.past.variances[held]
        if not variances.any():
            return np.zeros(len(held))
        scaled: Floats = variances * self.past.warped(self.past.held(n, self.near), self.share)[1] ** 2
        return scaled

    def _factor(self, theta: list[float], n: int, held: np.ndarray, inputs: Inputs) -> Factor:
        """The factor of all rows held: at once for those of the fit, one by one for those since."""
        first = len(held) - (self.past.n - n)
        kept = self.past.factors.get(self.model)
        if kept is None or (kept.first, kept.theta) != (first, tuple(theta)) or kept.n > len(held):
            noise = self._noise(n, held[:first])
            kept = Factor(self.covariance, theta, inputs.take(slice(0, first)), noise)
            self.past.factors[self.model] = kept
        if kept.n < len(held):
            rest = slice(kept.n, len(held))
            kept.add(inputs.take(rest), self._noise(n, held[rest]))
        return kept

    # The point.

    def _maximised(
        self, posterior: Posterior, rows: Floats, means: Floats, note: dict[str, Any]
    ) -> Floats | None:
        past, shape, rng = self.past, self.cube, self.ask.rng
        lengths = posterior.factor.lengths
        order = np.argsort(means, kind="stable")
        box = None
        if self.boxed:
            box = self._box(rows[order[0]], lengths)
            note["by"] = "gp, box"
        part = min(1.0, max(0.2, WORK / (FROM_PRIOR + NEAR) / len(rows) ** 2))
        counts = (int(part * FROM_PRIOR), int(part * NEAR))
        pool = candidates(shape, rows, self._centres(rows, order), lengths, counts, rng)
        if box is not None:
            near = pool[counts[0] :]
            pool = boxed(shape, near, rows[order[0]], box, counts[0], rng)
        trust = TRUST / past.n if len(shape.uneven) or len(shape.unbounded) else 0.0
        acquisition = Acquisition(shape, self.covariance, posterior, float(means.min()), trust)
        found = maximise(acquisition, pool, box, self._new, rng)
        if found is None:
            return None
        note["improvement"] = round(max(found[1], -1e6), 4)
        return found[0]

    def _centres(self, rows: Floats, order: np.ndarray) -> np.ndarray:
        """Rows to vary: those with the best means, and the best of each option of each choice."""
        centres = order[:CENTRES].tolist()
        for j in self.cube.labels:
            if self.cube.tables[j].decides:
                taken = rows[order, j]
                for k in range(len(self.cube.tables[j].values)):
                    with_it = np.flatnonzero(taken == k)
                    if len(with_it):
                        centres.append(int(order[with_it[0]]))
        return np.array(list(dict.fromkeys(centres)))

    def _box(self, centre: Floats, lengths: Floats) -> Box:
        numbers = self.cube.numbers
        relative = np.ones(len(centre))
        relative[numbers] = np.clip(lengths[numbers] / np.exp(np.log(lengths[numbers]).mean()), 0.2, 5.0)
        half = 0.5 * self.past.side * relative
        middle = np.where(np.isnan(centre), 0.5, centre)
        low = np.where(np.isnan(centre), 0.0, np.clip(middle - half, 0.0, 1.0))
        high = np.where(np.isnan(centre), 1.0, np.clip(middle + half, 0.0, 1.0))
        return Box(low, high)

    def _drawn(self, posterior: Posterior, rows: Floats, means: Floats) -> Floats | None:
        """Thompson sampling: the best point of one draw of the loss."""
        shape, rng = self.cube, self.ask.rng
        lengths = posterior.factor.lengths
        order = np.argsort(means, kind="stable")
        counts = (THOMPSON // 3, THOMPSON - THOMPSON // 3)
        pool = candidates(shape, rows, self._centres(rows, order), lengths, counts, rng)
        loss = posterior.draw(self.covariance.inputs(pool), rng)
        for i in np.argsort(loss, kind="stable").tolist():
            row = shape.snapped(pool[i])
            if self._new(row[None, :])[0]:
                return row
        return None

    def _new(self, rows: Floats) -> np.ndarray:
        """Which rows are points that nobody has tried or is trying."""
        tried = self.past.tried(self.history)
        encode = self.history.space.encode
        keys = (key(np.array(encode(self.cube.point(row)), dtype=float)) for row in rows)
        return np.array([each not in tried for each in keys])


def _wait(n: int) -> int:
    """After how many more outcomes than `n` theta is fitted again."""
    return 1 if n < OFTEN else min(n, MOST) // 20


def _start(history: History, past: Past, ask: Ask) -> Proposal:
    """A quasi-random point that nobody has tried or is trying."""
    point = sobol_start(history, ask)
    if key(np.array(history.space.encode(point), dtype=float)) in past.tried(history):
        point = any_new(history, past, ask) or point  # type: ignore[arg-type]
    return Proposal(point, note={"by": "sobol"})
