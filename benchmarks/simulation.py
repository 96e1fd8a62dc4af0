"""A thousand workers on one study, under a virtual clock.

    python -m benchmarks.simulation [--store sqlite|postgresql] [--slots 1000 ...] [--trials 5000] [--seeds 3]
                                    [--profile]

Eight parents, each with a Study of its own on the same real store, share the slots. How long a trial takes
is drawn by its number (log-normal, mean one minute) and passes on a virtual clock: what ends first is told
first, by its parent, which then asks for the next trial. So suggestions, claims, outcomes and what each
parent knows at each moment are those of a thousand real workers; nobody sleeps, and CPU time is the
parents' and, with SQLite, the store's. PostgreSQL's server is measured apart, from /proc. To see where it
bends: `--slots 100 300 1000 3000`. To see where the time goes: `--profile`, which slows everything down.

Reported: suggestions per second of CPU (aim: 200); the best loss of a serial search after 60 % of the
trials, and after how many trials the parallel one has reached it (aim: within 90 %).
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import heapq
import os
import pstats
import statistics
import sys
import tempfile
import time
from pathlib import Path

from parzen import Study, hp
from parzen.algorithms.tpe import TPE
from parzen.rng import stream
from parzen.storage.base import open_store

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import servers  # the tests' own

D = 10
SPACE = {f"x{i}": hp.uniform(f"x{i}", -5, 5) for i in range(D)}
PARENTS = 8


def loss(point, seed):
    """A bowl with a ripple and unequal axes; its place depends on the seed, its minimum is 0."""
    centre = stream(seed, 0, "simulation").uniform(-4, 4, D)
    total = 0.0
    for i, c in enumerate(centre):
        z = point[f"x{i}"] - c
        total += (1 + i) * z * z / 10 + 0.5 * abs(z) ** 0.5
    return float(total)


def minutes(number):
    return float(stream(9, number, "duration").lognormal(-0.125, 0.5))


def serial(seed, trials):
    study = Study(SPACE, TPE(), seed=seed)
    best, curve = float("inf"), []
    for _ in range(trials):
        trial = study.ask()
        best = min(best, loss(trial.point, seed))
        study.tell(trial, loss(trial.point, seed))
        curve.append(best)
    return curve


def parallel(where, seed, slots, trials):
    """Best-so-far in the order of ends, and CPU seconds by part."""
    studies = [
        Study(SPACE, TPE(), seed=seed, store=open_store(where), max_evals=trials) for _ in range(PARENTS)
    ]
    clock = []  # end, number, parent
    curve, best = [], float("inf")
    spent = {"ask": 0.0, "tell": 0.0}

    def fill(parent, now):
        begun = time.process_time()
        trial = studies[parent].take()
        spent["ask"] += time.process_time() - begun
        if trial is not None:
            heapq.heappush(clock, (now + minutes(trial.number), trial.number, parent))

    for slot in range(slots):
        fill(slot % PARENTS, 0.0)
    while clock:
        now, number, parent = heapq.heappop(clock)
        study = studies[parent]
        value = loss(study.trials[number].point, seed)
        begun = time.process_time()
        study.tell(number, value)
        spent["tell"] += time.process_time() - begun
        best = min(best, value)
        curve.append(best)
        fill(parent, now)
    assert len(curve) == trials
    ended = Study.load(where).ledger.ended
    assert ended == trials
    return curve, spent, now


def server_seconds(pid):
    """CPU of a PostgreSQL server, of its processes, and of those that have ended."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if path.parent.name == str(pid):
                ticks += sum(map(int, fields[11:15]))
            elif fields[1] == str(pid):
                ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def place(store):
    """Where a new store is, and what its server has used so far."""
    if store == "postgresql":
        with servers.postgresql() as server:
            yield server.url, lambda: server_seconds(server.pid)
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield str(Path(folder, "s.db")), lambda: 0.0


@contextlib.contextmanager
def profiled(wanted):
    """Print where the time went."""
    if not wanted:
        yield
        return
    profile = cProfile.Profile()
    with profile:
        yield
    pstats.Stats(profile).sort_stats("tottime").print_stats(25)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--slots", type=int, nargs="+", default=[1000])
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    share = options.trials * 6 // 10
    reached = {slots: [] for slots in options.slots}
    print(f"{options.store}, {PARENTS} parents, {options.trials} trials, TPE in {D} dimensions")
    print("slots  seed   suggestions/s   ms ask   ms tell   ms server   serial best    reached after")
    for seed in range(options.seeds):
        goal = serial(seed, share)[-1]
        for slots in options.slots:
            with place(options.store) as (where, used):
                before = used()
                with profiled(options.profile):
                    curve, spent, _ = parallel(where, seed, slots, options.trials)
                server = used() - before
            total = spent["ask"] + spent["tell"] + server
            after = next((i for i, value in enumerate(curve, 1) if value <= goal), None)
            reached[slots].append(after or options.trials + 1)
            each = (1e3 * part / options.trials for part in (spent["ask"], spent["tell"], server))
            print(
                f"{slots:>5}{seed:>6}{options.trials / total:>16.0f}"
                + "".join(f"{ms:>10.2f}" for ms in each)
                + f"{goal:>14.4f}   {after or f'not in {options.trials} ({curve[-1]:.4f})'}",
                flush=True,
            )
    for slots, found in reached.items():
        print(f"{slots} slots: reached after {statistics.median(found):.0f}, aim {options.trials * 9 // 10}")


if __name__ == "__main__":
    main()
