"""From structure to space: labels, conditions, shared nodes, and mistakes that are noticed."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.errors import BadSearchSpace, DuplicateLabel, InvalidSpace, SpaceWarning
from parzen.space import hp
from parzen.space.expr import scope
from parzen.space.flatten import flatten
from parzen.space.space import Space
from parzen.testing.strategies import points, spaces


def conditions(space):
    """Label -> sorted alternatives, each as {choice: branch}."""
    names = [param.label for param in space.params]
    return {p.label: [{names[j]: k for j, k in way} for way in p.condition] for p in space.params}


def test_labels_come_in_the_order_of_first_appearance():
    space = flatten({"b": hp.uniform("second", 0, 1), "a": [hp.uniform("first", 0, 1), 3]})
    assert list(space.index) == ["second", "first"]


def test_a_space_stays_itself():
    space = flatten(hp.uniform("x", 0, 1))
    assert flatten(space) is space


@pytest.mark.parametrize("constant", [{}, [], {"a": 1}, None, "text", 3.5])
def test_a_constant_is_a_space_without_hyperparameters(constant):
    space = flatten(constant)
    assert len(space) == 0
    assert space.build({}) == (tuple(constant) if isinstance(constant, list) else constant)


def test_a_nested_hyperparameter_is_active_where_its_branches_were_taken():
    inner = hp.choice("inner", [hp.uniform("x", 0, 1), {"y": hp.uniform("y", 0, 1)}])
    space = flatten({"outer": hp.choice("outer", ["none", inner]), "always": hp.uniform("z", 0, 1)})
    assert conditions(space) == {
        "outer": [{}],
        "inner": [{"outer": 1}],
        "x": [{"outer": 1, "inner": 0}],
        "y": [{"outer": 1, "inner": 1}],
        "z": [{}],
    }


def test_a_node_in_two_branches_is_active_in_either():
    shared = hp.uniform("s", 0, 1)
    space = flatten(hp.choice("c", [shared, {"a": shared, "b": hp.uniform("b", 0, 1)}, 0]))
    assert conditions(space)["s"] == [{"c": 0}, {"c": 1}]


def test_a_node_that_also_stands_outside_is_always_active():
    shared = hp.uniform("s", 0, 1)
    space = flatten([hp.choice("c", [shared, 0]), shared])
    assert conditions(space)["s"] == [{}]


def test_a_choice_used_twice_decides_once():
    """The same node in two places is one value, so below its own branch k only branch k is left."""
    again = hp.choice("c", [hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)])
    outer = scope.switch(again.index, {"same": again}, "other")
    assert conditions(flatten(outer)) == {"c": [{}], "x": [{"c": 0}]}


def test_an_ordinal_decides_like_a_choice():
    space = flatten({"size": hp.ordinal(["small", {"n": hp.int(1, 9)}])})
    assert conditions(space) == {"size": [{}], "size.1.n": [{"size": 1}]}


def test_a_randint_may_decide():
    """scope.switch over a hyperparameter of whole numbers."""
    space = flatten(scope.switch(hp.randint("k", 2), hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)))
    assert conditions(space) == {"k": [{}], "x": [{"k": 0}], "y": [{"k": 1}]}


def test_branches_of_a_computed_index_are_always_active():
    """Nobody can say which is taken before all is known."""
    index = scope.int(hp.uniform("u", 0, 2))
    space = flatten(scope.switch(index, hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)))
    assert conditions(space) == {"u": [{}], "x": [{}], "y": [{}]}


def test_hyperparameters_inside_operations_are_found():
    space = flatten({"a": 2 ** scope.int(hp.uniform("p", 0, 5)) + hp.normal("n", 0, 1)})
    assert set(space.index) == {"p", "n"}


def test_one_label_for_two_hyperparameters_is_refused_with_both_places():
    with pytest.raises(
        DuplicateLabel, match=r"space\['a'\] = uniform\(0, 1\) and space\['b'\]\[0\]"
    ) as caught:
        flatten({"a": hp.uniform("x", 0, 1), "b": [hp.uniform("x", 0, 2)]})
    assert caught.value.label == "x"
    assert isinstance(caught.value, BadSearchSpace)


def test_equal_hyperparameters_with_one_label_are_two_all_the_same():
    """As in Hyperopt: share the node to share the value."""
    with pytest.raises(DuplicateLabel):
        flatten([hp.uniform("x", 0, 1), hp.uniform("x", 0, 1)])


def test_labels_that_are_left_out_are_paths():
    space = flatten(
        {
            "lr": hp.float(0, 1),
            "model": hp.choice("model", [{"C": hp.float(0, 1)}, {"C": hp.float(0, 2)}]),
            "list": [hp.int(1, 2), 0],
            "double": 2 * hp.float(0, 1),
            "sum": hp.float(0, 1) + hp.float(0, 1),
        }
    )
    assert list(space.index) == [
        "lr",
        "model",
        "model.0.C",
        "model.1.C",
        "list.0",
        "double",
        "sum.0",
        "sum.1",
    ]


def test_a_single_hyperparameter_without_a_label_is_x():
    assert list(flatten(hp.float(0, 1)).index) == ["x"]


def test_a_path_that_is_taken_gets_a_number():
    space = flatten({"a": hp.float(0, 1), "b": hp.uniform("b.0", 0, 1), "b.0": 0} | {"c": [hp.float(0, 1)]})
    assert list(space.index) == ["a", "b.0", "c.0"]
    taken = flatten([hp.uniform("1", 0, 1), hp.float(0, 1)])
    assert list(taken.index) == ["1", "1.2"]


def test_a_label_given_later_may_collide_with_a_path():
    """Then the message says so; nothing is renamed behind the user's back."""
    with pytest.raises(DuplicateLabel):
        flatten({"a": hp.float(0, 1), "b": hp.uniform("a", 0, 1)})


