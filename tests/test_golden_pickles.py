"""Pickles that real Hyperopt wrote load, show the same documents, and resume.

The files and what a reader must find in them come from
golden/make_hyperopt_pickles.py, which ran under Hyperopt.
"""

import json
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle
import numpy as np
import pytest

from parzen import Trials, fmin, hp, load_trials, rand, tpe

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden"
FILES = sorted(GOLDEN.glob("hyperopt-*.pkl"))
NAMES = [path.stem for path in FILES]
ORPHANED = [name for name in NAMES if "interrupted" in name]

FLAT = {"x": hp.uniform("x", -5, 5), "y": hp.normal("y", 0, 2), "n": hp.quniform("n", 1, 10, 1)}
CONDITIONAL = hp.choice(
    "model",
    [
        {"kind": "svm", "C": hp.loguniform("C", -5, 5)},
        {
            "kind": "forest",
            "depth": hp.randint("depth", 12),
            "split": hp.choice("split", ["gini", {"rate": hp.loguniform("rate", -3, 0)}]),
        },
    ],
)


def space_of(name):
    return CONDITIONAL if "conditional" in name else FLAT


def objective_of(name):
    if "conditional" in name:
        return lambda point: abs(math.log(point["C"])) if "C" in point else 0.5 + 0.1 * point["depth"]
    return lambda point: point["x"] ** 2 + point["y"] ** 2 + 0.1 * point["n"]


def load(name):
    return load_trials(GOLDEN / f"{name}.pkl")


