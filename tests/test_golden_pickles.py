"""Trials that Hyperopt 0.2.7 and 0.3.0 pickled load, show what they held, and go on."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

from parzen import Trials, fmin, hp, load_trials, tpe
from parzen.errors import InvalidArgument

GOLDEN = Path(__file__).parent / "golden"
SHIM = Path(__file__).resolve().parents[1] / "shim" / "src"
FILES = sorted(GOLDEN.glob("hyperopt-*.pkl"))
FLAT = {"x": hp.uniform("x", -5, 5), "y": hp.normal("y", 0, 1), "n": hp.quniform("n", 1, 10, 1)}


def expected(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text())


def plain(loss):
    """As the JSON files write a loss."""
    return "nan" if isinstance(loss, float) and math.isnan(loss) else loss


def seen(doc):
    result = doc["result"] or {}
    vals = {label: values[0] for label, values in doc["misc"]["vals"].items() if len(values)}
    error = doc["misc"].get("error")
    return {
        "tid": doc["tid"],
        "state": doc["state"],
        "status": result.get("status"),
        "loss": plain(result.get("loss")),
        "vals": vals,
        "error": list(error) if error is not None else None,
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_pickle_of_hyperopts_loads_without_hyperopt(path):
    trials, want = load_trials(path), expected(path)
    assert [seen(doc) for doc in trials._dynamic_trials] == want["documents"]
    assert trials.tids == want["tids"]
    assert [plain(loss) for loss in trials.losses()] == want["losses"]
    assert trials.statuses() == want["statuses"]
    assert trials.idxs == want["idxs"]
    assert trials.vals == want["vals"]
    assert trials.argmin == want["argmin"]
    assert sorted(trials.attachments) == want["attachments"]
    assert trials.new_trial_ids(1) == [want["next_tid"]]


@pytest.mark.parametrize(
    "path", [p for p in FILES if "conditional" not in p.stem], ids=lambda path: path.stem
)
def test_a_loaded_search_goes_on_at_its_next_id(path):
    trials, want = load_trials(path), expected(path)
    before = len(trials)
    fmin(lambda s: s["x"] ** 2, FLAT, algo=tpe.suggest, trials=trials, max_evals=before + 3, verbose=False)
    assert trials.tids[-3:] == [want["next_tid"] + i for i in range(3)]
    assert len(trials) == before + 3


@pytest.mark.parametrize("path", [p for p in FILES if "interrupted" in p.stem], ids=lambda path: path.stem)
def test_a_trial_that_was_cut_short_runs_again(path):
    """Hyperopt leaves it RUNNING for ever."""
    trials = load_trials(path)
    assert [doc["state"] for doc in trials.trials].count(1) == 1
    fmin(lambda s: s["x"] ** 2, FLAT, algo=tpe.suggest, trials=trials, max_evals=len(trials), verbose=False)
    assert {doc["state"] for doc in trials.trials} == {2}


@pytest.mark.parametrize("path", [p for p in FILES if "conditional" in p.stem], ids=lambda path: path.stem)
def test_failed_trials_of_a_pickle_are_bad_ones_whatever_their_loss(path):
    trials = load_trials(path)
    labels = {label for doc in trials.trials for label in doc["misc"]["vals"]}
    assert min(loss for loss in trials.losses() if loss is not None and not math.isnan(loss)) < 0
    assert trials.best_trial["result"]["status"] == "ok"
    assert labels == set(trials.vals)


@pytest.mark.parametrize("version", ["0.2.7", "0.3.0"])
def test_plain_pickle_finds_the_classes_through_the_shim(version):
    path = GOLDEN / f"hyperopt-{version}-flat.pkl"
    code = (
        "import pickle, sys, hyperopt, parzen\n"
        "with open(sys.argv[1], 'rb') as file: trials = pickle.load(file)\n"
        "assert type(trials) is parzen.Trials\n"
        "print(len(trials))\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(path)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{SHIM}:{SHIM.parents[1] / 'src'}", "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == (str(len(expected(path)["tids"])), "")


@pytest.mark.parametrize("module", [pickle, cloudpickle], ids=["pickle", "cloudpickle"])
def test_our_own_pickles_go_on_to_the_same_end(module):
    def loss(s):
        return (s["x"] - 1) ** 2

    whole, halves = Trials(), Trials()
    fmin(loss, FLAT, algo=tpe.suggest, max_evals=30, trials=whole, rstate=5, verbose=False)
    fmin(loss, FLAT, algo=tpe.suggest, max_evals=15, trials=halves, rstate=5, verbose=False)
    halves = module.loads(module.dumps(halves))
    fmin(loss, FLAT, algo=tpe.suggest, max_evals=30, trials=halves, verbose=False)
    assert (halves.vals, halves.losses(), halves.tids) == (whole.vals, whole.losses(), whole.tids)


def test_a_pickle_carries_no_objects_of_the_space():
    """A lambda among the options would keep it from being pickled."""
    space = {"x": hp.uniform("x", 0, 1), "f": hp.choice("f", [lambda v: v, lambda v: -v])}
    trials = Trials()
    fmin(lambda s: s["f"](s["x"]), space, max_evals=5, trials=trials, verbose=False)
    assert pickle.loads(pickle.dumps(trials)).losses() == trials.losses()


def test_a_file_that_holds_something_else_is_refused(tmp_path):
    path = tmp_path / "numbers.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(InvalidArgument, match="holds a list, not Trials"):
        load_trials(path)
    path.write_bytes(b"not a pickle")
    with pytest.raises(InvalidArgument, match="no pickle"):
        load_trials(path)
