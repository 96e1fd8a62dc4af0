"""What a search finds: parzen's algorithms beside all others, on the same problems with the same seeds.

    python -m benchmarks.quality                           run what is missing, in all environments; report
    python -m benchmarks.quality plan                      what is missing, and what it would cost
    python -m benchmarks.quality run --methods smac,hebo   run only, and only in this environment
    python -m benchmarks.quality report                    report on what there is
    python -m benchmarks.quality docs                      write the tables and figures of docs/benchmark/
    python -m benchmarks.quality --suite dev --variant wide=tpe,gamma:0.5,n_EI_candidates:32

Runs are kept in `data/quality/`, so a second call runs only what is missing.
parzen's are filed under a checksum of the source that its suggestions depend
on, and run again when that changes. Any call may be killed and repeated.

Constants are chosen on the suite "dev" only.
"""

from __future__ import annotations

import argparse
import ast
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import peers, quality_report
from benchmarks.base import Problem
from benchmarks.comparison import SCALE, Comparison
from benchmarks.peers import METHODS, Method
from benchmarks.problems import SUITES, core, make, names
from benchmarks.runs import DATA, Records, search

ROOT = Path(__file__).parents[1]
# Rounds of seeds: after the first there is a whole table, if a coarse one.
ROUNDS = ((0, 3), (3, 1000))
# A problem that trains for real gets at most this many seeds and trials.
TRAINING = (2, 50)
# On the suite for development only these peers are run unless others are named.
DEV = ("auto", "gp", "tpe", "random", "hyperopt", "optuna")


@dataclass(frozen=True)
class Job:
    """One run that is wanted."""

    method: str
    problem: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Wish:
    """What a command line asks for; None where the table of methods decides."""

    suite: str = "report"
    methods: tuple[str, ...] | None = None
    problems: tuple[str, ...] | None = None
    seeds: int | None = None
    trials: int | None = None

    def chosen(self) -> tuple[str, ...]:
        """The names of the methods."""
        return self.methods or (DEV if self.suite == "dev" else tuple(METHODS))


def parse_variant(text: str) -> tuple[str, Method]:
    """Read ``NAME=ALGORITHM,key:value,...``, the values as Python literals.

    >>> name, method = parse_variant("wide=tpe,gamma:0.5,n_EI_candidates:32")
    >>> name, method.algorithm, dict(method.settings)
    ('wide', 'tpe', {'gamma': 0.5, 'n_EI_candidates': 32})
    """
    name, _, body = text.partition("=")
    algorithm, *items = body.split(",")
    settings: dict[str, Any] = {}
    for item in items:
        key, _, value = item.partition(":")
        try:
            settings[key.strip()] = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            settings[key.strip()] = value.strip()
    return name, Method(
        f"parzen {name}", "parzen", "parzen:search", algorithm, settings=tuple(settings.items())
    )


# What is wanted, and what is there.


@cache
def problem_of(name: str, suite: str, seed: int) -> Problem:
    """The same instance for all methods; some take long to build."""
    return make(name, suite, seed)


def version_of(method: Method) -> str:
    """What runs are filed under: the library's version, and a variant's settings."""
    settings = ",".join(f"{key}:{value}" for key, value in method.settings)
    return peers.version(method.distribution) + (f" {method.algorithm},{settings}" if settings else "")


@cache
def records(suite: str, name: str) -> Records:
    """The file of one method. Variants are kept where git does not look."""
    folder = DATA if not METHODS[name].settings else Path(__file__).parent / "results"
    return Records(folder / f"{suite}-{name}.csv", newest_only=METHODS[name].distribution == "parzen")


