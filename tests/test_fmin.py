"""What fmin promises: Hyperopt's arguments and edge cases, and parzen's own on top.

Most facts here were measured on Hyperopt 0.3.0; where parzen differs on
purpose, the test's docstring says so.
"""

import contextlib
import copy
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from functools import partial
from types import MappingProxyType

import cloudpickle
import numpy as np
import pytest

import parzen
from parzen import (
    STATUS_FAIL,
    STATUS_OK,
    Best,
    Domain,
    Trials,
    anneal,
    fmin,
    fmin_pass_expr_memo_ctrl,
    grid,
    hp,
    mix,
    no_progress_loss,
    pyll,
    rand,
    space_eval,
    tpe,
)
from parzen.algorithms.tpe import TPE
from parzen.errors import (
    AllTrialsFailed,
    DuplicateLabel,
    InvalidAnnotatedParameter,
    InvalidArgument,
    InvalidLoss,
    InvalidObjectiveResult,
    InvalidPoint,
    InvalidResultStatus,
    SpaceWarning,
    TooManyFailures,
)
from parzen.hyperopt.fmin import FMinIter, generate_trials_to_calculate

X = {"x": hp.uniform("x", -1, 1)}


def square(point):
    return point["x"] ** 2


def search(fn=square, space=X, **arguments):
    """fmin by random search, without progress and with a fixed seed unless told otherwise."""
    if arguments.get("rstate") is None:
        arguments.setdefault("seed", 0)
    return fmin(fn, space, **{"algo": rand.suggest, "max_evals": 5, "verbose": False, **arguments})


def answering(*values):
    """An objective that returns these values, one for each call; an exception is raised."""
    left = iter(values)

    def objective(point):
        value = next(left)
        if isinstance(value, BaseException):
            raise value
        return value

    return objective


def points_of(trials):
    return [{label: value[0] for label, value in doc["misc"]["vals"].items() if value} for doc in trials]


class Recorder:
    """`square`, with a list of the points it was called with."""

    def __init__(self, *raised):
        self.points = []
        self.raised = dict(raised)

    def __call__(self, point):
        self.points.append(point["x"])
        if len(self.points) in self.raised:
            raise self.raised[len(self.points)]
        return square(point)


def in_a_process(code, *, stop=None, **environment):
    """Run a program in a fresh interpreter; `stop` sends signals once it prints "ready"."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if stop is not None:
        stop(process)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


class TestWhatTheObjectiveReturns:
    @pytest.mark.parametrize(
        ("returned", "loss"),
        [
            (1, 1.0),
            (0.5, 0.5),
            (True, 1.0),
            (np.float32(0.5), 0.5),
            (np.int64(3), 3.0),
            (np.bool_(True), 1.0),
            (np.array(2.5), 2.5),
            ({"status": "ok", "loss": "1.5"}, 1.5),
            ({"status": "ok", "loss": np.float32(0.25)}, 0.25),
            ({"loss": 2}, 2.0),
            (OrderedDict(status="ok", loss=1), 1.0),
            (MappingProxyType({"status": "ok", "loss": 1}), 1.0),
            (float("inf"), float("inf")),
            (float("-inf"), float("-inf")),
        ],
    )
    def test_numbers_and_mappings_become_a_plain_float(self, returned, loss):
        trials = Trials()
        search(lambda point: returned, max_evals=1, trials=trials)
        result = trials.results[0]
        assert result == {"status": "ok", "loss": loss}
        assert type(result["loss"]) is float
        assert trials.trials[0]["state"] == 2

    @pytest.mark.parametrize(
        ("returned", "error", "builtin", "said"),
        [
            (None, InvalidObjectiveResult, TypeError, "returned None. Did you forget 'return loss'?"),
            (1j, InvalidObjectiveResult, TypeError, "returned 1j (complex)"),
            ("1.5", InvalidObjectiveResult, ValueError, "returned '1.5' (str)"),
            ((1.0, 2), InvalidObjectiveResult, TypeError, "returned (1.0, 2) (tuple)"),
            (np.array([1.0]), InvalidObjectiveResult, TypeError, "(ndarray)"),
            ({}, InvalidLoss, ValueError, "no 'loss'"),
            ({"loss": 1.0, "status": "okay"}, InvalidResultStatus, KeyError, "'okay'"),
            ({"status": "ok"}, InvalidLoss, ValueError, "'loss'"),
            ({"status": "ok", "loss": None}, InvalidLoss, ValueError, "its loss is None"),
            ({"status": "ok", "loss": np.array([1.0])}, InvalidLoss, ValueError, "must be a number"),
            ({"status": "ok", "loss": "abc"}, InvalidLoss, ValueError, "'abc'"),
        ],
    )
    def test_anything_else_is_an_error_that_carries_it(self, returned, error, builtin, said):
        """Hyperopt raised the built-in class, or these names with an empty message."""
        trials = Trials()
        with pytest.raises(error, match=re.escape(said)) as caught:
            search(lambda point: returned, trials=trials)
        assert isinstance(caught.value, builtin)
        assert caught.value.result is returned
        assert len(trials) == 0
        assert [doc["state"] for doc in trials._dynamic_trials] == [3]
        assert trials._dynamic_trials[0]["misc"]["error"] == (str(type(caught.value)), str(caught.value))

    def test_dict_without_status_and_loss_is_still_a_key_error_for_old_handlers(self):
        """Hyperopt raises KeyError('status')."""
        with pytest.raises(KeyError):
            search(lambda point: {"value": 1.0})

    @pytest.mark.parametrize("status", ["new", "running", "suspended"])
    def test_other_statuses_are_kept_and_never_best(self, status):
        trials = Trials()
        search(answering({"status": status, "loss": -5.0}, 1.0), max_evals=2, trials=trials)
        assert trials.trials[0]["state"] == 2
        assert trials.statuses() == [status, "ok"]
        assert trials.best_trial["tid"] == 1

    def test_nan_is_ok_in_the_document_and_never_best(self):
        trials = Trials()
        best = search(answering(float("nan"), 3.0, float("nan")), max_evals=3, trials=trials)
        assert trials.statuses() == ["ok", "ok", "ok"]
        assert best.loss == 3.0
        assert trials.best_trial["tid"] == 1

    def test_plus_infinity_is_best_if_there_is_nothing_else(self):
        assert search(answering(float("inf"), float("nan")), max_evals=2).loss == float("inf")

    def test_minus_infinity_is_best(self):
        assert search(answering(0.0, float("-inf"), -1.0), max_evals=3).loss == float("-inf")

    @pytest.mark.parametrize("loss", [{}, {"loss": -1.0}, {"loss": None}, {"loss": "n/a"}])
    def test_failed_trial_keeps_its_result_and_is_never_best(self, loss):
        trials = Trials()
        failed = {"status": STATUS_FAIL, **loss}
        best = search(answering(failed, 2.0), max_evals=2, trials=trials)
        assert trials.results[0] == failed
        assert trials.trials[0]["state"] == 2
        assert best.loss == 2.0

    def test_losses_of_failed_trials_are_listed(self):
        trials = Trials()
        search(answering({"status": "fail", "loss": -1}, {"status": "fail"}, 2), max_evals=3, trials=trials)
        assert trials.losses() == [-1, None, 2.0]
        assert trials.statuses() == ["fail", "fail", "ok"]

    @pytest.mark.parametrize("failed", [{"loss": -1}, {}])
    @pytest.mark.parametrize("algo", [tpe.suggest, anneal.suggest])
    def test_failed_trials_do_not_attract_the_search(self, algo, failed):
        """Hyperopt takes a failed trial's loss of -1 as the best: 85 % of its late trials fail here."""
        trials = Trials()

        def objective(point):
            if point["y"] > 1:
                return {"status": STATUS_FAIL, **failed}
            return point["x"] ** 2 + point["y"] ** 2

        space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
        search(objective, space, algo=algo, max_evals=100, trials=trials)
        assert trials.statuses()[50:].count("fail") <= 20

    @pytest.mark.parametrize("return_argmin", [True, False])
    def test_all_failed_raises(self, return_argmin):
        with pytest.raises(AllTrialsFailed, match="5 x status 'fail'"):
            search(lambda point: {"status": STATUS_FAIL}, return_argmin=return_argmin)

    def test_all_nan_raises(self):
        with pytest.raises(AllTrialsFailed, match="5 x loss is NaN"):
            search(lambda point: float("nan"))

    def test_extra_keys_keep_their_objects(self):
        model, trials = object(), Trials()
        search(lambda point: {"status": "ok", "loss": 1.0, "model": model, "point": point}, trials=trials)
        assert all(result["model"] is model for result in trials.results)
        assert list(trials.results[0]) == ["status", "loss", "model", "point"]

    def test_objectives_own_dict_is_not_changed(self):
        given = {"status": "ok", "loss": np.float32(1.0), "attachments": {"a": b"1"}}
        search(lambda point: given, max_evals=1)
        assert list(given) == ["status", "loss", "attachments"]
        assert isinstance(given["loss"], np.float32)

    def test_attachments_leave_the_result(self):
        kept, trials = object(), Trials()
        search(lambda point: {"loss": 1, "status": "ok", "attachments": {"net": kept}}, trials=trials)
        assert trials.results[1] == {"loss": 1.0, "status": "ok"}
        assert trials.attachments["ATTACH::1::net"] is kept
        assert trials.trial_attachments(trials.trials[1])["net"] is kept


