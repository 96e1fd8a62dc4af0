"""Studies in MongoDB: one document per append.

A document's `_id` holds its first event's number and its study, and that is
the only uniqueness. A writer inserts at the number after the last event it
knows, so its insert succeeds only if it knows all that came before, keys
included; on a duplicate it reads what is new, checks again and tries the next
number. A random token in the document tells a batch whose answer was lost from
somebody else's.

Every write waits for the majority and for the journal: a server that took an
event back after a crash would leave a gap below the next one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import secrets
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote

from parzen.errors import InvalidArgument, MissingDependency, StorageError
from parzen.history.events import Event, from_json, to_json
from parzen.storage.names import original, plain, short
from parzen.storage.retry import in_short, not_writable, retry, unreachable
from parzen.storage.tables import taken

T = TypeVar("T")

FORMAT = 1

# Hyperopt writes mongo://host/database/collection; events live beside its collection.
_URL = re.compile(
    r"(mongo(?:db(?:\+srv)?)?://)(?:([^/?]*)@)?([^/?]*)(?:/([^/?]*)(?:/[^?]*)?)?(?:\?(.*))?", re.DOTALL
)
_SECRET = re.compile("password|token|secret|authmechanismproperties", re.IGNORECASE)
_LARGEST = 16 * 1024 * 1024 - 64 * 1024  # bytes of a batch: the server's limit, less room for the rest
_INLINE = 8 * 1024 * 1024  # bytes of an attachment in its own document; larger ones go to GridFS
# Primary gone or changing, server stopping, network: MongoDB's "retryable" codes. Beside them, a write
# conflict (112), and two that insert one attachment (11000).
_PASSING = {6, 7, 89, 91, 112, 134, 189, 262, 9001, 10107, 11000, 11600, 11602, 13435, 13436}


class _NotVisible(Exception):
    """A document that is there, and that the majority has not confirmed yet."""


@dataclass
class _Known:
    """What this process knows of a study's log."""

    head: int = 0
    keys: set[str] = field(default_factory=set)
    learnt: bool = False  # whether it was read once; later a duplicate says when to read again
    lock: threading.Lock = field(default_factory=threading.Lock)


