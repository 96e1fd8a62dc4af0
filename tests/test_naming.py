"""Options and branches have one name, made from their content, wherever people read of them."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen import Study, hp
from parzen.cards.space import space_text
from parzen.formats.rows import Records, write_csv
from parzen.formats.values import option_of
from parzen.insight import effects
from parzen.naming import branch, index_of, named, names_of, readable, texts_of
from parzen.plots.axes import axes
from parzen.run.wording import configuration
from parzen.space.expr import scope
from parzen.space.flatten import flatten
from parzen.space.space import Space

X = hp.float(0, 1)
constants = st.one_of(st.text(max_size=8), st.integers(-3, 3), st.floats(-3, 3), st.booleans(), st.none())
structures = st.one_of(
    constants,
    st.lists(constants, max_size=3),
    st.dictionaries(st.sampled_from(["kind", "a", "b"]), constants, max_size=3),
)


class Net:
    def __repr__(self):
        return "Net(depth=3)"


def choice(options):
    space = flatten(hp.choice("m", options))
    return space.params[space.index["m"]]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["rbf", "it's"], ("rbf", "it's")),
        ([1, 2.5, None, True], (1, 2.5, "None", True)),
        (["", " "], ("''", "' '")),
        ([1, "1"], (1, "'1'")),
        (["a", "a"], ("a", "a (2)")),
        ([{"C": X, "kind": "a, {b}"}, {"C": 3, "kind": "c"}], ("a, {b}", "c")),
        ([{"kind": "x", "n": 1}, {"kind": "x", "n": 2}], ("1", "2")),
        ([{"kind": "svm", "C": X}, {"kind": "svm", "gamma": X}], ("kind+C", "kind+gamma")),
        ([{"kind": "svm", "C": X}, {"kind": "tree", "deep": [1, "svm"]}], ("svm", "tree")),
        ([None, {"units": hp.int(1, 4), "start": hp.int(0, 2)}], ("None", "units+start")),
        (["a", {"name": "b"}], ("a", "b")),
        ([{"a": 1}], ("{'a': 1}",)),
        ([("svm", X), ("knn", 3)], ("svm", "knn")),
        ([(32, 32), (64,)], ("(32, 32)", "(64)")),
        ([math.sin, dict, {"fn": np.mean, "x": X}], ("sin", "dict", "mean")),
        ([np.arange(3), np.arange(4)], ("array (3,)", "array (4,)")),
        ([Net(), {"": Net(), "x": X}, 3], ("Net(depth=3)", "+x", 3)),
        ([Net(), 3], ("Net", 3)),
        ([0, hp.float(0, 1, label="u"), hp.int(1, 3)], (0, "u", "a number")),
        ([hp.int(1, 3), hp.int(4, 6)], ("1..3", "4..6")),
        ([hp.choice("inner", [1, 2]), "x"], ("inner", "x")),
    ],
)
def test_an_option_is_called_by_what_it_says(options, names):
    assert names_of(choice(options)) == names


@given(st.lists(structures, min_size=1, max_size=6))
def test_no_two_options_are_called_alike_and_each_name_finds_its_option(options):
    param = choice(options)
    for names in (names_of(param), texts_of(param), texts_of(param, 16)):
        assert len({str(name) for name in names}) == len(options)
        assert all(str(name).strip() for name in names)
    assert [index_of(param, str(name)) for name in names_of(param)] == list(range(len(options)))
    assert all(len(name) <= 16 for name in texts_of(param, 16))


@given(st.lists(structures, min_size=2, max_size=5, unique_by=repr), st.randoms())
def test_names_do_not_depend_on_the_order_of_the_options(options, random):
    before = choice(options)
    shuffled = list(options)
    random.shuffle(shuffled)
    after = choice(shuffled)
    if len(set(before.options)) == len(options):
        assert dict(zip(before.options, names_of(before))) == dict(zip(after.options, names_of(after)))


def test_an_option_is_also_found_by_the_text_that_identifies_it():
    param = choice([{"kind": "a", "x": X}, len])
    assert [index_of(param, text) for text in param.options] == [0, 1]
    assert index_of(param, "none of them") is None


def test_a_table_of_names_is_taken_back(study):
    """Also one that is no export of ours, such as a data frame."""
    param = study.space.params[study.space.index["residual"]]
    assert [option_of(param, name) for name in names_of(param)] == [0, 1]


def test_numbers_and_the_index_of_a_switch_stay_numbers():
    space = flatten({"s": scope.switch(hp.randint("i", 2), "a", {"x": hp.float(0, 1, label="x")})})
    assert names_of(space.params[space.index["i"]]) == ()
    assert named(space.params[space.index["i"]], 1) == 1
    assert branch(space, space.index["x"]) == "i = 1"


def test_a_branch_is_told_by_the_names_of_options():
    inner = hp.choice("k", ["a", {"w": hp.float(0, 1, label="w")}])
    space = flatten(hp.choice("m", [{"type": "svm", "k": inner}, {"type": "knn"}]))
    assert branch(space, space.index["m"]) is None
    assert branch(space, space.index["w"]) == "m = svm and k = w"


SPACE = {
    "residual": hp.choice("residual", [None, {"units": hp.int(1, 4), "start": hp.int(0, 2)}]),
    "pool": hp.choice("pool", [np.max, np.mean]),
}


@pytest.fixture(scope="module")
def study():
    made = Study(SPACE, "random", seed=1)
    for _ in range(40):
        trial = made.ask()
        made.tell(trial, float(trial.point["pool"]))
    return made


def test_an_option_has_one_name_on_the_console_in_files_tables_pictures_cards_and_effects(study):
    names = ("None", "units+start")
    number = next(t.number for t in study.trials if t.point["residual"] == 1)
    trial = study.trials[number]
    assert configuration(study.space, trial).startswith("residual=units+start ")
    assert Records(study).of(trial)["params"]["residual"] == "units+start"
    file = io.StringIO()
    write_csv(study, file)
    assert {row["param.residual"] for row in csv.DictReader(io.StringIO(file.getvalue()))} == set(names)
    column = next(column for column in study.trials.columns() if column.name == "param.residual")
    assert column.categories == names
    assert axes(study.space)[study.space.index["residual"]].options == names
    effect = {one.label: one for one in effects(study)}
    assert effect["residual"].options == names
    assert effect["residual.1.units"].importance.given == "residual = units+start"
    assert "├ None" in space_text(study.space)
    assert "└ units+start" in space_text(study.space)


def test_names_are_the_same_for_a_space_that_was_read_from_a_file(study):
    read = Space.from_json(study.space.to_json())
    point = study.trials[0].point
    assert readable(read, point) == readable(study.space, point)
    assert [branch(read, j) for j in range(4)] == [branch(study.space, j) for j in range(4)]
