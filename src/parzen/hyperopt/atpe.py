"""``hyperopt.atpe``: accepted; it answers with parzen's default, which also adapts itself.

Hyperopt's adaptive TPE predicts its own settings with models trained for its
old density estimate; they mean nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.algorithms.auto import Auto
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int) -> list[Document]:
    """One document with the next point of parzen's default algorithm.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the random numbers.
    """
    return suggest_documents(Auto(), new_ids[:1], domain, trials, seed)


suggest.make_algorithm = Auto  # type: ignore[attr-defined]  # what fmin uses in its place
