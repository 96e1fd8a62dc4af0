"""What the user reads after a typical mistake: each mistake is typed here.

One test class for each row of the table of mistakes. A message is one
sentence with the culprit's name and value; the fix is in it or in a note; the
class is ours and also the built-in that fits; most come before the first trial.
"""

import math
import os
import pickle
import re
import traceback
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import parzen
from parzen import Trials, fmin, hp, rand, tpe
from parzen.errors import (
    AllTrialsFailed,
    BadSearchSpace,
    DuplicateLabel,
    InvalidArgument,
    InvalidLabel,
    InvalidLoss,
    InvalidObjectiveResult,
    InvalidPoint,
    InvalidResultStatus,
    InvalidSpace,
    ParzenError,
    ResultWarning,
    SpaceWarning,
    TooManyFailures,
)

SOURCE = str(Path(parzen.__file__).parent) + os.sep
HERE = Path(__file__).name
X = {"x": hp.uniform("x", -1, 1)}


class Called:
    """An objective that counts its calls."""

    def __init__(self, value=0.0):
        self.count, self.value = 0, value

    def __call__(self, point):
        self.count += 1
        return self.value


def search(fn, space=X, **arguments):
    return fmin(fn, space, **{"algo": rand.suggest, "max_evals": 5, "seed": 0, "verbose": False, **arguments})


def our_frames(error):
    return [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(SOURCE)]


def printed(error):
    return "".join(traceback.format_exception(error))


def mistake(error, *builtins, before=None):
    """Expect this error; afterwards check what holds for every message of ours.

    `before` is an objective that must not have been called.
    """
    return Expected(error, builtins, before)


class Expected:
    def __init__(self, error, builtins, before):
        self.kind, self.builtins, self.before = error, builtins, before

    def __enter__(self):
        self.raises = pytest.raises(self.kind)
        self.caught = self.raises.__enter__()
        return self

    def __exit__(self, *found):
        handled = self.raises.__exit__(*found)
        error = self.caught.value
        for builtin in self.builtins:
            assert isinstance(error, builtin)
        if isinstance(error, ParzenError):
            assert re.fullmatch(r"PZ\d{3}", error.code)
        text = str(error)
        assert text
        assert "\n" not in text
        assert len(our_frames(error)) <= 3
        whole = printed(error)
        assert whole.count("Traceback (most recent call last)") == 1, "the same traceback twice"
        assert "should not reach" not in whole.lower()
        if self.before is not None:
            assert self.before.count == 0
        return handled

    @property
    def text(self):
        """The message with its notes, as a traceback shows them."""
        error = self.caught.value
        return "\n".join([str(error), *getattr(error, "__notes__", [])])


class TestRow1TwoHyperparametersWithOneLabel:
    def test_both_places_are_shown(self):
        fn = Called()
        with mistake(DuplicateLabel, BadSearchSpace, before=fn) as found:
            search(fn, {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 10)})
        assert "'x'" in found.text
        assert "space['a'] = uniform(0, 1)" in found.text
        assert "space['b'] = uniform(0, 10)" in found.text
        assert "fix:" in found.text
        assert found.caught.value.label == "x"

    def test_branches_of_a_choice_count_too(self):
        with mistake(DuplicateLabel) as found:
            search(Called(), hp.choice("k", [{"c": hp.uniform("c", 0, 1)}, {"c": hp.uniform("c", 0, 2)}]))
        assert "uniform(0, 1)" in found.text
        assert "uniform(0, 2)" in found.text


class TestRow2NoEnd:
    def test_missing_max_evals_is_refused_with_the_ways_to_write_it(self):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            fmin(fn, X)
        assert "max_evals=100" in found.text
        assert 'timeout="30m"' in found.text
        assert "max_evals=None" in found.text

    @pytest.mark.parametrize(
        "end",
        [{"timeout": 0.01}, {"loss_threshold": 1.0}, {"early_stop_fn": lambda trials, *state: (True, state)}],
    )
    def test_any_other_end_will_do(self, end):
        fmin(Called(), X, algo=rand.suggest, verbose=False, **end)

    @pytest.mark.parametrize("count", [-1, 2.5, "10", True, float("nan")])
    def test_impossible_counts_are_named(self, count):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, max_evals=count)
        assert "max_evals" in found.text
        assert repr(count) in found.text


