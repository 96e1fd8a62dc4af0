"""Ready spaces for common estimators: which parameters to search, and how far.

Each function gives a plain dict, to be changed and added to like any other:
``{**spaces.svc(), "C": hp.float(1, 10)}``. With `prefix` the names are those of
a step of a pipeline: ``spaces.svc("clf__")``. The ranges are wide enough for data
that is scaled and of up to some hundred thousand rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parzen.errors import InvalidArgument
from parzen.sklearn.labels import one_of
from parzen.space import hp
from parzen.space.expr import Parameter

Table = dict[str, Any]


def _named(prefix: str, table: Table) -> Table:
    return {f"{prefix}{name}": value for name, value in table.items()}


def _log(low: float, high: float) -> Parameter:
    return hp.float(low, high, log=True)


def svc(prefix: str = "") -> Table:
    """`SVC`: the penalty, and a kernel with what belongs to it.

    Args:
        prefix: Before every name, such as ``"clf__"``.

    >>> list(svc("clf__"))
    ['clf__C', 'clf__kernel']
    """
    kernels = [
        {"kernel": "rbf", "gamma": _log(1e-4, 10)},
        {"kernel": "linear"},
        {"kernel": "poly", "degree": hp.int(2, 4), "gamma": _log(1e-4, 10), "coef0": hp.float(0, 1)},
    ]
    return _named(prefix, {"C": _log(1e-2, 1e3), "kernel": one_of(kernels)})


def svr(prefix: str = "") -> Table:
    """`SVR`: as `svc`, and the width of the tube without loss.

    Args:
        prefix: Before every name.
    """
    return {**svc(prefix), f"{prefix}epsilon": _log(1e-3, 1)}


def linear_svc(prefix: str = "") -> Table:
    """`LinearSVC`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"C": _log(1e-3, 1e2), "loss": one_of(["hinge", "squared_hinge"])})


def logistic_regression(prefix: str = "") -> Table:
    """`LogisticRegression`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"C": _log(1e-4, 1e3), "class_weight": one_of([None, "balanced"])})


def ridge(prefix: str = "") -> Table:
    """`Ridge` and `RidgeClassifier`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"alpha": _log(1e-4, 1e4)})


def lasso(prefix: str = "") -> Table:
    """`Lasso`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"alpha": _log(1e-5, 10)})


def elastic_net(prefix: str = "") -> Table:
    """`ElasticNet`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"alpha": _log(1e-5, 10), "l1_ratio": hp.float(0.01, 1)})


def sgd(prefix: str = "") -> Table:
    """`SGDClassifier` and `SGDRegressor`.

    Args:
        prefix: Before every name.
    """
    penalties = [{"penalty": "l2"}, {"penalty": "l1"}, {"penalty": "elasticnet", "l1_ratio": hp.float(0, 1)}]
    return _named(prefix, {"alpha": _log(1e-7, 1e-1), "penalty": one_of(penalties)})


def knn(prefix: str = "") -> Table:
    """`KNeighborsClassifier` and `KNeighborsRegressor`; wants more than 60 rows.

    Args:
        prefix: Before every name.
    """
    table = {"n_neighbors": hp.int(1, 40, log=True), "weights": one_of(["uniform", "distance"])}
    return _named(prefix, {**table, "p": hp.ordinal([1, 2])})


def decision_tree(prefix: str = "") -> Table:
    """`DecisionTreeClassifier` and `DecisionTreeRegressor`.

    Args:
        prefix: Before every name.
    """
    table = {"max_depth": hp.int(1, 30), "min_samples_leaf": hp.int(1, 50, log=True)}
    return _named(prefix, {**table, "ccp_alpha": _log(1e-6, 1e-1)})


def random_forest(prefix: str = "") -> Table:
    """`RandomForestClassifier`, `RandomForestRegressor`, and the same of `ExtraTrees`.

    Args:
        prefix: Before every name.
    """
    table = {
        "n_estimators": hp.int(50, 500, log=True),
        "max_features": hp.float(0.05, 1.0),
        "min_samples_leaf": hp.int(1, 30, log=True),
        "max_depth": one_of([None, hp.int(2, 30)]),
    }
    return _named(prefix, table)


