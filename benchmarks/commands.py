"""How long the commands that look take on a large study, and how much of it is Python starting.

    python -m benchmarks.commands [--trials 1000 10000 100000]

A study as `benchmarks.opening` writes it, with its checkpoint, in an SQLite file. Each command runs
three times in a process of its own; wall and CPU seconds of the fastest. The aims at 100 000 trials:
`best` in 2 s, `effects` in 5 s; the CPU time of `best --help` is below 0.2 s above Python's own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.opening import write
from parzen import Study
from parzen.run import checkpoints

COMMANDS = ("best", "best --json", "best -k 10", "effects", "next", "list", "show", "trial")
TIMES = 3


def measured(arguments):
    """Wall and CPU seconds of the fastest of some runs."""
    found = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
        _, code, used = os.wait4(process.pid, 0)
        assert code == 0, arguments
        found.append((time.perf_counter() - begun, used.ru_utime + used.ru_stime))
    return min(wall for wall, _ in found), min(cpu for _, cpu in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 10_000, 100_000])
    options = parser.parse_args()
    print("command          trials    wall     CPU")
    for name, arguments in (("python", ["-c", "pass"]), ("best --help", ["-m", "parzen", "best", "--help"])):
        wall, cpu = measured(arguments)
        print(f"{name:<14}{'':>9}{wall:>8.2f}{cpu:>8.2f}", flush=True)
    for n in options.trials:
        with tempfile.TemporaryDirectory() as folder:
            where = str(Path(folder, "s.db"))
            write(where, n)
            study = Study.load(where, read_only=False)
            checkpoints.save(study.store, study.name, study.ledger)
            study.store.close()
            for command in COMMANDS:
                word, *rest = command.split()
                number = ["0"] if word == "trial" else []
                path = folder if word == "list" else where
                wall, cpu = measured(["-m", "parzen", word, path, *number, *rest])
                print(f"{command:<14}{n:>9}{wall:>8.2f}{cpu:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
