"""TrialTable: the trials of a study as a sequence that is also a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, overload

from parzen.frames.columns import Column, columns_of
from parzen.history.history import Trial
from parzen.history.ledger import Ledger


class Tabular(ABC):
    """What has a table of trials: every way to get it follows from `columns`."""

    __slots__ = ()

    @abstractmethod
    def columns(self) -> list[Column]:
        """The table's columns, made now."""

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame`, one row for each trial.

        Whole numbers, floats and flags are of pandas' nullable types, options of choices are
        categorical, times are UTC. ``pandas.NA`` says that there is no value, as for a hyperparameter
        that a trial did not use; NaN is a number that came out as NaN.

        Raises:
            MissingDependency: If pandas is not installed.

        >>> from parzen import Study, hp
        >>> study = Study({"x": hp.float(0, 1)}, seed=0)
        >>> told = study.tell(study.ask(), 0.5)
        >>> study.trials.to_pandas()[["number", "state", "loss"]].iloc[0].to_dict()
        {'number': 0, 'state': 'done', 'loss': 0.5}
        """
        from parzen.frames import with_pandas

        return with_pandas.frame(self.columns())

    def to_polars(self) -> Any:
        """A `polars.DataFrame`, one row for each trial; the same as ``polars.DataFrame(trials)``.

        Raises:
            MissingDependency: If polars is not installed.
        """
        from parzen.frames import with_polars

        return with_polars.frame(self)

    def to_arrow(self) -> Any:
        """A `pyarrow.Table`, one row for each trial; the same as ``pyarrow.table(trials)``.

        Raises:
            MissingDependency: If pyarrow is not installed.
        """
        from parzen.frames import with_arrow

        return with_arrow.table(self)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat dict of plain Python values for each trial; None where there is no value.

        >>> from parzen import Study, hp
        >>> study = Study({"kind": hp.choice("kind", ["svm", "knn"])}, seed=0)
        >>> told = study.tell(study.ask(), {"loss": 0.5, "epochs": 3})
        >>> row = study.trials.to_dicts()[0]
        >>> row["state"], row["loss"], row["param.kind"] in ("svm", "knn"), row["metric.epochs"]
        ('done', 0.5, True, 3)
        """
        columns = self.columns()
        names = [column.name for column in columns]
        return [dict(zip(names, row)) for row in zip(*(column.plain() for column in columns))]

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Arrow's protocol for tables: what reads it needs no package of ours.

        Args:
            requested_schema: Not looked at: the protocol lets the reader convert.
        """
        del requested_schema
        from parzen.frames.stream import stream

        return stream(self.columns())


class TrialTable(Tabular):
    """The trials of a study in the order of their numbers: a sequence, and a table.

    It is a view: trials that are opened later appear in it. Its slices are tables too, of the
    trials at that moment. It is no `collections.abc.Sequence`, since data frame libraries look into
    the elements of these before they ask for the table.

    Args:
        ledger: Of the study.
        trials: Which of its trials; left out, all.

    Attributes:
        ledger: Of the study.
    """

    __slots__ = ("_trials", "ledger")

    def __init__(self, ledger: Ledger, trials: list[Trial] | None = None) -> None:
        self.ledger = ledger
        self._trials = ledger.trials if trials is None else trials

    def columns(self) -> list[Column]:
        """The table's columns, made now."""
        ledger = self.ledger
        maximize = ledger.objectives[0] == "maximize"
        return columns_of(list(self._trials), ledger.space, ledger.notes, maximize)

    def __len__(self) -> int:
        return len(self._trials)

    @overload
    def __getitem__(self, index: int) -> Trial: ...

    @overload
    def __getitem__(self, index: slice) -> TrialTable: ...

    def __getitem__(self, index: int | slice) -> Trial | TrialTable:
        if isinstance(index, slice):
            return TrialTable(self.ledger, self._trials[index])
        return self._trials[index]

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __reversed__(self) -> Iterator[Trial]:
        return reversed(self._trials)

    def __contains__(self, trial: object) -> bool:
        return trial in self._trials

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TrialTable):
            return self._trials == other._trials
        return list(self._trials) == other if isinstance(other, list) else NotImplemented

    def __hash__(self) -> int:
        return id(self._trials)

    def index(self, trial: Trial, start: int = 0, stop: int | None = None) -> int:
        """Where a trial stands.

        Args:
            trial: One of these.
            start: Look from here on.
            stop: Look only before here.

        Raises:
            ValueError: If it is none of these.
        """
        return self._trials.index(trial, start, len(self._trials) if stop is None else stop)

    def count(self, trial: Trial) -> int:
        """How often a trial is there: once, or not at all.

        Args:
            trial: Any.
        """
        return self._trials.count(trial)

    def __repr__(self) -> str:
        shown: Sequence[Trial] = self._trials[:3]
        more = len(self._trials) - len(shown)
        lines = [f"TrialTable({len(self._trials)} trials)", *(f"  {trial!r}" for trial in shown)]
        return "\n".join([*lines, f"  ... {more} more"] if more else lines)
