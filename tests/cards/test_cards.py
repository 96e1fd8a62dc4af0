"""What notebooks show: static HTML in which everything of the user's is escaped."""

from __future__ import annotations

import math
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen import Trials, fmin
from parzen.cards import markup
from parzen.cards.space import space_text
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten

EVIL = "<script>alert('x')</script>\"&"
VOID = {"circle", "path", "rect"}


class Reader(HTMLParser):
    """Checks that tags close in order; gathers text, tags and attributes."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts, self.attributes = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(shown):
    return Reader(shown._repr_html_())


@pytest.fixture(scope="module")
def best():
    def objective(p):
        if p["model"]["kind"] != EVIL and p["model"]["k"] > 20:
            raise MemoryError(EVIL)
        return {"loss": 1.0 + p["n"], EVIL: 3}

    model = hp.choice("model", [{"kind": EVIL, "C": hp.float(0, 1)}, {"kind": "knn", "k": hp.int(1, 30)}])
    space = {"model": model, "n": hp.int(0, 5), EVIL: hp.float(0, 1)}
    return fmin(
        objective,
        space,
        algo="random",
        max_evals=40,
        trials=Trials(),
        seed=0,
        on_error="continue",
        verbose=False,
    )


def shown(best):
    failed = next(trial for trial in best.study.trials if trial.error)
    return [best, best.study, best.study.trials, best.study.space, best.trial, failed, best.study.trials[:2]]


def test_no_html_of_the_users_gets_through_and_nothing_is_loaded(best):
    for each in shown(best):
        reader = read(each)
        assert not {"script", "link", "img", "iframe", "style"} & set(reader.tags)
        assert not {"href", "src", "onclick", "onload", "class"} & {name for name, _ in reader.attributes}
        assert not any("http" in (value or "") or "url(" in (value or "") for _, value in reader.attributes)
    assert any(EVIL in text for text in read(best.study).texts)


def test_colours_are_the_pages_own(best):
    for each in shown(best):
        styles = " ".join(
            value or "" for name, value in read(each).attributes if name in ("style", "fill", "stroke")
        )
        assert "#" not in styles
        assert "background:none" in styles or "currentColor" in styles or "border" in styles


def test_a_study_shows_headline_best_history_top_and_failures(best):
    reader = read(best.study)
    text = " ".join(reader.texts)
    failed = sum(trial.error is not None for trial in best.study.trials)
    assert (
        f"best {best.loss:g} at trial {best.trial.number}; 40 trials: {40 - failed} ok, {failed} failed"
        in text
    )
    assert "The 5 best trials" in text
    assert f"{failed} failed" in text
    assert "MemoryError" in text
    assert "svg" in reader.tags
    label = dict(reader.attributes)["aria-label"]
    assert label.startswith("History: best")
    assert reader.tags.count("details") == 2


def test_a_study_that_maximises_shows_values():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0, maximize=True)
    for value in (0.5, 0.75, 0.25):
        study.tell(study.ask(), value)
    text = " ".join(read(study).texts)
    assert "best 0.75 at trial 1" in text
    assert "best value" in text
    assert "-0.75" not in text
    assert repr(study) == "Study('default', 3 trials: 3 ok; best 0.75 @ 1)"


def test_studies_without_a_result_have_a_card():
    study = Study({"x": hp.float(0, 1)}, "random", seed=0)
    assert "no trials yet" in " ".join(read(study).texts)
    study.ask()
    assert "1 trials: 1 running" in " ".join(read(study).texts)
    assert "no space yet" in " ".join(read(Trials()).texts)


def test_a_failed_trial_shows_its_traceback_folded(best):
    failed = next(trial for trial in best.study.trials if trial.error)
    reader = read(failed)
    assert "details" in reader.tags
    assert "Traceback (most recent call last)" in " ".join(reader.texts)


def test_many_trials_are_cut(best):
    assert read(best.study.trials).tags.count("tr") == 11
    assert "the first and the last 5" in " ".join(read(best.study.trials).texts)


def test_best_is_still_hyperopts_dict(best):
    assert repr(best) == repr(dict(best))
    assert "value" in read(best).texts


def test_the_tree_of_a_space():
    shared = hp.float(0, 1, label="shared")
    space = flatten(
        {
            "model": hp.choice(
                "model",
                [
                    {"kind": "svm", "kernel": hp.choice("kernel", ["rbf", "linear"]), "s": shared},
                    {"kind": "knn", "s": shared},
                ],
            ),
            "p": hp.pchoice("p", [(0.25, "a"), (0.75, "b")]),
            "size": hp.ordinal(["s", "m", "l"]),
            "many": hp.choice("many", list(range(20))),
        }
    )
    expected = """\
model  svm | knn
├ svm
│ ├ kernel  rbf | linear
│ └ shared  float(0, 1) (also with model = knn)
└ knn
p  a (0.25) | b (0.75)
size  s < m < l
many  0 | 1 | 2 | 3 | 4 | 5 | 6 | ... 13 more"""
    assert space_text(space) == expected
    assert str(Study(space).space) == expected


def test_the_tree_is_the_same_without_the_users_objects(tmp_path):
    space = {"model": hp.choice("model", [{"kind": "svm", "C": hp.float(0, 1)}, {"kind": "knn"}])}
    study = Study(space, store=tmp_path / "s.db", seed=0)
    assert space_text(Study.load(tmp_path / "s.db").space) == space_text(study.space)


@given(st.lists(st.floats(), max_size=40), st.booleans())
def test_a_picture_is_well_formed_whatever_the_values(values, lowest):
    svg = markup.picture(values, lowest, EVIL)
    told = sum(math.isfinite(value) for value in values)
    assert bool(svg) == (told >= 2)
    if svg:
        root = ET.fromstring(svg)
        circles = root.findall(".//circle")
        assert len(circles) == told
        assert all(0 <= float(c.get("cx")) <= 440 and 0 <= float(c.get("cy")) <= 96 for c in circles)


def test_a_picture_of_many_values_stays_small():
    assert len(markup.picture([math.sin(i) for i in range(100_000)], True, "")) < 60_000
