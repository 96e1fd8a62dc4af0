"""The store of JSON lines keeps the contract; what else is its own: torn tails, checksums, its two locks."""

from __future__ import annotations

import errno
import json
import os
import threading
from types import SimpleNamespace
from zlib import crc32

import pytest

from parzen.errors import StorageError
from parzen.history.events import Noted, Opened, from_json
from parzen.storage import lockfile
from parzen.storage.jsonlines import JsonLinesStore
from parzen.testing import StoreContract

HEADER = b'{"parzen":"events","v":1}\n'


class TestJsonLinesStore(StoreContract):
    durable = True

    def open(self, folder):
        return JsonLinesStore(folder / "study.jsonl")


@pytest.fixture
def no_record_locks(monkeypatch):
    """A file system whose server has no lock daemon."""

    def lockf(file, how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lockfile, "fcntl", SimpleNamespace(lockf=lockf, LOCK_EX=2, LOCK_NB=4))


@pytest.mark.usefixtures("no_record_locks")
class TestWithoutRecordLocks(StoreContract):
    """In this process only: the facts about other processes would mix two kinds of lock."""

    def open(self, folder):
        return JsonLinesStore(folder / "study.jsonl")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.jsonl"


@pytest.fixture
def store(path):
    return JsonLinesStore(path, patience=0.05)


def fill(store, batches=3):
    for number in range(batches):
        store.append("s", [Opened(0.0, number), Noted(0.0, {"text": "ü"})])


# The file.


def test_a_batch_is_a_line_with_a_checksum(store, path):
    events = [Opened(0.5, 0), Noted(1.5, {"text": 'a "quoted"\n\u2028 word'})]
    store.append("größe", events)
    header, line = path.read_bytes().splitlines(keepends=True)
    assert header == HEADER
    body, _, tail = line.rpartition(b',"sum":')
    assert tail == b'"%08x"}\n' % crc32(body)
    batch = json.loads(line)
    assert list(batch) == ["study", "first", "last", "keys", "events", "sum"]
    assert [batch[name] for name in ("study", "first", "last", "keys")] == ["größe", 1, 2, ["opened/0"]]
    assert [from_json(data) for data in batch["events"]] == events


def test_a_torn_tail_is_invisible_and_the_next_writer_cuts_it_off(path):
    fill(JsonLinesStore(path))
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for cut in (*range(len(HEADER) + 1), *range(last, len(whole), 7), len(whole) - 1):
        path.write_bytes(whole[:cut])
        before = 4 if cut >= last else 0
        assert len(JsonLinesStore(path, read_only=True).read("s", 0)) == before, cut
        assert path.read_bytes() == whole[:cut]
        store = JsonLinesStore(path)
        assert store.append("s", [Opened(0.0, 9)]) == before + 1
        assert path.read_bytes().startswith(whole[:last] if before else HEADER)
        assert [event.kind for event in JsonLinesStore(path).read("s", before)] == ["opened"]


def test_a_reader_sees_a_line_when_its_newline_has_come(path):
    fill(JsonLinesStore(path))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    reader = JsonLinesStore(path, read_only=True)
    assert len(reader.read("s", 0)) == 4
    with path.open("ab") as file:
        file.write(whole[-20:-1])
        file.flush()
        assert len(reader.read("s", 0)) == 4
        file.write(b"\n")
    assert len(reader.read("s", 4)) == 2


@pytest.mark.parametrize("place", ["study", "events", "sum"])
def test_a_damaged_line_is_named(path, place):
    fill(JsonLinesStore(path))
    lines = path.read_bytes().splitlines(keepends=True)
    at = lines[2].index(place.encode())
    lines[2] = lines[2][:at] + b"x" + lines[2][at + 1 :]
    path.write_bytes(b"".join(lines))
    for read_only in (False, True):
        with pytest.raises(StorageError, match=r"line 3 of .* is damaged: its checksum is wrong") as caught:
            JsonLinesStore(path, read_only, patience=0.01)
        assert caught.value.line == 3
        assert f"at byte {len(lines[0]) + len(lines[1])}" in caught.value.hint
    assert path.read_bytes() == b"".join(lines)


def test_damage_that_comes_later_stops_a_writer(store, path):
    fill(store)
    with path.open("ab") as file:
        file.write(b"somebody typed here\n")
    size = path.stat().st_size
    with pytest.raises(StorageError, match="line 5"):
        store.append("s", [Opened(0.0, 9)])
    assert path.stat().st_size == size


def test_a_line_that_is_missing_is_noticed(path):
    fill(JsonLinesStore(path))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], *lines[3:]]))
    with pytest.raises(StorageError, match=r"line 3 .*: event 5 of study 's' follows event 2"):
        JsonLinesStore(path, patience=0.0)


def test_a_file_that_became_shorter_is_noticed(store, path):
    fill(store)
    os.truncate(path, len(HEADER))
    with pytest.raises(StorageError, match="was shortened while this store was in use"):
        store.read("s", 0)


