"""The published problems have the minima that they claim."""

from __future__ import annotations

import pytest

from parzen.run.study import Study
from parzen.space.flatten import flatten
from parzen.testing import PROBLEMS, run


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_argmin_attains_the_minimum(problem):
    space = flatten(problem.space)
    assert space.check(problem.argmin) == problem.argmin
    assert problem.loss(space.build(problem.argmin)) == pytest.approx(problem.minimum, abs=1e-9)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_no_random_point_is_below_the_minimum(problem):
    study = run(Study(problem.space, "random", seed=0), lambda t: problem.loss(t.params), 500)
    assert study.history.losses.min() >= problem.minimum


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_no_neighbour_of_the_argmin_is_better(problem):
    """One value moved by a thousandth of its prior, to either side."""
    space = flatten(problem.space)
    for label, value in problem.argmin.items():
        law = space.params[space.index[label]].distribution
        if isinstance(value, int):
            continue
        for step in (-1e-3, 1e-3):
            near = {**problem.argmin, label: law.at(float(law.latent(value)) + step)}
            assert problem.loss(space.build(near)) >= problem.minimum - 1e-12
