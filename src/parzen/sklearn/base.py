"""SearchBase: what every search over scikit-learn does, whatever it is called and where its trials are."""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from parzen import arguments
from parzen.algorithms.base import Algorithm
from parzen.errors import AllTrialsFailed, InvalidArgument
from parzen.executors.base import Executor, named
from parzen.executors.inline import Inline
from parzen.executors.processes import cores
from parzen.history.history import Status, Trial
from parzen.run.evaluate import float_for_int
from parzen.run.failures import counted, why_failed
from parzen.run.loop import Limits, drive
from parzen.run.progress import Progress, choose
from parzen.run.study import Study
from parzen.sklearn import theirs
from parzen.sklearn.fitted import Fitted
from parzen.sklearn.folds import SINGLE, Folds
from parzen.sklearn.parameters import check_names, space_of
from parzen.sklearn.results import ended, results_of


class AllFitsFailed(AllTrialsFailed, ValueError, TypeError):
    """No trial of a search over scikit-learn succeeded.

    Also what scikit-learn raises for data that an estimator cannot take: a ValueError or a TypeError.
    """


@dataclass(frozen=True, slots=True)
class Plan:
    """A study that is open, and how far this fit goes.

    Attributes:
        study: Gives trials and takes outcomes.
        trials: New trials of a study in memory; None for no limit but the study's own.
        seconds: After which no trial is started, or None.
    """

    study: Study
    trials: int | None = None
    seconds: float | None = None


