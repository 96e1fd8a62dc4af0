"""Kill workers at random instants, and count what is lost.

    python -m benchmarks.chaos [--store sqlite|jsonl|postgresql|mongodb|both] [--kills N] [--seed 0] [--quick]

Three searches on each store, all bounded:

asynchronous    Four workers (`parzen worker`, `fmin`, `fmin` with two processes, and a `parzen worker` in a
                PID namespace of its own, where these can be made) run one study; `kill -9` hits workers,
                and the processes that they started, at uniformly random instants; some are stopped for a
                while, also for longer than a lease (two seconds here), and continued; each that dies is
                replaced. Trials report, fail, are pruned, lose their connection and run again. When a
                `tell` has returned, the worker writes a receipt.
serial          One worker, killed and started again and again.
lockstep        Three workers with `lockstep=3`, killed and started again and again.

At the end: no receipt without its outcome in the log; every number opened, suggested and ended once;
exactly N ended, none left running; a sample of points recomputed from the seed and the log up to their
`opened` events; a study that was read step by step equal to one that is read anew; no living owner robbed
by one of its own namespace, however long it was stopped; and for serial and lockstep the canonical history
of a search that nobody disturbed. Anything else is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from parzen import Study
from parzen.algorithms.base import Ask
from parzen.history import events as e
from parzen.history.history import ENDED, Status
from parzen.history.ledger import fold_all
from parzen.run import owner
from parzen.testing import canonical, digest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import servers  # the tests' own

OBJECTIVE = '''
import os, sys, time
from pathlib import Path
from parzen import Pruned, fmin, hp
from parzen.run import keeper, loop, study
from parzen.run.study import Study

study.LEASE = loop.LEASE = keeper.LEASE = 2.0

SPACE = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}
FOLDER = Path(__file__).parent


def loss(p, trial):
    """Some milliseconds long; what becomes of it depends on number and point alone."""
    running = FOLDER / "running" / f"{trial.number}-{os.environ['WORKER']}-{os.getpid()}"
    running.touch()
    pause = float(os.environ["PAUSE"]) * (1 + trial.number % 5)
    value = abs(p["x"] - 1) + (p["c"]["n"] / 9 if p["c"] else 0.5)
    for step in range(1, 4):
        time.sleep(pause / 3)
        trial.report(value + 1 / step, step)
        if trial.should_prune():
            running.unlink()
            raise Pruned
    running.unlink()
    if trial.number % 13 == 7 and not (FOLDER / "again" / str(trial.number)).exists():
        (FOLDER / "again" / str(trial.number)).touch()
        raise ConnectionError("scripted: the trial runs again")
    if trial.number % 11 == 5:
        raise RuntimeError("scripted failure")
    return value


tell = Study.tell


def tell_and_note(self, trial, outcome, attempt=None):
    """A receipt once the outcome is safe: what the user was told must never be lost."""
    counts = tell(self, trial, outcome, attempt)
    number = trial if isinstance(trial, int) else trial.number
    if counts:
        with open(FOLDER / "receipts" / os.environ["WORKER"], "a") as file:
            file.write(f"{number} {self.trials[number].status.name}\\n")
    return counts


Study.tell = tell_and_note

if __name__ == "__main__":
    url, n, workers, lockstep = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    more = {"lockstep": lockstep} if lockstep else {}
    fmin(loss, SPACE, max_evals=n, trials=url, seed=3, pruner="median", on_error="continue",
         verbose=False, workers=workers or None, **more)
'''


SEARCHES = [("asynchronous", 1.0), ("serial", 0.2), ("lockstep", 0.25)]  # with their shares of the kills
LEASE = 2.0  # seconds, as in the script
PER_KILL = {"asynchronous": 5, "serial": 4, "lockstep": 4}  # trials: the killing is over before they are
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]


class Arena:
    """One study on one store, and the workers that come and go."""

    def __init__(self, folder, url, kinds, trials, lockstep, rng, pause=0.12):
        self.folder, self.url, self.kinds, self.rng = folder, url, kinds, rng
        self.trials, self.lockstep, self.pause = trials, lockstep, pause
        for name in ("running", "receipts", "again"):
            (folder / name).mkdir(parents=True)
        (folder / "train.py").write_text(OBJECTIVE)
        self.workers = []
        self.killed = {}  # PID -> when
        self.stopped = []  # (when to continue, PID)
        self.kills = self.hits = self.stops = self.children = self.started = 0

    def start(self, kind):
        if kind in ("worker", "far"):
            command = [sys.executable, "-m", "parzen", "worker", self.url, "--quiet"]
            if kind == "far":
                command[:0] = NAMESPACE
        else:
            workers = {"fmin": "0", "pool": "2"}[kind]
            command = [sys.executable, "train.py", self.url, str(self.trials), workers, str(self.lockstep)]
        log = open(self.folder / "log", "ab")  # noqa: SIM115  # the process keeps it
        self.started += 1
        env = {**os.environ, "WORKER": str(self.started), "PAUSE": str(self.pause)}
        process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, env=env)
        log.close()
        process.kind, process.name = kind, str(self.started)
        self.workers.append(process)

    def create(self):
        """The study itself, by the script's own settings, before anybody is killed.

        It takes as long as a worker needs to start. Kills and trials keep pace with that, so that on a
        busy machine too some trials run in between.
        """
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "train.py", self.url, "1", "0", str(self.lockstep)],
            cwd=self.folder,
            check=True,
            env={**os.environ, "WORKER": "0", "PAUSE": "0"},
        )
        self.startup = time.monotonic() - begun
        self.pause *= max(1.0, self.startup)
        self.watched = Study.load(self.url)
        Study.load(self.url, read_only=False).configure(max_evals=self.trials)

    def victim(self):
        """A worker and, one time in three, a process that it started in place of its own; None if all ended.

        In lockstep it is always the worker: a trial whose process died three times is a failure, which
        the undisturbed search would not have. In another namespace too: its processes have other PIDs there.
        """
        alive = [process for process in self.workers if process.poll() is None]
        if not alive:
            return None
        process = self.rng.choice(alive)
        below = [] if self.lockstep or process.kind == "far" else children_of(process.pid)
        if below and self.rng.random() < 0.35:
            self.children += 1
            return process, self.rng.choice(below)
        return process, process.pid

    def busy(self, process, pid):
        """Whether a trial runs in a process or below it."""
        running = [path.name.split("-") for path in (self.folder / "running").iterdir()]
        if process.kind == "far":
            return any(worker == process.name for _, worker, _ in running)
        family = {str(pid), *map(str, children_of(pid))}
        return any(runs in family for *_, runs in running)

    def strike(self):
        """Kill somebody, or stop it for a while: one time in three for longer than a lease."""
        found = self.victim()
        if found is None:
            return
        process, pid = found
        with contextlib.suppress(ProcessLookupError):
            if self.rng.random() < 0.12:
                longest = 2 * LEASE if self.rng.random() < 0.34 else 0.6
                target = (children_of(pid) or [pid])[0] if process.kind == "far" else pid
                os.kill(target, signal.SIGSTOP)
                self.stops += 1
                self.stopped.append((time.monotonic() + self.rng.uniform(longest / 2, longest), target))
                return
            hit = self.busy(process, pid)
            self.killed[pid] = time.time()
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
            self.hits += hit

    def go_on(self, now):
        """Continue those that were stopped for long enough."""
        for until, pid in [each for each in self.stopped if each[0] <= now]:
            self.stopped.remove((until, pid))
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def replace(self):
        """Start one anew for each that was killed; one that ended by itself had nothing left to do."""
        for process in list(self.workers):
            if process.poll() is not None:
                self.workers.remove(process)
                if process.returncode < 0:
                    self.start(process.kind)
                elif process.returncode != 0:
                    raise SystemExit((self.folder / "log").read_text()[-4000:])

    def run(self, kills, limit):
        try:
            self.fight(kills, limit)
        finally:
            for process in self.workers:  # none are left, unless something is wrong
                process.kill()
                process.wait()

    def fight(self, kills, limit):
        self.create()
        for kind in self.kinds:
            self.start(kind)
        limit *= max(1.0, self.startup)
        deadline = time.monotonic() + limit
        while self.workers:
            if time.monotonic() > deadline:
                raise SystemExit(f"not over after {limit:.0f} s: {Study.load(self.url)}")
            time.sleep(self.rng.uniform(0.0, 4.0 * self.startup / len(self.kinds)))
            if self.kills < kills or (self.hits < 0.3 * kills and self.kills < 2 * kills):
                self.strike()
            self.go_on(time.monotonic())
            self.watched.refresh()
            self.replace()


def children_of(pid):
    found, level = [], [str(pid)]
    while level:
        below = []
        for parent in level:
            with contextlib.suppress(OSError):
                for task in Path(f"/proc/{parent}/task").iterdir():
                    below += (task / "children").read_text().split()
        found += map(int, below)
        level = below
    return found


def faults(arena):
    """What is wrong with the study at its end, in words."""
    study = Study.load(arena.url)
    log = study.events()
    found = []
    ended = [trial for trial in study.trials if trial.status in ENDED]
    if len(ended) != arena.trials or len(study.trials) != arena.trials:
        found.append(f"{len(ended)} ended and {len(study.trials)} opened of {arena.trials}")
    if study.ledger.claimed or study.ledger.waiting:
        found.append(f"left over: claimed {[*study.ledger.claimed]}, waiting {[*study.ledger.waiting]}")
    for kind in (e.Opened, e.Suggested):
        counts = Counter(event.number for event in log if isinstance(event, kind))
        found += [f"{kind.__name__.lower()} twice: {number}" for number, n in counts.items() if n > 1]
    receipts = [
        line.split()
        for path in (arena.folder / "receipts").iterdir()
        for line in path.read_text().splitlines()
        if len(line.split()) == 2
    ]
    for number, status in receipts:
        if study.trials[int(number)].status.name != status:
            found.append(
                f"trial {number}: {status} was told, {study.trials[int(number)].status.name} is kept"
            )
    twice = [n for n, count in Counter(number for number, _ in receipts).items() if count > 1]
    found += [f"trial {number} counted twice" for number in twice]
    arena.watched.refresh()
    if digest(arena.watched) != digest(study) or arena.watched.ledger.head != len(log):
        found.append("read step by step it is another study than read anew")
    found += robberies(arena, log)
    found += replay_faults(study, log)
    return found, len(receipts)


def robberies(arena, log):
    """Trials taken from an owner of this namespace that nobody had killed.

    A worker in another namespace has only the lease to go by, so it may take what was stopped for longer.
    """
    place = owner.identity().split(" ")[0]
    begun, found = {}, []
    for event in log:
        if isinstance(event, e.Claimed):
            begun[event.number, event.attempt] = event.at
        if isinstance(event, e.Released) and event.why.startswith(f"gone: {place} "):
            dead = arena.killed.get(int(event.why.split(" ")[2]), float("inf")) <= event.at
            leased = "far" not in arena.kinds or event.at - begun[event.number, event.attempt] <= LEASE
            if leased and not dead:
                found.append(f"trial {event.number} was taken from a living process")
    return found


def replay_faults(study, log):
    """Points that seed and log do not give again."""
    if study.lockstep is not None:
        return []  # its digest is compared
    wrong = []
    algorithm = study._used_algorithm()
    for trial in study.trials[:: max(1, len(study.trials) // 60)]:
        history = fold_all(log[: trial.opened_at], study.ledger.space).history()
        if dict(algorithm.suggest(history, Ask(trial.number, study.seed)).point) != trial.point:
            wrong.append(f"trial {trial.number} cannot be replayed")
    return wrong


def undisturbed(folder, trials, lockstep):
    """The canonical history of the same search in peace, in a file."""
    calm = Arena(folder, str(folder / "calm.db"), [], trials, lockstep, None)
    calm.create()
    subprocess.run(
        [sys.executable, "train.py", calm.url, str(trials), "0", str(lockstep)],
        cwd=folder,
        check=True,
        env={**os.environ, "PAUSE": "0", "WORKER": "0"},
    )
    return Study.load(calm.url)


def round_of(name, folder, url, kills, rng, quick):
    """One search under fire; prints its line, returns whether it was sound."""
    kinds = {
        "asynchronous": ["worker", "fmin", "pool", "far" if namespaces() else "worker"],
        "serial": ["fmin"],
        "lockstep": ["worker", "fmin", "worker"],
    }[name]
    lockstep = {"asynchronous": 0, "serial": 0, "lockstep": 3}[name]
    rest, pause = (6, 0.05) if quick else (20, 0.12)
    arena = Arena(folder, url, kinds, rest + PER_KILL[name] * kills, lockstep, rng, pause)
    begun = time.monotonic()
    arena.run(kills, limit=60 + 6 * kills)
    found, receipts = faults(arena)
    if name != "asynchronous":
        calm = undisturbed(folder / "calm", arena.trials, lockstep)
        if digest(calm) != digest(Study.load(arena.url)):
            pairs = zip(canonical(calm.trials), canonical(Study.load(arena.url).trials), strict=False)
            first = next((a["number"] for a, b in pairs if a != b), "the number of trials")
            found.append(f"another history than undisturbed, from {first} on")
    study = Study.load(arena.url)
    released = sum(isinstance(event, e.Released) for event in study.events())
    print(
        f"{name:<13}{arena.trials:>7}{arena.kills:>7}{arena.hits:>8}{arena.children:>10}{arena.stops:>8}"
        f"{released:>10}{study.ledger.counts[Status.PRUNED]:>8}{receipts:>10}"
        f"{time.monotonic() - begun:>8.0f} s   {'sound' if not found else '; '.join(found[:5])}",
        flush=True,
    )
    return not found


def namespaces():
    """Whether a PID namespace can be made here; leases are not tried without."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        tried = subprocess.run([*NAMESPACE, "true"], capture_output=True, timeout=30, check=False)
        return tried.returncode == 0
    return False


