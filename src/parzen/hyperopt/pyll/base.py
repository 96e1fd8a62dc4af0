"""``hyperopt.pyll.base``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parzen.domain import GarbageCollected, rec_eval
from parzen.space.expr import (
    Apply,
    Bundle,
    Call,
    Literal,
    Parameter,
    Switch,
    SymbolTable,
    as_apply,
    dfs,
    scope,
)


class PyllImportError(ImportError):
    """Hyperopt's name; parzen does not raise it."""


def toposort(expr: Apply) -> list[Apply]:
    """All nodes, inputs before those that use them."""
    return dfs(expr)


def clone(expr: Apply, memo: dict[Apply, Apply] | None = None) -> Apply:
    """A copy of an expression; hyperparameters and constants stay the same nodes.

    Args:
        expr: The expression.
        memo: Node -> its replacement, read and filled.
    """
    memo = {} if memo is None else memo
    for node in dfs(expr):
        if node in memo:
            continue
        if isinstance(node, Switch):
            memo[node] = Switch(memo[node.index], tuple(memo[option] for option in node.options))
        elif isinstance(node, Bundle):
            memo[node] = Bundle(tuple(memo[item] for item in node.items), node.keys)
        elif isinstance(node, Call):
            named = tuple((key, memo[arg]) for key, arg in node.named_args)
            memo[node] = Call(node.name, tuple(memo[arg] for arg in node.pos_args), named)
        else:
            memo[node] = node
    return memo[expr]


def clone_merge(expr: Apply, memo: dict[Apply, Apply] | None = None, merge_literals: bool = False) -> Apply:
    """The same as `clone`; parzen's evaluation shares equal nodes by identity already.

    Args:
        expr: The expression.
        memo: Node -> its replacement, read and filled.
        merge_literals: Accepted.
    """
    del merge_literals
    return clone(expr, memo)


class _Placeholder(Apply):
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


p0, p1, p2, p3, p4 = (_Placeholder(f"p{i}") for i in range(5))


class Lambda:
    """A function whose body is an expression with placeholders.

    Args:
        name: For messages.
        params: Pairs (name, placeholder node).
        expr: The body.
    """

    def __init__(self, name: str, params: list[tuple[str, Apply]], expr: Apply) -> None:
        self.__name__ = name
        self.params = params
        self.expr = expr

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """The body with values in place of the placeholders."""
        given: Mapping[str, Any] = {name: value for (name, _), value in zip(self.params, args, strict=False)}
        values = {**given, **kwargs}
        memo = {node: as_apply(values[name]) for name, node in self.params}
        return clone(self.expr, memo)


__all__ = [
    "Apply",
    "GarbageCollected",
    "Lambda",
    "Literal",
    "Parameter",
    "PyllImportError",
    "SymbolTable",
    "as_apply",
    "clone",
    "clone_merge",
    "dfs",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "rec_eval",
    "scope",
    "toposort",
]
