"""The kept notebooks are what their sources say, small, and free of what belongs to one machine."""

from __future__ import annotations

import re

import pytest

from tools import notebook_resume, notebooks


def code_of(source: str) -> list[str]:
    """The code cells of a text in the percent format."""
    cells = re.split(r"^# %%(.*)$", source, flags=re.M)
    return [text.strip() for mark, text in zip(cells[1::2], cells[2::2]) if "markdown" not in mark]


def test_each_source_has_its_notebook_and_each_notebook_its_source():
    assert [path.stem for path in notebooks.sources()] == [path.stem for path in notebooks.kept()]
    assert len(notebooks.kept()) >= 2


@pytest.mark.parametrize("path", notebooks.kept(), ids=lambda path: path.stem)
class TestEachNotebook:
    def test_it_has_the_code_of_its_source(self, path):
        cells = [cell for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "code"]
        source = path.with_suffix(".py").read_text(encoding="utf-8")
        assert [notebooks.joined(cell["source"]) for cell in cells] == code_of(source)

    def test_it_was_run_from_top_to_bottom_without_an_error(self, path):
        cells = [cell for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "code"]
        assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
        kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
        assert "error" not in kinds

    def test_it_is_small_and_names_no_folder_of_a_machine(self, path):
        text = path.read_text(encoding="utf-8")
        notebooks.refuse_what_is_local(text, path.name)
        assert re.findall(r"/home/|/root/|/tmp/|/Users/|C:\\\\", text) == []

    def test_each_picture_is_there_once_and_on_its_page(self, path):
        pictures = notebooks.images(notebooks.read(path))
        assert len(pictures) >= 4
        assert len({data for _, data in pictures}) == len(pictures)
        shown = re.findall(r"^!\[[^\]]+\]\((.+)\)$", notebooks.page(notebooks.read(path), path.stem), re.M)
        assert shown == [
            notebooks.picture(path.stem, n, kind) for n, (kind, _) in enumerate(pictures, start=1)
        ]


def test_other_code_and_other_words_are_found_and_other_numbers_are_not():
    kept = [("f(1)", "loss 0.5 of svc\n"), ("f(2)", "")]
    assert notebooks.different(kept, [("f(1)", "loss 4.75e-3 of svc\n"), ("f(2)", "")]) == []
    assert notebooks.different(kept, [("f(1)", "loss 0.5 of forest\n"), ("f(2)", "")]) == [
        "cell 1 printed\nloss 0.5 of svc\n\nand now\nloss 0.5 of forest\n"
    ]
    assert notebooks.different(kept, [("f(1)", "loss 0.5 of svc\n"), ("f(3)", "")]) == [
        "cell 2: kept\nf(2)\nnow\nf(3)"
    ]
    assert notebooks.different(kept, kept[:1]) == ["2 cells are kept, the source has 1"]


def cell(printed: str, displays: int = 0) -> dict:
    outputs = [{"name": "stdout", "text": printed}]
    return {"outputs": outputs + [{"data": {"text/html": "<p>"}}] * displays}


class Like(dict):
    """A notebook's node: keys are attributes."""

    __getattr__ = dict.__getitem__


def executed(*cells: dict) -> Like:
    return Like(
        cells=[Like(outputs=[Like(each) for each in one["outputs"]]) for one in ({"outputs": []}, *cells)]
    )


def test_an_interrupted_and_resumed_notebook_without_mistakes():
    good = executed(cell("interrupted 13", 1), cell("None 40", 1), cell("True"))
    assert notebook_resume.mistakes(good) == []


def test_what_is_wrong_with_a_resumed_notebook_is_said():
    bad = executed(cell("None 40", 2), cell("None 39", 1), cell("False"))
    assert notebook_resume.mistakes(bad) == [
        "the interrupted cell printed 'None 40'",
        "the resumed cell printed 'None 39'",
        "the resumed search is not the one without an interrupt",
        "cell 1 has 2 displays, not one",
    ]


def test_a_folder_of_this_machine_is_refused():
    with pytest.raises(notebooks.BadNotebook, match="names a folder"):
        notebooks.refuse_what_is_local(f'"{notebooks.ROOT}/x"', "a.ipynb")
