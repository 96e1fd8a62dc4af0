"""``hyperopt.utils``."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.domain import use_obj_for_literal_in_memo


def coarse_utcnow() -> dt.datetime:
    """The time now: naive UTC, cut to milliseconds."""
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def fast_isin(values: npt.ArrayLike, among: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which of `values` are in `among`.

    Args:
        values: (n,) array.
        among: (m,) array.
    """
    return np.isin(values, among)


def get_most_recent_inds(docs: list[dict[str, Any]]) -> npt.NDArray[np.intp]:
    """Indices of the newest version of each document, by ``_id`` and ``version``."""
    newest: dict[Any, int] = {}
    for i, doc in enumerate(docs):
        at = newest.get(doc["_id"])
        if at is None or doc["version"] >= docs[at]["version"]:
            newest[doc["_id"]] = i
    return np.array(sorted(newest.values()), dtype=np.intp)


def pmin_sampled(
    mean: npt.ArrayLike, var: npt.ArrayLike, n_samples: int = 1000, rng: np.random.Generator | None = None
) -> npt.NDArray[np.float64]:
    """The chance of each of k independent normal variables to be the smallest, by sampling.

    Args:
        mean: (k,) means.
        var: (k,) variances.
        n_samples: How many draws.
        rng: Source of the draws; left out, always the same.
    """
    rng = np.random.default_rng(232342) if rng is None else rng
    means = np.asarray(mean, dtype=float)
    draws = rng.normal(means, np.sqrt(var), (n_samples, len(means)))
    return np.bincount(draws.argmin(axis=1), minlength=len(means)) / n_samples


def json_call(json: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
    """Call the function that a dotted name stands for.

    Args:
        json: As ``"package.module.function"``.
        args: Positional arguments.
        kwargs: Keyword arguments.
    """
    module, _, name = str(json).rpartition(".")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function(*args, **(kwargs or {}))


@contextmanager
def working_dir(dir: str) -> Iterator[None]:  # Hyperopt's name
    """Work in a folder while entered.

    Args:
        dir: Its path.
    """
    before = os.getcwd()
    os.chdir(dir)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def temp_dir(
    dir: str | None = None,  # Hyperopt's name
    erase_after: bool = False,
    with_sentinel: bool = True,
) -> Iterator[str]:
    """A folder that exists while entered.

    Args:
        dir: Its path; left out, a new temporary one.
        erase_after: Whether to remove it at the end.
        with_sentinel: Accepted.
    """
    del with_sentinel
    import shutil

    path = tempfile.mkdtemp() if dir is None else dir
    os.makedirs(path, exist_ok=True)
    try:
        yield path
    finally:
        if erase_after:
            shutil.rmtree(path)


__all__ = [
    "coarse_utcnow",
    "fast_isin",
    "get_most_recent_inds",
    "json_call",
    "pmin_sampled",
    "temp_dir",
    "use_obj_for_literal_in_memo",
    "working_dir",
]