@pytest.mark.parametrize(
    ("space", "advice"),
    [
        ({"x": "hp.uniform('x', 0, 1)"}, "without quotes"),
        ({"lr": (0.1, 0.5)}, r"hp.float\(0.1, 0.5\)"),
        ({"n": (1, 10)}, r"hp.int\(1, 10\)"),
        ({"deep": {"lr": [0, 1.5]}}, r"space\['deep'\]\['lr'\]"),
    ],
)
def test_a_forgotten_word_is_noticed(space, advice):
    with pytest.raises(InvalidSpace, match=advice):
        flatten(space)
    with pytest.warns(SpaceWarning, match=advice):
        flatten({**space, "real": hp.uniform("real", 0, 1)})


@pytest.mark.parametrize("constant", [(3, 3), [0.5], [None, None], (1, "a"), (True,), "uniform"])
def test_ordinary_constants_are_not_suspected(constant):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flatten({"real": hp.uniform("real", 0, 1), "constant": constant})


def test_a_draw_without_a_label_is_refused_with_its_place():
    with pytest.raises(InvalidSpace, match=r"space\['a'\] draws scope.uniform") as caught:
        flatten({"a": scope.uniform(0, 1)})
    assert 'hp.uniform("label"' in caught.value.hint


def test_options_are_told_apart_by_content():
    space = flatten(hp.choice("c", [1, 1.0, "1", True, np.array([1]), len, {"x": hp.uniform("x", 0, 1)}]))
    assert len(set(space.params[0].options)) == 7


def test_identities_of_options_hold_no_addresses():
    """They are kept in the log and must be the same in the next process."""

    class Thing:
        pass

    options = flatten(hp.choice("c", [Thing(), lambda: 0, object()])).params[0].options
    assert not [text for text in options if "0x" in text]


def test_equal_spaces_have_equal_fingerprints():
    def make(high=1.0, options=("a", "b")):
        return flatten({"x": hp.uniform("x", 0, high), "c": hp.choice("c", [*options])})

    assert make().fingerprint() == make().fingerprint()
    assert len({make().fingerprint(), make(2.0).fingerprint(), make(options=("b", "a")).fingerprint()}) == 3


def test_a_large_space_is_walked_once_per_way():
    """200 shared nodes below 50 options: 10,000 visits, not 200 to the power of anything."""
    shared = [hp.uniform(f"x{i}", 0, 1) for i in range(200)]
    space = flatten(hp.choice("c", [{"all": shared, "k": k} for k in range(50)]))
    assert len(space) == 201
    assert len(space.params[1].condition) == 50


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_space_draws_builds_checks_and_encodes(data):
    """Active labels are exactly those that building asks for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpaceWarning)
        space = flatten(data.draw(spaces()))
    point = data.draw(points(space))
    assert space.check(point) == point
    assert space.decode(space.encode(point)) == point

    asked = set()

    class Noting(dict):
        def __getitem__(self, label):
            asked.add(label)
            return dict.__getitem__(self, label)

    space.build(Noting(point))
    assert asked == set(point)
    row = np.array(space.encode(point), dtype=float)
    filled = np.where(np.isnan(row), 0.0, row)
    assert space.active(filled).tolist() == [label in point for label in space.index]
    again = Space.from_json(space.to_json())
    assert again.fingerprint() == space.fingerprint()
    assert math.isinf(space.cardinality) or space.cardinality >= 1
