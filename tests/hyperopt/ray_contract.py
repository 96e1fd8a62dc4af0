"""Ray Tune's own HyperOptSearch over the shim, asked and told by hand: no cluster.

Run as `python tests/hyperopt/ray_contract.py`, with `hyperopt` importable from
`shim/src`. It prints one line of JSON: what `test_ray.py` states facts about.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")

from ray import __version__ as ray_version
from ray import tune
from ray.tune.search.hyperopt import HyperOptSearch

import hyperopt
import parzen

TRIALS = 30


def loss(config):
    """A quadratic with its minimum 0 at x = 0.5, n = 4, branch 'b'."""
    model = config["model"]
    extra = 1.0 if model == "a" else (model["width"] - 4) ** 2 / 16
    return (config["x"] - 0.5) ** 2 + extra + abs(config["n"] - 4) / 10


def space():
    return {
        "x": tune.uniform(-2, 2),
        "lr": tune.loguniform(1e-4, 1e-1),
        "n": tune.randint(1, 10),
        "q": tune.quniform(0, 1, 0.25),
        "model": tune.choice(["a", {"width": tune.randint(1, 9)}]),
        "constant": "kept",
    }


def drive(searcher, first, last, fail=()):
    """Ask and tell trials `first` to `last` - 1; those in `fail` end with an error."""
    configs = []
    for i in range(first, last):
        name = f"trial_{i}"
        config = searcher.suggest(name)
        configs.append(config)
        result = {"loss": loss(config), "training_iteration": 1}
        searcher.on_trial_result(name, result)
        if i in fail:
            searcher.on_trial_complete(name, error=True)
        else:
            searcher.on_trial_complete(name, result)
    return configs


def history_losses(searcher):
    """The losses that the algorithm sees, in order; NaN as None."""
    history = searcher._hpopt_trials.study.history
    return [None if math.isnan(value) else value for value in history.losses[:, 0].tolist()]


def searcher(**options):
    made = HyperOptSearch(metric="loss", mode="min", random_state_seed=7, **options)
    made.set_search_properties("loss", "min", space())
    return made


def by_hand():
    """Thirty trials: what the algorithm learned is what was told."""
    own = searcher(n_initial_points=8)
    begun = time.process_time()
    configs = drive(own, 0, TRIALS)
    seconds = time.process_time() - begun
    told = [loss(config) for config in configs]
    return {
        "losses_reach_the_history": history_losses(own) == told,
        "best_by_hand": min(told),
        "best_of_document": own._hpopt_trials.best_trial["result"]["loss"],
        "milliseconds_per_trial": 1000 * seconds / TRIALS,
        "first_config": configs[0],
    }


def failures():
    """An error ends up as a failed trial, which has no loss."""
    own = searcher(n_initial_points=3)
    configs = drive(own, 0, 10, fail={2, 5})
    expected = [None if i in (2, 5) else loss(config) for i, config in enumerate(configs)]
    return {"failed_trials_have_no_loss": history_losses(own) == expected}


def batches():
    """Four trials are open at once and end in another order."""
    own = searcher(n_initial_points=3)
    told = {}
    for batch in range(4):
        names = [f"trial_{4 * batch + i}" for i in range(4)]
        configs = {name: own.suggest(name) for name in names}
        for name in reversed(names):
            told[name] = loss(configs[name])
            own.on_trial_complete(name, {"loss": told[name]})
    return {
        "parallel_losses_reach_the_history": history_losses(own) == [told[f"trial_{i}"] for i in range(16)]
    }


def given_points():
    """Points to evaluate come first and in order; a category is named by its value."""
    points = [
        {"x": 0.5, "lr": 0.01, "n": 4, "q": 0.5, "model": "a"},
        {"x": -1.0, "lr": 0.001, "n": 2, "q": 0.25, "model": "a"},
    ]
    own = searcher(points_to_evaluate=[dict(point) for point in points])
    configs = drive(own, 0, 6)
    first = [{key: config[key] for key in point} for config, point in zip(configs, points, strict=False)]
    losses = sorted(history_losses(own))
    return {
        "given_points_come_first": first == points,
        "given_points_are_learned": losses == sorted(loss(config) for config in configs),
    }


def saved():
    """A saved and restored searcher goes on as the one that was not interrupted."""
    whole, cut, fresh = searcher(), searcher(), searcher()
    expected = drive(whole, 0, 14)
    drive(cut, 0, 7)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "searcher.pkl")
        cut.save(path)
        fresh.restore(path)
    return {"a_restored_searcher_goes_on": drive(fresh, 7, 14) == expected[7:]}


def maximised():
    """mode="max" learns the negative."""
    own = HyperOptSearch(metric="loss", mode="max", random_state_seed=1)
    own.set_search_properties("loss", "max", {"x": tune.uniform(0, 1)})
    config = own.suggest("one")
    own.on_trial_complete("one", {"loss": config["x"]})
    return {"max_is_learned_as_a_negative": history_losses(own) == [-config["x"]]}


def own_space():
    """A space in hp words, nested and conditional, goes through as it is."""
    hp = hyperopt.hp
    own = HyperOptSearch(
        {"kind": hp.choice("kind", [{"name": "svm", "C": hp.lognormal("C", 0, 1)}, {"name": "knn"}])},
        metric="loss",
        mode="min",
        random_state_seed=0,
    )
    kinds = []
    for i in range(12):
        config = own.suggest(str(i))
        kinds.append(config["kind"]["name"])
        own.on_trial_complete(str(i), {"loss": float(config["kind"].get("C", 3.0))})
    return {"hp_words_go_through": set(kinds) == {"svm", "knn"}}


def main():
    if hyperopt.Trials is not parzen.Trials:
        raise SystemExit("the package hyperopt is not parzen's; put shim/src on PYTHONPATH")
    report = {"ray": ray_version}
    for part in (by_hand, failures, batches, given_points, saved, maximised, own_space):
        report |= part()
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
