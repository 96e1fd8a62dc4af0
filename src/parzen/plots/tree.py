"""The tree of a space: the root and its branches, with the trials that took each. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parzen.plots.data import Data, Mask
from parzen.plots.words import branch, option_names
from parzen.space.space import Condition, Space


@dataclass(frozen=True)
class Branch:
    """Hyperparameters that are active under one condition.

    Attributes:
        title: The condition in words; ``""`` for the root.
        depth: How many choices lead to it; 0 for the root.
        columns: Indices of its hyperparameters.
        trials: How many trials took it, whatever became of them.
        share: The same as a share of all trials.
        best: Index of its best successful trial; None if there is none.
    """

    title: str
    depth: int
    columns: tuple[int, ...]
    trials: int
    share: float
    best: int | None


def branches(data: Data) -> list[Branch]:
    """The root and the branches of a study's space, each after the choice that leads to it.

    A branch without hyperparameters of its own has no entry but in `options`.

    Args:
        data: The trials.
    """
    space = data.space
    active = space.active(data.values) if len(space) else np.ones((len(data), 0), dtype=bool)
    groups: dict[Condition, list[int]] = {}
    for j in _in_tree_order(space):
        groups.setdefault(space.params[j].condition, []).append(j)
    found = []
    for condition, columns in groups.items():
        took = active[:, columns[0]]
        depth = min(len(way) for way in condition)
        title = branch(space, columns[0]) or ""
        found.append(_branch(data, title, depth, tuple(columns), took))
    return found


def _branch(data: Data, title: str, depth: int, columns: tuple[int, ...], took: Mask) -> Branch:
    trials = int(took.sum())
    able = np.where(took & data.good, data.losses, np.inf)
    best = int(np.argmin(able)) if np.isfinite(able).any() else None
    return Branch(title, depth, columns, trials, trials / max(len(data), 1), best)


def _in_tree_order(space: Space) -> list[int]:
    """The root's hyperparameters, then what each choice opens, depth first."""
    placed: list[int] = []

    def place(condition: Condition) -> None:
        own = [j for j, param in enumerate(space.params) if param.condition == condition and j not in placed]
        placed.extend(own)
        for j in own:
            for deeper in dict.fromkeys(param.condition for param in space.params):
                if deeper != condition and any(way and way[-1][0] == j for way in deeper):
                    place(deeper)

    place(((),))
    return placed + [j for j in range(len(space)) if j not in placed]


def opener(given: str) -> str:
    """The last choice of a condition in words, where there is little room; alternatives stay whole.

    Args:
        given: From `branch`.

    >>> opener("model = svm and svm.kernel = rbf")
    'svm.kernel = rbf'
    """
    return given if " or " in given else given.rpartition(" and ")[2]


@dataclass(frozen=True)
class Option:
    """One option of a choice, and how its trials went.

    Attributes:
        name: In few words.
        trials: How many trials took it, whatever became of them.
        failed: How many of them failed.
        best: Index of its best successful trial; None if there is none.
    """

    name: str
    trials: int
    failed: int
    best: int | None


def options(data: Data, column: int) -> list[Option]:
    """The options of a choice.

    Args:
        data: The trials.
        column: Index of the choice.
    """
    param = data.space.params[column]
    found = []
    for k, name in enumerate(option_names(param.options)):
        took = data.values[:, column] == k
        whole = _branch(data, name, 0, (), took)
        found.append(Option(name, whole.trials, int((took & data.is_in("failed")).sum()), whole.best))
    return found
