"""Functions with known minima, and the spaces they are searched over.

Sources: Dixon and Szego, "The global optimization problem: an introduction",
in "Towards global optimization 2" (1978), for Branin and Hartmann; the others
are our own or folklore.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen.space import hp


@dataclass(frozen=True)
class Problem:
    """A function to minimise.

    Attributes:
        name: Its key in `PROBLEMS`.
        space: What `fmin` takes as its space.
        loss: The function of the evaluated space.
        minimum: Its smallest value.
        argmin: A point that attains it, as label -> stored value.
    """

    name: str
    space: Any
    loss: Callable[[Any], float]
    minimum: float
    argmin: Mapping[str, float | int]


def _sphere(x: dict[str, float]) -> float:
    return sum((value - 1.0) ** 2 for value in x.values())


def _branin(x: dict[str, float]) -> float:
    a, b = x["a"], x["b"]
    bent = b - 5.1 / (4 * math.pi**2) * a**2 + 5 / math.pi * a - 6
    return bent**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


_HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_HARTMANN_WIDTHS = np.array([[3.0, 10.0, 30.0], [0.1, 10.0, 35.0], [3.0, 10.0, 30.0], [0.1, 10.0, 35.0]])
_HARTMANN_PLACES = np.array(
    [[0.3689, 0.1170, 0.2673], [0.4699, 0.4387, 0.7470], [0.1091, 0.8732, 0.5547], [0.0381, 0.5743, 0.8828]]
)


def _hartmann(x: list[float]) -> float:
    squares = (_HARTMANN_WIDTHS * (np.array(x) - _HARTMANN_PLACES) ** 2).sum(axis=1)
    return -float(_HARTMANN_WEIGHTS @ np.exp(-squares))


def _mixed(x: dict[str, Any]) -> float:
    rate = (math.log10(x["rate"]) + 2.0) ** 2
    width = (math.log2(x["width"]) - 5.0) ** 2 / 4
    kind = {"relu": 0.0, "tanh": 0.5, "elu": 0.8}[x["kind"]]
    return float(rate + width + kind + abs(x["depth"] - 3) / 4)


def _gated(x: dict[str, Any]) -> float:
    model = x["model"]
    if model["name"] == "linear":
        return float(1.0 + (model["slope"] - 2.0) ** 2)
    return float((model["depth"] - 4) ** 2 / 10 + (model["rate"] - 0.3) ** 2)


PROBLEMS: dict[str, Problem] = {
    problem.name: problem
    for problem in (
        Problem(
            "sphere",
            {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)},
            _sphere,
            0.0,
            {"x": 1.0, "y": 1.0},
        ),
        Problem(
            "branin",
            {"a": hp.uniform("a", -5, 10), "b": hp.uniform("b", 0, 15)},
            _branin,
            0.397887357729738,
            {"a": math.pi, "b": 2.275},
        ),
        Problem(
            "hartmann3",
            [hp.uniform(f"x{i}", 0, 1) for i in range(3)],
            _hartmann,
            # scipy 1.17.1: minimize, Nelder-Mead, with these four-digit places; papers print -3.86278.
            -3.8627797873326624,
            {"x0": 0.11458888, "x1": 0.555648894, "x2": 0.852546985},
        ),
        Problem(
            "mixed",
            {
                "rate": hp.float(1e-5, 1.0, log=True),
                "width": hp.int(4, 256, log=True),
                "kind": hp.choice("kind", ["relu", "tanh", "elu"]),
                "depth": hp.randint("depth", 1, 9),
            },
            _mixed,
            0.0,
            {"rate": 0.01, "width": 32, "kind": 0, "depth": 3},
        ),
        Problem(
            "gated",
            {
                "model": hp.choice(
                    "model",
                    [
                        {"name": "linear", "slope": hp.normal("slope", 0, 2)},
                        {
                            "name": "tree",
                            "depth": hp.quniform("depth", 1, 12, 1),
                            "rate": hp.uniform("rate", 0, 1),
                        },
                    ],
                )
            },
            _gated,
            0.0,
            {"model": 1, "depth": 4.0, "rate": 0.3},
        ),
    )
}
