"""The fold rules of the ledger, one by one."""

from __future__ import annotations

import math

import pytest

from parzen.errors import InvalidEvent
from parzen.history import events as e
from parzen.history.history import Status
from parzen.history.ledger import Ledger, carry, fold_all
from parzen.history.queries import incumbent
from parzen.space import hp
from parzen.space.flatten import flatten

SPACE = flatten({"x": hp.uniform("x", 0, 1)})


def opened(number, x=None):
    """Events that open a trial and, with x, give it a point."""
    return [e.Opened(1.0, number)] + ([] if x is None else [e.Suggested(2.0, number, {"x": x})])


def done(number, loss, attempt=1, at=9.0):
    return e.Finished(at, number, attempt, "done", [loss], {}, {"loss": loss, "status": "ok"})


def claimed(number, attempt=1, owner="me"):
    return e.Claimed(3.0, number, attempt, owner)


def ledger(*log):
    """A ledger of these events; lists are flattened."""
    flat = [event for item in log for event in (item if isinstance(item, list) else [item])]
    return fold_all(flat, SPACE)


def trial(*log):
    return ledger(*log).trials[0]


# Opening and suggesting.


def test_head_counts_events():
    assert ledger().head == 0
    assert ledger(opened(0, 0.5), claimed(0)).head == 3


def test_numbers_are_opened_in_order():
    with pytest.raises(InvalidEvent, match="opens trial 1 where 0 is next"):
        ledger(opened(1))


@pytest.mark.parametrize(
    "event",
    [
        e.Suggested(1.0, 0, {"x": 0.5}),
        claimed(0),
        done(0, 1.0),
        e.Released(1.0, 0, 1),
        e.Reported(1.0, 0, 1, 0.5, 1.0),
        e.Excluded(1.0, 0),
    ],
)
def test_an_event_of_a_trial_that_was_never_opened_stops_the_fold(event):
    with pytest.raises(InvalidEvent, match="before it was opened"):
        ledger(event)


def test_a_negative_number_is_no_trial_from_the_end():
    with pytest.raises(InvalidEvent):
        ledger(opened(0, 0.5), done(-1, 1.0))


def test_something_that_is_no_event_stops_the_fold():
    with pytest.raises(InvalidEvent, match="unknown event"):
        Ledger(SPACE).fold("text")


def test_a_trial_without_a_point_does_not_exist_for_algorithms():
    made = ledger(opened(0, 0.5), opened(1))
    assert made.history().numbers.tolist() == [0]
    assert list(made.waiting) == [0, 1]
    assert made.counts[Status.OPEN] == 2


def test_a_trial_with_a_point_and_no_outcome_reads_running():
    """Claimed or not: its point is taken."""
    made = ledger(opened(0, 0.5), opened(1, 0.25), claimed(1))
    assert made.history().status.tolist() == [Status.RUNNING] * 2
    assert [t.status for t in made.trials] == [Status.OPEN, Status.RUNNING]


# Claims.


def test_the_first_claim_of_an_attempt_wins():
    made = trial(opened(0, 0.5), claimed(0, owner="me"), claimed(0, owner="you"))
    assert (made.owner, made.attempt, made.claimed) == ("me", 1, True)


@pytest.mark.parametrize("attempt", [0, 2, 3])
def test_the_first_attempt_is_one(attempt):
    made = trial(opened(0, 0.5), claimed(0, attempt))
    assert (made.attempt, made.claimed, made.status) == (0, False, Status.OPEN)


def test_the_next_attempt_is_legal_after_a_release_only():
    before = trial(opened(0, 0.5), claimed(0, 1), claimed(0, 2, "you"))
    assert (before.attempt, before.owner) == (1, "me")
    after = trial(opened(0, 0.5), claimed(0, 1), e.Released(4.0, 0, 1), claimed(0, 2, "you"))
    assert (after.attempt, after.owner, after.claimed) == (2, "you", True)


def test_an_attempt_is_not_claimed_again_after_its_release():
    made = trial(opened(0, 0.5), claimed(0, 1), e.Released(4.0, 0, 1), claimed(0, 1, "you"))
    assert (made.attempt, made.claimed) == (1, False)


