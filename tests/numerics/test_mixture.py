"""The fast mixture agrees with a slow twin, is normalised, and its draws follow its density."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from parzen.numerics.components import NARROW, Block, Components, Layout
from parzen.numerics.mixture import (
    Candidates,
    Drawn,
    Kernels,
    TableKernel,
    cell_kernel,
    interval_mass,
    log_cell_ratio,
    log_mixtures,
    log_ratios,
)
from parzen.rng import stream

CASES = {
    # name: number of bounded lines, of unbounded lines, sizes of tables, whether parts are inactive
    "one bounded line": (1, 0, (), False),
    "bounded lines": (3, 0, (), False),
    "unbounded lines": (0, 2, (), False),
    "tables": (0, 0, (2, 5), False),
    "a wide table": (0, 0, (NARROW + 3, 2), False),
    "all together": (2, 1, (3, 4, NARROW + 1), False),
    "masked lines": (2, 1, (), True),
    "masked tables": (0, 0, (3, 4), True),
    "masked, all together": (2, 2, (2, 3, NARROW + 2), True),
}


class Example(NamedTuple):
    """A mixture, and what its slow twin needs to know of it."""

    kernels: Kernels
    parts: Block
    weights: np.ndarray  # (k,)
    prior: float
    tables: list[tuple[np.ndarray, np.ndarray]]  # probabilities: kernel and prior
    at: Candidates

    def log_density(self, at: Candidates) -> np.ndarray:
        """The fast density, times the prior's, which it leaves out."""
        ratios = log_ratios(self.kernels, self.parts, at)
        return log_mixtures(ratios, self.weights[None, :], np.array([self.prior]))[:, 0] + self.log_prior(at)

    def log_prior(self, at: Candidates) -> np.ndarray:
        free = self.kernels.layout.unbounded
        lines = np.where(free, stats.norm.logpdf(at.x), 0.0)
        if at.on_lines is not None:
            lines = np.where(at.on_lines, lines, 0.0)
        total = lines.sum(axis=1)
        for t, (_, prior) in enumerate(self.tables):
            term = np.log(prior[at.codes[t]])
            total = total + (term if at.on_tables is None else np.where(at.on_tables[t], term, 0.0))
        return total


def example(case, k, c, seed=0):
    """Random kernels, k components and c candidates of a case."""
    bounded, free, sizes, masked = CASES[case]
    m, t = bounded + free, len(sizes)
    rng = stream(seed, k, case)
    unbounded = np.arange(m) >= bounded
    sigma = np.exp(np.round(np.log(rng.uniform(0.05, 0.8, m)) * 20) / 20)
    tables = [
        (0.9 * rng.dirichlet(np.ones(size), size) + 0.1 / size, rng.dirichlet(np.ones(size)))
        for size in sizes
    ]
    layout = Layout(unbounded, sizes)

    def positions(n):
        return np.where(unbounded, rng.normal(size=(n, m)), rng.random((n, m)))

    def codes(n):
        drawn = [rng.integers(size, size=n) for size in sizes]
        return np.array(drawn, dtype=np.intp).reshape(t, n)

    def masks(n):
        return (rng.random((n, m)) < 0.7, rng.random((t, n)) < 0.7) if masked else (None, None)

    means, values, weights = positions(k), codes(k), rng.dirichlet(np.ones(k + 1))
    on_lines, on_tables = masks(k)
    if masked:
        means = np.where(on_lines, means, np.nan)
        values = np.where(on_tables, values, np.array(sizes, dtype=np.intp)[:, None])
    components = Components(layout)
    components.add(means, values)
    components.scale(sigma)
    on_lines, on_tables = masks(c)
    return Example(
        Kernels(layout, sigma, [TableKernel.of(*pair) for pair in tables]),
        components.block(slice(0, k)),
        weights[:k],
        float(weights[k]),
        tables,
        Candidates(positions(c), codes(c), on_lines, on_tables),
    )


