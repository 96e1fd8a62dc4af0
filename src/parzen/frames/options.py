"""Short names for the options of a choice, from the texts that identify them.

A space that was read from a file has no options any more, only their texts.
So names are made from these, and are the same wherever the study is opened.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from parzen.space.distributions.base import Labels
from parzen.space.space import Param

_LONGEST = 40
_OPENING, _CLOSING = "([{", ")]}"


def has_names(param: Param) -> bool:
    """Whether values of a hyperparameter are shown as the names of its options.

    Those of `hp.choice`, `hp.pchoice` and `hp.ordinal` are. The index of a `scope.switch` may be a
    number of its own, and stays one.

    Args:
        param: Any hyperparameter.
    """
    if not param.options:
        return False
    return isinstance(param.distribution.geometry, Labels) or is_ordinal(param)


def is_ordinal(param: Param) -> bool:
    """Whether the options are in order.

    Args:
        param: Any hyperparameter.
    """
    return bool(param.options) and param.distribution.call()[0] == "ordinal"


def option_names(param: Param) -> tuple[str, ...]:
    """One short text for each option, no two alike.

    A text names itself. Of dicts and tuples the first entry that tells them apart is taken, such
    as the value of ``"kind"``; of classes and functions the name.

    Args:
        param: A choice.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> space = flatten(hp.choice("model", [{"kind": "svm", "C": hp.float(0, 1)}, {"kind": "knn"}]))
    >>> option_names(space.params[0])
    ('svm', 'knn')
    """
    texts = param.options
    names = _telling([_entries(text) for text in texts]) or [_short(text) for text in texts]
    return tuple(_apart(names))


def _telling(options: list[dict[str, str]]) -> list[str] | None:
    """The names by the first entry that all options have as a constant, and no two the same."""
    if len(options) < 2 or not all(options):
        return None
    for key in options[0]:
        found = [entries.get(key) for entries in options]
        constants = [text for text in found if text is not None and "~{" not in text]
        if len(constants) == len(options) == len(set(constants)):
            return [_short(text) for text in constants]
    return None


def _apart(names: list[str]) -> list[str]:
    made: list[str] = []
    for name in names:
        free, copy = name, 1
        while free in made:
            copy += 1
            free = f"{name} ({copy})"
        made.append(free)
    return made


def _short(text: str) -> str:
    """A constant's text as people write it."""
    entries = _entries(text)
    for inner in entries.values():
        if inner[:1] in "'\"":
            return _short(inner)
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = None
    if isinstance(value, str):
        text = value
    elif re.fullmatch(r"[\w.<>]+:[\w.<>]+", text):  # module:qualname
        text = text.rpartition(":")[2].rpartition(".")[2]
    else:
        text = re.sub(r"~\{.*?\}", "", text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _entries(text: str) -> dict[str, str]:
    """The entries of the text of a dict or a tuple; nothing for that of another option."""
    if text.startswith("{") and text.endswith("}"):
        found = {}
        for part in _parts(text[1:-1]):
            key, value = _pair(part)
            found[key] = value
        return found
    if text.startswith("pos_args(") and text.endswith(")"):
        return {str(i): part for i, part in enumerate(_parts(text.removeprefix("pos_args(")[:-1]))}
    return {}


def _pair(part: str) -> tuple[str, str]:
    for i, depth in _depths(part):
        if depth == 0 and part.startswith(": ", i):
            return part[:i], part[i + 2 :]
    return part, ""


def _parts(text: str) -> Iterator[str]:
    """What stands between the outermost commas."""
    begin = 0
    for i, depth in _depths(text):
        if depth == 0 and text[i] == ",":
            yield text[begin:i].strip()
            begin = i + 1
    if text[begin:].strip():
        yield text[begin:].strip()


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Each position outside of quotes, and how many brackets are open there."""
    depth, quote, escaped = 0, "", False
    for i, char in enumerate(text):
        if quote:
            closes = char == quote and not escaped
            escaped = char == "\\" and not escaped
            quote = "" if closes else quote
            continue
        if char in "'\"":
            quote = char
            continue
        depth += (char in _OPENING) - (char in _CLOSING)
        yield i, depth