class TestRow3WhatTheObjectiveReturns:
    """House rule 6: a silent wrong answer is a bug of the highest class."""

    def test_row_3a_none_stops_at_the_first_trial(self):
        calls = []

        def train(point):
            calls.append(point)

        trials = Trials()
        with mistake(InvalidObjectiveResult, TypeError) as found:
            search(train, trials=trials)
        assert re.search(rf"objective train \({HERE}:\d+\) returned None", found.text)
        assert "Did you forget 'return loss'?" in found.text
        assert len(calls) == 1
        assert [doc["state"] for doc in trials._dynamic_trials] == [3]

    @pytest.mark.parametrize("policy", [{"catch_eval_exceptions": True}, {"on_error": "continue"}])
    def test_row_3a_none_is_told_also_where_the_search_goes_on(self, policy):
        with (
            pytest.warns(ResultWarning, match=r"first 3 trials all failed.*returned None") as caught,
            mistake(AllTrialsFailed) as found,
        ):
            search(Called(None), max_evals=5, **policy)
        assert len(caught) == 1
        assert "5 x" in found.text
        assert "returned None" in found.text

    def test_row_3b_text_shows_value_type_and_fix(self):
        with mistake(InvalidObjectiveResult, TypeError, ValueError) as found:
            search(Called("0.93"))
        assert "'0.93' (str)" in found.text
        assert "expected a number or {'loss': number}" in found.text
        assert "float('0.93')" in found.text

    def test_row_3b_tuple_shows_the_way_to_keep_more(self):
        with mistake(InvalidObjectiveResult) as found:
            search(Called((0.5, "model")))
        assert "(0.5, 'model') (tuple)" in found.text
        assert "{'loss': ..., " in found.text

    def test_row_3b_long_values_are_cut(self):
        with mistake(InvalidObjectiveResult) as found:
            search(Called("y" * 10_000))
        assert len(str(found.caught.value)) < 250

    def test_row_3c_nan_is_never_best_and_is_a_bad_trial_for_the_search(self):
        trials = Trials()

        def objective(point):
            return math.nan if point["x"] > 0 else abs(point["x"] + 0.5)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResultWarning)
            best = search(objective, algo=tpe.suggest, max_evals=80, trials=trials)
        assert best.loss == min(loss for loss in trials.losses() if not math.isnan(loss))
        late = trials.losses()[40:]
        assert sum(math.isnan(loss) for loss in late) <= 14

    def test_row_3c_ten_nan_in_a_row_warn_once_with_the_region(self):
        xs = [0.9, *[0.95] * 10, 0.1, 0.2, *[0.97] * 12]
        left = iter([0.1, *[math.nan] * 10, 0.1, 0.2, *[math.nan] * 12])

        def algo(new_ids, domain, trials, seed):
            docs = rand.suggest(new_ids, domain, trials, seed)
            for doc in docs:
                doc["misc"]["vals"]["x"] = [xs[doc["tid"]]]
            return docs

        with pytest.warns(ResultWarning) as caught:
            search(lambda point: next(left), algo=algo, max_evals=len(xs))
        assert len(caught) == 1
        assert "10 trials in a row returned NaN" in str(caught[0].message)
        assert "all 10 have x > 0.9" in str(caught[0].message)
        assert caught[0].filename == __file__

    def test_row_3c_more_than_half_nan_warn_once(self):
        left = iter([1.0, math.nan, math.nan] * 20)
        with pytest.warns(ResultWarning) as caught:
            search(lambda point: next(left), max_evals=60)
        assert len(caught) == 1
        assert re.search(r"\d+ of \d+ trials returned NaN", str(caught[0].message))

    def test_row_3c_some_nan_are_silent(self):
        left = iter([1.0, 2.0, math.nan] * 10)
        search(lambda point: next(left), max_evals=30)

    def test_row_3c_all_nan_raise_with_the_reasons_counted(self):
        left = iter([math.nan, {"status": "fail"}, math.nan])
        with mistake(AllTrialsFailed) as found:
            search(lambda point: next(left), max_evals=3)
        assert "none of 3 trials succeeded" in found.text
        assert "2 x loss is NaN" in found.text
        assert "1 x status 'fail'" in found.text

    def test_all_raised_is_told_with_the_last_error(self):
        def objective(point):
            raise ValueError("bad alpha")

        with (
            pytest.warns(ResultWarning, match="first 3 trials all failed"),
            mistake(AllTrialsFailed) as found,
        ):
            search(objective, on_error="continue")
        assert "5 x" in found.text
        assert "ValueError" in found.text
        assert "bad alpha" in found.text


