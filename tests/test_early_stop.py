"""Early stopping: the user's own rule, and no_progress_loss."""

import pytest

from parzen import Trials, fmin, hp, no_progress_loss, rand
from parzen.errors import InvalidArgument

X = {"x": hp.uniform("x", -1, 1)}


def run(values, stop, **arguments):
    """How many trials were run, and why it ended."""
    left, trials = iter(values), arguments.pop("trials", Trials())
    best = fmin(
        lambda point: next(left),
        X,
        algo=rand.suggest,
        **{"max_evals": len(values), **arguments},
        trials=trials,
        early_stop_fn=stop,
        verbose=False,
    )
    return len(trials), best.stopped


def own(rule):
    """A rule as fmin sees a stranger's: without the mark that ours has."""

    def stop(trials, *state):
        return rule(trials, *state)

    return stop


# Each row was measured on Hyperopt 0.3.0.
MEASURED = [
    ([1.0] * 20, (5,), 5),
    ([5, 4, 3, 2, 2, 2, 2, 2, 2, 2], (3,), 7),
    ([100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 90], (3, 10.0), 3),
]


@pytest.mark.parametrize("form", [lambda rule: rule, own], ids=["ours", "as a function"])
@pytest.mark.parametrize(("losses", "settings", "expected"), MEASURED)
def test_patience_counts_as_hyperopts(losses, settings, expected, form):
    assert run(losses, form(no_progress_loss(*settings)))[0] == expected


def test_ours_names_itself_and_a_strangers_is_early_stop():
    assert run([1.0] * 9, no_progress_loss(3)) == (3, "no_progress")
    assert run([1.0] * 9, own(no_progress_loss(3))) == (3, "early_stop")


def test_default_patience_is_twenty():
    assert run([1.0] * 40, no_progress_loss())[0] == 20


@pytest.mark.parametrize("form", [lambda rule: rule, own], ids=["ours", "as a function"])
def test_failed_trials_neither_stop_nor_count(form):
    """Hyperopt: KeyError where a trial failed without a loss (issue 808)."""
    fail, nan = {"status": "fail"}, float("nan")
    losses = [3.0, fail, fail, fail, 2.0, nan, {"status": "fail", "loss": -1}, 2.0, 2.0, 2.0, 2.0]
    assert run(losses, form(no_progress_loss(3)))[0] == 10


def test_all_ok_and_improving_runs_to_the_end():
    assert run(range(10, 0, -1), no_progress_loss(2)) == (10, None)


def test_each_call_starts_its_patience_anew():
    trials = Trials()
    assert run([0.0] * 3, no_progress_loss(5), trials=trials) == (3, None)
    assert run([1.0] * 9, no_progress_loss(5), trials=trials, max_evals=12) == (8, "no_progress")


def test_rule_object_may_be_used_twice():
    rule = no_progress_loss(3)
    assert run([1.0] * 9, rule) == run([1.0] * 9, rule) == (3, "no_progress")


def test_rule_works_with_maximize():
    left = iter([1, 2, 3, 3, 3, 3, 3, 3])
    best = fmin(
        lambda point: next(left),
        X,
        algo=rand.suggest,
        max_evals=8,
        early_stop_fn=no_progress_loss(3),
        maximize=True,
        verbose=False,
    )
    assert (best.value, len(best.study.trials)) == (3, 6)


def test_users_rule_gets_trials_first_and_then_its_own_state():
    """Hyperopt: called after each trial, first without a state."""
    seen, given = [], Trials()

    def stop(trials, *state):
        assert trials is given
        seen.append((len(trials.trials), state))
        return len(seen) == 3, [len(seen), "more"]

    assert run([1.0] * 9, stop, trials=given) == (3, "early_stop")
    assert seen == [(1, ()), (2, (1, "more")), (3, (2, "more"))]


@pytest.mark.parametrize("state", [None, [], ()])
def test_state_may_be_empty(state):
    assert run([1.0] * 4, lambda trials, *rest: (len(trials.trials) >= 2 and rest == (), state))[0] == 2


def test_exception_of_the_rule_leaves_fmin_and_trials_are_kept():
    trials = Trials()

    def stop(trials, *state):
        raise RuntimeError("no rule")

    with pytest.raises(RuntimeError, match="no rule"):
        run([1.0] * 4, stop, trials=trials)
    assert len(trials) == 1


def test_rule_must_be_a_function():
    with pytest.raises(InvalidArgument, match="early_stop_fn"):
        run([1.0], 5)


@pytest.mark.parametrize("count", [0, -3])
def test_patience_must_be_positive(count):
    with pytest.raises(InvalidArgument, match="iteration_stop_count"):
        no_progress_loss(count)