def slow(given, at):
    """The density of each candidate, component by component, from SciPy's distributions."""
    kernels, parts = given.kernels, given.parts
    m = kernels.layout.m
    densities = []
    for i in range(len(at.x)):

        def factors(j, i=i):
            """What component j (None: the prior) gives to candidate i along each of its hyperparameters."""
            for line, x in enumerate(at.x[i]):
                if at.on_lines is not None and not at.on_lines[i, line]:
                    continue
                if j is None or not parts.features[j, 2 * m + line]:
                    yield stats.norm.pdf(x) if kernels.layout.unbounded[line] else 1.0
                    continue
                law = stats.norm(parts.means[j, line], kernels.sigma[line])
                yield law.pdf(x) / (1.0 if kernels.layout.unbounded[line] else law.cdf(1.0) - law.cdf(0.0))
            for t, (matrix, prior) in enumerate(given.tables):
                if at.on_tables is not None and not at.on_tables[t, i]:
                    continue
                own = j is not None and parts.codes[t, j] < len(prior)
                yield (matrix[parts.codes[t, j]] if own else prior)[at.codes[t, i]]

        total = given.prior * math.prod(factors(None))
        for j, weight in enumerate(given.weights):
            total += weight * math.prod(factors(j))
        densities.append(total)
    return np.log(densities)


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("k", [0, 1, 7])
def test_log_density_is_its_slow_twin(case, k):
    """To 0.005 for each bounded line: normalisers come from a table, terms are added in single precision."""
    given = example(case, k, 11)
    np.testing.assert_allclose(
        given.log_density(given.at), slow(given, given.at), atol=5e-4 + 0.005 * CASES[case][0]
    )


@pytest.mark.parametrize("case", list(CASES))
def test_a_candidate_far_from_everything_keeps_a_finite_density(case):
    """The prior is everywhere; terms that single precision cannot hold are added in double."""
    given = example(case, 5, 3)
    at = given.at
    far = Candidates(
        np.where(given.kernels.layout.unbounded, 30.0, at.x), at.codes, at.on_lines, at.on_tables
    )
    assert np.isfinite(given.log_density(far)).all()


def test_narrow_kernels_of_many_lines_keep_their_differences():
    """A density of e**600 times the prior's: candidates still differ by what they should."""
    m = 200
    layout = Layout(np.zeros(m, dtype=bool), [])
    components = Components(layout)
    components.add(np.full((1, m), 0.5), np.empty((0, 1), dtype=np.intp))
    sigma = np.full(m, 0.02)
    components.scale(sigma)
    x = np.full((3, m), 0.5)
    x[1, 0] += 0.02
    x[2] += 0.02
    at = Candidates(x, np.empty((0, 3), dtype=np.intp))
    ratios = log_ratios(Kernels(layout, sigma, []), components.block(slice(0, 1)), at)
    logs = log_mixtures(ratios, np.array([[0.9]]), np.array([0.1]))[:, 0]
    assert logs[0] == pytest.approx(math.log(0.9) - m * math.log(0.02 * math.sqrt(2 * math.pi)), abs=0.5)
    assert logs[0] - logs[1] == pytest.approx(0.5, abs=0.01)
    assert logs[0] - logs[2] == pytest.approx(100.0, abs=0.1)


def test_several_mixtures_share_their_components():
    """A row of weights for each; a component without weight adds nothing."""
    given = example("all together", 6, 8)
    weights = np.zeros((2, 6))
    weights[0, :3], weights[1, 3:] = 0.3, 0.2
    priors = np.array([0.1, 0.4])
    both = log_mixtures(log_ratios(given.kernels, given.parts, given.at), weights, priors)
    for p, rows in enumerate([slice(0, 3), slice(3, 6)]):
        part = Block(given.parts.features[rows], given.parts.means[rows], given.parts.codes[:, rows])
        alone = log_mixtures(
            log_ratios(given.kernels, part, given.at), weights[p : p + 1, rows], priors[p : p + 1]
        )
        np.testing.assert_allclose(both[:, p], alone[:, 0], atol=1e-5)


def test_a_mixture_on_a_line_integrates_to_one():
    """Simpson's rule with 2001 nodes; to 1 %, which is what the table of normalisers is worth."""
    given = example("one bounded line", 6, 1)
    x = np.linspace(0.0, 1.0, 2001)[:, None]
    density = np.exp(given.log_density(Candidates(x, np.empty((0, 2001), dtype=np.intp))))
    weights = np.ones(2001)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    assert density @ weights / 3 / 2000 == pytest.approx(1.0, abs=0.01)


def test_a_mixture_on_tables_sums_to_one():
    given = example("tables", 6, 1)
    codes = np.array([[a, b] for a in range(2) for b in range(5)], dtype=np.intp).T
    at = Candidates(np.empty((10, 0)), codes)
    assert np.exp(given.log_density(at)).sum() == pytest.approx(1.0, abs=1e-6)


# Cells.