class TestRow3dOneParameter:
    def test_a_result_that_is_the_point_itself_is_told_what_a_single_parameter_gets(self):
        def two(x):
            return x

        with mistake(InvalidLoss) as found:
            search(two, {"x": hp.uniform("x", 0, 1), "k": hp.uniform("k", 0, 1)})
        assert "the result has no 'loss'; it has 'x', 'k'" in found.text
        assert (
            "fix: a function with one parameter gets the whole point: use point['x'] in it, "
            "or give it a parameter for each key: x, k"
        ) in found.text

    def test_another_dict_keeps_the_other_fix(self):
        with mistake(InvalidLoss) as found:
            search(lambda point: {"value": 1.0}, {"x": hp.uniform("x", 0, 1)})
        assert "fix: return a number or {'loss': number}" in found.text


class TestSwappedArguments:
    def test_a_space_before_the_function_is_said_to_be_swapped(self):
        def train(point):
            return 0.0

        with mistake(InvalidArgument) as found:
            search(X, train)
        assert "fn must be a function and space a space; got them the other way round" in found.text
        assert "fix: write fmin(train, space, ...)" in found.text

    def test_what_is_no_function_is_refused_as_before(self):
        with mistake(InvalidArgument) as found:
            search(3, X)
        assert "fn must be a function; got 3" in found.text


class TestRow4ConstantsWhereASpaceWasMeant:
    def test_all_constants_are_refused_with_the_words_that_were_meant(self):
        fn = Called()
        with mistake(InvalidSpace, ValueError, before=fn) as found:
            search(fn, {"x": (0, 10), "y": [1, 2, 3]})
        assert "nothing to search" in found.text
        assert re.search(
            r"space\['x'\] is the constant \(0, 10\): did you mean hp\.(int|float)\(0, 10\)\?", found.text
        )
        assert re.search(
            r"space\['y'\] is .*\[1, 2, 3\]: did you mean hp\.choice\(.*\[1, 2, 3\]\)\?", found.text
        )

    def test_text_that_looks_like_a_distribution_is_refused(self):
        fn = Called()
        with mistake(InvalidSpace, before=fn) as found:
            search(fn, {"x": "uniform(0,1)"})
        assert "space['x']" in found.text
        assert "hp." in found.text

    def test_beside_a_parameter_it_is_a_warning_that_names_the_users_line(self):
        with pytest.warns(SpaceWarning, match=r"space\['n'\].*hp\.(int|float)\(0, 10\)") as caught:
            search(Called(), {"x": hp.uniform("x", 0, 1), "n": (0, 10)})
        assert len(caught) == 1
        assert caught[0].filename == __file__

    def test_constants_that_are_no_near_miss_are_silent(self):
        space = {"a": None, "b": 3, "c": "text", "d": {"e": 1.5}, "f": len, "g": np.zeros(2)}
        search(Called(), space)
        search(Called(), {**space, "x": hp.uniform("x", 0, 1)})


@pytest.mark.parametrize("module", [parzen.hp, parzen.hyperopt.hp])
def test_a_misspelt_word_of_a_space_names_the_right_one(module):
    with pytest.raises(AttributeError) as caught:
        _ = module.unifrom
    assert str(caught.value).startswith("hp has no word 'unifrom'. Did you mean 'uniform'? It has: choice, ")
    assert not hasattr(module, "__wrapped__")
    assert {name: getattr(module, name) for name in module.__all__} == {
        name: getattr(parzen.space.hp, name) for name in parzen.space.hp.__all__
    }


