"""Filters of trials in Python's syntax, read as data and never run.

``loss < 0.1 and params.model == "svm" and state != "pruned"``. Names are the
keys of a trial's record; a dot or brackets lead into it: ``params.lr``,
``params["model.0.C"]``, ``metrics.epochs``, ``error.type``. A comparison with
a value that a trial has not is false, but for ``== None`` and ``is None``. One
with a value that no trial can have, such as an option that the space has not,
is a mistake and is told.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.history import Status

_LONGEST = 2000  # characters
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}
_WITH_NONE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)
_COMPUTE: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
NAMES = (
    *("number", "state", "loss", "params", "metrics", "duration_s", "started", "ended", "attempts"),
    *("worker", "error", "budget", "excluded", "reason"),
)
_NUMBERS = ("number", "loss", "duration_s", "attempts", "budget", "metrics")
_TEXTS = ("started", "ended", "worker", "reason")
_STATES = tuple(status.name.lower() for status in Status)
_DOTTED = re.compile(r"\b(params|metrics)\.([^\W\d]\w*(?:\.\w+)+)")


class Filter:
    """A condition on a trial's record.

    Args:
        text: An expression.
        labels: The hyperparameters of the space.
        metrics: The names of metrics.
        options: Label -> the names of its options, for those that have any; the others are numbers.
            None where that is not known.

    Raises:
        InvalidArgument: If it is no expression of the permitted kind, names what is not there, or
            compares with a value that can never be there.

    >>> keep = Filter("loss < 1 and params.x > 0", ["x"], [])
    >>> keep({"loss": 0.5, "params": {"x": 2}}), keep({"loss": None, "params": {"x": 2}})
    (True, False)
    """

    def __init__(
        self,
        text: str,
        labels: Iterable[str],
        metrics: Iterable[str],
        options: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self.text = text
        self._options = options
        self._known = {"params": list(labels), "metrics": list(metrics)}
        if len(text) > _LONGEST:
            raise InvalidArgument(f"a filter has at most {_LONGEST} characters; got {len(text)}")
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
            raise self._bad(self._dotted() or reason) from None
        self._check(self._tree)

    def __call__(self, record: Mapping[str, Any]) -> bool:
        """Whether a trial passes.

        Args:
            record: Of the trial.
        """
        return bool(self._value(self._tree, record))

    def _bad(self, what: str) -> InvalidArgument:
        return InvalidArgument(
            f"--filter {self.text!r} cannot be used: {what}",
            hint="write it as --filter 'loss < 0.1 and params.lr > 0.01 and state == \"done\"'",
        )

    def _dotted(self) -> str | None:
        """What to say of a label such as ``model.0.C`` that was written with dots alone."""
        for part, names in self._known.items():
            for name in sorted(names, key=len, reverse=True):
                plain = all(word.isidentifier() for word in name.split("."))
                if not plain and f"{part}.{name}" in self.text:
                    return f'{name!r} has to stand in brackets: {part}["{name}"]'
        found = _DOTTED.search(self.text)
        if found is None or all(word.isidentifier() for word in found[2].split(".")):
            return None
        return f'{found[2]!r} has to stand in brackets: {found[1]}["{found[2]}"]'

    def _check(self, node: ast.AST) -> None:
        """Refuse whatever is not in the list below."""
        path = _path(node)
        if path is not None:
            self._check_path(path)
            return
        children: list[ast.expr]
        match node:
            case ast.BoolOp(values=children):
                pass
            case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=inner):
                children = [inner]
            case ast.BinOp(left=left, right=right, op=op) if type(op) in _COMPUTE:
                children = [left, right]
            case ast.Compare(left=left, comparators=others, ops=compared):
                children = [left, *others]
                for how, one, other in zip(compared, children, others):
                    self._check_compared(how, one, other)
            case ast.Tuple(elts=children) | ast.List(elts=children):
                pass
            case ast.Constant(value=str() | int() | float() | None):
                children = []
            case _:
                raise self._bad(f"{ast.unparse(node)!r} is more than a comparison")
        for child in children:
            self._check(child)

    def _check_path(self, path: list[str]) -> None:
        first = path[0]
        if first not in NAMES:
            near = did_you_mean(first, [*NAMES])
            if first in self._known["params"]:
                near = f" Did you mean 'params.{first}'?"
            raise self._bad(f"a trial has no {first!r}.{near} It has {', '.join(NAMES)}")
        if first in self._known and len(path) > 1:
            name, known = ".".join(path[1:]), self._known[first]
            if name not in known:
                has = ", ".join(known) or "none"
                raise self._bad(f"there is no {first}.{name}.{did_you_mean(name, known)} There is: {has}")

    def _check_compared(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> None:
        """Refuse a comparison of a name with a constant that no trial can pass or fail."""
        among = isinstance(op, (ast.In, ast.NotIn))
        for named, other in ((left, right),) if among else ((left, right), (right, left)):
            path = _path(named)
            if path is None or path[0] not in NAMES:
                continue
            if among and not isinstance(other, (ast.Tuple, ast.List)):
                continue  # a part of a text
            for each in other.elts if isinstance(other, (ast.Tuple, ast.List)) else [other]:
                constant = _constant(each)
                if constant is not None:
                    self._check_constant(path, constant, among or isinstance(op, _WITH_NONE))

    def _check_constant(self, path: list[str], constant: str | float, equal: bool) -> None:
        shown, options = ".".join(path), self._values_of(path)
        if options is not None and equal:
            if constant not in options:
                names = [str(option) for option in options]
                alike = [option for option in options if str(option) == str(constant)]
                near = f" Did you mean {alike[0]!r}?" if alike else did_you_mean(str(constant), names)
                raise self._bad(f"{shown} is never {constant!r}.{near} It is one of {', '.join(names)}")
            return
        kinds = self._kinds_of(path) if options is None else {isinstance(each, str) for each in options}
        if kinds and isinstance(constant, str) not in kinds:
            is_text = isinstance(constant, str)
            what = "a number, and {!r} is a text" if is_text else "a text, and {!r} is a number"
            raise self._bad(f"{shown} is {what.format(constant)}")

    def _values_of(self, path: list[str]) -> Sequence[Any] | None:
        """All values that a name can have, if they are few."""
        if path == ["state"]:
            return _STATES
        if path[0] == "params" and len(path) > 1 and self._options is not None:
            return self._options.get(".".join(path[1:]))
        return None

    def _kinds_of(self, path: list[str]) -> set[bool]:
        """Whether values of a name are texts; empty where that is not known."""
        if path[0] == "params":
            return {False} if len(path) > 1 and self._options is not None else set()
        if len(path) == 1 + (path[0] == "metrics"):
            return {False} if path[0] in _NUMBERS else {True} if path[0] in _TEXTS else set()
        return set()

    def _value(self, node: ast.AST, record: Mapping[str, Any]) -> Any:  # noqa: PLR0911  # one for each kind
        path = _path(node)
        if path is not None:
            return _look_up(path, record)
        match node:
            case ast.Constant(value=value):
                return value
            case ast.BoolOp(op=ast.And(), values=values):
                return all(self._value(each, record) for each in values)
            case ast.BoolOp(values=values):
                return any(self._value(each, record) for each in values)
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return not self._value(inner, record)
            case ast.UnaryOp(operand=inner):
                value = self._value(inner, record)
                return -value if isinstance(value, (int, float)) else None
            case ast.BinOp(left=left, op=op, right=right):
                return _computed(op, self._value(left, record), self._value(right, record))
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                return [self._value(each, record) for each in elements]
            case ast.Compare():
                return self._compared(node, record)
        raise AssertionError(ast.dump(node))  # the check lets nothing else pass

    def _compared(self, node: ast.Compare, record: Mapping[str, Any]) -> bool:
        left = self._value(node.left, record)
        for op, comparator in zip(node.ops, node.comparators):
            right = self._value(comparator, record)
            if not _holds(op, left, right, _is_none(node.left) or _is_none(comparator)):
                return False
            left = right
        return True


def _holds(op: ast.cmpop, left: Any, right: Any, with_none: bool) -> bool:
    absent = left is None or right is None
    if absent and not (with_none and isinstance(op, _WITH_NONE)):
        return False
    try:
        return bool(_COMPARE[type(op)](left, right))
    except TypeError:  # a text and a number: neither is smaller
        return False


def _constant(node: ast.AST) -> str | float | None:
    """A text or a number as written; None for anything else."""
    match node:
        case ast.Constant(value=str() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
            return -value
    return None


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _computed(op: ast.operator, left: Any, right: Any) -> float | None:
    if not isinstance(left, (int, float)) or not isinstance(right, (int, float)):
        return None
    try:
        return _COMPUTE[type(op)](left, right)
    except (ZeroDivisionError, OverflowError):
        return None


def _path(node: ast.AST) -> list[str] | None:
    """The names of ``params.model.0`` or ``params["model.0"]``; None for what is no name."""
    match node:
        case ast.Name(id=name):
            return [name]
        case ast.Attribute(value=inner, attr=name):
            before = _path(inner)
            return None if before is None else [*before, name]
        case ast.Subscript(value=inner, slice=ast.Constant(value=str() as name)):
            before = _path(inner)
            return None if before is None else [*before, name]
    return None


def _look_up(path: list[str], record: Mapping[str, Any]) -> Any:
    value = record.get(path[0])
    if len(path) == 1:
        return value
    return value.get(".".join(path[1:])) if isinstance(value, Mapping) else None