class TestWhatFminReturns:
    def test_flat_dict_of_stored_values_of_active_labels_only(self):
        space = hp.choice("kind", [{"c": hp.uniform("c", 0, 1)}, {"n": hp.randint("n", 5)}])
        best = search(lambda point: 0.0 if "n" in point else 1.0, space, max_evals=20)
        assert set(best) == {"kind", "n"}
        assert best["kind"] == 1
        assert type(best["kind"]) is int
        assert type(best["n"]) is int

    def test_numbers_are_plain(self):
        space = {
            "q": hp.quniform("q", 0, 9, 1),
            "i": hp.uniformint("i", 1, 5),
            "r": hp.randint("r", 7),
            "n": hp.normal("n", 0, 1),
        }
        for algo in [rand.suggest, tpe.suggest, anneal.suggest]:
            best = search(lambda point: point["n"] ** 2, space, algo=algo, max_evals=25)
            assert {label: type(value) for label, value in best.items()} == {
                "q": float,
                "i": float,
                "r": int,
                "n": float,
            }
            assert json.loads(json.dumps(best)) == best

    def test_best_is_a_dict_that_prints_like_one(self):
        best = search()
        assert isinstance(best, Best)
        assert isinstance(best, dict)
        assert best == {"x": best["x"]}
        assert repr(best) == str(best) == f"{{'x': {best['x']!r}}}"
        assert f"{best}" == repr(best)

    def test_params_are_what_the_objective_got(self):
        seen = []

        def objective(point):
            seen.append(point)
            return abs(point["model"][1] - 0.5)

        space = {"model": [hp.choice("kind", ["a", "b"]), hp.uniform("rate", 0, 1)], "fixed": None}
        best = search(objective, space, max_evals=10)
        winner = min(seen, key=lambda point: abs(point["model"][1] - 0.5))
        assert best.params == winner
        assert isinstance(best.params["model"], tuple)
        assert best["kind"] == ["a", "b"].index(best.params["model"][0])
        assert best.params == space_eval(space, best)

    def test_loss_and_trial_and_stopped_and_study(self):
        trials = Trials()
        best = search(trials=trials)
        assert best.loss == best.value == min(trials.losses())
        assert best.trial.number == trials.best_trial["tid"]
        assert best.stopped is None
        assert best.study is trials.study

    def test_argmin_equals_the_trials_argmin(self):
        trials = Trials()
        assert search(trials=trials) == trials.argmin == points_of([trials.best_trial])[0]

    @pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
    def test_best_survives_pickling_but_for_study_and_trial(self, dumps):
        best = search()
        back = pickle.loads(dumps(best))
        assert type(back) is Best
        assert (back, back.params, back.loss, back.value) == (best, best.params, best.loss, best.value)
        assert back.stopped is None
        assert back.study is None

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_best_survives_copying(self, copied):
        best = search()
        again = copied(best)
        assert type(again) is Best
        assert again == best
        assert again is not best
        assert again.params == best.params

    def test_first_of_equal_losses_wins(self):
        """Hyperopt: tid 1 of losses 2, 1, 1."""
        assert search(answering(2, 1, 1), max_evals=3).trial.number == 1

    def test_without_argmin_it_is_the_point_in_the_space_own_shape(self):
        space = [hp.uniform("a", 0, 1), {"k": hp.choice("k", ["p", "q"]), "c": 7}]
        found = search(lambda point: point[0], space, return_argmin=False)
        assert type(found) is tuple
        assert found[1]["k"] in {"p", "q"}
        assert found[1]["c"] == 7

    def test_bare_parameter_gives_its_value(self):
        found = search(lambda x: x**2, hp.uniform("x", -1, 1), return_argmin=False)
        assert isinstance(found, float)

    def test_no_trials_and_argmin_raises_hyperopts_message(self):
        with pytest.raises(Exception, match="There are no evaluation tasks, cannot return argmin of task"):
            search(max_evals=0)

    def test_no_trials_without_argmin_gives_none(self):
        assert search(max_evals=0, return_argmin=False) is None

    def test_space_without_parameters_gives_an_empty_dict(self):
        best = search(lambda point: 1.0, {"a": None, "b": "text"}, max_evals=2)
        assert best == {}
        assert best.params == {"a": None, "b": "text"}

    def test_same_node_twice_is_one_parameter(self):
        node = hp.uniform("x", 0, 1)
        seen = []
        best = search(lambda point: seen.append(point) or point["a"], {"a": node, "b": [node]}, max_evals=3)
        assert list(best) == ["x"]
        assert all(point["a"] == point["b"][0] for point in seen)

    def test_two_nodes_of_one_label_are_refused_before_any_call(self):
        called = Recorder()
        with pytest.raises(DuplicateLabel, match="'x'"):
            search(called, {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 2)})
        assert called.points == []

    def test_containers_are_rebuilt_and_constants_are_the_same_object(self):
        shared, inner, seen = np.zeros(3), [1, "b"], []
        space = {"x": hp.uniform("x", 0, 1), "data": shared, "list": inner, "set": {1}}
        search(lambda point: seen.append(point) or point["x"], space, max_evals=2)
        assert all(point["data"] is shared for point in seen)
        assert seen[0]["list"] == (1, "b")
        assert seen[0] is not seen[1]
        assert seen[0]["set"] is seen[1]["set"]

    def test_maximize_finds_the_largest_value(self):
        trials = Trials()
        best = search(answering(1.0, 3.0, 2.0), max_evals=3, maximize=True, trials=trials)
        assert best.trial.number == 1
        assert best.value == 3.0
        assert best.loss == -3.0
        assert trials.losses() == [-1.0, -3.0, -2.0]

    def test_maximize_takes_the_threshold_in_the_users_values(self):
        trials = Trials()
        search(answering(1, 5, 6), max_evals=3, maximize=True, loss_threshold=4, trials=trials)
        assert len(trials) == 2

    def test_resuming_in_the_other_direction_is_refused(self):
        trials, called = Trials(), Recorder()
        search(trials=trials, maximize=True)
        with pytest.raises(InvalidArgument, match="maximised"):
            search(called, trials=trials, max_evals=9)
        assert called.points == []


class Clock:
    """The loop's clock, which goes on only when told to."""

    def __init__(self):
        self.now = 0.0
        self.time = time.time

    def monotonic(self):
        return self.now

    def passes(self, seconds):
        self.now += seconds
        return 0.0


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("parzen.run.loop.time", made)
    return made