class TestRow5LowAboveHigh:
    @pytest.mark.parametrize("word", ["uniform", "loguniform"])
    def test_definition_raises_with_label_values_and_fix(self, word):
        with mistake(InvalidSpace, ValueError) as found:
            getattr(hp, word)("x", 5, -5)
        assert "'x'" in found.text
        assert "low" in found.text
        assert "5" in found.text
        assert f"hp.{word}('x', -5, 5)" in found.text
        assert found.caught.value.label == "x"

    @pytest.mark.parametrize("bounds", [(5, 0), (0, -5), (0, 0), (2, 2)])
    def test_a_bound_of_zero_is_checked_too(self, bounds):
        """Hyperopt lets any bound of 0 pass and fails at sampling."""
        with mistake(InvalidSpace, ValueError):
            hp.uniform("x", *bounds)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: hp.quniform("x", 5, 1, 1),
            lambda: hp.uniformint("x", 5, 1),
            lambda: hp.qloguniform("x", 5, 1, 1),
            lambda: hp.randint("x", 5, 1),
            lambda: hp.randint("x", 0),
            lambda: hp.normal("x", 0, -1),
            lambda: hp.normal("x", 0, 0),
            lambda: hp.quniform("x", 0, 1, 0),
            lambda: hp.float(5, 1, label="x"),
            lambda: hp.int(5, 1, label="x"),
            lambda: hp.uniform("x", 0, math.inf),
            lambda: hp.uniform("x", math.nan, 1),
            lambda: hp.uniform("x", "0", 1),
            lambda: hp.pchoice("x", [(0.5, 1), (-0.1, 2)]),
        ],
    )
    def test_every_word_checks_its_numbers_at_definition(self, make):
        with mistake(InvalidSpace, ValueError) as found:
            make()
        assert "'x'" in found.text

    def test_probabilities_that_do_not_sum_to_one_are_scaled_with_a_warning(self):
        """Hyperopt does not check them."""
        with pytest.warns(SpaceWarning, match="pchoice 'x': the probabilities sum to 0.6") as caught:
            hp.pchoice("x", [(0.5, 1), (0.1, 2)])
        assert caught[0].filename == __file__


class TestRow6ExceptionInTheObjective:
    @staticmethod
    def failing(*numbers):
        calls = []

        def train(point):
            calls.append(point)
            if len(calls) in numbers:
                raise RuntimeError("CUDA out of memory")
            return float(len(calls))

        return train

    def test_users_exception_comes_with_what_was_kept(self):
        with mistake(RuntimeError) as found:
            search(self.failing(4), trials=Trials())
        assert found.caught.type is RuntimeError
        assert "3 trials finished before; best so far 1 (trial 0)" in found.text
        assert "kept in the trials that were given" in found.text

    def test_users_frame_is_the_last_and_ours_are_few(self):
        with mistake(RuntimeError) as found:
            search(self.failing(1))
        frames = traceback.extract_tb(found.caught.value.__traceback__)
        assert frames[-1].name == "train"
        assert len(our_frames(found.caught.value)) <= 3

    def test_debugging_shows_all_frames(self, monkeypatch):
        monkeypatch.setenv("PARZEN_DEBUG", "1")
        with pytest.raises(RuntimeError) as caught:
            search(self.failing(1))
        assert len(our_frames(caught.value)) > 3

    def test_going_on_says_one_line_per_failure(self, capfd):
        search(self.failing(3), verbose=True, on_error="continue")
        err = capfd.readouterr().err
        lines = [line for line in err.splitlines() if "trial 2" in line]
        assert len(lines) == 1
        assert "RuntimeError: CUDA out of memory" in lines[0]
        assert HERE in lines[0]
        assert "Traceback" not in err

    def test_going_on_without_progress_is_silent(self, capfd):
        search(self.failing(3), verbose=False, on_error="continue")
        assert capfd.readouterr() == ("", "")

    def test_three_equal_errors_at_the_start_warn_once(self):
        with pytest.warns(ResultWarning, match="first 3 trials all failed with RuntimeError") as caught:
            search(self.failing(1, 2, 3, 4), on_error="continue")
        assert len(caught) == 1
        assert caught[0].filename == __file__

    def test_max_failures_shows_the_last_error(self):
        with pytest.raises(TooManyFailures, match=r"max_failures=1.*CUDA out of memory") as caught:
            search(self.failing(2, 4), on_error="continue", max_failures=1)
        assert isinstance(caught.value.__cause__, RuntimeError)
        assert len(our_frames(caught.value)) <= 3

    def test_reason_is_kept_with_the_trial(self):
        trials = Trials()
        search(self.failing(2), on_error="continue", trials=trials)
        error = trials.study.trials[1].error
        assert error["message"] == "CUDA out of memory"
        assert "in train" in error["traceback"]
        assert trials._dynamic_trials[1]["misc"]["error"] == ("<class 'RuntimeError'>", "CUDA out of memory")


