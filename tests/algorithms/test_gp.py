import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.algorithms.acquire import Acquisition
from parzen.algorithms.base import Ask
from parzen.algorithms.covariance import Covariance
from parzen.algorithms.cube import cube
from parzen.algorithms.gp import GP, STARTUP
from parzen.algorithms.gp_models import DOUBT, FAILURES, WHOLE, Conditioned
from parzen.algorithms.gp_past import MOST, Past
from parzen.algorithms.gp_search import BELIEVED
from parzen.algorithms.surrogate import Factor, Feasible, Posterior
from parzen.errors import InvalidArgument
from parzen.history.ledger import fold_all
from parzen.run.study import Study
from parzen.space import hp
from parzen.testing import PROBLEMS, AlgorithmContract
from parzen.testing.algorithms import strict
from parzen.testing.searches import run, scripted
from parzen.testing.strategies import spaces


class TestGP(AlgorithmContract):
    algorithm = GP(n_startup_jobs=25)


def past_of(study):
    history = study.history
    return history.derived("test", lambda: Past(cube(history.space), STARTUP), Past.add)


@pytest.mark.parametrize(
    ("name", "trials", "good"),
    [
        ("sphere", 30, 1e-3),
        ("branin", 40, 0.02),
        ("hartmann3", 40, 2e-3),
        ("mixed", 40, 0.3),
        ("gated", 40, 0.02),
    ],
)
def test_it_comes_near_the_minimum(name, trials, good):
    """The median of five seeds."""
    problem, ends = PROBLEMS[name], []
    for seed in range(5):
        study = run(Study(problem.space, GP(), seed=seed), lambda t: problem.loss(t.params), trials)
        ends.append(study.best.loss - problem.minimum)
    assert np.median(ends) < good


