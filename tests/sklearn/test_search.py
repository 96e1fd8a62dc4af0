"""ParzenSearchCV: its results, what it hands on, what it refuses, and how it goes on."""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import cloudpickle
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from parzen.algorithms.tpe import TPE
from parzen.errors import InvalidArgument, InvalidSpace, StudyChanged
from parzen.history.history import Status
from parzen.run.study import Study
from parzen.sklearn import ParzenSearchCV, tuned
from parzen.sklearn.agreement import text_of
from parzen.space import hp
from sklearn import config_context

X, Y = load_iris(return_X_y=True)
X, Y = X[::3], Y[::3]
SPACE = {"C": hp.float(0.01, 100, log=True), "gamma": hp.float(1e-3, 1, log=True)}
PIPELINE = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
MODELS = {
    "scale": hp.choice("scale", [StandardScaler(), MinMaxScaler(), "passthrough"]),
    "clf": hp.choice(
        "clf",
        [
            tuned(SVC(), kernel=hp.choice("kernel", ["rbf", "linear"]), C=hp.float(0.1, 10, log=True)),
            tuned(LogisticRegression(max_iter=300), C=hp.float(0.01, 10, log=True)),
        ],
    ),
}


def _same(x):
    return x


class Picky(ClassifierMixin, BaseEstimator):
    """Fails for large `level`, and remembers what its fit was given."""

    def __init__(self, level=0.0):
        self.level = level

    def fit(self, X, y, sample_weight=None):
        if self.level > 0.5:
            raise RuntimeError(f"level {self.level:.2f} is too high")
        self.classes_ = np.unique(y)
        self.weights_ = None if sample_weight is None else np.asarray(sample_weight)
        assert self.weights_ is None or len(self.weights_) == len(X)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y, sample_weight=None):
        return 1 - self.level


def search(estimator=None, space=None, **settings):
    """A small search that gives the same trials each time."""
    given = {"n_trials": 6, "cv": 3, "random_state": 0, "algo": "random", **settings}
    return ParzenSearchCV(
        SVC() if estimator is None else estimator, SPACE if space is None else space, **given
    )


@pytest.fixture(scope="module")
def fitted():
    return search().fit(X, Y)


class TestResults:
    def test_the_best_row_is_the_one_with_the_best_mean(self, fitted):
        table = fitted.cv_results_
        assert fitted.best_index_ == np.argmax(table["mean_test_score"])
        assert fitted.best_score_ == table["mean_test_score"].max()
        assert fitted.best_params_ == table["params"][fitted.best_index_]
        assert table["rank_test_score"][fitted.best_index_] == 1

    def test_the_table_agrees_with_scikit_learns_for_the_same_candidates(self, fitted):
        params = fitted.cv_results_["params"]
        grid = GridSearchCV(SVC(), [{k: [v] for k, v in each.items()} for each in params], cv=3).fit(X, Y)
        ours, theirs = fitted.cv_results_, grid.cv_results_
        assert set(theirs) <= set(ours)
        for key in theirs:
            if key.startswith(("split", "mean_test", "std_test")):
                np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-12)
            if key.startswith("rank"):
                assert ours[key].tolist() == theirs[key].tolist()
        assert fitted.best_index_ == grid.best_index_

    def test_means_are_those_of_cross_val_score(self, fitted):
        scores = cross_val_score(SVC(**fitted.best_params_), X, Y, cv=3)
        assert fitted.best_score_ == pytest.approx(scores.mean(), rel=1e-12)

    def test_train_scores_come_where_they_are_asked_for(self):
        table = search(return_train_score=True, n_trials=2).fit(X, Y).cv_results_
        assert {"mean_train_score", "std_train_score", "split2_train_score"} <= set(table)
        assert not any("train" in key for key in search(n_trials=2).fit(X, Y).cv_results_)

    def test_a_parameter_that_a_trial_does_not_use_is_masked(self):
        table = search(PIPELINE, MODELS, n_trials=8).fit(X, Y).cv_results_
        kernel = table["param_clf__kernel"]
        is_svc = [isinstance(each["clf"], SVC) for each in table["params"]]
        assert 0 < sum(is_svc) < 8
        assert kernel.mask.tolist() == [not each for each in is_svc]
        assert table["param_clf__C"].dtype == float

    def test_the_study_maximises_and_is_a_table(self, fitted):
        study = fitted.study_
        assert study.maximize
        assert len(study.trials) == 6
        assert study.best.metrics["mean_test_score"] == fitted.best_score_
        row = study.trials.to_dicts()[study.best.number]
        assert row["value"] == -row["loss"] == fitted.best_score_
        assert not any(key.startswith("attr.") for key in row)

    def test_the_same_random_state_gives_the_same_search(self, fitted):
        again = search().fit(X, Y)
        assert again.cv_results_["params"] == fitted.cv_results_["params"]
        other = search(random_state=np.random.RandomState(3)).fit(X, Y)
        assert other.cv_results_["params"] != fitted.cv_results_["params"]

    def test_it_finds_the_top_of_a_smooth_score(self):
        """Random search would have to be lucky: a 25th of the range is within 0.02 of the top."""
        space = {"level": hp.float(0, 0.5)}
        found = search(Picky(), space, n_trials=25, algo=TPE(), cv=2).fit(X, Y)
        assert found.best_score_ > 0.98


