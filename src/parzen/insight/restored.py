"""An expression for a space that was read from a file: labels, laws, conditions, options' contents.

A file keeps a text for each option that identifies it, made of constants,
dicts, tuples and laws. This reads those texts back, so that the code of a
next space can be written without the program that made the study.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import numpy as np

from parzen.space.distributions.base import Distribution
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.uniform import Uniform
from parzen.space.expr import Apply, Bundle, Call, Literal, Parameter, Switch, as_apply, scope
from parzen.space.flatten import flatten
from parzen.space.space import Space


class Unnamed:
    """Stands for an option that a file knows by name only."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.__name__ = re.sub(r"\W+", "_", text.rpartition(":")[2]) or "option"

    def __repr__(self) -> str:
        return self.text


def restored(space: Space) -> Space:
    """The same hyperparameters with an expression: a dict with a key for each label that is always active.

    Args:
        space: Without an expression.
    """
    bare = _Reader(space, frozenset(range(len(space))))
    labels = flatten(bare.tree()).labels
    same = frozenset(j for j, node in bare.parameters.items() if labels.get(node) == space.params[j].label)
    reader = _Reader(space, same)
    expr = as_apply(reader.tree())
    return Space(space.params, expr, {node: space.params[j].label for j, node in reader.parameters.items()})


def _from_path(law: Distribution) -> bool:
    """Whether a word made it that takes its label from the path: hp.float, hp.int or hp.ordinal."""
    if isinstance(law, Numbers):
        return law.word != "randint"
    return isinstance(law, Uniform) and law.bounds is not None


def _put(tree: dict[str, Any], label: str, node: Apply) -> None:
    parts = label.split(".")
    if not all(part.isidentifier() for part in parts):
        parts = [label]
    for part in parts[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            tree[label] = node
            return
        tree = inner
    tree[parts[-1] if parts[-1] not in tree else label] = node


class _Reader:
    def __init__(self, space: Space, bare: frozenset[int]) -> None:
        self.space = space
        self.bare = bare  # whose label is left to the path
        self.parameters: dict[int, Parameter] = {}
        self.nodes: dict[int, Apply] = {}

    def tree(self) -> dict[str, Any]:
        """The whole space."""
        tree: dict[str, Any] = {}
        for j, param in enumerate(self.space.params):
            if not param.conditional or not self.reachable(j):
                _put(tree, param.label, self.node(j))
        return tree

    def reachable(self, j: int) -> bool:
        """Whether some option's text holds this hyperparameter."""
        law = json.dumps(self.space.params[j].distribution.to_json(), sort_keys=True)
        ways = self.space.params[j].condition
        return any(
            law in self.space.params[way[-1][0]].options[way[-1][1]]
            for way in ways
            if way and way[-1][1] < len(self.space.params[way[-1][0]].options)
        )

    def parameter(self, j: int) -> Parameter:
        if j not in self.parameters:
            param = self.space.params[j]
            silent = j in self.bare and _from_path(param.distribution)
            self.parameters[j] = Parameter(None if silent else param.label, param.distribution)
        return self.parameters[j]

    def node(self, j: int) -> Apply:
        """A hyperparameter, or the choice that it decides."""
        if j in self.nodes:
            return self.nodes[j]
        param = self.space.params[j]
        index = self.parameter(j)
        if not param.options:
            self.nodes[j] = index
            return index
        options = tuple(_Text(self, j, k, text).whole() for k, text in enumerate(param.options))
        self.nodes[j] = Switch(index, options)
        return self.nodes[j]

    def inside(self, j: int, k: int, law: Any, label: str | None, used: set[int]) -> int | None:
        """The hyperparameter with this law that is active in option `k` of choice `j`."""
        wanted = json.dumps(law, sort_keys=True)
        for i, param in enumerate(self.space.params):
            if i in used and label is None:
                continue
            if label is not None and param.label != label:
                continue
            here = label is not None or any((j, k) in way for way in param.condition)
            if here and json.dumps(param.distribution.to_json(), sort_keys=True) == wanted:
                return i
        return None


class _Text:
    """Reads one option's text: the inverse of what tells options apart."""

    def __init__(self, reader: _Reader, j: int, k: int, text: str) -> None:
        self.reader, self.j, self.k, self.text = reader, j, k, text
        self.at = 0
        self.used: set[int] = set()

    def whole(self) -> Apply:
        try:
            node = self.value()
        except (ValueError, SyntaxError, IndexError):
            node = None
        if node is None or self.at != len(self.text):
            return Literal(Unnamed(self.text))
        return node

    def value(self) -> Apply:
        rest = self.text[self.at :]
        drawn = re.match(r"([^{}()'\",]*)~(?=\{)", rest)
        if drawn:
            self.at += drawn.end()
            law, length = json.JSONDecoder().raw_decode(self.text[self.at :])
            self.at += length
            label = None if drawn[1] == "None" else drawn[1]
            found = self.reader.inside(self.j, self.k, law, label, self.used)
            if found is None:
                raise ValueError("a law that no hyperparameter has")
            self.used.add(found)
            return self.reader.parameter(found)
        if rest.startswith("{"):
            return self.dictionary()
        called = re.match(r"([A-Za-z_]\w*)\(", rest)
        if called and (called[1] in ("pos_args", "switch") or called[1] in scope.names()):
            self.at += called.end()
            return self.applied(called[1], self.items(")"))
        return self.constant()

    def applied(self, name: str, args: list[Apply]) -> Apply:
        if name == "pos_args":
            return Bundle(tuple(args))
        if name == "switch":
            return Switch(args[0], tuple(args[1:]))
        return Call(name, tuple(args))

    def items(self, closing: str) -> list[Apply]:
        made: list[Apply] = []
        while self.text[self.at] != closing:
            made.append(self.value())
            if self.text.startswith(", ", self.at):
                self.at += 2
        self.at += 1
        return made

    def dictionary(self) -> Apply:
        self.at += 1
        keys: list[Any] = []
        items: list[Apply] = []
        while self.text[self.at] != "}":
            keys.append(self.literal())
            if not self.text.startswith(": ", self.at):
                raise ValueError("a key without a value")
            self.at += 2
            items.append(self.value())
            if self.text.startswith(", ", self.at):
                self.at += 2
        self.at += 1
        return Bundle(tuple(items), tuple(keys))

    def literal(self) -> Any:
        """The longest Python constant that begins here."""
        rest = self.text[self.at :]
        found = re.match(r"""b?'(?:\\.|[^'\\])*'|b?"(?:\\.|[^"\\])*"|[^,:(){}\[\]]+(?=[,:)}\]]|$)""", rest)
        if not found:
            raise ValueError("no constant")
        self.at += found.end()
        if found[0] in ("inf", "-inf", "nan"):
            return float(found[0])
        return ast.literal_eval(found[0])

    def constant(self) -> Apply:
        start = self.at
        try:
            return Literal(self.literal())
        except (ValueError, SyntaxError):
            self.at = start
        scalar = re.match(r"np\.(\w+)\(([^()]*)\)", self.text[start:])
        if scalar and isinstance(getattr(np, scalar[1], None), type):
            self.at += scalar.end()
            return Literal(getattr(np, scalar[1])(ast.literal_eval(scalar[2])))
        named = re.match(r"[A-Za-z_][\w.]*:[\w.<>]+|array:[^,)}]*\([^)]*\):\w+", self.text[start:])
        if not named:
            raise ValueError("nothing that is known")
        self.at += named.end()
        return Literal(Unnamed(named[0]))
