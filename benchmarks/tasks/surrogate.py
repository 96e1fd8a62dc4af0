"""A task's losses as a function at no training cost: boosted trees and small networks, in NumPy alone.

Half of a prediction comes from boosted trees with random thresholds, the other
half from tanh networks, so the function is neither a step function along the
axes nor a sample of a Gaussian process: no searcher's own model fits it by
construction. `benchmarks.tasks.fit` makes the arrays; nothing here trains.

The function has no noise: a configuration is validated on the same splits and
from the same seed each time, as in most people's tuning.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problems import BlownUp, Param, Point, Problem
from benchmarks.tasks.spaces import DEV, REPORT, TASKS

DATA = Path(__file__).parent / "data"


class Encoder:
    """Points as rows of numbers in [-1, 1].

    A number is one column, its position between its ends; 0 where it does not
    exist. A choice is one column of 0 and 1 per category.
    """

    def __init__(self, params: Sequence[Param]) -> None:
        self._places: dict[str, tuple[int, Param]] = {}
        width = 0
        for param in params:
            self._places[param.name] = (width, param)
            width += param.size if param.kind == "cat" else 1
        self.width = width

    def __call__(self, points: Sequence[Point]) -> np.ndarray:
        """(n points, width) float64."""
        result = np.zeros((len(points), self.width))
        for row, point in zip(result, points):
            for name, value in point.items():
                place, param = self._places[name]
                if param.kind == "cat":
                    row[place + int(value)] = 1.0
                else:
                    row[place] = 2 * param.unit(value) - 1
        return result


@dataclass(frozen=True)
class Ensemble:
    """Complete binary trees of one depth beside networks of two hidden layers.

    Attributes:
        columns: One per level; (trees * 2**level,) int, the column that a node looks at.
        thresholds: Likewise, float64; right if the column is above.
        leaves: (trees * 2**depth,) float64.
        weights: Three of (networks, inputs, outputs) float64.
        biases: Three of (networks, 1, outputs) float64.
        share: Of the trees in the answer, 0 .. 1.
        centre: The answer's offset.
        spread: The answer's unit.
    """

    columns: tuple[np.ndarray, ...]
    thresholds: tuple[np.ndarray, ...]
    leaves: np.ndarray
    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    share: float
    centre: float
    spread: float

    @classmethod
    def load(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> Ensemble:
        """Read what `save` gave."""
        depth = int(arrays[prefix + "depth"])
        share, centre, spread = arrays[prefix + "numbers"].tolist()
        columns, thresholds = arrays[prefix + "columns"], arrays[prefix + "thresholds"]
        leaves = arrays[prefix + "leaves"].astype(float)
        trees = len(leaves) >> depth
        cuts = [trees * ((1 << level) - 1) for level in range(1, depth)]
        return cls(
            tuple(np.split(columns.astype(np.intp), cuts)),
            tuple(np.split(thresholds.astype(float), cuts)),
            leaves,
            tuple(arrays[f"{prefix}weight{k}"].astype(float) for k in range(3)),
            tuple(arrays[f"{prefix}bias{k}"].astype(float) for k in range(3)),
            share,
            centre,
            spread,
        )

    def save(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays at half precision; a served surrogate has always gone through here."""
        arrays = {
            "depth": np.array(len(self.columns)),
            "numbers": np.array([self.share, self.centre, self.spread]),
            "columns": np.concatenate(self.columns).astype(np.uint8),
            "thresholds": np.concatenate(self.thresholds).astype(np.float16),
            "leaves": self.leaves.astype(np.float16),
        }
        for k in range(3):
            arrays[f"weight{k}"] = self.weights[k].astype(np.float16)
            arrays[f"bias{k}"] = self.biases[k].astype(np.float16)
        return {prefix + name: array for name, array in arrays.items()}

    def trees(self, rows: np.ndarray) -> np.ndarray:
        """What the trees say, in units of `spread`: (n, width) -> (n,)."""
        flat, start = rows.ravel(), np.arange(len(rows))[:, None] * rows.shape[1]
        node = np.arange(len(self.columns[0]))[None, :]
        for column, threshold in zip(self.columns, self.thresholds):
            node = 2 * node + (flat[start + column[node]] > threshold[node])
        return np.asarray(self.leaves[node].sum(axis=1))

    def networks(self, rows: np.ndarray) -> np.ndarray:
        """What the networks say, in units of `spread`: (n, width) -> (n,)."""
        hidden = np.tanh(rows @ self.weights[0] + self.biases[0])
        hidden = np.tanh(hidden @ self.weights[1] + self.biases[1])
        return np.asarray((hidden @ self.weights[2] + self.biases[2])[:, :, 0].mean(axis=0))

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """(n, width) -> (n,) float64."""
        mixed = self.share * self.trees(rows) + (1 - self.share) * self.networks(rows)
        return self.centre + self.spread * mixed


