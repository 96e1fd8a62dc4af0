"""MLflow: a run for each study, and below it a run for each trial."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from itertools import islice
from posixpath import normpath
from typing import Any

from parzen.errors import MissingDependency
from parzen.loggers.base import Logger, StudyRecord, TrialRecord, Value, one_line

_BATCH = 100  # the most params, and tags, that MLflow takes at once
_METRICS = 1000
_LONGEST = 500  # characters of a param, in every version
_NAME = 250
# MLflow's words for how a run ended: a trial's by its state, a study's by what ended it.
_STATES = {"done": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
_ENDS = {"error": "FAILED", "interrupted": "KILLED", "terminated": "KILLED"}


class MLflow(Logger):
    """Logs to MLflow: a parent run for the study, a child run for each trial.

    A child has the trial's hyperparameters as params; the loss (``value`` where the study maximises),
    other numbers and ``duration_s`` as metrics; what the objective reports as the steps of the metric
    ``reported``; and what went wrong in the tag ``error``. The parent has the settings as params and
    the best so far as the metric ``best_loss``. The state is the run's status: FINISHED, FAILED, or
    KILLED for a pruned trial; ``parzen.state`` is a tag.

    The study's id is a tag of all its runs. By it a resumed search finds them again: what has ended
    stays, and the run of a trial that was cut short is deleted and begun anew.

    Args:
        tracking_uri: Where to, such as ``"http://host:5000"``, ``"sqlite:///mlflow.db"`` or a folder;
            left out, what MLflow is set to. Without a server, SQLite needs the whole of MLflow.
        experiment: The name of the experiment; made if need be.
        tags: More tags for the study's run.

    Raises:
        MissingDependency: If MLflow is not installed.
    """

    def __init__(
        self,
        tracking_uri: str | None = None,
        experiment: str = "parzen",
        tags: Mapping[str, str] | None = None,
    ) -> None:
        try:
            self._mlflow: Any = import_module("mlflow")
        except ImportError as error:
            raise MissingDependency(
                "this logger needs MLflow", hint="pip install 'parzen[mlflow]'"
            ) from error
        self._client: Any = self._mlflow.MlflowClient(tracking_uri=tracking_uri)
        self._name = experiment
        self._tags = dict(tags or {})
        self._objective = "loss"
        self._parent = ""
        self._runs: dict[int, str] = {}  # trial -> run, of those that have not ended

    def begin(self, study: StudyRecord) -> Collection[int]:
        """Find the study's runs, or make its first one.

        Args:
            study: What is searched.
        """
        client = self._client
        self._study, self._objective, self._runs = study.id, study.objective, {}
        found = client.get_experiment_by_name(self._name)
        self._experiment = client.create_experiment(self._name) if found is None else found.experiment_id
        self._parent, ended = "", set()
        for run in self._found():
            number = run.data.tags.get("parzen.trial")
            if number is None:
                self._parent = run.info.run_id
            elif "parzen.state" in run.data.tags and run.info.status in _STATES.values():
                ended.add(int(number))
            else:
                self._runs[int(number)] = run.info.run_id
        if self._parent:
            client.update_run(self._parent, status="RUNNING")
        else:
            tags = {**self._tags, "parzen.study": study.id, "mlflow.runName": study.name}
            self._parent = client.create_run(self._experiment, tags=tags).info.run_id
            self._params(self._parent, study.settings)
        return ended

    def _found(self) -> Iterator[Any]:
        token = None
        while True:
            wanted = f"tags.`parzen.study` = '{self._study}'"
            page = self._client.search_runs([self._experiment], wanted, max_results=1000, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def began(self, trial: TrialRecord) -> None:
        """Make the trial's run.

        Args:
            trial: Its state is ``"running"``.
        """
        cut_short = self._runs.pop(trial.number, None)
        if cut_short is not None:
            self._client.delete_run(cut_short)
        tags = {
            "parzen.study": self._study,
            "parzen.trial": str(trial.number),
            "mlflow.parentRunId": self._parent,
            "mlflow.runName": f"trial {trial.number}",
        }
        made = self._client.create_run(self._experiment, start_time=_ms(trial.started), tags=tags)
        self._runs[trial.number] = made.info.run_id
        self._params(made.info.run_id, trial.params)

    def reported(self, trial: TrialRecord, step: float, value: float) -> None:
        """Add a step to the metric ``reported``; MLflow's steps are whole, so fractions are dropped.

        Args:
            trial: Whose.
            step: In the objective's unit.
            value: In the user's sign.
        """
        self._client.log_metric(self._runs[trial.number], "reported", value, step=int(step))

    def ended(self, trial: TrialRecord) -> None:
        """Complete the trial's run.

        Args:
            trial: All that is known of it.
        """
        run = self._runs.pop(trial.number)
        values = {_key(name): value for name, value in trial.metrics.items()}
        values["duration_s"] = trial.duration or 0.0
        if trial.value is not None:
            values[self._objective] = trial.value
        tags = {"parzen.state": trial.state, **({"error": trial.error} if trial.error else {})}
        if trial.traceback:
            tags["traceback"] = trial.traceback[-5000:]
        at, entities = _ms(trial.ended or trial.started), self._mlflow.entities
        for part in _parts(values.items(), _METRICS):
            metrics = [entities.Metric(name, value, at, 0) for name, value in part]
            self._client.log_batch(run, metrics=metrics)
        self._client.log_batch(run, tags=[entities.RunTag(name, text) for name, text in tags.items()])
        self._client.set_terminated(run, _STATES[trial.state], at)
        if trial.improved and trial.value is not None:
            best = f"best_{self._objective}"
            self._client.log_metric(self._parent, best, trial.value, timestamp=at, step=trial.number)
            self._client.set_tag(self._parent, "parzen.best_trial", str(trial.number))

    def finish(self, study: StudyRecord, best: TrialRecord | None, why: str | None) -> None:
        """Close the study's run, and those of trials that were cut short.

        Args:
            study: What was searched.
            best: The best trial, or None.
            why: What ended it early, or None.
        """
        for run in self._runs.values():
            self._client.set_terminated(run, "KILLED")
        if why is not None:
            self._client.set_tag(self._parent, "parzen.stopped", why)
        status = {"error": "FAILED", "interrupted": "KILLED", "terminated": "KILLED"}.get(
            why or "", "FINISHED"
        )
        self._client.set_terminated(self._parent, status)

    def _params(self, run: str, values: Mapping[str, Value]) -> None:
        for part in _parts(values.items(), _BATCH):
            params = [self._mlflow.entities.Param(_key(name), _text(value)) for name, value in part]
            self._client.log_batch(run, params=params)


def _key(name: str) -> str:
    """A name as MLflow takes it: letters, digits and a few other characters, and a path if it has slashes."""
    kept = "".join(c if c.isalnum() or c in "_-. /" else "_" for c in name)[:_NAME]
    path = kept not in ("", ".", "..") and not kept.startswith(("/", "../")) and normpath(kept) == kept
    return kept if path else kept.replace("/", "_").replace(".", "_") or "_"


def _text(value: Value) -> str:
    return one_line(str(value), _LONGEST)


def _ms(seconds: float) -> int:
    return int(1000 * seconds)


def _parts(items: Any, most: int) -> Iterator[list[Any]]:
    left = iter(items)
    while part := list(islice(left, most)):
        yield part
