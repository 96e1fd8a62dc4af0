"""What one evaluation of a task is, and the table of who does it.

Importing this imports no learning library; evaluating does.
"""

from __future__ import annotations

import importlib
import math
import time
import warnings
from dataclasses import dataclass

from benchmarks.problems import Point

CURVE = 16  # the most steps a learning curve has


@dataclass(frozen=True)
class Outcome:
    """What training a model gave.

    Attributes:
        loss: The validation loss; may be infinite or NaN.
        curve: The validation loss on the way, at most `CURVE` values, the last one equal to `loss`.
        size: The second metric: how big the model is. What is counted stands in the task's table.
    """

    loss: float
    curve: tuple[float, ...]
    size: float


@dataclass(frozen=True)
class Row:
    """An outcome with its duration, or a failure.

    Attributes:
        status: 0 trained, 1 the training raised, 2 the loss was not finite.
        seconds: CPU time, the failed training's too.
    """

    status: int
    loss: float
    curve: tuple[float, ...]
    size: float
    seconds: float


_WHERE = {
    "svm-digits": "sklearn_models",
    "families-cancer": "sklearn_models",
    "families-diabetes": "sklearn_models",
    "pipeline-digits": "sklearn_models",
    "sgd-digits": "sklearn_models",
    "ridge-patches": "sklearn_models",
    "hgb-diabetes": "boosting_models",
    "lightgbm-digits": "boosting_models",
    "xgboost-patches": "boosting_models",
    "mlp-digits": "torch_models",
    "cnn-digits": "torch_models",
}


def evaluate(task: str, point: Point) -> Row:
    """Train and validate one configuration.

    Everything that a training raises is a failure of the configuration, as
    it would be in a search.
    """
    module = importlib.import_module(f"benchmarks.tasks.{_WHERE[task]}")
    function = module.EVALUATE[task]
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcome = function(point)
    except Exception:  # noqa: BLE001 - the boundary around the training
        return Row(1, math.nan, (), math.nan, time.process_time() - start)
    seconds = time.process_time() - start
    finite = math.isfinite(outcome.loss)
    return Row(0 if finite else 2, outcome.loss, outcome.curve, outcome.size, seconds)
