r"""A few live lines at the bottom of a terminal, and everybody else's text above them.

The cursor rests at the beginning of the first live line, or, while somebody's
line is unfinished, at its end, above them. So ``ESC[J`` removes the live lines,
whatever has become of the window's width meanwhile, and text that goes past us
(a program's that the objective started) lands where they were.

Text of the objective comes through `lift`: the stream objects stay what they
are, only their `write` and `flush` are stood in for. So prints, warnings, log
handlers and progress bars that took hold of a stream earlier come through
too. Each thread's text is passed on in whole lines, and the beginning of a
line when its thread flushes it, as a terminal does.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from parzen.run.pace import Pace
from parzen.run.wording import cells, marks_for

ERASE = "\r\x1b[J"
CODES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MOVES = re.compile(r"\x1b\[[0-9;]*[A-HJSTf]")
LINES_PER_SECOND = 100.0  # prints up to that rate have the live lines drawn again below each
SIZE = (80, 24)

Compose = Callable[[int, int], list[str]]  # columns and rows -> lines


class Screen:
    r"""Live lines on a stream.

    Args:
        stream: A terminal's; one that is none gets a single line, written over itself by ``\r``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.terminal = is_terminal(stream)
        self.marks = marks_for(getattr(stream, "encoding", None))
        self._compose: Compose | None = None
        self._drawn = 0  # cells of the line, where this is no terminal
        self._shown = False
        self._open: Any = None  # whose unfinished line the cursor stands in
        self._column: int | None = 0  # where in it; None if only the terminal knows
        self._lock = threading.RLock()
        self._busy = False
        self._waiting: list[str] = []
        self._often = Pace(2 * LINES_PER_SECOND, LINES_PER_SECOND)
        self._lifted: list[_Lifted] = []
        self._pid = os.getpid()
        self._child = False
        self.closed = False

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            found = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError, AttributeError):
            return SIZE
        return found.columns or SIZE[0], found.lines or SIZE[1]

    def draw(self, compose: Compose, soft: bool = False) -> None:
        """Show lines in place of those that are there.

        Args:
            compose: Makes them; called again where the width has changed.
            soft: Whether an objective may be in the middle of a line.
        """
        with self._turn() as mine:
            if not mine or self.closed:
                return
            self._compose = compose
            if self._open is not None and self._column is None:
                if soft or self._open[0] != threading.get_ident():
                    return
                self._put("\n")
                self._open = None
            self._paint()

    def say(self, text: str) -> None:
        """Write whole lines above.

        Args:
            text: Without the last line's end.
        """
        with self._turn() as mine:
            if not mine:  # a signal came in the middle of a drawing
                self._waiting.append(text)
                return
            self._say(text)

    def _say(self, text: str) -> None:
        self.uncover()
        text = self._encodable(text)
        if self._open is not None:
            text, self._open = "\n" + text, None
        self._put(text + "\n")
        if not self.closed:
            self._paint()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[bool]:
        """Keep other threads out; whether nothing of ours is going on further out in this one."""
        if os.getpid() != self._pid:
            self._after_fork()
        with self._lock:
            if self._busy:
                yield False
                return
            self._busy = True
            try:
                yield True
            finally:
                self._busy = False
                while self._waiting:
                    self._say(self._waiting.pop(0))

    def _after_fork(self) -> None:
        """In a child that was forked: another thread may hold the lock, and the lines are the parent's."""
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._busy, self._compose, self._child = False, None, True
        for lifted in self._lifted:
            lifted.forget()

    def _paint(self) -> None:
        if self._compose is None or (self._open is not None and self._column is None):
            return
        columns, rows = self.size()
        lines = [self._encodable(line) for line in self._compose(columns - 1, rows)]
        if self.terminal:
            begun = self._column or 0 if self._open is not None else 0
            if begun and begun % columns == 0:
                return  # at the edge, where terminals differ
            up = len(lines) - 1 + bool(begun)
            # What a line does not reach is erased, so nothing flickers.
            text = ("\r\n" if begun else "\r") + "\x1b[K\r\n".join(lines) + "\x1b[J\r"
            back = f"\x1b[{begun % columns}C" if begun else ""
            self._put(text + (f"\x1b[{up}A" if up else "") + back)
        else:
            line = lines[0] if lines else ""
            self._put("\r" + line + " " * (self._drawn - len(line)))
            self._drawn = len(line)
        self._shown = True

    def _encodable(self, text: str) -> str:
        encoding = getattr(self.stream, "encoding", None) or "ascii"
        return text.encode(encoding, "replace").decode(encoding, "replace")

    def uncover(self) -> None:
        """Take the lines away until they are drawn again; inside a turn only."""
        if self._shown or (self._child and self._open is None):
            erase = ERASE if self._open is None else ERASE.removeprefix("\r")
            self._put(erase if self.terminal else "\r" + " " * self._drawn + "\r")
            self._shown = False

    def _put(self, text: str) -> None:
        """Write to our own stream; a terminal that is gone must not end a search."""
        lifted = next((one for one in self._lifted if one.stream is self.stream), None)
        with contextlib.suppress(OSError, ValueError):
            if lifted is None:
                self.stream.write(text)
                self.stream.flush()
            else:
                lifted.write(text)
                lifted.flush()

    # Everybody else's text

    def lift(self, *streams: Any) -> None:
        """Let what is written to terminals appear above the live lines.

        Args:
            streams: Those that are no terminals are left alone.
        """
        for stream in dict.fromkeys(streams):
            if is_terminal(stream):
                with contextlib.suppress(AttributeError, TypeError):  # a stream that takes no attributes
                    self._lifted.append(_Lifted(self, stream))

    def emit(self, lifted: _Lifted, text: str) -> None:
        """Pass a thread's text on, above the live lines.

        Args:
            lifted: The stream it was written to.
            text: Whole lines, or what was flushed.
        """
        key = (threading.get_ident(), id(lifted))
        with self._turn() as mine:
            if not mine:  # a handler of a signal prints in the middle of a drawing
                lifted.write(text)
                return
            self.uncover()
            if self._open not in (None, key):
                lifted.write("\n")
            lifted.write(text)
            lifted.flush()
            self._follow(key, text)
            if not self.closed and self._often.may():
                self._paint()

    def _follow(self, key: Any, text: str) -> None:
        """Keep track of whose line is unfinished, and how far it has come."""
        tail = re.split(r"[\r\n]", text)[-1]
        before = self._column if self._open == key and tail == text else 0
        plain = CODES.sub("", tail)
        known = before is not None and plain.isprintable() and not MOVES.search(tail)
        self._column = (before or 0) + cells(plain) if known else None
        blank = before == 0 and known and not plain.strip()
        self._open = None if blank else key

    def close(self, last: str = "") -> None:
        """Remove the lines and give the streams back; the cursor is at the beginning of a line.

        Args:
            last: What stays on a stream that is no terminal, in place of the line.
        """
        with self._turn():
            if self.closed:
                return
            self.closed = True  # first: an interrupt from here on leaves streams that pass everything on
            for lifted in self._lifted:
                lifted.drain()
            self.uncover()
            if self._open is not None:
                self._put("\n")
                self._open = None
            if last:
                self._put(last + "\n")
            self._compose = None
            for lifted in self._lifted:
                lifted.restore()
            self._lifted.clear()


