"""Trials: Hyperopt's history object, live documents included."""

import copy
import pickle
from types import MappingProxyType

import cloudpickle
import numpy as np
import pytest

from parzen import Domain, Trials, anneal, fmin, hp, rand, scope, space_eval, tpe, trials_from_docs
from parzen.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
)
from parzen.errors import AllTrialsFailed, InvalidArgument, InvalidPoint, InvalidTrial
from parzen.hyperopt.fmin import generate_trials_to_calculate

X = {"x": hp.uniform("x", -1, 1)}
NESTED = {"k": hp.choice("k", [{"a": hp.uniform("a", 0, 1)}, {"b": hp.uniform("b", 0, 1)}])}


def square(point):
    return point["x"] ** 2


def search(trials, max_evals=5, fn=square, space=X, **arguments):
    arguments = {"algo": rand.suggest, "verbose": False, "seed": 0, **arguments}
    fmin(fn, space, max_evals=max_evals, trials=trials, **arguments)
    return trials


def answering(*values):
    left = iter(values)
    return lambda point: next(left)


def suggested(trials, n=1, algo=rand.suggest, seed=3, space=X):
    """Documents of an algorithm, not inserted."""
    domain = Domain(square, space)
    return [algo([tid], domain, trials, seed + tid)[0] for tid in trials.new_trial_ids(n)]


def done(doc, loss, status="ok"):
    doc["state"] = JOB_STATE_DONE
    doc["result"] = {"status": status, "loss": loss}
    return doc


class TestEmpty:
    def test_empty_trials_answer_with_empty_lists(self):
        trials = Trials()
        assert (len(trials), list(trials), trials.trials) == (0, [], [])
        assert trials.losses() == trials.statuses() == trials.tids == trials.results == trials.miscs == []
        assert trials.specs == []
        assert trials.attachments == {}
        assert trials.asynchronous is False
        assert trials._ids == set()
        assert len(Trials(exp_key=None, refresh=False)) == 0

    @pytest.mark.parametrize("name", ["vals", "idxs", "idxs_vals"])
    def test_labels_of_empty_trials_are_a_value_error(self, name):
        """Hyperopt: ValueError, since it cannot infer the labels."""
        with pytest.raises(ValueError, match="no trials"):
            getattr(Trials(), name)

    @pytest.mark.parametrize("name", ["best_trial", "argmin"])
    def test_empty_trials_have_no_best(self, name):
        with pytest.raises(AllTrialsFailed):
            getattr(Trials(), name)

    def test_empty_trials_have_no_average(self):
        with pytest.raises(ValueError, match="at least one successful"):
            Trials().average_best_error()

    def test_truth_of_trials_is_their_length_and_printing_works(self):
        assert not Trials()
        assert "Trials" in repr(Trials())
        assert "3" in repr(search(Trials(), 3))


