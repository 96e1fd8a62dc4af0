"""What a notebook shows: the picture by itself, and the display in a real kernel without a browser."""

from __future__ import annotations

import math
import re
import signal
import sys
import xml.etree.ElementTree as ET

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbclient import NotebookClient

from parzen.cards.picture import DOTS, HEIGHT, WIDTH, picture
from parzen.run.notebook import Notebook, here
from parzen.run.progress import Progress
from parzen.run.study import Study
from parzen.space import hp

LOSSES = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=40)


def steps(svg):
    """The corners of the best-so-far line, in the picture's units."""
    path = next(one.get("d") for one in ET.fromstring(svg).iter("path") if one.get("stroke-width"))
    return [float(x) for x in re.findall(r"-?[\d.]+", path)]


class TestPicture:
    @given(LOSSES, st.booleans())
    @example([-8.98846567431158e307] * 2, True)
    @example([sys.float_info.max] * 2, False)
    def test_it_is_well_formed_and_everything_lies_inside(self, losses, maximize):
        svg = picture(losses, maximize, "loss")
        known = [loss for loss in losses if math.isfinite(loss)]
        assert bool(svg) == (len(known) >= 2)
        if svg:
            root = ET.fromstring(svg)
            assert all(-1 <= x <= WIDTH for x in steps(svg))
            dots = list(root.iter("circle"))
            assert len(dots) == len(known)
            assert all(0 <= float(dot.get("cy")) <= HEIGHT for dot in dots)
            assert "nan" not in svg
            assert "inf" not in svg

    def test_the_line_goes_down_for_losses_and_up_for_values(self):
        """In a picture, down is a larger y."""
        down = [float(y) for y in re.findall(r"V([\d.]+)", picture([3.0, 2.0, 2.5, 1.0], False, "loss"))][1:]
        up = [float(y) for y in re.findall(r"V([\d.]+)", picture([1.0, 2.0, 1.5, 3.0], True, "value"))][1:]
        assert down == sorted(down)
        assert up == sorted(up, reverse=True)

    def test_many_trials_are_thinned_and_the_sentence_counts_all(self):
        svg = picture([float(i % 97) for i in range(20_000)], False, "loss")
        assert svg.count("<circle") <= DOTS
        assert "Best loss so far: 0 after 20000 trials" in svg
        assert len(svg) < 25_000

    def test_values_beyond_the_edge_are_said_to_be_there(self):
        assert "≥ " in picture([1e9, 3.0, 2.0, 2.0, 2.0, 2.0, 1.0], False, "loss")
        assert "≤ " in picture([-1e9, 3.0, 4.0, 4.0, 4.0, 4.0, 5.0], True, "value")


def test_a_plain_interpreter_is_no_notebook():
    assert not here()


def test_after_a_resume_the_list_has_the_failures_that_the_headline_counts(monkeypatch):
    """One trial failed before this call, and one in it."""
    study = Study({"x": hp.uniform("x", 0, 1)}, "rand", seed=0)
    study.tell(study.ask(), ValueError("before"))
    study.tell(study.ask(), 1.0)
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    monkeypatch.setattr("IPython.display.update_display", lambda data, **_: shown.append(data))
    with Progress(Notebook, study, 2, 4) as progress:
        study.tell(study.ask(), MemoryError("now"))
        last = study.trials[2]
        progress.failed(last)
        progress.ended(last)
    page, words = shown[-1]["text/html"], shown[-1]["text/plain"]
    assert "1 ok 2 failed" in words
    assert "2 trials failed" in page
    assert "trial 0: ValueError: before" in page
    assert "trial 2: MemoryError: now" in page


CELL = """
import time
from parzen import fmin, hp, rand
count = iter(range(1000))
def train(p):
    i = next(count)
    if i == 2:
        raise RuntimeError("<b>out of memory</b>")
    if i == 5:
        print("ready", flush=True)
    time.sleep({pause})
    return 10.0 - i
best = fmin(train, {{"x": hp.uniform("x", 0, 1)}}, algo=rand.suggest, max_evals={evals}, seed=0,
            on_error="continue")
print(best.stopped, best.loss)
"""


@pytest.fixture(scope="module")
def executed():
    """Two cells, run in a kernel: a search of 30 trials, and one that is interrupted at its sixth trial."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(CELL.format(pause=0.03, evals=30)),
            nbformat.v4.new_code_cell(CELL.format(pause=0.05, evals=100_000)),
        ]
    )
    client = NotebookClient(notebook, timeout=60, kernel_name="python3")
    messages = []
    process = client.process_message

    def watched(message, cell, index):
        messages.append((index, message["msg_type"], message["content"]))
        if index == 1 and message["msg_type"] == "stream" and "ready" in message["content"]["text"]:
            client.km.provisioner.process.send_signal(signal.SIGINT)
        return process(message, cell, index)

    client.process_message = watched
    client.execute()
    return notebook.cells, messages


def outputs(cell):
    shown = [output for output in cell.outputs if output.output_type == "display_data"]
    printed = {"stdout": "", "stderr": ""}
    for output in cell.outputs:
        if output.output_type == "stream":
            printed[output.name] += output.text
    return shown, printed


class TestKernel:
    def test_one_display_ends_with_the_final_state(self, executed):
        shown, printed = outputs(executed[0][0])
        assert len(shown) == 1
        page = shown[0].data["text/html"]
        assert "done · 30 of 30 trials in " in page
        assert 'aria-valuenow="30"' in page
        assert "1 trial failed" in page
        assert "&lt;b&gt;out of memory&lt;/b&gt;" in page
        assert printed == {"stdout": "ready\nNone -19.0\n", "stderr": ""}

    def test_the_plain_text_is_a_readable_summary(self, executed):
        shown, _ = outputs(executed[0][0])
        first, second = shown[0].data["text/plain"].splitlines()
        assert re.fullmatch(r"done     30 of 30 trials in .* s  29 ok 1 failed", first)
        assert re.fullmatch(r"best     -19 \(trial 29\)  x=[\d.]+", second)

    def test_an_interrupted_kernel_returns_the_best_and_shows_the_final_state(self, executed):
        shown, printed = outputs(executed[0][1])
        assert printed["stdout"] == "ready\ninterrupted 5.0\n"
        assert re.fullmatch(r"Stopping.*Ctrl-C again to stop now\.\n", printed["stderr"])
        assert len(shown) == 1
        assert re.match(
            r"stopped  6 of 100000 trials .*  5 ok 1 failed$", shown[0].data["text/plain"].split("\n")[0]
        )
        assert "stopped" in shown[0].data["text/html"]

    def test_the_page_uses_the_themes_colours_and_no_script(self, executed):
        page = outputs(executed[0][0])[0][0].data["text/html"]
        assert "<script" not in page
        assert "currentColor" in page
        assert not re.search(r"color:\s*(#000|#fff|black|white)", page)

    def test_it_is_replaced_at_most_twice_a_second(self, executed):
        updates = [
            content for index, kind, content in executed[1] if index == 0 and kind == "update_display_data"
        ]
        text = outputs(executed[0][0])[0][0].data["text/plain"]
        took = float(re.search(r"in ([\d.]+) s", text)[1])
        assert 1 <= len(updates) <= 2 * took + 2
