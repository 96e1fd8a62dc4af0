"""From the user's structure to a `Space`: labels, conditions and checks.

A hyperparameter is active where the path to it leads through branches that
were taken; one that stands in several places is active if any of them is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from parzen.errors import DuplicateLabel, InvalidSpace, SpaceWarning, warn
from parzen.space.distributions.base import Labels, Lattice
from parzen.space.expr import Apply, Bundle, Call, Literal, Parameter, Switch, as_apply, scope
from parzen.space.space import Condition, Param, Space

_Way = tuple[tuple[Parameter, int], ...]


def flatten(space: Any) -> Space:
    """Lift a user's space into a `Space`.

    Args:
        space: Dicts, lists, tuples, `hp` expressions and constants, nested without limit; or one expression.

    Returns:
        The space; it may have no hyperparameter at all.

    Raises:
        DuplicateLabel: If two different hyperparameters have one label.
        InvalidSpace: If nothing is searched and a constant looks like a forgotten
            `hp` expression, or if a draw without a label has no generator.
    """
    if isinstance(space, Space):
        return space
    expr = as_apply(space)
    walk = _Walk()
    walk.visit(expr, "", (), {})
    _check_near_misses(expr, searched=bool(walk.found))
    index = {parameter: j for j, parameter in enumerate(walk.found)}
    params = []
    for parameter, (label, _, ways) in walk.found.items():
        condition: Condition = tuple(
            dict.fromkeys(tuple((index[parent], taken) for parent, taken in way) for way in ways)
        )
        if () in condition:
            condition = ((),)
        options = tuple(_identity(option) for option in walk.options.get(parameter, ()))
        params.append(Param(label, parameter.distribution, condition, options))
    return Space(params, expr, {parameter: label for parameter, (label, _, _) in walk.found.items()})


class _Walk:
    """Visits every path from the root and notes where hyperparameters stand."""

    def __init__(self) -> None:
        self.found: dict[Parameter, tuple[str, str, list[_Way]]] = {}
        self.by_label: dict[str, Parameter] = {}
        self.options: dict[Parameter, tuple[Apply, ...]] = {}
        self.seen: set[tuple[int, _Way]] = set()

    def visit(self, node: Apply, path: str, way: _Way, taken: dict[Parameter, int]) -> None:
        if isinstance(node, Parameter):
            self.note(node, path, way)
            return
        if isinstance(node, Literal) or (id(node), way) in self.seen:
            return
        self.seen.add((id(node), way))
        if isinstance(node, Switch):
            self.switch(node, path, way, taken)
            return
        if isinstance(node, Call) and node.name in scope.stochastic and "rng" not in node.arg:
            raise InvalidSpace(
                f"space{_place(path)} draws scope.{node.name}(...) without a label, which no search can see",
                hint=f'write hp.{node.name}("label", ...)',
            )
        for step, child in _children(node):
            self.visit(child, f"{path}.{step}" if path and step else path or step, way, taken)

    def switch(self, node: Switch, path: str, way: _Way, taken: dict[Parameter, int]) -> None:
        self.visit(node.index, path, way, taken)
        index = node.index
        decides = isinstance(index, Parameter) and isinstance(index.distribution.geometry, (Labels, Lattice))
        if isinstance(index, Parameter) and decides:
            self.options.setdefault(index, node.options)
        for k, option in enumerate(node.options):
            inner = f"{path}.{k}" if path else str(k)
            if not isinstance(index, Parameter) or not decides:
                self.visit(option, inner, way, taken)
            elif taken.get(index, k) == k:
                narrower = way if index in taken else (*way, (index, k))
                self.visit(option, inner, narrower, taken | {index: k})

    def note(self, node: Parameter, path: str, way: _Way) -> None:
        if node in self.found:
            self.found[node][2].append(way)
            return
        label = self.free(path or "x") if node.label is None else node.label
        other = self.by_label.get(label)
        if other is not None:
            first = f"space{_place(self.found[other][1])} = {other.distribution.describe()}"
            second = f"space{_place(path)} = {node.distribution.describe()}"
            raise DuplicateLabel(
                f"the label {label!r} is used by two different hyperparameters: {first} and {second}",
                hint="give one of them another label; to share one value, use the same node in both places",
                label=label,
            )
        self.by_label[label] = node
        self.found[node] = (label, path, [way])

    def free(self, path: str) -> str:
        label, copy = path, 1
        while label in self.by_label:
            copy += 1
            label = f"{path}.{copy}"
        return label


def _children(node: Apply) -> Iterator[tuple[str, Apply]]:
    if isinstance(node, Bundle):
        keys = range(len(node.items)) if node.keys is None else node.keys
        yield from ((str(key), child) for key, child in zip(keys, node.items, strict=True))
        return
    # An operation adds nothing to the path unless two of its inputs are searched.
    inputs = node.inputs()
    alone = sum(not isinstance(child, Literal) for child in inputs) <= 1
    yield from (("" if alone else str(i), child) for i, child in enumerate(inputs))


def _place(path: str) -> str:
    return (
        "".join(f"[{part}]" if part.isdigit() else f"[{part!r}]" for part in path.split(".")) if path else ""
    )


def _identity(option: Apply) -> str:
    """A text that tells options of a choice apart by content and is the same in every process."""
    if isinstance(option, Literal):
        return _constant(option.obj)
    if isinstance(option, Parameter):
        return f"{option.label}~{json.dumps(option.distribution.to_json(), sort_keys=True)}"
    if isinstance(option, Bundle) and option.keys is not None:
        inner = (f"{key!r}: {_identity(item)}" for key, item in zip(option.keys, option.items, strict=True))
        return "{" + ", ".join(inner) + "}"
    inner = (_identity(item) for item in option.inputs())
    return f"{option.name}({', '.join(inner)})"


def _constant(obj: Any) -> str:
    if obj is None or isinstance(obj, (bool, int, float, complex, str, bytes)):
        return repr(obj)
    if isinstance(obj, np.ndarray):
        return f"array:{obj.dtype}:{obj.shape}:{hashlib.sha256(obj.tobytes()).hexdigest()[:16]}"
    name = getattr(obj, "__qualname__", None)
    if name is not None:
        return f"{obj.__module__}:{name}"
    text = repr(obj)
    # A repr with an address differs in every process, so the type has to do.
    return f"{type(obj).__module__}:{type(obj).__qualname__}" if " at 0x" in text else text


def _check_near_misses(expr: Apply, searched: bool) -> None:
    # Beside real hyperparameters a list of constants is most often meant as one.
    misses = list(_near_misses(expr, "", lists=not searched))
    if not misses:
        return
    text = " ".join(misses)
    if not searched:
        raise InvalidSpace(f"nothing to search: space has no hp.* expression. {text}")
    warn(text, SpaceWarning)


_WORDS = r"(hp\.)?(q?(log)?(uniform|normal)|uniformint|randint|p?choice|float|int|ordinal)\(.*\)\s*$"


def _near_misses(node: Apply, path: str, lists: bool) -> Iterator[str]:
    if isinstance(node, Literal):
        if isinstance(node.obj, str) and re.match(_WORDS, node.obj.strip()):
            word = node.obj.strip().removeprefix("hp.")
            yield f"space{_place(path)} is the text {node.obj!r}: did you mean hp.{word} without quotes?"
        return
    if not isinstance(node, Bundle):
        return
    if node.keys is None and node.items and all(isinstance(item, Literal) for item in node.items):
        values = [item.obj for item in node.items if isinstance(item, Literal)]
        kinds = {*map(type, values)}
        if len(values) == 2 and kinds <= {int, float} and values[0] < values[1]:
            whole = kinds == {int} and values[1] - values[0] > 1 and path != ""
            shown = f"({values[0]!r}, {values[1]!r})"
            word = "int" if whole else "float"
            yield f"space{_place(path)} is the constant {shown}: did you mean hp.{word}{shown}?"
        elif lists and len(kinds) == 1 and len({*map(repr, values)}) == len(values) > 1:
            name = path.rsplit(".", 1)[-1] or "x"
            yield f"space{_place(path)} is {values!r}: did you mean hp.choice({name!r}, {values!r})?"
        return
    for step, child in _children(node):
        yield from _near_misses(child, f"{path}.{step}" if path else step, lists)
