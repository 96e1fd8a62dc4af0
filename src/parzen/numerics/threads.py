"""Linear algebra on one thread, so that results do not depend on the number of cores.

The matrices here are small: with more threads they take longer, far longer
where other processes use the cores too, and their last bits differ.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _controller() -> Any:
    # Only libraries that are loaded are found, and SciPy brings one beside NumPy's.
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_thread() -> AbstractContextManager[Any]:
    """While it is entered, NumPy's and SciPy's linear algebra uses one thread in this process."""
    limits: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limits
