"""Problems of the suite "dev" where a smooth model is wrong: tables, terraces, noise, crashes; all ours."""

from __future__ import annotations

import itertools
import math
import zlib

import numpy as np

from benchmarks.base import BlownUp, Builder, Param, Point, Problem, floats, goals, units, vector

# Categories.


def _switches(rng: np.random.Generator) -> Problem:
    """Twelve things to turn on or off, which help and hinder each other in pairs."""
    d = 12
    params = tuple(Param(f"on{i}", "cat", 0, 1) for i in range(d))
    effect = np.triu(rng.normal(0, 0.15, (d, d)) * (rng.random((d, d)) < 0.3), 1)
    effect[np.arange(d), np.arange(d)] = rng.normal(0, 0.15, d)
    codes = np.array(list(itertools.product((0.0, 1.0), repeat=d)))
    optimum = float(np.einsum("ni,ij,nj->n", codes, effect, codes).min())

    def loss(point: Point) -> float:
        code = vector(params, point)
        return float(code @ effect @ code)

    return Problem("switches12", ("categorical",), params, loss, optimum)


def _options(rng: np.random.Generator) -> Problem:
    """Six choices of eight, a few of them much better; neighbours in a chain count together."""
    sizes = (8,) * 6
    params = tuple(Param(f"c{i}", "cat", 0, size - 1) for i, size in enumerate(sizes))
    effect = [0.3 * rng.random(size) ** 0.5 for size in sizes]
    pairs = [0.15 * rng.random((8, 8)) for _ in range(5)]
    best = effect[0]
    for own, pair in zip(effect[1:], pairs, strict=True):
        best = (best[:, None] + pair).min(axis=0) + own

    def loss(point: Point) -> float:
        code = [int(point[p.name]) for p in params]
        single = sum(own[k] for own, k in zip(effect, code, strict=True))
        return float(single + sum(t[a, b] for t, (a, b) in zip(pairs, itertools.pairwise(code), strict=True)))

    return Problem("options6", ("categorical",), params, loss, float(best.min()))


def _recipes(rng: np.random.Generator) -> Problem:
    """An optimizer, a schedule and a size, each of which moves where the numbers are best."""
    params = (
        Param("optimizer", "cat", 0, 3),
        Param("schedule", "cat", 0, 2),
        Param("size", "cat", 0, 4),
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("decay", "float", 1e-6, 1e-1, log=True),
        Param("layers", "int", 1, 8),
    )
    goal = rng.uniform(0.2, 0.7, (4, 2))
    level = [rng.uniform(0, 0.1, size) for size in (4, 3)]
    heavy = rng.permutation(5) / 4

    def loss(point: Point) -> float:
        a, b, c = int(point["optimizer"]), int(point["schedule"]), int(point["size"])
        t = units(params, point)
        width = heavy[c] - 0.5
        rate = t["rate"] - goal[a, 0] + 0.15 * width
        base = level[0][a] - level[0].min() + level[1][b] - level[1].min()
        off = 1.5 * rate**2 + 0.4 * (t["decay"] - goal[a, 1]) ** 2
        return float(base + off + 0.1 * abs(width + t["layers"] - 0.5))

    # The lightest size with all layers, and the heaviest with one, add nothing in the last term.
    return Problem("recipes6", ("categorical", "mixed"), params, loss, 0.0)


# Steps.


def _terraces(rng: np.random.Generator) -> Problem:
    """Six numbers that count in seven steps each, as rounded sizes do; coupled in pairs."""
    params = floats(6, 0.0, 1.0)
    goal = rng.integers(1, 6, 6) / 6
    mix = np.eye(6) + 0.5 * np.triu(rng.choice([-1.0, 0.0, 1.0], (6, 6)), 1)

    def loss(point: Point) -> float:
        t = mix @ (np.round(vector(params, point) * 6) / 6 - goal)
        return float(np.abs(t) @ np.array([1.0, 0.8, 0.6, 0.4, 0.3, 0.2]))

    return Problem("terraces6", ("mixed",), params, loss, 0.0)


def _counted(rng: np.random.Generator) -> Problem:
    """The share of 250 examples that are wrong: smooth underneath, but only whole examples count."""
    params = (
        Param("rate", "float", 1e-5, 1.0, log=True),
        Param("decay", "float", 1e-8, 1e-1, log=True),
        Param("width", "int", 8, 1024, log=True),
        Param("dropout", "float", 0.0, 0.8),
        Param("mix", "float", 0.0, 1.0),
    )
    goal = goals(params, rng, 0.25, 0.75)

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        across = t["rate"] + 0.4 * t["width"]
        error = 0.8 * (1 - math.exp(-5 * across**2)) + 0.15 * t["width"] ** 2
        error += 0.1 * t["decay"] ** 2 + 0.2 * abs(t["dropout"]) + 0.1 * t["mix"] ** 2
        return 0.02 + math.floor(250 * error) / 250

    return Problem("counted5", ("mixed",), params, loss, 0.02)


