"""Hyperopt's way to ask: ``suggest(new_ids, domain, trials, seed)`` answers with documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parzen import documents
from parzen.algorithms.base import Algorithm, Ask
from parzen.documents import Document
from parzen.domain import Domain
from parzen.trials import Trials


def suggest_documents(
    algorithm: Algorithm, new_ids: Sequence[Any], domain: Domain, trials: Trials, seed: int
) -> list[Document]:
    """Answer Hyperopt's ``suggest(new_ids, domain, trials, seed)`` with documents, not inserted yet.

    Args:
        algorithm: Who suggests.
        new_ids: One document is made for each.
        domain: Gives the space.
        trials: The past; edits of its documents are taken in first.
        seed: Decides this call's random numbers.
    """
    study = trials.bind(domain.space)
    if not trials._seed_given:
        study.configure(seed=int(seed))
        trials._seed_given = True
    history = study.history
    labels = [param.label for param in domain.space.params]
    docs = []
    for i, tid in enumerate(new_ids):
        ask = _SeededAsk(len(study.trials) + i, int(seed), study.seed)
        point = study.space.shown(algorithm.suggest(history, ask).point)
        misc = documents.misc_of(tid, point, labels)
        docs += trials.new_trial_docs([tid], [None], [{"status": documents.STATUS_NEW}], [misc])
    return docs


class _SeededAsk(Ask):
    """Random numbers from the call's seed; what belongs to the study from the study's."""

    def __init__(self, number: int, seed: int, study_seed: int) -> None:
        super().__init__(number, seed)
        self._study = Ask(number, study_seed)

    def study_rng(self, purpose: str) -> np.random.Generator:
        return self._study.study_rng(purpose)