class TestRow7ChoiceWithoutOptions:
    @pytest.mark.parametrize(
        "make", [lambda: hp.choice("x", []), lambda: hp.pchoice("x", []), lambda: hp.choice("x", ())]
    )
    def test_definition_raises_with_the_label(self, make):
        with mistake(InvalidSpace, ValueError) as found:
            make()
        assert "choice 'x' has no options" in found.text
        assert found.caught.value.label == "x"

    @pytest.mark.parametrize("options", [5, None, hp])
    def test_options_must_be_a_sequence(self, options):
        with mistake((InvalidSpace, InvalidArgument), ValueError) as found:
            hp.choice("x", options)
        assert "'x'" in found.text


class TestRow8TyposInTheResult:
    def test_misspelt_loss_is_named(self):
        with mistake(InvalidLoss, ValueError) as found:
            search(Called({"los": 1.0, "status": "ok"}))
        assert "no 'loss'" in found.text
        assert "'los', 'status'" in found.text
        assert "Did you mean 'loss'" in found.text

    def test_misspelt_status_is_no_status_so_the_loss_counts_and_a_warning_names_it(self):
        """A typo in ``status`` would hide a failure."""
        with pytest.warns(ResultWarning, match="'stauts'.*'status'"):
            search(Called({"loss": 1.0, "stauts": "fail"}), max_evals=1)

    def test_unknown_status_lists_the_known_ones(self):
        with mistake(InvalidResultStatus, ValueError, KeyError) as found:
            search(Called({"loss": 1.0, "status": "okay"}))
        for word in ["'okay'", "'ok'", "'fail'"]:
            assert word in found.text

    def test_status_may_be_left_out(self):
        assert search(Called({"loss": 1.0})).loss == 1.0

    def test_message_names_function_file_and_line(self):
        def train(point):
            return {"accuracy": 0.9}

        with mistake(InvalidLoss) as found:
            search(train)
        assert re.search(rf"objective train \({HERE}:\d+\)", found.text)
        assert "'accuracy'" in found.text


class TestRow9WrongAlgorithm:
    def test_typo_is_corrected_and_the_known_names_listed(self):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, algo="tpee")
        assert "'tpee'" in found.text
        assert "Did you mean 'tpe'?" in found.text
        for name in ["tpe", "random", "anneal", "grid"]:
            assert name in found.text

    @pytest.mark.parametrize("algo", [3, object(), [1], math])
    def test_something_else_is_shown(self, algo):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, algo=algo)
        assert "algo" in found.text
        assert repr(algo)[:20] in found.text

    def test_misspelt_setting_is_corrected(self):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, algo=partial(tpe.suggest, n_startup_job=5))
        assert "'n_startup_job'" in found.text
        assert "Did you mean 'n_startup_jobs'?" in found.text

    @pytest.mark.parametrize("settings", [{"gamma": -1}, {"n_startup_jobs": -2}, {"n_EI_candidates": 0}])
    def test_impossible_setting_is_named_before_the_first_trial(self, settings):
        fn = Called()
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, algo=partial(tpe.suggest, **settings))
        assert next(iter(settings)) in found.text

    @pytest.mark.parametrize("algo", ["tpe", tpe, tpe.suggest, parzen.TPE, parzen.TPE()])
    def test_every_usual_form_is_accepted(self, algo):
        search(Called(), algo=algo)


