"""Distributions are read back from JSON by their kind."""

from __future__ import annotations

import pytest

from parzen.errors import InvalidSpace
from parzen.space.distributions.table import from_json


@pytest.mark.parametrize(
    "data", [{}, {"kind": "triangular"}, {"kind": "uniform", "low": 0}, {"kind": "categorical"}]
)
def test_what_cannot_be_read_is_an_invalid_space(data):
    with pytest.raises(InvalidSpace, match="unknown distribution"):
        from_json(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (
            {"kind": "uniform", "low": -1, "high": 1, "log": False, "step": None, "bounds": None},
            "uniform(-1, 1)",
        ),
        ({"kind": "normal", "mu": 0, "sigma": 1, "log": False, "step": None}, "normal(0, 1)"),
        (
            {"kind": "lattice", "low": 1, "high": 8, "log": True, "step": 1, "word": "int"},
            "int(1, 8, log=True)",
        ),
        ({"kind": "categorical", "weights": [0.5, 0.5]}, "choice of 2"),
    ],
)
def test_files_of_version_1_stay_readable(data, text):
    assert from_json(data).describe() == text
