"""parzen: hyperparameter search that speaks Hyperopt's language.

The names below are all there is; anything else may change. Heavy parts are
loaded when they are first used. So are the public modules below this one, such
as `parzen.plots`, which need no import of their own.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from functools import partial as partial

    from parzen import errors as errors
    from parzen.algorithms.auto import Auto as Auto
    from parzen.algorithms.gp import GP as GP
    from parzen.algorithms.tpe import TPE as TPE
    from parzen.best import Best as Best
    from parzen.documents import JOB_STATE_CANCEL as JOB_STATE_CANCEL
    from parzen.documents import JOB_STATE_DONE as JOB_STATE_DONE
    from parzen.documents import JOB_STATE_ERROR as JOB_STATE_ERROR
    from parzen.documents import JOB_STATE_NEW as JOB_STATE_NEW
    from parzen.documents import JOB_STATE_RUNNING as JOB_STATE_RUNNING
    from parzen.documents import JOB_STATES as JOB_STATES
    from parzen.documents import STATUS_FAIL as STATUS_FAIL
    from parzen.documents import STATUS_NEW as STATUS_NEW
    from parzen.documents import STATUS_OK as STATUS_OK
    from parzen.documents import STATUS_RUNNING as STATUS_RUNNING
    from parzen.documents import STATUS_STRINGS as STATUS_STRINGS
    from parzen.documents import STATUS_SUSPENDED as STATUS_SUSPENDED
    from parzen.domain import Ctrl as Ctrl
    from parzen.domain import Domain as Domain
    from parzen.domain import space_eval as space_eval
    from parzen.domain import wants_expression
    from parzen.early_stop import no_progress_loss as no_progress_loss
    from parzen.errors import Pruned as Pruned
    from parzen.executors.processes import Processes as Processes
    from parzen.executors.threads import Threads as Threads
    from parzen.hyperopt import anneal as anneal
    from parzen.hyperopt import atpe as atpe
    from parzen.hyperopt import auto as auto
    from parzen.hyperopt import gp as gp
    from parzen.hyperopt import grid as grid
    from parzen.hyperopt import mix as mix
    from parzen.hyperopt import pyll as pyll
    from parzen.hyperopt import rand as rand
    from parzen.hyperopt import tpe as tpe
    from parzen.pruners.asha import Asha as Asha
    from parzen.pruners.median import Median as Median
    from parzen.run.study import Study as Study
    from parzen.save import load_trials as load_trials
    from parzen.search import fmin as fmin
    from parzen.space import hp as hp
    from parzen.space.expr import scope as scope
    from parzen.space.space import Space as Space
    from parzen.storage.base import open_store as open_store
    from parzen.trials import Trials as Trials
    from parzen.trials import trials_from_docs as trials_from_docs

__version__ = "0.1.0"

if TYPE_CHECKING:
    fmin_pass_expr_memo_ctrl = wants_expression

_WHERE = {
    "Auto": "parzen.algorithms.auto",
    "GP": "parzen.algorithms.gp",
    "Asha": "parzen.pruners.asha",
    "Median": "parzen.pruners.median",
    "Processes": "parzen.executors.processes",
    "Pruned": "parzen.errors",
    "Threads": "parzen.executors.threads",
    "open_store": "parzen.storage.base",
    "Best": "parzen.best",
    "Ctrl": "parzen.domain",
    "Domain": "parzen.domain",
    "Space": "parzen.space.space",
    "Study": "parzen.run.study",
    "TPE": "parzen.algorithms.tpe",
    "Trials": "parzen.search",
    "anneal": "parzen.hyperopt.anneal:",
    "atpe": "parzen.hyperopt.atpe:",
    "auto": "parzen.hyperopt.auto:",
    "gp": "parzen.hyperopt.gp:",
    "errors": "parzen.errors:",
    "fmin": "parzen.search",
    "fmin_pass_expr_memo_ctrl": "parzen.domain:wants_expression",
    "grid": "parzen.hyperopt.grid:",
    "hp": "parzen.space.hp:",
    "load_trials": "parzen.save",
    "mix": "parzen.hyperopt.mix:",
    "no_progress_loss": "parzen.early_stop",
    "partial": "functools",
    "pyll": "parzen.hyperopt.pyll:",
    "rand": "parzen.hyperopt.rand:",
    "scope": "parzen.space.hp:scope",
    "space_eval": "parzen.domain",
    "tpe": "parzen.hyperopt.tpe:",
    "trials_from_docs": "parzen.trials",
    **dict.fromkeys(
        [
            "JOB_STATES",
            "JOB_STATE_CANCEL",
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
        ],
        "parzen.documents",
    ),
}

_MODULES = ("formats", "hyperopt", "insight", "loggers", "plots", "sklearn", "testing")

__all__ = ["__version__", *sorted(_WHERE)]  # noqa: PLE0604  # strings, from the table above


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"parzen.{name}")  # which sets the attribute, too
    where = _WHERE.get(name)
    if where is None:
        from parzen.errors import did_you_mean

        known = [*_WHERE, *_MODULES]
        raise AttributeError(f"module 'parzen' has no attribute {name!r}.{did_you_mean(name, known)}")
    module_name, colon, attribute = where.partition(":")
    module = import_module(module_name)
    value = module if colon and not attribute else getattr(module, attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
