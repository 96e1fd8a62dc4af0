"""Published contracts: what every distribution, algorithm, store and executor must do.

Subclass one in a test file, name your implementation, and pytest runs it:

    class TestMine(AlgorithmContract):
        algorithm = Mine()

Beside the contracts there are `problems` with known minima, `searches` with
what the contracts share, and `strategies` for Hypothesis; the last is not
imported here, so the contracts need pytest only.
"""

from __future__ import annotations

from parzen.errors import MissingDependency

try:
    import pytest
except ImportError as error:
    raise MissingDependency("parzen.testing needs pytest", hint="pip install 'parzen[test]'") from error

# Before the modules are imported: failed asserts in them then show their values.
pytest.register_assert_rewrite(
    "parzen.testing.algorithms",
    "parzen.testing.distributions",
    "parzen.testing.durability",
    "parzen.testing.executors",
    "parzen.testing.pruners",
    "parzen.testing.stores",
)

from parzen.testing.algorithms import AlgorithmContract  # noqa: E402  # see above
from parzen.testing.distributions import DistributionContract  # noqa: E402
from parzen.testing.executors import ExecutorContract  # noqa: E402
from parzen.testing.problems import PROBLEMS, Problem  # noqa: E402
from parzen.testing.pruners import PrunerContract  # noqa: E402
from parzen.testing.searches import canonical, digest, resume, run, scripted  # noqa: E402
from parzen.testing.stores import StoreContract  # noqa: E402

__all__ = [
    "PROBLEMS",
    "AlgorithmContract",
    "DistributionContract",
    "ExecutorContract",
    "Problem",
    "PrunerContract",
    "StoreContract",
    "canonical",
    "digest",
    "resume",
    "run",
    "scripted",
]
