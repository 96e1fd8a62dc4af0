"""Grid search keeps the contract and proposes each point exactly once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from parzen.algorithms.base import Ask
from parzen.algorithms.grid import Grid, permuted
from parzen.errors import InvalidArgument, SearchExhausted
from parzen.rng import stream
from parzen.run.study import Study
from parzen.space import hp
from parzen.space.flatten import flatten
from parzen.testing import AlgorithmContract, digest, resume, run


class TestGrid(AlgorithmContract):
    algorithm = Grid()


class TestGridInOrder(AlgorithmContract):
    algorithm = Grid(steps=3, shuffle=False)

    def test_another_seed_gives_other_points(self):
        """Here it must not: the plain order is one for all seeds."""
        history = Study({"x": hp.uniform("x", 0, 1)}, seed=0).history
        points = [self.algorithm.suggest(history, Ask(1, seed)).point for seed in range(5)]
        assert points == [points[0]] * 5


def conditional():
    """3 + 2 * 4 + 5 points with three steps of everything searched."""
    return {
        "model": hp.choice(
            "model",
            [
                {"slope": hp.uniform("slope", 0, 1)},
                {"kind": hp.choice("kind", ["a", "b"]), "depth": hp.int(1, 4, label="depth")},
                hp.ordinal(list("vwxyz"), label="letter"),
            ],
        )
    }


def all_points(grid, space, seed=0):
    study = run(Study(space, grid, seed=seed), lambda t: 0.0, 10_000)
    return [trial.point for trial in study.trials]


def keys(points):
    return [tuple(sorted(point.items())) for point in points]


@pytest.mark.parametrize("shuffle", [True, False])
def test_a_conditional_grid_has_each_point_once(shuffle):
    grid = Grid(steps={"slope": 3}, shuffle=shuffle)
    points = keys(all_points(grid, conditional()))
    expected = [{"model": 0, "slope": x} for x in (0.0, 0.5, 1.0)]
    expected += [{"model": 1, "kind": k, "depth": d} for k in (0, 1) for d in (1, 2, 3, 4)]
    expected += [{"model": 2, "letter": k} for k in range(5)]
    assert len(points) == 16 == grid.size(flatten(conditional()))
    assert sorted(points) == sorted(keys(expected))


def test_the_plain_order_varies_the_last_label_fastest():
    space = [hp.choice("a", ["x", "y"]), hp.choice("b", ["x", "y", "z"])]
    points = all_points(Grid(shuffle=False), space)
    assert [(p["a"], p["b"]) for p in points] == [(i, j) for i in range(2) for j in range(3)]


def test_shuffling_depends_on_the_seed_alone():
    one, two = (all_points(Grid(), conditional(), seed) for seed in (1, 2))
    assert one == all_points(Grid(), conditional(), 1)
    assert one != two
    assert sorted(keys(one)) == sorted(keys(two))


@pytest.mark.parametrize("cut", [0, 1, 7, 15, 16])
def test_an_interrupted_grid_goes_on_where_it_was(cut):
    whole = run(Study(conditional(), Grid(), seed=5), lambda t: 1.0, 99)
    part = run(Study(conditional(), Grid(), seed=5), lambda t: 1.0, cut)
    again = Study.from_events(part.events(), conditional())
    assert digest(resume(again, lambda t: 1.0, 99)) == digest(whole)


def test_points_of_the_users_come_on_top():
    """An enqueued point takes no place of the grid's."""
    study = Study(conditional(), Grid(), seed=0)
    study.enqueue({"model": 0, "slope": 0.123})
    run(study, lambda t: 0.0, 5)
    study.enqueue({"model": 2, "letter": 4})
    run(study, lambda t: 0.0, 99)
    points = keys(t.point for t in study.trials)
    own = keys(all_points(Grid(), conditional()))
    assert len(points) == len(own) + 2
    assert set(own) <= set(points)


def test_a_used_up_grid_opens_no_trial():
    """So no trial stays without a point for ever."""
    study = run(Study(conditional(), Grid(), seed=0), lambda t: 0.0, 99)
    with pytest.raises(SearchExhausted, match=str(len(study.trials))):
        study.ask()
    assert all(trial.point is not None for trial in study.trials)


