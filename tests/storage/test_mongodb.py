"""Studies in MongoDB: the contract, and what can go wrong on the way to a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.errors import InvalidArgument, StorageError, Taken
from parzen.history.events import Claimed, Created, Finished, Noted, Opened
from parzen.storage import mongodb
from parzen.storage.mongodb import MongoStore
from parzen.testing import StoreContract

SECRET = "swordfish"
AWAY = "127.0.0.1:1"  # nobody listens on the first port
INSERT = b"insert\0"


@pytest.fixture
def open_store():
    """Opens stores, and closes them all at the end."""
    opened = []

    def open_one(url, **settings):
        opened.append(MongoStore(url, **settings))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store, mongodb_database):
    return open_store(mongodb_database)


def finished(number):
    return Finished(0.0, number, 1, "done", [float(number)])


def numbers(store, study="s"):
    return [event.number for event in store.read(study, 0)]


class TestMongoDB(StoreContract):
    durable = True

    @pytest.fixture(autouse=True)
    def place(self, open_store, mongodb_database):
        self.open_one, self.url = open_store, mongodb_database

    def open(self, folder):
        return self.open_one(self.url)


def test_a_server_store_is_shared_and_has_no_folder(store):
    assert store.shared
    assert store.folder == ""


@settings(max_examples=25, deadline=None)
@given(
    name=st.text(max_size=30) | st.text(min_size=1).map(lambda text: text * 500),
    owner=st.text(max_size=10),
)
def test_any_text_is_a_name(mongodb_url, name, owner):
    """NUL, half surrogates, dollars, dots, and names longer than an index entry may be."""
    store = MongoStore(mongodb_url)
    study = f"{uuid.uuid4().hex}/{name}"
    try:
        store.append(study, [Created(0.0, name, {}, name, []), Claimed(0.0, 0, 1, owner)])
        store.put(study, b"data")
        assert store.hold(study, 0, 1, owner, 60.0)
        assert store.hold(study, 0, 1, owner, 60.0)
        assert not store.hold(study, 0, 1, owner + "x", 60.0)
        assert study in store.studies()
        assert store.get(study) == b"data"
        assert store.read(study, 0)[0].study == name
        assert store.read(study, 0)[1].owner == owner
    finally:
        store.close()


def test_names_that_differ_late_are_different(store):
    """Long names are hashed for the index, not cut."""
    long = "x" * 5000
    store.append(long + "a", [Opened(0.0, 1)])
    store.append(long + "b", [Opened(0.0, 2)])
    assert numbers(store, long + "a") == [1]
    assert sorted(store.studies()) == [long + "a", long + "b"]


def test_a_batch_is_one_document(store):
    """Its id is the number of its first event and the study: the one uniqueness there is."""
    store.append("s", [Opened(0.0, 0), Opened(0.0, 1)])
    store.append("s", [Opened(0.0, 2)])
    documents = list(store._database().parzen_events.find({}).sort("first", 1))
    assert [document["_id"] for document in documents] == ["1/s", "3/s"]
    assert [len(document["events"]) for document in documents] == [2, 1]


def test_a_known_log_is_not_read_again(store, monkeypatch):
    """A writer that nobody has overtaken only inserts."""
    store.append("s", [Opened(0.0, 0)])
    monkeypatch.setattr(store, "_after", None)
    assert store.append("s", [Opened(0.0, 1)]) == 2
    with pytest.raises(Taken):
        store.append("s", [Opened(0.0, 1)])


def test_an_empty_batch_writes_nothing(store):
    assert store.append("s", []) == 0
    store.append("s", [Opened(0.0, 0)])
    assert store.append("s", []) == 1
    assert store.studies() == ["s"]


def test_a_writer_that_was_overtaken_learns_what_is_new(open_store, mongodb_database):
    """Each keeps what it knows; a duplicate number makes it read on, and keys are checked again."""
    one, two = open_store(mongodb_database), open_store(mongodb_database)
    assert one.append("s", [Opened(0.0, 0)]) == 1
    assert two.append("s", [Opened(0.0, 1), Opened(0.0, 2)]) == 3
    assert one.append("s", [Opened(0.0, 3)]) == 4
    with pytest.raises(Taken, match="opened/3"):
        two.append("s", [Noted(0.0, {}), Opened(0.0, 3)])
    assert two.append("s", [Opened(0.0, 4)]) == 5
    assert numbers(one) == [0, 1, 2, 3, 4]


def test_a_reader_stops_at_a_gap(store):
    """What comes after a missing document is not shown before it."""
    for number in range(3):
        store.append("s", [Opened(0.0, number)])
    store._database().parzen_events.delete_one({"_id": "2/s"})
    assert numbers(store) == [0]
    assert store.read("s", 1) == []


def test_a_batch_larger_than_a_document_is_refused(store):
    store.append("s", [Opened(0.0, 0)])
    with pytest.raises(StorageError, match="a batch of 2 events of study 's' takes 17,") as caught:
        store.append("s", [Opened(0.0, 1), Finished(0.0, 1, 1, "done", [0.0], result="x" * 17_000_000)])
    assert "attachments" in caught.value.hint
    assert store.append("s", [Finished(0.0, 0, 1, "done", [0.0], result="x" * 15_000_000)]) == 2
    assert len(store.read("s", 1)[0].result) == 15_000_000


def test_large_attachments_go_to_gridfs_and_leave_with_their_successor(store, monkeypatch):
    monkeypatch.setattr(mongodb, "_INLINE", 1000)
    large = os.urandom(300_000)

    def files():
        return len(list(store._large_files().find({})))

    store.put("model", large)
    assert store.get("model") == large
    assert files() == 1
    store.put("model", large[::-1])
    assert store.get("model") == large[::-1]
    assert files() == 1
    store.put("model", b"small")
    assert store.get("model") == b"small"
    assert files() == 0


def test_an_attachment_that_is_replaced_while_it_is_read_is_read_again(store, monkeypatch):
    monkeypatch.setattr(mongodb, "_INLINE", 1000)
    store.put("model", b"1" * 2000)
    files, looked = store._large_files, []

    def slow():
        if not looked:
            looked.append(None)
            store.put("model", b"2" * 2000)
        return files()

    monkeypatch.setattr(store, "_large_files", slow)
    assert store.get("model") == b"2" * 2000


WRITER = """
import sys
from parzen.errors import Taken
from parzen.history.events import Opened, Finished
from parzen.storage.mongodb import MongoStore
store = MongoStore(sys.argv[1])
mine = []
for number in range(60):
    try:
        store.append("race", [Opened(0.0, number), Finished(0.0, number, 1, "done", [0.5])])
        mine.append(number)
    except Taken:
        pass
