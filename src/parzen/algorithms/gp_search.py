"""One suggestion of the Gaussian process: fit if it is time, condition on the past, maximise."""

from __future__ import annotations

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
from parzen.algorithms.gp_models import BOX, DOUBT, FAILURES, WHOLE, Conditioned, covariance_of
from parzen.algorithms.gp_past import Past
from parzen.algorithms.quasirandom import sobol_start
from parzen.algorithms.surrogate import Feasible, Posterior
from parzen.algorithms.untried import key, untried
from parzen.history.history import Floats, History

BOX_EVERY = 4
NEAR_FROM = 15  # outcomes from which on the box has its own model
BELIEVED = 16  # running trials from which on points are drawn (Thompson) instead of maximised
THOMPSON = 256  # points of one such draw
CAUTION, CAUTION_MOST = 6.0, 3000.0  # see `Feasible`; times 3 for each failure among the newest outcomes
RECENT = 20  # of these, after the first
SKILLED = 0.25  # from which skill on all of it counts; without any, failures are bad luck
TRUST = 10.0  # trials that the user's prior is worth
LIKELY = float(np.log(0.5))


class Search:
    """One suggestion."""

    def __init__(self, history: History, past: Past, ask: Ask) -> None:
        self.history, self.past, self.ask = history, past, ask
        self.cube = past.cube
        self.covariance = covariance_of(self.cube)
        self.running = history.running()
        # The box has a model of its own, of the trials near the best one.
        self.boxed = ask.number % BOX_EVERY == BOX_EVERY - 1 and len(self.cube.numbers) > 0
        near = self.boxed and not self.cube.space.conditional and past.n > NEAR_FROM
        self.model = BOX if near else WHOLE[ask.number % len(WHOLE)]

    def suggest(self) -> Proposal:
        """Fit if it is time, condition, and maximise."""
        losses = Conditioned(self.history, self.past, self.model)
        models = [losses]
        feasible = None
        if self.past.failed.any():
            failures = Conditioned(self.history, self.past, FAILURES)
            models.append(failures)
            feasible = self._feasible(failures)
        posterior = Posterior(losses.factor, losses.y)
        means = losses.means(posterior.weights)
        if len(self.running):
            factor = losses.factor.copy()
            pending = self.covariance.inputs(self.cube.rows(self.running))
            factor.add(pending, np.zeros(len(pending)))
            posterior = Posterior(factor, losses.y)
        note: dict[str, Any] = {"by": "gp"}
        fits = [model.fit for model in models if model.new]
        if fits:
            note["fits"] = fits
        rows = self.past.rows[losses.held]
        if len(self.running) > BELIEVED:
            found = self._drawn(posterior, feasible, rows, means)
            note["by"] = "gp, drawn"
        else:
            found = self._maximised(posterior, feasible, rows, means, note)
        if found is None:
            left = untried(self.history, self.past, self.ask)
            if not len(left):
                return Proposal(sobol_start(self.history, self.ask), note=note)
            found = self.cube.rows(left)[int(self.ask.rng.integers(len(left)))]
        return Proposal(self.cube.point(found), note=note)

    def _feasible(self, failures: Conditioned) -> Feasible:
        recent = self.past.failed[self.past.startup :][-RECENT:]
        caution = min(CAUTION * 3.0 ** int(recent.sum()), CAUTION_MOST)
        caution **= min(1.0, failures.skill() / SKILLED)
        noise = failures.factor.noise + DOUBT
        return Feasible(Posterior(failures.factor, failures.y), failures.level, noise, caution)

    def _maximised(
        self,
        posterior: Posterior,
        feasible: Feasible | None,
        rows: Floats,
        means: Floats,
        note: dict[str, Any],
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
        acquisition = Acquisition(shape, self.covariance, posterior, float(means.min()), trust, feasible)
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

    def _drawn(
        self, posterior: Posterior, feasible: Feasible | None, rows: Floats, means: Floats
    ) -> Floats | None:
        """Thompson sampling: the best point of one draw of the loss, among those more likely to succeed."""
        shape, rng = self.cube, self.ask.rng
        lengths = posterior.factor.lengths
        order = np.argsort(means, kind="stable")
        counts = (THOMPSON // 3, THOMPSON - THOMPSON // 3)
        pool = candidates(shape, rows, self._centres(rows, order), lengths, counts, rng)
        inputs = self.covariance.inputs(pool)
        loss = posterior.draw(inputs, rng)
        doubtful = (
            np.zeros(len(pool))
            if feasible is None
            else feasible.log_probability(inputs) < LIKELY * feasible.caution
        )
        for i in np.lexsort((loss, doubtful)).tolist():
            row = shape.snapped(pool[i])
            if self._new(row[None, :])[0]:
                return row
        return None

    def _new(self, rows: Floats) -> np.ndarray:
        """Which rows are points that nobody has tried or is trying."""
        encode, tried = self.history.space.encode, self.past.keys
        running = {key(row) for row in self.running}
        found = [key(np.array(encode(self.cube.point(row)), dtype=float)) for row in rows]
        return np.array([own not in tried and own not in running for own in found])