def test_a_released_trial_waits_again():
    made = ledger(opened(0, 0.5), claimed(0), e.Released(4.0, 0, 1, "gone"))
    assert list(made.waiting) == [0]
    assert made.trials[0].status is Status.OPEN
    assert made.counts[Status.OPEN] == 1
    assert made.counts[Status.RUNNING] == 0


def test_a_second_release_of_an_attempt_does_nothing():
    log = [*opened(0, 0.5), claimed(0, 1), e.Released(4.0, 0, 1), claimed(0, 2), e.Released(5.0, 0, 1)]
    made = ledger(log)
    assert (made.trials[0].claimed, made.trials[0].attempt) == (True, 2)
    assert list(made.waiting) == []


def test_a_claimed_trial_does_not_wait():
    assert list(ledger(opened(0, 0.5), claimed(0)).waiting) == []


def test_evaluation_starts_with_the_newest_claim():
    made = trial(opened(0, 0.5), e.Claimed(3.0, 0, 1, "a"), e.Released(4.0, 0, 1), e.Claimed(5.0, 0, 2, "b"))
    assert made.started == 5.0
    assert math.isnan(made.ended)


# Outcomes.


def test_the_first_finished_of_the_attempt_ends_the_trial():
    made = ledger(opened(0, 0.5), claimed(0), done(0, 1.0), done(0, 2.0))
    assert (made.trials[0].status, made.trials[0].loss) == (Status.DONE, 1.0)
    assert made.history().losses.tolist() == [[1.0]]
    assert made.history().ended == 1


def test_a_finished_of_an_old_attempt_is_never_counted():
    log = [*opened(0, 0.5), claimed(0, 1), e.Released(4.0, 0, 1), claimed(0, 2), done(0, 1.0, attempt=1)]
    assert trial(log).status is Status.RUNNING
    assert trial(log, done(0, 2.0, attempt=2)).loss == 2.0


@pytest.mark.parametrize(
    "late",
    [e.Released(10.0, 0, 1), claimed(0, 2), e.Reported(10.0, 0, 1, 0.5, 1.0), done(0, 9.0, 2)],
    ids=lambda event: event.kind,
)
def test_what_comes_after_the_end_does_nothing(late):
    base = [*opened(0, 0.5), claimed(0), done(0, 1.0)]
    before, after = trial(base), trial(base, late)
    same = ("status", "losses", "attempt", "claimed", "ended", "started", "reports", "owner")
    assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
    assert list(ledger(base, late).waiting) == []


@pytest.mark.parametrize("status", ["done", "failed", "pruned", "lost"])
def test_every_outcome_has_its_status(status):
    made = ledger(opened(0, 0.5), claimed(0), e.Finished(4.0, 0, 1, status, []))
    assert made.trials[0].status is Status[status.upper()]
    assert made.counts[Status[status.upper()]] == 1
    assert sum(made.counts.values()) == 1
    assert math.isnan(made.history().losses[0, 0])


def test_an_unknown_status_is_an_invalid_event():
    """A file of another release or a damaged one."""
    with pytest.raises((InvalidEvent, KeyError)):
        ledger(opened(0, 0.5), claimed(0), e.Finished(4.0, 0, 1, "exploded", []))


# Reports.


def test_one_report_per_step_counts_that_of_the_highest_attempt():
    log = [
        *opened(0, 0.5),
        claimed(0, 1),
        e.Reported(4.0, 0, 1, 0.9, 1.0),
        e.Reported(4.0, 0, 1, 0.8, 2.0),
        e.Released(5.0, 0, 1),
        claimed(0, 2),
        e.Reported(6.0, 0, 2, 0.5, 1.0),
        e.Reported(7.0, 0, 1, 0.1, 1.0),
    ]
    assert trial(log).reports == {1.0: 0.5, 2.0: 0.8}


def test_trials_without_reports_do_not_share_those_of_others():
    made = ledger(opened(0, 0.5), opened(1, 0.5), claimed(0), e.Reported(4.0, 0, 1, 0.9, 1.0))
    assert [t.reports for t in made.trials] == [{1.0: 0.9}, {}]


# Enqueued points.


