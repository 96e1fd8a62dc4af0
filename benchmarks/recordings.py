"""What a search shows: a program run in pseudo-terminals and a pipe, and what its reader then sees.

    python -m benchmarks.recordings [--to docs/recordings] [NAME ...]

What is written to a terminal goes through an emulator (pyte), so a file holds
what stands on the screen and what has scrolled off it, without control codes.
The files are shown on `docs/console.md`, which is brought up to date. Times
differ from run to run.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyte

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER = REPOSITORY / "docs" / "recordings"
PAGE = REPOSITORY / "docs" / "console.md"
PATIENCE = 60.0  # seconds that a program may take

TRAIN = """\
import math
import time

from parzen import fmin, hp

space = {
    "model": hp.choice("model", [
        {"kind": "svm", "C": hp.float(1e-3, 1e3, log=True, label="C"),
         "kernel": hp.choice("kernel", ["linear", "rbf", "poly"])},
        {"kind": "boosting", "depth": hp.int(1, 12, label="depth"),
         "rate": hp.float(1e-3, 1, log=True, label="rate")},
    ]),
    "dropout": hp.float(0, 0.5),
}


def objective(params):
    model = params["model"]
    time.sleep(0.12)
    if model["kind"] == "boosting" and model["depth"] > 9:
        raise MemoryError("the trees take 9.1 GB")
    away = abs(math.log10(model.get("C", 1)) - 0.3) if "C" in model else 1 + model["rate"]
    return 0.02 + 0.1 * away + 0.05 * params["dropout"]


if __name__ == "__main__":
    print("reading the data")
    best = fmin(objective, space, max_evals=40, trials="train.db", seed=5, on_error="continue")
    print("best loss:", round(best.loss, 4), best.params["model"])
"""


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

    def press(self, keys: str, echo: bool = True) -> None:
        """Type something; ``\\x03`` is Ctrl-C.

        Args:
            keys: What.
            echo: Whether the terminal shows it where the cursor is.
        """
        attributes = termios.tcgetattr(self.master)
        attributes[3] = attributes[3] | termios.ECHO if echo else attributes[3] & ~termios.ECHO
        termios.tcsetattr(self.master, termios.TCSANOW, attributes)
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


def terminal(folder: Path, columns: int = 80) -> str:
    """A run from beginning to end, with a look at the live lines in the middle."""
    running = Terminal(columns=columns, folder=folder, arguments=[sys.executable, "train.py"])
    middle = running.until(lambda lines: any(re.search(r" 2[5-9]/40", line) for line in lines))
    return shown("$ python train.py", middle) + "\n\nand at its end\n\n" + shown("", running.finish().lines)


def narrow(folder: Path) -> str:
    """The same in 40 columns."""
    return terminal(folder, columns=40)


def piped(folder: Path) -> str:
    """Both streams in a file."""
    command = [sys.executable, "train.py"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "PYTHONUNBUFFERED": "1"}
    environment.pop("PARZEN_PROGRESS", None)
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return shown("$ python train.py > log.txt 2>&1; cat log.txt", done.stdout.splitlines())


def interrupted(folder: Path) -> str:
    """Ctrl-C in the middle of a study in a file."""
    running = Terminal(folder=folder, arguments=[sys.executable, "train.py"])
    running.until(lambda lines: any(re.search(r" 1[2-9]/40", line) for line in lines))
    running.press("\x03")
    return shown("$ python train.py", running.finish().lines)


PROGRAMS: dict[str, Callable[[Path], str]] = {
    "terminal": terminal,
    "narrow": narrow,
    "piped": piped,
    "interrupted": interrupted,
}


def shown(command: str, lines: Sequence[str]) -> str:
    """What a reader sees, below the command."""
    return "\n".join([*([command] if command else []), *lines])


def put_in(page: str, name: str, text: str) -> str:
    """A page with the block below ``<!-- recording: NAME -->`` replaced.

    Args:
        page: Markdown.
        name: Of the recording.
        text: What it holds.
    """
    found = re.compile(rf"(<!-- recording: {name} -->\n\n```text\n)(?:(?!```).*\n)*(```\n)")
    if not found.search(page):
        raise SystemExit(f"the page has no block for the recording {name!r}")
    return found.sub(lambda block: block[1] + text + "\n" + block[2], page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Record, write the files, and bring the page up to date."""
    parser = argparse.ArgumentParser(description="Record what searches show.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PROGRAMS)}; left out, all")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder for the files")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(PROGRAMS)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(PROGRAMS)}")
    options.to.mkdir(parents=True, exist_ok=True)
    page = PAGE.read_text(encoding="utf-8")
    for name in options.names or PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "train.py").write_text(TRAIN, encoding="utf-8")
            text = PROGRAMS[name](Path(folder))
        (options.to / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
        page = put_in(page, name, text)
        print(f"recorded {name}")
    if options.to.resolve() == FOLDER:
        PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
