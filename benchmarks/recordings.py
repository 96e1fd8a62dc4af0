"""What a search shows: programs run in a pseudo-terminal or a pipe, and what a reader then sees.

    python -m benchmarks.recordings [--to docs/recordings] [NAME ...]

Each program in `PROGRAMS` is run once; what it wrote goes through a terminal
emulator (pyte), so that a file holds the screen and what scrolled off it, and
no control codes. Times differ from run to run, and so do the files.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyte

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "docs" / "recordings"
PATIENCE = 60.0  # seconds that a program may take


@dataclass
class Recorded:
    """What a program wrote to a terminal.

    Attributes:
        code: Its exit code.
        written: Everything, control codes included.
        screen: The emulator's, with what scrolled off in `history.top`.
        out: What went to stdout where that was piped.
    """

    code: int
    written: str
    screen: pyte.HistoryScreen
    out: str = ""
    moments: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """All that can be read at the end, scrolled-off lines first, without blank lines at the end."""
        return text_of(self.screen)


def text_of(screen: pyte.HistoryScreen) -> list[str]:
    """The lines of a screen, scrolled-off ones first."""
    top = ["".join(row[x].data for x in range(screen.columns)).rstrip() for row in screen.history.top]
    return "\n".join([*top, *(line.rstrip() for line in screen.display)]).rstrip().split("\n")


class Terminal:
    """A program in a pseudo-terminal.

    Args:
        code: Python.
        columns: Of the terminal.
        rows: Of the terminal.
        folder: Where it runs.
        arguments: In place of ``python -c code``.
        out: Whether stdout is the terminal too; else it is a pipe.
        environment: More variables; None takes one away.
    """

    def __init__(
        self,
        code: str = "",
        columns: int = 80,
        rows: int = 24,
        *,
        folder: str | Path | None = None,
        arguments: Sequence[str] = (),
        out: bool = True,
        environment: dict[str, str | None] | None = None,
    ) -> None:
        self.master, slave = pty.openpty()
        self.screen = pyte.HistoryScreen(columns, rows, history=5000)
        self._stream = pyte.ByteStream(self.screen)
        self.written = b""
        self.moments: list[str] = []
        self._resize(slave, columns, rows)
        merged: dict[str, str | None] = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "src"), str(REPOSITORY / "shim" / "src")]),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PARZEN_PROGRESS": None,
            "NO_COLOR": None,
            "COLUMNS": None,
            **(environment or {}),
        }
        self.process = subprocess.Popen(
            list(arguments) or [sys.executable, "-c", code],
            stdin=slave,
            stdout=slave if out else subprocess.PIPE,
            stderr=slave,
            cwd=folder,
            env={name: value for name, value in merged.items() if value is not None},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # so that Ctrl-C reaches it
        )
        os.close(slave)

    def _resize(self, fd: int, columns: int, rows: int) -> None:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._resize(self.master, columns, rows)
        self.screen.resize(rows, columns)

    def press(self, keys: str) -> None:
        """Type something; ``\\x03`` is Ctrl-C."""
        os.write(self.master, keys.encode())

    def until(self, there: Callable[[list[str]], bool] | str) -> list[str]:
        """Run on until the screen fulfils something.

        Args:
            there: Called with the lines of the screen; or a text that one of them holds.
        """
        found = (lambda lines: any(there in line for line in lines)) if isinstance(there, str) else there
        deadline = time.monotonic() + PATIENCE
        while not found(text_of(self.screen)):
            if time.monotonic() > deadline or not self._read(0.1):
                raise AssertionError("it never came to that:\n" + "\n".join(text_of(self.screen)))
        return text_of(self.screen)

    def _read(self, seconds: float) -> bool:
        """Take in what there is; False once the program has ended and all is read."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self.master, 1 << 16)
        except OSError:  # on Linux the end of a pseudo-terminal is an error
            return False
        if not data:
            return False
        self.written += data
        self._stream.feed(data)
        return True

    def finish(self) -> Recorded:
        """Let it run to its end."""
        deadline = time.monotonic() + PATIENCE
        while self._read(0.1):
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError("it never ended:\n" + "\n".join(text_of(self.screen)))
        code = self.process.wait(timeout=PATIENCE)
        out = "" if self.process.stdout is None else self.process.stdout.read().decode()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self.master)
        return Recorded(code, self.written.decode("utf-8", "replace"), self.screen, out)
