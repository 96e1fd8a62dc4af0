"""The SQLite store keeps the contract; what else is its own: pragmas, file, view and neighbours."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import struct
from pathlib import Path

import pytest

from parzen.errors import StorageError, Taken
from parzen.history import events as e
from parzen.history.ledger import fold_all
from parzen.storage import mounts
from parzen.storage.base import open_store
from parzen.storage.sqlite import SqliteStore
from parzen.testing import StoreContract

GOLDEN = Path(__file__).parents[1] / "golden" / "events-1.jsonl"


class TestSqliteStore(StoreContract):
    durable = True

    def open(self, folder):
        return SqliteStore(folder / "study.db")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "study.db"


@pytest.fixture
def store(path):
    store = SqliteStore(path, patience=0.05)
    store.append("s", [e.Opened(0.0, 0)])
    return store


def query(path, text):
    connection = sqlite3.connect(path)
    rows = connection.execute(text).fetchall()
    connection.close()
    return rows


# The file.


def test_the_file_says_whose_it_is_and_in_which_format(store, path):
    store.close()
    header = path.read_bytes()[:100]
    assert header[:16] == b"SQLite format 3\0"
    assert header[68:72] == b"PRZN"
    assert struct.unpack(">I", header[60:64]) == (1,)


def test_a_closed_store_is_one_file(store, path):
    assert Path(f"{path}-wal").stat().st_size > 0
    store.close()
    assert os.listdir(path.parent) == ["study.db"]


@pytest.mark.parametrize(("durability", "level"), [("normal", 1), ("full", 2)])
def test_a_write_ahead_log_with_the_durability_asked_for(path, durability, level):
    store = open_store(f"sqlite:///{path}?durability={durability}")
    store.append("s", [e.Opened(0.0, 0)])
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (level,)


def test_events_are_rows(store, path):
    store.append("s", [e.Noted(2.5, {"text": "ü"}), e.Finished(3.5, 0, 1, "done", [math.inf])])
    rows = query(path, "SELECT n, kind, number, at, data FROM event")
    assert rows[1] == (
        2,
        "noted",
        None,
        2.5,
        '{"kind":"noted","v":1,"at":2.5,"note":{"text":"ü"},"number":null}',
    )
    assert rows[2][:4] == (3, "finished", 0, 3.5)
    assert query(path, "SELECT key FROM taken") == [("opened/0",)]


def test_a_refused_batch_leaves_the_database_unlocked(store, path):
    with pytest.raises(Taken):
        store.append("s", [e.Opened(0.0, 1), e.Opened(0.0, 0)])
    assert SqliteStore(path, patience=0.0).append("s", [e.Opened(0.0, 1)]) == 2


def test_an_interrupted_batch_is_rolled_back(store, path, monkeypatch):
    monkeypatch.setattr("parzen.storage.files.keys_of", lambda study, events: _Interrupting(["opened/1"]))
    with pytest.raises(KeyboardInterrupt):
        store.append("s", [e.Opened(0.0, 1)])
    monkeypatch.undo()
    assert SqliteStore(path, patience=0.0).append("s", [e.Opened(0.0, 1)]) == 2


class _Interrupting(list):
    """Ends in Ctrl-C."""

    def __iter__(self):
        yield from super().__iter__()
        raise KeyboardInterrupt


# The view.


def null(number):
    return None if math.isnan(number) else number


def view_and_fold(events, path):
    store = SqliteStore(path)
    store.append("s", events)
    rows = query(path, "SELECT number, status, loss, started, ended, attempt, excluded, point FROM trial")
    folded = [
        (
            trial.number,
            trial.status.name.lower(),
            null(trial.losses[0] if trial.losses else math.nan),
            null(trial.started),
            null(trial.ended),
            trial.attempt or None,
            int(trial.excluded),
            trial.point,
        )
        for trial in fold_all(events).trials
    ]
    return [(*row[:7], row[7] and json.loads(row[7])) for row in rows], folded


def test_the_view_agrees_with_the_ledger_on_the_golden_log(path):
    events = [e.from_json(json.loads(line)) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    seen, folded = view_and_fold(events, path)
    assert seen == folded
    assert len(seen) > 3


def test_the_view_agrees_with_the_ledger_on_odd_logs(path):
    events = [
        *(e.Opened(float(n), n) for n in range(9)),
        *(e.Suggested(10.0 + n, n, {"x": n}) for n in range(8)),
        *(e.Claimed(20.0 + n, n, 1, "a") for n in range(7)),
        # 0: released and claimed again; what the first attempt tells then is not counted.
        e.Released(30.0, 0, 1),
        e.Claimed(31.0, 0, 2, "b"),
        e.Finished(32.0, 0, 1, "done", [9.0]),
        e.Finished(33.0, 0, 2, "done", [1.0]),
        e.Finished(34.0, 0, 2, "failed", []),
        e.Released(34.5, 0, 2),
        # 1: released, and nobody takes it; a second release of the attempt does nothing.
        e.Released(35.0, 1, 1),
        e.Released(35.5, 1, 1),
        # 2: told after its release and before another claim, so it counts.
        e.Released(36.0, 2, 1),
        e.Finished(37.0, 2, 1, "done", [math.inf]),
        # 3: corrected twice. 4: NaN. 5: pruned and excluded. 6: running, with reports.
        e.Finished(38.0, 3, 1, "failed", []),
        e.Amended(39.0, 3, "done", [3.0]),
        e.Amended(40.0, 3, "done", [-math.inf]),
        e.Finished(41.0, 4, 1, "failed", [math.nan]),
        e.Finished(42.0, 5, 1, "pruned", []),
        e.Excluded(43.0, 5),
        e.Reported(44.0, 6, 1, 0.5, 1.0),
    ]
    seen, folded = view_and_fold(events, path)
    assert seen == folded
    words = ["done", "open", "done", "done", "failed", "pruned", "running", "open", "open"]
    assert [row[1] for row in seen] == words


# What is not ours.


@pytest.mark.parametrize(
    ("tables", "kind"),
    [
        (["studies", "trials", "version_info", "trial_params"], "a database of Optuna's"),
        (["experiments", "runs", "metrics"], "a database of MLflow's"),
        (["people"], r"a database of something else \(tables: people\)"),
    ],
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_database_of_something_else_is_named(path, tables, kind, read_only):
    connection = sqlite3.connect(path)
    for table in tables:
        connection.execute(f"CREATE TABLE {table} (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match=f"no study but {kind}; it was not touched"):
        SqliteStore(path, read_only)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["study.db"]


def test_a_database_with_another_mark_is_not_ours(path):
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA application_id = 7")
    connection.close()
    with pytest.raises(StorageError, match="tables: none"):
        SqliteStore(path)


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_format_is_refused(store, path, read_only):
    store.close()
    query(path, "PRAGMA user_version = 7")
    with pytest.raises(StorageError, match="has format 7, and this release of parzen knows formats up to 1"):
        SqliteStore(path, read_only)


def test_a_damaged_file_is_named(store, path):
    store.append("s", [e.Noted(0.0, {"text": "x" * 50_000})])
    store.close()
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match="is damaged"):
        SqliteStore(path).read("s", 0)


def test_a_damaged_event_is_named(store, path):
    connection = sqlite3.connect(path)
    connection.execute("UPDATE event SET data = '{'")
    connection.commit()
    connection.close()
    with pytest.raises(StorageError, match="an event of study 's' is no JSON"):
        store.read("s", 0)


def test_a_full_disk_is_named_and_what_was_written_stays(store):
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageError, match="the disk is full"):
        store.append("s", [e.Noted(0.0, {"text": "x" * 100_000})])
    assert store.read("s", 0) == [e.Opened(0.0, 0)]
    store._connection.execute("PRAGMA max_page_count = 100000")
    assert store.append("s", [e.Noted(0.0, {"text": "x" * 100_000})]) == 2


# Network file systems.


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "lustre"])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_network_file_system_is_refused(store, path, kind, read_only):
    store.close()
    with pytest.raises(StorageError, match=rf"lies on a network file system \({kind}\)") as caught:
        SqliteStore(path, read_only, file_system=lambda place: kind)
    assert ".jsonl" in caught.value.hint
    assert "postgresql://" in caught.value.hint
    assert os.listdir(path.parent) == ["study.db"]


def test_a_local_file_system_is_known_here(tmp_path):
    assert mounts.file_system(str(tmp_path)) not in mounts.SHARED


LINUX = r"""
22 28 0:20 / /proc rw - proc proc rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 28 0:40 / /home rw - nfs4 server:/home rw,vers=4.2
31 28 0:41 / /home/me/fast rw shared:7 master:1 - xfs /dev/vdb rw
32 28 0:42 / /mnt/c rw - 9p C:\134 rw,aname=drvfs
33 28 0:43 / /mnt/two\040words rw - cifs //server/share rw
34 28 0:44 / /over rw - ext4 /dev/vdc rw
35 28 0:45 / /over rw - fuse.sshfs me@host: rw
36 28 0:46 / /var/lib/docker/merged rw - overlay overlay rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/tmp/a.db", "ext4"),
        ("/home/me/a.db", "nfs4"),
        ("/homes/me/a.db", "ext4"),
        ("/home/me/fast/a.db", "xfs"),
        ("/mnt/c/Users/a.db", "9p"),
        ("/mnt/two words/a.db", "cifs"),
        ("/over/a.db", "fuse.sshfs"),
        ("/var/lib/docker/merged/a.db", "overlay"),
    ],
)
def test_linux_tells_the_file_system_of_a_path(path, kind):
    assert mounts.type_of(path, mounts.read_mountinfo(LINUX)) == kind


def test_a_sandbox_whose_root_is_9p_is_one_machine():
    mounts_ = mounts.read_mountinfo("1 0 0:1 / / rw - 9p none rw\n2 1 0:2 / /data rw - 9p none rw")
    assert mounts.type_of("/data/a.db", mounts_) == ""


def test_macos_tells_the_file_system_of_a_path():
    shown = "/dev/disk3s1 on / (apfs, local)\n//me@host/my share on /Volumes/my share (smbfs, nodev)\n"
    found = mounts.read_mount(shown)
    assert mounts.type_of("/Volumes/my share/a.db", found) == "smbfs"
    assert mounts.type_of("/Users/me/a.db", found) == "apfs"