def test_the_nth_enqueued_point_goes_to_the_nth_opened_after_it():
    log = [
        *opened(0),
        e.Enqueued(1.0, {"x": 0.1}, {"by": "a"}),
        e.Enqueued(1.0, {"x": 0.2}, {"by": "b"}),
        *opened(1),
        *opened(2),
        *opened(3),
    ]
    made = ledger(log)
    assert [t.enqueued for t in made.trials] == [None, {"x": 0.1}, {"x": 0.2}, None]
    assert [t.note for t in made.trials] == [{}, {"by": "a"}, {"by": "b"}, {}]
    assert (made.queued, made.seeded) == (0, 2)


# Corrections.


def test_an_amended_outcome_replaces_the_first():
    made = ledger(opened(0, 0.5), claimed(0), done(0, 1.0), e.Amended(10.0, 0, "failed", [], {"m": 2.0}))
    assert (made.trials[0].status, made.trials[0].losses) == (Status.FAILED, [])
    assert made.history().status.tolist() == [Status.FAILED]
    assert incumbent(made.history()) is None
    assert (made.counts[Status.FAILED], made.counts[Status.DONE]) == (1, 0)


def test_a_running_trial_cannot_be_amended():
    made = trial(opened(0, 0.5), claimed(0), e.Amended(4.0, 0, "done", [1.0]))
    assert (made.status, made.loss) == (Status.RUNNING, None)


@pytest.mark.parametrize("viewed", [False, True])
def test_the_incumbent_follows_what_was_amended(viewed):
    made = ledger(opened(0, 0.1), claimed(0), done(0, 1.0), opened(1, 0.2), claimed(1), done(1, 2.0))
    if viewed:
        assert incumbent(made.history()) == (0, 1.0)
    made.fold(e.Amended(10.0, 0, "done", [3.0]))
    assert incumbent(made.history()) == (1, 2.0)


def test_an_excluded_trial_no_longer_counts():
    made = ledger(opened(0, 0.1), claimed(0), done(0, 1.0), opened(1, 0.2), claimed(1), done(1, 2.0))
    made.fold(e.Excluded(11.0, 0))
    assert made.history().numbers.tolist() == [1]
    assert incumbent(made.history()) == (1, 2.0)
    assert made.trials[0].excluded
    assert sum(made.counts.values()) == 1


def test_excluding_twice_is_excluding_once():
    made = ledger(opened(0, 0.1), claimed(0), done(0, 1.0), e.Excluded(5.0, 0), e.Excluded(6.0, 0))
    assert sum(made.counts.values()) == 0


def test_a_trial_excluded_while_it_runs_stays_out():
    made = ledger(opened(0, 0.1), claimed(0), e.Excluded(4.0, 0), done(0, 1.0))
    assert len(made.history()) == 0
    assert incumbent(made.history()) is None
    assert sum(made.counts.values()) == 0


def test_an_excluded_trial_does_not_wait_after_its_release():
    """Otherwise it would be evaluated again, for nothing."""
    made = ledger(opened(0, 0.1), claimed(0), e.Excluded(4.0, 0), e.Released(5.0, 0, 1))
    assert list(made.waiting) == []


def test_excluding_a_waiting_trial_takes_it_off_the_list():
    assert list(ledger(opened(0, 0.1), e.Excluded(4.0, 0)).waiting) == []


@pytest.mark.parametrize("viewed", [False, True])
def test_amending_an_excluded_trial_touches_no_other(viewed):
    """Its row is gone from the tables."""
    log = [[*opened(n, 0.1 * n), claimed(n), done(n, float(n))] for n in range(3)]
    made = ledger(*log, e.Excluded(10.0, 0))
    if viewed:
        made.history()
    made.fold(e.Amended(11.0, 0, "done", [-5.0]))
    history = made.history()
    assert history.numbers.tolist() == [1, 2]
    assert history.losses.tolist() == [[1.0], [2.0]]
    assert incumbent(history) == (1, 1.0)


def test_amending_a_trial_that_never_had_a_point_touches_no_other():
    log = [*opened(0, 0.5), claimed(0), done(0, 1.0), *opened(1), claimed(1), done(1, 2.0)]
    made = ledger(log, e.Amended(11.0, 1, "done", [-5.0]))
    assert made.history().numbers.tolist() == [0]
    assert made.history().losses.tolist() == [[1.0]]


# Spaces.


def created(space):
    return e.Created(0.0, "s", space.to_json(), space.fingerprint(), ["minimize"])


