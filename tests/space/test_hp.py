"""The words of `hp`: what they accept, what they refuse, and what the messages say."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from parzen.errors import BadSearchSpace, InvalidArgument, InvalidLabel, InvalidSpace, SpaceWarning
from parzen.space import hp
from parzen.space.distributions.base import Labels, Lattice, Line
from parzen.space.expr import Apply, Parameter, Switch
from parzen.space.flatten import flatten

LABELLED = {
    "uniform": (0, 1),
    "quniform": (0, 1, 0.1),
    "uniformint": (0, 9),
    "loguniform": (-3, 0),
    "qloguniform": (0, 3, 1),
    "normal": (0, 1),
    "qnormal": (0, 1, 0.5),
    "lognormal": (0, 1),
    "qlognormal": (0, 1, 0.5),
    "randint": (5,),
    "choice": (["a", "b"],),
    "pchoice": ([(0.5, "a"), (0.5, "b")],),
}


def test_the_public_list_is_exact():
    assert sorted(hp.__all__) == sorted([*LABELLED, "float", "int", "ordinal"])
    assert all(callable(getattr(hp, word)) for word in hp.__all__)


@pytest.mark.parametrize("word", list(LABELLED))
def test_every_word_of_hyperopt_takes_its_label_first(word):
    space = flatten(getattr(hp, word)("name", *LABELLED[word]))
    assert list(space.index) == ["name"]


@pytest.mark.parametrize("word", list(LABELLED))
def test_every_word_takes_its_label_by_keyword(word):
    names = {
        "quniform": ("low", "high", "q"),
        "qloguniform": ("low", "high", "q"),
        "qnormal": ("mu", "sigma", "q"),
        "qlognormal": ("mu", "sigma", "q"),
        "normal": ("mu", "sigma"),
        "lognormal": ("mu", "sigma"),
        "randint": ("low",),
        "choice": ("options",),
        "pchoice": ("p_options",),
    }.get(word, ("low", "high"))
    made = getattr(hp, word)(label="name", **dict(zip(names, LABELLED[word])))
    assert list(flatten(made).index) == ["name"]


@pytest.mark.parametrize("word", list(LABELLED))
@pytest.mark.parametrize("label", [None, 3, 0.5])
def test_a_missing_label_shows_the_new_words(word, label):
    with pytest.raises(InvalidLabel, match=f"hp.{word}") as caught:
        getattr(hp, word)(label, *LABELLED[word])
    assert "hp.float" in caught.value.hint


@pytest.mark.parametrize(
    ("word", "args"), [("float", (0, 1)), ("float", (1,)), ("int", (1,)), ("ordinal", ())]
)
def test_a_new_word_with_a_label_first_shows_where_it_goes(word, args):
    with pytest.raises(InvalidArgument, match="takes its label from the key") as caught:
        getattr(hp, word)("lr", *args)
    assert "label='lr'" in caught.value.hint


@pytest.mark.parametrize(
    ("made", "geometry"),
    [
        (hp.uniform("x", 0, 1), Line(0, 1)),
        (hp.quniform("x", 0, 1, 0.25), Line(0, 1, step=0.25)),
        (hp.loguniform("x", 0, 1), Line(1, math.e, log=True)),
        (hp.normal("x", 0, 1), Line(-math.inf, math.inf)),
        (hp.lognormal("x", 0, 1), Line(0, math.inf, log=True)),
        (hp.randint("x", 7), Lattice(0, 6)),
        (hp.randint("x", 3, 7), Lattice(3, 6)),
        (hp.randint("x", low=7), Lattice(0, 6)),
        (hp.randint("x", low=3, high=7), Lattice(3, 6)),
        (hp.int(1, 9), Lattice(1, 9)),
        (hp.int(1, 9, step=3), Lattice(1, 7, step=3)),
        (hp.int(1, 9, log=True), Lattice(1, 9, log=True)),
        (hp.float(1, 9), Line(1, 9)),
        (hp.float(1, 9, log=True), Line(1, 9, log=True)),
        (hp.float(0, 1, step=0.25), Lattice(0, 1, step=0.25)),
    ],
)
def test_each_word_has_its_geometry(made, geometry):
    assert made.distribution.geometry == geometry


def test_choices_are_labels_and_ordinals_a_lattice():
    assert isinstance(hp.choice("c", ["a"]), Switch)
    assert hp.choice("c", ["a", "b"]).index.distribution.geometry == Labels((0.5, 0.5))
    assert hp.ordinal(["a", "b", "c"]).index.distribution.geometry == Lattice(0, 2)


def test_uniformint_is_an_int_for_the_objective_and_a_float_in_the_point():
    space = flatten(hp.uniformint("n", 1, 9))
    point = space.point_from(lambda j: 0.5)
    assert (point, type(point["n"])) == ({"n": 5.0}, float)
    assert (space.build(point), type(space.build(point))) == (5, int)


def test_int_is_an_int_everywhere():
    space = flatten({"n": hp.int(1, 9)})
    point = space.point_from(lambda j: 0.5)
    assert type(point["n"]) is int
    assert type(space.build(point)["n"]) is int


@pytest.mark.parametrize("word", ["uniform", "quniform", "loguniform", "uniformint", "qloguniform"])
def test_bounds_out_of_order_are_swapped_in_the_advice(word):
    rest = (0.5,) if word.startswith("q") else ()
    with pytest.raises(InvalidSpace, match=r"low should be less than high: low 3 is above high 1") as caught:
        getattr(hp, word)("lr", 3, 1, *rest)
    assert caught.value.label == "lr"
    assert caught.value.hint.startswith(f"swap them: hp.{word}('lr', 1, 3")


@pytest.mark.parametrize(
    "make",
    [
        lambda: hp.uniform("x", 2, 2),
        lambda: hp.randint("x", 0),
        lambda: hp.randint("x", 3, 3),
        lambda: hp.float(2, 2),
    ],
)
def test_an_empty_range_is_refused(make):
    with pytest.raises(InvalidSpace, match="is equal to high"):
        make()


def test_hyperopts_handlers_catch_what_is_wrong_with_a_space():
    """Hyperopt raised ValueError from `uniform` and BadSearchSpace elsewhere."""
    for handler in (ValueError, BadSearchSpace):
        with pytest.raises(handler):
            hp.uniform("x", 1, 0)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, "1", None, [1], np.array([1, 2])])
def test_a_bound_is_a_finite_number(wrong):
    with pytest.raises(InvalidSpace, match="high must be"):
        hp.uniform("x", 0, wrong)


@pytest.mark.parametrize("number", [1, 1.0, np.float32(1), np.int64(1), np.array(1.0), True])
def test_a_bound_may_be_any_number(number):
    assert hp.uniform("x", 0, number).distribution.quantile(0.5) == 0.5


def test_numpy_bounds_become_plain_numbers():
    """They are stored as JSON."""
    assert type(hp.uniform("x", np.float32(0), np.int64(3)).distribution.high) is int
    assert type(hp.normal("x", np.float64(0), np.float32(1)).distribution.sigma) is float


def test_a_bound_that_depends_on_another_hyperparameter_is_refused_with_the_rewriting():
    y = hp.uniform("y", 1, 2)
    with pytest.raises(InvalidSpace, match="depends on another hyperparameter") as caught:
        hp.uniform("x", 0, y)
    assert "y * hp.uniform('x', 0, 1)" in caught.value.hint


@pytest.mark.parametrize("q", [0, -1, math.nan])
@pytest.mark.parametrize(
    "make",
    [
        lambda q: hp.quniform("x", 0, 1, q),
        lambda q: hp.qnormal("x", 0, 1, q),
        lambda q: hp.qloguniform("x", 0, 1, q),
        lambda q: hp.qlognormal("x", 0, 1, q),
        lambda q: hp.float(0, 1, step=q),
    ],
)
def test_a_step_is_above_zero(make, q):
    with pytest.raises(InvalidSpace, match=r"q must|step must"):
        make(q)


@pytest.mark.parametrize("sigma", [0, -1])
@pytest.mark.parametrize("word", ["normal", "lognormal"])
def test_a_deviation_is_above_zero(word, sigma):
    with pytest.raises(InvalidSpace, match="sigma must be above 0"):
        getattr(hp, word)("x", 0, sigma)


@pytest.mark.parametrize(
    "make",
    [
        lambda: hp.loguniform("x", 0, 1000),
        lambda: hp.lognormal("x", 1000, 1),
    ],
)
def test_logarithms_that_overflow_are_refused(make):
    with pytest.raises(InvalidSpace, match="overflows"):
        make()


def test_a_range_whose_width_overflows_is_refused():
    """Otherwise every draw is infinite or NaN."""
    with pytest.raises(InvalidSpace):
        hp.uniform("x", -1.7e308, 1.7e308)


def test_real_bounds_given_to_loguniform_are_suspected():
    """loguniform(0.001, 0.1) samples 1.001 ... 1.105, which hardly anybody means."""
    with pytest.warns(SpaceWarning, match=r"hp\.float\(0\.001, 0\.1, log=True\)"):
        hp.loguniform("lr", 0.001, 0.1)


def test_ordinary_logarithms_are_not_suspected():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hp.loguniform("lr", math.log(0.001), math.log(0.1))
        hp.loguniform("n", 0, 5)


@pytest.mark.parametrize("wrong", ["abc", {"a": 1}, 3, b"ab"])
@pytest.mark.parametrize("word", ["choice", "pchoice"])
def test_options_are_a_list(word, wrong):
    with pytest.raises(InvalidSpace):
        getattr(hp, word)("c", wrong)


def test_a_dict_of_options_is_rewritten_in_the_advice():
    with pytest.raises(InvalidSpace, match="options must be a list") as caught:
        hp.choice("c", {"a": 1, "b": 2})
    assert caught.value.hint == "write hp.choice('c', ['a', 'b'])"


@pytest.mark.parametrize("options", [["a"], ("a",), range(1), np.array([1.5]), iter(["a"])])
def test_options_may_be_any_sequence(options):
    assert hp.choice("c", options).index.distribution.geometry.size == 1


@pytest.mark.parametrize(
    "make", [lambda: hp.choice("c", []), lambda: hp.pchoice("c", []), lambda: hp.ordinal([])]
)
def test_no_options_are_refused(make):
    with pytest.raises(InvalidSpace):
        make()


def test_probabilities_are_scaled_with_a_warning():
    with pytest.warns(SpaceWarning, match="sum to 2"):
        made = hp.pchoice("c", [(0.5, "a"), (1.5, "b")])
    assert made.index.distribution.weights == (0.25, 0.75)


@pytest.mark.parametrize("weights", [(-0.1, 1.1), (0, 0), (math.nan, 1), (math.inf, 1)])
def test_impossible_probabilities_are_refused(weights):
    with pytest.raises(InvalidSpace, match="at least 0 and not all 0"):
        hp.pchoice("c", [(weight, "o") for weight in weights])


def test_pchoice_wants_pairs():
    with pytest.raises(InvalidSpace, match="pairs") as caught:
        hp.pchoice("c", ["a", "b"])
    assert '(0.3, "a")' in caught.value.hint


@pytest.mark.parametrize("args", [(), (1, 2, 3), (1.5,), (2**53 + 2,), ("3",)])
def test_randint_takes_one_or_two_whole_numbers(args):
    with pytest.raises((TypeError, InvalidSpace)):
        hp.randint("n", *args)


def test_randint_takes_whole_floats_and_numpy_ints():
    assert hp.randint("n", 5.0).distribution == hp.randint("n", np.int32(5)).distribution


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: hp.float(0, 1, log=True), "above 0"),
        (lambda: hp.float(-1, 1, log=True), "above 0"),
        (lambda: hp.float(1, 2, log=True, step=0.5), "not both"),
        (lambda: hp.int(0, 5, log=True), "at least 1"),
        (lambda: hp.int(1, 9, log=True, step=2), "step 1"),
        (lambda: hp.int(1, 9, step=0), "at least 1"),
        (lambda: hp.int(1.5, 9), "whole number"),
        (lambda: hp.int(9, 1), "low should be less than high"),
    ],
)
def test_new_words_say_what_does_not_fit(make, text):
    with pytest.raises(InvalidSpace, match=text):
        make()


def test_an_int_with_one_value_is_legal():
    """A sweep over one value is a step of a larger one."""
    assert hp.int(3, 3).distribution.quantile(0.9) == 3


def test_new_words_take_their_label_from_the_path():
    space = {"lr": hp.float(0, 1), "model": [{"C": hp.int(1, 2)}, hp.ordinal(["s", "l"], label="size")]}
    assert list(flatten(space).index) == ["lr", "model.0.C", "size"]


def test_repr_is_the_users_words():
    assert repr(hp.uniform("x", -1, 1)) == "x ~ uniform(-1, 1)"
    assert repr(hp.quniform("q", 0, 1, 0.1)) == "q ~ quniform(0, 1, 0.1)"
    assert repr(hp.normal("z", 0, 2)) == "z ~ normal(0, 2)"


@pytest.mark.parametrize("word", list(LABELLED))
def test_every_word_makes_an_expression(word):
    made = getattr(hp, word)("x", *LABELLED[word])
    assert isinstance(made, Apply)
    assert isinstance(made, (Parameter, Switch)) or word == "uniformint"
