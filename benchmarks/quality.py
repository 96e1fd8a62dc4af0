"""What a search finds: parzen's TPE beside other libraries, on the same problems with the same seeds.

    python -m benchmarks.quality --quick
    python -m benchmarks.quality --suite dev --variant wide=gamma:0.5,n_EI_candidates:32

A pair is one problem with one seed: every library minimises the same function
with the same noise. Regret is the true loss of the best trial so far, as the
library saw it, minus the known minimum. Runs are kept in `results/`, so a
second call runs only what is missing; parzen's are filed under a checksum of
its source and run again when that changes.

Figures of the suite "report" are development figures: the problems are ours.
Constants are chosen on the suite "dev" only.
"""

from __future__ import annotations

import argparse
import ast
import csv
import itertools
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers
from benchmarks.problems import KINDS, SUITES, Point, Problem, make, names

RESULTS = Path(__file__).parent / "results"
CHECKPOINTS = (25, 50, 100)
FIELDS = ("version", "problem", "seed", "trials", "cpu_ms", "steps")
AIMS = {"hyperopt": 85.0, "optuna": 70.0}

Curve = np.ndarray  # (trials,) float64: regret of the best trial so far; inf before the first success
Runs = dict[tuple[str, str, int], Curve]  # (method, problem, seed) -> curve


@dataclass(frozen=True)
class Method:
    """A column of the report: a library, or parzen with other settings."""

    name: str
    library: str
    settings: Mapping[str, Any] | None = None

    def search(self, problem: Problem, objective: Callable[[Point], float], trials: int) -> None:
        """Run the library's search over the problem's space."""
        if self.settings is not None:
            peers.search_parzen(problem.params, objective, trials, problem.seed, self.settings)
        else:
            peers.SEARCHES[self.library](problem.params, objective, trials, problem.seed)


def run(method: Method, problem: Problem, trials: int) -> tuple[Curve, float]:
    """Run one search.

    Returns:
        The curve of regrets and the CPU milliseconds per trial, the objective
        included.

    Raises:
        RuntimeError: If the library did not evaluate exactly `trials` points.
    """
    noise = np.random.default_rng([problem.seed, 77]).normal(0, 1, trials) * problem.noise
    curve: list[float] = []
    best_seen, regret = math.inf, math.inf

    def objective(point: Point) -> float:
        nonlocal best_seen, regret
        curve.append(regret)  # stays if the loss below raises
        loss = problem.loss(point) + noise[len(curve) - 1]
        if loss < best_seen:
            best_seen, regret = loss, max(0.0, problem.true_loss(point) - problem.optimum)
            curve[-1] = regret
        return float(loss)

    start = time.process_time()
    method.search(problem, objective, trials)
    spent = 1000 * (time.process_time() - start) / trials
    if len(curve) != trials:
        raise RuntimeError(f"{method.name} evaluated {len(curve)} points of {problem.name}, not {trials}")
    return np.array(curve), spent


class Cache:
    """Runs on disk, one CSV file per suite and library; a curve is kept as its steps."""

    def __init__(self, suite: str, library: str, folder: Path = RESULTS) -> None:
        self._path = folder / f"quality-{suite}-{library}.csv"
        self._version = peers.version(library)
        rows = list(csv.DictReader(self._path.open())) if self._path.exists() else []
        # Older sources of parzen are of no use to anyone; other versions of a peer are.
        self._rows = [row for row in rows if library != "parzen" or row["version"] == self._version]

    def get(self, problem: Problem, trials: int) -> tuple[Curve, float] | None:
        """The curve and the CPU milliseconds per trial, or None."""
        key = (self._version, _problem_key(problem), str(problem.seed), str(trials))
        for row in self._rows:
            if (row["version"], row["problem"], row["seed"], row["trials"]) == key:
                return _from_steps(row["steps"], trials), float(row["cpu_ms"])
        return None

    def put(self, problem: Problem, curve: Curve, cpu_ms: float) -> None:
        """Keep one run and write the file."""
        values = (self._version, _problem_key(problem), str(problem.seed), str(len(curve)))
        self._rows.append(dict(zip(FIELDS, (*values, f"{cpu_ms:.3f}", _to_steps(curve)), strict=True)))
        self._path.parent.mkdir(exist_ok=True)
        with self._path.open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(self._rows)


