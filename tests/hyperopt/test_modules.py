"""Hyperopt's module tree is there under `parzen.hyperopt`, and its rare modules compute what they say.

Not here: what `plotting` draws, `mongoexp`, `spark` and `sklearn`, which have tests of
their own.
"""

from __future__ import annotations

import inspect
import math
import pickle
import subprocess
import sys
from importlib import import_module

import numpy as np
import pytest
from scipy import stats

import parzen
from parzen.errors import DuplicateLabel, InvalidArgument
from parzen.hyperopt import criteria, graph_viz, hp, progress, pyll, pyll_utils, rdists
from parzen.hyperopt.ipy import IPythonTrials

WORDS = (
    "choice pchoice uniform quniform uniformint loguniform qloguniform normal qnormal lognormal qlognormal"
)
STATES = "JOB_STATES JOB_STATE_NEW JOB_STATE_RUNNING JOB_STATE_DONE JOB_STATE_ERROR"
STATUSES = "STATUS_OK STATUS_FAIL STATUS_NEW STATUS_RUNNING STATUS_SUSPENDED STATUS_STRINGS"

# Import path below `parzen.hyperopt` -> what Hyperopt 0.3.0 has there.
NAMES = {
    "": f"""fmin space_eval hp tpe rand Trials anneal pyll atpe mix partial fmin_pass_expr_memo_ctrl FMinIter
        Domain Ctrl trials_from_docs exceptions __version__ {STATUSES} {STATES}
        base early_stop graph_viz progress pyll_utils utils rdists criteria""",
    "hp": f"{WORDS} randint",
    "tpe": """suggest _default_prior_weight _default_n_EI_candidates _default_gamma _default_n_startup_jobs
        _default_linear_forgetting""",
    "rand": "suggest suggest_batch",
    "anneal": "suggest",
    "atpe": "suggest",
    "mix": "suggest",
    "pyll": "scope as_apply rec_eval Apply Literal clone clone_merge dfs toposort stochastic",
    "pyll.base": """scope Apply Literal as_apply rec_eval dfs Lambda p0 p1 p2 p3 p4 GarbageCollected
        SymbolTable PyllImportError""",
    "pyll.stochastic": "sample implicit_stochastic recursive_set_rng_kwarg",
    "base": f"""Trials Domain Ctrl {STATUSES} {STATES} JOB_STATE_CANCEL JOB_VALID_STATES TRIAL_KEYS
        TRIAL_MISC_KEYS SONify miscs_to_idxs_vals miscs_update_idxs_vals spec_from_misc trials_from_docs
        validate_timeout validate_loss_threshold have_bson pyll AllTrialsFailed BadSearchSpace
        DuplicateLabel InvalidTrial
        InvalidResultStatus InvalidLoss InvalidAnnotatedParameter""",
    "fmin": """fmin FMinIter generate_trial generate_trials_to_calculate space_eval partial
        fmin_pass_expr_memo_ctrl""",
    "early_stop": "no_progress_loss",
    "exceptions": """BadSearchSpace DuplicateLabel InvalidTrial InvalidResultStatus InvalidLoss
        AllTrialsFailed InvalidAnnotatedParameter""",
    "progress": "tqdm_progress_callback no_progress_callback default_callback",
    "pyll_utils": "expr_to_config EQ Cond validate_label validate_distribution_range "
    + " ".join(f"hp_{word}" for word in WORDS.split()),
    "rdists": "loguniform_gen lognorm_gen quniform_gen qloguniform_gen qnormal_gen qlognormal_gen",
    "criteria": "EI_empirical EI_gaussian_empirical EI_gaussian logEI_gaussian UCB",
    "graph_viz": "dot_hyperparameters",
    "utils": """coarse_utcnow use_obj_for_literal_in_memo pmin_sampled json_call temp_dir working_dir
        fast_isin get_most_recent_inds""",
    "ipy": "IPythonTrials",
    "plotting": """algo_as_str default_status_colors main_plot_1D_attachment main_plot_histogram
        main_plot_history main_plot_vars""",
}


@pytest.mark.parametrize(("path", "names"), NAMES.items(), ids=[path or "hyperopt" for path in NAMES])
def test_every_name_of_hyperopt_is_there(path, names):
    module = import_module(f"parzen.hyperopt.{path}".rstrip("."))
    assert [name for name in names.split() if not hasattr(module, name)] == []


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        parzen.hyperopt.nothing  # noqa: B018


def test_the_rare_modules_do_not_import_scipy_stats():
    modules = ", ".join(f"parzen.hyperopt.{path}" for path in NAMES if path)
    code = f"import sys, {modules}; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


