"""A long study opens by its checkpoint, which is used only where it belongs to the log."""

from __future__ import annotations

import pytest

from parzen import Study, fmin, hp, rand
from parzen.errors import StorageError
from parzen.run import checkpoints
from parzen.storage.base import open_store
from parzen.testing import digest


@pytest.fixture(autouse=True)
def eager(monkeypatch):
    """A checkpoint after a hundred events."""
    monkeypatch.setattr(checkpoints, "LEAST", 100)


@pytest.fixture(params=["s.db", "s.jsonl"])
def where(request, tmp_path):
    return tmp_path / request.param


def search(where, n):
    return fmin(lambda x: x**2, hp.uniform("x", -1, 1), rand.suggest, n, trials=where, seed=0, verbose=False)


def kept(where):
    return checkpoints.load(open_store(where, read_only=True), "default", None)


def test_a_search_leaves_one_and_the_next_goes_on_from_it(where, monkeypatch):
    search(where, 40)
    head = kept(where).head
    assert head > 100
    read = []
    store = type(open_store(where))
    monkeypatch.setattr(
        store, "read", lambda self, *a, _read=store.read: read.append(a[1]) or _read(self, *a)
    )
    study = Study.load(where)
    assert min({*read} - {0, head - 1}) == head  # the first event and the last known one say whose it is
    assert len(study.trials) == 40


def test_a_search_with_checkpoints_is_the_search_without(where):
    for n in (40, 90, 130):
        best = search(where, n)
    assert digest(best.study) == digest(search(None, 130).study)
    assert checkpoints.verify(open_store(where, read_only=True), "default") == []


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x00", b"\xff" * 100])
def test_a_torn_one_is_as_good_as_none(where, data):
    search(where, 40)
    open_store(where).put("checkpoint/default", data)
    assert kept(where) is None
    assert len(Study.load(where).trials) == 40


def test_one_of_another_log_is_not_used(where, tmp_path):
    search(where, 40)
    other = tmp_path / f"other{where.suffix}"
    fmin(lambda x: x, hp.uniform("x", -1, 1), rand.suggest, 45, trials=other, seed=1, verbose=False)
    store = open_store(where)
    store.put("checkpoint/default", open_store(other).get("checkpoint/default"))
    assert kept(where) is None
    assert Study.load(where).best.losses == search(where, 40).trial.losses


def test_looking_writes_nothing(where):
    search(where, 20)
    before = kept(where)
    Study.load(where)
    assert (before is None) == (kept(where) is None)


def test_a_store_that_takes_none_does_no_harm(where, monkeypatch):
    def full(self, key, data):
        raise StorageError("the disk is full")

    monkeypatch.setattr(type(open_store(where)), "put", full)
    assert len(search(where, 40).study.trials) == 40
    assert kept(where) is None


def test_one_made_before_the_file_was_cut_is_not_used(tmp_path):
    """A restored copy has fewer events than the checkpoint knows, or others."""
    short, long = tmp_path / "short.db", tmp_path / "long.db"
    search(short, 10)
    search(long, 40)
    store = open_store(short)
    store.put("checkpoint/default", open_store(long).get("checkpoint/default"))
    assert kept(short) is None
    assert digest(search(short, 40).study) == digest(search(None, 40).study)


def test_options_in_another_order_keep_theirs(where):
    """The log, and so the checkpoint, counts options as the first call did."""

    def go(options, n):
        space = {"o": hp.choice("o", options), "x": hp.uniform("x", 0, 1)}
        told = lambda p: {"loss": p["x"], "option": p["o"]}  # noqa: E731
        return fmin(told, space, rand.suggest, n, trials=where, seed=0, verbose=False).study

    go(["a", "b", "c"], 30)
    study = go(["c", "a", "b"], 60)
    assert checkpoints.verify(study.store, "default") == []
    again = Study({"o": hp.choice("o", ["b", "c", "a"]), "x": hp.uniform("x", 0, 1)}, store=where)
    assert [t.params["o"] for t in again.trials] == [t.result["option"] for t in study.trials]


@pytest.mark.parametrize("lockstep", [1, 3])
def test_a_search_in_lockstep_goes_on_from_one(where, lockstep):
    def go(trials, n):
        return fmin(
            lambda x: x**2, hp.uniform("x", -1, 1), max_evals=n, trials=trials, seed=0,
            lockstep=lockstep, verbose=False,
        ).study  # fmt: skip

    go(where, 30)
    assert kept(where) is not None
    assert digest(go(where, 45)) == digest(go(where.with_stem("whole"), 45))
