"""Ready spaces, tuned estimators, and how a space's value becomes parameters."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

from parzen.errors import InvalidArgument, InvalidSpace
from parzen.sklearn import spaces, tuned
from parzen.sklearn.parameters import check_names, parameters_of, space_of
from parzen.space import hp
from parzen.space.flatten import flatten
from sklearn import (
    cluster,
    decomposition,
    ensemble,
    linear_model,
    naive_bayes,
    neighbors,
    neural_network,
    svm,
    tree,
)

MODULES = (svm, linear_model, neighbors, tree, ensemble, neural_network, cluster, decomposition, naive_bayes)
ESTIMATORS = [
    getattr(module, name) for name in spaces._BY_CLASS for module in MODULES if hasattr(module, name)
]


def test_every_class_with_a_ready_space_was_found():
    assert [each.__name__ for each in ESTIMATORS] == list(spaces._BY_CLASS)


def test_every_ready_space_serves_some_class():
    functions = [each for each in vars(spaces).values() if inspect.isfunction(each)]
    own = {each.__name__ for each in functions if each.__module__ == spaces.__name__}
    public = {name for name in own if not name.startswith("_")}
    assert public - {"of"} == {each.__name__ for each in spaces._BY_CLASS.values()}


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: each.__name__)
def test_a_ready_space_builds_parameters_that_its_estimator_fits_with(estimator):
    """Five draws of the prior for each; the data have rows enough for each of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 5))
    y = (X[:, 0] > 0).astype(int)
    space = space_of(spaces.of(estimator))
    check_names(space, estimator())
    for _ in range(5):
        parameters = parameters_of(space.build(space.point_from(lambda j: rng.random())))
        for name in ("n_estimators", "max_iter"):  # fewer, so that the test is quick
            if name in parameters:
                parameters[name] = 3
        model = estimator().set_params(**parameters)
        if "MLP" in estimator.__name__:
            model.set_params(max_iter=2)
        with np.errstate(all="ignore"), pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *args, **kwargs: None)  # of convergence
            clone(model).fit(X, y)


def test_a_prefix_stands_before_every_name():
    assert all(name.startswith("clf__") for name in spaces.random_forest("clf__"))


def test_a_ready_space_may_stand_in_several_places():
    space = space_of({"a": tuned(svm.SVC()), "b": tuned(svm.SVC())})
    assert len(space) == 2 * len(space_of(spaces.svc()))


def test_labels_name_the_estimator_and_the_option():
    shared = hp.float(0, 1)
    options = [
        tuned(svm.SVC(), spaces.svc()),
        tuned(svm.SVC(kernel="linear"), C=hp.float(0, 1)),
        tuned(linear_model.Ridge(), alpha=shared),
    ]
    space = space_of({"clf": hp.choice("clf", options), "other": shared, "own": hp.int(1, 3, label="mine")})
    assert [param.label for param in space.params] == [
        *("clf", "clf.SVC.C", "clf.SVC.kernel"),
        *("clf.SVC.kernel.rbf.gamma", "clf.SVC.kernel.poly.degree"),
        *("clf.SVC.kernel.poly.gamma", "clf.SVC.kernel.poly.coef0"),
        *("clf.SVC.C.2", "clf.Ridge.alpha", "mine"),
    ]


def test_a_plain_space_has_the_labels_that_it_has_everywhere():
    space = {
        "C": hp.float(0, 1),
        "layers": (hp.int(1, 2), hp.int(1, 2)),
        "k": hp.choice("k", [1, hp.int(2, 3)]),
    }
    assert [p.label for p in space_of(space).params] == [p.label for p in flatten(space).params]


@pytest.mark.parametrize("given", [{}, [], [{}], [{}, {"C": hp.float(0, 1)}]])
def test_an_empty_space_is_said_to_be_empty(given):
    with pytest.raises(
        InvalidSpace, match=r"the space (is|has a dict that is) empty, with nothing to search"
    ):
        space_of(given)


def test_what_is_no_dict_is_named():
    with pytest.raises(InvalidSpace, match=r"must be a dict from parameter names .*; got int"):
        space_of(3)