# Noise.


def _shaky(rng: np.random.Generator) -> Problem:
    """A turned valley under noise a tenth of what a good trial gains over a random one."""
    params = floats(6, -1.0, 1.0)
    centre = rng.uniform(-0.6, 0.6, 6)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    weight = np.array([1.0, 0.6, 0.4, 0.2, 0.1, 0.05])

    def loss(point: Point) -> float:
        z = turn @ (vector(params, point) - centre)
        return float(1 - math.exp(-float(weight @ (z * z))))

    return Problem("shaky6", ("noisy",), params, loss, 0.0, noise=0.05)


def _splits(rng: np.random.Generator) -> Problem:
    """Cross-validation with few folds: three labels and three numbers under noise."""
    params = (
        Param("scaler", "cat", 0, 2),
        Param("penalty", "cat", 0, 1),
        Param("kernel", "cat", 0, 3),
        Param("cost", "float", 1e-3, 1e3, log=True),
        Param("gamma", "float", 1e-4, 1e1, log=True),
        Param("weight", "float", 0.0, 1.0),
    )
    level = [rng.permutation(size) * gap for size, gap in ((3, 0.01), (2, 0.02), (4, 0.015))]
    goal = [goals(params, rng, 0.2, 0.8) for _ in range(4)]

    def loss(point: Point) -> float:
        kernel = int(point["kernel"])
        t = {name: u - goal[kernel][name] for name, u in units(params, point).items()}
        base = level[0][int(point["scaler"])] + level[1][int(point["penalty"])] + level[2][kernel]
        ridge = 0.5 * (t["cost"] + t["gamma"]) ** 2 + 0.2 * t["gamma"] ** 2
        return float(0.1 + base + 0.4 * math.tanh(3 * ridge) + 0.05 * t["weight"] ** 2)

    return Problem("splits6", ("noisy", "mixed"), params, loss, 0.1, noise=0.015)


# Losses that explode or fail.


def _chance(rng: np.random.Generator) -> Problem:
    """Chance level nearly everywhere; it learns in a funnel, beside which it diverges."""
    params = (
        Param("rate", "float", 1e-6, 10.0, log=True),
        Param("scale", "float", 1e-3, 1e1, log=True),
        Param("momentum", "float", 0.0, 1.0),
        Param("width", "int", 8, 1024, log=True),
        Param("act", "cat", 0, 2),
    )
    goal = goals(params, rng, 0.3, 0.7)
    level = rng.permutation(3) * 0.06

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        over = t["rate"] + 0.4 * t["momentum"] + 0.3 * t["scale"]
        if over > 0.1:
            return math.nan if over < 0.3 else math.inf
        funnel = math.exp(-12 * (over**2 + t["scale"] ** 2) - 2 * t["width"] ** 2)
        return float(2.3 - (2.0 - level[int(point["act"])]) * funnel + 0.02 * t["momentum"] ** 2)

    return Problem("chance5", ("exploding",), params, loss, 0.3)


def _flaky(rng: np.random.Generator) -> Problem:
    """A fifth of the trials crash, wherever they are: machines that are lost, links that break."""
    params = (
        Param("rate", "float", 1e-5, 1e-1, log=True),
        Param("depth", "int", 2, 20),
        Param("share", "float", 0.2, 1.0),
        Param("alpha", "float", 1e-6, 1e1, log=True),
        Param("mode", "cat", 0, 3),
    )
    goal = goals(params, rng)
    level = rng.uniform(0, 0.1, 4)
    salt = int(rng.integers(1 << 30))

    def loss(point: Point) -> float:
        text = " ".join(f"{point[p.name]:.12g}" for p in params)
        if zlib.crc32(f"{salt} {text}".encode()) % 5 == 0:
            raise BlownUp("lost the connection")
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        bowl = 0.8 * (t["rate"] + 0.5 * t["depth"]) ** 2 + 0.2 * t["depth"] ** 2
        rest = 0.2 * abs(t["share"]) + 0.1 * t["alpha"] ** 2
        return float(bowl + rest + level[int(point["mode"])] - level.min())

    return Problem("flaky5", ("exploding",), params, loss, 0.0)


