"""``hyperopt.atpe``: accepted; it answers with parzen's TPE.

Hyperopt's adaptive TPE predicts its own settings with models trained for its
old density estimate; they mean nothing for this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.algorithms.tpe import TPE
from parzen.documents import Document
from parzen.domain import Domain
from parzen.suggest import suggest_documents
from parzen.trials import Trials


def suggest(new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int) -> list[Document]:
    """One document with the next point of parzen's TPE.

    Args:
        new_ids: The first is used.
        domain: Gives the space.
        trials: The past.
        seed: Decides the random numbers.
    """
    return suggest_documents(TPE(), new_ids[:1], domain, trials, seed)


suggest.make_algorithm = TPE  # type: ignore[attr-defined]  # what fmin uses in its place
