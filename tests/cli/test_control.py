"""Pause, resume, stop and cancel reach a search in another process within about two seconds."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

import pytest

from parzen import Study, fmin, hp
from parzen.cli.main import run
from parzen.errors import InvalidArgument

SLOW = """
import os, time
from pathlib import Path
from parzen import hp

SPACE = {"x": hp.float(0, 1)}


def loss(p):
    if Path("sleep").exists():
        Path(f"started-{os.getpid()}").touch()
        time.sleep(60)
    time.sleep(0.05)
    return p["x"]
"""


def wait(condition, what, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PARZEN_STUDY", "s.db")
    (tmp_path / "slow.py").write_text(SLOW)
    return tmp_path


@contextlib.contextmanager
def searching(*arguments):
    """A search in another process that has begun."""
    command = [sys.executable, "-m", "parzen", *arguments]
    with (
        open("err.txt", "w") as err,
        subprocess.Popen(command, stderr=err, stdout=subprocess.DEVNULL) as search,
    ):
        try:
            yield search
        finally:
            if search.poll() is None:
                search.kill()


def ended():
    try:
        return Study.load("s.db").ledger.ended
    except OSError:
        return 0


def running():
    return len(Study.load("s.db").ledger.claimed)


def test_pause_ends_nothing_and_begins_nothing_until_resume(folder, capsys):
    with searching("run", "slow.py:loss", "-n", "1000", "--seed", "1") as search:
        wait(lambda: ended() >= 2, "no trial")
        assert run(["pause"]) == 0
        asked = time.monotonic()
        wait(lambda: "paused" in (folder / "err.txt").read_text(), "no pause")
        wait(lambda: running() == 0, "a trial still runs")
        assert time.monotonic() - asked < 20  # about 1 s on an idle machine
        at = ended()
        run(["list"])
        assert " paused " in capsys.readouterr().out
        time.sleep(0.3)  # six trials' time
        assert (ended(), search.poll()) == (at, None)
        assert run(["resume", "--no-work"]) == 0
        wait(lambda: ended() > at, "it does not go on")
        assert run(["stop"]) == 0
        assert search.wait(timeout=30) == 0
    assert running() == 0
    assert "parzen resume s.db" in (folder / "err.txt").read_text()
    assert all(trial.status.name == "DONE" for trial in Study.load("s.db").trials)


def test_cancel_ends_running_trials_and_they_run_again(folder, capsys):
    (folder / "sleep").touch()
    with searching("run", "slow.py:loss", "-n", "3", "--seed", "1", "--quiet") as search:
        wait(lambda: list(folder.glob("started-*")), "no trial")
        assert run(["cancel"]) == 0
        asked = time.monotonic()
        assert search.wait(timeout=30) == 0
        assert time.monotonic() - asked < 20
    (child,) = folder.glob("started-*")
    with pytest.raises(ProcessLookupError):
        os.kill(int(child.name.removeprefix("started-")), 0)
    left = Study.load("s.db")
    assert (list(left.ledger.waiting), left.ledger.claimed) == ([0], {})
    (folder / "sleep").unlink()
    assert run(["resume", "--quiet"]) == 0
    assert Study.load("s.db").ledger.ended == 3


def test_a_worker_that_comes_during_a_pause_waits(folder):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0, max_evals=3, objective=f"{folder}/slow.py:loss")
    made.request("pause")
    with searching("worker") as search:
        wait(lambda: "paused" in (folder / "err.txt").read_text(), "no word")
        assert (ended(), search.poll()) == (0, None)
        made.request("resume")
        assert search.wait(timeout=30) == 0
    assert ended() == 3


def test_a_run_that_comes_during_a_pause_waits(folder):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0, max_evals=3)
    made.request("pause")
    with searching("run", "slow.py:loss", "--quiet") as search:
        wait(lambda: "paused" in (folder / "err.txt").read_text(), "no word")
        assert "to go on: parzen resume s.db" in (folder / "err.txt").read_text()
        made.refresh()
        assert (made.paused, ended(), search.poll()) == (True, 0, None)
        made.request("resume")
        assert search.wait(timeout=30) == 0
    assert ended() == 3


def test_a_pause_ends_where_nothing_is_left_to_do(folder):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0, max_evals=1)
    made.tell(made.ask(), 0.5)
    made.request("pause")
    best = fmin(lambda p: p["x"], {"x": hp.float(0, 1)}, trials="s.db", max_evals=1, verbose=False)
    assert best.stopped is None


def test_the_last_request_counts(folder):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0, max_evals=3)
    for what in ("pause", "stop", "cancel", "pause", "resume"):
        made.request(what)
        assert made.paused is (what == "pause")
    with pytest.raises(InvalidArgument, match="Did you mean 'pause'"):
        made.request("pasue")


def test_old_requests_do_not_stop_a_new_search(folder):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0)
    made.request("stop")
    best = fmin(lambda p: p["x"], {"x": hp.float(0, 1)}, trials="s.db", max_evals=3, verbose=False)
    assert len(best.study.trials) == 3


def test_a_request_ends_fmin_with_its_word(folder):
    """Without worker processes a search looks between trials."""

    def asks(p):
        Study.load("s.db", read_only=False).request("stop")
        time.sleep(1.1)  # the loop looks once a second
        return p["x"]

    best = fmin(asks, {"x": hp.float(0, 1)}, trials="s.db", max_evals=50, verbose=False)
    assert best.stopped == "stopped"
    assert len(best.study.trials) < 5


@pytest.mark.parametrize("what", ["pause", "stop", "cancel"])
def test_a_request_says_what_it_means_and_how_to_undo_it(folder, capsys, what):
    Study({"x": hp.float(0, 1)}, store="s.db", name="a b", seed=0)
    assert run([what]) == 0
    assert "to go on: parzen resume s.db --name 'a b' (nothing runs now)" in capsys.readouterr().err
    assert Study.load("s.db", "a b").ledger.requests[-1].what == what


def test_cancel_says_that_a_search_without_worker_processes_ends_its_trial(folder, capsys):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0)
    made.ask()
    assert run(["cancel"]) == 0
    assert capsys.readouterr().err == (
        "cancelled: trials in worker processes are ended and will run again, a search without them ends "
        "after its trial; to go on: parzen resume s.db (1 running)\n"
    )


def test_an_interruption_before_anything_exists_claims_nothing_to_be_kept(folder, capsys):
    (folder / "slow.py").write_text("raise KeyboardInterrupt\n")
    assert run(["run", "slow.py:loss", "-n", "2"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
    assert not (folder / "s.db").exists()


def test_show_says_how_many_trials_there_are_beyond_those_asked_for(folder, capsys):
    made = Study({"x": hp.float(0, 1)}, store="s.db", seed=0)
    for _ in range(3):
        made.tell(made.ask(), 1.0)
    made.configure(max_evals=2)
    assert run(["show"]) == 0
    assert "3 trials where 2 were asked for: 3 ok · best 1 (trial 0) · finished" in capsys.readouterr().out
