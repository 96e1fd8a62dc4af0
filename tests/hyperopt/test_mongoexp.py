"""MongoTrials and its worker: real processes, the real driver, a server that speaks MongoDB's protocol."""

from __future__ import annotations

import contextlib
import datetime as dt
import pickle
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import pytest

from parzen import STATUS_OK, errors, fmin, hp, tpe
from parzen.history.history import Status
from parzen.hyperopt.mongoexp import MongoTrials, as_mongo_str, main_worker, parse_url

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", ["a", "b"])}


@pytest.fixture
def url(mongodb_database):
    """As Hyperopt's users write it."""
    parts = urlsplit(mongodb_database)
    return f"mongo://{parts.netloc}{parts.path}/jobs"


def worker(url, *flags, **more):
    address = url.removeprefix("mongo://").removesuffix("/jobs")
    command = [sys.executable, "-m", "parzen.hyperopt.mongoexp", f"--mongo={address}", "--poll-interval=0.1"]
    return subprocess.Popen([*command, *flags], stderr=subprocess.DEVNULL, **more)


def searching(url, n, fn, **more):
    """fmin in a thread, since it waits for workers; its result is appended to the list."""
    found = []

    def run():
        trials = MongoTrials(url, **more.pop("trials", {}))
        with contextlib.suppress(errors.AllTrialsFailed):
            found.append(fmin(fn, SPACE, tpe.suggest, n, trials=trials, seed=3, verbose=False, **more))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, found


def loss(p):
    return {
        "loss": (p["x"] - 1) ** 2,
        "status": STATUS_OK,
        "attachments": {"note": b"\x00" + p["k"].encode()},
    }


def test_workers_run_the_trials_that_fmin_waits_for(url):
    thread, found = searching(url, 8, loss)
    workers = [worker(url, "--exp-key=e", "--reserve-timeout=1"), worker(url, "--reserve-timeout=5")]
    thread.join(timeout=90)
    assert not thread.is_alive()
    trials = MongoTrials(url)
    assert len(trials) == 8
    assert trials.count_by_state_unsynced(2) == 8
    assert found[0] == trials.argmin
    assert trials.trial_attachments(trials.trials[3])["note"][1:] in (b"a", b"b")
    assert trials.trials[0]["owner"] is None
    for each in workers:
        assert each.wait(timeout=60) == 0


def test_a_larger_max_evals_goes_on(url):
    for n in (3, 5):
        thread, found = searching(url, n, loss)
        with worker(url, "--reserve-timeout=30", "--max-jobs=3") as one:
            thread.join(timeout=60)
            assert not thread.is_alive()
            one.terminate()
        assert len(MongoTrials(url)) == n
    assert found[0] == MongoTrials(url).argmin


def test_experiments_are_apart(url):
    first, _ = searching(url, 2, loss, trials={"exp_key": "one"})
    second, _ = searching(url, 3, loss, trials={"exp_key": "two"})
    with worker(url, "--exp-key=one", "--reserve-timeout=60") as one:
        first.join(timeout=60)
        assert len(MongoTrials(url, exp_key="one")) == 2
        assert MongoTrials(url, exp_key="two").count_by_state_unsynced(2) == 0
        one.terminate()
    with worker(url, "--reserve-timeout=60") as any_experiment:
        second.join(timeout=60)
        any_experiment.terminate()
    assert [doc["exp_key"] for doc in MongoTrials(url, exp_key="two").trials] == ["two"] * 3


def test_a_killed_worker_costs_nothing(url, tmp_path):
    def slow(p, trial):
        (tmp_path / f"{trial.number}-{trial.attempt}").touch()
        time.sleep(60 if trial.number == 2 and trial.attempt == 1 else 0.02)
        return p["x"] ** 2

    thread, _ = searching(url, 8, slow)
    workers = [worker(url, "--reserve-timeout=60") for _ in range(2)]
    deadline = time.monotonic() + 60
    while not (tmp_path / "2-1").exists():
        assert time.monotonic() < deadline
    study = MongoTrials(url).study
    owner = int(study.trials[2].owner.split(" ")[1])
    next(each for each in workers if each.pid == owner).send_signal(signal.SIGKILL)
    thread.join(timeout=60)
    assert not thread.is_alive()
    study = MongoTrials(url).study
    assert study.ledger.counts[Status.DONE] == 8
    assert study.trials[2].attempt == 2
    for each in workers:
        each.terminate()
        each.wait(timeout=20)


def test_usr1_ends_after_the_current_job(url, tmp_path):
    def slow(p):
        (tmp_path / "started").touch()
        time.sleep(1.0)
        return 1.0

    thread, _ = searching(url, 3, slow)
    with worker(url, "--reserve-timeout=60") as one:
        deadline = time.monotonic() + 60
        while not (tmp_path / "started").exists():
            assert time.monotonic() < deadline
        one.send_signal(signal.SIGUSR1)
        assert one.wait(timeout=30) == 0
    assert MongoTrials(url).study.ledger.ended == 1
    with worker(url, "--reserve-timeout=60") as two:
        thread.join(timeout=60)
        two.terminate()


