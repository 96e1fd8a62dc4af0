"""The worker's side: build the value, call the objective, turn what it returns into an Outcome."""

from __future__ import annotations

import inspect
import math
import os
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from parzen.errors import (
    InvalidArgument,
    InvalidLoss,
    InvalidObjectiveResult,
    InvalidResultStatus,
    Pruned,
    ResultWarning,
    did_you_mean,
    warn,
)
from parzen.executors.base import Channel, Outcome, Task
from parzen.run.context import TrialContext
from parzen.space.expr import Bundle
from parzen.space.space import Space

STATUSES = ("new", "running", "suspended", "ok", "fail")
_HERE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_NOT_METRICS = frozenset({"loss", "status"})


class Objective:
    """The user's function and how to call it.

    With exactly one required parameter it gets the point, always. A second
    one named ``trial`` that is no key of the space gets the `TrialContext`.
    With two or more others they get the top-level keys of the point.

    Args:
        fn: The function.
        space: The space it is searched over.
        maximize: Whether it returns values to make large.

    Raises:
        InvalidArgument: If it cannot be called, or no call can fit its parameters to the space.
    """

    def __init__(self, fn: Callable[..., Any], space: Space, maximize: bool = False) -> None:
        if not callable(fn):
            swapped = getattr(space.expr, "obj", None)  # a function as the space is a constant
            if callable(swapped):
                raise InvalidArgument(
                    f"fn must be a function and space a space; got them the other way round: fn={fn!r}",
                    hint=f"write fmin({getattr(swapped, '__name__', 'fn')}, space, ...)",
                )
            raise InvalidArgument(f"fn must be a function; got {fn!r}")
        self.fn = fn
        self.sign = -1.0 if maximize else 1.0
        keys = _top_level(space)
        required, optional, takes_any = _parameters(fn)
        self.wants_context = "trial" in (*required, *optional[:1]) and "trial" not in keys
        if self.wants_context:
            required = [name for name in required if name != "trial"]
        self.by_keyword = len(required) >= 2
        self.keys = keys
        if self.by_keyword:
            self._check_keywords(required, optional, takes_any, keys)
        else:
            self._check_point()

    def _check_point(self) -> None:
        try:
            signature = inspect.signature(self.fn)
        except (TypeError, ValueError):  # builtins without a signature
            return
        try:
            signature.bind({}, **({"trial": None} if self.wants_context else {}))
        except TypeError:
            name = str(getattr(self.fn, "__name__", ""))
            name = name if name.isidentifier() else "objective"
            raise InvalidArgument(
                f"objective {self.where()} has no parameter that takes the point",
                hint=f"write it as def {name}(params): ...",
            ) from None

    def _check_keywords(
        self, required: list[str], optional: list[str], takes_any: bool, keys: list[str]
    ) -> None:
        where = self.where()
        for name in required:
            if name not in keys:
                raise InvalidArgument(
                    f"objective {where} has the parameter {name!r}, but the space has no such key."
                    f"{did_you_mean(name, keys)} Its keys are {keys}",
                    hint="give the objective one parameter to get the whole point, "
                    "or match its parameters to the keys",
                )
        for key in keys:
            if not takes_any and key not in (*required, *optional):
                raise InvalidArgument(
                    f"the space has the key {key!r}, but objective {where} has no such parameter."
                    f"{did_you_mean(key, [*required, *optional])}",
                    hint=f"add the parameter {key} to the objective, or **others",
                )

    def where(self) -> str:
        """Name, file and line of the function, as ``f (train.py:12)``."""
        return place_of(self.fn)

    def hint_of(self, returned: Any) -> str | None:
        """The fix where a function with one parameter seems to expect a value and not the point, or None."""
        if self.by_keyword or not self.keys or not isinstance(returned, Mapping):
            return None
        if [str(key) for key in returned] != self.keys:
            return None
        key = self.keys[0]
        each = "" if len(self.keys) < 2 else f", or give it a parameter for each key: {', '.join(self.keys)}"
        return f"a function with one parameter gets the whole point: use point[{key!r}] in it{each}"

    def __call__(self, argument: Any, context: TrialContext | None) -> Any:
        """Call the function for one trial."""
        extra = {"trial": context} if self.wants_context else {}
        if self.by_keyword:
            return self.fn(**argument, **extra)
        return self.fn(argument, **extra)


def place_of(fn: Callable[..., Any]) -> str:
    """Name, file and line of a function, as ``f (train.py:12)``.

    Args:
        fn: Any callable; of a partial the inner function.
    """
    inner = inspect.unwrap(getattr(fn, "func", fn))
    code = getattr(inner, "__code__", None)
    name = str(getattr(inner, "__name__", type(inner).__name__))
    return name if code is None else f"{name} ({os.path.basename(code.co_filename)}:{code.co_firstlineno})"


