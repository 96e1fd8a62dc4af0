"""Space: the hyperparameters of a search, when each is active, and how a point becomes an argument.

A *point* maps the labels of the active hyperparameters to stored values
(plain numbers; a choice as its branch number). A *row* is the same as d
floats in the order of `Space.params`, NaN where inactive.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from parzen.errors import InvalidPoint, InvalidSpace, did_you_mean
from parzen.space.distributions.base import Distribution, Labels, Lattice
from parzen.space.distributions.table import from_json
from parzen.space.expr import Apply, Evaluation, Parameter

Point = Mapping[str, float | int]
Condition = tuple[tuple[tuple[int, int], ...], ...]
Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Param:
    """One hyperparameter.

    Attributes:
        label: Its name in points, documents and messages.
        distribution: Its prior law.
        condition: Active if for any of these alternatives all pairs (index of
            a choice, branch) hold. One empty alternative: always active.
        options: For a choice, one text that identifies each option; else empty.
    """

    label: str
    distribution: Distribution
    condition: Condition = ((),)
    options: tuple[str, ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether some points do not use it."""
        return () not in self.condition


class Space:
    """An immutable space of d hyperparameters, in order of first appearance.

    Args:
        params: The hyperparameters.
        expr: The expression that builds the objective's argument; None for a space read from JSON.
        labels: The label of each `Parameter` node of `expr`.
        moves: For a choice whose options stand in another order in `expr`: the place there of each
            option of `params`.
    """

    def __init__(
        self,
        params: Sequence[Param],
        expr: Apply | None = None,
        labels: Mapping[Parameter, str] | None = None,
        moves: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self.params = tuple(params)
        self.expr = expr
        self.labels = dict(labels or {})
        self.moves = dict(moves or {})
        self.index = {param.label: j for j, param in enumerate(self.params)}

    def shown(self, point: Point) -> dict[str, float | int]:
        """A stored point as the user's space counts: other indices where options were reordered."""
        return {
            label: self.moves[label][int(value)] if label in self.moves else value
            for label, value in point.items()
        }

    def stored(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The reverse of `shown`; values that are no index stay as they are."""
        return {label: self._place(label, value) for label, value in point.items()}

    def _place(self, label: str, value: Any) -> Any:
        moves = list(self.moves.get(label, ()))
        return moves.index(value) if value in moves else value

    def __len__(self) -> int:
        return len(self.params)

    def __repr__(self) -> str:
        inner = ", ".join(f"{param.label} ~ {param.distribution.describe()}" for param in self.params)
        return f"Space({inner})"

    @cached_property
    def conditional(self) -> bool:
        """Whether any hyperparameter is conditional."""
        return any(param.conditional for param in self.params)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """Indices of `params` with every choice before what depends on it."""
        placed: list[int] = []
        left = list(range(len(self.params)))
        while left:
            ready = [j for j in left if self._parents[j] <= set(placed)]
            if not ready:
                raise InvalidSpace("choices depend on each other in a circle")
            placed.append(ready[0])
            left.remove(ready[0])
        return tuple(placed)

    @cached_property
    def _parents(self) -> tuple[set[int], ...]:
        return tuple({j for way in param.condition for j, _ in way} for param in self.params)

    def active(self, values: Rows) -> npt.NDArray[np.bool_]:
        """Which hyperparameters a row, or each of several rows, uses.

        Args:
            values: (d,) or (n, d) float64 in the user's scale; choices must
                have a value even where they turn out inactive.

        Returns:
            A mask of the same shape.
        """
        mask = np.ones(values.shape, dtype=bool)
        for j, param in enumerate(self.params):
            if param.conditional:
                ways = [
                    np.logical_and.reduce([values[..., parent] == taken for parent, taken in way])
                    for way in param.condition
                ]
                mask[..., j] = np.logical_or.reduce(ways)
        return mask

    def point_from(self, draw: Any) -> dict[str, float | int]:
        """The point of active labels that comes from asking `draw(j)` for a share of each prior.

        Args:
            draw: Called with an index of `params` for active ones, parents
                first; returns a number in [0, 1).
        """
        if not self.conditional:
            return {p.label: p.distribution.quantile(draw(j)) for j, p in enumerate(self.params)}
        values: dict[int, float | int] = {}
        for j in self.order:
            if self.uses(j, values):
                values[j] = self.params[j].distribution.quantile(draw(j))
        return {self.params[j].label: values[j] for j in sorted(values)}

    def uses(self, j: int, values: Mapping[int, float | int]) -> bool:
        """Whether hyperparameter `j` is active given the values of others, by index.

        Args:
            j: Index in `params`.
            values: Index -> value.
        """
        return any(
            all(values.get(parent) == taken for parent, taken in way) for way in self.params[j].condition
        )

    def encode(self, point: Point) -> list[float]:
        """A point as a row of d floats, NaN where it has no value."""
        nan = math.nan
        return [point.get(param.label, nan) for param in self.params]

    def decode(self, row: Sequence[float] | Rows) -> dict[str, float | int]:
        """A row as a point of plain Python numbers; NaN values are left out."""
        return {
            param.label: param.distribution.plain(float(x))
            for param, x in zip(self.params, row, strict=True)
            if not math.isnan(x)
        }

    def build(self, point: Point) -> Any:
        """The objective's argument for a point.

        Args:
            point: Label -> stored value.

        Raises:
            InvalidSpace: If the space was read from JSON and has no expression.
            InvalidPoint: If the point lacks a label that it makes active.
        """
        if self.expr is None:
            raise InvalidSpace("this space was read from a file; give the space again to build its values")
        labels, moves = self.labels, self.moves

        def lookup(parameter: Parameter) -> Any:
            label = labels[parameter]
            try:
                return moves[label][int(point[label])] if label in moves else point[label]
            except KeyError:
                raise InvalidPoint(
                    f"the point lacks a value for {label!r}; it has {sorted(point)}", label=label
                ) from None

        return Evaluation(lookup).value(self.expr)

    def check(self, point: Mapping[str, Any], where: str = "the point") -> dict[str, float | int]:
        """Check a point of the user's and make it plain.

        Args:
            point: Label -> stored value; a choice as its index. Inactive labels may be given and are dropped.
            where: How messages call the point.

        Returns:
            Active labels only, as plain Python numbers.

        Raises:
            InvalidPoint: If a label is unknown or missing or a value is outside its range.
        """
        for label in point:
            if label not in self.index:
                known = list(self.index)
                raise InvalidPoint(
                    f"{where} has the unknown label {label!r}.{did_you_mean(label, known)} "
                    f"The space has {known}",
                    label=label,
                )
        values: dict[int, float | int] = {}
        for j in self.order:
            param = self.params[j]
            if not self.uses(j, values):
                continue
            if param.label not in point:
                raise InvalidPoint(
                    f"{where} lacks {param.label!r}, which it makes active ({param.distribution.describe()})",
                    label=param.label,
                )
            values[j] = self._checked(param, point[param.label], where)
        return {self.params[j].label: values[j] for j in sorted(values)}

    def fits(self, point: Mapping[str, Any]) -> bool:
        """Whether a point has a legal value for every label that it makes active, and no unknown one."""
        try:
            self.check(point)
        except InvalidPoint:
            return False
        return True

    @staticmethod
    def _checked(param: Param, value: Any, where: str) -> float | int:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, (str, bytes)) or not param.distribution.contains(number):
            advice = "the index of an option" if param.options else "a value"
            raise InvalidPoint(
                f"{where} has {param.label} = {value!r}, which is not {advice} of "
                f"{param.distribution.describe()}",
                label=param.label,
            )
        return param.distribution.plain(number)

    @cached_property
    def cardinality(self) -> float:
        """How many points there are; infinite if any active hyperparameter is continuous."""
        return self.count([_values(param.distribution) for param in self.params])

    def count(self, sizes: Sequence[float]) -> float:
        """How many points there are when hyperparameter j takes ``sizes[j]`` values.

        For a choice, ``sizes[j]`` is the number of its options.

        Args:
            sizes: (d,) at least 1 each.
        """
        total: float = next(self._counts(sizes))
        return total

    def _counts(self, sizes: Sequence[float], index: int | None = None) -> Iterator[Any]:
        order = self.order
        deciders = {parent for parents in self._parents for parent in parents}
        last_use = {
            parent: max(i for i, j in enumerate(order) if parent in self._parents[j]) for parent in deciders
        }
        memo: dict[Any, float] = {}

        def below(i: int, taken: dict[int, int]) -> float:
            if i == len(order):
                return 1
            key = (i, *((p, k) for p, k in taken.items() if last_use[p] >= i))
            if key not in memo:
                j = order[i]
                if not self.uses(j, taken):
                    memo[key] = below(i + 1, taken)
                elif j in deciders:
                    memo[key] = sum(below(i + 1, taken | {j: k}) for k in range(int(sizes[j])))
                else:
                    memo[key] = sizes[j] * below(i + 1, taken)
            return memo[key]

        if index is None:
            yield below(0, {})
            return
        taken: dict[int, int] = {}
        for i, j in enumerate(order):
            if not self.uses(j, taken):
                continue
            if j in deciders:
                for k in range(int(sizes[j])):
                    inside = int(below(i + 1, taken | {j: k}))
                    if index < inside:
                        break
                    index -= inside
                taken[j] = k
            else:
                inside = int(below(i + 1, taken))
                k, index = divmod(index, inside)
            yield j, k

    def pick(self, sizes: Sequence[float], index: int) -> dict[int, int]:
        """Point number `index` of `count(sizes)`: index of each active hyperparameter -> of its value.

        Args:
            sizes: (d,) as for `count`.
            index: From 0 to below the count.
        """
        return dict(self._counts(sizes, index))

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back, without the expression."""
        return {
            "params": [
                {
                    "label": param.label,
                    "distribution": param.distribution.to_json(),
                    "condition": [[list(pair) for pair in way] for way in param.condition],
                    "options": list(param.options),
                }
                for param in self.params
            ]
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Space:
        """Read what `to_json` wrote; the result cannot `build`."""
        return cls(
            [
                Param(
                    entry["label"],
                    from_json(entry["distribution"]),
                    tuple(tuple((pair[0], pair[1]) for pair in way) for way in entry["condition"]),
                    tuple(entry["options"]),
                )
                for entry in data["params"]
            ]
        )

    @cached_property
    def _fingerprint(self) -> str:
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def fingerprint(self) -> str:
        """A hash of labels, laws, conditions and options' contents; equal spaces have equal ones."""
        return self._fingerprint


def _values(distribution: Distribution) -> float:
    geometry = distribution.geometry
    if isinstance(geometry, (Lattice, Labels)):
        return geometry.size
    if geometry.step is None or not geometry.bounded:
        return math.inf
    ends = distribution.value(np.array([0.0, 1.0]))
    return round(float(ends[1] - ends[0]) / geometry.step) + 1


def grid_values(distribution: Distribution, steps: int) -> list[float | int]:
    """At most `steps` values spread evenly over a distribution, both ends of a bounded one included.

    Args:
        distribution: Any; of labels all options are taken.
        steps: At least 1.
    """
    geometry = distribution.geometry
    if isinstance(geometry, Labels):
        return list(range(geometry.size))
    if isinstance(geometry, Lattice):
        if geometry.size <= steps:
            values = geometry.low + np.arange(geometry.size) * geometry.step
            return [distribution.plain(float(x)) for x in values]
        shares = (np.arange(steps) + 0.5) / steps if steps == 1 else np.linspace(0.0, 1.0, steps)
        return _distinct(distribution, distribution.value(shares))
    if not geometry.bounded or steps == 1:
        return [distribution.quantile((i + 0.5) / steps) for i in range(steps)]
    return _distinct(distribution, distribution.value(np.linspace(0.0, 1.0, steps)))


def _distinct(distribution: Distribution, values: Rows) -> list[float | int]:
    return [distribution.plain(float(x)) for x in dict.fromkeys(values.tolist())]
