"""Hyperopt's module tree over parzen: every import of Hyperopt's works below this package.

Its top-level names are Hyperopt's. The distribution ``parzen-hyperopt`` puts
the same modules under the name ``hyperopt``.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from parzen.documents import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
)
from parzen.domain import Ctrl, Domain, space_eval
from parzen.domain import wants_expression as fmin_pass_expr_memo_ctrl
from parzen.hyperopt import anneal, atpe, base, exceptions, hp, mix, pyll, rand, tpe, utils
from parzen.hyperopt import fmin as _fmin_module
from parzen.search import fmin
from parzen.trials import Trials, trials_from_docs

FMinIter = _fmin_module.FMinIter
__version__ = "0.3.0"  # of Hyperopt, whose interface this is

_LAZY = (
    "criteria",
    "early_stop",
    "graph_viz",
    "grid",
    "ipy",
    "mongoexp",
    "plotting",
    "progress",
    "pyll_utils",
    "rdists",
    "sklearn",
    "spark",
)
_IN_THEM = {"MongoTrials": "mongoexp", "SparkTrials": "spark"}

__all__ = [
    "JOB_STATES",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "Ctrl",
    "Domain",
    "FMinIter",
    "Trials",
    "anneal",
    "atpe",
    "base",
    "exceptions",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "hp",
    "mix",
    "partial",
    "pyll",
    "rand",
    "space_eval",
    "tpe",
    "trials_from_docs",
    "utils",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return import_module(f"{__name__}.{name}")
    if name in _IN_THEM:
        return getattr(import_module(f"{__name__}.{_IN_THEM[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
