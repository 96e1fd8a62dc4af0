"""Tuning problems of the suite "report": mixed, categorical, conditional, noisy and failing ones.

No constant of parzen is ever chosen on these; `benchmarks.problems` says how
the suites are kept apart. The spaces are written as practitioners write them.
All shapes are ours. A minimum lies where every number is at its goal, so it is
known exactly; minima over tables are found by looking at all entries.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from benchmarks.base import Builder, Param, Point, Problem, at_goals, goals, units

# Mixed.


def _forest(rng: np.random.Generator) -> Problem:
    """A random forest: more trees always help, ever less; depth and leaf size act against each other."""
    params = (
        Param("trees", "int", 10, 1000, step=10),
        Param("criterion", "cat", 0, 2),
        Param("depth", "int", 1, 40),
        Param("leaf", "int", 1, 64, log=True),
        Param("split", "int", 2, 128, log=True),
        Param("features", "float", 0.05, 1.0),
        Param("bootstrap", "cat", 0, 1),
        Param("samples", "float", 0.1, 1.0),
        Param("alpha", "float", 1e-6, 1e-1, log=True),
    )
    goal = {**goals(params, rng), "trees": 1.0}
    level, boot = rng.permutation([0.0, 0.01, 0.04]), rng.permutation([0.0, 0.015])

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        size = 0.5 * abs(t["depth"] - 0.7 * t["leaf"]) ** 1.5 + 0.2 * t["leaf"] ** 2 + 0.05 * t["split"] ** 2
        trees = 0.06 * (1000 / point["trees"] - 1) ** 0.5 / 10
        share = 0.25 * t["features"] ** 2 + (0.1 if point["bootstrap"] else 0.02) * t["samples"] ** 2
        fixed = level[int(point["criterion"])] + boot[int(point["bootstrap"])]
        return float(0.15 + fixed + size + trees + share + 0.15 * max(0.0, t["alpha"]) ** 2)

    best = at_goals(params, goal, {"criterion": int(level.argmin()), "bootstrap": int(boot.argmin())})
    return Problem("forest9", ("mixed",), params, loss, 0.15, argmin=best)


def _network(rng: np.random.Generator) -> Problem:
    """A network whose best learning rate depends on the optimizer, the batch and the width."""
    params = (
        Param("optimizer", "cat", 0, 3),
        Param("activation", "cat", 0, 2),
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("width", "int", 16, 1024, step=16),
        Param("layers", "int", 1, 8),
        Param("batch", "int", 16, 512, log=True),
        Param("decay", "float", 1e-7, 1e-1, log=True),
        Param("dropout", "float", 0.0, 0.7),
        Param("smoothing", "float", 0.0, 0.3),
        Param("epochs", "int", 5, 100, step=5),
    )
    goal = goals(params, rng, 0.3, 0.7)
    moved = np.array([0.0, *rng.uniform(-0.3, 0.3, 3)])[rng.permutation(4)]
    level, bend = np.where(moved == 0, 0.0, rng.uniform(0.01, 0.06, 4)), rng.permutation([0.0, 0.02, 0.05])

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        rate = t["rate"] - moved[int(point["optimizer"])] - 0.35 * t["batch"] + 0.25 * t["width"]
        training = 0.6 * (1 - math.exp(-12 * rate**2)) + 0.1 * t["epochs"] ** 2
        capacity = 0.3 * (t["width"] + 0.8 * t["layers"]) ** 2 + 0.15 * t["layers"] ** 2
        rest = 0.12 * (t["dropout"] - 0.5 * t["decay"]) ** 2 + 0.08 * t["decay"] ** 2
        small = 0.05 * t["batch"] ** 2 + 0.04 * t["smoothing"] ** 2
        fixed = level[int(point["optimizer"])] + bend[int(point["activation"])]
        return float(0.08 + fixed + training + capacity + rest + small)

    code = {"optimizer": int(np.flatnonzero(moved == 0)[0]), "activation": int(bend.argmin())}
    return Problem("network10", ("mixed",), params, loss, 0.08, argmin=at_goals(params, goal, code))


def _filters(rng: np.random.Generator) -> Problem:
    """A signal pipeline of whole numbers: window, overlap, bands; two switches that interact with them."""
    params = (
        Param("window", "int", 32, 4096, log=True),
        Param("hop", "int", 10, 90, step=5),
        Param("bands", "int", 8, 128, step=4),
        Param("taper", "cat", 0, 4),
        Param("scale", "cat", 0, 1),
        Param("low", "float", 20.0, 2000.0, log=True),
        Param("gain", "float", -20.0, 20.0),
        Param("context", "int", 0, 15),
    )
    goal = goals(params, rng)
    shift, level = rng.uniform(-0.25, 0.25, (2, 2)), rng.permutation(np.linspace(0, 0.2, 5))
    right = int(rng.integers(2))
    shift[right] = 0

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        by_scale = shift[int(point["scale"])]
        pitch = abs(t["bands"] - by_scale[0]) + 0.5 * abs(t["low"] - by_scale[1])
        time = 0.8 * (t["window"] + 0.5 * t["hop"]) ** 2 + 0.2 * t["hop"] ** 2 + 0.1 * t["window"] ** 2
        rest = 0.3 * t["gain"] ** 2 + 0.1 * abs(t["context"])
        switch = level[int(point["taper"])] + (0.0 if point["scale"] == right else 0.03)
        return float(1 + 0.3 * pitch + time + rest + switch)

    best = at_goals(params, goal, {"taper": int(level.argmin()), "scale": right})
    return Problem("filters8", ("mixed",), params, loss, 1.0, argmin=best)


def _mixture(rng: np.random.Generator) -> Problem:
    """Twenty-two settings of a large pipeline: four switches, eight integers, ten floats; half are idle."""
    params = (
        *(Param(f"switch{i}", "cat", 0, size - 1) for i, size in enumerate((2, 3, 4, 6))),
        *(Param(f"count{i}", "int", 1, 10 * 2**i, log=i > 2) for i in range(8)),
        *(Param(f"ratio{i}", "float", 0.0, 1.0) for i in range(5)),
        *(Param(f"strength{i}", "float", 1e-6, 10.0, log=True) for i in range(5)),
    )
    goal = goals(params, rng)
    numbers = list(goal)
    weight = dict(
        zip(numbers, rng.permutation([3, 2, 1.5, 1, 1, 0.7, 0.5, 0.3, *([0.01] * 10)]), strict=True)
    )
    level = [rng.permutation(np.linspace(0, 0.25, size)) for size in (2, 3, 4, 6)]
    partner = dict(zip(numbers, rng.permutation(numbers), strict=True))

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        bowl = sum(weight[n] * (t[n] + 0.4 * t[partner[n]]) ** 2 for n in numbers)
        idle = 0.02 * sum(value**2 for value in t.values())
        return float(bowl + idle + sum(level[i][int(point[f"switch{i}"])] for i in range(4)))

    code = {f"switch{i}": int(row.argmin()) for i, row in enumerate(level)}
    return Problem("mixture22", ("mixed",), params, loss, 0.0, argmin=at_goals(params, goal, code))


# Categorical and finite.


def _subset(rng: np.random.Generator) -> Problem:
    """Choose among twelve features: each has a price, and pairs replace or help each other."""
    params = tuple(Param(f"use{i}", "cat", 0, 1) for i in range(12))
    gain = rng.normal(0, 1, 12)
    pair = np.triu(rng.normal(0, 0.6, (12, 12)) * (rng.random((12, 12)) < 0.3), 1)
    codes = np.array(list(itertools.product((0, 1), repeat=12)))
    losses = codes @ gain + ((codes @ pair) * codes).sum(axis=1)

    def loss(point: Point) -> float:
        use = np.array([point[p.name] for p in params], dtype=float)
        return float(use @ gain + use @ pair @ use)

    best = {p.name: int(k) for p, k in zip(params, codes[losses.argmin()], strict=True)}
    return Problem("subset12", ("categorical",), params, loss, loss(best), argmin=best)


def _cell(rng: np.random.Generator) -> Problem:
    """A network's cell: seven places for one of five operations; neighbours and the mix matter."""
    params = tuple(Param(f"op{i}", "cat", 0, 4) for i in range(7))
    single, adjacent = rng.uniform(0, 0.2, (7, 5)), rng.uniform(0, 0.3, (5, 5))
    ideal = rng.multinomial(7, np.full(5, 0.2))
    codes = np.array(list(itertools.product(range(5), repeat=7)))

    def losses(code: np.ndarray) -> np.ndarray:
        own = single[np.arange(7), code].sum(axis=1) + adjacent[code[:, :-1], code[:, 1:]].sum(axis=1)
        count = (code[:, :, None] == np.arange(5)).sum(axis=1)
        return own + 0.05 * np.abs(count - ideal).sum(axis=1)

    def loss(point: Point) -> float:
        return float(losses(np.array([[int(point[p.name]) for p in params]]))[0])

    best = {p.name: int(k) for p, k in zip(params, codes[losses(codes).argmin()], strict=True)}
    return Problem("cell7", ("categorical",), params, loss, loss(best), argmin=best)