class TestRow10LogBoundsInTheWrongSpace:
    """House rule 6: a silent wrong answer is a bug of the highest class."""

    def test_row_10_real_bounds_given_to_loguniform_warn_with_what_it_samples(self):
        with pytest.warns(SpaceWarning) as caught:
            hp.loguniform("lr", 1e-5, 1e-1)
        text = str(caught[0].message)
        assert "loguniform 'lr' samples exp(1e-05)" in text
        assert "1.11" in text
        assert "hp.loguniform('lr', log(1e-05), log(0.1))" in text
        assert "hp.float(1e-05, 0.1, log=True)" in text
        assert caught[0].filename == __file__

    def test_row_10_overflowing_bounds_are_an_error(self):
        with mistake(InvalidSpace, ValueError) as found:
            hp.loguniform("lr", 0.001, 1000)
        assert "'lr'" in found.text
        assert "1000" in found.text

    @pytest.mark.parametrize(
        "bounds", [(math.log(1e-5), math.log(1e-1)), (-5, 0), (0, 5), (-0.3, 0.3), (1, 3)]
    )
    def test_row_10_usual_bounds_are_silent(self, bounds):
        hp.loguniform("lr", *bounds)

    @pytest.mark.parametrize("bounds", [(0, 1), (-5, 0), (-2, 2)])
    def test_row_10_our_word_takes_real_bounds_and_points_to_the_other(self, bounds):
        with mistake(InvalidSpace, ValueError) as found:
            hp.float(*bounds, log=True, label="lr")
        assert "'lr'" in found.text
        assert "hp.loguniform" in found.text


class TestRow11SpaceChangedBetweenRuns:
    """House rule 6. Trials in memory never refuse; old results are never relabelled."""

    def test_row_11_reordered_choice_keeps_its_results_with_its_options(self):
        trials = Trials()
        losses = {"poly": 3.0, "rbf": 1.0, "linear": 2.0}
        first = {"k": hp.choice("k", ["poly", "rbf", "linear"])}
        again = {"k": hp.choice("k", ["linear", "poly", "rbf"])}
        search(lambda p: losses[p["k"]], first, max_evals=12, trials=trials)
        best = search(lambda p: 9.0, again, max_evals=13, trials=trials)
        assert best.params == {"k": "rbf"}
        assert best == {"k": 2}
        assert parzen.space_eval(again, best) == {"k": "rbf"}

    def test_row_11_reordered_choice_is_mapped_after_a_pickle_too(self):
        trials = Trials()
        losses = {"poly": 3.0, "rbf": 1.0, "linear": 2.0}
        search(
            lambda p: losses[p["k"]],
            {"k": hp.choice("k", ["poly", "rbf", "linear"])},
            max_evals=12,
            trials=trials,
        )
        trials = pickle.loads(pickle.dumps(trials))
        best = search(
            lambda p: 9.0, {"k": hp.choice("k", ["linear", "poly", "rbf"])}, max_evals=13, trials=trials
        )
        assert best.params == {"k": "rbf"}

    def test_row_11_documents_show_the_index_in_the_space_of_the_last_call(self):
        trials = Trials()
        search(lambda p: float(p["k"] != "b"), {"k": hp.choice("k", ["a", "b"])}, max_evals=10, trials=trials)
        again = {"k": hp.choice("k", ["b", "a"])}
        best = search(lambda p: 9.0, again, max_evals=11, trials=trials)
        assert trials.argmin == best == {"k": 0}
        assert parzen.space_eval(again, trials.argmin) == {"k": "b"}

    def test_row_11_removed_option_is_kept_as_a_trial_but_cannot_mislead(self):
        trials = Trials()
        search(
            lambda p: float(p["k"] != "b"),
            {"k": hp.choice("k", ["a", "b", "c"])},
            max_evals=15,
            trials=trials,
        )
        best = search(
            lambda p: 5.0 + (p["k"] == "c"), {"k": hp.choice("k", ["a", "c"])}, max_evals=20, trials=trials
        )
        assert len(trials) == 20
        assert best.params in ({"k": "a"}, {"k": "c"})
        assert best.loss == 1.0

    def test_row_11_added_parameter_goes_on(self):
        trials = Trials()
        search(lambda p: p["x"] ** 2, max_evals=25, algo=tpe.suggest, trials=trials)
        best = search(
            lambda p: p["x"] ** 2 + p["y"] - 5,
            {**X, "y": hp.uniform("y", 0, 1)},
            max_evals=30,
            algo=tpe.suggest,
            trials=trials,
        )
        assert set(best) == {"x", "y"}

    def test_row_11_other_direction_is_an_error(self):
        trials, fn = Trials(), Called()
        search(Called(), trials=trials)
        with mistake(InvalidArgument, ValueError, before=fn) as found:
            search(fn, trials=trials, max_evals=9, maximize=True)
        assert "minimised" in found.text
        assert "maximize=False" in found.text


