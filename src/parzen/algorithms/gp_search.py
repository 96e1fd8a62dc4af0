"""One suggestion of the Gaussian process: fit if it is time, condition on the past, maximise."""

from __future__ import annotations

from collections.abc import Mapping
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
from parzen.algorithms.cube import Cube
from parzen.algorithms.gp_past import MOST, Past
from parzen.algorithms.quasirandom import sobol_start
from parzen.algorithms.surrogate import Factor, Posterior
from parzen.algorithms.untried import key, untried
from parzen.history.history import Floats, History

WARPS = (0.5, 0.75)  # quantiles of the half-rank warps that take turns
BOX_EVERY = 4
NEAR_FROM, NEAR_WARP = 15, 0.75  # the model of the box: from how many outcomes on, and its warp
OFTEN = 40  # outcomes until which settings are fitted for each of them; then for each twentieth part
FITTED_ON = 256  # of the outcomes held, when settings are fitted
BELIEVED = 16  # running trials from which on points are drawn (Thompson) instead of maximised
THOMPSON = 256  # points of one such draw
TRUST = 10.0  # trials that the user's prior is worth


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
            left = untried(self.history, self.past, self.ask)
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
        fit = (n, *theta)
        of, factor = self.past.factors.get(self.model, ((), None))
        if factor is None or of != fit or factor.n > len(held):
            first = len(held) - (self.past.n - n)
            noise = self._noise(n, held[:first])
            factor = Factor(self.covariance, theta, inputs.take(slice(0, first)), noise)
            self.past.factors[self.model] = (fit, factor)
        if factor.n < len(held):
            rest = slice(factor.n, len(held))
            factor.add(inputs.take(rest), self._noise(n, held[rest]))
        return factor

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
        encode, tried = self.history.space.encode, self.past.keys
        running = {key(row) for row in self.running}
        found = [key(np.array(encode(self.cube.point(row)), dtype=float)) for row in rows]
        return np.array([own not in tried and own not in running for own in found])


def _wait(n: int) -> int:
    """After how many more outcomes than `n` theta is fitted again."""
    return 1 if n < OFTEN else min(n, MOST) // 20
