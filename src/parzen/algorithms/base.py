"""What an algorithm is, and the table of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.history import History
from parzen.rng import stream
from parzen.space.space import Space


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an algorithm answers.

    Attributes:
        point: Label -> stored value, active labels only.
        budget: How much of the fidelity to spend, or None.
        note: Small JSON that is kept in the log: why this point.
    """

    point: Mapping[str, float | int]
    budget: float | None = None
    note: Mapping[str, Any] = field(default_factory=dict)


class Ask:
    """What a suggestion may know beside the history.

    Args:
        number: The trial's number.
        seed: The study's seed.
    """

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.seed = seed

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator of this trial's suggestion."""
        return stream(self.seed, self.number, "suggest")

    def study_rng(self, purpose: str) -> np.random.Generator:
        """A fresh generator that is the same for all trials: a Sobol scramble, a grid's permutation."""
        return stream(self.seed, 0, "study/" + purpose)


@runtime_checkable
class Algorithm(Protocol):
    """A frozen dataclass of settings with one method; it keeps no state of its own."""

    def suggest(self, history: History, ask: Ask) -> Proposal:
        """The point of trial `ask.number`, from what `history` shows and nothing else.

        Args:
            history: All that may be looked at.
            ask: The trial's number and random numbers.
        """
        ...


def size(algorithm: Algorithm, space: Space) -> float:
    """How many points an algorithm can propose in a space; infinite for all but grids.

    Args:
        algorithm: Any.
        space: What it would search.
    """
    own = getattr(algorithm, "size", None)
    return float("inf") if own is None else own(space)


NAMES: dict[str, str] = {
    "auto": "parzen.algorithms.auto:Auto",
    "tpe": "parzen.algorithms.tpe:TPE",
    "gp": "parzen.algorithms.gp:GP",
    "local": "parzen.algorithms.local:Local",
    "cmaes": "parzen.algorithms.cmaes:CMAES",
    "random": "parzen.algorithms.random:Random",
    "anneal": "parzen.algorithms.anneal:Anneal",
    "grid": "parzen.algorithms.grid:Grid",
    "mix": "parzen.algorithms.mix:Mix",
    "sobol": "parzen.algorithms.quasirandom:QuasiRandom",
}
_ALIASES = {"rand": "random", "atpe": "auto"}


def named(name: str) -> Callable[..., Algorithm]:
    """The settings class that a name stands for.

    Args:
        name: One of `NAMES`, or Hyperopt's ``"rand"`` and ``"atpe"``.

    Raises:
        InvalidArgument: If there is none.
    """
    target = NAMES.get(_ALIASES.get(name, name))
    if target is None:
        raise InvalidArgument(
            f"unknown algorithm {name!r}.{did_you_mean(name, [*NAMES, *_ALIASES])} Known: {', '.join(NAMES)}"
        )
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)  # type: ignore[no-any-return]  # named in the table


def describe(algorithm: Any) -> dict[str, Any]:
    """An algorithm's name and settings as the log keeps them."""
    settings = {}
    if hasattr(algorithm, "__dataclass_fields__"):
        settings = {f.name: _plain(getattr(algorithm, f.name)) for f in fields(algorithm)}
    kind = type(algorithm)
    return {"name": f"{kind.__module__}:{kind.__qualname__}", "settings": settings}


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return describe(value) if hasattr(value, "suggest") else value
