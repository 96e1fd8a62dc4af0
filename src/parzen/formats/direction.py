"""Whether a table of trials is of a maximised search: its column ``value`` says so.

In every table of ours ``loss`` is minimised, and ``value`` is there only where
the study maximises: what the objective returned, the loss with its sign turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parzen.errors import InvalidArgument


def maximised(rows: Iterable[Mapping[str, Any]], default: bool, what: str) -> bool:
    """Whether the rows of a table of ours are of a maximised search.

    Args:
        rows: With ``loss``, and with ``value`` if so; None where a cell is empty.
        default: The answer if no row has either.
        what: How messages call the table.

    Raises:
        InvalidArgument: If some are and others are not, as in a log of two studies.

    >>> maximised([{"loss": -0.5, "value": 0.5}, {"loss": None, "value": None}], False, "it")
    True
    """
    found = {row.get("value") is not None for row in rows if row.get("loss") is not None}
    if len(found) > 1:
        raise InvalidArgument(
            f"{what} holds trials of a maximised and of a minimised search",
            hint="import the rows of one study, which its column study tells apart",
        )
    return found.pop() if found else default


def check(table: bool, study: bool, what: str) -> None:
    """Refuse the trials of a search in the other direction.

    Args:
        table: Whether the trials are of a maximised search.
        study: Whether the study that takes them maximises.
        what: How messages call the table.

    Raises:
        InvalidArgument: If the two differ.
    """
    if table != study:
        word = ("minimised", "maximised")
        raise InvalidArgument(
            f"{what} is of a {word[table]} search, and the study that takes its trials is {word[study]}",
            hint=f"take them into a study with maximize={table}",
        )
