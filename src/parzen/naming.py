"""What the options of a choice and the branches of a space are called, wherever people read of them.

A space that was read from a file has no options any more, only a text for each
that identifies it. So names are made from these texts, and are the same
wherever the study is opened: on the console, in tables, files, pictures and
findings. A constant is called by itself, a function by its name, a dict or a
tuple by what tells it apart: a text such as that of its ``"kind"``, or else its keys.

No name has a part that depends on the order of the options, unless two of them
cannot be told apart at all.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from parzen.space.distributions.base import Labels
from parzen.space.space import Param, Space
from parzen.wording import cut

Name = str | int | float | bool
Way = Sequence[tuple[int, int]]  # (choice, option) that must have been taken, from the root on

SHORT = 40  # characters of a name in a sentence, and the most of one that is made of a structure
_KINDS = ("'kind'", "'name'", "'type'", "'model'")  # keys that say what a dict is
_OPENING, _CLOSING = "([{", ")]}"


# Options


def has_names(param: Param) -> bool:
    """Whether values of a hyperparameter are shown as the names of its options.

    Those of `hp.choice`, `hp.pchoice` and `hp.ordinal` are. The index of a `scope.switch` may be a
    number of its own, and stays one.

    Args:
        param: Any hyperparameter.
    """
    return bool(param.options) and (isinstance(param.distribution.geometry, Labels) or is_ordinal(param))


def is_ordinal(param: Param) -> bool:
    """Whether the options are in order.

    Args:
        param: Any hyperparameter.
    """
    return bool(param.options) and param.distribution.call()[0] == "ordinal"


def names_of(param: Param) -> tuple[Name, ...]:
    """A name for each option, all different also as texts; none for what has no named options.

    Args:
        param: Any hyperparameter.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> space = flatten(hp.choice("m", ["linear", {"kind": "tree", "depth": hp.int(1, 9)}, 3, len]))
    >>> names_of(space.params[0])
    ('linear', 'tree', 3, 'len')
    """
    return _names(tuple(param.options)) if has_names(param) else ()


def texts_of(param: Param, most: int | None = None) -> tuple[str, ...]:
    """What each option is called, as text: its name, or the number of an option of a `scope.switch`.

    Args:
        param: Any hyperparameter.
        most: How many characters at most, from 8 on, in one line and still all different; None for
            whole names.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> texts_of(flatten(hp.choice("m", ["quantile_transformer", 3])).params[0], 12)
    ('quantile_tr…', '3')
    """
    names = tuple(map(str, names_of(param) or range(len(param.options))))
    if most is None:
        return names
    names = tuple(" ".join(name.split()) or repr(name) for name in names)
    short = tuple(cut(name, most) for name in names)
    if len(set(short)) == len(short):
        return short
    return tuple(f"{k}: {cut(name, most - 2 - len(str(k)))}" for k, name in enumerate(names))


def named(param: Param, value: float | int) -> Name:
    """A stored value with the name of its option in place of the index; other values as they are.

    Args:
        param: Whose.
        value: Stored.
    """
    names = names_of(param)
    return names[int(value)] if 0 <= value < len(names) else value


def readable(space: Space, point: dict[str, float | int]) -> dict[str, Name]:
    """A point with the names of options in place of their indices.

    Args:
        space: It belongs to.
        point: Label -> stored value.
    """
    params, index = space.params, space.index
    return {
        label: named(params[index[label]], value) if label in index else value
        for label, value in point.items()
    }


def index_of(param: Param, value: Any) -> int | None:
    """Which option a name stands for; None if it is none of them.

    Args:
        param: A hyperparameter with options.
        value: The name, its text, or the text that identifies the option.
    """
    for names in (names_of(param), param.options):
        for i, name in enumerate(names):
            if str(name) == str(value):
                return i
    return None


# Branches


def branch(space: Space, j: int, most: int | None = None) -> str | None:
    """The branch that makes a hyperparameter active, in words; None if it always is.

    Args:
        space: The space.
        j: Index of the hyperparameter.
        most: How many characters an option's name has at most; None for whole names.

    >>> from parzen import hp
    >>> from parzen.space.flatten import flatten
    >>> branch(flatten(hp.choice("m", [{"k": "svm", "C": hp.float(0, 1)}, {"k": "knn"}])), 1)
    'm = svm'
    """
    param = space.params[j]
    if not param.conditional:
        return None
    return " or ".join(dict.fromkeys(way_text(space, way, most) for way in param.condition))


def way_text(space: Space, way: Way, most: int | None = None) -> str:
    """One of the ways to a hyperparameter, in words.

    Args:
        space: The space.
        way: The options that must have been taken.
        most: As for `branch`.
    """
    words = []
    for parent, taken in way:
        names = texts_of(space.params[parent], most)
        words.append(f"{space.params[parent].label} = {names[taken] if taken < len(names) else taken}")
    return " and ".join(words)


# From the texts that identify options to names


@dataclass(slots=True)
class _Option:
    """One option: its constant, or the names that a structure may get, the best first."""

    text: str
    constant: Name | None
    candidates: list[str] = field(default_factory=list)

    @property
    def name(self) -> Name:
        return self.candidates[0] if self.constant is None else self.constant


@lru_cache(maxsize=512)
def _names(texts: tuple[str, ...]) -> tuple[Name, ...]:
    options = [_Option(text, _constant(text)) for text in texts]
    structures = [option for option in options if option.constant is None]
    for opening in ("{", "pos_args("):
        alike = [option for option in structures if option.text.startswith(opening)]
        entries = [_entries(option.text) for option in alike]
        words, numbers = _telling(entries, texts=True), _telling(entries, texts=False)
        for i, option in enumerate(alike):
            option.candidates = _of_structure(
                option.text, entries[i], words[i] if words else "", numbers[i] if numbers else ""
            )
    for option in structures:
        option.candidates = option.candidates or _of_other(option.text)
        option.candidates = [name for name in dict.fromkeys(option.candidates) if name.strip()]
        option.candidates.append(option.text)
    _tell_apart(options)
    return _numbered([option.name for option in options])


def _tell_apart(options: list[_Option]) -> None:
    """Give names that clash up for the next ones, all at once, so that no order matters."""
    while True:
        groups: dict[str, list[_Option]] = {}
        for option in options:
            groups.setdefault(str(option.name), []).append(option)
        clashing = [
            option
            for name, group in groups.items()
            if len({other.text for other in group}) > 1 or not name.strip()
            for option in group
        ]
        able = [option for option in clashing if option.constant is None and len(option.candidates) > 1]
        for option in able:
            del option.candidates[0]
        if not able:  # constants such as 1 and '1', or blank
            able = [o for o in clashing if o.constant is not None and str(o.constant) != o.text]
            for option in able:
                option.constant, option.candidates = None, [option.text]
        if not able:
            return


def _numbered(names: list[Name]) -> tuple[Name, ...]:
    """Number the copies of names that are still alike."""
    made: list[Name] = []
    taken: set[str] = set()
    for name in names:
        free, copy = name, 1
        while str(free) in taken:
            copy += 1
            free = f"{name} ({copy})"
        made.append(free)
        taken.add(str(free))
    return tuple(made)


def _constant(text: str) -> Name | None:
    """An option that is a constant; None for other ones."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if value is None:
        return text
    return value if isinstance(value, (str, int, float, bool)) else None