def test_interval_mass_is_exact_in_both_tails():
    low = np.array([-np.inf, -40.0, -1.0, 30.0, 3.0])
    high = np.array([-38.0, -39.0, 2.0, 31.0, np.inf])
    # scipy 1.17: norm.cdf(-38), norm.cdf(-39) - ..., norm.sf(30) - norm.sf(31), norm.sf(3)
    expected = [
        stats.norm.cdf(-38.0),
        stats.norm.cdf(-39.0) - stats.norm.cdf(-40.0),
        stats.norm.cdf(2.0) - stats.norm.cdf(-1.0),
        stats.norm.sf(30.0) - stats.norm.sf(31.0),
        stats.norm.sf(3.0),
    ]
    np.testing.assert_allclose(interval_mass(low, high), expected, rtol=1e-12)


@pytest.mark.parametrize("sigma", [0.02, 0.1, 1.0])
def test_a_cell_kernel_is_what_a_gaussian_puts_into_cells(sigma):
    """Against SciPy's distribution function, with cells of a logarithmic lattice."""
    edges = np.concatenate([[0.0], np.log(np.arange(1.5, 9.0)) / np.log(9.5), [1.0]])
    centres = (edges[1:] + edges[:-1]) / 2
    kernel = cell_kernel(edges, centres, sigma)
    np.testing.assert_allclose(kernel.sum(axis=1), 1.0, rtol=1e-12)
    for centre, row in zip(centres, kernel):
        mass = np.diff(stats.norm(centre, sigma).cdf(edges))
        np.testing.assert_allclose(row, mass / mass.sum(), atol=1e-12)


@pytest.mark.parametrize("unbounded", [False, True])
def test_masses_of_all_cells_sum_to_one(unbounded):
    """Kernel over prior, times the prior's mass of each cell."""
    edges = np.linspace(0.0, 1.0, 12) ** 2
    if unbounded:
        edges = np.concatenate([[-np.inf], np.linspace(-4, 4, 12), [np.inf]])
    prior = interval_mass(edges[:-1], edges[1:]) if unbounded else np.diff(edges)
    means = np.array([0.0, 0.31, 1.0])
    ratio = np.exp(log_cell_ratio(means, 0.07, edges[:-1], edges[1:], unbounded))
    np.testing.assert_allclose(prior @ ratio, 1.0, rtol=1e-9)


@pytest.mark.parametrize("sigma", [0.02, 0.2])
def test_rounded_lines_use_the_mass_of_a_cell(sigma):
    """A lattice of 200 whole numbers on a logarithmic line: density by brute force over the cells, to 1 %."""
    edges = np.log(np.arange(0.5, 201.0)) - np.log(0.5)
    edges /= edges[-1]
    values = (np.log(np.arange(1, 201)) - np.log(0.5)) / (np.log(200.5) - np.log(0.5))
    layout = Layout(np.array([False]), [])
    components = Components(layout)
    means = values[[0, 1, 4, 150]][:, None]
    components.add(means, np.empty((0, 4), dtype=np.intp))
    components.scale(np.array([sigma]))
    at = Candidates(values[:, None], np.empty((0, 200), dtype=np.intp), cells={0: (edges[:-1], edges[1:])})
    ratios = log_ratios(Kernels(layout, np.array([sigma]), []), components.block(slice(0, 4)), at)
    for mean, ours in zip(means[:, 0], ratios.T):
        mass = np.maximum(np.diff(stats.norm(mean, sigma).cdf(edges)), 1e-300)
        expected = np.log(mass / mass.sum()) - np.log(np.diff(edges))
        near = np.abs(values - mean) < 4 * sigma
        np.testing.assert_allclose(ours[near], expected[near], atol=0.08)
        assert np.exp(ours.astype(float)) @ np.diff(edges) == pytest.approx(1.0, abs=0.01)


# Draws.


COUNT = 20_000


def drawn(given, seed, count=COUNT):
    picks, shares = stream(seed, 0, "draw").random((2, count, given.kernels.layout.m + len(given.tables)))
    return Drawn(given.kernels, given.parts, given.weights, given.prior).at(picks, shares)


@pytest.mark.parametrize("k", [0, 1, 4])
def test_draws_on_a_line_follow_the_density(k):
    """Frequencies in 16 bins, within six standard deviations and the 1 % of the normalisers."""
    given = example("one bounded line", k, 1)
    x, codes = drawn(given, 1)
    assert (x.shape, codes.shape) == ((COUNT, 1), (0, COUNT))
    assert x.min() >= 0.0
    assert x.max() <= 1.0
    nodes = (np.arange(16 * 50) + 0.5) / (16 * 50)
    at = Candidates(nodes[:, None], np.empty((0, 800), dtype=np.intp))
    p = np.exp(given.log_density(at)).reshape(16, 50).mean(axis=1) / 16
    seen = np.histogram(x[:, 0], np.linspace(0, 1, 17))[0] / COUNT
    assert (np.abs(seen - p) < 6 * np.sqrt(p * (1 - p) / COUNT) + 0.01 * p).all()


