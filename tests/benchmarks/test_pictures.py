"""The pictures of the documentation are those that the program draws, small, and the same at each run."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.pictures import FOLDER, PICTURES, draw, rounded

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-parzen-decides.md"


def test_each_picture_is_there_and_on_the_page():
    names = {f"{name}.svg" for name in PICTURES}
    assert {path.name for path in FOLDER.glob("*.*")} == names
    shown = re.findall(r"^!\[[^\]]+\]\(pictures/([^)]+)\)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert sorted(shown) == sorted(names)


def test_pictures_are_small_and_have_no_date():
    for path in FOLDER.glob("*.*"):
        assert path.stat().st_size < 120_000
        assert "<dc:date>" not in path.read_text(encoding="utf-8")


def test_a_second_run_gives_the_same_bytes(tmp_path):
    """A seeded search is in this one, so it is the search as well."""
    first = draw("tpe", tmp_path).read_bytes()
    assert draw("tpe", tmp_path).read_bytes() == first


def test_rounding_leaves_all_but_paths_alone():
    svg = '<path d="M 1.23456 -7.98765 L 12 0.5"/><g transform="scale(0.015625)"/><path id="d1.23456"/>'
    assert rounded(svg) == (
        '<path d="M 1.23 -7.99 L 12 0.5"/><g transform="scale(0.015625)"/><path id="d1.23456"/>'
    )