class TestHandingOn:
    def test_methods_are_those_of_the_best_estimator(self, fitted):
        assert fitted.predict(X).tolist() == fitted.best_estimator_.predict(X).tolist()
        assert fitted.decision_function(X).shape == (len(X), 3)
        assert fitted.score(X, Y) == fitted.best_estimator_.score(X, Y)
        assert fitted.classes_.tolist() == [0, 1, 2]
        assert (fitted.n_features_in_, fitted.refit_time_ > 0) == (4, True)
        assert not hasattr(fitted, "transform")
        assert not hasattr(fitted, "predict_proba")
        assert is_classifier(fitted)

    def test_names_of_columns_are_kept(self):
        import pandas as pd

        frame = pd.DataFrame(X, columns=list("abcd"))
        assert search(n_trials=1).fit(frame, Y).feature_names_in_.tolist() == list("abcd")

    def test_without_refit_there_are_results_and_no_estimator(self):
        found = search(refit=False, n_trials=2).fit(X, Y)
        assert found.best_params_ == found.cv_results_["params"][found.best_index_]
        assert not hasattr(found, "best_estimator_")
        assert not hasattr(found, "predict")

    def test_a_fitted_search_survives_pickling(self, fitted):
        for copy in (pickle.loads(pickle.dumps(fitted)), cloudpickle.loads(cloudpickle.dumps(fitted))):
            assert copy.predict(X).tolist() == fitted.predict(X).tolist()
            assert copy.study_.best.params == fitted.study_.best.params
            assert len(copy.study_.trials) == 6

    def test_a_clone_is_unfitted_and_searches_the_same(self):
        copy = clone(search(PIPELINE, MODELS))
        assert not hasattr(copy, "study_")
        first, second = copy.fit(X, Y), search(PIPELINE, MODELS).fit(X, Y)
        scores = [each.cv_results_["mean_test_score"].tolist() for each in (first, second)]
        assert scores[0] == scores[1]

    def test_it_can_be_cross_validated_itself(self):
        assert cross_val_score(search(n_trials=3), X, Y, cv=3).mean() > 0.8


