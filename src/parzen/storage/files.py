"""What the stores in files share: where a file may lie, what else it may be, patience, and forks."""

from __future__ import annotations

import json
import os
import random
import stat
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from parzen.errors import InvalidArgument, StorageError, StudyNotFound, Taken, did_you_mean
from parzen.history.events import Event, to_json

# Suffix -> scheme: what a plain path means.
SUFFIXES = {"": "sqlite", ".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".jsonl": "jsonl"}

_MAGIC = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x93NUMPY": "a NumPy array",
    b"PAR1": "a Parquet table",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x80\x02": "a pickle",
    b"\x80\x03": "a pickle",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b'{"parzen"': "a parzen store of JSON lines",
    b"{": "a JSON document",
    b"[": "a JSON document",
}

_chance = random.SystemRandom()  # neither shared by forked processes nor taken from the user's own stream
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_escaped = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


# Names and paths.


def url_of(scheme: str, path: str, durability: str) -> str:
    """The URL of a file, which `parse` takes apart again.

    Args:
        scheme: ``"sqlite"`` or ``"jsonl"``.
        path: Absolute.
        durability: Named if it is not ``"normal"``.
    """
    options = "" if durability == "normal" else f"?durability={durability}"
    return f"{scheme}:///{quote(os.fsencode(path), safe='/:~')}{options}"


def parse(url: str) -> tuple[str, dict[str, Any]]:
    """Path and options of a file's URL.

    Args:
        url: ``scheme:///relative``, ``scheme:////absolute``, with ``?durability=full`` and
            ``patience=60`` behind it if wanted.

    Raises:
        InvalidArgument: If there is no path, a host, or an unknown option.
    """
    scheme, _, rest = url.partition("://")
    place, _, query = rest.partition("?")
    path = unquote(place[1:], errors="surrogateescape")
    if not place.startswith("/") or not path or path == ":memory:":
        raise InvalidArgument(
            f"a {scheme} URL has three slashes and a path; got {url!r}",
            hint=f"{scheme}:///{place.strip('/:') or 'study'}, or memory:// for a store without a file",
        )
    options: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    for name, value in options.items():
        if name == "patience":
            try:
                options[name] = float(value)
            except ValueError:
                raise InvalidArgument(f"patience is a number of seconds; got {value!r}") from None
        elif name != "durability":
            raise InvalidArgument(
                f"a {scheme} URL has no option {name!r}.{did_you_mean(name, ['durability', 'patience'])}"
                " Known: durability, patience"
            )
    return path, options


def resolved(path: str | os.PathLike[str]) -> str:
    """The one absolute path of a file: `~` and links replaced, so that all processes lock the same.

    Args:
        path: As the user wrote it.

    Raises:
        InvalidArgument: If it is empty or no path.
    """
    text = os.fsdecode(path)
    if not text or "\0" in text:
        raise InvalidArgument(f"a store's file is named by a path; got {text!r}")
    if text.endswith(("/", os.sep)):
        raise StorageError(f"{text!r} is a folder", hint=f"name a file in it: {text}study.db", path=text)
    return os.path.realpath(os.path.expanduser(text))


def check_name(what: str, text: str) -> None:
    """Refuse a name that a file cannot hold.

    Args:
        what: Whose name it is, for the message.
        text: The name.

    Raises:
        InvalidArgument: If it is no text, or has half of a surrogate pair.
    """
    try:
        text.encode()
    except (AttributeError, UnicodeEncodeError):
        raise InvalidArgument(f"{what} is text that UTF-8 can hold; got {text!r}") from None


def check_settings(durability: str, patience: float) -> None:
    """Refuse settings that mean nothing.

    Args:
        durability: ``"normal"`` or ``"full"``.
        patience: Seconds.

    Raises:
        InvalidArgument: If one is neither.
    """
    if durability not in ("normal", "full"):
        raise InvalidArgument(f"durability is 'normal' or 'full'; got {durability!r}")
    if not patience >= 0:  # NaN as well
        raise InvalidArgument(f"patience is a number of seconds, at least 0; got {patience!r}")


