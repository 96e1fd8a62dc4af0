"""``hyperopt.spark``: a search whose trials are Spark jobs."""

from __future__ import annotations

import logging
from typing import Any

from parzen.errors import InvalidArgument, ResultWarning, warn
from parzen.executors.base import Executor, named
from parzen.history.history import ENDED, Status
from parzen.trials import Trials

logger = logging.getLogger("hyperopt-spark")


class SparkTrials(Trials):
    """Trials that run as Spark jobs, one job each; the search itself stays in the driver.

    A failing trial never ends the search. When it ends early, jobs that still run are cancelled.

    Args:
        parallelism: Trials at the same time; None or 0: Spark's default parallelism. At most 128.
        timeout: Seconds after which the search ends.
        loss_threshold: Ends the search once a loss is below it.
        spark_session: A session; left out, the active one, or a new one on this machine.
        resource_profile: Not supported; give the session its resources.

    Raises:
        MissingDependency: If PySpark is not installed.
        InvalidArgument: If an argument cannot be used.
    """

    asynchronous = True
    never_raises = True
    abandons = True
    MAX_CONCURRENT_JOBS_ALLOWED = 128

    def __init__(
        self,
        parallelism: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        spark_session: Any = None,
        resource_profile: Any = None,
    ) -> None:
        super().__init__()
        if resource_profile is not None:
            raise InvalidArgument(
                "resource_profile is not supported", hint="give the Spark session its resources"
            )
        wanted = None if parallelism is None or parallelism <= 0 else int(parallelism)
        if wanted is not None and wanted > self.MAX_CONCURRENT_JOBS_ALLOWED:
            logger.warning("parallelism %s is capped at %s", wanted, self.MAX_CONCURRENT_JOBS_ALLOWED)
            wanted = self.MAX_CONCURRENT_JOBS_ALLOWED
        self._session = spark_session
        self._wanted = wanted
        made = named("spark", wanted, session=spark_session)  # says now what is missing
        self.parallelism = min(made.slots, self.MAX_CONCURRENT_JOBS_ALLOWED)
        made.shutdown()
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self._cancelled = 0
        self._reason: str | None = None

    def executor(self) -> Executor:
        """Spark jobs, `parallelism` at a time."""
        return named("spark", self.parallelism, session=self._session)

    def fmin(self, fn: Any, space: Any, algo: Any = None, max_evals: Any = None, **kwargs: Any) -> Any:
        """`parzen.fmin` with these trials.

        Args:
            fn: See `parzen.fmin`, as all below.
            space: What to search.
            algo: Who suggests.
            max_evals: Trials in all.
            kwargs: Its other arguments; `timeout` and `loss_threshold` of the constructor win.
        """
        for name in ("timeout", "loss_threshold"):
            own, given = getattr(self, name), kwargs.get(name)
            if own is not None:
                if given is not None and given != own:
                    warn(
                        f"{name}={given} was given, and SparkTrials has {name}={own}, which wins",
                        ResultWarning,
                    )
                kwargs[name] = own
        return super().fmin(fn, space, algo=algo, max_evals=max_evals, **kwargs)

    def ended(self, stopped: str | None) -> None:
        """Give up what was cut short, and say how it ended, as Hyperopt does.

        Args:
            stopped: Why the search ended early, or None.
        """
        if self._opened is not None:
            left = [
                trial.number
                for trial in self.study.trials
                if trial.status not in ENDED and not trial.excluded
            ]
            self.study.exclude(left, "cancelled")
            self._cancelled += len(left)
        self._reason = stopped
        logger.info(
            "Total Trials: %d: %d succeeded, %d failed, %d cancelled.",
            self.count_total_trials(),
            self.count_successful_trials(),
            self.count_failed_trials(),
            self.count_cancelled_trials(),
        )

    @property
    def fmin_cancelled(self) -> bool:
        """Whether the last search was cut short."""
        return self._reason is not None

    @property
    def fmin_cancelled_reason(self) -> str | None:
        """Why it was, or None."""
        return self._reason

    def count_successful_trials(self) -> int:
        """Trials that gave a result, those with STATUS_FAIL included, as in Hyperopt."""
        return self._count(lambda trial: trial.status in ENDED and trial.error is None)

    def count_failed_trials(self) -> int:
        """Trials that raised, or whose worker was lost."""
        return self._count(lambda trial: trial.status is Status.FAILED and trial.error is not None)

    def count_cancelled_trials(self) -> int:
        """Trials that were cut short."""
        return self._cancelled

    def count_total_trials(self) -> int:
        """All of them."""
        return self.count_successful_trials() + self.count_failed_trials() + self._cancelled

    def _count(self, wanted: Any) -> int:
        if self._opened is None:
            return 0
        return sum(bool(wanted(trial)) for trial in self.study.trials if not trial.excluded)

    def trial_attachments(self, trial: Any) -> Any:
        """Not supported, as in Hyperopt.

        Raises:
            InvalidArgument: Always; also a NotImplementedError.
        """
        raise _NoAttachments("SparkTrials has no attachments", hint="return what you need in the result")

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        return {**state, "_spark": (self.parallelism, self.timeout, self.loss_threshold)}


class _NoAttachments(InvalidArgument, NotImplementedError):
    """Hyperopt raises NotImplementedError here."""
