"""Three tasks that train for real whenever they are called, mostly in less than 0.3 s.

They check that what holds on surrogates holds on the real thing. Their
libraries are imported by the first evaluation. An evaluation is kept for the
life of the process, so asking for the same point again trains nothing.

The optimum of such a task is not known. What stands here is the least loss
that `python -m benchmarks.tasks.live` found in 300 trials; a search that
finds less has regret 0.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.problems import BlownUp, Param, Point, Problem, draw
from benchmarks.tasks.compute import search_tpe
from benchmarks.tasks.data_sets import folds

_WINE = (
    Param("scale", "cat", 0, 2),  # none, standard, to [0, 1]
    Param("model", "cat", 0, 3),  # logistic, neighbours, random forest, quadratic discriminant
    Param("logistic_cost", "float", 1e-4, 1e4, log=True, parent=("model", 0)),
    Param("logistic_balance", "cat", 0, 1, parent=("model", 0)),
    Param("knn_count", "int", 1, 80, log=True, parent=("model", 1)),
    Param("knn_weights", "cat", 0, 1, parent=("model", 1)),
    Param("knn_power", "float", 1.0, 4.0, parent=("model", 1)),
    Param("forest_trees", "int", 5, 60, log=True, parent=("model", 2)),
    Param("forest_depth", "int", 1, 12, parent=("model", 2)),
    Param("forest_columns", "float", 0.05, 1.0, parent=("model", 2)),
    Param("quadratic_ridge", "float", 1e-5, 1.0, log=True, parent=("model", 3)),
)

_CANCER = (
    Param("rate", "float", 1e-3, 1.0, log=True),
    Param("rounds", "int", 10, 150, log=True),
    Param("leaves", "int", 2, 64, log=True),
    Param("leaf_rows", "int", 1, 100, log=True),
    Param("columns", "float", 0.1, 1.0),
    Param("rows", "float", 0.2, 1.0),
    Param("l1", "float", 1e-6, 1e2, log=True),
    Param("l2", "float", 1e-6, 1e2, log=True),
    Param("random_splits", "cat", 0, 1),
)

_DIABETES = (
    Param("rate", "float", 1e-5, 1.0, log=True),
    Param("momentum", "float", 0.0, 0.99),
    Param("decay", "float", 1e-6, 1.0, log=True),
    Param("batch", "int", 16, 128, log=True),
    Param("width", "int", 4, 128, log=True),
    Param("layers", "int", 1, 3),
    Param("dropout", "float", 0.0, 0.8),
    Param("activation", "cat", 0, 2),  # ReLU, tanh, GELU
)


def families_wine(point: Point) -> float:
    """Log loss of one of four families of classifiers on wine; 3 folds."""
    from sklearn import discriminant_analysis, ensemble, linear_model, metrics, neighbors, pipeline
    from sklearn import preprocessing as pre

    model = int(point["model"])
    losses = []
    for x, y, valid, truth in folds("wine", 3):
        if model == 0:
            balance = "balanced" if point["logistic_balance"] else None
            last = linear_model.LogisticRegression(
                C=point["logistic_cost"], class_weight=balance, max_iter=300
            )
        elif model == 1:
            weights = ("uniform", "distance")[int(point["knn_weights"])]
            last = neighbors.KNeighborsClassifier(
                int(point["knn_count"]), weights=weights, p=point["knn_power"]
            )
        elif model == 2:
            last = ensemble.RandomForestClassifier(
                int(point["forest_trees"]),
                max_depth=int(point["forest_depth"]),
                max_features=point["forest_columns"],
                random_state=0,
            )
        else:
            ridge = point["quadratic_ridge"]
            last = discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=ridge)
        scale = ([], [pre.StandardScaler()], [pre.MinMaxScaler()])[int(point["scale"])]
        chances = pipeline.make_pipeline(*scale, last).fit(x, y).predict_proba(valid)
        losses.append(metrics.log_loss(truth, np.clip(chances, 1e-6, 1), labels=[0, 1, 2]))
    return float(np.mean(losses))


def lightgbm_cancer(point: Point) -> float:
    """Log loss of LightGBM on breast cancer; 3 folds."""
    import lightgbm

    settings = {
        "objective": "binary",
        "learning_rate": point["rate"],
        "num_leaves": int(point["leaves"]),
        "min_data_in_leaf": int(point["leaf_rows"]),
        "feature_fraction": point["columns"],
        "bagging_fraction": point["rows"],
        "bagging_freq": 1,
        "lambda_l1": point["l1"],
        "lambda_l2": point["l2"],
        "extra_trees": bool(point["random_splits"]),
        "seed": 0,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    losses = []
    for x, y, valid, truth in folds("breast_cancer", 3):
        model = lightgbm.train(settings, lightgbm.Dataset(x, y), int(point["rounds"]))
        chance = np.clip(np.asarray(model.predict(valid)), 1e-6, 1 - 1e-6)
        losses.append(-np.log(np.where(truth == 1, chance, 1 - chance)).mean())
    return float(np.mean(losses))


def mlp_diabetes(point: Point) -> float:
    """Mean squared error, in units of the target's variance, of a perceptron on diabetes; one split."""
    import torch
    from torch import nn

    from benchmarks.tasks.torch_models import fit, perceptron

    torch.manual_seed(0)
    x, y, valid, truth = folds("diabetes", 3)[0]
    scale = [(part - x.mean(axis=0)) / x.std(axis=0) for part in (x, valid)]
    targets = [((part - y.mean()) / y.std()).astype(np.float32)[:, None] for part in (y, truth)]
    model = perceptron(x.shape[1], point, 1)
    optimiser = torch.optim.SGD(
        model.parameters(), point["rate"], momentum=point["momentum"], weight_decay=point["decay"]
    )
    data = (scale[0], targets[0], scale[1], targets[1])
    return fit(model, optimiser, data, 12, int(point["batch"]), criterion=nn.functional.mse_loss)[-1]


