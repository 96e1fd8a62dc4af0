"""What the options of a choice are called outside: in tables, files and on the terminal.

The log has a text for each option that identifies it. A constant is called by
itself, a structure by the one constant text in it that no other option has, as
``tree`` for ``{"kind": "tree", "depth": ...}``; where names would clash, or
there is none, the text itself is the name. So each option has its own name,
and `index_of` finds it again.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from parzen.space.space import Param, Space

Name = str | int | float | bool


def names_of(param: Param) -> list[Name]:
    """A name for each option of a choice, all different also as texts.

    Args:
        param: A hyperparameter; one without options has no names.

    >>> from parzen.space import hp
    >>> from parzen.space.flatten import flatten
    >>> names_of(flatten(hp.choice("m", ["linear", {"kind": "tree", "depth": hp.int(1, 9)}, 3])).params[0])
    ['linear', 'tree', 3]
    """
    texts = param.options
    names = [_constant(text) for text in texts]
    kinds = [None if name is not None else _kind(text) for name, text in zip(names, texts)]
    for i, text in enumerate(texts):
        if names[i] is None and kinds[i] is not None and [*names, *kinds].count(kinds[i]) == 1:
            names[i] = kinds[i]
        elif names[i] is None:
            others = " ".join(other for j, other in enumerate(texts) if j != i)
            own = [word for word in _words(text) if f"'{word}'" not in others]
            names[i] = own[0] if own else text
    counts = Counter(str(name) for name in names)
    return [
        text if name is None or counts[str(name)] > 1 or not str(name).strip() else name
        for name, text in zip(names, texts)
    ]


def index_of(names: Sequence[Name], value: Any) -> int | None:
    """Which option a name stands for; None if it is none of them.

    Args:
        names: From `names_of`.
        value: The name, or its text.
    """
    for i, name in enumerate(names):
        if str(name) == str(value):
            return i
    return None


def readable(space: Space, point: dict[str, float | int]) -> dict[str, Any]:
    """A point with the names of options in place of their indices.

    Args:
        space: It belongs to.
        point: Label -> stored value.
    """
    names = names_in(space)
    return {label: named(names, label, value) for label, value in point.items()}


def names_in(space: Space) -> dict[str, list[Name]]:
    """Label -> names of its options, for all choices of a space.

    Args:
        space: Any.
    """
    return {param.label: names_of(param) for param in space.params if param.options}


def named(names: dict[str, list[Name]], label: str, value: float | int) -> Any:
    """One value of a point with the name of its option.

    Args:
        names: From `names_in`.
        label: The hyperparameter's.
        value: Stored.
    """
    own = names.get(label)
    return own[int(value)] if own is not None and 0 <= value < len(own) else value


def _constant(text: str) -> Name | None:
    """An option that is a constant; None for other ones."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    if value is None:
        return text
    return value if isinstance(value, (str, int, float, bool)) else None


def _kind(text: str) -> str | None:
    """The constant behind a key that says what a structure is."""
    found = re.search(r"'(?:kind|name|type|model)': '([^']+)'", text)
    return found[1] if found is not None else None


def _words(text: str) -> list[str]:
    """Constant texts in a structure, keys left out."""
    return re.findall(r"(?<!\w)'([^']+)'(?!\s*:)", text)