class TestAttributes:
    def test_attributes_are_in_trial_order(self):
        trials = search(Trials(), 4, answering(3, {"status": "fail"}, 1, 2))
        assert trials.tids == [0, 1, 2, 3]
        assert trials.losses() == [3.0, None, 1.0, 2.0]
        assert trials.statuses() == ["ok", "fail", "ok", "ok"]
        assert trials.specs == [None] * 4
        assert trials.results == [doc["result"] for doc in trials.trials]
        assert trials.miscs == [doc["misc"] for doc in trials.trials]
        assert list(trials) == trials.trials
        assert len(trials) == 4

    def test_idxs_and_vals_are_where_active(self):
        trials = search(Trials(), 12, lambda point: 0.0, NESTED)
        idxs, vals = trials.idxs, trials.vals
        assert set(idxs) == set(vals) == {"k", "a", "b"}
        assert idxs["k"] == list(range(12))
        assert sorted(idxs["a"] + idxs["b"]) == list(range(12))
        assert idxs["a"] == [tid for tid, k in enumerate(vals["k"]) if k == 0]
        assert len(vals["a"]) == len(idxs["a"])
        assert trials.idxs_vals == (idxs, vals)

    def test_indexing_says_what_to_write(self):
        """Hyperopt: NotImplementedError."""
        with pytest.raises(NotImplementedError, match=r"trials\.trials\[i\]"):
            search(Trials(), 1)[0]

    def test_best_trial_is_the_first_of_the_lowest_ok_losses(self):
        trials = search(Trials(), 5, answering(float("nan"), {"status": "fail", "loss": -9}, 2, 1, 1))
        assert trials.best_trial["tid"] == 3
        assert trials.best_trial is trials.trials[3]
        assert trials.argmin == {"x": trials.vals["x"][3]}

    @pytest.mark.parametrize("key", [None, "mine"])
    def test_experiment_key_is_in_every_document(self, key):
        trials = search(Trials(exp_key=key), 2)
        assert [doc["exp_key"] for doc in trials] == [key, key]
        assert trials._exp_key == key

    def test_average_best_error_is_the_true_loss_of_the_best(self):
        trials = search(Trials(), 3, answering(3.0, {"status": "ok", "loss": 1.0, "true_loss": 1.5}, 2.0))
        assert trials.average_best_error() == 1.5
        assert isinstance(trials.average_best_error(), np.floating)

    def test_average_best_error_skips_failures_and_nan(self):
        values = {"status": "fail", "loss": -1}, float("nan"), 2.0
        assert search(Trials(), 3, answering(*values)).average_best_error() == 2.0

    def test_average_best_error_weighs_near_losses_when_variances_are_given(self):
        """Two equal losses with equal variances: each is the best with chance one half."""

        def result(loss, truth, variance=0.01):
            return {"status": "ok", "loss": loss, "true_loss": truth, "loss_variance": variance}

        trials = search(Trials(), 3, answering(result(1.0, 0.0), result(1.0, 1.0), result(9.0, 100.0)))
        # 1000 draws: the share's standard deviation is 0.016; six of them.
        assert trials.average_best_error() == pytest.approx(0.5, abs=0.1)

    def test_counts_by_state(self):
        trials = search(Trials(), 3)
        trials.insert_trial_docs(suggested(trials))
        assert trials.count_by_state_synced(JOB_STATE_DONE) == 3
        assert trials.count_by_state_synced(JOB_STATE_NEW) == 0
        assert trials.count_by_state_unsynced(JOB_STATE_NEW) == 1
        assert trials.count_by_state_unsynced([JOB_STATE_NEW, JOB_STATE_DONE]) == 4
        trials.refresh()
        assert trials.count_by_state_synced([JOB_STATE_NEW, JOB_STATE_DONE]) == 4
        assert trials.count_by_state_synced(JOB_STATE_DONE, trials=trials.trials[:2]) == 2


class TestIds:
    def test_ids_are_reserved_in_turn(self):
        trials = Trials()
        assert trials.new_trial_ids(3) == [0, 1, 2]
        assert trials.new_trial_ids(1) == [3]
        assert trials._ids == {0, 1, 2, 3}

    def test_reserved_ids_are_not_used_by_fmin(self):
        trials = Trials()
        trials.new_trial_ids(2)
        search(trials, 2)
        assert trials.tids == [2, 3]

    def test_ids_are_not_reused_after_delete_all(self):
        """Hyperopt: after three trials and delete_all the next are 3 and 4."""
        trials = search(Trials(), 3, lambda p: {"loss": 1, "status": "ok", "attachments": {"a": b""}})
        trials.delete_all()
        assert (len(trials), trials.attachments) == (0, {})
        search(trials, 2)
        assert trials.tids == [3, 4]

    def test_deleted_trials_are_forgotten_by_the_search(self):
        trials = search(Trials(), 3, answering(-100, -100, -100))
        trials.delete_all()
        best = fmin(square, X, algo=rand.suggest, max_evals=2, trials=trials, verbose=False)
        assert best.loss == min(trials.losses()) >= 0

    def test_ids_need_not_be_whole_numbers(self):
        trials = Trials()
        docs = rand.suggest(["first", "second"], Domain(square, X), trials, 1)
        trials.insert_trial_docs(docs)
        trials.refresh()
        assert trials.tids == ["first", "second"]
        seen = []
        search(trials, 3, lambda p: seen.append(p["x"]) or 0.0)
        assert seen[:2] == [doc["misc"]["vals"]["x"][0] for doc in docs]

    def test_large_ids_are_counted_on_from(self):
        trials = Trials()
        docs = rand.suggest([100], Domain(square, X), trials, 1)
        trials.insert_trial_docs(docs)
        trials.refresh()
        search(trials, 3)
        assert trials.tids == [100, 101, 102]


