"""TPE by Hyperopt's rules: splits, kernels and counts by hand, and the law of its suggestions as measured."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from scipy.integrate import trapezoid

from parzen import Study, hp
from parzen.algorithms.base import Ask
from parzen.algorithms.tpe import TPE
from parzen.algorithms.tpe_classic import Counts, Parzen, below, forgetting, n_below, scale_of
from parzen.space.distributions.categorical import Categorical
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform

CLASSIC = TPE(mode="hyperopt")
LAWS = {
    "uniform": Uniform(-5, 3),
    "loguniform": Uniform(-3, 2, log=True),
    "normal": Normal(1, 2),
    "lognormal": Normal(0.5, 1, log=True),
}
ROUNDED = {
    "quniform": Uniform(0, 10, step=1.5),
    "qloguniform": Uniform(0, 4, log=True, step=2),
    "qnormal": Normal(0, 2, step=0.5),
    "qlognormal": Normal(0.5, 1, log=True, step=1),
}


def draws(law, n, seed=0):
    return np.array([law.quantile(u) for u in np.random.default_rng(seed).random(n)], dtype=float)


def estimate(law, x, prior_weight=1.0):
    scale = scale_of(law, law.geometry)
    return Parzen.of(scale.position(np.asarray(x, dtype=float)), prior_weight, scale)


def study_with(space, outcomes):
    """A study whose trials have the given points and outcomes; an outcome of None still runs."""
    study = Study(space, CLASSIC, seed=0)
    for point, outcome in outcomes:
        study.enqueue(point)
        trial = study.ask()
        if outcome is not None:
            study.tell(trial, outcome)
    return study


def suggested(study, number=None, seed=0, algorithm=CLASSIC):
    history = study.history
    return algorithm.suggest(history, Ask(len(history) if number is None else number, seed)).point


# Good and bad trials.


@pytest.mark.parametrize(
    ("n", "good"),
    [
        (0, 0),
        (1, 1),
        (16, 1),
        (17, 2),
        (20, 2),
        (64, 2),
        (65, 3),
        (144, 3),
        (9216, 24),
        (9217, 25),
        (10**6, 25),
    ],
)
def test_a_quarter_of_the_root_are_good_and_at_most_25(n, good):
    assert n_below(n) == good


def test_gamma_scales_the_good_ones():
    assert n_below(100, gamma=1.0) == 10


def test_of_equal_losses_the_older_is_better():
    assert below(np.array([3.0, 1.0, 1.0, 1.0]), gamma=1.0).tolist() == [False, True, True, False]


def test_failed_and_running_trials_are_the_worst():
    """Their points are far from the good ones' and would be the best by the losses of the failed ones."""
    outcomes = [({"x": i / 40}, 10.0 + i) for i in range(20)]
    outcomes += [({"x": 0.9}, {"status": "fail", "loss": -1.0}) for _ in range(20)]
    outcomes += [({"x": 0.8}, None) for _ in range(20)]
    study = study_with({"x": hp.uniform("x", 0, 1)}, outcomes)
    assert np.mean([suggested(study, seed=seed)["x"] < 0.6 for seed in range(50)]) > 0.9


# Weights by age.


def test_the_last_25_weigh_the_same():
    assert forgetting(25).tolist() == [1.0] * 25
    assert forgetting(0).tolist() == []


def test_older_ones_lie_on_a_ramp_from_one_nth_to_one():
    weights = forgetting(30)
    assert weights[:5] == pytest.approx(
        [1 / 30, 1 / 30 + 29 / 120, 1 / 30 + 58 / 120, 1 / 30 + 87 / 120, 1.0]
    )
    assert weights[5:] == pytest.approx(np.ones(25))


def test_of_26_only_the_oldest_fades():
    assert forgetting(26) == pytest.approx([1 / 26] + [1.0] * 25)


# Kernels. Positions are shares of the range, the prior's kernel is N(0.5, 1).


def test_without_observations_only_the_prior_is_left():
    mixture = estimate(Uniform(0, 1), [])
    assert (mixture.means.tolist(), mixture.sigmas.tolist(), mixture.weights.tolist()) == (
        [0.5],
        [1.0],
        [1.0],
    )


