"""The store in memory keeps the contract, and the very objects it was given."""

from __future__ import annotations

import pytest

from parzen.errors import InvalidArgument
from parzen.history.events import Finished
from parzen.storage.base import open_store
from parzen.storage.memory import MemoryStore
from parzen.testing import StoreContract


class TestMemoryStore(StoreContract):
    def open(self, folder):
        return MemoryStore()


def test_results_are_the_objects_that_were_told():
    store, result = MemoryStore(), {"model": object()}
    store.append("s", [Finished(0.0, 0, 1, "done", [1.0], result=result)])
    assert store.read("s", 0)[0].result is result


def test_memory_urls_open_a_new_store_each_time():
    first, second = open_store("memory://"), open_store("memory://")
    first.put("a", b"1")
    assert isinstance(second, MemoryStore)
    with pytest.raises(KeyError):
        second.get("a")


@pytest.mark.parametrize("url", ["", "memory", "nosuch://x", "://"])
def test_an_unknown_url_is_refused(url):
    with pytest.raises(InvalidArgument, match="memory://"):
        open_store(url)


def test_a_misspelt_scheme_is_recognised():
    with pytest.raises(InvalidArgument, match="Did you mean 'memory'"):
        open_store("memry://")