@dataclass(frozen=True)
class Live:
    """A task that trains.

    Attributes:
        name: Model and data set.
        train: Validation loss of a point.
        params: In an order in which parents come before their children.
        libraries: What `train` imports.
        optimum: The least loss that was found.
    """

    name: str
    train: Callable[[Point], float]
    params: tuple[Param, ...]
    libraries: tuple[str, ...]
    optimum: float


TASKS: dict[str, Live] = {
    task.name: task
    for task in (
        Live("live-families-wine", families_wine, _WINE, ("sklearn",), 0.00602757),
        Live("live-lightgbm-cancer", lightgbm_cancer, _CANCER, ("sklearn", "lightgbm"), 0.0718603),
        Live("live-mlp-diabetes", mlp_diabetes, _DIABETES, ("sklearn", "torch"), 0.457039),
    )
}
SPACES: dict[str, tuple[Param, ...]] = {task.name: task.params for task in TASKS.values()}


@functools.cache
def _trained(train: Callable[[Point], float], text: str) -> float | str:
    """The loss of a point given as JSON, or what the training said when it raised."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return train(json.loads(text))
    except Exception as error:  # noqa: BLE001 - the boundary around the training
        return str(error) or type(error).__name__


def missing(name: str) -> list[str]:
    """The libraries that a task needs and that are not installed."""
    return [library for library in TASKS[name].libraries if importlib.util.find_spec(library) is None]


def make(name: str, seed: int) -> Problem:
    """A task that trains as a problem; the seed is the search's. The first loss imports the libraries.

    Raises:
        KeyError: If there is no such task.
        ModuleNotFoundError: If a library that it trains with is not installed.
    """
    task = TASKS[name]
    if missing(name):
        raise ModuleNotFoundError(f"task {name!r} trains with {', '.join(missing(name))}: install it first")

    def loss(point: Point) -> float:
        found = _trained(task.train, json.dumps(dict(point), sort_keys=True))
        if isinstance(found, str):
            raise BlownUp(found)
        return found

    return Problem(name, ("training",), task.params, loss, task.optimum, suite="report", seed=seed)


def look_for_optimum(name: str) -> str:
    """Search for a task's least loss: 100 random points, then two runs of parzen's TPE; a line of figures."""
    problem = make(name, 0)
    losses: list[float] = []
    seconds: list[float] = []

    def objective(point: Point) -> float:
        start = time.process_time()
        try:
            losses.append(problem.true_loss(point))
        finally:
            seconds.append(time.process_time() - start)
        return losses[-1]

    rng = np.random.default_rng(0)
    for _ in range(100):
        objective(draw(problem.params, rng))
    drawn = min(losses)
    for seed in (50_001, 50_002):
        search_tpe(problem.params, objective, 100, seed)
    failed = len(losses) - int(np.isfinite(losses).sum())
    return (
        f"{name}: least {min(losses):.6g}, of the random 100 {drawn:.6g}; "
        f"{np.mean(seconds):.3f} s each, at most {max(seconds):.3f}; {failed} of {len(losses)} failed"
    )


if __name__ == "__main__":
    for task_name in TASKS:
        print(look_for_optimum(task_name), flush=True)
