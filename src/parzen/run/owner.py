"""Who evaluates a trial: a name for this process that tells whether it still lives.

The name is host, boot, PID namespace, PID and start time of the process, and
a number that tells studies in one process apart. In the same namespace a
process is known to be alive or dead; elsewhere nobody knows, and leases decide.
"""

from __future__ import annotations

import itertools
import os
import platform
from functools import cache
from pathlib import Path

_count = itertools.count()


def identity() -> str:
    """A new name for somebody in this process."""
    place, pid, start = _here(os.getpid())
    return f"{place} {pid} {start} {next(_count)}"


def mine(owner: str) -> bool:
    """Whether a name is of somebody in this very process."""
    place, pid, start = _here(os.getpid())
    return owner.split(" ")[:3] == [place, str(pid), start]


def alive(owner: str) -> bool | None:
    """Whether the process behind a name lives; None where that cannot be known from here.

    Args:
        owner: What `identity` gave somewhere.
    """
    place, pid, start = _here(os.getpid())
    parts = owner.split(" ")
    if len(parts) != 4 or parts[0] != place:
        return None
    if parts[1:3] == [str(pid), start]:
        return True
    return _start(int(parts[1])) == parts[2]


@cache
def _here(pid: int) -> tuple[str, int, str]:
    """Place, PID and start time of this process; kept for each PID, so that a fork finds its own."""
    host = (platform.node() or "host").replace(" ", "-")
    return f"{host}/{_boot()}/{_namespace()}", pid, _start(pid)


def _boot() -> str:
    """Names the time since the machine was started: PIDs mean nothing beyond it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return "-"


def _namespace() -> str:
    try:
        return os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        return "-"


def _start(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty if there is none, or only its ghost."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except OSError:
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:  # no /proc: a PID that was given to another process in between passes for the old one
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        pass
    return "-"
