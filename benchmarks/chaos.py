"""Kill workers at random instants, and count what is lost.

    python -m benchmarks.chaos [--store sqlite|jsonl|postgresql|mongodb] [--kills 100] [--seed 0] [--quick]

Three searches on each store, all bounded:

asynchronous    Four workers of three kinds (`parzen worker`, `fmin`, `fmin` with two processes) run one
                study; `kill -9` hits workers, and the processes that they started, at uniformly random
                instants; some are stopped for a while and continued; each that dies is replaced. Trials
                report, fail, are pruned. When a `tell` has returned, the worker writes a receipt.
serial          One worker, killed and started again and again.
lockstep        Three workers with `lockstep=3`, killed and started again and again.

At the end: no receipt without its outcome in the log; every number opened, suggested and ended once;
exactly N ended, none left running; every point recomputed from the seed and the log up to its `opened`
event; and for serial and lockstep the canonical history of a search that nobody disturbed. Anything
else is printed, and the exit code is 1.
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
from parzen.testing import canonical, digest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import servers  # the tests' own

OBJECTIVE = '''
import os, sys, time
from pathlib import Path
from parzen import Pruned, fmin, hp
from parzen.run.study import Study

SPACE = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}
FOLDER = Path(__file__).parent


def loss(p, trial):
    """Some milliseconds long; what becomes of it depends on number and point alone."""
    running = FOLDER / "running" / f"{trial.number}-{trial.attempt}-{os.getpid()}"
    running.touch()
    pause = float(os.environ.get("PAUSE", "0.12")) * (1 + trial.number % 5)
    value = abs(p["x"] - 1) + (p["c"]["n"] / 9 if p["c"] else 0.5)
    for step in range(1, 4):
        time.sleep(pause / 3)
        trial.report(value + 1 / step, step)
        if trial.should_prune():
            running.unlink()
            raise Pruned
    running.unlink()
    if trial.number % 11 == 5:
        raise RuntimeError("scripted failure")
    return value


tell = Study.tell


def tell_and_note(self, trial, outcome, attempt=None):
    """A receipt once the outcome is safe: what the user was told must never be lost."""
    counts = tell(self, trial, outcome, attempt)
    number = trial if isinstance(trial, int) else trial.number
    if counts:
        with open(FOLDER / "receipts" / f"{os.getpid()}", "a") as file:
            file.write(f"{number} {self.trials[number].status.name}\\n")
    return counts


Study.tell = tell_and_note

if __name__ == "__main__":
    url, n, workers, lockstep = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    more = {"lockstep": lockstep} if lockstep else {}
    fmin(loss, SPACE, max_evals=n, trials=url, seed=3, pruner="median", on_error="continue",
         verbose=False, workers=workers or None, **more)
'''


PER_KILL = {
    "asynchronous": 5,
    "serial": 4,
    "lockstep": 4,
}  # trials, so that the killing is over before they are


class Arena:
    """One study on one store, and the workers that come and go."""

    def __init__(self, folder, url, kinds, trials, lockstep, rng):
        self.folder, self.url, self.kinds, self.rng = folder, url, kinds, rng
        self.trials, self.lockstep = trials, lockstep
        for name in ("running", "receipts"):
            (folder / name).mkdir(parents=True)
        (folder / "train.py").write_text(OBJECTIVE)
        self.workers = []
        self.kills = self.hits = self.stops = self.children = 0

    def start(self, kind):
        if kind == "worker":
            command = [sys.executable, "-m", "parzen", "worker", self.url, "--quiet"]
        else:
            workers = {"fmin": "0", "pool": "2"}[kind]
            command = [sys.executable, "train.py", self.url, str(self.trials), workers, str(self.lockstep)]
        log = open(self.folder / "log", "ab")  # noqa: SIM115  # the process keeps it
        process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        log.close()
        process.kind = kind
        self.workers.append(process)

    def create(self):
        """The study itself, by the script's own settings, before anybody is killed."""
        subprocess.run(
            [sys.executable, "train.py", self.url, "1", "0", str(self.lockstep)],
            cwd=self.folder,
            check=True,
        )
        Study.load(self.url, read_only=False).configure(max_evals=self.trials)

    def victim(self):
        """A worker or, one time in three, a process that it started; None where there is none."""
        alive = [process for process in self.workers if process.poll() is None]
        if not alive:
            return None
        process = self.rng.choice(alive)
        # A trial whose process died three times is a failure, which the undisturbed search would not have.
        below = [] if self.lockstep else children_of(process.pid)
        if below and self.rng.random() < 0.35:
            self.children += 1
            return self.rng.choice(below)
        return process.pid

    def strike(self):
        pid = self.victim()
        if pid is None:
            return
        busy = [path.name.rsplit("-", 1)[1] for path in (self.folder / "running").iterdir()]
        family = {str(pid), *map(str, children_of(pid))}
        if self.rng.random() < 0.12:
            self.stops += 1
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                time.sleep(self.rng.uniform(0.05, 0.6))
                os.kill(pid, signal.SIGCONT)
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
            self.hits += bool(family & set(busy))

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
        self.create()
        for kind in self.kinds:
            self.start(kind)
        deadline = time.monotonic() + limit
        while self.workers:
            if time.monotonic() > deadline:
                raise SystemExit(f"not over after {limit} s: {Study.load(self.url)}")
            time.sleep(self.rng.uniform(0.0, 4.0 / len(self.kinds)))  # a process needs a second to start
            if self.kills < kills or (self.hits < 0.3 * kills and self.kills < 2 * kills):
                self.strike()
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
    found += replay_faults(study, log)
    return found, len(receipts)


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
        env={**os.environ, "PAUSE": "0"},
    )
    return Study.load(calm.url)


def round_of(name, folder, url, kills, rng):
    """One search under fire; prints its line, returns whether it was sound."""
    kinds = {
        "asynchronous": ["worker", "fmin", "pool", "worker"],
        "serial": ["fmin"],
        "lockstep": ["worker", "fmin", "worker"],
    }[name]
    lockstep = {"asynchronous": 0, "serial": 0, "lockstep": 3}[name]
    arena = Arena(folder, url, kinds, 20 + PER_KILL[name] * kills, lockstep, rng)
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
    parser.add_argument("--store", choices=["sqlite", "jsonl", "postgresql", "mongodb"], action="append")
    parser.add_argument("--kills", type=int, default=100, help="in the asynchronous search (default: 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="a few kills on SQLite only")
    options = parser.parse_args()
    stores = options.store or (["sqlite"] if options.quick else ["sqlite", "postgresql"])
    kills = 12 if options.quick else options.kills
    sound = True
    for store in stores:
        rng = random.Random(f"{options.seed} {store}")
        print(f"\n{store}: killed while a trial ran under 'busy'; 'children' were processes of a worker")
        print("search         trials  kills    busy  children stopped  released  pruned  receipts    time")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            for search, share in (("asynchronous", 1.0), ("serial", 0.2), ("lockstep", 0.25)):
                with place(store, folder) as url:
                    (folder / search).mkdir()
                    count = max(3, int(kills * share))
                    sound &= round_of(search, folder / search, url(search), count, rng)
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
