"""Grid search behind Hyperopt's signature; not part of Hyperopt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parzen.algorithms.grid import Grid
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(
    new_ids: Sequence[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    steps: int | Mapping[str, int] = 5,
    shuffle: bool = True,
) -> list[Document]:
    """One document with the next point of the grid; none when all were tried, which ends the search.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the order of the first call; later calls keep it.
        steps: Values of each hyperparameter: one number, or label -> number.
        shuffle: False for the plain order.
    """
    grid = Grid(steps, shuffle)
    study = trials.bind(domain.space)
    if len(study.trials) - study.ledger.seeded >= grid.size(domain.space):
        return []
    return suggest_documents(grid, new_ids[:1], domain, trials, seed)


suggest.make_algorithm = Grid  # type: ignore[attr-defined]  # what fmin uses in its place
