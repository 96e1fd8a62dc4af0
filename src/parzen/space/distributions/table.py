"""All families of distributions, and how one is read back from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parzen.errors import InvalidSpace
from parzen.space.distributions import categorical, lattice, normal, uniform  # noqa: F401  # each enters itself
from parzen.space.distributions.base import FAMILIES, Distribution


def from_json(data: Mapping[str, Any]) -> Distribution:
    """Read a distribution that `Distribution.to_json` wrote.

    Args:
        data: Its ``kind`` names the family.

    Raises:
        InvalidSpace: If the kind is unknown or a field is missing.
    """
    try:
        return FAMILIES[data["kind"]].read(data)
    except KeyError as error:
        raise InvalidSpace(f"unknown distribution in {dict(data)!r}: {error}") from None
