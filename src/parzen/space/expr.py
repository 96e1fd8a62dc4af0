"""Expressions: what a user writes between `hp.*` calls and the objective's argument.

Five kinds of node: a constant (`Literal`), a hyperparameter (`Parameter`), a
container (`Bundle`), a choice between branches (`Switch`) and an operation
(`Call`), and one table of operations (`scope`). Nodes are immutable and are
compared by identity: the same node in two places is one value.

Nodes also answer to the names that Hyperopt's graphs have (`name`,
`pos_args`, `named_args`, `obj`), because libraries walk them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from parzen.errors import InvalidArgument, InvalidLabel, InvalidPoint, InvalidSpace

if TYPE_CHECKING:
    from parzen.space.distributions.base import Distribution


class Apply:
    """A node of an expression; the base of the five kinds."""

    name: str = ""
    pos_args: tuple[Apply, ...] = ()
    named_args: tuple[tuple[str, Apply], ...] = ()
    # NumPy scalars and arrays leave arithmetic with a node to the node.
    __array_ufunc__ = None

    def inputs(self) -> list[Apply]:
        """The nodes this one is made of, in order."""
        return [*self.pos_args, *(node for _, node in self.named_args)]

    @property
    def arg(self) -> dict[str, Apply]:
        """The named inputs."""
        return dict(self.named_args)

    def evaluate(self, run: Evaluation) -> Any:
        """This node's value in one evaluation; callers use `Evaluation.value`."""
        raise InvalidSpace(f"a node of kind {type(self).__name__} has no value of its own")

    def _binary(self, name: str, other: Any, swap: bool = False) -> Call:
        pair = (other, self) if swap else (self, other)
        return Call(name, tuple(as_apply(side) for side in pair))

    def __add__(self, other: Any) -> Call:
        return self._binary("add", other)

    def __radd__(self, other: Any) -> Call:
        return self._binary("add", other, swap=True)

    def __sub__(self, other: Any) -> Call:
        return self._binary("sub", other)

    def __rsub__(self, other: Any) -> Call:
        return self._binary("sub", other, swap=True)

    def __mul__(self, other: Any) -> Call:
        return self._binary("mul", other)

    def __rmul__(self, other: Any) -> Call:
        return self._binary("mul", other, swap=True)

    def __truediv__(self, other: Any) -> Call:
        return self._binary("truediv", other)

    def __rtruediv__(self, other: Any) -> Call:
        return self._binary("truediv", other, swap=True)

    def __floordiv__(self, other: Any) -> Call:
        return self._binary("floordiv", other)

    def __rfloordiv__(self, other: Any) -> Call:
        return self._binary("floordiv", other, swap=True)

    def __pow__(self, other: Any) -> Call:
        return self._binary("pow", other)

    def __rpow__(self, other: Any) -> Call:
        return self._binary("pow", other, swap=True)

    def __neg__(self) -> Call:
        return Call("neg", (self,))

    def __lt__(self, other: Any) -> Call:
        return self._binary("lt", other)

    def __le__(self, other: Any) -> Call:
        return self._binary("le", other)

    def __gt__(self, other: Any) -> Call:
        return self._binary("gt", other)

    def __ge__(self, other: Any) -> Call:
        return self._binary("ge", other)

    def __getitem__(self, index: Any) -> Call:
        return self._binary("getitem", index)

    def __call__(self, *args: Any, **kwargs: Any) -> Call:
        """An expression that calls this node's value."""
        named = tuple((key, as_apply(value)) for key, value in kwargs.items())
        return Call("call", (self, *(as_apply(arg) for arg in args)), named)

    def __len__(self) -> int:
        raise TypeError(f"the length of a {self.name!r} expression is not known before it is evaluated")

    def __iter__(self) -> Iterator[Call]:
        # Without this, tuple unpacking would index without end.
        return iter([self[i] for i in range(len(self))])

    def __bool__(self) -> bool:
        if self.name in _COMPARISONS:
            raise TypeError(
                "a comparison of hyperparameters has no truth value before a trial; "
                "write scope.switch(condition, if_false, if_true)"
            )
        return True

    def __str__(self) -> str:
        return "\n".join(f"{i:<3} {line}" for i, line in enumerate(_listing(self, "", 0)))

    def __repr__(self) -> str:
        return f"<{self.name} expression>"

    def __reduce__(self) -> tuple[Any, ...]:
        # Shared nodes stay shared because pickle memoises by identity.
        return _restore, (type(self), dict(self.__dict__))


def _restore(cls: type[Apply], state: dict[str, Any]) -> Apply:
    node = object.__new__(cls)
    node.__dict__.update(state)
    return node


class Literal(Apply):
    """A constant: the same object in every trial."""

    name = "literal"

    def __init__(self, obj: Any = None) -> None:
        self.obj = obj

    def evaluate(self, run: Evaluation) -> Any:
        """The constant itself, not a copy."""
        return self.obj

    def __len__(self) -> int:
        return len(self.obj)

    def __repr__(self) -> str:
        return f"Literal({self.obj!r})"


