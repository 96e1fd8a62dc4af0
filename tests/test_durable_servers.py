"""A search on a server: the same as in a file, with workers that share nothing but the store."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from parzen import Pruned, Study, Trials, errors, fmin, hp, tpe
from parzen.history.events import to_json
from parzen.history.history import Status
from parzen.storage.base import open_store
from parzen.testing import digest

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", ["a", "b"])}


def loss(p):
    return (p["x"] - 1) ** 2 + (p["k"] == "b")


def curve(p, trial):
    for step in range(1, 6):
        trial.report(loss(p) + 1 / step, step)
        if trial.should_prune():
            raise Pruned
    return loss(p)


@pytest.fixture(params=["postgresql", "mongodb"])
def url(request):
    """An empty database of a real server."""
    return request.getfixturevalue(
        {"postgresql": "postgres_schema", "mongodb": "mongodb_database"}[request.param]
    )


def search(url, max_evals=12, fn=loss, **more):
    return fmin(
        fn,
        SPACE,
        max_evals=max_evals,
        trials=url,
        **{"algo": tpe.suggest, "seed": 3, "verbose": False, **more},
    )


def test_a_search_in_pieces_is_the_search_in_memory(url):
    for end in (3, 7, 12):
        pieces = search(url, end)
    assert digest(pieces.study) == digest(search(None).study)
    assert len(Trials(url)) == 12


def test_another_space_is_refused(url):
    search(url, 3)
    with pytest.raises(errors.SpaceChanged, match="uniform\\(-5, 5\\) is now uniform\\(0, 1\\)"):
        fmin(loss, {**SPACE, "x": hp.uniform("x", 0, 1)}, max_evals=5, trials=url, verbose=False)


def test_attachments_and_reports_come_back(url):
    def objective(p, trial):
        trial.report(1.5, 1)
        trial.attach("weights", b"\x00" * 1000)
        return loss(p)

    search(url, 2, objective)
    trials = Trials(url)
    assert trials.trial_attachments(trials.trials[1])["weights"] == b"\x00" * 1000
    assert trials.study.trials[1].reports == {1.0: 1.5}


def test_reports_reach_the_pruner_through_the_store_where_no_channel_leads_back(url):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        best = search(url, 20, curve, executor=pool, pruner="median")
    counts = best.study.ledger.counts
    assert counts[Status.PRUNED] > 0
    assert counts[Status.PRUNED] + counts[Status.DONE] == 20


def test_lockstep_is_the_same_search_on_every_store(url):
    one = search(None, 15, curve, lockstep=3, pruner="median")
    three = search(url, 15, curve, lockstep=3, pruner="median", workers=3)
    assert digest(one.study) == digest(three.study)


WORKER = """
import sys
from parzen import fmin, hp
SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", ["a", "b"])}
def loss(p):
    return (p["x"] - 1) ** 2 + (p["k"] == "b")
if __name__ == "__main__":
    fmin(loss, SPACE, max_evals=1, trials=sys.argv[1], seed=3, verbose=False)
"""


def test_workers_make_exactly_the_trials_that_are_wanted(url, tmp_path):
    (tmp_path / "train.py").write_text(WORKER)
    subprocess.run([sys.executable, "train.py", url], cwd=tmp_path, check=True, timeout=60)
    Study.load(url, read_only=False).configure(max_evals=30)
    command = [sys.executable, "-m", "parzen", "worker", url, "--quiet"]
    workers = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [worker.wait(timeout=100) for worker in workers] == [0, 0, 0]
    study = Study.load(url)
    assert (study.ledger.counts[Status.DONE], len(study.trials)) == (30, 30)


def test_no_credentials_are_kept(url):
    """A password in the URL is used and forgotten."""
    with_password = url.replace("postgres@", "postgres:geheim-42@")
    best = search(with_password, 3, lambda p: 2 * loss(p))  # has no name, so that a pickle is kept too
    log = json.dumps([to_json(event) for event in best.study.events()])
    assert "geheim-42" not in log
    assert "geheim-42" not in best.study.place
    assert b"geheim-42" not in open_store(url).get("objective/default")