class TestInserting:
    def test_inserted_documents_show_after_refresh(self):
        trials = Trials()
        (doc,) = suggested(trials)
        assert trials.insert_trial_doc(doc) == 0
        assert len(trials) == 0
        assert len(trials._dynamic_trials) == 1
        trials.refresh()
        assert len(trials) == 1

    def test_inserted_documents_are_the_live_objects(self):
        trials = Trials()
        docs = suggested(trials, 2)
        assert trials.insert_trial_docs(docs) == [0, 1]
        trials.refresh()
        assert all(mine is doc for mine, doc in zip(trials.trials, docs, strict=True))

    def test_inserted_results_count_as_past(self):
        trials = Trials()
        docs = [done(doc, i) for i, doc in enumerate(suggested(trials, 3))]
        trials.insert_trial_docs(docs)
        trials.refresh()
        best = fmin(lambda p: 10.0, X, algo=rand.suggest, max_evals=5, trials=trials, verbose=False)
        assert len(trials) == 5
        assert best.loss == 0
        assert best == trials.argmin

    @pytest.mark.parametrize("order", [1, -1])
    def test_new_documents_run_first_in_the_order_of_insertion(self, order):
        trials = search(Trials(), 2)
        docs = suggested(trials, 2)[::order]
        trials.insert_trial_docs(docs)
        trials.refresh()
        seen = []
        search(trials, 4, lambda p: seen.append(p["x"]) or 1.0)
        assert seen == [doc["misc"]["vals"]["x"][0] for doc in docs]
        assert len(trials) == 4

    def test_results_inserted_from_outside_reach_the_algorithm(self):
        """300 good points near 0.7, all from outside: TPE's next one is likely near."""
        trials = Trials()
        domain = Domain(square, X)
        rng = np.random.default_rng(0)
        for tid in trials.new_trial_ids(100):
            (doc,) = rand.suggest([tid], domain, trials, tid)
            x = float(rng.uniform(-1, 1))
            doc["misc"]["vals"]["x"] = [x]
            trials.insert_trial_doc(done(doc, (x - 0.7) ** 2))
        trials.refresh()
        near = 0
        for tid in trials.new_trial_ids(20):
            (doc,) = tpe.suggest([tid], domain, trials, tid)
            near += abs(doc["misc"]["vals"]["x"][0] - 0.7) < 0.3
        # At random three in ten would be: six of 20.
        assert near >= 13

    @pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest, anneal.suggest])
    def test_hand_driven_loop_works(self, algo):
        """Ask by suggest, tell by editing the very document: Ray Tune's and others' way."""
        trials, domain = Trials(), Domain(square, X)
        for i in range(40):
            new_ids = trials.new_trial_ids(1)
            docs = algo(new_ids, domain, trials, 1000 + i)
            trials.insert_trial_docs(docs)
            trials.refresh()
            (doc,) = (doc for doc in trials.trials if doc["tid"] == new_ids[0])
            doc["state"] = JOB_STATE_RUNNING
            doc["result"] = {"status": "ok", "loss": doc["misc"]["vals"]["x"][0] ** 2}
            doc["state"] = JOB_STATE_DONE
            trials.refresh()
        assert len(trials) == 40
        assert trials.best_trial["result"]["loss"] < 0.1

    def test_documents_of_suggest_hold_plain_numbers_and_all_labels(self):
        trials = Trials()
        (doc,) = suggested(trials, space=NESTED)
        assert set(doc["misc"]["vals"]) == {"k", "a", "b"}
        assert type(doc["misc"]["vals"]["k"][0]) is int
        assert doc["state"] == JOB_STATE_NEW
        assert doc["result"] == {"status": "new"}
        assert len(trials) == 0

    def test_equal_seeds_give_equal_documents(self):
        domain = Domain(square, X)
        found = [
            algo([5], domain, Trials(), 99)[0]["misc"]["vals"]
            for algo in [rand.suggest, rand.suggest, tpe.suggest, tpe.suggest]
        ]
        assert found[0] == found[1]
        assert found[2] == found[3]
        assert rand.suggest([5], domain, Trials(), 98)[0]["misc"]["vals"] != found[0]

    @pytest.mark.parametrize("key", ["tid", "spec", "result", "misc", "state", "owner", "book_time"])
    def test_missing_keys_are_named(self, key):
        trials = Trials()
        (doc,) = suggested(trials)
        del doc[key]
        with pytest.raises(InvalidTrial, match=f"'{key}'") as caught:
            trials.insert_trial_doc(doc)
        assert caught.value.obj is doc
        assert isinstance(caught.value, ValueError)

    @pytest.mark.parametrize("key", ["tid", "cmd", "idxs", "vals"])
    def test_missing_misc_keys_are_named(self, key):
        trials = Trials()
        (doc,) = suggested(trials)
        del doc["misc"][key]
        with pytest.raises(InvalidTrial, match=f"'{key}'"):
            trials.assert_valid_trial(doc)

    @pytest.mark.parametrize(
        "edit",
        [
            lambda doc: doc.update(tid=9),
            lambda doc: doc["misc"].update(tid=9),
            lambda doc: doc.update(exp_key="another"),
            lambda doc: doc.update(state=7),
        ],
    )
    def test_contradictions_are_refused(self, edit):
        trials = Trials()
        (doc,) = suggested(trials)
        edit(doc)
        with pytest.raises(InvalidTrial):
            trials.insert_trial_doc(doc)

    def test_something_else_is_no_document(self):
        with pytest.raises(InvalidTrial, match="must be a dict"):
            Trials().insert_trial_doc([1, 2])

    def test_insertion_is_all_or_none(self):
        trials = Trials()
        docs = suggested(trials, 2)
        del docs[1]["state"]
        with pytest.raises(InvalidTrial):
            trials.insert_trial_docs(docs)
        trials.refresh()
        assert len(trials) == 0

    def test_an_id_can_be_inserted_once(self):
        trials = search(Trials(), 2)
        with pytest.raises(InvalidTrial, match="exists already"):
            trials.insert_trial_doc(copy.deepcopy(trials.trials[0]))

    def test_extra_keys_are_allowed(self):
        trials = Trials()
        (doc,) = suggested(trials)
        doc["mine"] = doc["misc"]["mine"] = "kept"
        trials.insert_trial_doc(doc)
        search(trials, 1)
        assert trials.trials[0]["mine"] == trials.trials[0]["misc"]["mine"] == "kept"

    def test_made_documents_are_new(self):
        trials = Trials(exp_key="e")
        misc = {"tid": 4, "cmd": None, "idxs": {}, "vals": {}}
        (doc,) = trials.new_trial_docs([4], ["spec"], [{"status": "new"}], [misc])
        assert (doc["tid"], doc["spec"], doc["state"], doc["exp_key"]) == (4, "spec", 0, "e")
        assert (doc["owner"], doc["version"]) == (None, 0)
        assert doc["book_time"] is doc["refresh_time"] is None

    def test_source_documents_name_where_they_come_from(self):
        trials = search(Trials(), 1)
        source = trials.trials[0]
        (doc,) = trials.source_trial_docs(
            [9], [None], [{"status": "ok"}], [copy.deepcopy(source["misc"])], [source]
        )
        assert doc["misc"]["from_tid"] == 0
        assert doc["tid"] == doc["misc"]["tid"] == 9
        assert doc["misc"]["idxs"]["x"] == [9]
        assert source["misc"]["tid"] == 0
        assert source["misc"]["idxs"]["x"] == [0]


