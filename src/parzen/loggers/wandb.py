"""Weights & Biases: a run for each trial, in a group for each study."""

from __future__ import annotations

import os
from collections.abc import Collection
from importlib import import_module
from pathlib import Path
from typing import Any

from parzen.errors import MissingDependency
from parzen.loggers.base import Journal, Logger, StudyRecord, TrialRecord


class WandB(Logger):
    """Logs to Weights & Biases: one run for each trial, in a group with the study's id.

    A run's config has the trial's hyperparameters. Its history has what the objective reports, as
    ``reported`` over ``step``; its summary the loss (``value`` where the study maximises), other
    numbers, ``duration_s``, ``state``, whether it was the best so far, and the error.

    Which trials are complete is kept beside the runs, in a file of the folder. W&B keeps runs for ever,
    so a trial that was cut short has another one for its next attempt; without ``state`` in its
    summary a run is such a rest.

    Args:
        project: The project.
        entity: The user or team; left out, the account's own.
        folder: Where W&B puts its folder ``wandb``; made if need be.
        mode: ``"online"``, or ``"offline"`` for files only, without an account: ``wandb sync`` sends
            them later. Left out, what W&B is set to.
        options: More for ``wandb.init``, such as ``tags=["cnn"]``.

    Raises:
        MissingDependency: If wandb is not installed.
    """

    def __init__(
        self,
        project: str = "parzen",
        entity: str | None = None,
        folder: str | os.PathLike[str] = ".",
        mode: str | None = None,
        **options: Any,
    ) -> None:
        try:
            self._wandb: Any = import_module("wandb")
        except ImportError as error:
            raise MissingDependency("this logger needs wandb", hint="pip install 'parzen[wandb]'") from error
        self._folder = Path(folder)
        self._options = {"project": project, "entity": entity, "mode": mode, **options}
        self._runs: dict[int, Any] = {}  # trial -> run, of those that have not ended

    def begin(self, study: StudyRecord) -> Collection[int]:
        """Look which trials are complete.

        Args:
            study: What is searched.
        """
        self._study = study
        self._journal = Journal(self._folder / "wandb" / f"{study.id}.txt")
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._journal.numbers()

    def began(self, trial: TrialRecord) -> None:
        """Begin the trial's run.

        Args:
            trial: Its state is ``"running"``.
        """
        cut_short = self._runs.pop(trial.number, None)
        if cut_short is not None:
            cut_short.finish(exit_code=1)
        run = self._runs[trial.number] = self._wandb.init(
            name=f"trial {trial.number}",
            group=self._study.id,
            job_type="trial",
            config={**trial.params, "parzen": {"trial": trial.number, **self._study.settings}},
            dir=str(self._folder),
            reinit="create_new",
            settings=self._wandb.Settings(console="off", silent=True, disable_code=True, disable_git=True),
            **self._options,
        )
        run.define_metric("reported", step_metric="step")

    def reported(self, trial: TrialRecord, step: float, value: float) -> None:
        """Add a row to the run's history.

        Args:
            trial: Whose.
            step: In the objective's unit.
            value: In the user's sign.
        """
        self._runs[trial.number].log({"step": step, "reported": value})

    def ended(self, trial: TrialRecord) -> None:
        """Complete the trial's run.

        Args:
            trial: All that is known of it.
        """
        run = self._runs.pop(trial.number)
        summary = {
            **trial.metrics,
            "duration_s": trial.duration,
            "state": trial.state,
            "improved": trial.improved,
        }
        if trial.value is not None:
            summary[self._study.objective] = trial.value
        if trial.error:
            summary["error"] = trial.error
        run.summary.update(summary)
        run.finish(exit_code=int(trial.state == "failed"))
        self._journal.add(trial.number)

    def finish(self, study: StudyRecord, best: TrialRecord | None, why: str | None) -> None:
        """Close the runs of trials that were cut short.

        Args:
            study: What was searched.
            best: The best trial, or None.
            why: What ended it early, or None.
        """
        for run in self._runs.values():
            run.finish(exit_code=1)
        self._runs.clear()