class TestHowManyTrials:
    def test_max_evals_is_a_total(self):
        trials = Trials()
        search(trials=trials, max_evals=3)
        called = Recorder()
        search(called, trials=trials, max_evals=5)
        assert len(called.points) == 2
        assert trials.tids == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("max_evals", [3, 2, 0])
    def test_equal_or_smaller_max_evals_runs_nothing_and_answers(self, max_evals):
        trials, called = Trials(), Recorder()
        first = search(trials=trials, max_evals=3)
        assert search(called, trials=trials, max_evals=max_evals) == first
        assert called.points == []

    def test_none_goes_on_until_something_else_ends_it(self):
        trials = Trials()
        best = search(
            trials=trials, max_evals=None, early_stop_fn=lambda t, *state: (len(t.trials) >= 12, state)
        )
        assert len(trials) == 12
        assert best.stopped == "early_stop"

    @pytest.mark.parametrize("max_evals", [4, 4.0, np.int64(4), np.float64(4.0)])
    def test_whole_numbers_of_any_type_count(self, max_evals):
        trials = Trials()
        search(trials=trials, max_evals=max_evals)
        assert len(trials) == 4

    @pytest.mark.parametrize("max_evals", [sys.maxsize, float("inf")])
    def test_very_large_means_no_limit(self, max_evals):
        best = search(max_evals=max_evals, loss_threshold=0.5, algo=rand.suggest)
        assert best.stopped == "loss_threshold"

    def test_timeout_ends_between_trials(self, clock):
        best = search(lambda point: clock.passes(20), max_evals=None, timeout=50)
        assert best.stopped == "timeout"
        assert len(best.study.trials) == 3

    def test_running_objective_is_never_cut_by_the_timeout(self, clock):
        best = search(lambda point: clock.passes(1000) or 7.0, max_evals=None, timeout=1)
        assert (best.loss, len(best.study.trials)) == (7.0, 1)

    @pytest.mark.parametrize(
        ("timeout", "trials"),
        [("90s", 2), ("2m", 2), ("0.05 h", 3), ("60000ms", 1), ("3 min", 3), ("120", 2)],
    )
    def test_timeout_may_be_text(self, timeout, trials, clock):
        best = search(lambda point: clock.passes(60), max_evals=9, timeout=timeout)
        assert (best.stopped, len(best.study.trials)) == ("timeout", trials)

    @pytest.mark.parametrize("timeout", [0, -1, True, float("nan")])
    def test_timeout_must_be_positive(self, timeout):
        with pytest.raises(InvalidArgument, match="timeout argument should be None or a positive value"):
            search(timeout=timeout)

    @pytest.mark.parametrize("threshold", [True, "0.5", float("nan")])
    def test_loss_threshold_must_be_a_number(self, threshold):
        with pytest.raises(InvalidArgument, match="loss_threshold argument should be None or a numeric"):
            search(loss_threshold=threshold)

    def test_loss_threshold_stops_below_and_not_at(self):
        """Hyperopt too: of losses 3, 2, 1, 0, 0 and a threshold of 1, four are evaluated."""
        trials = Trials()
        best = search(answering(3, 2, 1, 0, 0), loss_threshold=1, trials=trials)
        assert len(trials) == 4
        assert best.stopped == "loss_threshold"

    def test_loss_threshold_looks_at_this_call_only(self):
        trials = Trials()
        search(answering(0.0), max_evals=1, trials=trials)
        search(answering(3.0, 2.0), max_evals=3, trials=trials, loss_threshold=1.0)
        assert len(trials) == 3

    def test_loss_threshold_ignores_failed_trials(self):
        """Hyperopt stops at a failed trial that reports -1, and then raises AllTrialsFailed."""
        trials = Trials()
        search(answering({"status": "fail", "loss": -1}, 2, 0), max_evals=3, trials=trials, loss_threshold=1)
        assert len(trials) == 3

    def test_queue_is_finished_before_the_threshold_stops(self):
        """Hyperopt: of losses 3, 0, 1, ... with a queue of 3 and a threshold of 1, three are evaluated."""
        trials = Trials()
        search(answering(3, 0, 1, 0), max_evals=7, loss_threshold=1, trials=trials, max_queue_len=3)
        assert len(trials) == 3


class TestQueue:
    def test_queue_asks_for_that_many_at_once(self):
        """Hyperopt: ids [0, 1, 2], then [3, 4]; all of the first are seen by the second."""
        asked = []

        def algo(new_ids, domain, trials, seed):
            asked.append((list(new_ids), [doc["state"] for doc in trials.trials]))
            return rand.suggest(new_ids, domain, trials, seed)

        search(algo=algo, max_queue_len=3)
        assert asked == [([0, 1, 2], []), ([3, 4], [2, 2, 2])]

    def test_algorithm_that_answers_one_document_is_asked_again_with_the_queue_visible(self):
        """As Hyperopt's tpe does."""
        asked = []

        def algo(new_ids, domain, trials, seed):
            asked.append([doc["state"] for doc in trials.trials])
            return rand.suggest(new_ids[:1], domain, trials, seed)

        trials = Trials()
        search(algo=algo, max_queue_len=3, max_evals=3, trials=trials)
        assert asked == [[], [0], [0, 0]]
        assert len(trials) == 3

    def test_queue_takes_all_suggestions_before_the_first_evaluation(self):
        trials, states = Trials(), []

        def objective(point):
            states.append([doc["state"] for doc in trials.trials])
            return point["x"] ** 2

        search(objective, trials=trials, max_queue_len=3, max_evals=3)
        assert states == [[1, 0, 0], [2, 1, 0], [2, 2, 1]]

    def test_early_stop_is_asked_once_per_round(self):
        """Hyperopt: after 2, 4, 6 trials with a queue of two."""
        seen = []

        def stop(trials, *state):
            seen.append((len(trials.trials), state))
            return len(seen) == 3, [len(seen)]

        search(max_evals=8, max_queue_len=2, early_stop_fn=stop)
        assert seen == [(2, ()), (4, (1,)), (6, (2,))]

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, anneal.suggest])
    def test_queued_search_runs_exactly_max_evals(self, algo):
        trials = Trials()
        search(algo=algo, max_queue_len=4, max_evals=30, trials=trials)
        assert trials.tids == list(range(30))


