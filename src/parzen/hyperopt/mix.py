"""``hyperopt.mix``: each trial from one of several algorithms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parzen.algorithms.base import Algorithm
from parzen.algorithms.mix import Mix
from parzen.arguments import resolve
from parzen.documents import Document
from parzen.domain import Domain
from parzen.errors import InvalidArgument
from parzen.trials import Trials


def suggest(
    new_ids: Sequence[Any],
    domain: Domain,
    trials: Trials,
    seed: int,
    p_suggest: Sequence[tuple[float, Callable[..., Any]]],
) -> list[Document]:
    """What one of several algorithms, drawn at random, answers.

    Args:
        new_ids: Handed on.
        domain: Handed on.
        trials: Handed on.
        seed: Decides the draw, and the chosen algorithm's seed.
        p_suggest: Pairs (probability, suggest); the probabilities sum to 1.

    Raises:
        InvalidArgument: If they do not; a ValueError.
    """
    shares = np.array([share for share, _ in p_suggest], dtype=float)
    if not len(shares) or shares.min() < 0 or abs(shares.sum() - 1) > 1e-6:
        raise InvalidArgument(f"the probabilities of p_suggest must sum to 1; got {shares.tolist()}")
    rng = np.random.default_rng(seed)
    chosen = p_suggest[int(rng.choice(len(shares), p=shares / shares.sum()))][1]
    docs: list[Document] = chosen(new_ids, domain, trials, seed=int(rng.integers(2**31)))
    return docs


def make_algorithm(p_suggest: Sequence[tuple[float, Any]]) -> Any:
    """The settings object for a mixture of our own algorithms.

    Args:
        p_suggest: Pairs (probability, algorithm in any form that `fmin` takes).

    Raises:
        InvalidArgument: If one of them is a foreign function.
    """
    parts: list[tuple[float, Algorithm]] = []
    for share, algo in p_suggest:
        own, _ = resolve(algo)
        if own is None:
            raise InvalidArgument(
                "p_suggest mixes parzen's algorithms only; wrap others in a function of your own"
            )
        parts.append((share, own))
    return Mix(tuple(parts))


suggest.make_algorithm = make_algorithm  # type: ignore[attr-defined]  # what fmin uses in its place
