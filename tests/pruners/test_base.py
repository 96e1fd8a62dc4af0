"""The table of pruners' names."""

from __future__ import annotations

import pytest

from parzen.errors import InvalidArgument
from parzen.pruners.asha import Asha
from parzen.pruners.base import NAMES, Pruner, describe, named
from parzen.pruners.median import Median


def test_a_name_stands_for_default_settings():
    assert named("median") == Median()
    assert named("asha") == Asha()
    for name in NAMES:
        assert isinstance(named(name), Pruner)


def test_a_misspelt_name_is_recognised():
    with pytest.raises(InvalidArgument, match=r"unknown pruner 'medain'. Did you mean 'median'\?.*asha"):
        named("medain")


def test_name_and_settings_are_described():
    assert describe(Median(warmup=2)) == {
        "name": "parzen.pruners.median:Median",
        "settings": {"startup": 5, "warmup": 2, "every": 1, "least": 1},
    }
