"""A search in a file: the same call again goes on to the same end, and nothing is lost or relabelled."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from parzen import STATUS_FAIL, STATUS_OK, Study, Trials, errors, fmin, hp, rand, tpe
from parzen.history.history import Status
from parzen.testing import digest

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "kind": hp.choice("kind", ["a", "b", {"n": hp.int(1, 9, label="n")}]),
}


def loss(point):
    extra = {"a": 0.0, "b": 1.0}[point["kind"]] if isinstance(point["kind"], str) else point["kind"]["n"]
    return (point["x"] - 1) ** 2 + extra


def search(where, max_evals=12, fn=loss, space=SPACE, **more):
    arguments = {"algo": tpe.suggest, "verbose": False, "seed": 3, **more}
    return fmin(fn, space, max_evals=max_evals, trials=where, **arguments)


@pytest.fixture(params=["search.db", "search.jsonl", "search"])
def where(request, tmp_path):
    return tmp_path / request.param


def test_the_same_call_again_runs_nothing_and_gives_the_same_answer(where):
    first = search(where)
    again = search(where)
    assert again == first
    assert again.params == first.params
    assert (again.loss, again.trial.number) == (first.loss, first.trial.number)
    assert len(again.study.trials) == 12


def test_a_search_in_pieces_is_the_search_in_one_piece(where, tmp_path):
    for end in (1, 2, 7, 12):
        pieces = search(where, end)
    assert digest(pieces.study) == digest(search(tmp_path / "whole.db").study)


def test_a_search_in_a_file_is_the_search_in_memory(where):
    assert digest(search(where).study) == digest(search(None).study)


def test_max_evals_left_out_is_what_the_study_has(where):
    search(where, 5)
    Study.load(where, read_only=False).configure(max_evals=8)
    best = fmin(loss, SPACE, trials=where, verbose=False)
    assert len(best.study.trials) == 8


def test_without_any_end_a_new_study_is_refused_and_no_file_is_left(where):
    with pytest.raises(errors.InvalidArgument, match="no end was given"):
        fmin(loss, SPACE, trials=where)
    assert list(where.parent.iterdir()) == []


def test_a_seed_left_out_is_drawn_once_and_kept(where):
    first = fmin(loss, SPACE, max_evals=3, trials=where, verbose=False)
    again = fmin(loss, SPACE, max_evals=6, trials=where, verbose=False)
    assert again.study.seed == first.study.seed


def test_algorithm_left_out_is_what_the_study_has(where):
    search(where, 3, algo=rand.suggest)
    assert search(where, 4, algo=None).study.ledger.configured.algorithm["name"].endswith(":Random")


def test_another_space_is_refused_with_the_difference_in_words(where):
    search(where)
    wider = {"x": hp.uniform("x", -50, 50), "kind": hp.choice("kind", ["a", "c"]), "y": hp.float(0, 1)}
    with pytest.raises(errors.SpaceChanged) as caught:
        search(where, 15, space=wider)
    text = str(caught.value)
    assert "the space differs from that of study 'default' (12 trials)" in text
    assert "~ x: uniform(-5, 5) is now uniform(-50, 50)" in text
    assert "~ kind: option 'b' is gone" in text
    assert "~ kind: option 'c' is new" in text
    assert "+ y: float(0, 1) is new" in text
    assert "- n: int(1, 9) is gone" in text
    assert 'resume="extend"' in caught.value.hint
    assert len(Study.load(where).events()) == len(Study.load(where).events())
    assert search(where).study.trials[11].number == 11


def test_trials_of_a_space_that_shares_nothing_with_the_new_one_do_not_fit(where):
    search(where, 4)
    with pytest.raises(errors.SpaceChanged) as caught:
        search(where, 6, lambda p: p["other"], {"other": hp.uniform("other", 0, 1)})
    assert caught.value.hint == (
        "no hyperparameter is in both spaces, so the trials say nothing about the new one: "
        'resume="new" begins another study and deletes nothing'
    )


def test_extend_takes_the_new_space_and_keeps_the_trials_that_fit(where):
    search(where)
    narrower = {**SPACE, "x": hp.uniform("x", 0, 5), "y": hp.float(0, 1)}
    best = search(where, 20, lambda p: loss(p) + p["y"], narrower, resume="extend")
    study = best.study
    assert len(study.trials) == 20
    kept = [trial for trial in study.trials[:12] if trial.point_row >= 0]
    assert all(trial.point["x"] >= 0 for trial in kept)
    assert len(kept) == sum(trial.params["x"] >= 0 for trial in search(None).study.trials)
    assert best.trial.number >= 12  # older ones lack y, and are no points of this space
    assert "y" in best


@pytest.mark.parametrize("algo", ["tpe", "random", "anneal", "sobol"])
def test_every_algorithm_goes_on_after_a_hyperparameter_was_added(tmp_path, algo):
    search(tmp_path / "s.db", algo=algo)
    wider = {**SPACE, "y": hp.float(0, 1), "z": hp.choice("z", [0, 1, 2])}
    best = search(tmp_path / "s.db", 40, lambda p: loss(p) + p["y"], wider, algo=algo, resume="extend")
    assert len(best.study.history) == 40


def test_new_begins_another_study_and_deletes_nothing(where):
    search(where)
    other = search(where, 5, space={"x": hp.uniform("x", 0, 1)}, fn=lambda p: p["x"], resume="new")
    assert other.study.name == "default-2"
    assert len(search(where).study.trials) == 12
    assert sorted(other.study.store.studies()) == ["default", "default-2"]


def test_several_studies_live_in_one_file(where):
    search(where, 3)
    search(where, 4, study="größe/2")
    assert [len(Study.load(where, name).trials) for name in ("default", "größe/2")] == [3, 4]


TURNED = {"kind": hp.choice("kind", [SPACE["kind"].options[2], "b", "a"]), "x": SPACE["x"]}


class TestReorderedChoice:
    """Options are stored by content, so another order is no change; users see the indices of their call."""

    def test_it_is_mapped(self, where):
        first = search(where)
        again = search(where, space=TURNED)
        assert again.params == first.params
        assert {0: 2, 1: 1, 2: 0}[first["kind"]] == again["kind"]

    def test_the_search_is_the_same_as_without(self, where):
        search(where, 6)
        assert digest(search(where, 14, space=TURNED).study) == digest(search(None, 14).study)

    def test_documents_and_seed_points_have_the_indices_of_the_space_that_was_given(self, where):
        search(where, 6)
        trials = Trials(where)
        fmin(
            loss,
            TURNED,
            max_evals=8,
            trials=trials,
            points_to_evaluate=[{"x": 1.5, "kind": 2}],
            verbose=False,
        )
        seeded = trials.trials[6]["misc"]["vals"]
        assert (seeded["x"], seeded["kind"]) == ([1.5], [2])
        assert trials.trials[6]["result"]["loss"] == 0.25
        before = search(None, 6).study.trials
        shown = [doc["misc"]["vals"]["kind"][0] for doc in trials.trials[:6]]
        assert shown == [2 - trial.point["kind"] for trial in before]


def test_options_that_nothing_tells_apart_are_refused(where):
    space = {"f": hp.choice("f", [lambda x: x, lambda x: -x])}
    with pytest.raises(errors.InvalidSpace, match="cannot be told apart"):
        fmin(lambda p: 0.0, space, max_evals=2, trials=where, verbose=False)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"maximize": True}, "minimised, and maximize=True was given"),
        ({"seed": 4}, "has the seed 3, and seed=4 was given"),
        ({"lockstep": 2}, "runs with lockstep=None, and lockstep=2 was given"),
    ],
)
def test_other_settings_than_the_studys_are_refused(where, given, text):
    search(where, 4)
    with pytest.raises(errors.StudyChanged, match=re.escape(text)):
        search(where, 6, **given)
    assert len(Study.load(where).trials) == 4


class TestReadOnly:
    def test_trials_over_a_file_show_what_is_there(self, where):
        search(where, 4)
        trials = Trials(where)
        assert len(trials) == 4
        assert trials.best_trial["result"]["loss"] == search(where, 4).loss
        assert trials.argmin == search(where, 4)

    def test_they_see_what_others_write(self, where):
        search(where, 4)
        trials = Trials(where)
        search(where, 6)
        trials.refresh()
        assert len(trials) == 6

    def test_they_write_nothing(self, where):
        search(where, 4)
        study = Study.load(where)
        with pytest.raises(errors.StorageError, match="read-only"):
            study.note({"a": 1})
        assert len(study.events()) == len(Study.load(where).events())

    def test_a_study_that_is_not_there_is_named(self, where):
        search(where, 1)
        with pytest.raises(errors.StudyNotFound, match="Did you mean 'default'"):
            Study.load(where, "defualt")


class TestResults:
    def test_what_json_cannot_hold_is_named_once(self, where):
        with pytest.warns(errors.ResultWarning, match=r"model \(object\)") as caught:
            search(where, 3, lambda p: {"loss": loss(p), "model": object(), "n": 3})
        assert len(caught) == 1
        assert Study.load(where).trials[1].result["n"] == 3

    def test_bytes_are_attachments(self, where):
        def objective(p):
            return {"loss": loss(p), "attachments": {"weights": b"\x00\xff"}}

        search(where, 2, objective)
        trials = Trials(where)
        kept = trials.trial_attachments(trials.trials[1])
        assert kept["weights"] == b"\x00\xff"
        assert list(kept) == ["weights"]

    def test_other_attachments_are_named_and_the_result_is_kept(self, where):
        with pytest.warns(errors.ResultWarning, match="must be bytes"):
            best = search(where, 1, lambda p: {"loss": loss(p), "attachments": {"model": object()}})
        assert best.study.ledger.ended == 1

    def test_failures_keep_type_message_and_traceback(self, where):
        def objective(p):
            raise RuntimeError("out of memory")

        with pytest.raises(errors.AllTrialsFailed, match="2 x RuntimeError: out of memory"):
            search(where, 2, objective, on_error="continue")
        error = Study.load(where).trials[1].error
        assert (error["type"], error["message"]) == ("<class 'RuntimeError'>", "out of memory")
        assert "in objective" in error["traceback"]

    def test_documents_are_hyperopts(self, where):
        search(where, 3)
        doc = Trials(where).trials[2]
        assert doc["tid"] == 2
        assert doc["result"]["status"] == STATUS_OK
        assert set(doc["misc"]["vals"]) == {"x", "kind", "n"}


def test_after_an_exception_the_same_call_goes_on_with_the_next_trial(where):
    def breaks(point):
        raise KeyError("once")

    search(where, 3)
    with pytest.raises(KeyError) as caught:
        search(where, 6, breaks)
    assert any("3 trials finished before" in note and "search" in note for note in caught.value.__notes__)
    study = search(where, 6).study
    assert [trial.status for trial in study.trials] == [Status.DONE] * 3 + [Status.FAILED] + [Status.DONE] * 2


def test_a_threshold_that_was_reached_ends_the_next_call_at_once(where):
    best = search(where, 100, loss_threshold=1.0)
    assert best.stopped == "loss_threshold"
    ended = len(best.study.trials)
    again = search(where, 100, loss_threshold=1.0)
    assert (again.stopped, len(again.study.trials)) == ("loss_threshold", ended)


def test_a_broken_connection_is_tried_again_and_not_learned(where):
    def flaky(point, trial):
        if trial.number == 1 and trial.attempt < 3:
            raise ConnectionResetError("gone")
        return loss(point)

    study = search(where, 3, flaky).study
    assert [trial.status for trial in study.trials] == [Status.DONE] * 3
    assert study.trials[1].attempt == 3


def test_a_connection_that_stays_broken_is_a_failure(where):
    def broken(point):
        raise ConnectionResetError("gone")

    with pytest.raises(errors.AllTrialsFailed, match="ConnectionResetError: gone"):
        search(where, 1, broken, on_error="continue")
    assert Study.load(where).trials[0].attempt == 3


def test_a_trials_folder_survives_a_retry(where):
    def preempted(point, trial):
        checkpoint = trial.directory / "epoch.txt"
        epoch = int(checkpoint.read_text()) if checkpoint.exists() else 0
        checkpoint.write_text(str(epoch + 1))
        if epoch == 0:
            raise ConnectionResetError("preempted")
        return {"loss": loss(point), "epoch": epoch}

    study = search(where, 2, preempted).study
    assert [trial.result["epoch"] for trial in study.trials] == [1, 1]
    assert str(where) in study.directory(0)


class TestReportsAndPruning:
    @staticmethod
    def curve(point, trial):
        for step in range(1, 10):
            trial.report(loss(point) + 1 / step, step)
            if trial.should_prune():
                raise errors.Pruned
        return loss(point)

    @pytest.mark.parametrize("pruner", ["median", "asha"])
    def test_bad_trials_end_early_and_are_no_failures(self, where, pruner):
        best = search(where, 30, self.curve, pruner=pruner)
        counts = best.study.ledger.counts
        assert counts[Status.PRUNED] > 3
        assert counts[Status.FAILED] == 0
        assert counts[Status.DONE] + counts[Status.PRUNED] == 30
        pruned = [trial for trial in best.study.trials if trial.status is Status.PRUNED]
        assert all(0 < len(trial.reports) <= 9 for trial in pruned)
        assert all(trial.losses == [] for trial in pruned)

    def test_their_documents_are_failures_with_the_last_value(self, where):
        search(where, 30, self.curve, pruner="median")
        trials = Trials(where)
        number = next(t.number for t in trials.study.trials if t.status is Status.PRUNED)
        result = trials.trials[number]["result"]
        assert (result["status"], result["pruned"]) == (STATUS_FAIL, True)
        assert result["loss"] == list(trials.study.trials[number].reports.values())[-1]

    def test_the_pruner_is_part_of_the_study(self, where):
        search(where, 10, self.curve, pruner="median")
        assert digest(search(where, 30, self.curve).study) == digest(
            search(None, 30, self.curve, pruner="median").study
        )

    def test_an_unknown_pruner_is_refused_before_the_first_trial(self, where):
        with pytest.raises(errors.InvalidArgument, match="Did you mean 'median'"):
            search(where, 3, pruner="medan")


def test_coroutines_run_at_the_same_time(where):
    most = running = 0

    async def remote(point):
        nonlocal most, running
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return loss(point)

    best = search(where, 12, remote, workers=4)
    assert len(best.study.trials) == 12
    assert 1 < most <= 4


@pytest.mark.parametrize("executor", ["processes", "threads"])
def test_workers_run_every_trial_once(where, executor):
    offset = 1.0  # a closure
    best = search(where, 20, lambda p: (p["x"] - offset) ** 2, workers=3, executor=executor)
    assert best.study.ledger.counts[Status.DONE] == 20
    assert {trial.attempt for trial in best.study.trials} == {1}


def test_an_algorithm_of_the_users_own_works_over_a_file_too(where):
    def foreign(new_ids, domain, trials, seed):
        return rand.suggest(new_ids, domain, trials, seed)

    search(where, 5, algo=foreign)
    assert len(search(where, 8, algo=foreign).study.trials) == 8
    assert len(Trials(where)) == 8


SCRIPT = """
import sys, time
from parzen import fmin, hp
def loss(p, trial):
    open(f"started-{trial.number}", "w").close()
    for _ in range(1 if trial.number < 2 else 1200):
        time.sleep(0.05)  # in one long sleep a signal may wait for its end
    return p["x"] ** 2
