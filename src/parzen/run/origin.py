"""Where a study was made: what is recorded once, at its creation."""

from __future__ import annotations

import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from parzen.history.events import Created
from parzen.space.space import Space


def created(name: str, space: Space, maximize: bool) -> Created:
    """The first event of a study, with versions, host, command and git commit.

    Args:
        name: The study's name.
        space: What is searched.
        maximize: Whether told values are to be made large.
    """
    versions = {"python": platform.python_version(), "numpy": np.__version__}
    for package in ("parzen", "scipy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return Created(
        time.time(),
        name,
        space.to_json(),
        space.fingerprint(),
        ["maximize" if maximize else "minimize"],
        versions,
        platform.node(),
        " ".join(sys.argv),
        _git_commit(Path.cwd()),
    )


def _git_commit(folder: Path) -> str | None:
    """The commit checked out in `folder`, read from git's files: no process is started."""
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        try:
            if git.is_file():  # a worktree
                git = (parent / git.read_text().partition("gitdir:")[2].strip()).resolve()
            if not git.is_dir():
                continue
            head = (git / "HEAD").read_text().strip()
            if not head.startswith("ref:"):
                return head
            reference = head.removeprefix("ref:").strip()
            common = git / "commondir"
            shared = (git / common.read_text().strip()).resolve() if common.is_file() else git
            if (shared / reference).is_file():
                return (shared / reference).read_text().strip()
            for line in (shared / "packed-refs").read_text().splitlines():
                if line.endswith(" " + reference):
                    return line.split()[0]
        except OSError:
            return None
        return None
    return None
