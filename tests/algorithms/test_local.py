import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.algorithms.base import Ask
from parzen.algorithms.cube import cube
from parzen.algorithms.gp_past import RADIUS, Past, past_of
from parzen.algorithms.local import EXACT, LEAST_RADIUS, MOST_NUMBERS, Local, Region, suits
from parzen.history.history import OutcomeRow, Status
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import PROBLEMS, AlgorithmContract
from parzen.testing.algorithms import strict
from parzen.testing.searches import run, scripted
from parzen.testing.strategies import spaces


class TestLocal(AlgorithmContract):
    algorithm = Local(n_startup_jobs=5)


def cube_of(d):
    return {f"x{i}": hp.uniform(f"x{i}", 0.0, 1.0) for i in range(d)}


def valley(trial):
    """A long valley that is turned: conditioned 1 to 10 000, least at .3."""
    x = np.array(list(trial.point.values())) - 0.3
    d = len(x)
    turned = x - 2.0 / d * x.sum()
    return float((10.0 ** np.linspace(0, 4, d)) @ turned**2)


def region_of(study):
    past = past_of(study.history, 10)
    return Region(past, past.cube.rows(study.history.running()))


@given(spaces(), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_points_are_legal_on_every_space(space, seed):
    """Floating point errors raise."""
    with strict():
        study = run(Study(space, Local(n_startup_jobs=3), seed=seed), scripted(failing=0.2, nan=0.1), 12)
    for trial in study.trials:
        assert study.space.check(trial.point) == trial.point


@pytest.mark.parametrize("d", [2, 6])
def test_the_first_trials_span_all_directions(d):
    study = run(Study(cube_of(d), Local(), seed=0), valley, d + 1)
    assert [trial.note["by"] for trial in study.trials] == ["middle", *["local"] * d]
    points = np.array([list(trial.point.values()) for trial in study.trials])
    assert np.linalg.matrix_rank(points[1:] - points[0], tol=0.1 * RADIUS) == d


def test_the_first_trials_span_all_directions_while_none_has_ended():
    """Workers that start together need not wait for the middle; what is asked for beyond is spread."""
    study = Study(cube_of(4), Local(), seed=0)
    trials = [study.ask() for _ in range(8)]
    assert [trial.note["by"] for trial in trials] == ["middle", *["local"] * 4, *["sobol"] * 3]
    points = np.array([list(trial.point.values()) for trial in trials])
    assert np.linalg.matrix_rank(points[1:5] - points[0], tol=0.1 * RADIUS) == 4


@pytest.mark.parametrize(("d", "trials", "factor"), [(3, 40, 1e-3), (10, 120, 1e-2)])
def test_it_descends_a_valley(d, trials, factor):
    study = run(Study(cube_of(d), Local(), seed=0), valley, trials)
    assert study.best.loss < factor * study.trials[0].loss


@pytest.mark.parametrize("seed", range(3))
def test_the_model_goes_through_the_outcomes(seed):
    study = run(Study(cube_of(4), Local(), seed=seed), valley, 12)
    region, radius = region_of(study), RADIUS
    slope, curvature = region.model(radius)
    near = region.distances <= 4.0 * radius
    steps, rises = region.gaps[near] / radius, region.rises[near]
    said = steps @ slope + 0.5 * np.einsum("ij,jk,ik->i", steps, curvature, steps)
    assert np.allclose(said, rises / rises.max(), atol=1e-5)
    assert np.allclose(curvature, curvature.T)


def test_ripples_hide_less_of_which_way_is_down_from_a_model_that_passes_nearby(monkeypatch):
    """Fewer outcomes than a quadratic has coefficients, which therefore could pass through all of them."""

    def cosine(seed):
        rng = np.random.default_rng(seed)
        down = rng.standard_normal(8)
        study = Study(cube_of(8), Local(), seed=seed)
        for x in 0.5 + RADIUS * rng.uniform(-1, 1, (40, 8)):
            study.enqueue({f"x{i}": float(value) for i, value in enumerate(x)})
            study.tell(study.ask(), float(down @ x + 0.05 * np.sin(200 * x).sum()))
        slope, _ = region_of(study).model(RADIUS)
        return slope @ down / math.hypot(*slope) / math.hypot(*down)

    assert np.mean([cosine(seed) for seed in range(6)]) > 0.7
    monkeypatch.setattr("parzen.algorithms.local.NEARLY", EXACT)
    assert np.mean([cosine(seed) for seed in range(6)]) < 0.6


@given(st.integers(2, 20), st.sampled_from([RADIUS, RADIUS / 2, 0.01]))
@settings(max_examples=15, deadline=None)
def test_steps_stay_within_the_radius_and_the_cube(trials, radius):
    region = region_of(run(Study(cube_of(3), Local(), seed=1), valley, trials))
    step = region.downhill(radius)
    assert math.hypot(*step) <= radius * (1 + 1e-9)
    assert ((region.centre + step >= -1e-12) & (region.centre + step <= 1 + 1e-12)).all()
    basis = region.spanned(radius)
    assert np.allclose(basis @ basis.T, np.eye(len(basis)))


def test_a_missing_direction_lies_off_those_that_are_spanned():
    study = run(Study(cube_of(3), Local(), seed=0), lambda trial: 1.0, 3)
    region = region_of(study)  # of equal losses, so that nothing leans
    basis = region.spanned(RADIUS)
    step = region.missing(basis, RADIUS)
    assert len(basis) == 2
    assert np.allclose(basis @ step, 0.0)
    assert math.hypot(*step) == pytest.approx(RADIUS)


def test_running_trials_span_directions_too():
    """So workers that ask at once go different ways."""
    study = run(Study(cube_of(4), Local(), seed=0), valley, 1)
    trials = [study.ask() for _ in range(8)]
    assert [trial.note["by"] for trial in trials[:4]] == ["local"] * 4
    gaps = np.array([list(trial.point.values()) for trial in trials[:4]]) - 0.5
    assert np.linalg.matrix_rank(gaps) == 4
    assert len({tuple(trial.point.values()) for trial in trials}) == 8


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_a_failure_is_never_the_best(spread):
    """Nor level with it, where one trial has succeeded, or several with equal losses."""
    study = Study(cube_of(2), Local(), seed=0)
    ends = {0.5: None, 0.6: None, 0.4: 1.0, 0.3: 1.0 + spread}
    for x, loss in ends.items():
        study.enqueue({"x0": x, "x1": 0.5})
        study.tell(study.ask(), RuntimeError() if loss is None else loss)
    region = region_of(study)
    assert region.centre.tolist() == [0.4, 0.5]
    assert region.rises.tolist() == [1.0, 1.0, spread]


def test_the_radius_shrinks_and_is_kept_in_the_notes():
    study = run(Study(cube_of(2), Local(), seed=0), valley, 60)
    radii = [trial.note["radius"] for trial in study.trials if trial.note["by"] == "local"]
    assert max(radii) == RADIUS
    assert LEAST_RADIUS < min(radii) < RADIUS / 10
    assert past_of(study.history, 10).radius <= RADIUS


def test_another_s_better_trial_far_away_widens_the_radius():
    study = run(Study(cube_of(2), Local(), seed=0), valley, 60)
    past = past_of(study.history, 10)
    small = past.radius
    study.enqueue({"x0": 0.95, "x1": 0.95})
    study.tell(study.ask(), -1.0)
    assert small < RADIUS
    assert past_of(study.history, 10).radius == RADIUS


def test_a_radius_in_another_algorithm_s_note_is_not_its_own():
    space = Study(cube_of(2)).space
    past = Past(cube(space), 10)
    note = {"by": "mine", "radius": "5 km"}
    past.add(OutcomeRow(0, np.array([0.5, 0.5]), Status.DONE, (1.0,), note=note))
    assert past.radius == RADIUS


def test_labels_stay_those_of_the_best():
    space = {"k": hp.choice("k", [{"u": hp.uniform("u", 0, 1)}, {"v": hp.uniform("v", 0, 1)}]), **cube_of(2)}

    def loss(trial):
        return (
            sum((x - 0.4) ** 2 for label, x in trial.point.items() if label != "k") + 0.1 * trial.point["k"]
        )

    study = run(Study(space, Local(), seed=0), loss, 30)
    for trial in study.trials:
        if trial.note["by"] == "local":
            before = min(study.trials[: trial.number], key=lambda t: t.loss)
            assert trial.point["k"] == before.point["k"]


@pytest.mark.parametrize("losses", [[1.0], [1e308, -1e308], [1e-320, 0.0], [math.inf, 1.0]])
def test_equal_huge_and_tiny_losses_are_no_trouble(losses):
    with strict():
        study = run(Study(cube_of(2), Local(), seed=0), lambda t: losses[t.number % len(losses)], 20)
    assert len({tuple(trial.point.values()) for trial in study.trials}) == 20


def test_it_suits_numbers_only():
    assert suits(Study(cube_of(MOST_NUMBERS)).space)
    assert suits(Study({"n": hp.quniform("n", 0, 9, 1), "s": hp.normal("s", 0, 1)}).space)
    assert not suits(Study(cube_of(MOST_NUMBERS + 1)).space)
    assert not suits(Study({**cube_of(2), "k": hp.choice("k", ["a", "b"])}).space)
    assert not suits(Study({}).space)


def test_a_suggestion_is_a_function_of_history_and_number():
    study = run(Study(PROBLEMS["branin"].space, Local(), seed=3), lambda t: float(t.number), 12)
    one, other = (Local().suggest(study.history, Ask(12, 3)) for _ in range(2))
    assert one == other
