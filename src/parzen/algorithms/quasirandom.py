"""Quasi-random search: trial number i gets point i of a scrambled Sobol sequence.

The points of any stretch of trials cover the space more evenly than random
ones. TPE starts with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.sobol import scramble, sobol_point
from parzen.history.history import History


@dataclass(frozen=True, slots=True)
class QuasiRandom:
    """Sobol points mapped through the prior's quantiles."""

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """Point number `ask.number`.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        return Proposal(sobol_start(history, ask))


def sobol_start(history: History, ask: Ask) -> dict[str, float | int]:
    """The quasi-random point of a trial.

    Args:
        history: Only its space matters.
        ask: Only number and seed matter.
    """
    d = len(history.space)
    if d == 0:
        return {}
    shares = sobol_point(ask.number, d, scramble(d, ask.study_rng("sobol"))).tolist()
    return history.space.point_from(shares.__getitem__)


def first_points(history: History, ask: Ask) -> Proposal:
    """How a model-based search begins: in the middle of the prior, then quasi-randomly.

    People centre their ranges on what they believe in, and of most functions the middle is
    better than a random point.

    Args:
        history: Only its space matters.
        ask: Only number and seed matter.
    """
    if ask.number == 0:
        return Proposal(history.space.point_from(lambda _: 0.5), note={"by": "middle"})
    return Proposal(sobol_start(history, ask), note={"by": "sobol"})
