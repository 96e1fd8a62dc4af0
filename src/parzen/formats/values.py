"""Values of elsewhere as values of a space, and results as plain data."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from parzen.errors import InvalidArgument
from parzen.formats.unpickling import Array, name_of_unknown
from parzen.naming import has_names, index_of, names_of
from parzen.space.distributions.base import Lattice
from parzen.space.space import Param, Space
from parzen.wording import in_line

_DEPTH = 50
_LARGEST = 1_000_000  # values of one result, all its parts together
_LONGEST = 10_000  # values of one array


class Misfit(Exception):
    """A trial does not fit the space.

    Args:
        reason: Why, without this trial's values.
        example: This trial's value.
    """

    def __init__(self, reason: str, example: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.example = example


def point_of(
    space: Space, values: Mapping[str, Any], indexed: bool = False, named: bool = False
) -> dict[str, float | int]:
    """A legal point of a space: active labels only, as stored values.

    Args:
        space: The space.
        values: Label -> value. A choice as the option itself, or as its text: the option's repr, the
            text of a constant, its name, or a constant that stands in one option only.
        indexed: Whether choices are given as the index of the option in the user's space instead.
        named: Whether choices are given by the names of their options, as in a table of ours.

    Raises:
        Misfit: If a label is unknown or lacking, or a value is not legal.
    """
    for label in values:
        if label not in space.index:
            raise Misfit(f"the space has no {label!r}")
    if indexed:
        values = space.stored({label: _number(value) for label, value in values.items()})
    found: dict[int, float | int] = {}
    for j in space.order:
        param = space.params[j]
        if not space.uses(j, found):
            continue
        if param.label not in values:
            raise Misfit(f"there is no {param.label}, which the space needs")
        value = values[param.label]
        if named and has_names(param):
            index = option_named(param, value)
            if index is not None:
                found[j] = param.distribution.plain(index)
                continue
        found[j] = _stored(param, value, indexed)
    return {space.params[j].label: found[j] for j in sorted(found)}


def _number(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _stored(param: Param, value: Any, indexed: bool) -> float | int:
    value = _number(value)
    shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
    example = f"{param.label} = {shown}"
    if param.options and not indexed:
        index = option_of(param, value)
        if index is not None:
            return param.distribution.plain(index)
        # The index of a scope.switch may be a number of its own; that of a choice is nobody's business.
        counted = isinstance(param.distribution.geometry, Lattice)
        if not counted or param.distribution.call()[0] == "ordinal":
            raise Misfit(f"{param.label} is none of the options", example)
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Misfit(f"{param.label} is no number", example) from None
    if math.isnan(number) or not param.distribution.contains(number):
        raise Misfit(f"{param.label} is outside {param.distribution.describe()}", example)
    return param.distribution.plain(number)


def option_named(param: Param, value: Any) -> int | None:
    """Which option has a name, as tables of ours give it; None if it is none, or several.

    Args:
        param: The choice.
        value: The name or its text. What keeps a row in one line (`CSV` of the loggers) writes a name
            with other white space than single spaces as Python does.
    """
    if not isinstance(value, str):
        return index_of(param, value)
    names = [str(name) for name in names_of(param)]
    found = {k for k, name in enumerate(names) if name == value}
    found |= {k for k, name in enumerate(names) if repr(name) == value != name and not in_line(name)}
    if found:
        return found.pop() if len(found) == 1 else None
    return param.options.index(value) if value in param.options else None


def option_of(param: Param, value: Any) -> int | None:
    """Which option of a choice a value is, by the text that identifies it; None if it is none, or several.

    Args:
        param: The choice.
        value: The option, its text, or a constant that stands in exactly one of the options.
    """
    text = repr(value)
    for k, option in enumerate(param.options):
        if option == text or (isinstance(value, str) and option in (value, repr(value))):
            return k
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        alike = [k for k, option in enumerate(param.options) if _equal(option, value)]
        return alike[0] if alike else None
    if not isinstance(value, str):
        return None
    found = index_of(param, value)
    alike = [k for k, option in enumerate(param.options) if _equal(option, value)]
    alike = alike or ([] if found is None else [found])
    # {'kind': 'svm', 'C': ...} is what others call 'svm'. A key does not count.
    whole = re.compile(rf"(?<!\w){re.escape(text)}(?!:)")
    alike = alike or [k for k, option in enumerate(param.options) if whole.search(option)]
    return alike[0] if len(alike) == 1 else None


def _equal(option: str, value: float | str) -> bool:
    """Whether the text of an option is a number, and the same one."""
    try:
        return float(option) == float(value)
    except ValueError:
        return False


def calm(value: Any) -> Any:
    """A result as plain data: times as text, sets as lists, small arrays as lists.

    What was dropped while reading becomes the mark that the log has for what it cannot keep.

    Args:
        value: From a file that is not trusted.

    Raises:
        InvalidArgument: If it contains itself, or unfolds to millions of values.
    """
    return _calm(value, _DEPTH, [_LARGEST])


def _calm(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if depth == 0 or left[0] < 0:
        raise InvalidArgument("a result in the file contains itself or unfolds without end")
    if isinstance(value, Mapping):
        return {str(_calm(key, depth - 1, left)): _calm(item, depth - 1, left) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset, deque)):
        return [_calm(item, depth - 1, left) for item in value]
    if isinstance(value, np.ndarray):
        if value.size > _LONGEST or (isinstance(value, Array) and value.unread):
            return {"$unsaved": "numpy:ndarray"}
        return _calm(value.tolist(), depth - 1, left)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    unknown = name_of_unknown(value)
    return _number(value) if unknown is None else {"$unsaved": unknown}


def numbers_in(
    values: Mapping[str, Any], but: frozenset[str] = frozenset({"loss", "status"})
) -> dict[str, float]:
    """The numbers in a mapping, as metrics.

    Args:
        values: Name -> anything.
        but: Names to leave out.
    """
    return {
        str(name): float(value)
        for name, value in values.items()
        if isinstance(value, (int, float, np.integer, np.floating, np.bool_)) and name not in but
    }
