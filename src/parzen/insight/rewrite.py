"""One space from another: laws changed, hyperparameters fixed, options dropped.

Works on the expression, so the objective gets what it got before. Labels
stay: one that came from a path which is another one now is written out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parzen.errors import DuplicateLabel, InvalidSpace
from parzen.space.distributions.base import Distribution
from parzen.space.distributions.categorical import Categorical
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform
from parzen.space.expr import Apply, Bundle, Call, Literal, Parameter, Switch
from parzen.space.flatten import flatten
from parzen.space.space import Space


@dataclass
class Changes:
    """What is to be changed, by label.

    Attributes:
        laws: Label -> new distribution.
        fixed: Label -> stored value that it always has.
        dropped: Label of a choice -> options that go.
    """

    laws: dict[str, Distribution] = field(default_factory=dict)
    fixed: dict[str, float | int] = field(default_factory=dict)
    dropped: dict[str, set[int]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.laws or self.fixed or self.dropped)


def rewritten(space: Space, changes: Changes) -> Apply:
    """The changed expression of a space.

    Args:
        space: With an expression.
        changes: By label; options and indices as the space stores them.
    """
    assert space.expr is not None
    changes = Changes(
        changes.laws,
        {label: _there(space, label, value) for label, value in changes.fixed.items()},
        {label: {int(_there(space, label, k)) for k in gone} for label, gone in changes.dropped.items()},
    )
    first = _Rewriting(space.labels, changes, set())
    expr = first.node(space.expr)
    if not changes.fixed and not changes.dropped:
        return expr
    # Where options went, paths are other ones: labels that came from a path are kept by writing them out.
    try:
        labels = flatten(expr).labels
        parameters = {old: new for old, new in first.done.items() if isinstance(old, Parameter)}
        moved = {
            old
            for old, new in parameters.items()
            if isinstance(new, Parameter) and labels.get(new) != space.labels[old]
        }
    except (DuplicateLabel, InvalidSpace):
        moved = set(space.labels)
    return _Rewriting(space.labels, changes, moved).node(space.expr) if moved else expr


def _there(space: Space, label: str, value: float | int) -> float | int:
    # Options that stand in another order in the expression are counted as there.
    return space.moves[label][int(value)] if label in space.moves else value


class _Rewriting:
    def __init__(self, labels: Mapping[Parameter, str], changes: Changes, explicit: set[Parameter]) -> None:
        self.labels = labels
        self.changes = changes
        self.explicit = explicit  # whose label is written out
        self.done: dict[Apply, Apply] = {}

    def node(self, old: Apply) -> Apply:
        if old not in self.done:
            self.done[old] = self._made(old)
        return self.done[old]

    def _made(self, old: Apply) -> Apply:
        if isinstance(old, Parameter):
            return self._parameter(old)
        if isinstance(old, Bundle):
            return Bundle(tuple(self.node(item) for item in old.items), old.keys)
        if isinstance(old, Switch):
            return self._switch(old)
        if isinstance(old, Call):
            args = tuple(self.node(arg) for arg in old.pos_args)
            if old.name in ("int", "float") and len(args) == 1 and isinstance(args[0], Literal):
                return Literal((int if old.name == "int" else float)(args[0].obj))
            named = tuple((key, self.node(value)) for key, value in old.named_args)
            return Call(old.name, args, named)
        return old

    def _parameter(self, old: Parameter) -> Apply:
        label = self.labels.get(old, old.label)
        if label in self.changes.fixed:
            return Literal(self.changes.fixed[label])
        law = self.changes.laws.get(label or "", old.distribution)
        if isinstance(law, Categorical):
            law = _categorical(law.weights)
        return Parameter(label if old in self.explicit else old.label, law)

    def _switch(self, old: Switch) -> Apply:
        index = old.index
        label = self.labels.get(index, index.label) if isinstance(index, Parameter) else None
        if label in self.changes.fixed:
            return self.node(old.options[int(self.changes.fixed[label])])
        gone = self.changes.dropped.get(label or "", set())
        kept = [k for k in range(len(old.options)) if k not in gone]
        if not gone or not kept:
            return Switch(self.node(index), tuple(self.node(option) for option in old.options))
        if len(kept) == 1:
            return self.node(old.options[kept[0]])
        assert isinstance(index, Parameter)
        if index not in self.done:
            name = label if index in self.explicit else index.label
            self.done[index] = Parameter(name, _without(index.distribution, kept))
        return Switch(self.done[index], tuple(self.node(old.options[k]) for k in kept))


def _without(law: Distribution, kept: list[int]) -> Distribution:
    if isinstance(law, Categorical):
        return _categorical([law.weights[k] for k in kept])
    assert isinstance(law, Numbers)
    return replace(law, low=0, high=len(kept) - 1)


def _categorical(weights: Sequence[float]) -> Categorical:
    if len(set(weights)) == 1:
        return Categorical((1.0 / len(weights),) * len(weights))
    # Until scaling changes nothing, so that what is written as code gives the same weights.
    scaled = list(weights)
    for _ in range(9):
        total = math.fsum(scaled)
        if total == 1.0:
            break
        scaled = [weight / total for weight in scaled]
    return Categorical(tuple(scaled))


def with_law(law: Distribution, change: Mapping[str, Any]) -> Distribution:
    """A law of the same family with other bounds.

    Args:
        law: The present one.
        change: A finding's: ``low`` and ``high``, or ``mu``.
    """
    if isinstance(law, Normal):
        if "mu" in change:
            middle = math.log(change["mu"]) if law.log else float(change["mu"])
            return replace(law, mu=float(f"{middle:.3g}"))
        low, high = (math.log(max(change[k], 1e-300)) if law.log else change[k] for k in ("low", "high"))
        sigma = max(high - low, 1e-12) / 4  # so that the range is its middle 95 %
        return replace(law, mu=float(f"{(low + high) / 2:.3g}"), sigma=float(f"{sigma:.2g}"))
    low, high = change["low"], change["high"]
    if isinstance(law, Numbers):
        # As hp.float and hp.int count, so that what is written as code gives the same law.
        steps = math.floor((high - low) / law.step + 1e-9)
        return replace(law, low=low, high=low + steps * law.step)
    assert isinstance(law, Uniform)
    low, high = float(low), float(high)
    ends = (math.log(low), math.log(high)) if law.log else (low, high)
    return replace(law, low=ends[0], high=ends[1], bounds=None if law.bounds is None else (low, high))
