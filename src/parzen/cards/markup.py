"""Pieces of HTML that notebooks show: escaped, with styles of their own, readable on light and dark.

Colours are the page's own (`currentColor`) and half-transparent greys. Styles
stand at each element, since viewers of notebooks drop style sheets.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

LINE = "1px solid rgba(128,128,128,.35)"
QUIET = "opacity:.7"
_CARD = f"border:{LINE};border-radius:6px;padding:.6em .9em;margin:.3em 0;max-width:62em;overflow-x:auto"
_CELL = f"padding:.15em .7em;border:0;border-bottom:{LINE};vertical-align:top"
_SIZE = (440, 96)  # of the picture, in pixels
_EDGE = 6
_DOTS = 600


def text(value: Any) -> str:
    """Anything of the user's, escaped."""
    return escape(str(value), quote=True)


def number(value: Any) -> str:
    """A value as people read it: six digits of a float, whole numbers and texts as they are."""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def card(*parts: str) -> str:
    """A box around pieces of HTML.

    Args:
        parts: HTML.
    """
    return f'<div style="{_CARD}">{"".join(parts)}</div>'


def heading(title: str, sentence: str = "") -> str:
    """The first line of a card.

    Args:
        title: HTML.
        sentence: HTML, beside it.
    """
    beside = f' <span style="{QUIET}">{sentence}</span>' if sentence else ""
    return f"<div><b>{title}</b>{beside}</div>"


def folded(summary: str, inner: str) -> str:
    """What is shown at a click.

    Args:
        summary: HTML that is always seen.
        inner: HTML.
    """
    return (
        '<details style="margin-top:.4em"><summary style="cursor:pointer">'
        f"{summary}</summary>{inner}</details>"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a row's first cell is its heading.

    Args:
        head: Texts, or nothing for a table without a head.
        rows: HTML of each cell.
    """
    cells = "".join(_cell("th", text(each)) for each in head)
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    body = "".join(
        f"<tr>{''.join(_cell('th' if i == 0 else 'td', cell) for i, cell in enumerate(row))}</tr>"
        for row in rows
    )
    return (
        '<table style="border-collapse:collapse;margin:.3em 0;background:none">'
        f"{top}<tbody>{body}</tbody></table>"
    )


def _cell(tag: str, inner: str) -> str:
    weight = "600" if tag == "th" else "400"
    return f'<{tag} style="{_CELL};text-align:left;font-weight:{weight}">{inner}</{tag}>'


def preformatted(words: str) -> str:
    """A traceback or a tree.

    Args:
        words: Text of any kind.
    """
    style = "white-space:pre;overflow-x:auto;margin:.3em 0;background:none;color:inherit"
    return f'<pre style="{style}">{text(words)}</pre>'


def picture(values: Sequence[float], lowest: bool, sentence: str) -> str:
    """A small picture of a history: a dot for each value, and a step line for the best so far.

    Args:
        values: (n,) in order; NaN where a trial has none.
        lowest: Whether small values are good.
        sentence: What it shows, for those who cannot see it.
    """
    told = [(i, value) for i, value in enumerate(values) if math.isfinite(value)]
    if len(told) < 2:
        return ""
    low, high = _window([value for _, value in told], lowest)
    width, height = _SIZE
    last = max(len(values) - 1, 1)

    def place(i: int, value: float) -> tuple[float, float]:
        share = min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.5
        return (
            round(_EDGE + (width - 2 * _EDGE) * i / last, 1),
            round(height - _EDGE - (height - 2 * _EDGE) * share, 1),
        )

    stride = max(1, len(told) // _DOTS)
    dots = "".join(
        f'<circle cx="{x:g}" cy="{y:g}" r="2"/>' for x, y in (place(i, value) for i, value in told[::stride])
    )
    path = _steps(told, lowest, last, place)
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{text(sentence)}" style="display:block;margin:.4em 0;max-width:100%">'
        f"<title>{text(sentence)}</title>"
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" fill="none" '
        'stroke="currentColor" stroke-opacity=".25"/>'
        f'<g fill="currentColor" fill-opacity=".35">{dots}</g>'
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.6"/></svg>'
    )


def _window(values: list[float], lowest: bool) -> tuple[float, float]:
    """What the picture shows of the scale: everything good, and of the bad nine tenths."""
    ordered = sorted(values)
    cut = ordered[-1 - len(ordered) // 10] if lowest else ordered[len(ordered) // 10]
    low, high = (ordered[0], cut) if lowest else (cut, ordered[-1])
    if not math.isfinite(high - low) or high <= low:
        low, high = ordered[0], ordered[-1]
    return (low, high) if math.isfinite(high - low) else (low / 4, high / 4)


def _steps(told: list[tuple[int, float]], lowest: bool, last: int, place: Any) -> str:
    best, parts = math.nan, []
    for i, value in told:
        if math.isnan(best) or (value < best if lowest else value > best):
            x, y = place(i, value)
            parts.append(f"M{x:g} {y:g}" if math.isnan(best) else f"H{x:g}V{y:g}")
            best = value
    return "".join([*parts, f"H{place(last, best)[0]:g}"])