class TestSeeds:
    @pytest.mark.parametrize(
        "make",
        [
            lambda: 7,
            lambda: np.int64(7),
            lambda: np.random.default_rng(7),
            lambda: np.random.RandomState(7),
            lambda: np.random.SeedSequence(7),
        ],
        ids=["int", "np.int64", "Generator", "RandomState", "SeedSequence"],
    )
    def test_equal_seeds_of_each_kind_give_equal_searches(self, make):
        """In Hyperopt only a Generator works."""
        found = []
        for _ in range(2):
            trials = Trials()
            search(algo=tpe.suggest, trials=trials, rstate=make(), max_evals=15)
            found.append(points_of(trials))
        assert found[0] == found[1]

    def test_seed_and_whole_rstate_are_the_same(self):
        assert search(seed=11) == search(rstate=11)

    def test_seed_and_rstate_together_are_refused(self):
        with pytest.raises(InvalidArgument, match="seed= or rstate=, not both"):
            search(seed=1, rstate=1)

    def test_one_generator_gives_different_searches_in_turn(self):
        rng = np.random.default_rng(0)
        assert search(rstate=rng) != search(rstate=rng)

    @pytest.mark.parametrize("given", [{"seed": -1}, {"seed": 1.5}, {"rstate": "7"}, {"seed": True}])
    def test_other_seeds_are_refused(self, given):
        with pytest.raises(InvalidArgument, match=r"seed|rstate"):
            search(**given)

    def test_environment_gives_the_seed(self, monkeypatch):
        monkeypatch.setenv("HYPEROPT_FMIN_SEED", "123")
        fixed = [fmin(square, X, algo=rand.suggest, max_evals=4, verbose=False) for _ in range(2)]
        assert fixed[0] == fixed[1] == search(seed=123, max_evals=4)

    def test_given_seed_wins_over_the_environment(self, monkeypatch):
        wanted = search(seed=5)
        monkeypatch.setenv("HYPEROPT_FMIN_SEED", "123")
        assert search(seed=5) == wanted

    def test_empty_environment_means_fresh_entropy(self, monkeypatch):
        monkeypatch.setenv("HYPEROPT_FMIN_SEED", "")
        found = [fmin(square, X, algo=rand.suggest, max_evals=2, verbose=False) for _ in range(2)]
        assert found[0] != found[1]

    def test_wrong_environment_is_named(self, monkeypatch):
        monkeypatch.setenv("HYPEROPT_FMIN_SEED", "abc")
        with pytest.raises(ValueError, match="HYPEROPT_FMIN_SEED"):
            fmin(square, X, max_evals=1, verbose=False)

    def test_global_seed_has_no_effect(self):
        found = []
        for _ in range(2):
            np.random.seed(0)
            found.append(fmin(square, X, algo=rand.suggest, max_evals=2, verbose=False))
        assert found[0] != found[1]

    def test_global_random_state_is_not_touched(self):
        np.random.seed(3)
        before = np.random.get_state()[1].tolist()
        search(algo=tpe.suggest, max_evals=25)
        assert np.random.get_state()[1].tolist() == before

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest])
    def test_resumed_run_with_the_same_seed_does_not_repeat_points(self, algo):
        """Hyperopt replays the same seeds: random search repeats its first points (issue 809)."""
        trials = Trials()
        search(trials=trials, max_evals=5, algo=algo)
        search(trials=trials, max_evals=10, algo=algo)
        xs = trials.vals["x"]
        assert len(set(xs)) == 10

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, anneal.suggest, None])
    def test_search_cut_into_calls_equals_one_search(self, algo):
        algo = algo or partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.5, tpe.suggest)])
        whole, parts = Trials(), Trials()
        search(trials=whole, max_evals=24, algo=algo)
        for end in [1, 7, 8, 24]:
            search(trials=parts, max_evals=end, algo=algo)
        assert points_of(parts) == points_of(whole)

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest])
    @pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
    def test_one_trial_calls_from_pickles_equal_one_search(self, algo, dumps):
        whole = Trials()
        search(trials=whole, max_evals=25, algo=algo)
        data = dumps(Trials())
        for _ in range(25):
            trials = pickle.loads(data)
            search(trials=trials, max_evals=len(trials.trials) + 1, algo=algo)
            data = dumps(trials)
        again = pickle.loads(data)
        assert points_of(again) == points_of(whole)
        assert again.losses() == whole.losses()

    def test_seed_of_the_first_call_goes_on_when_none_is_given(self):
        whole, parts = Trials(), Trials()
        search(trials=whole, max_evals=8)
        search(trials=parts, max_evals=4)
        fmin(square, X, algo=rand.suggest, max_evals=8, trials=parts, verbose=False)
        assert points_of(parts) == points_of(whole)

    def test_own_algorithm_gets_equal_seeds_for_equal_searches_and_new_ones_on_resume(self):
        seeds = []

        def algo(new_ids, domain, trials, seed):
            assert isinstance(seed, int)
            assert 0 <= seed < 2**31
            seeds.append(seed)
            return rand.suggest(new_ids, domain, trials, seed)

        for _ in range(2):
            trials = Trials()
            search(algo=algo, trials=trials, max_evals=3)
            search(algo=algo, trials=trials, max_evals=6)
        assert seeds[:6] == seeds[6:]
        assert len(set(seeds[:6])) == 6


class TestAlgorithms:
    @pytest.mark.parametrize(
        "algo",
        [
            None,
            "tpe",
            "random",
            "rand",
            "anneal",
            tpe,
            rand,
            tpe.suggest,
            rand.suggest,
            anneal.suggest,
            parzen.atpe.suggest,
            TPE,
            TPE(),
            TPE(n_startup_jobs=3),
            partial(tpe.suggest, n_startup_jobs=5),
            partial(partial(tpe.suggest, n_startup_jobs=5), gamma=0.5),
            partial(anneal.suggest, avg_best_idx=3.0, shrink_coef=0.2),
            partial(mix.suggest, p_suggest=[(0.2, rand.suggest), (0.8, anneal.suggest)]),
            partial(grid.suggest, steps=12),
        ],
        ids=repr,
    )
    def test_every_form_of_an_algorithm_works(self, algo):
        trials = Trials()
        search(algo=algo, trials=trials, max_evals=12)
        assert len(trials) == 12

    def test_name_function_class_and_object_are_the_same_algorithm(self):
        found = [search(algo=algo, max_evals=30) for algo in ["tpe", tpe, tpe.suggest, TPE, TPE()]]
        assert all(best == found[0] for best in found)

    @pytest.mark.parametrize("algo", ["tpee", "TPe ", ""])
    def test_unknown_name_is_refused_before_any_call(self, algo):
        called = Recorder()
        with pytest.raises(InvalidArgument, match="algo"):
            search(called, algo=algo)
        assert called.points == []

    @pytest.mark.parametrize("algo", [3, 1.5, [tpe.suggest], {"tpe": 1}, object()])
    def test_what_is_no_algorithm_is_refused_before_any_call(self, algo):
        called = Recorder()
        with pytest.raises(InvalidArgument, match="algo"):
            search(called, algo=algo)
        assert called.points == []

    def test_unknown_setting_of_a_partial_is_refused_before_any_call(self):
        """``linear_forgetting`` is no keyword in Hyperopt either: TypeError there."""
        called = Recorder()
        with pytest.raises((TypeError, ValueError), match="linear_forgetting"):
            search(called, algo=partial(tpe.suggest, linear_forgetting=10))
        assert called.points == []

    def test_positional_partial_is_refused_or_called_as_it_is(self):
        calls = []

        def algo(extra, new_ids, domain, trials, seed):
            calls.append(extra)
            return rand.suggest(new_ids, domain, trials, seed)

        search(algo=partial(algo, "extra"), max_evals=2)
        assert calls == ["extra", "extra"]

    def test_own_algorithm_is_called_with_hyperopts_arguments(self):
        seen = []
        given = Trials()

        def algo(new_ids, domain, trials, seed):
            seen.append((new_ids, len(trials.trials), type(domain)))
            assert trials is given
            return rand.suggest(new_ids, domain, trials, seed)

        search(algo=algo, max_evals=3, trials=given)
        assert seen == [([0], 0, Domain), ([1], 1, Domain), ([2], 2, Domain)]

    def test_own_algorithm_may_make_documents_by_hand(self):
        def algo(new_ids, domain, trials, seed):
            docs = []
            for tid in new_ids:
                misc = {"tid": tid, "cmd": domain.cmd, "workdir": None}
                misc |= {"idxs": {"x": [tid]}, "vals": {"x": [np.float64(tid / 10)]}}
                docs += trials.new_trial_docs([tid], [None], [domain.new_result()], [misc])
            return docs

        trials, called = Trials(), Recorder()
        search(called, algo=algo, trials=trials, max_evals=4)
        assert called.points == [0.0, 0.1, 0.2, 0.3]
        assert type(trials.argmin["x"]) is float
        assert trials.argmin == {"x": 0.0}

    def test_own_algorithm_may_wrap_ours_and_change_its_documents(self):
        def algo(new_ids, domain, trials, seed):
            docs = tpe.suggest(new_ids, domain, trials, seed)
            for doc in docs:
                doc["misc"]["vals"]["x"] = [0.25]
            return docs

        called = Recorder()
        search(called, algo=algo, max_evals=3)
        assert called.points == [0.25] * 3

    def test_empty_list_ends_the_search(self):
        def algo(new_ids, domain, trials, seed):
            return rand.suggest(new_ids, domain, trials, seed) if len(trials.trials) < 3 else []

        trials = Trials()
        best = search(algo=algo, max_evals=10, trials=trials)
        assert len(trials) == 3
        assert best.stopped == "exhausted"

    def test_empty_list_at_once_is_a_search_without_trials(self):
        """Hyperopt: the same message with plain Exception, and None without argmin."""
        with pytest.raises(Exception, match="There are no evaluation tasks"):
            search(algo=lambda new_ids, domain, trials, seed: [])
        assert search(algo=lambda new_ids, domain, trials, seed: [], return_argmin=False) is None

    def test_exception_of_an_own_algorithm_leaves_fmin(self):
        trials = Trials()

        def algo(new_ids, domain, trials, seed):
            if len(trials.trials) == 2:
                raise RuntimeError("no more ideas")
            return rand.suggest(new_ids, domain, trials, seed)

        with pytest.raises(RuntimeError, match="no more ideas"):
            search(algo=algo, trials=trials)
        assert len(trials) == 2
        search(trials=trials, max_evals=4)
        assert len(trials) == 4

    def test_algorithm_may_change_between_calls(self):
        trials = Trials()
        search(trials=trials, max_evals=10)
        search(trials=trials, max_evals=20, algo=tpe.suggest)
        search(trials=trials, max_evals=25, algo=anneal.suggest)
        assert trials.tids == list(range(25))

    def test_rand_answers_every_id_and_tpe_the_first(self):
        """As Hyperopt's do."""
        domain = Domain(square, X)
        counts = [len(algo([0, 1, 2], domain, Trials(), 1)) for algo in (rand.suggest, tpe.suggest)]
        assert counts == [3, 1]

    def test_batch_of_random_points_is_in_labels_and_values(self):
        space = {"x": hp.uniform("x", 0, 1), "k": hp.choice("k", [1, {"y": hp.uniform("y", 0, 1)}])}
        idxs, vals = rand.suggest_batch([4, 5, 6], Domain(square, space), Trials(), 1)
        assert idxs["x"] == idxs["k"] == [4, 5, 6]
        assert idxs["y"] == [tid for tid, k in zip(idxs["k"], vals["k"], strict=True) if k == 1]
        assert all(len(vals[label]) == len(idxs[label]) for label in ("x", "k", "y"))

    def test_shares_of_a_mix_must_sum_to_one(self):
        called = Recorder()
        with pytest.raises(ValueError, match="p_suggest"):
            search(called, algo=partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.2, tpe.suggest)]))
        assert called.points == []

    def test_grid_ends_by_itself(self):
        best = search(algo=partial(grid.suggest, steps=3), max_evals=10)
        assert best.stopped == "exhausted"
        assert len(best.study.trials) == 3

    def test_hyperopt_constants_are_readable(self):
        names = ["prior_weight", "n_EI_candidates", "gamma", "n_startup_jobs", "linear_forgetting"]
        assert [getattr(tpe, f"_default_{name}") for name in names] == [1.0, 24, 0.25, 20, 25]

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, anneal.suggest])
    def test_users_floating_point_traps_do_not_hit_our_arithmetic(self, algo):
        space = {
            "u": hp.uniform("u", 0, 1),
            "l": hp.loguniform("l", -30, 3),
            "n": hp.lognormal("n", 0, 3),
            "q": hp.qnormal("q", 0, 5, 1),
            "r": hp.randint("r", 1000),
            "c": hp.choice("c", [1, {"z": hp.normal("z", 0, 1)}]),
        }
        with np.errstate(all="raise"):
            best = search(
                lambda p: float("inf") if p["u"] > 0.9 else p["u"] * 1e300, space, algo=algo, max_evals=40
            )
            assert np.geterr() == dict.fromkeys(["divide", "over", "under", "invalid"], "raise")
        assert best.loss < float("inf")


