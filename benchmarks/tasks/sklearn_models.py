"""Tasks that train scikit-learn's models: support vectors, families, pipelines, SGD, kernel ridge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.problems import Point
from benchmarks.tasks.data_sets import Split, digits, folds, patches
from benchmarks.tasks.training import Outcome

HALVES = (0.5, 1.0)
DOUBLINGS = (0.125, 0.25, 0.5, 1.0)


def _on_subsets(
    make: Callable[[int], Any], split: Split, shares: Sequence[float], loss: Callable[[Any, Split], float]
) -> tuple[list[float], Any]:
    """Train on growing parts of the training rows.

    Args:
        make: Gives an untrained model, told the number of training rows.

    Returns:
        The losses and the last model.
    """
    x, y = split[0], split[1]
    curve, model = [], None
    for share in shares:
        rows = round(share * len(y))
        model = make(rows).fit(x[:rows], y[:rows])
        curve.append(loss(model, split))
    return curve, model


def _error(model: Any, split: Split) -> float:
    return float((model.predict(split[2]) != split[3]).mean())


def _rmse(model: Any, split: Split) -> float:
    return float(np.sqrt(((model.predict(split[2]) - split[3]) ** 2).mean()))


def _one_minus_auc(model: Any, split: Split) -> float:
    from sklearn.metrics import roc_auc_score

    return 1 - float(roc_auc_score(split[3], _scores(model, split[2])))


def _scores(model: Any, x: np.ndarray) -> np.ndarray:
    if hasattr(model, "decision_function"):
        return np.asarray(model.decision_function(x))
    return np.asarray(model.predict_proba(x))[:, 1]


def _size(model: Any) -> float:
    """How many numbers the last step of a pipeline keeps to predict."""
    last = model[-1] if hasattr(model, "steps") else model
    for name in ("support_vectors_", "_fit_X", "X_fit_", "coef_", "theta_", "means_"):
        if hasattr(last, name):
            return float(np.size(getattr(last, name)))
    trees = last.estimators_
    return float(sum(tree.tree_.node_count for tree in np.ravel(trees)))


def _scaler(kind: int) -> list[Any]:
    from sklearn import preprocessing

    if kind == 0:
        return []
    if kind == 1:
        return [preprocessing.StandardScaler()]
    if kind == 2:
        return [preprocessing.MinMaxScaler()]
    raise ValueError(f"no scaler {kind}")


def svm_digits(point: Point) -> Outcome:
    """A support vector machine after scaling and PCA, both of them optional."""
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import SVC

    def make(rows: int) -> Any:
        steps = _scaler(int(point["scale"]))
        if point["reduce"] == 1:
            whiten = bool(point["pca_whiten"])
            steps.append(
                PCA(min(int(point["pca_count"]), rows), whiten=whiten, svd_solver="full", random_state=0)
            )
        kernel: dict[str, Any] = (
            {"kernel": "linear"},
            {"kernel": "rbf", "gamma": point.get("rbf_gamma")},
            {
                "kernel": "poly",
                "gamma": point.get("poly_gamma"),
                "degree": point.get("poly_degree"),
                "coef0": point.get("poly_offset"),
            },
            {"kernel": "sigmoid", "gamma": point.get("sigmoid_gamma"), "coef0": point.get("sigmoid_offset")},
        )[int(point["kernel"])]
        return make_pipeline(*steps, SVC(C=point["cost"], max_iter=3000, cache_size=50, **kernel))

    curve, model = _on_subsets(make, digits(600, 1197), DOUBLINGS, _error)
    return Outcome(curve[-1], tuple(curve), _size(model))


def _cancer_model(point: Point, rows: int) -> Any:
    from sklearn import ensemble, feature_selection, linear_model, neighbors, pipeline, preprocessing, svm

    steps: list[Any] = [
        preprocessing.StandardScaler(),
        preprocessing.RobustScaler(),
        preprocessing.QuantileTransformer(n_quantiles=min(50, rows), random_state=0),
    ][int(point["scale"]) - 1 : int(point["scale"])]
    steps.append(feature_selection.SelectKBest(k=int(point["features"])))
    model = int(point["model"])
    if model == 0:
        last: Any = linear_model.LogisticRegression(
            C=point["logistic_cost"],
            l1_ratio=(1.0, 0.0)[int(point["logistic_penalty"])],
            solver="liblinear",
            random_state=0,
        )
    elif model == 1:
        balance = "balanced" if point["svm_balance"] else None
        last = svm.SVC(C=point["svm_cost"], gamma=point["svm_gamma"], class_weight=balance, max_iter=20_000)
    elif model == 2:
        last = neighbors.KNeighborsClassifier(
            min(int(point["knn_count"]), rows),
            weights=("uniform", "distance")[int(point["knn_weights"])],
            p=point["knn_power"],
        )
    elif model == 3:
        last = ensemble.ExtraTreesClassifier(
            int(point["trees_count"]),
            max_depth=int(point["trees_depth"]),
            max_features=point["trees_columns"],
            min_samples_leaf=int(point["trees_leaf"]),
            random_state=0,
        )
    else:
        last = ensemble.GradientBoostingClassifier(
            learning_rate=point["boost_rate"],
            n_estimators=int(point["boost_rounds"]),
            max_depth=int(point["boost_depth"]),
            subsample=point["boost_rows"],
            random_state=0,
        )
    return pipeline.make_pipeline(*steps, last)


def _diabetes_model(point: Point, rows: int) -> Any:
    from sklearn import ensemble, kernel_ridge, linear_model, neighbors, pipeline, preprocessing, svm

    steps: list[Any] = [preprocessing.StandardScaler()]
    if point["features"] == 1:
        cross = not point["products_squares"]
        steps.append(preprocessing.PolynomialFeatures(2, interaction_only=cross, include_bias=False))
        steps.append(preprocessing.StandardScaler())
    elif point["features"] == 2:
        steps.append(preprocessing.SplineTransformer(int(point["spline_knots"]), include_bias=False))
    model = int(point["model"])
    if model == 0:
        last: Any = linear_model.ElasticNet(
            alpha=point["net_alpha"], l1_ratio=point["net_ratio"], max_iter=500, random_state=0
        )
    elif model == 1:
        last = svm.SVR(
            C=point["svr_cost"], gamma=point["svr_gamma"], epsilon=point["svr_epsilon"], max_iter=20_000
        )
    elif model == 2:
        weights = ("uniform", "distance")[int(point["knn_weights"])]
        last = neighbors.KNeighborsRegressor(min(int(point["knn_count"]), rows), weights=weights)
    elif model == 3:
        kernel = ("rbf", "laplacian")[int(point["ridge_kernel"])]
        last = kernel_ridge.KernelRidge(alpha=point["ridge_alpha"], gamma=point["ridge_gamma"], kernel=kernel)
        # Kernel ridge has no intercept of its own.
        return _Centred(pipeline.make_pipeline(*steps, last))
    else:
        last = ensemble.GradientBoostingRegressor(
            learning_rate=point["boost_rate"],
            n_estimators=int(point["boost_rounds"]),
            max_depth=int(point["boost_depth"]),
            subsample=point["boost_rows"],
            random_state=0,
        )
    return pipeline.make_pipeline(*steps, last)


class _Centred:
    """A regressor that sees its target without the mean."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.steps = inner.steps
        self._mean = 0.0

    def __getitem__(self, index: int) -> Any:
        return self._inner[index]

    def fit(self, x: np.ndarray, y: np.ndarray) -> _Centred:
        self._mean = float(y.mean())
        self._inner.fit(x, y - self._mean)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        return np.asarray(self._inner.predict(x) + self._mean)


