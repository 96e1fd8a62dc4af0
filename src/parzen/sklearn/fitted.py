"""What a search does once it is fitted: it hands on to its best estimator."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from parzen.sklearn import theirs


def _has(method: str) -> Callable[[Any], bool]:
    """Whether a search hands a method on: its estimator must have it, and `refit` be set."""

    def check(search: Any) -> bool:
        need_refit(search, method)
        getattr(getattr(search, "best_estimator_", search.estimator), method)
        return True

    return check


def need_refit(search: Any, what: str) -> None:
    """Refuse what only a refitted search can do.

    Args:
        search: The search.
        what: The method or attribute.

    Raises:
        AttributeError: If `refit` is False.
    """
    if not search.refit:
        raise AttributeError(
            f"this {type(search).__name__} has refit=False, and {what} is there only after refitting on the "
            "best parameters; best_params_ are for an estimator of your own"
        )


def _handed_on(name: str, what: str) -> Any:
    def method(self: Any, X: Any) -> Any:
        theirs.check_is_fitted(self)
        return getattr(self.best_estimator_, name)(X)

    method.__name__ = name
    method.__doc__ = f"{what} of the best estimator.\n\n        Args:\n            X: As for `fit`."
    return theirs.available_if(_has(name))(method)


class Fitted(theirs.MetaEstimatorMixin, theirs.BaseEstimator):  # type: ignore[misc]  # untyped
    """The part that every search shares: methods and attributes of its best estimator."""

    predict = _handed_on("predict", "The predictions")
    predict_proba = _handed_on("predict_proba", "The probabilities of classes")
    predict_log_proba = _handed_on("predict_log_proba", "The logarithms of probabilities")
    decision_function = _handed_on("decision_function", "The decision values")
    score_samples = _handed_on("score_samples", "The score of each row")
    transform = _handed_on("transform", "The transformed rows")
    inverse_transform = _handed_on("inverse_transform", "The rows before the transformation")

    @theirs.available_if(_has("transform"))  # type: ignore[untyped-decorator]  # untyped
    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> Any:
        """Fit, and transform the same rows with the best estimator.

        Args:
            X: As for `fit`.
            y: As for `fit`.
            params: As for `fit`.
        """
        return self.fit(X, y, **params).transform(X)

    def score(self, X: Any, y: Any = None, **params: Any) -> float:
        """The score of the best estimator by `scoring`.

        Args:
            X: As for `fit`.
            y: As for `fit`.
            params: For the scorer, where metadata routing is enabled.
        """
        need_refit(self, "score")
        theirs.check_is_fitted(self)
        own: dict[str, Any] = {}
        if theirs.get_config().get("enable_metadata_routing"):
            own = theirs.process_routing(self, "score", **params).scorer["score"]
        elif params:
            raise ValueError(
                f"score takes {', '.join(params)} only with metadata routing: "
                "sklearn.set_config(enable_metadata_routing=True)"
            )
        scorer = self.scorer_[self.refit] if isinstance(self.scorer_, dict) else self.scorer_
        told = scorer(self.best_estimator_, X, y, **own)
        return told[self.refit] if isinstance(told, dict) else told  # type: ignore[no-any-return]  # untyped

    @property
    def classes_(self) -> Any:
        """The classes, of a classifier."""
        _has("classes_")(self)
        return self.best_estimator_.classes_

    @property
    def n_features_in_(self) -> int:
        """How many features there were."""
        try:
            theirs.check_is_fitted(self)
        except theirs.NotFittedError as error:
            raise AttributeError(f"{type(self).__name__} has no n_features_in_ before fit") from error
        return self.best_estimator_.n_features_in_  # type: ignore[no-any-return]  # untyped

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = theirs.get_tags(self.estimator)
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags = deepcopy(inner.classifier_tags)
        tags.regressor_tags = deepcopy(inner.regressor_tags)
        tags.transformer_tags = deepcopy(inner.transformer_tags)
        tags.target_tags = deepcopy(inner.target_tags)
        tags.input_tags.pairwise = inner.input_tags.pairwise
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.array_api_support = inner.array_api_support
        return tags
