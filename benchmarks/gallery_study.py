"""The real study of the gallery: four families of classifiers on scikit-learn's handwritten digits.

    python -m benchmarks.gallery_study [--to FILE] [--trials 90] [--seed 3] [--pause 60]

It is run once and kept under git, so that drawing needs neither scikit-learn nor minutes. Two workers, a
pruner, and configurations that really fail: more neighbours than rows, an SVM whose `nu` its classes cannot
satisfy. The search is stopped and gone on with after a pause, as real ones are.

In the file that is kept, host, command, commit and tracebacks are left out.
"""

from __future__ import annotations

import argparse
import pickle
import tempfile
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

from parzen import Study, fmin, hp, open_store
from parzen.errors import Pruned

FILE = Path(__file__).resolve().parents[1] / "docs" / "pictures" / "gallery" / "digits.jsonl"
STEPS = 8  # reports of one trial: each after one more eighth of the work

SPACE = {
    "scale": hp.choice("scale", ["none", "standard", "quantile"]),
    "model": hp.choice(
        "model",
        [
            {
                "type": "svm",
                "nu": hp.float(0.005, 0.999, log=True, label="svm.nu"),
                "kernel": hp.choice(
                    "svm.kernel",
                    [
                        {"name": "linear"},
                        {"name": "rbf", "gamma": hp.float(1e-5, 1, log=True, label="rbf.gamma")},
                        {"name": "poly", "degree": hp.int(2, 5, label="poly.degree")},
                    ],
                ),
            },
            {
                "type": "neighbours",
                "k": hp.int(1, 800, log=True, label="neighbours.k"),
                "weights": hp.choice("neighbours.weights", ["uniform", "distance"]),
            },
            {
                "type": "boosting",
                "learning_rate": hp.float(0.01, 1, log=True, label="boosting.lr"),
                "max_leaf_nodes": hp.int(2, 32, log=True, label="boosting.leaves"),
                "l2_regularization": hp.float(1e-6, 10, log=True, label="boosting.l2"),
            },
            {
                "type": "network",
                "width": hp.int(8, 128, log=True, label="network.width"),
                "layers": hp.int(1, 3, label="network.layers"),
                "alpha": hp.float(1e-6, 1, log=True, label="network.alpha"),
                "solver": hp.choice(
                    "network.solver",
                    [
                        {"name": "adam", "lr": hp.float(1e-4, 0.3, log=True, label="adam.lr")},
                        {
                            "name": "sgd",
                            "lr": hp.float(1e-3, 10, log=True, label="sgd.lr"),
                            "momentum": hp.float(0, 0.99, label="sgd.momentum"),
                        },
                    ],
                ),
            },
        ],
    ),
}


def digits(scale: str) -> Any:
    """Training and validation rows, scaled: 900 and 450 of the 1797 digits."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split
    from sklearn.preprocessing import QuantileTransformer, StandardScaler

    rows, labels = load_digits(return_X_y=True)
    train, test, train_labels, test_labels = train_test_split(
        rows, labels, train_size=900, test_size=450, random_state=0, stratify=labels
    )
    if scale != "none":
        scaler = StandardScaler() if scale == "standard" else QuantileTransformer(n_quantiles=100)
        train, test = scaler.fit_transform(train), scaler.transform(test)
    return train, test, train_labels, test_labels


def machine(model: dict[str, Any]) -> Any:
    """An SVM."""
    from sklearn.svm import NuSVC

    kernel = model["kernel"]
    gamma, degree = kernel.get("gamma", "scale"), kernel.get("degree", 3)
    return NuSVC(nu=model["nu"], kernel=kernel["name"], gamma=gamma, degree=degree)


def neighbours(model: dict[str, Any]) -> Any:
    """A classifier that asks the k nearest rows."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(model["k"], weights=model["weights"])


def stages(model: dict[str, Any], train: Any, labels: Any) -> Any:
    """The classifier after each eighth of its work: of the rows, the trees, or the passes over the data."""
    kind = model["type"]
    if kind in ("svm", "neighbours"):
        classifier = machine(model) if kind == "svm" else neighbours(model)
        for step in range(1, STEPS + 1):
            rows = len(train) * step // STEPS
            yield classifier.fit(train[:rows], labels[:rows])
    elif kind == "boosting":
        from sklearn.ensemble import HistGradientBoostingClassifier

        settings = {name: value for name, value in model.items() if name != "type"}
        trees = HistGradientBoostingClassifier(
            **settings, warm_start=True, early_stopping=False, random_state=0
        )
        for step in range(1, STEPS + 1):
            yield trees.set_params(max_iter=4 * step).fit(train, labels)
    else:
        from sklearn.neural_network import MLPClassifier

        solver = model["solver"]
        network = MLPClassifier(
            (model["width"],) * model["layers"],
            alpha=model["alpha"],
            solver=solver["name"],
            learning_rate_init=solver["lr"],
            momentum=solver.get("momentum", 0.9),
            batch_size=64,
            random_state=0,
        )
        for _ in range(STEPS):
            for _ in range(3):
                network.partial_fit(train, labels, classes=range(10))
            yield network


def objective(params: dict[str, Any], trial: Any) -> dict[str, Any]:
    """Share of validation digits that are read wrongly; beside it the size of the classifier."""
    train, test, train_labels, test_labels = digits(params["scale"])
    error, classifier = 1.0, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for step, classifier in enumerate(stages(params["model"], train, train_labels), start=1):
            error = 1.0 - float(classifier.score(test, test_labels))
            trial.report(error, step)
            if step < STEPS and trial.should_prune():
                raise Pruned
    return {"loss": error, "size_kb": len(pickle.dumps(classifier)) / 1000}


def scrubbed(event: Any) -> Any:
    """An event without what only concerns the machine it was made on."""
    changes: dict[str, Any] = {}
    if event.kind == "created":
        changes |= {"host": "", "command": "", "commit": None}
    if getattr(event, "owner", ""):
        changes["owner"] = "worker"
    if getattr(event, "error", None):
        changes["error"] = {"type": event.error.get("type"), "message": event.error.get("message")}
    return replace(event, **changes) if changes else event


def main() -> None:
    """Run the study, and write the file that is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=FILE)
    parser.add_argument("--trials", type=int, default=90)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--pause", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "digits.db")
        settings = {
            "seed": arguments.seed,
            "workers": 2,
            "pruner": "median",
            "on_error": "continue",
            "algo": "tpe",
        }
        fmin(objective, SPACE, trials=store, study="digits", max_evals=arguments.trials * 2 // 3, **settings)
        time.sleep(arguments.pause)
        fmin(objective, SPACE, trials=store, study="digits", max_evals=arguments.trials, **settings)
        study = Study.load(store, "digits")
        print(study)
        arguments.to.parent.mkdir(parents=True, exist_ok=True)
        arguments.to.unlink(missing_ok=True)
        kept = open_store(str(arguments.to))
        kept.append("digits", [scrubbed(event) for event in study.events()])
        kept.close()
        print(f"{arguments.to}: {arguments.to.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
