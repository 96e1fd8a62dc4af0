"""What docs/moving-from-optuna.md says of Optuna, row by row, seen by running Optuna.

    python -m benchmarks.optuna_claims

Each function is a row of the page's table of what differs. One that fails says that the page must be changed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import optuna
from optuna.samplers import TPESampler

DIES = """
import optuna, os

def f(trial):
    x = trial.suggest_float("x", -5, 5)
    if trial.number == 2:
        os._exit(9)
    return x**2

optuna.create_study(storage="sqlite:///killed.db", study_name="a").optimize(f, n_trials=5)
"""


def square(trial: Any) -> float:
    return trial.suggest_float("x", -5, 5) ** 2


def half(trial: Any) -> float:
    x, y = trial.suggest_float("x", -5, 5), trial.suggest_float("y", -5, 5)
    if x > 1:
        raise RuntimeError("no memory")
    return (x - 1) ** 2 + (y + 2) ** 2


def states(study: optuna.Study) -> list[str]:
    return [trial.state.name for trial in study.trials]


def search(objective: Callable[..., Any], trials: int, seed: int = 0, **options: Any) -> optuna.Study:
    study = optuna.create_study(sampler=TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials, **options)
    return study


def raised(kind: type[Exception], objective: Callable[..., Any], trials: int) -> str:
    """The message of the exception that a search ends with; "" if it ends well."""
    try:
        search(objective, trials)
    except kind as error:
        return str(error)
    return ""


def row_1_trials_come_on_top() -> None:
    study = search(square, 5)
    study.optimize(square, n_trials=5)
    assert len(study.trials) == 10


def row_2_why_a_trial_failed_is_kept_nowhere() -> None:
    study = search(half, 20, catch=(RuntimeError,))
    failed = next(trial for trial in study.trials if trial.state.name == "FAIL")
    assert (failed.system_attrs, failed.user_attrs) == ({}, {})


def row_3_failures_are_not_learned() -> None:
    counts = [states(search(half, 100, seed, catch=(RuntimeError,)))[-50:].count("FAIL") for seed in range(5)]
    assert set(counts) <= {49, 50}, counts


def rows_4_to_6_results_that_are_no_numbers() -> None:
    for result in (None, float("nan")):
        assert states(search(lambda _, result=result: result, 5)) == ["FAIL"] * 5
    assert raised(AssertionError, lambda _: "0.5", 1) == "Should not reach."


def row_7_another_direction_is_ignored() -> None:
    place = {"storage": "sqlite:///d.db", "study_name": "a"}
    optuna.create_study(**place, direction="minimize")
    again = optuna.create_study(**place, direction="maximize", load_if_exists=True)
    assert again.direction.name == "MINIMIZE"


def row_8_a_changed_range_is_taken() -> None:
    study = search(lambda trial: trial.suggest_float("x", 0, 1 if trial.number < 5 else 100), 12)
    assert max(trial.params["x"] for trial in study.trials) > 1

    def other_options(trial: Any) -> float:
        return trial.suggest_categorical("c", [0, 1] if trial.number == 0 else [0, 1, 2])

    assert "dynamic value space" in raised(ValueError, other_options, 2)


def row_9_an_interrupt_raises() -> None:
    study = optuna.create_study()

    def interrupted(trial: Any) -> float:
        if trial.number == 3:
            signal.raise_signal(signal.SIGINT)
        return square(trial)

    try:
        study.optimize(interrupted, n_trials=20)
    except KeyboardInterrupt:
        assert states(study) == ["COMPLETE"] * 3 + ["FAIL"]
    else:
        raise AssertionError("it returned")


def row_10_a_killed_trial_stays_running() -> None:
    subprocess.run([sys.executable, "-c", DIES], stderr=subprocess.DEVNULL, check=False)
    study = optuna.load_study(storage="sqlite:///killed.db", study_name="a")
    study.optimize(square, n_trials=3)
    assert states(study).count("RUNNING") == 1


def row_11_a_seed_begins_again() -> None:
    for _ in range(2):
        study = optuna.create_study(
            storage="sqlite:///s.db", study_name="a", load_if_exists=True, sampler=TPESampler(seed=1)
        )
        study.optimize(square, n_trials=5)
    values = [trial.params["x"] for trial in study.trials]
    assert values[:5] == values[5:]


def row_13_points_are_proposed_twice() -> None:
    study = search(lambda trial: trial.suggest_int("a", 0, 2) + trial.suggest_int("b", 0, 2), 9)
    assert len({tuple(trial.params.values()) for trial in study.trials}) == 5


def row_14_a_point_outside_is_tried() -> None:
    study = optuna.create_study()
    study.enqueue_trial({"x": 50, "wrong": 2})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study.optimize(square, n_trials=1)
    assert study.trials[0].params == {"x": 50}
    assert "out of range" in str(caught[0].message)


def row_15_the_first_range_of_a_name_holds() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        study = search(lambda trial: trial.suggest_float("x", 0, 1) + trial.suggest_float("x", 5, 10), 1)
    assert study.trials[0].value == 2 * study.trials[0].params["x"]
    assert "Inconsistent" in str(caught[0].message)


def pruners_the_second_report_of_a_step_is_ignored() -> None:
    def twice(trial: Any) -> float:
        trial.report(1.0, 1)
        trial.report(2.0, 1)
        return 1.0

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert search(twice, 1).trials[0].intermediate_values == {1: 1.0}
    assert isinstance(optuna.create_study().pruner, optuna.pruners.MedianPruner)


def main() -> None:
    """Check all rows, in an empty folder."""
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    rows = [value for name, value in globals().items() if name.startswith(("row", "pruners_"))]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for row in rows:
            row()
            print(f"Optuna {optuna.__version__}: {row.__name__.replace('_', ' ')}")
        os.chdir(os.sep)


if __name__ == "__main__":
    main()
