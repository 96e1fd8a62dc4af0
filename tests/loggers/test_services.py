"""MLflow, TensorBoard and Weights & Biases, the real ones, writing into a folder that is then read back.

One contract for the three: what `Shown` says of a trial is what the service
shows of it, after a search, after a crash and a resumption, and after a replay.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from parzen import Pruned, Study, fmin, hp
from parzen.errors import MissingDependency
from parzen.loggers import CSV, MLflow, TensorBoard, WandB, log

NEEDED = {"mlflow": MLflow, "tensorboardX": TensorBoard, "wandb": WandB}

SPACE = hp.choice(
    "model",
    [
        {"kind": "svm", "C": hp.float(0.1, 10, log=True)},
        {"kind": "tree", "depth": hp.int(1, 9), "split": hp.choice("split", ["gini", "entropy"])},
    ],
)


def objective(point, trial):
    """Reports three values; the second trial fails, the third is pruned."""
    for step in range(3):
        trial.report(1 / (1 + step) + trial.number, step)
    if trial.number == 1:
        raise ValueError("no such kernel\nat all")
    if trial.number == 2:
        raise Pruned
    return objective_of(trial.number)


def objective_of(number):
    return {"loss": number + 0.5, "accuracy": 0.25}


@dataclass
class Shown:
    """A trial as a service shows it."""

    state: str
    params: dict
    value: float | None
    metrics: dict = field(default_factory=dict)
    reports: dict = field(default_factory=dict)
    error: str = ""


def expected(study):
    shown = {}
    for trial in study.trials:
        state = trial.status.name.lower()
        params = {"model": ["svm", "tree"][trial.point["model"]]}
        if "0.C" in trial.point:
            params["0.C"] = trial.point["0.C"]
        else:
            params["1.depth"] = trial.point["1.depth"]
            params["split"] = ["gini", "entropy"][trial.point["split"]]
        shown[trial.number] = Shown(
            state=state,
            params=params,
            value=trial.number + 0.5 if state == "done" else None,
            metrics={"accuracy": 0.25} if state == "done" else {},
            reports={step: 1 / (1 + step) + trial.number for step in range(3)},
            error="ValueError: no such kernel" if state == "failed" else "",
        )
    return shown


class InMLflow:
    """A tracking store in a file of SQLite."""

    needs = "mlflow"
    states = True

    def __init__(self, folder):
        self.uri = f"sqlite:///{folder}/mlflow.db"

    def logger(self):
        return MLflow(self.uri, tags={"team": "vision"})

    def runs(self):
        from mlflow import MlflowClient

        self.client = MlflowClient(self.uri)
        found = self.client.get_experiment_by_name("parzen")
        runs = self.client.search_runs([found.experiment_id])
        parents = [run for run in runs if "parzen.trial" not in run.data.tags]
        return parents, [run for run in runs if "parzen.trial" in run.data.tags]

    def read(self):
        (parent,), children = self.runs()
        shown = {}
        for run in children:
            number = int(run.data.tags["parzen.trial"])
            assert number not in shown
            assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
            assert run.info.run_name == f"trial {number}"
            metrics = dict(run.data.metrics)
            assert metrics.pop("duration_s") >= 0
            metrics.pop("reported")
            state = {"FINISHED": "done", "KILLED": "pruned", "FAILED": "failed"}[run.info.status]
            assert run.data.tags["parzen.state"] == state
            assert ("ValueError" in run.data.tags.get("traceback", "")) == (state == "failed")
            history = self.client.get_metric_history(run.info.run_id, "reported")
            params = dict(run.data.params)
            shown[number] = Shown(
                state=state,
                params={k: json.loads(v) if k in ("0.C", "1.depth") else v for k, v in params.items()},
                value=metrics.pop("loss", None),
                metrics=metrics,
                reports={each.step: each.value for each in history},
                error=run.data.tags.get("error", ""),
            )
            assert len(history) == len(shown[number].reports)
        return shown


class InTensorBoard:
    """Event files, read by TensorBoard's own accumulator and its HParams page's backend."""

    needs = "tensorboardX"
    states = False  # TensorBoard knows success and failure only

    def __init__(self, folder):
        self.folder = f"{folder}/runs"

    def logger(self):
        return TensorBoard(self.folder)

    def page(self):
        """What the HParams page shows: columns, and a row for each trial."""
        from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
        from tensorboard.context import RequestContext
        from tensorboard.plugins import base_plugin
        from tensorboard.plugins.hparams import (
            api_pb2,
            backend_context,
            get_experiment,
            list_session_groups,
        )

        events = plugin_event_multiplexer.EventMultiplexer().AddRunsFromDirectory(self.folder)
        events.Reload()
        provider = data_provider.MultiplexerDataProvider(events, self.folder)
        context = backend_context.Context(
            base_plugin.TBContext(data_provider=provider, logdir=self.folder, multiplexer=events)
        )
        asked = RequestContext()
        experiment = get_experiment.Handler(asked, context, "e", api_pb2.GetExperimentRequest()).run()
        columns = [
            api_pb2.ColParams(hparam=each.name, include_in_result=True) for each in experiment.hparam_infos
        ]
        request = api_pb2.ListSessionGroupsRequest(
            allowed_statuses=list(api_pb2.Status.values()), slice_size=100, col_params=columns
        )
        rows = list_session_groups.Handler(asked, context, "e", request).run().session_groups
        return experiment, rows

    def read(self):
        from google.protobuf.json_format import MessageToDict
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
        from tensorboard.plugins.hparams import api_pb2

        experiment, rows = self.page()
        (study,) = Path(self.folder).iterdir()
        shown = {}
        for row in rows:
            (session,) = row.sessions
            number = int(session.name.rpartition("-")[2])
            files = EventAccumulator(str(study / f"trial-{number:05d}")).Reload()
            scalars = {tag: files.Scalars(tag) for tag in files.Tags()["scalars"]}
            single = {tag: points for tag, points in scalars.items() if tag != "reported"}
            assert {len(points) for points in single.values()} == {1}
            last = {tag: points[0].value for tag, points in single.items()}
            assert last.pop("duration_s") >= 0
            failed = session.status == api_pb2.STATUS_FAILURE
            shown[number] = Shown(
                state="failed" if failed else "done",
                params=MessageToDict(row)["hparams"],
                value=last.pop("loss", None),
                metrics=last,
                reports={point.step: point.value for point in scalars["reported"]},
            )
            assert len(scalars["reported"]) == len(shown[number].reports)
        columns = {info.name for info in experiment.hparam_infos}
        assert columns == {label for trial in shown.values() for label in trial.params}
        return shown


class InWandB:
    """Files of offline runs, read record by record."""

    needs = "wandb"
    states = True

    def __init__(self, folder):
        self.folder = folder

    def logger(self):
        return WandB(folder=self.folder, mode="offline")

    def read(self):
        from wandb.proto import wandb_internal_pb2

        shown, groups = {}, set()
        for path in sorted(Path(self.folder, "wandb").glob("offline-run-*/*.wandb")):
            config, summary, reports, code = {}, {}, {}, None
            for data in records(path.read_bytes()):
                record = wandb_internal_pb2.Record.FromString(data)
                if record.run.run_id:
                    run = record.run
                    config.update({each.key: json.loads(each.value_json) for each in run.config.update})
                if record.HasField("history"):
                    row = {
                        (each.key or each.nested_key[0]): json.loads(each.value_json)
                        for each in record.history.item
                    }
                    reports[row["step"]] = row["reported"]
                for each in record.summary.update:
                    summary[each.key or each.nested_key[0]] = json.loads(each.value_json)
                if record.HasField("exit"):
                    code = record.exit.exit_code
            if "state" not in summary:  # cut short, perhaps before its first record
                continue
            number = config.pop("parzen")["trial"]
            config.pop("_wandb", None)
            assert number not in shown
            assert run.display_name == f"trial {number}"
            groups.add(run.run_group)
            assert summary["duration_s"] >= 0
            assert code == (summary["state"] == "failed")
            shown[number] = Shown(
                state=summary["state"],
                params=config,
                value=summary.get("loss"),
                metrics={"accuracy": summary["accuracy"]} if "accuracy" in summary else {},
                reports=reports,
                error=summary.get("error", ""),
            )
        assert len(groups) == 1
        return shown


def records(data):
    """The records of a W&B file: LevelDB's log format after seven bytes of its own."""
    assert data[:4] == b":W&B"
    at, part = 7, b""
    while at + 7 <= len(data):
        left = 32768 - at % 32768
        if left < 7:
            at += left
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        part += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield part
            part = b""