def expected(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def plain(value):
    """As the JSON files write it: NaN as a word, tuples as lists."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def description(trials):
    """The parts of the JSON file that a reader can tell."""
    documents = [
        {
            "tid": doc["tid"],
            "state": doc["state"],
            "status": doc["result"].get("status"),
            "loss": doc["result"].get("loss"),
            "vals": {label: found[0] for label, found in doc["misc"]["vals"].items() if len(found)},
            "error": doc["misc"].get("error"),
        }
        for doc in trials._dynamic_trials
    ]
    return plain(
        {
            "documents": documents,
            "tids": trials.tids,
            "losses": trials.losses(),
            "statuses": trials.statuses(),
            "idxs": trials.idxs,
            "vals": trials.vals,
            "argmin": trials.argmin,
            "attachments": sorted(trials.attachments),
            "next_tid": trials.new_trial_ids(1)[0],
        }
    )


def wanted(name):
    full = expected(name)
    return {key: full[key] for key in description(load(name))}


def test_both_of_hyperopts_last_versions_are_there():
    assert len(FILES) == 16
    assert {name.split("-")[1] for name in NAMES} == {"0.2.7", "0.3.0"}


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_as_hyperopt_reads_them(name):
    trials = load(name)
    assert isinstance(trials, Trials)
    assert description(trials) == wanted(name)


@pytest.mark.parametrize("name", NAMES)
def test_documents_are_plain_dicts(name):
    for doc in load(name)._dynamic_trials:
        parts = [doc, doc["result"], doc["misc"], doc["misc"]["idxs"], doc["misc"]["vals"]]
        assert {type(part) for part in parts} == {dict}


@pytest.mark.parametrize("name", [name for name in NAMES if "conditional" in name])
def test_what_the_objective_returned_is_all_there(name):
    result = load(name).results[0]
    assert set(result) == {"status", "loss", "space", "history", "weights", "count", "good", "ended"}
    assert result["history"] == {"accuracy": [0.25, 0.5], "sizes": (3, 4)}
    assert result["weights"].dtype == np.float32
    assert result["weights"].tolist() == [0, 1, 2]
    assert result["count"] == 1
    trials = load(name)
    assert trials.trial_attachments(trials.trials[0])["log.txt"] == b"first line\n"


@pytest.mark.parametrize("algo", [rand.suggest, tpe.suggest])
@pytest.mark.parametrize("name", NAMES)
def test_search_resumes_at_the_next_tid(name, algo):
    trials = load(name)
    before, full = len(trials), expected(name)
    orphans = sum(doc["state"] == 1 for doc in full["documents"])
    calls = []

    def objective(point):
        calls.append(point)
        return objective_of(name)(point)

    fmin(objective, space_of(name), algo=algo, max_evals=before + 3, trials=trials, seed=1, verbose=False)
    assert len(trials) == before + 3
    assert len(calls) == 3 + orphans
    assert trials.tids == [*full["tids"], *range(full["next_tid"], full["next_tid"] + 3)]
    assert all(doc["state"] == 2 for doc in trials.trials)
    old = [doc for doc in trials._dynamic_trials if doc["tid"] < full["next_tid"]]
    for doc, was in zip(old, full["documents"], strict=True):
        assert (
            plain({label: found[0] for label, found in doc["misc"]["vals"].items() if len(found)})
            == was["vals"]
        )
        if was["state"] != 1:
            assert plain(doc["result"].get("loss")) == was["loss"]


@pytest.mark.parametrize("name", NAMES)
def test_equal_max_evals_runs_nothing_new_and_gives_hyperopts_argmin(name):
    trials, full = load(name), expected(name)
    calls = []
    best = fmin(
        lambda point: calls.append(point) or 1e9,
        space_of(name),
        algo=tpe.suggest,
        max_evals=len(full["tids"]),
        trials=trials,
        verbose=False,
    )
    assert len(calls) == sum(doc["state"] == 1 for doc in full["documents"])
    assert best == full["argmin"] == trials.argmin
    assert {type(value) for value in best.values()} <= {int, float}


@pytest.mark.parametrize("name", ORPHANED)
def test_trial_that_was_left_running_is_run_again_first(name):
    (orphan,) = (doc for doc in expected(name)["documents"] if doc["state"] == 1)
    trials, calls = load(name), []

    def objective(point):
        calls.append(point)
        return objective_of(name)(point)

    fmin(objective, FLAT, algo=rand.suggest, max_evals=len(trials) + 1, trials=trials, verbose=False)
    assert calls[0] == orphan["vals"]
    assert len(calls) == 2
    (doc,) = (doc for doc in trials.trials if doc["tid"] == orphan["tid"])
    assert doc["state"] == 2
    assert doc["result"]["loss"] == objective_of(name)(orphan["vals"])


@pytest.mark.parametrize("name", [name for name in NAMES if "errors" in name])
def test_failed_documents_stay_hidden_and_kept(name):
    trials = load(name)
    failed = [doc for doc in trials._dynamic_trials if doc["state"] == 3]
    assert len(failed) == 2
    assert failed[0]["misc"]["error"] == ("<class 'ValueError'>", "no convergence")
    assert len(trials) == 8


@pytest.mark.parametrize("name", [name for name in NAMES if "conditional" in name])
def test_failed_trial_with_the_lowest_loss_is_not_the_best(name):
    trials = load(name)
    assert -1.0 in trials.losses()
    assert trials.best_trial["result"]["status"] == "ok"
    best = fmin(objective_of(name), CONDITIONAL, algo=tpe.suggest, max_evals=20, trials=trials, verbose=False)
    assert best.loss >= 0


@pytest.mark.parametrize("module", [pickle, cloudpickle])
@pytest.mark.parametrize("name", NAMES)
def test_our_own_pickles_of_them_say_the_same(name, module):
    again = pickle.loads(module.dumps(load(name)))
    assert description(again) == wanted(name)


@pytest.mark.parametrize("name", NAMES)
def test_our_own_pickles_of_them_go_on_after_a_search(name):
    trials = load(name)
    count = len(trials)
    fmin(
        objective_of(name),
        space_of(name),
        algo=rand.suggest,
        max_evals=count + 2,
        trials=trials,
        verbose=False,
    )
    again = pickle.loads(pickle.dumps(trials))
    # As text: NaN differs from itself, and arrays answer == with arrays.
    assert repr(again.results) == repr(trials.results)
    assert again.tids == trials.tids
    fmin(
        objective_of(name),
        space_of(name),
        algo=rand.suggest,
        max_evals=count + 4,
        trials=again,
        verbose=False,
    )
    assert len(again) == count + 4
    assert again.tids[-1] == expected(name)["next_tid"] + 3


@pytest.mark.parametrize("name", NAMES)
def test_pickle_can_be_the_trials_save_file(name, tmp_path):
    path = tmp_path / "results.pkl"
    path.write_bytes((GOLDEN / f"{name}.pkl").read_bytes())
    count = len(expected(name)["tids"])
    fmin(
        objective_of(name),
        space_of(name),
        algo=rand.suggest,
        max_evals=count + 1,
        trials_save_file=path,
        verbose=False,
    )
    assert len(load_trials(path)) == count + 1


# Plain pickle.load wants a module of Hyperopt's name. A fresh interpreter gets
# one: the shim, or parzen.hyperopt under that name.

READER = """
import importlib, json, pickle, sys
if sys.argv[1] == "alias":
    import parzen.hyperopt
    sys.modules["hyperopt"] = parzen.hyperopt
    for name in ["base", "fmin", "pyll", "tpe", "hp", "rand"]:
        sys.modules["hyperopt." + name] = importlib.import_module("parzen.hyperopt." + name)
from hyperopt import fmin, hp, rand
space = {"x": hp.uniform("x", -5, 5), "y": hp.normal("y", 0, 2), "n": hp.quniform("n", 1, 10, 1)}
found = {}
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        trials = pickle.load(file)
    kind = type(trials).__module__ + "." + type(trials).__name__
    losses = [repr(loss) for loss in trials.losses()]
    found[path] = {"class": kind, "tids": trials.tids, "losses": losses}
    if "conditional" not in path:
        fmin(lambda p: p["x"] ** 2, space, algo=rand.suggest, max_evals=len(trials) + 2, trials=trials,
             verbose=False)
        again = pickle.loads(pickle.dumps(trials))
        found[path]["after"] = again.tids
print(json.dumps(found))
"""
WITHOUT_BSON = [path for path in FILES if "bson-son" not in path.name]


@pytest.mark.parametrize("way", ["alias", "shim"])
def test_plain_pickle_load_works_where_hyperopt_is_parzen(way):
    shim = ROOT / "shim" / "src"
    paths = [*([str(shim)] if way == "shim" else []), *filter(None, sys.path)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", READER, way, *map(str, WITHOUT_BSON)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for path in WITHOUT_BSON:
        full, seen = expected(path.stem), found[str(path)]
        assert seen["class"] in {"parzen.trials.Trials", "hyperopt.base.Trials"}
        assert seen["tids"] == full["tids"]
        assert len(seen["losses"]) == len(full["losses"])
        if "after" in seen:
            assert seen["after"] == [*full["tids"], full["next_tid"], full["next_tid"] + 1]