def test_what_was_indexed_is_not_read_again(store, path):
    """So that a search costs what is new in its file, not what is in it."""
    fill(store)
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.write(b"x" * (len(content) // 2))
    assert store.append("s", [Opened(0.0, 9)]) == 7
    assert store.read("s", 6) == [Opened(0.0, 9)]


@pytest.mark.parametrize("version", ["2", "two"])
def test_a_newer_format_is_refused(path, version):
    path.write_text(json.dumps({"parzen": "events", "v": version}) + "\n")
    with pytest.raises(
        StorageError, match=f"has format {version}, and this release of parzen knows formats up to 1"
    ):
        JsonLinesStore(path)


def test_an_event_log_without_a_header_is_no_store(path):
    path.write_bytes(b'{"kind": "opened", "v": 1, "at": 0.0, "number": 0}\n')
    with pytest.raises(StorageError, match="no store of JSON lines but a JSON document"):
        JsonLinesStore(path)


def test_a_full_disk_leaves_the_file_as_it_was(store, path, monkeypatch):
    fill(store)
    before = path.read_bytes()
    written = os.write

    def write(descriptor, data):
        if len(data) > 20:
            return written(descriptor, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(StorageError, match="No space left on device"):
        store.append("s", [Opened(0.0, 9)])
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert store.append("s", [Opened(0.0, 9)]) == 7


def test_a_line_may_take_more_than_one_write(store, path, monkeypatch):
    written = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: written(descriptor, data[:5]))
    fill(store)
    monkeypatch.undo()
    assert len(JsonLinesStore(path).read("s", 0)) == 6


def test_full_durability_waits_for_the_disk(path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", synced.append)
    fill(JsonLinesStore(path))
    assert synced == []
    fill(JsonLinesStore(path.with_name("full.jsonl"), durability="full"))
    assert len(synced) == 4  # three lines, and the folder once


# Attachments and leases.


def test_attachments_are_files_with_safe_names(store, path):
    keys = ["../../etc/passwd", "/etc/passwd", "a/b", "A/B", ".", "..", "", "x" * 999, "trial/3/model.pkl"]
    for key in keys:
        store.put(key, key.encode())
    folder = path.parent / "study.jsonl.files" / "attachments"
    names = os.listdir(folder)
    assert len({name.lower() for name in names}) == len(keys)
    assert all((folder / name).is_file() and len(name) < 80 for name in names)
    assert any(name.endswith("-trial-3-model.pkl") for name in names)
    assert [store.get(key) for key in keys] == [key.encode() for key in keys]


def test_an_attachment_that_cannot_be_written_leaves_nothing_behind(store, path, monkeypatch):
    store.put("a", b"old")

    def fsync(descriptor):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError, match=r"attachment 'a' .*: Disk quota exceeded"):
        store.put("a", b"new")
    assert store.get("a") == b"old"
    assert len(os.listdir(path.parent / "study.jsonl.files" / "attachments")) == 1


def test_torn_leases_are_no_leases(store, path):
    assert store.hold("s", 1, 1, "me", 3600.0)
    assert not store.hold("s", 1, 1, "you", 3600.0)
    path.with_name("study.jsonl.leases").write_text("[[")
    assert store.hold("s", 1, 1, "you", 3600.0)


def test_leases_that_ended_are_forgotten(store, path):
    for number in range(20):
        store.hold("s", number, 1, "me", 0.0)
    assert len(json.loads(path.with_name("study.jsonl.leases").read_text())) == 1


# Locks.


def test_a_lock_file_that_was_tidied_away_locks_again(store, path):
    fill(store, 1)
    os.unlink(f"{path}.lock")
    assert store.append("s", [Opened(0.0, 9)]) == 3
    assert os.path.exists(f"{path}.lock")


def test_two_objects_of_one_process_exclude_each_other(path):
    """Record locks belong to processes, so this is the threads' own affair."""
    one, two = lockfile.FileLock(str(path), 5.0), lockfile.FileLock(str(path), 0.01)
    refused = []

    def take():
        try:
            with two.held():
                refused.append(False)
        except StorageError:
            refused.append(True)

    for expected in (True, False):
        with one.held() if expected else open(os.devnull):
            thread = threading.Thread(target=take)
            thread.start()
            thread.join()
        assert refused.pop() is expected


def test_without_record_locks_a_file_that_exists_is_the_lock(path, no_record_locks):
    mark = path.with_name("study.jsonl.lock.held")
    lock = lockfile.FileLock(str(path), 0.01)
    with lock.held():
        assert mark.exists()
    assert not mark.exists()
    mark.touch()
    with pytest.raises(StorageError, match="is locked by another process"), lock.held():
        pass
    assert mark.exists()


def test_without_record_locks_a_dead_process_does_not_lock_for_ever(path, no_record_locks):
    mark = path.with_name("study.jsonl.lock.held")
    mark.touch()
    os.utime(mark, (1.0, 1.0))
    with lockfile.FileLock(str(path), 1.0).held():
        assert mark.stat().st_mtime > 1.0
    assert sorted(os.listdir(path.parent)) == ["study.jsonl.lock"]