class TestLiveDocuments:
    def test_documents_are_the_same_objects_for_ever(self):
        trials = search(Trials(), 2)
        first = trials.trials[0]
        search(trials, 5)
        assert trials.trials[0] is first

    def test_running_trial_is_running_and_earlier_ones_are_done(self):
        """Hyperopt: [1], [2, 1], [2, 2, 1]."""
        trials, seen = Trials(), []
        search(trials, 3, lambda p: seen.append([doc["state"] for doc in trials.trials]) or 1.0)
        assert seen == [[1], [2, 1], [2, 2, 1]]

    def test_document_seen_while_running_is_filled_in_later(self):
        trials, seen = Trials(), []

        def objective(point):
            seen.append(trials.trials[-1])
            assert seen[-1]["result"] == {"status": "new"}
            assert seen[-1]["book_time"] is not None
            return 4.0

        search(trials, 2, objective)
        assert [doc["state"] for doc in seen] == [2, 2]
        assert [doc["result"]["loss"] for doc in seen] == [4.0, 4.0]
        assert seen[0] is trials.trials[0]

    def test_edits_of_results_stick(self):
        trials = search(Trials(), 3, lambda p: {"loss": 1.0, "status": "ok", "model": object()})
        for doc in trials.trials:
            doc["result"].pop("model")
            doc["result"]["remark"] = "seen"
        search(trials, 4)
        assert [("model" in r, r.get("remark")) for r in trials.results[:3]] == [(False, "seen")] * 3
        back = pickle.loads(pickle.dumps(trials))
        assert back.results[0] == {"loss": 1.0, "status": "ok", "remark": "seen"}

    @pytest.mark.parametrize("replaced", [True, False])
    def test_edited_losses_reach_best_and_search(self, replaced):
        trials = search(Trials(), 4, answering(1.0, 2.0, 3.0, 4.0))
        if replaced:
            trials.trials[2]["result"] = {"status": "ok", "loss": -5.0}
        else:
            trials.trials[2]["result"]["loss"] = -5.0
        assert trials.best_trial["tid"] == 2
        trials.refresh()
        best = fmin(lambda p: 9.0, X, algo=rand.suggest, max_evals=5, trials=trials, verbose=False)
        assert best.trial.number == 2
        assert best.loss == -5.0

    def test_edited_status_reaches_the_search(self):
        trials = search(Trials(), 3, answering(1.0, 2.0, 3.0))
        trials.trials[0]["result"]["status"] = "fail"
        best = fmin(lambda p: 9.0, X, algo=rand.suggest, max_evals=4, trials=trials, verbose=False)
        assert best.loss == 2.0
        assert trials.trials[0]["result"] == {"status": "fail", "loss": 1.0}

    def test_edits_between_suggestions_reach_the_algorithm(self):
        """The losses of 60 trials are turned around; TPE then goes to the other end."""
        trials = search(Trials(), 60, lambda p: p["x"])
        domain = Domain(square, X)
        for doc in trials.trials:
            doc["result"]["loss"] = -doc["result"]["loss"]
        found = [tpe.suggest([tid], domain, trials, tid)[0] for tid in trials.new_trial_ids(15)]
        assert sum(doc["misc"]["vals"]["x"][0] > 0.3 for doc in found) >= 11

    def test_cancelled_document_is_hidden_and_forgotten(self):
        trials = search(Trials(), 3, answering(1.0, 2.0, 3.0))
        trials.trials[0]["state"] = JOB_STATE_CANCEL
        trials.refresh()
        assert trials.tids == [1, 2]
        assert len(trials._dynamic_trials) == 3
        best = fmin(lambda p: 9.0, X, algo=rand.suggest, max_evals=3, trials=trials, verbose=False)
        assert best.loss == 2.0
        assert len(trials) == 3

    def test_document_made_an_error_is_hidden(self):
        trials = search(Trials(), 3, answering(1.0, 2.0, 3.0))
        trials.trials[0]["state"] = JOB_STATE_ERROR
        trials.refresh()
        assert trials.tids == [1, 2]
        assert (
            fmin(lambda p: 9.0, X, algo=rand.suggest, max_evals=2, trials=trials, verbose=False).loss == 2.0
        )

    def test_document_reset_to_new_is_run_again(self):
        trials = search(Trials(), 3)
        doc = trials.trials[1]
        doc["state"], doc["result"] = JOB_STATE_NEW, {"status": "new"}
        seen = []
        search(trials, 3, lambda p: seen.append(p["x"]) or 7.0)
        assert seen == [doc["misc"]["vals"]["x"][0]]
        assert doc["result"] == {"loss": 7.0, "status": "ok"}
        assert trials.tids == [0, 1, 2]

    def test_one_documents_edit_does_not_touch_the_others(self):
        trials = search(Trials(), 3)
        before = copy.deepcopy(trials.trials)
        trials.trials[1]["result"]["loss"] = 5.0
        trials.refresh()
        assert trials.trials[0] == before[0]
        assert trials.trials[2] == before[2]

    def test_looking_does_not_change_the_search(self):
        watched, unwatched = Trials(), Trials()
        search(watched, 40, lambda p: len(watched.trials) and p["x"] ** 2, algo=tpe.suggest)
        search(unwatched, 40, algo=tpe.suggest)
        assert watched.vals == unwatched.vals
        assert watched.losses() == unwatched.losses()

    def test_list_seen_before_is_kept_up_to_date_by_refresh(self):
        trials = search(Trials(), 2)
        search(trials, 4)
        trials.refresh()
        assert [doc["tid"] for doc in trials.trials] == [0, 1, 2, 3]

    def test_new_results_are_seen_without_refresh_after_fmin(self):
        trials = search(Trials(), 2)
        assert len(trials.trials) == 2
        search(trials, 4)
        assert len(trials.trials) == 4


