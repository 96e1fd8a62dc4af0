r"""Studies as lines of text in one file: slower than SQLite, at home on any file system.

The first line is ``{"parzen":"events","v":1}``. Each line after it is one batch:

    {"study":"s","first":3,"last":4,"keys":["opened/1"],"events":[{...},{...}],"sum":"89abcdef"}

`first` and `last` number the events in their study, `keys` are the unique keys
among them, and `sum` is the CRC-32, in hexadecimal, of all bytes of the line
before ``,"sum"``. The newline at the end is the commit mark: what has none is
a torn tail, which readers do not see and the next writer cuts off.

A writer holds the lock (`lockfile.py`), reads what is new, checks the keys and
writes one line with one call. Readers take no lock. An index of positions and
keys is kept in memory, so that reading and appending cost what is new in the
file, not what is in it.

Beside the file: ``.lock``; ``.leases``, one JSON list; and attachments in
``.files/attachments``, each under a hash of its name.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from io import FileIO
from typing import Any, BinaryIO
from zlib import crc32

from parzen.errors import StorageError
from parzen.history.events import Event, from_json
from parzen.storage import files, lockfile

FORMAT = 1

_HEADER = b'{"parzen":"events","v":%d}\n' % FORMAT
_EVENTS = b',"events":['  # stands in no JSON string, whose quotes are escaped
_SUM = b',"sum":"%08x"}\n'
_TAIL = len(_SUM % 0)
_SETTLE = 1.0  # seconds that a network file system may take to show the bytes of a line in their places


class _Damaged(Exception):  # a signal inside this file
    """A complete line that is not as it was written."""


class _Log:
    """Where the events of one study are."""

    def __init__(self) -> None:
        self.lasts: list[int] = []  # number of the last event of each line
        self.places: list[tuple[int, int]] = []  # where it begins, and its length
        self.keys: set[str] = set()

    @property
    def head(self) -> int:
        return self.lasts[-1] if self.lasts else 0


class JsonLinesStore:
    """Keeps events as lines of JSON in one file, also on a network file system.

    Threads and processes may share it. The file is made by the first thing
    that is written.

    Args:
        path: The file.
        read_only: Whether to look and never to write; others may write meanwhile.
        durability: ``"full"`` waits for the disk at each append, ``"normal"`` does not.
        patience: Seconds to wait for other processes' locks.

    Raises:
        StudyNotFound: If it is to be read only and is not there.
        StorageError: If the file is none of ours, of a newer format, or damaged.
    """

    shared = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        read_only: bool = False,
        durability: str = "normal",
        patience: float = 30.0,
    ) -> None:
        files.check_settings(durability, patience)
        self.path = files.resolved(path)
        self.url = self.private_url = files.url_of("jsonl", self.path, durability)
        self.folder = f"{self.path}.files"
        self._settings = (read_only, durability, patience)
        self._read_only, self._durability, self._patience = read_only, durability, patience
        self._logs: defaultdict[str, _Log] = defaultdict(_Log)
        self._offset = 0  # so much of the file is in the index
        self._lines = 0
        self._identity: tuple[int, int] | None = None
        files.check_place(self.path, read_only)
        self._guard = files.Guard(1)  # of the index; the lock's own guard comes first
        self._lock = lockfile.FileLock(self.path, patience)
        self._refresh()

    def __reduce__(self) -> tuple[Any, ...]:
        return JsonLinesStore, (self.path, *self._settings)

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch as one line; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
            StorageError: If the file cannot be written.
        """
        self._check_writable()
        files.check_name("a study's name", study)
        keys = files.keys_of(study, events)
        texts = [files.encode(event) for event in events]
        if not texts:
            self._refresh()
            return self._logs[study].head
        with self._lock.held(), self._guard, self._opened_to_append() as file:
            self._catch_up(file)
            log = self._logs[study]
            for key in keys:
                if key in log.keys:
                    raise files.taken(study, key)
            last = log.head + len(texts)
            line = _line(study, log.head + 1, last, keys, texts)
            self._commit(file, line)
            log.lasts.append(last)
            log.places.append((self._offset - len(line), len(line)))
            log.keys.update(keys)
            return last

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        files.check_name("a study's name", study)
        self._refresh()
        with self._guard:
            log = self._logs[study]
            last = log.head if most is None else min(log.head, after + most)
            start, end = bisect_left(log.lasts, after + 1), bisect_left(log.lasts, last) + 1
            before = log.lasts[start - 1] if start else 0
            places = log.places[start:end]
        if last <= after:
            return []
        found: list[Any] = []
        with self._opened() as file:
            for offset, length in places:
                file.seek(offset)
                found += json.loads(file.read(length))["events"]
        return [from_json(data) for data in found[after - before : last - before]]

    def studies(self) -> list[str]:
        """The names of all studies that have an event, the oldest first."""
        self._refresh()
        return [name for name, log in list(self._logs.items()) if log.lasts]

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        self._check_writable()
        path = self._attachment(key)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write_whole(path, bytes(data), durable=True)
        except OSError as error:
            raise StorageError(
                f"attachment {key!r} of {self.path!r} cannot be written: {error.strerror}", path=self.path
            ) from error

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        try:
            with open(self._attachment(key), "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise KeyError(key) from None

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt; True if `owner` now holds it.

        The time is the file system's, which on a network is that of its server.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        self._check_writable()
        files.check_name("a study's name", study)
        files.check_name("a lease's owner", owner)
        path, wanted = f"{self.path}.leases", [study, number, attempt]
        with self._lock.held() as now:
            try:
                with open(path, "rb") as file:
                    leases = [lease for lease in json.load(file) if lease[4] > now]
            except (OSError, ValueError):  # none yet; or torn as the machine went down, and so none alive
                leases = []
            others = [lease for lease in leases if lease[:3] != wanted]
            if any(lease[:3] == wanted and lease[3] != owner for lease in leases):
                return False
            data = json.dumps([*others, [*wanted, owner, now + seconds]])
            _write_whole(path, data.encode(), durable=False)
            return True

    def close(self) -> None:
        """Nothing: the file is open during calls only."""

    # The file.

    def _check_writable(self) -> None:
        if self._read_only:
            raise StorageError(f"{self.path!r} was opened read-only", path=self.path)

    def _attachment(self, key: str) -> str:
        files.check_name("an attachment's name", key)
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", key)[-40:]
        digest = hashlib.sha256(key.encode()).hexdigest()[:32]
        return os.path.join(self.folder, "attachments", f"{digest}-{readable}")

    def _opened(self) -> BinaryIO:
        try:
            return open(self.path, "rb")
        except FileNotFoundError:
            raise files.replaced(self.path, "removed") from None
        except OSError as error:
            raise StorageError(f"{self.path!r} cannot be read: {error.strerror}", path=self.path) from error

    def _opened_to_append(self) -> FileIO:
        new = os.O_CREAT if self._identity is None else 0  # a file that was removed is not made again
        new |= getattr(os, "O_BINARY", 0)  # Windows writes other newlines without it
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | new, 0o666)
        except FileNotFoundError:
            raise files.replaced(self.path, "removed") from None
        return open(descriptor, "ab", buffering=0)

    def _refresh(self) -> None:
        """Index what is new, without a lock; the file is opened anew so that network clients look again."""
        patience = files.Patience(min(self._patience, _SETTLE))
        with self._guard:
            if self._identity is None and not os.path.exists(self.path):
                return
            while True:
                try:
                    with self._opened() as file:
                        self._index(file)
                    return
                except _Damaged as damage:
                    if not patience.wait():
                        raise self._damaged(damage) from None

    def _catch_up(self, file: FileIO) -> None:
        """Index what is new and cut a torn tail off; the lock is held."""
        try:
            with self._opened() as reader:
                self._index(reader)
        except _Damaged as damage:
            raise self._damaged(damage) from None
        if os.fstat(file.fileno()).st_size > self._offset:
            os.ftruncate(file.fileno(), self._offset)

    def _damaged(self, damage: _Damaged) -> StorageError:
        return StorageError(
            f"line {self._lines + 1} of {self.path!r} is damaged: {damage}",
            hint=f"restore a copy, or cut the file before that line (at byte {self._offset})",
            path=self.path,
            line=self._lines + 1,
        )

    def _index(self, file: BinaryIO) -> None:
        found = os.fstat(file.fileno())
        identity = (found.st_dev, found.st_ino)
        if self._identity is None and found.st_size:
            self._check_header(file.readline(4096), found.st_size)
            self._identity = identity
        elif self._identity is not None and (identity != self._identity or found.st_size < self._offset):
            raise files.replaced(self.path, "shortened" if identity == self._identity else "replaced")
        if found.st_size == self._offset:
            return
        file.seek(self._offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            if self._offset:
                self._add(line)
            self._offset += len(line)
            self._lines += 1

    def _check_header(self, line: bytes, size: int) -> None:
        if size == len(line) and _HEADER.startswith(line):  # the header, or what a crash left of it
            return
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("parzen") != "events":
            raise files.not_ours(self.path, "store of JSON lines", files.kind_of(line))
        if header.get("v") != FORMAT:
            raise files.newer(self.path, header.get("v"), FORMAT)

    def _add(self, line: bytes) -> None:
        """Index one complete line."""
        body = line[:-_TAIL]
        if line[-_TAIL:] != _SUM % crc32(body):
            raise _Damaged("its checksum is wrong")
        head = json.loads(body[: body.find(_EVENTS)] + b"}")
        log = self._logs[head["study"]]
        if head["first"] != log.head + 1:
            raise _Damaged(f"event {head['first']} of study {head['study']!r} follows event {log.head}")
        log.lasts.append(head["last"])
        log.places.append((self._offset, len(line)))
        log.keys.update(head["keys"])

    def _commit(self, file: FileIO, line: bytes) -> None:
        """Write a line behind all others, and the header before the first one."""
        descriptor, start = file.fileno(), self._offset
        data = line if start else _HEADER + line
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if self._durability == "full":
                os.fsync(descriptor)
                if not start:
                    _sync_folder(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, start)
            raise
        found = os.fstat(descriptor)
        self._identity = (found.st_dev, found.st_ino)
        self._offset += len(data)
        self._lines += 1 if start else 2


def _line(study: str, first: int, last: int, keys: list[str], texts: list[str]) -> bytes:
    about = {"study": study, "first": first, "last": last, "keys": keys}
    head = json.dumps(about, ensure_ascii=False, separators=(",", ":"))[:-1].encode()
    body = head + _EVENTS + ",".join(texts).encode() + b"]"
    return body + _SUM % crc32(body)


def _write_whole(path: str, data: bytes, durable: bool) -> None:
    """Replace a file so that others see the old one or the new one, and nothing between."""
    aside = f"{path}.{os.getpid()}.{time.monotonic_ns()}"
    try:
        with open(aside, "xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        raise
    if durable:
        _sync_folder(path)


def _sync_folder(path: str) -> None:
    with contextlib.suppress(OSError):  # some file systems have no such thing
        folder = os.open(os.path.dirname(path), os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
