"""Patience with servers: how often, how long, and what is said at the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parzen.storage.names import original, plain, short
from parzen.storage.retry import in_short, retry


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self):
        self.now, self.pauses = 0.0, []

    def sleep(self, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def failing(times, error=OSError):
    left = [times]

    def work():
        left[0] -= 1
        if left[0] >= 0:
            raise error("away")
        return "done"

    return work


def run(work, patience, passing=lambda error: isinstance(error, OSError)):
    clock = Clock()
    result = retry(work, passing, patience, clock=lambda: clock.now, sleep=clock.sleep)
    return result, clock.pauses


def test_what_works_is_done_once():
    assert run(failing(0), 30) == ("done", [])


def test_pauses_grow_and_are_never_longer_than_two_seconds():
    result, pauses = run(failing(12), 30)
    assert result == "done"
    assert len(pauses) == 12
    assert 0.025 <= pauses[0] <= 0.05
    assert max(pauses[:3]) < min(pauses[-3:])
    assert 1.0 <= pauses[-1] <= 2.0


def test_patience_ends_with_the_last_error():
    """The last pause is cut, so the last try is at the end and not before it."""
    clock = Clock()
    with pytest.raises(OSError, match="away"):
        retry(failing(999), lambda _: True, 30, clock=lambda: clock.now, sleep=clock.sleep)
    assert clock.now == pytest.approx(30)


def test_an_error_that_stays_is_raised_at_once():
    with pytest.raises(KeyError):
        run(failing(1, KeyError), 30)


def test_no_patience_is_one_try():
    with pytest.raises(OSError, match="away"):
        run(failing(1), 0)


def test_a_server_s_words_are_one_line_without_secrets():
    assert in_short("no\n  way, 'pw1'", ["pw1", ""]) == "no way, '***'"
    assert len(in_short("x" * 1000)) == 300


@given(st.text(st.characters(), max_size=40), st.text(st.characters(), max_size=40))
def test_names_come_back_and_stay_apart(one, two):
    assert original(plain(one)) == one
    assert "\0" not in plain(one)
    plain(one).encode()  # no half surrogates
    assert (short(one) == short(two)) == (one == two)


@given(st.text(min_size=1, max_size=20))
def test_long_names_become_short(text):
    assert len(short(text * 400).encode()) <= 150
    assert short(short(text * 400)) != short(text * 400)