SERVICES = [InMLflow, InTensorBoard, InWandB]


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path, monkeypatch):
    """MLflow puts a folder for artifacts where the program runs."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(params=SERVICES, ids=["mlflow", "tensorboard", "wandb"])
def service(request, tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_SILENT", "true")
    promised = os.environ.get("PARZEN_REQUIRE", "").split(",")
    if find_spec(request.param.needs) is None and "loggers" not in promised:
        pytest.skip(f"{request.param.needs} is not installed")
    return request.param(tmp_path)


def assert_shows(service, study):
    wanted = expected(study)
    if not service.states:
        for each in wanted.values():
            each.state, each.error = "failed" if each.state == "failed" else "done", ""
    shown = service.read()
    end = time.monotonic() + 20
    while len(shown) < len(wanted) and time.monotonic() < end:
        time.sleep(0.1)  # W&B's own process writes the last records some time after the run has ended
        shown = service.read()
    assert sorted(shown) == sorted(wanted)
    for number, trial in wanted.items():
        found = shown[number]
        assert found.reports == pytest.approx(trial.reports, rel=1e-6)  # TensorBoard's are float32
        found.reports = trial.reports
        assert found == trial


OPTIONS = {"seed": 0, "on_error": "continue", "verbose": False}


@pytest.mark.loggers
def test_a_search_is_shown_trial_by_trial(service):
    best = fmin(objective, SPACE, max_evals=6, loggers=[service.logger()], **OPTIONS)
    assert_shows(service, best.study)


@pytest.mark.loggers
def test_worker_processes_are_shown_too(service):
    best = fmin(objective, SPACE, max_evals=5, workers=2, loggers=[service.logger()], **OPTIONS)
    assert_shows(service, best.study)


@pytest.mark.loggers
def test_a_finished_study_is_replayed_and_a_second_replay_adds_nothing(service):
    best = fmin(objective, SPACE, max_evals=5, **OPTIONS)
    for _ in range(2):
        log(best, service.logger())
        assert_shows(service, best.study)


@pytest.mark.loggers
def test_ask_and_tell_is_shown_as_far_as_it_has_come(service):
    study = Study(SPACE, seed=0)
    logger = service.logger()
    for number in range(4):
        trial = study.ask()
        for step in range(3):
            study.report(number, 1 / (1 + step) + number, step)
        study.tell(trial, ValueError("no such kernel") if number == 1 else objective_of(number))
        log(study, logger)
        shown = service.read()
        assert sorted(shown) == list(range(number + 1))
    assert shown[3].value == 3.5


CRASHING = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
import test_services as t

def objective(point, trial):
    if trial.number == 3 and not os.path.exists("crashed"):
        open("crashed", "w").close()
        trial.report(9.0, 0)
        trial.report(9.0, 7)
        os.kill(os.getpid(), signal.SIGKILL)
    return t.objective(point, trial)

if __name__ == "__main__":
    service = t.{service}({folder!r})
    t.fmin(objective, t.SPACE, max_evals=6, trials="s.db", loggers=[service.logger()], **t.OPTIONS)
"""


