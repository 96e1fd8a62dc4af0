"""Problems in words that every search library can be told: a space, a loss, its minimum.

Nothing here knows a search library; `benchmarks.peers` translates.
`benchmarks.problems` lists the problems there are.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

Point = Mapping[str, float | int]
Loss = Callable[[Point], float]

KINDS = (
    "smooth",
    "ill-conditioned",
    "multimodal",
    "mixed",
    "categorical",
    "conditional",
    "noisy",
    "exploding",
    "real",
    "training",
)


class BlownUp(RuntimeError):
    """What an exploding problem raises where a real training run would have crashed."""


@dataclass(frozen=True)
class Param:
    """One hyperparameter, in words that every library can be told.

    Attributes:
        name: Unique within the problem.
        kind: "float", "int" (both ends included) or "cat" (values 0 .. high).
        low: Lower end, in the user's scale.
        high: Upper end, in the user's scale.
        log: Whether the logarithm is what is uniform.
        step: Distance between the values of an int; `low` is a multiple of it.
        parent: (name of a "cat", branch) under which it exists, or None.
    """

    name: str
    kind: str
    low: float
    high: float
    log: bool = False
    step: int = 1
    parent: tuple[str, int] | None = None

    @property
    def size(self) -> int:
        """The number of categories; for a "cat" only."""
        return int(self.high) + 1

    def legal(self, value: float) -> float | int:
        """Round an int to its lattice and keep everything inside the ends.

        Hyperopt's quantised words return floats that may lie half a step outside.
        """
        if self.kind == "float":
            return min(max(float(value), self.low), self.high)
        base = self.low + self.step * round((value - self.low) / self.step)
        return int(min(max(base, self.low), self.high))

    def unit(self, value: float) -> float:
        """Map a value to [0, 1], over the logarithm if `log`."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def from_unit(self, u: float) -> float | int:
        """The legal value nearest to position `u` in [0, 1]."""
        if self.log:
            return self.legal(self.low * (self.high / self.low) ** u)
        return self.legal(self.low + u * (self.high - self.low))

    def draw(self, rng: np.random.Generator) -> float | int:
        """A value from the prior: each lattice value of an int with its own full cell."""
        if self.kind == "float":
            return self.from_unit(rng.random())
        if self.log:
            half = self.step / 2
            return self.legal(math.exp(rng.uniform(math.log(self.low - half), math.log(self.high + half))))
        return self.legal(rng.uniform(self.low - self.step / 2, self.high + self.step / 2))

    def goal(self, rng: np.random.Generator, low: float = 0.2, high: float = 0.8) -> float:
        """Draw where a minimum shall be: a position in [0, 1] that a legal value attains exactly."""
        return self.unit(self.from_unit(rng.uniform(low, high)))


@dataclass(frozen=True)
class Problem:
    """A loss over a space, with its minimum.

    Attributes:
        name: As in the suite.
        kinds: The classes it counts in; see `KINDS`.
        params: In an order in which parents come before their children.
        loss: The true loss of a point with active labels only. It may be
            infinite or NaN, or raise `BlownUp`.
        optimum: The smallest true loss.
        noise: Standard deviation of what is added to the loss that a search sees.
        suite: "dev" or "report".
        seed: Which instance.
        argmin: A point whose true loss is the optimum, where one is known in closed form.
    """

    name: str
    kinds: tuple[str, ...]
    params: tuple[Param, ...]
    loss: Loss
    optimum: float
    noise: float = 0.0
    suite: str = ""
    seed: int = 0
    argmin: Point | None = None

    def true_loss(self, point: Point) -> float:
        """The loss without noise; failures of every sort are infinite."""
        try:
            value = self.loss(point)
        except BlownUp:
            return math.inf
        return math.inf if math.isnan(value) else value

    def fingerprint(self) -> str:
        """Six hex digits of the losses at a few points: changes when the function changes."""
        rng = np.random.default_rng(1)
        text = " ".join(f"{self.true_loss(draw(self.params, rng)):.5g}" for _ in range(8))
        return f"{zlib.crc32(text.encode()) & 0xFFFFFF:06x}"


Builder = Callable[[np.random.Generator], Problem]


def draw(params: tuple[Param, ...], rng: np.random.Generator) -> dict[str, float | int]:
    """A point from the prior, active labels only."""
    point: dict[str, float | int] = {}
    for param in params:
        if param.parent is None or point.get(param.parent[0]) == param.parent[1]:
            point[param.name] = param.draw(rng)
    return point


def children(params: tuple[Param, ...], parent: tuple[str, int] | None) -> Iterator[Param]:
    """The parameters that exist directly under one branch; with None, the roots."""
    return (param for param in params if param.parent == parent)


def floats(count: int, low: float, high: float) -> tuple[Param, ...]:
    """So many floats x0, x1, ... between the same ends."""
    return tuple(Param(f"x{i}", "float", low, high) for i in range(count))


def vector(params: tuple[Param, ...], point: Point) -> np.ndarray:
    """(d,) float64: the values of a point that has all parameters."""
    return np.array([point[param.name] for param in params], dtype=float)


def units(params: tuple[Param, ...], point: Point) -> dict[str, float]:
    """The active numbers of a point, without its categories, each mapped to [0, 1]."""
    return {p.name: p.unit(point[p.name]) for p in params if p.name in point and p.kind != "cat"}


def goals(
    params: tuple[Param, ...], rng: np.random.Generator, low: float = 0.2, high: float = 0.8
) -> dict[str, float]:
    """Where the minimum shall be in each number, as positions in [0, 1]; see `Param.goal`."""
    return {p.name: p.goal(rng, low, high) for p in params if p.kind != "cat"}


def at_goals(params: tuple[Param, ...], goal: Mapping[str, float], code: Mapping[str, int]) -> Point:
    """The point with the numbers at their goals and the categories of `code`, active labels only."""
    point: dict[str, float | int] = {}
    for p in params:
        if p.parent is None or point.get(p.parent[0]) == p.parent[1]:
            point[p.name] = code[p.name] if p.kind == "cat" else p.from_unit(goal[p.name])
    return point
