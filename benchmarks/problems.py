"""Test problems for the quality benchmark: spaces described neutrally, losses with a known minimum.

A problem is made from a name, a suite and a seed; the seed moves its minimum,
turns its axes and draws its tables, so no two seeds are the same function.
`DEV` is for choosing constants. `REPORT` is for stating results: the same
kinds of problems with other seeds, and six that `DEV` does not have. Never
choose a constant on `REPORT`.

Nothing here knows a search library; `benchmarks.peers` translates.

Sources: Branin and Hartmann 6 after Dixon and Szego, "Towards Global
Optimisation 2" (1978); Rosenbrock (1960); Ackley (1987). The rest is ours.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

Point = Mapping[str, float | int]
Loss = Callable[[Point], float]

KINDS = ("smooth", "mixed", "categorical", "conditional", "noisy", "exploding")


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
    """

    name: str
    kinds: tuple[str, ...]
    params: tuple[Param, ...]
    loss: Loss
    optimum: float
    noise: float = 0.0
    suite: str = ""
    seed: int = 0

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


def _floats(count: int, low: float, high: float) -> tuple[Param, ...]:
    return tuple(Param(f"x{i}", "float", low, high) for i in range(count))


def _vector(params: tuple[Param, ...], point: Point) -> np.ndarray:
    return np.array([point[param.name] for param in params])


def _units(params: tuple[Param, ...], point: Point) -> dict[str, float]:
    return {p.name: p.unit(point[p.name]) for p in params if p.name in point and p.kind != "cat"}


# Smooth and numeric.


def _branin(rng: np.random.Generator) -> Problem:
    params = _floats(2, 0.0, 1.0)
    flip = rng.random(2) < 0.5
    # A window of 12 x 12 out of the usual 15 x 15. These offsets always keep
    # the minimum at (pi, 2.275) inside.
    corner = np.array([rng.uniform(-5, -2), rng.uniform(0, 2)])

    def loss(point: Point) -> float:
        u = _vector(params, point)
        x, y = corner + 12 * np.where(flip, 1 - u, u)
        bowl = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
        return float(bowl**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)

    return Problem("branin2", ("smooth",), params, loss, 0.39788735)


_HARTMANN_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_HARTMANN_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)
_HARTMANN_C = np.array([1.0, 1.2, 3.0, 3.2])


def _hartmann(rng: np.random.Generator) -> Problem:
    params = _floats(6, 0.0, 1.0)
    order, flip, corner = rng.permutation(6), rng.random(6) < 0.5, rng.uniform(0, 0.1, 6)

    def loss(point: Point) -> float:
        u = _vector(params, point)[order]
        x = corner + 0.88 * np.where(flip, 1 - u, u)
        return float(-_HARTMANN_C @ np.exp(-(_HARTMANN_A * (x - _HARTMANN_P) ** 2).sum(axis=1)))

    return Problem("hartmann6", ("smooth",), params, loss, -3.322368)


def _rosenbrock(rng: np.random.Generator) -> Problem:
    params = _floats(5, -2.0, 2.0)
    shift, sign = rng.uniform(-0.7, 0.7, 5), rng.choice([-1.0, 1.0], 5)

    def loss(point: Point) -> float:
        x = sign * _vector(params, point) + shift
        return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())

    return Problem("rosenbrock5", ("smooth",), params, loss, 0.0)


def _ackley(rng: np.random.Generator) -> Problem:
    params = _floats(10, -5.0, 5.0)
    centre = rng.uniform(-3, 3, 10)

    def loss(point: Point) -> float:
        x = _vector(params, point) - centre
        hill = 20 * math.exp(-0.2 * math.sqrt(float((x * x).mean())))
        return 20 + math.e - hill - math.exp(float(np.cos(2 * math.pi * x).mean()))

    return Problem("ackley10", ("smooth",), params, loss, 0.0)


