"""The default algorithm behind Hyperopt's signature; not part of Hyperopt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.algorithms.auto import Auto
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(
    new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int, n_startup_jobs: int | None = None
) -> list[Document]:
    """One document with the next point, whatever the number of ids.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the random numbers.
        n_startup_jobs: Trials before a model of the whole space is used. Left out, 10; of numbers
            alone, 25 at least.
    """
    return suggest_documents(Auto(n_startup_jobs), new_ids[:1], domain, trials, seed)


suggest.make_algorithm = Auto  # type: ignore[attr-defined]  # what fmin uses in its place