@pytest.mark.parametrize(
    ("x", "means", "sigmas"), [(0.2, [0.2, 0.5], [0.5, 1.0]), (0.7, [0.5, 0.7], [1.0, 0.5])]
)
def test_a_single_kernel_is_half_as_wide_as_the_prior(x, means, sigmas):
    mixture = estimate(Uniform(0, 1), [x])
    assert (mixture.means.tolist(), mixture.sigmas.tolist()) == (means, sigmas)


def test_kernels_reach_to_the_farther_neighbour_of_which_the_prior_is_one():
    """The gaps between 0.05, 0.1, 0.5 (the prior) and 1 are 0.05, 0.4 and 0.5; no width is below 1 / 5."""
    mixture = estimate(Uniform(0, 1), [1.0, 0.05, 0.1])
    assert mixture.means.tolist() == [0.05, 0.1, 0.5, 1.0]
    assert mixture.sigmas == pytest.approx([0.2, 0.4, 1.0, 0.5])
    assert mixture.weights == pytest.approx([0.25] * 4)


def test_the_prior_weighs_what_it_is_told():
    assert estimate(Uniform(0, 1), [0.1, 0.2], prior_weight=2.0).weights == pytest.approx([0.25, 0.25, 0.5])


@pytest.mark.parametrize(("n", "narrowest"), [(10, 1 / 12), (97, 1 / 99), (98, 1 / 100), (500, 1 / 100)])
def test_widths_shrink_to_a_hundredth(n, narrowest):
    assert estimate(Uniform(0, 1), np.full(n, 0.25)).sigmas.min() == pytest.approx(narrowest)


def test_weights_follow_their_observations_through_sorting():
    """The oldest of 26 is the largest value: the last mean has the small weight."""
    mixture = estimate(Uniform(0, 1), np.linspace(1.0, 0.0, 26))
    assert mixture.weights[-1] == pytest.approx(1 / 26 / (1 / 26 + 25 + 1))


def test_merging_equal_kernels_leaves_the_density_as_it_is():
    x = draws(ROUNDED["quniform"], 200)
    mixture = estimate(ROUNDED["quniform"], x)
    z = np.linspace(0.01, 0.99, 50)
    merged = mixture.merged()
    assert len(merged.means) <= 3 * len(np.unique(x)) + 1
    # Single precision: 1e-5 is a hundred roundings.
    assert merged.log_density(z) == pytest.approx(mixture.log_density(z), abs=1e-5)


# Densities.


@pytest.mark.parametrize("n", [0, 1, 2, 30, 300])
@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
def test_densities_integrate_to_one(law, n):
    mixture = estimate(law, draws(law, n))
    z = np.linspace(0, 1, 20_001) if law.geometry.bounded else np.linspace(-12, 12, 60_001)
    # Trapezoids at a 20th of the narrowest kernel; single precision.
    assert trapezoid(np.exp(mixture.log_density(z)), z) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("n", [0, 1, 2, 30, 300])
@pytest.mark.parametrize("law", ROUNDED.values(), ids=ROUNDED)
def test_masses_of_rounded_values_sum_to_one(law, n):
    x = draws(law, n)
    cells = law.cell(np.arange(-200.0, 2000.0) * law.step if not law.log else np.arange(20_000.0) * law.step)
    keep = cells[1] > cells[0]
    mass = np.exp(estimate(law, x).log_mass(cells[0][keep], cells[1][keep]))
    assert mass.sum() == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("law", [*LAWS.values(), *ROUNDED.values()], ids=[*LAWS, *ROUNDED])
def test_draws_follow_the_density(law):
    """By the share of draws below a point; tolerance six standard deviations."""
    mixture = estimate(law, draws(law, 40))
    z = mixture.draw(20_000, np.random.default_rng(1))
    lowest = 0.0 if law.geometry.bounded else -math.inf
    for border in np.quantile(z, [0.1, 0.3, 0.5, 0.7, 0.9]).tolist():
        share = math.exp(mixture.log_mass(np.array([lowest]), np.array([border]))[0])
        assert np.mean(z < border) == pytest.approx(share, abs=6 * math.sqrt(share * (1 - share) / 20_000))


def test_values_rounded_beyond_the_range_keep_their_place():
    """quniform(0, 10, 1.5) proposes 10.5."""
    scale = scale_of(ROUNDED["quniform"], ROUNDED["quniform"].geometry)
    assert scale.position(np.array([10.5])) == pytest.approx([1.05])


