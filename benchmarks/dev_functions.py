"""Ill-conditioned and multimodal functions of the suite "dev", in 5 and 10 dimensions.

Each is shifted and rotated anew by the seed, and zero at its shift. Where the
source penalises leaving its box nothing is needed here, for no search leaves it.

Source: Hansen, Finck, Ros and Auger, "Real-parameter black-box optimization
benchmarking 2009: noiseless functions definitions", INRIA RR-6829 (2009);
f numbers are theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from benchmarks.base import Builder, Point, Problem, floats, vector
from benchmarks.rotations import asymmetric, oscillate, rotation, stretch

Function = Callable[[np.ndarray], float]
Shape = Callable[[int, np.random.Generator], Function]


def _ellipsoid(d: int, rng: np.random.Generator) -> Function:
    """f10: axes from 1 to 1000 times, with small dents."""
    turn, weight = rotation(d, rng), 10.0 ** np.linspace(0, 6, d)
    return lambda y: float(weight @ oscillate(turn @ y) ** 2)


def _discus(d: int, rng: np.random.Generator) -> Function:
    """f11: one direction is a thousand times more sensitive than all others."""
    turn, weight = rotation(d, rng), np.array([1e6] + [1.0] * (d - 1))
    return lambda y: float(weight @ oscillate(turn @ y) ** 2)


def _cigar(d: int, rng: np.random.Generator) -> Function:
    """f12: one direction is a thousand times less sensitive than all others."""
    turn, weight = rotation(d, rng), np.array([1.0] + [1e6] * (d - 1))
    return lambda y: float(weight @ (turn @ asymmetric(turn @ y, 0.5)) ** 2)


def _ridge(d: int, rng: np.random.Generator) -> Function:
    """f13: a sharp ridge that leads to the minimum."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 10)

    def value(y: np.ndarray) -> float:
        z = first @ (scale * (second @ y))
        return float(z[0] ** 2 + 100 * math.sqrt(float(z[1:] @ z[1:])))

    return value


def _powers(d: int, rng: np.random.Generator) -> Function:
    """f14: each direction has a power of its own, from 2 to 6."""
    turn, power = rotation(d, rng), np.linspace(2, 6, d)
    return lambda y: math.sqrt(float((np.abs(turn @ y) ** power).sum()))


def _sector(d: int, rng: np.random.Generator) -> Function:
    """f6: a hundred times steeper outside one orthant of directions than inside."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 10)
    side = rng.choice([-1.0, 1.0], d)

    def value(y: np.ndarray) -> float:
        z = first @ (scale * (second @ y))
        steep = np.where(z * side > 0, 100.0, 1.0)
        return float(oscillate(np.array([(steep * z) @ (steep * z)]))[0] ** 0.9)

    return value


def _steps(d: int, rng: np.random.Generator) -> Function:
    """f7: an ellipsoid of plateaus, its gradient zero nearly everywhere."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 10)
    weight = 10.0 ** np.linspace(0, 2, d)

    def value(y: np.ndarray) -> float:
        raw = scale * (second @ y)
        flat = np.where(np.abs(raw) > 0.5, np.floor(0.5 + raw), np.floor(0.5 + 10 * raw) / 10)
        return float(0.1 * max(abs(raw[0]) / 1e4, float(weight @ (first @ flat) ** 2)))

    return value


def _rastrigin(d: int, rng: np.random.Generator) -> Function:
    """f15: a bowl with about 10^d dents, slightly distorted."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 10)

    def value(y: np.ndarray) -> float:
        z = first @ (scale * (second @ asymmetric(oscillate(first @ y), 0.2)))
        return float(10 * (d - np.cos(2 * math.pi * z).sum()) + z @ z)

    return value


def _schaffer(d: int, rng: np.random.Generator) -> Function:
    """f17, Schaffer's F7: waves that get faster and lower towards the minimum."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 10)

    def value(y: np.ndarray) -> float:
        z = scale * (second @ asymmetric(first @ y, 0.5))
        s = np.sqrt(np.sqrt(z[:-1] ** 2 + z[1:] ** 2))  # the square root of each pair's radius
        return float((s + s * np.sin(50 * s**0.4) ** 2).mean() ** 2)

    return value


