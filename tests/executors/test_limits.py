"""A trial that breaks a limit is ended with all processes that it started, and the search goes on.

The objectives here do what a time-out in Python, a signal or a kill of one
process cannot end: they never come back to the interpreter, or they are many.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time

import pytest

from parzen.byvalue import carry
from parzen.errors import InvalidArgument, TrialMemory, TrialTimeout
from parzen.executors import tree
from parzen.executors.base import Outcome, Task, TaskLimits
from parzen.executors.processes import Processes
from parzen.testing.evaluations import PATIENCE, double, nothing, wait_until

pytestmark = pytest.mark.skipif(not tree.HAS_PROC, reason="#1: other systems have no /proc to count in")

carry(sys.modules[__name__])  # a child that has its objective so need not import pytest

LATE = 5.0  # seconds past its limit that an idle machine needs 0.1 of; loaded ones need more


def spin():
    while True:
        pass


def sleep_in_c():
    import ctypes

    ctypes.PyDLL(None).sleep(3600)  # PyDLL keeps the interpreter's lock: no Python thread runs


def ignore_signals():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(3600)


def fork():
    """Children, one in a session of its own, one detached from its parent, one that lost its environment."""
    for kind in range(4):
        if os.fork() == 0:
            if kind == 1:
                os.setsid()
            if kind == 2:
                os.setsid()
                if os.fork():
                    os._exit(0)
            if kind == 3:
                os.execve("/bin/sleep", ["sleep", "3600"], {})
            time.sleep(3600)
    time.sleep(3600)


def fork_for_ever():
    """Each copy lives for a moment only, in a session of its own: it is gone when a signal comes."""
    if os.fork():
        time.sleep(3600)
    while True:
        if os.fork():
            time.sleep(0.02)
            os._exit(0)
        os.setsid()


def start_programs():
    subprocess.run("sleep 3600 & (setsid sleep 3600 &) ; sleep 3600", shell=True, check=False)


def eat():
    held = []
    while True:
        held.append(bytearray(b"x" * 10_000_000))
        time.sleep(0.005)


def eat_in_children():
    for _ in range(4):
        if os.fork() == 0:
            held = bytearray(b"x" * 60_000_000)
            time.sleep(3600)
            del held
    time.sleep(3600)


def living(token):
    return tree.Snapshot().below(token)


def end_of(nasty, limits, reuse=True):
    """Run one nasty trial among good ones; its outcome, and seconds from its limit to its end."""

    def evaluate(task, channel):
        if task.number == 1:
            channel.call("report", time.monotonic(), 0)
            nasty()
        return double(task, channel)

    begun = []
    executor = Processes(2, reuse=reuse)
    executor.start(evaluate, lambda task, what, values: begun.append(values[0]), limits)
    token = executor._seed.token
    ended = {}
    try:
        for number in range(4):
            executor.submit(Task(number))
        while 1 not in ended:
            ended.update((task.number, outcome) for task, outcome in executor.wait(PATIENCE))
        late = time.monotonic() - begun[0] - (limits.seconds or 0.0)
        others = set().union(*(tree.Snapshot().below(f"{token}/{n}") for n in range(1, 9))) - {
            worker.pid for worker in (*executor._busy.values(), *executor._idle.values())
        }
        assert others == set()
        while len(ended) < 4:
            ended.update((task.number, outcome) for task, outcome in executor.wait(PATIENCE))
        assert [ended[number].status for number in (0, 2, 3)] == ["done"] * 3
    finally:
        executor.shutdown()
    assert living(token) == set()
    return ended[1], late


@pytest.mark.parametrize("nasty", [spin, sleep_in_c, ignore_signals, fork, fork_for_ever, start_programs])
def test_a_trial_that_takes_too_long_is_ended(nasty):
    outcome, late = end_of(nasty, TaskLimits(seconds=0.3), reuse=nasty is not fork)
    assert outcome.status == "failed"
    assert isinstance(outcome.exception, TrialTimeout)
    assert outcome.error["message"] == "trial 1 ran longer than 0.3 s and was ended"
    assert 0 <= late < LATE


@pytest.mark.parametrize("nasty", [eat, eat_in_children])
def test_a_trial_that_takes_too_much_memory_is_ended(nasty):
    outcome, late = end_of(nasty, TaskLimits(memory=200_000_000))
    assert outcome.status == "failed"
    assert isinstance(outcome.exception, TrialMemory)
    assert "MB of memory, more than its 200 MB, and was ended" in outcome.error["message"]
    assert late < LATE + PATIENCE


def test_memory_that_processes_share_counts_once():
    """Four copies of a process that holds 100 MB hold 100 MB, not 500."""

    def evaluate(task, channel):
        held = bytearray(b"x" * 100_000_000)
        pids = []
        for _ in range(4):
            pid = os.fork()
            if pid == 0:
                time.sleep(0.5)
                os._exit(len(held) % 2)
            pids.append(pid)
        for pid in pids:
            os.waitpid(pid, 0)
        return Outcome("done", [0.0])

    executor = Processes(1)
    executor.start(evaluate, nothing, TaskLimits(memory=450_000_000))
    executor.submit(Task(0))
    ((_, outcome),) = executor.wait(PATIENCE)
    executor.shutdown()
    assert outcome.status == "done"


def test_the_time_that_a_child_needs_to_start_is_not_the_trial_s():
    """Its limit may be shorter than the interpreter takes to load the objective."""

    class Slow:
        def __reduce__(self):
            return exec, ("import time; time.sleep(0.6)",)

    slow = Slow()

    def evaluate(task, channel):
        return Outcome("done", [float(slow is None)])

    executor = Processes(1)
    executor.start(evaluate, nothing, TaskLimits(seconds=0.5))
    executor.submit(Task(0))
    ((_, outcome),) = executor.wait(PATIENCE)
    executor.shutdown()
    assert outcome.losses == [1.0]


def test_a_limit_of_memory_needs_a_system_that_tells(monkeypatch):
    monkeypatch.setattr(tree, "HAS_PROC", False)
    with pytest.raises(InvalidArgument, match="needs Linux"):
        Processes(1).start(double, nothing, TaskLimits(memory=1))


@pytest.mark.parametrize("nasty", [sleep_in_c, fork, fork_for_ever])
def test_shutdown_ends_what_runs(nasty):
    begun = []

    def evaluate(task, channel):
        channel.call("report", 0, 0)
        nasty()

    executor = Processes(2)
    executor.start(evaluate, lambda task, what, values: begun.append(task.number), TaskLimits())
    token = executor._seed.token
    for number in range(2):
        executor.submit(Task(number))
    while len(begun) < 2:
        executor.wait(0.01)
    executor.shutdown()
    assert living(token) == set()


def test_without_proc_a_process_group_is_ended(monkeypatch):
    monkeypatch.setattr(tree, "HAS_PROC", False)
    executor = Processes(1)
    executor.start(
        lambda task, channel: spin() if task.number else double(task, channel), nothing, TaskLimits(0.2)
    )
    for number in range(3):
        executor.submit(Task(number))
    ended = {}
    while len(ended) < 2:
        ended.update((task.number, outcome) for task, outcome in executor.wait(PATIENCE))
    executor.shutdown()
    assert isinstance(ended[1].exception, TrialTimeout)


_SEARCH = """
import os, sys, time
from parzen.executors.base import Task, TaskLimits
from parzen.executors.processes import Processes

