"""Importance: which share of the loss's variation each hyperparameter explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.insight.anova import Factor, Model
from parzen.insight.table import ENOUGH, Floats, Mask, Table, given, table, weights
from parzen.space.space import Condition

MOST = 300  # trials that a model is fitted to
FOLDS = 8


@dataclass(frozen=True)
class Importance:
    """How much of the loss's variation one hyperparameter explains.

    Attributes:
        label: The hyperparameter's.
        value: The share in [0, 1] of the variation among trials where it is active; NaN with fewer than
            30 of them.
        spread: One standard deviation of `value`; NaN likewise.
        trials: How many successful trials it was judged on.
        given: The branch it is conditional on, or None.
    """

    label: str
    value: float
    spread: float
    trials: int
    given: str | None = None

    @property
    def known(self) -> bool:
        """Whether there were enough trials to say anything."""
        return not np.isnan(self.value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; null for what is not known."""
        return {
            "label": self.label,
            "value": self.value if self.known else None,
            "spread": self.spread if self.known else None,
            "trials": self.trials,
            "given": self.given,
            "reason": None if self.known else f"too few trials: {self.trials} of {ENOUGH}",
        }


def importance(target: Any, *, objective: int = 0, metric: str | None = None) -> list[Importance]:
    """The share of the loss's variation that each hyperparameter explains, the largest first.

    Args:
        target: A `Study`, `Trials`, `Best` or `History`.
        objective: Which of several losses.
        metric: The name of a number beside the loss to explain in its place.

    Returns:
        One for each hyperparameter.

    Raises:
        InvalidArgument: If there is no such objective or metric.
    """
    return shares(table(target, objective, metric))


def shares(data: Table) -> list[Importance]:
    """`importance` of a table.

    Args:
        data: The trials.
    """
    groups: dict[Condition, list[int]] = {}
    for j, param in enumerate(data.space.params):
        groups.setdefault(param.condition, []).append(j)
    found: dict[int, Importance] = {}
    for members in groups.values():
        rows = ~np.isnan(data.shares[:, members[0]])
        count = int(rows.sum())
        values, spreads = _judged(data, rows, members)
        for j, value, spread in zip(members, values, spreads, strict=True):
            label = data.space.params[j].label
            found[j] = Importance(label, float(value), float(spread), count, given(data.space, j))
    order = sorted(found, key=lambda j: (-np.nan_to_num(found[j].value, nan=-1.0), j))
    return [found[j] for j in order]


def _judged(data: Table, rows: Mask, members: list[int]) -> tuple[Floats, Floats]:
    if rows.sum() < ENOUGH:
        return np.full(len(members), np.nan), np.full(len(members), np.nan)
    picked = np.flatnonzero(rows)[chosen(int(rows.sum()))]
    targets = scores(data.losses[rows])[chosen(int(rows.sum()))]
    if not np.ptp(targets) > 0:
        return np.zeros(len(members)), np.zeros(len(members))
    points = data.shares[picked]
    factors = factors_of(data, points)
    columns = [factor.column for factor in factors]
    own = np.array([not np.isnan(points[:, c]).any() for c in columns], dtype=bool)
    whole = Model(factors, points, targets)
    place = {c: i for i, c in enumerate(columns)}

    def of(model: Model) -> Floats:
        parts, total = model.variances(own)
        return np.array([parts[place[j]] / total if j in place else 0.0 for j in members])

    values = of(whole)
    folds = np.arange(len(targets)) % FOLDS
    again = np.array(
        [
            of(Model(factors, points[folds != k], targets[folds != k], start=whole.logs, steps=8))
            for k in range(FOLDS)
        ]
    )
    spread = np.sqrt((FOLDS - 1) / FOLDS * ((again - again.mean(axis=0)) ** 2).sum(axis=0))
    return np.clip(values, 0, 1), spread


def factors_of(data: Table, points: Floats) -> list[Factor]:
    """One factor for each hyperparameter that varies among some trials.

    Args:
        data: The trials' table.
        points: (n, d) shares of those trials.
    """
    made = []
    for j, param in enumerate(data.space.params):
        column = points[:, j]
        here = column[~np.isnan(column)]
        if len(here) and np.ptp(here) > 0:
            made.append(Factor(j, weights(param.distribution)))
    return made


def chosen(count: int) -> Any:
    """Which of `count` trials, sorted by loss, a model is fitted to: all, or the best and an even sample."""
    if count <= MOST:
        return np.arange(count)
    best = MOST // 3
    return np.concatenate([np.arange(best), np.linspace(best, count - 1, MOST - best).astype(int)])


def scores(losses: Floats) -> Floats:
    """Losses, sorted ascending, as what models explain: the better half to scale, the rest by rank.

    Args:
        losses: (n,) ascending; infinite ones allowed.

    Returns:
        (n,) finite, 0 at the median; ties stay ties.
    """
    from scipy.special import ndtri

    n = len(losses)
    distinct, place, counts = np.unique(losses, return_inverse=True, return_counts=True)
    if len(distinct) == 1:
        return np.zeros(n)
    below = np.cumsum(counts) - counts
    normal = ndtri((below + counts / 2) / n)[place]
    return np.asarray(normal, dtype=np.float64)