class MongoStore:
    """Keeps events in the collections `parzen_events`, `parzen_attachments` and others of a database.

    Credentials stand in the URL, as pymongo reads them. They are in no message
    and not in `url`: a worker elsewhere brings its own.

    Args:
        url: ``mongodb://user:password@host:27017/database``; the database left out is ``parzen``.
        read_only: Whether writing is refused.
        patience: Seconds for which a server that is away is tried again.

    Raises:
        InvalidArgument: If the URL is none that pymongo can read.
        MissingDependency: If pymongo is not installed.
    """

    shared, folder = True, ""

    def __init__(self, url: str, read_only: bool = False, patience: float = 30.0) -> None:
        self.url, self._where, self._secrets = _public(url)
        self.private_url = url
        self.read_only = read_only
        self.patience = patience
        self._given = re.sub("^mongo://([^/?]*)(/[^/?]*)?(/[^?]*)?", r"mongodb://\1\2", url)
        self._pid = 0
        self._database()

    def __repr__(self) -> str:
        return f"MongoStore({self.url!r})"

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
            StorageError: If the server stays away or refuses, or the batch is larger than a document may be.
        """
        self._may_write()
        batch = self._batch(study, events)
        self._database()  # after a fork, it is also where the locks become the child's own
        known = self._known.setdefault(study, _Known())
        with known.lock:
            return self._run(lambda: self._append(study, known, batch))

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        if most is not None and most <= 0:
            return []

        def work() -> list[str]:
            texts: list[str] = []
            for document in self._after(study, after, {"first": 1, "events": 1}, most):
                wanted = after + len(texts) + 1 - document["first"]
                if wanted < 0:  # a gap
                    break
                texts += document["events"][wanted:]
            return texts[:most]

        return [from_json(json.loads(text)) for text in self._run(work)]

    def studies(self) -> list[str]:
        """The names of all studies that have an event."""

        def work() -> list[str]:
            firsts = {"_id": {"$gte": "1/", "$lt": "10"}}  # "/" comes before "0": the documents with event 1
            return [document["name"] for document in self._database().parzen_events.find(firsts, {"name": 1})]

        return [original(name) for name in self._run(work)]

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        self._may_write()
        content = bytes(data)

        def work() -> None:
            # A large file is complete before its document points at it, and the old one goes last.
            # An answer that is lost in between leaves a file that nothing points at, and no harm.
            large = self._large_files().put(content) if len(content) > _INLINE else None
            new = {"name": plain(key), "data": None if large else content, "file": large}
            files, place = self._database().parzen_attachments, {"_id": short(key)}
            old = files.find_one(place, {"file": 1})
            files.update_one(place, {"$set": new}, upsert=True)
            if old and old.get("file"):
                self._large_files().delete(old["file"])

        self._run(work)

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        import gridfs

        def work() -> bytes:
            last = None
            while True:
                found = self._database().parzen_attachments.find_one({"_id": short(key)})
                if found is None:
                    raise KeyError(key)
                if not found["file"]:
                    return bytes(found["data"])
                try:
                    return bytes(self._large_files().get(found["file"]).read())
                except (gridfs.errors.NoFile, gridfs.errors.CorruptGridFile):
                    if found["file"] == last:
                        raise
                    last = found["file"]  # replaced while it was read: look again

        return self._run(work)

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt by the server's clock; True if `owner` now holds it.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        from pymongo import errors

        self._may_write()
        me = plain(owner)

        def work() -> bool:
            database = self._database()
            # Asked for, since not every server that speaks the protocol can compute with $$NOW in an
            # update. That it is a moment old is on the safe side: leases look longer to others.
            clock: dt.datetime = database.client.admin.command("hello")["localTime"]
            now = clock.replace(tzinfo=dt.UTC).timestamp()
            free = {
                "_id": f"{number}/{attempt}/{short(study)}",
                "$or": [{"owner": me}, {"until": {"$lte": now}}],
            }
            mine = {"$set": {"owner": me, "until": now + seconds}}
            try:
                found = database.parzen_leases.find_one_and_update(
                    free, mine, upsert=True, return_document=True
                )
            except errors.DuplicateKeyError:  # it exists and is not free
                return False
            return found is not None and bool(found["owner"] == me)

        return self._run(work)

    def documents(self, collection: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Documents that others keep in the same database, in the order of their `tid`.

        Args:
            collection: Where.
            wanted: Field -> value.
        """
        return self._run(lambda: list(self._database()[collection].find(dict(wanted)).sort("tid", 1)))

    def file(self, place: Any) -> bytes:
        """A file that others keep in the same database's GridFS.

        Args:
            place: Its id.
        """
        import gridfs

        return self._run(lambda: bytes(gridfs.GridFS(self._database()).get(place).read()))

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._pid == os.getpid():
            self._pid = 0
            self._closing()

    def _database(self) -> Any:
        """The database, by a client of this process: a forked child leaves its parent's alone."""
        if self._pid == os.getpid():
            return self._opened
        try:
            import pymongo
            from pymongo import errors, read_concern, write_concern
        except ImportError:
            raise MissingDependency("MongoDB needs pymongo", hint="pip install 'parzen[mongodb]'") from None
        wanted = {"serverSelectionTimeoutMS": 2000, "socketTimeoutMS": 30_000, "appname": "parzen"}
        given = self._given.lower()
        options: dict[str, Any] = {k: v for k, v in wanted.items() if f"{k.lower()}=" not in given}
        try:
            client: Any = pymongo.MongoClient(self._given, connect=False, **options)
            name = client.get_default_database(default="parzen").name
        except (errors.PyMongoError, ValueError, TypeError) as error:
            # Its text may quote the URL with all that is in it.
            raise InvalidArgument(
                f"pymongo cannot use the URL that was given: {type(error).__name__}",
                hint="write mongodb://user:password@host:27017/database, with %XX for special characters",
            ) from None
        self._known: dict[str, _Known] = {}
        self._indexed = False
        self._opened: Any = client.get_database(
            name,
            read_preference=pymongo.ReadPreference.PRIMARY,
            read_concern=read_concern.ReadConcern("majority"),
            write_concern=write_concern.WriteConcern(w="majority", j=True),
        )
        self._pid = os.getpid()
        self._closing = weakref.finalize(self, _close, client, self._pid)
        return self._opened

    def _large_files(self) -> Any:
        import gridfs

        return gridfs.GridFS(self._database(), "parzen_large")

    def _may_write(self) -> None:
        if self.read_only:
            raise not_writable(self._where)

    def _run(self, work: Callable[[], T]) -> T:
        """Do work that may safely be done twice, until the server's answer is there."""
        from pymongo import errors

        try:
            return retry(work, _passing, self.patience)
        except (errors.PyMongoError, _NotVisible) as error:
            # What follows is a description of the driver's state, as long as a page.
            text = re.split(r" \(configured timeouts|, Timeout: |, full error: ", str(error))[0]
            why = in_short(text, self._secrets)
            if _passing(error):
                raise unreachable(self._where, why) from None
            raise StorageError(f"{self._where} refused: {why}") from None

    def _batch(self, study: str, events: Sequence[Event]) -> dict[str, Any]:
        """A document of the batch, but for its place in the log."""
        keys: dict[str, None] = {}
        for event in events:
            if event.key is not None:
                if event.key in keys:
                    raise taken(study, event.key)
                keys[event.key] = None
        texts = [json.dumps(to_json(event), separators=(",", ":")) for event in events]
        size = sum(len(text) + 16 for text in texts) + sum(len(plain(key)) * 4 + 16 for key in keys)
        if size > _LARGEST:
            raise StorageError(
                f"a batch of {len(texts)} events of study {study!r} takes {size:,} bytes, and "
                f"a document of MongoDB's holds {_LARGEST:,}",
                hint="keep large results as attachments or as files",
            )
        document = {"study": short(study), "format": FORMAT, "token": secrets.token_hex(16)}
        return {**document, "keys": [plain(key) for key in keys], "events": texts}

    def _append(self, study: str, known: _Known, batch: dict[str, Any]) -> int:
        from pymongo import errors

        collection = self._indexed_events()
        if not (known.learnt and batch["events"]):
            self._learn(study, known)
        while batch["events"]:
            for key in filter(known.keys.__contains__, batch["keys"]):
                raise taken(study, original(key))
            first, last = known.head + 1, known.head + len(batch["events"])
            document = {**batch, "_id": f"{first}/{batch['study']}", "first": first, "last": last}
            if first == 1:
                document["name"] = plain(study)  # in full here only
            try:
                collection.insert_one(document)
            except errors.DuplicateKeyError:
                there = collection.find_one({"_id": document["_id"]}, {"token": 1})
                if there is None:
                    raise _NotVisible("a write waits for the majority") from None
                # With our token it is this very batch, in a try whose answer was lost.
                if there["token"] != batch["token"]:
                    self._learn(study, known)
                    continue
            known.head = last
            known.keys.update(batch["keys"])
            break
        return known.head

    def _learn(self, study: str, known: _Known) -> None:
        """Bring what is known of a log up to its end."""
        for document in self._after(study, known.head, {"first": 1, "last": 1, "keys": 1}):
            if document["first"] != known.head + 1:
                break
            known.head = document["last"]
            known.keys.update(document["keys"])
        known.learnt = True

    def _after(
        self, study: str, after: int, fields: dict[str, int], most: int | None = None
    ) -> Iterator[Any]:
        """The documents with events after a number, in order."""
        wanted = {"study": short(study), "last": {"$gt": after}}
        found = self._database().parzen_events.find(wanted, {**fields, "format": 1})
        for document in found.sort("last", 1).limit(most or 0):
            if document["format"] > FORMAT:
                raise StorageError(
                    f"study {study!r} on {self._where} is in format {document['format']}, and this "
                    f"release reads up to {FORMAT}",
                    hint="pip install --upgrade parzen",
                )
            yield document

    def _indexed_events(self) -> Any:
        """The collection to write to, with the index that `read` needs."""
        collection = self._database().parzen_events
        if not self._indexed:
            collection.create_index([("study", 1), ("last", 1)])
            self._indexed = True
        return collection


def _passing(error: Exception) -> bool:
    """Whether the next try may go better."""
    from pymongo import errors

    if isinstance(error, errors.OperationFailure):
        return error.code in _PASSING
    return isinstance(error, (errors.ConnectionFailure, _NotVisible))


def _public(url: str) -> tuple[str, str, list[str]]:
    """The URL without credentials, its place for messages, and what must never be shown."""
    found = _URL.fullmatch(url)
    if found is None:
        raise InvalidArgument(
            "a URL of MongoDB's reads mongodb://user:password@host:27017/database; what was given does not"
        )
    scheme, login, hosts, database, query = found.groups()
    user, _, password = (login or "").partition(":")
    options = [option.partition("=") for option in (query or "").split("&") if option]
    hidden = [value for name, _, value in options if _SECRET.search(name)]
    shown = "&".join("".join(option) for option in options if not _SECRET.search(option[0]))
    place = f"{hosts}/{database or 'parzen'}"
    public = f"{scheme}{user + '@' if user else ''}{place}{'?' + shown if shown else ''}"
    secret = [text for each in (password, *hidden) for text in (each, unquote(each))]
    return public, f"mongodb at {place}", secret


def _close(client: Any, pid: int) -> None:
    if os.getpid() == pid:
        client.close()
