"""Sobol' points: SciPy's sequence when plain, a net in the open unit cube when scrambled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from parzen.algorithms.sobol import BITS, TABLED, Scramble, directions, scramble, sobol_point
from parzen.errors import InvalidArgument


def drawn(dimensions: int, seed: int = 0) -> Scramble:
    return scramble(dimensions, np.random.default_rng(seed))


def points(numbers: range, dimensions: int, scrambled: Scramble | None) -> np.ndarray:
    return np.array([sobol_point(number, dimensions, scrambled) for number in numbers])


# The plain sequence.


@pytest.mark.parametrize("dimensions", [1, 2, 10, 100, 256])
def test_plain_points_are_scipys_bit_for_bit(dimensions):
    expected = qmc.Sobol(dimensions, scramble=False, bits=30).random(2048)
    assert np.array_equal(points(range(2048), dimensions, None), expected)


def test_a_far_point_needs_no_earlier_one():
    sequence = qmc.Sobol(5, scramble=False, bits=32)
    sequence.fast_forward(2**16 + 12_345)
    assert np.array_equal(sobol_point(2**16 + 12_345, 5), sequence.random(1)[0])
    # scipy 1.17.1: the same with fast_forward(2**31 + 1), which takes it seconds
    far = [0.5000000006984919, 0.8333333332557231, 0.7929799396079034, 0.937606822932139, 0.0625370682682842]
    assert sobol_point(2**31 + 1, 5).tolist() == far


def test_the_last_point_is_the_last_direction_number():
    """The Gray code of 2**32 - 1 has a single one."""
    assert np.array_equal(sobol_point(2**32 - 1, 7), directions(7)[:, 31] / 2**32)


def test_direction_numbers_are_the_published_ones():
    """Dimensions 2 to 4 begin with m = 1; 1, 3; 1, 3, 1; the recurrence adds 3, 5 and 3."""
    lead = directions(4)[:, :3] >> np.arange(31, 28, -1, dtype=np.uint32)
    assert lead.tolist() == [[1, 1, 1], [1, 3, 5], [1, 3, 3], [1, 3, 1]]


def test_every_direction_matrix_is_unit_triangular():
    """Entry j has its lowest one at digit j + 1, which makes each coordinate a permutation."""
    numbers = directions(TABLED)
    assert numbers.shape == (256, 32)
    assert numbers.dtype == np.uint32
    lowest = numbers & (~numbers + np.uint32(1))
    assert (lowest == np.uint32(1) << np.arange(31, -1, -1, dtype=np.uint32)).all()


def test_direction_numbers_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        directions(2)[0, 0] = 0


# Scrambled points.


@pytest.mark.parametrize("k", [0, 1, 5, 10])
def test_each_dyadic_interval_holds_one_of_the_first_scrambled_points(k):
    cells = (points(range(2**k), TABLED, drawn(TABLED)) * 2**k).astype(int)
    assert (np.sort(cells, axis=0) == np.arange(2**k)[:, None]).all()


def test_any_aligned_run_of_scrambled_points_is_a_net():
    cells = (points(range(3 * 64, 4 * 64), 20, drawn(20)) * 64).astype(int)
    assert (np.sort(cells, axis=0) == np.arange(64)[:, None]).all()


def test_a_scramble_keeps_the_quality_in_two_dimensions():
    """The first two dimensions are a (0, 6, 2)-net: one point in every box of volume 1/64."""
    run = points(range(64), 2, drawn(2))
    for a in range(7):
        boxes = np.floor(run * [2**a, 2 ** (6 - a)]).astype(int)
        assert len({tuple(box) for box in boxes}) == 64


def test_points_do_not_depend_on_the_order_of_asking():
    scrambled = drawn(300, seed=3)
    forwards = points(range(50), 300, scrambled)
    backwards = [sobol_point(number, 300, drawn(300, seed=3)) for number in reversed(range(50))]
    assert np.array_equal(forwards, backwards[::-1])


def test_first_coordinates_do_not_depend_on_how_many_follow():
    assert np.array_equal(sobol_point(9, 3, drawn(3)), sobol_point(9, 280, drawn(280))[:3])
    assert np.array_equal(sobol_point(9, 3, drawn(280)), sobol_point(9, 280, drawn(280))[:3])
    assert np.array_equal(sobol_point(9, 260, drawn(280)), sobol_point(9, 280, drawn(280))[:260])


def test_scrambled_points_are_strictly_inside():
    """Also where all digits are zeros or all are ones."""
    zeros = np.zeros((1, BITS), dtype=np.uint32)
    for shift, expected in [(0, 0.5 / 2**32), (2**32 - 1, 1 - 0.5 / 2**32)]:
        flat = Scramble(zeros, np.array([shift], dtype=np.uint32), key=0, dimensions=1)
        assert sobol_point(0, 1, flat).tolist() == [expected]
    run = points(range(512), 300, drawn(300))
    assert ((run > 0) & (run < 1)).all()


def test_a_scrambled_point_is_uniform_over_scrambles():
    """Mean of 2000 x 4 numbers: 1/2 within six standard deviations, sqrt(1/12/8000) each."""
    run = [sobol_point(5, 4, drawn(4, seed)) for seed in range(2000)]
    assert abs(np.mean(run) - 0.5) < 6 * np.sqrt(1 / 12 / 8000)


def test_two_seeds_give_two_scrambles():
    assert not np.array_equal(sobol_point(0, 4, drawn(4, 1)), sobol_point(0, 4, drawn(4, 2)))


# Beyond the table.


def test_the_257th_dimension_is_uniform_and_changes_with_number_and_scramble():
    """Mean of 1000 numbers: 1/2 within six standard deviations, sqrt(1/12/1000)."""
    run = points(range(1000), 257, drawn(257))[:, 256]
    assert len(set(run)) == 1000
    assert abs(run.mean() - 0.5) < 6 * np.sqrt(1 / 12 / 1000)
    assert sobol_point(0, 257, drawn(257, seed=1))[256] != run[0]


def test_the_coordinates_beyond_the_table_are_fixed_for_ever():
    """The upper halves of the raw words of Philox(key=0, counter=[0, 0, 0, 1]), plus a half."""
    # numpy 2.4.6
    assert sobol_point(1, 258)[256:].tolist() == [0.34218278469052166, 0.5765144537435845]


def test_the_plain_sequence_has_more_dimensions_too():
    assert np.array_equal(sobol_point(3, 258)[:256], sobol_point(3, 256))


# Limits.


def test_no_dimension_makes_an_empty_point():
    assert sobol_point(0, 0).shape == (0,)
    assert sobol_point(7, 0, drawn(0)).shape == (0,)


@pytest.mark.parametrize("number", [-1, 2**32])
def test_a_number_out_of_range_is_refused(number):
    with pytest.raises(InvalidArgument, match="0 to 2"):
        sobol_point(number, 2)


def test_a_scramble_must_have_the_coordinates_asked_for():
    with pytest.raises(InvalidArgument, match="at most 2, as its scramble has; got 3"):
        sobol_point(0, 3, drawn(2))


@pytest.mark.parametrize("make", [directions, drawn, lambda d: sobol_point(0, d)])
def test_negative_dimensions_are_refused(make):
    with pytest.raises(InvalidArgument, match="-1"):
        make(-1)


def test_direction_numbers_end_at_256():
    with pytest.raises(InvalidArgument, match="257"):
        directions(257)
