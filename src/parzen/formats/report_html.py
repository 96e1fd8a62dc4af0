"""Small pieces of HTML for the report. Every text that enters here comes out escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from parzen.cards.markup import text


def paragraph(words: object, kind: str = "") -> str:
    """A paragraph of text.

    Args:
        words: What it says.
        kind: A class of the style sheet.
    """
    style = f' class="{kind}"' if kind else ""
    return f"<p{style}>{text(words)}</p>"


def code(source: str, words: str = "Copy") -> str:
    """A block of code with a button that copies it.

    Args:
        source: The code.
        words: What the button says.
    """
    button = f'<button type="button">{text(words)}</button>'
    return f'<div class="copy"><pre tabindex="0">{text(source)}</pre>{button}</div>'


def pairs(rows: Iterable[tuple[str, object]]) -> str:
    """Names and what they are.

    Args:
        rows: Name and text.
    """
    inner = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows)
    return f"<dl>{inner}</dl>"


def fold(words: str, inner: str) -> str:
    """Something that opens on a click.

    Args:
        words: What can be seen of it.
        inner: HTML.
    """
    return f"<details><summary>{text(words)}</summary>{inner}</details>"


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes:
        words: What it shows.
        key: What it is sorted by, if not by its words.
        kind: ``"number"``, ``"text"`` for long ones, or "".
    """

    words: str
    key: float | None = None
    kind: str = ""


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], paper: int = 99) -> str:
    """A table that can be sorted by each column.

    Args:
        caption: What it holds, for readers who cannot see it.
        heads: Names of the columns.
        rows: As many cells each.
        paper: How many of its columns are printed; a sheet has no room for more.
    """
    kinds = [' class="screen"' if column >= paper else "" for column in range(len(heads))]
    head = "".join(
        f'<th scope="col"{kind}><button type="button">{text(name)}</button></th>'
        for kind, name in zip(kinds, heads, strict=True)
    )
    body = "".join(
        f"<tr>{''.join(_cell(cell, column >= paper) for column, cell in enumerate(row))}</tr>" for row in rows
    )
    label = text(caption)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
        f'<table class="sortable"><caption class="small">{label}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell, screen: bool) -> str:
    key = "" if cell.key is None else f' data-key="{cell.key!r}"'
    kinds = " ".join(filter(None, [cell.kind, "screen" if screen else ""]))
    kind = f' class="{kinds}"' if kinds else ""
    return f"<td{kind}{key}>{text(cell.words)}</td>"


def document(
    title: str, sections: Sequence[tuple[str, str]], opening: str, variables: tuple[str, str]
) -> str:
    """The whole page: one file that asks for nothing else.

    The policy in its head forbids every request, and every script but its own.

    Args:
        title: In the window's title and the first heading.
        sections: Heading and HTML of each.
        opening: HTML below the first heading.
        variables: Definitions of colours for light and for dark pages, from `report_pictures`.
    """
    style = _beside("report.css")
    light, dark = variables
    style += f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    style += f"@media print {{ :root {{ {light} }} }}\n"
    script = _beside("report.js")
    seal = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{seal}'"
    links = "".join(f'<li><a href="#part-{k}">{text(name)}</a></li>' for k, (name, _) in enumerate(sections))
    parts = "".join(
        f'<section aria-labelledby="part-{k}"><h2 id="part-{k}">{text(name)}</h2>{inner}</section>\n'
        for k, (name, inner) in enumerate(sections)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{text(title)}</h1>{opening}"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav></header>\n'
        f"<main>\n{parts}</main>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _beside(name: str) -> str:
    """A file that lies beside this one."""
    return resources.files("parzen.formats").joinpath(name).read_text(encoding="utf-8")