class TestPointsToEvaluate:
    POINTS = ({"x": 0.5}, {"x": 0.25})

    def test_points_run_first_and_on_top_of_max_evals(self):
        """Hyperopt: 7 evaluations of 2 points and max_evals=5."""
        called = Recorder()
        search(called, points_to_evaluate=list(self.POINTS))
        assert called.points[:2] == [0.5, 0.25]
        assert len(called.points) == 7

    def test_points_run_also_where_trials_are_given(self):
        """Hyperopt ignores them silently then."""
        called, trials = Recorder(), Trials()
        search(called, points_to_evaluate=list(self.POINTS), trials=trials)
        assert called.points[:2] == [0.5, 0.25]
        assert len(trials) == 7

    def test_resumed_run_does_not_repeat_points(self):
        trials, called = Trials(), Recorder()
        search(points_to_evaluate=list(self.POINTS), trials=trials)
        search(called, points_to_evaluate=list(self.POINTS), trials=trials, max_evals=10)
        assert not {0.5, 0.25} & set(called.points)
        assert len(trials) == 10

    def test_new_points_of_a_resumed_run_run_first(self):
        trials, called = Trials(), Recorder()
        search(points_to_evaluate=[{"x": 0.5}], trials=trials)
        search(called, points_to_evaluate=[{"x": 0.5}, {"x": 0.125}], trials=trials, max_evals=8)
        assert called.points[0] == 0.125
        assert called.points.count(0.5) == 0

    def test_points_are_documents_with_all_labels(self):
        space = {"x": hp.uniform("x", 0, 1), "k": hp.choice("k", [0, {"y": hp.uniform("y", 0, 1)}])}
        trials = Trials()
        search(
            lambda point: point["x"],
            space,
            trials=trials,
            points_to_evaluate=[{"x": 0.5, "k": 0}],
            max_evals=1,
        )
        assert trials.trials[0]["misc"]["vals"] == {"x": [0.5], "k": [0], "y": []}

    def test_choice_is_given_as_its_index(self):
        space = {"k": hp.choice("k", ["a", "b", "c"])}
        seen = []
        search(lambda p: seen.append(p["k"]) or 0.0, space, points_to_evaluate=[{"k": 2}], max_evals=0)
        assert seen == ["c"]

    def test_inactive_labels_may_be_missing_also_for_tpe(self):
        """Hyperopt: KeyError after 20 trials when tpe starts."""
        space = hp.choice("k", [{"a": hp.uniform("a", 0, 1)}, {"b": hp.uniform("b", 0, 1)}])
        trials = Trials()
        search(
            lambda point: sum(point.values()),
            space,
            algo=tpe.suggest,
            points_to_evaluate=[{"k": 0, "a": 0.5}],
            max_evals=30,
            trials=trials,
        )
        assert trials.trials[0]["misc"]["vals"] == {"k": [0], "a": [0.5], "b": []}

    @pytest.mark.parametrize(
        ("point", "said"),
        [
            ({}, "'x'"),
            ({"lrr": 0.1, "x": 0.5}, "'lrr'"),
            ({"x": 99}, "99"),
            ({"x": "high"}, "'high'"),
            ({"x": None}, "None"),
            ({"x": float("nan")}, "nan"),
        ],
    )
    def test_wrong_points_are_named_before_any_call(self, point, said):
        called = Recorder()
        with pytest.raises(InvalidPoint, match=re.escape(said)) as caught:
            search(called, points_to_evaluate=[{"x": 0.5}, point])
        assert "points_to_evaluate[1]" in str(caught.value)
        assert called.points == []

    @pytest.mark.parametrize("points", [{"x": 0.5}, [0.5], "x", 3])
    def test_points_must_be_a_list_of_dicts(self, points):
        with pytest.raises(InvalidArgument, match="list of dicts"):
            search(points_to_evaluate=points)

    def test_empty_list_is_no_points(self):
        called = Recorder()
        search(called, points_to_evaluate=[])
        assert len(called.points) == 5

    def test_wrong_points_leave_given_trials_untouched(self):
        trials = Trials()
        with pytest.raises(InvalidPoint):
            search(trials=trials, points_to_evaluate=[{"x": 0.5}, {"x": 99}])
        search(trials=trials, max_evals=2)
        assert len(trials) == 2

    def test_points_count_as_a_queue_too(self):
        called = Recorder()
        search(called, points_to_evaluate=list(self.POINTS), max_queue_len=5, max_evals=3)
        assert called.points[:2] == [0.5, 0.25]
        assert len(called.points) == 5

    def test_generated_trials_run_first_and_come_on_top(self):
        """Hyperopt: two points and ``max_evals=4`` make six trials; they are not in len until refreshed."""
        trials, called = generate_trials_to_calculate([{"x": 0.5}, {"x": -0.5}]), Recorder()
        assert len(trials) == 0
        search(called, trials=trials, max_evals=4)
        assert called.points[:2] == [0.5, -0.5]
        assert trials.tids == [0, 1, 2, 3, 4, 5]

    def test_generated_trials_count_once_refreshed(self):
        trials, called = generate_trials_to_calculate([{"x": 0.5}, {"x": -0.5}]), Recorder()
        trials.refresh()
        search(called, trials=trials, max_evals=4)
        assert called.points[:2] == [0.5, -0.5]
        assert len(trials) == 4