@dataclass(frozen=True)
class Surrogate:
    """Predicts validation losses and failures of a task.

    Attributes:
        params: The space.
        encoder: Points as rows.
        low: The least loss that was observed.
        knee: Losses within this of `low` are spaced evenly by the model, larger ones by their logarithm.
        losses: Gives log((loss - low) / knee + 1).
        raises: Above 0.5 where the training raises; None if it never did.
        diverges: Likewise where the loss is not finite.
    """

    params: tuple[Param, ...]
    encoder: Encoder
    low: float
    knee: float
    losses: Ensemble
    raises: Ensemble | None
    diverges: Ensemble | None

    def predict(self, points: Sequence[Point]) -> np.ndarray:
        """(n,) float64: the losses, infinite where a training fails."""
        rows = self.encoder(points)
        loss = self.low + self.knee * np.expm1(np.minimum(self.losses(rows), 60.0))
        for failure in (self.raises, self.diverges):
            if failure is not None:
                loss[failure(rows) > 0.5] = np.inf
        return loss

    def __call__(self, point: Point) -> float:
        """The loss of one point, NaN where it diverges.

        Raises:
            BlownUp: Where the training raises.
        """
        rows = self.encoder([point])
        if self.raises is not None and self.raises(rows)[0] > 0.5:
            raise BlownUp("the training raised")
        if self.diverges is not None and self.diverges(rows)[0] > 0.5:
            return math.nan
        return self.low + self.knee * math.expm1(min(float(self.losses(rows)[0]), 60.0))

    def save(self) -> dict[str, np.ndarray]:
        """All arrays, for `load`."""
        arrays = {"scale": np.array([self.low, self.knee]), **self.losses.save("losses_")}
        for name, failure in (("raises_", self.raises), ("diverges_", self.diverges)):
            if failure is not None:
                arrays.update(failure.save(name))
        return arrays

    @classmethod
    def load(cls, params: tuple[Param, ...], arrays: Mapping[str, np.ndarray]) -> Surrogate:
        """Read what `save` gave."""
        failures = [
            Ensemble.load(arrays, name) if f"{name}depth" in arrays else None
            for name in ("raises_", "diverges_")
        ]
        low, knee = arrays["scale"].tolist()
        return cls(params, Encoder(params), low, knee, Ensemble.load(arrays, "losses_"), *failures)


@dataclass(frozen=True)
class Table:
    """The configurations that were trained, one per row.

    Attributes:
        points: Active labels only.
        status: (n,) int8: 0 trained, 1 raised, 2 not finite.
        loss: (n,) float64; NaN where the training failed.
        curve: (n, steps) float64; NaN beyond a row's last step.
        seconds: (n,) float64: CPU time of training and validating.
        size: (n,) float64: the second metric; NaN where the training failed.
        origin: (n,) int8: 0 prior, 1 TPE, 2 a changed good point, 3 an earlier surrogate's minimum.
    """

    points: list[dict[str, float | int]]
    status: np.ndarray
    loss: np.ndarray
    curve: np.ndarray
    seconds: np.ndarray
    size: np.ndarray
    origin: np.ndarray


@dataclass(frozen=True)
class Stored:
    """A task's data file: what was trained, the surrogate, and notes.

    Attributes:
        about: optimum, its point, quality of the fit on held-out rows, versions, CPU seconds.
    """

    table: Table
    surrogate: Surrogate
    about: dict[str, Any]


@functools.cache
def load(name: str) -> Stored:
    """Read a task's data file.

    Raises:
        KeyError: If there is no such task.
    """
    task = TASKS[name]
    with np.load(DATA / f"{name}.npz") as file:
        arrays = {key: file[key] for key in file.files}
    points = [
        {p.name: p.legal(value) for p, value in zip(task.params, row) if not math.isnan(value)}
        for row in arrays["values"].tolist()
    ]
    columns = {key: arrays[key].astype(float) for key in ("loss", "curve", "seconds", "size")}
    table = Table(points, arrays["status"], origin=arrays["origin"], **columns)
    return Stored(table, Surrogate.load(task.params, arrays), json.loads(str(arrays["about"])))


def make(name: str, seed: int) -> Problem:
    """A task as a problem. The seed is the search's; the function is the same for all.

    >>> make("svm-digits", seed=3).kinds
    ('real', 'conditional')
    """
    stored, task = load(name), TASKS[name]
    return Problem(
        name,
        task.kinds,
        task.params,
        stored.surrogate,
        stored.about["optimum"],
        suite=task.suite,
        seed=seed,
    )


def served(suite: str) -> tuple[str, ...]:
    """The tasks of a suite, "dev" or "report", that have a data file."""
    return tuple(name for name in {"dev": DEV, "report": REPORT}[suite] if (DATA / f"{name}.npz").exists())


def tasks(suite: str, seed: int) -> list[Problem]:
    """The surrogates of one suite, "dev" or "report"."""
    return [make(name, seed) for name in served(suite)]