@given(spaces(), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_points_are_legal_on_every_space(space, seed):
    """Few trials are enough to have the model used; floating point errors raise."""
    with strict():
        study = run(Study(space, GP(n_startup_jobs=3), seed=seed), scripted(failing=0.2, nan=0.1), 8)
    for trial in study.trials:
        assert study.space.check(trial.point) == trial.point


@pytest.mark.parametrize("failing", [False, True])
def test_a_finite_space_is_visited_whole(failing):
    space = {"a": hp.choice("a", [{"n": hp.randint("n", 6)}, "x"]), "b": hp.quniform("b", 0, 3, 1)}
    study = Study(space, GP(n_startup_jobs=4), seed=0)
    size = int(study.space.cardinality)
    assert size == 28

    def script(trial):
        return RuntimeError() if failing and trial.number % 3 == 2 else float(trial.number % 5)

    run(study, script, size)
    assert len({tuple(sorted(trial.point.items())) for trial in study.trials}) == size
    assert study.space.check(study.ask().point)  # and then it goes on


def test_the_corner_is_not_tried_twice():
    """The loss falls towards a corner; with no number beyond it, the search looks elsewhere."""
    space = {label: hp.uniform(label, 0, 1) for label in "xy"}
    study = run(Study(space, GP(n_startup_jobs=5), seed=1), lambda t: -sum(t.point.values()), 40)
    points = [tuple(trial.point.values()) for trial in study.trials]
    assert (1.0, 1.0) in points
    assert len(set(points)) == len(points)


def test_what_was_fitted_is_in_the_notes():
    """Each of three models, two warps and the box, is fitted for each outcome, and later seldom."""
    study = run(Study({"x": hp.uniform("x", 0, 1)}, GP(), seed=0), lambda t: (t.point["x"] - 0.3) ** 2, 70)
    fits = [(t.number, fit) for t in study.trials for fit in t.note.get("fits", [])]
    assert [number for number, _ in fits if number < 40] == list(range(STARTUP, 40))
    assert 0 < sum(number >= 42 for number, _ in fits) < 28
    for number, fit in fits:
        assert fit["model"] == (2 if number % 4 == 3 and number > 15 else number % 2)
        assert fit["n"] == number
        assert len(fit["theta"]) == 4  # length, scale, noise, quadratic
    json.dumps(fits)


def test_a_later_suggestion_reads_the_notes():
    """It uses the settings in the last note, whatever they are."""
    study = run(Study({"x": hp.uniform("x", 0, 1)}, GP(), seed=0), lambda t: (t.point["x"] - 0.3) ** 2, 45)
    log = study.events()
    history = fold_all(log, study.space).history()
    answers = {number: GP().suggest(history, Ask(number, 0)) for number in range(45, 49)}
    number, before = next((i, answer) for i, answer in answers.items() if "fits" not in answer.note)
    ledger = fold_all(log, study.space)
    for trial in ledger.trials:
        for fit in trial.note.get("fits", []):
            fit["theta"][0] = 3.0
    after = GP().suggest(ledger.history(), Ask(number, 0))
    assert dict(after.point) != dict(before.point)


def test_failures_have_a_model_of_their_own():
    """It is fitted once there is one; the models of losses do without it."""
    study = Study({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}, GP(), seed=0)
    run(study, lambda t: RuntimeError() if t.point["x"] > 0.6 else t.point["y"], 16)
    fits = study.trials[-1].note["fits"]
    assert [fit["model"] for fit in fits][-1] == FAILURES.number
    past = past_of(study)
    losses, failures = (Conditioned(study.history, past, model) for model in (WHOLE[0], FAILURES))
    assert not past.failed[losses.held].any()
    assert len(failures.held) == 16
    feasible = Feasible(Posterior(failures.factor, failures.y), failures.level, DOUBT, 1.0)
    sides = failures.covariance.inputs(np.array([[0.4, 0.5], [0.7, 0.5]]))
    fine, bad = np.exp(feasible.log_probability(sides))
    assert bad < 0.5
    assert fine > 0.8


def test_the_edge_of_failures_is_never_certain():
    """Half-way between a success and a failure as near as 2 % of the range, either is likely."""
    study = Study({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}, GP(), seed=0)
    for x in (0.1, 0.2, 0.3, 0.4, 0.49, 0.51, 0.6, 0.7, 0.8, 0.9):
        study.enqueue({"x": x, "y": 0.5})
        study.tell(study.ask(), x if x < 0.5 else RuntimeError())
    failures = Conditioned(study.history, past_of(study), FAILURES)
    feasible = Feasible(Posterior(failures.factor, failures.y), failures.level, DOUBT, 1.0)
    (edge,) = np.exp(feasible.log_probability(failures.covariance.inputs(np.array([[0.5, 0.5]]))))
    assert 0.2 < edge < 0.8


@pytest.mark.parametrize(("where", "least", "most"), [("half", 0.4, 1.0), ("by chance", 0.0, 0.1)])
def test_a_model_of_failures_knows_how_well_it_foretells_them(where, least, most):
    study = Study({f"x{j}": hp.uniform(f"x{j}", 0, 1) for j in range(3)}, "rand", seed=1)
    chance = np.random.default_rng(3)

    def fails(t):
        return t.point["x0"] + t.point["x1"] > 1.0 if where == "half" else chance.random() < 0.3

    run(study, lambda t: RuntimeError() if fails(t) else 1.0, 60)
    assert least <= Conditioned(study.history, past_of(study), FAILURES).skill() <= most


def test_the_slope_of_the_probability_is_its_derivative():
    study = Study({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}, GP(), seed=0)
    run(study, lambda t: RuntimeError() if t.point["x"] > 0.6 else t.point["y"], 14)
    failures = Conditioned(study.history, past_of(study), FAILURES)
    feasible = Feasible(Posterior(failures.factor, failures.y), failures.level, DOUBT, 3.0)
    at = np.array([[0.55, 0.3], [0.2, 0.9]])
    value, slope = feasible.slope(failures.covariance.inputs(at))
    assert value == pytest.approx(feasible.log_probability(failures.covariance.inputs(at)))
    for j in range(2):
        step = 1e-6 * np.eye(2)[j]
        ends = [feasible.log_probability(failures.covariance.inputs(at + sign * step)) for sign in (1, -1)]
        assert slope[:, j] == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-6)


def test_running_trials_push_workers_apart():
    space = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    study = run(Study(space, GP(), seed=0), lambda t: (t.point["x"] - 0.3) ** 2 + t.point["y"] ** 2, 20)
    together = np.array([list(study.ask().point.values()) for _ in range(8)])
    gaps = np.linalg.norm(together[:, None] - together[None], axis=2)[np.triu_indices(8, 1)]
    assert gaps.min() > 1e-6


def test_with_many_running_trials_points_are_drawn():
    study = run(Study({"x": hp.uniform("x", 0, 1)}, GP(), seed=0), lambda t: (t.point["x"] - 0.3) ** 2, 20)
    by = [study.ask().note["by"] for _ in range(BELIEVED + 4)]
    assert set(by[: BELIEVED + 1]) <= {"gp", "gp, box"}
    assert by[BELIEVED + 1 :] == ["gp, drawn"] * 3


