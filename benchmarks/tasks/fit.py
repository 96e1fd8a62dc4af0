"""Fit a task's surrogate, judge it on held-out rows, look for its minimum, store all of it.

Needs scikit-learn and PyTorch; what it writes needs neither.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.problems import Point, draw
from benchmarks.tasks.spaces import Task
from benchmarks.tasks.surrogate import Encoder, Ensemble, Surrogate
from benchmarks.tasks.training import CURVE, Row

DEPTH = 6
TREES = 200
NETWORKS = 4
HIDDEN = 40
SHARES = (0.35, 0.5, 0.65)  # of the trees; never far from half
FOLDS = 5
FEWEST = 5  # failures of a kind before they are modelled


def _trees(x: np.ndarray, y: np.ndarray, count: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """Boost trees with random thresholds; `columns`, `thresholds` and `leaves` of an `Ensemble`."""
    from sklearn.tree import ExtraTreeRegressor

    rate, left, rng = 10 / count, y.copy(), np.random.default_rng(0)
    columns = [np.zeros((count, 1 << level), int) for level in range(DEPTH)]
    thresholds = [np.full((count, 1 << level), np.inf) for level in range(DEPTH)]
    leaves = np.zeros((count, 1 << DEPTH))
    for t in range(count):
        rows = rng.random(len(y)) < 0.8
        tree = ExtraTreeRegressor(max_depth=DEPTH, min_samples_leaf=2, max_features=0.8, random_state=t).fit(
            x[rows], left[rows]
        )
        left -= rate * tree.predict(x)
        inner = tree.tree_
        stack = [(0, 0, 0)]  # node, level, position on the level
        while stack:
            node, level, place = stack.pop()
            if inner.children_left[node] < 0:
                width = 1 << (DEPTH - level)
                leaves[t, place * width : (place + 1) * width] = rate * inner.value[node, 0, 0]
                continue
            columns[level][t, place] = inner.feature[node]
            thresholds[level][t, place] = inner.threshold[node]
            stack.append((inner.children_left[node], level + 1, 2 * place))
            stack.append((inner.children_right[node], level + 1, 2 * place + 1))
    return [c.ravel() for c in columns], [t.ravel() for t in thresholds], leaves.ravel()


def _networks(x: np.ndarray, y: np.ndarray, steps: int = 800) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Train a few networks at once, each on its own batches; `weights` and `biases` of an `Ensemble`."""
    import torch

    torch.set_num_threads(1)
    source = torch.Generator().manual_seed(0)
    sizes = (x.shape[1], HIDDEN, HIDDEN, 1)
    weights, biases = [], []
    for before, after in itertools.pairwise(sizes):
        weight = torch.randn(NETWORKS, before, after, generator=source) / math.sqrt(before)
        weights.append(weight.requires_grad_())
        biases.append((0.3 * torch.randn(NETWORKS, 1, after, generator=source)).requires_grad_())
    optimiser = torch.optim.AdamW(
        [{"params": weights, "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}], lr=1e-2
    )
    inputs, target = torch.tensor(x, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 1e-2 * (1 + math.cos(math.pi * step / steps)) / 2
        rows = torch.randint(len(y), (NETWORKS, 128), generator=source)
        hidden = inputs[rows]
        for k in range(3):
            hidden = torch.baddbmm(biases[k], hidden, weights[k])
            hidden = torch.tanh(hidden) if k < 2 else hidden
        loss = ((hidden[:, :, 0] - target[rows]) ** 2).mean(dim=1).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return [w.detach().numpy() for w in weights], [b.detach().numpy() for b in biases]


def _ensemble(x: np.ndarray, y: np.ndarray, trees: int = TREES, share: float = 0.5) -> Ensemble:
    centre, spread = float(y.mean()), float(y.std()) or 1.0
    z = (y - centre) / spread
    columns, thresholds, leaves = _trees(x, z, trees)
    weights, biases = _networks(x, z)
    made = Ensemble(
        tuple(columns), tuple(thresholds), leaves, tuple(weights), tuple(biases), share, centre, spread
    )
    return Ensemble.load(made.save(""), "")


def _target(loss: np.ndarray) -> tuple[float, float, np.ndarray]:
    """`low`, `knee` and the transformed losses of a surrogate; a thousand knees is the most."""
    low = float(loss.min())
    knee = float(np.quantile(loss, 0.25)) - low or float(loss.std()) or 1.0
    return low, knee, np.log1p(np.minimum((loss - low) / knee, 1000.0))


def fit(task: Task, points: Sequence[Point], rows: Sequence[Row], share: float = 0.5) -> Surrogate:
    """Fit a surrogate to evaluations."""
    status = np.array([row.status for row in rows])
    encoder = Encoder(task.params)
    x = encoder(points)
    fine = status == 0
    low, knee, target = _target(np.array([row.loss for row in rows])[fine])
    failures = [
        _ensemble(x, (status == kind).astype(float), TREES // 2) if (status == kind).sum() >= FEWEST else None
        for kind in (1, 2)
    ]
    return Surrogate(
        task.params, encoder, low, knee, _ensemble(x[fine], target, share=share), failures[0], failures[1]
    )


def ranks_agree(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation."""
    from scipy.stats import spearmanr

    return float(spearmanr(a, b).statistic)


def judge(task: Task, points: Sequence[Point], rows: Sequence[Row]) -> tuple[float, dict[str, Any]]:
    """Predict each row by a surrogate fitted without it, in folds.

    Returns:
        The best share of trees, and for the trees, the networks and their
        mixture: R2 of the transformed losses, Spearman's correlation, the same
        within the best quarter of rows; and how many failures and non-failures
        were predicted right.
    """
    x = Encoder(task.params)(points)
    status = np.array([row.status for row in rows])
    loss = np.array([row.loss for row in rows])
    fold = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    parts = np.full((2, len(rows)), np.nan)
    failed = np.zeros(len(rows), bool)
    fine = status == 0
    target = np.full(len(rows), np.nan)
    target[fine] = _target(loss[fine])[2]
    for k in range(FOLDS):
        train, test = fold != k, fold == k
        model = _ensemble(x[train & fine], target[train & fine])
        parts[0, test] = model.centre + model.spread * model.trees(x[test])
        parts[1, test] = model.centre + model.spread * model.networks(x[test])
        for kind in (1, 2):
            if (status == kind).sum() >= FEWEST:
                guess = _ensemble(x[train], (status[train] == kind).astype(float), TREES // 2)(x[test])
                failed[test] |= guess > 0.5
    truth = target[fine]
    mixed = {share: share * parts[0] + (1 - share) * parts[1] for share in SHARES}
    best = min(SHARES, key=lambda share: float(((mixed[share][fine] - truth) ** 2).mean()))
    quality: dict[str, Any] = {}
    for form, guess in (("trees", parts[0]), ("networks", parts[1]), ("mixture", mixed[best])):
        held = guess[fine]
        top = truth <= np.quantile(truth, 0.25)
        quality[form] = {
            "r2": round(1 - float(((held - truth) ** 2).mean() / truth.var()), 3),
            "spearman": round(ranks_agree(held, truth), 3),
            "spearman_top": round(ranks_agree(held[top], truth[top]), 3),
        }
    if failed.any():
        quality["failures"] = [int((failed & ~fine).sum()), int((~fine).sum())]
        quality["trained"] = [int((~failed & fine).sum()), int(fine.sum())]
    return best, quality


def minima(
    surrogate: Surrogate, starts: Sequence[Point], rng: np.random.Generator, count: int, rounds: int = 25
) -> list[Point]:
    """Walk down from many places at once, each walk for itself.

    Args:
        surrogate: What is minimised.
        starts: Good points; as many more come from the prior's best.
        rng: Source of the steps.
        count: At most so many walks from `starts`.
        rounds: Each tries eight steps per walk.

    Returns:
        The ends of the walks, best first, no two equal.
    """
    from benchmarks.tasks.compute import changed

    drawn = [draw(surrogate.params, rng) for _ in range(2000)]
    order = np.argsort(surrogate.predict(drawn), kind="stable")
    walks = [*starts[:count], *(drawn[i] for i in order[: min(count, len(starts))])]
    heights = surrogate.predict(walks)
    for _ in range(rounds):
        steps = [changed(surrogate.params, walk, rng) for walk in walks for _ in range(8)]
        found = surrogate.predict(steps).reshape(len(walks), 8)
        for i, k in enumerate(found.argmin(axis=1)):
            if found[i, k] < heights[i]:
                walks[i], heights[i] = steps[8 * i + k], found[i, k]
    unique = {
        json.dumps(walks[i], sort_keys=True): walks[i]
        for i in np.argsort(heights, kind="stable")
        if math.isfinite(heights[i])
    }
    return list(unique.values())


def _short(values: np.ndarray, bits: int = 12) -> np.ndarray:
    """Single precision with so many bits of mantissa, so that it packs well."""
    raw = values.astype(np.float32).view(np.uint32)
    cut = np.uint32(23 - bits)
    half = np.uint32(1) << (cut - np.uint32(1))
    rounded = np.where(np.isfinite(values), (raw + half) >> cut << cut, raw)
    return rounded.astype(np.uint32).view(np.float32)


def store(
    task: Task, points: Sequence[Point], rows: Sequence[Row], origins: Sequence[int], path: Path
) -> dict[str, Any]:
    """Fit, judge, search the minimum and write the data file; returns what its `about` says."""
    import sklearn

    share, quality = judge(task, points, rows)
    surrogate = fit(task, points, rows, share)
    surrogate = Surrogate.load(task.params, surrogate.save())
    rng = np.random.default_rng(11)
    order = np.argsort(surrogate.predict(points), kind="stable")
    ends = minima(surrogate, [points[i] for i in order[:60]], rng, 60, rounds=60)
    ends = minima(surrogate, ends[:30], rng, 30, rounds=60)
    # A single call may differ from a batch in the last bit.
    values = [surrogate(point) for point in ends[:10]]
    best = int(np.argmin(values))
    status = np.array([row.status for row in rows], np.int8)
    about = {
        "optimum": values[best],
        "point": dict(ends[best]),
        "best_trained": min(row.loss for row in rows if row.status == 0),
        "share_of_trees": share,
        "held_out": quality,
        "configurations": len(rows),
        "cpu_seconds": round(sum(row.seconds for row in rows)),
        "versions": {"numpy": np.__version__, "scikit-learn": sklearn.__version__, **_versions()},
    }
    curve = np.full((len(rows), CURVE), np.nan)
    for i, row in enumerate(rows):
        curve[i, : len(row.curve)] = row.curve
    steps = max(len(row.curve) for row in rows)
    arrays = {
        "values": np.array(
            [[point.get(p.name, math.nan) for p in task.params] for point in points], np.float32
        ),
        "status": status,
        "loss": np.array([row.loss if row.status == 0 else math.nan for row in rows], np.float32),
        "curve": _short(curve[:, :steps]),
        "seconds": _short(np.array([row.seconds for row in rows])),
        "size": _short(np.array([row.size for row in rows])),
        "origin": np.array(origins, np.int8),
        "about": np.array(json.dumps(about)),
        **surrogate.save(),
    }
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, **arrays)
    return about


def _versions() -> dict[str, str]:
    import importlib.metadata

    return {name: importlib.metadata.version(name) for name in ("lightgbm", "xgboost-cpu", "torch")}
