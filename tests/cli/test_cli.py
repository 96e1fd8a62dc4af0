"""`parzen worker` and `parzen resume`: the study says what to do, mistakes end in one sentence and a code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from parzen import Study, fmin, hp
from parzen.cli.main import run
from parzen.history.history import Status
from parzen.storage.base import open_store

TRAIN = """
import os, time
from pathlib import Path
from parzen import fmin, hp

SPACE = {"x": hp.uniform("x", -5, 5), "kind": hp.choice("kind", [len, sum])}


def loss(p):
    if os.environ.get("SLOW") and not Path("stop-being-slow").exists():
        Path(f"started-{os.getpid()}").touch()
        time.sleep(60)
    return (p["x"] - 1) ** 2 + (p["kind"] is sum)


if __name__ == "__main__":
    fmin(loss, SPACE, max_evals=4, trials="s.db", seed=1, verbose=False)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a script and the study that it made: 4 trials."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(TRAIN)
    subprocess.run([sys.executable, "train.py"], check=True, timeout=60)
    return tmp_path


def parzen(*arguments, **more):
    return subprocess.Popen([sys.executable, "-m", "parzen", *arguments], text=True, **more)


def study():
    return Study.load("s.db")


def test_more_extends_a_study_whose_objective_was_in_a_script(folder, capsys):
    assert run(["resume", "s.db", "--more", "3", "--quiet"]) == 0
    assert study().ledger.counts[Status.DONE] == 7
    out = capsys.readouterr().out
    assert out.startswith("best ")
    assert f"(trial {study().best.number}): x = " in out


def test_more_gives_the_search_that_fmin_would_have_made(folder):
    run(["resume", "s.db", "--more", "3", "--quiet"])
    (folder / "train.py").write_text(TRAIN.replace("max_evals=4", "max_evals=7").replace("s.db", "whole.db"))
    subprocess.run([sys.executable, "train.py"], check=True, timeout=60)
    assert [t.point for t in study().trials] == [t.point for t in Study.load("whole.db").trials]


def test_a_worker_ends_at_once_where_nothing_is_left(folder, capsys):
    assert run(["worker", "s.db"]) == 0
    assert "4 of 4 trials have ended" in capsys.readouterr().err
    Study.load("s.db", read_only=False).configure(max_evals=3)
    assert run(["worker", "s.db"]) == 0
    assert ": 4 trials have ended" in capsys.readouterr().err


def test_several_workers_make_exactly_the_trials_that_are_wanted(folder):
    Study.load("s.db", read_only=False).configure(max_evals=30)
    workers = [parzen("worker", "s.db", "--quiet", stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    ended = study()
    assert ended.ledger.counts[Status.DONE] == 30
    assert len(ended.trials) == 30
    assert sum(event.kind == "finished" for event in ended.events()) == 30


def test_sigterm_gives_the_trial_back_and_says_so_by_its_code(folder):
    Study.load("s.db", read_only=False).configure(max_evals=6)
    environment = {**os.environ, "SLOW": "1"}
    with parzen("worker", "s.db", "--quiet", env=environment, stdout=subprocess.DEVNULL) as worker:
        deadline = time.monotonic() + 30
        while not list(folder.glob("started-*")):
            assert time.monotonic() < deadline
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=20) == 143
    left = study()
    assert left.ledger.claimed == {}
    assert list(left.ledger.waiting) == [4]
    (child,) = folder.glob("started-*")
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.name.removeprefix("started-")), 0)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["wrker", "s.db"], 2, "there is no command 'wrker'. Did you mean 'worker'?"),
        (["worker", "nope.db"], 3, "there is no study"),
        (["worker", "s.db", "--study", "defualt"], 3, "Did you mean 'default'?"),
        (["worker", "train.py"], 2, "'train.py' is a Python script and no study"),
        (["worker", "postgres//x"], 4, "the folder"),
        (["worker", "s.db", "--jobs", "0"], 2, "--jobs must be a whole number of at least 1"),
        (["worker", "s.db", "--gpus", "a"], 2, "--gpus must be numbers such as 0,1"),
        (["worker", "s.db", "--objective", "train"], 2, "pkg.module:function"),
        (["worker", "s.db", "--objective", "nosuch:f"], 2, "there is no module 'nosuch'"),
        (["worker", "s.db", "--objective", "train.py:los"], 2, "Did you mean 'loss'?"),
        (["worker", "s.db", "--objective", "train.py:loss", "--space", "SPAC"], 2, "Did you mean 'SPACE'?"),
        (["worker", "s.db", "--objective", "os.path:join"], 2, "no object that is this study's space"),
        (["resume", "s.db", "--more", "-1"], 2, "--more must be a whole number"),
        (["worker", "s.db", "--timeout", "soon"], 2, "--timeout must be seconds"),
    ],
)
def test_a_mistake_is_one_sentence_and_a_code(folder, capsys, arguments, code, text):
    assert run(arguments) == code
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert text in err
    assert "Traceback" not in err


