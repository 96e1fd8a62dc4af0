"""How fast a large study opens, and in how much memory.

    python -m benchmarks.opening [--trials 1000 10000 100000] [--store db jsonl]

Studies of random points in ten hyperparameters, with results of three keys, are written once; then a
fresh process opens each, and asks for the best trial. Seconds of CPU above those of the imports.
The aims at 100 000 trials in SQLite: 8 s without a checkpoint, 1.5 s with one, 300 MB.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from parzen import Study, hp, open_store
from parzen.history import events as e
from parzen.rng import stream
from parzen.run import checkpoints

OPEN = """
import sys, time
from parzen import Study
before = time.process_time()
begun = time.perf_counter()
study = Study.load(sys.argv[1])
best = study.best
print(time.process_time() - before, time.perf_counter() - begun,
      int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024,
      len(study.trials), best.number)
"""


def write(where, n):
    """A study as 0.1 writes it: four events a trial, as a search with claims has."""
    space = {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(10)}
    study = Study(space, "random", store=where, seed=0)
    values = stream(1, 0, "opening").random((n, 10)).round(6).tolist()
    store, batch, at = open_store(where), [], time.time()
    for number, row in enumerate(values):
        point = dict(zip(space, row, strict=True))
        result = {"loss": row[0], "status": "ok", "seconds": 1.5}
        trial = [
            [e.Opened(at, number, study.owner)],
            [e.Suggested(at, number, point), e.Claimed(at, number, 1, study.owner)],
            [e.Finished(at, number, 1, "done", [row[0]], {"seconds": 1.5}, result)],
        ]
        if where.endswith(".jsonl"):  # a batch is a line, so they must be those of a search
            for events in trial:
                store.append("default", events)
            continue
        batch += (event for events in trial for event in events)
        if len(batch) >= 20_000 or number == n - 1:
            store.append("default", batch)
            batch = []
    store.close()
    return int(np.argmin([row[0] for row in values]))


def opened(where, n, best):
    """CPU seconds, wall seconds and MB of a fresh process that opens a study."""
    done = subprocess.run([sys.executable, "-c", OPEN, where], capture_output=True, text=True, check=True)
    cpu, wall, memory, count, found = map(float, done.stdout.split())
    assert (int(count), int(found)) == (n, best)
    return cpu, wall, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--store", nargs="+", default=["db", "jsonl"])
    options = parser.parse_args()
    print(" " * 15 + "without a checkpoint          with one          writing  growth")
    print("store    trials    CPU s   wall    MB    CPU s   wall    MB   CPU s   without")
    for suffix in options.store:
        before = None
        for n in options.trials:
            with tempfile.TemporaryDirectory() as folder:
                where = str(Path(folder, f"s.{suffix}"))
                best = write(where, n)
                without = opened(where, n, best)
                study = Study.load(where, read_only=False)
                begun = time.process_time()
                checkpoints.save(study.store, study.name, study.ledger)
                writing = time.process_time() - begun
                study.store.close()
                with_one = opened(where, n, best)
                growth = math.nan if before is None else math.log(without[0] / before[1], n / before[0])
                before = n, without[0]
                cells = (
                    f"{cpu:>9.2f}{wall:>7.2f}{memory:>6.0f}" for cpu, wall, memory in (without, with_one)
                )
                print(f"{suffix:<6}{n:>9}{''.join(cells)}{writing:>9.2f}{growth:>9.2f}", flush=True)


if __name__ == "__main__":
    main()