def _decades(rng: np.random.Generator) -> Problem:
    """Losses over eight powers of ten, as a residual or a perplexity has."""
    params = floats(6, 0.0, 1.0)
    centre = rng.uniform(0.2, 0.8, 6)
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    weight = np.array([4.0, 2.0, 1.0, 1.0, 0.5, 0.5])

    def loss(point: Point) -> float:
        z = turn @ (vector(params, point) - centre)
        return float(10.0 ** (6 * math.sqrt(float(weight @ (z * z))) - 2))

    return Problem("decades6", ("exploding",), params, loss, 0.01)


def _limits(rng: np.random.Generator) -> Problem:
    """Bigger is better until it no longer fits; how much fits depends on a choice."""
    params = (
        Param("precision", "cat", 0, 2),
        Param("layers", "int", 1, 24),
        Param("width", "int", 32, 2048, log=True),
        Param("batch", "int", 4, 512, log=True),
        Param("rate", "float", 1e-5, 1e-1, log=True),
        Param("drop", "float", 0.0, 0.6),
    )
    room = rng.permutation([0.9, 1.1, 1.3])
    worth = rng.uniform(0.5, 1.0, 3)
    worth /= worth.sum()
    goal = goals(params, rng, 0.3, 0.7)
    # What fits, the most worth for its price first. Whole layers may just miss it.
    price = np.array([1.0, 0.8, 0.6])

    def best(limit: float) -> float:
        left, gain = limit, 0.0
        for i in np.argsort(-worth / price).tolist():
            part = min(1.0, left / price[i])
            left, gain = left - part * price[i], gain + worth[i] * part
        return gain

    penalty = 0.15 * (room - room.min())
    optimum = min(1.0 - best(float(r)) + float(p) for r, p in zip(room, penalty, strict=True))

    def loss(point: Point) -> float:
        u = units(params, point)
        size = np.array([u["layers"], u["width"], u["batch"]])
        k = int(point["precision"])
        if float(price @ size) > room[k]:
            raise BlownUp("out of memory")
        rest = 2.0 * (u["rate"] - goal["rate"]) ** 2 + 0.3 * (u["drop"] - goal["drop"]) ** 2
        return float(1.0 - worth @ size + penalty[k] + rest)

    return Problem("limits6", ("exploding",), params, loss, optimum)


# Conditions.


def _late(rng: np.random.Generator) -> Problem:
    """One family is fair with any settings; the other is better, but only in a corner of its own."""
    first, second = rng.permutation(2).tolist()
    params = (
        Param("family", "cat", 0, 1),
        *(Param(f"easy{i}", "float", 0.0, 1.0, parent=("family", first)) for i in range(3)),
        *(Param(f"hard{i}", "float", 0.0, 1.0, parent=("family", second)) for i in range(5)),
        Param("shared", "float", 1e-4, 1.0, log=True),
    )
    goal = goals(params, rng, 0.15, 0.85)

    def loss(point: Point) -> float:
        t = np.array([u - goal[name] for name, u in units(params, point).items() if name != "shared"])
        shared = 0.1 * (units(params, point)["shared"] - goal["shared"]) ** 2
        if int(point["family"]) == first:
            return float(0.15 + 0.1 * (t @ t) + shared)
        return float(0.1 + 0.5 * (1 - math.exp(-2.5 * float(t @ t))) + shared)

    return Problem("late10", ("conditional",), params, loss, 0.1)


def _toggles(rng: np.random.Generator) -> Problem:
    """Five optional steps, each with settings of its own; some help, some only with good settings."""
    listed: list[Param] = [Param("base", "float", 0.0, 1.0)]
    for i in range(5):
        listed.append(Param(f"use{i}", "cat", 0, 1))
        listed += [Param(f"s{i}_{j}", "float", 0.0, 1.0, parent=(f"use{i}", 1)) for j in range(1 + i % 2)]
    params = tuple(listed)
    goal = goals(params, rng)
    gain = rng.uniform(-0.05, 0.2, 5)
    steep = rng.uniform(0.3, 1.2, 5)
    optimum = float(sum(min(0.0, -g) for g in gain))

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        total = 0.3 * t["base"] ** 2
        for i in range(5):
            if point[f"use{i}"] == 1:
                off = sum(t[f"s{i}_{j}"] ** 2 for j in range(1 + i % 2))
                total += steep[i] * off - gain[i]
        return float(total)

    return Problem("toggles13", ("conditional",), params, loss, optimum)


PROBLEMS: dict[str, Builder] = {
    "switches12": _switches,
    "options6": _options,
    "recipes6": _recipes,
    "terraces6": _terraces,
    "counted5": _counted,
    "shaky6": _shaky,
    "splits6": _splits,
    "chance5": _chance,
    "flaky5": _flaky,
    "decades6": _decades,
    "limits6": _limits,
    "late10": _late,
    "toggles13": _toggles,
}
