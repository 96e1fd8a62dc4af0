"""Tune scikit-learn classifiers on images of handwritten digits, in under a minute.

The space is a choice of four model families, each with hyperparameters of its
own. The data are the 1797 images of 8 x 8 pixels that come with scikit-learn:
1000 to search with, by cross-validation in three parts, and 797 to test with,
which the search never sees.

    python examples/demo.py [--trials 40] [--more 20] [--seed 0] [--study results/demo.db]

The search is kept in a file. Stop it at any time, and the same command goes on
where it was; when it has ended, --more adds trials.
"""

import argparse
import time
from math import comb
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from parzen import STATUS_OK, Study, errors, fmin, hp, tpe

FAMILIES = {
    "svc": SVC,
    "neighbours": KNeighborsClassifier,
    "extra trees": ExtraTreesClassifier,
    "logistic": LogisticRegression,
}

# Each option is a family's name and the arguments of its class. log=True makes
# each factor of ten equally likely: 0.1 to 1 as much as 10 to 100.
SPACE = hp.choice(
    "model",
    [
        {
            "family": "svc",
            "C": hp.float(0.01, 1000, log=True),
            "gamma": hp.float(1e-4, 1, log=True),
            "kernel": hp.choice("kernel", ["rbf", "poly", "sigmoid"]),
        },
        {
            "family": "neighbours",
            "n_neighbors": hp.int(1, 30, log=True),
            "weights": hp.choice("weights", ["uniform", "distance"]),
            "metric": hp.choice("metric", ["euclidean", "manhattan", "cosine"]),
        },
        {
            "family": "extra trees",
            "n_estimators": hp.int(10, 80, log=True),
            "max_features": hp.float(0.02, 1, log=True),
            "min_samples_leaf": hp.int(1, 20, log=True),
        },
        {"family": "logistic", "C": hp.float(0.001, 100, log=True)},
    ],
)


def make(family, seed, **arguments):
    """A classifier of `family`: scikit-learn's defaults, but for `arguments`."""
    if family == "extra trees":
        arguments["random_state"] = seed
    if family == "logistic":
        arguments["max_iter"] = 1000  # the default, 100, ends with a warning on some of these
    return FAMILIES[family](**arguments)


def chance(wins, losses):
    """How often coin tosses would be at least as one-sided: 1 is always, 0 never."""
    n = int(wins + losses)
    return min(1.0, 2 * sum(comb(n, k) for k in range(max(wins, losses), n + 1)) / 2**n)


def compare(models, x, y, x_test, y_test):
    """Fit each model on the same images, and print how the first one does against each other."""
    right = {name: model.fit(x, y).predict(x_test) == y_test for name, model in models.items()}
    (name, tuned), *others = right.items()
    print(f"{'on the test images':<23}{'wrong':>6}{'accuracy':>10}   tuned alone right / wrong on")
    print(f"{name:<23}{np.sum(~tuned):>6}{tuned.mean():>10.4f}")
    for name, other in others:
        wins, losses = np.sum(tuned & ~other), np.sum(~tuned & other)
        verdict = "a clear gain" if wins > losses else "a clear loss"
        if chance(wins, losses) >= 0.05:
            verdict = "within noise"
        print(f"{name:<23}{np.sum(~other):>6}{other.mean():>10.4f}   {wins} / {losses} images: {verdict}")


def there_already(path):
    """How many trials a study in a file has, and how many it is to have."""
    try:
        study = Study.load(path)
    except errors.StudyNotFound:
        return 0, 0
    return len(study.trials), study.end or 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=40, help="configurations to try (default: 40)")
    parser.add_argument(
        "--more", type=int, default=0, help="configurations to add to a search that has ended"
    )
    parser.add_argument("--seed", type=int, default=0, help="of split, models and search (default: 0)")
    parser.add_argument(
        "--study", type=Path, default=Path("results/demo.db"), help="where the search is kept"
    )
    options = parser.parse_args()
    seed = options.seed
    options.study.parent.mkdir(parents=True, exist_ok=True)
    known, planned = there_already(options.study)
    total = max(options.trials, planned) + options.more
    images, digits = load_digits(return_X_y=True)
    split = train_test_split(images / 16, digits, train_size=1000, stratify=digits, random_state=seed)
    x, x_test, y, y_test = split
    parts = StratifiedKFold(3, shuffle=True, random_state=seed)

    def objective(model):
        start = time.perf_counter()
        accuracy = float(cross_val_score(make(**model, seed=seed), x, y, cv=parts).mean())
        seconds = time.perf_counter() - start
        return {"loss": 1 - accuracy, "status": STATUS_OK, "accuracy": accuracy, "seconds": seconds}

    print(f"data: {len(x)} images of digits to search with, {len(x_test)} to test with")
    print(f"search: {total} trials, {len(FAMILIES)} model families, seed {seed}, kept in {options.study}")
    if known >= total:
        print("it has ended before, and nothing is left to run; make demo MORE=20 adds 20 trials")
    elif known:
        print(f"it was begun before, and goes on after {known} trials")
    print()
    best = fmin(objective, SPACE, tpe.suggest, max_evals=total, trials=options.study, seed=seed)

    found = dict(best.params)  # the real values: option names, whole numbers whole
    family = found.pop("family")
    print(f"\nbest of {len(best.study.trials)} trials: {family}, found in trial {best.trial.number}")
    for name, value in found.items():
        print(f"  {name} = {value:.4g}" if isinstance(value, float) else f"  {name} = {value}")
    print(f"accuracy in cross-validation: {1 - best.loss:.4f}, a little flattered as the best of many\n")

    models = {
        f"tuned {family}": make(family, seed, **found),
        f"default {family}": make(family, seed),
        "default svc": SVC(),
        "default random forest": RandomForestClassifier(random_state=seed),
    }
    compare(models, x, y, x_test, y_test)


if __name__ == "__main__":
    main()
