"""The operations that `scope` starts with.

Mathematics goes through NumPy, so that results are NumPy scalars as in
Hyperopt. Unlabelled draws (`scope.uniform`, ...) take the generator that the
node or the evaluation carries.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from parzen.errors import InvalidSpace
from parzen.space.expr import scope

_PLAIN: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "div": operator.truediv,
    "floordiv": operator.floordiv,
    "pow": operator.pow,
    "neg": operator.neg,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "getitem": operator.getitem,
    "identity": lambda value: value,
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "len": len,
    "list": list,
    "dict": dict,
    "set": set,
    "range": range,
    "map": lambda function, items: [function(item) for item in items],
    "sum": sum,
    "max": max,
    "min": min,
    "getattr": getattr,
    "asarray": np.asarray,
    "log": np.log,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "minimum": np.minimum,
    "maximum": np.maximum,
    "array_union": np.union1d,
    "call": lambda function, *args, **named: function(*args, **named),
    "call_method": lambda obj, method, *args, **named: getattr(obj, method)(*args, **named),
    "call_method_pure": lambda obj, method, *args, **named: getattr(obj, method)(*args, **named),
    "repeat": lambda times, obj: [obj] * times,
    "kwswitch": lambda key, **options: options[key],
    "pos_args": lambda *items: items,
    "switch": lambda index, *options: options[index],
}

for _name, _function in _PLAIN.items():
    scope.register(_function, _name)


def _raise(error: Callable[..., BaseException], *args: Any, **named: Any) -> NoReturn:
    raise error(*args, **named)


scope.register(_raise, "Raise")


def _draw(name: str, law: Callable[..., Any]) -> None:
    def draw(*args: Any, rng: Any = None, **named: Any) -> Any:
        if rng is None:
            raise InvalidSpace(
                f"scope.{name} without a label draws outside the search; it needs rng=, "
                f'or write hp.{name}("label", ...) to search over it'
            )
        return law(rng, *args, **named)

    scope.register(draw, name)
    scope.stochastic.add(name)


def _rounded(values: Any, q: float) -> Any:
    return np.round(np.asarray(values) / q) * q


def _one_of(rng: np.random.Generator, *options: Any) -> Any:
    return options[int(rng.integers(len(options)))]


def _categorical(rng: np.random.Generator, p: Sequence[float], size: Any = ()) -> Any:
    weights = np.asarray(p, dtype=float)
    drawn = rng.choice(len(weights), p=weights / weights.sum(), size=size or None)
    return int(drawn) if size in ((), None) else drawn


def _randint(rng: np.random.Generator, low: int, high: int | None = None, size: Any = ()) -> Any:
    drawn = rng.integers(low, high, size=size)
    return int(drawn) if size in ((), None) else drawn


_draw("uniform", lambda rng, low=0.0, high=1.0, size=(): rng.uniform(low, high, size=size))
_draw("loguniform", lambda rng, low, high, size=(): np.exp(rng.uniform(low, high, size=size)))
_draw("quniform", lambda rng, low, high, q, size=(): _rounded(rng.uniform(low, high, size=size), q))
_draw(
    "qloguniform",
    lambda rng, low, high, q, size=(): _rounded(np.exp(rng.uniform(low, high, size=size)), q),
)
_draw("normal", lambda rng, mu, sigma, size=(): rng.normal(mu, sigma, size=size))
_draw("qnormal", lambda rng, mu, sigma, q, size=(): _rounded(rng.normal(mu, sigma, size=size), q))
_draw("lognormal", lambda rng, mu, sigma, size=(): np.exp(rng.normal(mu, sigma, size=size)))
_draw(
    "qlognormal",
    lambda rng, mu, sigma, q, size=(): _rounded(np.exp(rng.normal(mu, sigma, size=size)), q),
)
_draw("randint", _randint)
_draw("categorical", _categorical)
_draw("one_of", _one_of)
_draw("choice", lambda rng, options: _one_of(rng, *options))
