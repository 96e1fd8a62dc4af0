"""ParzenSearchCV: parzen's search as a scikit-learn estimator."""

from __future__ import annotations

import math
import os
from typing import Any

from parzen import arguments
from parzen.errors import InvalidArgument, StudyChanged
from parzen.run.study import Study
from parzen.sklearn import agreement, theirs
from parzen.sklearn.base import Plan, SearchBase


class ParzenSearchCV(SearchBase):
    """Searches an estimator's parameters by cross-validation.

    Args:
        estimator: What is tuned: a classifier, regressor, transformer or pipeline.
        space: Parameter name, as `set_params` takes it, -> hp expression, list of options or
            constant; or a list of such dicts to choose between. A value may be an estimator, and
            one made by `tuned` brings parameters of its own.
        n_trials: Trials in all. Of a kept study those of earlier fits count. None goes on until
            `timeout`.
        timeout: Seconds, or text such as ``"30m"``, after which no trial is started.
        cv: Folds: a number, a splitter or an iterable of rows; left out, 5.
        scoring: A score's name, a callable, or a list or dict of several.
        refit: Whether the best estimator is fitted on all data; with several scores the name of
            the one that decides, or a function from `cv_results_` to an index. The search itself
            goes by the named score, else by the first.
        n_jobs: Trials at the same time, each in a process of its own; -1 for one per core.
        random_state: Seed of the search; the same seed gives the same trials.
        error_score: ``"raise"``, or the score that `cv_results_` has for folds of a failed trial. A
            trial of which one fold fails is a failed trial, and never the best one.
        return_train_score: Whether `cv_results_` has scores on the rows that were trained on.
        pruning: Whether a trial may end after a fold that looks bad; a pruner's name or settings
            object instead of True.
        study: A path or URL that keeps the search: a fit that was killed goes on when it is made
            again with the same data.
        verbose: Above 0, progress is shown.
        algo: Who suggests: a name, a settings object or ``tpe.suggest``; left out, the default.

    Attributes:
        best_params_, best_score_, best_index_, best_estimator_: Of the best trial.
        cv_results_: A table with a row for each trial that ended.
        study_: The `Study`, for plots and data frames.
        n_splits_, refit_time_, scorer_, multimetric_, classes_, n_features_in_,
            feature_names_in_: As in scikit-learn's searches.
        stopped_: Why the search ended early (``"timeout"``, ``"interrupted"``), or None.

    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from parzen import hp
    >>> from parzen.sklearn import ParzenSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": hp.float(0.01, 100, log=True), "gamma": hp.float(1e-4, 1, log=True)}
    >>> search = ParzenSearchCV(SVC(), space, n_trials=10, cv=3, random_state=0).fit(X, y)
    >>> search.best_score_ > 0.9, sorted(search.best_params_)
    (True, ['C', 'gamma'])
    """

    _required_parameters = ("estimator", "space")

    def __init__(  # noqa: PLR0913  # scikit-learn's arguments
        self,
        estimator: Any,
        space: Any,
        *,
        n_trials: int | None = 50,
        timeout: float | str | None = None,
        cv: Any = None,
        scoring: Any = None,
        refit: Any = True,
        n_jobs: int | None = None,
        random_state: Any = None,
        error_score: Any = math.nan,
        return_train_score: bool = False,
        pruning: Any = False,
        study: Any = None,
        verbose: int = 0,
        algo: Any = None,
    ) -> None:
        self.estimator = estimator
        self.space = space
        self.n_trials = n_trials
        self.timeout = timeout
        self.cv = cv
        self.scoring = scoring
        self.refit = refit
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.pruning = pruning
        self.study = study
        self.verbose = verbose
        self.algo = algo

    @property
    def prunes(self) -> bool:  # type: ignore[override]  # decided by an argument here
        """Whether folds are reported."""
        return bool(self.pruning)

    def open(self, space: Any, mark: dict[str, str]) -> Plan:
        """Open the study of one fit: the one that is kept, or one in memory.

        Args:
            space: The checked space.
            mark: What must agree with the earlier fits of a kept study.

        Raises:
            StudyChanged: If it was fitted on something else.
        """
        seconds = arguments.seconds(self.timeout)
        trials = None if self.n_trials is None else arguments.at_least_one(self.n_trials, "n_trials")
        if trials is None and seconds is None:
            raise InvalidArgument("no end was given: pass n_trials=50 or timeout='30m'")
        settings: dict[str, Any] = {"max_evals": trials, "on_error": "continue"}
        if self.pruning:
            settings["pruner"] = "median" if self.pruning is True else self.pruning
        if self.study is not None and not isinstance(self.study, (str, os.PathLike)):
            raise InvalidArgument(
                f"study must be a path or a URL; got {self.study!r}", hint='write study="search.db"'
            )
        seed, algorithm = self._seed(), self._algorithm()
        if self.study is None:
            study = Study(space, algorithm, seed=seed, maximize=True, **settings)
            return Plan(study, trials, seconds)
        try:
            study = Study(space, algorithm, seed=seed, maximize=True, store=self.study, **settings)
        except StudyChanged as error:
            # Its own fix names arguments of fmin's.
            hint = f"go on with the space and the random_state of before, or {agreement.OWN_FILE}"
            raise type(error)(error.message, hint=hint, **error.details) from None
        agreement.check(study, mark)
        return Plan(study, None, seconds)

    def _mark(self, X: Any, y: Any, params: Any, splits: Any) -> dict[str, str]:
        if self.study is None:
            return {}
        cv = theirs.check_cv(self.cv, y, classifier=theirs.is_classifier(self.estimator))
        return agreement.mark_of(X, y, params, splits, cv, self.estimator, self.scoring, self.refit)
