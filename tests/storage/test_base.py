"""`open_store`, and what both stores in files share: where they may lie, and what they survive."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import signal
import sqlite3
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.errors import InvalidArgument, StorageError, StudyNotFound
from parzen.history.events import Noted, Opened, from_json
from parzen.storage import files, lockfile
from parzen.storage.base import SCHEMES, open_store
from parzen.storage.jsonlines import JsonLinesStore
from parzen.storage.memory import MemoryStore
from parzen.storage.sqlite import SqliteStore

GOLDEN = Path(__file__).parents[1] / "golden"
KINDS = {".db": SqliteStore, ".jsonl": JsonLinesStore}
EVENT = Opened(0.0, 0)


@pytest.fixture(params=KINDS)
def suffix(request):
    return request.param


@pytest.fixture
def path(tmp_path, suffix):
    return tmp_path / f"study{suffix}"


@pytest.fixture
def folder():
    """A folder that every user may enter, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="parzen-"))
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


def in_child(work, user=False):
    """What `work` returns, or its exception as text, in a forked process; as a user who is not root."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if user and os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            answer = work()
        except BaseException as error:  # noqa: BLE001  # the parent looks at it
            answer = f"{type(error).__name__}: {error}"
        with os.fdopen(tell, "wb") as file:
            pickle.dump(answer, file)
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, "rb") as file:
        answer = pickle.load(file)
    os.waitpid(child, 0)
    return answer


def inventory(place):
    return {each.relative_to(place).as_posix(): each.stat().st_size for each in place.rglob("*")}


# What a URL or a path means.


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("runs.db", SqliteStore),
        ("runs.sqlite", SqliteStore),
        ("runs.SQLITE3", SqliteStore),
        ("runs", SqliteStore),
        ("sqlite:///runs.db", SqliteStore),
        ("sqlite:///runs.of.may", SqliteStore),
        ("runs.jsonl", JsonLinesStore),
        ("jsonl:///runs.jsonl", JsonLinesStore),
        (Path("runs.jsonl"), JsonLinesStore),
        (Path("runs"), SqliteStore),
        ("memory://", MemoryStore),
    ],
)
def test_a_url_or_a_path_names_a_store(name, kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store = open_store(name)
    assert type(store) is kind
    assert store.shared is False
    if kind is not MemoryStore:
        assert Path(store.path).parent == tmp_path
        assert store.url == f"{'sqlite' if kind is SqliteStore else 'jsonl'}:///{store.path}"
        assert store.folder == f"{store.path}.files"
    assert inventory(tmp_path) == {}  # opening leaves no trace


def test_absolute_urls_and_the_home_folder_are_found(tmp_path, suffix, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    scheme = files.SUFFIXES[suffix]
    for name in (
        f"~/a{suffix}",
        Path(f"~/a{suffix}"),
        f"{scheme}:///~/a{suffix}",
        f"{scheme}:///{tmp_path}/a{suffix}",
    ):
        assert open_store(name).path == f"{tmp_path}/a{suffix}"


@pytest.mark.parametrize(
    "name", ["a b", "50%", "a%20b", "what?", "x#y", "ü 漢", "a&b=c", "semi;colon", "byte \udcff"]
)
def test_any_path_survives_its_url(tmp_path, suffix, name):
    store = open_store(tmp_path / f"{name}{suffix}")
    store.append("s", [EVENT])
    again = open_store(store.url)
    assert again.path == store.path == f"{tmp_path}/{name}{suffix}"
    assert again.read("s", 0) == [EVENT]


def test_links_lead_to_one_file(tmp_path, suffix):
    link = tmp_path / f"link{suffix}"
    link.symlink_to(tmp_path / f"real{suffix}")
    one, two = open_store(link), open_store(tmp_path / f"real{suffix}")
    one.append("s", [EVENT])
    assert one.url == two.url
    assert two.read("s", 0) == [EVENT]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sqlit:///a.db", "Did you mean 'sqlite'"),
        ("jsonlines://a", "Did you mean 'jsonl'"),
        ("nosuch://a", "Known: a path, or memory://, sqlite://, jsonl://"),
        (":memory:", "Did you mean 'memory'"),
        ("sqlite://", "three slashes"),
        ("sqlite:///", "three slashes"),
        ("sqlite://a.db", "three slashes"),
        ("jsonl://host/a.jsonl", "three slashes"),
        ("sqlite:///:memory:", "three slashes"),
        ("sqlite:///a.db?durabilty=full", "no option 'durabilty'. Did you mean 'durability'"),
        ("sqlite:///a.db?durability=half", "'normal' or 'full'; got 'half'"),
        ("jsonl:///a.jsonl?patience=long", "patience is a number of seconds; got 'long'"),
        ("jsonl:///a.jsonl?patience=-1", "patience is a number of seconds, at least 0"),
        ("runs.csv", "'.csv' of 'runs.csv' says neither SQLite .* nor JSON lines"),
        ("model.v2", "neither SQLite"),
        (Path("a.parquet"), "neither SQLite"),
        (None, "a path or a URL; got NoneType None"),
        (3, "got int 3"),
        ("a\0b", "named by a path"),
    ],
)
def test_what_names_no_store_is_refused(name, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match=message):
        open_store(name)
    assert inventory(tmp_path) == {}


def test_a_password_is_not_printed():
    with pytest.raises(InvalidArgument) as caught:
        open_store("postgresqll://me:secret@host/db")
    assert "secret" not in str(caught.value)
    assert "Did you mean 'postgresql'" in str(caught.value)


def test_a_driver_may_follow_the_scheme(monkeypatch):
    monkeypatch.setitem(SCHEMES, "postgresql", lambda url, read_only: (url, read_only))
    url = "postgresql+psycopg://host/db"
    assert open_store(url, read_only=True) == (url, True)


def test_durability_is_part_of_the_url(tmp_path, suffix):
    store = open_store(f"{files.SUFFIXES[suffix]}:///{tmp_path}/a{suffix}?durability=full&patience=2")
    assert store.url.endswith("?durability=full")
    store.append("s", [EVENT])
    assert open_store(store.url).url == store.url


def test_a_store_can_be_pickled(path):
    store = KINDS[path.suffix](path, durability="full", patience=3.0)
    store.append("s", [EVENT])
    again = pickle.loads(pickle.dumps(store))
    assert again.read("s", 0) == [EVENT]
    assert again.url == store.url


# Places where no store can be.


def test_a_missing_folder_is_named(tmp_path, suffix):
    with pytest.raises(StorageError, match=r"the folder '.*/no/such' does not exist") as caught:
        open_store(tmp_path / "no" / "such" / f"a{suffix}")
    assert "mkdir -p" in caught.value.hint
    assert caught.value.path == f"{tmp_path}/no/such/a{suffix}"
    assert inventory(tmp_path) == {}


def test_a_folder_is_no_file(tmp_path, suffix):
    (tmp_path / f"a{suffix}").mkdir()
    for name in (tmp_path / f"a{suffix}", f"{tmp_path}/"):
        with pytest.raises(StorageError, match="is a folder") as caught:
            open_store(name)
        assert "name a file in it" in caught.value.hint


def test_a_file_is_no_folder(tmp_path, suffix):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be reached: Not a directory"):
        open_store(tmp_path / "file" / f"a{suffix}")


def test_a_pipe_is_no_ordinary_file(path):
    os.mkfifo(path)
    with pytest.raises(StorageError, match="no ordinary file"):
        open_store(path)


def test_a_path_that_is_too_long_is_refused(tmp_path, suffix):
    with pytest.raises(StorageError, match="cannot be reached: File name too long"):
        open_store(tmp_path / ("x" * 300 + suffix))


def test_looking_at_a_missing_file_names_what_is_there(tmp_path, suffix):
    (tmp_path / f"cifar{suffix}").touch()
    (tmp_path / "cifra.txt").touch()
    with pytest.raises(StudyNotFound, match=f"Did you mean 'cifar{suffix}'"):
        open_store(tmp_path / f"cifr{suffix}", read_only=True)
    with pytest.raises(FileNotFoundError):
        open_store(tmp_path / "no" / f"cifar{suffix}", read_only=True)
    assert set(inventory(tmp_path)) == {f"cifar{suffix}", "cifra.txt"}


PNG = b"\x89PNG\r\n\x1a\n" + bytes(5000)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "a PNG image"),
        (b'{"a": 1}\n', "a JSON document"),
        (b"[1, 2]", "a JSON document"),
        (b"lr,loss\n0.1,2\n", "a text file"),
        (pickle.dumps({"a": 1}), "a pickle"),
        (bytes(range(256)) * 40, "something else"),
    ],
)
def test_a_file_of_another_kind_is_left_alone(path, content, kind, read_only):
    path.write_bytes(content)
    with pytest.raises(StorageError, match=f"but {kind}; it was not touched"):
        open_store(path, read_only)
    assert path.read_bytes() == content
    assert inventory(path.parent) == {path.name: len(content)}


def test_each_store_names_the_other(tmp_path):
    for suffix in KINDS:
        open_store(tmp_path / f"a{suffix}").append("s", [EVENT])
    with pytest.raises(StorageError, match="no SQLite database but a parzen store of JSON lines"):
        open_store(f"sqlite:///{tmp_path}/a.jsonl")
    with pytest.raises(StorageError, match="no store of JSON lines but an SQLite database"):
        open_store(f"jsonl:///{tmp_path}/a.db")


def test_an_empty_file_is_a_new_store(path):
    path.touch()
    assert open_store(path, read_only=True).studies() == []
    store = open_store(path)
    assert store.append("s", [EVENT]) == 1
    assert open_store(path, read_only=True).read("s", 0) == [EVENT]


def test_a_file_that_was_removed_is_not_made_again(path):
    store = open_store(path)
    store.append("s", [EVENT])
    for each in path.parent.iterdir():
        each.unlink()
    for act in (lambda: store.append("s", [Opened(0.0, 1)]), lambda: store.read("s", 0)):
        with pytest.raises(StorageError, match="was removed while this store was in use"):
            act()
    assert not path.exists()


def test_a_file_that_was_replaced_is_noticed(path, tmp_path):
    store = open_store(path)
    store.append("s", [EVENT])
    store.close()
    other = open_store(tmp_path / f"other{path.suffix}")
    other.append("s", [EVENT, Opened(0.0, 1)])
    other.close()
    os.replace(other.path, path)
    with pytest.raises(StorageError, match="was replaced while this store was in use"):
        store.append("s", [Opened(0.0, 1)])
    assert len(open_store(path).read("s", 0)) == 2


# Permissions, as a user who is not root meets them.


def test_a_read_only_folder_is_named(folder, suffix):
    folder.chmod(0o555)
    answer = in_child(lambda: open_store(folder / f"a{suffix}"), user=True)
    folder.chmod(0o755)
    assert answer.startswith(f"StorageError: the folder '{folder}' is read-only")
    assert inventory(folder) == {}


def test_a_read_only_file_is_named_and_can_be_looked_at(folder, suffix):
    path = folder / f"a{suffix}"
    store = open_store(path)
    store.append("s", [EVENT])
    store.close()
    path.chmod(0o444)
    answer = in_child(lambda: open_store(path), user=True)
    assert answer.startswith(f"StorageError: the file '{path}' is read-only")
    folder.chmod(0o555)
    assert in_child(lambda: open_store(path, read_only=True).read("s", 0), user=True) == [EVENT]
    folder.chmod(0o755)


def test_a_secret_file_is_named(folder, suffix):
    path = folder / f"a{suffix}"
    store = open_store(path)
    store.append("s", [EVENT])
    path.chmod(0)
    answer = in_child(lambda: open_store(path, read_only=True), user=True)
    assert answer == f"StorageError: '{path}' may not be read by this user"


def test_a_read_only_folder_can_be_looked_at_while_its_owner_writes(folder, suffix):
    """Idle, with a writer at work, and idle again: for SQLite these are three ways of reading."""
    path = folder / f"a{suffix}"
    store = open_store(path)
    store.append("s", [EVENT])
    store.close()
    to_child, from_parent = os.pipe()
    to_parent, from_child = os.pipe()

    def look():
        looking, seen = open_store(path, read_only=True), []
        for _ in range(4):
            os.read(to_child, 1)
            seen.append(len(looking.read("s", 0)))
            os.write(from_child, b"!")
        return seen

    def write():
        for number in range(1, 5):
            os.write(from_parent, b"!")
            os.read(to_parent, 1)
            store.append("s", [Opened(0.0, number)])
            if number == 2:
                store.close()

    writer = threading.Thread(target=write)
    writer.start()
    folder.chmod(0o555 if os.getuid() == 0 else 0o755)
    seen = in_child(look, user=True)
    writer.join()
    assert seen == [1, 2, 3, 4]


# Locks.


def test_a_lock_that_is_not_let_go_is_named(path):
    store = KINDS[path.suffix](path, patience=0.05)
    store.append("s", [EVENT])
    told, tell = os.pipe()
    held, holding = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if path.suffix == ".db":
                sqlite3.connect(path, isolation_level=None).execute("BEGIN IMMEDIATE")
                os.write(holding, b"!")
                os.read(told, 1)
            else:
                with lockfile.FileLock(str(path), 5.0).held():
                    os.write(holding, b"!")
                    os.read(told, 1)
        finally:
            os._exit(0)
    os.read(held, 1)
    with pytest.raises(StorageError, match=r"is locked by another process; waited 0\.05 s"):
        store.append("s", [Opened(0.0, 1)])
    assert store.read("s", 0) == [EVENT]  # readers wait for nobody
    os.write(tell, b"!")
    os.waitpid(child, 0)
    assert store.append("s", [Opened(0.0, 1)]) == 2


def test_threads_may_share_one_store(path):
    store = open_store(path)
    heads = []

    def write(me):
        for i in range(30):
            heads.append(store.append("s", [Opened(0.0, 30 * me + i)]))
            store.read("s", heads[-1] - 1)

    threads = [threading.Thread(target=write, args=(me,)) for me in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heads) == list(range(1, 121))


def test_processes_may_make_one_file_at_once(tmp_path, suffix):
    for i in range(5):
        path = tmp_path / f"{i}{suffix}"
        start, go = os.pipe()
        children = []
        for number in range(4):
            children.append(os.fork())
            if children[-1] == 0:
                status = 1
                try:
                    os.close(go)
                    os.read(start, 1)  # ends when the parent closes the other end
                    open_store(path).append("s", [Opened(0.0, number)])
                    status = 0
                finally:
                    os._exit(status)
        os.close(start)
        os.close(go)
        assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
        assert sorted(event.number for event in open_store(path).read("s", 0)) == [0, 1, 2, 3]


def test_a_process_forks_while_its_threads_write(path):
    store, done = open_store(path), threading.Event()
    store.append("s", [EVENT])

    def write():
        while not done.is_set():
            store.append("s", [Noted(0.0, {})])

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    answers = [in_child(lambda i=i: store.append("s", [Opened(0.0, i)]) > 0) for i in range(1, 9)]
    done.set()
    for thread in threads:
        thread.join()
    assert answers == [True] * 8
    assert [event.number for event in store.read("s", 0) if isinstance(event, Opened)] == list(range(9))


# Crashes.


def test_a_killed_writer_leaves_whole_batches(path):
    """What `append` returned for is there; what it did not return for is there wholly or not at all."""
    chance = random.Random(0)
    for _ in range(15):
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                store = open_store(path)
                number = len(store.read("s", 0)) // 3
                while True:
                    notes = [Noted(0.0, {"text": "x" * chance.randrange(9000)}) for _ in range(2)]
                    head = store.append("s", [Opened(0.0, number), *notes])
                    os.write(tell, b"%9d" % head)
                    number += 1
            finally:
                os._exit(1)
        os.close(tell)
        for _ in range(chance.randrange(1, 12)):
            head = int(os.read(told, 9))
        for _ in range(chance.randrange(20_000)):
            pass
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as file:
            rest = file.read()
        head = int(rest[-9:]) if rest else head
        store = open_store(path)
        log = store.read("s", 0)
        assert len(log) >= head
        assert [event.kind for event in log] == ["opened", "noted", "noted"] * (len(log) // 3)
        assert [event.number for event in log[::3]] == list(range(len(log) // 3))
        store.close()


# Text.


@settings(max_examples=10, deadline=None)
@given(names=st.lists(st.text(max_size=40), min_size=1, max_size=3, unique=True))
def test_any_unicode_is_a_name(names):
    with tempfile.TemporaryDirectory() as place:
        for suffix in KINDS:
            store = open_store(f"{place}/a{suffix}")
            for i, name in enumerate(names):
                store.append(name, [Noted(0.0, {"text": name, "i": i})])
                store.put(name, name.encode())
                assert store.hold(name, i, 1, name, 60.0)
            other = open_store(store.url, read_only=True)
            assert sorted(other.studies()) == sorted(names)
            for i, name in enumerate(names):
                assert other.read(name, 0) == [Noted(0.0, {"text": name, "i": i})]
                assert other.get(name) == name.encode()
            other.close()
            store.close()


# Files of earlier releases: written by make_stores.py and never changed.


@pytest.mark.parametrize("read_only", [False, True])
def test_golden_stores_stay_readable(tmp_path, suffix, read_only):
    lines = (GOLDEN / "events-1.jsonl").read_text(encoding="utf-8").splitlines()
    events = [from_json(json.loads(line)) for line in lines]
    shutil.copy(GOLDEN / f"store-1{suffix}", tmp_path)
    store = open_store(tmp_path / f"store-1{suffix}", read_only)
    assert store.studies() == ["golden", "Überblick/日本"]
    assert repr(store.read("golden", 0)) == repr(events)  # NaN equals itself in text only
    assert store.read("Überblick/日本", 0) == [Noted(1.5, {"text": "half \ud83c, NUL \0"})]
    if not read_only:
        assert store.append("golden", [Noted(0.0, {})]) == len(events) + 1
