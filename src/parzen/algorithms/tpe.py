"""TPE: a tree-structured Parzen estimator over the whole conditional space.

Past trials are split into a few good ones and the rest. Each set becomes a
mixture of product kernels over all hyperparameters at once, conditional ones
included: l from the good trials, g from the rest. Candidates are drawn from
l value by value, and the one with the largest l / g is proposed.

It differs from the original in what our measurements showed to matter: joint
kernels, one bandwidth for both mixtures, weights by rank in both, a
quasi-random start, running trials counted as bad ones, failures learned as
bad, and no point proposed twice while others are left.

Sources: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter
optimization", NIPS 2011, section 4, for l, g and their ratio; Watanabe, arXiv
2304.11127 (2023), for the mixture of product kernels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.algorithms.encoding import encoding
from parzen.algorithms.quasirandom import first_points
from parzen.algorithms.tpe_model import Model
from parzen.algorithms.tpe_seen import Seen
from parzen.algorithms.untried import any_untried
from parzen.errors import InvalidArgument
from parzen.history.history import History

STARTUP = 10
GOOD_SHARE, GOOD_MOST = 0.15, 25  # of all ended trials, and never more than that many


@dataclass(frozen=True, slots=True)
class TPE:
    """Settings of TPE. Those left out have our meaning, those given have Hyperopt's.

    Args:
        n_startup_jobs: Trials that must have ended before the model is used, at least 0.
            Left out: 10. Until then points are quasi-random. With ``mode="hyperopt"``: 20,
            running trials count too, and until then points are random.
        prior_weight: Weight of the prior in each mixture, in trials; above 0.
        n_EI_candidates: Draws from l among which the best ratio is taken, at least 1.
        gamma: If given, ``min(ceil(gamma * sqrt(n)), 25)`` of n trials are good, as in Hyperopt.
            Left out: 15 % of them, at most 25.
        mode: ``"parzen"``, or ``"hyperopt"`` for Hyperopt's own rules (see `parzen.algorithms.tpe_classic`).
        verbose: Accepted for Hyperopt's sake; it changes nothing.
    """

    n_startup_jobs: int | None = None
    prior_weight: float = 1.0
    n_EI_candidates: int = 24  # noqa: N815  # Hyperopt's name
    gamma: float | None = None
    mode: Literal["parzen", "hyperopt"] = "parzen"
    verbose: bool = True

    def __post_init__(self) -> None:
        if self.mode not in ("parzen", "hyperopt"):
            raise InvalidArgument(f"mode must be 'parzen' or 'hyperopt'; got {self.mode!r}")
        if self.n_startup_jobs is not None and self.n_startup_jobs < 0:
            raise InvalidArgument(f"n_startup_jobs must be at least 0; got {self.n_startup_jobs!r}")
        if not self.prior_weight > 0 or self.n_EI_candidates < 1:
            raise InvalidArgument(
                "prior_weight must be above 0 and n_EI_candidates at least 1; "
                f"got {self.prior_weight!r} and {self.n_EI_candidates!r}"
            )
        if self.gamma is not None and not self.gamma > 0:
            raise InvalidArgument(f"gamma must be above 0; got {self.gamma!r}")

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The point with the largest ratio l / g among draws from l.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        if self.mode == "hyperopt":
            from parzen.algorithms.tpe_classic import suggest

            return suggest(self, history, ask)
        # Far components underflow to 0, as they should; the user's np.seterr is not asked.
        with np.errstate(under="ignore"):
            return self._suggest(history, ask)

    def _suggest(self, history: History, ask: Ask) -> Proposal:
        code = encoding(history.space)
        seen = history.derived("tpe", lambda: Seen(code), Seen.add)
        startup = STARTUP if self.n_startup_jobs is None else self.n_startup_jobs
        if history.ended < startup:
            first = first_points(history, ask)
            if seen.repeats and seen.has(history, history.space.encode(first.point)):
                return Proposal(any_untried(history, seen, ask) or first.point, note=first.note)
            return first
        model = Model(
            history,
            seen,
            good=self.good(history.ended),
            prior=self.prior_weight,
            wanted=self.n_EI_candidates,
        )
        return model.suggest(ask)

    def good(self, n: int) -> int:
        """How many of `n` ended trials are good ones."""
        if self.gamma is None:
            return min(max(math.ceil(GOOD_SHARE * n), 2 if n > 2 else 1), GOOD_MOST)
        return min(math.ceil(self.gamma * math.sqrt(n)), GOOD_MOST)
