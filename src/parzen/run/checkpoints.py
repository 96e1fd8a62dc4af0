"""When a durable study's checkpoint is written and read.

It is kept in the study's own store, may be deleted at any time, and is used
only if it belongs to the very log: same study, and the event at its head is
the one that it was made with.
"""

from __future__ import annotations

import contextlib
import gc
import json
import zlib
from collections.abc import Iterator
from typing import Any

from parzen.errors import InvalidEvent, StorageError
from parzen.history import checkpoint
from parzen.history.events import Event, to_json
from parzen.history.ledger import Ledger, fold_all
from parzen.space.space import Space
from parzen.storage.base import Store

LEAST = 5_000  # events since the last one
SHARE = 0.25  # of the log's length since then


@contextlib.contextmanager
def unhurried() -> Iterator[None]:
    """Without the garbage collector's rounds: loading makes millions of objects and no garbage."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def load(store: Store, name: str, space: Space | None) -> Ledger | None:
    """The ledger of a study's checkpoint, or None if there is none that belongs to its log.

    Args:
        store: Where the study is.
        name: Its name.
        space: The user's space, if it is at hand.
    """
    if not store.url:
        return None
    try:
        data = store.get(_key(name))
    except (KeyError, StorageError):
        return None
    try:
        size = int.from_bytes(data[:4], "little")
        about = json.loads(data[4 : 4 + size])
        first, last = store.read(name, 0, 1), store.read(name, about["head"] - 1, 1)
        if [_sum(first), _sum(last)] != [about["first"], about["last"]]:
            return None
        with unhurried():
            return checkpoint.restore(memoryview(data)[4 + size :], space)
    except (InvalidEvent, ValueError, KeyError, TypeError):
        return None


def save(store: Store, name: str, ledger: Ledger) -> None:
    """Keep a ledger's checkpoint, if the store takes it.

    Args:
        store: Where the study is.
        name: Its name.
        ledger: At any head.
    """
    with contextlib.suppress(StorageError):  # a full disk: the study is whole without one, and opens slower
        first, last = store.read(name, 0, 1), store.read(name, ledger.head - 1, 1)
        about = {"head": ledger.head, "first": _sum(first), "last": _sum(last)}
        text = json.dumps(about).encode()
        with unhurried():
            data = checkpoint.dump(ledger)
        store.put(_key(name), len(text).to_bytes(4, "little") + text + data)


def due(head: int, kept: int) -> bool:
    """Whether a log has grown enough for a new checkpoint.

    Args:
        head: Of the log.
        kept: Head of the last checkpoint.
    """
    return head - kept >= max(LEAST, SHARE * kept)


def verify(store: Store, name: str) -> list[str]:
    """Where a study's checkpoint differs from the fold from scratch; empty if there is none.

    Args:
        store: Where the study is.
        name: Its name.
    """
    kept = load(store, name, None)
    if kept is None:
        return []
    return checkpoint.differences(kept, fold_all(store.read(name, 0, kept.head)))


def _key(name: str) -> str:
    return f"checkpoint/{name}"


def _sum(log: list[Event]) -> Any:
    text = json.dumps([to_json(event) for event in log], sort_keys=True)
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
