"""The one door for randomness.

Every random number of a search comes from a stream that is named by the
study's seed, the trial's number and a purpose, and by nothing else. So any
suggestion can be recomputed, in any order and in any process.

Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC 2011 (Philox).
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
import numpy.typing as npt


def stream(seed: int, number: int, purpose: str) -> np.random.Generator:
    """The random generator for one purpose of one trial.

    Args:
        seed: The study's seed, at least 0.
        number: The trial's number, at least 0.
        purpose: What the numbers are for, such as ``"suggest"``.

    Returns:
        A fresh generator; equal arguments give equal streams.

    >>> stream(7, 0, "suggest").random() == stream(7, 0, "suggest").random()
    True
    >>> stream(7, 0, "suggest").random() == stream(7, 1, "suggest").random()
    False
    """
    words = np.random.SeedSequence(seed, spawn_key=(number, crc32(purpose.encode())))
    return np.random.Generator(np.random.Philox(words))


def words(key: int, number: int, count: int) -> npt.NDArray[np.uint64]:
    """Raw 64-bit words that depend on their arguments alone, also in NumPy versions to come.

    Args:
        key: Below 2**128; different keys give unrelated words.
        number: Below 2**64; the highest word of the counter, so that the words of two numbers never meet.
        count: How many.
    """
    return np.random.Philox(key=key, counter=int(number) << 192).random_raw(count)
