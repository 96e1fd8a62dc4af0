"""Figures from curves of regret: ranks, wins, normalised regret, trials to reach; with intervals.

A *pair* is a problem with a seed: every method minimised the same function
with the same noise. Figures of several methods are over the pairs that all of
them have. Intervals are bootstraps over problems, because the seeds of one
problem are alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Pair = tuple[str, int]  # problem, seed
Curves = Mapping[str, Mapping[Pair, np.ndarray]]  # method -> pair -> regret of the best trial so far
SCALE = "random"  # the method whose regrets are the unit


@dataclass(frozen=True)
class Estimate:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def outcome(ours: float, theirs: float) -> float:
    """1 if our regret is smaller, 0.5 if it is the same to five digits, else 0."""
    if ours == theirs or math.isclose(ours, theirs, rel_tol=1e-5):
        return 0.5
    return float(ours < theirs)


def ranks(values: np.ndarray) -> np.ndarray:
    """Rank each row, 1 for the smallest; equal values share the mean of their ranks.

    Args:
        values: (pairs, methods) float64; inf is last.

    >>> ranks(np.array([[3.0, 1.0, 3.0]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    below = (values[:, None, :] < values[:, :, None]).sum(axis=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    return below + (equal + 1) / 2


def estimate(by_problem: Mapping[str, Sequence[float]]) -> Estimate:
    """The mean over all values, and an interval from 4000 draws of whole problems.

    >>> estimate({"a": [1.0, 1.0], "b": [1.0]})
    Estimate(mean=1.0, low=1.0, high=1.0)
    """
    sums = np.array([np.sum(values) for values in by_problem.values()])
    counts = np.array([len(values) for values in by_problem.values()])
    draws = np.random.default_rng(0).integers(len(sums), size=(4000, len(sums)))
    means = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(sums.sum() / counts.sum()), float(low), float(high))


class Comparison:
    """All curves of a report, and the figures drawn from them.

    Args:
        curves: The regrets, by method and pair.
        kinds: The classes of each problem.
    """

    def __init__(self, curves: Curves, kinds: Mapping[str, Sequence[str]]) -> None:
        self.curves, self.kinds = curves, kinds
        # Regrets below a thousandth of what random search leaves at the end
        # count as equal: nobody can use the difference, and it would rule
        # every geometric mean.
        self.floor: dict[str, float] = {}
        # One unit of regret: what the first trial that did not fail leaves.
        self.level: dict[str, float] = {}
        chance = curves.get(SCALE, {})
        for name in kinds:
            of = [curve for (problem, _), curve in chance.items() if problem == name]
            if of:
                first = [float(curve[np.isfinite(curve)][0]) for curve in of if np.isfinite(curve[-1])]
                self.floor[name] = 1e-3 * max(1e-9, float(np.median([curve[-1] for curve in of])))
                self.level[name] = float(np.median(first))

    def pairs(self, methods: Sequence[str], trials: int, kind: str | None = None) -> list[Pair]:
        """The pairs for which all methods have a run of at least so many trials."""
        return [
            pair
            for pair in self.curves[methods[0]]
            if (kind is None or kind in self.kinds[pair[0]])
            and all(len(self.curves[m].get(pair, ())) >= trials for m in (*methods, SCALE))
        ]

    def at(self, method: str, pair: Pair, trials: int) -> float:
        """Regret after so many trials, at least the problem's floor."""
        return max(float(self.curves[method][pair][trials - 1]), self.floor[pair[0]])

    def ranks(self, methods: Sequence[str], trials: int, kind: str | None = None) -> list[Estimate]:
        """Mean rank of each method over the shared pairs; empty if there are none."""
        pairs = self.pairs(methods, trials, kind)
        if not pairs:
            return []
        table = ranks(np.array([[self.at(m, pair, trials) for m in methods] for pair in pairs]))
        return [estimate(_by_problem(pairs, column)) for column in table.T]

    def normalised(self, method: str, pair: Pair, trials: int) -> float:
        """Regret as a share of what a first random trial leaves: 1 at first, 0 at the minimum."""
        return min(1.0, float(self.curves[method][pair][trials - 1]) / self.level[pair[0]])

    def mean_regret(self, method: str, pairs: Sequence[Pair], trials: int) -> Estimate:
        """Mean normalised regret over these pairs."""
        return estimate(_by_problem(pairs, [self.normalised(method, pair, trials) for pair in pairs]))

    def wins(self, ours: str, theirs: str, trials: int, kind: str | None = None) -> Estimate | None:
        """The share of shared pairs that we win, ties counting half; None without any."""
        pairs = self.pairs([ours, theirs], trials, kind)
        scores = [outcome(self.at(ours, pair, trials), self.at(theirs, pair, trials)) for pair in pairs]
        return estimate(_by_problem(pairs, scores)) if pairs else None

    def ratio(self, ours: str, theirs: str, trials: int, kind: str | None = None) -> float:
        """Geometric mean of our regret over theirs, each pair limited to a factor of 10 000."""
        logs = []
        for pair in self.pairs([ours, theirs], trials, kind):
            a, b = (min(self.at(m, pair, trials), 1e300) for m in (ours, theirs))
            logs.append(min(max(math.log(a / b), -math.log(1e4)), math.log(1e4)))
        return math.exp(float(np.mean(logs)))

    def reach(self, ours: str, theirs: str, trials: int, kind: str | None = None) -> float:
        """Geometric mean over problems: our trials until our median is at their median after `trials`.

        Our curves may be longer. A problem where it never happens counts with
        twice the length of our curves.
        """
        pairs, counts = self.pairs([ours, theirs], trials, kind), []
        for name in dict.fromkeys(problem for problem, _ in pairs):
            of = [pair for pair in pairs if pair[0] == name]
            length = min(len(self.curves[ours][pair]) for pair in of)
            mine = np.median([self.curves[ours][pair][:length] for pair in of], axis=0)
            goal = float(np.median([self.at(theirs, pair, trials) for pair in of]))
            there = np.flatnonzero(mine <= goal * (1 + 1e-5))
            counts.append(float(there[0] + 1) if len(there) else 2.0 * length)
        return math.exp(float(np.mean(np.log(counts)))) if counts else math.nan


def _by_problem(pairs: Sequence[Pair], values: Sequence[float] | np.ndarray) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for (problem, _), value in zip(pairs, values, strict=True):
        found.setdefault(problem, []).append(float(value))
    return found
