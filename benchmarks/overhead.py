"""What a trial costs before the objective is counted: CPU time of parzen beside other libraries.

    python -m benchmarks.overhead [--quick]

Everything is measured in one run, one thread, by `time.process_time`, the
libraries taking turns trial by trial, so that a busy machine disturbs all of
them alike. Each figure states its unit. Imports are measured in fresh
processes and stated apart. The objectives cost nothing and are not counted.

It prints markdown and writes `results/overhead.csv`.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import overhead_gp, peers
from benchmarks.problems import Param, Point, draw
from benchmarks.quality_report import table

RESULTS = Path(__file__).parent / "results"
LIBRARIES = ("parzen", "hyperopt", "optuna", "rustuna")
HISTORIES = (100, 1_000, 2_000, 5_000, 10_000)
TURNS = {
    100: 20,
    1_000: 40,
    2_000: 40,
    5_000: 16,
    10_000: 16,
}  # few at 100, or it would no longer be 100 trials


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        what: "ask+tell", "tutorial", "bookkeeping" or "import".
        case: The space, the number of trials, or what was imported.
        n: Finished trials at the time, or trials of the run; 0 for imports.
        library: Whose figure it is.
        median: CPU milliseconds.
        low: First quartile.
        high: Third quartile.
        count: How many measurements these are drawn from.
    """

    what: str
    case: str
    n: int
    library: str
    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, what: str, case: str, n: int, library: str, milliseconds: Sequence[float]) -> Row:
        """Summarise measurements."""
        low, median, high = (float(q) for q in np.quantile(milliseconds, [0.25, 0.5, 0.75]))
        return cls(what, case, n, library, median, low, high, len(milliseconds))


class Figures(list[Row]):
    """All rows of a run."""

    def median(self, what: str, case: str, n: int, library: str) -> float:
        """CPU milliseconds, NaN if that was not measured."""
        for row in self:
            if (row.what, row.case, row.n, row.library) == (what, case, n, library):
                return row.median
        return math.nan

    def ratio(self, what: str, case: str, n: int, library: str) -> float:
        """The library's cost over parzen's; above 1 means that parzen is cheaper."""
        return self.median(what, case, n, library) / self.median(what, case, n, "parzen")


# Ask and tell.


def spaces() -> dict[str, tuple[Param, ...]]:
    """Uniform floats, and a choice of four branches with 4 or 5 floats each: 20 hyperparameters in all."""

    def floats(d: int) -> tuple[Param, ...]:
        return tuple(Param(f"x{i}", "float", 0.0, 1.0) for i in range(d))

    branches = [
        Param(f"b{branch}x{i}", "float", 0.0, 1.0, parent=("branch", branch))
        for branch, count in enumerate((4, 5, 5, 5))
        for i in range(count)
    ]
    numeric = {f"d={d}": floats(d) for d in (1, 5, 10, 20)}
    return {**numeric, "d=20 conditional": (Param("branch", "cat", 0, 3), *branches)}


def free(point: Point) -> float:
    """A bowl over whatever floats a point has, with a level per branch."""
    return sum((value - 0.4) ** 2 for value in point.values())