class TestScores:
    SCORING = ("accuracy", "neg_log_loss")

    def test_several_scores_are_ranked_and_one_decides(self):
        found = search(
            LogisticRegression(max_iter=300), {"C": SPACE["C"]}, scoring=self.SCORING, refit="neg_log_loss"
        )
        found.fit(X, Y)
        table = found.cv_results_
        assert found.multimetric_
        assert set(found.scorer_) == set(self.SCORING)
        assert found.best_index_ == np.argmax(table["mean_test_neg_log_loss"])
        assert {"rank_test_accuracy", "split0_test_accuracy"} <= set(table)
        assert found.study_.best.number == found.best_index_
        assert found.score(X, Y) < 0

    def test_refit_may_be_a_function_of_the_table(self):
        found = search(refit=lambda table: int(np.argmin(table["mean_test_score"]))).fit(X, Y)
        assert found.best_index_ == np.argmin(found.cv_results_["mean_test_score"])
        assert not hasattr(found, "best_score_")

    def test_a_callable_may_give_several_scores(self):
        def scoring(estimator, X, y):
            return {"right": estimator.score(X, y), "wrong": estimator.score(X, y) - 1}

        found = search(scoring=scoring, refit="wrong", n_trials=2).fit(X, Y)
        assert found.best_score_ == pytest.approx(found.cv_results_["mean_test_right"].max() - 1)
        with pytest.raises(InvalidArgument, match="with several scores refit must be"):
            search(scoring=scoring, n_trials=2).fit(X, Y)

    @pytest.mark.parametrize("refit", [True, "accurate"])
    def test_several_scores_need_to_know_which_one_decides(self, refit):
        with pytest.raises(InvalidArgument, match=r"refit must be False, a callable or one of \['accuracy'"):
            search(scoring=["accuracy", "f1_macro"], refit=refit).fit(X, Y)

    def test_a_score_that_is_no_number_is_the_reason(self):
        with pytest.raises(ValueError, match="scoring must return a number, got 'good'"):
            search(scoring=lambda estimator, X, y: "good", n_trials=2).fit(X, Y)


class TestData:
    def test_weights_are_cut_to_the_rows_of_each_fold(self):
        weights = np.arange(len(X), dtype=float) + 1
        found = search(Picky(), {"level": hp.float(0, 0.4)}, n_trials=2).fit(X, Y, sample_weight=weights)
        assert found.best_estimator_.weights_.tolist() == weights.tolist()

    def test_groups_go_to_the_splitter(self):
        groups = np.arange(len(X)) % 5
        assert search(cv=GroupKFold(5), n_trials=2).fit(X, Y, groups=groups).n_splits_ == 5
        with pytest.raises(ValueError, match="groups"):
            search(cv=GroupKFold(5), n_trials=2).fit(X, Y)

    def test_metadata_is_routed_where_that_is_enabled(self):
        seen = []

        def score(estimator, X, y, sample_weight=None):
            seen.append(sample_weight)
            return estimator.score(X, y)

        with config_context(enable_metadata_routing=True):
            model = Picky().set_fit_request(sample_weight=True)
            scorer = make_scorer(lambda y, z, sample_weight=None: seen.append(sample_weight) or 0.5)
            scorer.set_score_request(sample_weight=True)
            found = search(model, {"level": hp.float(0, 0.4)}, n_trials=1, cv=GroupKFold(2), scoring=scorer)
            found.fit(X, Y, sample_weight=np.ones(len(X)), groups=np.arange(len(X)) % 2)
            assert len(seen) == 2
            assert all(len(each) == len(X) / 2 for each in seen)
            assert found.score(X, Y, sample_weight=np.ones(len(X))) == 0.5

    def test_a_kernel_matrix_is_cut_on_both_sides(self):
        found = search(SVC(kernel="precomputed"), {"C": SPACE["C"]}, n_trials=2).fit(X @ X.T, Y)
        assert found.best_score_ > 0.9

    def test_without_targets_the_estimator_scores_itself(self):
        from sklearn.cluster import KMeans

        found = search(KMeans(n_init=1, random_state=0), {"n_clusters": hp.int(2, 6)}, n_trials=4).fit(X)
        assert found.best_params_["n_clusters"] > 2
        assert found.fit_transform(X).shape == (len(X), found.best_params_["n_clusters"])


