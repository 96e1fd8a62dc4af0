"""The mistakes that people make, typed at the command line: one sentence, the fix, a code, no traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from parzen.cli.main import run

# What is wrong -> the script, the command's arguments, the exit code, what is said.
MISTAKES = {
    "1 one label twice": (
        'SPACE = {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 10)}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "the label 'x' is used by two different hyperparameters",
    ),
    "2 no end": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return 0.0',
        [],
        2,
        "no end was given. Give -n 100",
    ),
    "3a no return": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): p["x"]',
        ["-n", "50"],
        1,
        "objective f (train.py:3) returned None. Did you forget 'return loss'?",
    ),
    "3b a text": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return "0.93"',
        ["-n", "50"],
        1,
        "returned '0.93' (str), expected a number",
    ),
    "3c NaN": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return float("nan")',
        ["-n", "2"],
        1,
        "none of 2 trials succeeded: 2 x loss is NaN",
    ),
    "4 no space": (
        'SPACE = {"x": (0, 10), "y": [1, 2, 3]}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "space['x'] is the constant (0, 10): did you mean hp.int(0, 10)?",
    ),
    "5 low above high": (
        'SPACE = {"x": hp.uniform("x", 5, -5)}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "low 5 is above high -5\nwhere: train.py:2\nfix: swap them: hp.uniform('x', -5, 5)",
    ),
    "6 an exception": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): raise RuntimeError("CUDA out of memory")',
        ["-n", "2"],
        1,
        "none of 2 trials succeeded: 2 x RuntimeError: CUDA out of memory",
    ),
    "6 too many exceptions": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): raise RuntimeError("CUDA out of memory")',
        ["-n", "9", "--max-failures", "1"],
        6,
        "2 trials failed, more than max_failures=1; the last one: RuntimeError: CUDA out of memory",
    ),
    "7 no options": (
        'SPACE = {"x": hp.choice("x", [])}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "'x'",
    ),
    "8 a typo in the result": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return {"los": 1.0, "status": "ok"}',
        ["-n", "5"],
        1,
        "Did you mean 'loss' where you wrote 'los'?",
    ),
    "8 an unknown status": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return {"loss": 1.0, "status": "okay"}',
        ["-n", "5"],
        1,
        "the result has the status 'okay'",
    ),
    "9 an unknown algorithm": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return 0.0',
        ["-n", "5", "--algo", "tpee"],
        2,
        "unknown algorithm 'tpee'. Did you mean 'tpe'?",
    ),
    "10 bounds that overflow": (
        'SPACE = {"lr": hp.loguniform("lr", 0.001, 1000)}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "exp(1000) overflows; the bounds are logarithms of the values",
    ),
    "14 a parameter that is no key": (
        'SPACE = {"lr": hp.float(0, 1), "w": hp.float(0, 1)}\ndef f(lr, wd): return 0.0',
        ["-n", "5"],
        2,
        "objective f (train.py:3) has the parameter 'wd', but the space has no such key",
    ),
    "15 a float where an int is wanted": (
        'SPACE = {"n": hp.quniform("n", 1, 10, 1)}\ndef f(p): return len(range(p["n"]))',
        ["-n", "1"],
        1,
        "comes from quniform, whose values are floats; use hp.int",
    ),
    "16 a misspelt option": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return 0.0',
        ["--trails", "5"],
        2,
        "there is no option '--trails'. Did you mean '--trials'?",
    ),
    "16 a seed point with another label": (
        'SPACE = {"lr": hp.float(0, 1)}\ndef f(p): return 0.0',
        ["-n", "5", "--point", '{"lrr": 0.1}'],
        2,
        "the unknown label 'lrr'. Did you mean 'lr'?",
    ),
    "16 a seed point outside": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return 0.0',
        ["-n", "5", "--point", '{"x": 99}'],
        2,
        "has x = 99, which is not a value of float(0, 1)",
    ),
    "a function that is not there": (
        'SPACE = {"x": hp.float(0, 1)}\ndef g(p): return 0.0',
        ["-n", "5"],
        2,
        "train.py has no 'f'",
    ),
    "no space in the script": (
        "def f(p): return 0.0",
        ["-n", "5"],
        2,
        "train.py has neither space nor SPACE",
    ),
    "two spaces in the script": (
        'A = {"x": hp.float(0, 1)}\nB = {"x": hp.float(0, 2)}\ndef f(p): return 0.0',
        ["-n", "5"],
        2,
        "train.py has several spaces: A, B",
    ),
    "a count that is none": (
        'SPACE = {"x": hp.float(0, 1)}\ndef f(p): return 0.0',
        ["-n", "many"],
        2,
        "-n must be a whole number of trials, or none; got 'many'",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_search_is_one_sentence_and_a_code(script, capsys, name):
    text, arguments, code, said = MISTAKES[name]
    (script / "train.py").write_text(f"from parzen import hp\n{text}\n")
    assert run(["run", "train.py:f", *arguments, "--quiet"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert err.count("error: ") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train.py:loss", "--pruner", "foo"], "pruner"),
        (["train.py:loss", "--point", '{"lrr": 1}'], "the unknown label 'lrr'. Did you mean 'lr'?"),
        (["train.py:loss", "--point", '{"lr": 0.1, "model": "nope"}'], "nope"),
        (["train.py:loss", "--point", "3"], "--point must be a JSON object"),
        (["train.py:loss", "--algo", "tpee"], "unknown algorithm 'tpee'"),
        (["train.py:loss", "--seed", "-1"], "seed must be a whole number of at least 0"),
        (["train.py:loss", "--gpus", "x"], "--gpus must be numbers"),
        (["train.py:loss", "--gpus", "-1"], "--gpus must be numbers"),
        (["train.py:loss", "--loss-threshold", "nan"], "--loss-threshold argument should be"),
        (["train.py:nothing"], "objective nothing (train.py:"),
        (["train.py:only_trial"], "has no parameter that takes the point"),
        (["train.py:named"], "has no parameter that takes the point"),
    ],
)
def test_a_run_that_fails_leaves_no_study_behind(script, capsys, arguments, said):
    more = "def nothing(): return 1.0\ndef only_trial(trial): return 1.0\ndef named(*, p): return 1.0\n"
    (script / "train.py").write_text((script / "train.py").read_text() + more)
    assert run(["run", *arguments, "-n", "2", "--study", "z.db"]) == 2
    assert said in capsys.readouterr().err
    assert sorted(path.name for path in script.glob("z.db*")) == []


def test_a_run_with_an_unknown_progress_leaves_no_study_behind(script, capsys, monkeypatch):
    monkeypatch.setenv("PARZEN_PROGRESS", "nonne")
    assert run(["run", "train.py:loss", "-n", "2", "--study", "z.db"]) == 2
    assert "PARZEN_PROGRESS must be auto, bar, lines or none; got 'nonne'" in capsys.readouterr().err
    assert list(script.glob("z.db*")) == []


@pytest.mark.parametrize(
    "signature", ["p", "p=None", "*p", "p, trial", "p, scale=2", "lr, model", "lr, **rest"]
)
def test_a_function_that_can_take_the_point_is_run(script, signature):
    (script / "train.py").write_text((script / "train.py").read_text() + f"def f({signature}): return 1.0\n")
    assert run(["run", "train.py:f", "-n", "1", "--quiet"]) == 0


def test_a_warning_names_no_line_of_ours(script, shell):
    """Neither that of `python -m parzen` nor that of the script that is the command."""
    (script / "train.py").write_text(
        'from parzen import hp\nSPACE = {"x": hp.float(0, 1)}\ndef f(p): return p["y"]\n'
    )
    entry = script / "entry"
    entry.write_text("from parzen.cli.main import main\nmain()\n")
    for command in (["-m", "parzen"], [str(entry)]):
        asked = [sys.executable, *command, "run", "train.py:f", "-n", "3", "--study", f"{len(command)}.db"]
        err = subprocess.run(asked, capture_output=True, text=True, env=shell, check=False).stderr
        (line,) = [line for line in err.splitlines() if line.startswith("warning: ")]
        assert line == "warning: the first 3 trials all failed with KeyError: 'y'"


def test_a_warning_names_the_line_of_the_script_that_it_is_about(script, shell):
    (script / "train.py").write_text(
        'from parzen import hp\nSPACE = {"lr": hp.loguniform("lr", 1e-5, 1e-1)}\ndef f(p): return p["lr"]\n'
    )
    asked = [sys.executable, "-m", "parzen", "run", "train.py:f", "-n", "1"]
    err = subprocess.run(asked, capture_output=True, text=True, env=shell, check=False).stderr
    (line,) = [line for line in err.splitlines() if line.startswith("warning: ")]
    assert line.endswith(" (train.py:2)")


def test_11_a_changed_space_is_shown_with_its_differences_and_has_a_code(script, capsys):
    assert run(["run", "train.py:loss", "-n", "3", "--seed", "1", "--quiet"]) == 0
    text = (script / "train.py").read_text()
    (script / "train.py").write_text(
        text.replace("hp.float(1e-4, 1, log=True)", "hp.float(1e-5, 1, log=True)")
    )
    assert run(["run", "train.py:loss", "-n", "3", "--quiet"]) == 5
    err = capsys.readouterr().err
    assert "~ lr: float(0.0001, 1, log=True) is now float(1e-05, 1, log=True)" in err
    assert "fix: --resume extend goes on and keeps the trials that fit" in err
    assert run(["run", "train.py:loss", "-n", "3", "--resume", "extend", "--quiet"]) == 0
    assert run(["run", "train.py:loss", "-n", "3", "--maximize", "--quiet"]) == 5
    assert "is minimised, and --maximize was given" in capsys.readouterr().err
    assert run(["run", "train.py:loss", "-n", "3", "--seed", "2", "--quiet"]) == 5
    assert (
        "fix: leave --seed out, or give --seed 1; another search needs another --name"
        in capsys.readouterr().err
    )


def test_10_bounds_in_the_wrong_space_are_warned_of_and_searched(script, capsys):
    (script / "train.py").write_text(
        'from parzen import hp\nSPACE = {"lr": hp.loguniform("lr", 1e-5, 1e-1)}\ndef f(p): return p["lr"]\n'
    )
    with pytest.warns(UserWarning, match="samples exp"):
        assert run(["run", "train.py:f", "-n", "1", "--quiet"]) == 0


def test_13_the_best_trial_names_its_options(script, capsys):
    run(["run", "train.py:loss", "-n", "8", "--seed", "0", "--quiet"])
    run(["best", "train.db", "--json"])
    printed = capsys.readouterr().out.partition("{")
    assert json.loads("{" + printed[2])["params"]["model"] in ("linear", "tree")


def test_an_exception_of_the_script_itself_shows_the_users_frames_only(script, capsys):
    (script / "train.py").write_text("import json\n\njson.loads('no json')\n")
    assert run(["run", "train.py:f", "-n", "3"]) == 2
    err = capsys.readouterr().err
    assert err.startswith('error: your script raised an exception\n  File "')
    assert 'train.py", line 3, in <module>' in err
    assert err.strip().endswith("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)")
    assert "importing.py" not in err
    (script / "train.py").write_text("def f(:\n")
    assert run(["run", "train.py:f", "-n", "3"]) == 2
    assert "SyntaxError" in capsys.readouterr().err
    (script / "train.py").write_text("import not_there\n")
    assert run(["run", "train.py:f", "-n", "3"]) == 2
    assert "No module named 'not_there'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["bset", "s.db"], 2, "there is no command 'bset'. Did you mean 'best'?"),
        (["--jsn"], 2, "the command comes first; got the option '--jsn'"),
        (["best"], 2, "name the store: a file such as search.db, or a URL; or set PARZEN_STUDY"),
        (["best", "trian.db"], 3, "there is no study at 'trian.db'. Did you mean 'train.db'?"),
        (["best", "train.db", "--name", "defualt"], 3, "Did you mean 'default'?"),
        (["best", "train.py"], 2, "'train.py' is a Python script and no study"),
        (["best", "picture.db"], 4, "picture.db"),
        (["best", "train.db", "-k", "0"], 2, "-k must be a whole number of at least 1"),
        (["best", "train.db", "-k", "x"], 2, "-k must be a whole number; got 'x'"),
        (["best", "train.db", "-k"], 2, "-k needs a value"),
        (["show", "train.db", "--trials=1"], 2, "--trials takes no value; got '1'"),
        (["run", "train.py:loss", "--seed", "abc"], 2, "--seed must be a whole number; got 'abc'"),
        (["run", "train.py:loss", "--loss-threshold", "x"], 2, "--loss-threshold must be a number; got 'x'"),
        (
            ["run", "train.py:loss", "--maximize", "--direction", "minimize"],
            2,
            "--direction and --maximize cannot both be given",
        ),
        (["resume", "train.db", "--more", "x"], 2, "--more must be a whole number; got 'x'"),
        (["trial", "train.db", "x"], 2, "a trial is named by its number; got 'x'"),
        (["plot", "train.db", "history", "-o", "h.png", "--dpi", "0"], 2, "--dpi must be from 30 to 1200"),
        (["plot", "train.db", "history", "-o", "h.png", "--dpi", "-3"], 2, "--dpi must be from 30 to 1200"),
        (["plot", "train.db", "history", "-o", "h.png", "--dpi", "100000"], 2, "1200; got 100000"),
        (["plot", "train.db", "history", "-o", "h.png", "--dpi", "abc"], 2, "--dpi must be a whole number"),
        (["best", "train.db", "more"], 2, "'more' is one argument too many"),
        (["trial", "train.db", "99"], 2, "has no trial 99; its trials are 0 to 2"),
        (["trial", "train.db"], 2, "which trial of train.db? NUMBER is missing"),
        (["trial"], 2, "missing: NUMBER"),
        (["diff", "train.db", "1"], 2, "name two to 8 trials; got 1"),
        (["diff", "train.db", "1", "b"], 2, "a trial is named by its number; got 'b'"),
        (["show", "train.db", "--sort", "los"], 2, "no column 'los'. Did you mean 'loss'?"),
        (["show", "train.db", "--filter", "lr > 1"], 2, "Did you mean 'params.lr'?"),
        (["show", "train.db", "--filter", "params.lrr > 1"], 2, "there is no params.lrr. Did you mean 'lr'?"),
        (["show", "train.db", "--filter", "__import__('os')"], 2, "is more than a comparison"),
        (["show", "train.db", "--filter", 'loss < "a"'], 2, "loss is a number, and 'a' is a text"),
        (["show", "train.db", "--filter", "params.model == 'tre'"], 2, "Did you mean 'tree'?"),
        (["show", "train.db", "--limit", "-1"], 2, "--limit must be a whole number"),
        (["plot", "train.db", "histroy", "-o", "h.svg"], 2, "Did you mean 'history'?"),
        (["plot", "train.db", "history", "-o", "h.bmp"], 2, "-o must end in one of .svg, .png, .pdf, .html"),
        (["plot", "train.db", "history"], 2, "-o"),
        (
            ["plot", "train.db", "contour", "-x", "l", "-o", "h.svg"],
            2,
            "no hyperparameter 'l'. Did you mean 'lr'?",
        ),
        (["export", "train.db"], 2, "say what to write"),
        (["export", "train.db", "--format", "xls"], 2, "'xls' is none of csv, jsonl, parquet, hyperopt"),
        (["export", "train.db", "-o", "a.xls"], 2, "names no format"),
        (["export", "train.db", "-o", "train.db"], 2, "names no format"),
        (["export", "train.db", "--format", "csv", "-o", "train.py"], 2, "is there already"),
        (["export", "train.db", "-o", "no/such.csv"], 2, "there is no folder 'no'"),
        (["import", "hyperop", "a.pkl"], 2, "Did you mean 'hyperopt'?"),
        (["import", "csv", "no.csv", "train.db"], 3, "there is no file 'no.csv'"),
        (["import", "csv", "train.py", "new.db"], 2, "does not say which space was searched"),
        (["explain", "PZ111"], 2, "there is no error 'PZ111'"),
        (["completion", "tcsh"], 2, "'tcsh' is none of bash, zsh, fish"),
        (["create", "train.db", "--space", "train.py:SPACE"], 2, "has a study 'default' already"),
        (["create", "x.db", "--space", "train.py"], 2, "a space is named as train.py:SPACE"),
        (["create", "x.db", "--space", "none.json"], 2, "'none.json' cannot be read"),
        (
            ["create", "x.db", "--space", "train.py:SPACES"],
            2,
            "train.py has no 'SPACES'. Did you mean 'SPACE'?",
        ),
        (["run", "train.py", "-n", "1"], 2, "got 'train.py'"),
        (["run", "nosuch.py:f", "-n", "1"], 2, "there is no file 'nosuch.py'"),
        (
            ["run", "./train:loss", "-n", "1"],
            2,
            "ends in .py; got './train'. Did you mean './train.py:loss'?",
        ),
        (["run", "../none:loss", "-n", "1"], 2, "the path of a script ends in .py; got '../none'."),
        (["run", "train.py::loss", "-n", "1"], 2, "Did you mean 'train.py:loss'?"),
        (["create", "x.db", "--space", "./train:SPACE"], 2, "Did you mean './train.py:SPACE'?"),
        (["pause", "nope.db"], 3, "there is no study at 'nope.db'"),
    ],
)
def test_a_mistake_in_a_command_is_one_sentence_and_a_code(script, capsys, arguments, code, text):
    from parzen import Study, hp

    space = {"lr": hp.float(1e-4, 1, log=True), "model": hp.choice("model", ["linear", "tree"])}
    made = Study(space, store="train.db", seed=0)
    for _ in range(3):
        made.tell(made.ask(), 1.0)
    (script / "picture.db").write_bytes(b"\x89PNG" * 100)
    assert run(arguments) == code
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert text in err
    assert "Traceback" not in err
    with_json = run([*arguments, "--json"])
    if "--json" not in capsys.readouterr().err:  # the command has documents
        assert with_json == code


def test_an_error_under_json_is_a_document_on_stderr(script, capsys):
    assert run(["best", "nope.db", "--json"]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert json.loads(printed.err) == {
        "error": {"code": "PZ023", "message": "there is no study at 'nope.db'.", "hint": "see: parzen list"}
    }
    assert run(["best", "--jsn", "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "PZ003"


def test_a_store_is_suggested_only_if_its_name_is_like_the_one_given(script, capsys):
    for name in ("e.db", "o.jsonl"):
        (script / name).touch()
    run(["best", "nope.db"])
    assert "Did you mean" not in capsys.readouterr().err
    (script / "trains.jsonl").touch()
    run(["best", "train.db"])
    assert "Did you mean 'trains.jsonl'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["resume", "worker"])
def test_a_search_of_fits_goes_on_by_a_fit(script, capsys, command):
    from sklearn.linear_model import Ridge

    from parzen import Study, hp
    from parzen.sklearn import ParzenSearchCV

    data = [[float(i)] for i in range(9)], [float(i) for i in range(9)]
    space = {"alpha": hp.float(0.1, 1)}
    ParzenSearchCV(Ridge(), space, n_trials=2, cv=3, random_state=0, study="s.db").fit(*data)
    capsys.readouterr()
    assert run([command, "s.db", *(["--more", "2"] if command == "resume" else [])]) == 2
    assert capsys.readouterr().err == (
        "error: the study 'default' of s.db belongs to a ParzenSearchCV, which evaluates by fits\n"
        "fix: to go on, call its fit again on the same data, with study='s.db' and a larger n_trials\n"
    )
    assert len(Study.load("s.db").ledger.requests) == 0


def test_a_mistake_of_ours_keeps_its_traceback(script, monkeypatch):
    """Errors of libraries that we call are not the user's script's."""
    from parzen.cli import best

    monkeypatch.setattr(best, "run", json.loads)
    with pytest.raises(TypeError, match="the JSON object must be str"):
        run(["best", "train.db"])