def _top_level(space: Space) -> list[str]:
    expr = space.expr
    return [str(key) for key in expr.keys] if isinstance(expr, Bundle) and expr.keys is not None else []


def _parameters(fn: Callable[..., Any]) -> tuple[list[str], list[str], bool]:
    """Names of required and of optional parameters, and whether there is a ``**``."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):  # builtins without a signature
        return ["argument"], [], False
    named = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    required = [p.name for p in named if p.default is p.empty]
    optional = [p.name for p in named if p.default is not p.empty]
    return required, optional, any(p.kind is p.VAR_KEYWORD for p in parameters)


class Evaluation:
    """Runs one task on the worker's side; never raises what the objective raised. Can be pickled.

    Args:
        objective: What to call.
        space: Builds its argument.
    """

    def __init__(self, objective: Objective, space: Space) -> None:
        self.objective = objective
        self.space = space
        self.asynchronous = inspect.iscoroutinefunction(inspect.unwrap(objective.fn))

    def __call__(self, task: Task, channel: Channel) -> Any:
        """An outcome; of an ``async def`` objective a coroutine that gives one.

        Args:
            task: What to evaluate.
            channel: For reports and questions.
        """
        context = TrialContext(task, channel) if self.objective.wants_context else None
        if self.asynchronous:
            return self._awaited(task, context)
        try:
            returned = self.objective(self.space.build(task.point), context)
        except Exception as error:  # noqa: BLE001  # the one boundary around the user's code
            return self._raised(error, task, context)
        return self._outcome(returned, context)

    async def _awaited(self, task: Task, context: TrialContext | None) -> Outcome:
        try:
            returned = await self.objective(self.space.build(task.point), context)
        except Exception as error:  # noqa: BLE001  # as above, for coroutines
            return self._raised(error, task, context)
        return self._outcome(returned, context)

    def _raised(self, error: Exception, task: Task, context: TrialContext | None) -> Outcome:
        if isinstance(error, Pruned):
            outcome = Outcome("pruned", result={"status": "fail", "pruned": True})
            return _with_attachments(outcome, context)
        explain_floats(error, self.space, task.point)
        return _with_attachments(failure(error), context)

    def _outcome(self, returned: Any, context: TrialContext | None) -> Outcome:
        try:
            outcome = outcome_of(returned, self.objective.where, self.objective.sign)
        except InvalidObjectiveResult as error:
            hint = self.objective.hint_of(returned)
            return failure(error if hint is None else type(error)(error.message, hint=hint, **error.details))
        return _with_attachments(outcome, context)


def _with_attachments(outcome: Outcome, context: TrialContext | None) -> Outcome:
    if context is not None and context.attachments:
        outcome.attachments = {**context.attachments, **outcome.attachments}
    return outcome


def explain_floats(error: Exception, space: Space, point: Mapping[str, float | int]) -> None:
    """Say where a whole float comes from when the user's code wanted an int.

    Args:
        error: What was raised; gets the note.
        space: Of the search.
        point: Of the trial.
    """
    told = float_for_int(str(error), space, point)
    if told and isinstance(error, (TypeError, ValueError)):
        error.add_note(f"parzen: {told}")


def float_for_int(message: str, space: Space, point: Mapping[str, float | int]) -> str:
    """Which hyperparameter gave a float where an int was wanted, and the fix; empty where none did.

    Args:
        message: Of the error.
        space: Of the search.
        point: Of the trial.
    """
    quoted = "must be an int" in message  # scikit-learn quotes the value
    if not quoted and "cannot be interpreted as an integer" not in message:
        return ""
    for param in space.params:
        value = point.get(param.label)
        word = param.distribution.call()[0]
        if (
            isinstance(value, float)
            and value.is_integer()
            and word.startswith("q")
            and (not quoted or f"Got {value!r} " in message)
        ):
            return (
                f"{param.label} = {value} comes from {word}, whose values are floats; "
                "use hp.int, hp.uniformint or scope.int(...)"
            )
    return ""


def failure(error: BaseException) -> Outcome:
    """The outcome of an attempt that raised."""
    kind = type(error)
    text = {"type": str(kind), "message": str(error), "traceback": "".join(traceback.format_exception(error))}
    where = _raised_at(error)
    if where is not None:
        text["where"] = where
    return Outcome("failed", error=text, exception=error, result={"status": "fail"})


def _raised_at(error: BaseException) -> str | None:
    """File and line of the innermost frame that is the user's own, as ``train.py:41``."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_HERE) and "site-packages" not in frame.filename
    ]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else None


