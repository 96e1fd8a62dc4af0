"""GP: Bayesian optimisation with a lean Gaussian process over mixed and conditional spaces.

Losses are warped so that bad ones cannot hurt, a Gaussian process with a
length for each hyperparameter is conditioned on them, and the point with the
largest expected improvement is proposed. Two warps take turns. Every fourth
suggestion stays in a box around the best; there the model is one of the
trials near the best, since a length that fits the whole space may fit nothing
in particular.

The model's settings are fitted on a schedule of the number of outcomes. What
was found is kept in the proposal's note, where later suggestions read it; so
a suggestion can be recomputed from the log alone.

Sources: Jones, Schonlau and Welch, J. Global Optimization 13 (1998), for
expected improvement; Eriksson et al., "Scalable global optimization via local
Bayesian optimization", NeurIPS 2019, section 2, for the box; Hvarfner et al.,
"piBO", ICLR 2022, equation 6, for the user's prior. Choices and constants are
ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.gp_past import Past, past_of
from parzen.algorithms.gp_search import Search
from parzen.algorithms.quasirandom import first_points
from parzen.algorithms.untried import any_untried, key
from parzen.errors import InvalidArgument
from parzen.history.history import History
from parzen.numerics.threads import one_thread

STARTUP = 10
LEAST = 5  # of them must have succeeded


@dataclass(frozen=True, slots=True)
class GP:
    """Settings of the Gaussian process.

    Args:
        n_startup_jobs: So many trials come before the model is used, at least 1; their points are
            quasi-random. Of those that run at once some may still be running. Left out: 10.
    """

    n_startup_jobs: int | None = None

    def __post_init__(self) -> None:
        if self.n_startup_jobs is not None and self.n_startup_jobs < 1:
            raise InvalidArgument(f"n_startup_jobs must be at least 1; got {self.n_startup_jobs!r}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The point with the largest expected improvement.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        # Far kernels underflow to 0, as they should; the user's np.seterr is not asked.
        with np.errstate(under="ignore"), one_thread():
            startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
            past = past_of(history, startup)
            if len(history) < startup or past.done < max(2, min(startup, LEAST)) or not len(history.space):
                return _start(history, past, ask)
            return Search(history, past, ask).suggest()


def _start(history: History, past: Past, ask: Ask) -> Proposal:
    """The middle of the prior or a quasi-random point; another one if that was tried or is being tried."""
    first = first_points(history, ask)
    if key(np.array(history.space.encode(first.point), dtype=float)) in past.tried(history):
        return Proposal(any_untried(history, past, ask) or first.point, note=first.note)
    return first
