"""The table `cv_results_` of a search, as scikit-learn's own searches have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.history.history import ENDED, Status, Trial
from parzen.sklearn.parameters import parameters_of

Floats = npt.NDArray[np.float64]


def ended(trials: Sequence[Trial] | Any) -> list[Trial]:
    """The trials that have a row, in the order of their numbers.

    Args:
        trials: All of a study.
    """
    return [trial for trial in trials if trial.status in ENDED and not trial.excluded]


def results_of(
    trials: Sequence[Trial], splits: int, error_score: float, train_scores: bool
) -> dict[str, Any]:
    """Arrays with one entry for each trial.

    Args:
        trials: That have ended.
        splits: How many folds there are.
        error_score: The score of a fold of a trial that failed; folds of a pruned trial have NaN.
        train_scores: Whether there are scores on the rows that were trained on.

    Returns:
        ``params``, a masked ``param_`` for each parameter, ``mean_``, ``std_``, ``rank_`` and ``split``
        columns, ``trial`` and ``status``.
    """
    params = [parameters_of(trial.params) for trial in trials]
    table: dict[str, Any] = {}
    for key in ("fit_time", "score_time"):
        array = _told(trials, key, splits, [np.nan] * len(trials))
        table[f"mean_{key}"], table[f"std_{key}"] = _mean(array), _std(array)
    for name in dict.fromkeys(name for each in params for name in each):
        table[f"param_{name}"] = _masked([each.get(name, _ABSENT) for each in params])
    table["params"] = params
    fill = [np.nan if trial.status is Status.PRUNED else error_score for trial in trials]
    for kind in ("test", "train") if train_scores else ("test",):
        for name in _names(trials, f"split0_{kind}_"):
            key = f"{kind}_{name}"
            array = _told(trials, key, splits, fill)
            for i in range(splits):
                table[f"split{i}_{key}"] = array[:, i]
            table[f"mean_{key}"], table[f"std_{key}"] = array.mean(axis=1), array.std(axis=1)
            if kind == "test":
                table[f"rank_{key}"] = _ranks(table[f"mean_{key}"])
    table["trial"] = np.array([trial.number for trial in trials], dtype=np.int64)
    table["status"] = np.array([trial.status.name.lower() for trial in trials])
    return table


def _names(trials: Sequence[Trial], start: str) -> list[str]:
    """Names of scores, in the order in which they first appear."""
    found = (key for trial in trials for key in trial.metrics if key.startswith(start))
    return [key.removeprefix(start) for key in dict.fromkeys(found)]


def _told(trials: Sequence[Trial], key: str, splits: int, fill: Sequence[float]) -> Floats:
    """(n, splits) values; what a trial did not get to is `fill`."""
    rows = [
        [trial.metrics.get(f"split{i}_{key}", fill[row]) for i in range(splits)]
        for row, trial in enumerate(trials)
    ]
    return np.array(rows, dtype=np.float64).reshape(len(trials), splits)


def _mean(array: Floats) -> Floats:
    """Row means of what is there; NaN for a row without anything."""
    told = ~np.isnan(array)
    count = told.sum(axis=1)
    sums = np.where(told, array, 0.0).sum(axis=1)
    means: Floats = np.divide(sums, count, out=np.full(len(array), np.nan), where=count > 0)
    return means


def _std(array: Floats) -> Floats:
    centred = array - _mean(array)[:, None]
    spread: Floats = np.sqrt(_mean(centred**2))
    return spread


def _ranks(means: Floats) -> npt.NDArray[np.int32]:
    """1 for the largest; ties share the lowest rank, and what is no number comes last."""
    known = np.where(np.isnan(means), -np.inf, means)
    return np.array([1 + int((known > each).sum()) for each in known], dtype=np.int32)


_ABSENT: Any = object()


def _masked(values: Sequence[Any]) -> Any:
    """A masked array; of a number's own type where all are numbers of one type."""
    absent = [value is _ABSENT for value in values]
    kinds = {type(value) for value in values if value is not _ABSENT}
    dtype: Any = object
    if len(kinds) == 1 and kinds <= {bool, int, float}:
        dtype = kinds.pop()
    array = np.ma.MaskedArray(np.zeros(len(values), dtype=dtype), mask=absent)
    for i, value in enumerate(values):
        if value is not _ABSENT:
            array[i] = value
    return array
