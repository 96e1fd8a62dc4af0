"""What every algorithm must do.

A suggestion is a pure function of the history's view and of the ask. The
contract runs searches with scripted outcomes and asks again: from the log cut
at the trial's `opened` event, from views that have become old, and twice.
"""

from __future__ import annotations

import dataclasses
import json
import math
import pickle
import tracemalloc
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest

from parzen.algorithms.base import Algorithm, Ask, Proposal, describe, size
from parzen.history.events import Event, Opened, Suggested, plain
from parzen.history.history import History
from parzen.history.ledger import fold_all
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.space.space import Space
from parzen.testing.searches import Script, canonical, run, scripted

SEED = 11
TRIALS = 45  # beyond the start-up phase of all algorithms there are


def _flat() -> Any:
    return {"x": hp.uniform("x", -5, 5), "y": hp.loguniform("y", -7, -1), "z": hp.normal("z", 0, 2)}


def _mixed() -> Any:
    return {
        "x": hp.uniform("x", -5, 5),
        "rate": hp.float(1e-5, 1.0, log=True),
        "width": hp.int(1, 500, log=True),
        "layers": hp.int(1, 4),
        "share": hp.float(0.0, 1.0, step=0.25),
        "size": hp.ordinal(["s", "m", "l"]),
        "kind": hp.choice("kind", ["a", "b", "c"]),
        "likely": hp.pchoice("likely", [(0.7, "a"), (0.2, "b"), (0.1, "c")]),
        "depth": hp.quniform("depth", 1, 12, 1),
        "many": hp.qloguniform("many", 0, 5, 1),
        "spread": hp.qlognormal("spread", 0, 1, 0.5),
        "shift": hp.qnormal("shift", 0, 5, 2),
        "seed": hp.randint("seed", 1000),
        "whole": hp.uniformint("whole", 0, 100),
    }


def _conditional() -> Any:
    shared = hp.uniform("shared", 0, 1)
    return {
        "model": hp.choice(
            "model",
            [
                {"kind": "plain"},
                {"kind": "linear", "slope": hp.normal("slope", 0, 1), "shared": shared},
                {
                    "kind": "tree",
                    "depth": hp.int(1, 30, label="depth"),
                    "shared": shared,
                    "split": hp.choice("split", ["best", {"share": hp.loguniform("share", -4, -1)}]),
                },
            ],
        ),
        "scale": hp.choice("scale", [True, False]),
    }


def _finite() -> Any:
    return {"a": hp.choice("a", [{"n": hp.randint("n", 3)}, "x"]), "b": hp.quniform("b", 0, 2, 1)}


SPACES: dict[str, Any] = {
    "flat": _flat,
    "mixed": _mixed,
    "conditional": _conditional,
    "finite": _finite,
    "one hyperparameter": lambda: {"x": hp.uniform("x", 0, 1)},
    "none at all": dict,
}


@cache
def example_space(name: str) -> Space:
    """One of the contract's spaces, flattened once.

    Args:
        name: A key of `SPACES`.
    """
    return flatten(SPACES[name]())


@contextmanager
def strict() -> Iterator[None]:
    """NumPy's floating point errors and all warnings raise."""
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        yield


