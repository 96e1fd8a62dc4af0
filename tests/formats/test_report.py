"""The report: one file that holds everything, asks for nothing, and shows text of others as text."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from parzen import Study, fmin, hp
from parzen.errors import InvalidArgument
from parzen.executors.base import Outcome
from parzen.formats import report
from parzen.formats.report_html import text
from parzen.formats.report_parts import trials_part
from parzen.formats.report_pictures import inline
from parzen.history.history import Status
from parzen.plots.data import read

EVIL = "<script>alert('x')</script>"
VOID = {"meta", "br", "img", "use", "path", "rect", "image"}


class Page(HTMLParser):
    """A report as a reader's program sees it."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.headings, self.scripts, self.words = [], [], [], []
        self.ids, self.links, self.labels, self.open = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found[key] for key in ("href", "src", "xlink:href", "action") if key in found]
        if tag == "svg":
            self.labels.append((found.get("role"), found.get("aria-label")))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if not self.open:
            return
        if self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append((self.open[-1], data))
        elif self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open[-1] != "style":
            self.words.append(data)


def rated(n, space=None, store=None, **how):
    """A study with done, failed and pruned trials, whose loss is known."""
    space = space or {
        "model": hp.choice(
            "model",
            [{"kind": "net", "lr": hp.float(1e-5, 1, log=True, label="lr")}, {"kind": "tree"}],
        ),
        "size": hp.int(1, 9, label="size"),
    }
    study = Study(space, "random", seed=3, max_evals=n, store=store, **how)
    for i in range(n):
        trial = study.ask()
        if i % 10 == 9:
            study.tell(trial, ValueError(f"did not converge: {EVIL} at {i}"))
        elif i % 10 == 8:
            study.report(trial.number, 5.0, 1)
            study.tell(trial, Outcome("pruned", result={"status": "fail"}))
        else:
            study.report(trial.number, 2.0 + 1 / (i + 1), 1)
            study.report(trial.number, 1.0 + 1 / (i + 1), 2)
            study.tell(trial, 1.0 + 1 / (i + 1))
    return study


@cache
def study():
    return rated(60)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    place = tmp_path_factory.mktemp("report") / "report.html"
    assert report(study(), place, title=f"Search {EVIL}") == place
    return place.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def test_nothing_is_asked_of_the_network(source, page):
    """No address at all: links lead into the page, images are in it, and its policy forbids the rest."""
    assert "http" not in re.sub(r'http-equiv="Content-Security-Policy"', "", source)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in page.links)
    assert "default-src 'none'" in source
    assert not {"link", "iframe", "object", "embed", "base"} & set(page.tags)


def test_links_lead_to_ids_and_ids_are_unique(page):
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_text_of_users_stays_text(source, page):
    """A title, messages and tracebacks with tags are shown and run nothing: the page has one script."""
    assert "<script>alert" not in source
    assert len(page.scripts) == 1
    assert "alert" not in page.scripts[0]
    assert any(EVIL in words for words in page.words)
    assert ("h1", f"Search {EVIL}") in page.headings


def test_labels_and_options_of_users_stay_text(tmp_path):
    label = f'x"{EVIL}'
    space = {label: hp.choice(label, [EVIL, "b"]), "y": hp.float(0, 1)}
    place = report(rated(12, space), tmp_path / "report.html")
    source = place.read_text(encoding="utf-8")
    assert "<script>alert" not in source
    assert len(Page(source).scripts) == 1


def test_letters_that_a_font_lacks_are_left_to_the_browser(tmp_path):
    """Without a warning, and as letters in the picture and in the code."""
    place = report(rated(12, {"\u5b66\u7fd2": hp.float(0, 1)}), tmp_path / "report.html")
    found = Page(place.read_text(encoding="utf-8"))
    assert sum("\u5b66\u7fd2" in words for words in found.words) >= 4


