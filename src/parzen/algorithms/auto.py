"""Auto: the default. It picks the algorithm for each suggestion, by rules that look at the history alone.

| when | who suggests |
|---|---|
| fewer than 10 trials have ended | quasi-random points |
| more than 64 trials are running | TPE: a Gaussian process knows too little of so many at once |
| up to 500 trials have ended | the Gaussian process, whatever the types of the hyperparameters |
| later, two or more numbers without choices | CMA-ES twice, then TPE, in turn, if `cmaes` is installed |
| later, otherwise | TPE, and every fourth time the Gaussian process on the best and the newest trials |

The rules were chosen by measurement; "How parzen decides" in the docs has the
tables. A proposal's note says who suggested it and why.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

from parzen.algorithms.base import Algorithm, Ask, Proposal
from parzen.algorithms.cmaes import CMAES, suits
from parzen.algorithms.gp import GP
from parzen.algorithms.tpe import TPE
from parzen.history.history import History

MANY_RUNNING = 64
GP_UNTIL = 500  # trials that have ended
GP_LATER = 4  # then every fourth suggestion
CMAES_MOST = 50  # hyperparameters


@dataclass(frozen=True, slots=True)
class Auto:
    """The default algorithm.

    Args:
        n_startup_jobs: Trials that must have ended before a model is used, at least 1; until then
            points are quasi-random. Left out: 10.
        cmaes: Whether long searches may use CMA-ES, which needs the library `cmaes`. Left out: whether
            it is installed; the study keeps the answer, so that a search goes on as it began.
    """

    n_startup_jobs: int | None = None
    cmaes: bool | None = None

    def __post_init__(self) -> None:
        GP(self.n_startup_jobs)  # checks it
        if self.cmaes is None:
            object.__setattr__(self, "cmaes", find_spec("cmaes") is not None)

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
        space, startup = history.space, self.n_startup_jobs
        running = len(history) - history.ended
        if running > MANY_RUNNING:
            return TPE(startup), f"{running} trials are running"
        if history.ended < GP_UNTIL:
            return GP(startup), f"fewer than {GP_UNTIL} trials have ended"
        if self.cmaes and suits(space) and len(space) <= CMAES_MOST:
            turn = number % 3 == 2
            why = f"{GP_UNTIL} trials or more, all hyperparameters numbers"
            return (TPE(startup) if turn else CMAES(GP_UNTIL)), why
        if number % GP_LATER == GP_LATER - 1:
            return GP(startup), f"{GP_UNTIL} trials or more, every fourth"
        return TPE(startup), f"{GP_UNTIL} trials or more have ended"
