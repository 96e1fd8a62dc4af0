"""Ray, Spark and MPI keep the contract. Each needs its engine, so a marker of its own picks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from parzen.executors.base import Task
from parzen.testing import ExecutorContract
from parzen.testing.evaluations import NO_LIMITS, PATIENCE, double, nothing

QUIET = pytest.mark.filterwarnings(  # of the engines' own
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def running_ray():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def spark_session():
    """The session that parzen starts itself."""
    from parzen.executors.spark import SparkExecutor

    first = SparkExecutor(2)
    yield first._session
    first.shutdown()


@pytest.mark.ray
@QUIET
def test_a_ray_that_was_started_here_is_stopped():
    import ray

    from parzen.executors.ray import RayExecutor

    executor = RayExecutor(2)
    executor.start(double, nothing, NO_LIMITS)
    executor.submit(Task(4))
    ((_, outcome),) = executor.wait(PATIENCE)
    executor.shutdown()
    assert outcome.losses == [8.0]
    assert not ray.is_initialized()


@pytest.mark.ray
@QUIET
@pytest.mark.usefixtures("running_ray")
class TestRay(ExecutorContract):
    """One Ray for all; `make` finds it started and leaves it running."""

    processes = True
    many = 10

    def make(self):
        from parzen.executors.ray import RayExecutor

        return RayExecutor(2, num_cpus=1)

    def test_slots_are_what_the_cluster_has_room_for(self):
        from parzen.executors.ray import RayExecutor

        assert RayExecutor().slots == 2
        assert RayExecutor(num_cpus=2).slots == 1


@pytest.mark.spark
@QUIET
class TestSpark(ExecutorContract):
    """One session for all."""

    processes = True
    many = 6

    @pytest.fixture(autouse=True)
    def connect(self, spark_session):
        self.session = spark_session

    def make(self):
        from parzen.executors.spark import SparkExecutor

        return SparkExecutor(2, session=self.session)


_MPI = """
from mpi4py.futures import MPIPoolExecutor
from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.futures import Futures

factor = 3.0


def evaluate(task, channel):
    from mpi4py import MPI

    if task.number == 2:
        raise ValueError("two")
    return Outcome("done", [factor * task.number], result=MPI.COMM_WORLD.Get_rank())


if __name__ == "__main__":
    with MPIPoolExecutor() as pool:
        executor = Futures(pool)
        executor.start(evaluate, lambda task, what, values: None, TaskLimits())
        ended = {}
        for number in range(4):
            executor.submit(Task(number))
        while len(ended) < 4:
            ended.update((task.number, outcome) for task, outcome in executor.wait())
        executor.shutdown()
    ranks = {outcome.result for outcome in ended.values() if outcome.status == "done"}
    print(executor.slots, [ended[n].losses for n in range(4)], ended[2].error["message"], ranks <= {1, 2})
"""


@pytest.mark.mpi
def test_mpi_s_pool_runs_trials(tmp_path):
    script = tmp_path / "search.py"
    script.write_text(_MPI, encoding="utf-8")
    root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    mpiexec = shutil.which("mpiexec")
    assert mpiexec is not None, "mpiexec is needed: apt-get install openmpi-bin libopenmpi-dev"
    ended = subprocess.run(
        [mpiexec, "--oversubscribe", "-n", "3", sys.executable, "-m", "mpi4py.futures", str(script)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, **root},
    )
    assert ended.stdout.splitlines() == ["2 [[0.0], [3.0], [], [9.0]] two True"], ended.stderr
