"""Views: columns in number order, and old views that stay true whatever happens later."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parzen.history import events as e
from parzen.history.history import Status
from parzen.history.ledger import Ledger
from parzen.history.queries import incumbent
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing import run, scripted

SPACE = flatten({"x": hp.uniform("x", 0, 1), "c": hp.choice("c", [hp.uniform("y", 0, 1), 0])})


@pytest.fixture
def ledger():
    """Trials 0 to 3 with points, told out of order: 2 done, 0 failed; 1 and 3 run; 4 has no point."""
    made = Ledger(SPACE)
    points = [{"x": 0.1, "c": 1}, {"x": 0.2, "c": 0, "y": 0.5}, {"x": 0.3, "c": 1}, {"x": 0.4, "c": 1}]
    for number, point in enumerate(points):
        made.fold(e.Opened(float(number), number))
        made.fold(e.Suggested(number + 0.5, number, point, None if number else 9.0, {"n": number}))
        made.fold(e.Claimed(10.0 + number, number, 1, "me"))
    made.fold(e.Reported(15.0, 2, 1, 0.75, 5.0))
    made.fold(e.Reported(15.0, 2, 1, 0.95, 1.0))
    made.fold(e.Finished(20.0, 2, 1, "done", [0.5], {"acc": 0.9}))
    made.fold(e.Finished(21.0, 0, 1, "failed", []))
    made.fold(e.Opened(22.0, 4))
    return made


def snapshot(history):
    """All that a view shows, in a form that compares NaN as equal."""
    columns = {
        "numbers": history.numbers,
        "values": history.values,
        "status": history.status,
        "losses": history.losses,
        "running": history.running(),
    }
    shown = {name: (column.shape, column.dtype, column.tobytes()) for name, column in columns.items()}
    return {
        **shown,
        "head": history.head,
        "ended": history.ended,
        "best": incumbent(history),
        "len": len(history),
    }


def beside(history):
    """The columns that are made from trials and not from tables."""
    return repr([history.metrics, history.budget, history.started, history.finished, history.reports])


def test_columns_are_in_the_order_of_numbers(ledger):
    history = ledger.history()
    assert history.numbers.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(
        history.values, [[0.1, 1, np.nan], [0.2, 0, 0.5], [0.3, 1, np.nan], [0.4, 1, np.nan]]
    )
    assert history.status.tolist() == [Status.FAILED, Status.RUNNING, Status.DONE, Status.RUNNING]
    np.testing.assert_array_equal(history.losses, [[np.nan], [np.nan], [0.5], [np.nan]])


def test_columns_have_their_types_and_shapes(ledger):
    history = ledger.history()
    assert (history.numbers.dtype, history.numbers.shape) == (np.int64, (4,))
    assert (history.values.dtype, history.values.shape) == (np.float64, (4, 3))
    assert (history.status.dtype, history.status.shape) == (np.int8, (4,))
    assert (history.losses.dtype, history.losses.shape) == (np.float64, (4, 1))


def test_an_empty_history_has_empty_columns():
    history = Ledger(SPACE).history()
    assert (history.values.shape, history.losses.shape, history.running().shape) == ((0, 3), (0, 1), (0, 3))
    assert (len(history), history.ended, history.metrics, incumbent(history)) == (0, 0, {}, None)


def test_a_space_without_hyperparameters_has_rows_without_columns():
    study = run(Study({}, "random", seed=0), lambda t: 1.0, 3)
    assert study.history.values.shape == (3, 0)
    assert study.history.losses.tolist() == [[1.0]] * 3


def test_metrics_are_nan_where_a_trial_has_none(ledger):
    np.testing.assert_array_equal(ledger.history().metrics["acc"], [np.nan, np.nan, 0.9, np.nan])


def test_the_other_columns_follow_the_same_order(ledger):
    history = ledger.history()
    np.testing.assert_array_equal(history.budget, [9.0, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(history.started, [10.0, 11.0, 12.0, 13.0])
    np.testing.assert_array_equal(history.finished, [21.0, np.nan, 20.0, np.nan])
    assert history.notes == [{"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}]
    assert [list(reports.items()) for reports in history.reports] == [[], [], [(1.0, 0.95), (5.0, 0.75)], []]


def test_running_shows_points_without_an_outcome(ledger):
    np.testing.assert_array_equal(ledger.history().running(), [[0.2, 0, 0.5], [0.4, 1, np.nan]])


def test_more_rows_than_the_first_table_holds():
    study = run(Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0), lambda t: t.point["x"], 300)
    history = study.history
    assert history.values[:, 0].tolist() == [trial.point["x"] for trial in study.trials]
    assert history.losses[:, 0].tolist() == history.values[:, 0].tolist()


# Old views.


def corrections(study):
    """Events that a study may get at any time, beside trials."""
    wider = flatten({"x": hp.uniform("x", 0, 2), "c": hp.choice("c", [hp.uniform("y", 0, 1), 0])})
    return [
        e.Amended(1.0, 3, "done", [-7.0]),
        e.Excluded(2.0, 4),
        e.Amended(3.0, 0, "failed", []),
        e.Extended(4.0, wider.to_json(), wider.fingerprint()),
        e.Excluded(5.0, 5),
        e.Noted(6.0, {}),
    ]


def test_old_views_stay_true_while_the_study_goes_on():
    """Through trials, tables that grow, and corrections."""
    study = Study(SPACE, "random", seed=1)
    script, kept = scripted(failing=0.2, hanging=0.2), []
    for _ in range(150):
        run(study, script, len(study.trials) + 1)
        kept.append((study.history, snapshot(study.history)))
    for event in corrections(study):
        study._append(event)
        kept.append((study.history, snapshot(study.history)))
        run(study, script, len(study.trials) + 3)
        kept.append((study.history, snapshot(study.history)))
    for view, before in kept[::7] + kept[-12:]:
        assert snapshot(view) == before


def test_old_views_show_no_later_metrics_times_and_reports(ledger):
    """A pruner replays its decision from the view it had."""
    view = ledger.history()
    before = beside(view)
    ledger.fold(e.Reported(30.0, 1, 1, 0.5, 1.0))
    ledger.fold(e.Finished(31.0, 1, 1, "done", [0.25], {"acc": 0.8, "new": 1.0}))
    assert beside(view) == before


def test_a_view_made_from_the_log_is_the_view_that_was_seen():
    study = Study(SPACE, "random", seed=2)
    seen = []
    for _ in range(40):
        run(study, scripted(failing=0.2, hanging=0.2), len(study.trials) + 1)
        seen.append((study.history.head, snapshot(study.history)))
    log = study.events()
    for head, shown in seen[::5]:
        fresh = Ledger(study.space)
        for event in log[:head]:
            fresh.fold(event)
        assert snapshot(fresh.history()) == shown


# Derived state.


class Folded:
    """Notes the rows it was given."""

    def __init__(self):
        self.rows = []

    def add(self, row):
        self.rows.append((row.number, row.values.tobytes(), row.status, tuple(row.losses)))


def derived(history, key="test"):
    return history.derived(key, Folded, Folded.add)


def test_derived_folds_each_outcome_once_in_the_order_of_the_log(ledger):
    assert [row[0] for row in derived(ledger.history()).rows] == [2, 0]
    ledger.fold(e.Finished(30.0, 3, 1, "done", [0.1]))
    assert [row[0] for row in derived(ledger.history()).rows] == [2, 0, 3]
    assert [row[2] for row in derived(ledger.history()).rows] == [Status.DONE, Status.FAILED, Status.DONE]


def test_derived_state_is_kept_between_views(ledger):
    first = derived(ledger.history())
    ledger.fold(e.Noted(30.0, {}))
    assert derived(ledger.history()) is first
    assert derived(ledger.history(), "another key") is not first


def test_an_old_view_computes_its_own(ledger):
    view = ledger.history()
    ledger.fold(e.Finished(30.0, 3, 1, "done", [0.1]))
    assert len(derived(ledger.history()).rows) == 3
    assert len(derived(view).rows) == 2
    assert len(derived(ledger.history()).rows) == 3


@pytest.mark.parametrize("kind", ["amended", "excluded", "extended"])
def test_a_correction_starts_anew(ledger, kind):
    wider = flatten({"x": hp.uniform("x", 0, 2), "c": hp.choice("c", [hp.uniform("y", 0, 1), 0])})
    view = ledger.history()
    before = derived(view)
    ledger.fold(
        {
            "amended": e.Amended(30.0, 2, "done", [0.25]),
            "excluded": e.Excluded(30.0, 2),
            "extended": e.Extended(30.0, wider.to_json(), wider.fingerprint()),
        }[kind]
    )
    after = derived(ledger.history())
    expected = {"amended": [(2, 0.25), (0, None)], "excluded": [(0, None)], "extended": [(2, 0.5), (0, None)]}
    assert [(row[0], row[3][0] if row[3] else None) for row in after.rows] == expected[kind]
    assert derived(view) is before
    assert [row[3] for row in before.rows] == [(0.5,), ()]


def test_an_interrupt_leaves_no_half_folded_state(ledger):
    """Ctrl-C may come at any time."""
    fail = [True]

    def step(state, row):
        state.append(row.number)
        if fail and len(state) == 2:
            fail.clear()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ledger.history().derived("k", list, step)
    assert ledger.history().derived("k", list, step) == [2, 0]


# The incumbent.


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ([3.0, 1.0, 2.0], (1, 1.0)),
        ([1.0, 1.0], (0, 1.0)),
        ([math.inf], (0, math.inf)),
        ([math.inf, 5.0], (1, 5.0)),
        ([-math.inf, 0.0], (0, -math.inf)),
        ([None, None], None),
        ([None, 4.0], (1, 4.0)),
        ([math.nan, 4.0], (1, 4.0)),
    ],
)
def test_the_incumbent_is_the_first_smallest_loss_of_a_successful_trial(losses, best):
    """None stands for a failed trial."""
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0)
    for loss in losses:
        study.tell(study.ask(), RuntimeError() if loss is None else loss)
    assert study.incumbent == best


def test_ties_go_to_the_lowest_number_whenever_it_was_told():
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0)
    trials = [study.ask() for _ in range(3)]
    for trial in reversed(trials):
        study.tell(trial, 1.0)
    assert study.incumbent == (0, 1.0)


def test_a_trial_prints_what_matters():
    study = Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0)
    study.enqueue({"x": 0.5})
    trial = study.ask()
    assert repr(trial) == "Trial(0, running, {'x': 0.5})"
    study.tell(trial, 0.25)
    assert repr(trial) == "Trial(0, done, loss 0.25, {'x': 0.5})"
