"""Child processes keep the contract, have their own threads and cards, and end when they must."""

from __future__ import annotations

import os
import sys

import pytest

from parzen.errors import InvalidArgument, WorkerLost
from parzen.executors import processes
from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.processes import THREADS, Processes, cores
from parzen.testing import ExecutorContract
from parzen.testing.evaluations import PATIENCE, double, nothing


class TestProcesses(ExecutorContract):
    source = "from parzen.executors.processes import Processes\nexecutor = Processes(2)"
    processes = True
    keeps = frozenset({"seconds", "memory"})

    def make(self):
        return Processes(2)


class TestFreshProcesses(ExecutorContract):
    source = "from parzen.executors.processes import Processes\nexecutor = Processes(2, reuse=False)"
    processes = True
    keeps = frozenset({"seconds", "memory"})
    many = 5

    def make(self):
        return Processes(2, reuse=False)


def run(evaluate, count=1, **settings):
    """The outcomes of `count` tasks, in order of number."""
    executor = Processes(settings.pop("workers", 2), **settings)
    try:
        executor.start(evaluate, nothing, TaskLimits())
        for number in range(count):
            executor.submit(Task(number))
        ended = []
        while len(ended) < count:
            found = executor.wait(PATIENCE)
            assert found != []
            ended += found
        return [outcome for _, outcome in sorted(ended, key=lambda pair: pair[0].number)]
    finally:
        executor.shutdown()


def variables(*names):
    def evaluate(task, channel):
        return Outcome("done", [0.0], result=[os.environ.get(name) for name in names])

    return evaluate


def test_a_child_runs_many_tasks_or_one():
    def evaluate(task, channel):
        return Outcome("done", [0.0], result=os.getpid())

    assert len({outcome.result for outcome in run(evaluate, 4, workers=1)}) == 1
    assert len({outcome.result for outcome in run(evaluate, 4, workers=1, reuse=False)}) == 4


def test_objectives_run_in_the_main_thread_of_a_process_without_a_terminal():
    def evaluate(task, channel):
        import threading

        main = threading.current_thread() is threading.main_thread()
        return Outcome("done", [0.0], result=[main, sys.stdin.read(), os.getsid(0) == os.getpid()])

    assert run(evaluate)[0].result == [True, "", True]