def _embedded(rng: np.random.Generator) -> Problem:
    """Five of fifteen coordinates matter, two of them together; the others nearly idle."""
    params = _floats(15, 0.0, 1.0)
    centre, strong = rng.uniform(0.15, 0.85, 15), rng.permutation(15)[:5]
    weight = np.full(15, 0.1)
    weight[strong] = [11.0, 8.0, 6.0, 4.0, 3.0]

    def loss(point: Point) -> float:
        x = _vector(params, point) - centre
        ripple = 0.06 * (1 - np.cos(6 * math.pi * x[strong])).sum()
        return float(weight @ (x * x) + 5 * abs(x[strong[0]] * x[strong[1]]) + ripple)

    return Problem("embedded15", ("smooth",), params, loss, 0.0)


def _ellipsoid(rng: np.random.Generator) -> Problem:
    """A bowl 10 000 times steeper one way than another, its axes turned at random."""
    params = _floats(8, -5.0, 5.0)
    centre = rng.uniform(-3, 3, 8)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    weight = 10.0 ** np.linspace(-2, 2, 8)

    def loss(point: Point) -> float:
        z = turn @ (_vector(params, point) - centre)
        return float(weight @ (z * z))

    return Problem("ellipsoid8", ("smooth",), params, loss, 0.0)


# Mixed types, with and without noise.


def _boosting(rng: np.random.Generator) -> Problem:
    """Shaped like the cross-validated loss of boosted trees: learning rate against number of trees."""
    params = (
        Param("rate", "float", 1e-3, 1.0, log=True),
        Param("trees", "int", 50, 2000, log=True),
        Param("depth", "int", 2, 16),
        Param("rows", "float", 0.3, 1.0),
        Param("columns", "float", 0.2, 1.0),
        Param("l2", "float", 1e-8, 100.0, log=True),
        Param("leaf", "float", 1e-2, 1e2, log=True),
        Param("bins", "int", 16, 512, log=True),
    )
    goal = {p.name: p.goal(rng, 0.25, 0.75) for p in params}

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        capacity = t["rate"] + t["trees"]
        fit = 0.25 * (1 - math.exp(-6 * capacity**2)) + 0.16 * t["rate"] ** 2
        shape = 0.5 * max(0.0, t["depth"]) ** 2 + 0.7 * max(0.0, -t["depth"]) ** 2
        shape += 0.1 * abs(t["l2"] - 0.5 * t["depth"]) ** 1.5
        rest = 0.08 * t["rows"] ** 2 + 0.06 * t["columns"] ** 2 + 0.1 * t["leaf"] ** 2 + 0.01 * t["bins"] ** 2
        return 0.1 + fit + shape + rest

    return Problem("boosting8", ("mixed", "noisy"), params, loss, 0.1, noise=0.002)


def _valley(rng: np.random.Generator) -> Problem:
    """Learning rate, width and batch size trade against each other in a narrow noisy valley."""
    params = (
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("width", "int", 8, 2048, log=True),
        Param("batch", "int", 8, 1024, log=True),
        Param("dropout", "float", 0.0, 0.8),
        Param("warmup", "int", 0, 40),
    )
    goal = {p.name: p.goal(rng, 0.3, 0.7) for p in params}

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        across = t["rate"] + 0.5 * t["width"] - 0.4 * t["batch"] + 0.6 * t["width"] ** 2
        along = 0.25 * t["width"] ** 2 + 0.15 * t["batch"] ** 2
        return (
            0.05 + 0.5 * math.tanh(8 * across**2) + along + 0.2 * t["dropout"] ** 2 + 0.05 * t["warmup"] ** 2
        )

    return Problem("valley5", ("noisy",), params, loss, 0.05, noise=0.01)


def _mixed(rng: np.random.Generator) -> Problem:
    """A support vector machine's settings: the kernel moves where the numbers are best."""
    params = (
        Param("kernel", "cat", 0, 2),
        Param("cost", "float", 1e-3, 1e3, log=True),
        Param("gamma", "float", 1e-5, 1e1, log=True),
        Param("epsilon", "float", 0.0, 1.0),
        Param("folds", "int", 2, 12),
        Param("features", "int", 10, 500, step=10),
        Param("shrink", "cat", 0, 1),
    )
    numbers = [p for p in params if p.kind != "cat"]
    goals = [{p.name: p.goal(rng) for p in numbers} for _ in range(3)]
    level, shrink = rng.permutation([0.0, 0.05, 0.12]), rng.permutation([0.0, 0.03])

    def loss(point: Point) -> float:
        goal = goals[int(point["kernel"])]
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        ridge = 0.9 * (t["cost"] + t["gamma"]) ** 2 + 0.15 * (t["cost"] - t["gamma"]) ** 2
        rest = 0.2 * abs(t["epsilon"]) + 0.05 * t["folds"] ** 2 + 0.4 * t["features"] ** 2
        return float(0.2 + level[int(point["kernel"])] + shrink[int(point["shrink"])] + ridge + rest)

    return Problem("mixed7", ("mixed",), params, loss, 0.2)


