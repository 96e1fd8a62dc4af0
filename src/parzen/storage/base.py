"""The Store protocol and the table of schemes.

Everything is atomic per call. Readers never see event n+1 before event n, a
batch is all or nothing, and a key that exists makes the whole batch fail.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Protocol

from parzen.errors import InvalidArgument, did_you_mean
from parzen.history.events import Event
from parzen.storage import files


class Store(Protocol):
    """Keeps the events of studies, and named bytes beside them.

    Attributes:
        url: What `open_store` takes to open it again in another process, without credentials where
            they can be left out of it; empty for a store that only this process can see.
        private_url: The same with its credentials, for processes of the user's own; never shown or stored.
        shared: Whether processes on other machines may use it at the same time.
        folder: Where files that belong to its studies go; empty for a store without a place for them.
    """

    url: str
    private_url: str
    shared: bool
    folder: str

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
            StorageError: If the store cannot be written.
        """
        ...

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        ...

    def studies(self) -> list[str]:
        """The names of all studies that have an event."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        ...

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt; True if `owner` now holds it.

        Times are the store's own clock, where it has one.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        ...

    def close(self) -> None:
        """Free connections and files; a later call opens them again."""
        ...


def _memory(url: str, read_only: bool) -> Store:
    from parzen.storage.memory import MemoryStore

    del url, read_only
    return MemoryStore()


def _sqlite(url: str, read_only: bool) -> Store:
    from parzen.storage.sqlite import SqliteStore

    path, options = files.parse(url)
    return SqliteStore(path, read_only, **options)


def _jsonl(url: str, read_only: bool) -> Store:
    from parzen.storage.jsonlines import JsonLinesStore

    path, options = files.parse(url)
    return JsonLinesStore(path, read_only, **options)


def _sql(url: str, read_only: bool) -> Store:
    from parzen.storage.sql import SqlStore

    return SqlStore(re.sub("^postgres:", "postgresql:", url), read_only)


def _mongo(url: str, read_only: bool) -> Store:
    from parzen.storage.mongodb import MongoStore

    return MongoStore(url, read_only)


# A scheme may have a driver behind a plus sign (`postgresql+psycopg`).
SCHEMES: dict[str, Callable[[str, bool], Store]] = {
    "memory": _memory,
    "sqlite": _sqlite,
    "jsonl": _jsonl,
    "postgresql": _sql,
    "postgres": _sql,
    "mongodb": _mongo,
    "mongodb+srv": _mongo,
    "mongo": _mongo,
}


def open_store(url: str | os.PathLike[str], read_only: bool = False) -> Store:
    """Open the store that a URL or a path names.

    A file is made when something is first written, so opening leaves no trace.

    Args:
        url: A path: ``runs.db`` (or ``.sqlite``, ``.sqlite3``, no suffix) is an SQLite file, ``runs.jsonl``
            a file of JSON lines. Or a URL: ``sqlite:///relative.db``, ``sqlite:////absolute.db``,
            ``jsonl:///runs.jsonl``, ``postgresql://user@host/database``, ``mongodb://host/database``;
            ``memory://`` keeps everything in this process.
        read_only: Whether it may be read while others write, and never be written.

    Raises:
        InvalidArgument: If no store has the URL's scheme or the path's suffix.
        StudyNotFound: If it is to be read only, and there is none.
        StorageError: If it cannot be used.
    """
    if isinstance(url, os.PathLike):
        return _at_path(url, read_only)
    if not isinstance(url, str):
        raise InvalidArgument(f"a store is named by a path or a URL; got {type(url).__name__} {url!r}")
    scheme, separator, _ = url.partition("://")
    if not separator and url not in ("", "memory", ":memory:"):
        return _at_path(url, read_only)
    opener = SCHEMES.get(scheme) or SCHEMES.get(scheme.partition("+")[0])
    if not separator or opener is None:
        shown = re.sub("//[^/@]*@", "//...@", url)  # a password is nothing to print
        raise InvalidArgument(
            f"no store is known for {shown!r}.{did_you_mean(scheme, list(SCHEMES))} Known: a path, or "
            + ", ".join(f"{name}://" for name in SCHEMES)
        )
    return opener(url, read_only)


def _at_path(path: str | os.PathLike[str], read_only: bool) -> Store:
    name = os.fsdecode(path)
    suffix = os.path.splitext(name)[1].lower()
    scheme = files.SUFFIXES.get(suffix)
    if suffix == ".py":
        raise InvalidArgument(
            f"{name!r} is a Python script and no study",
            hint=f"name the store, such as {os.path.splitext(name)[0]}.db",
        )
    if scheme is None:
        raise InvalidArgument(
            f"the suffix {suffix!r} of {name!r} says neither SQLite (.db, .sqlite, .sqlite3, none)"
            " nor JSON lines (.jsonl)",
            hint=f"{os.path.splitext(name)[0]}.db, or as a URL: sqlite:///{name}",
        )
    if scheme == "jsonl":
        from parzen.storage.jsonlines import JsonLinesStore

        return JsonLinesStore(path, read_only)
    from parzen.storage.sqlite import SqliteStore

    return SqliteStore(path, read_only)
