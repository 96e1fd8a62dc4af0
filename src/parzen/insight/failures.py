"""Where trials fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parzen.history.history import Floats, History, Status
from parzen.naming import SHORT, texts_of


@dataclass(frozen=True, eq=False)
class Region:
    """Values of one hyperparameter with which trials fail, and none succeeds.

    Attributes:
        column: Which hyperparameter, in the space's order.
        bad: (k,) its values in the failed trials.
        good: (m,) its values in successful ones that use it.
        where: The region in words, as ``lr > 0.3``.
    """

    column: int
    bad: Floats
    good: Floats
    where: str


def region(history: History, numbers: set[int] | None = None) -> Region | None:
    """What failed trials have in common and successful ones do not.

    Args:
        history: Any view.
        numbers: The failed trials to explain; left out, all.

    Returns:
        None if no single hyperparameter tells them apart, or fewer than two failed.
    """
    columns = history.columns
    failed = columns.status == Status.FAILED
    if numbers is not None:
        failed &= np.isin(columns.numbers, sorted(numbers))
    done = columns.status == Status.DONE
    if failed.sum() < 2 or not done.any():
        return None
    for j, param in enumerate(history.space.params):
        bad, good = columns.values[failed, j], columns.values[done, j]
        good = good[~np.isnan(good)]
        if np.isnan(bad).any() or not len(good):
            continue
        if param.options:
            if not set(bad.tolist()) & set(good.tolist()):
                names = texts_of(param, SHORT)
                taken = ", ".join(names[int(k)] for k in sorted(set(bad.tolist())))
                return Region(j, bad, good, f"{param.label} = {taken}")
        elif bad.min() > good.max():
            return Region(j, bad, good, f"{param.label} > {good.max():.4g}")
        elif bad.max() < good.min():
            return Region(j, bad, good, f"{param.label} < {good.min():.4g}")
    return None


def failing_region(history: History, numbers: set[int] | None = None) -> str | None:
    """One sentence on what failed trials have in common and successful ones do not.

    Args:
        history: Any view.
        numbers: The failed trials to explain; left out, all.

    Returns:
        As ``all 9 have lr > 0.3``, or None if no single hyperparameter tells them apart.
    """
    found = region(history, numbers)
    return None if found is None else f"all {len(found.bad)} have {found.where}"
