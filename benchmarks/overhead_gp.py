"""CPU time of ask and tell with a Gaussian process, refits included, beside Optuna's GPSampler.

    python -m benchmarks.overhead_gp [--quick]

Ten numbers and a noisy bowl. A history of n random trials is filled in, then some trials are asked for and
told; the first few, which fit from nothing, are not counted. Unlike TPE's, the cost of a suggestion is not
the same each time, so the figure is the mean: settings are fitted at every twentieth part of the history.
Milliseconds differ between machines; ratios within one run do not much.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from importlib.util import find_spec

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402  # after the number of threads

D = 10
AIMS = {100: 10.0, 500: 30.0, 1000: 35.0}
FASTER = 20.0
UNMEASURED = 4  # each of parzen's three models begins with a fit from nothing
STEPS = {"parzen": {100: 60, 500: 60, 1000: 60}, "optuna": {100: 12, 500: 4, 1000: 2}}


def loss(point: dict[str, float], rng: np.random.Generator) -> float:
    """A bowl with its minimum at 0.4, and a hundredth of noise."""
    return sum((x - 0.4) ** 2 for x in point.values()) + 0.01 * float(rng.normal())


def ours(n: int, steps: int) -> list[float]:
    """Milliseconds of each ask and tell of parzen's `gp` after n random trials."""
    from parzen import Study, hp

    study = Study({f"x{j}": hp.uniform(f"x{j}", 0, 1) for j in range(D)}, "gp", seed=0)
    rng = np.random.default_rng(0)
    for _ in range(n):
        study.enqueue({f"x{j}": float(rng.random()) for j in range(D)})
        trial = study.ask()
        study.tell(trial, loss(trial.point, rng))
    spent = []
    for _ in range(UNMEASURED + steps):
        start = time.process_time()
        trial = study.ask()
        asked = time.process_time()
        value = loss(trial.point, rng)
        told = time.process_time()
        study.tell(trial, value)
        spent.append(1000 * (asked - start + time.process_time() - told))
    return spent[UNMEASURED:]


def theirs(n: int, steps: int) -> list[float]:
    """The same of Optuna's GPSampler."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    law = {f"x{j}": optuna.distributions.FloatDistribution(0, 1) for j in range(D)}
    rng = np.random.default_rng(0)
    study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=0))
    for _ in range(n):
        point = {label: float(rng.random()) for label in law}
        study.add_trial(optuna.trial.create_trial(params=point, distributions=law, value=loss(point, rng)))
    spent = []
    for _ in range(1 + steps):
        start = time.process_time()
        trial = study.ask()
        point = {label: trial.suggest_float(label, 0, 1) for label in law}
        asked = time.process_time()
        value = loss(point, rng)
        told = time.process_time()
        study.tell(trial, value)
        spent.append(1000 * (asked - start + time.process_time() - told))
    return spent[1:]


def beside(n: int) -> float | None:
    """The mean of GPSampler, or None where it is not installed."""
    if find_spec("optuna") is None or find_spec("torch") is None:
        return None
    return statistics.fmean(theirs(n, STEPS["optuna"][n]))


def report(quick: bool) -> str:
    """The table, as markdown."""
    lines = ["### gp: ask + tell, CPU ms, mean with refits; d = 10\n"]
    lines += ["| n | parzen | GPSampler | ratio | aim |", "|---|---|---|---|---|"]
    for n, aim in AIMS.items():
        mine = statistics.fmean(ours(n, STEPS["parzen"][n]))
        other = None if quick and n > 500 else beside(n)
        ratio = "" if other is None else f"{other / mine:.1f}"
        shown = "not measured" if other is None else f"{other:.0f}"
        lines.append(f"| {n} | {mine:.1f} | {shown} | {ratio} | {aim:.0f} ms, {FASTER:.0f} times |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run the command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave out GPSampler at n = 1 000")
    print(report(parser.parse_args().quick))


if __name__ == "__main__":
    main()
