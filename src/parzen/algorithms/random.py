"""Random search: every hyperparameter drawn from its prior, independently of all that happened.

Source: Bergstra and Bengio, "Random search for hyper-parameter optimization",
JMLR 13 (2012).
"""

from __future__ import annotations

from dataclasses import dataclass

from parzen.algorithms.base import Ask, Proposal
from parzen.history.history import History


@dataclass(frozen=True, slots=True)
class Random:
    """Draws from the prior."""

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """One draw; only the trial's number and the seed matter.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        shares = ask.rng.random(len(history.space)).tolist()
        return Proposal(history.space.point_from(shares.__getitem__))
