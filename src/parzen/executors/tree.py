"""All processes of a trial: find them, add up their memory, end them.

A trial may start processes, and these may start others, leave the session and
outlive whoever started them. Three signs tell that a process belongs to it: its
parent does, it is in the session of the trial's first process, or its
environment holds the trial's token, which children inherit.

Tokens nest: an executor's is ``R``, its third child's ``R/3``, and a search
inside that child's trial uses ``R/3/S``. Whatever is below a token belongs to it.

This file is also a program: the guard, a small process that sleeps until the
search's process is gone, however it went, and then ends what that left behind.
It is started by its path, so it imports the standard library only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterable
from typing import NamedTuple

VARIABLE = "PARZEN_TRIAL_TREE"
PATIENCE = 5.0  # seconds to wait for killed processes to be gone; longer only in the kernel's own waits
QUIET = 3  # times that nothing must be found: one look can miss a process that is forking
HAS_PROC = os.path.exists("/proc/self/environ")
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


class _Process(NamedTuple):
    parent: int
    group: int
    session: int
    rss: int


class Snapshot:
    """The processes of this machine at one moment. Linux only."""

    def __init__(self) -> None:
        self.table: dict[int, _Process] = {}
        self._environments: dict[int, bytes] = {}
        for name in os.listdir("/proc"):
            if name.isdigit() and (found := _read_process(name)) is not None:
                self.table[int(name)] = found
        self._children: dict[int, list[int]] = {}
        for pid, process in self.table.items():
            self._children.setdefault(process.parent, []).append(pid)

    def below(self, token: str, roots: Iterable[int] = ()) -> set[int]:
        """The living processes of a tree, this one excepted.

        Args:
            token: What their environment holds; they may hold more, after a slash.
            roots: First processes: each leads a session of its own.
        """
        marks = _marks(token)
        sessions = set(roots)
        found: set[int] = set()
        for pid, process in self.table.items():
            by_session = process.session in sessions or process.group in sessions
            if by_session or _has(marks, self._environment(pid)):
                found.add(pid)
        queue = list(found)
        while queue:
            for child in self._children.get(queue.pop(), ()):
                if child not in found:
                    found.add(child)
                    queue.append(child)
        return found - {os.getpid()}

    def memory(self, pids: Iterable[int], more_than: int) -> int | None:
        """Bytes that some processes hold together, if that is more than a limit.

        Args:
            pids: Of this snapshot.
            more_than: The limit.
        """
        pids = list(pids)
        # What processes share counts in each of them, so this is an upper bound.
        # Shares are only added up where it matters: that walks through page tables.
        most = sum(self.table[pid].rss for pid in pids)
        if most <= more_than:
            return None
        if len(pids) > 1:
            most = sum(_proportional(pid, self.table[pid].rss) for pid in pids)
        return most if most > more_than else None

    def _environment(self, pid: int) -> bytes:
        found = self._environments.get(pid)
        if found is None:
            found = self._environments[pid] = _read(f"/proc/{pid}/environ")
        return found


def _marks(token: str) -> list[bytes]:
    return [f"\0{VARIABLE}={token}{end}".encode() for end in ("\0", "/")]


def _has(marks: list[bytes], environment: bytes) -> bool:
    whole = b"\0" + environment + b"\0"
    return any(mark in whole for mark in marks)


def _read(path: str) -> bytes:
    """A file's bytes; none if it is gone or another user's."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read()
    except OSError:
        return b""


def _read_process(name: str) -> _Process | None:
    """A living process's line, or None: a zombie is gone, but for its exit status."""
    line = _read(f"/proc/{name}/stat")
    fields = line[line.rfind(b")") + 2 :].split()  # the name before it may hold anything
    if len(fields) < 22 or fields[0] in (b"Z", b"X"):
        return None
    return _Process(int(fields[1]), int(fields[2]), int(fields[3]), int(fields[21]) * _PAGE)


def resident(pid: int) -> int:
    """Bytes that one process holds; 0 if it is gone. A cheap look, where a `Snapshot` is a dear one.

    Args:
        pid: The process.
    """
    process = _read_process(str(pid))
    return 0 if process is None else process.rss


def _proportional(pid: int, otherwise: int) -> int:
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) * 1024
    return otherwise


def end(token: str, roots: Iterable[int] = (), thorough: bool = True) -> bool:
    """Kill a tree, and again until none of it is left.

    Args:
        token: As in `Snapshot.below`.
        roots: As there.
        thorough: Whether processes may be forking at this moment: then one look is not enough.

    Returns:
        Whether all are gone.
    """
    roots = list(roots)
    if not HAS_PROC:
        for root in roots:
            with contextlib.suppress(OSError):
                os.killpg(root, signal.SIGKILL)
        return True
    stop = time.monotonic() + PATIENCE
    pause, quiet = 0.001, 0
    while time.monotonic() < stop:
        # Whoever is stopped forks no more. Nobody is killed before all are stopped,
        # for a dead parent hides its children.
        found: set[int] = set()
        while time.monotonic() < stop:
            if thorough:
                _stop_at_sight(token, roots)
            new = Snapshot().below(token, roots) - found
            if not new:
                break
            _signal(new, signal.SIGSTOP)
            found |= new
        if found:
            quiet = 0
            _signal(found, signal.SIGKILL)
            time.sleep(pause)  # a killed process takes a while to give its memory back
            pause = min(2 * pause, 0.05)
        elif not thorough or (quiet := quiet + 1) == QUIET:
            return True
    return False


def _stop_at_sight(token: str, roots: Iterable[int]) -> None:
    """Stop what is plainly of a tree, each process as it is seen and the youngest first.

    One that forks and ends every other millisecond is gone when a list of all is made.
    """
    marks, sessions = _marks(token), set(roots)
    own = os.getpid()
    for pid in sorted((int(name) for name in os.listdir("/proc") if name.isdigit()), reverse=True):
        if _has(marks, _read(f"/proc/{pid}/environ")):
            seen = pid != own
        else:
            process = _read_process(str(pid)) if sessions else None
            seen = process is not None and process.session in sessions
        if seen:
            _signal((pid,), signal.SIGSTOP)


def _signal(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def guard(token: str, parent: int) -> None:
    """Sleep until a process is gone, then end what is below its token.

    On standard input come the numbers of first processes, and with a minus
    those that are gone, one a line; its end means that the process ended.

    Args:
        token: The executor's.
        parent: The process.
    """
    roots: set[int] = set()
    rest = b""
    # Asked once a second as well: a process that it forked may hold the pipe open.
    while os.getppid() == parent:
        if not select.select([0], [], [], 1.0)[0]:
            continue
        data = os.read(0, 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for number in map(int, lines):
            if number > 0:
                roots.add(number)
            else:
                roots.discard(-number)
    end(token, roots)


if __name__ == "__main__":
    guard(sys.argv[1], int(sys.argv[2]))
