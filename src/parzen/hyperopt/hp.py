"""``hyperopt.hp``: the words of a space."""

from typing import TYPE_CHECKING

from parzen.space.hp import (
    choice,
    float,  # noqa: A004  # the new word
    int,  # noqa: A004  # the new word
    lognormal,
    loguniform,
    normal,
    ordinal,
    pchoice,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
    uniformint,
)

__all__ = [
    "choice",
    "float",
    "int",
    "lognormal",
    "loguniform",
    "normal",
    "ordinal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]

if not TYPE_CHECKING:  # a checker knows the names above

    def __getattr__(name):
        from parzen.space import hp

        return getattr(hp, name)  # which says what was meant
