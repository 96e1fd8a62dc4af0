"""What the rules about hyperparameters look at: trials, importance, and a model near the best trial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parzen.history.history import History
from parzen.insight.anova import Model
from parzen.insight.shares import Importance, chosen, factors_of, scores, shares
from parzen.insight.table import Floats, Table

SURE = 2.0  # standard deviations that a difference must have to be called one


@dataclass(frozen=True, eq=False)
class Evidence:
    """Trials and what was computed from them once.

    Attributes:
        data: The trials with a loss, the best first.
    """

    data: Table

    @property
    def history(self) -> History:
        """All trials."""
        return self.data.history

    @cached_property
    def importance(self) -> dict[str, Importance]:
        """Label -> importance."""
        return {one.label: one for one in shares(self.data)}

    @cached_property
    def model(self) -> Model | None:
        """The loss's rank among the trials, which tells trials near the optimum apart."""
        picked = chosen(len(self.data))
        ranked = scores(self.data.losses)[picked]
        if not np.ptp(ranked) > 0:
            return None
        points = self.data.shares[picked]
        return Model(factors_of(self.data, points), points, ranked)

    def best_count(self) -> int:
        """How many trials are called the best: a tenth, at least five."""
        return min(len(self.data), max(5, len(self.data) // 10))

    def excess(self, points: Floats, base: Floats) -> tuple[Floats, Floats]:
        """By how much points are expected to be worse than one point, and how sure that is.

        Args:
            points: (m, d) shares.
            base: (d,) shares.

        Returns:
            (m,) differences of ranks' normal scores and their standard deviations.
        """
        assert self.model is not None
        mean, spread = self.model.posterior(np.vstack([base[None, :], points]))
        variance = np.diag(spread)[1:] + spread[0, 0] - 2 * spread[0, 1:]
        return mean[1:] - mean[0], np.sqrt(np.maximum(variance, 1e-12))

    def along(self, j: int, places: Floats, base: Floats) -> Floats:
        """A point with one hyperparameter moved to each of several places.

        Args:
            j: Which.
            places: (m,) shares or options.
            base: (d,) shares.
        """
        points = np.repeat(base[None, :], len(places), axis=0)
        points[:, j] = places
        return points
