"""Names of studies, keys and attachments, made fit for a server's columns.

A server's text cannot hold NUL or half of a surrogate pair, and its indexes
cannot hold a novel. `plain` and `original` are each other's inverse and leave
ordinary names as they are; `short` is what indexes get.
"""

from __future__ import annotations

import hashlib
import re

_LONGEST = 150  # bytes: an index entry with a study's name and a key stays far below every server's limit
_HASHED = "sha256:"


def plain(name: str) -> str:
    r"""The name as every server's text can hold it.

    Args:
        name: Any string.

    >>> plain("search 漢"), plain("a\0b")
    ('search 漢', 'a\\0000b')
    """
    return re.sub(r"[\\\x00\ud800-\udfff]", lambda found: f"\\{ord(found[0]):04x}", name)


def original(text: str) -> str:
    r"""The name that `plain` was given.

    Args:
        text: What `plain` made.

    >>> original(plain("back\\slash \ud83c"))
    'back\\slash \ud83c'
    """
    return re.sub(r"\\([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)


def short(name: str) -> str:
    """What stands for the name in an index: the name itself, or its hash if it is long.

    Args:
        name: Any string.

    >>> short("opened/3"), len(short("x" * 10_000))
    ('opened/3', 71)
    """
    text = plain(name)
    data = text.encode()
    if len(data) <= _LONGEST and not text.startswith(_HASHED):
        return text
    return _HASHED + hashlib.sha256(data).hexdigest()
