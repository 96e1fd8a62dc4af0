"""Auto: the default. It picks the algorithm for each suggestion, by rules that look at the history alone.

| when | who suggests |
|---|---|
| the first trial | the middle of the prior |
| more than 64 trials are running | TPE: a Gaussian process knows too little of so many at once |
| numbers only, and at most 30: the first 25, then every second | the local search |
| the first 10 trials | quasi-random points |
| with choices: from 40 to 500 trials every fifth time | TPE |
| up to 500 trials have ended | the Gaussian process, whatever the types |
| later | TPE, and every fourth time the Gaussian process |

The rules were chosen by measurement. What is mixed errs elsewhere: where one is
wrong, a search with both loses less. CMA-ES in the last line's place was worse
on all but one of the long numeric searches tried. A proposal's note says who
suggested it and why.
"""

from __future__ import annotations

from dataclasses import dataclass

from parzen.algorithms.base import Algorithm, Ask, Proposal
from parzen.algorithms.gp import GP, STARTUP
from parzen.algorithms.local import Local, suits
from parzen.algorithms.tpe import TPE
from parzen.history.history import History

MANY_RUNNING = 64
GP_UNTIL = 500  # trials that have ended
LOCAL_UNTIL = 25  # trials of numbers alone; then every second
TPE_FROM, TPE_EVERY = 40, 5  # from so many on every fifth suggestion is TPE's
GP_LATER = 4  # then every fourth suggestion is the Gaussian process's


@dataclass(frozen=True, slots=True)
class Auto:
    """The default algorithm.

    Args:
        n_startup_jobs: So many trials come before a model of the whole space is used, at least 1;
            their points are quasi-random. Left out: 10. Of numbers alone, the local search has so
            many, and 25 at least.
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
        first = STARTUP if startup is None else startup
        running, ended = len(history) - history.ended, history.ended
        local = suits(history.space)
        if running > MANY_RUNNING:
            return TPE(startup), f"{running} trials are running"
        if len(history) < first:
            return (Local if local else GP)(startup), f"one of the first {first} trials"
        if local and len(history) < LOCAL_UNTIL:
            return Local(startup), f"numbers only, one of the first {LOCAL_UNTIL} trials"
        if local and number % 2 == 1:
            return Local(startup), "numbers only, every second"
        if ended < GP_UNTIL:
            if not local and number % TPE_EVERY == 1 and ended >= max(first, TPE_FROM):
                return TPE(startup), f"every fifth after {TPE_FROM} trials"
            return GP(startup), f"fewer than {GP_UNTIL} trials have ended"
        if number % GP_LATER == (0 if local else GP_LATER - 1):
            return GP(startup), f"{GP_UNTIL} trials or more, every fourth"
        return TPE(startup), f"{GP_UNTIL} trials or more have ended"