def _problem_key(problem: Problem) -> str:
    return f"{problem.name}/{problem.fingerprint()}"


def _to_steps(curve: Curve) -> str:
    """ "trial:regret" wherever the curve changes, six digits.

    >>> _to_steps(np.array([math.inf, 2.0, 2.0, 0.5]))
    '0:inf 1:2 3:0.5'
    """
    changes = [0, *(np.flatnonzero(curve[1:] != curve[:-1]) + 1)]
    return " ".join(f"{i}:{curve[i]:.6g}" for i in changes)


def _from_steps(steps: str, trials: int) -> Curve:
    """The reverse of `_to_steps`.

    >>> _from_steps('0:inf 1:2 3:0.5', 4).tolist()
    [inf, 2.0, 2.0, 0.5]
    """
    curve = np.empty(trials)
    for step in steps.split():
        index, value = step.split(":")
        curve[int(index) :] = float(value)
    return curve


# Comparison.


def outcome(ours: float, theirs: float) -> float:
    """1 if our regret is smaller, 0.5 if it is the same to six digits, else 0."""
    if ours == theirs or math.isclose(ours, theirs, rel_tol=1e-6):
        return 0.5
    return float(ours < theirs)


def ranks(values: np.ndarray) -> np.ndarray:
    """Rank each row, 1 for the smallest; equal values share the mean of their ranks.

    Args:
        values: (pairs, methods) float64; inf is last.

    >>> ranks(np.array([[3.0, 1.0, 3.0]])).tolist()
    [[2.5, 1.0, 2.5]]
    """
    below = (values[:, None, :] < values[:, :, None]).sum(axis=2)
    equal = (values[:, None, :] == values[:, :, None]).sum(axis=2)
    return below + (equal + 1) / 2


