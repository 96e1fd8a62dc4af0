"""``hyperopt.base``: Trials, Domain, Ctrl and the names of states."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from parzen.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    JOB_VALID_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
    idxs_vals,
)
from parzen.domain import Ctrl, Domain
from parzen.errors import InvalidArgument
from parzen.hyperopt import pyll
from parzen.hyperopt.exceptions import (
    AllTrialsFailed,
    BadSearchSpace,
    DuplicateLabel,
    InvalidAnnotatedParameter,
    InvalidLoss,
    InvalidResultStatus,
    InvalidTrial,
)
from parzen.trials import Trials, trials_from_docs

have_bson = False  # documents hold plain Python numbers in any case


def SONify(arg: Any, memo: dict[int, Any] | None = None) -> Any:  # Hyperopt's name
    """A copy of a structure with NumPy's numbers and arrays made plain.

    Args:
        arg: Dicts, lists, tuples, numbers, strings, dates, arrays.
        memo: Accepted.

    Raises:
        TypeError: If a part is of another type.
    """
    del memo
    if isinstance(arg, np.generic):
        return arg.item()
    if isinstance(arg, np.ndarray):
        return SONify(arg.tolist())
    if isinstance(arg, dict):
        return {SONify(key): SONify(value) for key, value in arg.items()}
    if isinstance(arg, (list, tuple)):
        return type(arg)([SONify(item) for item in arg])
    if arg is None or isinstance(arg, (str, bytes, numbers.Number, dt.datetime)):
        return arg
    raise TypeError(f"SONify cannot make a {type(arg).__name__} plain: {arg!r}")


def miscs_to_idxs_vals(
    miscs: Sequence[dict[str, Any]], keys: Iterable[str] | None = None
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Label -> ids and label -> values over misc parts.

    Args:
        miscs: In order.
        keys: The labels; left out, those of the misc parts.

    Raises:
        InvalidTrial: If there are none; a ValueError.
    """
    idxs, vals = idxs_vals(miscs)
    if keys is None:
        return idxs, vals
    wanted = list(keys)
    return {key: idxs.get(key, []) for key in wanted}, {key: vals.get(key, []) for key in wanted}


def miscs_update_idxs_vals(
    miscs: Sequence[dict[str, Any]],
    idxs: dict[str, Sequence[Any]],
    vals: dict[str, Sequence[Any]],
    assert_all_vals_used: bool = True,
    idxs_map: dict[Any, Any] | None = None,
) -> Sequence[dict[str, Any]]:
    """Write ids and values into misc parts, in place; the reverse of `miscs_to_idxs_vals`.

    Args:
        miscs: Misc parts with their ids.
        idxs: Label -> ids.
        vals: Label -> values.
        assert_all_vals_used: Whether an id without a misc part is an error.
        idxs_map: Id in `idxs` -> id of the misc part.

    Raises:
        InvalidTrial: If an id has no misc part; a ValueError.
    """
    renamed = idxs_map or {}
    by_id = {misc["tid"]: misc for misc in miscs}
    for misc in miscs:
        misc["idxs"] = {label: [] for label in idxs}
        misc["vals"] = {label: [] for label in idxs}
    for label, ids in idxs.items():
        for tid, value in zip(ids, vals[label], strict=True):
            found = by_id.get(renamed.get(tid, tid))
            if found is not None:
                found["idxs"][label] = [renamed.get(tid, tid)]
                found["vals"][label] = [value]
            elif assert_all_vals_used:
                raise InvalidTrial(f"no misc part has the tid {tid!r}")
    return miscs


def spec_from_misc(misc: dict[str, Any]) -> dict[str, Any]:
    """Label -> value of a misc part, active labels only."""
    return {label: values[0] for label, values in misc["vals"].items() if len(values)}


def validate_timeout(timeout: Any) -> None:
    """Check a timeout: None or a positive number.

    Args:
        timeout: In seconds.

    Raises:
        InvalidArgument: If it is neither.
    """
    if timeout is not None and (not _is_number(timeout) or timeout <= 0):
        raise InvalidArgument(
            f"The timeout argument should be None or a positive value. Given value: {timeout}"
        )


def validate_loss_threshold(loss_threshold: Any) -> None:
    """Check a loss threshold: None or a number.

    Args:
        loss_threshold: A loss.

    Raises:
        InvalidArgument: If it is neither.
    """
    if loss_threshold is not None and not _is_number(loss_threshold):
        raise InvalidArgument(
            f"The loss_threshold argument should be None or a numeric value. Given value: {loss_threshold}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and not np.isnan(value)


__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "JOB_VALID_STATES",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "TRIAL_KEYS",
    "TRIAL_MISC_KEYS",
    "AllTrialsFailed",
    "BadSearchSpace",
    "Ctrl",
    "Domain",
    "DuplicateLabel",
    "InvalidAnnotatedParameter",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidTrial",
    "SONify",
    "Trials",
    "have_bson",
    "miscs_to_idxs_vals",
    "miscs_update_idxs_vals",
    "pyll",
    "spec_from_misc",
    "trials_from_docs",
    "validate_loss_threshold",
    "validate_timeout",
]
