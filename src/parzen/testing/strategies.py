"""Strategies for Hypothesis: hyperparameters, spaces and points.

The only file that imports Hypothesis.
"""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from parzen.space import hp
from parzen.space.expr import Apply
from parzen.space.space import Space


def shares() -> st.SearchStrategy[float]:
    """Numbers in [0, 1), as `Distribution.quantile` takes them."""
    return st.floats(0.0, 1.0, exclude_max=True)


@st.composite
def _bounds(draw: st.DrawFn, low: float, high: float) -> tuple[float, float]:
    first = draw(st.floats(low, high, allow_nan=False))
    width = draw(st.floats(1e-3, max(high - first, 2e-3), allow_nan=False))
    return first, first + width


@st.composite
def hyperparameters(draw: st.DrawFn, label: str = "x") -> Apply:
    """One `hp` expression with a label: any word, with sensible bounds.

    Args:
        draw: Given by Hypothesis.
        label: The label.
    """
    word = draw(st.sampled_from(sorted(_WORDS)))
    made: Apply = _WORDS[word](draw, label)
    return made


def _uniform(draw: st.DrawFn, label: str) -> Apply:
    return hp.uniform(label, *draw(_bounds(-1e6, 1e6)))


def _quniform(draw: st.DrawFn, label: str) -> Apply:
    return hp.quniform(label, *draw(_bounds(-50.0, 50.0)), draw(st.sampled_from([0.1, 0.5, 1, 3])))


def _loguniform(draw: st.DrawFn, label: str) -> Apply:
    return hp.loguniform(label, *draw(_bounds(-20.0, -1.0)))


def _qloguniform(draw: st.DrawFn, label: str) -> Apply:
    return hp.qloguniform(label, *draw(_bounds(1.0, 5.0)), draw(st.sampled_from([0.5, 1, 3])))


def _normal(draw: st.DrawFn, label: str) -> Apply:
    return hp.normal(label, draw(st.floats(-100, 100)), draw(st.floats(1e-3, 100)))


def _qnormal(draw: st.DrawFn, label: str) -> Apply:
    return hp.qnormal(
        label, draw(st.floats(-10, 10)), draw(st.floats(0.1, 10)), draw(st.sampled_from([0.5, 1]))
    )


def _lognormal(draw: st.DrawFn, label: str) -> Apply:
    return hp.lognormal(label, draw(st.floats(-5, 5)), draw(st.floats(0.1, 3)))


def _qlognormal(draw: st.DrawFn, label: str) -> Apply:
    return hp.qlognormal(
        label, draw(st.floats(0, 3)), draw(st.floats(0.1, 1)), draw(st.sampled_from([0.5, 1]))
    )


def _randint(draw: st.DrawFn, label: str) -> Apply:
    low = draw(st.integers(-100, 100))
    return hp.randint(label, low, low + draw(st.integers(1, 2**31)))


def _uniformint(draw: st.DrawFn, label: str) -> Apply:
    low = draw(st.integers(-100, 100))
    return hp.uniformint(label, low, low + draw(st.integers(1, 100)))


def _float(draw: st.DrawFn, label: str) -> Apply:
    low, high = draw(_bounds(1e-3, 1e3))
    step = draw(st.none() | st.just((high - low) / 7))
    return hp.float(low, high, log=step is None and draw(st.booleans()), step=step, label=label)


def _int(draw: st.DrawFn, label: str) -> Apply:
    low = draw(st.integers(1, 100))
    step = draw(st.sampled_from([1, 1, 2, 5]))
    return hp.int(
        low, low + draw(st.integers(0, 1000)), log=step == 1 and draw(st.booleans()), step=step, label=label
    )


def _ordinal(draw: st.DrawFn, label: str) -> Apply:
    return hp.ordinal([f"level {k}" for k in range(draw(st.integers(1, 6)))], label=label)


def _pchoice(draw: st.DrawFn, label: str) -> Apply:
    parts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    return hp.pchoice(label, [(part / math.fsum(parts), f"option {k}") for k, part in enumerate(parts)])


_WORDS = {
    "uniform": _uniform,
    "quniform": _quniform,
    "loguniform": _loguniform,
    "qloguniform": _qloguniform,
    "normal": _normal,
    "qnormal": _qnormal,
    "lognormal": _lognormal,
    "qlognormal": _qlognormal,
    "randint": _randint,
    "uniformint": _uniformint,
    "float": _float,
    "int": _int,
    "ordinal": _ordinal,
    "pchoice": _pchoice,
}


@st.composite
def spaces(draw: st.DrawFn, depth: int = 3) -> Any:
    """What users write: dicts, lists and choices of `hp` expressions and constants.

    Labels are unique, but now and then one node stands in two branches.

    Args:
        draw: Given by Hypothesis.
        depth: How deep containers and choices may nest.
    """
    nodes: list[Apply] = []
    return {"root": _part(draw, depth, nodes), "other": _part(draw, 0, nodes)}


def _part(draw: st.DrawFn, depth: int, nodes: list[Apply]) -> Any:
    kinds = ["hyperparameter", "hyperparameter", "constant", "again"]
    if depth > 0:
        kinds += ["choice", "choice", "dict", "list"]
    kind = draw(st.sampled_from(kinds))
    if kind == "constant":
        return draw(st.sampled_from([None, "text", 2.5]))
    if kind == "again" and nodes:
        return draw(st.sampled_from(nodes))
    if kind == "dict":
        return {f"key{i}": _part(draw, depth - 1, nodes) for i in range(draw(st.integers(1, 3)))}
    if kind == "list":
        return [_part(draw, depth - 1, nodes) for _ in range(draw(st.integers(1, 3)))]
    label = f"p{len(nodes)}"
    if kind == "choice":
        nodes.append(hp.uniform(f"held{len(nodes)}", 0, 1))  # keeps labels unique below
        options = [_part(draw, depth - 1, nodes) for _ in range(draw(st.integers(1, 3)))]
        return hp.choice(f"c{label}", options)
    made = draw(hyperparameters(label))
    nodes.append(made)
    return made


@st.composite
def points(draw: st.DrawFn, space: Space) -> dict[str, float | int]:
    """A legal point of a space: active labels only.

    Args:
        draw: Given by Hypothesis.
        space: Flattened.
    """
    return space.point_from(lambda _: draw(shares()))
