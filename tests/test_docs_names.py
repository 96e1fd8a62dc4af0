"""The documentation is complete: names, words, settings, errors and pages are counted against the code."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import parzen
from parzen import TPE, errors, hp
from parzen.algorithms.base import NAMES
from parzen.cli.main import COMMANDS

REPOSITORY = Path(__file__).resolve().parents[1]
DOCS = REPOSITORY / "docs"


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def quoted(page: str) -> set[str]:
    """What stands between backticks in a page."""
    return set(re.findall(r"`([^`\n]+)`", page))


def error_classes() -> list[type[BaseException]]:
    own = vars(errors).values()
    return [each for each in own if inspect.isclass(each) and issubclass(each, Exception)]


def sections(page: str) -> dict[str, str]:
    """The parts of a page by their headings of the second level."""
    parts = re.split(r"^## (.+)$", page, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def in_tables(part: str) -> set[str]:
    """What stands between backticks in the first column of a part's tables."""
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    return set().union(*map(quoted, rows))


PUBLIC = [
    "parzen.plots",
    "parzen.insight",
    "parzen.formats",
    "parzen.sklearn",
    "parzen.loggers",
    "parzen.testing",
]


@pytest.mark.parametrize("module", PUBLIC)
def test_every_public_name_below_parzen_is_in_the_list_of_names_and_nothing_else_is(module):
    assert in_tables(sections(text("api.md"))[module]) == set(import_module(module).__all__)


def test_public_modules_need_no_import_of_their_own_and_are_loaded_when_they_are_used():
    """In a fresh interpreter, because pytest has imported them all."""
    modules = [*PUBLIC, "parzen.hyperopt"]
    script = f"""
import sys, parzen
modules = {modules}
early = [each for each in modules if each in sys.modules]
hidden = [each for each in modules if each.partition(".")[2] not in dir(parzen)]
print(early, hidden, [eval(each).__name__ for each in modules] == modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[] [] True\n"
    with pytest.raises(AttributeError, match="Did you mean 'plots'"):
        _ = parzen.plot


def test_every_public_name_is_in_the_list_of_names_and_nothing_else_is():
    parts = sections(text("api.md"))
    own = [part for title, part in parts.items() if title not in [*PUBLIC, "Commands"]]
    assert set().union(*map(in_tables, own)) == set(parzen.__all__)


def test_every_command_is_in_the_list_of_names_and_nothing_else_is():
    known = {f"parzen {name}" for name in COMMANDS}
    assert in_tables(sections(text("api.md"))["Commands"]) == known


def test_every_algorithm_can_be_found_in_the_list_of_names():
    assert [name for name in NAMES if f'"{name}"' not in quoted(text("api.md"))] == []


def test_every_word_of_hp_is_on_the_page_of_spaces():
    page = text("spaces.md")
    assert [word for word in hp.__all__ if f"`hp.{word}(" not in page] == []


def test_every_algorithm_and_setting_of_tpe_is_on_the_page_of_algorithms():
    known = quoted(text("algorithms.md"))
    assert [name for name in NAMES if f'"{name}"' not in known] == []
    assert [each.name for each in fields(TPE) if each.name not in known] == []


def test_every_exception_has_its_code_and_a_section_in_the_catalogue():
    page = text("errors.md")
    for each in error_classes():
        code = getattr(each, "code", None)
        if each is errors.ParzenError:
            assert "| PZ000 | `ParzenError`" in page
            continue
        title = each.__name__ if code is None else f"{code} {each.__name__}"
        assert f"## {title}\n" in page, title
        assert code is None or f"| {code} | [`{each.__name__}`]" in page, title


def test_no_two_exceptions_have_the_same_code():
    codes = [each.code for each in error_classes() if issubclass(each, errors.ParzenError)]
    assert len(codes) == len(set(codes))


def test_the_catalogue_says_which_parents_each_exception_has():
    rows = re.findall(r"^\| (PZ\d{3}) \| \[?`(\w+)`[^|]*\|([^|]*)\|$", text("errors.md"), re.M)
    assert len(rows) > 15
    for code, name, parents in rows:
        own = getattr(errors, name)
        assert own.code == code
        direct = {base.__name__ for base in own.__bases__} - {"ParzenError", "Exception"}
        assert quoted(parents) == direct, name


def test_every_argument_of_fmin_is_documented():
    """In the docstring each has its entry; the new ones are also on the page of names."""
    arguments = inspect.signature(parzen.fmin).parameters.values()
    named = [each for each in arguments if each.kind is not each.VAR_KEYWORD]
    docstring = inspect.getdoc(parzen.fmin) or ""
    assert [each.name for each in named if not re.search(rf"^\s+{each.name}: ", docstring, re.M)] == []
    new = [each.name for each in named if each.kind is each.KEYWORD_ONLY]
    assert [name for name in new if f"`{name}`" not in text("api.md")] == []


def test_every_name_for_scikit_learn_is_on_its_page():
    import parzen.sklearn
    from parzen.sklearn import ParzenSearchCV, spaces

    page = text("scikit-learn.md")
    known = quoted(page)
    functions = [name for name, each in vars(spaces).items() if inspect.isfunction(each)]
    own = [
        name for name in functions if getattr(spaces, name).__module__ == spaces.__name__ and name[0] != "_"
    ]
    assert [name for name in own if f"| `{name}` |" not in page] == []
    assert [name for name in parzen.sklearn.__all__ if name not in page] == []
    arguments = inspect.signature(ParzenSearchCV).parameters
    assert [name for name in arguments if f"| `{name}` |" not in page] == []
    attributes = re.findall(r"\w+_\b(?=[,:])", inspect.getdoc(ParzenSearchCV).partition("Attributes:")[2])
    assert len(attributes) > 12
    assert [name for name in attributes if name not in known] == []


def test_every_way_to_a_table_and_every_column_is_on_its_page():
    from parzen.frames.columns import columns_of
    from parzen.frames.facts import STATES
    from parzen.frames.table import Tabular
    from parzen.space.space import Space

    page = text("data-frames.md")
    ways = [name for name in vars(Tabular) if name.startswith("to_") or "arrow" in name]
    assert len(ways) == 5
    assert [name for name in ways if f"| `{name}()` |" not in page] == []
    columns = columns_of([], Space([]), maximize=True)
    assert [each.name for each in columns if f"`{each.name}`" not in page] == []
    assert [state for state in STATES if f"`{state}`" not in page] == []


def anchor(title: str) -> str:
    """The anchor of a heading, as Markdown renderers make it."""
    kept = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


def pages() -> list[Path]:
    return [REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_links_within_the_documentation_lead_somewhere(page):
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if "://" in target:
            continue
        name, _, section = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        if section:
            titles = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.M)
            assert section in {anchor(title) for title in titles}, target


def test_the_index_links_every_page():
    links = set(re.findall(r"\]\((\w[\w-]*\.md)\)", text("index.md")))
    assert links == {page.name for page in DOCS.glob("*.md")} - {"index.md"}


def test_the_readme_is_short():
    assert len((REPOSITORY / "README.md").read_text(encoding="utf-8").splitlines()) < 120
