"""Tasks that train boosted trees: scikit-learn's histogram booster, LightGBM, XGBoost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.problems import Point
from benchmarks.tasks.data_sets import digits, folds, patches
from benchmarks.tasks.training import CURVE, Outcome


def _marks(rounds: int) -> list[int]:
    """The rounds after which a curve has a value: sixteen shares, each at least one round."""
    return [max(1, round(rounds * k / CURVE)) for k in range(1, CURVE + 1)]


def hgb_diabetes(point: Point) -> Outcome:
    """scikit-learn's histogram boosting; what is minimised in training is a choice."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    marks = _marks(int(point["rounds"]))
    curves, sizes = [], []
    for x, y, valid, truth in folds("diabetes", 3):
        model = HistGradientBoostingRegressor(
            loss=("squared_error", "absolute_error", "gamma", "poisson")[int(point["objective"])],
            learning_rate=point["rate"],
            max_iter=int(point["rounds"]),
            max_leaf_nodes=int(point["leaves"]),
            min_samples_leaf=int(point["leaf_rows"]),
            l2_regularization=point["l2"],
            max_bins=int(point["bins"]),
            max_features=point["columns"],
            early_stopping=False,
            random_state=0,
        ).fit(x, y)
        stages = [float(np.sqrt(((guess - truth) ** 2).mean())) for guess in model.staged_predict(valid)]
        curves.append([stages[mark - 1] for mark in marks])
        sizes.append(sum(tree.nodes.size for stage in model._predictors for tree in stage))
    mean = np.mean(curves, axis=0)
    return Outcome(float(mean[-1]), tuple(mean.tolist()), float(np.mean(sizes)))


def lightgbm_digits(point: Point) -> Outcome:
    """LightGBM on whether a digit is odd."""
    import lightgbm

    x, y, valid, truth = digits(900, 897)
    rounds = int(point["rounds"])
    settings = {
        "objective": "binary",
        "learning_rate": point["rate"],
        "num_leaves": int(point["leaves"]),
        "min_data_in_leaf": int(point["leaf_rows"]),
        "feature_fraction": point["columns"],
        "bagging_fraction": point["rows"],
        "bagging_freq": 1,
        "lambda_l1": point["l1"],
        "lambda_l2": point["l2"],
        "min_gain_to_split": point["min_gain"],
        "max_bin": int(point["bins"]),
        "extra_trees": bool(point["random_splits"]),
        "min_data_in_bin": 1,
        "seed": 0,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    model = lightgbm.train(settings, lightgbm.Dataset(x, y % 2), rounds)
    curve = []
    for mark in _marks(rounds):
        chance = np.clip(np.asarray(model.predict(valid, num_iteration=mark)), 1e-15, 1 - 1e-15)
        curve.append(float(-np.log(np.where(truth % 2 == 1, chance, 1 - chance)).mean()))
    leaves = sum(tree["num_leaves"] for tree in model.dump_model()["tree_info"])
    return Outcome(curve[-1], tuple(curve), float(leaves))


def xgboost_patches(point: Point) -> Outcome:
    """XGBoost on denoising patches of a picture."""
    import xgboost

    x, y, valid, truth = patches("china.jpg", 1200, 1500)
    rounds = int(point["rounds"])
    settings = {
        "objective": ("reg:squarederror", "reg:pseudohubererror", "reg:absoluteerror")[
            int(point["objective"])
        ],
        "eta": point["rate"],
        "max_depth": int(point["depth"]),
        "min_child_weight": point["child_weight"],
        "gamma": point["gamma"],
        "subsample": point["rows"],
        "colsample_bytree": point["columns"],
        "colsample_bylevel": point["columns_level"],
        "lambda": point["l2"],
        "alpha": point["l1"],
        "max_bin": int(point["bins"]),
        "tree_method": "hist",
        "nthread": 1,
        "seed": 0,
        "verbosity": 0,
    }
    # Grey levels of 255 are brought to about one, so that gamma and alpha mean something.
    train, test = xgboost.DMatrix(x, (y - 128) / 64), xgboost.DMatrix(valid)
    model = xgboost.train(settings, train, rounds)
    curve = []
    for mark in _marks(rounds):
        guess = 128 + 64 * model.predict(test, iteration_range=(0, mark))
        curve.append(float(np.sqrt(((guess - truth) ** 2).mean())))
    nodes = sum(text.count("\n") for text in model.get_dump())
    return Outcome(curve[-1], tuple(curve), float(nodes))


EVALUATE: dict[str, Callable[[Point], Outcome]] = {
    "hgb-diabetes": hgb_diabetes,
    "lightgbm-digits": lightgbm_digits,
    "xgboost-patches": xgboost_patches,
}
