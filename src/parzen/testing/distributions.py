"""What every distribution must do.

Distributions have three scales: shares of the prior (what `quantile` takes),
the latent scale, and the user's. The contract checks that they fit together
and that `log_density` is the density of what `quantile` draws.
"""

from __future__ import annotations

import json
import math
import pickle
from itertools import pairwise
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from parzen.rng import stream
from parzen.space import hp
from parzen.space.distributions.base import Array, Distribution, Labels, Lattice, Line
from parzen.space.distributions.table import from_json
from parzen.space.expr import Parameter
from parzen.space.flatten import flatten
from parzen.space.space import Space

MOST = 20_000  # values that are still enumerated
DRAWS = 4000
EDGE_SHARES = (0.0, 5e-324, 1e-17, 0.5, 1 - 2**-30, 1 - 2**-53)


def _shares(count: int) -> list[float]:
    # Not at simple fractions: there, rounding to a step may go either way.
    return [(i + 0.4142135) / count for i in range(count)]


class DistributionContract:
    """Subclass it and set `distribution`."""

    distribution: ClassVar[Distribution]

    @property
    def free(self) -> bool:
        """Whether the latent scale is the standard normal's and not [0, 1]."""
        geometry = self.distribution.geometry
        return isinstance(geometry, Line) and not geometry.bounded

    @property
    def discrete(self) -> bool:
        """Whether values have probabilities and not densities."""
        geometry = self.distribution.geometry
        return not isinstance(geometry, Line) or geometry.step is not None

    def position(self, share: float) -> float:
        """The latent position of a share of the prior, unless values are labels."""
        return NormalDist().inv_cdf(share) if self.free else share

    def shares_below(self, z: Array) -> Array:
        """The share of the prior below latent positions (n,)."""
        return np.array([NormalDist().cdf(x) for x in z.tolist()]) if self.free else z

    def support(self) -> Array | None:
        """All values with a probability above 1e-10, ascending; None if continuous or more than `MOST`."""
        law, geometry = self.distribution, self.distribution.geometry
        if isinstance(geometry, Labels):
            return np.arange(geometry.size, dtype=float)
        if isinstance(geometry, Lattice):
            first, step, size = geometry.low, geometry.step, geometry.size
        elif geometry.step is None:
            return None
        else:
            step = geometry.step
            ends = [law.quantile(1e-12), law.quantile(1 - 1e-12)]
            first = round(ends[0] / step) * step
            size = round((ends[1] - ends[0]) / step) + 1
        if size > MOST:
            return None
        # Through `value`, so that equal numbers are equal bit for bit.
        return law.value(law.latent(np.asarray(first + np.arange(size) * step, dtype=np.float64)))

    def test_quantiles_ascend(self) -> None:
        """A larger share of the prior never has a smaller value."""
        values = [self.distribution.quantile(u) for u in _shares(400)]
        assert values == sorted(values)

    def test_quantiles_are_plain_finite_numbers(self) -> None:
        """No NumPy scalar reaches points, documents or JSON; also at the ends of [0, 1)."""
        for u in (*EDGE_SHARES, *_shares(50)):
            value = self.distribution.quantile(u)
            assert type(value) in (int, float), (u, value)
            assert math.isfinite(value), (u, value)

    def test_quantiles_are_within_the_bounds(self) -> None:
        """Values that are rounded to a step may lie half a step outside."""
        geometry = self.distribution.geometry
        if isinstance(geometry, Labels):
            low, high, slack = 0.0, geometry.size - 1.0, 0.0
        else:
            low, high = geometry.low, geometry.high
            slack = (geometry.step or 0.0) / 2 if isinstance(geometry, Line) else 0.0
        for u in (*EDGE_SHARES, *_shares(50)):
            value = self.distribution.quantile(u)
            # Ends that went through a logarithm and back are exact to a few units in the last place.
            near = 4e-15 * max(abs(low), abs(high)) if math.isfinite(high) and math.isfinite(low) else 0.0
            assert low - slack - near <= value <= high + slack + near

    def test_it_contains_its_own_values(self) -> None:
        """What is drawn may be enqueued."""
        for u in (*EDGE_SHARES, *_shares(50)):
            assert self.distribution.contains(float(self.distribution.quantile(u))), u

    def test_it_contains_no_nan_and_nothing_far_outside(self) -> None:
        """Wrong points are refused with a message instead of being modelled."""
        law, geometry = self.distribution, self.distribution.geometry
        assert not law.contains(math.nan)
        assert not law.contains(math.inf)
        if isinstance(geometry, Labels):
            outside = [-1.0, 0.5, float(geometry.size)]
        elif self.free:
            outside = [-1.0] if geometry.low == 0.0 else []
        else:
            width = geometry.high - geometry.low + (geometry.step or 0.0)
            outside = [geometry.low - width, geometry.high + width]
        assert [x for x in outside if law.contains(x)] == []

    def test_quantile_is_the_value_at_its_latent_position(self) -> None:
        """For labels, every option is its own position."""
        law = self.distribution
        if isinstance(law.geometry, Labels):
            assert [law.at(float(k)) for k in range(law.geometry.size)] == list(range(law.geometry.size))
            return
        for u in _shares(100):
            assert law.at(self.position(u)) == pytest.approx(law.quantile(u), rel=1e-9, abs=1e-12)

    def test_value_is_at_for_many(self) -> None:
        """And `at` gives plain numbers of the same type as `quantile`."""
        law = self.distribution
        size = law.geometry.size if isinstance(law.geometry, Labels) else 0
        z = np.arange(size, dtype=float) if size else np.array([self.position(u) for u in _shares(100)])
        ones = [law.at(float(x)) for x in z]
        assert {type(one) for one in ones} == {type(law.quantile(0.5))}
        np.testing.assert_allclose(law.value(z), np.array(ones, dtype=float), rtol=1e-12, atol=1e-300)

    def test_latent_positions_come_back_as_the_value(self) -> None:
        """User's scale to latent scale and back."""
        law = self.distribution
        x = np.array([law.quantile(u) for u in _shares(200)], dtype=float)
        z = law.latent(x)
        assert np.isfinite(z).all()
        if not self.free and not isinstance(law.geometry, Labels):
            assert z.min() >= 0.0
            assert z.max() <= 1.0
        np.testing.assert_allclose(law.value(z), x, rtol=1e-9, atol=1e-12)

    def test_nan_stays_nan(self) -> None:
        """NaN means that a hyperparameter is inactive."""
        one = np.array([math.nan])
        assert np.isnan(self.distribution.latent(one)).all()
        assert np.isnan(self.distribution.value(one)).all()

    def test_affine_is_latent(self) -> None:
        """Where a distribution offers the short cut, it gives the same positions."""
        affine = self.distribution.affine()
        if affine is None:
            return
        log, origin, width = affine
        x = np.array([self.distribution.quantile(u) for u in _shares(50)], dtype=float)
        short = ((np.log(x) if log else x) - origin) / width
        if not self.free and not isinstance(self.distribution.geometry, Labels):
            short = np.clip(short, 0.0, 1.0)
        np.testing.assert_allclose(short, self.distribution.latent(x), rtol=1e-9, atol=1e-12)

    def test_the_density_is_normalised(self) -> None:
        """Probabilities sum to 1; a density's integral is the share of the prior, everywhere."""
        law, support = self.distribution, self.support()
        if support is not None:
            assert float(np.exp(law.log_density(support)).sum()) == pytest.approx(1.0, abs=1e-8)
        elif self.discrete:
            first = float(law.quantile(0.3))
            step = getattr(law.geometry, "step", 1.0)
            window = first + np.arange(1000) * step
            edges = law.cell(window)
            assert edges is not None
            below, above = self.shares_below(edges[0][:1])[0], self.shares_below(edges[1][-1:])[0]
            assert float(np.exp(law.log_density(window)).sum()) == pytest.approx(above - below, rel=1e-5)
        else:
            z = np.linspace(-8.0, 8.0, 20_001) if self.free else np.linspace(0.0, 1.0, 20_001)
            x = law.value(z)
            p = np.exp(law.log_density(x))
            below = np.append(0.0, np.cumsum(np.diff(x) * (p[1:] + p[:-1]) / 2))
            # The trapezoid rule's error falls with the square of the spacing.
            np.testing.assert_allclose(below, self.shares_below(z), atol=2e-5)

    def test_draws_follow_the_density(self) -> None:
        """Frequencies in up to 20 bins are within six standard deviations of their probabilities."""
        law, support = self.distribution, self.support()
        rng = stream(0, 0, "draws follow the density")
        drawn = np.array([law.quantile(u) for u in rng.random(DRAWS).tolist()], dtype=float)
        if support is not None:
            p = np.exp(law.log_density(support))
            place = np.minimum(np.cumsum(p) * 20 - 1e-9, 19).astype(int)
            nearest = np.abs(drawn[:, None] - support[None, :]).argmin(axis=1)
            expected: npt.NDArray[Any] = np.bincount(place, weights=p, minlength=20)
            seen: npt.NDArray[Any] = np.bincount(place[nearest], minlength=20)
        else:
            # Bin edges in the middle of the latent scale's twentieths; 1001 nodes in each for the integral.
            z = np.array([self.position(u) for u in np.linspace(1e-6, 1 - 1e-6, 21).tolist()])
            edges = law.value(z)
            seen = np.histogram(drawn, edges)[0]
            if self.discrete:
                cells = law.cell(edges)
                assert cells is not None
                expected = np.diff(self.shares_below(cells[0])).astype(np.float64)
            else:
                expected = np.array([self.integral(a, b) for a, b in pairwise(z.tolist())])
        spread = np.sqrt(DRAWS * expected * np.maximum(1 - expected, 0.0))
        assert np.all(np.abs(seen - DRAWS * expected) <= 6 * spread + 1)

    def integral(self, low: float, high: float) -> float:
        """Probability between two latent positions, from the density."""
        x = self.distribution.value(np.linspace(low, high, 1001))
        p = np.exp(self.distribution.log_density(x))
        return float((np.diff(x) * (p[1:] + p[:-1]) / 2).sum())

    def test_cells_tile_the_latent_scale(self) -> None:
        """Each value's cell begins where its neighbour's ends, and holds the value's position."""
        law, support = self.distribution, self.support()
        if not self.discrete or isinstance(law.geometry, Labels):
            assert law.cell(np.array([law.quantile(0.5)], dtype=float)) is None
            return
        whole = support is not None
        if support is None:
            support = float(law.quantile(0.3)) + np.arange(1000) * getattr(law.geometry, "step", 1.0)
        cells = law.cell(support)
        assert cells is not None
        low, high = cells
        np.testing.assert_allclose(low[1:], high[:-1], rtol=1e-9, atol=1e-12)
        assert (low <= high).all()
        z = law.latent(support)
        assert (z >= low - 1e-9).all()
        assert (z <= high + 1e-9).all()
        if whole:
            ends = self.shares_below(np.array([low[0], high[-1]]))
            np.testing.assert_allclose(ends, [0.0, 1.0], atol=1e-8)

    def test_json_brings_it_back(self) -> None:
        """With numbers of the same type: an int stays an int."""
        law = self.distribution
        again = from_json(json.loads(json.dumps(law.to_json())))
        assert again == law
        assert type(again) is type(law)
        for u in _shares(20):
            assert (type(again.quantile(u)), again.quantile(u)) == (type(law.quantile(u)), law.quantile(u))

    def test_it_is_an_immutable_value(self) -> None:
        """Equal, hashable, picklable and closed to assignment."""
        law = self.distribution
        assert pickle.loads(pickle.dumps(law)) == law
        assert hash(pickle.loads(pickle.dumps(law))) == hash(law)
        with pytest.raises((AttributeError, TypeError)):
            law.kind = "other"  # type: ignore[misc]  # the point of the test

    def test_it_says_what_it_is(self) -> None:
        """Messages and tables show the user's words."""
        word, arguments = self.distribution.call()
        assert word
        assert arguments
        assert self.distribution.describe()

    def test_plain_keeps_values(self) -> None:
        """A stored float is shown as the number that was drawn."""
        for u in _shares(100):
            value = self.distribution.quantile(u)
            shown = self.distribution.plain(float(value))
            assert (type(shown), shown) == (type(value), value)

    def test_it_works_below_a_choice(self) -> None:
        """Flattened, drawn, built, checked, encoded and read back as JSON."""
        inner = Parameter("inner", self.distribution)
        space = flatten({"pick": hp.choice("pick", ["without", {"inner": inner}])})
        assert [param.conditional for param in space.params] == [False, True]
        rng = stream(0, 0, "below a choice")
        both = set()
        for _ in range(30):
            point = space.point_from(lambda _: float(rng.random()))
            taken = point["pick"]
            both.add(taken)
            assert set(point) == ({"pick", "inner"} if taken else {"pick"})
            assert space.build(point) == {"pick": {"inner": point["inner"]} if taken else "without"}
            assert space.check(point) == point
            assert space.decode(space.encode(point)) == point
        assert both == {0, 1}
        again = Space.from_json(json.loads(json.dumps(space.to_json())))
        assert again.fingerprint() == space.fingerprint()
