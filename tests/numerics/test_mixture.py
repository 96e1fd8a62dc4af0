"""The fast mixture agrees with a slow twin, is normalised, and its draws follow its density."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from parzen.numerics.mixture import (
    Candidates,
    Components,
    Kernels,
    bins,
    draw,
    log_density,
    log_norm,
)
from parzen.rng import stream

CASES = {
    # name: number of bounded lines, of unbounded lines, sizes of tables, whether parts are inactive
    "one bounded line": (1, 0, (), False),
    "bounded lines": (3, 0, (), False),
    "unbounded lines": (0, 2, (), False),
    "tables": (0, 0, (2, 5), False),
    "all together": (2, 1, (3, 4), False),
    "masked lines": (2, 1, (), True),
    "masked tables": (0, 0, (3, 4), True),
    "masked, all together": (2, 2, (2, 3, 4), True),
}


def example(case, k, c, seed=0):
    """Random kernels, k components and c candidates of a case."""
    bounded, free, sizes, masked = CASES[case]
    m, t = bounded + free, len(sizes)
    rng = stream(seed, k, case)
    unbounded = np.arange(m) >= bounded
    sigma = np.exp(np.round(np.log(rng.uniform(0.05, 0.8, m)) * 20) / 20)

    def table(size):
        rows = rng.dirichlet(np.ones(size), size)
        return np.log(0.9 * rows + 0.1 / size)

    kernels = Kernels(
        sigma, unbounded, [table(size) for size in sizes], [np.log(rng.dirichlet(np.ones(s))) for s in sizes]
    )

    def positions(n):
        return np.where(unbounded, rng.normal(size=(n, m)), rng.random((n, m)))

    def codes(n):
        drawn = [rng.integers(size, size=n) for size in sizes]
        return np.array(drawn, dtype=np.intp).reshape(t, n)

    def masks(n):
        return (rng.random((n, m)) < 0.7, rng.random((t, n)) < 0.7) if masked else (None, None)

    means, weights = positions(k), rng.dirichlet(np.ones(k + 1))
    on_lines, on_tables = masks(k)
    norms = log_norm(bins(means), sigma, unbounded)
    parts = Components(means, codes(k), on_lines, on_tables, norms, weights[:k], float(weights[k]))
    on_lines, on_tables = masks(c)
    return kernels, parts, Candidates(positions(c), codes(c), on_lines, on_tables)


def slow(kernels, parts, at):
    """The density of each candidate, component by component, from SciPy's distributions."""
    densities = []
    for i in range(len(at.x)):

        def factors(j, i=i):
            """What component j (None: the prior) gives to candidate i along each of its hyperparameters."""
            for line, x in enumerate(at.x[i]):
                if at.on_lines is not None and not at.on_lines[i, line]:
                    continue
                own = j is not None and (parts.on_lines is None or parts.on_lines[j, line])
                if not own:
                    yield stats.norm.pdf(x) if kernels.unbounded[line] else 1.0
                    continue
                mean, sigma = parts.means[j, line], kernels.sigma[line]
                law = stats.norm(mean, sigma)
                inside = 1.0 if kernels.unbounded[line] else law.cdf(1.0) - law.cdf(0.0)
                yield law.pdf(x) / inside
            for t, matrix in enumerate(kernels.tables):
                if at.on_tables is not None and not at.on_tables[t, i]:
                    continue
                own = j is not None and (parts.on_tables is None or parts.on_tables[t, j])
                row = matrix[parts.codes[t, j]] if own else kernels.priors[t]
                yield math.exp(row[at.codes[t, i]])

        total = parts.prior * math.prod(factors(None))
        for j, weight in enumerate(parts.weights):
            total += weight * math.prod(factors(j))
        densities.append(total)
    return np.log(densities)


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("k", [0, 1, 7])
def test_log_density_is_its_slow_twin(case, k):
    """To 0.005 for each bounded line: normalisers come from a table, terms are added in single precision."""
    kernels, parts, at = example(case, k, 11)
    np.testing.assert_allclose(
        log_density(kernels, parts, at), slow(kernels, parts, at), atol=1e-5 + 0.005 * CASES[case][0]
    )


