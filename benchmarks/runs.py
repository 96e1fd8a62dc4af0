"""One search of one problem, and the file that keeps it.

A run is the regret of the best trial so far, as the library saw it, after each
trial: the *true* loss, without noise, of the trial that looked best, minus the
known minimum. It is kept as its steps, five digits each, one line of CSV a run,
in one file per suite and method.

Lines are only appended, so a process may be killed at any instant; a line that
was cut short is passed over. Runs of a peer are kept for every version of it,
those of parzen for its newest source only.
"""

from __future__ import annotations

import csv
import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.base import Point, Problem, count_points
from benchmarks.peers import Search

DATA = Path(__file__).parent / "data" / "quality"
FIELDS = ("version", "problem", "print", "seed", "trials", "cpu_ms", "steps")


@dataclass(frozen=True)
class Run:
    """What one search did.

    Attributes:
        curve: (trials,) float64: regret of the best trial so far; inf before the first success.
        cpu_ms: CPU milliseconds per trial, the objective's own left out.
    """

    curve: np.ndarray
    cpu_ms: float


def search(method: Search, problem: Problem, trials: int) -> Run:
    """Run one search.

    A library may stop once it has seen all points of a finite space; its last
    regret then stands for the trials that are left.

    Raises:
        RuntimeError: If the library did not evaluate exactly `trials` points.
    """
    noise = np.random.default_rng([problem.seed, 77]).normal(0, 1, trials) * problem.noise
    curve: list[float] = []
    best_seen, regret, inside = math.inf, math.inf, 0.0

    def evaluate(point: Point) -> float:
        nonlocal best_seen, regret
        curve.append(regret)  # stays if the loss below raises
        loss = problem.loss(point) + (noise[len(curve) - 1] if len(curve) <= trials else 0.0)
        if loss < best_seen:
            # A surrogate's loss is its own truth; to train twice would only cost time.
            true = problem.true_loss(point) if problem.noise else loss
            best_seen, regret = loss, max(0.0, true - problem.optimum)
            curve[-1] = regret
        return float(loss)

    def objective(point: Point) -> float:
        nonlocal inside
        begun = time.process_time()
        try:
            return evaluate(point)
        finally:
            inside += time.process_time() - begun

    start = time.process_time()
    method(problem.params, objective, trials, problem.seed)
    spent = time.process_time() - start - inside
    if len(curve) < trials and count_points(problem.params) <= trials:
        curve += [curve[-1]] * (trials - len(curve))
    if len(curve) != trials:
        raise RuntimeError(f"{len(curve)} points of {problem.name} were evaluated, not {trials}")
    return Run(np.array(curve), 1000 * spent / trials)


def to_steps(curve: Sequence[float] | np.ndarray) -> str:
    """ "trial:regret" wherever the curve changes to five digits.

    >>> to_steps([math.inf, 2.0, 2.0000001, 0.5])
    '0:inf 1:2 3:0.5'
    """
    texts = [f"{value:.5g}" for value in curve]
    return " ".join(f"{i}:{text}" for i, text in enumerate(texts) if i == 0 or text != texts[i - 1])


def from_steps(steps: str, trials: int) -> np.ndarray:
    """The reverse of `to_steps`.

    >>> from_steps('0:inf 1:2 3:0.5', 4).tolist()
    [inf, 2.0, 2.0, 0.5]
    """
    curve = np.empty(trials)
    for step in steps.split():
        index, value = step.split(":")
        curve[int(index) :] = float(value)
    return curve


class Records:
    """The runs of one method on one suite.

    Args:
        path: The file; it need not exist.
        newest_only: Whether runs of other versions are dropped once there is a new one.
    """

    def __init__(self, path: Path, *, newest_only: bool = False) -> None:
        self._path, self._newest_only = path, newest_only
        self._rows = _rows(path)
        self._index: dict[tuple[str, ...], dict[str, str]] = {}
        for row in self._rows:
            self._enter(row)

    def _enter(self, row: dict[str, str]) -> None:
        """Make a row the one that is found, unless a longer one is."""
        key = tuple(row[field] for field in FIELDS[:4])
        if key not in self._index or int(self._index[key]["trials"]) <= int(row["trials"]):
            self._index[key] = row

    @property
    def version(self) -> str:
        """The version of the last run; empty without any."""
        return self._rows[-1]["version"] if self._rows else ""

    def get(self, version: str, problem: Problem, trials: int) -> Run | None:
        """The longest run, if it is of at least so many trials."""
        row = self._index.get((version, problem.name, problem.fingerprint, str(problem.seed)))
        if row is None or int(row["trials"]) < trials:
            return None
        return Run(from_steps(row["steps"], int(row["trials"])), float(row["cpu_ms"]))

    def put(self, version: str, problem: Problem, run: Run) -> None:
        """Keep one run, on disk before this returns."""
        values = (version, problem.name, problem.fingerprint, str(problem.seed), str(len(run.curve)))
        row = dict(zip(FIELDS, (*values, f"{run.cpu_ms:.3g}", to_steps(run.curve)), strict=True))
        stale = self._newest_only and any(old["version"] != version for old in self._rows)
        if stale:
            self._rows = [old for old in self._rows if old["version"] == version]
        self._rows.append(row)
        self._enter(row)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        if stale or not self._path.exists():
            self.rewrite()
        else:
            with self._path.open("a", newline="") as file:
                csv.DictWriter(file, FIELDS, lineterminator="\n").writerow(row)

    def rewrite(self) -> None:
        """Write the whole file in the order of problems and seeds, so that a diff shows what is new."""
        rows = sorted(self._rows, key=lambda row: (row["version"], row["problem"], int(row["seed"])))
        with (new := self._path.with_suffix(".new")).open("w", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(new, self._path)

    def typical_ms(self) -> float:
        """The median over runs of the CPU milliseconds per trial; NaN without any."""
        return float(np.median([float(row["cpu_ms"]) for row in self._rows])) if self._rows else math.nan


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a file. A last line that was cut short is taken off, also from the file."""
    if not path.exists():
        return []
    text = path.read_text()
    if text and not text.endswith("\n"):
        text = text[: text.rfind("\n") + 1]
        path.write_text(text)
    return list(csv.DictReader(text.splitlines()))