class SearchBase(Fitted):
    """Fits by searching; implementations say where trials are kept, and take the arguments."""

    estimator: Any
    space: Any
    scoring: Any
    cv: Any
    refit: Any
    n_jobs: int | None
    verbose: int
    error_score: Any
    return_train_score: bool
    algo: Any
    random_state: Any
    prunes = False  # whether folds are reported

    @abstractmethod
    def open(self, space: Any, mark: dict[str, str]) -> Plan:
        """Open the study of one fit.

        Args:
            space: The checked space.
            mark: What makes the fit the same as an earlier one: data, folds, estimator, scoring.
        """

    def fit(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Search, and refit the best estimator on all data.

        Args:
            X: Whatever the estimator takes, with one entry for each row.
            y: Targets; None where there are none.
            params: For the estimator's `fit`, the splitter (``groups``) and the scorers. What has one
                entry for each row (``sample_weight``) is cut to each fold's rows.

        Returns:
            Itself.

        Raises:
            InvalidSpace: If the space has a parameter that the estimator has not; before the first fit.
            AllFitsFailed: If no trial succeeded.
        """
        if y is None and theirs.get_tags(self.estimator).target_tags.required:
            raise InvalidArgument(
                f"{type(self).__name__} requires y to be passed, but the target y is None: "
                f"{type(self.estimator).__name__} learns from targets"
            )
        scorer = self._scorer()
        X, y = theirs.indexable(X, y)
        params = theirs.params_of_rows(X, params)
        routed = self._routed(params, scorer)
        splits = self._splits(X, y, routed["split"])
        space = space_of(self.space)
        check_names(space, self.estimator)
        folds = Folds(
            theirs.clone(self.estimator),
            space,
            X,
            y,
            splits,
            scorer,
            objective=self.refit if isinstance(self.refit, str) else None,
            fit_params=routed["fit"],
            score_params=routed["score"],
            train_scores=bool(self.return_train_score),
            raises=self._raises(),
            prunes=self.prunes,
        )
        plan = self.open(space, self._mark(X, y, params, splits))
        self.study_ = plan.study
        self.stopped_ = self._search(plan, folds)
        self.n_splits_ = len(splits)
        self._take_results(scorer)
        if self.refit:
            self._refit(X, y, routed["fit"])
        return self

    # Before the first fit

    def _raises(self) -> bool:
        """Whether a failed fold ends the search."""
        if isinstance(self.error_score, str) and self.error_score == "raise":
            return True
        if isinstance(self.error_score, (int, float, np.number)) and not isinstance(self.error_score, bool):
            return False
        raise InvalidArgument(f"error_score must be 'raise' or a number; got {self.error_score!r}")

    def _scorer(self) -> Any:
        """One callable that gives a number, or a dict of numbers."""
        scorer = theirs.check_scoring(self.estimator, scoring=self.scoring)
        if isinstance(self.scoring, (list, tuple, set, dict)):
            self._check_refit(list(self.scoring))
        return scorer

    def _check_refit(self, names: list[str]) -> None:
        if self.refit is False or callable(self.refit):
            return
        if not isinstance(self.refit, str) or self.refit not in names:
            raise InvalidArgument(
                f"with several scores refit must be False, a callable or one of {names}; got {self.refit!r}",
                hint=f"write refit={names[0]!r}: the search goes by that score too",
            )

    def _splits(self, X: Any, y: Any, params: Any) -> list[tuple[Any, Any]]:
        cv = theirs.check_cv(self.cv, y, classifier=theirs.is_classifier(self.estimator))
        splits = list(cv.split(X, y, **params))
        if not splits:
            raise InvalidArgument(f"cv={self.cv!r} gives no folds")
        return splits

    def _routed(self, params: dict[str, Any], scorer: Any) -> dict[str, Any]:
        """What goes to the estimator's fit, to the splitter and to the scorers."""
        if theirs.get_config().get("enable_metadata_routing"):
            found = theirs.process_routing(self, "fit", **params)
            parts = {
                "fit": found.estimator.fit,
                "split": found.splitter.split,
                "score": found.scorer.score,
            }
            return {name: dict(part) for name, part in parts.items()}
        rest = dict(params)
        groups = rest.pop("groups", None)
        weighted = getattr(scorer, "_accept_sample_weight", None)
        score = {}
        if rest.get("sample_weight") is not None and weighted is not None and weighted():
            score["sample_weight"] = rest["sample_weight"]
        return {"fit": rest, "split": {"groups": groups}, "score": score}

    def get_metadata_routing(self) -> Any:
        """How parameters of `fit` and `score` reach estimator, splitter and scorers."""
        mapping = theirs.MethodMapping
        return (
            theirs.MetadataRouter(owner=self)
            .add(estimator=self.estimator, method_mapping=mapping().add(caller="fit", callee="fit"))
            .add(
                scorer=self._scorer(),
                method_mapping=mapping()
                .add(caller="score", callee="score")
                .add(caller="fit", callee="score"),
            )
            .add(splitter=self.cv, method_mapping=mapping().add(caller="fit", callee="split"))
        )

    def _mark(self, X: Any, y: Any, params: Any, splits: Any) -> dict[str, str]:
        """What must agree when a kept search goes on; nothing where none is kept."""
        del X, y, params, splits
        return {}

    def _seed(self) -> int | None:
        """A seed from what scikit-learn's users give as `random_state`."""
        state = self.random_state
        if state is None or isinstance(state, (int, np.integer)):
            return None if state is None else int(state)
        if isinstance(state, np.random.Generator):
            return int(state.integers(2**31 - 1))
        return int(theirs.check_random_state(state).randint(2**31 - 1))

    def _algorithm(self) -> Algorithm | None:
        algorithm, foreign = arguments.resolve(self.algo)
        if foreign is not None:
            raise InvalidArgument(
                f"algo must be a name, a settings object or a suggest function of parzen's; got {foreign!r}"
            )
        return algorithm

    def _executor(self) -> Executor:
        """Where trials run: here, or in as many processes as `n_jobs` says."""
        if self.n_jobs is None:
            return Inline()
        given: Any = self.n_jobs
        if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given == 0:
            raise InvalidArgument(f"n_jobs must be a whole number and not 0; got {given!r}")
        workers = int(given) if given > 0 else max(1, cores() + 1 + int(given))
        return Inline() if workers == 1 else named("processes", workers)

    # The search

    def _search(self, plan: Plan, folds: Folds) -> str | None:
        study = plan.study
        known = study.ledger.ended
        limits = Limits(
            trials=plan.trials,
            seconds=plan.seconds,
            on_error="raise" if folds.raises else "continue",
            kept_in=f"study {study.name!r} of {study.place}" if study.durable else "study_",
        )
        total = study.end if plan.trials is None else known + plan.trials
        with warnings.catch_warnings():
            # Failures are told once, below, with all their reasons.
            warnings.filterwarnings("ignore", message="the first 3 trials all failed")
            with Progress(choose(bool(self.verbose), True), study, known, total) as progress:
                return drive(study, self._executor(), folds, limits, progress)

    def _take_results(self, scorer: Any) -> None:
        trials = ended(self.study_.trials)
        done = np.array([trial.status is Status.DONE for trial in trials], dtype=bool)
        self._tell_failures(trials, done)
        fill = np.nan if self._raises() else float(self.error_score)
        table = results_of(trials, self.n_splits_, fill, bool(self.return_train_score))
        names = [key.removeprefix("rank_test_") for key in table if key.startswith("rank_test_")]
        self.multimetric_ = names != [SINGLE]
        if self.multimetric_ and not isinstance(self.scoring, (list, tuple, set, dict)):
            self._check_refit(names)  # a callable that gives a dict is known only now
        self.cv_results_ = table
        inner = getattr(scorer, "_scorers", None)
        self.scorer_ = scorer if inner is None else dict(inner)
        if callable(self.refit):
            self.best_index_ = _checked_index(self.refit(table), len(trials))
        elif self.refit or not self.multimetric_:
            name = self.refit if self.multimetric_ else SINGLE
            means = np.where(done, table[f"mean_test_{name}"], -np.inf)
            self.best_index_ = int(np.argmax(means))
            self.best_score_ = float(means[self.best_index_])
        else:
            return
        self.best_params_ = table["params"][self.best_index_]

    def _tell_failures(self, trials: list[Trial], done: Any) -> None:
        failed = [trial for trial in trials if trial.status in (Status.FAILED, Status.LOST)]
        table = "; ".join(counted(failed)[:5])
        told = (float_for_int(why_failed(each), self.study_.space, each.point or {}) for each in failed)
        fix = next((each for each in told if each), "")
        if not done.any():
            raise AllFitsFailed(
                f"none of {len(trials)} trials succeeded: {table or 'none was run to its end'}",
                hint=fix or "error_score='raise' stops at the first one and shows where",
            )
        if failed:
            warnings.warn(
                f"{len(failed)} of {len(trials)} trials failed: {table}" + (f". {fix}" if fix else ""),
                theirs.FitFailedWarning,
                stacklevel=4,
            )

    def _refit(self, X: Any, y: Any, params: dict[str, Any]) -> None:
        own = {name: theirs.clone(value, safe=False) for name, value in self.best_params_.items()}
        self.best_estimator_ = theirs.clone(self.estimator).set_params(**own)
        begun = time.perf_counter()
        if y is None:
            self.best_estimator_.fit(X, **params)
        else:
            self.best_estimator_.fit(X, y, **params)
        self.refit_time_ = time.perf_counter() - begun
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    # Pickling: a study in a store or in memory is carried along as its log.

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        study = state.get("study_")
        if isinstance(study, Study):
            state["study_"] = (study.name, study.events(), study.space)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        kept = state.get("study_")
        if isinstance(kept, tuple):
            name, log, space = kept
            state = {**state, "study_": Study.from_events(log, space, name)}
        super().__setstate__(state)


def _checked_index(index: Any, count: int) -> int:
    if not isinstance(index, (int, np.integer)) or not 0 <= index < count:
        raise InvalidArgument(f"refit must give the index of one of the {count} rows; got {index!r}")
    return int(index)
