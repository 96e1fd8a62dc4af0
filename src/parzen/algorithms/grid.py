"""Grid search, also over conditional spaces, in a shuffled or plain order.

The points of a grid are numbered; trial n gets the n-th of a permutation
that depends on the seed alone. So a grid can be interrupted, resumed and
shared by workers, and a part of it is spread over the whole space.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.algorithms.base import Ask, Proposal
from parzen.errors import InvalidArgument, SearchExhausted, did_you_mean
from parzen.history.history import History
from parzen.space.space import Space, grid_values


@dataclass(frozen=True)
class Grid:
    """All combinations of a few values of each hyperparameter; a choice takes all its options.

    Args:
        steps: How many values, at least 1: one number for all, or a mapping
            from label to number (others get 5).
        shuffle: Whether the order is a permutation or the plain one, in which the last label varies fastest.
    """

    steps: int | Mapping[str, int] = 5
    shuffle: bool = True

    def __post_init__(self) -> None:
        counts: list[Any] = list(self.steps.values()) if isinstance(self.steps, Mapping) else [self.steps]
        if any(not isinstance(count, int) or count < 1 for count in counts):
            raise InvalidArgument(f"steps must be whole numbers of at least 1; got {self.steps!r}")

    def values(self, space: Space) -> list[list[float | int]]:
        """The values of each hyperparameter, in the order of `space.params`.

        Args:
            space: What is searched.

        Raises:
            InvalidArgument: If `steps` names a label that the space does not have.
        """
        steps = self.steps if isinstance(self.steps, Mapping) else {}
        for label in steps:
            if label not in space.index:
                raise InvalidArgument(
                    f"steps names {label!r}, which is no label.{did_you_mean(label, list(space.index))}"
                )
        default = self.steps if isinstance(self.steps, int) else 5
        return [grid_values(p.distribution, steps.get(p.label, default)) for p in space.params]

    def size(self, space: Space) -> int:
        """How many points the grid has in a space."""
        return int(space.count([len(values) for values in self.values(space)]))

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The next point of the grid.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.

        Raises:
            SearchExhausted: If all were proposed.
        """
        space = history.space
        values = self.values(space)
        sizes = [len(own) for own in values]
        total = int(space.count(sizes))
        # Trials with points of the user's are not the grid's.
        place = ask.number - history.seeded
        if place >= total:
            raise SearchExhausted(f"the grid has {total} points and all were proposed")
        index = permuted(place, total, ask.study_rng("grid")) if self.shuffle else place
        picked = space.pick(sizes, index)
        point = {space.params[j].label: values[j][picked[j]] for j in sorted(picked)}
        return Proposal(point, note={"grid": index, "of": total})


def permuted(i: int, n: int, rng: np.random.Generator) -> int:
    """Where a random permutation of 0..n-1 sends `i`, without making the permutation.

    A balanced Feistel network over the smallest square of a power of two that
    holds n, walked until it lands below n.

    Source: Black and Rogaway, "Ciphers with arbitrary finite domains",
    CT-RSA 2002, section 3 (cycle walking).

    Args:
        i: At least 0 and below `n`.
        n: At least 1.
        rng: Its first draws are the key.
    """
    half = max(((n - 1).bit_length() + 1) // 2, 1)
    mask = (1 << half) - 1
    keys = rng.integers(1, 2**63, size=6).tolist()
    while True:
        left, right = i >> half, i & mask
        for key in keys:
            mixed = (right + key) * 0x9E3779B97F4A7C15 & (2**64 - 1)
            mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9 & (2**64 - 1)
            left, right = right, left ^ ((mixed >> 32) & mask)
        i = (left << half) | right
        if i < n:
            return i
