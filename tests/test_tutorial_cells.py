"""The tutorial's notebook and script: they run with only the import changed, and with the shim unchanged.

Each program ends with ``answer``: what a test looks at, as JSON. A program
runs here with ``parzen`` as its library, and once more in a fresh interpreter
where ``hyperopt`` is the shim.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHIM = ROOT / "shim" / "src"

CELL_1 = """
from LIBRARY import pyll, hp
import numpy as np
from scipy.stats import gaussian_kde

spaces = {
    "randint": hp.randint("randint", 5),
    "uniform": hp.uniform("uniform", -1, 3),
    "loguniform": hp.loguniform("loguniform", -0.3, 0.3),
    "normal": hp.normal("normal", 1, 2),
    "lognormal": hp.lognormal("lognormal", 0, 0.3),
}
answer = {}
for name, space in spaces.items():
    values = [pyll.stochastic.sample(space) for _ in range(5000)]
    grid = np.linspace(min(values), max(values), 100)
    narrow, wide = (gaussian_kde(values, bw)(grid) for bw in (0.001, 0.1))
    answer[name] = {
        "types": sorted({type(value).__name__ for value in values}),
        "low": float(min(values)),
        "high": float(max(values)),
        "median": float(np.median(values)),
        "peak": float(grid[wide.argmax()]),
        "density": bool(np.isfinite(narrow).all()),
    }
"""

CELL_2 = """
from LIBRARY import pyll, hp
import numpy as np

answer = {}
for name, space in [("loguniform", hp.loguniform("a", -0.3, 0.3)), ("lognormal", hp.lognormal("b", 0, 0.3))]:
    values = np.array([pyll.stochastic.sample(space) for _ in range(5000)])
    answer[name] = [float(np.quantile(v, q)) for v in (values, 1 / values) for q in (0.25, 0.5, 0.75)]
"""

CELL_3 = """
from LIBRARY import fmin, tpe, hp

def f(x):
    return x**2 - x + 1

best = fmin(fn=f, space=hp.uniform("x", -5, 5), algo=tpe.suggest, max_evals=1000)
print("Found minimum after 1000 trials:")
print(best)
answer = {"best": best, "type": type(best["x"]).__name__}
"""

CELL_4 = """
from LIBRARY import fmin, tpe, hp

def f(space):
    x, y = space["x"], space["y"]
    return x**2 + y**2

space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
best = fmin(fn=f, space=space, algo=tpe.suggest, max_evals=1000)
print("Found minimum after 1000 trials:")
print(best)
answer = {"best": best}
"""

CELL_5 = """
from LIBRARY import pyll, hp
from pprint import pprint

space = {
    "normal": hp.normal("normal", 0, 1),
    "uniform": hp.uniform("uniform", 0, 1),
    "maybe": hp.choice("use_float_param_or_not", [None, hp.uniform("float", 0, 1)]),
    "list": [
        hp.normal("in_list_normal", 0, 2),
        hp.uniform("in_list_uniform", 0, 3),
        hp.choice("in_list_choice", [False, True]),
    ],
    "inner": {"u": hp.uniform("v", 0, 3), "u": hp.uniform("w", -3, 0)},
}
samples = [pyll.stochastic.sample(space) for _ in range(10)]
for sample in samples:
    pprint(sample)
answer = {"lists": [type(sample["list"]).__name__ for sample in samples], "count": len(samples)}
"""

CELL_6 = """
from LIBRARY import fmin, tpe, hp, Trials, STATUS_OK, STATUS_FAIL
from pprint import pprint
import numpy as np

def f(space):
    x, y = space["x"], space["y"]
    if y > 1:
        return {"loss": -1, "status": STATUS_FAIL, "space": space}
    return {"loss": x**2 + y**2, "status": STATUS_OK, "space": space}

space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
trials = Trials()
rng = np.random.default_rng(0)
best = fmin(fn=f, space=space, algo=tpe.suggest, max_evals=300, trials=trials, rstate=rng)
print("Found minimum after 300 trials:")
print(best)
print("Trials:")
for trial in trials.trials[:3]:
    pprint(trial)
print("Results:")
for trial in trials.trials[:7]:
    print(trial["result"])
