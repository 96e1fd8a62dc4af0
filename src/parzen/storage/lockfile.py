"""A lock between processes that also works on network file systems.

Two ways, in this order. POSIX record locks (`fcntl.lockf`): the kernel, or the
server of NFS 3 and 4, frees them when their process dies. Where the system or
the server has none: a second file beside the first, made with
``O_CREAT | O_EXCL``, which every file system makes only once. It has to be
taken away from a process that died with it: after `STALE` seconds, by a rename
that only one can do. A process that was stopped for so long while it held the
lock would not know; locks here are held for milliseconds.

Record locks belong to processes, not to threads or file objects, so that in
one process a `Guard` for each path excludes threads and other objects, and
nothing else opens the lock file: closing it would free the lock.
"""

from __future__ import annotations

import contextlib
import errno
import os
import weakref
from collections.abc import Iterator

from parzen.errors import StorageError
from parzen.storage import files

try:
    import fcntl
except ImportError:  # Windows: no record locks, so always the second way
    fcntl = None  # type: ignore[assignment]

STALE = 20.0

_NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}  # no locks to be had here
_HELD = {errno.EACCES, errno.EAGAIN}  # somebody has it
_guards: weakref.WeakValueDictionary[str, files.Guard] = weakref.WeakValueDictionary()


class FileLock:
    """Excludes other processes, other threads and other objects from a file.

    Args:
        path: The file that is guarded, absolute and without links; the lock is `path` + ``.lock``.
        patience: Seconds to wait for it.
    """

    def __init__(self, path: str, patience: float) -> None:
        self.path = path
        self.patience = patience
        self._file = f"{path}.lock"
        with files.registering:
            self._guard = _guards.get(path) or files.Guard(0)
            _guards[path] = self._guard

    @contextlib.contextmanager
    def held(self) -> Iterator[float]:
        """Hold it; gives the time by the clock of the file system, which is that of its server.

        Raises:
            StorageError: If others held it all the time.
        """
        patience = files.Patience(self.patience)
        if not self._guard.lock.acquire(timeout=self.patience):
            raise files.locked(self.path, self.patience)
        try:
            file = self._record_lock(patience)
            if file is not None:
                try:
                    yield _now(file)
                finally:
                    os.close(file)  # frees the lock
            else:
                mark = self._exclusive_file(patience)
                try:
                    yield os.stat(mark).st_mtime
                finally:
                    with contextlib.suppress(OSError):
                        os.unlink(mark)
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(
                f"{self.path!r} cannot be used: {error.strerror or error}", path=self.path
            ) from error
        finally:
            self._guard.lock.release()

    def _record_lock(self, patience: files.Patience) -> int | None:
        """An open, locked file; None where there are no record locks."""
        if fcntl is None:
            return None
        while True:
            file = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _same(file, self._file):  # nobody has tidied it away meanwhile
                    return file
            except OSError as error:
                if error.errno in _NONE:
                    os.close(file)
                    return None
                if error.errno not in _HELD:
                    os.close(file)
                    raise
            except BaseException:
                os.close(file)
                raise
            os.close(file)
            if not patience.wait():
                raise files.locked(self.path, self.patience)

    def _exclusive_file(self, patience: files.Patience) -> str:
        """The name of a file that this call has made."""
        mark = f"{self._file}.held"
        while True:
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
                return mark
            except FileExistsError:
                self._drop_if_stale(mark)
            if not patience.wait():
                raise files.locked(self.path, self.patience)

    def _drop_if_stale(self, mark: str) -> None:
        aside = f"{mark}.{os.getpid()}"
        with contextlib.suppress(OSError):
            seen = os.stat(mark)
            # The file system's own time, from a file made now: clocks of machines differ.
            with open(aside, "wb") as file:
                now = os.fstat(file.fileno()).st_mtime
            if now - seen.st_mtime > STALE:
                os.replace(mark, aside)
                found = os.stat(aside)
                if (found.st_ino, found.st_mtime) != (seen.st_ino, seen.st_mtime):
                    os.link(aside, mark)  # another process was faster, and a third holds it: put it back
        with contextlib.suppress(OSError):
            os.unlink(aside)


def _now(file: int) -> float:
    os.utime(file)
    return os.fstat(file).st_mtime


def _same(file: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False