class TestRow13UsingTheBestOfAChoice:
    """House rule 6: the index is kept for old code, and the real value is beside it."""

    def test_row_13_best_has_index_and_real_value(self):
        best = search(
            lambda p: float(p["kernel"] != "rbf"), {"kernel": hp.choice("kernel", ["linear", "rbf"])}
        )
        assert best == {"kernel": 1}
        assert best.params == {"kernel": "rbf"}

    def test_row_13_missing_attribute_points_to_params(self):
        best = search(Called())
        with pytest.raises(AttributeError):
            _ = best.parameters


class TestRow14ParametersOfTheObjective:
    def test_keys_are_passed_as_keywords(self):
        space = {"lr": hp.uniform("lr", 0, 1), "wd": hp.uniform("wd", 0, 1)}
        assert search(lambda lr, wd: lr + wd, space).loss > 0

    def test_missing_key_is_named_before_the_first_trial(self):
        def train(lr, wdd):
            raise AssertionError("called")

        with mistake(InvalidArgument, ValueError) as found:
            search(train, {"lr": hp.uniform("lr", 0, 1), "wd": hp.uniform("wd", 0, 1)})
        assert re.search(rf"train \({HERE}:\d+\)", found.text)
        assert "'wdd'" in found.text
        assert "Did you mean 'wd'?" in found.text

    def test_missing_parameter_is_named_before_the_first_trial(self):
        def train(lr, wd):
            raise AssertionError("called")

        space = {"lr": hp.uniform("lr", 0, 1), "wd": hp.uniform("wd", 0, 1), "drop": hp.uniform("drop", 0, 1)}
        with mistake(InvalidArgument, ValueError) as found:
            search(train, space)
        assert "'drop'" in found.text

    def test_no_parameter_at_all_is_named(self):
        with mistake((InvalidArgument, TypeError)) as found:
            search(lambda: 1.0)
        assert HERE in found.text or "lambda" in found.text

    @pytest.mark.parametrize("fn", [None, 3, "train"])
    def test_what_is_no_function_is_shown(self, fn):
        with mistake(InvalidArgument, ValueError) as found:
            search(fn)
        assert repr(fn) in found.text


class TestRow15FloatsOfQuniform:
    def test_note_says_where_the_float_comes_from(self):
        with pytest.raises(TypeError) as caught:
            search(lambda p: sum(range(p["n"])), {"n": hp.quniform("n", 1, 10, 1)})
        notes = " ".join(caught.value.__notes__)
        assert re.search(r"n = \d+\.0 comes from quniform", notes)
        assert "hp.uniformint" in notes

    def test_our_word_needs_none(self):
        search(lambda p: sum(range(p["n"])), {"n": hp.int(1, 10)})

    def test_other_type_errors_have_no_such_note(self):
        with pytest.raises(TypeError) as caught:
            search(lambda p: "a" + 1, {"n": hp.quniform("n", 1, 10, 1)})
        assert "quniform" not in " ".join(caught.value.__notes__)


