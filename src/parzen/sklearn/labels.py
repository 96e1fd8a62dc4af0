"""Labels for a space over scikit-learn: ``clf.SVC.C`` where the path alone would say ``clf.0.C``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parzen.space.distributions.categorical import Categorical
from parzen.space.expr import Apply, Bundle, Call, Literal, Parameter, Switch, as_apply

ITSELF = ""  # the key under which a tuned estimator itself stands


def one_of(options: Sequence[Any]) -> Switch:
    """`hp.choice` that takes its label from the path, so that a space may stand in several places.

    Args:
        options: At least one.
    """
    shares = (1.0 / len(options),) * len(options)
    return Switch(Parameter(None, Categorical(shares)), tuple(as_apply(each) for each in options))


def labelled(expr: Apply) -> Apply:
    """The same expression, in which every hyperparameter has a label.

    One that has a label keeps it. Others are named by their path, in which an option is called by
    the class of its estimator, or by the text that it has under its own key.

    Args:
        expr: A space.
    """
    return _Naming(expr).visit(expr, "")


class _Naming:
    def __init__(self, expr: Apply) -> None:
        self.made: dict[Apply, Apply] = {}  # shared nodes stay shared
        self.taken: set[str] = set()
        self.find(expr, set())

    def find(self, node: Apply, seen: set[Apply]) -> None:
        """Note the labels that the user gave."""
        if node in seen:
            return
        seen.add(node)
        if isinstance(node, Parameter) and node.label is not None:
            self.taken.add(node.label)
        for child in node.inputs():
            self.find(child, seen)

    def visit(self, node: Apply, path: str) -> Apply:
        if node not in self.made:
            self.made[node] = self.build(node, path)
        return self.made[node]

    def build(self, node: Apply, path: str) -> Apply:
        if isinstance(node, Parameter) and node.label is None:
            return Parameter(self.free(path or "x"), node.distribution)
        if isinstance(node, Switch):
            options = (
                self.visit(each, _join(path, _name(each, k, path))) for k, each in enumerate(node.options)
            )
            return Switch(self.visit(node.index, path), tuple(options))
        if isinstance(node, Bundle):
            keys = range(len(node.items)) if node.keys is None else node.keys
            items = (
                self.visit(each, _join(path, str(key))) for key, each in zip(keys, node.items, strict=True)
            )
            return Bundle(tuple(items), node.keys)
        if isinstance(node, Call):
            args = tuple(self.visit(each, path) for each in node.pos_args)
            return Call(
                node.name, args, tuple((key, self.visit(each, path)) for key, each in node.named_args)
            )
        return node

    def free(self, path: str) -> str:
        label, copy = path, 1
        while label in self.taken:
            copy += 1
            label = f"{path}.{copy}"
        self.taken.add(label)
        return label


def _join(path: str, step: str) -> str:
    return f"{path}.{step}" if path and step else path or step


def _name(option: Apply, k: int, path: str) -> str:
    """What an option is called in the path to what is inside it."""
    if isinstance(option, Bundle) and option.keys is not None:
        own = path.rpartition(".")[2].rpartition("__")[2]
        inner: dict[Any, Apply] = dict(zip(option.keys, option.items, strict=True))
        itself, word = inner.get(ITSELF), inner.get(own)
        if isinstance(itself, Literal):
            return type(itself.obj).__name__
        if isinstance(word, Literal) and isinstance(word.obj, str):
            return word.obj
    return str(k)