def is_terminal(stream: Any) -> bool:
    """Whether a stream is a terminal that understands where its cursor is sent."""
    if os.environ.get("TERM") == "dumb" or (os.name == "nt" and "WT_SESSION" not in os.environ):
        return False
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


class _Lifted:
    """A stream whose `write` and `flush` are stood in for while a screen is live.

    Args:
        screen: Shows what is written.
        stream: The stream.
    """

    def __init__(self, screen: Screen, stream: Any) -> None:
        self.screen, self.stream = screen, stream
        self.write: Callable[[str], Any] = stream.write
        self.flush: Callable[[], Any] = stream.flush
        self._own = {name: stream.__dict__.get(name) for name in ("write", "flush")}
        self._rests: dict[int, list[str]] = {}
        self._ours = (self._take, self._pass_on)  # kept: each access would make another object
        stream.write, stream.flush = self._ours

    def _take(self, text: str) -> Any:
        if self.screen.closed or not isinstance(text, str):
            return self.write(text)
        thread = threading.get_ident()
        if "\n" not in text and "\r" not in text:
            self._rests.setdefault(thread, []).append(text)
            return len(text)
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        pieces = [*self._rests.pop(thread, ()), text[:end]]
        if text[end:]:
            self._rests[thread] = [text[end:]]
        self.screen.emit(self, "".join(pieces))
        return len(text)

    def _pass_on(self) -> None:
        if self.screen.closed:
            self.flush()
            return
        pieces = self._rests.pop(threading.get_ident(), None)
        if pieces:
            self.screen.emit(self, "".join(pieces))

    def forget(self) -> None:
        """Drop what threads have begun to write."""
        self._rests.clear()

    def drain(self) -> None:
        """Pass on what threads have begun to write, each on a line of its own."""
        for thread in list(self._rests):
            text = "".join(self._rests.pop(thread, ()))
            if text:
                self.screen.uncover()
                self.write(text)
                self.write("\n")
                self.flush()

    def restore(self) -> None:
        """Give the stream back; if somebody has wrapped it meanwhile, what we leave passes everything on."""
        for name, ours in zip(("write", "flush"), self._ours):
            if self.stream.__dict__.get(name) is ours:
                if self._own[name] is None:
                    delattr(self.stream, name)
                else:
                    setattr(self.stream, name, self._own[name])