def share(wish: Wish, name: str) -> Iterator[tuple[str, int, int]]:
    """The problems of one method, each with its number of seeds and of trials."""
    method = METHODS[name]
    count = method.problems if wish.suite == "report" else 0
    for problem in wish.problems or (core(wish.suite, count) if count else names(wish.suite)):
        seeds, trials = wish.seeds or method.seeds, wish.trials or method.trials
        if "training" in problem_of(problem, wish.suite, 0).kinds:
            seeds, trials = min(seeds, TRAINING[0]), min(trials, TRAINING[1])
        yield problem, seeds, trials


def jobs(wish: Wish) -> Iterator[Job]:
    """All runs that are wanted, in the order in which they are best run."""
    for first, end in ROUNDS:
        for name in wish.chosen():
            rows = list(share(wish, name))
            for seed in range(first, min(end, max((seeds for _, seeds, _ in rows), default=0))):
                yield from (
                    Job(name, problem, seed, trials) for problem, seeds, trials in rows if seed < seeds
                )


def lacking(wish: Wish) -> list[Job]:
    """The wanted runs that are not kept yet, of methods whatever the environment."""
    found = []
    for job in jobs(wish):
        book = records(wish.suite, job.method)
        problem = problem_of(job.problem, wish.suite, job.seed)
        if book.get(_filed(wish.suite, job.method), problem, job.trials) is None:
            found.append(job)
    return found


def _filed(suite: str, name: str) -> str:
    """The version whose runs count: what is installed here, else that of the newest run."""
    try:
        return version_of(METHODS[name])
    except ModuleNotFoundError:
        return records(suite, name).version


def run(wish: Wish, hours: float) -> None:
    """Run what is missing and possible in this environment, for at most so many hours of CPU time."""
    reasons = {name: peers.missing(name) for name in wish.chosen()}
    for name, reason in reasons.items():
        if reason and wish.methods:
            print(f"{name} is left out here: {reason}", flush=True)
    todo = [job for job in lacking(wish) if not reasons[job.method]]
    for done, job in enumerate(todo):
        if time.process_time() > 3600 * hours:
            print(f"{len(todo) - done} runs are left: the time is up", flush=True)
            return
        problem = problem_of(job.problem, wish.suite, job.seed)
        try:
            result = search(METHODS[job.method].search(), problem, job.trials)
        except Exception as error:  # noqa: BLE001  # a peer's failure is a finding, not our end
            print(f"{job.method} failed on {job.problem}, seed {job.seed}: {error!r}", flush=True)
            continue
        records(wish.suite, job.method).put(version_of(METHODS[job.method]), problem, result)
        print(
            f"{done + 1}/{len(todo)} {job.method} {job.problem} {job.seed}: "
            f"{result.curve[-1]:.3g}, {result.cpu_ms:.1f} ms",
            flush=True,
        )


def run_everywhere(wish: Wish, hours: float) -> None:
    """Run what is missing, each method in the environment that has it."""
    folders = dict.fromkeys(METHODS[name].environment for name in wish.chosen())
    for folder in folders:
        python = ROOT / folder / "bin" / "python"
        here = [name for name in wish.chosen() if METHODS[name].environment == folder]
        if not python.exists() or Path(sys.prefix) == python.parents[1]:
            run(Wish(**{**vars(wish), "methods": tuple(here)}), hours)
        else:
            command = [str(python), "-m", "benchmarks.quality", "run", "--suite", wish.suite]
            command += ["--methods", ",".join(here), "--hours", str(hours)]
            for option in ("seeds", "trials"):
                command += [f"--{option}", str(getattr(wish, option))] * (getattr(wish, option) is not None)
            command += ["--problems", ",".join(wish.problems)] if wish.problems else []
            subprocess.run(command, cwd=ROOT, check=True)


def plan(wish: Wish) -> str:
    """What is missing and what it would cost, as a table."""
    missing = lacking(wish)
    rows, total = [], 0.0
    for name in wish.chosen():
        trials = [job.trials for job in missing if job.method == name]
        cost = sum(trials) * records(wish.suite, name).typical_ms() / 3.6e6
        total += 0.0 if math.isnan(cost) else cost
        where = peers.missing(name) and f"not here; {METHODS[name].environment}"
        rows.append([name, str(len(trials)), "unknown" if math.isnan(cost) else f"{cost:.2f}", where])
    rows.append(["all", str(len(missing)), f"{total:.2f}", ""])
    return quality_report.table(["method", "runs missing", "CPU hours", "environment"], rows)