class AlgorithmContract:
    """Subclass it and set `algorithm`."""

    algorithm: ClassVar[Algorithm]

    def study(self, space: Any) -> Study:
        """A new study with the algorithm.

        Args:
            space: As a user writes it, or flattened.
        """
        return Study(space, self.algorithm, seed=SEED)

    def searched(self, space: str) -> Study:
        """A study after a search with a smooth loss and with failed, running and NaN trials.

        Made once for each class, since many tests look at it and none changes it.

        Args:
            space: A key of `SPACES`.
        """
        made = type(self).__dict__.get("_searched")
        if made is None:
            made = {}
            setattr(type(self), "_searched", made)  # noqa: B010  # a cache of the subclass, not of the contract
        if space not in made:
            made[space] = self.search(space, scripted(failing=0.15, nan=0.1, hanging=0.1))
        found: Study = made[space]
        return found

    def search(self, space: str, script: Script) -> Study:
        """A study after `TRIALS` trials, or as many as a grid has.

        Args:
            space: A key of `SPACES`.
            script: What becomes of each trial.
        """
        with strict():
            return run(self.study(example_space(space)), script, TRIALS)

    def check(self, study: Study) -> None:
        """All points of a study are legal.

        Args:
            study: After a search.
        """
        for trial in study.trials:
            assert trial.point is not None
            assert study.space.check(trial.point) == trial.point
            assert {type(value) for value in trial.point.values()} <= {int, float}
            study.space.build(trial.point)

    @pytest.mark.parametrize("space", list(SPACES))
    def test_points_are_legal(self, space: str) -> None:
        """Active labels only, values inside their ranges, plain Python numbers."""
        study = self.searched(space)
        assert len(study.trials) == min(TRIALS, size(self.algorithm, study.space))
        self.check(study)

    @pytest.mark.parametrize("space", list(SPACES))
    def test_notes_are_json(self, space: str) -> None:
        """They are kept in the log."""
        for trial in self.searched(space).trials:
            assert plain(trial.note) == json.loads(json.dumps(dict(trial.note), allow_nan=False))

    @pytest.mark.parametrize("space", list(SPACES))
    def test_replay(self, space: str) -> None:
        """Every suggestion is recomputed from the seed and the log up to its `opened` event.

        The search folded its log bit by bit, and the replay folds it afresh:
        derived state equals the computation from scratch, bit for bit.
        """
        study = self.searched(space)
        log = study.events()
        stored = {event.number: event for event in log if isinstance(event, Suggested)}
        for end, number in _opened(log):
            history = fold_all(log[:end], study.space).history()
            proposal = self.algorithm.suggest(history, Ask(number, SEED))
            _assert_same(proposal, stored[number])

    @pytest.mark.parametrize("space", ["flat", "conditional", "finite"])
    def test_old_views_give_the_same_suggestions(self, space: str) -> None:
        """A view does not change while the study goes on, and its derived state does not either."""
        study, script = self.study(example_space(space)), scripted(failing=0.15, nan=0.1, hanging=0.1)
        views: list[History] = []
        for _ in range(int(min(TRIALS, size(self.algorithm, study.space)))):
            trial = study.suggest_for(study.next_number())
            views.append(study.history)  # this view knows the point as running
            study.claim(trial)
            outcome = script(trial)
            if outcome is not None:
                study.tell(trial, outcome)
        log = study.events()
        for number, view in list(enumerate(views))[::5]:
            fresh = fold_all(log[: view.head], study.space).history()
            if number + 1 < size(self.algorithm, study.space):
                old = self.algorithm.suggest(view, Ask(number + 1, SEED))
                new = self.algorithm.suggest(fresh, Ask(number + 1, SEED))
                assert (dict(old.point), dict(old.note)) == (dict(new.point), dict(new.note))

    def test_a_history_read_from_json_gives_the_same_suggestion(self) -> None:
        """A space without its expression is enough to search in."""
        study = self.searched("conditional")
        assert study.ledger.created is not None
        there = Space.from_json(json.loads(json.dumps(study.space.to_json())))
        log = study.events()
        for end, number in _opened(log)[::7]:
            here = self.algorithm.suggest(fold_all(log[:end], study.space).history(), Ask(number, SEED))
            away = self.algorithm.suggest(fold_all(log[:end], there).history(), Ask(number, SEED))
            assert dict(here.point) == dict(away.point)

    @pytest.mark.parametrize("space", ["flat", "mixed", "conditional"])
    def test_suggesting_changes_nothing(self, space: str) -> None:
        """Not the history, not the settings, not NumPy's global state; so asking twice gives one answer."""
        study = self.searched(space)
        number = len(study.trials)
        if size(self.algorithm, study.space) <= number:
            return
        history = study.history
        before = [history.values.tobytes(), history.losses.tobytes(), history.status.tobytes()]
        settings, trials = pickle.dumps(self.algorithm), canonical(study.trials)
        legacy = _global_state()
        first = self.algorithm.suggest(history, Ask(number, SEED))
        second = self.algorithm.suggest(history, Ask(number, SEED))
        assert (dict(first.point), dict(first.note)) == (dict(second.point), dict(second.note))
        history = study.history
        assert [history.values.tobytes(), history.losses.tobytes(), history.status.tobytes()] == before
        assert canonical(study.trials) == trials
        assert pickle.dumps(self.algorithm) == settings
        assert _global_state() == legacy

    def test_another_seed_gives_other_points(self) -> None:
        """Only an algorithm without randomness may ignore it; such a one overrides this test."""
        space = example_space("flat")
        history = Study(space, seed=0).history
        # Number 0 may be the middle of the prior, whatever the seed.
        points = [dict(self.algorithm.suggest(history, Ask(1, seed)).point) for seed in range(10)]
        assert any(point != points[0] for point in points)

    def test_settings_are_a_frozen_dataclass(self) -> None:
        """Equal settings are equal, pickle, and cannot be assigned to."""
        algorithm: Any = self.algorithm
        parameters: Any = getattr(algorithm, "__dataclass_params__", None)
        assert parameters is not None
        assert parameters.frozen
        assert pickle.loads(pickle.dumps(algorithm)) == algorithm
        names = [field.name for field in dataclasses.fields(algorithm)] or ["anything"]
        with pytest.raises((AttributeError, TypeError)):
            setattr(algorithm, names[0], None)

    def test_the_log_can_describe_it(self) -> None:
        """Name and settings are JSON."""
        described = describe(self.algorithm)
        assert json.loads(json.dumps(described, allow_nan=False)) == plain(described)

    @pytest.mark.parametrize("space", ["flat", "mixed", "conditional"])
    def test_it_copes_with_failures_alone(self, space: str) -> None:
        """Where every trial raises, points stay legal."""
        self.check(self.search(space, lambda _: RuntimeError("no")))

    @pytest.mark.parametrize("space", ["flat", "mixed", "conditional"])
    def test_it_copes_with_running_trials_alone(self, space: str) -> None:
        """Many workers ask before the first has an answer."""
        self.check(self.search(space, lambda _: None))

    @pytest.mark.parametrize("space", ["flat", "mixed", "conditional"])
    def test_it_copes_with_constant_losses(self, space: str) -> None:
        """There is nothing to learn, and nothing breaks."""
        self.check(self.search(space, lambda _: 1.5))

    @pytest.mark.parametrize("space", ["flat", "mixed", "conditional"])
    def test_it_copes_with_huge_losses(self, space: str) -> None:
        """Infinities of both signs, 1e300 and denormal numbers are losses like others."""
        losses = [math.inf, 1e300, 5e-324, -1e300, 0.0, -math.inf, -0.0, 1.7e308]
        self.check(self.search(space, lambda trial: losses[trial.number % 8]))

    def test_it_copes_with_equal_points(self) -> None:
        """The user may have one point tried again and again."""
        study = self.study(example_space("conditional"))
        for _ in range(25):
            study.enqueue({"model": 1, "slope": 0.5, "shared": 0.25, "scale": 0})
        with strict():
            run(study, lambda trial: float(trial.number % 3), 35)
        self.check(study)

    def test_it_copes_with_values_at_the_ends(self) -> None:
        """Bounds are legal values."""
        study = self.study({"x": hp.uniform("x", 0, 1), "n": hp.int(1, 9), "r": hp.float(1e-8, 1, log=True)})
        for i in range(24):
            study.enqueue({"x": float(i % 2), "n": 9 if i % 3 else 1, "r": 1.0 if i % 5 else 1e-8})
        with strict():
            run(study, scripted(), TRIALS)
        self.check(study)

    def test_a_large_range_is_never_enumerated(self) -> None:
        """A randint over 2**31 values takes no more memory than a uniform: under 4 MB."""
        space = flatten({"n": hp.randint("n", 2**31), "m": hp.int(1, 2**40, log=True)})
        study = run(self.study(space), lambda trial: float(trial.number % 7), 24)
        if size(self.algorithm, space) <= 24:
            return
        tracemalloc.start()
        try:
            trial = study.ask()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert trial.point is not None
        assert peak < 4e6


def _global_state() -> bytes:
    return pickle.dumps(np.random.get_state())  # noqa: NPY002  # to see that nobody touches it


def _opened(log: list[Event]) -> list[tuple[int, int]]:
    """For each `opened` event its place in the log, counted from 1, and the trial's number."""
    return [(i + 1, event.number) for i, event in enumerate(log) if isinstance(event, Opened)]


def _assert_same(proposal: Proposal, stored: Suggested) -> None:
    def exact(values: Mapping[str, Any]) -> str:
        return json.dumps(plain(values), sort_keys=True)  # repr of floats is exact

    assert exact(proposal.point) == exact(stored.point)
    assert exact(proposal.note) == exact(stored.note)
    assert proposal.budget == stored.budget