@pytest.mark.parametrize("case", list(CASES))
def test_a_candidate_far_from_everything_keeps_a_finite_density(case):
    """The prior is everywhere, and where it is not (40 deviations out), logarithms do not overflow."""
    kernels, parts, at = example(case, 5, 3)
    far = Candidates(np.where(kernels.unbounded, 40.0, at.x), at.codes, at.on_lines, at.on_tables)
    assert np.isfinite(log_density(kernels, parts, far)).all()


def test_a_component_without_weight_adds_nothing():
    kernels, parts, at = example("all together", 5, 8)
    weights = parts.weights.copy()
    weights[2] = 0.0
    without = np.arange(5) != 2
    zero = Components(parts.means, parts.codes, None, None, parts.norms, weights, parts.prior)
    less = Components(
        parts.means[without],
        parts.codes[:, without],
        None,
        None,
        parts.norms[without],
        weights[without],
        parts.prior,
    )
    np.testing.assert_allclose(log_density(kernels, zero, at), log_density(kernels, less, at), rtol=1e-6)


def test_a_mixture_on_a_line_integrates_to_one():
    """Simpson's rule with 2001 nodes; to 1 %, which is what the table of normalisers is worth."""
    kernels, parts, _ = example("one bounded line", 6, 1)
    x = np.linspace(0.0, 1.0, 2001)[:, None]
    at = Candidates(x, np.empty((0, 2001), dtype=np.intp), None, None)
    density = np.exp(log_density(kernels, parts, at))
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    assert density @ weights / 3 / 2000 == pytest.approx(1.0, abs=0.01)


def test_a_mixture_on_tables_sums_to_one():
    kernels, parts, _ = example("tables", 6, 1)
    codes = np.array([[a, b] for a in range(2) for b in range(5)], dtype=np.intp).T
    at = Candidates(np.empty((10, 0)), codes, None, None)
    assert np.exp(log_density(kernels, parts, at)).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("sigma", [0.02, 0.1, 0.5, 1.0])
def test_normalisers_are_scipys(sigma):
    """To 0.01 at the narrowest bandwidth, as promised."""
    means = np.linspace(0.0, 1.0, 501)[:, None]
    law = stats.norm(means, sigma)
    exact = np.log(law.cdf(1.0) - law.cdf(0.0)) + math.log(sigma * math.sqrt(2 * math.pi))
    ours = log_norm(bins(means), np.array([sigma]), np.array([False]))
    np.testing.assert_allclose(ours, exact, atol=0.01)


def test_unbounded_lines_are_not_cut():
    ours = log_norm(bins(np.array([[-3.0], [0.5], [9.0]])), np.array([0.3]), np.array([True]))
    np.testing.assert_allclose(ours, math.log(0.3 * math.sqrt(2 * math.pi)), rtol=1e-12)


def test_no_lines_have_no_normalisers():
    assert log_norm(np.empty((4, 0), dtype=np.intp), np.empty(0), np.empty(0, dtype=bool)).shape == (4, 0)


def test_bins_cover_the_line_and_take_nan_for_the_middle():
    places = bins(np.array([[0.0], [1.0], [0.5], [np.nan], [-3.0], [7.0]]))
    assert places[:, 0].tolist() == [0, 4096, 2048, 2048, 0, 4096]


# Draws.


COUNT = 20_000


@pytest.mark.parametrize("k", [0, 1, 4])
def test_draws_on_a_line_follow_the_density(k):
    """Frequencies in 16 bins, within six standard deviations and the 1 % of the normalisers."""
    kernels, parts, _ = example("one bounded line", k, 1)
    x, codes = draw(kernels, parts, COUNT, stream(1, k, "draw"))
    assert (x.shape, codes.shape) == ((COUNT, 1), (0, COUNT))
    assert x.min() >= 0.0
    assert x.max() <= 1.0
    nodes = (np.arange(16 * 50) + 0.5) / (16 * 50)
    at = Candidates(nodes[:, None], np.empty((0, 800), dtype=np.intp), None, None)
    p = np.exp(log_density(kernels, parts, at)).reshape(16, 50).mean(axis=1) / 16
    seen = np.histogram(x[:, 0], np.linspace(0, 1, 17))[0] / COUNT
    assert (np.abs(seen - p) < 6 * np.sqrt(p * (1 - p) / COUNT) + 0.01 * p).all()


