"""A space as Python code in the words of `hp`.

Bounds are written as real numbers, labels only where they are not the path,
hyperparameters that stand in several places once, by name. What has no text
(an object made at run time, a lambda) gets a name, and a comment that says
what to put there.
"""

from __future__ import annotations

import builtins
import math
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parzen.space.distributions.categorical import Categorical
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform
from parzen.space.expr import Apply, Bundle, Call, Literal, Parameter, Switch, dfs

WIDTH = 96
_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "pow": "**",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}


@dataclass(frozen=True)
class _Group:
    """Items in brackets, on one line if they fit."""

    opening: str
    items: tuple[tuple[str, Any], ...]  # what stands before each, and the text or group
    closing: str
    tuple_: bool = False

    def flat(self) -> str:
        inner = ", ".join(f"{before}{_flat(piece)}" for before, piece in self.items)
        return f"{self.opening}{inner}{',' if self.tuple_ and len(self.items) == 1 else ''}{self.closing}"


def _flat(piece: Any) -> str:
    return piece.flat() if isinstance(piece, _Group) else str(piece)


def _laid_out(piece: Any, indent: int, taken: int, forced: bool = False) -> str:
    flat = _flat(piece)
    if (
        not isinstance(piece, _Group)
        or not piece.items
        or (not forced and indent + taken + len(flat) <= WIDTH)
    ):
        return flat
    inner = indent + 4
    lines = [
        f"{' ' * inner}{before}{_laid_out(each, inner, len(before) + 1)}," for before, each in piece.items
    ]
    return "\n".join([piece.opening, *lines, f"{' ' * indent}{piece.closing}"])


@dataclass
class Code:
    """The text of a space.

    Attributes:
        text: Python that defines ``space``.
        missing: A sentence for each object that has no text.
    """

    text: str
    missing: list[str] = field(default_factory=list)


def code_of(expr: Apply, comments: tuple[str, ...] = ()) -> Code:
    """Python code that makes an expression.

    Args:
        expr: The expression.
        comments: Lines that go above ``space``.
    """
    writer = _Writer(expr)
    body = f"space = {_laid_out(writer.piece(expr, top=True), 0, 8, forced=isinstance(expr, Bundle))}"
    parts = [*writer.imports(), ""]
    parts += [f"# {line}" for line in (*comments, *writer.missing)]
    parts += [*writer.assignments, body]
    return Code("\n".join(parts) + "\n", writer.missing)