def test_draws_on_an_unbounded_line_follow_the_density():
    """Shares below five thresholds, from the normal distribution functions of the components."""
    given = example("unbounded lines", 4, 1)
    x, _ = drawn(given, 2)
    for threshold in (-1.5, -0.5, 0.0, 0.7, 1.5):
        for line in range(2):
            own = stats.norm.cdf(threshold, given.parts.means[:, line], given.kernels.sigma[line])
            p = given.weights @ own + given.prior * stats.norm.cdf(threshold)
            seen = (x[:, line] < threshold).mean()
            assert abs(seen - p) < 6 * math.sqrt(p * (1 - p) / COUNT)


@pytest.mark.parametrize("case", ["tables", "masked tables"])
def test_draws_on_tables_follow_the_density(case):
    """Each table's values by themselves, from the components that use it and the prior."""
    given = example(case, 4, 1)
    _, codes = drawn(given, 3)
    for t, (kernel, prior) in enumerate(given.tables):
        has = given.parts.codes[t] < len(prior)
        p = given.weights[has] @ kernel[given.parts.codes[t, has]] + given.prior * prior
        p /= given.weights[has].sum() + given.prior
        seen = np.bincount(codes[t], minlength=len(prior)) / COUNT
        assert (np.abs(seen - p) < 6 * np.sqrt(p * (1 - p) / COUNT)).all()


def test_draws_follow_masked_lines():
    """Only components that use a line are drawn from there, and the prior: shares below the middle."""
    given = example("masked lines", 5, 1)
    x, _ = drawn(given, 4)
    m = 3
    for line in range(m):
        free = bool(given.kernels.layout.unbounded[line])
        threshold = 0.0 if free else 0.4
        prior = stats.norm.cdf(threshold) if free else threshold
        law = stats.norm(given.parts.means[:, line], given.kernels.sigma[line])
        own = law.cdf(threshold)
        if not free:
            own = (own - law.cdf(0.0)) / (law.cdf(1.0) - law.cdf(0.0))
        weights = given.weights * (given.parts.features[:, 2 * m + line] > 0)
        p = (weights @ own + given.prior * prior) / (weights.sum() + given.prior)
        assert abs((x[:, line] < threshold).mean() - p) < 6 * math.sqrt(p * (1 - p) / COUNT)


def test_each_value_of_a_draw_comes_from_a_component_of_its_own():
    """Two far components: all four pairs of their positions come, each as often."""
    layout, sigma = Layout(np.zeros(2, dtype=bool), []), np.array([0.02, 0.02])
    components = Components(layout)
    components.add(np.array([[0.1, 0.1], [0.9, 0.9]]), np.empty((0, 2), dtype=np.intp))
    components.scale(sigma)
    picks, shares = stream(5, 0, "draw").random((2, 4000, 2))
    parts = components.block(slice(0, 2))
    x, _ = Drawn(Kernels(layout, sigma, []), parts, np.array([0.5, 0.5 - 1e-9]), 1e-9).at(picks, shares)
    pairs = np.bincount((x > 0.5) @ [1, 2], minlength=4)
    assert (np.abs(pairs - 1000) < 6 * math.sqrt(750)).all()


@pytest.mark.parametrize("pick", [0.0, 1.0 - 2**-53])
def test_the_least_and_the_largest_pick_stay_inside(pick):
    """With a hundred lines, where adding the line's number rounds the largest one up."""
    layout, m = Layout(np.zeros(100, dtype=bool), []), 100
    components = Components(layout)
    components.add(np.array([np.full(m, 0.3), np.full(m, np.nan)]), np.empty((0, 2), dtype=np.intp))
    components.scale(np.full(m, 0.02))
    kernels, parts = Kernels(layout, np.full(m, 0.02), []), components.block(slice(0, 2))
    draws = Drawn(kernels, parts, np.array([0.5, 0.5 - 1e-9]), 1e-9)
    x, _ = draws.at(np.full((1, m), pick), np.full((1, m), 0.75))
    # The second component lacks all lines; last comes the prior, whose value is the share itself.
    assert np.allclose(x, 0.75) if pick else (np.abs(x - 0.3) < 0.1).all()


def test_equal_shares_give_equal_draws():
    given = example("masked, all together", 6, 1)
    one, two = (drawn(given, 6, 24) for _ in range(2))
    assert one[0].tolist() == two[0].tolist()
    assert one[1].tolist() == two[1].tolist()