LEVEL = {"level": hp.float(0, 1)}


class TestFailures:
    def test_a_failed_fold_is_a_failed_trial_with_its_reason(self):
        with pytest.warns(FitFailedWarning, match=r"of 8 trials failed: .*RuntimeError: level 0"):
            found = search(Picky(), LEVEL, n_trials=8).fit(X, Y)
        failed = [trial for trial in found.study_.trials if trial.status is Status.FAILED]
        assert failed
        assert all(trial.error["message"].endswith("is too high") for trial in failed)
        table = found.cv_results_
        for trial in failed:
            assert math.isnan(table["mean_test_score"][trial.number])
            assert table["status"][trial.number] == "failed"
        assert found.best_score_ >= 0.5
        assert table["rank_test_score"][found.best_index_] == 1

    def test_a_number_stands_in_the_table_for_what_failed(self):
        with pytest.warns(FitFailedWarning):
            found = search(Picky(), LEVEL, n_trials=8, error_score=7.0).fit(X, Y)
        failed = found.cv_results_["status"] == "failed"
        assert set(found.cv_results_["split1_test_score"][failed]) == {7.0}
        assert found.best_score_ <= 1, "a failed trial is never the best one"

    def test_raise_ends_the_search_at_the_first(self):
        with pytest.raises(RuntimeError, match="is too high"):
            search(Picky(), {"level": hp.float(0.6, 1)}, error_score="raise").fit(X, Y)

    def test_when_all_fail_the_reasons_are_counted(self):
        with pytest.raises(
            ValueError, match=r"none of 3 trials succeeded: 3 x RuntimeError: level 0\.\d+ is"
        ):
            search(Picky(), {"level": hp.float(0.6, 1)}, n_trials=3).fit(X, Y)

    def test_a_whole_float_for_an_int_names_the_word_that_gives_ints(self):
        depth = {"max_depth": hp.quniform("max_depth", 2, 9, 1)}
        with pytest.raises(
            ValueError, match=r"4 x InvalidParameterError: .* \(the numbers differ\)"
        ) as caught:
            search(DecisionTreeClassifier(), depth, n_trials=4).fit(X, Y)
        assert "comes from quniform, whose values are floats; use hp.int" in caught.value.hint
        some = {"max_depth": hp.choice("which", [2, hp.quniform("max_depth", 2, 9, 1)])}
        with pytest.warns(
            FitFailedWarning, match=r"comes from quniform, whose values are floats; use hp.int"
        ):
            search(DecisionTreeClassifier(), some, n_trials=8).fit(X, Y)

    def test_a_list_of_options_is_a_choice_as_for_grid_search(self):
        space = {"C": [1, 10], "kernel": ["rbf", "linear"], "gamma": np.array([0.1, 0.5])}
        found = search(space=space, n_trials=8).fit(X, Y)
        tried = found.cv_results_["params"]
        assert {name: {each[name] for each in tried} for name in space} == {
            "C": {1, 10},
            "kernel": {"rbf", "linear"},
            "gamma": {0.1, 0.5},
        }

    @pytest.mark.parametrize(
        ("space", "meant"),
        [
            ({"c": hp.float(0, 1)}, "'c', which SVC has not. Did you mean 'C'?"),
            ({"gama": hp.float(0, 1)}, "Did you mean 'gamma'?"),
            ([{"C": 1.0}, {"kernal": "rbf"}], "Did you mean 'kernel'?"),
        ],
    )
    def test_a_misspelt_parameter_names_the_right_one_before_the_first_fit(self, space, meant):
        with pytest.raises(InvalidSpace) as caught:
            search(space=space).fit(X, Y)
        assert meant in str(caught.value)
        assert "It has: C, break_ties" in str(caught.value)

    def test_names_below_a_choice_of_estimators_are_looked_up_in_these(self):
        wrong = {
            "clf": hp.choice("clf", [tuned(SVC(), C=1.0), tuned(LogisticRegression(), gamma=hp.float(0, 1))])
        }
        with pytest.raises(InvalidSpace, match="'clf__gamma', which Pipeline has not"):
            search(PIPELINE, wrong).fit(X, Y)

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({"n_trials": None}, "no end was given"),
            ({"n_trials": 0}, "n_trials must be"),
            ({"error_score": "ignore"}, "error_score must be 'raise' or a number"),
            ({"n_jobs": 0}, "n_jobs must be a whole number and not 0"),
            ({"study": 3}, "study must be a path or a URL"),
            ({"space": hp.float(0, 1)}, "the space must be a dict"),
            ({"algo": print}, "algo must be a name"),
        ],
    )
    def test_bad_settings_are_refused_in_words(self, settings, words):
        with pytest.raises(ValueError, match=words):
            search(**settings).fit(X, Y)


