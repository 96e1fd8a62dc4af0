import numpy as np
import pytest

from parzen.algorithms.cmaes import CMAES, Strategy, suits
from parzen.algorithms.cube import cube
from parzen.errors import InvalidArgument, MissingDependency
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing import AlgorithmContract
from parzen.testing.algorithms import SPACES
from parzen.testing.searches import run

NUMBERS = {label: hp.uniform(label, -5, 5) for label in "xyz"}
UNFIT = [name for name in SPACES if not suits(flatten(SPACES[name]()))]


def turned(trial):
    """A long narrow valley along the diagonal."""
    x, y, z = (trial.point[label] for label in "xyz")
    return (x + y + z - 3) ** 2 + 0.01 * ((x - y) ** 2 + (y - z) ** 2)


@pytest.mark.parametrize("name", ["flat"])
class TestItsContract:
    """The parts of the contract that need one space; it refuses the others."""

    def test_replay_and_purity(self, name):
        class Contract(AlgorithmContract):
            algorithm = CMAES(n_startup_jobs=8)

        contract = Contract()
        contract.test_points_are_legal(name)
        contract.test_replay(name)
        contract.test_suggesting_changes_nothing(name)
        contract.test_old_views_give_the_same_suggestions(name)
        contract.test_it_copes_with_failures_alone(name)
        contract.test_it_copes_with_constant_losses(name)
        contract.test_it_copes_with_huge_losses(name)


@pytest.mark.parametrize("name", UNFIT)
def test_other_spaces_are_refused(name):
    with pytest.raises(InvalidArgument, match="two or more numbers"):
        Study(flatten(SPACES[name]()), CMAES()).ask()


def test_it_follows_a_turned_valley():
    ends = [run(Study(NUMBERS, CMAES(), seed=s), turned, 300).best.loss for s in range(3)]
    assert np.median(ends) < 1e-4


def test_a_converged_strategy_begins_anew_with_more_points():
    study = run(Study(NUMBERS, CMAES(n_startup_jobs=6), seed=0), lambda _: 1.0, 400)
    restarts = [trial.note["restarts"] for trial in study.trials if "restarts" in trial.note]
    assert restarts == sorted(restarts)
    assert restarts[-1] >= 1


def test_it_is_told_of_its_own_proposals_only():
    """Other points would tear the covariance."""
    study = run(Study(NUMBERS, CMAES(n_startup_jobs=4), seed=0), turned, 4)
    for _ in range(40):
        study.enqueue({"x": 4.0, "y": -4.0, "z": 4.0})
    run(study, turned, 44)
    strategy = study.history.derived("test", lambda: Strategy(cube(study.space), 4), Strategy.add)
    assert strategy.law.generation == 0


def test_without_the_library_the_message_names_the_command(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "cmaes", None)
    study = run(Study(NUMBERS, CMAES(n_startup_jobs=2), seed=0), turned, 2)
    with pytest.raises(MissingDependency, match=r"parzen\[cmaes\]"):
        study.ask()


def test_wrong_settings_are_refused():
    with pytest.raises(InvalidArgument, match="n_startup_jobs must be at least 2"):
        CMAES(n_startup_jobs=1)
