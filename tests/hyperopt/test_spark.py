"""SparkTrials on a real Spark; run by `make test-engines`."""

from __future__ import annotations

import logging
import time

import pytest

from parzen import STATUS_FAIL, errors, fmin, hp, tpe

pytestmark = [
    pytest.mark.spark,
    pytest.mark.filterwarnings(
        "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
    ),
]

SPACE = {"x": hp.uniform("x", -5, 5)}


@pytest.fixture(scope="module")
def session():
    """One session for all, as on a cluster."""
    from parzen.executors.spark import SparkExecutor

    first = SparkExecutor(2)
    yield first._session
    first.shutdown()


def trials(session, **more):
    from parzen.hyperopt import SparkTrials

    return SparkTrials(parallelism=2, spark_session=session, **more)


def test_trials_run_as_jobs_and_the_end_is_told(session, caplog):
    kept = trials(session)
    with caplog.at_level(logging.INFO, "hyperopt-spark"):
        best = fmin(lambda p: (p["x"] - 1) ** 2, SPACE, tpe.suggest, 8, trials=kept, seed=0, verbose=False)
    assert len(kept) == 8
    assert best == kept.argmin
    assert caplog.messages[-1] == "Total Trials: 8: 8 succeeded, 0 failed, 0 cancelled."
    assert kept.fmin_cancelled is False


def test_a_failing_trial_never_ends_the_search(session):
    def objective(p):
        if p["x"] > 0:
            raise ValueError("positive")
        return {"loss": p["x"] ** 2, "status": STATUS_FAIL if p["x"] > -1 else "ok"}

    kept = trials(session)
    fmin(objective, SPACE, tpe.suggest, 12, trials=kept, seed=0, verbose=False)
    assert kept.count_total_trials() == 12
    assert kept.count_failed_trials() > 0
    assert kept.count_failed_trials() == kept.count_by_state_unsynced(3)
    assert kept.count_successful_trials() + kept.count_failed_trials() == 12


def test_jobs_that_run_when_time_is_over_are_cancelled(session):
    def objective(p):
        time.sleep(0.2 if p["x"] < 0 else 120)
        return p["x"]

    kept = trials(session, timeout=8)
    begun = time.monotonic()
    with pytest.warns(errors.ResultWarning, match="SparkTrials has timeout=8"):
        kept.fmin(objective, SPACE, tpe.suggest, 200, timeout=99, seed=0)
    assert time.monotonic() - begun < 60
    assert (kept.fmin_cancelled, kept.fmin_cancelled_reason) == (True, "timeout")
    assert kept.count_cancelled_trials() > 0
    assert kept.count_total_trials() == len(kept.study.trials)


def test_a_threshold_ends_it(session):
    kept = trials(session, loss_threshold=1.0)
    kept.fmin(lambda p: p["x"] ** 2, SPACE, tpe.suggest, 200, seed=0)
    assert kept.fmin_cancelled_reason == "loss_threshold"
    assert kept.count_total_trials() < 200


def test_attachments_are_refused_as_in_hyperopt(session):
    with pytest.raises(NotImplementedError):
        trials(session).trial_attachments({})


def test_a_resource_profile_is_refused_in_words(session):
    with pytest.raises(errors.InvalidArgument, match="resource_profile"):
        trials(session, resource_profile=object())