def test_rounded_zeros_have_a_place_on_a_log_scale():
    law = ROUNDED["qloguniform"]
    assert scale_of(law, law.geometry).position(np.array([0.0])) == pytest.approx([0.0])
    law = ROUNDED["qlognormal"]
    scale = scale_of(law, law.geometry)
    assert (scale.origin, scale.width) == pytest.approx((0.5, 1.0))
    assert scale.position(np.array([0.0, math.e])) == pytest.approx([math.log(1e-12) - 0.5, 0.5])


# Counts.


def test_counts_give_each_option_the_prior_as_pseudo_counts():
    law = Categorical((0.5, 0.25, 0.25, 0.0))
    counts = Counts.of(law, np.array([1.0, 1.0, 2.0]), prior_weight=1.0)
    # 4 * p + counts, of 7 in all.
    assert np.exp(counts.log_mass(np.array([0.0, 1.0, 2.0]))) == pytest.approx([2 / 7, 3 / 7, 2 / 7])


def test_counts_fade_with_age():
    law = Numbers(0, 1, word="randint")
    counts = Counts.of(law, np.array([0.0] + [1.0] * 25), prior_weight=1.0)
    assert np.exp(counts.log_mass(np.array([0.0, 1.0]))) == pytest.approx(
        [(1 + 1 / 26) / (27 + 1 / 26), 26 / (27 + 1 / 26)]
    )


@pytest.mark.parametrize("n", [0, 1, 40])
@pytest.mark.parametrize("law", [Categorical((0.2, 0.7, 0.1)), Numbers(2, 9), Numbers(1, 9, log=True)])
def test_counted_masses_sum_to_one_and_draws_follow_them(law, n):
    counts = Counts.of(law, draws(law, n), prior_weight=1.0)
    values = np.arange(3.0) if isinstance(law, Categorical) else np.arange(law.low, 10.0)
    mass = np.exp(counts.log_mass(values))
    assert mass.sum() == pytest.approx(1.0)
    drawn = counts.draw(20_000, np.random.default_rng(1))
    for value, share in zip(values, mass):
        # Six standard deviations.
        assert np.mean(drawn == value) == pytest.approx(
            share, abs=6 * math.sqrt(share * (1 - share) / 20_000)
        )


def test_a_wide_randint_costs_no_more_than_a_narrow_one():
    """Hyperopt counts all values: two suggestions at 2**24 took it 14 seconds."""
    wide = 2**31
    study = study_with({"r": hp.randint("r", wide)}, [({"r": i * 10**7}, float(i)) for i in range(60)])
    before = time.process_time()
    values = [suggested(study, seed=seed)["r"] for seed in range(20)]
    assert time.process_time() - before < 2.0
    assert all(type(value) is int and 0 <= value < wide for value in values)


# Suggestions.


EVERYTHING = {
    "u": hp.uniform("u", -5, 5),
    "lu": hp.loguniform("lu", -3, 2),
    "qu": hp.quniform("qu", 0, 10, 1.5),
    "qlu": hp.qloguniform("qlu", 0, 4, 2),
    "n": hp.normal("n", 1, 2),
    "ln": hp.lognormal("ln", 0, 1),
    "qn": hp.qnormal("qn", 0, 2, 0.5),
    "qln": hp.qlognormal("qln", 0.5, 1, 1),
    "r": hp.randint("r", 2, 7),
    "p": hp.pchoice("p", [(0.2, "a"), (0.7, "b"), (0.1, "c")]),
    "c": hp.choice("c", [hp.uniform("c0", 0, 1), hp.normal("c1", 0, 1), 3]),
}


