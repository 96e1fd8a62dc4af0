"""Patience with a server that is away for a while, and one sentence when it ends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from parzen.errors import StorageError

T = TypeVar("T")

_FIRST, _LONGEST = 0.05, 2.0  # seconds between two tries
_TEXT = 300  # characters of a server's own words


def retry(
    work: Callable[[], T],
    passing: Callable[[Exception], bool],
    patience: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Do it again until it works, with growing pauses of random length.

    The patience begins with the first failure, so work that takes long is
    not cut short. Random pauses keep workers that lost one server from
    coming back in step.

    Args:
        work: What to do; it must be harmless to do twice.
        passing: Whether an error may be gone at the next try.
        patience: Seconds from the first failure to the last try.
        clock: Seconds that only grow.
        sleep: Waits that many seconds.

    Returns:
        What `work` returns.

    Raises:
        Exception: What the last try raised.
    """
    pause, end = _FIRST, None
    while True:
        try:
            return work()
        except Exception as error:
            now = clock()
            end = now + patience if end is None else end
            if now >= end or not passing(error):
                raise
        sleep(min(pause * random.uniform(0.5, 1.0), end - now))
        pause = min(2 * pause, _LONGEST)


def in_short(text: str, secrets: Iterable[str] = ()) -> str:
    r"""A server's or driver's own words on one line, without what nobody may read.

    Args:
        text: An error's text.
        secrets: Passwords; replaced by stars.

    >>> in_short("no route\n to 'hunter2'", ["hunter2"])
    "no route to '***'"
    """
    line = " ".join(text.split())
    for secret in secrets:
        if secret:
            line = line.replace(secret, "***")
    return line if len(line) <= _TEXT else line[: _TEXT - 3] + "..."


def unreachable(where: str, why: str) -> StorageError:
    """The sentence for a server that stayed away.

    Args:
        where: Kind and place, such as ``"postgresql at db:5432/runs"``.
        why: The last try's error, in short.
    """
    return StorageError(
        f"cannot reach {where}: {why}",
        hint="see that the server runs and lets you in; what was told before is kept, so run the same again",
    )


def not_writable(where: str) -> StorageError:
    """The sentence for a write to a store that was opened for reading.

    Args:
        where: Kind and place.
    """
    return StorageError(f"{where} was opened read-only", hint="open it without read_only=True")
