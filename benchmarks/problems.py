"""The two suites of test problems: "dev" for choosing constants, "report" for stating results.

A problem is made from a name, a suite and a seed; the seed moves its minimum,
turns its axes and draws its tables, so no two seeds are the same function.
The suites share no function, so nothing that was tuned on one has seen the
other. Never choose a constant on "report", not even a default of a test.
"""

from __future__ import annotations

import importlib
import importlib.util
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from benchmarks import (
    dev_conditional,
    dev_functions,
    dev_harder,
    dev_problems,
    report_conditional,
    report_functions,
    report_problems,
)
from benchmarks.base import KINDS, BlownUp, Builder, Loss, Param, Point, Problem, children, draw

__all__ = [
    "KINDS",
    "SUITES",
    "BlownUp",
    "Loss",
    "Param",
    "Point",
    "Problem",
    "children",
    "core",
    "draw",
    "make",
    "names",
]

SUITES: dict[str, Mapping[str, Builder]] = {
    "dev": {
        **dev_problems.PROBLEMS,
        **dev_conditional.PROBLEMS,
        **dev_functions.FUNCTIONS,
        **dev_harder.PROBLEMS,
    },
    "report": {**report_functions.FUNCTIONS, **report_problems.PROBLEMS, **report_conditional.PROBLEMS},
}

# The instance numbers of the two suites never meet.
_FIRST_INSTANCE = {"dev": 0, "report": 1_000_000}


@cache
def _builders(suite: str) -> Mapping[str, Builder]:
    """The suite's synthetic problems, and the real ones where their package is there.

    That package imports the types of this one, so it is imported late.
    """
    if importlib.util.find_spec("benchmarks.tasks") is None:
        return SUITES[suite]
    return {**SUITES[suite], **importlib.import_module("benchmarks.tasks").problems(suite)}


def names(suite: str) -> tuple[str, ...]:
    """The names of a suite's problems."""
    return tuple(_builders(suite))


# The problems for methods too slow for all of them: each class once, then once more.
_CORE = {
    "dev": (),
    "report": (
        "decay5",
        "twoaxes5",
        "griewank5",
        "network10",
        "cell7",
        "families18",
        "folds7",
        "memory6",
        "effects20",
        "zakharov10",
        "levy10",
        "forest9",
        "levels6",
        "training17",
        "simulator10",
        "stability5",
    ),
}


def core(suite: str, count: int) -> tuple[str, ...]:
    """The first `count` of the problems for slow methods, and half as many real tasks."""
    real = [name for name in names(suite) if name not in SUITES[suite]]
    tasks = [name for name in real if "real" in make(name, suite, 0).kinds]
    return (*_CORE[suite][:count], *tasks[: count // 2])


def make(name: str, suite: str, seed: int) -> Problem:
    """Build one instance of a problem.

    Args:
        name: One of the names of the suite.
        suite: "dev" or "report".
        seed: At least 0 and below 1 000 000.

    Returns:
        The problem, the same one in every process.

    Raises:
        KeyError: If the suite has no such problem.

    >>> make("branin2", "dev", seed=3).optimum
    0.39788735
    """
    if name not in _builders(suite):
        raise KeyError(f"suite {suite!r} has no problem {name!r}; it has {', '.join(names(suite))}")
    instance = _FIRST_INSTANCE[suite] + seed
    rng = np.random.default_rng([zlib.crc32(name.encode()), instance])
    return replace(_builders(suite)[name](rng), suite=suite, seed=seed)
