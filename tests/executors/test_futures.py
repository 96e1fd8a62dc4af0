"""Executors of `concurrent.futures`: the standard library's, loky's and Dask's keep the contract."""

from __future__ import annotations

import concurrent.futures as cf
import logging
import multiprocessing
import os

import dask
import pytest

from parzen.errors import InvalidArgument, WorkerLost
from parzen.executors.base import Outcome, Task
from parzen.executors.futures import Futures
from parzen.testing import ExecutorContract
from parzen.testing.evaluations import NO_LIMITS, PATIENCE, double, nothing

SPAWN = multiprocessing.get_context("spawn")


def spawning():
    return cf.ProcessPoolExecutor(2, mp_context=SPAWN)


class TestThreadPool(ExecutorContract):
    source = """
from concurrent.futures import ThreadPoolExecutor
from parzen.executors.futures import Futures
executor = Futures(lambda: ThreadPoolExecutor(2))
"""

    def make(self):
        return Futures(lambda: cf.ThreadPoolExecutor(2))


class TestProcessPool(ExecutorContract):
    processes = True
    many = 5

    def make(self):
        return Futures(spawning)


class TestLoky(ExecutorContract):
    processes = True
    many = 5

    def make(self):
        from loky import get_reusable_executor

        return Futures(lambda: get_reusable_executor(2))


@pytest.fixture(scope="module")
def dask_client():
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it is told of workers that die on purpose
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


class TestDask(ExecutorContract):
    """One cluster for all; a task whose worker dies is given up by Dask at once."""

    processes = True
    many = 10

    @pytest.fixture(autouse=True)
    def connect(self, dask_client):
        self.client = dask_client

    def make(self):
        return Futures(self.client.get_executor())


def collect(executor, tasks):
    for task in tasks:
        executor.submit(task)
    ended = {}
    while len(ended) < len(tasks):
        found = executor.wait(PATIENCE)
        assert found != []
        ended.update((task.number, outcome) for task, outcome in found)
    return ended


def test_an_executor_that_was_given_is_the_user_s_to_shut_down():
    with cf.ThreadPoolExecutor(1) as pool:
        executor = Futures(pool)
        executor.start(double, nothing, NO_LIMITS)
        assert collect(executor, [Task(3)])[3].losses == [6.0]
        executor.shutdown()
        assert pool.submit(abs, -1).result() == 1


def test_a_broken_executor_that_was_given_ends_the_search_in_a_sentence():
    with spawning() as pool:
        executor = Futures(pool)
        executor.start(lambda task, channel: os._exit(1), nothing, NO_LIMITS)
        assert collect(executor, [Task(0)])[0].status == "lost"
        with pytest.raises(WorkerLost, match="the executor given is broken") as caught:
            executor.submit(Task(0, 2))
        assert "give a function that makes it" in caught.value.hint
        executor.shutdown()


def test_slots_are_the_executor_s_workers_unless_said():
    with cf.ThreadPoolExecutor(3) as pool:
        assert Futures(pool).slots == 3
        assert Futures(pool, 2).slots == 2


class Taciturn(cf.Executor):
    def submit(self, fn, /, *args, **kwargs):
        future = cf.Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_an_executor_that_does_not_tell_its_workers_needs_the_number():
    with pytest.raises(InvalidArgument, match="Taciturn does not say how many workers") as caught:
        Futures(Taciturn())
    assert "workers=4" in caught.value.hint
    executor = Futures(Taciturn(), 2)
    executor.start(double, nothing, NO_LIMITS)
    assert collect(executor, [Task(1), Task(2)])[2].losses == [4.0]
    executor.shutdown()


@pytest.mark.parametrize("given", [3, "loky", lambda: 3])
def test_what_is_no_executor_is_refused(given):
    with pytest.raises(InvalidArgument, match=r"a concurrent\.futures\.Executor"):
        Futures(given, 2)


def fail():
    raise RuntimeError("no thread today")


def test_a_pool_of_threads_that_cannot_start_loses_its_tasks(caplog):
    with cf.ThreadPoolExecutor(1, initializer=fail) as pool:
        executor = Futures(pool)
        executor.start(lambda task, channel: Outcome("done", [0.0]), nothing, NO_LIMITS)
        assert collect(executor, [Task(1)])[1].status == "lost"
        executor.shutdown()
