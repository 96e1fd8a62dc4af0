"""``hyperopt.tpe``: the tree-structured Parzen estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from parzen.algorithms.tpe import TPE
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials

# Hyperopt's values, which users read. Ours are in parzen.algorithms.tpe.
_default_prior_weight = 1.0
_default_n_EI_candidates = 24  # noqa: N816  # Hyperopt's name
_default_gamma = 0.25
_default_n_startup_jobs = 20
_default_linear_forgetting = 25


def suggest(  # noqa: PLR0913, PLR0917  # Hyperopt's arguments, in its order
    new_ids: Sequence[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    prior_weight: float = 1.0,
    n_startup_jobs: int | None = None,
    n_EI_candidates: int = 24,  # Hyperopt's name
    gamma: float | None = None,
    verbose: bool = True,
    mode: Literal["parzen", "hyperopt"] = "parzen",
) -> list[Document]:
    """One document with the next point, whatever the number of ids.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the random numbers.
        prior_weight: See `parzen.algorithms.tpe.TPE`, as all below.
        n_startup_jobs: Left out, 10.
        n_EI_candidates: At least 1.
        gamma: Left out, 15 % of the trials are good.
        verbose: Accepted.
        mode: ``"hyperopt"`` for Hyperopt's own rules.
    """
    settings = TPE(n_startup_jobs, prior_weight, n_EI_candidates, gamma, mode, verbose)
    return suggest_documents(settings, new_ids[:1], domain, trials, seed)


suggest.make_algorithm = TPE  # type: ignore[attr-defined]  # what fmin uses in its place
