"""TensorBoard: a run for each trial, for its HParams and Scalars pages."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Any

from parzen.errors import MissingDependency
from parzen.loggers.base import Journal, Logger, StudyRecord, TrialRecord, Value

_PLUGIN = "hparams"
_BEGAN, _ENDED = "_hparams_/session_start_info", "_hparams_/session_end_info"
_DONE = "parzen-logged.txt"


class TensorBoard(Logger):
    """Writes a folder of event files for ``tensorboard --logdir``.

    The folder of a study holds one run for each trial, such as ``trial-00007``: its hyperparameters
    for the HParams page, which leaves those empty that a trial does not use; the loss (``value`` where
    the study maximises) and other numbers as scalars; what the objective reports as the scalar
    ``reported``, at its steps, which are whole: fractions are dropped.

    What has ended stays in a resumed search. The run of a trial that was cut short is removed and
    begun anew.

    Args:
        folder: Where studies have their folders; made if need be.

    Raises:
        MissingDependency: If tensorboardX is not installed, which writes the files.
    """

    def __init__(self, folder: str | os.PathLike[str] = "runs") -> None:
        try:
            self._writer: Any = import_module("tensorboardX.writer")
            self._proto: Any = import_module("tensorboardX.proto.summary_pb2")
            self._hparams: Any = import_module("tensorboardX.proto.plugin_hparams_pb2")
        except ImportError as error:
            raise MissingDependency(
                "this logger needs tensorboardX", hint="pip install 'parzen[tensorboard]'"
            ) from error
        self._folder = Path(folder)
        self._runs: dict[int, Any] = {}  # trial -> writer, of those that have not ended

    def begin(self, study: StudyRecord) -> Collection[int]:
        """Look which trials the study's folder has.

        Args:
            study: What is searched.
        """
        self._objective = study.objective
        self._place = self._folder / study.id
        self._journal = Journal(self._place / _DONE)
        return self._journal.numbers()

    def began(self, trial: TrialRecord) -> None:
        """Begin the trial's run with its hyperparameters.

        Args:
            trial: Its state is ``"running"``.
        """
        cut_short = self._runs.pop(trial.number, None)
        if cut_short is not None:
            cut_short.close()
        place = self._place / f"trial-{trial.number:05d}"
        shutil.rmtree(place, ignore_errors=True)
        run = self._runs[trial.number] = self._writer.FileWriter(str(place))
        began = self._hparams.SessionStartInfo(
            start_time_secs=trial.started, group_name=f"trial {trial.number}"
        )
        for label, value in trial.params.items():
            _set(began.hparams[label], value)
        run.add_summary(self._about(_BEGAN, session_start_info=began), walltime=trial.started)
        run.flush()

    def reported(self, trial: TrialRecord, step: float, value: float) -> None:
        """Add a step to the scalar ``reported``.

        Args:
            trial: Whose.
            step: In the objective's unit.
            value: In the user's sign.
        """
        run = self._runs[trial.number]
        run.add_summary(self._scalar("reported", value), int(step))
        run.flush()

    def ended(self, trial: TrialRecord) -> None:
        """Complete the trial's run.

        Args:
            trial: All that is known of it.
        """
        run, at = self._runs.pop(trial.number), trial.ended or trial.started
        values = {**trial.metrics, "duration_s": trial.duration or 0.0}
        if trial.value is not None:
            values[self._objective] = trial.value
        for name, value in values.items():
            run.add_summary(self._scalar(name, value), 0, at)
        status = "STATUS_FAILURE" if trial.state == "failed" else "STATUS_SUCCESS"
        ended = self._hparams.SessionEndInfo(status=status, end_time_secs=at)
        run.add_summary(self._about(_ENDED, session_end_info=ended), walltime=at)
        run.close()
        self._journal.add(trial.number)

    def finish(self, study: StudyRecord, best: TrialRecord | None, why: str | None) -> None:
        """Close the runs of trials that were cut short.

        Args:
            study: What was searched.
            best: The best trial, or None.
            why: What ended it early, or None.
        """
        for run in self._runs.values():
            run.close()
        self._runs.clear()

    def _scalar(self, tag: str, value: float) -> Any:
        return self._proto.Summary(value=[self._proto.Summary.Value(tag=tag, simple_value=value)])

    def _about(self, tag: str, **info: Any) -> Any:
        """A summary for the HParams page."""
        content = self._hparams.HParamsPluginData(version=0, **info).SerializeToString()
        about = self._proto.SummaryMetadata(
            plugin_data=self._proto.SummaryMetadata.PluginData(plugin_name=_PLUGIN, content=content)
        )
        return self._proto.Summary(value=[self._proto.Summary.Value(tag=tag, metadata=about)])


def _set(target: Any, value: Value) -> None:
    """Put a value into a protobuf `Value`."""
    if isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, (int, float)) and math.isfinite(value):
        target.number_value = float(value)
    else:
        target.string_value = str(value)
