"""Hyperopt's search for scikit-learn, under its name and with its arguments."""

from __future__ import annotations

import math
from typing import Any

from parzen import arguments
from parzen.sklearn.base import Plan, SearchBase
from parzen.trials import Trials


class HyperoptSearchCV(SearchBase):
    """Searches an estimator's parameters by cross-validation, as Hyperopt 0.3's class of this name.

    `parzen.sklearn.ParzenSearchCV` does more: durable studies, pruning, a limit of time.

    Args:
        estimator: What is tuned.
        space: Parameter name -> hp expression or constant, or an expression that becomes such a dict.
        max_evals: Trials in all, those of earlier fits included where `warm_start` is set.
        trials: Keeps the trials where `warm_start` is set; left out, new ones.
        algo: ``tpe.suggest``, a name or a settings object; left out, the default.
        warm_start: Whether the next `fit` goes on with the trials of the last one.
        scoring: A score's name, a callable, or several of them.
        n_jobs: Trials at the same time.
        refit: Whether the best estimator is fitted on all data.
        cv: Folds.
        verbose: Above 0, progress is shown.
        pre_dispatch: Accepted for Hyperopt's sake.
        random_state: An int, a `numpy.random.Generator`, or None.
        error_score: ``"raise"``, or the score of folds of a failed trial.
        return_train_score: Whether `cv_results_` has scores on the rows that were trained on.

    Attributes:
        trials_: The `Trials`; a loss is minus the mean score.
    """

    _required_parameters = ("estimator", "space", "max_evals")

    def __init__(  # noqa: PLR0913, PLR0917  # Hyperopt's arguments, in its order
        self,
        estimator: Any,
        space: Any,
        max_evals: int,
        trials: Trials | None = None,
        algo: Any = None,
        warm_start: bool = False,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: Any = None,
        error_score: Any = math.nan,
        return_train_score: bool = False,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.max_evals = max_evals
        self.trials = trials
        self.algo = algo
        self.warm_start = warm_start
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score

    def open(self, space: Any, mark: dict[str, str]) -> Plan:
        """Open the study of one fit, in `trials_`.

        Args:
            space: The checked space.
            mark: Not looked at: the trials are the user's.
        """
        del mark
        most = arguments.at_least_one(self.max_evals, "max_evals")
        if not self.warm_start:
            self.trials_ = Trials()
        elif not hasattr(self, "trials_"):
            self.trials_ = Trials() if self.trials is None else self.trials
        known = len(self.trials_)
        settings = {"max_evals": most, "on_error": "continue"}
        study = self.trials_.bind(space, algorithm=self._algorithm(), seed=self._seed(), settings=settings)
        return Plan(study, None if study.durable else max(most - known, 0))