def test_a_child_has_the_search_s_path_folder_and_arguments(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("value = 42\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def evaluate(task, channel):
        import only_here

        return Outcome("done", [float(only_here.value)], result=[os.getcwd(), sys.argv, sys.path])

    (outcome,) = run(evaluate)
    assert outcome.losses == [42.0]
    assert outcome.result == [str(tmp_path), sys.argv, sys.path]


def test_numerical_threads_are_the_cores_divided_by_the_workers(monkeypatch):
    for name in THREADS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(processes, "cores", lambda: 8)
    assert run(variables(*THREADS), workers=3)[0].result == ["2"] * len(THREADS)
    assert run(variables(*THREADS), workers=16)[0].result == ["1"] * len(THREADS)
    assert run(variables(*THREADS), threads=5)[0].result == ["5"] * len(THREADS)


def test_what_the_user_set_of_threads_stays(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert run(variables("OMP_NUM_THREADS"))[0].result == ["7"]


def test_each_worker_sees_its_own_card(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert Processes(gpus=3).slots == 3
    for gpus, seen in ((2, {"0", "1"}), ([5, 3], {"5", "3"}), (["a", "a"], {"a"})):
        outcomes = run(variables("CUDA_VISIBLE_DEVICES"), 2, workers=None, gpus=gpus, reuse=False)
        assert {outcome.result[0] for outcome in outcomes} <= seen
    executor = Processes(gpus=[7, 9])
    executor.start(variables("CUDA_VISIBLE_DEVICES"), nothing, TaskLimits())
    for number in range(2):  # both at once, so each has its own
        executor.submit(Task(number))
    ended = []
    while len(ended) < 2:
        ended += executor.wait(PATIENCE)
    executor.shutdown()
    assert {outcome.result[0] for _, outcome in ended} == {"7", "9"}


def test_cards_are_taken_from_those_that_can_be_seen(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6,7")
    executor = Processes(gpus=2)
    assert executor.slots == 2
    assert run(variables("CUDA_VISIBLE_DEVICES"), workers=1, gpus=2)[0].result == ["4"]
    with pytest.raises(InvalidArgument, match="lets only 3 be seen"):
        Processes(gpus=4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"workers": 0}, "workers must be at least 1"),
        ({"workers": 2, "threads": 0}, "threads must be at least 1"),
        ({"workers": 3, "gpus": [0, 1]}, "3 workers need 3 graphics cards"),
        ({"gpus": []}, "at least one graphics card"),
        ({"gpus": 0}, "at least one graphics card"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, sentence, monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with pytest.raises(InvalidArgument, match=sentence):
        Processes(**arguments)


def test_there_is_at_least_one_core():
    assert 1 <= cores() <= (os.cpu_count() or 1)


def test_prints_come_through_in_whole_lines(capfd):
    """File descriptors and not only `sys.stdout`, so C and other programs print too."""

    def evaluate(task, channel):
        for piece in ("a" * 50, "b" * 50, "\n") * 100:
            os.write(1, piece.encode())
        print("to the other", file=sys.stderr)
        print("without an end", end="")
        return Outcome("done", [0.0])

    run(evaluate, 4)
    printed = capfd.readouterr()
    lines = printed.out.splitlines()
    assert lines.count("a" * 50 + "b" * 50) == 400
    assert lines.count("without an end") == 4
    assert len(lines) == 404
    assert printed.err.splitlines() == ["to the other"] * 4


def test_a_failed_trial_keeps_the_end_of_what_it_printed(capfd):
    def evaluate(task, channel):
        print("x" * 20_000)
        print(f"last words of {task.number}")
        if task.number == 2:
            os._exit(3)
        if task.number == 1:
            raise ValueError("no")
        return Outcome("done", [0.0])

    fine, failed, lost = run(evaluate, 3, workers=1)
    assert fine.error is None
    assert failed.error["log"].endswith("x\nlast words of 1\n")
    assert len(failed.error["log"]) == 8192
    assert lost.error["log"].endswith("x\nlast words of 2\n")


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("os._exit(7)", "ended with exit code 7"),
        ("os.kill(os.getpid(), 9)", "died with signal SIGKILL"),
        ("ctypes.string_at(0)", "died with signal SIGSEGV"),
        ("os.closerange(3, 100)", "to the search"),
    ],
)
def test_a_lost_trial_says_how_its_process_ended(end, how, capfd):
    def evaluate(task, channel):
        if task.number == 0:
            exec(f"import os, ctypes; {end}")
        return Outcome("done", [0.0])

    lost, fine = run(evaluate, 2, workers=1)
    assert (lost.status, fine.status) == ("lost", "done")
    assert lost.error["message"].startswith("the process of trial 0 ")
    assert how in lost.error["message"] or end.startswith("os.close")
    assert isinstance(lost.exception, WorkerLost)
    if "SEGV" in how:
        assert "Fatal Python error: Segmentation fault" in lost.error["log"]


def test_a_process_that_dies_is_noticed_while_its_own_child_lives():
    """A forked process holds the line open, so the line's end alone would never come."""

    def evaluate(task, channel):
        if os.fork() == 0:
            import time

            time.sleep(3600)
        os._exit(5)

    (outcome,) = run(evaluate)
    assert outcome.status == "lost"
    assert outcome.error["message"] == "the process of trial 0 ended with exit code 5"


def test_a_forked_copy_that_comes_back_is_not_heard():
    def evaluate(task, channel):
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
        return Outcome("done", [float(bool(pid))])

    assert [outcome.losses for outcome in run(evaluate, 3, workers=1)] == [[1.0]] * 3


def test_an_objective_that_cannot_be_pickled_is_refused_at_the_start():
    import threading

    lock = threading.Lock()

    def evaluate(task, channel):
        return Outcome("done", [float(lock.locked())])

    executor = Processes(2)
    with pytest.raises(InvalidArgument, match="cannot be sent to another process") as caught:
        executor.start(evaluate, nothing, TaskLimits())
    assert 'executor="threads"' in caught.value.hint
    executor.shutdown()


class Unloadable:
    def __reduce__(self):
        return exec, ("raise ImportError('no module of that name')",)


def test_an_objective_that_cannot_be_loaded_ends_the_search_in_a_sentence(capfd):
    broken = Unloadable()

    def evaluate(task, channel):
        return broken

    with pytest.raises(InvalidArgument, match="cannot be loaded in another process: ImportError: no module"):
        run(evaluate)


def test_an_answer_that_cannot_be_pickled_is_told_as_text():
    class Odd(Exception):
        def __reduce__(self):
            raise TypeError("never")

    def serve(task, what, values):
        raise Odd("said")

    def evaluate(task, channel):
        try:
            channel.call("report", 1.0, 2.0)
        except RuntimeError as error:
            return Outcome("done", [0.0], result=str(error))

    executor = Processes(1)
    executor.start(evaluate, serve, TaskLimits())
    executor.submit(Task(0))
    ((_, outcome),) = executor.wait(PATIENCE)
    executor.shutdown()
    assert outcome.result == "Odd: said"


def test_threads_of_an_objective_share_its_line():
    heard = []

    def serve(task, what, values):
        heard.append(values[0])
        return values[0] + 0.5

    def evaluate(task, channel):
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda k: channel.call("report", k, 0), range(100)))
        return Outcome("done", [0.0], result=answers)

    executor = Processes(1)
    executor.start(evaluate, serve, TaskLimits())
    executor.submit(Task(0))
    ((_, outcome),) = executor.wait(PATIENCE)
    executor.shutdown()
    assert outcome.result == [k + 0.5 for k in range(100)]
    assert sorted(heard) == list(range(100))


def test_a_large_objective_and_large_results_pass():
    data = bytes(30_000_000)

    def evaluate(task, channel):
        return Outcome("done", [float(len(data))], result=b"x" * 20_000_000)

    for outcome in run(evaluate, 3):
        assert (outcome.losses, len(outcome.result)) == ([30e6], 20_000_000)


def test_an_async_def_objective_runs_here_too():
    async def evaluate(task, channel):
        import asyncio

        await asyncio.sleep(0)
        return Outcome("done", [4.0])

    assert run(evaluate)[0].losses == [4.0]


def test_exit_handlers_of_fresh_processes_run(tmp_path):
    folder = str(tmp_path)

    def evaluate(task, channel):
        import atexit
        import pathlib

        atexit.register(pathlib.Path(folder, str(task.number)).touch)
        return Outcome("done", [0.0])

    run(evaluate, 3, reuse=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "2"]


def test_fifty_tasks_leave_no_descriptor():
    def open_ones():
        return len(os.listdir("/proc/self/fd"))

    run(double)
    before = open_ones()
    run(double, 50)
    run(double, 4, reuse=False)
    assert open_ones() == before
