"""``hyperopt.anneal``: draws near good trials from a shrinking neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.algorithms.anneal import Anneal
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(
    new_ids: Sequence[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    avg_best_idx: float = 2.0,
    shrink_coef: float = 0.1,
) -> list[Document]:
    """One document with the next point, whatever the number of ids.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the random numbers.
        avg_best_idx: Mean rank of the trial drawn as the centre; above 0.
        shrink_coef: How fast the neighbourhood shrinks; at least 0.
    """
    return suggest_documents(Anneal(avg_best_idx, shrink_coef), new_ids[:1], domain, trials, seed)


suggest.make_algorithm = Anneal  # type: ignore[attr-defined]  # what fmin uses in its place
