"""Lockstep: one hash for any number of workers, and what it costs beside asynchronous search.

    python -m benchmarks.lockstep [--runs 20] [--trials 48]

First, one search (reports, a pruner, failures; `lockstep=8`) is run with 1, 2, 4 and 8 workers, as
threads and as processes, with sleep times that are shuffled anew each time: all canonical histories
must have one hash. Then the wall time of an asynchronous search is compared with that in lockstep, for
trials that take equally long and for trials whose times are exponential, with threads that sleep.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from parzen import Pruned, fmin, hp, rand
from parzen.rng import stream
from parzen.testing import digest

SPACE = {"x": hp.uniform("x", -3, 3), "c": hp.choice("c", [0, {"n": hp.int(1, 9, label="n")}])}


def objective_of(shuffle, mean=0.004):
    def objective(p, trial):
        wait = float(stream(shuffle, trial.number, "wait").exponential(mean))
        value = abs(p["x"] - 1) + (p["c"]["n"] / 9 if p["c"] else 0.5)
        for step in range(1, 4):
            time.sleep(wait)
            trial.report(value + 1 / step, step)
            if trial.should_prune():
                raise Pruned
        if trial.number % 7 == 3:
            raise RuntimeError(f"trial {trial.number} fails")
        return value

    return objective


def hashes(runs, trials):
    found = Counter()
    kinds = [(1, None), *((w, kind) for w in (2, 4, 8) for kind in ("threads", "processes"))]
    for run in range(runs):
        workers, kind = kinds[run % len(kinds)]
        more = {} if workers == 1 else {"workers": workers, "executor": kind}
        best = fmin(
            objective_of(run),
            SPACE,
            max_evals=trials,
            lockstep=8,
            pruner="median",
            on_error="continue",
            seed=7,
            verbose=False,
            **more,
        )
        found[digest(best.study)] += 1
    return found


def seconds(workers, width, law, trials, mean=0.05):
    def objective(p, trial):
        rng = stream(5, trial.number, "time")
        time.sleep(mean if law == "equal" else float(rng.exponential(mean)))
        return p["x"]

    begun = time.perf_counter()
    more = {} if width is None else {"lockstep": width}
    space = {"x": SPACE["x"]}
    fmin(
        objective,
        space,
        rand.suggest,
        trials,
        workers=workers,
        executor="threads",
        seed=1,
        verbose=False,
        **more,
    )
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--trials", type=int, default=48)
    options = parser.parse_args()
    found = hashes(options.runs, options.trials)
    print(f"{options.runs} runs with 1, 2, 4 and 8 workers, threads and processes: {len(found)} hash(es)")
    print("\nwall time in lockstep / asynchronous, 96 trials of 50 ms on average")
    print("durations    workers   k = workers   k = 2 workers   k = 4 workers")
    for law in ("equal", "exponential"):
        for workers in (2, 4, 8):
            free = seconds(workers, None, law, 96)
            ratios = [seconds(workers, times * workers, law, 96) / free for times in (1, 2, 4)]
            print(f"{law:<13}{workers:>7}" + "".join(f"{ratio:>14.2f}" for ratio in ratios), flush=True)
    sys.exit(len(found) != 1)


if __name__ == "__main__":
    main()
