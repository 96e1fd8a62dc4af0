"""Conditional and failing problems of the suite "dev"; all shapes are ours."""

from __future__ import annotations

import itertools
import math

import numpy as np

from benchmarks.base import BlownUp, Builder, Param, Point, Problem, children, units

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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        t = {name: u - goal[name] for name, u in units(params, point).items()}
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
        t = np.array([u - goal[name] for name, u in units(params, point).items()])
        over = float(slope @ t) - 0.08
        if over > 0.25:
            raise BlownUp("out of memory")
        if over > 0.1:
            return math.nan
        if over > 0:
            return math.inf
        return float(0.3 + 1.5 * (slope @ t) ** 2 + t * t @ np.array([0.5, 0.3, 0.4, 0.2, 0.1]))

    return Problem("cliff5", ("exploding",), params, loss, 0.3)


PROBLEMS: dict[str, Builder] = {
    "conditional12": _conditional,
    "exploding6": _exploding,
    "pipeline20": _pipeline,
    "cliff5": _cliff,
}