if __name__ == "__main__":
    space = {"x": hp.uniform("x", -1, 1)}
    best = fmin(loss, space, max_evals=5, trials="s.db", seed=1, workers=int(sys.argv[1]) or None)
    print("stopped", best.stopped)
"""


def started(folder, number, process):
    deadline = time.monotonic() + 30
    while not (folder / f"started-{number}").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
    return True


@pytest.mark.parametrize("workers", [0, 2])
def test_a_second_interrupt_ends_now_and_the_trial_runs_again_later(tmp_path, workers):
    (tmp_path / "train.py").write_text(SCRIPT)
    command = [sys.executable, "train.py", str(workers)]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        started(tmp_path, 2, process)
        process.send_signal(signal.SIGINT)
        line = ""
        while "Stopping after the running trial" not in line:
            line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) != 0
    study = Study.load(tmp_path / "s.db")
    assert study.ledger.ended <= 2
    assert study.ledger.claimed == {}
    assert 2 in study.ledger.waiting


def test_a_killed_search_is_released_at_once_and_ends_as_planned(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    with subprocess.Popen([sys.executable, "train.py", "0"], cwd=tmp_path) as process:
        started(tmp_path, 2, process)
        os.kill(process.pid, signal.SIGKILL)
    before = Study.load(tmp_path / "s.db")
    assert list(before.ledger.claimed) == [2]
    best = fmin(
        lambda p: p["x"] ** 2,
        {"x": hp.uniform("x", -1, 1)},
        max_evals=5,
        trials=tmp_path / "s.db",
        verbose=False,
    )
    assert best.study.ledger.ended == 5
    assert best.study.trials[2].attempt == 2
    assert best.study.trials[2].point == before.trials[2].point
