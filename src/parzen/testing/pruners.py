"""What every pruner must do.

A decision is a pure function of the history's view and of the trial's own
reports. The contract makes histories from curves: lists of values, reported
at steps 1, 2, ...; it says nothing about which trials of middling quality go.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from parzen.history.events import Claimed, Created, Event, Finished, Opened, Reported, Suggested, plain
from parzen.history.history import History
from parzen.history.ledger import Ledger, fold_all
from parzen.pruners.base import Pruner, describe
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing.algorithms import strict

Curve = Sequence[float] | Mapping[float, float]
STEPS = 30
_SPACE = flatten({"x": hp.uniform("x", 0, 1)})


def steps_of(curve: Curve) -> dict[float, float]:
    """Step -> value of a curve; a list's values are at steps 1, 2, ...

    Args:
        curve: A mapping, or a list of values.
    """
    if isinstance(curve, Mapping):
        return {float(step): value for step, value in curve.items()}
    return {float(i + 1): value for i, value in enumerate(curve)}


def log_of(curves: Sequence[Curve], statuses: Sequence[str | None] = ()) -> list[Event]:
    """A log in which trial i reports the values of curve i and ends.

    Args:
        curves: One for each trial.
        statuses: Each trial's end, ``"done"`` where left out; None for a trial that still runs.
    """
    log: list[Event] = [Created(0.0, "s", _SPACE.to_json(), _SPACE.fingerprint(), ["minimize"])]
    for i, curve in enumerate(curves):
        status = statuses[i] if i < len(statuses) else "done"
        values = steps_of(curve)
        log += [Opened(0.0, i), Suggested(0.0, i, {"x": 0.5}), Claimed(0.0, i, 1, "me")]
        log += [Reported(0.0, i, 1, value, step) for step, value in values.items()]
        if status is not None:
            losses = [list(values.values())[-1]] if status == "done" and values else []
            log.append(Finished(0.0, i, 1, status, losses))
    return log


def history_of(curves: Sequence[Curve], statuses: Sequence[str | None] = ()) -> History:
    """The history of `log_of`.

    Args:
        curves: One for each trial.
        statuses: Each trial's end; None for a trial that still runs.
    """
    return fold_all(log_of(curves, statuses), _SPACE).history()


def good(i: int) -> list[float]:
    """A curve that falls from about 1 to about 0.1; lower for lower numbers."""
    return [0.1 + 0.01 * i + 1.0 / step for step in range(1, STEPS + 1)]


def pruned_at(pruner: Pruner, history: History, number: int, curve: Curve) -> float | None:
    """The step at which a trial that asks after each report is told to end, or None.

    Args:
        pruner: Who is asked.
        history: The others.
        number: The trial's.
        curve: What it would report.
    """
    own: dict[float, float] = {}
    for step, value in steps_of(curve).items():
        own[step] = value
        if pruner.prune(history, number, dict(own)):
            return step
    return None


class PrunerContract:
    """Subclass it and set `pruner`; `warm` is the first step at which it may prune.

    Its settings must let it prune a curve of 30 steps at least once beside a dozen peers.
    """

    pruner: ClassVar[Pruner]
    warm: ClassVar[float] = 0.0

    def test_a_trial_without_reports_goes_on(self) -> None:
        """There is nothing to judge."""
        assert self.pruner.prune(history_of([good(i) for i in range(12)]), 12, {}) is False

    def test_without_peers_nothing_is_pruned(self) -> None:
        """Neither the first trial of a study, nor one beside trials that reported nothing."""
        bad = [1e6 + step for step in range(STEPS)]
        assert pruned_at(self.pruner, history_of([]), 0, bad) is None
        assert pruned_at(self.pruner, history_of([bad], [None]), 0, bad) is None
        silent: list[Curve] = [[] for _ in range(12)]
        assert pruned_at(self.pruner, history_of(silent), 12, bad) is None
        assert pruned_at(self.pruner, history_of(silent, ["failed"] * 12), 12, bad) is None

    def test_a_clearly_bad_curve_is_pruned(self) -> None:
        """A dozen fell to 0.1; this one stays at 1,000."""
        history = history_of([good(i) for i in range(12)])
        at = pruned_at(self.pruner, history, 12, [1000.0] * STEPS)
        assert at is not None
        assert at >= self.warm

    def test_the_best_curve_is_kept(self) -> None:
        """To its last step, and also where it is itself in the history already."""
        curves = [good(i) for i in range(12)]
        best = [value - 0.5 for value in good(0)]
        assert pruned_at(self.pruner, history_of(curves), 12, best) is None
        assert pruned_at(self.pruner, history_of([*curves, best], ["done"] * 12 + [None]), 12, best) is None

    def test_equal_curves_are_kept(self) -> None:
        """Who is as good as all others is not worse than any."""
        history = history_of([good(3)] * 12)
        assert pruned_at(self.pruner, history, 12, good(3)) is None

    def test_nothing_is_pruned_before_the_warm_up(self) -> None:
        """However bad it is."""
        history = history_of([good(i) for i in range(12)])
        early = {step / 10: 1000.0 for step in range(int(self.warm * 10))}
        assert pruned_at(self.pruner, history, 12, early) is None

    def test_a_newest_value_of_nan_ends_the_trial(self) -> None:
        """An older one does not; with peers or without."""
        for history in (history_of([]), history_of([good(i) for i in range(12)])):
            assert self.pruner.prune(history, 12, {1.0: 0.5, 2.0: math.nan}) is True
            assert self.pruner.prune(history, 12, {1.0: math.nan, 2.0: -1.0}) is False

    def test_it_copes_with_infinities_and_nan(self) -> None:
        """In the trial and in its peers; answers are bools and nothing warns."""
        odd = [math.inf, -math.inf, math.nan, 1e308, -1e308, 0.0]
        curves = [[odd[(i + j) % 6] for j in range(STEPS)] for i in range(12)]
        with strict():
            history = history_of(curves)
            for curve in curves:
                own: dict[float, float] = {}
                for step, value in steps_of(curve).items():
                    own[step] = value
                    assert type(self.pruner.prune(history, 12, dict(own))) is bool

    def test_peers_that_failed_or_run_do_no_harm(self) -> None:
        """Every status may stand in the history, with curves of any length."""
        ends = ["done", "failed", "pruned", None]
        history = history_of([good(i)[: 1 + i * 2] for i in range(12)], [ends[i % 4] for i in range(12)])
        assert pruned_at(self.pruner, history, 12, [-5.0] * STEPS) is None

    def test_deciding_twice_gives_one_answer(self) -> None:
        """And changes neither the reports nor the settings."""
        history = history_of([good(i) for i in range(12)])
        own = steps_of([5.0, 4.0, 3.0])
        settings = pickle.dumps(self.pruner)
        answers = [self.pruner.prune(history, 12, own) for _ in range(3)]
        assert len(set(answers)) == 1
        assert own == steps_of([5.0, 4.0, 3.0])
        assert list(own) == [1.0, 2.0, 3.0]
        assert pickle.dumps(self.pruner) == settings

    def test_kept_state_equals_computation_from_scratch(self) -> None:
        """Views of a growing log, asked in order and again when they are old, agree with fresh ones."""
        curves = [[(7 * i % 5) / 5 + 1.0 / step for step in range(1, 10)] for i in range(14)]
        ends = ["done", "done", "failed", "done", None, "pruned"]
        log = log_of(curves, [ends[i % 6] for i in range(14)])
        ledger, views = Ledger(_SPACE), []
        for event in log:
            ledger.fold(event)
            views.append(ledger.history())
            self._ask(views[-1])
        for view in views[::17]:
            assert self._ask(view) == self._ask(fold_all(log[: view.head], _SPACE).history())
        assert self._ask(views[-1]) == self._ask(fold_all(log, _SPACE).history())

    def _ask(self, history: History) -> list[float | None]:
        curves = [[0.2 * k + 1.0 / step for step in range(1, 10)] for k in range(5)]
        return [pruned_at(self.pruner, history, 20 + k, curve) for k, curve in enumerate(curves)]

    def test_settings_are_a_frozen_dataclass(self) -> None:
        """Equal settings are equal, pickle, and cannot be assigned to."""
        pruner: Any = self.pruner
        parameters: Any = getattr(pruner, "__dataclass_params__", None)
        assert parameters is not None
        assert parameters.frozen
        assert pickle.loads(pickle.dumps(pruner)) == pruner
        with pytest.raises((AttributeError, TypeError)):
            setattr(pruner, dataclasses.fields(pruner)[0].name, None)

    def test_the_log_can_describe_it(self) -> None:
        """Name and settings are JSON."""
        described = describe(self.pruner)
        assert json.loads(json.dumps(described, allow_nan=False)) == plain(described)
