"""Pieces of HTML that notebooks show: escaped, with styles of their own, readable on light and dark.

Colours are the page's own (`currentColor`) and half-transparent greys. Styles
stand at each element, since viewers of notebooks drop style sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from parzen import wording

LINE = "1px solid rgba(128,128,128,.35)"
QUIET = "opacity:.7"
_CARD = f"border:{LINE};border-radius:6px;padding:.6em .9em;margin:.3em 0;max-width:62em;overflow-x:auto"
_CELL = f"padding:.15em .7em;border:0;border-bottom:{LINE};vertical-align:top"


def text(value: Any) -> str:
    """Anything of the user's as HTML: escaped, also inside attributes; control characters are made visible.

    Args:
        value: Anything with a text.

    >>> text('<script> & "quotes"')
    '&lt;script&gt; &amp; &quot;quotes&quot;'
    """
    shown = "".join(c if c in "\n\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return escape(shown)


def number(value: Any) -> str:
    """A value as people read it: six digits of a float, whole numbers and texts as they are."""
    return wording.number(value, 6) if isinstance(value, float) else str(value)


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
