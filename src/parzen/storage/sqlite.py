"""Studies in one SQLite file: the default for a search on one machine.

Write-ahead log and ``synchronous=NORMAL``: a process that is killed loses
nothing that `append` has returned for; a machine that loses power may lose the
last moments, and never tears a batch. ``durability="full"`` waits for the disk
at each append. SQLite's own waiting for locks sleeps in fixed steps and
starves writers, so it is switched off and `files.Patience` waits instead.
`sqlite_format.py` has the tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from parzen.errors import StorageError
from parzen.history.events import Event, from_json
from parzen.storage import files, mounts, sqlite_format

_T = TypeVar("_T")
_CHUNK = 1000

_READ = (
    "SELECT data FROM event WHERE study = (SELECT id FROM study WHERE name = ?) AND n > ? ORDER BY n LIMIT ?"
)
_STUDIES = "SELECT name FROM study WHERE EXISTS (SELECT 1 FROM event WHERE study = study.id) ORDER BY id"
_HEAD = "SELECT id, (SELECT max(n) FROM event WHERE study = study.id) FROM study WHERE name = ?"
_HOLD = (
    "INSERT INTO lease VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (study, number, attempt)"
    " DO UPDATE SET owner = ?4, until = ?5 WHERE owner = ?4 OR until <= ?6"
)

# Connections that a forked child found open: never used there and never closed,
# since closing would take the parent's locks away.
_left_behind: list[sqlite3.Connection] = []


class SqliteStore:
    """Keeps events in an SQLite file, for any number of processes on one machine.

    Threads may share an object, and so may a forked child; there is one
    connection, which a fork closes before and opens after. The file is made by
    the first thing that is written.

    Args:
        path: The file.
        read_only: Whether to look and never to write; others may write meanwhile. Where the folder
            allows it, SQLite leaves a ``-shm`` and an empty ``-wal`` file for the next writer to remove.
        durability: ``"full"`` waits for the disk at each append, ``"normal"`` does not.
        patience: Seconds to wait for other processes' locks.
        file_system: Tells the type of the file system that an absolute path lies on.

    Raises:
        StudyNotFound: If it is to be read only and is not there.
        StorageError: If the file is none of ours, of a newer format, or lies where it cannot be used.
    """

    shared = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        read_only: bool = False,
        durability: str = "normal",
        patience: float = 30.0,
        file_system: Callable[[str], str] = mounts.file_system,
    ) -> None:
        files.check_settings(durability, patience)
        self.path = files.resolved(path)
        self.url = self.private_url = files.url_of("sqlite", self.path, durability)
        self.folder = f"{self.path}.files"
        self._settings = (read_only, durability, patience, file_system)
        self._read_only, self._durability, self._patience = read_only, durability, patience
        self._connection: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._identity: tuple[int, int] | None = None
        self._unchanging = False  # opened as a file that nobody can change, so opened anew for each call
        exists = files.check_place(self.path, read_only)
        kind = file_system(self.path)
        if kind in mounts.SHARED:
            raise StorageError(
                f"{self.path!r} lies on a network file system ({kind}), where SQLite loses data",
                hint="use JSON lines there (a path ending in .jsonl), or a server: postgresql://...",
                path=self.path,
            )
        self._guard = files.Guard(1, self._let_go)
        if exists:
            self._rows("SELECT 1")

    def __reduce__(self) -> tuple[Any, ...]:
        return SqliteStore, (self.path, *self._settings)

    def __del__(self) -> None:
        if getattr(self, "_connection", None) is not None and self._process == os.getpid():
            self._let_go()

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch in one transaction; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
            StorageError: If the file cannot be written.
        """
        files.check_name("a study's name", study)
        keys = files.keys_of(study, events)
        rows = [
            (event.kind, getattr(event, "number", None), float(event.at), files.encode(event))
            for event in events
        ]

        def write(connection: sqlite3.Connection) -> int:
            this, head = _study(connection, study)
            for key in keys:
                try:
                    connection.execute("INSERT INTO taken VALUES (?, ?)", (this, key))
                except sqlite3.IntegrityError:
                    raise files.taken(study, key) from None
            for n, row in enumerate(rows, head + 1):
                connection.execute("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)", (this, n, *row))
            return head + len(rows)

        return self._write(write)

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        files.check_name("a study's name", study)
        wanted = (study, after, -1 if most is None else most)
        rows = [data for (data,) in self._rows(_READ, wanted)]
        found: list[Event] = []
        try:
            for start in range(0, len(rows), _CHUNK):  # one call of the parser for many events is faster
                found += map(from_json, json.loads(f"[{','.join(rows[start : start + _CHUNK])}]"))
        except json.JSONDecodeError as error:
            raise StorageError(
                f"{self.path!r} is damaged: an event of study {study!r} is no JSON ({error})",
                hint="restore a copy",
                path=self.path,
            ) from None
        return found

    def studies(self) -> list[str]:
        """The names of all studies that have an event, the oldest first."""
        return [name for (name,) in self._rows(_STUDIES)]

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        files.check_name("an attachment's name", key)
        row = (key, bytes(data))
        self._write(lambda connection: connection.execute("REPLACE INTO attachment VALUES (?, ?)", row))

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        files.check_name("an attachment's name", key)
        rows = self._rows("SELECT data FROM attachment WHERE key = ?", (key,))
        if not rows:
            raise KeyError(key)
        data: bytes = rows[0][0]
        return data

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt; True if `owner` now holds it.

        The time is the machine's clock, which all processes of one machine share.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        files.check_name("a study's name", study)
        files.check_name("a lease's owner", owner)

        def write(connection: sqlite3.Connection) -> bool:
            this, _ = _study(connection, study)
            now = time.time()
            lease = (this, number, attempt, owner, now + seconds, now)
            return connection.execute(_HOLD, lease).rowcount == 1

        return self._write(write)

    def close(self) -> None:
        """Move the write-ahead log into the file and let go of it; a later call opens it again."""
        with self._guard:
            if self._connection is not None and self._process == os.getpid():
                if not self._read_only:
                    with contextlib.suppress(sqlite3.Error):
                        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
                self._let_go()

    # The connection.

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._read_only:
            raise StorageError(f"{self.path!r} was opened read-only", path=self.path)

        def transaction(connection: sqlite3.Connection | None) -> _T:
            assert connection is not None  # there is a file now, if there was none
            connection.execute("BEGIN IMMEDIATE")
            done = work(connection)
            connection.execute("COMMIT")
            return done

        return self._patiently(transaction, True)

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        return self._patiently(lambda db: [] if db is None else db.execute(query, values).fetchall(), False)

    def _patiently(self, work: Callable[[sqlite3.Connection | None], _T], create: bool) -> _T:
        """Do some work on the connection, from its beginning again while others hold locks.

        Args:
            work: Leaves no transaction open when it returns; gets None where there is no study yet.
            create: Whether to make the file if it is not there.
        """
        with self._guard:
            patience = files.Patience(self._patience)
            while True:
                try:
                    return work(self._connected(create))
                except sqlite3.Error as error:
                    self._roll_back()
                    if _code(error) not in _BUSY:
                        raise _explained(error, self.path) from error
                    if not patience.wait():
                        raise files.locked(self.path, self._patience) from error
                except BaseException:
                    self._roll_back()
                    raise

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _connected(self, create: bool) -> sqlite3.Connection | None:
        if self._connection is not None and self._process != os.getpid():
            _left_behind.append(self._connection)
            self._connection = None
        try:
            found = os.stat(self.path)
        except FileNotFoundError:
            found = None
        if self._identity is not None and (found is None or (found.st_dev, found.st_ino) != self._identity):
            self._let_go()
            raise files.replaced(self.path, "removed" if found is None else "replaced")
        if self._unchanging:
            self._let_go()
        if self._connection is None and (create or (found is not None and found.st_size)):
            files.check_place(self.path, self._read_only)
            connection = self._opened()
            if connection is not None:
                found = os.stat(self.path)
                self._connection, self._process = connection, os.getpid()
                self._identity = (found.st_dev, found.st_ino)
        return self._connection

    def _opened(self) -> sqlite3.Connection | None:
        """A connection that is ready to use; None if there is only an empty database to look at."""
        if os.path.exists(self.path):
            with open(self.path, "rb") as file:
                start = file.read(256)
            if start and not start.startswith(b"SQLite format 3\0"):
                raise files.not_ours(self.path, "SQLite database", files.kind_of(start))
        self._unchanging = False
        connection = self._connect("ro" if self._read_only else "rwc")
        try:
            try:
                ours = sqlite_format.identified(connection, self.path)
            except sqlite3.OperationalError as error:
                connection.close()
                if not self._read_only or _code(error) not in _SHUT or _size(f"{self.path}-wal"):
                    raise
                # A write-ahead log needs a file beside it, and this folder cannot be written.
                # Without one nobody writes at present, so the file can be read as it is.
                self._unchanging = True
                connection = self._connect("ro&immutable=1")
                ours = sqlite_format.identified(connection, self.path)
            if self._read_only:
                if ours:
                    return connection
                connection.close()
                return None
            self._prepare(connection, ours)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, mode: str) -> sqlite3.Connection:
        place = quote(os.fsencode(self.path))
        return sqlite3.connect(
            f"file:{place}?mode={mode}",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, connection: sqlite3.Connection, ours: bool) -> None:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StorageError(
                f"the file system of {self.path!r} cannot hold SQLite's write-ahead log",
                hint="use JSON lines there (a path ending in .jsonl), or another folder",
                path=self.path,
            )
        connection.execute(f"PRAGMA synchronous = {self._durability.upper()}")
        if ours:
            return
        connection.execute("BEGIN IMMEDIATE")
        if not sqlite_format.identified(connection, self.path):  # another process may have been faster
            sqlite_format.create(connection)
        connection.execute("COMMIT")


_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_SHUT = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
_REASONS = {
    sqlite3.SQLITE_READONLY: ("is read-only, or its folder is", "check who owns them"),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened, or the files beside it that end in -wal and -shm cannot",
        "check who owns them, or copy all of them to a folder of your own",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "restore a copy, or save what is left with: sqlite3 FILE .recover",
    ),
    sqlite3.SQLITE_NOTADB: ("is damaged", "restore a copy"),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "make room; what was written before is safe"),
    sqlite3.SQLITE_TOOBIG: ("cannot hold a value that large", "write a file in trial.directory instead"),
}


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _explained(error: sqlite3.Error, path: str) -> StorageError:
    words, hint = _REASONS.get(_code(error), ("cannot be used", None))
    return StorageError(f"{path!r} {words} (SQLite says: {error})", hint=hint, path=path)


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return 0


def _study(connection: sqlite3.Connection, name: str) -> tuple[int, int]:
    """A study's id, made if need be, and the number of its last event."""
    found = connection.execute(_HEAD, (name,)).fetchone()
    if found is None:
        made = connection.execute("INSERT INTO study (name) VALUES (?)", (name,)).lastrowid
        return made or 0, 0
    return found[0], found[1] or 0
