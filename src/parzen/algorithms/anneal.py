"""Annealing: draw near a good past trial, from a neighbourhood that shrinks as trials accumulate.

It follows Hyperopt's `anneal`: for each hyperparameter a past trial is drawn
from the ranking with a geometric law, and the new value comes from the prior
cut down to a window around that trial's value.
"""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.errors import InvalidArgument
from parzen.history.history import History, OutcomeRow, Status
from parzen.space.distributions.base import Distribution, Labels, Line


@dataclass(frozen=True, slots=True)
class Anneal:
    """Draws near good trials.

    Args:
        avg_best_idx: Mean rank, counted from 1, of the trial drawn as the centre; above 0.
        shrink_coef: The window is 1 / (1 + n shrink_coef) of the range after n trials; at least 0.
    """

    avg_best_idx: float = 2.0
    shrink_coef: float = 0.1

    def __post_init__(self) -> None:
        if not self.avg_best_idx > 0 or not self.shrink_coef >= 0:
            raise InvalidArgument(
                f"anneal needs avg_best_idx above 0 and shrink_coef of at least 0; got {self!r}"
            )

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """One draw for each active hyperparameter, near that of a good trial that used it.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        space, rng = history.space, ask.rng
        ranked = history.derived("anneal", _Ranked, _rank)
        shares = rng.random(len(space))
        ranks = rng.geometric(min(1.0, 1.0 / self.avg_best_idx), size=len(space)) - 1
        values: dict[int, float | int] = {}
        for j in space.order:
            if not space.uses(j, values):
                continue
            past = ranked.by_param.get(j, [])
            law = space.params[j].distribution
            if not past:
                values[j] = law.quantile(float(shares[j]))
                continue
            centre = past[min(int(ranks[j]), len(past) - 1)][-1]
            values[j] = _near(law, centre, float(shares[j]), 1.0 / (1.0 + len(past) * self.shrink_coef))
        return Proposal({space.params[j].label: values[j] for j in sorted(values)})


class _Ranked:
    """For each hyperparameter the trials that used it, best first: (class, loss, number, value)."""

    def __init__(self) -> None:
        self.by_param: dict[int, list[tuple[int, float, int, float]]] = {}


def _rank(ranked: _Ranked, row: OutcomeRow) -> None:
    good = row.status is Status.DONE and bool(row.losses)
    loss = row.losses[0] if good else float("inf")
    for j, x in enumerate(row.values.tolist()):
        if not math.isnan(x):
            insort(ranked.by_param.setdefault(j, []), (0 if good else 1, loss, row.number, x))


def _near(law: Distribution, centre: float, share: float, width: float) -> float | int:
    """A draw from the prior cut to a window of relative `width` around `centre`."""
    geometry = law.geometry
    if isinstance(geometry, Labels):
        # Keeps the centre with the probability that the window has shrunk.
        if share >= width:
            return law.plain(centre)
        return law.quantile(share / width)
    z = float(law.latent(np.array([centre]))[0])
    if isinstance(geometry, Line) and not geometry.bounded:
        from scipy.special import ndtri

        return law.plain(float(law.value(np.array([z + width * ndtri(share * (1 - 2e-16) + 1e-16)]))[0]))
    low = min(max(z - width / 2, 0.0), 1.0 - width)
    return law.plain(float(law.value(np.array([low + share * width]))[0]))