def fixed_trials():
    """60 points and losses without random numbers, so that Hyperopt can be given the same."""
    trials = []
    for i in range(60):
        s = [(i + 1) * math.sqrt(k) % 1.0 for k in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)]
        z = [math.log(u / (1 - u)) / 1.7 for u in s]
        point = {
            "u": 10 * s[0] - 5,
            "lu": math.exp(5 * s[1] - 3),
            "qu": 1.5 * round(10 * s[2] / 1.5),
            "qlu": 2.0 * round(math.exp(4 * s[3]) / 2),
            "n": 1 + 2 * z[4],
            "ln": math.exp(z[5]),
            "qn": 0.5 * round(2 * z[6] / 0.5),
            "qln": float(round(math.exp(0.5 + z[7]))),
            "r": 2 + int(5 * s[8]),
            "p": 0 if s[9] < 0.2 else 1 if s[9] < 0.9 else 2,
            "c": int(3 * s[10]),
        }
        loss = (point["u"] - 1) ** 2 / 4 + (math.log(point["lu"]) + 1) ** 2 + abs(point["qu"] - 6) / 3
        loss += (
            abs(point["qlu"] - 20) / 20 + abs(point["n"]) + abs(math.log(point["ln"])) + abs(point["qn"] - 1)
        )
        loss += abs(point["qln"] - 1) / 2 + abs(point["r"] - 4) / 2 + point["p"] + point["c"]
        if point["c"] < 2:
            point |= {"c0": s[11]} if point["c"] == 0 else {"c1": z[11]}
        trials.append((point, loss))
    return trials


# hyperopt 0.3.0 (numpy 2, Python 3.11): tpe.suggest([60], domain, trials, seed, n_EI_candidates=...) for
# seeds 0 to 3999 on `fixed_trials` in `EVERYTHING`. Numbers of suggestions by value, or how many suggestions
# there were, their mean and their standard deviation; of logarithms for lu and ln.
REFERENCE = {
    2: {
        "c": {0: 1314, 1: 155, 2: 2531},
        "c0": (1314, 0.4899, 0.24544),
        "c1": (155, -0.085841, 1.1803),
        "ln": (4000, 0.0030332, 0.69603),
        "lu": (4000, -1.3908, 0.76288),
        "n": (4000, 1.084, 0.77718),
        "p": {0: 3071, 1: 718, 2: 211},
        "qln": (4000, 2.7643, 1.1613),
        "qlu": (4000, 10.4, 7.4915),
        "qn": (4000, 1.1414, 0.93772),
        "qu": (4000, 7.9166, 1.9787),
        "r": {2: 248, 3: 588, 4: 388, 5: 2705, 6: 71},
        "u": (4000, 2.2074, 1.5023),
    },
    24: {
        "c": {2: 4000},
        "ln": (4000, -0.64819, 0.38874),
        "lu": (4000, -1.3102, 0.25301),
        "n": (4000, 0.73454, 0.37866),
        "p": {0: 4000},
        "qln": (4000, 3.0025, 0.089408),
        "qlu": (4000, 9.7355, 0.72872),
        "qn": (4000, 1.4664, 0.1825),
        "qu": (4000, 10.071, 0.67783),
        "r": {5: 4000},
        "u": (4000, 1.9863, 0.33211),
    },
}


@pytest.fixture(scope="module")
def full_study():
    return study_with(EVERYTHING, fixed_trials())


@pytest.mark.parametrize("candidates", REFERENCE)
def test_suggestions_have_the_law_of_hyperopts(full_study, candidates):
    """Means, spreads and shares of 2000 suggestions; tolerance six standard errors of the difference."""
    algorithm = TPE(mode="hyperopt", n_EI_candidates=candidates)
    history = full_study.history
    points = [algorithm.suggest(history, Ask(60, seed)).point for seed in range(2000)]
    for label, reference in REFERENCE[candidates].items():
        x = np.array([point[label] for point in points if label in point], dtype=float)
        if isinstance(reference, dict):
            for value in range(7):
                share = reference.get(value, 0) / 4000
                pooled = (2000 * np.mean(x == value) + 4000 * share) / 6000
                error = math.sqrt(pooled * (1 - pooled) * (1 / 2000 + 1 / 4000))
                assert np.mean(x == value) == pytest.approx(share, abs=6 * error + 1e-12), (label, value)
            continue
        if label in ("lu", "ln"):
            x = np.log(x)
        count, mean, spread = reference
        per_draw = 1 / len(x) + 1 / count
        assert x.mean() == pytest.approx(mean, abs=6 * spread * math.sqrt(per_draw)), label
        fourth = np.mean((x - x.mean()) ** 4) / x.std() ** 4
        assert x.std() == pytest.approx(spread, abs=3 * spread * math.sqrt((fourth - 1) * per_draw)), label


def test_suggestions_replay(full_study):
    """The same history, seed and number give the same point; another seed or number another one."""
    again = study_with(EVERYTHING, fixed_trials())
    assert suggested(full_study, seed=3) == suggested(again, seed=3)
    assert suggested(full_study, seed=3) != suggested(full_study, seed=4)
    assert suggested(full_study, number=61) != suggested(full_study, number=62)