class TestAttachments:
    def test_trial_attachments_are_a_small_dict(self):
        trials = search(Trials(), 2)
        kept = trials.trial_attachments(trials.trials[1])
        assert "a" not in kept
        kept["a"] = 1
        assert kept["a"] == trials.attachments["ATTACH::1::a"] == 1
        assert "a" in kept
        assert "a" not in trials.trial_attachments(trials.trials[0])
        assert list(kept) == kept.keys() == ["a"]
        del kept["a"]
        assert trials.attachments == {}
        with pytest.raises(KeyError):
            kept["a"]

    def test_attachments_may_be_anything_and_are_pickled(self):
        trials = search(
            Trials(), 1, lambda p: {"loss": 0, "status": "ok", "attachments": {"a": np.arange(3)}}
        )
        back = pickle.loads(pickle.dumps(trials))
        assert back.trial_attachments(back.trials[0])["a"].tolist() == [0, 1, 2]


class TestViews:
    def test_view_shows_one_experiment(self):
        trials = search(Trials(exp_key="a"), 3)
        same, other = trials.view("a"), trials.view("b")
        assert (len(same), len(other)) == (3, 0)
        assert same.trials[0] is trials.trials[0]
        assert type(same) is Trials

    def test_documents_of_other_experiments_are_hidden(self):
        trials = Trials(exp_key="a")
        (doc,) = suggested(trials)
        doc["exp_key"] = "b"
        everything = trials_from_docs([doc], validate=False, exp_key="a")
        assert len(everything) == 0
        assert len(everything.view("b")) == 1


