"""What keeping a search costs: milliseconds per trial, by store, beside Optuna, Rustuna and Hyperopt.

    python -m benchmarks.storage [--quick] [--trials 100 1000 5000] [--skip NAME ...]

Random search over two floats and an objective that does nothing, so that what is left is the library's
bookkeeping and its storage. Each cell is a fresh process that runs one search through the library's own
front door; wall time is taken inside, around the search, and CPU time of the process and its children.
The cells of one size run in turns, twice, and the lower figure counts: noise only ever adds.
"adds" is the wall time per trial above the same library in memory. Server stores run their own server,
whose CPU is not in the figure.

Eight workers (four with --quick): processes start together on one study of so many trials in all; the
figure is the time from the moment when all were ready until the last was done, per trial. Opening the
store is in it. Optuna finds its tables made, since processes that make them at once fail.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# What each store's search is, as text: a cell must import its own library and nothing else.
PARZEN = """
from parzen import fmin, hp, rand
def search(n, where, worker):
    space = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    fmin(lambda p: p["x"], space, rand.suggest, max_evals=n, trials=where, verbose=False)
"""
OPTUNA = """
import optuna, warnings
optuna.logging.set_verbosity(optuna.logging.ERROR); warnings.simplefilter("ignore")
from optuna.samplers import RandomSampler
def objective(trial):
    trial.suggest_float("y", 0, 1)
    return trial.suggest_float("x", 0, 1)
def opened(where):
    storage = None
    if where and where.endswith(".log"):
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
        storage = JournalStorage(JournalFileBackend(where))
    elif where:
        storage = "sqlite:///" + where
    return optuna.create_study(study_name="s", storage=storage, sampler=RandomSampler(), load_if_exists=True)
def search(n, where, worker):
    study = opened(where)
    if worker is None:
        study.optimize(objective, n_trials=n)
    else:
        stop = optuna.study.MaxTrialsCallback(n, states=None)
        study.optimize(objective, callbacks=[stop])
"""
RUSTUNA = """
import rustuna
def objective(trial):
    trial.suggest_float("y", 0, 1)
    return trial.suggest_float("x", 0, 1)
def search(n, where, worker):
    storage = None if where is None else rustuna.storages.SQLite3Storage(where)
    study = rustuna.create_study(storage=storage, sampler=rustuna.samplers.RandomSampler())
    study.optimize(objective, n_trials=n)
"""
HYPEROPT = """
import logging; logging.disable(logging.CRITICAL)
from hyperopt import fmin, hp, rand
def search(n, where, worker):
    space = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    fmin(lambda p: p["x"], space, rand.suggest, max_evals=n, trials_save_file=where or "",
         verbose=False, show_progressbar=False)
"""
CELLS = {  # name: (library's code, file or server, the row of the same library in memory)
    "parzen memory": (PARZEN, None, None),
    "parzen SQLite": (PARZEN, "s.db", "parzen memory"),
    "parzen JSON lines": (PARZEN, "s.jsonl", "parzen memory"),
    "parzen PostgreSQL": (PARZEN, "postgresql", "parzen memory"),
    "parzen MongoDB": (PARZEN, "mongodb", "parzen memory"),
    "Optuna memory": (OPTUNA, None, None),
    "Optuna SQLite": (OPTUNA, "o.db", "Optuna memory"),
    "Optuna journal": (OPTUNA, "o.log", "Optuna memory"),
    "Rustuna memory": (RUSTUNA, None, None),
    "Rustuna SQLite": (RUSTUNA, "r.db", "Rustuna memory"),
    "Hyperopt memory": (HYPEROPT, None, None),
    "Hyperopt pickle": (HYPEROPT, "h.pkl", "Hyperopt memory"),
}
SHARED = ["parzen SQLite", "parzen JSON lines", "parzen PostgreSQL", "parzen MongoDB", "Optuna SQLite",
          "Optuna journal"]  # fmt: skip
LONGEST = 300  # seconds for a process
MOST_SHARED = {"Optuna SQLite": 200}  # a quarter of a second each
MOST = {"Optuna SQLite": 1000, "Hyperopt pickle": 1000, "Hyperopt memory": 1000}  # --full lifts it
FRAME = """
import json, resource, sys, time
n, where, worker = int(sys.argv[1]), sys.argv[2] or None, sys.argv[3] or None
{code}
def spent():
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)
search(3, None, None)  # imports are no part of the figure
if worker is not None:  # ready, and waiting for the others
    print("ready", flush=True)
    sys.stdin.readline()