@contextlib.contextmanager
def place(store, folder):
    """URLs of empty stores of one kind."""
    if store in ("sqlite", "jsonl"):
        yield lambda name: str(folder / f"{name}.{'db' if store == 'sqlite' else 'jsonl'}")
        return
    with getattr(servers, store)() as server:
        yield lambda _: server.url


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    stores = ["sqlite", "jsonl", "postgresql", "mongodb", "both"]
    parser.add_argument(
        "--store", choices=stores, action="append", help="both, the default: the first and third"
    )
    parser.add_argument("--kills", type=int, default=100, help="in the asynchronous search (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a few kills on SQLite only")
    options = parser.parse_args()
    stores = options.store or (["sqlite"] if options.quick else ["both"])
    if "both" in stores:
        stores = ["sqlite", "postgresql"]
    kills = 6 if options.quick else options.kills
    sound = True
    for store in stores:
        rng = random.Random(f"{options.seed} {store}")
        print(f"\n{store}: killed while a trial ran under 'busy'; 'children' were processes of a worker")
        print("search         trials  kills    busy  children stopped  released  pruned  receipts    time")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            for search, share in SEARCHES[: 2 if options.quick else 3]:
                with place(store, folder) as url:
                    (folder / search).mkdir()
                    count = max(2, int(kills * share))
                    sound &= round_of(search, folder / search, url(search), count, rng, options.quick)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