def check_place(path: str, read_only: bool) -> bool:
    """Whether there is a file; refuse a place where none can be. Nothing is touched.

    Args:
        path: Absolute.
        read_only: Whether it will only be read, so it must exist.

    Raises:
        StudyNotFound: If it will only be read and is not there.
        StorageError: If it is a folder, cannot be reached, or cannot be written.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = 0
    except OSError as error:
        raise StorageError(f"{path!r} cannot be reached: {error.strerror}", path=path) from None
    folder = os.path.dirname(path)
    if not mode and read_only:
        raise StudyNotFound(
            f"there is no {path!r}.{_near(os.path.basename(path), _stores(folder))}", path=path
        )
    if not mode and not os.path.isdir(folder):
        raise StorageError(
            f"the folder {folder!r} does not exist", hint=f"make it first: mkdir -p {folder!r}", path=path
        )
    if stat.S_ISDIR(mode):
        raise StorageError(f"{path!r} is a folder", hint=f"name a file in it: {path}/study.db", path=path)
    if mode and not stat.S_ISREG(mode):
        raise StorageError(f"{path!r} is no ordinary file", path=path)
    if mode and not os.access(path, os.R_OK):
        raise StorageError(f"{path!r} may not be read by this user", path=path)
    if not read_only:
        for place, kind in ((path, "file"), (folder, "folder")):
            if (mode or kind == "folder") and not os.access(place, os.W_OK):
                raise StorageError(
                    f"the {kind} {place!r} is read-only, and the store writes to it",
                    hint="open it with read_only=True to look at it, or choose another folder",
                    path=path,
                )
    return bool(mode)


def _near(name: str, stores: list[str]) -> str:
    """The store that may have been meant: alike without the suffix, which makes short names alike."""
    import difflib

    stems = {os.path.splitext(store)[0]: store for store in stores}
    close = difflib.get_close_matches(os.path.splitext(name)[0], stems, n=1)
    return f" Did you mean {stems[close[0]]!r}?" if close else ""


def _stores(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [name for name in names if os.path.splitext(name)[1].lower() in SUFFIXES]


def kind_of(start: bytes) -> str:
    """What a file seems to be, in words.

    Args:
        start: Its first bytes.
    """
    for magic, kind in _MAGIC.items():
        if start.lstrip().startswith(magic) if len(magic) == 1 else start.startswith(magic):
            return kind
    try:
        text = start.decode()
    except UnicodeDecodeError:
        return "something else"
    return (
        "a text file" if text.isprintable() or not set(text) & set(map(chr, range(9))) else "something else"
    )


def not_ours(path: str, wanted: str, kind: str) -> StorageError:
    """The refusal of a file of another kind.

    Args:
        path: Absolute.
        wanted: What it should have been.
        kind: What it is.
    """
    return StorageError(
        f"{path!r} is no {wanted} but {kind}; it was not touched", hint="choose another file", path=path
    )


def newer(path: str, version: object, known: int) -> StorageError:
    """The refusal of a file of a newer format.

    Args:
        path: Absolute.
        version: Its format.
        known: The newest format that this release knows.
    """
    return StorageError(
        f"{path!r} has format {version}, and this release of parzen knows formats up to {known}",
        hint="pip install --upgrade parzen",
        path=path,
    )


def replaced(path: str, what: str) -> StorageError:
    """The file is not the one that was opened.

    Args:
        path: Absolute.
        what: What has become of it, such as ``"removed"``.
    """
    return StorageError(
        f"{path!r} was {what} while this store was in use", hint="put it back, or open a new store", path=path
    )


def locked(path: str, patience: float) -> StorageError:
    """Another process does not let go.

    Args:
        path: Absolute.
        patience: For how many seconds it was asked to.
    """
    return StorageError(
        f"{path!r} is locked by another process; waited {patience:g} s",
        hint="end the process that holds it (see: lsof), or pass a larger patience",
        path=path,
    )


# Events as text.


def encode(event: Event) -> str:
    """An event as one line of compact JSON that UTF-8 can hold, lone surrogates and all.

    Args:
        event: Any event.
    """
    data = to_json(event)
    text: str = _compact(data)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair: only an escape can hold it
            text = _escaped(data)
    return text


def keys_of(study: str, events: Sequence[Event]) -> list[str]:
    """The unique keys of a batch.

    Args:
        study: The study's name.
        events: The batch.

    Raises:
        Taken: If one stands there twice.
    """
    keys = [key for event in events if (key := event.key) is not None]
    if len(set(keys)) < len(keys):
        raise taken(study, next(key for i, key in enumerate(keys) if key in keys[:i]))
    return keys


def taken(study: str, key: str) -> Taken:
    """The refusal of a key that exists.

    Args:
        study: The study's name.
        key: The key.
    """
    return Taken(f"{key!r} exists already in study {study!r}", key=key)


# Waiting and forking.


class Patience:
    """Pauses that grow from 0.5 to 20 ms and are cut at random, until some seconds have passed.

    Chance keeps waiting processes out of step, so that none of them starves.

    Args:
        seconds: For how long.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._pause = 0.0005

    def wait(self) -> bool:
        """Pause once; False at once if the time is up."""
        if time.monotonic() >= self._end:
            return False
        time.sleep(_chance.uniform(0.2, 1.0) * self._pause)
        self._pause = min(self._pause * 1.5, 0.02)
        return True


class Guard:
    """A lock between threads that a fork waits for, so that no child inherits it taken.

    Args:
        rank: Guards are taken in the order of their ranks, by threads and by a fork.
        let_go: A method to call before a fork, with the guard taken.
    """

    def __init__(self, rank: int, let_go: Callable[[], None] | None = None) -> None:
        self.rank = rank
        self.lock = threading.RLock()
        self.let_go = None if let_go is None else weakref.WeakMethod(let_go)
        with registering:
            _guards.add(self)

    def __enter__(self) -> Guard:
        self.lock.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.lock.release()


registering = threading.RLock()
_guards: weakref.WeakSet[Guard] = weakref.WeakSet()
_taken: list[Guard] = []


def _before_fork() -> None:
    registering.acquire()
    _taken.extend(sorted(_guards, key=lambda guard: guard.rank))
    for guard in _taken:
        guard.lock.acquire()
        let_go = None if guard.let_go is None else guard.let_go()
        if let_go is not None:
            let_go()


def _after_fork() -> None:
    for guard in reversed(_taken):
        guard.lock.release()
    _taken.clear()
    registering.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