def _levels(rng: np.random.Generator) -> Problem:
    """Sizes and rates given as lists of values, as in a grid: the order of a list means something."""
    sizes = (6, 5, 7, 4, 8, 3)
    params = tuple(Param(f"list{i}", "cat", 0, size - 1) for i, size in enumerate(sizes))
    goal = [int(rng.integers(size)) for size in sizes]
    weight = rng.permutation([1.0, 0.8, 0.5, 0.3, 0.2, 0.1])

    def loss(point: Point) -> float:
        t = np.array([(point[p.name] - g) / (p.size - 1) for p, g in zip(params, goal, strict=True)])
        return float(weight @ (t * t) + 0.5 * abs(t[0] + t[1] - t[2]))

    best = {p.name: g for p, g in zip(params, goal, strict=True)}
    return Problem("levels6", ("categorical",), params, loss, 0.0, argmin=best)


def _table(rng: np.random.Generator) -> Problem:
    """A space of 160 points, small enough to try them all, of categories and stepped integers."""
    params = (
        Param("metric", "cat", 0, 3),
        Param("weights", "cat", 0, 1),
        Param("neighbours", "int", 5, 25, step=5),
        Param("power", "int", 1, 4),
    )
    table = (
        rng.uniform(0, 0.3, (4, 2, 5, 4)) + rng.uniform(0, 0.4, (4, 1, 5, 1)) + rng.uniform(0, 0.3, (2, 1, 4))
    )
    table = 0.1 + (table - table.min())

    def loss(point: Point) -> float:
        row = int(point["neighbours"]) // 5 - 1
        return float(table[int(point["metric"]), int(point["weights"]), row, int(point["power"]) - 1])

    metric, weights, row, power = (int(k) for k in np.unravel_index(table.argmin(), table.shape))
    best = {"metric": metric, "weights": weights, "neighbours": 5 * (row + 1), "power": power + 1}
    return Problem("table4", ("categorical",), params, loss, 0.1, argmin=best)


PROBLEMS: dict[str, Builder] = {
    "forest9": _forest,
    "network10": _network,
    "filters8": _filters,
    "mixture22": _mixture,
    "subset12": _subset,
    "cell7": _cell,
    "levels6": _levels,
    "table4": _table,
}
