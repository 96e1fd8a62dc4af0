"""Evaluate a task's configurations and fit its surrogate.

    python -m benchmarks.tasks.compute svm-digits      # one task
    python -m benchmarks.tasks.compute                 # all that is missing

Every evaluation is appended to `benchmarks/results/task-NAME.jsonl` as soon
as it is done. Kill the program whenever you like: the next call makes the
same choices again, finds the finished evaluations in that file and goes on.
The result is `data/NAME.npz`; delete it to have a task fitted again.

Where the configurations come from, in this order:

1. 45 % independent draws from the prior.
2. 27 % by three runs of parzen's TPE from different seeds.
3. 13 % changes of good points in one to three hyperparameters.
4. 15 % minima of surrogates fitted to everything so far, in two rounds:
   where a surrogate promises too much, the next one knows better.

The last two are there because a sampler's own trail has holes: without them
a surrogate's minimum lies where nobody looked.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import peers
from benchmarks.problems import BlownUp, Param, Point, draw
from benchmarks.tasks.spaces import TASKS, Task
from benchmarks.tasks.training import Row, evaluate

WORK = Path(__file__).parent.parent / "results"
DATA = Path(__file__).parent / "data"
PRIOR, TPE, CHANGED, PROMISED = range(4)  # origins of a configuration
TPE_RUNS = 3
ROUNDS = 2


class Rows:
    """The evaluations of one task so far, in a file that only grows."""

    def __init__(self, task: Task, folder: Path = WORK) -> None:
        self._task = task
        self._path = folder / f"task-{task.name}.jsonl"
        self._known: dict[str, Row] = {}
        self.points: list[Point] = []
        self.rows: list[Row] = []
        self.origins: list[int] = []
        self._seen: set[str] = set()
        if self._path.exists():
            text = self._path.read_text()
            whole = text[: text.rfind("\n") + 1]
            if whole != text:  # a kill cut the last line off
                self._path.write_text(whole)
            for line in whole.splitlines():
                item = json.loads(line)
                key = self._key(item.pop("point"))
                self._known[key] = Row(**{**item, "curve": tuple(item["curve"])})

    @staticmethod
    def _key(point: Point) -> str:
        return json.dumps(point, sort_keys=True)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, point: Point) -> bool:
        return self._key(point) in self._seen

    def get(self, point: Point, origin: int) -> Row:
        """Evaluate a configuration, or recall it."""
        key = self._key(point)
        row = self._known.get(key)
        if row is None:
            row = self._known[key] = evaluate(self._task.name, point)
            self._path.parent.mkdir(exist_ok=True)
            with self._path.open("a") as file:
                file.write(json.dumps({"point": dict(point), **row.__dict__}) + "\n")
        if key not in self._seen:
            self._seen.add(key)
            self.points.append(dict(point))
            self.rows.append(row)
            self.origins.append(origin)
        return row

    def good(self, count: int) -> list[Point]:
        """The configurations with the least losses, best first."""
        losses = [row.loss if row.status == 0 else math.inf for row in self.rows]
        return [self.points[i] for i in np.argsort(losses, kind="stable")[:count]]


def changed(params: tuple[Param, ...], point: Point, rng: np.random.Generator) -> dict[str, float | int]:
    """Another point nearby: one to three hyperparameters of it redrawn, numbers close to where they were.

    A new branch's own hyperparameters come from the prior.
    """
    names = rng.permutation(list(point))[: rng.integers(1, 4)]
    near = 10 ** rng.uniform(-2, -0.7)
    result: dict[str, float | int] = {}
    for param in params:
        if param.parent is not None and result.get(param.parent[0]) != param.parent[1]:
            continue
        if param.name not in point or (param.name in names and param.kind == "cat"):
            result[param.name] = param.draw(rng)
        elif param.name in names:
            u = param.unit(point[param.name]) + near * rng.normal()
            result[param.name] = param.from_unit(min(max(u, 0.0), 1.0))
        else:
            result[param.name] = point[param.name]
    return result


def search_tpe(
    params: tuple[Param, ...], objective: Callable[[Point], float], trials: int, seed: int
) -> None:
    """Run parzen's TPE."""
    peers.SEARCHES["parzen"](params, objective, trials, seed)


def sample(task: Task, rows: Rows) -> Iterator[None]:
    """Fill `rows` up to the task's count; gives way after each evaluation."""
    rng = np.random.default_rng([len(task.params), task.seed])
    while len(rows) < 0.45 * task.count:
        rows.get(draw(task.params, rng), PRIOR)
        yield
    for seed in range(TPE_RUNS):

        def objective(point: Point) -> float:
            row = rows.get(point, TPE)
            if row.status == 1:
                raise BlownUp("the training raised")
            return row.loss

        search_tpe(task.params, objective, round(0.27 * task.count / TPE_RUNS), 9_000 + seed)
        yield
    while len(rows) < 0.85 * task.count:
        good = rows.good(40)
        rows.get(changed(task.params, good[int(40 * rng.random() ** 1.5)], rng), CHANGED)
        yield
    for k in range(1, ROUNDS + 1):
        goal = round((0.85 + 0.15 * k / ROUNDS) * task.count)
        if len(rows) < goal:
            from benchmarks.tasks.fit import fit, minima

            surrogate = fit(task, rows.points, rows.rows)
            fresh = [p for p in minima(surrogate, rows.good(40), rng, goal) if p not in rows]
            for point in fresh[: goal - len(rows)]:
                rows.get(point, PROMISED)
                yield


def main(arguments: list[str] | None = None) -> None:
    """Compute the named tasks, or all without a data file."""
    parser = argparse.ArgumentParser(description="Evaluate a task's configurations and fit its surrogate.")
    parser.add_argument("tasks", nargs="*", help="names; without any, all that have no data file yet")
    parser.add_argument("--sample-only", action="store_true", help="evaluate without fitting")
    parser.add_argument("--share", type=float, default=1.0, help="stop after this share of the evaluations")
    options = parser.parse_args(arguments)
    peers.silence()
    for name in options.tasks or [n for n in TASKS if not (DATA / f"{n}.npz").exists()]:
        task = TASKS[name]
        rows = Rows(task)
        for _ in sample(task, rows):
            if len(rows) >= options.share * task.count:
                break
        spent = sum(row.seconds for row in rows.rows)
        print(f"{name}: {len(rows)} configurations, {spent:.0f} CPU s of training", flush=True)
        if not options.sample_only:
            from benchmarks.tasks.fit import store

            print(store(task, rows.points, rows.rows, rows.origins, DATA / f"{name}.npz"), flush=True)


if __name__ == "__main__":
    main()
