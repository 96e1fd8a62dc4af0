"""The distribution parzen-hyperopt: a package `hyperopt` that is `parzen.hyperopt`.

Each test runs a program of its own, since a process has one package of that name.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHIM = REPOSITORY / "shim" / "src"
SOURCE = REPOSITORY / "src"


def run(code, *arguments, first=(), **environment):
    """Run Python with the shim on its path; the finished process."""
    path = os.pathsep.join(map(str, [*first, SHIM, SOURCE]))
    command = [sys.executable, "-W", "error", *arguments]
    if code is not None:
        command += ["-c", textwrap.dedent(code)]
    return subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def holds(code, *arguments, **options):
    """Assert that a program ends well; what it printed."""
    done = run(code, *arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_usual_imports_work():
    holds(
        """
        import hyperopt
        from hyperopt import fmin, tpe, hp, rand, anneal, Trials, STATUS_OK, STATUS_FAIL, space_eval, pyll
        from hyperopt.pyll.base import scope
        import hyperopt.pyll.stochastic
        from hyperopt.fmin import generate_trials_to_calculate
        from hyperopt.early_stop import no_progress_loss
        from hyperopt.exceptions import AllTrialsFailed
        from hyperopt.pyll import as_apply, rec_eval

        best = fmin(lambda c: (c["x"] - 1) ** 2 + c["n"],
                    {"x": hp.uniform("x", -3, 3), "n": scope.int(hp.quniform("n", 0, 4, 1))},
                    algo=tpe.suggest, max_evals=15, trials=Trials(), verbose=False)
        assert set(best) == {"x", "n"}
        assert isinstance(hyperopt.pyll.stochastic.sample(hp.randint("i", 5)), int)
        """
    )


def test_modules_and_classes_are_parzens_own():
    holds(
        """
        import sys
        import hyperopt, hyperopt.base, hyperopt.graph_viz, hyperopt.pyll.stochastic, parzen
        import parzen.hyperopt.graph_viz

        assert hyperopt.base.Trials is hyperopt.Trials is parzen.Trials
        assert hyperopt.graph_viz is parzen.hyperopt.graph_viz
        for name in [name for name in sys.modules if name.startswith("hyperopt.")]:
            assert sys.modules[name] is sys.modules["parzen." + name], name
            assert sys.modules[name].__name__ == sys.modules[name].__spec__.name == "parzen." + name
        """
    )


def test_no_module_is_loaded_twice():
    holds(
        """
        import sys
        import hyperopt.pyll.base, hyperopt.rdists, hyperopt.fmin, hyperopt.tpe
        import parzen.hyperopt.pyll.base, parzen.hyperopt.rdists

        files = {}
        for name, module in sys.modules.items():
            files.setdefault(getattr(module, "__file__", None), set()).add(id(module))
        assert all(len(ids) == 1 for file, ids in files.items() if file and "parzen" in file)
        """
    )


@pytest.mark.parametrize(
    "lines",
    [
        "import hyperopt.fmin",
        "import hyperopt, hyperopt.fmin",
        "from hyperopt.fmin import fmin, generate_trials_to_calculate, space_eval; import hyperopt",
        "import parzen.hyperopt.fmin; import hyperopt.fmin",
        "import importlib, hyperopt; importlib.import_module('hyperopt.fmin')",
    ],
)
def test_fmin_is_the_function_however_the_module_is_imported(lines):
    holds(
        f"""
        {lines}
        import sys
        import parzen.hyperopt
        assert callable(hyperopt.fmin) and hyperopt.fmin is parzen.fmin is parzen.hyperopt.fmin
        assert sys.modules["hyperopt.fmin"].FMinIter is hyperopt.FMinIter
        """
    )


def test_everything_that_is_in_parzen_hyperopt_can_be_imported():
    holds(
        """
        import importlib, pkgutil
        import hyperopt, parzen.hyperopt

        for found in pkgutil.walk_packages(parzen.hyperopt.__path__, "parzen.hyperopt."):
            name = found.name.removeprefix("parzen.")
            try:
                real = importlib.import_module(found.name)
            except ImportError as missing:  # an extra that is not installed
                continue
            assert importlib.import_module(name) is real
        assert set(parzen.hyperopt.__all__) <= set(dir(hyperopt))
        assert {name: getattr(hyperopt, name) for name in hyperopt.__all__} == {
            name: getattr(parzen.hyperopt, name) for name in parzen.hyperopt.__all__
        }
        """
    )


def test_lazy_modules_are_attributes_as_in_hyperopt():
    holds(
        """
        import hyperopt
        assert hyperopt.rdists.quniform_gen(0, 1, 1).rvs() in (0, 1)
        import sys
        assert sys.modules["parzen.hyperopt.rdists"] is hyperopt.rdists
        """
    )


def test_what_is_not_there_has_the_usual_errors():
    holds(
        """
        import hyperopt
        for line, kind, text in [
            ("import hyperopt.nothing", ModuleNotFoundError, "No module named 'hyperopt.nothing'"),
            ("import hyperopt.base.nothing", ModuleNotFoundError, "is not a package"),
            ("from hyperopt import nothing", ImportError, "cannot import name 'nothing' from 'hyperopt'"),
            ("hyperopt.nothing", AttributeError, "module 'hyperopt' has no attribute 'nothing'"),
        ]:
            try:
                exec(line)
            except kind as error:
                assert text in str(error), error
            else:
                raise SystemExit(line)
        """
    )


def test_a_star_import_brings_the_public_names():
    holds("from hyperopt import *\nassert callable(fmin) and Trials and STATUS_OK == 'ok'")


def test_a_pickle_that_names_hyperopts_trials_loads(tmp_path):
    # As Hyperopt writes it: the class by name, and the attributes of the object.
    misc = {"tid": 0, "cmd": None, "workdir": None, "idxs": {"x": [0]}, "vals": {"x": [0.5]}}
    doc = {
        "state": 2,
        "tid": 0,
        "spec": None,
        "result": {"loss": 0.25, "status": "ok"},
        "misc": misc,
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }
    state = {"_ids": {0}, "_dynamic_trials": [doc], "_exp_key": None, "attachments": {}, "_trials": [doc]}
    # `state` without its own start and end, between the class's name and the call that sets it.
    named = b"\x80\x02" + pickle.GLOBAL + b"hyperopt.base\nTrials\n" + pickle.EMPTY_TUPLE + pickle.NEWOBJ
    whole = named + pickle.dumps(state, 2)[2:-1] + pickle.BUILD + pickle.STOP
    path = tmp_path / "results.pkl"
    path.write_bytes(whole)
    holds(
        f"""
        import pickle
        with open({str(path)!r}, "rb") as file:
            trials = pickle.load(file)
        import parzen
        from hyperopt import fmin, hp, tpe
        assert type(trials) is parzen.Trials and trials.argmin == {{"x": 0.5}}
        space = hp.uniform("x", 0, 1)
        fmin(lambda x: x**2, space, algo=tpe.suggest, max_evals=3, trials=trials, verbose=False)
        assert trials.tids == [0, 1, 2]
        """
    )


def test_trials_pickled_under_the_shim_load_without_it(tmp_path):
    path = tmp_path / "trials.pkl"
    holds(
        f"""
        import pickle
        from hyperopt import Trials, fmin, hp, rand
        trials = Trials()
        space = hp.uniform("x", 0, 1)
        fmin(lambda x: x**2, space, algo=rand.suggest, max_evals=3, trials=trials, verbose=False)
        with open({str(path)!r}, "wb") as file:
            pickle.dump(trials, file)
        """
    )
    loaded = pickle.loads(path.read_bytes())
    assert len(loaded) == 3


def test_a_module_runs_as_a_program():
    assert holds(None, "-m", "hyperopt.criteria") == ""


def test_source_and_traceback_lines_are_found():
    holds(
        """
        import importlib.util, inspect, hyperopt.criteria
        assert "def UCB" in inspect.getsource(hyperopt.criteria)
        spec = importlib.util.find_spec("hyperopt.graph_viz")
        assert spec.origin.endswith("graph_viz.py")
        assert "def dot_hyperparameters" in spec.loader.get_source("hyperopt.graph_viz")
        """
    )


def test_threads_that_import_at_once_get_one_module():
    holds(
        """
        import importlib, threading
        import hyperopt
        found, start = [], threading.Barrier(8)
        def load(name):
            start.wait()
            found.append(importlib.import_module(name))
        names = ["hyperopt.rdists", "parzen.hyperopt.rdists"] * 4
        threads = [threading.Thread(target=load, args=(name,)) for name in names]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert len(found) == 8 and len(set(map(id, found))) == 1
        """
    )


def test_importing_parzen_alone_brings_no_hyperopt():
    holds("import sys, parzen, parzen.hyperopt.base\nassert 'hyperopt' not in sys.modules")


@pytest.fixture
def site_with_hyperopt(tmp_path):
    """A folder with the metadata of an installed Hyperopt."""
    info = tmp_path / "hyperopt-0.3.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hyperopt\nVersion: 0.3.0\n")
    return tmp_path


@pytest.mark.parametrize(
    "line", ["import hyperopt", "from hyperopt import fmin", "import hyperopt.pyll.base"]
)
def test_it_refuses_beside_hyperopt(site_with_hyperopt, line):
    done = run(line, first=[site_with_hyperopt])
    assert done.returncode == 1
    message = done.stderr.strip().splitlines()[-1]
    assert message.startswith("ImportError: parzen-hyperopt and Hyperopt 0.3.0 are both installed")
    assert "pip uninstall hyperopt" in message


def test_parzen_itself_works_beside_hyperopt(site_with_hyperopt):
    holds("import parzen.hyperopt\nassert parzen.hyperopt.fmin is parzen.fmin", first=[site_with_hyperopt])


def test_its_own_metadata_is_no_reason_to_refuse(tmp_path):
    info = tmp_path / "parzen_hyperopt-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: parzen-hyperopt\nVersion: 0.1.0\n")
    holds("import hyperopt", first=[tmp_path])


def test_its_licence_is_parzens():
    assert (REPOSITORY / "shim" / "LICENSE").read_text() == (REPOSITORY / "LICENSE").read_text()
