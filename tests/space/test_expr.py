"""Expressions: built by arithmetic, evaluated once per node, pickled with shared nodes shared."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest

from parzen.errors import InvalidArgument, InvalidLabel, InvalidSpace
from parzen.space import hp
from parzen.space.expr import (
    Apply,
    Bundle,
    Call,
    Evaluation,
    Literal,
    Parameter,
    Switch,
    as_apply,
    branch,
    dfs,
    scope,
)


def value(expr, rng=None, **point):
    """The value of an expression where hyperparameters have the given values."""
    return Evaluation(lambda parameter: point[parameter.label], rng=rng).value(as_apply(expr))


X = hp.uniform("x", 0, 10)
Y = hp.uniform("y", 0, 10)

ARITHMETIC = [
    (lambda x, y: x + y, 7.0),
    (lambda x, y: x - y, 3.0),
    (lambda x, y: x * y, 10.0),
    (lambda x, y: x / y, 2.5),
    (lambda x, y: x // y, 2.0),
    (lambda x, y: x**y, 25.0),
    (lambda x, y: -x, -5.0),
    (lambda x, y: 1 + x, 6.0),
    (lambda x, y: 1 - x, -4.0),
    (lambda x, y: 3 * x, 15.0),
    (lambda x, y: 10 / x, 2.0),
    (lambda x, y: 11 // x, 2.0),
    (lambda x, y: 2**y, 4.0),
    (lambda x, y: x < y, False),
    (lambda x, y: x <= y, False),
    (lambda x, y: x > y, True),
    (lambda x, y: x >= y, True),
    (lambda x, y: np.float64(2) * x, 10.0),
    (lambda x, y: x - np.int64(1), 4.0),
]


@pytest.mark.parametrize(("make", "expected"), ARITHMETIC)
def test_arithmetic_waits_for_the_values(make, expected):
    node = make(X, Y)
    assert isinstance(node, Call)
    assert value(node, x=5.0, y=2.0) == expected


def test_numpy_arrays_leave_arithmetic_to_the_node():
    node = np.array([1.0, 2.0]) * X
    assert isinstance(node, Apply)
    assert value(node, x=3.0).tolist() == [3.0, 6.0]


def test_containers_keep_their_shape_but_lists_become_tuples():
    """As in Hyperopt."""
    built = value({"a": [X, 1], "b": {"c": (Y, "text")}, 3: None}, x=1.5, y=2.5)
    assert built == {"a": (1.5, 1), "b": {"c": (2.5, "text")}, 3: None}
    assert list(built) == ["a", "b", 3]


def test_a_constant_is_the_same_object_in_every_trial():
    model = object()
    assert value({"m": model})["m"] is model


def test_containers_are_new_in_every_trial():
    """An objective may change its argument."""
    expr = as_apply({"a": {"b": 1}})
    first, second = value(expr), value(expr)
    first["a"]["b"] = 2
    assert second == {"a": {"b": 1}}


def test_a_node_in_two_places_is_evaluated_once():
    calls = []

    def noted(x):
        calls.append(x)
        return x

    node = scope.node("call", (noted, X), {})
    assert value([node, node, node + 1], x=4.0) == (4.0, 4.0, 5.0)
    assert calls == [4.0]


def test_only_the_branch_that_was_taken_is_evaluated():
    expr = scope.switch(X, 1 / Y, "other")
    assert value(expr, x=1, y=0.0) == "other"
    with pytest.raises(ZeroDivisionError):
        value(expr, x=0, y=0.0)


@pytest.mark.parametrize("index", [1, 1.0, np.int64(1), np.float64(1.0), np.array(1)])
def test_an_index_may_be_any_whole_number(index):
    assert value(hp.choice("c", ["a", "b"]), c=index) == "b"


@pytest.mark.parametrize("index", [-1, 2, 0.5, math.nan, math.inf])
def test_an_index_that_is_no_option_is_refused(index):
    with pytest.raises(InvalidArgument, match=r"0..1"):
        branch(index, 2)


@pytest.mark.parametrize("index", ["1", None, [1], b"1"])
def test_an_index_that_is_no_number_is_a_type_error(index):
    with pytest.raises(TypeError):
        branch(index, 2)


def test_indexing_and_calling_wait_for_the_values():
    assert value(as_apply([10, 20, 30])[scope.int(X)], x=1.0) == 20
    assert value(as_apply({"k": 7})["k"]) == 7
    assert value(as_apply(divmod)(X, 3), x=7) == (2, 1)
    assert value(as_apply(dict)(a=X), x=7) == {"a": 7}


def test_bundles_unpack():
    a, b = as_apply([X, 2])
    assert (value(a, x=1.0), value(b, x=1.0)) == (1.0, 2)


def test_a_node_of_unknown_length_cannot_be_unpacked():
    """Without this, unpacking would index without end."""
    with pytest.raises(TypeError, match="length"):
        list(X)
    with pytest.raises(TypeError, match="not known"):
        len(X + 1)


def test_a_comparison_has_no_truth_value_before_a_trial():
    with pytest.raises(TypeError, match=r"scope.switch"):
        bool(X < 3)
    with pytest.raises(TypeError, match=r"scope.switch"):
        assert 0 < X < 3
    assert X


def test_scope_has_mathematics_with_numpys_results():
    built = value(scope.exp(scope.log(X)), x=2.0)
    assert built == pytest.approx(2.0, rel=1e-15)
    assert isinstance(built, np.float64)
    assert value([scope.int(X), scope.maximum(X, 3), scope.sqrt(Y)], x=2.9, y=4.0) == (2, 3.0, 2.0)
    assert type(value(scope.int(X), x=2.9)) is int


@pytest.fixture
def double():
    def double_(x, times=2):
        return x * times

    scope.define(double_)
    yield scope.double_
    scope.undefine(double_)


def test_users_define_their_own_operations(double):
    assert value(double(X), x=4) == 8
    assert value(double(X, times=Y), x=4, y=3) == 12
    assert "double_" in dir(scope)


def test_a_name_can_be_defined_once(double):
    with pytest.raises(InvalidArgument, match="exists already"):
        scope.register(lambda: 0, "double_")
    scope.define_if_new(double)


def test_scope_methods_cannot_be_covered():
    with pytest.raises(InvalidArgument, match="exists already"):
        scope.register(lambda: 0, "define")


def test_an_unknown_operation_is_an_attribute_error_with_a_suggestion():
    with pytest.raises(AttributeError, match="Did you mean 'sqrt'"):
        scope.sqqrt  # noqa: B018  # looking it up is the point


def test_an_operation_that_is_gone_names_the_remedy(double):
    node = double(X)
    scope.undefine("double_")
    with pytest.raises(InvalidSpace, match="double_") as caught:
        value(node, x=1)
    assert "scope.define" in caught.value.hint


def test_draws_without_a_label_use_the_evaluations_generator():
    expr = scope.uniform(0, 1) + scope.normal(0, 1)
    one, two = (value(expr, rng=np.random.default_rng(3)) for _ in range(2))
    assert one == two
    with pytest.raises(InvalidSpace, match=r"hp.uniform"):
        value(scope.uniform(0, 1))


def test_pickling_keeps_shared_nodes_shared():
    one, two = pickle.loads(pickle.dumps(as_apply([X, X + 1]))).items
    assert two.pos_args[0] is one
    assert value(two, x=1.0) == 2.0


def test_deep_expressions_pickle_and_evaluate():
    node = X
    for _ in range(100):
        node = node + 1
    assert value(pickle.loads(pickle.dumps(node)), x=0.0) == 100.0


def test_dfs_gives_inputs_before_their_users_each_once():
    total = X + Y
    expr = as_apply({"a": total, "b": total * X})
    order = dfs(expr)
    assert len(order) == len(set(order)) == 5
    place = {node: i for i, node in enumerate(order)}
    assert all(place[below] < place[node] for node in order for below in node.inputs())


def test_nodes_answer_to_hyperopts_names():
    assert (X.name, X.pos_args[0].obj, X.pos_args[1].name) == ("hyperopt_param", "x", "uniform")
    assert {key: node.obj for key, node in X.pos_args[1].named_args} == {"low": 0, "high": 10}
    choice = hp.choice("c", ["a", "b"])
    assert choice.name == "switch"
    assert isinstance(choice.pos_args[0], Parameter)
    assert [option.obj for option in choice.pos_args[1:]] == ["a", "b"]
    assert as_apply({"k": 1}).arg["k"].obj == 1
    assert Literal().obj is None


def test_a_listing_shows_the_whole_expression():
    text = str(as_apply({"a": X + 1}))
    assert text.splitlines() == [
        "0   dict",
        "1     a = add",
        "2       x ~ uniform(0, 10)",
        "3       Literal(1)",
    ]


@pytest.mark.parametrize("label", [3, None, 2.5, ["x"]])
def test_an_old_word_without_its_label_shows_the_new_one(label):
    with pytest.raises(InvalidLabel, match="require string label") as caught:
        hp.uniform(label, 0, 1)
    assert "hp.float" in caught.value.hint


def test_scope_switch_and_containers_are_nodes_of_their_own_kind():
    assert isinstance(scope.switch(X, 1, 2), Switch)
    assert isinstance(scope.pos_args(X, 1), Bundle)
    assert value(scope.dict(a=X), x=1) == {"a": 1}