@pytest.mark.loggers
def test_a_search_that_was_killed_in_a_trial_goes_on_and_nothing_is_shown_twice(service, tmp_path):
    """The killed attempt reports 9.0 at steps 0 and 7; step 7 is a report of the trial that stays."""
    script = tmp_path / "search.py"
    script.write_text(
        CRASHING.format(
            tests=str(Path(__file__).parent), service=type(service).__name__, folder=str(tmp_path)
        )
    )
    run = [sys.executable, str(script)]
    assert subprocess.run(run, cwd=tmp_path, check=False, timeout=100).returncode == -signal.SIGKILL
    subprocess.run(run, cwd=tmp_path, check=True, timeout=100)
    study = Study.load(tmp_path / "s.db")
    assert study.trials[3].attempt == 2
    shown = service.read()
    assert sorted(shown) == list(range(6))
    wanted = expected(study)[3]
    assert shown[3].reports == pytest.approx({**wanted.reports, 7: 9.0})
    assert (shown[3].value, shown[3].params) == (wanted.value, wanted.params)


@pytest.mark.loggers
def test_mlflow_keeps_the_study_in_the_parent_run(tmp_path):
    service = InMLflow(tmp_path)
    fmin(
        lambda x: (x - 1) ** 2,
        hp.uniform("x", 0, 2),
        max_evals=3,
        points_to_evaluate=[{"x": 0.0}, {"x": 0.5}, {"x": 0.25}],
        loggers=[service.logger()],
        algo="random",
        **OPTIONS,
    )
    (parent,), children = service.runs()
    tags, params = parent.data.tags, parent.data.params
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == "default"
    assert tags["team"] == "vision"
    assert (params["seed"], params["algorithm"]) == ("0", "Random")
    steps = service.client.get_metric_history(parent.info.run_id, "best_loss")
    assert [(each.step, each.value) for each in steps][:2] == [(0, 1.0), (1, 0.25)]
    assert tags["parzen.best_trial"] == str(steps[-1].step)
    assert len(children) == 6


