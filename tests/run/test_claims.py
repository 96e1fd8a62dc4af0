"""Claims: one owner for each attempt, and a dead one's trial is given back; a living one is never robbed.

Owners in this PID namespace are known to be alive or dead. Of others the lease
decides: here they are made by name, and once by a namespace of their own.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parzen import Study, errors, hp
from parzen.history.history import Status
from parzen.run import owner
from parzen.run import study as machinery
from parzen.storage.base import open_store

SPACE = {"x": hp.uniform("x", -3, 3)}

# One long trial at a time: it runs until a file says otherwise.
WORKER = """
import sys, time
from pathlib import Path
from parzen import fmin, hp
from parzen.run import keeper, loop, study

study.LEASE = loop.LEASE = keeper.LEASE = float(sys.argv[1])

def wait(p):
    while not Path("end").exists():
        time.sleep(0.02)
    return abs(p["x"])

fmin(wait, {"x": hp.uniform("x", -3, 3)}, max_evals=2, trials="s.db", seed=0, verbose=False)
"""


@pytest.fixture(params=["search.db", "search.jsonl", "postgresql", "mongodb"])
def where(request, tmp_path):
    fixtures = {"postgresql": "postgres_schema", "mongodb": "mongodb_database"}
    if request.param in fixtures:
        return request.getfixturevalue(fixtures[request.param])
    return str(tmp_path / request.param)


@pytest.fixture
def far(where):
    """A study that somebody on another machine works on; it holds trial 0."""
    study = Study(SPACE, "random", seed=0, store=open_store(where), max_evals=9)
    study.owner = f"elsewhere/12345678/4026531836 7 100 {id(study)}"
    study.ask()
    yield study
    study.store.close()


@pytest.fixture
def near(where, far):
    """The same study, opened here."""
    study = Study.load(where, read_only=False)
    yield study
    study.store.close()


def test_the_first_claim_of_an_attempt_wins_for_all(far, near):
    trial = near.ask(claim=False)
    far.refresh()
    assert near.claim(trial)
    assert not far.claim(far.trials[trial.number])
    assert far.trials[trial.number].owner == near.owner


def test_one_who_comes_late_leaves_the_next_attempt_free(far, near):
    """Both of two trials that wait are claimed while somebody walks through a list of them."""
    numbers = [near.next_number() for _ in range(2)]
    for number in numbers:
        near.suggest_for(number)
    far.refresh()
    assert [near.ask().number for _ in numbers] == numbers
    assert far.ask().number not in numbers
    near.release(numbers[1])
    assert near.claim(near.trials[numbers[1]])
    assert near.claim(near.trials[numbers[1]])  # it has it already
    near.release(numbers[1])
    assert far.ask().number == numbers[1]
    assert far.trials[numbers[1]].attempt == 3


def test_a_claim_is_safe_for_a_whole_lease(near):
    assert near.reap() == []


def test_one_who_renews_is_not_robbed(far, near, monkeypatch):
    far.renew([0])
    monkeypatch.setattr(machinery, "LEASE", 0.0)  # the claim is older than that
    assert near.reap() == []


def test_one_who_no_longer_renews_loses_the_trial(far, near, monkeypatch):
    far.store.hold(far.name, 0, 1, far.owner, 0.0)
    monkeypatch.setattr(machinery, "LEASE", 0.0)
    assert near.reap() == [0]
    trial = near.ask()
    assert (trial.number, trial.attempt, trial.owner) == (0, 2, near.owner)


def test_an_outcome_that_comes_too_late_is_kept_and_does_not_count(far, near, monkeypatch):
    far.store.hold(far.name, 0, 1, far.owner, 0.0)
    monkeypatch.setattr(machinery, "LEASE", 0.0)
    near.tell(near.ask(), 1.0)
    assert not far.tell(0, 2.0)
    for study in (far, near, Study.load(far.store)):
        study.refresh()
        assert study.trials[0].losses == [1.0]
    assert [event.losses for event in near.events() if event.kind == "finished"] == [[1.0], [2.0]]


def test_an_outcome_that_comes_before_the_next_claim_does(far, near, monkeypatch):
    """The trial was given back in vain: what was found is used, and nobody runs it again."""
    far.store.hold(far.name, 0, 1, far.owner, 0.0)
    monkeypatch.setattr(machinery, "LEASE", 0.0)
    assert near.reap() == [0]
    assert far.tell(0, 2.0)
    assert near.ask().number == 1
    assert near.trials[0].losses == [2.0]


def test_who_lost_a_worker_five_times_still_has_no_failure(far, near, monkeypatch):
    """Only attempts whose process died below a living parent count towards a failure."""
    monkeypatch.setattr(machinery, "LEASE", 0.0)
    for attempt in range(1, 6):
        far.store.hold(far.name, 0, attempt, far.owner, 0.0)
        assert near.reap() == [0]
        far.refresh()
        assert far.claim(far.trials[0])
        near.refresh()
    assert (near.trials[0].attempt, near.trials[0].lost) == (6, 0)
    assert near.trials[0].status is Status.RUNNING


def test_a_process_of_this_namespace_that_is_gone_is_released_at_once(far, near):
    """Its PID may be somebody else's by now: the start time tells."""
    place = owner.identity().split(" ")[0]
    far.owner = f"{place} {os.getppid()} 1 0"
    trial = far.ask()
    assert near.ask().number == trial.number


