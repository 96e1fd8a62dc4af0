"""Numeric functions of the suite "report": smooth, ill-conditioned and multimodal ones.

No constant of parzen is ever chosen on these; `benchmarks.problems` says how
the suites are kept apart. The rotated ones are zero at a point drawn by the seed.

Sources: Goldstein-Price and the six-hump camel after Dixon and Szego, "Towards
Global Optimisation 2" (1978), the logarithm after Picheny, Wagner and
Ginsbourger (2013); Biggs' EXP6 as number 18 of More, Garbow and Hillstrom,
"Testing unconstrained optimization software", ACM TOMS 7 (1981); MXHILB after
Haarala, Miettinen and Makela, "New limited memory bundle method for
large-scale nonsmooth optimization", OMS 19 (2004); two axes after Hansen and
Ostermeier, Evolutionary Computation 9 (2001); Lunacek's function after
Lunacek, Whitley and Sutton, PPSN X (2008); HappyCat after Beyer and Finck,
PPSN XII (2012); Zakharov, Dixon-Price, Schwefel's 1.2, Levy, Griewank,
Michalewicz, Alpine, Salomon and Styblinski-Tang as collected by Jamil and Yang,
"A literature survey of benchmark functions", IJMMNO 4 (2013). The rest is ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.base import Builder, Param, Point, Problem, at_goals, floats, goals, units, vector
from benchmarks.rotations import rotation

Function = Callable[[np.ndarray], float]

# Smooth.


def _goldstein(rng: np.random.Generator) -> Problem:
    """The logarithm of Goldstein and Price's polynomial, which spans five powers of ten."""
    params = floats(2, -2.0, 2.0)
    sign, swap = rng.choice([-1.0, 1.0], 2), int(rng.integers(2))

    def loss(point: Point) -> float:
        x, y = (sign * vector(params, point))[:: 1 - 2 * swap]
        one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y)
        two = 18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y
        return math.log(one * (30 + (2 * x - 3 * y) ** 2 * two))

    best = sign * np.array([0.0, -1.0])[:: 1 - 2 * swap]
    return Problem("goldstein2", ("smooth",), params, loss, math.log(3), argmin=_point(best))


