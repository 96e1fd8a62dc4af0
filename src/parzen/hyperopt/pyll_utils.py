"""``hyperopt.pyll_utils``: the words of `hp` under their long names, and a space's conditions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

from parzen.errors import DuplicateLabel
from parzen.space.distributions.base import number, ordered
from parzen.space.expr import scope
from parzen.space.flatten import flatten
from parzen.space.hp import choice as hp_choice
from parzen.space.hp import lognormal as hp_lognormal
from parzen.space.hp import loguniform as hp_loguniform
from parzen.space.hp import normal as hp_normal
from parzen.space.hp import pchoice as hp_pchoice
from parzen.space.hp import qlognormal as hp_qlognormal
from parzen.space.hp import qloguniform as hp_qloguniform
from parzen.space.hp import qnormal as hp_qnormal
from parzen.space.hp import quniform as hp_quniform
from parzen.space.hp import randint as hp_randint
from parzen.space.hp import uniform as hp_uniform
from parzen.space.hp import uniformint as hp_uniformint


@dataclass(frozen=True, repr=False, slots=True)
class Cond:
    """A condition on a hyperparameter.

    Attributes:
        name: Its label.
        val: What it is compared with.
        op: How, as a text; ``"="`` in all conditions of spaces.
    """

    name: str
    val: Any
    op: str

    def __repr__(self) -> str:
        return f"Cond{{{self.name} {self.op} {self.val}}}"


EQ = partial(Cond, op="=")

Conditions = tuple[Any, ...]


def validate_label(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function check its first argument, a label (decorator).

    Raises:
        InvalidLabel: When the function is called with a label that is no string; a TypeError.
    """

    @wraps(f)
    def wrapper(label: Any, *args: Any, **kwargs: Any) -> Any:
        return f(scope.require_label(label, f.__name__), *args, **kwargs)

    return wrapper


def validate_distribution_range(f: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function check that its arguments after the label, `low` and `high`, are in order (decorator).

    Raises:
        InvalidSpace: When the function is called with others; a ValueError.
    """

    @wraps(f)
    def wrapper(label: Any, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(("low", "high"), args, strict=False)) | kwargs
        if "low" in given and "high" in given:
            word = f.__name__.removeprefix("hp_")
            low, high = (number(given[end], end, word, label) for end in ("low", "high"))
            ordered(low, high, word, label, lambda: f"{f.__name__}({label!r}, {high!r}, {low!r})")
        return f(label, *args, **kwargs)

    return wrapper


def expr_to_config(expr: Any, conditions: Conditions, hps: dict[str, dict[str, Any]]) -> None:
    """Find the hyperparameters of a space, and when each of them matters.

    Args:
        expr: The space.
        conditions: What holds for all of it: a tuple that each found one starts with.
        hps: Filled: label -> ``{"node", "conditions", "label"}``. ``node`` is the draw, as
            ``uniform(0, 1)``; ``conditions`` a set of tuples of which one must hold in all its parts.

    Raises:
        DuplicateLabel: If two different hyperparameters have one label.

    >>> found = {}
    >>> expr_to_config(hp_choice("c", [0, hp_uniform("x", 0, 1)]), (), found)
    >>> found["x"]["conditions"]
    {(Cond{c = 1},)}
    """
    space = flatten(expr)
    nodes = {label: parameter for parameter, label in space.labels.items()}
    branches = [len(param.options) for param in space.params]
    for param in space.params:
        draw = nodes[param.label].pos_args[1]
        ways = {
            (*conditions, *(EQ(space.params[parent].label, taken) for parent, taken in way))
            for way in _simplest(set(param.condition), branches)
        }
        known = hps.setdefault(param.label, {"node": draw, "conditions": set(), "label": param.label})
        if str(known["node"]) != str(draw):
            raise DuplicateLabel(
                f"the label {param.label!r} is used by two different hyperparameters", label=param.label
            )
        known["conditions"] |= ways


Way = tuple[tuple[int, int], ...]


def _simplest(ways: set[Way], branches: list[int]) -> set[Way]:
    """The same alternatives without those that add nothing.

    All branches of a choice together are no condition at all, and an
    alternative that a shorter one implies is not needed.
    """
    alone = {way[0] for way in ways if len(way) == 1}
    if any(all((parent, k) in alone for k in range(branches[parent])) for parent, _ in alone):
        return {()}
    return {way for way in ways if not any(set(other) < set(way) for other in ways)}


__all__ = [
    "EQ",
    "Cond",
    "expr_to_config",
    "hp_choice",
    "hp_lognormal",
    "hp_loguniform",
    "hp_normal",
    "hp_pchoice",
    "hp_qlognormal",
    "hp_qloguniform",
    "hp_qnormal",
    "hp_quniform",
    "hp_randint",
    "hp_uniform",
    "hp_uniformint",
    "validate_distribution_range",
    "validate_label",
]
