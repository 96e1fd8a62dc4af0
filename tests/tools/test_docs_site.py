"""The documentation's site: its menu, what is put right for it, its reference, and what it may not fetch."""

from __future__ import annotations

import re

import pytest

from tools import docs_site, reference

INDEX = """# Title

## First

| you want to | read |
|---|---|
| begin | [Tutorial](tutorial.md) |
| see | [A notebook](../examples/notebooks/01_first_searches.ipynb) |
| later | [Not written yet](later.md) |

## Then

| a word | and [the tutorial](tutorial.md) again, and [Errors](errors.md#pz001) |
| changes | [Changes](../CHANGELOG.md) |
"""
THERE = {"index.md", "tutorial.md", "errors.md", "changelog.md", "notebooks/01_first_searches.md"}


def test_headings_of_the_index_are_groups_of_the_menu_and_a_row_adds_a_page():
    assert docs_site.menu(INDEX, THERE)[:3] == [
        {"Overview": "index.md"},
        {"First": [{"Tutorial": "tutorial.md"}, {"A notebook": "notebooks/01_first_searches.md"}]},
        {"Then": [{"Errors": "errors.md"}, {"Changes": "changelog.md"}]},
    ]


def test_a_page_that_is_not_there_is_left_out_of_the_menu():
    assert "later.md" not in str(docs_site.menu(INDEX, THERE))
    assert "later.md" in str(docs_site.menu(INDEX, THERE | {"later.md"}))


def test_every_page_of_the_documentation_is_in_the_menu():
    there = {path.relative_to(docs_site.DOCS).as_posix() for path in docs_site.DOCS.rglob("*.md")}
    menu = str(docs_site.menu((docs_site.DOCS / "index.md").read_text(encoding="utf-8"), there))
    assert [page for page in sorted(there) if f"'{page}'" not in menu] == []


def test_fences_and_links_are_put_right():
    text = "```python no-run\nx\n```\n\n```text\n# output\n1\n```\n[a](../CHANGELOG.md#x) [b](spaces.md)\n"
    assert docs_site.adapted(text, "page.md") == (
        '```python\nx\n```\n\n```text title="prints"\n1\n```\n[a](changelog.md#x) [b](spaces.md)\n'
    )
    assert docs_site.adapted("[a](../CHANGELOG.md)", "in/page.md") == "[a](../changelog.md)"


def test_a_link_out_of_the_documentation_that_is_no_page_stays_for_mkdocs_to_refuse():
    assert docs_site.adapted("[a](../Makefile)", "page.md") == "[a](../Makefile)"


@pytest.mark.parametrize(
    "text",
    [
        '<script defer src="https://cdn.example/x.js"></script>',
        "<img alt=a src=//example.org/a.png>",
        '<link rel="stylesheet" href="https://fonts.example/css">',
        "a { background: url('https://example.org/a.png') }",
        '@import "//example.org/a.css";',
    ],
)
def test_what_a_browser_would_fetch_from_elsewhere_is_found(text):
    assert len(docs_site.foreign(text)) == 1


def test_links_to_click_and_own_files_are_no_concern():
    assert (
        docs_site.foreign('<a href="https://example.org">x</a> <img src="a.png"> url(data:image/png)') == []
    )


def test_every_public_name_has_its_place_in_the_reference():
    pages = reference.pages()
    for path in reference.MODULES:
        if reference.module(path):
            places = re.findall(r'<a id="([^"]+)"></a>', pages[reference.page_of(path)])
            assert places == [f"{path}.{name}" for name in reference.public(path)]
    assert {"parzen.fmin", "parzen.hp.choice", "parzen.errors.Pruned", "parzen.plots.effects"} <= set(
        reference.names()
    )


def test_every_command_has_its_help_in_the_reference():
    page = reference.pages()["reference/commands.md"]
    for name in reference.command_names():
        assert f"## parzen {name}\n\n```text\nusage: parzen {name} " in page


def test_a_name_that_the_built_reference_lacks_is_found(tmp_path):
    (tmp_path / "reference").mkdir()
    places = "".join(f'<a id="{name}"></a>' for name in reference.names() if name != "parzen.fmin")
    (tmp_path / "reference" / "parzen.html").write_text(places, encoding="utf-8")
    assert docs_site.lost(tmp_path) == ["parzen.fmin"]