# rdists: continuous laws

LOGUNIFORM = rdists.loguniform_gen(-1, 2)
LOGNORMAL = rdists.lognorm_gen(0.5, 0.8)
CONTINUOUS = [
    pytest.param(LOGUNIFORM, stats.loguniform(math.exp(-1), math.exp(2)), id="loguniform"),
    pytest.param(LOGNORMAL, stats.lognorm(0.8, scale=math.exp(0.5)), id="lognormal"),
]
POSITIVE = np.array([-1.0, 0.0, 0.01, 0.4, 1.0, 3.3, 7.0, 50.0])
SHARES = np.array([0.0, 1e-9, 0.2, 0.5, 0.99, 1.0])


@pytest.mark.parametrize(("law", "twin"), CONTINUOUS)
@pytest.mark.parametrize("method", ["pdf", "logpdf", "cdf", "logcdf", "sf", "logsf"])
def test_continuous_laws_agree_with_scipy(law, twin, method):
    with np.errstate(divide="ignore"):
        expected = getattr(twin, method)(POSITIVE)
    np.testing.assert_allclose(getattr(law, method)(POSITIVE), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize(("law", "twin"), CONTINUOUS)
@pytest.mark.parametrize("method", ["ppf", "isf"])
def test_quantiles_agree_with_scipy(law, twin, method):
    np.testing.assert_allclose(getattr(law, method)(SHARES), getattr(twin, method)(SHARES), rtol=1e-7)


@pytest.mark.parametrize(("law", "twin"), CONTINUOUS)
def test_moments_agree_with_scipy(law, twin):
    for method in ("mean", "var", "std", "median", "entropy"):
        assert getattr(law, method)() == pytest.approx(float(getattr(twin, method)()), rel=1e-9)
    assert law.moment(3) == pytest.approx(twin.moment(3), rel=1e-9)
    assert law.stats() == (law.mean(), law.var())
    assert law.stats("v") == (law.var(),)
    assert law.interval(0.5) == pytest.approx(twin.interval(0.5), rel=1e-9)
    assert law.support() == pytest.approx(twin.support(), rel=1e-12)


@pytest.mark.parametrize(("law", "twin"), CONTINUOUS)
def test_draws_follow_the_continuous_law(law, twin):
    draws = law.rvs(size=2000, random_state=3)
    # The seed is fixed; a true law is below 1e-4 once in 10 000 seeds.
    assert stats.kstest(draws, twin.cdf).pvalue > 1e-4


@pytest.mark.parametrize(("law", "twin"), CONTINUOUS)
def test_a_number_in_is_a_float_out(law, twin):
    for method in ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"):
        assert type(getattr(law, method)(0.5)) is float
        assert getattr(law, method)([0.5, 0.6]).shape == (2,)
    assert type(law.rvs()) is float
    assert law.rvs(size=(2, 3)).shape == (2, 3)


def test_a_share_outside_0_and_1_has_no_quantile():
    assert math.isnan(LOGUNIFORM.ppf(1.5))
    assert math.isnan(LOGNORMAL.ppf(-0.1))


# rdists: rounded laws


def rounded_mass(cdf, x, q):
    return cdf(x + q / 2) - cdf(x - q / 2)


ROUNDED = [
    pytest.param(rdists.quniform_gen(1, 10, 3), stats.uniform(1, 9), id="quniform"),
    pytest.param(rdists.quniform_gen(-1.3, 0.7, 0.25), stats.uniform(-1.3, 2), id="quniform below 0"),
    pytest.param(rdists.qloguniform_gen(-2, 2, 0.5), stats.loguniform(math.exp(-2), math.exp(2)), id="qlogu"),
    pytest.param(rdists.qnormal_gen(1, 2, 0.5), stats.norm(1, 2), id="qnormal"),
    pytest.param(
        rdists.qlognormal_gen(0.3, 0.9, 1), stats.lognorm(0.9, scale=math.exp(0.3)), id="qlognormal"
    ),
]


@pytest.mark.parametrize(("law", "twin"), ROUNDED)
def test_rounded_laws_have_the_mass_of_what_rounds_to_a_value(law, twin):
    x = law.q * np.arange(-6, 14)
    expected = rounded_mass(twin.cdf, x, law.q)
    np.testing.assert_allclose(law.pmf(x), expected, rtol=1e-9, atol=1e-15)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(law.logpmf(x), np.log(law.pmf(x)), rtol=1e-9)
    assert (law.pmf(x + law.q / 4) == 0).all()


@pytest.mark.parametrize(("law", "twin"), ROUNDED)
def test_draws_follow_the_rounded_law(law, twin):
    n = 4000
    values, counts = np.unique(law.rvs(size=n, random_state=5), return_counts=True)
    expected = n * law.pmf(values)
    # Six standard deviations of a binomial count.
    assert (np.abs(counts - expected) < 6 * np.sqrt(expected) + 1).all()


@pytest.mark.parametrize("make", [rdists.quniform_gen, rdists.qnormal_gen])
def test_draws_are_ints_if_and_only_if_the_step_is_one(make):
    assert type(make(0, 5, 1).rvs()) is int
    assert make(0, 5, 1).rvs(size=4).dtype == np.int64
    assert type(make(0, 5, np.int64(2)).rvs()) is int
    assert type(make(0, 5, 1.0).rvs()) is float
    assert make(0, 5, 1.0).rvs(size=4).dtype == np.float64


@pytest.mark.parametrize(("law", "twin"), ROUNDED)
def test_a_number_in_is_a_float_out_of_rounded_laws_too(law, twin):
    assert type(law.pmf(1)) is float
    assert type(law.logpmf(1)) is float


def test_the_table_of_quniform_is_hyperopts():
    law = rdists.quniform_gen(1, 10, 3)
    # hyperopt 0.3.0: quniform_gen(1, 10, 3).xs and .ps
    assert law.xs.tolist() == [0, 3, 6, 9]
    np.testing.assert_allclose(law.ps, [0.05555556, 0.33333333, 0.33333333, 0.27777778], atol=5e-9)


def test_the_table_of_qloguniform_is_hyperopts():
    law = rdists.qloguniform_gen(0, 2, 1)
    # hyperopt 0.3.0: qloguniform_gen(0, 2, 1).ps
    expected = [0.20273255, 0.25541281, 0.16823612, 0.12565721, 0.10033535, 0.08352704, 0.06409891]
    assert law.xs.tolist() == [1, 2, 3, 4, 5, 6, 7]
    np.testing.assert_allclose(law.ps, expected, atol=5e-9)


def test_far_tails_have_a_finite_log_mass():
    # scipy 1.17.1: norm.logsf(29.5), from which norm.logsf(30.5) is e^-30 away
    expected = stats.norm.logsf(29.5)
    assert rdists.qnormal_gen(0, 1, 1).logpmf(30) == pytest.approx(expected, rel=1e-9)


def test_draws_come_from_numpys_global_generator():
    np.random.seed(11)
    first = rdists.quniform_gen(0, 100, 1).rvs(size=5).tolist()
    np.random.seed(11)
    assert rdists.quniform_gen(0, 100, 1).rvs(size=5).tolist() == first


@pytest.mark.parametrize(
    "make",
    [
        lambda: rdists.loguniform_gen(1, 1),
        lambda: rdists.lognorm_gen(0, 0),
        lambda: rdists.quniform_gen(0, 1, 0),
        lambda: rdists.qnormal_gen(0, -1, 1),
    ],
)
def test_arguments_that_make_no_law_are_refused(make):
    with pytest.raises(InvalidArgument):
        make()


# criteria


def test_expected_improvement_is_the_mean_of_what_lies_above():
    assert criteria.EI_empirical([0, 1, 2, 3, 4], 2) == 0.6


def test_expected_improvement_agrees_with_draws():
    drawn = criteria.EI_gaussian_empirical(0.2, 4.0, 0.5, np.random.default_rng(0), 100_000)
    # The deviation of one improvement is below 2, so six standard errors are 0.04.
    assert drawn == pytest.approx(criteria.EI_gaussian(0.2, 4.0, 0.5), abs=0.04)


def test_expected_improvement_is_hyperopts():
    # hyperopt 0.3.0: EI_gaussian(0, 1, 0.5), logEI_gaussian(0, 1, 50)
    assert criteria.EI_gaussian(0, 1, 0.5) == pytest.approx(0.19779655740130603, rel=1e-13)
    assert criteria.logEI_gaussian(0, 1, 50) == pytest.approx(-1258.744182868724, rel=1e-11)


def test_the_logarithm_agrees_where_nothing_underflows():
    mean = np.linspace(-5, 30, 101)
    actual = criteria.logEI_gaussian(mean, 4.0, 1.5)
    np.testing.assert_allclose(actual, np.log(criteria.EI_gaussian(mean, 4.0, 1.5)), rtol=1e-9)


@pytest.mark.parametrize(
    ("thresh", "expected"),
    [
        # mpmath 1.4.1, 60 digits: log(npdf(t) - t * ncdf(-t)) at t = thresh
        (1.0, -2.4851210257126413),
        (5.0, -16.74430116266099),
        (20.0, -206.9178385094251),
        (100.0, -5010.1295788002498),
        (150.0, -11260.940342433996),
        (1000.0, -500014.73445209116),
    ],
)
def test_the_logarithm_is_exact_in_the_tail(thresh, expected):
    assert criteria.logEI_gaussian(0.0, 1.0, thresh) == pytest.approx(expected, rel=1e-13)


def test_the_pieces_of_the_logarithm_meet():
    for join in (1.0, 100.0):
        near = criteria.logEI_gaussian(0.0, 1.0, np.array([join * (1 - 1e-12), join * (1 + 1e-12)]))
        assert near[1] < near[0]
        assert near[0] - near[1] < 1e-6


def test_the_logarithm_survives_a_million_deviations_without_warning():
    with np.errstate(all="raise", under="ignore"):
        assert criteria.logEI_gaussian(0.0, 1.0, 1e6) == pytest.approx(-0.5e12, rel=1e-9)


def test_the_upper_confidence_bound_is_deviations_above_the_mean():
    assert criteria.UCB(1.0, 4.0, 2.0) == 5.0
    assert criteria.UCB([0, 1], [1, 4], 1).tolist() == [1, 3]


# pyll_utils


def config(space, conditions=(True,)):
    found = {}
    pyll_utils.expr_to_config(pyll.as_apply(space), conditions, found)
    return found


def conditions(space):
    return {label: entry["conditions"] for label, entry in config(space).items()}


EQ = pyll_utils.EQ


def test_conditions_are_the_branches_on_the_way():
    space = {
        "a": hp.choice("a", [{"b": hp.uniform("b", 0, 1)}, hp.choice("c", [hp.normal("d", 0, 1), 2])]),
        "z": hp.quniform("z", 0, 1, 0.1),
    }
    assert conditions(space) == {
        "a": {(True,)},
        "b": {(True, EQ("a", 0))},
        "c": {(True, EQ("a", 1))},
        "d": {(True, EQ("a", 1), EQ("c", 0))},
        "z": {(True,)},
    }


def test_the_given_conditions_start_each_of_them():
    assert config(hp.uniform("x", 0, 1), ())["x"]["conditions"] == {()}


def test_the_node_is_the_draw():
    entry = config(hp.quniform("x", 0, 1, 0.25))["x"]
    assert entry["label"] == "x"
    assert entry["node"].name == "quniform"
    assert {key: node.obj for key, node in entry["node"].named_args} == {"low": 0, "high": 1, "q": 0.25}


def test_all_branches_of_a_choice_are_no_condition():
    x = hp.uniform("x", 0, 10)
    assert conditions(hp.choice("c", [x + 1, x - 1]))["x"] == {(True,)}


def test_a_switch_on_an_integer_counts_as_a_choice():
    x = hp.uniform("x", 0, 10)
    space = pyll.scope.switch(hp.randint("i", 2), x, x + 1)
    assert conditions(space) == {"i": {(True,)}, "x": {(True,)}}


def test_a_hyperparameter_in_two_places_has_two_alternatives():
    x = hp.uniform("x", 0, 1)
    space = {"a": hp.choice("a", [x, 2]), "b": hp.choice("b", [1, x])}
    assert conditions(space)["x"] == {(True, EQ("a", 0)), (True, EQ("b", 1))}


def test_an_alternative_that_another_implies_is_left_out():
    x = hp.uniform("x", 0, 1)
    space = hp.choice("c", [1, [x, hp.choice("d", [x, 1])]])
    assert conditions(space)["x"] == {(True, EQ("c", 1))}


def test_an_unconditional_place_makes_it_unconditional():
    x = hp.uniform("x", 0, 1)
    assert conditions({"c": hp.choice("c", [x, 1]), "x": x})["x"] == {(True,)}


def test_two_hyperparameters_with_one_label_are_an_error():
    with pytest.raises(DuplicateLabel):
        config([hp.uniform("x", 0, 1), hp.normal("x", 0, 1)])
    found = config(hp.uniform("x", 0, 1))
    with pytest.raises(DuplicateLabel):
        pyll_utils.expr_to_config(hp.normal("x", 0, 1), (), found)


def test_conditions_compare_by_value_and_read_well():
    assert EQ("a", 1) == pyll_utils.Cond("a", 1, "=")
    assert EQ("a", 1) != EQ("a", 2)
    assert len({EQ("a", 1), EQ("a", 1)}) == 1
    assert str(EQ("a", 1)) == "Cond{a = 1}"
    assert pickle.loads(pickle.dumps(EQ("a", 1))) == EQ("a", 1)


def test_the_long_names_are_the_words_of_hp():
    for word in WORDS.split():
        assert getattr(pyll_utils, f"hp_{word}") is getattr(hp, word)


def test_a_label_is_checked_before_the_function_sees_it():
    @pyll_utils.validate_label
    def f(label, *args):
        return label, args

    assert f("a", 1) == ("a", (1,))
    assert f(pyll.Literal("a")) == ("a", ())
    with pytest.raises(TypeError, match="require string label"):
        f(1)


def test_a_range_is_checked_before_the_function_sees_it():
    @pyll_utils.validate_distribution_range
    def f(label, low, high):
        return low, high

    assert f("a", 0, 1) == (0, 1)
    assert f("a", high=1, low=0) == (0, 1)
    # A bound of 0 is checked too, unlike in Hyperopt.
    for args, kwargs in [((1, 0), {}), ((), {"low": 3, "high": 2}), ((1,), {"high": 1})]:
        with pytest.raises(ValueError, match="low should be less than high"):
            f("a", *args, **kwargs)


# graph_viz


def arrows(text):
    """(from, to) of each arrow."""
    return {tuple(line.rstrip(";").split(" -> ")) for line in text.splitlines() if "->" in line}


def test_the_picture_has_a_box_per_hyperparameter_and_an_ellipse_per_condition():
    x = hp.uniform("x", 0, 1)
    text = graph_viz.dot_hyperparameters(
        {"c": hp.choice("c", [x, hp.choice("d", [1, hp.normal("y", 0, 1)])])}
    )
    assert text.startswith("digraph {\n")
    assert text.endswith("}\n")
    lines = text.splitlines()
    for label in "cdxy":
        assert f'"{label}" [ shape=box];' in lines
    for condition in ("c=0", "c=1", "d=1", "c=1 & d=1"):
        assert lines.count(f'"{condition}" [ shape=ellipse];') == 1
    assert arrows(text) == {
        ('"c"', '"c=0"'),
        ('"c=0"', '"x"'),
        ('"c"', '"c=1"'),
        ('"c=1"', '"d"'),
        ('"d"', '"d=1"'),
        ('"c=1"', '"c=1 & d=1"'),
        ('"d=1"', '"c=1 & d=1"'),
        ('"c=1 & d=1"', '"y"'),
    }


def test_a_quote_in_a_label_stays_inside_the_quotes():
    assert r'"say \"x\"" [ shape=box];' in graph_viz.dot_hyperparameters(hp.uniform('say "x"', 0, 1))


def test_a_plain_structure_needs_no_as_apply():
    assert '"x" [ shape=box];' in graph_viz.dot_hyperparameters({"x": hp.uniform("x", 0, 1)})


# progress and ipy


@pytest.mark.parametrize(
    "factory", [progress.tqdm_progress_callback, progress.no_progress_callback, progress.default_callback]
)
def test_a_progress_callback_takes_updates_and_a_postfix(factory, capsys):
    with factory(initial=0, total=3) as shown:
        shown.postfix = "best loss: 0.5"
        shown.update(1)
        assert shown.postfix == "best loss: 0.5"
    assert capsys.readouterr().out == ""


def test_no_progress_writes_nothing(capsys):
    with progress.no_progress_callback(initial=0, total=3) as shown:
        shown.update(1)
    assert capsys.readouterr() == ("", "")


def test_fmin_takes_a_progress_callback(capsys):
    parzen.fmin(
        lambda x: x**2,
        hp.uniform("x", -1, 1),
        max_evals=3,
        seed=0,
        show_progressbar=progress.tqdm_progress_callback,
    )
    assert "3/3" in capsys.readouterr().err


def test_ipython_trials_say_what_is_missing():
    with pytest.raises(ImportError, match=r"IPython\.parallel"):
        IPythonTrials(client=None)


def test_the_signatures_of_the_rare_functions_are_hyperopts():
    def parameters(function):
        return list(inspect.signature(function).parameters)

    assert parameters(criteria.EI_gaussian_empirical) == ["mean", "var", "thresh", "rng", "N"]
    assert parameters(criteria.UCB) == ["mean", "var", "zscore"]
    assert parameters(rdists.quniform_gen) == ["low", "high", "q"]
    assert parameters(rdists.qlognormal_gen) == ["mu", "sigma", "q"]
    assert parameters(pyll_utils.expr_to_config) == ["expr", "conditions", "hps"]
    assert parameters(progress.default_callback) == ["initial", "total"]