def test_a_file_that_is_no_study_is_a_storage_error(folder, capsys):
    (folder / "picture.db").write_bytes(b"\x89PNG" * 100)
    assert run(["worker", "picture.db"]) == 4
    assert capsys.readouterr().err.startswith("error: ")


def test_no_arguments_show_help(capsys):
    assert run([]) == 2
    assert "worker" in capsys.readouterr().out


def test_a_script_without_a_guard_is_told_how_to_get_one(folder, capsys):
    (folder / "bare.py").write_text(TRAIN.replace('if __name__ == "__main__":\n    fmin', "fmin"))
    Study.load("s.db", read_only=False).configure(max_evals=6)
    assert run(["worker", "s.db", "--objective", "bare.py:loss"]) == 2
    assert '__name__ == "__main__"' in capsys.readouterr().err
    assert study().ledger.ended == 4


def test_a_pickled_objective_runs_only_where_it_is_asked_for(tmp_path, monkeypatch, capsys):
    """An objective without a name: the store holds a pickle, whose code is nobody's word."""
    from parzen.workers import publish

    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "ran"
    made = Study({"x": hp.uniform("x", 0, 1)}, store="s.db", seed=0, max_evals=2)
    publish(made, lambda p: (mark.write_text("x"), p["x"])[1])
    assert run(["worker", "s.db", "--quiet"]) == 2
    assert "--unpickle" in capsys.readouterr().err
    assert not mark.exists()
    assert run(["worker", "s.db", "--quiet", "--unpickle"]) == 0
    assert mark.exists()
    assert open_store("s.db", read_only=True).get("objective/default")


def test_too_many_failures_have_their_code(folder, capsys):
    (folder / "train.py").write_text(TRAIN.replace("return (p", "raise RuntimeError('no'); return (p"))
    Study.load("s.db", read_only=False).configure(max_evals=20, max_failures=2)
    assert run(["worker", "s.db", "--quiet"]) == 6
    assert "3 trials failed, more than max_failures=2" in capsys.readouterr().err


def test_a_threshold_ends_a_worker_too(folder):
    Study.load("s.db", read_only=False).configure(max_evals=200, loss_threshold=0.5)
    assert run(["worker", "s.db", "--quiet"]) == 0
    assert study().ledger.ended < 200


def test_fmin_and_a_worker_share_a_study(folder):
    Study.load("s.db", read_only=False).configure(max_evals=25)
    with parzen("worker", "s.db", "--quiet", stdout=subprocess.DEVNULL) as worker:
        space = {"x": hp.uniform("x", -5, 5), "kind": hp.choice("kind", [len, sum])}
        best = fmin(lambda p: (p["x"] - 1) ** 2, space, trials="s.db", max_evals=25, verbose=False)
        assert worker.wait(timeout=60) == 0
    assert best.study.ledger.ended == 25
