"""Documents of commands that read: a named schema, full precision, times in UTC, null with its reason."""

from __future__ import annotations

import datetime as dt
import json
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from parzen import Study, hp, load_trials
from parzen.cli import terminal
from parzen.cli.main import COMMANDS, parser_of, run
from parzen.executors.base import Outcome

SPACE = {
    "lr": hp.float(1e-4, 1, log=True),
    "model": hp.choice("model", ["linear", {"kind": "tree", "depth": hp.int(1, 9)}]),
}
TRIAL = {
    *("number", "state", "loss", "params", "metrics", "started", "ended", "duration_s", "attempts"),
    *("worker", "error"),
}
ABOUT = {"store": "s.db", "name": "default", "direction": "minimize"}


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Forty trials: one failed, one pruned with reports, one NaN, one that runs."""
    monkeypatch.chdir(tmp_path)
    made = Study(SPACE, "random", store="s.db", seed=3, max_evals=50)
    for i in range(40):
        trial = made.ask()
        loss = abs(trial.params["lr"] - 0.01) + (0.5 if trial.params["model"] == "linear" else 0.1)
        if i == 5:
            made.tell(trial, RuntimeError("no memory"))
        elif i == 6:
            made.report(6, 0.75, 1)
            made.tell(trial, Outcome("pruned", result={"status": "fail", "pruned": True}))
        elif i == 7:
            made.tell(trial, math.nan)
        else:
            made.tell(trial, {"loss": loss, "acc": 1 / 3, "worst": math.inf if i == 8 else 1.0})
    made.ask()
    return made


def document(capsys, *arguments, code=0):
    capsys.readouterr()
    assert run([*arguments, "--json"]) == code
    return json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def is_utc(text):
    return dt.datetime.fromisoformat(text).utcoffset() == dt.timedelta(0) and text.endswith("Z")


def test_best(study, capsys):
    found = document(capsys, "best", "s.db", "-k", "3")
    assert found.keys() == {"schema", "study", "number", "loss", "params", "metrics", "trials"}
    assert found["schema"] == "parzen/best/1"
    assert found["study"] == ABOUT
    assert found["loss"] == study.best.loss  # to the last bit
    assert found["number"] == study.best.number
    assert [each["loss"] for each in found["trials"]] == sorted(
        trial.loss for trial in study.trials if trial.status.name == "DONE"
    )[:3]
    assert found["trials"][0].keys() == TRIAL
    assert is_utc(found["trials"][0]["started"])


def test_trial(study, capsys):
    found = document(capsys, "trial", "s.db", "5")
    assert found.keys() == {"schema", "study", "trial"}
    assert found["schema"] == "parzen/trial/1"
    one = found["trial"]
    assert one.keys() == TRIAL | {"reason", "point", "note", "reports", "result", "study"}
    assert one["error"]["type"] == "RuntimeError"
    assert "RuntimeError: no memory" in one["error"]["traceback"]
    assert (one["loss"], one["reason"]) == (None, "RuntimeError: no memory")
    assert document(capsys, "trial", "s.db", "6")["trial"]["reports"] == [[1.0, 0.75]]


def test_what_json_cannot_hold_is_null_with_a_reason(study, capsys):
    nan = document(capsys, "trial", "s.db", "7")["trial"]
    assert (nan["loss"], nan["reason"]) == (None, "loss is NaN")
    infinite = document(capsys, "trial", "s.db", "8")["trial"]
    assert infinite["metrics"]["worst"] is None
    assert "metrics.worst is inf" in infinite["reason"]


def test_show(study, capsys):
    found = document(capsys, "show", "s.db")
    assert found["schema"] == "parzen/study/1"
    assert found["trials"] == {"open": 0, "running": 1, "done": 37, "pruned": 1, "failed": 2, "lost": 0}
    assert (found["end"], found["seed"], found["state"]) == (50, 3, "running")
    assert is_utc(found["created"])
    assert [param["label"] for param in found["space"]["params"]] == [p.label for p in study.space.params]


def test_show_trials(study, capsys):
    found = document(capsys, "show", "s.db", "--filter", 'state == "done"', "--sort", "loss", "--limit", "4")
    assert found.keys() == {"schema", "study", "matching", "trials"}
    assert (found["schema"], found["matching"], len(found["trials"])) == ("parzen/trials/1", 37, 4)
    assert found["trials"][0]["number"] == study.best.number
    worst = document(capsys, "show", "s.db", "--sort", "loss", "--reverse", "--limit", "1")["trials"][0]
    assert worst["loss"] == max(trial.loss for trial in study.trials if trial.status.name == "DONE")
    ordered = document(capsys, "show", "s.db", "--sort", "params.model.1.depth")["trials"]
    depths = [each["params"].get("model.1.depth") for each in ordered]
    known = [depth for depth in depths if depth is not None]
    assert depths == sorted(known) + [None] * (len(depths) - len(known))


def test_list(study, capsys):
    Study(SPACE, store="other.jsonl", name="b", seed=0)
    Path("notes.txt").write_text("none")
    Path("empty").write_text("")
    found = document(capsys, "list")
    assert found.keys() == {"schema", "studies", "unreadable"}
    assert [(one["store"], one["name"], one["state"]) for one in found["studies"]] == [
        ("other.jsonl", "b", "idle"),
        ("s.db", "default", "running"),
    ]
    assert found["studies"][1]["best"] == study.best.loss


def test_diff(study, capsys):
    found = document(capsys, "diff", "s.db", "1", "2")
    assert found.keys() == {"schema", "study", "differs", "same", "trials"}
    assert found["schema"] == "parzen/diff/1"
    assert "lr" in found["differs"]
    assert [each["number"] for each in found["trials"]] == [1, 2]


def test_effects(study, capsys):
    found = document(capsys, "effects", "s.db")
    assert found.keys() == {"schema", "study", "trials", "effects"}
    assert found["schema"] == "parzen/effects/1"
    assert {one["label"] for one in found["effects"]} == {p.label for p in study.space.params}
    (model,) = [one for one in found["effects"] if one["label"] == "model"]
    assert model["best_values"] == {"trials": 5, "options": {"tree": 5}}
    (lr,) = [one for one in found["effects"] if one["label"] == "lr"]
    assert lr["best_values"]["low"] <= study.best.point["lr"] <= lr["best_values"]["high"]


def test_next(study, capsys):
    found = document(capsys, "next", "s.db")
    assert {"schema", "study", "findings", "code"} <= found.keys()
    assert found["schema"] == "parzen/next/1"


def test_doctor(study, capsys):
    found = document(capsys, "doctor", "s.db")
    assert found.keys() == {"schema", "ok", "checks"}
    assert found["ok"] is True
    assert all(check.keys() == {"about", "verdict", "text"} for check in found["checks"])


def test_explain(capsys):
    found = document(capsys, "explain", "PZ011")
    assert found.keys() == {"schema", "code", "name", "text"}
    assert found["name"] == "SpaceChanged"
    every = document(capsys, "explain")
    assert every["exit_codes"]["5"] == "the study has another space, direction, seed or lockstep"


def test_every_command_that_reads_has_documents():
    with_json = {
        word
        for word in COMMANDS
        if any("--json" in action.option_strings for action in parser_of(word)._actions)
    }
    assert with_json == {
        *("list", "show", "best", "trial", "diff", "effects", "next", "doctor", "explain"),
    }


def test_a_study_that_maximises_shows_its_values(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = Study({"x": hp.float(0, 1)}, store="m.db", seed=0, maximize=True)
    for value in (0.2, 0.9, 0.5):
        made.tell(made.ask(), value)
    found = document(capsys, "best", "m.db", "-k", "2")
    assert [each["loss"] for each in found["trials"]] == [0.9, 0.5]
    assert found["study"]["direction"] == "maximize"
    assert document(capsys, "show", "m.db", "--filter", "loss > 0.4")["matching"] == 2


def test_the_store_may_come_from_the_environment(study, capsys, monkeypatch):
    monkeypatch.setenv("PARZEN_STUDY", "s.db")
    assert document(capsys, "best")["study"] == ABOUT
    assert document(capsys, "trial", "3")["trial"]["number"] == 3
    assert document(capsys, "diff", "3", "4")["trials"][1]["number"] == 4
    assert document(capsys, "list")["studies"][0]["name"] == "default"


def test_options_may_stand_anywhere(study, capsys):
    assert document(capsys, "trial", "--name", "default", "s.db", "3")["trial"]["number"] == 3
    assert run(["trial", "s.db", "--json", "3"]) == 0


def test_tables_are_for_people(study, capsys):
    assert run(["best", "s.db"]) == 0
    assert capsys.readouterr().out.startswith(f"loss  {study.best.loss:.5g}  (trial {study.best.number})\n")
    assert run(["show", "s.db", "--filter", 'state == "failed"']) == 0
    out = capsys.readouterr().out
    assert re.search(r"^ +5 +✗ failed .* RuntimeError: no memory$", out, re.MULTILINE)
    assert run(["show", "s.db"]) == 0
    assert re.search(r"^model\.1\.depth +int\(1, 9\) +model = tree$", capsys.readouterr().out, re.MULTILINE)
    assert run(["trial", "s.db", "5"]) == 0
    assert "RuntimeError: no memory" in capsys.readouterr().out
    assert run(["effects", "s.db"]) == 0
    assert run(["next", "s.db"]) == 0
    assert run(["doctor", "s.db"]) == 0
    assert run(["diff", "s.db", "1", "2", "5"]) == 0
    assert run(["list"]) == 0


def test_an_empty_study_is_no_mistake_but_has_no_best(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Study(SPACE, store="s.db", seed=0)
    assert run(["show", "s.db"]) == 0
    assert run(["list"]) == 0
    assert run(["effects", "s.db"]) == 0
    assert run(["best", "s.db"]) == 1
    assert "there are no trials, so there is no best one" in capsys.readouterr().err


def test_a_folder_without_studies_says_how_to_begin(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["list"]) == 0
    assert "parzen run train.py:objective -n 100 makes one" in capsys.readouterr().err


def test_the_name_of_the_only_study_may_be_left_out(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    made = Study(SPACE, store="s.db", name="cifar", seed=0)
    made.tell(made.ask(), 1.0)
    assert document(capsys, "best", "s.db")["study"]["name"] == "cifar"


def test_doctor_finds_a_damaged_study(study, capsys):
    study.store.close()
    data = bytearray(Path("s.db").read_bytes())
    at = data.rindex(b'"suggested"')
    data[at : at + 11] = b"?nonsense?,"
    Path("s.db").write_bytes(bytes(data))
    assert run(["doctor", "s.db"]) == 4
    assert "cannot be read" in capsys.readouterr().out


def test_doctor_finds_a_checkpoint_that_lies(study, capsys):
    from parzen.run import checkpoints

    study.ledger.trials[3].losses = [-1.0]
    checkpoints.save(study.store, study.name, study.ledger)
    assert run(["doctor", "s.db"]) == 4
    assert "differs from the log" in capsys.readouterr().out


def test_exports_can_be_read_by_others(study, tmp_path, capsys):
    import pandas as pd

    for name in ("t.csv", "t.jsonl", "t.parquet", "t.pkl"):
        assert run(["export", "s.db", "-o", name, "--quiet"]) == 0
    csv, parquet = pd.read_csv("t.csv"), pd.read_parquet("t.parquet")
    assert [name for name in csv.columns if name != "study"] == list(parquet.columns)
    assert len(csv) == len(parquet) == 41
    assert str(parquet["param.model.1.depth"].dtype) in ("Int64", "float64")
    assert str(parquet["param.model"].dtype) == "category"
    assert parquet["loss"].min() == study.best.loss
    with open("t.jsonl") as file:
        assert [json.loads(line)["number"] for line in file] == list(range(41))
    loaded = load_trials("t.pkl")
    assert len(loaded.trials) == 40  # Hyperopt hides failed ones
    assert min(loss for loss in loaded.losses() if loss is not None) == study.best.loss


def test_a_pickle_names_hyperopts_class_and_nothing_of_ours(study):
    import pickletools

    run(["export", "s.db", "--format", "hyperopt", "-o", "t.pkl", "--quiet"])
    named = [arg for op, arg, _ in pickletools.genops(Path("t.pkl").read_bytes()) if op.name == "GLOBAL"]
    assert {name.split(" ")[0].split(".")[0] for name in named} <= {
        "hyperopt",
        "datetime",
        "__builtin__",
        "_codecs",
    }
    assert pickle.dumps  # the writer is not Python's own


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.pkl"])
def test_what_is_exported_can_be_imported(study, capsys, name):
    Path("space.py").write_text(
        "from parzen import hp\n"
        "SPACE = {'lr': hp.float(1e-4, 1, log=True), 'model': hp.choice('model',"
        " ['linear', {'kind': 'tree', 'depth': hp.int(1, 9)}])}\n"
    )
    run(["export", "s.db", "-o", name, "--quiet"])
    kind = {"t.csv": "csv", "t.jsonl": "jsonl", "t.pkl": "hyperopt"}[name]
    assert run(["import", kind, name, "new.db", "--space", "space.py:SPACE"]) == 0
    assert "40 of 41 trials taken" in capsys.readouterr().err
    new = Study.load("new.db")
    assert [t.point for t in new.trials] == [t.point for t in study.trials[:40]]
    assert new.best.loss == study.best.loss
    assert run(["import", "study", "s.db", "third.db"]) == 0
    assert Study.load("third.db").best.point == study.best.point


def test_an_optuna_file_brings_its_space(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    golden = Path(__file__).resolve().parents[1] / "golden" / "optuna-5.0.0.db"
    assert run(["import", "optuna", str(golden), "large.db", "--from", "large"]) == 0
    taken = Study.load("large.db")
    there = json.loads(golden.with_suffix(".json").read_text())["large"]["trials"]
    assert taken.maximize
    assert len(taken.trials) == len([each for each in there if each["state"] != "RUNNING"])
    assert run(["import", "optuna", str(golden), "two.db", "--from", "two"]) == 2  # two objectives
    assert run(["import", "optuna", str(golden), "none.db"]) == 2  # which of three?
    assert [path.name for path in tmp_path.glob("*.db")] == ["large.db"]


def test_an_import_of_nothing_makes_no_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("space.py").write_text("from parzen import hp\nSPACE = {'x': hp.float(0, 1)}\n")
    Path("t.csv").write_text("x,loss\n7,1\n")
    assert run(["import", "csv", "t.csv", "s.db", "--space", "space.py:SPACE"]) == 2
    assert "no trial of 't.csv' can be taken: 0 of 1 trials taken; 1 left out" in capsys.readouterr().err
    assert not Path("s.db").exists()


def test_help_of_a_command_loads_no_machinery():
    """`parzen best --help` imports neither NumPy nor another command's module."""
    code = (
        "import sys; from parzen.cli.main import run; code = run(['best', '--help']);"
        "heavy = ('numpy', 'parzen.run', 'parzen.space');"
        "print(code, [m for m in sys.modules if m.startswith(heavy)],"
        " sorted(m for m in sys.modules if m.startswith('parzen.cli')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = (
        "['parzen.cli', 'parzen.cli.best', 'parzen.cli.main', 'parzen.cli.mistakes', 'parzen.cli.parser']"
    )
    assert done.stdout.splitlines()[-1] == f"0 [] {modules}"


@pytest.mark.parametrize("word", COMMANDS)
def test_every_command_has_help(word, capsys):
    assert run([word, "--help"]) == 0
    assert COMMANDS[word][2].split()[0] in capsys.readouterr().out


def test_numbers_times_and_spans_are_short():
    assert [terminal.number(x) for x in (None, 3, 0.123456789, 1e-12, "a", True)] == [
        *("-", "3", "0.12346", "1e-12", "a", "True"),
    ]
    assert [terminal.duration(x) for x in (None, 0.021, 9.94, 59, 61, 3723)] == [
        *("-", "0.021 s", "9.9 s", "59 s", "1:01", "1:02:03"),
    ]
    assert terminal.cut("a\nb  c", 10) == "a b c"
    assert terminal.cut("abcdefgh", 5) == "abcd…"