class _Writer:
    def __init__(self, expr: Apply) -> None:
        uses = Counter(
            child for node in dfs(expr) for child in node.inputs() if not isinstance(child, Literal)
        )
        self.shared = {n for n, count in uses.items() if count > 1 and not isinstance(n, Literal)}
        self.names: dict[int, str] = {}
        self.keep: list[Any] = []  # named objects stay alive, as names go by identity
        self.taken = {"space", "hp", "scope", "log", "np"}
        self.assignments: list[str] = []
        self.missing: list[str] = []
        self.words: set[str] = {"hp"}
        self.others: set[str] = set()
        self.imported: dict[str, Any] = {}

    def imports(self) -> list[str]:
        """The import lines."""
        return [*sorted(self.others), f"from parzen import {', '.join(sorted(self.words))}"]

    def piece(self, node: Apply, top: bool = False) -> Any:
        """A text or group for a node."""
        if node not in self.shared or top:
            return self._piece(node)
        if id(node) not in self.names:
            piece = self._piece(node)
            name = self._name(getattr(node, "label", None) or "shared")
            self.names[id(node)] = name
            self.assignments.append(f"{name} = {_laid_out(piece, 0, len(name) + 3)}")
        return self.names[id(node)]

    def _name(self, wish: str) -> str:
        base = re.sub(r"\W+", "_", wish).strip("_").lower() or "shared"
        base = f"_{base}" if base[0].isdigit() else base
        name, k = base, 2
        while name in self.taken or hasattr(builtins, name):
            name, k = f"{base}_{k}", k + 1
        self.taken.add(name)
        return name

    def _piece(self, node: Apply) -> Any:
        if isinstance(node, Literal):
            return self.constant(node.obj)
        if isinstance(node, Parameter):
            return self._parameter(node)
        if isinstance(node, Bundle):
            if node.keys is None:
                return _Group("(", tuple(("", self.piece(item)) for item in node.items), ")", tuple_=True)
            pairs = zip(node.keys, node.items, strict=True)
            return _Group("{", tuple((f"{self.constant(k)}: ", self.piece(v)) for k, v in pairs), "}")
        if isinstance(node, Switch):
            return self._switch(node)
        assert isinstance(node, Call)
        return self._call(node)

    def _parameter(self, node: Parameter, word: str = "") -> str:
        law, label = node.distribution, node.label
        name, arguments = law.call()
        if isinstance(law, Uniform) and law.bounds is None:
            numbers = [self._end(x) if law.log else repr(x) for x in (law.low, law.high)]
            step = [] if law.step is None or word else [repr(law.step)]
            return f"hp.{word or name}({', '.join([_text(label), *numbers, *step])})"
        if isinstance(law, Normal):
            return f"hp.{name}({', '.join([_text(label), *map(repr, arguments.values())])})"
        if isinstance(law, Numbers) and law.word == "randint":
            ends = [repr(law.low)] if law.low else []
            return f"hp.randint({', '.join([_text(label), *ends, repr(arguments['high'])])})"
        low, high = arguments.pop("low"), arguments.pop("high")
        named = [f"{key}={value!r}" for key, value in arguments.items()]
        named += [] if label is None else [f"label={_text(label)}"]
        return f"hp.{name}({', '.join([repr(low), repr(high), *named])})"

    def _end(self, x: float) -> str:
        """The logarithm of a number that reads well, if there is one."""
        if type(x) is int:
            return repr(x)
        for digits in (2, 6, 12):
            value = float(f"{math.exp(x):.{digits}g}")
            if value > 0 and math.log(value) == x:
                self.others.add("from math import log")
                return f"log({value:g})" if float(f"{value:g}") == value else f"log({value!r})"
        return repr(x)

    def _switch(self, node: Switch) -> Any:
        index = node.index
        options = tuple(("", self.piece(option)) for option in node.options)
        if isinstance(index, Parameter) and index not in self.shared:
            law, label = index.distribution, index.label
            if isinstance(law, Categorical) and len(law.weights) == len(options):
                if len(set(law.weights)) == 1:
                    return _Group(f"hp.choice({_text(label)}, [", options, "])")
                pairs = zip(law.weights, options, strict=True)
                weighted = tuple(
                    ("", _Group("(", (("", repr(weight)), option), ")")) for weight, option in pairs
                )
                return _Group(f"hp.pchoice({_text(label)}, [", weighted, "])")
            if isinstance(law, Numbers) and law.word == "ordinal":
                ending = "])" if label is None else f"], label={_text(label)})"
                return _Group("hp.ordinal([", options, ending)
        self.words.add("scope")
        return _Group("scope.switch(", (("", self.piece(index)), *options), ")")

    def _call(self, node: Call) -> Any:
        args = node.pos_args
        inner = args[0] if len(args) == 1 else None
        if node.name == "int" and isinstance(inner, Parameter) and inner not in self.shared:
            law = inner.distribution
            if isinstance(law, Uniform) and law.step == 1 and not law.log and law.bounds is None:
                return self._parameter(inner, "uniformint")
        if node.name in _INFIX and len(args) == 2 and not all(isinstance(arg, Literal) for arg in args):
            left, right = (self._operand(arg) for arg in args)
            sign = _INFIX[node.name]
            return f"{left}**{right}" if sign == "**" else f"{left} {sign} {right}"
        if node.name == "neg" and not isinstance(args[0], Literal):
            return f"-{self._operand(args[0])}"
        if node.name == "getitem" and not isinstance(args[0], (Literal, Bundle)):
            return f"{self._operand(args[0])}[{_flat(self.piece(args[1]))}]"
        self.words.add("scope")
        named = tuple((f"{key}=", self.piece(value)) for key, value in node.named_args)
        return _Group(f"scope.{node.name}(", (*(("", self.piece(arg)) for arg in args), *named), ")")

    def _operand(self, node: Apply) -> str:
        text = _flat(self.piece(node))
        named = id(node) in self.names
        composed = isinstance(node, Call) and node.name in {*_INFIX, "neg"} and not named
        return f"({text})" if composed or text.startswith("-") else text

    def constant(self, obj: Any) -> Any:
        """A text or group for a constant.

        Args:
            obj: Any object.
        """
        if (
            obj is None
            or obj is Ellipsis
            or (isinstance(obj, (bool, str, bytes, complex)) and type(obj) in _EXACT)
        ):
            return repr(obj) if not isinstance(obj, str) else _text(obj)
        if type(obj) in (int, float):
            return repr(obj) if math.isfinite(obj) else f'float("{obj!r}")'
        if isinstance(obj, np.generic) and np.ndim(obj) == 0 and obj.dtype.kind in "biuf":
            self.others.add("import numpy as np")
            return f"np.{obj.dtype.name.replace('bool', 'bool_')}({obj.item()!r})"
        if isinstance(obj, np.ndarray) and obj.dtype.kind in "biuf" and obj.size <= 64:
            self.others.add("import numpy as np")
            return f"np.array({obj.tolist()!r}, dtype=np.{obj.dtype.name.replace('bool', 'bool_')})"
        if type(obj) in (set, frozenset, range, slice, list, tuple, dict) and _plain(obj):
            return repr(obj)
        return self._imported(obj) or self._placeholder(obj)

    def _imported(self, obj: Any) -> str | None:
        """The name of a class or function that can be imported; None if it cannot."""
        name, module = getattr(obj, "__qualname__", None), getattr(obj, "__module__", None)
        if not isinstance(name, str) or not isinstance(module, str) or "<" in name:
            return None
        if module == "builtins":
            return name if getattr(builtins, name, None) is obj else None
        if module == "__main__" or getattr(sys.modules.get(module), name, None) is not obj:
            return None
        if name in self.taken and self.imported.get(name) is not obj:
            return None
        self.taken.add(name)
        self.imported[name] = obj
        self.others.add(f"from {module} import {name}")
        return name

    def _placeholder(self, obj: Any) -> str:
        if id(obj) not in self.names:
            kind = getattr(obj, "__name__", type(obj).__name__)
            name = self._name(kind if re.fullmatch(r"\w+", kind) else "option")
            shown = " ".join(repr(obj).split())
            shown = f"{shown[:60]}..." if len(shown) > 60 else shown
            self.names[id(obj)] = name
            self.keep.append(obj)
            self.missing.append(f"`{name}` stands for {shown}, which has no text: define it above this line.")
        return self.names[id(obj)]


_EXACT = (bool, str, bytes, complex)


def _text(label: str | None) -> str:
    """A string in double quotes."""
    quoted = repr(label)
    return f'"{quoted[1:-1]}"' if quoted.startswith("'") and '"' not in quoted else quoted


def _plain(obj: Any) -> bool:
    if type(obj) is dict:
        return all(_plain(x) for pair in obj.items() for x in pair)
    if type(obj) in (set, frozenset, list, tuple):
        return len(obj) > 0 and all(_plain(x) for x in obj)
    return (
        obj is None
        or type(obj) in (bool, int, str, bytes, range)
        or (type(obj) is float and math.isfinite(obj))
    )