print(mine)
store.close()
"""


def test_two_processes_write_one_log(store, mongodb_database):
    """On a database that has nothing yet; each number is one's alone."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", WRITER, mongodb_database],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        one, two = (json.loads(writer.communicate(timeout=90)[0]) for writer in writers)
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert sorted(one + two) == list(range(60))
    assert sorted(numbers(store, "race")) == sorted(2 * list(range(60)))


@pytest.mark.parametrize("heard", [True, False])
def test_a_batch_whose_answer_is_lost_is_written_once(open_store, mongodb_database, heard, cut_line):
    """The line breaks at the insert, of the first batch too: after the server did it, or before it heard."""
    line, url = cut_line(mongodb_database)
    store = open_store(url)
    for number in range(3):
        line.word, line.heard = INSERT, heard
        assert store.append("s", [Opened(0.0, number), finished(number)]) == 2 * number + 2
    assert line.cuts == 3
    assert numbers(store) == [0, 0, 1, 1, 2, 2]
    with pytest.raises(Taken):
        store.append("s", [Opened(0.0, 2)])


def test_a_server_that_dies_and_comes_back_loses_nothing(open_store, own_mongodb):
    """Every acknowledged batch is there, and once."""
    store = open_store(own_mongodb.url)
    told, wrong, going = [], [], threading.Event()

    def write():
        try:
            for number in range(120):
                store.append("s", [Opened(0.0, number), finished(number)])
                told.append(number)
                if number == 30:
                    going.set()
        except StorageError as error:
            wrong.append(error)
            going.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert going.wait(60)
    own_mongodb.kill()
    own_mongodb.start()
    writer.join(60)
    assert wrong == []
    assert told == list(range(120))
    assert numbers(store) == [number for number in told for _ in range(2)]