def outcome_of(returned: Any, where: Callable[[], str] | str = "fn", sign: float = 1.0) -> Outcome:
    """Turn what an objective returned into an outcome.

    Args:
        returned: A number, or a mapping with ``loss`` and optionally ``status``, ``attachments`` and
            anything else.
        where: How messages call the objective.
        sign: -1 where large values are good.

    Raises:
        InvalidObjectiveResult: If it is neither; a TypeError and a ValueError.
        InvalidResultStatus: If its status is unknown.
        InvalidLoss: If it is ok and has no number as its loss.
    """
    if type(returned) is float or type(returned) is int:
        loss = sign * returned
        ok = not math.isnan(loss)
        return Outcome("done" if ok else "failed", [loss], result={"loss": float(loss), "status": "ok"})
    if isinstance(returned, Mapping):
        return _from_mapping(returned, where, sign)
    if isinstance(returned, (str, bytes)) or returned is None or isinstance(returned, complex):
        raise _not_a_result(returned, where)
    if isinstance(returned, np.ndarray) and returned.ndim > 0:
        raise _not_a_result(returned, where)
    try:
        loss = sign * float(returned)
    except (TypeError, ValueError):
        raise _not_a_result(returned, where) from None
    return Outcome("failed" if math.isnan(loss) else "done", [loss], result={"loss": loss, "status": "ok"})


def _from_mapping(returned: Mapping[str, Any], where: Callable[[], str] | str, sign: float) -> Outcome:
    result = dict(returned)
    attachments = result.pop("attachments", None) or {}
    if "status" not in result:
        _warn_of_misspelt_status(result)
        if "loss" not in result:
            raise InvalidLoss(
                f"{_called(where)}: the result has no 'loss'; it has {_keys(result)}."
                f"{_meant('loss', result)}",
                hint="return a number or {'loss': number}",
                result=returned,
            )
        result["status"] = "ok"
    status = result["status"]
    if status not in STATUSES:
        raise InvalidResultStatus(
            f"{_called(where)}: the result has the status {status!r}; it must be STATUS_OK ('ok') or "
            f"STATUS_FAIL ('fail'), or one of 'new', 'running', 'suspended'",
            hint="status may be left out: a result with a loss is ok",
            result=returned,
        )
    loss = _loss(result, status, where, returned)
    metrics = {
        key: float(value)
        for key, value in result.items()
        if isinstance(value, (int, float, np.number))
        and not np.iscomplexobj(value)
        and key not in _NOT_METRICS
    }
    losses = []
    if loss is not None:
        losses = [sign * loss]
        if status == "ok" or sign < 0:
            result["loss"] = losses[0]
    done = status == "ok" and loss is not None and not math.isnan(loss)
    return Outcome("done" if done else "failed", losses, metrics, result, attachments=attachments)


def _warn_of_misspelt_status(result: Mapping[str, Any]) -> None:
    """A failure must not pass for a success because of a typo."""
    for key, value in result.items():
        if isinstance(value, str) and value in STATUSES and did_you_mean(str(key), ["status"]):
            warn(f"the result has {key!r} = {value!r} and no 'status'; did you mean 'status'?", ResultWarning)


def _loss(
    result: dict[str, Any], status: str, where: Callable[[], str] | str, returned: Mapping[str, Any]
) -> float | None:
    loss = result.get("loss")
    if loss is None and status != "ok":
        return None
    array = isinstance(loss, np.ndarray) and loss.ndim > 0
    try:
        return float("array" if array else loss)  # type: ignore[arg-type]  # what fails is reported
    except (TypeError, ValueError):
        if status != "ok":
            return None
        had = f"its loss is {loss!r}" if "loss" in result else f"it has no 'loss' but {_keys(result)}"
        raise InvalidLoss(
            f"{_called(where)}: the result is ok, so its loss must be a number; {had}."
            f"{'' if 'loss' in result else _meant('loss', result)}",
            result=returned,
        ) from None


def _keys(result: Mapping[str, Any]) -> str:
    return ", ".join(repr(key) for key in result) or "no key"


def _meant(key: str, result: Mapping[str, Any]) -> str:
    import difflib

    near = difflib.get_close_matches(key, [str(name) for name in result], n=1, cutoff=0.6)
    return f" Did you mean {key!r} where you wrote {near[0]!r}?" if near else ""


def _called(where: Callable[[], str] | str) -> str:
    return f"objective {where() if callable(where) else where}"


def _not_a_result(returned: Any, where: Callable[[], str] | str) -> InvalidObjectiveResult:
    start = _called(where)
    if returned is None:
        return InvalidObjectiveResult(
            f"{start} returned None. Did you forget 'return loss'?", result=returned
        )
    hint = None
    text = repr(returned)
    if isinstance(returned, (str, bytes)):
        try:
            float(returned)
        except ValueError:
            pass
        else:
            hint = f"return float({text}) if that is the loss"
    if isinstance(returned, tuple):
        hint = "return {'loss': ..., 'other': ...} to keep more than the loss"
    shown = text if len(text) <= 60 else text[:57] + "..."
    return InvalidObjectiveResult(
        f"{start} returned {shown} ({type(returned).__name__}), expected a number or {{'loss': number}}",
        hint=hint,
        result=returned,
    )