def _weierstrass(d: int, rng: np.random.Generator) -> Function:
    """f16: rough at every scale, its minimum repeated."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 0.01)
    half, triple = 0.5 ** np.arange(12), 3.0 ** np.arange(12)
    lowest = float(half @ np.cos(math.pi * triple))

    def value(y: np.ndarray) -> float:
        z = first @ (scale * (second @ oscillate(first @ y)))
        waves = np.cos(2 * math.pi * np.outer(z + 0.5, triple)) @ half
        return float(10 * (waves.mean() - lowest) ** 3)

    return value


def _griewank_rosenbrock(d: int, rng: np.random.Generator) -> Function:
    """f19: Griewank's waves along Rosenbrock's curved valley."""
    turn, size = rotation(d, rng), max(1.0, math.sqrt(d) / 8)

    def value(y: np.ndarray) -> float:
        z = size * (turn @ y) + 1
        s = 100 * (z[:-1] ** 2 - z[1:]) ** 2 + (z[:-1] - 1) ** 2
        return float(10 / (d - 1) * (s / 4000 - np.cos(s)).sum() + 10)

    return value


def _gallagher(d: int, rng: np.random.Generator) -> Function:
    """f21 with 41 peaks: all of random position, height and shape; the highest is the minimum."""
    turn, count = rotation(d, rng), 41
    peaks = np.vstack([np.zeros(d), rng.uniform(-6, 6, (count - 1, d))])
    height = np.concatenate([[10.0], np.linspace(1.1, 9.1, count - 1)])
    narrow = np.concatenate([[1000.0], rng.permutation(1000.0 ** (2 * np.linspace(0, 1, count - 1)))])
    shapes = np.array([rng.permutation(stretch(d, a)) / a**0.25 for a in narrow])

    def value(y: np.ndarray) -> float:
        z = turn @ y - peaks @ turn.T
        best = float((height * np.exp(-((shapes * z * z).sum(axis=1)) / (2 * d))).max())
        return float(oscillate(np.array([10 - best]))[0] ** 2)

    return value


def _schwefel(d: int, rng: np.random.Generator) -> Function:
    """f20, turned: the best basins lie far from each other, and the very best next to a wall."""
    turn, optimum = rotation(d, rng), 420.9687462275036

    def value(y: np.ndarray) -> float:
        z = optimum + 60 * (turn @ y)
        outside = np.maximum(0, np.abs(z) / 100 - 5)
        waves = (z * np.sin(np.sqrt(np.abs(z)))).mean() / 100
        return float(4.189828872724338 - waves + 10 * outside @ outside)

    return value


def _katsuura(d: int, rng: np.random.Generator) -> Function:
    """f23: continuous, differentiable nowhere, and repeated."""
    first, second, scale = rotation(d, rng), rotation(d, rng), stretch(d, 100)
    powers, order = 2.0 ** np.arange(1, 33), np.arange(1, d + 1)

    def value(y: np.ndarray) -> float:
        z = np.outer(first @ (scale * (second @ y)), powers)
        rough = (np.abs(z - np.round(z)) / powers).sum(axis=1)
        return float(10 / d**2 * (np.prod((1 + order * rough) ** (10 / d**1.2)) - 1))

    return value


def problem(name: str, kind: str, d: int, shape: Shape, rng: np.random.Generator) -> Problem:
    """One function over [-5, 5]^d, its minimum of zero anywhere in [-4, 4]^d."""
    params, centre = floats(d, -5.0, 5.0), rng.uniform(-4, 4, d)
    function = shape(d, rng)

    def loss(point: Point) -> float:
        return function(vector(params, point) - centre)

    argmin = {p.name: float(x) for p, x in zip(params, centre, strict=True)}
    return Problem(name, (kind,), params, loss, 0.0, argmin=argmin)


_SHAPES: dict[str, tuple[str, int, Shape]] = {
    "ellipsoid10": ("ill-conditioned", 10, _ellipsoid),
    "discus5": ("ill-conditioned", 5, _discus),
    "cigar10": ("ill-conditioned", 10, _cigar),
    "ridge5": ("ill-conditioned", 5, _ridge),
    "powers10": ("ill-conditioned", 10, _powers),
    "sector5": ("ill-conditioned", 5, _sector),
    "steps10": ("ill-conditioned", 10, _steps),
    "rastrigin5": ("multimodal", 5, _rastrigin),
    "schaffer10": ("multimodal", 10, _schaffer),
    "weierstrass5": ("multimodal", 5, _weierstrass),
    "griewankrosenbrock5": ("multimodal", 5, _griewank_rosenbrock),
    "gallagher10": ("multimodal", 10, _gallagher),
    "schwefel10": ("multimodal", 10, _schwefel),
    "katsuura5": ("multimodal", 5, _katsuura),
}
FUNCTIONS: dict[str, Builder] = {
    name: partial(problem, name, kind, d, shape) for name, (kind, d, shape) in _SHAPES.items()
}