def interval(by_problem: Mapping[str, Sequence[float]]) -> tuple[float, float]:
    """95 % bootstrap interval of the mean, drawing whole problems: seeds of one problem are alike."""
    means = np.array([np.mean(values) for values in by_problem.values()])
    draws = np.random.default_rng(0).integers(len(means), size=(4000, len(means)))
    low, high = np.quantile(means[draws].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


class Comparison:
    """All curves of a report, and the figures drawn from them."""

    def __init__(self, runs: Runs, methods: Sequence[str], problems: Sequence[Problem]) -> None:
        self.runs = runs
        self.methods = list(methods)
        self.problems = list(problems)
        self.names = list(dict.fromkeys(p.name for p in problems))
        # Regrets below a thousandth of what random search leaves at the end
        # count as equal: nobody can use the difference, and it would rule
        # every geometric mean.
        self.floor = {
            name: 1e-3 * max(1e-9, float(np.median([self._curve("random", p)[-1] for p in self._of(name)])))
            for name in self.names
        }

    def _of(self, name: str) -> list[Problem]:
        return [p for p in self.problems if p.name == name]

    def _curve(self, method: str, problem: Problem) -> Curve:
        return self.runs[method, problem.name, problem.seed]

    def at(self, method: str, problem: Problem, trials: int) -> float:
        """Regret after so many trials, at least the problem's floor."""
        return max(float(self._curve(method, problem)[trials - 1]), self.floor[problem.name])

    def win_rate(
        self, ours: str, theirs: str, trials: int, kind: str | None = None
    ) -> dict[str, list[float]]:
        """Per problem, the outcome of each pair: 1, 0.5 or 0."""
        pairs: dict[str, list[float]] = {}
        for p in self.problems:
            if kind is None or kind in p.kinds:
                pair = outcome(self.at(ours, p, trials), self.at(theirs, p, trials))
                pairs.setdefault(p.name, []).append(pair)
        return pairs

    def ratio(self, ours: str, theirs: str, trials: int, kind: str | None = None) -> float:
        """Geometric mean of our regret over theirs, each pair limited to a factor of 10 000."""
        logs = []
        for p in self.problems:
            if kind is None or kind in p.kinds:
                a, b = (min(self.at(m, p, trials), 1e300) for m in (ours, theirs))
                logs.append(min(max(math.log(a / b), -math.log(1e4)), math.log(1e4)))
        return math.exp(float(np.mean(logs)))

    def mean_ranks(self, trials: int, kind: str | None = None) -> list[float]:
        """Mean rank of each method over the pairs."""
        rows = [
            [self.at(m, p, trials) for m in self.methods]
            for p in self.problems
            if kind is None or kind in p.kinds
        ]
        return [float(value) for value in ranks(np.array(rows)).mean(axis=0)]

    def trials_to_reach(self, ours: str, theirs: str, trials: int) -> float:
        """Geometric mean over problems: our trials until our median is at their last median.

        A problem where that never happens counts with twice `trials`.
        """
        counts = []
        for name in self.names:
            mine = np.median([self._curve(ours, p)[:trials] for p in self._of(name)], axis=0)
            goal = np.median([self.at(theirs, p, trials) for p in self._of(name)])
            there = np.flatnonzero(mine <= goal)
            counts.append(float(there[0] + 1) if len(there) else 2.0 * trials)
        return math.exp(float(np.mean(np.log(counts))))


def percent(by_problem: Mapping[str, Sequence[float]]) -> float:
    """The mean over all pairs, in percent."""
    return 100 * float(np.mean([value for values in by_problem.values() for value in values]))


# Report.


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def report(result: Comparison, subject: str, trials: int, cpu: Mapping[str, float]) -> str:
    """The whole report on one subject (a method's name), as markdown."""
    points = [t for t in CHECKPOINTS if t <= trials] or [trials]
    others = [m for m in result.methods if m != subject]
    parts = []
    rows = []
    for t, other in itertools.product(points, others):
        pairs = result.win_rate(subject, other, t)
        low, high = interval(pairs)
        spread = f"{percent(pairs):.0f} [{100 * low:.0f}, {100 * high:.0f}]"
        reach = f"{result.trials_to_reach(subject, other, t):.0f}"
        rows.append([str(t), other, spread, f"{result.ratio(subject, other, t):.3f}", reach])
    head = ["trials", "against", "% of pairs won [95 %]", "regret ratio", "trials to its median"]
    parts.append(f"### {subject}: pairs\n\n" + table(head, rows))
    ranked = [[str(t), *(f"{value:.2f}" for value in result.mean_ranks(t))] for t in points]
    ranked.append(["CPU ms per trial", *(f"{cpu[m]:.2f}" for m in result.methods)])
    parts.append("### Mean rank\n\n" + table(["trials", *result.methods], ranked))
    by_kind = []
    for kind in KINDS:
        count = sum(kind in p.kinds for p in result.problems)
        if count:
            cells = [kind, str(count)]
            for other in others:
                won = percent(result.win_rate(subject, other, points[-1], kind))
                cells.append(f"{won:.0f} / {result.ratio(subject, other, points[-1], kind):.2f}")
            by_kind.append(
                [*cells, f"{result.mean_ranks(points[-1], kind)[result.methods.index(subject)]:.2f}"]
            )
    head = ["kind", "pairs", *(f"won % / ratio, {other}" for other in others), "rank"]
    parts.append(f"### {subject} by kind, {points[-1]} trials\n\n" + table(head, by_kind))
    return "\n".join(parts)


def regrets(result: Comparison, trials: int) -> str:
    """Median regret of every method on every problem."""
    rows = []
    for name in result.names:
        of = [p for p in result.problems if p.name == name]
        medians = [float(np.median([result.at(m, p, trials) for p in of])) for m in result.methods]
        best = min(medians)
        rows.append([name, *(f"**{value:.3g}**" if value == best else f"{value:.3g}" for value in medians)])
    return f"### Median regret, {trials} trials\n\n" + table(["problem", *result.methods], rows)


def aims(result: Comparison, subject: str, trials: int) -> str:
    """The aims, met or not."""
    lines = []
    for other, aim in AIMS.items():
        if other in result.methods and trials >= 100:
            won = percent(result.win_rate(subject, other, 100))
            word = "met" if won >= aim else "NOT met"
            lines.append(
                f"- at least {aim:.0f} % of pairs won over {other}'s TPE at 100 trials: {won:.0f} %, {word}"
            )
    return "\n".join(lines) + "\n"


# Command line.


def variant(text: str) -> Method:
    """Read ``NAME=key:value,...``, the values as Python literals.

    >>> variant("wide=gamma:0.5,n_EI_candidates:32").settings
    {'gamma': 0.5, 'n_EI_candidates': 32}
    """
    name, _, body = text.partition("=")
    settings: dict[str, Any] = {}
    for item in filter(None, body.split(",")):
        key, _, value = item.partition(":")
        try:
            settings[key.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            settings[key.strip()] = value.strip()
    return Method(name, "parzen", settings)


def collect(
    methods: Sequence[Method], problems: Sequence[Problem], trials: int
) -> tuple[Runs, dict[str, float]]:
    """Run what is missing, and say so on the way.

    Returns:
        The curves, and each method's CPU milliseconds per trial.
    """
    runs: Runs = {}
    cpu: dict[str, float] = {}
    for method in methods:
        cache = None if method.settings is not None else Cache(problems[0].suite, method.library)
        spent, fresh = [], 0
        for problem in problems:
            found = cache.get(problem, trials) if cache else None
            if found is None:
                found = run(method, problem, trials)
                fresh += 1
                if cache:
                    cache.put(problem, *found)
            runs[method.name, problem.name, problem.seed] = found[0]
            spent.append(found[1])
        cpu[method.name] = float(np.mean(spent))
        print(f"{method.name}: {len(problems)} runs, {fresh} of them new", flush=True)
    return runs, cpu


def installed(names: Sequence[str]) -> list[Method]:
    """The methods of these libraries, leaving out what is not installed with a line that says so."""
    methods = []
    for name in names:
        try:
            peers.version(name)
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error}. `make bench-env` makes an environment with all of them.")
        else:
            methods.append(Method(name, name))
    return methods


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="5 seeds instead of 20")
    parser.add_argument("--suite", choices=sorted(SUITES), default="report")
    parser.add_argument(
        "--methods", default="parzen,hyperopt,optuna,random", help="of " + ", ".join(peers.SEARCHES)
    )
    parser.add_argument("--problems", default="", help="names, separated by commas; all if left out")
    parser.add_argument("--seeds", default="", help="a number of seeds, or FIRST:END")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument(
        "--variant", action="append", default=[], help="NAME=key:value,... of parzen's TPE; dev only"
    )
    options = parser.parse_args(argv)
    if options.variant and options.suite != "dev":
        parser.error(
            "--variant needs --suite dev: constants are not chosen on the problems that are reported"
        )
    libraries = [name for name in options.methods.split(",") if name]
    if "random" not in libraries:
        libraries.append("random")  # the scale of regrets
    peers.silence()
    methods = installed(libraries) + [variant(text) for text in options.variant]
    first, _, end = (options.seeds or ("5" if options.quick else "20")).rpartition(":")
    seeds = range(int(first or 0), int(end))
    chosen = options.problems.split(",") if options.problems else names(options.suite)
    problems = [make(name, options.suite, seed) for name in chosen for seed in seeds]
    runs, cpu = collect(methods, problems, options.trials)
    result = Comparison(runs, [m.name for m in methods], problems)
    print(f"\n## Development figures: suite {options.suite}, {len(chosen)} problems, {len(seeds)} seeds\n")
    for method in methods:
        print(
            "-", method.name, peers.version(method.library), dict(method.settings) if method.settings else ""
        )
    print()
    for subject in [m.name for m in methods if m.library == "parzen"]:
        print(report(result, subject, options.trials, cpu))
        if options.suite == "report":
            print(aims(result, subject, options.trials))
    print(regrets(result, options.trials))


if __name__ == "__main__":
    main()