def test_a_server_that_stays_away_is_one_sentence(open_store):
    url = f"mongodb://ann:{SECRET}@{AWAY}/runs?serverSelectionTimeoutMS=50"
    store = open_store(url, patience=0.0)
    for call in (
        lambda: store.append("s", [Opened(0.0, 0)]),
        lambda: store.read("s", 0),
        store.studies,
        lambda: store.put("k", b""),
        lambda: store.get("k"),
        lambda: store.hold("s", 0, 1, "me", 1.0),
    ):
        with pytest.raises(StorageError, match=f"cannot reach mongodb at {AWAY}/runs: ") as caught:
            call()
        text = "".join(traceback.format_exception(caught.value))
        assert SECRET not in text
        assert "Topology" not in text
        assert caught.value.hint


def test_the_url_keeps_the_user_and_loses_the_password(open_store):
    store = open_store(
        f"mongodb://ann:{SECRET}@one.example,two.example:5/runs?replicaSet=r&tlsCertificateKeyFilePassword={SECRET}"
        "&tls=true"
    )
    assert store.url == "mongodb://ann@one.example,two.example:5/runs?replicaSet=r&tls=true"
    assert repr(store) == f"MongoStore({store.url!r})"


def test_the_database_left_out_is_called_parzen(open_store):
    assert open_store("mongodb://db.example").url == "mongodb://db.example/parzen"
    assert open_store("mongodb://db.example")._database().name == "parzen"


def test_hyperopts_url_names_the_database_of_its_collection(open_store):
    """Events live beside the old `jobs`, in collections of their own."""
    store = open_store("mongo://db.example:99/runs/jobs")
    assert store._database().name == "runs"
    assert store.url == "mongo://db.example:99/runs"
    assert open_store("mongo://db.example")._database().name == "parzen"


def test_a_reader_writes_nothing(open_store, store, mongodb_database):
    reader = open_store(mongodb_database, read_only=True)
    assert reader.read("s", 0) == []
    store.append("s", [Opened(0.0, 0)])
    store.put("k", b"v")
    assert numbers(reader) == [0]
    assert reader.get("k") == b"v"
    for call in (
        lambda: reader.append("s", [Opened(0.0, 1)]),
        lambda: reader.put("k", b""),
        lambda: reader.hold("s", 0, 1, "me", 1.0),
    ):
        with pytest.raises(StorageError, match="opened read-only"):
            call()


def test_a_newer_format_is_refused(open_store, store, mongodb_database):
    store.append("s", [Opened(0.0, 0)])
    store._database().parzen_events.update_one({"_id": "1/s"}, {"$set": {"format": 99}})
    other = open_store(mongodb_database)
    for call in (lambda: other.read("s", 0), lambda: other.append("s", [Opened(0.0, 1)])):
        with pytest.raises(StorageError, match="format 99, and this release reads up to"):
            call()


@pytest.mark.parametrize(
    "url",
    [
        f"mongodb:/ann:{SECRET}",
        f"mongodb://ann:{SECRET}/x@db/x",
        f"mongodb://ann:x@{SECRET}@db/x",
        f"mongodb://{SECRET}@db/x",
    ],
)
def test_a_url_of_something_else_is_refused_without_being_shown(url):
    with pytest.raises(InvalidArgument) as caught:
        MongoStore(url)
    assert SECRET not in str(caught.value)
    assert "mongodb://user:password@host:27017/database" in f"{caught.value} {caught.value.hint}"