def _families(
    make: Callable[[Point, int], Any],
    loss: Callable[[Any, Split], float],
    staged: Callable[[Any, Split], list[float]],
    data: str,
    point: Point,
) -> Outcome:
    """Cross-validate a choice of families; boosting's curve is over its rounds, the others' over rows."""
    curves, sizes = [], []
    for split in folds(data, 3):
        boosting = point["model"] == 4
        shares = (1.0,) if boosting else HALVES
        curve, model = _on_subsets(lambda rows: make(point, rows), split, shares, loss)
        if boosting:
            stages = staged(model, split)
            curve = [stages[max(1, round(share * len(stages))) - 1] for share in HALVES]
        curves.append(curve)
        sizes.append(_size(model))
    mean = np.mean(curves, axis=0)
    return Outcome(float(mean[-1]), tuple(mean.tolist()), float(np.mean(sizes)))


def _staged_auc(model: Any, split: Split) -> list[float]:
    from sklearn.metrics import roc_auc_score

    x = model[:-1].transform(split[2])
    count = len(model[-1].estimators_)
    wanted = {max(1, round(share * count)) for share in HALVES}
    stages = enumerate(model[-1].staged_decision_function(x), 1)
    return [
        1 - float(roc_auc_score(split[3], scores.ravel())) if i in wanted else np.nan for i, scores in stages
    ]


