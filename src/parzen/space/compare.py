"""How a space that is given again differs from the one a study was made with.

Options of a choice are recognised by their content. So options in another
order are no change: points stay as they are stored, and the values that the
user sees and gives are translated.
"""

from __future__ import annotations

from parzen.space.distributions.base import Labels
from parzen.space.space import Param, Space


def same(given: Space, stored: Space) -> Space | None:
    """The stored space with the given one's values behind it, or None if they differ.

    Args:
        given: The user's, able to build values.
        stored: From the log.
    """
    if given.fingerprint() == stored.fingerprint():
        return given
    if given.index.keys() != stored.index.keys():
        return None
    moves: dict[str, tuple[int, ...]] = {}
    for param in stored.params:
        other = given.params[given.index[param.label]]
        if param.options == other.options:
            continue
        if len(set(param.options)) < len(param.options) or set(param.options) != set(other.options):
            return None
        moves[param.label] = tuple(other.options.index(option) for option in param.options)
    for param in stored.params:
        other = given.params[given.index[param.label]]
        if not _same_law(param, other, moves.get(param.label)) or _ways(param, stored) != _ways(other, given):
            return None
    return Space(stored.params, given.expr, given.labels, moves)


def _same_law(stored: Param, given: Param, moves: tuple[int, ...] | None) -> bool:
    if moves is None:
        return stored.distribution.to_json() == given.distribution.to_json()
    old, new = stored.distribution.geometry, given.distribution.geometry
    if not isinstance(old, Labels) or not isinstance(new, Labels):
        return False
    return list(old.weights) == [new.weights[move] for move in moves]


def _ways(param: Param, space: Space) -> set[frozenset[tuple[str, str]]]:
    """A condition in words that do not depend on any order."""
    return {
        frozenset((space.params[j].label, _option(space.params[j], taken)) for j, taken in way)
        for way in param.condition
    }


def _option(param: Param, index: int) -> str:
    return param.options[index] if index < len(param.options) else str(index)


def differences(given: Space, stored: Space) -> list[str]:
    """One line for each difference: ``~`` changed, ``+`` new, ``-`` gone.

    Args:
        given: The user's.
        stored: From the log.

    >>> from parzen.space import hp
    >>> from parzen.space.flatten import flatten
    >>> differences(flatten(hp.uniform("x", -50, 50)), flatten(hp.uniform("x", -5, 5)))
    ['~ x: uniform(-5, 5) is now uniform(-50, 50)']
    """
    lines = []
    for param in stored.params:
        if param.label not in given.index:
            lines.append(f"- {param.label}: {param.distribution.describe()} is gone")
            continue
        lines += _changes(given.params[given.index[param.label]], param, given, stored)
    for param in given.params:
        if param.label not in stored.index:
            lines.append(f"+ {param.label}: {param.distribution.describe()} is new")
    return lines


def _changes(given: Param, stored: Param, new: Space, old: Space) -> list[str]:
    label = stored.label
    if given.options and stored.options:
        gone = [_short(option) for option in stored.options if option not in given.options]
        added = [_short(option) for option in given.options if option not in stored.options]
        lines = [f"~ {label}: option {option} is gone" for option in gone]
        lines += [f"~ {label}: option {option} is new" for option in added]
        if lines:
            return lines
    was, now = stored.distribution.describe(), given.distribution.describe()
    if was != now:
        return [f"~ {label}: {was} is now {now}"]
    if stored.distribution.to_json() != given.distribution.to_json():
        return [f"~ {label}: its law {was} has other weights or settings"]
    if _ways(given, new) != _ways(stored, old):
        return [f"~ {label}: it is active under another condition"]
    return []


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."


def twins(space: Space) -> list[str]:
    """Labels of choices with options that cannot be told apart by their content, such as two lambdas."""
    return [param.label for param in space.params if len(set(param.options)) < len(param.options)]