def comparison(wish: Wish) -> Comparison:
    """All kept runs of the newest version of each chosen method."""
    curves: dict[str, dict[tuple[str, int], Any]] = {}
    chosen = dict.fromkeys((*wish.chosen(), SCALE))
    for job in jobs(Wish(wish.suite, tuple(chosen), wish.problems, wish.seeds, 1)):
        problem = problem_of(job.problem, wish.suite, job.seed)
        found = records(wish.suite, job.method).get(records(wish.suite, job.method).version, problem, 1)
        if found is not None:
            curves.setdefault(job.method, {})[job.problem, job.seed] = found.curve
    kinds = {name: problem_of(name, wish.suite, 0).kinds for name in wish.problems or names(wish.suite)}
    return Comparison(curves, kinds)


def notes(wish: Wish, result: Comparison) -> Mapping[str, tuple[str, float]]:
    """Version and CPU milliseconds per trial of each method that has runs."""
    books = {name: records(wish.suite, name) for name in result.curves}
    return {name: (book.version, book.typical_ms()) for name, book in books.items()}


# Command line.


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__.splitlines()[0])
    parser.add_argument("verb", nargs="?", choices=("all", "run", "plan", "report", "docs"), default="all")
    parser.add_argument("--suite", choices=sorted(SUITES), default="report")
    parser.add_argument("--methods", default="", help="of " + ", ".join(METHODS))
    parser.add_argument("--problems", default="", help="names, separated by commas")
    parser.add_argument("--seeds", type=int, help="how many, instead of each method's number")
    parser.add_argument("--trials", type=int, help="how many, instead of each method's number")
    parser.add_argument("--hours", type=float, default=math.inf, help="of CPU time, for what is run")
    parser.add_argument("--quick", action="store_true", help="3 seeds of 100 trials, in this environment")
    parser.add_argument(
        "--variant", action="append", default=[], help="NAME=ALGORITHM,key:value,...; dev only"
    )
    options = parser.parse_args(argv)
    if options.variant and options.suite != "dev":
        parser.error(
            "--variant needs --suite dev: constants are not chosen on the problems that are reported"
        )
    unknown = set(filter(None, options.methods.split(","))) - set(METHODS)
    if unknown:
        parser.error(f"unknown methods {', '.join(sorted(unknown))}; known: {', '.join(METHODS)}")
    return options


def _wish(options: argparse.Namespace, variants: tuple[str, ...]) -> Wish:
    methods, problems = (tuple(filter(None, text.split(","))) for text in (options.methods, options.problems))
    seeds, trials = (3, 100) if options.quick else (None, None)
    if variants:
        methods = (*(methods or DEV), *variants)
    seeds, trials = options.seeds or seeds, options.trials or trials
    return Wish(options.suite, methods or None, problems or None, seeds, trials)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; see the module's text."""
    options = _arguments(argv)
    peers.silence()
    variants = dict(map(parse_variant, options.variant))
    METHODS.update(variants)
    wish = _wish(options, tuple(variants))
    if options.verb == "plan":
        print(plan(wish))
        return
    if options.verb == "run" or (options.verb == "all" and (options.quick or variants)):
        run(wish, options.hours)
    elif options.verb == "all":
        run_everywhere(wish, options.hours)
    if options.verb == "run":
        return
    result = comparison(wish)
    if options.verb == "docs":
        quality_report.write(ROOT / "docs" / "benchmark", result, notes(wish, result), wish.suite)
    else:
        print(quality_report.text(result, notes(wish, result), wish.suite))


if __name__ == "__main__":
    main()
