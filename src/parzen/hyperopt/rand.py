"""``hyperopt.rand``: random search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.algorithms.random import Random
from parzen.documents import Document, idxs_vals
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int) -> list[Document]:
    """One document with a random point for each id.

    Args:
        new_ids: Ids of any type.
        domain: Gives the space.
        trials: The past.
        seed: Decides the points.
    """
    return suggest_documents(Random(), new_ids, domain, trials, seed)


suggest.make_algorithm = Random  # type: ignore[attr-defined]  # what fmin uses in its place


def suggest_batch(
    new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Label -> ids and label -> values of random points.

    Args:
        new_ids: Ids of any type.
        domain: Gives the space.
        trials: The past.
        seed: Decides the points.
    """
    return idxs_vals([doc["misc"] for doc in suggest(new_ids, domain, trials, seed)])