def test_headings_are_in_order(page):
    """One first heading, and no level is skipped."""
    levels = [int(tag[1]) for tag, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    assert [words for tag, words in page.headings if tag == "h2"] == [
        "Best",
        "Space",
        "History",
        "Effects",
        "Importance",
        "Pairs of values",
        "All values of a trial",
        "Findings and what to try next",
        "Learning curves",
        "Timeline",
        "Trials",
        "Failures",
        "Environment",
        "Code to reproduce",
    ]


def test_every_picture_has_a_sentence(page):
    best = study().best
    since = 59 - best.number
    assert [role for role, _ in page.labels] == ["img"] * 7
    assert page.labels[0][1] == (
        f"History: 60 trials, best {best.loss:.4g} at trial {best.number}, flat for the last {since}."
    )
    assert all(label and label.endswith(".") for _, label in page.labels)


def test_the_summary_counts_what_went_wrong(page):
    best = study().best
    assert any(
        words.startswith(f"Best loss {best.loss:.6g} at trial {best.number} of 60") for words in page.words
    )
    assert any("6 pruned, 6 failed." in words for words in page.words)


def test_the_best_values_can_be_copied_as_python_and_as_json(page):
    scope = {}
    python = next(words for words in page.words if words.startswith("params = "))
    exec(python, scope)
    assert scope["params"] == study().best.params
    plain = page.words[page.words.index("Copy Python") + 1 :]
    assert json.loads(next(words for words in plain if words.startswith("{"))) == study().best.params


def test_every_failure_is_told_with_its_message(page):
    for trial in study().trials:
        if trial.status is Status.FAILED:
            assert f"did not converge: {EVIL} at {trial.number}" in page.words


def test_the_code_to_reproduce_runs(page):
    """With the user's objective and space in a module it is a whole program."""
    code = (
        page.words[-2]
        if "fmin" in page.words[-2]
        else next(w for w in page.words if "from parzen import fmin" in w)
    )
    lines = [line for line in code.splitlines() if not line.startswith("from search") and "print" not in line]
    scope = {"objective": lambda point: point["x"] ** 2, "space": {"x": hp.float(-1, 1)}}
    exec("\n".join(lines).replace("max_evals=60", "max_evals=3, show_progressbar=False"), scope)
    assert len(scope["best"].study.trials) == 3


def test_the_environment_is_that_of_the_created_event(page):
    created = study().ledger.created
    for expected in (created.host, created.command, created.commit or "none", created.versions["numpy"]):
        assert expected in page.words


def test_a_thousand_trials_stay_below_three_megabytes(tmp_path):
    assert report(rated(1000), tmp_path / "report.html").stat().st_size < 3_000_000


def test_pairs_and_whole_trials_have_pictures(page):
    assert {"Pairs of values", "All values of a trial"} <= {words for _, words in page.headings}
    assert any(
        (label or "").startswith("Scatter matrix: pairs of 3 hyperparameters") for _, label in page.labels
    )


def test_a_printed_table_has_columns_for_one_sheet_and_says_so():
    space = {f"x{k:02}": hp.float(0, 1, label=f"x{k:02}") for k in range(20)}
    source = trials_part(read(rated(12, space)), ["x19"])
    head = source.partition("<tbody>")[0]
    assert head.index("x19") < head.index("x00")
    assert (head.count("<th "), head.count('class="screen"')) == (23, 12)
    assert "On paper: the first 11 of 23 columns" in source


def test_a_report_of_no_trial_says_so(tmp_path):
    place = report(Study({"x": hp.float(0, 1)}, seed=0), tmp_path / "report.html")
    found = Page(place.read_text(encoding="utf-8"))
    assert "No trial yet." in found.words
    assert "svg" not in found.tags


def test_a_report_of_failures_alone_has_their_reasons(tmp_path):
    failing = Study({"x": hp.float(0, 1)}, seed=0)
    failing.tell(failing.ask(), RuntimeError("out of memory"))
    found = Page(report(failing, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "out of memory" in found.words
    assert ("h3", "RuntimeError: 1 trial") in found.headings


def test_a_failure_without_a_traceback_has_its_message(tmp_path):
    """As trials have that were imported, or kept by a worker that died."""
    failing = Study({"x": hp.float(0, 1)}, seed=0)
    error = {"type": "MemoryError", "message": "too large"}
    failing.tell(failing.ask(), Outcome("failed", error=error, result={"status": "fail"}))
    found = Page(report(failing, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "too large" in found.words
    assert "details" not in found.tags


def test_a_bare_history_has_a_report_without_reasons(tmp_path):
    found = Page(report(study().history, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert any("A bare history knows no reasons." in words for words in found.words)


def test_a_study_read_from_a_file_shows_its_stored_point(tmp_path):
    """Its space has no values to build, so the point stands for them."""
    rated(12, store=tmp_path / "study.db")
    found = Page(
        report(Study.load(tmp_path / "study.db"), tmp_path / "report.html").read_text(encoding="utf-8")
    )
    assert any(words.startswith("point = {") for words in found.words)
    assert str(tmp_path / "study.db") in found.words


def test_what_fmin_returns_can_be_reported_and_values_keep_their_sign(tmp_path):
    best = fmin(
        lambda point: point["x"],
        {"x": hp.float(0, 1)},
        max_evals=4,
        seed=0,
        maximize=True,
        show_progressbar=False,
    )
    found = Page(report(best, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert any(words.startswith(f"Best value {best.value:.6g} at trial") for words in found.words)


def test_a_report_is_replaced_in_one_step_and_leaves_nothing_beside_it(tmp_path):
    place = tmp_path / "report.html"
    place.write_text("old")
    report(Study({"x": hp.float(0, 1)}, seed=0), place)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert "old" not in place.read_text(encoding="utf-8")[:3]


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InvalidArgument, match="it is a folder"):
        report(study(), tmp_path)
    with pytest.raises(InvalidArgument, match="there is no folder"):
        report(study(), tmp_path / "missing" / "report.html")


def test_words_in_pictures_keep_their_digits():
    """Only places in drawings are rounded; numbers that are read are not."""
    found = inline('<svg id="a"><path d="M 1.23456 2"/><text x="1.98765">best 0.98765 now</text></svg>', "p")
    assert found == '<svg><path d="M 1.23 2"/><text x="1.98">best 0.98765 now</text></svg>'


def test_control_characters_are_made_visible():
    assert text("a\x00b\x1b[31m\n") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}[31m\n"
