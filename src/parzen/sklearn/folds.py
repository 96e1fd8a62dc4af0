"""One trial of a search over scikit-learn: fit and score on each fold, on the worker's side."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parzen.errors import InvalidObjectiveResult
from parzen.executors.base import Channel, Outcome, Task
from parzen.run.evaluate import explain_floats, failure
from parzen.sklearn import theirs
from parzen.sklearn.parameters import parameters_of
from parzen.space.space import Space

SINGLE = "score"  # the name of a score that has none


@dataclass
class Folds:
    """Evaluates a point by cross-validation; can be pickled.

    Attributes:
        estimator: What is cloned for each fold.
        space: Builds the parameters.
        X, y: The data.
        splits: Rows to train on and to test on, for each fold.
        scorer: Called with a fitted estimator and data; gives a number, or a dict of them.
        objective: Which score is made large; None for the first, or the only one.
        fit_params, score_params: Passed on; what has one entry for each row is cut to the fold's rows.
        train_scores: Whether the rows that were trained on are scored too.
        raises: Whether a fold that fails ends the search.
        prunes: Whether each fold is reported, so that a trial may end early.
    """

    estimator: Any
    space: Space
    X: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    scorer: Any
    objective: str | None = None
    fit_params: Mapping[str, Any] = field(default_factory=dict)
    score_params: Mapping[str, Any] = field(default_factory=dict)
    train_scores: bool = False
    raises: bool = False
    prunes: bool = False

    def __call__(self, task: Task, channel: Channel) -> Outcome:
        """An outcome whose loss is minus the mean score; never raises what an estimator raised.

        Args:
            task: What to evaluate.
            channel: For reports and questions.
        """
        told = _Told()
        try:
            parameters = parameters_of(self.space.build(task.point))
            for number, (train, test) in enumerate(self.splits, 1):
                self.fold(parameters, train, test, told)
                if self.prunes and number < len(self.splits):
                    channel.call("report", float(np.mean(told.counted(self.objective))), float(number))
                    if channel.call("should_prune"):
                        result = {"status": "fail", "pruned": True, **told.numbers}
                        return Outcome("pruned", metrics=told.numbers, result=result)
        except Exception as error:  # noqa: BLE001  # the boundary around the user's estimators
            explain_floats(error, self.space, task.point)
            outcome = failure(error)
            outcome.metrics, outcome.result = told.numbers, {"status": "fail", **told.numbers}
            return outcome
        scores = told.counted(self.objective)
        mean = float(np.mean(scores))
        numbers = {**told.numbers, **told.means(), "std_test": float(np.std(scores))}
        status = "done" if np.isfinite(mean) else "failed"
        return Outcome(status, [-mean], numbers, {"loss": -mean, "status": "ok", **numbers})

    def fold(self, parameters: Mapping[str, Any], train: Any, test: Any, told: _Told) -> None:
        """Fit on some rows and score on others.

        Args:
            parameters: For `set_params`.
            train: Rows to fit on.
            test: Rows to score on.
            told: Gets the times and scores.
        """
        own = {name: theirs.clone(value, safe=False) for name, value in parameters.items()}
        estimator = theirs.clone(self.estimator).set_params(**own)
        X_train, y_train = theirs.split_rows(estimator, self.X, self.y, train)
        X_test, y_test = theirs.split_rows(estimator, self.X, self.y, test, train)
        begun = time.perf_counter()
        fit_params = theirs.params_of_rows(self.X, self.fit_params, train)
        if y_train is None:
            estimator.fit(X_train, **fit_params)
        else:
            estimator.fit(X_train, y_train, **fit_params)
        fitted = time.perf_counter()
        test_scores = self.score(estimator, X_test, y_test, test)
        scored = time.perf_counter()
        train_scores = self.score(estimator, X_train, y_train, train) if self.train_scores else {}
        told.add(test_scores, train_scores, fitted - begun, scored - fitted)

    def score(self, estimator: Any, X: Any, y: Any, rows: Any) -> dict[str, float]:
        """Every score of a fitted estimator, by name.

        Args:
            estimator: Fitted.
            X: Its data.
            y: Its targets, or None.
            rows: Which rows of the whole data these are.

        Raises:
            InvalidObjectiveResult: If a score is no number.
        """
        params = theirs.params_of_rows(self.X, self.score_params, rows)
        told = self.scorer(estimator, X, **params) if y is None else self.scorer(estimator, X, y, **params)
        if not isinstance(told, Mapping):
            told = {SINGLE: told}
        return {str(name): _number(name, value) for name, value in told.items()}


class _Told:
    """What the folds of one trial gave, as numbers with names like ``split0_test_score``."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.scores: dict[str, list[float]] = {}
        self.folds = 0

    def add(
        self, test: Mapping[str, float], train: Mapping[str, float], fit_time: float, score_time: float
    ) -> None:
        start = f"split{self.folds}_"
        for name, value in test.items():
            self.numbers[f"{start}test_{name}"] = value
            self.scores.setdefault(name, []).append(value)
        self.numbers |= {f"{start}train_{name}": value for name, value in train.items()}
        self.numbers |= {f"{start}fit_time": fit_time, f"{start}score_time": score_time}
        self.folds += 1

    def counted(self, objective: str | None) -> list[float]:
        """The scores that the search goes by, one for each fold."""
        return self.scores[objective if objective in self.scores else next(iter(self.scores))]

    def means(self) -> dict[str, float]:
        return {f"mean_test_{name}": float(np.mean(values)) for name, values in self.scores.items()}


def _number(name: str, value: Any) -> float:
    plain = value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value
    if isinstance(plain, bool) or not isinstance(plain, (int, float)):
        raise InvalidObjectiveResult(
            f"scoring must return a number, got {value!r} ({type(value).__name__}) instead for {name!r}",
            result=value,
        )
    return float(plain)