class TestErrorsInTheObjective:
    def test_exception_leaves_fmin_and_all_is_kept(self):
        trials = Trials()
        with pytest.raises(RuntimeError, match="boom") as caught:
            search(Recorder((3, RuntimeError("boom"))), trials=trials)
        assert trials.tids == [0, 1]
        assert [doc["state"] for doc in trials._dynamic_trials] == [2, 2, 3]
        assert trials._dynamic_trials[2]["misc"]["error"] == ("<class 'RuntimeError'>", "boom")
        assert any("2 trials finished before; best so far" in note for note in caught.value.__notes__)

    def test_exception_carries_the_trials_of_those_who_gave_none(self):
        with pytest.raises(RuntimeError) as caught:
            search(Recorder((3, RuntimeError("boom"))))
        assert len(caught.value.trials) == 2

    def test_search_goes_on_and_the_tid_stays_used(self):
        """Hyperopt: tids 0, 1, 3, 4, 5, 6 for six trials."""
        trials = Trials()
        with pytest.raises(RuntimeError):
            search(Recorder((3, RuntimeError("boom"))), trials=trials)
        search(trials=trials, max_evals=6)
        assert trials.tids == [0, 1, 3, 4, 5, 6]
        assert len(trials) == 6

    @pytest.mark.parametrize("policy", [{"catch_eval_exceptions": True}, {"on_error": "continue"}])
    def test_going_on_counts_toward_this_calls_quota_only(self, policy):
        """Hyperopt: 6 calls give 5 trials; the next call for 6 runs one more."""
        trials, called = Trials(), Recorder((3, RuntimeError("boom")))
        search(called, trials=trials, max_evals=6, **policy)
        assert len(called.points) == 6
        assert trials.tids == [0, 1, 3, 4, 5]
        search(called, trials=trials, max_evals=6)
        assert trials.tids == [0, 1, 3, 4, 5, 6]

    def test_unknown_policy_is_named(self):
        with pytest.raises(InvalidArgument, match="Did you mean 'continue'"):
            search(on_error="continu")

    def test_max_failures_ends_the_search(self):
        called = Recorder(*[(i, RuntimeError(f"boom {i}")) for i in (2, 4, 5, 6)])
        trials = Trials()
        with pytest.raises(TooManyFailures, match="max_failures=2") as caught:
            search(called, trials=trials, max_evals=10, on_error="continue", max_failures=2)
        assert len(called.points) == 5
        assert str(caught.value.__cause__) == "boom 5"
        assert len(trials) == 2

    def test_max_failures_counts_failed_results_too(self):
        with pytest.raises(TooManyFailures):
            search(lambda point: {"status": "fail"}, max_evals=10, max_failures=3)

    def test_as_many_failures_as_allowed_are_fine(self):
        called = Recorder((2, RuntimeError("a")), (4, RuntimeError("b")))
        assert search(called, on_error="continue", max_failures=2).loss >= 0

    def test_failed_trials_teach_the_search(self):
        """With ``on_error="continue"`` the search leaves a region that raises."""

        def objective(point):
            if point["x"] > 0.2:
                raise MemoryError
            return (point["x"] - 0.3) ** 2

        trials = Trials()
        search(objective, algo=tpe.suggest, max_evals=60, on_error="continue", trials=trials)
        late = [doc for doc in trials._dynamic_trials if doc["tid"] >= 30]
        assert sum(doc["state"] == 3 for doc in late) <= 15

    def test_keyboard_interrupt_of_the_objective_leaves_fmin(self):
        trials = Trials()
        with pytest.raises(KeyboardInterrupt):
            search(Recorder((3, KeyboardInterrupt())), trials=trials)
        assert trials.losses()[:2] == [loss for loss in trials.losses() if loss is not None]

    def test_interrupted_trial_is_run_again_by_the_next_call(self):
        """Hyperopt leaves it RUNNING for ever, and counts it."""
        trials, first, second = Trials(), Recorder((3, KeyboardInterrupt())), Recorder()
        with pytest.raises(KeyboardInterrupt):
            search(first, trials=trials)
        search(second, trials=trials)
        assert second.points[0] == first.points[2]
        assert trials.tids == [0, 1, 2, 3, 4]
        assert all(doc["state"] == 2 for doc in trials.trials)
        whole = Trials()
        search(trials=whole)
        assert points_of(trials) == points_of(whole)

    def test_interrupted_trial_survives_a_pickle_and_is_run_again(self):
        trials, first, second = Trials(), Recorder((3, KeyboardInterrupt())), Recorder()
        with pytest.raises(KeyboardInterrupt):
            search(first, trials=trials)
        trials = pickle.loads(pickle.dumps(trials))
        search(second, trials=trials)
        assert second.points[0] == first.points[2]
        assert len(trials) == 5

    def test_system_exit_leaves_fmin_and_the_trial_is_run_again(self):
        trials, second = Trials(), Recorder()
        with pytest.raises(SystemExit):
            search(Recorder((2, SystemExit(3))), trials=trials)
        search(second, trials=trials, max_evals=3)
        assert len(second.points) == 2

    def test_all_kept_also_in_a_queue(self):
        trials = Trials()
        with pytest.raises(RuntimeError):
            search(Recorder((2, RuntimeError("boom"))), trials=trials, max_queue_len=4, max_evals=4)
        search(trials=trials, max_evals=4)
        assert len(trials) == 4
        assert all(doc["state"] == 2 for doc in trials.trials)