class TestSpaces:
    def test_a_list_of_dicts_is_a_choice_between_them(self):
        space = [{"kernel": "linear", "C": SPACE["C"]}, {"kernel": "rbf", "gamma": SPACE["gamma"]}]
        table = search(space=space, n_trials=8).fit(X, Y).cv_results_
        assert {each["kernel"] for each in table["params"]} == {"linear", "rbf"}
        assert all(("gamma" in each) == (each["kernel"] == "rbf") for each in table["params"])

    def test_an_option_may_bring_parameters_beside_it(self):
        kernels = [{"kernel": "linear"}, {"kernel": "rbf", "gamma": SPACE["gamma"]}]
        space = {"svc__kernel": hp.choice("kernel", kernels)}
        found = search(Pipeline([("svc", SVC())]), space, n_trials=8).fit(X, Y)
        params = found.cv_results_["params"]
        assert {frozenset(each) for each in params} == {
            frozenset({"svc__kernel"}),
            frozenset({"svc__kernel", "svc__gamma"}),
        }

    def test_estimators_in_the_space_are_never_fitted_themselves(self):
        model = SVC()
        search(PIPELINE, {"clf": hp.choice("clf", [model, LogisticRegression()])}, n_trials=3).fit(X, Y)
        assert not hasattr(model, "classes_")


