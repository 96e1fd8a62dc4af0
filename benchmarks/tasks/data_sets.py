"""The data sets, split once and for all. All of them come with scikit-learn."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # training x and y, validation x and y


@functools.cache
def digits(train: int, valid: int) -> Split:
    """Eight by eight pixels in 0 .. 16 as 64 columns, and which digit it is; rows shuffled."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(1).permutation(len(y))[: train + valid]
    return x[order[:train]], y[order[:train]], x[order[train:]], y[order[train:]]


@functools.cache
def folds(name: str, count: int) -> tuple[Split, ...]:
    """Cross-validation splits of "breast_cancer", "diabetes" or "wine"; classes in proportion.

    Training rows come shuffled, so that the first few are a fair smaller set.
    """
    from sklearn import datasets, model_selection

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    splitter: Any = model_selection.KFold if name == "diabetes" else model_selection.StratifiedKFold
    rng = np.random.default_rng(2)
    parts = []
    for train, valid in splitter(count, shuffle=True, random_state=3).split(x, y):
        rows = rng.permutation(train)
        parts.append((x[rows], y[rows], x[valid], y[valid]))
    return tuple(parts)


@functools.cache
def patches(picture: str, train: int, valid: int, noise: float = 12.0) -> Split:
    """Five by five grey pixels with noise, and the clean one in the middle; levels of 255.

    Training patches come from the left half of the picture, validation
    patches from the right.

    Args:
        picture: "china.jpg" or "flower.jpg".
        train: Number of training patches.
        valid: Number of validation patches.
        noise: Its standard deviation, in grey levels.
    """
    from sklearn.datasets import load_sample_image

    grey = load_sample_image(picture).astype(float).mean(axis=2)[::2, ::2]
    rng = np.random.default_rng(4)
    noisy = grey + rng.normal(0, noise, grey.shape)
    rows, columns = grey.shape
    half = columns // 2
    result = []
    for count, left, right in ((train, 2, half - 2), (valid, half + 2, columns - 2)):
        i, j = rng.integers(2, rows - 2, count), rng.integers(left, right, count)
        window = [noisy[i + a, j + b] for a in range(-2, 3) for b in range(-2, 3)]
        result += [np.stack(window, axis=1), grey[i, j]]
    return result[0], result[1], result[2], result[3]