def test_asking_beyond_the_grid_says_how_many_points_it_has():
    history = Study([hp.choice("a", ["x", "y"])], seed=0).history
    with pytest.raises(SearchExhausted, match="2 points"):
        Grid().suggest(history, Ask(2, 0))


def test_a_space_without_hyperparameters_has_one_point():
    assert all_points(Grid(), {"constant": 1}) == [{}]


def test_steps_reach_both_ends_of_bounded_laws():
    space = {
        "u": hp.uniform("u", -1, 3),
        "l": hp.float(1e-4, 1.0, log=True),
        "n": hp.int(1, 100),
        "r": hp.randint("r", 2**40),
    }
    values = dict(zip(flatten(space).index, Grid(steps=5).values(flatten(space))))
    assert values["u"] == [-1.0, 0.0, 1.0, 2.0, 3.0]
    np.testing.assert_allclose(values["l"], [1e-4, 1e-3, 1e-2, 1e-1, 1.0], rtol=1e-12)
    assert (values["n"][0], values["n"][-1], len(values["n"])) == (1, 100, 5)
    assert (values["r"][0], values["r"][-1], len(values["r"])) == (0, 2**40 - 1, 5)


def test_unbounded_laws_are_divided_by_their_quantiles():
    """The middles of five equal shares of a standard normal."""
    (values,) = Grid(steps=5).values(flatten(hp.normal("z", 0, 1)))
    # scipy 1.17.1: norm.ppf([0.1, 0.3, 0.5, 0.7, 0.9])
    expected = [-1.2815515655446004, -0.5244005127080409, 0.0, 0.5244005127080407, 1.2815515655446004]
    np.testing.assert_allclose(values, expected, atol=1e-12)


def test_few_steps_of_few_values_are_all_of_them():
    """No value twice where a law has fewer than there are steps."""
    (values,) = Grid(steps=9).values(flatten(hp.quniform("q", 0, 2, 1)))
    assert values == [0.0, 1.0, 2.0]


def test_one_step_is_the_median():
    assert Grid(steps=1).values(flatten([hp.uniform("x", 0, 4), hp.int(1, 101)])) == [[2.0], [51]]


def test_a_mapping_gives_its_labels_their_steps_and_others_five():
    space = flatten([hp.uniform("a", 0, 1), hp.uniform("b", 0, 1)])
    assert [len(values) for values in Grid(steps={"b": 2}).values(space)] == [5, 2]


def test_an_unknown_label_in_steps_is_named():
    with pytest.raises(InvalidArgument, match="Did you mean 'rate'"):
        Grid(steps={"rato": 3}).size(flatten(hp.uniform("rate", 0, 1)))


@pytest.mark.parametrize("steps", [0, -1, 2.5, {"x": 0}, "5"])
def test_wrong_steps_are_refused(steps):
    with pytest.raises(InvalidArgument):
        Grid(steps=steps)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 16, 17, 100, 257, 1000])
def test_permuted_is_a_permutation(n):
    images = [permuted(i, n, stream(1, 0, "study/grid")) for i in range(n)]
    assert sorted(images) == list(range(n))


def test_permuted_does_not_need_the_permutation():
    """2**60 elements would not fit into memory."""
    images = {permuted(i, 2**60, stream(1, 0, "study/grid")) for i in range(100)}
    assert len(images) == 100
    assert max(images) > 2**59


def test_a_part_of_a_shuffled_grid_is_spread_over_it():
    """Of 32 x 32 points the first 128 fall into all quarters, each within six standard deviations of 32."""
    grid = Grid(steps=32)
    study = run(Study([hp.uniform("a", 0, 1), hp.uniform("b", 0, 1)], grid, seed=3), lambda t: 0.0, 128)
    quarters = np.bincount([2 * (t.point["a"] > 0.5) + (t.point["b"] > 0.5) for t in study.trials])
    assert (np.abs(quarters - 32) < 6 * math.sqrt(128 * 3 / 16)).all()
