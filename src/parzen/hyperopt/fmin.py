"""``hyperopt.fmin``: the module of that name; the function is in it too."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from parzen import documents
from parzen.documents import Document
from parzen.domain import Domain, space_eval
from parzen.domain import wants_expression as fmin_pass_expr_memo_ctrl
from parzen.search import fmin
from parzen.trials import Trials, generate_trials_to_calculate


def generate_trial(tid: Any, space: Mapping[str, Any]) -> Document:
    """A document of state NEW for one point.

    Args:
        tid: Its id.
        space: Label -> stored value.
    """
    return documents.blank(tid, documents.misc_of(tid, space, list(space)))


class FMinIter:
    """Hyperopt's object for a search in steps.

    Args:
        algo: As for `fmin`.
        domain: Objective and space.
        trials: Keeps the history.
        rstate: Seed.
        asynchronous: Accepted.
        max_queue_len: How many trials are asked for at once.
        poll_interval_secs: Accepted.
        max_evals: Trials of one `exhaust`.
        timeout: As for `fmin`.
        loss_threshold: As for `fmin`.
        verbose: As for `fmin`.
        show_progressbar: As for `fmin`.
        early_stop_fn: As for `fmin`.
        trials_save_file: As for `fmin`.
    """

    catch_eval_exceptions = False
    pickle_protocol = -1

    def __init__(  # noqa: PLR0913, PLR0917  # Hyperopt's arguments, in its order
        self,
        algo: Any,
        domain: Domain,
        trials: Trials,
        rstate: Any = None,
        asynchronous: bool | None = None,
        max_queue_len: int = 1,
        poll_interval_secs: float = 1.0,
        max_evals: int = sys.maxsize,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        verbose: bool = False,
        show_progressbar: Any = True,
        early_stop_fn: Callable[..., Any] | None = None,
        trials_save_file: str = "",
    ) -> None:
        del asynchronous, poll_interval_secs
        self.algo = algo
        self.domain = domain
        self.trials = trials
        self.rstate = rstate
        self.max_evals = max_evals
        self._options = {
            "max_queue_len": max_queue_len,
            "timeout": timeout,
            "loss_threshold": loss_threshold,
            "verbose": verbose,
            "show_progressbar": show_progressbar,
            "early_stop_fn": early_stop_fn,
            "trials_save_file": trials_save_file,
        }

    def run(self, N: int, block_until_done: bool = True) -> None:  # Hyperopt's name
        """Run `N` more trials.

        Args:
            N: How many.
            block_until_done: Accepted; trials always run here.
        """
        del block_until_done
        self.trials.refresh()
        fmin(
            self.domain.fn,
            self.domain.space,
            algo=self.algo,
            max_evals=None if sys.maxsize - N < len(self.trials) else len(self.trials) + N,
            trials=self.trials,
            rstate=self.rstate,
            allow_trials_fmin=False,
            pass_expr_memo_ctrl=self.domain.pass_expr_memo_ctrl,
            catch_eval_exceptions=self.catch_eval_exceptions,
            return_argmin=False,
            **self._options,
        )

    def serial_evaluate(self, N: int = -1) -> None:  # Hyperopt's name
        """Evaluate the trials that wait.

        Args:
            N: Accepted; all of them are evaluated.
        """
        del N
        self.run(0)

    def exhaust(self) -> FMinIter:
        """Run until `max_evals` trials are there."""
        self.trials.refresh()
        self.run(max(self.max_evals - len(self.trials), 0))
        return self

    def __iter__(self) -> Iterator[list[Document]]:
        return self

    def __next__(self) -> list[Document]:
        """Run one trial; the last one ends the iteration, as in Hyperopt."""
        self.run(1)
        if len(self.trials) >= self.max_evals:
            raise StopIteration
        return self.trials.trials


__all__ = [
    "FMinIter",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trial",
    "generate_trials_to_calculate",
    "partial",
    "space_eval",
]