def _staged_rmse(model: Any, split: Split) -> list[float]:
    stages = model[-1].staged_predict(model[:-1].transform(split[2]))
    return [float(np.sqrt(((guess - split[3]) ** 2).mean())) for guess in stages]


def families_cancer(point: Point) -> Outcome:
    """Scaling, selection of features and one of five families of classifiers."""
    return _families(_cancer_model, _one_minus_auc, _staged_auc, "breast_cancer", point)


def families_diabetes(point: Point) -> Outcome:
    """Added features and one of five families of regressors."""
    return _families(_diabetes_model, _rmse, _staged_rmse, "diabetes", point)


def _reducer(point: Point, rows: int) -> list[Any]:
    from sklearn import decomposition, feature_selection, random_projection

    kind = int(point["reduce"])
    if kind == 0:
        return []
    if kind == 1:
        count, whiten = min(int(point["pca_count"]), rows), bool(point["pca_whiten"])
        return [decomposition.PCA(count, whiten=whiten, svd_solver="full", random_state=0)]
    if kind == 2:
        # chi2 refuses negative features: a failure that standardising brings about.
        score = (feature_selection.f_classif, feature_selection.chi2)[int(point["select_score"])]
        return [feature_selection.SelectKBest(score, k=int(point["select_count"]))]
    return [random_projection.GaussianRandomProjection(int(point["project_count"]), random_state=0)]


def pipeline_digits(point: Point) -> Outcome:
    """Scaling, a reduction of the features and one of five families, with choices inside."""
    from sklearn import (
        discriminant_analysis,
        ensemble,
        kernel_approximation,
        linear_model,
        naive_bayes,
        neighbors,
        pipeline,
    )

    def make(rows: int) -> Any:
        steps = [*_scaler(int(point["scale"])), *_reducer(point, rows)]
        model = int(point["model"])
        if model == 0:
            metric = ("cosine", "manhattan", "minkowski")[int(point["knn_metric"])]
            power = {"p": point["knn_power"]} if metric == "minkowski" else {}
            weights = ("uniform", "distance")[int(point["knn_weights"])]
            steps.append(
                neighbors.KNeighborsClassifier(
                    int(point["knn_count"]), weights=weights, metric=metric, algorithm="brute", **power
                )
            )
        elif model == 1 and point["discriminant"] == 0:
            steps.append(
                discriminant_analysis.LinearDiscriminantAnalysis(
                    solver="lsqr", shrinkage=point["linear_shrinkage"]
                )
            )
        elif model == 1:
            ridge = point["quadratic_ridge"]
            steps.append(discriminant_analysis.QuadraticDiscriminantAnalysis(reg_param=ridge))
        elif model == 2:
            steps.append(
                ensemble.ExtraTreesClassifier(
                    int(point["trees_count"]),
                    max_depth=int(point["trees_depth"]),
                    max_features=point["trees_columns"],
                    random_state=0,
                )
            )
        elif model == 3:
            count, gamma = int(point["map_count"]), point["map_gamma"]
            steps.append(kernel_approximation.RBFSampler(gamma=gamma, n_components=count, random_state=0))
            steps.append(linear_model.RidgeClassifier(point["map_ridge"], solver="cholesky"))
        else:
            steps.append(naive_bayes.GaussianNB(var_smoothing=point["bayes_smoothing"]))
        return pipeline.make_pipeline(*steps)

    curve, model = _on_subsets(make, digits(600, 1197), DOUBLINGS, _error)
    return Outcome(curve[-1], tuple(curve), _size(model))


