"""``hyperopt.pyll.stochastic``: draws from a space's prior."""

from __future__ import annotations

from typing import Any

import numpy as np

from parzen.hyperopt.pyll.base import clone
from parzen.space.expr import Apply, Call, Evaluation, Literal, Parameter, as_apply, dfs, scope

implicit_stochastic_symbols = scope.stochastic


def sample(expr: Any, rng: np.random.Generator | int | None = None, **kwargs: Any) -> Any:
    """One point drawn from the prior, in the space's own shape.

    Args:
        expr: A space: dicts, lists, tuples, `hp` expressions and constants.
        rng: A generator, or a seed; left out, fresh entropy.
        kwargs: Accepted for Hyperopt's sake.

    Returns:
        Plain Python values; lists of the space as tuples.

    >>> from parzen import hp
    >>> sample({"x": hp.choice("c", ["a"])}, rng=0)
    {'x': 'a'}
    """
    del kwargs
    generator = rng if isinstance(rng, np.random.Generator) else _generator(rng)

    def draw(parameter: Parameter) -> float | int:
        return parameter.distribution.quantile(generator.random())

    return Evaluation(draw, rng=generator).value(as_apply(expr))


def _generator(rng: Any) -> Any:
    if isinstance(rng, np.random.RandomState):
        return np.random.default_rng(rng.randint(2**31 - 1))
    return np.random.default_rng(rng)


def implicit_stochastic(f: Any) -> Any:
    """Mark an operation as one that draws and takes ``rng=`` (decorator)."""
    scope.stochastic.add(f.__name__)
    return f


def recursive_set_rng_kwarg(expr: Apply, rng: Any = None) -> Apply:
    """A copy of an expression whose unlabelled draws carry a generator.

    Args:
        expr: The expression.
        rng: The generator, or a node with one; left out, fresh entropy.
    """
    carried = rng if isinstance(rng, Apply) else Literal(_generator(rng) if rng is None else rng)
    memo: dict[Apply, Apply] = {}
    for node in dfs(expr):
        if isinstance(node, Call) and node.name in scope.stochastic:
            memo[node] = Call(node.name, node.pos_args, (*node.named_args, ("rng", carried)))
    return clone(expr, memo)
