"""What stores must do that others open as well: other objects, other processes, after a restart."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from parzen.errors import StorageError, Taken
from parzen.history.events import Event, Noted, Opened
from parzen.storage.base import Store, open_store

_PATIENCE = 60  # seconds for a process to start and do little; far more than it takes

# What another process does: it waits for a line, then opens trials as fast as it can.
_WRITER = """
import sys
from parzen.errors import Taken
from parzen.history.events import Noted, Opened
from parzen.storage.base import open_store

store = open_store(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
number = won = 0
while won < int(sys.argv[3]):
    try:
        store.append("race", [Opened(0.0, number, sys.argv[2]), Noted(0.0, {"by": sys.argv[2]})])
        won += 1
    except Taken:
        pass
    number += 1
store.close()
"""


class DurableFacts:
    """The part of `StoreContract` that is about other objects, processes and restarts.

    Attributes:
        durable: Whether a second store in the same folder sees the first one's data. Its `url`
            then opens it in another process.
    """

    durable: ClassVar[bool] = False

    def open(self, folder: Path) -> Store:
        """A store that keeps its data in `folder`, if it keeps any."""
        raise NotImplementedError

    def open_read_only(self, folder: Path) -> Store:
        """A durable store that looks at the data in `folder` and cannot write."""
        with contextlib.closing(self.open(folder)) as store:
            return open_store(store.url, read_only=True)

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        """A new, empty store in `tmp_path`."""
        with contextlib.closing(self.open(tmp_path)) as store:
            yield store

    def test_another_store_on_the_same_place_sees_everything(self, store: Store, tmp_path: Path) -> None:
        """What is durable is there for others, and after a restart."""
        if not self.durable:
            return
        store.append("s", [Opened(0.0, 0), Noted(0.0, {})])
        store.put("a", b"data")
        assert store.hold("s", 0, 1, "me", 3600.0)
        for other in (self.open(tmp_path), open_store(store.url)):
            with contextlib.closing(other):
                assert other.read("s", 0) == store.read("s", 0)
                assert other.get("a") == b"data"
                assert not other.hold("s", 0, 1, "you", 3600.0)
                with pytest.raises(Taken):
                    other.append("s", [Opened(1.0, 0)])

    def test_processes_never_open_one_number(self, store: Store) -> None:
        """Two race; a reader meanwhile never sees a gap, a double, or half a batch."""
        if not self.durable:
            return
        each = 100
        store.append("race", [Noted(0.0, {})])  # a database is made once, and not under a race
        writers = [_start(_WRITER, store.url, name, str(each)) for name in ("one", "two")]
        try:
            for writer in writers:
                assert writer.stdout is not None
                assert writer.stdout.readline() == "ready\n"
            for writer in writers:
                assert writer.stdin is not None
                writer.stdin.write("go\n")
                writer.stdin.flush()
            running = True
            while running:
                running = any(writer.poll() is None for writer in writers)
                _check_race(store.read("race", 1))
            for writer in writers:
                assert writer.wait(_PATIENCE) == 0
        finally:
            _end(writers)
        log = store.read("race", 1)
        assert len(log) == 4 * each
        assert [event.number for event in log if isinstance(event, Opened)] == list(range(2 * each))
        assert [event.note["by"] for event in log if isinstance(event, Noted)].count("one") == each

    def test_a_forked_child_may_go_on(self, store: Store) -> None:
        """With the very object that its parent had used, also after the parent has closed it."""
        if not self.durable or not hasattr(os, "fork"):
            return
        store.append("s", [Opened(0.0, 0)])
        told, tell = os.pipe()
        with warnings.catch_warnings():
            # Drivers have threads of their own, which newer Pythons warn about.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            status = 1
            with contextlib.suppress(BaseException):
                warnings.simplefilter("ignore")
                store.append("s", [Opened(0.0, 1)])
                os.read(told, 1)
                store.append("s", [Opened(0.0, 2)])
                status = 0
            os._exit(status)
        store.append("s", [Noted(0.0, {"by": "parent"})])
        store.close()
        os.write(tell, b"!")
        _, status = os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
        assert status == 0
        log = store.read("s", 0)
        assert sorted(event.number for event in log if isinstance(event, Opened)) == [0, 1, 2]
        assert len(log) == 4

    def test_a_read_only_store_sees_and_never_writes(self, store: Store, tmp_path: Path) -> None:
        """It follows what others write."""
        if not self.durable:
            return
        store.append("s", [Opened(0.0, 0)])
        store.put("a", b"data")
        with contextlib.closing(self.open_read_only(tmp_path)) as looking:
            for number in range(1, 4):
                assert looking.read("s", 0) == store.read("s", 0)
                assert looking.studies() == ["s"]
                assert looking.get("a") == b"data"
                with pytest.raises(StorageError, match="read-only"):
                    looking.append("s", [Opened(0.0, number)])
                with pytest.raises(StorageError, match="read-only"):
                    looking.put("a", b"other")
                with pytest.raises(StorageError, match="read-only"):
                    looking.hold("s", 0, 1, "me", 1.0)
                assert store.append("s", [Opened(0.0, number)]) == number + 1
        assert store.get("a") == b"data"


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        process.kill()
        process.communicate(timeout=_PATIENCE)


def _check_race(log: list[Event]) -> None:
    opened = [event.number for event in log if isinstance(event, Opened)]
    assert opened == list(range(len(opened)))
    assert [type(event) for event in log] == [Opened, Noted] * len(opened)
