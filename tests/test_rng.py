"""Random streams are named by seed, number and purpose, and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from parzen.rng import stream, words


def test_equal_names_give_equal_streams():
    assert stream(7, 3, "suggest").random(100).tolist() == stream(7, 3, "suggest").random(100).tolist()


@pytest.mark.parametrize("other", [(8, 3, "suggest"), (7, 4, "suggest"), (7, 3, "objective")])
def test_any_other_name_gives_another_stream(other):
    assert not set(stream(7, 3, "suggest").random(100)) & set(stream(*other).random(100))


def test_streams_are_the_ones_of_the_first_release():
    """A stored study can be replayed for ever: these numbers must not change."""
    assert stream(7, 0, "suggest").integers(2**32, size=3).tolist() == FIRST
    assert stream(2**64 - 1, 123_456, "größe").integers(2**32, size=3).tolist() == SECOND


def test_neighbouring_streams_are_uncorrelated():
    """Six standard deviations of a correlation of 10,000 pairs."""
    one, two = stream(0, 0, "a").random(10_000), stream(0, 1, "a").random(10_000)
    assert abs(np.corrcoef(one, two)[0, 1]) < 6 / np.sqrt(10_000)


def test_streams_leave_numpys_global_state_alone():
    before = np.random.get_state()[1].tobytes()
    stream(1, 2, "x").random()
    words(1, 2, 3)
    assert np.random.get_state()[1].tobytes() == before


def test_words_depend_on_their_arguments_alone():
    assert words(5, 1, 4).tolist() == words(5, 1, 9)[:4].tolist() == WORDS
    assert not set(words(5, 1, 100).tolist()) & set(words(5, 2, 100).tolist())
    assert not set(words(5, 1, 100).tolist()) & set(words(6, 1, 100).tolist())


def test_a_seed_is_a_whole_number_of_at_least_zero():
    with pytest.raises(ValueError, match=r"negative|non-negative"):
        stream(-1, 0, "x")


# parzen 0.1.0 with numpy 2.4.6
FIRST = [3812891777, 2160657946, 483217132]
SECOND = [2996312677, 1264518089, 1623956187]
WORDS = [16537810034265420718, 10237331883048570337, 18366959544605899517, 17357229025537356443]
