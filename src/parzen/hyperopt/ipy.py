"""``hyperopt.ipy``: a name without a use, since the IPython.parallel it needs is gone."""

from __future__ import annotations

from typing import Any

from parzen.errors import MissingDependency


class IPythonTrials:
    """Raises when it is made.

    Args:
        client: Ignored.
        kwargs: Ignored.

    Raises:
        MissingDependency: Always; an ImportError.
    """

    def __init__(self, client: Any = None, **kwargs: Any) -> None:
        raise MissingDependency(
            "IPythonTrials needs IPython.parallel, which IPython dropped in 2015",
            hint="use Trials, and run the search in one process",
        )


__all__ = ["IPythonTrials"]
