"""Auto: the default. It picks the algorithm for each suggestion, by rules that look at the history alone.

| when | who suggests |
|---|---|
| the first trial | the middle of the prior |
| fewer than 10 trials have ended | quasi-random points |
| more than 64 trials are running | TPE: a Gaussian process knows too little of so many at once |
| up to 500 trials have ended | the Gaussian process, whatever the types of the hyperparameters |
| later | TPE, and every fourth time the Gaussian process on the best and the newest trials |

The rules were chosen by measurement: CMA-ES in the last line's place was worse
on all but one of the long numeric searches tried. A proposal's note says who
suggested it and why.
"""

from __future__ import annotations

from dataclasses import dataclass

from parzen.algorithms.base import Algorithm, Ask, Proposal
from parzen.algorithms.gp import GP
from parzen.algorithms.tpe import TPE
from parzen.history.history import History

MANY_RUNNING = 64
GP_UNTIL = 500  # trials that have ended
GP_LATER = 4  # then every fourth suggestion


@dataclass(frozen=True, slots=True)
class Auto:
    """The default algorithm.

    Args:
        n_startup_jobs: Trials that must have ended before a model is used, at least 1; until then
            points are quasi-random. Left out: 10.
    """

    n_startup_jobs: int | None = None

    def __post_init__(self) -> None:
        GP(self.n_startup_jobs)  # checks it

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The answer of the algorithm that the rules pick.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        chosen, why = self._chosen(history, ask.number)
        answer = chosen.suggest(history, ask)
        return Proposal(answer.point, answer.budget, {**answer.note, "why": why})

    def _chosen(self, history: History, number: int) -> tuple[Algorithm, str]:
        startup = self.n_startup_jobs
        running = len(history) - history.ended
        if running > MANY_RUNNING:
            return TPE(startup), f"{running} trials are running"
        if history.ended < GP_UNTIL:
            return GP(startup), f"fewer than {GP_UNTIL} trials have ended"
        if number % GP_LATER == GP_LATER - 1:
            return GP(startup), f"{GP_UNTIL} trials or more, every fourth"
        return TPE(startup), f"{GP_UNTIL} trials or more have ended"