class Parameter(Apply):
    """A hyperparameter: a label (or None: its path in the space) and a distribution."""

    name = "hyperopt_param"

    def __init__(self, label: str | None, distribution: Distribution) -> None:
        self.label = label
        self.distribution = distribution

    @property
    def pos_args(self) -> tuple[Apply, ...]:  # type: ignore[override]  # computed for graph walkers
        """The label and the draw, as Hyperopt's graphs have them."""
        word, arguments = self.distribution.call()
        named = tuple((key, Literal(value)) for key, value in arguments.items())
        return (Literal(self.label), Call(word, (), named))

    def inputs(self) -> list[Apply]:
        """Nothing that is evaluated: a hyperparameter is a leaf."""
        return []

    def evaluate(self, run: Evaluation) -> Any:
        """The value that this evaluation has for the hyperparameter."""
        return run.lookup(self)

    def __repr__(self) -> str:
        return f"{self.label or '(path)'} ~ {self.distribution.describe()}"


class Bundle(Apply):
    """A dict or a tuple of nodes; lists become tuples."""

    def __init__(self, items: tuple[Apply, ...], keys: tuple[Any, ...] | None = None) -> None:
        self.items = items
        self.keys = keys
        self.name = "pos_args" if keys is None else "dict"
        if keys is None:
            self.pos_args = items
        else:
            self.named_args = tuple(zip(keys, items, strict=True))

    def inputs(self) -> list[Apply]:
        """The contained nodes, in order."""
        return list(self.items)

    def evaluate(self, run: Evaluation) -> Any:
        """A new dict or tuple."""
        if self.keys is None:
            return tuple([run.value(item) for item in self.items])
        return {key: run.value(item) for key, item in zip(self.keys, self.items, strict=True)}

    def __len__(self) -> int:
        return len(self.items)


class Switch(Apply):
    """One of several branches, taken by an index; only that branch is evaluated."""

    name = "switch"

    def __init__(self, index: Apply, options: tuple[Apply, ...]) -> None:
        self.index = index
        self.options = options
        self.pos_args = (index, *options)

    def evaluate(self, run: Evaluation) -> Any:
        """The value of the branch taken."""
        return run.value(self.options[branch(run.value(self.index), len(self.options))])


class Call(Apply):
    """An operation of the table applied to nodes."""

    def __init__(self, name: str, args: tuple[Apply, ...], named: tuple[tuple[str, Apply], ...] = ()) -> None:
        self.name = name
        self.pos_args = args
        self.named_args = named

    def evaluate(self, run: Evaluation) -> Any:
        """The operation's result on the inputs' values."""
        args = [run.value(arg) for arg in self.pos_args]
        named = {key: run.value(arg) for key, arg in self.named_args}
        if self.name in scope.stochastic and named.get("rng") is None:
            named["rng"] = run.rng
        return scope.function(self.name)(*args, **named)


def branch(index: Any, options: int) -> int:
    """Check a choice's index and make it an int.

    Args:
        index: An int, or a float or NumPy scalar with an integral value.
        options: How many there are.

    Raises:
        InvalidPoint: If `index` is no number; a TypeError.
        InvalidArgument: If it is negative, fractional or too large; a ValueError.
    """
    if isinstance(index, (str, bytes)) or not hasattr(index, "__float__"):
        raise InvalidPoint(f"the index of a choice must be a whole number; got {index!r}")
    whole = int(index) if math.isfinite(index) else -1
    if whole != index or not 0 <= whole < options:
        raise InvalidArgument(
            f"the index of a choice with {options} options must be one of 0..{options - 1}; got {index!r}"
        )
    return whole


class Evaluation:
    """One evaluation of an expression: what hyperparameters are worth, and what is known already.

    Args:
        lookup: Gives a hyperparameter's value.
        memo: Node -> value, read and filled; nodes in it are not evaluated.
        rng: For unlabelled draws (`scope.uniform(0, 1)`) that carry no generator.
    """

    __slots__ = ("lookup", "memo", "rng")

    def __init__(
        self, lookup: Callable[[Parameter], Any], memo: dict[Any, Any] | None = None, rng: Any = None
    ) -> None:
        self.lookup = lookup
        self.memo = {} if memo is None else memo
        self.rng = rng

    def value(self, node: Apply) -> Any:
        """The value of `node`, evaluated once at most."""
        if type(node) is Literal and node not in self.memo:
            return node.obj
        if node in self.memo:
            return self.memo[node]
        result = self.memo[node] = node.evaluate(self)
        return result


