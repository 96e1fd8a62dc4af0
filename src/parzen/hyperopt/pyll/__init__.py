"""``hyperopt.pyll``: expressions."""

from parzen.domain import rec_eval
from parzen.hyperopt.pyll import base, stochastic
from parzen.hyperopt.pyll.base import clone, clone_merge, toposort
from parzen.space import operations as _operations  # noqa: F401  # fills the table that `scope` reads
from parzen.space.expr import Apply, Literal, as_apply, dfs, scope

__all__ = [
    "Apply",
    "Literal",
    "as_apply",
    "base",
    "clone",
    "clone_merge",
    "dfs",
    "rec_eval",
    "scope",
    "stochastic",
    "toposort",
]