answer = {
    "best": best,
    "count": len(trials.trials),
    "late_failures": trials.statuses()[150:].count(STATUS_FAIL),
    "keys": [sorted(trial) for trial in trials.trials[:3]],
    "misc": [sorted(trial["misc"]) for trial in trials.trials[:3]],
    "results": [trial["result"] for trial in trials.trials[:7]],
    "vals": [trial["misc"]["vals"] for trial in trials.trials[:3]],
}
"""

# hyperopt_optimize.py: one trial a call, resumed from a pickle each time. The
# network is a formula; trial 3 of this run fails the way the script lets it.
SCRIPT = """
from LIBRARY import hp, tpe, fmin, Trials, STATUS_FAIL, STATUS_OK
import json, os, pickle, traceback, uuid

space = {
    "lr_rate_mult": hp.loguniform("lr_rate_mult", -0.5, 0.5),
    "l2_weight_reg_mult": hp.loguniform("l2_weight_reg_mult", -1.3, 1.3),
    "batch_size": hp.quniform("batch_size", 100, 450, 5),
    "optimizer": hp.choice("optimizer", ["Adam", "Nadam", "RMSprop"]),
    "coarse_labels_weight": hp.uniform("coarse_labels_weight", 0.1, 0.7),
    "conv_dropout_drop_proba": hp.uniform("conv_dropout_proba", 0.0, 0.35),
    "fc_dropout_drop_proba": hp.uniform("fc_dropout_proba", 0.0, 0.6),
    "use_BN": hp.choice("use_BN", [False, True]),
    "first_conv": hp.choice("first_conv", [None, hp.choice("first_conv_size", [3, 4])]),
    "residual": hp.choice("residual", [None, hp.quniform("residual_units", 1 - 0.499, 4 + 0.499, 1)]),
    "conv_hiddn_units_mult": hp.loguniform("conv_hiddn_units_mult", -0.6, 0.6),
    "nb_conv_pool_layers": hp.choice("nb_conv_pool_layers", [2, 3]),
    "conv_pool_res_start_idx": hp.quniform("conv_pool_res_start_idx", 0, 2, 1),
    "pooling_type": hp.choice("pooling_type", ["max", "avg", "all_conv", "inception"]),
    "conv_kernel_size": hp.quniform("conv_kernel_size", 2, 4, 1),
    "res_conv_kernel_size": hp.quniform("res_conv_kernel_size", 2, 4, 1),
    "fc_units_1_mult": hp.loguniform("fc_units_1_mult", -0.6, 0.6),
    "one_more_fc": hp.choice("one_more_fc", [None, hp.loguniform("fc_units_2_mult", -0.6, 0.6)]),
    "activation": hp.choice("activation", ["relu", "elu"]),
}
calls = 0

def build_and_train(hype_space):
    global calls
    calls += 1
    if calls == 3:
        raise MemoryError("too many units")
    units = int(hype_space["batch_size"]) + int(hype_space["conv_kernel_size"])
    accuracy = 1 / (1 + abs(hype_space["lr_rate_mult"] - 1) + units / 1000)
    return {
        "loss": -accuracy,
        "real_loss": 1 - accuracy,
        "fine_best": accuracy,
        "model_name": f"model_{accuracy:.4f}_{str(uuid.uuid4())[:5]}",
        "space": hype_space,
        "history": {"loss": [1.0, 0.5], "val_acc": [accuracy / 2, accuracy]},
        "status": STATUS_OK,
    }

def optimize_cnn(hype_space):
    try:
        result = build_and_train(hype_space)
        os.makedirs("results", exist_ok=True)
        with open(os.path.join("results", result["model_name"] + ".txt.json"), "w") as file:
            json.dump(result, file, sort_keys=True, indent=4, separators=(",", ": "))
        return result
    except Exception as err:
        return {"status": STATUS_FAIL, "err": str(err), "traceback": traceback.format_exc()}

def run_a_trial():
    try:
        with open("results.pkl", "rb") as file:
            trials = pickle.load(file)
        max_evals = len(trials.trials) + 1
    except:
        trials = Trials()
        max_evals = 1
    best = fmin(optimize_cnn, space, algo=tpe.suggest, trials=trials, max_evals=max_evals)
    with open("results.pkl", "wb") as file:
        pickle.dump(trials, file)
    return best, trials