class TestRow16MisspeltArgumentsAndPoints:
    """House rule 6: a silent wrong answer is a bug of the highest class."""

    @pytest.mark.parametrize(
        ("wrong", "right"),
        [
            ("max_eval", "max_evals"),
            ("trial", "trials"),
            ("alg", "algo"),
            ("rstat", "rstate"),
            ("points_to_eval", "points_to_evaluate"),
        ],
    )
    def test_row_16_misspelt_argument_is_corrected(self, wrong, right):
        fn = Called()
        with mistake(TypeError, before=fn) as found:
            fmin(fn, X, **{"max_evals": 5, wrong: 5} if wrong != "max_eval" else {wrong: 5})
        assert f"'{wrong}'" in found.text
        assert f"Did you mean '{right}'?" in found.text

    def test_row_16_unknown_label_of_a_point_is_never_dropped(self):
        fn = Called()
        with mistake(InvalidPoint, KeyError, ValueError, before=fn) as found:
            search(fn, {"lr": hp.uniform("lr", 0, 1)}, points_to_evaluate=[{"lrr": 0.1, "lr": 0.5}])
        assert "'lrr'" in found.text
        assert "Did you mean 'lr'?" in found.text
        assert "points_to_evaluate[0]" in found.text

    def test_row_16_value_outside_the_space_is_refused(self):
        fn = Called()
        with mistake(InvalidPoint, ValueError, before=fn) as found:
            search(fn, points_to_evaluate=[{"x": 99}])
        assert "x = 99" in found.text
        assert "uniform(-1, 1)" in found.text

    def test_row_16_index_outside_the_options_is_refused(self):
        fn = Called()
        with mistake(InvalidPoint, ValueError, before=fn) as found:
            search(fn, {"k": hp.choice("k", ["a", "b"])}, points_to_evaluate=[{"k": 2}])
        assert "k = 2" in found.text

    def test_row_16_option_given_for_its_index_is_explained(self):
        with mistake(InvalidPoint) as found:
            search(Called(), {"k": hp.choice("k", ["rbf", "poly"])}, points_to_evaluate=[{"k": "poly"}])
        assert "index" in found.text

    def test_row_16_missing_active_label_is_named(self):
        space = hp.choice("k", [{"c": hp.uniform("c", 0, 1)}, {"n": hp.randint("n", 5)}])
        with mistake(InvalidPoint, KeyError) as found:
            search(Called(), space, points_to_evaluate=[{"k": 0, "n": 3}])
        assert "'c'" in found.text


class TestLabels:
    @pytest.mark.parametrize(
        "make", [lambda: hp.uniform(0, 1), lambda: hp.choice(["a", "b"]), lambda: hp.normal(3, 1)]
    )
    def test_old_word_without_its_label_shows_how_to_write_it(self, make):
        """Hyperopt: TypeError("require string label")."""
        with mistake((InvalidLabel, TypeError), TypeError) as found:
            make()
        assert "label" in found.text


class TestInTracebacks:
    def test_notes_show_the_fix_in_a_plain_traceback(self):
        with pytest.raises(InvalidSpace) as caught:
            search(Called(), {"x": (0, 10)})
        assert re.search(r"hp\.(int|float)\(0, 10\)", printed(caught.value))

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: fmin(len, X),
            lambda: search(len, algo="tpee"),
            lambda: search(None),
            lambda: search(lambda p: None),
            lambda: search(lambda p: {"status": "fail"}),
            lambda: search(len, {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 2)}),
            lambda: search(len, points_to_evaluate=[{"y": 1}]),
            lambda: hp.uniform("x", 5, -5),
            lambda: hp.choice("x", []),
            lambda: parzen.space_eval({"k": hp.choice("k", [1])}, {}),
            lambda: Trials().best_trial,
        ],
    )
    def test_errors_survive_pickling_with_code_hint_and_details(self, wrong):
        with pytest.raises(ParzenError) as caught:
            wrong()
        error = caught.value
        error.trials = None  # what fmin hangs on is not part of the message
        error.__dict__.pop("trials")
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is type(error)
        assert (str(back), back.code, back.hint) == (str(error), error.code, error.hint)
