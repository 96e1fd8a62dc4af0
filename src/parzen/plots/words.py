"""Words and numbers on axes: round ticks, short numbers, cut texts. Pure."""

from __future__ import annotations

import math

from parzen import wording

NAME = 16  # characters that the name of an option has at most

# Ticks and numbers


def linear_ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """Round numbers between two ends, at distances of 1, 2 or 5 times a power of ten.

    Args:
        low: Lower end.
        high: Upper end.
        most: How many at most, about.

    >>> linear_ticks(0, 1)
    (0.0, 0.25, 0.5, 0.75, 1.0)
    """
    if not high > low:
        return (float(low),)
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    distance = next(power * unit for unit in (1, 2, 2.5, 5, 10) if power * unit >= rough * (1 - 1e-9))
    first, last = math.ceil(low / distance - 1e-9), math.floor(high / distance + 1e-9)
    return tuple(float(f"{k * distance:.12g}") for k in range(first, last + 1))


def log_ticks(low: float, high: float, most: int = 6) -> tuple[float, ...]:
    """Powers of ten between two positive ends; within two decades also 2 and 5 times them.

    Args:
        low: Lower end.
        high: Upper end.
        most: How many at most, about.

    >>> log_ticks(0.5, 30)
    (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
    """
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    decades = [k for k in range(first, last + 1) if low * (1 - 1e-9) <= 10.0**k <= high * (1 + 1e-9)]
    if len(decades) < 3:
        units = [unit * 10.0**k for k in range(first, last + 1) for unit in (1, 2, 5)]
        inside = tuple(float(f"{x:.12g}") for x in units if low * (1 - 1e-9) <= x <= high * (1 + 1e-9))
        return inside if len(inside) >= 2 else linear_ticks(low, high)
    every = -(-(len(decades) - 1) // max(most - 1, 1))
    return tuple(float(f"1e{k}") for k in decades[:: max(every, 1)])


def minor_ticks(low: float, high: float) -> tuple[float, ...]:
    """2, 3, ... 9 times each power of ten between two positive ends; none beyond eight decades.

    Args:
        low: Lower end.
        high: Upper end.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    if last - first > 8:
        return ()
    marks = (unit * 10.0**k for k in range(first, last + 1) for unit in range(2, 10))
    return tuple(x for x in marks if low <= x <= high)


def brief(x: float) -> str:
    """A number in few characters, as on an axis.

    >>> [brief(x) for x in (1e-5, 0.001, 0.25, 3.0, 12000.0, 2.5e7)]
    ['1e-5', '0.001', '0.25', '3', '12000', '2.5e7']
    """
    if x == 0 or 1e-3 <= abs(x) < 1e5:
        return f"{x:.4g}" if abs(x) < 1000 else f"{x:.6g}"
    if not math.isfinite(x):
        return str(x)
    mantissa, _, power = f"{x:.2e}".partition("e")
    short = mantissa.rstrip("0").rstrip(".")
    return f"{short}e{int(power)}"


def cut(text: str, most: int = 16, middle: bool = False) -> str:
    """A text of at most `most` characters.

    Args:
        text: Any; line breaks become spaces.
        most: How many characters at most.
        middle: Whether the middle goes and not the end: labels differ at their ends.

    >>> cut("quantile_transformer_normal"), cut("model.0.learning_rate", 12, middle=True)
    ('quantile_transf…', 'model…g_rate')
    """
    text = " ".join(text.split())
    if not middle or len(text) <= most:
        return wording.cut(text, most)
    tail = most // 2
    return f"{text[: most - 1 - tail]}…{text[-tail:]}"