class TestFromDocuments:
    def test_trials_from_documents_hold_the_live_objects(self):
        docs = search(Trials(), 3).trials
        trials = trials_from_docs(docs)
        assert trials.trials == docs
        assert trials.trials[0] is docs[0]
        search(trials, 5)
        assert trials.tids == [0, 1, 2, 3, 4]

    def test_documents_are_validated_unless_told_not_to(self):
        doc = dict(search(Trials(), 1).trials[0])
        del doc["spec"]
        with pytest.raises(InvalidTrial):
            trials_from_docs([doc])
        assert len(trials_from_docs([doc], validate=False)) == 1

    def test_key_is_for_the_trials(self):
        doc = search(Trials(exp_key="e"), 1).trials[0]
        assert len(trials_from_docs([doc], exp_key="e")) == 1
        with pytest.raises(InvalidTrial):
            trials_from_docs([doc])

    def test_generated_documents_carry_only_the_labels_given(self):
        trials = generate_trials_to_calculate([{"k": 0}])
        trials.refresh()
        assert trials.trials[0]["misc"]["vals"] == {"k": [0]}
        assert trials.trials[0]["state"] == JOB_STATE_NEW

    def test_generated_document_that_lacks_an_active_label_fails_with_its_name(self):
        trials = generate_trials_to_calculate([{"k": 0}])
        with pytest.raises(Exception, match="'a'"):
            search(trials, 3, lambda p: 0.0, NESTED)


