"""What notebooks show of trials, spaces and tables of trials.

Trials and spaces are on the ground floor, which knows no HTML; so their
methods are put onto them here, as soon as there is a study.
"""

from __future__ import annotations

from parzen.frames.table import TrialTable
from parzen.history.history import Trial
from parzen.space.space import Space


def _trial(self: Trial) -> str:
    """What notebooks show."""
    from parzen.cards.study import trial_html

    return trial_html(self)


def _space(self: Space) -> str:
    """What notebooks show."""
    from parzen.cards.space import space_html

    return space_html(self)


def _tree(self: Space) -> str:
    """The hyperparameters as a tree, for `print`."""
    from parzen.cards.space import space_text

    return space_text(self)


def _table(self: TrialTable) -> str:
    """What notebooks show."""
    from parzen.cards.study import trials_html

    return trials_html(list(self), self.ledger)


def attach() -> None:
    """Give trials, spaces and tables their HTML, and spaces a tree for `print`."""
    Trial._repr_html_ = _trial  # type: ignore[attr-defined]  # the ground floor knows no HTML
    Space._repr_html_ = _space  # type: ignore[attr-defined]  # as above
    Space.__str__ = _tree  # type: ignore[method-assign,assignment]  # as above
    TrialTable._repr_html_ = _table  # type: ignore[attr-defined]  # as above
