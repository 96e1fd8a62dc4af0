"""What the rules about hyperparameters look at: trials, importance, and a model near the best trial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parzen.history.history import History
from parzen.insight.anova import Model
from parzen.insight.shares import Importance, at_most, chosen, factors_of, shares
from parzen.insight.table import Floats, Table

STRETCH = 20.0  # how much differences near the best one are stretched
MOST_ABOVE = 10.0  # times what was gained: losses above are all alike
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
    def gained(self) -> float:
        """What the search gained: from the median of its first trials (a tenth, at least ten) to the best."""
        first = self.data.losses[np.argsort(self.data.numbers)][: max(10, len(self.data) // 10)]
        with np.errstate(invalid="ignore"):
            return float(np.median(first) - self.data.losses[0])

    @cached_property
    def model(self) -> Model | None:
        """The loss above the best one, in terms of what the search gained and compressed logarithmically.

        Ranks would do for few trials; in a search that has come to rest they would tell
        apart what does not differ.
        """
        picked = chosen(len(self.data), at_most(len(self.data.space)))
        targets = self.reduced(self.data.losses)[picked]
        if not np.ptp(targets) > 0:
            return None
        points = self.data.shares[picked]
        return Model(factors_of(self.data, points), points, targets / targets.std())

    def reduced(self, losses: Floats) -> Floats:
        """Losses from 0 at the best one to 1 where the search began, and little above for worse ones.

        Args:
            losses: (n,) minimised.
        """
        scale = self.gained
        if not 0 < scale < np.inf:
            finite = self.data.losses[np.isfinite(self.data.losses)]
            scale = float(np.ptp(finite)) if len(finite) else 0.0
        if not 0 < scale < np.inf:
            return np.where(losses > self.data.losses[0], 1.0, 0.0)
        with np.errstate(invalid="ignore"):
            above = np.nan_to_num((losses - self.data.losses[0]) / scale, nan=0.0, posinf=MOST_ABOVE)
        made: Floats = np.log1p(STRETCH * np.clip(above, 0, MOST_ABOVE)) / np.log1p(STRETCH)
        return made

    def best_count(self) -> int:
        """How many trials are called the best: a tenth, from five to fifty."""
        return min(len(self.data), max(5, min(50, len(self.data) // 10)))

    def excess(self, points: Floats, base: Floats) -> tuple[Floats, Floats]:
        """By how much points are expected to be worse than one point, and how sure that is.

        Args:
            points: (m, d) shares.
            base: (d,) shares.

        Returns:
            (m,) differences in standard deviations of the reduced losses, and how unsure each is.
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
