"""The tuning tasks: what is trained on what, over which space, in which suite.

Spaces are written as a practitioner would write them before seeing a result:
wide ends, round numbers, logarithms where the field uses them. Only words of
`benchmarks.problems` appear here; `benchmarks.tasks.training` does the work.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.problems import Param


@dataclass(frozen=True)
class Task:
    """One tuning task.

    Attributes:
        name: Model and data set.
        suite: "dev" or "report".
        kinds: As of a `Problem`; "real" is in all of them.
        loss: What is minimised, in words.
        fidelity: What the steps of the learning curve count. "rounds" and
            "epochs" are shares of the configuration's own number where that
            is a hyperparameter, else plain numbers.
        size: What the second metric counts.
        params: In an order in which parents come before their children.
        count: How many configurations are evaluated. With more, finished ones are used again.
        seed: Of the draws.
    """

    name: str
    suite: str
    kinds: tuple[str, ...]
    loss: str
    fidelity: str
    size: str
    params: tuple[Param, ...]
    count: int
    seed: int


def _real(name: str, low: float, high: float, parent: tuple[str, int] | None = None) -> Param:
    return Param(name, "float", low, high, parent=parent)


def _log(name: str, low: float, high: float, parent: tuple[str, int] | None = None) -> Param:
    return Param(name, "float", low, high, log=True, parent=parent)


def _int(name: str, low: int, high: int, parent: tuple[str, int] | None = None) -> Param:
    return Param(name, "int", low, high, parent=parent)


def _logint(name: str, low: int, high: int, parent: tuple[str, int] | None = None) -> Param:
    return Param(name, "int", low, high, log=True, parent=parent)


def _cat(name: str, size: int, parent: tuple[str, int] | None = None) -> Param:
    return Param(name, "cat", 0, size - 1, parent=parent)


_SVM_DIGITS = (
    _cat("scale", 3),  # none, standard, to [0, 1]
    _cat("reduce", 2),  # none, PCA
    _int("pca_count", 2, 60, ("reduce", 1)),
    _cat("pca_whiten", 2, ("reduce", 1)),
    _cat("kernel", 4),  # linear, RBF, polynomial, sigmoid
    _log("cost", 1e-3, 1e3),
    _log("rbf_gamma", 1e-6, 1e1, ("kernel", 1)),
    _log("poly_gamma", 1e-6, 1e1, ("kernel", 2)),
    _int("poly_degree", 2, 5, ("kernel", 2)),
    _real("poly_offset", 0.0, 10.0, ("kernel", 2)),
    _log("sigmoid_gamma", 1e-6, 1e1, ("kernel", 3)),
    _real("sigmoid_offset", -2.0, 2.0, ("kernel", 3)),
)

_HGB_DIABETES = (
    _log("rate", 1e-3, 1.0),
    _logint("rounds", 10, 150),
    _logint("leaves", 2, 64),
    _logint("leaf_rows", 1, 100),
    _log("l2", 1e-6, 1e3),
    _logint("bins", 8, 255),
    _real("columns", 0.1, 1.0),
    _cat("objective", 4),  # squared, absolute, gamma, Poisson
)

_MLP_DIGITS = (
    _log("rate", 1e-5, 10.0),
    _real("momentum", 0.0, 0.99),
    _log("decay", 1e-7, 1e-1),
    _logint("batch", 32, 256),
    _logint("width", 8, 256),
    _int("layers", 1, 4),
    _real("dropout", 0.0, 0.8),
    _cat("activation", 3),  # ReLU, tanh, GELU
    _cat("schedule", 2),  # constant, cosine
    _log("gain", 0.1, 10.0),
)

_FAMILIES_CANCER = (
    _cat("scale", 4),  # none, standard, robust, quantiles
    _int("features", 2, 30),
    _cat("model", 5),  # logistic, SVM, neighbours, extra trees, boosting
    _log("logistic_cost", 1e-4, 1e4, ("model", 0)),
    _cat("logistic_penalty", 2, ("model", 0)),  # l1, l2
    _log("svm_cost", 1e-3, 1e3, ("model", 1)),
    _log("svm_gamma", 1e-6, 1e1, ("model", 1)),
    _cat("svm_balance", 2, ("model", 1)),
    _logint("knn_count", 1, 100, ("model", 2)),
    _cat("knn_weights", 2, ("model", 2)),
    _real("knn_power", 1.0, 4.0, ("model", 2)),
    _logint("trees_count", 5, 100, ("model", 3)),
    _int("trees_depth", 1, 16, ("model", 3)),
    _real("trees_columns", 0.05, 1.0, ("model", 3)),
    _logint("trees_leaf", 1, 50, ("model", 3)),
    _log("boost_rate", 1e-3, 1.0, ("model", 4)),
    _logint("boost_rounds", 5, 80, ("model", 4)),
    _int("boost_depth", 1, 6, ("model", 4)),
    _real("boost_rows", 0.2, 1.0, ("model", 4)),
)

_FAMILIES_DIABETES = (
    _cat("features", 3),  # as they are, products of two, splines
    _cat("products_squares", 2, ("features", 1)),
    _int("spline_knots", 2, 10, ("features", 2)),
    _cat("model", 5),  # elastic net, SVR, neighbours, kernel ridge, boosting
    _log("net_alpha", 1e-5, 1e2, ("model", 0)),
    _real("net_ratio", 0.01, 1.0, ("model", 0)),
    _log("svr_cost", 1e-2, 1e4, ("model", 1)),
    _log("svr_gamma", 1e-5, 1e1, ("model", 1)),
    _log("svr_epsilon", 1e-1, 1e2, ("model", 1)),
    _logint("knn_count", 1, 150, ("model", 2)),
    _cat("knn_weights", 2, ("model", 2)),
    _cat("ridge_kernel", 2, ("model", 3)),  # RBF, Laplace
    _log("ridge_alpha", 1e-4, 1e2, ("model", 3)),
    _log("ridge_gamma", 1e-5, 1e1, ("model", 3)),
    _log("boost_rate", 1e-3, 1.0, ("model", 4)),
    _logint("boost_rounds", 5, 120, ("model", 4)),
    _int("boost_depth", 1, 6, ("model", 4)),
    _real("boost_rows", 0.2, 1.0, ("model", 4)),
)

_LIGHTGBM_DIGITS = (
    _log("rate", 1e-3, 1.0),
    _logint("rounds", 10, 250),
    _logint("leaves", 2, 128),
    _logint("leaf_rows", 1, 100),
    _real("columns", 0.1, 1.0),
    _real("rows", 0.2, 1.0),
    _log("l1", 1e-6, 1e2),
    _log("l2", 1e-6, 1e2),
    _real("min_gain", 0.0, 2.0),
    _logint("bins", 4, 255),
    _cat("random_splits", 2),
)

_XGBOOST_PATCHES = (
    _log("rate", 1e-3, 1.0),
    _logint("rounds", 10, 250),
    _int("depth", 1, 10),
    _log("child_weight", 1e-1, 1e2),
    _log("gamma", 1e-6, 1e1),
    _real("rows", 0.2, 1.0),
    _real("columns", 0.1, 1.0),
    _real("columns_level", 0.1, 1.0),
    _log("l2", 1e-4, 1e3),
    _log("l1", 1e-6, 1e2),
    _logint("bins", 8, 256),
    _cat("objective", 3),  # squared, pseudo Huber, absolute
)

_PIPELINE_DIGITS = (
    _cat("scale", 3),  # none, standard, to [0, 1]
    _cat("reduce", 4),  # none, PCA, best features, random projection
    _int("pca_count", 2, 60, ("reduce", 1)),
    _cat("pca_whiten", 2, ("reduce", 1)),
    _int("select_count", 2, 60, ("reduce", 2)),
    _cat("select_score", 2, ("reduce", 2)),  # F, chi2
    _logint("project_count", 2, 200, ("reduce", 3)),
    _cat("model", 5),  # neighbours, discriminant, extra trees, kernel map and ridge, naive Bayes
    _logint("knn_count", 1, 60, ("model", 0)),
    _cat("knn_weights", 2, ("model", 0)),
    _cat("knn_metric", 3, ("model", 0)),  # cosine, Manhattan, Minkowski
    _real("knn_power", 1.0, 5.0, ("knn_metric", 2)),
    _cat("discriminant", 2, ("model", 1)),  # linear, quadratic
    _real("linear_shrinkage", 0.0, 1.0, ("discriminant", 0)),
    _log("quadratic_ridge", 1e-6, 1.0, ("discriminant", 1)),
    _logint("trees_count", 5, 150, ("model", 2)),
    _int("trees_depth", 2, 20, ("model", 2)),
    _real("trees_columns", 0.02, 1.0, ("model", 2)),
    _logint("map_count", 10, 600, ("model", 3)),
    _log("map_gamma", 1e-6, 1e1, ("model", 3)),
    _log("map_ridge", 1e-6, 1e3, ("model", 3)),
    _log("bayes_smoothing", 1e-12, 1.0, ("model", 4)),
)

_CNN_DIGITS = (
    _int("layers", 1, 3),
    _logint("channels", 2, 24),
    _int("kernel", 2, 5),
    _cat("padding", 2),
    _cat("pool", 3),  # none, maximum, mean
    _cat("norm", 2),
    _logint("batch", 32, 256),
    _real("dropout", 0.0, 0.8),
    _log("decay", 1e-7, 1e-1),
    _cat("optimiser", 2),  # SGD, Adam
    _log("sgd_rate", 1e-4, 10.0, ("optimiser", 0)),
    _real("sgd_momentum", 0.0, 0.99, ("optimiser", 0)),
    _log("adam_rate", 1e-5, 1.0, ("optimiser", 1)),
    _real("adam_memory", 0.5, 0.999, ("optimiser", 1)),
)

_SGD_DIGITS = (
    _cat("scale", 3),  # none, standard, to [0, 1]
    _cat("objective", 4),  # hinge, logistic, modified Huber, squared hinge
    _int("epochs", 1, 12),
    _log("alpha", 1e-8, 1.0),
    _cat("penalty", 3),  # l2, l1, both
    _real("l1_ratio", 0.0, 1.0, ("penalty", 2)),
    _cat("schedule", 3),  # optimal, constant, inverse scaling
    _log("constant_rate", 1e-6, 10.0, ("schedule", 1)),
    _log("inverse_rate", 1e-6, 10.0, ("schedule", 2)),
    _real("inverse_power", 0.0, 1.0, ("schedule", 2)),
    _cat("average", 2),
)

_RIDGE_PATCHES = (
    _log("alpha", 1e-6, 1e2),
    _log("width_centre", 1e-2, 1e2),
    _log("width_ring1", 1e-2, 1e2),
    _log("width_ring2", 1e-2, 1e2),
    _log("width_diagonal", 1e-2, 1e2),
    _real("linear", 0.0, 1.0),
)

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(
            "svm-digits",
            "dev",
            ("real", "conditional"),
            "error rate on 1 197 held-out digits",
            "training rows: 75, 150, 300, 600",
            "numbers in the support vectors",
            _SVM_DIGITS,
            count=700,
            seed=700,
        ),
        Task(
            "hgb-diabetes",
            "dev",
            ("real", "mixed"),
            "root mean squared error, 3 folds",
            "rounds, in 16 shares",
            "nodes",
            _HGB_DIABETES,
            count=300,
            seed=400,
        ),
        Task(
            "mlp-digits",
            "dev",
            ("real", "exploding"),
            "cross-entropy on 997 held-out digits",
            "epochs, 10",
            "weights",
            _MLP_DIGITS,
            count=400,
            seed=400,
        ),
        Task(
            "families-cancer",
            "report",
            ("real", "conditional"),
            "1 - area under the ROC curve, 3 folds",
            "training rows, half and all; boosting: rounds, half and all",
            "numbers kept to predict",
            _FAMILIES_CANCER,
            count=320,
            seed=450,
        ),
        Task(
            "families-diabetes",
            "report",
            ("real", "conditional"),
            "root mean squared error, 3 folds",
            "training rows, half and all; boosting: rounds, half and all",
            "numbers kept to predict",
            _FAMILIES_DIABETES,
            count=350,
            seed=450,
        ),
        Task(
            "lightgbm-digits",
            "report",
            ("real", "mixed"),
            "log loss of odd against even on 897 held-out digits",
            "rounds, in 16 shares",
            "leaves",
            _LIGHTGBM_DIGITS,
            count=500,
            seed=600,
        ),
        Task(
            "xgboost-patches",
            "report",
            ("real", "mixed"),
            "root mean squared error of the clean middle pixel, in grey levels of 255",
            "rounds, in 16 shares",
            "nodes",
            _XGBOOST_PATCHES,
            count=1000,
            seed=1000,
        ),
        Task(
            "pipeline-digits",
            "report",
            ("real", "conditional"),
            "error rate on 1 197 held-out digits",
            "training rows: 75, 150, 300, 600",
            "numbers kept to predict",
            _PIPELINE_DIGITS,
            count=600,
            seed=600,
        ),
        Task(
            "cnn-digits",
            "report",
            ("real", "conditional", "exploding"),
            "cross-entropy on 800 held-out digits",
            "epochs, 6",
            "weights",
            _CNN_DIGITS,
            count=400,
            seed=400,
        ),
        Task(
            "sgd-digits",
            "report",
            ("real", "conditional"),
            "error rate on 1 197 held-out digits, mean of 2 orders",
            "epochs",
            "weights that are not 0",
            _SGD_DIGITS,
            count=320,
            seed=450,
        ),
        Task(
            "ridge-patches",
            "report",
            ("real", "smooth"),
            "root mean squared error of the clean middle pixel, in grey levels of 255",
            "training rows: 50, 100, 200, 400",
            "numbers kept to predict",
            _RIDGE_PATCHES,
            count=800,
            seed=800,
        ),
    )
}

DEV: tuple[str, ...] = tuple(task.name for task in TASKS.values() if task.suite == "dev")
REPORT: tuple[str, ...] = tuple(task.name for task in TASKS.values() if task.suite == "report")