def as_apply(obj: Any) -> Apply:
    """Lift a structure of dicts, lists, tuples, nodes and constants into one expression.

    Args:
        obj: Anything. Dicts keep their order, lists become tuples, other
            objects become constants.

    >>> as_apply([1, {"a": 2}])
    <pos_args expression>
    """
    if isinstance(obj, Apply):
        return obj
    if isinstance(obj, dict):
        return Bundle(tuple(as_apply(value) for value in obj.values()), tuple(obj))
    if isinstance(obj, (list, tuple)):
        return Bundle(tuple(as_apply(value) for value in obj))
    return Literal(obj)


def dfs(root: Apply) -> list[Apply]:
    """All nodes below and including `root`, inputs before those that use them, each once."""
    seen: set[Apply] = set()
    order: list[Apply] = []
    stack: list[tuple[Apply, bool]] = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((below, False) for below in reversed(node.inputs()))
    return order


def _listing(node: Apply, prefix: str, depth: int) -> list[str]:
    head = f"{'  ' * depth}{prefix}"
    if isinstance(node, (Literal, Parameter)):
        return [f"{head}{node!r}"]
    lines = [f"{head}{node.name}"]
    for child in node.pos_args:
        lines += _listing(child, "", depth + 1)
    for key, child in node.named_args:
        lines += _listing(child, f"{key} = ", depth + 1)
    return lines


_COMPARISONS = frozenset({"lt", "le", "gt", "ge"})


class SymbolTable:
    """The table of operations: ``scope.log(node)`` makes a node, ``scope.define`` adds an operation."""

    def __init__(self) -> None:
        self._functions: dict[str, Callable[..., Any]] = {}
        self.stochastic: set[str] = set()

    def function(self, name: str) -> Callable[..., Any]:
        """The Python function behind an operation."""
        try:
            return self._functions[name]
        except KeyError:
            raise InvalidSpace(
                f"the expression uses scope.{name}, which is not defined in this process",
                hint=f"define it with @scope.define before the space is used: def {name}(...)",
            ) from None

    def __getattr__(self, name: str) -> Callable[..., Apply]:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self._functions:
            from parzen.errors import did_you_mean

            raise AttributeError(f"scope has no operation {name!r}.{did_you_mean(name, self.names())}")

        def make(*args: Any, **kwargs: Any) -> Apply:
            return self.node(name, args, kwargs)

        make.__name__ = name
        return make

    def node(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Apply:
        """An expression that applies the operation `name`.

        Args:
            name: The operation's.
            args: Its positional inputs.
            kwargs: Its named inputs.
        """
        nodes = tuple(as_apply(arg) for arg in args)
        if name == "switch":
            return Switch(nodes[0], nodes[1:])
        if name == "pos_args":
            return Bundle(nodes)
        if name == "dict" and not nodes:
            return as_apply(dict(kwargs))
        return Call(name, nodes, tuple((key, as_apply(value)) for key, value in kwargs.items()))

    def names(self) -> list[str]:
        """All operations, in order."""
        return sorted(self._functions)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.names()]

    def register(self, function: Callable[..., Any], name: str | None = None) -> Callable[..., Any]:
        """Add an operation under a name of its own choice.

        Args:
            function: What it does.
            name: Left out, the function's own.

        Raises:
            InvalidArgument: If the name is taken; a ValueError.
        """
        name = name or function.__name__
        if name in self._functions or hasattr(type(self), name):
            raise InvalidArgument(
                f"scope.{name} exists already; choose another name or scope.undefine({name!r}) first"
            )
        self._functions[name] = function
        return function

    def define(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register a Python function as an operation, under its own name (decorator).

        Args:
            function: What it does.

        Raises:
            InvalidArgument: If the name is taken; a ValueError.
        """
        return self.register(function)

    def define_pure(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same as `define`; Hyperopt's name for functions without side effects."""
        return self.register(function)

    def define_if_new(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function unless its name is taken."""
        if function.__name__ not in self._functions:
            self._functions[function.__name__] = function
        return function

    def define_info(
        self, o_len: int | None = None, pure: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator like `define`; `o_len` and `pure` are accepted for Hyperopt's sake."""
        del o_len, pure
        return self.register

    def undefine(self, function: Callable[..., Any] | str) -> None:
        """Take an operation out of the table.

        Args:
            function: Its name or the function.
        """
        self._functions.pop(function if isinstance(function, str) else function.__name__, None)

    def require_label(self, label: Any, word: str) -> str:
        """Check a label as the old words of `hp` do.

        Args:
            label: What the user gave.
            word: The word of `hp`.

        Raises:
            InvalidLabel: If it is no string; a TypeError.
        """
        if isinstance(label, Literal):
            label = label.obj
        if isinstance(label, bytes):
            label = label.decode()
        if not isinstance(label, str):
            raise InvalidLabel(
                f"require string label: hp.{word} got {label!r} where its label belongs",
                hint=f'write hp.{word}("name", ...), or use hp.float, hp.int or hp.ordinal, '
                "which take their label from the key",
            )
        return label


scope = SymbolTable()
