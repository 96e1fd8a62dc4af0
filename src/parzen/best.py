"""What fmin returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parzen.history.history import Trial
    from parzen.run.study import Study


class Best(dict[str, Any]):
    """The best point: Hyperopt's dict, and what one wants to know beside it.

    As a dict it maps the labels of the active hyperparameters to stored
    values; a choice is the index of its option.

    Attributes:
        params: Real values in the space's own shape: what the objective got.
        loss: The minimised loss.
        value: What the objective returned: the loss, or its negative with ``maximize=True``.
        trial: The best `Trial`.
        stopped: Why the search ended before its budget (``"interrupted"``, ``"timeout"``, ...), or None.
        study: The `Study`; not kept in pickles and copies.
    """

    params: Any
    loss: float
    value: float
    trial: Trial | None
    stopped: str | None
    study: Study | None

    def __init__(
        self,
        point: dict[str, Any],
        params: Any = None,
        loss: float = float("nan"),
        value: float = float("nan"),
        trial: Trial | None = None,
        stopped: str | None = None,
        study: Study | None = None,
    ) -> None:
        super().__init__(point)
        self.params = params
        self.loss = loss
        self.value = value
        self.trial = trial
        self.stopped = stopped
        self.study = study

    def _repr_html_(self) -> str:
        """What notebooks show."""
        from parzen.cards.study import best_html

        return best_html(dict(self), self.trial, self.value, self.stopped)

    def __reduce__(self) -> tuple[Any, ...]:
        # The study holds the space, whose options may be anything.
        return Best, (dict(self), self.params, self.loss, self.value, None, self.stopped, None)