# Categories.


def _categorical(rng: np.random.Generator) -> Problem:
    sizes = (3, 4, 5, 6, 3)
    params = (
        *(Param(f"c{i}", "cat", 0, size - 1) for i, size in enumerate(sizes)),
        Param("x0", "float", 0.0, 1.0),
        Param("x1", "float", 1e-5, 1e-1, log=True),
        Param("x2", "float", 0.0, 1.0),
    )
    effect = [rng.uniform(0, 0.3, size) for size in sizes]
    pair = rng.uniform(0, 0.3, (3, 4))
    centre = rng.uniform(0.15, 0.85, (5, 3))
    table = effect[0][:, None] + effect[1][None, :] + pair
    optimum = float(table.min() + sum(column.min() for column in effect[2:]))

    def loss(point: Point) -> float:
        code = [int(point[f"c{i}"]) for i in range(5)]
        x = np.array(list(_units(params, point).values())) - centre[code[2]]
        levels = table[code[0], code[1]] + sum(effect[i][code[i]] for i in (2, 3, 4))
        return float(levels + x * x @ np.array([2.0, 1.4, 0.8]))

    return Problem("categorical8", ("categorical",), params, loss, optimum)


def _lattice(rng: np.random.Generator) -> Problem:
    """Four categories that only matter in pairs, and integers on coarse steps; a finite space."""
    sizes = (4, 3, 5, 2)
    params = (
        *(Param(f"c{i}", "cat", 0, size - 1) for i, size in enumerate(sizes)),
        Param("n0", "int", 16, 256, step=16),
        Param("n1", "int", 0, 100, step=5),
        Param("n2", "int", 3, 27, step=3),
    )
    pairs = [rng.uniform(0, 0.4, (a, b)) for a, b in itertools.pairwise(sizes)]
    goals = [[p.goal(rng, 0.1, 0.9) for p in params[4:]] for _ in range(sizes[0])]

    def levels(code: tuple[int, ...]) -> float:
        return float(sum(table[a, b] for table, (a, b) in zip(pairs, itertools.pairwise(code), strict=True)))

    def loss(point: Point) -> float:
        code = tuple(int(point[f"c{i}"]) for i in range(4))
        t = np.array(list(_units(params, point).values())) - goals[code[0]]
        return levels(code) + float(np.abs(t) @ np.array([0.5, 0.3, 0.2]))

    optimum = min(levels(code) for code in itertools.product(*map(range, sizes)))
    return Problem("lattice7", ("categorical",), params, loss, optimum)


# Conditions.


