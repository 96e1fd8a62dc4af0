"""A long study opens by its checkpoint, which is used only where it belongs to the log."""

from __future__ import annotations

import pytest

from parzen import Study, fmin, hp, rand
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