@pytest.mark.loggers
def test_mlflow_takes_any_name_and_any_number_of_hyperparameters(tmp_path):
    """More than MLflow takes in one request, labels that are no paths, values longer than it keeps."""
    service = InMLflow(tmp_path)
    space = {f"/x{i}/../é": hp.float(0, 1) for i in range(230)}
    space["long"] = hp.choice("long", ["a" * 9000, "b" * 9000])
    study = Study(space, seed=0)
    study.tell(study.ask(), {"loss": 1.0, "inf": float("inf"), "nan": float("nan"), "a:b?c": 2.0})
    log(study, service.logger())
    _, (run,) = service.runs()
    assert len(run.data.params) == 231
    assert run.data.metrics["a_b_c"] == 2.0


@pytest.mark.loggers
def test_mlflow_marks_an_interrupted_study_and_its_running_trial(tmp_path):
    service = InMLflow(tmp_path)

    def interrupted(x, trial):
        if trial.number == 1:
            raise KeyboardInterrupt
        return x

    with pytest.raises(KeyboardInterrupt):
        fmin(
            interrupted,
            hp.uniform("x", 0, 1),
            max_evals=3,
            trials=tmp_path / "s.db",
            loggers=[service.logger()],
            **OPTIONS,
        )
    (parent,), children = service.runs()
    assert parent.info.status == "KILLED"
    assert parent.data.tags["parzen.stopped"] == "interrupted"
    assert sorted(run.info.status for run in children) == ["FINISHED", "KILLED"]
    again = {**OPTIONS, "trials": tmp_path / "s.db", "loggers": [service.logger()]}
    fmin(abs, hp.uniform("x", 0, 1), max_evals=3, **again)
    (parent,), children = service.runs()
    assert parent.info.status == "FINISHED"
    assert [run.info.status for run in children] == ["FINISHED"] * 3


@pytest.mark.loggers
def test_mlflow_in_a_folder_without_sqlite_shows_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    service = InMLflow(tmp_path)
    service.uri = (tmp_path / "mlruns").as_uri()
    best = fmin(objective, SPACE, max_evals=4, loggers=[service.logger()], **OPTIONS)
    assert_shows(service, best.study)


@pytest.mark.loggers
def test_several_loggers_are_told_side_by_side(tmp_path):
    services = [service(tmp_path) for service in SERVICES]
    table = CSV(tmp_path / "trials.csv")
    best = fmin(
        objective, SPACE, max_evals=4, loggers=[*(each.logger() for each in services), table], **OPTIONS
    )
    for each in services:
        assert_shows(each, best.study)


@pytest.mark.parametrize("name", sorted(NEEDED))
def test_a_logger_without_its_package_names_the_command_that_installs_it(name, monkeypatch):
    for module in [each for each in sys.modules if each.partition(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingDependency) as caught:
        NEEDED[name]()
    assert caught.value.hint == f"pip install 'parzen[{NEEDED[name].__name__.lower()}]'"