def evaluate(task, channel):
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            time.sleep(3600)
    channel.call("report", 0, 0)
    if task.number == 1:
        import ctypes
        ctypes.PyDLL(None).sleep(3600)
    time.sleep(3600)

begun = []
executor = Processes(2)
executor.start(evaluate, lambda task, what, values: begun.append(task.number), TaskLimits())
for number in range(2):
    executor.submit(Task(number))
while len(begun) < 2:
    executor.wait(0.05)
print(executor._seed.token, flush=True)
if len(sys.argv) > 1 and os.fork() == 0:
    time.sleep(3600)  # a process of the user's that holds open whatever the search had open
executor.wait()
"""


@pytest.mark.parametrize("forks", [[], ["and forks"]])
def test_a_search_that_is_killed_leaves_no_process(tmp_path, forks):
    script = tmp_path / "search.py"
    script.write_text(_SEARCH, encoding="utf-8")
    search = subprocess.Popen(
        [sys.executable, str(script), *forks], stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        token = search.stdout.readline().decode().strip()
        assert len(living(token)) == 6
        search.send_signal(signal.SIGKILL)
        search.wait(PATIENCE)
        wait_until(lambda: not living(token), "the children are gone")
    finally:
        with contextlib.suppress(ProcessLookupError):  # killed before it forked
            os.killpg(search.pid, signal.SIGKILL)
        search.wait(PATIENCE)
        search.stdout.close()


def test_a_tree_is_what_is_below_its_token():
    """A longer number is another tree; one with more after a slash is a search inside a trial."""
    token = secrets.token_hex(4)
    inner = {name: {**os.environ, tree.VARIABLE: f"{token}{name}"} for name in ("/1", "/1/ab/3", "/12", "")}
    started = {name: subprocess.Popen(["sleep", "3600"], env=env) for name, env in inner.items()}
    pids = {name: process.pid for name, process in started.items()}
    try:
        wait_until(lambda: living(token) == set(pids.values()), "all have become other programs")
        assert living(f"{token}/1") == {pids["/1"], pids["/1/ab/3"]}
        assert tree.end(f"{token}/1")
        assert living(token) == {pids["/12"], pids[""]}
        assert tree.end(token)
    finally:
        for process in started.values():
            process.kill()
            process.wait()
    assert living(token) == set()