def test_failures_in_a_row_end_a_worker(url):
    def broken(p):
        raise RuntimeError("no data")

    thread, _ = searching(url, 3, broken, catch_eval_exceptions=True)
    assert worker(url, "--max-consecutive-failures=2", "--reserve-timeout=60").wait(timeout=60) == 1
    assert MongoTrials(url).study.ledger.counts[Status.FAILED] == 2
    with worker(url, "--reserve-timeout=60") as last:
        thread.join(timeout=60)
        last.terminate()
    assert MongoTrials(url).count_by_state_unsynced(3) == 3


def test_trials_run_in_folders_of_their_own(url, tmp_path):
    def writes(p):
        with open("here", "w") as file:
            file.write("x")
        return 0.5

    thread, _ = searching(url, 2, writes)
    with worker(url, f"--workdir={tmp_path}", "--reserve-timeout=60") as one:
        thread.join(timeout=60)
        one.terminate()
    assert sorted(path.parent.name for path in tmp_path.glob("*/here")) == ["0", "1"]


def old_document(tid, state, x, **more):
    vals = {"x": [x], "k": [0]}
    now = dt.datetime(2020, 5, 1, 12, 0, tid, tzinfo=dt.UTC).replace(tzinfo=None)
    result = {"status": "ok", "loss": x**2} if state == 2 else {"status": "new"}
    return {
        "_id": f"old-{tid}", "tid": tid, "spec": None, "exp_key": None, "owner": ["host:1"], "version": 0,
        "state": state, "book_time": now, "refresh_time": now, "result": result,
        "misc": {"tid": tid, "cmd": ["domain_attachment", "FMinIter_Domain"], "workdir": None,
                 "vals": vals, "idxs": {label: [tid] for label in vals}},
        **more,
    }  # fmt: skip


def test_an_old_collection_is_taken_in_once_and_left_as_it_is(url, mongodb_database):
    import gridfs
    import pymongo

    with pymongo.MongoClient(mongodb_database) as client:
        database = client.get_default_database()
        place = gridfs.GridFS(database).put(b"weights", filename="old")
        old = [
            old_document(0, 2, 2.0, _attachments=[["model", place]]),
            old_document(1, 3, 1.0, error=["<class 'ValueError'>", "bad"]),
            old_document(2, 1, 0.5),
        ]
        database["jobs"].insert_many(old)
        before = list(database["jobs"].find())
        thread, _ = searching(url, 6, lambda p: p["x"] ** 2)
        with worker(url, "--reserve-timeout=60") as one:
            thread.join(timeout=60)
            one.terminate()
        assert list(database["jobs"].find()) == before
    trials = MongoTrials(url)
    study = trials.study
    assert study.trials[0].losses == [4.0]
    assert study.trials[1].status is Status.FAILED
    assert study.trials[2].point["x"] == 0.5
    assert len(study.trials) == 6
    assert trials.attachments["ATTACH::0::model"] == b"weights"
    trials.bind(SPACE)
    assert len(trials.study.trials) == 6


def test_mongotrials_can_be_pickled_and_keep_no_password(url):
    trials = MongoTrials(url, exp_key="e")
    again = pickle.loads(pickle.dumps(trials))
    assert (again._exp_key, again._study_name) == ("e", "jobs/e")
    secret = MongoTrials("mongo://me:geheim@127.0.0.1:1/db/jobs")
    assert b"geheim" not in pickle.dumps(secret)


def test_urls_are_read_as_hyperopt_reads_them(tmp_path):
    assert as_mongo_str("localhost:1234/db/jobs") == "mongo://localhost:1234/db/jobs"
    assert parse_url("mongo://me:pw@h:1/db/jobs?authSource=admin") == (
        "mongodb://me:pw@h:1/db?authSource=admin",
        "jobs",
    )
    (tmp_path / "password").write_text("geheim\n")
    assert parse_url("mongo://me@h/db/jobs", str(tmp_path / "password"))[0] == "mongodb://me:geheim@h/db"
    with pytest.raises(errors.InvalidArgument, match="mongo://host:port/database/collection"):
        parse_url("mongo://localhost/db")


def test_a_worker_with_nothing_to_do_gives_up(url, capsys):
    flag = url.removeprefix("mongo://").removesuffix("/jobs")
    assert main_worker([f"--mongo={flag}", "--reserve-timeout=0.2", "--poll-interval=0.1"]) == 0
    assert "no job for 0.2 s" in capsys.readouterr().err