def extended(space):
    return e.Extended(8.0, space.to_json(), space.fingerprint())


def test_without_the_users_space_the_logs_is_used():
    made = fold_all([created(SPACE), *opened(0, 0.5)])
    assert made.space.fingerprint() == SPACE.fingerprint()
    assert made.history().values.tolist() == [[0.5]]


def test_the_users_space_is_used_where_it_is_the_logs():
    assert fold_all([created(SPACE)], SPACE).space is SPACE
    other = flatten({"x": hp.uniform("x", 0, 2)})
    assert fold_all([created(SPACE)], other).space.fingerprint() == SPACE.fingerprint()


def test_an_extended_space_keeps_the_trials_that_fit_it():
    other = flatten({"x": hp.uniform("x", 0, 0.6)})
    log = [created(SPACE), *opened(0, 0.5), claimed(0), done(0, 1.0), *opened(1, 0.9), extended(other)]
    made = fold_all(log)
    assert [t.point for t in made.trials] == [{"x": 0.5}, {"x": 0.9}]  # seen, but no knowledge
    assert made.history().numbers.tolist() == [0]
    assert made.history().values.tolist() == [[0.5]]
    assert made.history().losses.tolist() == [[1.0]]


def test_a_space_that_is_wide_again_finds_all_trials_again():
    narrow = flatten({"x": hp.uniform("x", 0, 0.4)})
    log = [created(SPACE), *opened(0, 0.5), claimed(0), *opened(1, 0.2), claimed(1), done(1, 2.0)]
    there = [*log, extended(narrow), done(0, 1.0)]
    made = fold_all(there)
    assert (made.history().numbers.tolist(), made.trials[0].point) == ([1], {"x": 0.5})
    made.fold(extended(SPACE))
    assert made.history().values.tolist() == [[0.5], [0.2]]
    assert made.history().losses.tolist() == [[1.0], [2.0]]
    assert made.history().partial == frozenset()


def test_options_that_come_back_find_their_trials_again():
    both, one = (flatten(hp.choice("c", options)) for options in (["a", "b"], ["b"]))
    log = [
        created(both),
        e.Opened(1.0, 0),
        e.Suggested(2.0, 0, {"c": 0}),
        claimed(0),
        done(0, 1.0),
        extended(one),
    ]
    made = fold_all(log)
    assert (len(made.history()), made.trials[0].point) == (0, {})
    made.fold(extended(flatten(hp.choice("c", ["b", "a"]))))
    assert made.history().values.tolist() == [[1.0]]


def test_a_wider_space_keeps_everything():
    wider = flatten({"x": hp.uniform("x", -1, 9)})
    log = [created(SPACE), *opened(0, 0.5), claimed(0), done(0, 1.0), *opened(1, 0.9), extended(wider)]
    made = fold_all(log)
    assert made.history().values.tolist() == [[0.5], [0.9]]
    assert made.history().status.tolist() == [Status.DONE, Status.RUNNING]


def test_a_trial_that_ran_while_the_space_changed_may_end():
    wider = flatten({"x": hp.uniform("x", -1, 9)})
    log = [created(SPACE), *opened(0, 0.5), claimed(0), extended(wider), done(0, 1.0)]
    assert fold_all(log).history().losses.tolist() == [[1.0]]


def test_options_are_matched_by_content_when_their_order_changes():
    before = flatten(hp.choice("c", ["a", "b", "c"]))
    after = flatten(hp.choice("c", ["c", "a"]))
    assert carry({"c": 0}, before, after) == {"c": 1}
    assert carry({"c": 2}, before, after) == {"c": 0}
    assert carry({"c": 1}, before, after) == {}


# Notes and requests.


def test_remarks_and_requests_are_kept_in_order():
    made = ledger(
        e.Noted(1.0, {"a": 1}), e.Requested(2.0, "pause"), e.Noted(3.0, {"b": 2}), e.Imported(4.0, "x")
    )
    assert [event.note for event in made.notes] == [{"a": 1}, {"b": 2}]
    assert [event.what for event in made.requests] == ["pause"]


def test_the_last_configured_holds():
    made = ledger(e.Configured(0.0, 1, {"name": "a"}), e.Configured(0.0, 2, {"name": "b"}))
    assert (made.configured.seed, made.configured.algorithm) == (2, {"name": "b"})