def test_twenty_trials_are_random_unless_told_otherwise():
    study = Study({"x": hp.uniform("x", 0, 1)}, CLASSIC, seed=1)
    for _ in range(22):
        study.tell(study.ask(), 0.0)
    by = [trial.note["by"] for trial in study.trials]
    assert by == ["random"] * 20 + ["tpe"] * 2
    assert (
        Study({"x": hp.uniform("x", 0, 1)}, TPE(mode="hyperopt", n_startup_jobs=0)).ask().note["by"] == "tpe"
    )


def test_running_trials_end_the_random_start_too():
    study = Study({"x": hp.uniform("x", 0, 1)}, CLASSIC, seed=1)
    trials = [study.ask() for _ in range(21)]
    assert trials[-1].note["by"] == "tpe"


@pytest.mark.parametrize("outcome", [{"status": "fail"}, float("nan"), RuntimeError("no"), None])
def test_copes_when_no_trial_has_a_loss(outcome):
    study = study_with(EVERYTHING, [(point, outcome) for point, _ in fixed_trials()])
    assert study.space.check(suggested(study)) == suggested(study)


def test_points_have_exactly_the_active_labels(full_study):
    for seed in range(100):
        point = suggested(full_study, seed=seed, algorithm=TPE(mode="hyperopt", n_EI_candidates=1))
        assert full_study.space.check(point) == point
        assert ("c0" in point, "c1" in point) == (point["c"] == 0, point["c"] == 1)


def test_a_branch_learns_only_from_the_trials_that_took_it():
    """In branch 0 small values are good; branch 1 has all the best losses and knows nothing of `a`."""
    space = hp.choice("c", [hp.uniform("a", 0, 1), hp.uniform("b", 0, 1)])
    outcomes = [
        ({"c": i % 2, "a" if i % 2 == 0 else "b": i / 60}, float(i % 2 == 0) + i / 60) for i in range(60)
    ]
    study = study_with(space, outcomes)
    algorithm = TPE(mode="hyperopt", n_EI_candidates=1, prior_weight=5.0)
    points = [suggested(study, seed=seed, algorithm=algorithm) for seed in range(600)]
    a = np.array([point["a"] for point in points if "a" in point])
    # None of the good trials took branch 0, so one draw of `a` comes from the prior's kernel,
    # N(0.5, 1) cut to [0, 1], whose standard deviation is 0.284.
    assert len(a) > 100
    assert a.mean() == pytest.approx(0.5, abs=6 * 0.284 / math.sqrt(len(a)))
    assert a.std() == pytest.approx(0.284, abs=6 * 0.284 * math.sqrt(0.2 / len(a)))


def test_runs_clean_when_every_floating_point_error_raises(full_study):
    lonely = [({"x": 1e5}, 0.0)] + [({"x": i / 100}, 1.0 + i) for i in range(1, 30)]
    far = study_with({"x": hp.normal("x", 0, 1)}, lonely)
    rounded = study_with({"x": hp.qlognormal("x", 0, 3, 1)}, lonely)
    with np.errstate(all="raise"):
        for seed in range(50):
            suggested(full_study, seed=seed)
            suggested(far, seed=seed)
            suggested(rounded, seed=seed)
        suggested(study_with({"x": hp.uniform("x", 0, 1)}, [({"x": 0.5}, 0.0)] * 30))


def test_a_weightless_prior_changes_nothing_but_itself():
    study = study_with({"x": hp.uniform("x", 0, 1)}, [({"x": i / 40}, float(i)) for i in range(40)])
    with np.errstate(all="raise"):
        assert 0 <= suggested(study, algorithm=TPE(mode="hyperopt", prior_weight=1e-300))["x"] <= 1


def test_finds_the_bottom_of_a_parabola():
    study = Study({"x": hp.uniform("x", -5, 5)}, CLASSIC, seed=0)
    for _ in range(100):
        trial = study.ask()
        study.tell(trial, (trial.params["x"] - 1) ** 2)
    assert study.best.params["x"] == pytest.approx(1.0, abs=0.2)


def test_a_space_without_hyperparameters_has_the_empty_point():
    study = Study({"x": 1}, TPE(mode="hyperopt", n_startup_jobs=0), seed=0)
    assert study.ask().point == {}
