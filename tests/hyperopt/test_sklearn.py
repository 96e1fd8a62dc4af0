"""HyperoptSearchCV has Hyperopt 0.3's arguments and meaning."""

from __future__ import annotations

import inspect
import math

import hyperopt.sklearn
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.svm import SVC

from parzen.hyperopt import Trials, hp, tpe
from parzen.hyperopt.sklearn import HyperoptSearchCV

X, Y = load_iris(return_X_y=True)
SPACE = {
    "C": hp.loguniform("C", math.log(0.01), math.log(100)),
    "kernel": hp.choice("kernel", ["rbf", "linear"]),
}


def test_the_arguments_are_hyperopts_in_its_order():
    """hyperopt 0.3.0: HyperoptSearchCV.__init__."""
    names = list(inspect.signature(HyperoptSearchCV).parameters)
    assert names == [
        "estimator", "space", "max_evals", "trials", "algo", "warm_start", "scoring", "n_jobs", "refit", "cv",
        "verbose", "pre_dispatch", "random_state", "error_score", "return_train_score",
    ]  # fmt: skip


def test_the_shim_has_it_under_hyperopts_name():
    assert hyperopt.sklearn.HyperoptSearchCV is HyperoptSearchCV


def test_a_loss_is_minus_the_mean_score():
    found = HyperoptSearchCV(SVC(), SPACE, 5, algo=tpe.suggest, cv=3, random_state=np.random.default_rng(0))
    found.fit(X, Y)
    assert isinstance(found.trials_, Trials)
    assert len(found.trials_) == 5
    assert found.trials_.best_trial["result"]["loss"] == -found.best_score_
    assert found.trials_.losses() == (-found.cv_results_["mean_test_score"]).tolist()
    assert set(found.best_params_) == {"C", "kernel"}


def test_a_warm_start_goes_on_to_the_new_total():
    trials = Trials()
    found = HyperoptSearchCV(SVC(), SPACE, 3, trials=trials, warm_start=True, cv=3, random_state=0).fit(X, Y)
    assert found.trials_ is trials
    first = list(trials.losses())
    found.set_params(max_evals=5).fit(X, Y)
    assert len(trials) == 5
    assert trials.losses()[:3] == first


def test_without_a_warm_start_trials_are_new_each_time():
    found = HyperoptSearchCV(SVC(), SPACE, 2, cv=3, random_state=0)
    first = found.fit(X, Y).trials_
    assert found.fit(X, Y).trials_ is not first


def test_a_trial_that_fails_is_no_number_for_the_search():
    bad = {"C": hp.choice("C", [-1.0, 1.0])}
    with pytest.warns(FitFailedWarning, match="InvalidParameterError"):
        found = HyperoptSearchCV(SVC(), bad, 6, cv=3, random_state=0).fit(X, Y)
    assert found.best_params_ == {"C": 1.0}