def ask_and_tell(
    libraries: Sequence[str], cases: Sequence[str], quick: bool, block: int, figures: Figures
) -> None:
    """Time the libraries in turns on histories of growing length, the same history for all.

    With `block` above 1 each turn is that many trials in a row. Trials after
    the first then find the processor's caches as they left them, which is
    kinder to short calls than any real objective would be.
    """
    for case in cases:
        params = spaces()[case]
        rng = np.random.default_rng(0)
        benches = {name: peers.BENCHES[name](params) for name in libraries}
        held = 0
        for n in HISTORIES:
            points = [draw(params, rng) for _ in range(n - held)]
            losses = [free(point) + 0.01 * rng.normal() for point in points]
            for bench in benches.values():
                bench.fill(points, losses)
            spent: dict[str, list[float]] = {name: [] for name in libraries}
            turns = max(1, TURNS[n] // (2 if quick else 1) // block)
            unmeasured = max(1, 2 // block)  # they fill what a library derives from a long history
            for turn in range(-unmeasured, turns):
                for name, bench in benches.items():
                    steps = [1000 * bench.step(free) for _ in range(block)]
                    if turn >= 0:
                        spent[name] += steps
            held = n + (turns + unmeasured) * block
            for name in libraries:
                figures.append(Row.of("ask+tell", case, n, name, spent[name]))
        print(f"ask+tell, {case}: done", file=sys.stderr, flush=True)


def exponents(figures: Figures, case: str, library: str) -> tuple[float, float]:
    """Slope of log time over log n: from 1 000 to the longest history, and fitted to all."""
    x = np.log(HISTORIES)
    y = np.log([figures.median("ask+tell", case, n, library) for n in HISTORIES])
    start = HISTORIES.index(1_000)
    return float((y[-1] - y[start]) / (x[-1] - x[start])), float(np.polyfit(x, y, 1)[0])


# Whole searches.


def tutorial(library: str, trials: int, seed: int) -> None:
    """The tutorial's problem, x**2 - x + 1 over [-5, 5], by TPE through the library's usual call."""
    if library == "parzen":
        from parzen import fmin, hp, tpe

        space = hp.uniform("x", -5, 5)
        fmin(
            _parabola,
            space,
            algo=tpe.suggest,
            max_evals=trials,
            seed=seed,
            verbose=False,
            show_progressbar=False,
        )
    elif library == "hyperopt":
        from hyperopt import fmin, hp, tpe

        space = hp.uniform("x", -5, 5)
        rng = np.random.default_rng(seed)
        fmin(
            _parabola,
            space,
            algo=tpe.suggest,
            max_evals=trials,
            rstate=rng,
            verbose=False,
            show_progressbar=False,
        )
    else:
        params = (Param("x", "float", -5.0, 5.0),)
        peers.SEARCHES[library](params, lambda point: _parabola(point["x"]), trials, seed)


def bookkeeping(library: str, trials: int) -> None:
    """`fmin` with random search and an objective that does nothing."""
    if library == "parzen":
        from parzen import fmin, hp, rand

        fmin(
            _nothing,
            hp.uniform("x", -5, 5),
            rand.suggest,
            trials,
            seed=0,
            verbose=False,
            show_progressbar=False,
        )
    else:
        from hyperopt import fmin, hp, rand

        rng = np.random.default_rng(0)
        fmin(
            _nothing,
            hp.uniform("x", -5, 5),
            rand.suggest,
            trials,
            rstate=rng,
            verbose=False,
            show_progressbar=False,
        )


def _parabola(x: float) -> float:
    return x * x - x + 1


def _nothing(_: float) -> float:
    return 0.0


def _milliseconds(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return 1000 * (time.process_time() - start)


def whole_searches(libraries: Sequence[str], quick: bool, figures: Figures) -> None:
    """The tutorial's problem in turns, and the bookkeeping of `fmin`."""
    spent: dict[str, list[float]] = {name: [] for name in libraries}
    for seed in range(1 if quick else 3):
        for name in libraries:
            spent[name].append(_milliseconds(lambda name=name, seed=seed: tutorial(name, 1000, seed)))
    for name in libraries:
        figures.append(Row.of("tutorial", "1000 TPE trials", 1000, name, spent[name]))
    print("tutorial: done", file=sys.stderr, flush=True)
    # What the histories above left in memory must not be searched for garbage again and again.
    gc.collect()
    gc.freeze()
    cases = [("parzen", trials) for trials in (1_000, 5_000, 20_000)]
    cases += [("hyperopt", trials) for trials in (1_000, 5_000) if "hyperopt" in libraries]
    costs: dict[tuple[str, int], list[float]] = {case: [] for case in cases}
    for turn in range(3):  # in turns, since a shared machine's speed drifts
        for name, trials in cases:
            if name == "parzen" or turn == 0:
                spent_ms = _milliseconds(lambda n=name, t=trials: bookkeeping(n, t))
                costs[name, trials].append(spent_ms / trials)
    for (name, trials), runs in costs.items():
        figures.append(Row.of("bookkeeping", "ms per trial", trials, name, runs))
    gc.unfreeze()
    print("bookkeeping: done", file=sys.stderr, flush=True)


# Imports.

_CLOCK = """
import json, sys, time
spent = {}
def step(name, code):
    start = time.process_time()
    exec(code, globals())
    spent[name] = 1000 * (time.process_time() - start)
step("numpy", "import numpy")
"""

_FIRST_SUGGESTION = """
study = Study({"x": hp.uniform("x", -5, 5), "k": hp.choice("k", [0, 1, 2])}, "tpe", seed=0)
trial = study.ask()
"""

_FIRST_MODELLED = """
for _ in range(30):
    study.tell(trial, float(trial.number % 7))
    trial = study.ask()
"""

IMPORTS = {
    "parzen": _CLOCK
    + f"""
before = set(sys.modules)
step("import parzen", "import parzen")
loaded = {{name.partition(".")[0] for name in set(sys.modules) - before}}
loaded = sorted(loaded - set(sys.stdlib_module_names))
scipy_after_import = "scipy" in sys.modules
step("the tutorial's names", "from parzen import fmin, tpe, hp, Trials, Study")
step("first suggestion", {_FIRST_SUGGESTION!r})
step("30 trials more, the model included", {_FIRST_MODELLED!r})
from parzen import fmin
fmin(lambda x: x * x, hp.uniform("x", -5, 5), algo=tpe.suggest, max_evals=50, seed=0, verbose=False)
facts = {{
    "loaded": loaded,
    "scipy after import": scipy_after_import,
    "scipy.stats after search": "scipy.stats" in sys.modules,
    "scipy after search": sorted(m for m in sys.modules if m.startswith("scipy.") and m.count(".") == 1
                                 and not m.split(".")[1].startswith("_")),
}}
print(json.dumps([spent, facts]))
""",
    "hyperopt": _CLOCK
    + 'step("import hyperopt", "from hyperopt import fmin, tpe, hp, Trials")\nprint(json.dumps([spent, {}]))',
    "optuna": _CLOCK
    + 'step("import optuna", "import optuna; optuna.samplers.TPESampler")\nprint(json.dumps([spent, {}]))',
    "rustuna": _CLOCK
    + 'step("import rustuna", "import rustuna; rustuna.samplers.TPESampler")\nprint(json.dumps([spent, {}]))',
}


def imports(libraries: Sequence[str], figures: Figures) -> dict[str, object]:
    """Import each library in five fresh processes, in turns.

    Returns:
        Which modules parzen loaded, and when.
    """
    spent: dict[tuple[str, str], list[float]] = {}
    facts: dict[str, object] = {}
    for turn in range(-1, 5):  # the first may have to write byte code
        for name in libraries:
            command = [sys.executable, "-W", "ignore", "-c", IMPORTS[name]]
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=120, check=False, env=dict(os.environ)
            )
            if done.returncode:
                raise RuntimeError(f"importing {name} failed:\n{done.stderr}")
            times, found = json.loads(done.stdout.splitlines()[-1])
            facts |= found
            for what, milliseconds in times.items():
                if turn >= 0:
                    spent.setdefault((name, what), []).append(milliseconds)
    for (name, what), values in spent.items():
        figures.append(Row.of("import", what, 0, name, values))
    return facts


# Report.


def report(figures: Figures, libraries: Sequence[str], facts: dict[str, object], block: int) -> str:
    """All tables, as markdown."""
    cases = list(dict.fromkeys(row.case for row in figures if row.what == "ask+tell"))
    others = [name for name in libraries if name != "parzen"]
    parts = [f"### ask + tell, CPU ms: median (quartiles); turns of {block}\n"]
    head = ["space", "n", *libraries, *(f"{name} / parzen" for name in others)]
    rows = []
    for case in cases:
        for n in HISTORIES:
            cells = [
                _cell(row) for name in libraries for row in figures if _is(row, "ask+tell", case, n, name)
            ]
            ratios = [f"{figures.ratio('ask+tell', case, n, name):.1f}" for name in others]
            rows.append([case, f"{n:,}".replace(",", " "), *cells, *ratios])
    parts.append(table(head, rows))
    parts.append("### Growth exponent, 1 000 to 10 000 (fitted to all)\n")
    rows = []
    for case in cases:
        pairs = [exponents(figures, case, name) for name in libraries]
        rows.append([case, *(f"{last:.2f} ({fitted:.2f})" for last, fitted in pairs)])
    parts.append(table(["space", *libraries], rows))
    whole = [row for row in figures if row.what in ("tutorial", "bookkeeping")]
    if whole:
        parts.append("### Whole searches, CPU ms\n")
        rows = []
        for row in whole:
            ratio = figures.ratio(row.what, row.case, row.n, row.library)
            text = f"{row.n:,}".replace(",", " ")
            rows.append([row.what, row.case, text, row.library, f"{row.median:.4g}", f"{ratio:.1f}"])
        parts.append(table(["what", "unit", "trials", "library", "median", "/ parzen"], rows))
        parts.append("### Imports and first use, CPU ms, fresh processes\n")
        rows = [[row.library, row.case, _cell(row)] for row in figures if row.what == "import"]
        parts.append(table(["library", "step, after those above it", "median (quartiles)"], rows))
    parts += [f"- {what}: {found}" for what, found in facts.items()]
    return "\n".join(parts) + "\n"


def _is(row: Row, what: str, case: str, n: int, library: str) -> bool:
    return (row.what, row.case, row.n, row.library) == (what, case, n, library)


def _cell(row: Row) -> str:
    return f"{row.median:.3g} ({row.low:.3g} - {row.high:.3g})"


def slowness() -> float:
    """CPU time of importing NumPy in a fresh process over 0.1 s: the least of five."""
    clock = "import time; t = time.process_time(); import numpy; print(time.process_time() - t)"
    runs = [subprocess.run([sys.executable, "-c", clock], capture_output=True, check=True) for _ in range(5)]
    return min(float(run.stdout) for run in runs) / 0.1


def _word(met: bool) -> str:
    return "met" if met else "NOT met"


def aims(figures: Figures, facts: dict[str, object]) -> str:
    """The aims beside the figures."""
    lines = []

    def state(aim: str, value: float, unit: str, met: bool) -> None:
        word = "not measured" if math.isnan(value) else _word(met)
        lines.append(f"- {aim}: {value:.3g} {unit}, {word}")

    for name in ("hyperopt", "optuna"):
        ratio = figures.ratio("ask+tell", "d=10", 1_000, name)
        state(f"n = 1 000, d = 10: at least 12 times faster than {name}", ratio, "times", ratio >= 12)
    slow = slowness()
    for n, aim in ((100, 0.4), (1_000, 0.6), (10_000, 0.7)):
        cost = figures.median("ask+tell", "d=10", n, "parzen") / slow
        what = f"n = {n}, d = 10: at most {aim} ms where NumPy imports in 0.1 s (here {slow / 10:.2f})"
        state(what, cost, "ms", cost <= aim)
    ratio = 1 / figures.ratio("ask+tell", "d=10", 1_000, "rustuna")
    state("n = 1 000, d = 10: at most 1.3 times Rustuna's time", ratio, "times its time", ratio <= 1.3)
    ratio = figures.ratio("ask+tell", "d=10", 2_000, "rustuna")
    state("n = 2 000, d = 10: ahead of Rustuna", ratio, "times faster", ratio > 1)
    ratio = figures.ratio("ask+tell", "d=20", 5_000, "rustuna")
    state("n = 5 000, d = 20: at least 4 times faster than Rustuna", ratio, "times", ratio >= 4)
    for name in ("hyperopt", "optuna"):
        ratio = figures.ratio("ask+tell", "d=10", 10_000, name)
        state(f"n = 10 000, d = 10: at least 40 times faster than {name}", ratio, "times", ratio >= 40)
    ratio = figures.ratio("tutorial", "1000 TPE trials", 1000, "hyperopt")
    state("tutorial: at least 5 times faster than Hyperopt", ratio, "times", ratio >= 5)
    cost = {n: figures.median("bookkeeping", "ms per trial", n, "parzen") for n in (1_000, 5_000, 20_000)}
    worst = max(cost.values())
    state("bookkeeping of fmin: at most 0.1 ms per trial up to 20 000", worst, "ms", worst <= 0.1)
    growth = cost[20_000] / cost[1_000]
    state(
        "bookkeeping of fmin: flat, 20 000 against 1 000 trials within 1.25", growth, "times", growth <= 1.25
    )
    above = figures.median("import", "import parzen", 0, "parzen")
    state("import parzen: at most 60 ms above numpy", above, "ms", above <= 60)
    if facts:
        clean = not facts["scipy after import"] and facts["loaded"] == ["parzen"]
        lines.append(f"- import parzen loads neither SciPy nor an optional package: {_word(clean)}")
        clean = not facts["scipy.stats after search"]
        lines.append(f"- a TPE search never loads scipy.stats: {_word(clean)}")
    return "\n".join(lines) + "\n"


def save(figures: Figures, versions: dict[str, str]) -> Path:
    """Write every row as CSV."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "overhead.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["what", "case", "n", "library", "version", "median_ms", "low_ms", "high_ms", "count"]
        )
        for row in figures:
            numbers = [f"{value:.5g}" for value in (row.median, row.low, row.high)]
            writer.writerow(
                [row.what, row.case, row.n, row.library, versions[row.library], *numbers, row.count]
            )
    return path


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; see the module's text."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.overhead", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--quick", action="store_true", help="half the turns, one tutorial run")
    parser.add_argument("--libraries", default=",".join(LIBRARIES))
    parser.add_argument("--cases", default=",".join(spaces()), help="spaces, separated by commas")
    parser.add_argument("--block", type=int, default=1, help="trials in a row per library and turn")
    parser.add_argument("--only-ask", action="store_true", help="leave out imports and whole searches")
    options = parser.parse_args(argv)
    peers.silence()
    versions = {}
    for name in options.libraries.split(","):
        try:
            versions[name] = peers.version(name)
        except ModuleNotFoundError as error:
            print(f"{name} is left out: {error}. `make bench-env` makes an environment with all of them.")
    libraries = list(versions)
    figures = Figures()
    facts: dict[str, object] = {}
    if not options.only_ask:
        facts = imports(libraries, figures)
        print("imports: done", file=sys.stderr, flush=True)
    ask_and_tell(libraries, options.cases.split(","), options.quick, options.block, figures)
    if not options.only_ask:
        whole_searches(libraries, options.quick, figures)
    print(f"## Overhead, CPU time, one thread, Python {platform.python_version()}\n")
    print(", ".join(f"{name} {version}" for name, version in versions.items()), end="\n\n")
    print(report(figures, libraries, facts, options.block))
    if "parzen" in libraries:
        print(aims(figures, facts))
        if not options.only_ask:
            print(overhead_gp.report(options.quick))
    if not options.only_ask:  # a partial run does not replace a whole one
        save(figures, versions)


if __name__ == "__main__":
    main()