def _telling(options: list[dict[str, str]], texts: bool) -> list[str] | None:
    """What the first entry says that all options have as a constant, no two the same."""
    if len(options) < 2:
        return None
    shared = [key for key in options[0] if all(key in entries for entries in options)]
    places = {key: sum(list(entries).index(key) for entries in options) for key in shared}
    for key in sorted(shared, key=lambda key: (key not in _KINDS, places[key], key)):
        found = [entries[key] for entries in options]
        able = all(_is_word(text) if texts else _constant(text) is not None for text in found)
        if able and len(set(found)) == len(found):
            return [_word(text) for text in found]
    return None


_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


def _of_structure(text: str, entries: dict[str, str], word: str, number: str) -> list[str]:
    """Names for a dict or a tuple.

    Args:
        text: The option's.
        entries: What is in it.
        word: The text in it that tells it apart from all others of its kind, or "".
        number: The same for any constant.
    """
    words = [_word(entries[key]) for key in _KINDS if key in entries and _is_word(entries[key])]
    words += [_word(value) for value in entries.values() if _is_word(value)]
    plain = _without_laws(text)
    whole = [plain] if plain == text.removeprefix("pos_args") and len(plain) <= SHORT else []
    inner = [_word(found[0]) for found in _QUOTED.finditer(plain) if plain[found.end() :][:1] != ":"]
    found = [word, *words]
    if text.startswith("{"):
        keys = [str(_constant(key)) for key in entries]
        return [*found, number, *whole, *inner, cut("+".join(keys), SHORT)]
    return [*found, *whole, number, *inner, cut(plain, SHORT)]


def _of_other(text: str) -> list[str]:
    """Names for what is neither a constant nor a dict or a tuple."""
    if _is_word(text):
        return [_word(text), cut(text, SHORT)]
    if text.startswith("array:"):
        return [f"array {text.split(':')[2]}"]
    label, tilde, law = text.partition("~{")
    if tilde and label == "None":  # a law without a label of its own
        return ["a number", *_ends(f"{{{law}")]
    if tilde and label.isidentifier():
        return [label]
    if text.startswith("switch("):  # a choice within a choice is called by its label
        inner = _without_laws(text)[len("switch(") :].partition(",")[0]
        return ["a choice" if inner == "..." else inner, cut(_without_laws(text), SHORT)]
    return [cut(_without_laws(text), SHORT)]


def _ends(law: str) -> list[str]:
    try:
        parts = json.loads(law)
        return [f"{parts['low']:g}..{parts['high']:g}"]
    except (ValueError, KeyError, TypeError):
        return []


_FUNCTION = re.compile(r"[\w.<>]+:(?:[\w.<>]+\.)?([\w<>]+)")  # module:qualname
_OBJECT = re.compile(r"([A-Z]\w*)\(.*\)", re.DOTALL)  # the repr of an object


def _is_word(text: str) -> bool:
    return text[:1] in ("'", '"') or any(kind.fullmatch(text) for kind in (_FUNCTION, _OBJECT))


def _word(text: str) -> str:
    """A constant as people write it; a class, function or object by its name."""
    found = _FUNCTION.fullmatch(text) or _OBJECT.fullmatch(text)
    return found[1] if found else str(_constant(text))


# Reading the texts


def _entries(text: str) -> dict[str, str]:
    """The entries of the text of a dict or a tuple."""
    if text.startswith("{"):
        return dict(_pair(part) for part in _parts(text[1:-1]))
    return {str(i): part for i, part in enumerate(_parts(text.removeprefix("pos_args(")[:-1]))}


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


def _without_laws(text: str) -> str:
    """A text in which laws have their labels alone, or dots where they have none."""
    kept, end, law = "", 0, -1
    for i, depth in _depths(text):
        if law < 0 and text.startswith("~{", i):
            kept += text[end:i]
            kept = kept.removesuffix("None") + "..." if kept.endswith("None") else kept
            law = depth
        elif law >= 0 and text[i] == "}" and depth == law:
            end, law = i + 1, -1
    return (kept + text[end:]).replace("pos_args(", "(")


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Each position outside of quotes, and how many brackets are open behind it."""
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
