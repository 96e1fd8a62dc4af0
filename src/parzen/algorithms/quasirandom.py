"""Quasi-random search: trial number i gets point i of a scrambled Sobol sequence.

The points of any stretch of trials cover the space more evenly than random
ones. TPE and the Gaussian process start with some, in the middle half of each range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.cube import cube
from parzen.algorithms.sobol import scramble, sobol_point
from parzen.history.history import Floats, History

FIRST = 10  # points of a model-based search that lie around the middle
MIDDLE = 0.5  # and in this share of a number's law


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
    return history.space.point_from(_shares(history, ask).tolist().__getitem__)


def first_points(history: History, ask: Ask) -> Proposal:
    """How a model-based search begins: in the middle of the prior, then quasi-randomly around it.

    People centre their ranges on what they believe in, and of most functions the middle is
    better than a random point. So the numbers of the first ten come from the middle half of
    their law. Later ones, which are asked for where hardly any trial succeeds, come from all.

    Args:
        history: Only its space matters.
        ask: Only number and seed matter.
    """
    if ask.number == 0:
        return Proposal(history.space.point_from(lambda _: 0.5), note={"by": "middle"})
    shares = _shares(history, ask)
    if ask.number < FIRST:
        numbers = cube(history.space).numbers
        shares[numbers] = 0.5 + MIDDLE * (shares[numbers] - 0.5)
    return Proposal(history.space.point_from(shares.tolist().__getitem__), note={"by": "sobol"})


def _shares(history: History, ask: Ask) -> Floats:
    """(d,) the shares of the laws below a trial's quasi-random point."""
    d = len(history.space)
    return sobol_point(ask.number, d, scramble(d, ask.study_rng("sobol"))) if d else np.empty(0)
