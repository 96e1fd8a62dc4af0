"""Real tuning tasks: computed once by training models, served as surrogates. See README.md."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.problems import Problem


def problems(suite: str) -> Mapping[str, Callable[[np.random.Generator], Problem]]:
    """Builders of a suite's tasks by name, in the form of the synthetic problems' builders.

    A builder makes no use of its generator: every seed is the same task. The
    suite "report" ends with those live tasks whose libraries are installed.
    """
    from benchmarks.tasks import live, surrogate

    def build(make: Callable[[str, int], Problem], name: str, _: np.random.Generator) -> Problem:
        return make(name, 0)

    builders = {name: functools.partial(build, surrogate.make, name) for name in surrogate.served(suite)}
    if suite == "report":
        present = (name for name in live.TASKS if not live.missing(name))
        builders.update({name: functools.partial(build, live.make, name) for name in present})
    return builders
