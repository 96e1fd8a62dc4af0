"""The models of the Gaussian process: of losses, two in turn and one near the best, and of failures.

Each is fitted on a schedule of the number of outcomes. What was found is kept
in the proposal's note, and what comes between two fits is only appended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from parzen.algorithms.covariance import Covariance
from parzen.algorithms.cube import Cube
from parzen.algorithms.gp_past import MOST, Past
from parzen.algorithms.surrogate import Factor
from parzen.history.history import Floats, History

OFTEN = 40  # outcomes until which settings are fitted for each of them; then for each twentieth part
FITTED_ON = 256  # of the outcomes held, when settings are fitted
DOUBT = 0.2  # variance of a mark of failure: the edge of a region is sharper than any smooth model
COLD, WARM = 25, 12  # iterations of a fit from nothing, and from the last one


@dataclass(frozen=True, slots=True)
class Model:
    """What a model is of.

    Attributes:
        number: Tells models apart in notes.
        share: Quantile of the half-rank warp of the losses; None for the model of failures.
        near: Whether it holds only the neighbourhood of the best.
    """

    number: int
    share: float | None
    near: bool = False


WHOLE = (Model(0, 0.5), Model(1, 0.75))  # they take turns
BOX = Model(2, 0.75, near=True)
FAILURES = Model(3, None)


@lru_cache(maxsize=16)
def covariance_of(shape: Cube) -> Covariance:
    """The covariance over a space's cube, made once."""
    return Covariance(shape)


class Conditioned:
    """A model conditioned on the past.

    Attributes:
        fit: Its number, theta, and how many outcomes there were when that was fitted.
        new: Whether that was done just now.
        held: (k,) indices of the outcomes it holds.
        y: (k,) standardised losses, or marks of failures.
        level: The standardised mark half-way between success and failure; for the model of failures.
        factor: Of the k outcomes.
    """

    def __init__(self, history: History, past: Past, model: Model) -> None:
        self.past, self.model = past, model
        self.covariance = covariance_of(past.cube)
        self.fit, self.new = self._fitted(history)
        n = self.fit["n"]
        since = np.arange(n, past.n)
        self.first = self._kept(past.held(n, model.near))
        self.held = np.concatenate([self.first, self._kept(since)])
        self.level = 0.0
        self.y = self._targets(self.held)[0]
        self.factor = self._factored(n)

    def means(self, weights: Floats) -> Floats:
        """(k,) posterior means at the outcomes held.

        Args:
            weights: (k,) of the posterior: K^-1 y.
        """
        # K a = y - noise a, so they need no covariances.
        means: Floats = self.y - (self.factor.noise + self._noise(self.held)) * weights
        return means

    def skill(self) -> float:
        """The share of the targets' variance that each outcome's is foretold from the others', at least 0.

        Source: Rasmussen and Williams (2006), equation 5.12.
        """
        n = len(self.y)
        inverse = self.factor.inverse[:n, :n]
        errors = (inverse @ self.y) @ inverse / np.einsum("ij,ij->j", inverse, inverse)
        return max(0.0, 1.0 - float(errors @ errors) / max(float(self.y @ self.y), 1e-300))

    def _kept(self, which: np.ndarray) -> np.ndarray:
        """A model of losses leaves failures out: the other model has them."""
        return which if self.model.share is None else which[~self.past.failed[which]]

    def _targets(self, which: np.ndarray) -> tuple[Floats, float]:
        """Standardised losses or marks, and the factor by which small differences were multiplied."""
        if self.model.share is not None:
            return self.past.warped(which, self.model.share)
        marks = np.where(self.past.failed[which], 1.0, -1.0)
        deviation = max(float(marks.std()), 1e-3)
        self.level = -float(marks.mean()) / deviation
        return (marks - marks.mean()) / deviation, 1.0

    def _fitted(self, history: History) -> tuple[dict[str, Any], bool]:
        """The last fit in the notes if it is recent enough, else a new one."""
        n, size, number = self.past.n, self.covariance.size, self.model.number

        def ours(note: Mapping[str, Any]) -> bool:
            return any(
                fit["model"] == number and len(fit["theta"]) == size and fit["n"] <= n
                for fit in note.get("fits", ())
            )

        note = history.latest_note(ours)
        before: dict[str, Any] | None = None
        if note is not None:
            before = next(fit for fit in note["fits"] if fit["model"] == number)
            if n - before["n"] < _wait(n):
                return before, False
        held = self._kept(self.past.held(n, self.model.near))
        if len(held) > FITTED_ON:
            held = self._sample(held)
        y, factor = self._targets(held)
        inputs = self.covariance.inputs(self.past.rows[held])
        fresh = self.covariance.start(self.covariance.dims(inputs))
        starts, most = [fresh], COLD
        if before is not None:
            starts, most = [np.array(before["theta"])], WARM
            if n < 100 and n // 10 > before["n"] // 10:
                starts, most = [*starts, fresh], COLD
        noise = self._variances(held) * factor**2
        theta = self.covariance.fit(inputs, y, noise, starts, most)
        return {"model": number, "n": n, "theta": list(theta)}, True

    def _sample(self, held: np.ndarray) -> np.ndarray:
        """The lowest half of `FITTED_ON` outcomes, and an even sample of the others."""
        order = np.argsort(self._targets(held)[0], kind="stable")
        best, others = held[order[: FITTED_ON // 2]], np.sort(held[order[FITTED_ON // 2 :]])
        places = np.linspace(0, len(others) - 1, FITTED_ON // 2).astype(np.intp)
        return np.union1d(best, others[places])

    def _variances(self, which: np.ndarray) -> Floats:
        return np.full(len(which), DOUBT) if self.model.share is None else self.past.variances[which]

    def _noise(self, which: np.ndarray) -> Floats:
        """Known variances in units of the targets, as they were when theta was fitted."""
        variances = self._variances(which)
        if self.model.share is None or not variances.any():
            return variances
        scaled: Floats = variances * self.past.warped(self.first, self.model.share)[1] ** 2
        return scaled

    def _factored(self, n: int) -> Factor:
        """The factor of the outcomes held: at once for those of the fit, one by one for those since."""
        inputs = self.covariance.inputs(self.past.rows[self.held])
        fit = (n, *self.fit["theta"])
        of, factor = self.past.factors.get(self.model.number, ((), None))
        if factor is None or of != fit or factor.n > len(self.held):
            first = len(self.first)
            noise = self._noise(self.held[:first])
            factor = Factor(self.covariance, self.fit["theta"], inputs.take(slice(0, first)), noise)
            self.past.factors[self.model.number] = (fit, factor)
        if factor.n < len(self.held):
            rest = slice(factor.n, len(self.held))
            factor.add(inputs.take(rest), self._noise(self.held[rest]))
        return factor


def _wait(n: int) -> int:
    """After how many more outcomes than `n` theta is fitted again."""
    return 1 if n < OFTEN else min(n, MOST) // 20
