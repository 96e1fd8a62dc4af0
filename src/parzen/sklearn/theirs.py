"""What is used of scikit-learn and joblib; the one file that imports them."""

from __future__ import annotations

from parzen.errors import MissingDependency

try:
    from joblib import hash as content_hash
    from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
    from sklearn.exceptions import FitFailedWarning, NotFittedError
    from sklearn.metrics import check_scoring
    from sklearn.model_selection import check_cv
    from sklearn.utils import check_random_state, get_tags, indexable
    from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
    from sklearn.utils.metaestimators import _safe_split as split_rows
    from sklearn.utils.metaestimators import available_if
    from sklearn.utils.validation import _check_method_params as params_of_rows
    from sklearn.utils.validation import check_is_fitted

    from sklearn import get_config
except ImportError as error:
    raise MissingDependency(
        "parzen.sklearn needs scikit-learn 1.6 or newer: pip install 'parzen[sklearn]'"
    ) from error

__all__ = [
    "BaseEstimator",
    "FitFailedWarning",
    "MetaEstimatorMixin",
    "MetadataRouter",
    "MethodMapping",
    "NotFittedError",
    "available_if",
    "check_cv",
    "check_is_fitted",
    "check_random_state",
    "check_scoring",
    "clone",
    "content_hash",
    "get_config",
    "get_tags",
    "indexable",
    "is_classifier",
    "params_of_rows",
    "process_routing",
    "split_rows",
]
