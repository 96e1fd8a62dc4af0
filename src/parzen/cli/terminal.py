"""What goes to the terminal: tables that fit, colours where they are wanted, JSON documents.

stdout is for data, stderr for messages. Piped output is plain and never cut.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence
from typing import Any, TextIO

from parzen import wording

GLYPHS = {"done": "✓", "failed": "✗", "pruned": "✂", "running": "◐", "open": "○", "lost": "✗"}
_COLORS = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
}
_OF_STATE = {"done": "green", "failed": "red", "lost": "red", "pruned": "yellow"}
DOTS = "…"
_GAP = "  "
_LEAST = 8  # of a column that is cut


def colored(stream: TextIO) -> bool:
    """Whether a stream takes colours.

    Args:
        stream: stdout or stderr.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, color: str | None, stream: TextIO | None = None) -> str:
    """Text in a colour, where the stream takes any.

    Args:
        text: One line.
        color: ``"bold"``, ``"dim"``, ``"red"``, ``"green"`` or ``"yellow"``; None leaves it.
        stream: Left out, stdout.
    """
    if color is None or not text or not colored(stream or sys.stdout):
        return text
    return f"\x1b[{_COLORS[color]}m{text}\x1b[0m"


def state(word: str) -> str:
    """A trial's state with its glyph.

    Args:
        word: As ``"done"``.
    """
    glyph = GLYPHS.get(word, " ")
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        glyph.encode(encoding)
    except UnicodeEncodeError:
        return word
    return f"{glyph} {word}"


def width() -> int | None:
    """Columns of the terminal; None where stdout is none, and nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: str = "") -> str:
    """Rows below their heads, aligned; on a terminal the longest columns are cut until they fit.

    Args:
        heads: Of the columns.
        rows: A text for each column.
        right: The heads of columns that are aligned to the right, separated by spaces.
    """
    heads, rows = list(heads), [list(row) for row in rows]
    widths = [max(wording.cells(row[i]) for row in [heads, *rows]) for i in range(len(heads))]
    kept = fit(widths, width())
    if kept < len(heads):
        message(f"left out, since the terminal is narrow: {', '.join(heads[kept:])}")
        heads, rows, widths = heads[:kept], [row[:kept] for row in rows], widths[:kept]
    numbers = set(right.split())
    lines = []
    for k, row in enumerate([heads, *rows]):
        cells = []
        for head, text, wide in zip(heads, row, widths):
            short = cut(text, wide)
            room = " " * (wide - wording.cells(short))
            cell = room + short if head in numbers else short + room
            cells.append(cell if k else paint(cell, "bold"))
            word = text.split()[-1] if head == "state" and text else ""
            if k and word in _OF_STATE:
                cells[-1] = paint(cell, _OF_STATE[word])
        lines.append(_GAP.join(cells).rstrip())
    return "\n".join(lines)


def fit(widths: list[int], most: int | None) -> int:
    """Make columns narrower until they fit, the widest first and the first column last.

    Args:
        widths: Changed in place.
        most: Columns of the terminal, or None.

    Returns:
        How many of the columns fit in.
    """
    kept = len(widths)
    if most is None:
        return kept

    def over() -> bool:
        return sum(widths[:kept]) + len(_GAP) * (kept - 1) > most

    while over():
        widest = max(range(1, kept), key=widths.__getitem__, default=0)
        if widths[widest] <= _LEAST:
            if kept <= 2 or widths[0] > 2 * _LEAST:
                widest = 0
            else:
                kept -= 1
                continue
        if widths[widest] <= _LEAST:
            break
        widths[widest] -= 1
    return kept


def wrapped(text: str, at_most: int = 100) -> str:
    """A paragraph in lines that fit the terminal.

    Args:
        text: Prose.
        at_most: Columns, also where the terminal has more.
    """
    wide = min(width() or at_most, at_most)
    return "\n".join(textwrap.wrap(text, wide, break_long_words=False, break_on_hyphens=False))


def cut(text: str, most: int) -> str:
    """Text of one line in at most so many columns; an ellipsis shows that there were more.

    Args:
        text: Any; ends of lines become spaces.
        most: At least 1.
    """
    return wording.cut(" ".join(text.split()) if "\n" in text else text, most)


def fitted(text: str) -> str:
    """A line that is cut at the terminal's width, where there is one.

    Args:
        text: One line.
    """
    wide = width()
    return text if wide is None else cut(text, wide)


def number(value: Any) -> str:
    """A number with 5 digits that count, as people read it; other things as they are.

    Args:
        value: Any; None is a dash.
    """
    if value is None:
        return "-"
    return wording.number(value) if isinstance(value, float) else str(value)


def so_far(ended: int, end: int | None) -> str:
    """How many trials have ended, and of how many.

    Args:
        ended: Trials that have ended.
        end: How many there are to be in all; None without an end.

    >>> so_far(3, 4), so_far(6, 4), so_far(3, None)
    ('3 of 4 trials', '6 trials where 4 were asked for', '3 trials')
    """
    if end is None:
        return f"{ended} trials"
    return f"{ended} of {end} trials" if ended <= end else f"{ended} trials where {end} were asked for"


def duration(seconds: float | None) -> str:
    """A time span, as ``0.9 s`` or ``1:02:03``.

    Args:
        seconds: None or NaN is a dash.
    """
    if seconds is None or not math.isfinite(seconds):
        return "-"
    return wording.seconds(seconds)


def ago(moment: float | None) -> str:
    """How long ago a moment was, as ``3 min ago``.

    Args:
        moment: Seconds since 1970; None or NaN is a dash.
    """
    if moment is None or not math.isfinite(moment):
        return "-"
    seconds = max(0.0, time.time() - moment)
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {word} ago"
    return f"{seconds:.0f} s ago"


def document(name: str, parts: dict[str, Any]) -> None:
    """Print one JSON document that says which it is.

    Args:
        name: As ``best``: its schema is ``parzen/best/1``.
        parts: Its keys; numbers that JSON has not are null, and a ``reason`` beside them says why.
    """
    whole = {"schema": f"parzen/{name}/1", **clean(parts)}
    print(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))


def clean(record: dict[str, Any]) -> dict[str, Any]:
    """A record with null in place of NaN and infinities, and a ``reason`` that names them.

    Lists of records are cleaned one by one, so that each has its own reason.

    Args:
        record: Plain values.

    >>> clean({"loss": float("nan"), "trials": [{"x": 1.0}]})
    {'loss': None, 'trials': [{'x': 1.0}], 'reason': 'loss is NaN'}
    """
    found: list[str] = []
    cleaned = {key: _clean(value, key, found) for key, value in record.items()}
    if found and not cleaned.get("reason"):
        cleaned["reason"] = "; ".join(found)
    return cleaned


def _clean(value: Any, path: str, found: list[str]) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        found.append(f"{path} is {wording.not_finite(value)}")
        return None
    if isinstance(value, dict):
        return {key: _clean(item, f"{path}.{key}", found) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, dict) for item in value):
            return [clean(item) for item in value]
        return [_clean(item, f"{path}[{i}]", found) for i, item in enumerate(value)]
    return value


def message(text: str, quiet: bool = False) -> None:
    """A line for people, on stderr.

    Args:
        text: One or more lines.
        quiet: Whether to say nothing.
    """
    if not quiet:
        print(text, file=sys.stderr)
