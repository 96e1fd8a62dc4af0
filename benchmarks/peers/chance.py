"""Independent draws from the prior: the scale on which all others are measured."""

from __future__ import annotations

import contextlib

import numpy as np

from benchmarks.base import BlownUp, Objective, Param, draw


def search(params: tuple[Param, ...], objective: Objective, trials: int, seed: int) -> None:
    """Random search."""
    rng = np.random.default_rng(seed)
    for _ in range(trials):
        with contextlib.suppress(BlownUp):
            objective(draw(params, rng))
