"""The recordings of docs/console.md are whole, readable, and those of the files beside it."""

from __future__ import annotations

import pytest
from benchmarks.recordings import FOLDER, PAGE, PROGRAMS, Terminal, put_in


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_page_shows_the_recorded_file(name):
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").removesuffix("\n")
    page = PAGE.read_text(encoding="utf-8")
    assert put_in(page, name, text) == page
    assert all(c.isprintable() or c == "\n" for c in text)


def test_a_page_without_the_block_is_an_error():
    with pytest.raises(SystemExit, match="no block for the recording 'piped'"):
        put_in("# Nothing\n", "piped", "text")


def test_a_block_is_replaced_and_nothing_else():
    page = "a\n\n<!-- recording: x -->\n\n```text\nold\nlines\n```\n\n```text\nother\n```\n"
    assert put_in(page, "x", r"new \1") == page.replace("old\nlines", r"new \1")


def test_a_terminal_shows_what_a_program_wrote_over_itself():
    terminal = Terminal("print('abc', end='\\r'); print('x'); print('last', end='')", columns=20, rows=4)
    ended = terminal.finish()
    assert ended.lines == ["xbc", "last"]
    assert ended.code == 0