def test_draws_on_an_unbounded_line_follow_the_density():
    """Shares below five thresholds, from the normal distribution functions of the components."""
    kernels, parts, _ = example("unbounded lines", 4, 1)
    x, _ = draw(kernels, parts, COUNT, stream(2, 0, "draw"))
    for threshold in (-1.5, -0.5, 0.0, 0.7, 1.5):
        for line in range(2):
            own = stats.norm.cdf(threshold, parts.means[:, line], kernels.sigma[line])
            p = parts.weights @ own + parts.prior * stats.norm.cdf(threshold)
            seen = (x[:, line] < threshold).mean()
            assert abs(seen - p) < 6 * math.sqrt(p * (1 - p) / COUNT)


@pytest.mark.parametrize("case", ["tables", "masked tables"])
def test_draws_on_tables_follow_the_density(case):
    """All combinations of values; where a component does not use a table, the prior is drawn."""
    kernels, parts, _ = example(case, 4, 1)
    _, codes = draw(kernels, parts, COUNT, stream(3, 0, "draw"))
    sizes = [len(prior) for prior in kernels.priors]
    cells = np.array([[a, b] for a in range(sizes[0]) for b in range(sizes[1])], dtype=np.intp).T
    p = np.exp(log_density(kernels, parts, Candidates(np.empty((cells.shape[1], 0)), cells, None, None)))
    seen = np.bincount(codes[0] * sizes[1] + codes[1], minlength=len(p)) / COUNT
    assert (np.abs(seen - p) < 6 * np.sqrt(p * (1 - p) / COUNT)).all()


def test_draws_follow_masked_lines():
    """A component that does not use a line draws there from the prior: shares below the middle."""
    kernels, parts, _ = example("masked lines", 5, 1)
    x, _ = draw(kernels, parts, COUNT, stream(4, 0, "draw"))
    for line in range(3):
        free = bool(kernels.unbounded[line])
        threshold = 0.0 if free else 0.4
        prior = stats.norm.cdf(threshold) if free else threshold
        law = stats.norm(parts.means[:, line], kernels.sigma[line])
        own = law.cdf(threshold)
        if not free:
            own = (own - law.cdf(0.0)) / (law.cdf(1.0) - law.cdf(0.0))
        p = parts.weights @ np.where(parts.on_lines[:, line], own, prior) + parts.prior * prior
        assert abs((x[:, line] < threshold).mean() - p) < 6 * math.sqrt(p * (1 - p) / COUNT)


def test_hyperparameters_of_a_draw_come_from_one_component():
    """Two far components: both lines are near the same one, so their signs agree."""
    means = np.array([[0.1, 0.1], [0.9, 0.9]])
    sigma, unbounded = np.array([0.02, 0.02]), np.zeros(2, dtype=bool)
    norms = log_norm(bins(means), sigma, unbounded)
    none = np.empty((0, 2), dtype=np.intp)
    parts = Components(means, none, None, None, norms, np.array([0.5, 0.5 - 1e-9]), 1e-9)
    x, _ = draw(Kernels(sigma, unbounded, [], []), parts, 500, stream(5, 0, "draw"))
    assert ((x[:, 0] > 0.5) == (x[:, 1] > 0.5)).all()
    assert 100 < (x[:, 0] > 0.5).sum() < 400


def test_equal_generators_give_equal_draws():
    kernels, parts, _ = example("masked, all together", 6, 1)
    one, two = (draw(kernels, parts, 24, stream(6, 0, "draw")) for _ in range(2))
    assert one[0].tolist() == two[0].tolist()
    assert one[1].tolist() == two[1].tolist()