def test_lists_and_arrays_are_options_and_tuples_are_constants():
    space = space_of({"C": [1, 10], "gamma": np.array([0.1, 0.5]), "degree": range(2, 4), "k": (1, "a")})
    assert [(param.label, param.options) for param in space.params] == [
        ("C", ("1", "10")),
        ("gamma", ("0.1", "0.5")),
        ("degree", ("2", "3")),
    ]
    assert space.build({"C": 1, "gamma": 0, "degree": 1}) == {
        "C": 10,
        "gamma": 0.1,
        "degree": 3,
        "k": (1, "a"),
    }


def test_lists_are_options_in_lists_of_dicts_and_in_tuned_too():
    assert [param.label for param in space_of([{"C": [1, 2]}, {"gamma": [1, 2]}]).params][1:] == [
        "0.C",
        "1.gamma",
    ]
    clf = tuned(svm.SVC(), C=[1, 10])
    assert [param.options for param in space_of({"clf": clf}).params] == [("1", "10")]


def test_a_list_with_expressions_in_it_is_a_value():
    space = space_of({"hidden_layer_sizes": [hp.int(1, 2), hp.int(1, 2)]})
    assert space.build({param.label: 1 for param in space.params}) == {"hidden_layer_sizes": (1, 1)}


def test_a_list_without_options_is_refused():
    with pytest.raises(InvalidSpace, match="the space has an empty list for 'C': it has no options"):
        space_of({"C": []})


@pytest.mark.parametrize(
    ("law", "word"),
    [
        (stats.loguniform(1, 10), "hp.float(1, 10, log=True)"),
        (stats.uniform(0.1, 0.2), "hp.float(0.1, 0.3)"),
        (stats.randint(1, 10), "hp.int(1, 9)"),
        (stats.norm(1, 2), "hp.normal('C', 1, 2)"),
        (stats.gamma(2), "hp.float(low, high), hp.int(low, high) or hp.normal(label, mean, deviation)"),
    ],
)
def test_a_distribution_of_scipy_is_refused_with_the_word_to_use(law, word):
    for space in ({"C": law}, {"C": law, "gamma": hp.float(0, 1)}, {"C": hp.choice("C", [1.0, law])}):
        with pytest.raises(InvalidSpace, match="a distribution of SciPy for 'C'") as caught:
            check_names(space_of(space), svm.SVC())
        assert caught.value.hint == f"write {word}"


def test_a_class_without_a_ready_space_is_named():
    with pytest.raises(InvalidArgument, match="no ready space for NuSVC; there is one for SVC"):
        tuned(svm.NuSVC())


def test_tuned_wants_an_estimator_and_no_class():
    with pytest.raises(InvalidArgument, match="tuned takes an estimator") as caught:
        tuned(svm.SVC, C=1.0)
    assert caught.value.hint == "write tuned(SVC(), ...)"


def test_tuned_estimators_nest():
    inner = tuned(tree.DecisionTreeClassifier(), max_depth=3)
    value = {"clf": tuned(ensemble.AdaBoostClassifier(), estimator=inner, n_estimators=5)}
    parameters = parameters_of(value)
    assert list(parameters) == ["clf", "clf__estimator", "clf__estimator__max_depth", "clf__n_estimators"]


def test_names_may_reach_into_an_estimator_that_the_space_puts_in():
    from sklearn.pipeline import Pipeline

    pipeline = Pipeline([("clf", "passthrough")])
    space = {
        "clf": hp.choice("clf", [svm.SVC(), linear_model.LogisticRegression()]),
        "clf__C": hp.float(0.1, 1),
    }
    check_names(space_of(space), pipeline)


def test_a_dict_that_is_a_parameters_value_stays_one():
    assert parameters_of({"class_weight": {0: 1.0, 1: 2.0}}) == {"class_weight": {0: 1.0, 1: 2.0}}


def test_a_class_in_the_place_of_an_estimator_is_refused():
    from sklearn.pipeline import Pipeline

    space = space_of({"clf": hp.choice("clf", [svm.SVC, linear_model.LogisticRegression])})
    with pytest.raises(InvalidSpace, match="has the class SVC for 'clf'") as caught:
        check_names(space, Pipeline([("clf", svm.SVC())]))
    assert caught.value.hint == "write SVC()"


def test_without_scikit_learn_the_command_that_installs_it_is_named():
    program = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from parzen.sklearn import spaces, tuned\n"
        "try:\n"
        "    from parzen.sklearn import ParzenSearchCV\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install 'parzen[sklearn]'" in done.stdout
