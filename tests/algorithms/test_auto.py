import numpy as np
import pytest

from parzen.algorithms.auto import MANY_RUNNING, Auto
from parzen.algorithms.base import Ask, named
from parzen.errors import InvalidArgument
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import PROBLEMS, AlgorithmContract
from parzen.testing.searches import run

NUMBERS = {label: hp.uniform(label, -5, 5) for label in "xyz"}
CHOICE = {"x": hp.uniform("x", 0, 1), "k": hp.choice("k", ["a", "b"])}


class TestAuto(AlgorithmContract):
    """The switch to TPE is moved into the contract's searches."""

    algorithm = Auto(n_startup_jobs=5)

    @classmethod
    def setup_class(cls):
        cls._patch = pytest.MonkeyPatch()
        cls._patch.setattr("parzen.algorithms.auto.GP_UNTIL", 15)

    @classmethod
    def teardown_class(cls):
        cls._patch.undo()


def bowl(trial):
    return sum(float(value) ** 2 for value in trial.point.values())


def test_the_note_says_who_and_why():
    study = run(Study(CHOICE, Auto(), seed=0), bowl, 14)
    assert [trial.note["by"] for trial in study.trials[:10]] == ["middle", *["sobol"] * 9]
    assert {trial.note["by"] for trial in study.trials[10:]} <= {"gp", "gp, box"}
    assert {trial.note["why"] for trial in study.trials[:10]} == {"one of the first 10 trials"}
    assert {trial.note["why"] for trial in study.trials[10:]} == {"fewer than 500 trials have ended"}


def test_every_fifth_suggestion_after_forty_trials_is_that_of_tpe():
    study = run(Study(CHOICE, Auto(), seed=0), bowl, 52)
    assert [trial.number for trial in study.trials if trial.note["by"] == "tpe"] == [41, 46, 51]
    assert study.trials[41].note["why"] == "every fifth after 40 trials"


def test_eight_workers_wait_for_no_more_first_points_than_one():
    """The model begins with the eleventh point once five have succeeded, whatever else is running."""
    study = run(Study(CHOICE, Auto(), seed=0), bowl, 5)
    answers = [study.ask().note["by"] for _ in range(7)]
    assert answers[:5] == ["sobol"] * 5
    assert all(by.startswith("gp") for by in answers[5:])


def test_where_all_are_numbers_a_local_search_is_mixed_in():
    study = run(Study(NUMBERS, Auto(), seed=0), bowl, 32)
    parts = [trial.note["by"].partition(",")[0] for trial in study.trials]
    assert parts[:25] == ["middle", *["local"] * 24]
    assert parts[25:] == ["local", "gp"] * 3 + ["local"]
    whys = [study.trials[i].note["why"] for i in (1, 10, 25)]
    assert whys == [
        "one of the first 10 trials",
        "numbers only, one of the first 25 trials",
        "numbers only, every second",
    ]


def test_a_choice_or_too_many_numbers_leave_it_out():
    for space in (CHOICE, {f"x{i}": hp.uniform(f"x{i}", -5, 5) for i in range(31)}):
        study = run(Study(space, Auto(), seed=0), bowl, 14)
        assert "local" not in {trial.note["by"] for trial in study.trials}


def test_a_long_search_of_numbers_has_all_three(monkeypatch):
    monkeypatch.setattr("parzen.algorithms.auto.GP_UNTIL", 20)
    study = run(Study(NUMBERS, Auto(), seed=0), bowl, 44)
    late = [trial.note["by"].partition(",")[0] for trial in study.trials[28:]]
    assert late == ["gp", "local", "tpe", "local"] * 4


def test_a_long_search_goes_on_with_tpe(monkeypatch):
    """Every fourth suggestion is the Gaussian process's."""
    monkeypatch.setattr("parzen.algorithms.auto.GP_UNTIL", 20)
    study = run(Study(CHOICE, Auto(), seed=0), bowl, 44)
    late = [trial.note["by"].partition(",")[0] for trial in study.trials[20:]]
    assert late == ["tpe", "tpe", "tpe", "gp"] * 6


def test_many_workers_are_given_points_by_tpe():
    study = run(Study(NUMBERS, Auto(), seed=0), bowl, 12)
    answers = [study.ask().note for _ in range(MANY_RUNNING + 2)]
    assert answers[-1]["by"] == "tpe"
    assert answers[-1]["why"] == f"{MANY_RUNNING + 1} trials are running"


def test_it_is_the_default():
    assert type(Study(NUMBERS)._used_algorithm()) is Auto
    assert isinstance(named("auto")(), Auto)
    assert isinstance(named("atpe")(), Auto)


def test_suggestions_are_those_of_the_part():
    study = run(Study(CHOICE, Auto(), seed=3), bowl, 20)
    own = named("gp")().suggest(study.history, Ask(20, 3))
    assert dict(Auto().suggest(study.history, Ask(20, 3)).point) == dict(own.point)


def test_it_comes_near_the_minimum():
    """The median of five seeds, half the trials that TPE's test allows."""
    problem = PROBLEMS["gated"]
    ends = [
        run(Study(problem.space, seed=s), lambda t: problem.loss(t.params), 30).best.loss for s in range(5)
    ]
    assert np.median(ends) - problem.minimum < 0.05


def test_wrong_settings_are_refused():
    with pytest.raises(InvalidArgument, match="n_startup_jobs"):
        Auto(n_startup_jobs=0)