class TestStudy:
    def test_a_kept_search_goes_on(self, tmp_path):
        path = str(tmp_path / "search.db")
        search(study=path, n_trials=4).fit(X, Y)
        more = search(study=path, n_trials=7).fit(X, Y)
        alone = search(n_trials=7).fit(X, Y)
        assert len(Study.load(path).trials) == 7
        assert more.cv_results_["params"] == alone.cv_results_["params"]
        assert more.cv_results_["mean_test_score"].tolist() == alone.cv_results_["mean_test_score"].tolist()

    def test_other_data_are_refused(self, tmp_path):
        path = str(tmp_path / "search.db")
        search(study=path, n_trials=2).fit(X, Y)
        with pytest.raises(StudyChanged, match="made with other data and folds than this fit"):
            search(study=path, n_trials=4).fit(X[:40], Y[:40])
        with pytest.raises(StudyChanged, match="made with other scoring"):
            search(study=path, n_trials=4, scoring="f1_macro").fit(X, Y)
        assert len(Study.load(path).trials) == 2

    def test_folds_that_are_drawn_anew_are_refused(self, tmp_path):
        path = str(tmp_path / "search.db")
        folds = KFold(3, shuffle=True)
        search(study=path, n_trials=2, cv=folds).fit(X, Y)
        with pytest.raises(StudyChanged, match="other folds") as caught:
            search(study=path, n_trials=4, cv=folds).fit(X, Y)
        assert "random_state" in caught.value.hint

    @pytest.mark.parametrize(
        ("now", "said", "fix"),
        [
            (
                {"estimator": SVC(kernel="linear")},
                "made with other estimator than this fit: estimator was SVC() and is SVC(kernel='linear')",
                "go on with the estimator of before",
            ),
            (
                {"scoring": "f1_macro"},
                "other scoring than this fit: scoring was None and is f1_macro",
                "go on with the scoring of before",
            ),
            (
                {"scoring": make_scorer(accuracy_score)},
                "other scoring than this fit: scoring was None and is make_scorer(accuracy_score",
                "go on with the scoring of before",
            ),
            (
                {"cv": 4},
                "other folds than this fit: cv was 3 folds of StratifiedKFold(n_splits=3, random_state=None",
                "go on with the cv of before",
            ),
        ],
    )
    def test_what_differs_is_named_with_what_it_was(self, tmp_path, now, said, fix):
        path = str(tmp_path / "search.db")
        search(study=path, n_trials=2).fit(X, Y)
        with pytest.raises(StudyChanged) as caught:
            search(study=path, **{"n_trials": 4, **now}).fit(X, Y)
        assert said in str(caught.value)
        assert caught.value.hint == f"{fix}, or give this fit a file of its own in study="

    def test_the_same_values_in_another_form_are_told_from_other_values(self, tmp_path):
        path = str(tmp_path / "search.db")
        frame = pytest.importorskip("pandas").DataFrame(X, columns=list("abcd"))
        search(study=path, n_trials=2).fit(frame, Y)
        own = "DataFrame of 50 x 4 with the columns a, b, c, d"
        for other, form in (
            (X, "ndarray of 50 x 4 float64"),
            (frame.rename(columns={"a": "A"}), "DataFrame of 50 x 4 with the columns A, b, c, d"),
        ):
            with pytest.raises(StudyChanged) as caught:
                search(study=path, n_trials=4).fit(other, Y)
            assert f"other data than this fit: the values are the same, but X was {own} and is {form}" in str(
                caught.value
            )
            assert caught.value.hint.startswith("pass X and y in the form of before, or give this fit a file")
        with pytest.raises(StudyChanged, match="the values of X or y are others") as caught:
            search(study=path, n_trials=4).fit(frame + 1, Y)
        assert caught.value.hint.startswith("a fit on other data needs a file of its own")

    def test_of_many_columns_the_one_that_differs_is_shown(self, tmp_path):
        path = str(tmp_path / "search.db")
        frame = pytest.importorskip("pandas").DataFrame(np.tile(X, 20)).add_prefix("column")
        search(study=path, n_trials=1).fit(frame, Y)
        with pytest.raises(
            StudyChanged, match=r"was \.\.\..*column60, .* and is \.\.\..*renamed, "
        ) as caught:
            search(study=path, n_trials=2).fit(frame.rename(columns={"column60": "renamed"}), Y)
        assert len(str(caught.value)) < 800

    def test_estimators_that_differ_at_the_end_of_a_long_text_are_others(self, tmp_path):
        path = str(tmp_path / "search.db")
        space = {"clf__C": hp.float(0.1, 10)}
        first = clone(PIPELINE).set_params(clf__kernel="linear", clf__tol=0.01)
        search(first, space, study=path, n_trials=2).fit(X, Y)
        other = clone(first).set_params(clf__tol=0.02)
        with pytest.raises(StudyChanged, match="other estimator"):
            search(other, space, study=path, n_trials=4).fit(X, Y)

    def test_a_function_in_the_estimator_is_the_same_in_another_process(self):
        """Its text has an address, which is another one there."""
        assert text_of(FunctionTransformer(np.log)) == "FunctionTransformer(func=<ufunc 'log'>)"
        assert "0x" not in text_of(FunctionTransformer(_same))

    def test_the_fix_for_another_space_or_seed_is_one_that_the_search_has(self, tmp_path):
        path = str(tmp_path / "search.db")
        search(PIPELINE, {"clf__C": hp.float(0.1, 10)}, study=path, n_trials=2).fit(X, Y)
        fix = "go on with the space and the random_state of before"
        fix += ", or give this fit a file of its own in study="
        for other in (
            search(SVC(), {"C": hp.float(0.1, 10)}, study=path, n_trials=4),
            search(PIPELINE, {"clf__C": hp.float(0.1, 10)}, study=path, n_trials=4, random_state=9),
        ):
            with pytest.raises(StudyChanged) as caught:
                other.fit(X, Y)
            assert caught.value.hint == fix
            assert caught.value.__notes__ == [f"fix: {fix}"]

    def test_a_study_of_something_else_is_refused(self, tmp_path):
        path = str(tmp_path / "search.db")
        study = Study(SPACE, seed=0, maximize=True, store=path)
        study.tell(study.ask(), 0.5)
        with pytest.raises(StudyChanged, match="none of ParzenSearchCV's"):
            search(study=path).fit(X, Y)

    def test_a_killed_fit_goes_on_where_it_was(self, tmp_path):
        path = tmp_path / "search.db"
        script = tmp_path / "slow.py"
        script.write_text(
            textwrap.dedent("""
            import sys, time
            from sklearn.datasets import load_iris
            from sklearn.svm import SVC
            from parzen import hp
            from parzen.sklearn import ParzenSearchCV

            def score(estimator, X, y):
                time.sleep(float(sys.argv[2]))
                return estimator.score(X, y)

            X, y = load_iris(return_X_y=True)
            space = {"C": hp.float(0.01, 100, log=True)}
            settings = {"n_trials": 8, "cv": 2, "scoring": score, "random_state": 0}
            found = ParzenSearchCV(SVC(), space, study=sys.argv[1], **settings)
            print(len(found.fit(X, y).cv_results_["params"]))
            """)
        )
        command = [sys.executable, str(script), str(path)]
        running = subprocess.Popen([*command, "0.2"], env=os.environ)
        for _ in range(600):
            time.sleep(0.05)
            if path.exists() and _ended(path) >= 2:
                break
        running.send_signal(signal.SIGKILL)
        running.wait()
        before = _ended(path)
        assert 2 <= before < 8
        done = subprocess.run([*command, "0"], capture_output=True, text=True, check=True)
        assert done.stdout == "8\n"
        assert _ended(path) == 8

    def test_pruned_trials_leave_later_folds_out(self):
        space = {"level": hp.float(0, 0.5)}
        found = search(Picky(), space, n_trials=30, cv=4, pruning=True).fit(X, Y)
        states = found.cv_results_["status"].tolist()
        assert 0 < states.count("pruned") < 30
        pruned = states.index("pruned")
        assert math.isnan(found.cv_results_["split3_test_score"][pruned])
        assert not math.isnan(found.cv_results_["split0_test_score"][pruned])
        assert found.study_.trials[pruned].reports
        assert found.cv_results_["status"][found.best_index_] == "done"

    def test_parallel_trials_come_to_the_same_number(self):
        found = search(n_jobs=2, n_trials=5, pruning="median").fit(X, Y)
        assert len(found.cv_results_["params"]) == 5
        assert len({trial.owner for trial in found.study_.trials}) == 1
        assert found.best_score_ > 0.8

    def test_a_timeout_ends_it(self):
        found = search(n_trials=None, timeout=0.3).fit(X, Y)
        assert found.stopped_ == "timeout"
        assert len(found.cv_results_["params"]) >= 1

    def test_regressors_are_searched_too(self):
        found = search(Ridge(), {"alpha": hp.float(1e-3, 10, log=True)}, n_trials=3, scoring="r2").fit(
            X, X[:, 0]
        )
        assert found.best_score_ > 0.5


def _ended(path):
    try:
        return Study.load(str(path)).ledger.ended
    except (OSError, ValueError):
        return 0
