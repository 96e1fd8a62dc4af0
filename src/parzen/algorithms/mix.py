"""A mixture: each trial is suggested by one of several algorithms, drawn at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parzen.algorithms.base import Algorithm, Ask, Proposal
from parzen.errors import InvalidArgument
from parzen.history.history import History


@dataclass(frozen=True, slots=True)
class Mix:
    """Draws which algorithm answers.

    Args:
        p_suggest: Pairs (probability, algorithm); the probabilities sum to 1.
    """

    p_suggest: Sequence[tuple[float, Algorithm]]

    def __post_init__(self) -> None:
        shares = [share for share, _ in self.p_suggest]
        if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
            raise InvalidArgument(f"the probabilities of p_suggest must sum to 1; got {shares}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The drawn algorithm's answer; the note says which it was.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        draw, below = ask.study_rng(f"mix/{ask.number}").random(), 0.0
        for share, algorithm in self.p_suggest:  # noqa: B007  # the last one takes what rounding leaves
            below += share
            if draw < below:
                break
        answer = algorithm.suggest(history, ask)
        return Proposal(answer.point, answer.budget, {**answer.note, "by": type(algorithm).__name__})