class TestHowTheObjectiveIsCalled:
    def test_several_parameters_get_the_keys(self):
        space = {"lr": hp.uniform("lr", 0, 1), "wd": hp.uniform("wd", 0, 1)}
        best = search(lambda lr, wd: lr + wd, space)
        assert best.loss == best["lr"] + best["wd"]

    def test_one_required_parameter_gets_the_point(self):
        seen = []
        search(lambda point, scale=2: seen.append((point, scale)) or 0.0, max_evals=1)
        assert set(seen[0][0]) == {"x"}
        assert seen[0][1] == 2

    @pytest.mark.parametrize("objective", [lambda: 1.0, lambda *, trial: 1.0, lambda *, point: 1.0])
    def test_one_that_takes_no_point_is_refused_before_the_first_trial(self, objective, tmp_path):
        place = tmp_path / "search.db"
        with pytest.raises(InvalidArgument, match="has no parameter that takes the point") as caught:
            search(objective, trials=place)
        assert caught.value.hint == "write it as def objective(params): ..."
        assert not place.exists()

    def test_second_parameter_named_trial_gets_the_context(self):
        numbers = []

        def objective(point, trial):
            numbers.append(trial.number)
            trial.attach("log", b"text")
            return trial.rng.random()

        trials = Trials()
        search(objective, max_evals=3, trials=trials)
        again = Trials()
        search(objective, max_evals=3, trials=again)
        assert numbers == [0, 1, 2, 0, 1, 2]
        assert trials.losses() == again.losses()
        assert trials.trial_attachments(trials.trials[2])["log"] == b"text"

    @pytest.mark.parametrize("given", [True, None])
    def test_expression_memo_and_ctrl_are_passed(self, given):
        def objective(expr, memo, ctrl):
            value = pyll.rec_eval(expr, memo=memo)
            assert ctrl.current_trial["state"] == 1
            assert ctrl.current_trial["misc"]["vals"]["x"] == [value["x"]]
            ctrl.attachments["seen"] = value["x"]
            return {"loss": value["x"] ** 2, "status": STATUS_OK}

        if given is None:
            objective = fmin_pass_expr_memo_ctrl(objective)
        trials = Trials()
        best = search(objective, pass_expr_memo_ctrl=given, trials=trials)
        assert best == trials.argmin
        assert trials.attachments["ATTACH::0::seen"] == trials.vals["x"][0]

    def test_partial_keeps_the_mark(self):
        @fmin_pass_expr_memo_ctrl
        def objective(expr, memo, ctrl, offset):
            return pyll.rec_eval(expr, memo=memo)["x"] ** 2 + offset

        assert search(parzen.partial(objective, offset=10.0)).loss >= 10.0

    def test_lazy_branches_are_not_evaluated_in_an_expression(self):
        space = hp.choice("k", [{"a": hp.uniform("a", 0, 1)}, {"b": hp.uniform("b", 0, 1)}])

        def objective(expr, memo, ctrl):
            return sum(pyll.rec_eval(expr, memo=memo).values())

        assert search(objective, space, pass_expr_memo_ctrl=True, max_evals=10).loss >= 0

    def test_ctrl_in_the_space_is_the_running_trials(self):
        seen = []

        def objective(point):
            seen.append(point["ctrl"].current_trial["tid"])
            point["ctrl"].info("message")
            return point["x"] ** 2

        search(objective, {"x": hp.uniform("x", 0, 1), "ctrl": Domain.pyll_ctrl}, max_evals=3)
        assert seen == [0, 1, 2]

    def test_checkpoint_shows_in_the_running_document(self):
        trials, seen = Trials(), []

        @fmin_pass_expr_memo_ctrl
        def objective(expr, memo, ctrl):
            ctrl.checkpoint({"status": "running", "loss": 5.0})
            seen.append(trials.trials[-1]["result"])
            return 1.0

        search(objective, trials=trials, max_evals=1)
        assert seen == [{"status": "running", "loss": 5.0}]
        assert trials.results == [{"status": "ok", "loss": 1.0}]

    def test_results_may_be_injected(self):
        @fmin_pass_expr_memo_ctrl
        def objective(expr, memo, ctrl):
            if ctrl.current_trial["tid"] == 0:
                misc = copy.deepcopy(ctrl.current_trial["misc"])
                misc["vals"]["x"] = [0.75]
                ctrl.inject_results([None], [{"status": "ok", "loss": -9.0}], [misc])
            return 1.0

        trials = Trials()
        best = search(objective, trials=trials, max_evals=3)
        injected = [doc for doc in trials.trials if "from_tid" in doc["misc"]]
        assert [doc["misc"]["from_tid"] for doc in injected] == [0]
        assert best == {"x": 0.75}
        assert best.loss == -9.0

    def test_annotated_functions_are_called_with_keywords(self):
        def objective(x: hp.uniform("x", -1, 1), y: hp.choice("y", ["a", "b"])):
            assert y in {"a", "b"}
            return x**2

        best = search(objective, "annotated")
        assert set(best) == {"x", "y"}
        assert set(best.params) == {"x", "y"}

    def test_other_annotations_are_refused(self):
        def objective(x: float):
            return x

        with pytest.raises(InvalidAnnotatedParameter, match="'x'"):
            search(objective, "annotated")

    def test_nested_search_is_fine(self):
        def objective(point):
            return search(lambda inner: (inner["x"] - point["x"]) ** 2, max_evals=3).loss

        assert search(objective, max_evals=3).loss >= 0

    def test_search_runs_in_a_thread(self):
        found = []
        thread = threading.Thread(target=lambda: found.append(search()))
        thread.start()
        thread.join(30)
        assert found == [search()]

    def test_searches_run_in_many_threads_at_once(self):
        found = {}

        def run(seed):
            found[seed] = search(algo=tpe.suggest, max_evals=20, seed=seed)

        threads = [threading.Thread(target=run, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert all(found[seed] == search(algo=tpe.suggest, max_evals=20, seed=seed) for seed in range(4))


class TestDelegation:
    def test_trials_with_their_own_fmin_take_over(self):
        class Elsewhere(Trials):
            def fmin(self, fn, space, **arguments):
                self.arguments = arguments
                return "elsewhere"

        trials = Elsewhere()
        assert search(trials=trials, timeout=9) == "elsewhere"
        assert trials.arguments["max_evals"] == 5
        assert trials.arguments["timeout"] == 9
        assert isinstance(search(trials=trials, allow_trials_fmin=False), Best)

    def test_trials_fmin_searches_quietly(self, capsys):
        trials = Trials()
        best = trials.fmin(square, X, algo=rand.suggest, max_evals=4, rstate=np.random.default_rng(0))
        assert best == trials.argmin
        assert len(trials) == 4
        assert capsys.readouterr() == ("", "")

    def test_fmin_iter_steps_by_one_and_ends_at_the_last(self):
        """Hyperopt: lengths 1, 2, 3 for max_evals=4; the last step ends the iteration."""
        trials = Trials()
        steps = FMinIter(
            rand.suggest,
            Domain(square, X),
            trials,
            rstate=np.random.default_rng(0),
            max_evals=4,
            verbose=False,
        )
        assert [len(shown) for shown in steps] == [1, 2, 3]
        assert len(trials) == 4

    def test_fmin_iter_exhausts_and_runs_more(self):
        trials = Trials()
        steps = FMinIter(
            rand.suggest,
            Domain(square, X),
            trials,
            rstate=np.random.default_rng(0),
            max_evals=4,
            verbose=False,
        )
        steps.exhaust()
        assert len(trials) == 4
        steps.run(3)
        assert len(trials) == 7
        assert len(set(trials.vals["x"])) == 7

    def test_unknown_keyword_is_a_type_error_with_a_suggestion(self):
        with pytest.raises(TypeError, match=r"max_eval'.*Did you mean 'max_evals'"):
            fmin(square, X, max_eval=3)

    def test_no_end_at_all_is_refused(self):
        """Hyperopt runs for ever."""
        called = Recorder()
        with pytest.raises(InvalidArgument, match="no end was given"):
            fmin(called, X)
        assert called.points == []

    def test_default_algorithm_needs_no_warning(self):
        fmin(square, X, max_evals=2, verbose=False)


class Shown:
    """A progress callback in Hyperopt's protocol that keeps what it is told."""

    def __init__(self):
        self.calls, self.posts, self.made = [], [], None

    def __call__(self, initial, total):
        self.made = (initial, total)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.ended = True

    def update(self, n):
        self.calls.append(n)

    @property
    def postfix(self):
        return self.posts[-1] if self.posts else None

    @postfix.setter
    def postfix(self, value):
        self.posts.append(value)


class TestProgress:
    @pytest.mark.parametrize("quiet", [{"verbose": False}, {"verbose": True, "show_progressbar": False}])
    def test_off_means_silent_and_no_stream_is_touched(self, quiet, capfd):
        streams = sys.stdout, sys.stderr
        seen = []

        def objective(point):
            seen.append((sys.stdout, sys.stderr))
            return square(point)

        fmin(objective, X, algo=rand.suggest, max_evals=3, seed=0, **quiet)
        assert all(found == streams for found in seen)
        assert (sys.stdout, sys.stderr) == streams
        assert capfd.readouterr() == ("", "")

    def test_piped_progress_has_no_control_codes_and_stays_off_stdout(self):
        code = (
            "from parzen import fmin, hp\n"
            "print(fmin(lambda x: x*x, hp.uniform('x',-1,1), max_evals=9, seed=0))"
        )
        status, out, err = in_a_process(code)
        assert status == 0, err
        assert re.fullmatch(r"\{'x': -?[\d.e-]+\}\n", out)
        assert not re.search(r"[\x00-\x09\x0b-\x1f]", err)
        assert re.search(
            r"^done     9 of 9 trials in .*  9 ok\nbest     [\d.e-]+ \(trial \d\)  x=", err, re.MULTILINE
        )

    @pytest.mark.parametrize(("kind", "shown"), [("none", ""), ("lines", "5 of 5 trials"), ("bar", "5/5")])
    def test_variable_chooses_the_progress(self, kind, shown, monkeypatch, capfd):
        monkeypatch.setenv("PARZEN_PROGRESS", kind)
        search(verbose=True)
        out, err = capfd.readouterr()
        assert out == ""
        assert shown in err
        assert bool(err) == bool(shown)

    def test_variable_does_not_switch_on_what_is_off(self, monkeypatch, capfd):
        monkeypatch.setenv("PARZEN_PROGRESS", "bar")
        search(verbose=False)
        assert capfd.readouterr() == ("", "")

    def test_wrong_variable_is_named(self, monkeypatch):
        monkeypatch.setenv("PARZEN_PROGRESS", "fancy")
        with pytest.raises(InvalidArgument, match="PARZEN_PROGRESS must be auto, bar, lines or none"):
            search(verbose=True)

    def test_callback_in_hyperopts_protocol_is_driven(self):
        shown, trials = Shown(), Trials()
        search(trials=trials, max_evals=2)
        search(answering(5.0, 1.0, 2.0), show_progressbar=shown, trials=trials, verbose=True)
        assert shown.made == (2, 5)
        assert shown.calls == [1, 1, 1]
        assert shown.ended
        best = min(trials.losses())
        assert f"{best:.3g}" in f"{shown.posts[-1]}" or "best loss" in str(shown.posts[-1])

    def test_callback_hears_the_best_loss_of_successful_trials_only(self):
        shown = Shown()
        search(answering({"status": "fail", "loss": -1}, 3.0), max_evals=2, show_progressbar=shown)
        assert "-1" not in str(shown.posts)
        assert "3" in str(shown.posts[-1])

    def test_callback_is_left_also_at_an_exception(self):
        shown = Shown()
        with pytest.raises(RuntimeError):
            search(answering(RuntimeError("boom")), show_progressbar=shown)
        assert shown.ended

    def test_wrong_progress_argument_is_refused(self):
        with pytest.raises(InvalidArgument, match="show_progressbar"):
            search(show_progressbar="yes", verbose=True)

    def test_objectives_prints_reach_stdout_in_order(self):
        code = """
from parzen import fmin, hp
def f(x):
    print("at", x > 2)
    return x * x
fmin(f, hp.uniform("x", -1, 1), max_evals=3, seed=0)
"""
        status, out, err = in_a_process(code, PARZEN_PROGRESS="bar")
        assert status == 0, err
        assert out == "at False\n" * 3


INTERRUPTED = """
import signal, sys
from parzen import Trials, fmin, hp
trials = Trials()
def objective(x):
    if len(trials.losses()) == {at}:
        print("ready", flush=True)
        sys.stdin.readline()
    return x * x
try:
    space = hp.uniform("x", -1, 1)
    best = fmin(objective, space, max_evals={evals}, trials=trials, verbose={verbose}, seed=0)
    print("best", best.stopped, end=" ")
except KeyboardInterrupt as error:
    print("raised", len(error.trials.trials), end=" ")
print(sum(loss is not None for loss in trials.losses()))
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def press(count, **settings):
    """Run the program above, and press Ctrl-C in its trial `at`; what it wrote."""
    code = INTERRUPTED.format(**{"at": 3, "evals": 100, "verbose": False, **settings})
    message = []

    def stop(process):
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        message.append(process.stderr.readline())  # so it was counted
        if count == 1:
            process.stdin.write("go on\n")
            process.stdin.flush()
        else:
            process.send_signal(signal.SIGINT)

    status, out, err = in_a_process(code, stop=stop)
    assert status == 0, err
    return out, message[0] + err


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process on Windows")
class TestCtrlC:
    def test_first_lets_the_trial_end_and_returns_the_best(self):
        out, err = press(1)
        assert out == "best interrupted 3\nTrue\n"
        assert re.fullmatch(
            r"Stopping after the running trial \(trial 2, \d+ s so far\)\. Ctrl-C again to stop now\.\n", err
        )

    def test_second_raises_at_once_and_the_exception_carries_the_trials(self):
        out, err = press(2)
        assert out == "raised 3 2\nTrue\n"
        assert "Traceback" not in err

    def test_used_up_budget_raises(self):
        """So that a loop around one-trial calls can be stopped."""
        assert press(1, evals=3)[0] == "raised 3 3\nTrue\n"

    def test_message_shows_with_progress_too(self):
        out, err = press(1, at=1, verbose=True)
        assert out == "best interrupted 1\nTrue\n"
        assert err.count("Ctrl-C again to stop now") == 1


class TestHandlers:
    @pytest.mark.parametrize("how", [None, RuntimeError("boom"), KeyboardInterrupt()])
    def test_handler_is_restored_however_the_search_ends(self, how):
        before = signal.getsignal(signal.SIGINT)
        values = [1.0, 2.0, 3.0] if how is None else [1.0, how]
        with contextlib.suppress(RuntimeError, KeyboardInterrupt):
            search(answering(*values), max_evals=3)
        assert signal.getsignal(signal.SIGINT) is before

    def test_users_own_handler_stays_in_force(self):
        seen = []

        def mine(number, frame):
            seen.append(number)

        before = signal.signal(signal.SIGINT, mine)
        try:
            search(lambda point: signal.raise_signal(signal.SIGINT) or 1.0, max_evals=2)
            assert signal.getsignal(signal.SIGINT) is mine
        finally:
            signal.signal(signal.SIGINT, before)
        assert seen == [signal.SIGINT] * 2

    def test_interrupt_without_a_success_raises(self):
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            with pytest.raises(KeyboardInterrupt):
                search(lambda p: signal.raise_signal(signal.SIGINT) or {"status": "fail"}, max_evals=9)
        finally:
            signal.signal(signal.SIGINT, before)


class TestOddSpaces:
    def test_bare_near_miss_beside_a_parameter_warns(self):
        with pytest.warns(SpaceWarning, match=r"space\['n'\]"):
            search(square, {"x": hp.uniform("x", 0, 1), "n": (0, 10)})

    def test_dict_with_unsortable_keys_keeps_its_order(self):
        seen = []
        search(lambda p: seen.append(list(p)) or 0.0, {2: hp.uniform("b", 0, 1), 1: 5}, max_evals=1)
        assert seen[0] in ([1, 2], [2, 1])

    def test_integers_by_scope_stay_floats_in_the_result(self):
        seen = []
        best = search(
            lambda p: seen.append(p["n"]) or 0.0,
            {"n": parzen.scope.int(hp.quniform("n", 1, 9, 1))},
            max_evals=3,
        )
        assert all(type(n) is int for n in seen)
        assert type(best["n"]) is float
        assert type(best.params["n"]) is int

    def test_early_stop_rule_of_ours_names_itself(self):
        assert search(lambda p: 1.0, max_evals=99, early_stop_fn=no_progress_loss(4)).stopped == "no_progress"