def _conditional(rng: np.random.Generator) -> Problem:
    """Three model families; one of them has a second choice inside."""
    params = (
        Param("model", "cat", 0, 2),
        Param("svm_cost", "float", 1e-4, 1e4, log=True, parent=("model", 0)),
        Param("svm_kernel", "cat", 0, 2, parent=("model", 0)),
        Param("svm_gamma", "float", 1e-5, 1e2, log=True, parent=("svm_kernel", 1)),
        Param("svm_degree", "int", 2, 6, parent=("svm_kernel", 2)),
        Param("forest_depth", "int", 2, 30, parent=("model", 1)),
        Param("forest_share", "float", 0.05, 1.0, parent=("model", 1)),
        Param("forest_leaf", "int", 1, 50, log=True, parent=("model", 1)),
        Param("net_rate", "float", 1e-5, 1.0, log=True, parent=("model", 2)),
        Param("net_width", "int", 8, 1024, log=True, parent=("model", 2)),
        Param("net_decay", "float", 1e-7, 1e-1, log=True, parent=("model", 2)),
        Param("net_drop", "float", 0.0, 0.8, parent=("model", 2)),
    )
    goal = {p.name: p.goal(rng) for p in params if p.kind != "cat"}
    level = rng.permutation([0.10, 0.13, 0.16])

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        base = float(level[int(point["model"])])
        if point["model"] == 0:
            if point["svm_kernel"] == 0:
                return base + 0.06 + 0.3 * t["svm_cost"] ** 2
            if point["svm_kernel"] == 1:
                ridge = 0.6 * (t["svm_cost"] + t["svm_gamma"]) ** 2
                return base + ridge + 0.3 * t["svm_gamma"] ** 2 + 0.1 * t["svm_cost"] ** 2
            return base + 0.03 + 0.3 * t["svm_cost"] ** 2 + 0.2 * t["svm_degree"] ** 2
        if point["model"] == 1:
            depth = 0.3 * max(0.0, -t["forest_depth"]) ** 2 + 0.05 * abs(t["forest_depth"])
            return base + depth + 0.3 * t["forest_share"] ** 2 + 0.2 * t["forest_leaf"] ** 2
        step = 0.5 * (1 - math.exp(-8 * (t["net_rate"] + 0.4 * t["net_width"]) ** 2))
        return base + step + 0.1 * t["net_width"] ** 2 + 0.2 * t["net_decay"] ** 2 + 0.15 * t["net_drop"] ** 2

    return Problem("conditional12", ("conditional",), params, loss, 0.10)


def _pipeline(rng: np.random.Generator) -> Problem:
    """A preprocessing step and a model, with choices three deep: model, then booster, then schedule."""
    params = (
        Param("outliers", "float", 0.0, 0.2),
        Param("balance", "float", 0.01, 100.0, log=True),
        Param("reduce", "cat", 0, 2),
        Param("pca_keep", "float", 0.1, 1.0, parent=("reduce", 1)),
        Param("select_count", "int", 5, 500, log=True, parent=("reduce", 2)),
        Param("model", "cat", 0, 2),
        Param("penalty", "cat", 0, 2, parent=("model", 0)),
        Param("l1_cost", "float", 1e-4, 1e3, log=True, parent=("penalty", 0)),
        Param("l2_cost", "float", 1e-4, 1e3, log=True, parent=("penalty", 1)),
        Param("net_cost", "float", 1e-4, 1e3, log=True, parent=("penalty", 2)),
        Param("net_ratio", "float", 0.0, 1.0, parent=("penalty", 2)),
        Param("depth", "int", 1, 20, parent=("model", 1)),
        Param("booster", "cat", 0, 1, parent=("model", 1)),
        Param("bag_share", "float", 0.1, 1.0, parent=("booster", 0)),
        Param("boost_rate", "float", 1e-3, 1.0, log=True, parent=("booster", 1)),
        Param("schedule", "cat", 0, 1, parent=("booster", 1)),
        Param("schedule_decay", "float", 0.5, 1.0, parent=("schedule", 1)),
        Param("neighbours", "int", 1, 100, log=True, parent=("model", 2)),
        Param("metric", "cat", 0, 2, parent=("model", 2)),
        Param("metric_power", "float", 1.0, 6.0, parent=("metric", 2)),
    )
    choices = [p for p in params if p.kind == "cat"]
    goal = {p.name: p.goal(rng) for p in params if p.kind != "cat"}
    curve = {name: rng.uniform(0.3, 0.9) for name in goal}
    level = {p.name: rng.uniform(0, 0.12, p.size) for p in choices}
    together = rng.uniform(0, 0.15, (3, 3))

    def loss(point: Point) -> float:
        base = float(together[int(point["reduce"]), int(point["model"])])
        base += sum(float(level[p.name][int(point[p.name])]) for p in choices if p.name in point)
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        return base + sum(curve[name] * value**2 for name, value in t.items())

    def best(parent: tuple[str, int]) -> float:
        """The least that the choices under a branch add."""
        inner = (p for p in children(params, parent) if p.kind == "cat")
        return sum(min(level[p.name][k] + best((p.name, k)) for k in range(p.size)) for p in inner)

    optimum = min(
        together[r, m] + level["reduce"][r] + level["model"][m] + best(("reduce", r)) + best(("model", m))
        for r, m in itertools.product(range(3), range(3))
    )
    return Problem("pipeline20", ("conditional",), params, loss, float(optimum))