class TestPickles:
    @pytest.mark.parametrize("module", [pickle, cloudpickle])
    @pytest.mark.parametrize("protocol", [2, 3, 4, 5])
    def test_round_trip_keeps_all(self, module, protocol):
        trials = search(Trials(exp_key="e"), 12, lambda p: {"loss": 1.0, "status": "ok", "p": p}, NESTED)
        trials.attachments["mine"] = b"1"
        back = pickle.loads(module.dumps(trials, protocol=protocol))
        assert back.trials == trials.trials
        assert back._dynamic_trials == trials._dynamic_trials
        assert back.attachments == trials.attachments
        assert back._exp_key == "e"
        assert back.new_trial_ids(1) == [12]
        assert back.argmin == trials.argmin

    def test_errors_and_hidden_documents_are_kept(self):
        def objective(point):
            if point["x"] > 0:
                raise ValueError("positive")
            return -point["x"]

        trials = search(Trials(), 10, objective, catch_eval_exceptions=True)
        back = pickle.loads(pickle.dumps(trials))
        assert len(back) == len(trials) < 10
        assert back._dynamic_trials == trials._dynamic_trials
        assert len(back._dynamic_trials) == 10

    def test_empty_trials_and_waiting_documents_survive(self):
        assert len(pickle.loads(pickle.dumps(Trials()))) == 0
        waiting = pickle.loads(pickle.dumps(generate_trials_to_calculate([{"x": 0.5}])))
        seen = []
        search(waiting, 2, lambda p: seen.append(p["x"]) or 0.0)
        assert seen[0] == 0.5

    @pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
    def test_a_copy_goes_on_by_itself(self, copied):
        trials = search(Trials(), 5)
        other = copied(trials)
        search(other, 8)
        assert (len(trials), len(other)) == (5, 8)
        search(trials, 8)
        assert trials.vals == other.vals

    def test_pickle_holds_hyperopts_own_names(self):
        """Libraries read these; with real Hyperopt they are the whole ``__dict__``."""
        trials = search(Trials(), 3)
        state = trials.__getstate__()
        assert {"_ids", "_dynamic_trials", "_exp_key", "attachments", "_trials"} <= set(state)
        assert state["_ids"] == {0, 1, 2}
        assert [doc["tid"] for doc in state["_trials"]] == [0, 1, 2]
        assert trials._trials == trials.trials

    def test_pickle_does_not_hold_the_space_or_the_objective(self):
        class Local:
            pass

        space = {"x": hp.choice("x", [lambda: 1, Local()])}
        trials = search(Trials(), 3, lambda p: 1.0, space)
        back = pickle.loads(pickle.dumps(trials))
        assert back.vals == trials.vals
        search(back, 5, lambda p: 1.0, space)
        assert len(back) == 5


