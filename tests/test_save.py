"""trials_save_file, load_trials: a crash never costs the last good state."""

import os
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from parzen import Trials, fmin, hp, load_trials, rand, tpe
from parzen.errors import InvalidArgument, ResultWarning
from parzen.save import save_trials

X = {"x": hp.uniform("x", -1, 1)}


def square(point):
    return point["x"] ** 2


def search(path, max_evals=5, fn=square, **arguments):
    options = {"algo": rand.suggest, "seed": 0, "verbose": False, **arguments}
    return fmin(fn, X, max_evals=max_evals, trials_save_file=path, **options)


def test_file_holds_the_trials_after_each_round(tmp_path):
    path, seen = tmp_path / "trials.pkl", []

    def objective(point):
        seen.append(len(load_trials(path)) if path.exists() else None)
        return square(point)

    search(path, 4, objective)
    assert seen == [None, 1, 2, 3]
    assert len(load_trials(path)) == 4
    assert os.listdir(tmp_path) == ["trials.pkl"]


def test_file_is_read_first_where_no_trials_are_given(tmp_path):
    """Hyperopt too: max_evals counts what the file holds."""
    path = str(tmp_path / "trials.pkl")
    search(path, 3)
    calls = []
    best = search(path, 5, lambda p: calls.append(p) or square(p))
    assert len(calls) == 2
    whole = Trials()
    fmin(square, X, algo=rand.suggest, max_evals=5, seed=0, trials=whole, verbose=False)
    assert load_trials(path).vals == whole.vals
    assert best == whole.argmin


def test_file_is_overwritten_where_trials_are_given(tmp_path):
    """Hyperopt too."""
    path = tmp_path / "trials.pkl"
    search(path, 5)
    trials = Trials()
    search(path, 2, trials=trials)
    assert len(load_trials(path)) == len(trials) == 2


def test_file_may_be_read_by_plain_pickle(tmp_path):
    path = tmp_path / "trials.pkl"
    search(path, 3)
    assert len(pickle.loads(path.read_bytes())) == 3


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt()])
def test_file_holds_all_that_ended_before_an_exception(tmp_path, error):
    path, calls = tmp_path / "trials.pkl", []

    def objective(point):
        calls.append(point["x"])
        if len(calls) == 3:
            raise error
        return square(point)

    with pytest.raises(type(error)):
        search(path, 5, objective)
    kept = load_trials(path)
    assert [loss for loss in kept.losses() if loss is not None] == [x**2 for x in calls[:2]]
    search(path, 5)
    assert len(load_trials(path)) == 5


def test_points_to_evaluate_are_not_repeated_from_a_file(tmp_path):
    path, seen = tmp_path / "trials.pkl", []
    search(path, 2, points_to_evaluate=[{"x": 0.5}])
    search(path, 6, lambda p: seen.append(p["x"]) or 0.0, points_to_evaluate=[{"x": 0.5}])
    assert len(seen) == 3
    assert 0.5 not in seen


def test_one_trial_runs_through_the_file_equal_one_search(tmp_path):
    path = tmp_path / "trials.pkl"
    for end in range(1, 26):
        search(path, end, algo=tpe.suggest)
    whole = Trials()
    fmin(square, X, algo=tpe.suggest, max_evals=25, seed=0, trials=whole, verbose=False)
    assert load_trials(path).vals == whole.vals


