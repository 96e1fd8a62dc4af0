"""Conditional, noisy and failing problems of the suite "report"; see `benchmarks.report_problems`."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from benchmarks.base import BlownUp, Builder, Param, Point, Problem, at_goals, children, goals, units

# Conditional.


def _cheapest(
    params: tuple[Param, ...], level: Mapping[str, np.ndarray], parent: tuple[str, int] | None = None
) -> tuple[float, dict[str, int]]:
    """The least sum of levels over all branches below `parent`, and the choices that give it."""
    total, code = 0.0, {}
    for p in children(params, parent):
        if p.kind == "cat":
            options = [_cheapest(params, level, (p.name, k)) for k in range(p.size)]
            costs = [float(level[p.name][k]) + inner for k, (inner, _) in enumerate(options)]
            k = int(np.argmin(costs))
            total += costs[k]
            code.update({p.name: k, **options[k][1]})
    return total, code


def _levels(params: tuple[Param, ...], point: Point, level: Mapping[str, np.ndarray]) -> float:
    return float(
        sum(level[p.name][int(point[p.name])] for p in params if p.kind == "cat" and p.name in point)
    )


def _families(rng: np.random.Generator) -> Problem:
    """Five model families; the one that looks best at random is not the best, for it has no depth."""
    names = ("linear", "kernel", "trees", "near", "deep")
    params = [Param("family", "cat", 0, 4)]
    for k, (name, count) in enumerate(zip(names, (2, 3, 4, 3, 5), strict=True)):
        for i in range(count):
            low, high, log = ((1e-5, 1e3, True), (0.0, 1.0, False), (1, 200, True))[i % 3]
            kind = "int" if i % 3 == 2 else "float"
            params.append(Param(f"{name}{i}", kind, low, high, log, parent=("family", k)))
    space = tuple(params)
    goal, order = goals(space, rng), rng.permutation(5)
    floor = np.array([0.0, 0.04, 0.08, 0.12, 0.16])[order]  # the best loss of each family
    depth = np.array([1.2, 0.7, 0.4, 0.2, 0.08])[order]  # what wrong numbers add to it

    def loss(point: Point) -> float:
        k = int(point["family"])
        t = np.array([u - goal[name] for name, u in units(space, point).items()])
        return float(0.1 + floor[k] + depth[k] * (t @ t + 0.5 * abs(t[0] + t[1])))

    best = at_goals(space, goal, {"family": int(floor.argmin())})
    return Problem("families18", ("conditional",), space, loss, 0.1, argmin=best)


def _training(rng: np.random.Generator) -> Problem:
    """An optimizer and a schedule, each with settings of its own, one rate for all; nested twice."""
    params = (
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("optimizer", "cat", 0, 2),
        Param("momentum", "float", 0.0, 0.99, parent=("optimizer", 0)),
        Param("nesterov", "cat", 0, 1, parent=("optimizer", 0)),
        Param("beta1", "float", 0.5, 0.99, parent=("optimizer", 1)),
        Param("beta2", "float", 0.9, 0.9999, parent=("optimizer", 1)),
        Param("decoupled", "cat", 0, 1, parent=("optimizer", 1)),
        Param("decay", "float", 1e-6, 1e-1, log=True, parent=("decoupled", 1)),
        Param("smoothing", "float", 0.8, 0.999, parent=("optimizer", 2)),
        Param("schedule", "cat", 0, 3),
        Param("step", "int", 5, 50, step=5, parent=("schedule", 1)),
        Param("factor", "float", 0.05, 0.9, log=True, parent=("schedule", 1)),
        Param("warm", "int", 0, 20, parent=("schedule", 2)),
        Param("final", "float", 1e-4, 0.5, log=True, parent=("schedule", 2)),
        Param("restarts", "cat", 0, 1, parent=("schedule", 3)),
        Param("period", "int", 2, 64, log=True, parent=("restarts", 1)),
        Param("batch", "int", 8, 512, log=True),
    )
    goal = goals(params, rng, 0.25, 0.75)
    level = {p.name: rng.uniform(0, 0.1, p.size) for p in params if p.kind == "cat"}
    optimum, code = _cheapest(params, level)
    shift = {k: 0.0 if k == code["optimizer"] else rng.uniform(-0.3, 0.3) for k in range(3)}

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        rate, batch = t.pop("rate") - shift[int(point["optimizer"])], t.pop("batch")
        speed = 0.5 * math.tanh(6 * (rate - 0.5 * batch) ** 2 + abs(t.get("momentum", 0.0)) ** 3)
        rest = sum(0.25 * value**2 + 0.02 * abs(value) for value in t.values())
        return _levels(params, point, level) + speed + 0.1 * batch**2 + rest

    return Problem("training17", ("conditional",), params, loss, optimum, argmin=at_goals(params, goal, code))


def _chain(rng: np.random.Generator) -> Problem:
    """Layers that come one after another, each with a size and a rate: a choice nested five deep."""
    params: list[Param] = [Param("rate", "float", 1e-4, 1.0, log=True)]
    parent = None
    for i in range(5):
        params += [
            Param(f"size{i}", "int", 4, 256, log=True, parent=parent),
            Param(f"drop{i}", "float", 0.0, 0.8, parent=parent),
            Param(
                f"more{i}", "cat", 0, 2, parent=parent
            ),  # stop; go on; go on with a skip, and stop after it
        ]
        parent = (f"more{i}", 1)
    space = tuple(params)
    goal = goals(space, rng)
    depth = int(rng.integers(1, 5))
    level = {
        f"more{i}": np.array([0.12 * abs(i - depth), 0.0, 0.04 + 0.1 * abs(i - depth)]) for i in range(5)
    }
    level["more4"] = np.array([0.12 * (4 - depth), 0.3, 0.2])
    optimum, code = _cheapest(space, level)

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(space, point).items()}
        rate = t.pop("rate")
        layers = sum((0.4 if name[0] == "s" else 0.15) * value**2 for name, value in t.items())
        narrowing = 0.2 * max(0.0, t.get("size1", 0.0) - t["size0"]) ** 2
        return _levels(space, point, level) + layers + narrowing + 0.8 * (rate + 0.2 * t["size0"]) ** 2 + 0.1

    best = at_goals(space, goal, code)
    return Problem("chain16", ("conditional",), space, loss, optimum + 0.1, argmin=best)


def _automl(rng: np.random.Generator) -> Problem:
    """Cleaning, features, and four families with choices inside: 26 labels, of which ten count at once."""
    params = (
        Param("impute", "cat", 0, 2),
        Param("neighbours", "int", 1, 25, parent=("impute", 2)),
        Param("scale", "cat", 0, 3),
        Param("quantiles", "int", 10, 1000, log=True, parent=("scale", 3)),
        Param("select", "cat", 0, 2),
        Param("share", "float", 0.05, 1.0, parent=("select", 1)),
        Param("threshold", "float", 1e-5, 1e-1, log=True, parent=("select", 2)),
        Param("model", "cat", 0, 3),
        Param("cost", "float", 1e-4, 1e4, log=True, parent=("model", 0)),
        Param("loss", "cat", 0, 1, parent=("model", 0)),
        Param("ratio", "float", 0.0, 1.0, parent=("loss", 1)),
        Param("trees", "int", 50, 1000, step=50, parent=("model", 1)),
        Param("depth", "int", 2, 32, parent=("model", 1)),
        Param("leaf", "float", 1e-4, 0.2, log=True, parent=("model", 1)),
        Param("rounds", "int", 20, 2000, log=True, parent=("model", 2)),
        Param("rate", "float", 1e-3, 1.0, log=True, parent=("model", 2)),
        Param("leaves", "int", 4, 512, log=True, parent=("model", 2)),
        Param("booster", "cat", 0, 2, parent=("model", 2)),
        Param("skip", "float", 0.0, 0.9, parent=("booster", 1)),
        Param("top", "float", 0.05, 0.6, parent=("booster", 2)),
        Param("kernel", "cat", 0, 2, parent=("model", 3)),
        Param("penalty", "float", 1e-3, 1e3, log=True, parent=("model", 3)),
        Param("gamma", "float", 1e-6, 1e1, log=True, parent=("kernel", 1)),
        Param("degree", "int", 2, 5, parent=("kernel", 2)),
        Param("offset", "float", 0.0, 10.0, parent=("kernel", 2)),
        Param("balance", "float", 0.0, 1.0),
    )
    goal = goals(params, rng)
    level = {p.name: rng.uniform(0, 0.1, p.size) for p in params if p.kind == "cat"}
    curve = {name: float(rng.uniform(0.2, 0.8)) for name in goal}
    optimum, code = _cheapest(params, level)

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        together = 0.8 * (t.get("rounds", 0.0) + t.get("rate", 0.0)) ** 2
        together += 0.6 * (t.get("penalty", 0.0) + 0.7 * t.get("gamma", 0.0)) ** 2
        return _levels(params, point, level) + together + sum(curve[n] * v**2 for n, v in t.items())

    best = at_goals(params, goal, code)
    return Problem("automl26", ("conditional",), params, loss, optimum, argmin=best)


# Noisy: `noise` is added to what a search sees. Regret is without it.


def _policy(rng: np.random.Generator) -> Problem:
    """Reinforcement learning: nothing is learned in most of the space, and returns are very noisy."""
    params = (
        Param("rate", "float", 1e-6, 1e-1, log=True),
        Param("discount", "float", 0.8, 0.9999),
        Param("entropy", "float", 1e-6, 1.0, log=True),
        Param("clip", "float", 0.05, 0.5),
        Param("batch", "int", 32, 4096, log=True),
        Param("epochs", "int", 1, 20),
    )
    goal = goals(params, rng, 0.25, 0.75)
    weight = np.array([5.0, 2.0, 1.5, 0.5, 1.0, 0.6])

    def loss(point: Point) -> float:
        t = np.array([u - goal[name] for name, u in units(params, point).items()])
        return float(-math.exp(-weight @ (t * t) - 2 * (t[0] - 0.5 * t[4]) ** 2))

    return Problem("policy6", ("noisy",), params, loss, -1.0, noise=0.1, argmin=at_goals(params, goal, {}))


def _folds(rng: np.random.Generator) -> Problem:
    """Cross-validation on few rows: four categories and three numbers, differences as large as the noise."""
    params = (
        *(Param(f"c{i}", "cat", 0, size - 1) for i, size in enumerate((2, 3, 4, 3))),
        Param("cost", "float", 1e-3, 1e3, log=True),
        Param("share", "float", 0.1, 1.0),
        Param("count", "int", 1, 50),
    )
    goal = goals(params, rng)
    level = [rng.permutation(np.linspace(0, 0.06, size)) for size in (2, 3, 4, 3)]

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        fixed = sum(float(row[int(point[f"c{i}"])]) for i, row in enumerate(level))
        return 0.2 + fixed + 0.3 * t["cost"] ** 2 + 0.1 * t["share"] ** 2 + 0.1 * abs(t["count"])

    code = {f"c{i}": int(row.argmin()) for i, row in enumerate(level)}
    best = at_goals(params, goal, code)
    return Problem("folds7", ("noisy",), params, loss, 0.2, noise=0.02, argmin=best)


def _simulator(rng: np.random.Generator) -> Problem:
    """Ten numbers of a stochastic simulator: a smooth bowl in narrow directions, under steady noise."""
    params = tuple(
        Param(f"x{i}", "float", *((0.1, 1000.0, True) if i % 2 else (-10.0, 30.0, False))) for i in range(10)
    )
    goal = goals(params, rng)
    mix = rng.normal(size=(10, 10)) / math.sqrt(10)
    scale = np.linspace(0.3, 2, 10)

    def loss(point: Point) -> float:
        t = mix @ np.array([u - goal[name] for name, u in units(params, point).items()])
        return float(math.sqrt(1 + scale @ (4 * t) ** 2) - 1)

    best = at_goals(params, goal, {})
    return Problem("simulator10", ("noisy",), params, loss, 0.0, noise=0.05, argmin=best)


def _survey(rng: np.random.Generator) -> Problem:
    """Noise over a choice of three methods with numbers of their own."""
    params = (
        Param("method", "cat", 0, 2),
        Param("radius", "float", 0.1, 10.0, log=True, parent=("method", 0)),
        Param("smallest", "int", 2, 40, parent=("method", 0)),
        Param("clusters", "int", 2, 60, parent=("method", 1)),
        Param("fuzz", "float", 1.05, 4.0, parent=("method", 1)),
        Param("bandwidth", "float", 0.01, 5.0, log=True, parent=("method", 2)),
        Param("components", "int", 1, 30),
        Param("whiten", "float", 0.0, 1.0),
    )
    goal = goals(params, rng)
    level = rng.permutation([0.0, 0.05, 0.1])

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        own = sum(v * v for n, v in t.items() if n not in ("components", "whiten"))
        common = 0.5 * t["components"] ** 2 + 0.1 * t["whiten"] ** 2
        return float(0.3 + level[int(point["method"])] + 0.9 * own + common)

    best = at_goals(params, goal, {"method": int(level.argmin())})
    return Problem("survey8", ("noisy", "conditional"), params, loss, 0.3, noise=0.01, argmin=best)


# Failing: the minimum lies on the edge of what crashes, so that a search must go there.


def _memory(rng: np.random.Generator) -> Problem:
    """Bigger is better until memory runs out, which raises: batch, width and depth share the limit."""
    params = (
        Param("batch", "int", 8, 1024, log=True),
        Param("width", "int", 32, 4096, log=True),
        Param("depth", "int", 2, 48),
        Param("rate", "float", 1e-5, 1e-1, log=True),
        Param("decay", "float", 1e-6, 1.0, log=True),
        Param("drop", "float", 0.0, 0.6),
    )
    goal = goals(params, rng, 0.35, 0.65)

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        use = 0.5 * t["batch"] + t["width"] + 0.6 * t["depth"]
        if use > 1e-9:
            raise BlownUp("out of memory")
        bowl = 0.4 * t["batch"] ** 2 + 0.2 * t["width"] ** 2 + 0.3 * t["depth"] ** 2
        return 0.25 - 0.5 * use + bowl + 0.6 * t["rate"] ** 2 + 0.2 * t["decay"] ** 2 + 0.2 * t["drop"] ** 2

    best = at_goals(params, goal, {})
    return Problem("memory6", ("exploding",), params, loss, 0.25, argmin=best)


def _stability(rng: np.random.Generator) -> Problem:
    """NaN beyond a curved edge of stability; the loss falls until the edge is reached."""
    params = (
        Param("rate", "float", 1e-4, 10.0, log=True),
        Param("momentum", "float", 0.0, 0.999),
        Param("clip", "float", 0.01, 100.0, log=True),
        Param("scale", "float", 0.1, 10.0, log=True),
        Param("norm", "cat", 0, 2),
    )
    goal = goals(params, rng, 0.4, 0.7)
    level, room = rng.permutation([0.0, 0.05, 0.1]), rng.uniform(-0.15, 0.15, 3)
    room[level.argmin()] = 0

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        edge = t["rate"] + 0.8 * t["momentum"] ** 2 + 0.4 * t["momentum"] - room[int(point["norm"])]
        if edge > 1e-9:
            return math.nan
        rest = 0.3 * t["momentum"] ** 2 + 0.4 * t["clip"] ** 2 + 0.3 * (t["scale"] - 0.5 * t["clip"]) ** 2
        return float(0.1 + level[int(point["norm"])] + 0.8 * math.tanh(-1.5 * edge) + rest)

    best = at_goals(params, goal, {"norm": int(level.argmin())})
    return Problem("stability5", ("exploding",), params, loss, 0.1, argmin=best)


def _overflow(rng: np.random.Generator) -> Problem:
    """Losses that grow to 1e30 and then to infinity just beyond the best place; eight numbers."""
    params = (
        *(Param(f"w{i}", "float", 1e-3, 1e3, log=True) for i in range(4)),
        *(Param(f"b{i}", "float", -3.0, 3.0) for i in range(3)),
        Param("steps", "int", 1, 100, log=True),
    )
    goal = goals(params, rng, 0.35, 0.65)
    slope = rng.uniform(0.3, 1.0, 8)

    def loss(point: Point) -> float:
        t = np.array([u - goal[name] for name, u in units(params, point).items()])
        over = float(slope @ t)
        if over > 0.4:
            return math.inf
        if over > 1e-9:
            return 1 + math.exp(min(170 * over, 69.0))
        return float(-0.7 * over + 0.9 * (t @ t))

    best = at_goals(params, goal, {})
    return Problem("overflow8", ("exploding",), params, loss, 0.0, argmin=best)


def _solvers(rng: np.random.Generator) -> Problem:
    """Solvers and penalties that do not all go together, which raises; the best pair fails nearby too."""
    params = (
        Param("solver", "cat", 0, 4),
        Param("penalty", "cat", 0, 3),
        Param("cost", "float", 1e-4, 1e4, log=True),
        Param("tolerance", "float", 1e-8, 1e-1, log=True),
        Param("rounds", "int", 10, 5000, log=True),
        Param("ratio", "float", 0.0, 1.0),
    )
    goal = goals(params, rng, 0.3, 0.7)
    works, level = rng.random((5, 4)) < 0.5, rng.uniform(0.02, 0.2, (5, 4))
    solver, penalty = int(rng.integers(5)), int(rng.integers(4))
    works[solver, penalty], level[solver, penalty] = True, 0.0

    def loss(point: Point) -> float:
        pair = int(point["solver"]), int(point["penalty"])
        if not works[pair]:
            raise BlownUp("this solver does not support this penalty")
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        slow = 0.6 * t["cost"] - t["tolerance"] - 0.5 * t["rounds"]
        if slow > 1e-9:
            raise BlownUp("not converged")
        bowl = 0.5 * t["cost"] ** 2 + 0.2 * t["ratio"] ** 2 + 0.2 * t["rounds"] ** 2
        return float(0.3 + level[pair] - 0.3 * slow + bowl + 0.1 * t["tolerance"] ** 2)

    best = at_goals(params, goal, {"solver": solver, "penalty": penalty})
    return Problem("solvers6", ("exploding",), params, loss, 0.3, argmin=best)


PROBLEMS: dict[str, Builder] = {
    "families18": _families,
    "training17": _training,
    "chain16": _chain,
    "automl26": _automl,
    "policy6": _policy,
    "folds7": _folds,
    "simulator10": _simulator,
    "survey8": _survey,
    "memory6": _memory,
    "stability5": _stability,
    "overflow8": _overflow,
    "solvers6": _solvers,
}