def _camel(rng: np.random.Generator) -> Problem:
    """Six humps, two of the hollows equally deep; a window of the usual box, mirrored by the seed."""
    params, width = floats(2, 0.0, 1.0), np.array([3.0, 2.3])
    low, mirrored = np.array([rng.uniform(-2.4, -0.6), rng.uniform(-1.4, -0.9)]), rng.random(2) < 0.5

    def loss(point: Point) -> float:
        u = vector(params, point)
        x, y = low + width * np.where(mirrored, 1 - u, u)
        return float((4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2)

    best = (np.array([0.0898420131003180, -0.7126564032704135]) - low) / width
    best = np.where(mirrored, 1 - best, best)
    return Problem("camel2", ("smooth",), params, loss, -1.0316284534898774, argmin=_point(best))


def _decay(rng: np.random.Generator) -> Problem:
    """Fit two decays and a floor to a curve of 24 readings: five numbers, all on logarithmic scales."""
    params = (
        Param("fast", "float", 0.3, 30.0, log=True),
        Param("slow", "float", 0.003, 0.3, log=True),
        Param("first", "float", 1e-2, 1e2, log=True),
        Param("second", "float", 1e-2, 1e2, log=True),
        Param("floor", "float", 1e-4, 1.0, log=True),
    )
    goal, times = goals(params, rng), np.geomspace(0.03, 100, 24)

    def curve(point: Point) -> np.ndarray:
        fast = point["first"] * np.exp(-point["fast"] * times)
        return np.log(fast + point["second"] * np.exp(-point["slow"] * times) + point["floor"])

    best = at_goals(params, goal, {})
    wanted = curve(best)

    def loss(point: Point) -> float:
        return float(((curve(point) - wanted) ** 2).mean())

    return Problem("decay5", ("smooth",), params, loss, 0.0, argmin=best)


def _effects(rng: np.random.Generator) -> Problem:
    """Twenty numbers: six matter, three pairs act together, one saturates; most logarithmic."""
    params = tuple(
        Param(f"x{i}", "float", *((1e-4, 1e2, True) if i % 3 else (0.0, 2.0, False))) for i in range(20)
    )
    goal, order = goals(params, rng, 0.15, 0.85), [f"x{i}" for i in rng.permutation(20)]
    weight = dict(zip(order, [9, 7, 5, 4, 3, 2] + [0.05] * 14, strict=True))
    couples = [(order[0], order[2]), (order[1], order[3]), (order[4], order[5])]

    def loss(point: Point) -> float:
        t = {name: u - goal[name] for name, u in units(params, point).items()}
        pairs = sum(6 * (t[a] + s * t[b]) ** 2 for (a, b), s in zip(couples, (1, -1, 0.5), strict=True))
        bowl = sum(weight[name] * value**2 for name, value in t.items())
        return float(math.log1p(bowl + pairs) + 0.3 * math.tanh(4 * t[order[1]]) ** 2)

    return Problem("effects20", ("smooth",), params, loss, 0.0, argmin=at_goals(params, goal, {}))


# Ill-conditioned: functions of an offset from the minimum, already turned.


def _zakharov(d: int) -> Function:
    slope = 0.5 * np.arange(1, d + 1)
    return lambda z: float(z @ z + (slope @ z) ** 2 + (slope @ z) ** 4)


def _hilbert(d: int) -> Function:
    """A bowl with Hilbert's matrix, whose condition is 5e5 in 5 dimensions."""
    index = np.arange(1, d + 1)
    matrix = 1.0 / (index[:, None] + index - 1)
    return lambda z: float(z @ matrix @ z)


def _mxhilb(d: int) -> Function:
    """The largest component of Hilbert's matrix times z: sharp edges everywhere."""
    index = np.arange(1, d + 1)
    matrix = 1.0 / (index[:, None] + index - 1)
    return lambda z: float(np.abs(matrix @ z).max())


def _two_axes(d: int) -> Function:
    """Half of the directions are a thousand times more sensitive than the others."""
    weight = np.where(np.arange(d) < d // 2, 1e6, 1.0)
    return lambda z: float(weight @ (z * z))


def _double_sum(d: int) -> Function:
    """Schwefel's 1.2, its coordinates stretched from 1 to 10."""
    scale = 10 ** np.linspace(0, 1, d)
    return lambda z: float((np.cumsum(scale * z) ** 2).sum())


def _dixon_price(d: int) -> Function:
    """A curved valley; it has two equal minima, and this is one of them."""
    order = np.arange(2, d + 1)
    index = np.arange(1, d + 1)
    minimum = 2.0 ** -((2.0**index - 2) / 2.0**index)

    def value(z: np.ndarray) -> float:
        x = z + minimum
        return float((x[0] - 1) ** 2 + order @ (2 * x[1:] ** 2 - x[:-1]) ** 2)

    return value


def _biggs(rng: np.random.Generator) -> Problem:
    """Fit two exponentials out of three to 13 readings; the six numbers trade against each other."""
    params = floats(6, -2.0, 14.0)
    order, shift = rng.permutation(6), rng.uniform(-1, 1, 6)
    times = 0.1 * np.arange(1, 14)
    truth = np.exp(-times) - 5 * np.exp(-10 * times) + 3 * np.exp(-4 * times)

    def loss(point: Point) -> float:
        a, b, c, d, e, f = vector(params, point)[order] - shift
        with np.errstate(over="ignore"):
            model = c * np.exp(-times * a) - d * np.exp(-times * b) + f * np.exp(-times * e)
        return float(((model - truth) ** 2).sum())

    best = np.empty(6)
    best[order] = np.array([1.0, 10.0, 1.0, 5.0, 4.0, 3.0]) + shift
    return Problem("biggs6", ("ill-conditioned",), params, loss, 0.0, argmin=_point(best))


# Multimodal.


def _levy(_d: int) -> Function:
    def value(z: np.ndarray) -> float:
        w = 1 + z / 4
        inner = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
        last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
        return float(math.sin(math.pi * w[0]) ** 2 + inner.sum() + last)

    return value


def _griewank(d: int) -> Function:
    root = np.sqrt(np.arange(1, d + 1))
    return lambda z: float(1 + z @ z / 4000 - np.prod(np.cos(z / root)))


def _lunacek(rng: np.random.Generator) -> Problem:
    """Two funnels full of dents; the wider one leads to the wrong bottom. Only the dents are turned."""
    d, params = 10, floats(10, -5.0, 5.0)
    side, turn = rng.choice([-1.0, 1.0], d), rotation(d, rng)
    centre = side * rng.uniform(1.5, 3.5, d)
    s = 1 - 1 / (2 * math.sqrt(d + 20) - 8.2)
    far = 2.5 + math.sqrt((2.5**2 - 1) / s)  # from the right bottom to the wrong one, along each axis

    def loss(point: Point) -> float:
        z = side * (vector(params, point) - centre)
        funnels = min(float(z @ z), d + s * float((z + far) @ (z + far)))
        return float(funnels + 10 * (d - np.cos(2 * math.pi * turn @ z).sum()))

    return Problem("lunacek10", ("multimodal",), params, loss, 0.0, argmin=_point(centre))


def _styblinski(_d: int) -> Function:
    """2^d hollows, one per orthant."""
    root = np.polynomial.Polynomial([5, -32, 0, 4]).roots().real.min()
    lowest = root**4 - 16 * root**2 + 5 * root

    def value(z: np.ndarray) -> float:
        x = z + root
        return float(0.5 * (x**4 - 16 * x**2 + 5 * x - lowest).sum())

    return value


def _alpine(_d: int) -> Function:
    return lambda z: float(np.abs(z * np.sin(z) + 0.1 * z).sum())


def _salomon(_d: int) -> Function:
    """Rings around the minimum."""

    def value(z: np.ndarray) -> float:
        radius = math.sqrt(float(z @ z))
        return 1 - math.cos(2 * math.pi * radius) + 0.1 * radius

    return value


def _happycat(d: int) -> Function:
    """A thin curved ring with a slight slope along it; turning about the minimum keeps the ring."""

    def value(z: np.ndarray) -> float:
        x = z - 1
        square = float(x @ x)
        return abs(square - d) ** 0.25 + (0.5 * square + float(x.sum())) / d + 0.5

    return value


def _michalewicz(rng: np.random.Generator) -> Problem:
    """Flat but for narrow valleys along each axis, of which one is deepest. Axes mirrored and swapped."""
    d, params = 5, floats(5, 0.0, math.pi)
    order, mirrored = rng.permutation(d), rng.random(d) < 0.5
    index = np.arange(1, d + 1)

    def valleys(x: np.ndarray) -> np.ndarray:
        return -np.sin(x) * np.sin(index * x * x / math.pi) ** 20

    def loss(point: Point) -> float:
        x = vector(params, point)
        return float(valleys(np.where(mirrored, math.pi - x, x)[order]).sum())

    low, high = np.zeros(d), np.full(d, math.pi)  # ever finer grids, each coordinate on its own
    for _ in range(6):
        grid = np.linspace(low, high, 2001)
        best = grid[np.argmin([valleys(row) for row in grid], axis=0), np.arange(d)]
        width = (high - low) / 500
        low, high = np.maximum(best - width, 0), np.minimum(best + width, math.pi)
    argmin = np.empty(d)
    argmin[order] = best
    argmin = np.where(mirrored, math.pi - argmin, argmin)
    optimum = float(valleys(best).sum())
    return Problem("michalewicz5", ("multimodal",), params, loss, optimum, argmin=_point(argmin))


def _point(x: np.ndarray) -> dict[str, float]:
    return {f"x{i}": float(value) for i, value in enumerate(x)}


def _turned(
    name: str, kind: str, d: int, half: float, shape: Callable[[int], Function], rng: np.random.Generator
) -> Problem:
    """One function over [-half, half]^d, turned, with its minimum of zero in the inner eight tenths."""
    params, centre = floats(d, -half, half), rng.uniform(-0.8 * half, 0.8 * half, d)
    turn, function = rotation(d, rng), shape(d)

    def loss(point: Point) -> float:
        return function(turn @ (vector(params, point) - centre))

    return Problem(name, (kind,), params, loss, 0.0, argmin=_point(centre))


# name: kind, dimensions, half the width of the box, function
_TURNED: dict[str, tuple[str, int, float, Callable[[int], Function]]] = {
    "zakharov10": ("ill-conditioned", 10, 5.0, _zakharov),
    "hilbert5": ("ill-conditioned", 5, 10.0, _hilbert),
    "mxhilb10": ("ill-conditioned", 10, 3.0, _mxhilb),
    "twoaxes5": ("ill-conditioned", 5, 1.0, _two_axes),
    "doublesum10": ("ill-conditioned", 10, 100.0, _double_sum),
    "dixonprice10": ("ill-conditioned", 10, 4.0, _dixon_price),
    "levy10": ("multimodal", 10, 10.0, _levy),
    "griewank5": ("multimodal", 5, 20.0, _griewank),
    "styblinski5": ("multimodal", 5, 5.0, _styblinski),
    "alpine10": ("multimodal", 10, 10.0, _alpine),
    "salomon5": ("multimodal", 5, 8.0, _salomon),
    "happycat10": ("multimodal", 10, 2.0, _happycat),
}
FUNCTIONS: dict[str, Builder] = {
    "goldstein2": _goldstein,
    "camel2": _camel,
    "decay5": _decay,
    "effects20": _effects,
    **{name: partial(_turned, name, *row) for name, row in _TURNED.items()},
    "biggs6": _biggs,
    "lunacek10": _lunacek,
    "michalewicz5": _michalewicz,
}