wall, cpu = time.perf_counter(), spent()
search(n, where, worker)
print(json.dumps([time.perf_counter() - wall, spent() - cpu]), flush=True)
"""


def process(name, n, where, worker=""):
    code = FRAME.replace("{code}", CELLS[name][0])
    command = [sys.executable, "-c", code, str(n), where or "", worker]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}", "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )


@contextlib.contextmanager
def place(name):
    """A new, empty place for one cell."""
    where = CELLS[name][1]
    if where in ("postgresql", "mongodb"):
        sys.path.insert(0, str(ROOT / "tests"))
        import servers

        with getattr(servers, where)() as server:
            yield server.url
        return
    with tempfile.TemporaryDirectory() as folder:
        yield None if where is None else str(Path(folder, where))


def alone(name, n):
    """(wall, CPU) in ms per trial, one process."""
    with place(name) as where, process(name, n, where) as one:
        line = answer(one)
    if one.returncode or not line:
        raise RuntimeError(f"{name}: exit code {one.returncode}")
    wall, cpu = json.loads(line[-1])
    return 1e3 * wall / n, 1e3 * cpu / n


def together(name, n, workers):
    """(wall, CPU of all) in ms per trial, several processes on one study; and how many trials there were."""
    with place(name) as where:
        if name.startswith("Optuna"):  # tables first: see above
            run(CELLS[name][0] + "import sys\nopened(sys.argv[1])", where)
        started = [process(name, n, where, worker=str(i)) for i in range(workers)]
        for one in started:
            one.stdout.readline()
        begun = time.perf_counter()
        for one in started:
            one.stdin.write("\n")
            one.stdin.flush()
        lines = [answer(one) for one in started]
        wall = time.perf_counter() - begun
        if any(one.returncode for one in started):
            raise RuntimeError(f"{name}: exit codes {[one.returncode for one in started]}")
        cpu = sum(json.loads(line[-1])[1] for line in lines)
        return 1e3 * wall / n, 1e3 * cpu / n, trials_in(name, where)


def answer(one):
    """What a process printed, in lines; it is killed if it takes too long."""
    try:
        return one.communicate(timeout=LONGEST)[0].strip().splitlines()
    except subprocess.TimeoutExpired:
        one.kill()
        return one.communicate()[0].strip().splitlines()


def trials_in(name, where):
    if name.startswith("parzen"):
        from parzen import Study

        return Study.load(where).ledger.ended
    code = CELLS[name][0] + "import sys\nprint(len(opened(sys.argv[1]).trials))"
    return int(run(code, where).strip().splitlines()[-1])


def run(code, where):
    command = [sys.executable, "-c", code, where]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=LONGEST).stdout


def growth(figures):
    """Exponent of cost per trial in n, by least squares on logarithms: 0 is flat."""
    if len(figures) < 2:
        return math.nan
    xs = [math.log(n) for n in figures]
    ys = [math.log(max(value, 1e-6)) for value in figures.values()]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True)) / sum((x - mx) ** 2 for x in xs)


def serial(names, sizes, rounds, full):
    found = {name: {} for name in names}
    for n in sizes:
        for _ in range(rounds):
            for name in names:
                if not full and n > MOST.get(name, n):
                    continue
                try:
                    new = alone(name, n)
                except (RuntimeError, OSError) as error:
                    print(f"  {error}", file=sys.stderr)
                    continue
                found[name][n] = min(found[name].get(n, new), new)
    print("\none process, ms per trial: wall (CPU)")
    print(
        f"{'':<20}" + "".join(f"{n:>18}" for n in sizes) + f"{'adds at ' + str(sizes[-1]):>16}{'growth':>8}"
    )
    for name, figures in found.items():
        cells = (f"{figures[n][0]:9.3f} ({figures[n][1]:.3f})" if n in figures else "-" for n in sizes)
        base = found.get(CELLS[name][2] or "", {})
        both = [n for n in figures if n in base]
        adds = f"{figures[both[-1]][0] - base[both[-1]][0]:.3f}" if both else ""
        if both and both[-1] != sizes[-1]:
            adds += f" (at {both[-1]})"
        walls = {n: wall for n, (wall, _) in figures.items()}
        print(f"{name:<20}" + "".join(f"{cell:>18}" for cell in cells) + f"{adds:>16}{growth(walls):>8.2f}")
    return found


def crowd(names, n, workers):
    print(f"\n{workers} processes on one study of {n} trials: ms per trial, wall (CPU of all), and trials")
    most = n
    for name in names:
        n = min(most, MOST_SHARED.get(name, most))
        try:
            wall, cpu, count = together(name, n, workers)
        except (RuntimeError, OSError) as error:
            print(f"{name:<20} failed: {error}")
            continue
        over = "" if count == n else f"   {count - n:+d} trials"
        print(f"{name:<20}{wall:9.3f} ({cpu:.3f})   {count}{over}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--skip", nargs="*", default=[], help="rows to leave out")
    parser.add_argument("--full", action="store_true", help="the slow rows at every size")
    parser.add_argument("--quick", action="store_true", help="100 and 400 trials, once, and four workers")
    options = parser.parse_args()
    if options.quick:
        options.trials, options.rounds, options.workers = [100, 400], 1, min(4, options.workers)
    names = [name for name in CELLS if not any(name.startswith(skip) for skip in options.skip)]
    found = serial(names, options.trials, options.rounds, options.full)
    ours, theirs = found.get("parzen SQLite", {}), found.get("Optuna SQLite", {})
    for n in sorted({*ours} & {*theirs}):
        memory = found["parzen memory"][n][0], found["Optuna memory"][n][0]
        added = ours[n][0] - memory[0], theirs[n][0] - memory[1]
        print(
            f"at {n}: SQLite adds {added[0]:.3f} ms, Optuna's RDB {added[1]:.1f}, "
            f"{added[1] / added[0]:.0f} times as much"
        )
    crowd(
        [name for name in SHARED if name in names],
        options.trials[0 if options.quick else min(1, len(options.trials) - 1)],
        options.workers,
    )
    own = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(f"largest process: {own / 1024:.0f} MB")


if __name__ == "__main__":
    main()
