"""Where trials fail."""

from __future__ import annotations

import numpy as np

from parzen.history.history import History, Status
from parzen.naming import SHORT, texts_of


def failing_region(history: History, numbers: set[int] | None = None) -> str | None:
    """One sentence on what failed trials have in common and successful ones do not.

    Args:
        history: Any view.
        numbers: The failed trials to explain; left out, all.

    Returns:
        As ``all 9 have lr > 0.3``, or None if no single hyperparameter tells them apart.
    """
    columns = history.columns
    failed = columns.status == Status.FAILED
    if numbers is not None:
        failed &= np.isin(columns.numbers, sorted(numbers))
    done = columns.status == Status.DONE
    count = int(failed.sum())
    if count < 2 or not done.any():
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
                return f"all {count} have {param.label} = {taken}"
        elif bad.min() > good.max():
            return f"all {count} have {param.label} > {good.max():.4g}"
        elif bad.max() < good.min():
            return f"all {count} have {param.label} < {good.min():.4g}"
    return None
