"""Text for people: numbers, times, counts, and what is cut to a width. Pure, and knows no terminal.

Text of the user's (labels, options, messages) goes through `clean`, so that it
can hold no control code.
"""

from __future__ import annotations

import math
import re
import unicodedata

MORE = "…"  # where text was cut


def clean(text: str) -> str:
    r"""Text in one line without control codes.

    Args:
        text: Anything.

    >>> clean("two\nlines\x1b[2J")
    'two lines [2J'
    """
    if text.isprintable():
        return text
    return re.sub(" +", " ", "".join(c if c.isprintable() else " " for c in text)).strip()


def in_line(text: str) -> bool:
    """Whether a text has no white space but single spaces between words, so that a line can hold it as it is.

    Args:
        text: Any.
    """
    return " ".join(text.split()) == text


def cells(text: str) -> int:
    """How many columns of a terminal a clean text takes.

    Args:
        text: Without control codes.

    >>> cells("lr"), cells("学習率")
    (2, 6)
    """
    if text.isascii():
        return len(text)
    return sum(_cells_of(c) for c in text)


def _cells_of(c: str) -> int:
    if unicodedata.combining(c) or unicodedata.category(c) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(c) in "WF" else 1


def cut(text: str, width: int, more: str = MORE) -> str:
    """The beginning of a text, marked where something was left out.

    Args:
        text: Clean.
        width: The most columns.
        more: The mark.

    >>> cut("hidden_units", 8), cut("lr", 8)
    ('hidden_…', 'lr')
    """
    if cells(text) <= width:
        return text
    room, kept = width - cells(more), ""
    if room < 0:
        return more[: max(width, 0)]
    for c in text:
        room -= _cells_of(c)
        if room < 0:
            break
        kept += c
    return kept + more


def number(x: float, digits: int = 5) -> str:
    """A number as people read it.

    Args:
        x: Any number.
        digits: Significant ones.

    >>> number(0.0193017), number(123456.7), number(3.0), number(1e-12)
    ('0.019302', '123457', '3', '1e-12')
    """
    text = f"{x:.{digits}g}"
    if "e+" in text and abs(x) < 1e15:
        return f"{x:.0f}"
    return text


def not_finite(x: float) -> str:
    """What a number is called that JSON has not: ``NaN``, ``inf`` or ``-inf``.

    Args:
        x: NaN or infinite.
    """
    return "NaN" if math.isnan(x) else "inf" if x > 0 else "-inf"


def seconds(t: float) -> str:
    """How long something took.

    Args:
        t: Seconds.

    >>> [seconds(t) for t in (0.00012, 0.034, 1.23, 61, 4000, 200_000)]
    ['0.1 ms', '34 ms', '1.2 s', '1:01', '1:06:40', '2 d 7 h']
    """
    if not t < 1e9:  # a clock that jumped, or no start
        return "?"
    if t < 0.00005:
        return "<0.1 ms"
    if t < 0.0095:
        return f"{1000 * t:.1f} ms"
    if t < 0.0995:
        return f"{1000 * t:.0f} ms"
    if t < 59.95:
        return f"{t:.1f} s"
    return clock(t)


def clock(t: float) -> str:
    """A time that is left or has gone by, with its minutes.

    Args:
        t: Seconds.

    >>> clock(34), clock(3700)
    ('0:34', '1:01:40')
    """
    whole = round(t)
    hours, rest = divmod(whole, 3600)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def rate(per_trial: float) -> str:
    """How fast trials end.

    Args:
        per_trial: Seconds from one end to the next, on average.

    >>> rate(0.9), rate(0.0004), rate(600)
    ('0.9 s/trial', '2500 trials/s', '10.0 min/trial')
    """
    if per_trial < 0.1:
        return f"{number(1 / max(per_trial, 1e-9), 3)} trials/s"
    if per_trial < 100:
        return f"{per_trial:.1f} s/trial"
    return f"{per_trial / 60:.1f} min/trial" if per_trial < 6000 else f"{per_trial / 3600:.1f} h/trial"


def plural(count: int, noun: str) -> str:
    """A count and its noun.

    >>> plural(1, "trial"), plural(20000, "trial")
    ('1 trial', '20 000 trials')
    """
    return f"{many(count)} {noun}" if count == 1 else f"{many(count)} {noun}s"


def many(count: int) -> str:
    """A count with its thousands apart."""
    return f"{count:,}".replace(",", " ")