KILLED = """
import os, signal, sys
from parzen import fmin, hp, rand
from parzen import save

path = sys.argv[1]
def run(end):
    fmin(lambda p: p["x"] ** 2, {"x": hp.uniform("x", -1, 1)}, algo=rand.suggest, max_evals=end, seed=0,
         trials_save_file=path, verbose=False)

run(3)
real = os.replace
os.replace = lambda *names: os.kill(os.getpid(), signal.SIGKILL)
run(6)
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL on Windows")
def test_kill_between_writing_and_renaming_leaves_the_old_file(tmp_path):
    path = tmp_path / "trials.pkl"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert len(os.listdir(tmp_path)) == 2  # the old file, and one that was not renamed
    assert len(load_trials(path)) == 3
    search(path, 6)
    assert len(load_trials(path)) == 6


def test_failed_write_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "trials.pkl"
    search(path, 2)

    def broken(*names):
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", broken)
        with pytest.raises(OSError, match="disk full"):
            save_trials(Trials(), path)
    assert os.listdir(tmp_path) == ["trials.pkl"]
    assert len(load_trials(path)) == 2


def test_folder_that_does_not_exist_is_found_out_before_the_first_trial(tmp_path):
    calls = []
    with pytest.raises((InvalidArgument, OSError)):
        search(tmp_path / "missing" / "trials.pkl", 3, lambda p: calls.append(p) or 1.0)
    assert calls == []


def test_what_cannot_be_pickled_is_named_once_and_the_rest_is_kept(tmp_path):
    path = tmp_path / "trials.pkl"
    lock = threading.Lock()
    with pytest.warns(ResultWarning, match=r"'model' \(lock\)") as caught:
        search(path, 4, lambda p: {"loss": square(p), "status": "ok", "model": lock, "extra": [1]})
    assert len(caught) == 1
    kept = load_trials(path)
    assert len(kept) == 4
    assert all(result.keys() == {"loss", "status", "extra"} for result in kept.results)
    assert kept.argmin
    assert kept.new_trial_ids(1) == [4]


def test_live_trials_keep_what_the_file_could_not(tmp_path):
    lock, trials = threading.Lock(), Trials()
    with pytest.warns(ResultWarning, match="model"):
        search(tmp_path / "t.pkl", 2, lambda p: {"loss": 1, "model": lock}, trials=trials)
    assert all(result["model"] is lock for result in trials.results)


def test_attachments_that_cannot_be_pickled_are_named(tmp_path):
    lock = threading.Lock()
    path = tmp_path / "t.pkl"
    with pytest.warns(ResultWarning, match="attachment"):
        search(path, 2, lambda p: {"loss": 1, "attachments": {"net": lock, "log": b"1"}})
    assert set(load_trials(path).attachments) == {"ATTACH::0::log", "ATTACH::1::log"}


def test_search_goes_on_from_a_file_that_left_something_out(tmp_path):
    path, lock = tmp_path / "t.pkl", threading.Lock()
    with pytest.warns(ResultWarning, match="model"):
        search(path, 3, lambda p: {"loss": square(p), "model": lock})
    search(path, 6)
    whole = Trials()
    fmin(square, X, algo=rand.suggest, max_evals=6, seed=0, trials=whole, verbose=False)
    assert load_trials(path).vals == whole.vals


def test_local_classes_and_functions_are_kept_by_value(tmp_path):
    class Model:
        score = 3

    path = tmp_path / "t.pkl"
    search(path, 2, lambda p: {"loss": 1, "model": Model(), "fn": lambda: 5})
    kept = load_trials(path)
    assert kept.results[0]["model"].score == 3
    assert kept.results[1]["fn"]() == 5


@pytest.mark.parametrize(
    "content", [b"", b"no pickle", b"\x80\x04", pickle.dumps([1, 2]), pickle.dumps(Trials())[:40]]
)
def test_other_files_are_named(tmp_path, content):
    path = tmp_path / "other.pkl"
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"other\.pkl"):
        load_trials(path)
    with pytest.raises(InvalidArgument, match=r"other\.pkl"):
        search(path, 2)
    assert path.read_bytes() == content


def test_file_that_is_missing_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_trials(tmp_path / "missing.pkl")


@pytest.mark.parametrize("make", [str, lambda path: path])
def test_path_may_be_text_or_path(tmp_path, make):
    path = make(tmp_path / "t.pkl")
    search(path, 2)
    assert len(load_trials(path)) == 2


def test_arrays_in_results_are_kept(tmp_path):
    path = tmp_path / "t.pkl"
    search(path, 2, lambda p: {"loss": 1, "curve": np.arange(3)})
    assert load_trials(path).results[0]["curve"].tolist() == [0, 1, 2]
