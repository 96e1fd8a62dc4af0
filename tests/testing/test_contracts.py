"""The contracts notice what is wrong: each broken implementation fails the fact that it breaks."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from parzen.algorithms.base import Proposal
from parzen.algorithms.random import Random
from parzen.errors import Taken
from parzen.executors.inline import Inline
from parzen.space.distributions.lattice import Numbers
from parzen.space.distributions.normal import Normal
from parzen.space.distributions.uniform import Uniform
from parzen.storage.memory import MemoryStore
from parzen.testing import AlgorithmContract, DistributionContract, ExecutorContract, StoreContract

# Algorithms.


@dataclass(frozen=True)
class Global(Random):
    """Draws from NumPy's global state."""

    def suggest(self, history, ask):
        return Proposal(history.space.point_from(lambda j: float(np.random.random())))


@dataclass(frozen=True)
class Remembering(Random):
    """Keeps something between calls."""

    seen: list = field(default_factory=list)

    def suggest(self, history, ask):
        self.seen.append(1)
        share = len(self.seen) % 7 / 7
        return Proposal(history.space.point_from(lambda j: share))


@dataclass(frozen=True)
class NumPyNumbers(Random):
    """Leaves NumPy's scalars in the point."""

    def suggest(self, history, ask):
        point = super().suggest(history, ask).point
        return Proposal({label: np.float64(value) for label, value in point.items()})


@dataclass(frozen=True)
class Everything(Random):
    """Gives inactive labels a value too."""

    def suggest(self, history, ask):
        return Proposal({p.label: p.distribution.quantile(ask.rng.random()) for p in history.space.params})


@dataclass(frozen=True)
class Dividing(Random):
    """Divides by the spread of the losses."""

    def suggest(self, history, ask):
        losses = history.losses[:, 0][history.status == 2]
        if len(losses) > 5:
            np.mean(losses - losses.mean()) / np.ptp(losses)
        return Random().suggest(history, ask)


@dataclass
class Thawed:
    """Is no frozen dataclass."""

    factor: float = 1.0

    def suggest(self, history, ask):
        return Random().suggest(history, ask)


@pytest.mark.parametrize(
    ("broken", "fact", "arguments"),
    [
        (Global(), "test_replay", ("flat",)),
        (Global(), "test_suggesting_changes_nothing", ("flat",)),
        (Remembering(), "test_replay", ("flat",)),
        (NumPyNumbers(), "test_points_are_legal", ("flat",)),
        (Everything(), "test_points_are_legal", ("conditional",)),
        (Dividing(), "test_it_copes_with_constant_losses", ("flat",)),
        (Dividing(), "test_it_copes_with_huge_losses", ("flat",)),
        (Thawed(), "test_settings_are_a_frozen_dataclass", ()),
    ],
)
def test_a_broken_algorithm_is_noticed(broken, fact, arguments):
    contract = type("Broken", (AlgorithmContract,), {"algorithm": broken})()
    with pytest.raises((AssertionError, FloatingPointError)):
        getattr(contract, fact)(*arguments)


# Distributions. Each says something wrong of itself.


class Shifted(Normal):
    def log_density(self, x):
        return super().log_density(x - 0.3)


class TooHigh(Uniform):
    def log_density(self, x):
        return super().log_density(x) + 0.01


class Half(Uniform):
    def quantile(self, u):
        return super().quantile(u / 2)


class Moved(Uniform):
    def at(self, z):
        return super().at(z) + 0.01


class Descending(Uniform):
    def quantile(self, u):
        return super().quantile(1 - u)


class Scalar(Uniform):
    def quantile(self, u):
        return np.float64(super().quantile(u))


class Forgetful(Numbers):
    def to_json(self):
        return super().to_json() | {"step": 1}


class Narrow(Uniform):
    def contains(self, x):
        return super().contains(x) and x < 0.9


class Wide(Uniform):
    def contains(self, x):
        return True


class Leaky(Numbers):
    def cell(self, x):
        low, high = super().cell(x)
        return low, high - 0.001


@pytest.mark.parametrize(
    ("broken", "fact"),
    [
        (Shifted(0, 1), "test_the_density_is_normalised"),
        (Shifted(0, 1), "test_draws_follow_the_density"),
        (TooHigh(0, 1), "test_the_density_is_normalised"),
        (Half(0, 1), "test_draws_follow_the_density"),
        (Moved(0, 1), "test_quantile_is_the_value_at_its_latent_position"),
        (Descending(0, 1), "test_quantiles_ascend"),
        (Scalar(0, 1), "test_quantiles_are_plain_finite_numbers"),
        (Forgetful(2, 8, step=2), "test_json_brings_it_back"),
        (Narrow(0, 1), "test_it_contains_its_own_values"),
        (Wide(0, 1), "test_it_contains_no_nan_and_nothing_far_outside"),
        (Leaky(1, 9), "test_cells_tile_the_latent_scale"),
        (Leaky(1, 9), "test_the_density_is_normalised"),
    ],
)
def test_a_broken_distribution_is_noticed(broken, fact):
    contract = type("Broken", (DistributionContract,), {"distribution": broken})()
    with pytest.raises(AssertionError):
        getattr(contract, fact)()


# Stores.


class HalfBatches(MemoryStore):
    """Writes a batch up to the event whose key is taken."""

    def append(self, study, events):
        for event in events:
            super().append(study, [event])
        return len(self.read(study, 0))


class Keyless(MemoryStore):
    """Knows no keys."""

    def append(self, study, events):
        self._keys.clear()
        return super().append(study, events)


class Forgotten(MemoryStore):
    """Never writes an outcome."""

    def append(self, study, events):
        return super().append(study, [event for event in events if event.kind != "finished"])


class Generous(MemoryStore):
    """Gives a lease to everybody."""

    def hold(self, *_):
        return True


@pytest.mark.parametrize(
    ("broken", "fact"),
    [
        (HalfBatches(), "test_a_taken_key_fails_the_whole_batch"),
        (HalfBatches(), "test_a_key_may_not_stand_twice_in_a_batch"),
        (Keyless(), "test_a_taken_key_fails_the_whole_batch"),
        (Keyless(), "test_every_kind_of_key_is_guarded"),
        (Forgotten(), "test_every_field_comes_back"),
        (Generous(), "test_a_lease_has_one_owner"),
    ],
)
def test_a_broken_store_is_noticed(broken, fact):
    with pytest.raises((AssertionError, pytest.fail.Exception, IndexError, Taken)):
        getattr(StoreContract(), fact)(broken)


# Executors.


class Twice(Inline):
    def wait(self, seconds=None):
        return super().wait(seconds) * 2


class Late(Inline):
    """Runs what is left when it is shut down."""

    def shutdown(self):
        while self._tasks:
            self.wait()


@pytest.mark.parametrize(
    ("broken", "fact"),
    [(Twice, "test_every_task_comes_back_once"), (Late, "test_shutdown_drops_what_has_not_started")],
)
def test_a_broken_executor_is_noticed(broken, fact, tmp_path):
    contract = type("Broken", (ExecutorContract,), {"make": lambda self: broken()})()
    with pytest.raises(AssertionError):
        getattr(contract, fact)(*([tmp_path] if fact.startswith("test_shutdown_drops") else []))


def test_sound_ones_pass():
    """So that what fails above fails for its fault."""
    type("Sound", (AlgorithmContract,), {"algorithm": Random()})().test_replay("flat")
    contract = type("Sound", (DistributionContract,), {"distribution": Normal(0, 1)})()
    contract.test_draws_follow_the_density()
    assert math.isclose(contract.integral(-8.0, 8.0), 1.0, rel_tol=1e-3)
