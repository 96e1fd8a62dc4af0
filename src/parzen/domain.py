"""Hyperopt's Domain and Ctrl: an objective with its space, and what an objective sees of the search."""

from __future__ import annotations

import datetime as dt
import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from parzen.errors import InvalidAnnotatedParameter, InvalidObjectiveResult, InvalidSpace
from parzen.run.evaluate import Objective, outcome_of, place_of
from parzen.space.expr import Apply, Evaluation, Literal, Parameter, as_apply, dfs
from parzen.space.flatten import flatten
from parzen.space.space import Space

logger = logging.getLogger("parzen")


class GarbageCollected:
    """Stands in an evaluation's memo for the value of a branch that is not taken."""


def wants_expression(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function to be called with ``expr=, memo=, ctrl=`` (decorator)."""
    fn.fmin_pass_expr_memo_ctrl = True  # type: ignore[attr-defined]  # Hyperopt's mark
    return fn


class Ctrl:
    """What an objective may do with the search it is part of.

    Args:
        trials: The `Trials`.
        current_trial: The document of the running trial.
    """

    info = logger.info
    warn = logger.warning
    error = logger.error
    debug = logger.debug

    def __init__(self, trials: Any, current_trial: dict[str, Any] | None = None) -> None:
        self.trials = trials
        self.current_trial = current_trial

    def checkpoint(self, result: Any = None) -> None:
        """Put an intermediate result into the running trial's document."""
        if self.current_trial is not None:
            now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
            self.current_trial["refresh_time"] = now
            if result is not None:
                self.current_trial["result"] = result

    @property
    def attachments(self) -> Any:
        """The running trial's attachments, by name."""
        return self.trials.trial_attachments(trial=self.current_trial)

    def inject_results(
        self, specs: list[Any], results: list[Any], miscs: list[Any], new_tids: list[Any] | None = None
    ) -> list[Any]:
        """Insert finished trials that come from the running one.

        Args:
            specs: One for each, usually None.
            results: Their results.
            miscs: Their misc parts.
            new_tids: Their ids; left out, new ones.

        Returns:
            What `Trials.insert_trial_docs` returns.
        """
        trial = self.current_trial
        if trial is None:
            raise InvalidSpace("inject_results needs a running trial")
        ids = self.trials.new_trial_ids(len(results)) if new_tids is None else new_tids
        docs = self.trials.source_trial_docs(
            tids=ids, specs=specs, results=results, miscs=miscs, sources=[trial] * len(results)
        )
        for doc in docs:
            doc["state"] = 2
        return self.trials.insert_trial_docs(docs)  # type: ignore[no-any-return]  # ids


class Domain:
    """An objective with its space.

    Args:
        fn: The objective.
        expr: The space; or ``"annotated"``, and the annotations of `fn` are the space.
        workdir: Kept.
        pass_expr_memo_ctrl: Whether `fn` is called with ``expr=, memo=, ctrl=``; left out, what its
            mark says.
        name: Kept.
        loss_target: Kept.

    Raises:
        DuplicateLabel: If two different hyperparameters have one label.
        InvalidAnnotatedParameter: If an annotation is no hp expression.
    """

    rec_eval_print_node_on_error = False
    # A space that contains this literal gets the running trial's Ctrl in its place.
    pyll_ctrl = Literal(Ctrl)

    def __init__(
        self,
        fn: Callable[..., Any],
        expr: Any,
        workdir: str | None = None,
        pass_expr_memo_ctrl: bool | None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        self.annotated = isinstance(expr, str) and expr == "annotated"
        if self.annotated:
            expr = annotated_space(fn)
        self.fn = fn
        self.space: Space = flatten(expr)
        self.expr: Apply = self.space.expr if self.space.expr is not None else as_apply(expr)
        self.params = {label: parameter.pos_args[1] for parameter, label in self.space.labels.items()}
        self.workdir = workdir
        self.name = name
        self.loss_target = loss_target
        self.cmd = ("domain_attachment", "FMinIter_Domain")
        mark = bool(getattr(fn, "fmin_pass_expr_memo_ctrl", False))
        mark = mark or bool(getattr(getattr(fn, "func", None), "fmin_pass_expr_memo_ctrl", False))
        self.pass_expr_memo_ctrl = mark if pass_expr_memo_ctrl is None else bool(pass_expr_memo_ctrl)
        nodes = [] if self.annotated else dfs(self.expr)
        self.needs_ctrl = any(isinstance(node, Literal) and node.obj is Ctrl for node in nodes)

    @property
    def plain(self) -> bool:
        """Whether the objective is called with the point alone."""
        return not self.pass_expr_memo_ctrl and not self.needs_ctrl

    def memo_from_config(self, config: Mapping[str, Any]) -> dict[Apply, Any]:
        """A memo for `rec_eval`: each hyperparameter's node -> its value.

        Args:
            config: Label -> stored value.
        """
        return {
            parameter: config.get(label, GarbageCollected) for parameter, label in self.space.labels.items()
        }

    def evaluate(
        self, config: Mapping[str, Any], ctrl: Any, attach_attachments: bool = True
    ) -> dict[str, Any]:
        """Evaluate the objective once.

        Args:
            config: Label -> stored value.
            ctrl: The trial's `Ctrl`.
            attach_attachments: Whether attachments go to the trial instead of staying in the result.

        Returns:
            The result, a dict with ``status``.

        Raises:
            InvalidObjectiveResult: If the objective returned something else.
        """
        outcome = outcome_of(self.call(config, ctrl), place_of(self.fn))
        result: dict[str, Any] = outcome.result
        if attach_attachments:
            for name, value in outcome.attachments.items():
                ctrl.attachments[name] = value
        elif outcome.attachments:
            result["attachments"] = dict(outcome.attachments)
        return result

    def call(self, config: Mapping[str, Any], ctrl: Any) -> Any:
        """What the objective returns for a point, as it is.

        Args:
            config: Label -> stored value.
            ctrl: The trial's `Ctrl`.
        """
        memo = self.memo_from_config(config)
        use_obj_for_literal_in_memo(self.expr, ctrl, Ctrl, memo)
        if self.pass_expr_memo_ctrl:
            return self.fn(expr=self.expr, memo=memo, ctrl=ctrl)
        value = rec_eval(self.expr, memo=memo)
        return self.fn(**value) if self.annotated else Objective(self.fn, self.space)(value, None)

    def evaluate_async(self, config: Mapping[str, Any], ctrl: Any, attach_attachments: bool = True) -> Any:
        """What the objective returns, and the attachments switch, for `evaluate_async2`.

        Args:
            config: Label -> stored value.
            ctrl: The trial's `Ctrl`.
            attach_attachments: Handed on.
        """
        return self.call(config, ctrl), attach_attachments

    def evaluate_async2(self, rval: Any, ctrl: Any, attach_attachments: bool = True) -> dict[str, Any]:
        """Turn what the objective returned into a result.

        Args:
            rval: What the objective returned.
            ctrl: The trial's `Ctrl`.
            attach_attachments: Whether attachments go to the trial.
        """
        outcome = outcome_of(rval)
        if attach_attachments:
            for name, value in outcome.attachments.items():
                ctrl.attachments[name] = value
        made: dict[str, Any] = outcome.result
        return made

    def short_str(self) -> str:
        """One line that names the domain."""
        return f"Domain{{{self.name or getattr(self.fn, '__name__', self.fn)}}}"

    def loss(self, result: Mapping[str, Any], config: Any = None) -> float | None:
        """The loss of a result, if it has one.

        Args:
            result: What the objective returned, as a mapping.
            config: Ignored.
        """
        return result.get("loss")

    def loss_variance(self, result: Mapping[str, Any], config: Any = None) -> float:
        """The variance of a result's loss; 0 if it does not say.

        Args:
            result: What the objective returned, as a mapping.
            config: Ignored.
        """
        return float(result.get("loss_variance", 0.0))

    def true_loss(self, result: Mapping[str, Any], config: Any = None) -> float | None:
        """The true loss of a result; its loss if it does not say.

        Args:
            result: What the objective returned, as a mapping.
            config: Ignored.
        """
        truth: float | None = result.get("true_loss", result.get("loss"))
        return truth

    def true_loss_variance(self, config: Any = None) -> float:
        """Hyperopt's hook for known variances; parzen has none."""
        raise InvalidObjectiveResult("the variance of the true loss is not known", result=config)

    def status(self, result: Mapping[str, Any], config: Any = None) -> str:
        """The status of a result.

        Args:
            result: What the objective returned, as a mapping.
            config: Ignored.
        """
        return str(result["status"])

    def new_result(self) -> dict[str, str]:
        """The result of a trial that has not run."""
        return {"status": "new"}


def annotated_space(fn: Callable[..., Any]) -> dict[str, Any]:
    """The space in a function's annotations.

    Args:
        fn: Its parameters become the space's keys.

    Raises:
        InvalidAnnotatedParameter: If an annotation is no hp expression.
    """
    space = {}
    for name, parameter in inspect.signature(fn).parameters.items():
        if not isinstance(parameter.annotation, Apply):
            raise InvalidAnnotatedParameter(
                f'with space="annotated" every parameter needs an hp expression as its annotation; '
                f"{name!r} has {parameter.annotation!r}"
            )
        space[name] = parameter.annotation
    return space


def rec_eval(
    expr: Any,
    deepcopy_inputs: bool = False,
    memo: Mapping[Any, Any] | None = None,
    max_program_len: int | None = None,
    memo_gc: bool = True,
    print_trace: bool = False,
    print_node_on_error: bool = True,
    rng: Any = None,
) -> Any:
    """Evaluate an expression; only branches that are taken are evaluated.

    Args:
        expr: An expression or a structure of them.
        deepcopy_inputs: Accepted for Hyperopt's sake, as the next four.
        memo: Node -> value; hyperparameters must be in it.
        max_program_len: See above.
        memo_gc: See above.
        print_trace: See above.
        print_node_on_error: See above; errors carry the node instead.
        rng: For unlabelled draws.

    Raises:
        InvalidSpace: If a hyperparameter is met that has no value.
    """
    del deepcopy_inputs, max_program_len, memo_gc, print_trace, print_node_on_error

    def lookup(parameter: Parameter) -> Any:
        raise InvalidSpace(f"{parameter.label!r} has no value in this evaluation", label=parameter.label)

    return Evaluation(lookup, dict(memo or {}), rng).value(as_apply(expr))


def use_obj_for_literal_in_memo(expr: Apply, obj: Any, lit: Any, memo: dict[Any, Any]) -> None:
    """Make every constant `lit` of an expression evaluate to `obj`.

    Args:
        expr: The expression.
        obj: The value to use.
        lit: The constant to replace; compared by identity, or by equality where that is a plain bool.
        memo: Changed in place.
    """
    for node in dfs(expr):
        if isinstance(node, Literal):
            same = node.obj is lit
            if not same and type(node.obj) is type(lit):
                equal = node.obj == lit
                same = isinstance(equal, bool) and equal
            if same:
                memo[node] = obj


def space_eval(space: Any, assignment: Mapping[str, Any]) -> Any:
    """The objective's argument for a point.

    Args:
        space: As for `fmin`.
        assignment: Label -> stored value, as `fmin` returns it; further labels are ignored.

    Returns:
        The point in the space's own shape, with real values.

    Raises:
        InvalidPoint: If a label that the point makes active is missing.

    >>> from parzen import hp
    >>> space_eval({"k": hp.choice("kernel", ["rbf", "linear"])}, {"kernel": 1})
    {'k': 'linear'}
    """
    flat: Space = flatten(space)
    plain = {
        label: value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
        for label, value in assignment.items()
    }
    return flat.build(plain)
