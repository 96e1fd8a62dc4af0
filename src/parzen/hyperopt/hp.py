"""``hyperopt.hp``: the words of a space, with a suggestion for a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from parzen.errors import did_you_mean
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

    def __getattr__(name: str) -> NoReturn:
        raise AttributeError(
            f"hp has no word {name!r}.{did_you_mean(name, __all__)} It has: {', '.join(__all__)}"
        )
