"""What an objective may hold of its own trial."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.rng import stream


class TrialContext:
    """Handed to objectives that have a second parameter named ``trial``.

    Args:
        number: The trial's number.
        point: Label -> stored value.
        seed: The study's seed.
    """

    def __init__(self, number: int, point: dict[str, float | int], seed: int) -> None:
        self.number = number
        self.point = point
        self.attachments: dict[str, Any] = {}
        self._seed = seed
        self._rng: np.random.Generator | None = None

    @property
    def rng(self) -> np.random.Generator:
        """A generator of this trial's own: a resumed search draws the same numbers again."""
        if self._rng is None:
            self._rng = stream(self._seed, self.number, "objective")
        return self._rng

    def attach(self, name: str, value: Any) -> None:
        """Keep an object beside the result; `Trials.trial_attachments` gives it back.

        Args:
            name: Unique in this trial.
            value: Any object; bytes where the study is kept in a file.
        """
        self.attachments[name] = value