# Losses that explode or fail.


def _exploding(rng: np.random.Generator) -> Problem:
    """Training that diverges: beyond an edge the loss grows to a million, just before it is best."""
    params = (
        Param("rate", "float", 1e-6, 10.0, log=True),
        Param("momentum", "float", 0.0, 0.999),
        Param("decay", "float", 1e-8, 1.0, log=True),
        Param("batch", "int", 8, 1024, log=True),
        Param("layers", "int", 1, 12),
        Param("dropout", "float", 0.0, 0.9),
    )
    goal = {p.name: p.goal(rng, 0.3, 0.7) for p in params}

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in _units(params, point).items()}
        edge = t["rate"] + 0.3 * t["momentum"] - 0.2 * t["batch"]
        if edge > 0.12:
            return 10 * math.exp(min(12.0, 30 * (edge - 0.12)))
        rest = (
            0.2 * t["decay"] ** 2
            + 0.3 * t["layers"] ** 2
            + 0.3 * t["dropout"] ** 2
            + 0.1 * t["momentum"] ** 2
        )
        return 0.2 + 2.4 * edge**2 + rest

    return Problem("exploding6", ("exploding",), params, loss, 0.2)


def _cliff(rng: np.random.Generator) -> Problem:
    """Fails in about half of the space, in three ways: infinite, NaN, or an exception."""
    params = (
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("width", "int", 8, 1024, log=True),
        Param("depth", "int", 1, 10),
        Param("clip", "float", 0.1, 10.0, log=True),
        Param("noise", "float", 0.0, 1.0),
    )
    goal = {p.name: p.goal(rng, 0.3, 0.7) for p in params}
    # Which way is over the cliff; it is 0.08 away from the minimum, in units of the space's side.
    slope = rng.choice([-1.0, 1.0], 5) * rng.uniform(0.5, 1.0, 5)
    slope /= np.linalg.norm(slope)

    def loss(point: Point) -> float:
        t = np.array([u - goal[name] for name, u in _units(params, point).items()])
        over = float(slope @ t) - 0.08
        if over > 0.25:
            raise BlownUp("out of memory")
        if over > 0.1:
            return math.nan
        if over > 0:
            return math.inf
        return float(0.3 + 1.5 * (slope @ t) ** 2 + t * t @ np.array([0.5, 0.3, 0.4, 0.2, 0.1]))

    return Problem("cliff5", ("exploding",), params, loss, 0.3)


_BUILDERS: dict[str, Callable[[np.random.Generator], Problem]] = {
    "branin2": _branin,
    "hartmann6": _hartmann,
    "rosenbrock5": _rosenbrock,
    "ackley10": _ackley,
    "embedded15": _embedded,
    "boosting8": _boosting,
    "categorical8": _categorical,
    "conditional12": _conditional,
    "exploding6": _exploding,
    "ellipsoid8": _ellipsoid,
    "mixed7": _mixed,
    "valley5": _valley,
    "lattice7": _lattice,
    "pipeline20": _pipeline,
    "cliff5": _cliff,
}

DEV: tuple[str, ...] = tuple(_BUILDERS)[:9]
REPORT: tuple[str, ...] = tuple(_BUILDERS)
SUITES = {"dev": DEV, "report": REPORT}

# The instance numbers of the two suites never meet.
_FIRST_INSTANCE = {"dev": 0, "report": 1_000_000}


def make(name: str, suite: str, seed: int) -> Problem:
    """Build one instance of a problem.

    Args:
        name: One of the names of the suite.
        suite: "dev" or "report". The same seed gives other instances in each.
        seed: At least 0 and below 1 000 000.

    Returns:
        The problem, the same one in every process.

    Raises:
        KeyError: If the suite has no such problem.

    >>> make("branin2", "report", seed=3).optimum
    0.39788735
    """
    if name not in SUITES[suite]:
        raise KeyError(f"suite {suite!r} has no problem {name!r}; it has {', '.join(SUITES[suite])}")
    instance = _FIRST_INSTANCE[suite] + seed
    rng = np.random.default_rng([zlib.crc32(name.encode()), instance])
    return replace(_BUILDERS[name](rng), suite=suite, seed=seed)