def test_a_long_history_is_cut_to_the_best_and_the_newest():
    study = run(Study({"x": hp.uniform("x", 0, 1)}, "random", seed=0), lambda t: t.point["x"], MOST + 200)
    held = past_of(study).held(MOST + 200, near=False)
    losses = np.array([trial.loss for trial in study.trials])
    assert len(held) <= MOST
    assert set(range(MOST + 200 - MOST // 2, MOST + 200)) <= set(held.tolist())
    assert set(np.argsort(losses)[: MOST // 2].tolist()) <= set(held.tolist())
    assert set(study.space.check(GP().suggest(study.history, Ask(MOST + 200, 0)).point)) == {"x"}


def test_a_known_variance_is_noise():
    """Of two equal losses the one that is known to be noisy is believed less."""

    def mean(variances):
        study = Study({"x": hp.uniform("x", 0, 1)}, GP(), seed=0)
        for x, variance in zip(np.linspace(0, 1, 11), variances, strict=True):
            study.enqueue({"x": float(x)})
            loss = -1.0 if abs(x - 0.5) < 0.01 else float(x)
            study.tell(study.ask(), {"loss": loss, "loss_variance": variance})
        past = past_of(study)
        y, factor = past.warped(np.arange(past.n), 0.5)
        covariance = Covariance(past.cube)
        inputs = covariance.inputs(past.rows)
        theta = np.array([-2.5, 0.0, -7.0, -3.0])
        posterior = Posterior(Factor(covariance, theta, inputs, past.variances * factor**2), y)
        return (posterior.means(inputs) - y)[5]

    exact = mean([0.0] * 11)
    noisy = mean([4.0 if i == 5 else 0.0 for i in range(11)])
    assert abs(exact) < 0.1
    assert noisy > abs(exact) + 0.5


def test_failures_are_worse_than_any_loss():
    study = Study({"x": hp.uniform("x", 0, 1)}, GP(), seed=0)
    run(study, lambda t: RuntimeError() if t.number % 3 == 0 else 10.0**t.number, 12)
    y, _ = past_of(study).warped(np.arange(12), 0.5)
    failed = np.arange(12) % 3 == 0
    assert y[failed].min() == y[failed].max() > y[~failed].max()


def test_failing_regions_are_avoided():
    """The minimum lies on the edge of a half that fails; trials go close to it, and seldom beyond."""
    share = []
    for seed in range(3):
        study = Study({"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}, GP(), seed=seed)
        run(study, lambda t: RuntimeError() if t.point["x"] > 0.5 else 1 - t.point["x"] + t.point["y"], 50)
        share.append(np.mean([t.point["x"] > 0.5 for t in study.trials[STARTUP:]]))
        assert study.best.loss < 0.502
    assert np.mean(share) < 0.35  # by chance it is a half, though the edge itself is the goal


def test_the_user_s_prior_is_part_of_the_acquisition():
    space = Study({"k": hp.pchoice("k", [(0.9, 0), (0.1, 1)]), "z": hp.normal("z", 0, 1)}, GP()).space
    shape = cube(space)
    covariance = Covariance(shape)
    rows = shape.legal(shape.draw(20, np.random.default_rng(0)))
    factor = Factor(covariance, covariance.start(2.0), covariance.inputs(rows), np.zeros(20))
    posterior = Posterior(factor, np.random.default_rng(1).normal(size=20))
    plain, trusting = (Acquisition(shape, covariance, posterior, -1.0, trust) for trust in (0.0, 0.5))
    assert trusting.values(rows) - plain.values(rows) == pytest.approx(0.5 * shape.log_prior(rows))
    assert shape.log_prior(rows).min() < -2.0


def test_many_hyperparameters_are_no_trouble():
    """A hundred labels, most of them conditional."""
    branches = [{f"x{i}.{k}": hp.uniform(f"x{i}.{k}", 0, 1) for i in range(9)} for k in range(10)]
    study = Study({"model": hp.choice("model", branches), "y": hp.int(1, 9, label="y")}, GP(), seed=0)
    with strict():
        run(study, scripted(), 14)
    assert len(study.space) == 92
    for trial in study.trials:
        assert study.space.check(trial.point) == trial.point


@pytest.mark.parametrize("wrong", [0, -3])
def test_wrong_settings_are_refused(wrong):
    with pytest.raises(InvalidArgument, match="n_startup_jobs must be at least 1"):
        GP(n_startup_jobs=wrong)