class TestChangedSpaces:
    def test_added_parameter_goes_on(self):
        """Hyperopt: KeyError of the new label after a partial start."""
        trials = search(Trials(), 25, algo=tpe.suggest)
        wider = {**X, "y": hp.uniform("y", 0, 1)}
        search(trials, 50, lambda p: p["x"] ** 2 + p["y"], wider, algo=tpe.suggest)
        assert len(trials) == 50
        assert len(trials.vals["x"]) == 50
        assert len(trials.vals["y"]) == 25

    def test_reordered_choice_is_mapped_for_the_best(self):
        trials = Trials()
        search(
            trials,
            10,
            lambda p: {"a": 3.0, "b": 1.0, "c": 2.0}[p["k"]],
            {"k": hp.choice("k", ["a", "b", "c"])},
        )
        best = fmin(
            lambda p: 9.0,
            {"k": hp.choice("k", ["c", "a", "b"])},
            algo=rand.suggest,
            max_evals=10,
            trials=trials,
            verbose=False,
        )
        assert best.params == {"k": "b"}
        assert best == {"k": 2}

    def test_reordered_choice_is_mapped_for_the_algorithm(self):
        trials = Trials()
        options = ["a", "b", "c", "d"]
        search(trials, 40, lambda p: float(p["k"] != "d"), {"k": hp.choice("k", options)})
        seen = []
        search(
            trials,
            60,
            lambda p: seen.append(p["k"]) or float(p["k"] != "d"),
            {"k": hp.choice("k", options[::-1])},
            algo=tpe.suggest,
        )
        # One in four at random.
        assert seen.count("d") >= 8

    def test_points_outside_a_narrowed_space_are_kept_but_not_followed(self):
        trials = search(Trials(), 20, lambda p: -p["x"])
        narrow = {"x": hp.uniform("x", -1, 0)}
        search(trials, 40, lambda p: -p["x"], narrow, algo=tpe.suggest)
        assert len(trials) == 40
        assert all(x <= 0 for x in trials.vals["x"][20:])


class TestSpaceEval:
    SPACE = MappingProxyType(
        {
            "k": hp.choice("k", ["a", {"q": hp.quniform("q", 0, 9, 1)}]),
            "i": scope.int(hp.quniform("n", 1, 9, 1)),
        }
    )

    def test_point_gives_the_objectives_argument(self):
        assert space_eval(dict(self.SPACE), {"k": 1, "q": 3.0, "n": 4.0}) == {"k": {"q": 3.0}, "i": 4}

    def test_values_are_put_in_as_they_are(self):
        """A quniform value stays a float, and scope.int makes it an int."""
        point = space_eval(dict(self.SPACE), {"k": 1, "q": 3.0, "n": 4.0})
        assert (type(point["k"]["q"]), type(point["i"])) == (float, int)

    def test_labels_of_other_branches_and_of_other_spaces_are_ignored(self):
        assert space_eval(dict(self.SPACE), {"k": 0, "q": 3.0, "n": 4.0, "other": 7}) == {"k": "a", "i": 4}

    @pytest.mark.parametrize("index", [1, 1.0, True, np.int64(1), np.float64(1.0), [1], [np.int64(1)]])
    def test_index_may_be_any_whole_number_and_a_list_of_one(self, index):
        """Hyperopt refuses 1.0 and [1], which its own documents hold."""
        assert space_eval({"k": hp.choice("k", ["a", "b"])}, {"k": index}) == {"k": "b"}

    @pytest.mark.parametrize("index", [-1, 2, 0.5, "b", None])
    def test_other_indices_are_refused(self, index):
        with pytest.raises(InvalidArgument) as caught:
            space_eval({"k": hp.choice("k", ["a", "b"])}, {"k": index})
        assert "'k'" in str(caught.value) or repr(index) in str(caught.value)
        assert isinstance(caught.value, ValueError)

    def test_missing_active_label_is_named(self):
        """Hyperopt: an obscure AttributeError."""
        with pytest.raises(InvalidPoint, match="'q'"):
            space_eval(dict(self.SPACE), {"k": 1, "n": 4.0})

    def test_vals_of_a_document_will_do(self):
        trials = search(Trials(), 3, lambda p: 0.0, NESTED)
        vals = trials.trials[0]["misc"]["vals"]
        assert space_eval(NESTED, {label: found for label, found in vals.items() if found}) == space_eval(
            NESTED, trials.argmin
        )
