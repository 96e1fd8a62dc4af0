"""What worker processes cost: a CPU-bound objective beside plain processes that do the same work.

    python -m benchmarks.speedup [--trials 24] [--rounds 5] [--workers 2]

In each round both do the same trials, in turns: plain processes with half of them each, started as a
user would start them, and `fmin` with as many workers. The figure is plain time / fmin's time, round
by round. Both sides include the start of their processes; the trials' own start-up is the same function.
"""

from __future__ import annotations

import argparse
import inspect
import statistics
import subprocess
import sys
import time

from parzen import fmin, hp, rand

LOOPS = 2_000_000


def work(loops):
    total = 0
    for i in range(loops):
        total += i * i % 7
    return total


def objective(x):
    work(LOOPS)
    return x * x


def plain(trials, workers):
    """Seconds that plain processes need for `trials` calls, shared out evenly."""
    begun = time.perf_counter()
    shares = [trials // workers + (i < trials % workers) for i in range(workers)]
    code = f"{inspect.getsource(work)}\nimport sys\nfor _ in range(int(sys.argv[1])): work({LOOPS})"
    running = [subprocess.Popen([sys.executable, "-c", code, str(share)]) for share in shares]
    for process in running:
        process.wait()
    return time.perf_counter() - begun


def ours(trials, workers):
    begun = time.perf_counter()
    space = hp.uniform("x", -1, 1)
    fmin(objective, space, rand.suggest, max_evals=trials, workers=workers, verbose=False, seed=0)
    return time.perf_counter() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    ratios = []
    print(f"{options.trials} trials, {options.workers} workers; seconds, plain / fmin")
    for _ in range(options.rounds):
        pair = plain(options.trials, options.workers), ours(options.trials, options.workers)
        ratios.append(pair[0] / pair[1])
        print(f"{pair[0]:7.2f} {pair[1]:7.2f}   {ratios[-1]:.3f}", flush=True)
    print(f"median {statistics.median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f} (aim: 0.9)")


if __name__ == "__main__":
    main()
