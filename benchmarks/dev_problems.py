"""Problems of the suite "dev": shapes of our own and a few classics, for choosing constants.

Sources: Branin and Hartmann 6 after Dixon and Szego, "Towards Global
Optimisation 2" (1978); Rosenbrock (1960); Ackley (1987). The rest is ours.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from benchmarks.base import Builder, Param, Point, Problem, floats, units, vector

# Smooth and numeric.


def _branin(rng: np.random.Generator) -> Problem:
    params = floats(2, 0.0, 1.0)
    flip = rng.random(2) < 0.5
    # A window of 12 x 12 out of the usual 15 x 15. These offsets always keep
    # the minimum at (pi, 2.275) inside.
    corner = np.array([rng.uniform(-5, -2), rng.uniform(0, 2)])

    def loss(point: Point) -> float:
        u = vector(params, point)
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
    params = floats(6, 0.0, 1.0)
    order, flip, corner = rng.permutation(6), rng.random(6) < 0.5, rng.uniform(0, 0.1, 6)

    def loss(point: Point) -> float:
        u = vector(params, point)[order]
        x = corner + 0.88 * np.where(flip, 1 - u, u)
        return float(-_HARTMANN_C @ np.exp(-(_HARTMANN_A * (x - _HARTMANN_P) ** 2).sum(axis=1)))

    return Problem("hartmann6", ("smooth",), params, loss, -3.322368)


def _rosenbrock(rng: np.random.Generator) -> Problem:
    params = floats(5, -2.0, 2.0)
    shift, sign = rng.uniform(-0.7, 0.7, 5), rng.choice([-1.0, 1.0], 5)

    def loss(point: Point) -> float:
        x = sign * vector(params, point) + shift
        return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())

    return Problem("rosenbrock5", ("smooth",), params, loss, 0.0)


def _ackley(rng: np.random.Generator) -> Problem:
    params = floats(10, -5.0, 5.0)
    centre = rng.uniform(-3, 3, 10)

    def loss(point: Point) -> float:
        x = vector(params, point) - centre
        hill = 20 * math.exp(-0.2 * math.sqrt(float((x * x).mean())))
        return 20 + math.e - hill - math.exp(float(np.cos(2 * math.pi * x).mean()))

    return Problem("ackley10", ("smooth", "multimodal"), params, loss, 0.0)


def _embedded(rng: np.random.Generator) -> Problem:
    """Five of fifteen coordinates matter, two of them together; the others nearly idle."""
    params = floats(15, 0.0, 1.0)
    centre, strong = rng.uniform(0.15, 0.85, 15), rng.permutation(15)[:5]
    weight = np.full(15, 0.1)
    weight[strong] = [11.0, 8.0, 6.0, 4.0, 3.0]

    def loss(point: Point) -> float:
        x = vector(params, point) - centre
        ripple = 0.06 * (1 - np.cos(6 * math.pi * x[strong])).sum()
        return float(weight @ (x * x) + 5 * abs(x[strong[0]] * x[strong[1]]) + ripple)

    return Problem("embedded15", ("smooth",), params, loss, 0.0)


def _ellipsoid(rng: np.random.Generator) -> Problem:
    """A bowl 10 000 times steeper one way than another, its axes turned at random."""
    params = floats(8, -5.0, 5.0)
    centre = rng.uniform(-3, 3, 8)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    weight = 10.0 ** np.linspace(-2, 2, 8)

    def loss(point: Point) -> float:
        z = turn @ (vector(params, point) - centre)
        return float(weight @ (z * z))

    return Problem("ellipsoid8", ("smooth", "ill-conditioned"), params, loss, 0.0)


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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        x = np.array(list(units(params, point).values())) - centre[code[2]]
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
        t = np.array(list(units(params, point).values())) - goals[code[0]]
        return levels(code) + float(np.abs(t) @ np.array([0.5, 0.3, 0.2]))

    optimum = min(levels(code) for code in itertools.product(*map(range, sizes)))
    return Problem("lattice7", ("categorical",), params, loss, optimum)


PROBLEMS: dict[str, Builder] = {
    "branin2": _branin,
    "hartmann6": _hartmann,
    "rosenbrock5": _rosenbrock,
    "ackley10": _ackley,
    "embedded15": _embedded,
    "boosting8": _boosting,
    "categorical8": _categorical,
    "ellipsoid8": _ellipsoid,
    "mixed7": _mixed,
    "valley5": _valley,
    "lattice7": _lattice,
}