def sgd_digits(point: Point) -> Outcome:
    """A linear classifier by stochastic gradients; two orders of the rows."""
    from sklearn.linear_model import SGDClassifier

    train, labels, valid, truth = digits(600, 1197)
    for step in _scaler(int(point["scale"])):
        train, valid = step.fit_transform(train), step.transform(valid)
    schedule = int(point["schedule"])
    settings = {
        "loss": ("hinge", "log_loss", "modified_huber", "squared_hinge")[int(point["objective"])],
        "alpha": point["alpha"],
        "penalty": ("l2", "l1", "elasticnet")[int(point["penalty"])],
        "l1_ratio": point.get("l1_ratio", 0.15),
        "learning_rate": ("optimal", "constant", "invscaling")[schedule],
        "eta0": (0.01, point.get("constant_rate"), point.get("inverse_rate"))[schedule],
        "power_t": point.get("inverse_power", 0.5),
        "average": bool(point["average"]),
    }
    epochs = int(point["epochs"])
    curves, sizes = [], []
    for seed in range(2):
        model = SGDClassifier(random_state=seed, **settings)
        rng = np.random.default_rng(seed)
        curve = []
        for _ in range(epochs):
            order = rng.permutation(len(labels))
            model.partial_fit(train[order], labels[order], classes=np.arange(10))
            curve.append(_error(model, (train, labels, valid, truth)))
        curves.append(curve)
        sizes.append(np.count_nonzero(model.coef_))
    mean = np.mean(curves, axis=0)
    return Outcome(float(mean[-1]), tuple(mean.tolist()), float(np.mean(sizes)))


def ridge_patches(point: Point) -> Outcome:
    """Kernel ridge regression on patches: a width for each ring of pixels, a share of linear kernel.

    The middle pixel is one group; its four neighbours are the first ring, the
    other twelve that share a row or column offset of 2 the second, the
    diagonal ones the third.
    """
    x, y, valid, truth = patches("flower.jpg", 400, 600)
    across = np.abs(np.repeat(np.arange(-2, 3), 5))
    down = np.abs(np.tile(np.arange(-2, 3), 5))
    group = np.select([(across + down) == 0, (across + down) == 1, across != down], [0, 1, 2], 3)
    names = ("width_centre", "width_ring1", "width_ring2", "width_diagonal")
    counts = np.bincount(group)
    scale = np.array([1 / (point[name] * np.sqrt(n)) for name, n in zip(names, counts)])[group]
    level, spread = x.mean(), x.std()
    a, b = (x - level) / spread * scale, (valid - level) / spread * scale
    linear = point["linear"]

    def kernel(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        inner = p @ q.T
        square = (p * p).sum(axis=1)[:, None] + (q * q).sum(axis=1)[None, :] - 2 * inner
        return np.asarray((1 - linear) * np.exp(-np.maximum(square, 0) / 2) + linear * inner)

    full, cross = kernel(a, a), kernel(b, a)
    curve = []
    for rows in (50, 100, 200, 400):
        mean = y[:rows].mean()
        inside = full[:rows, :rows] + point["alpha"] * np.eye(rows)
        guess = mean + cross[:, :rows] @ np.linalg.solve(inside, y[:rows] - mean)
        curve.append(float(np.sqrt(((guess - truth) ** 2).mean())))
    return Outcome(curve[-1], tuple(curve), float(a.size))


EVALUATE: dict[str, Callable[[Point], Outcome]] = {
    "svm-digits": svm_digits,
    "families-cancer": families_cancer,
    "families-diabetes": families_diabetes,
    "pipeline-digits": pipeline_digits,
    "sgd-digits": sgd_digits,
    "ridge-patches": ridge_patches,
}