def gradient_boosting(prefix: str = "") -> Table:
    """`GradientBoostingClassifier` and `GradientBoostingRegressor`.

    Args:
        prefix: Before every name.
    """
    table = {
        "learning_rate": _log(1e-3, 0.5),
        "n_estimators": hp.int(20, 500, log=True),
        "max_depth": hp.int(1, 8),
        "subsample": hp.float(0.4, 1.0),
        "max_features": hp.float(0.1, 1.0),
    }
    return _named(prefix, table)


def hist_gradient_boosting(prefix: str = "") -> Table:
    """`HistGradientBoostingClassifier` and `HistGradientBoostingRegressor`.

    Args:
        prefix: Before every name.
    """
    table = {
        "learning_rate": _log(1e-3, 0.5),
        "max_iter": hp.int(20, 500, log=True),
        "max_leaf_nodes": hp.int(4, 128, log=True),
        "min_samples_leaf": hp.int(2, 100, log=True),
        "l2_regularization": _log(1e-6, 1e2),
    }
    return _named(prefix, table)


def mlp(prefix: str = "") -> Table:
    """`MLPClassifier` and `MLPRegressor`: one or two hidden layers, and how they learn.

    Args:
        prefix: Before every name.
    """
    layers = [(hp.int(8, 256, log=True),), (hp.int(8, 256, log=True), hp.int(8, 128, log=True))]
    table = {
        "hidden_layer_sizes": one_of(layers),
        "alpha": _log(1e-6, 1e-1),
        "learning_rate_init": _log(1e-4, 1e-1),
        "activation": one_of(["relu", "tanh"]),
    }
    return _named(prefix, table)


def kmeans(prefix: str = "") -> Table:
    """`KMeans` and `MiniBatchKMeans`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"n_clusters": hp.int(2, 20), "init": one_of(["k-means++", "random"])})


def pca(prefix: str = "") -> Table:
    """`PCA`: the share of variance to keep.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"n_components": hp.float(0.5, 0.999), "whiten": one_of([False, True])})


def gaussian_nb(prefix: str = "") -> Table:
    """`GaussianNB`.

    Args:
        prefix: Before every name.
    """
    return _named(prefix, {"var_smoothing": _log(1e-12, 1e-1)})


_BY_CLASS: dict[str, Callable[[str], Table]] = {
    "SVC": svc,
    "SVR": svr,
    "LinearSVC": linear_svc,
    "LogisticRegression": logistic_regression,
    "Ridge": ridge,
    "RidgeClassifier": ridge,
    "Lasso": lasso,
    "ElasticNet": elastic_net,
    "SGDClassifier": sgd,
    "SGDRegressor": sgd,
    "KNeighborsClassifier": knn,
    "KNeighborsRegressor": knn,
    "DecisionTreeClassifier": decision_tree,
    "DecisionTreeRegressor": decision_tree,
    "RandomForestClassifier": random_forest,
    "RandomForestRegressor": random_forest,
    "ExtraTreesClassifier": random_forest,
    "ExtraTreesRegressor": random_forest,
    "GradientBoostingClassifier": gradient_boosting,
    "GradientBoostingRegressor": gradient_boosting,
    "HistGradientBoostingClassifier": hist_gradient_boosting,
    "HistGradientBoostingRegressor": hist_gradient_boosting,
    "MLPClassifier": mlp,
    "MLPRegressor": mlp,
    "KMeans": kmeans,
    "MiniBatchKMeans": kmeans,
    "PCA": pca,
    "GaussianNB": gaussian_nb,
}


def of(estimator: Any, prefix: str = "") -> Table:
    """The ready space for the class of an estimator.

    Args:
        estimator: An estimator, or its class.
        prefix: Before every name.

    Raises:
        InvalidArgument: If there is none.

    >>> from sklearn.linear_model import Ridge
    >>> of(Ridge())
    {'alpha': (path) ~ float(0.0001, 10000, log=True)}
    """
    name = (estimator if isinstance(estimator, type) else type(estimator)).__name__
    if name not in _BY_CLASS:
        raise InvalidArgument(
            f"there is no ready space for {name}; there is one for {', '.join(_BY_CLASS)}",
            hint="give its parameters yourself, as in tuned(estimator, C=hp.float(0.1, 10))",
        )
    return _BY_CLASS[name](prefix)
