"""The characters of a display, and trials in one line. Nothing here knows a terminal."""

from __future__ import annotations

from dataclasses import dataclass

from parzen.history.history import Trial
from parzen.naming import readable
from parzen.space.space import Space
from parzen.wording import clean, cut, number

LABEL, VALUE = 24, 20  # cells that a label and a value of a configuration may take


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of a display.

    Attributes:
        good: Before a trial that is the best so far.
        bad: Before one that failed.
        plain: Before any other.
        more: Where text was cut.
        dot: Between two remarks.
        bar: Of a bar: a full cell, and its beginnings from the shortest on.
        rest: An empty cell of a bar.
    """

    good: str = "✓"
    bad: str = "✗"
    plain: str = "·"
    more: str = "…"
    dot: str = "·"
    bar: str = "█▏▎▍▌▋▊▉"
    rest: str = "░"


UNICODE = Marks()
ASCII = Marks(good="+", bad="x", plain="-", more="...", dot="-", bar="#", rest=".")


def marks_for(encoding: str | None) -> Marks:
    """The marks that an encoding can show.

    Args:
        encoding: Of a stream; None stands for ASCII.

    >>> marks_for("latin-1").good
    '+'
    """
    try:
        "".join(str(getattr(UNICODE, name)) for name in Marks.__slots__).encode(encoding or "ascii")
    except (LookupError, UnicodeEncodeError):
        return ASCII
    return UNICODE


def configuration(space: Space, trial: Trial, more: str = UNICODE.more) -> str:
    """The point of a trial as ``model=svm C=0.64``: active hyperparameters in the space's order.

    Args:
        space: Of the study.
        trial: With a point.
        more: Marks what was cut.
    """
    words = []
    for label, x in readable(space, trial.point or {}).items():
        text = number(x, 4) if isinstance(x, float) else clean(str(x))
        words.append(f"{cut(clean(label), LABEL, more)}={cut(text, VALUE, more)}")
    return " ".join(words)