def test_a_study_object_that_is_gone_is_released_at_once(tmp_path):
    first = Study(SPACE, "random", seed=0, store=tmp_path / "s.db")
    first.ask()
    second = Study.load(tmp_path / "s.db", read_only=False)
    assert second.ask().number == 1  # the first is still there
    del first
    gc.collect()
    assert second.ask().number == 0


@pytest.fixture
def started(tmp_path):
    """Starts workers that have one endless trial each, and leaves none behind."""
    (tmp_path / "train.py").write_text(WORKER)
    workers = []

    def start(lease, *before):
        command = [*before, sys.executable, "train.py", str(lease)]
        workers.append(subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.communicate(timeout=30)


def until(condition, worker=None, limit=60.0):
    """Wait until it is true, as long as a busy machine may need."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        if worker is not None and worker.poll() is not None:
            raise AssertionError(worker.communicate()[1])
        time.sleep(0.02)


def claimed(folder, worker):
    """The study, once the worker has claimed its first trial."""

    def runs():
        with contextlib.suppress(errors.StudyNotFound):
            found.append(Study.load(folder / "s.db", read_only=False))
        return bool(found) and bool(found[-1].ledger.claimed)

    found = []
    until(runs, worker)
    return found[-1]


def test_a_stopped_process_of_this_namespace_is_never_robbed(started, tmp_path, monkeypatch):
    worker = started(60)
    study = claimed(tmp_path, worker)
    monkeypatch.setattr(machinery, "LEASE", 0.0)
    worker.send_signal(signal.SIGSTOP)
    assert study.reap() == []
    (tmp_path / "end").touch()
    worker.send_signal(signal.SIGCONT)
    assert worker.wait(60) == 0
    study.refresh()
    assert [trial.attempt for trial in study.trials] == [1, 1]
    assert study.ledger.counts[Status.DONE] == 2


@pytest.fixture
def namespace():
    """The words before a command that give it a PID namespace of its own."""
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare, of util-linux")
    words = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]
    if os.geteuid() != 0:
        words[1:1] = ["--user", "--map-root-user"]
    tried = subprocess.run([*words, "true"], capture_output=True, text=True, timeout=30, check=False)
    if tried.returncode:
        pytest.skip(f"PID namespaces cannot be made here: {tried.stderr.strip()}")
    return words


def test_a_worker_in_another_namespace_keeps_its_trial_until_it_dies(
    started, namespace, tmp_path, monkeypatch
):
    lease = 2.0
    worker = started(lease, *namespace)
    study = claimed(tmp_path, worker)
    monkeypatch.setattr(machinery, "LEASE", lease)
    assert owner.alive(study.trials[0].owner) is None
    robbed = []
    begun = time.monotonic()
    until(lambda: robbed.extend(study.reap()) or time.monotonic() - begun > 1.5 * lease, worker)
    assert robbed == []  # it lives, and renews
    worker.kill()
    died = time.monotonic()
    until(lambda: study.reap() == [0])
    assert time.monotonic() - died > lease / 3  # what was left of the lease, at the least
    assert study.ask().attempt == 2


def test_nothing_is_lost_where_workers_are_killed_at_random():
    """The quick form of `make chaos`; what it checks is at the top of `benchmarks/chaos.py`."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--quick"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("sound") == 2