for _ in range(25):
    best, trials = run_a_trial()
with open(os.path.join("results", sorted(os.listdir("results"))[-1])) as file:
    best_on_disk = json.load(file)
answer = {
    "tids": trials.tids,
    "statuses": trials.statuses(),
    "losses": trials.losses(),
    "files": len(os.listdir("results")),
    "best": best,
    "best_on_disk": best_on_disk,
    "errors": [result.get("err") for result in trials.results],
    "keys": len(space),
}
"""

PROGRAMS = {
    "cell 1": CELL_1,
    "cell 2": CELL_2,
    "cell 3": CELL_3,
    "cell 4": CELL_4,
    "cell 5": CELL_5,
    "cell 6": CELL_6,
    "script": SCRIPT,
}

# Runs programs in one interpreter, each in a name space of its own.
DRIVER = """
import contextlib, io, json, sys
found = {}
for name, source in json.load(sys.stdin).items():
    printed, names = io.StringIO(), {"__name__": "cell"}
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        exec(compile(source, name, "exec"), names)
    found[name] = [printed.getvalue(), names["answer"]]
import hyperopt
found["library"] = hyperopt.tpe.suggest.__module__
print(json.dumps(found))
"""


def here(name, folder, library):
    """Run one program in this interpreter."""
    printed, names = io.StringIO(), {"__name__": "cell"}
    source = PROGRAMS[name].replace("LIBRARY", library)
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        exec(compile(source, name, "exec"), names)  # our own text
    return printed.getvalue(), json.loads(json.dumps(names["answer"]))


def with_the_shim(folder):
    """Run all programs, word for word as for Hyperopt, in a fresh interpreter that has the shim."""
    programs = {name: source.replace("LIBRARY", "hyperopt") for name, source in PROGRAMS.items()}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRIVER],
        input=json.dumps(programs),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(SHIM), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("library") == "parzen.hyperopt.tpe"
    return found


@pytest.fixture(scope="module", params=["parzen", "shim"])
def run(request, tmp_path_factory):
    """A function: what a program printed, and its answer."""
    folder, kept = tmp_path_factory.mktemp("cells"), {}

    def answer(name):
        if not kept and request.param == "shim":
            kept.update(with_the_shim(folder))
        elif name not in kept:
            kept[name] = here(name, folder, "parzen")
        return kept[name]

    return answer


def test_cell_1_samples_are_plain_numbers_of_their_laws(run):
    _, laws = run("cell 1")
    assert {name: law["types"] for name, law in laws.items()} == {
        "randint": ["int"],
        "uniform": ["float"],
        "loguniform": ["float"],
        "normal": ["float"],
        "lognormal": ["float"],
    }
    assert all(law["density"] for law in laws.values())
    assert (laws["randint"]["low"], laws["randint"]["high"]) == (0, 4)
    assert -1 <= laws["uniform"]["low"] < -0.95
    assert 2.95 < laws["uniform"]["high"] < 3
    # exp(-0.3) = 0.7408 and exp(0.3) = 1.3499
    assert 0.7408 <= laws["loguniform"]["low"] < 0.75
    assert 1.34 < laws["loguniform"]["high"] <= 1.3499
    # The median of 5000 normal draws has a standard deviation of 0.035; six of them.
    assert laws["normal"]["median"] == pytest.approx(1, abs=0.21)
    assert laws["lognormal"]["median"] == pytest.approx(1, abs=0.032)
    assert laws["lognormal"]["low"] > 0


def test_cell_2_log_laws_are_those_of_their_inverses(run):
    _, quartiles = run("cell 2")
    for values in quartiles.values():
        # Six standard deviations of a quartile of 5000 draws.
        assert values[:3] == pytest.approx(values[3:], abs=0.05)


def test_cell_3_minimum_of_the_parabola_is_found_and_printed(run):
    printed, answer = run("cell 3")
    assert list(answer["best"]) == ["x"]
    assert answer["type"] == "float"
    # Hyperopt published 0.500084824485627.
    assert answer["best"]["x"] == pytest.approx(0.5, abs=0.01)
    title, shown = printed.splitlines()
    assert title == "Found minimum after 1000 trials:"
    assert literal_eval(shown) == answer["best"]


def test_cell_4_minimum_of_the_bowl_is_found_and_printed(run):
    printed, answer = run("cell 4")
    assert set(answer["best"]) == {"x", "y"}
    # Hyperopt published x 0.0132 and y 0.0365.
    assert abs(answer["best"]["x"]) < 0.05
    assert abs(answer["best"]["y"]) < 0.05
    assert literal_eval(printed.splitlines()[1]) == answer["best"]


def test_cell_5_samples_have_the_shape_that_was_printed(run):
    printed, answer = run("cell 5")
    assert answer["count"] == 10
    assert answer["lists"] == ["tuple"] * 10
    samples = [literal_eval(text) for text in re.split(r"\n(?=\{)", printed.strip())]
    assert len(samples) == 10
    for sample in samples:
        assert set(sample) == {"normal", "uniform", "maybe", "list", "inner"}
        assert sample["maybe"] is None or 0 <= sample["maybe"] <= 1
        assert sample["list"][2] in (False, True)
        assert 0 <= sample["list"][1] <= 3
        # The key is written twice, and the second one wins.
        assert list(sample["inner"]) == ["u"]
        assert -3 <= sample["inner"]["u"] <= 0
    assert len({sample["uniform"] for sample in samples}) == 10


def test_cell_6_failed_trials_do_not_attract(run):
    """The published best was x 0.133, y -0.228: loss 0.069, after 1000 trials."""
    _, answer = run("cell 6")
    assert answer["count"] == 300
    assert answer["best"]["x"] ** 2 + answer["best"]["y"] ** 2 < 0.05
    # 40 % by chance; Hyperopt ends above 80 %.
    assert answer["late_failures"] <= 45


def test_cell_6_documents_have_the_published_keys(run):
    printed, answer = run("cell 6")
    keys = [
        "book_time",
        "exp_key",
        "misc",
        "owner",
        "refresh_time",
        "result",
        "spec",
        "state",
        "tid",
        "version",
    ]
    assert answer["keys"] == [keys] * 3
    assert answer["misc"] == [["cmd", "idxs", "tid", "vals", "workdir"]] * 3
    assert [set(vals) for vals in answer["vals"]] == [{"x", "y"}] * 3
    shown = printed.split("Trials:\n")[1].split("Results:\n")[0]
    assert shown.count("'book_time': datetime.datetime(") == 3
    assert shown.count("('domain_attachment', 'FMinIter_Domain')") == 3
    assert "np.float64" not in printed


def test_cell_6_results_keep_what_was_returned(run):
    printed, answer = run("cell 6")
    lines = [literal_eval(line) for line in printed.split("Results:\n")[1].splitlines()]
    assert lines == answer["results"]
    for result in lines:
        assert set(result) == {"loss", "status", "space"}
        assert result["status"] == ("fail" if result["space"]["y"] > 1 else "ok")
        assert (result["loss"] == -1) == (result["status"] == "fail")


def test_script_runs_one_trial_a_call_and_goes_on_from_its_pickle(run):
    _, answer = run("script")
    assert answer["keys"] == 19
    assert answer["tids"] == list(range(25))
    assert answer["statuses"] == ["fail" if tid == 2 else "ok" for tid in range(25)]
    assert answer["losses"][2] is None
    assert answer["errors"][2] == "too many units"


def test_script_writes_plain_json_and_finds_its_best_model_again(run):
    _, answer = run("script")
    assert answer["files"] == 24
    kept = answer["best_on_disk"]
    assert kept["loss"] == min(loss for loss in answer["losses"] if loss is not None)
    assert len(kept["space"]) == 19
    assert set(kept) == {"loss", "real_loss", "fine_best", "model_name", "space", "history", "status"}


def test_script_returns_labels_and_indices(run):
    _, answer = run("script")
    best = answer["best"]
    assert {"conv_dropout_proba", "fc_dropout_proba", "optimizer"} <= set(best)
    assert "conv_dropout_drop_proba" not in best
    assert best["optimizer"] in (0, 1, 2)
    assert ("residual_units" in best) == (best["residual"] == 1)
    assert ("fc_units_2_mult" in best) == (best["one_more_fc"] == 1)
