"""What is particular to PostgreSQL's client library: its settings, its URLs, and what its errors mean."""

from __future__ import annotations

import math
import re
from typing import Any

from parzen.errors import MissingDependency

DRIVER = "postgresql+psycopg"  # psycopg 3, as SQLAlchemy calls it

# Connection lost, server stopping or starting, too many clients, deadlock, lost race.
_PASSING = re.compile("08|57P0|25P03|53300|40001|40P01")
# A server that answers so will answer so again. The library gives these without a code.
_FINAL = re.compile(
    "authentication failed|no password supplied|does not exist|no pg_hba.conf entry|invalid connection option"
)


def settings(patience: float) -> dict[str, Any]:
    """What psycopg is told unless the URL tells it: to see a dead network in half a minute, not in hours.

    Args:
        patience: Seconds for which a server that is away is tried.
    """
    return {
        "connect_timeout": max(2, min(10, math.ceil(patience))),
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        "application_name": "parzen",
        "prepare_threshold": None,  # poolers between here and the server may not know prepared statements
    }


def may_pass(state: str | None, text: str) -> bool:
    """Whether the next try may go better.

    Args:
        state: The server's five-character code, or None for a connection that never came to be.
        text: The error's text.
    """
    if state is not None:
        return _PASSING.match(state) is not None
    return not _FINAL.search(text)


def place(url: Any) -> str:
    """Kind, host, port and database, for messages.

    Args:
        url: SQLAlchemy's URL, for PostgreSQL or SQLite.
    """
    if url.get_backend_name() == "sqlite":
        return f"sqlite at {url.database}"
    host = url.host or url.query.get("host", "localhost")
    return f"postgresql at {host}:{url.port or url.query.get('port', 5432)}/{url.database or ''}"


def without_password(url: Any) -> Any:
    """The URL as others may see it, with the scheme that people write.

    Args:
        url: SQLAlchemy's URL.
    """
    scheme = "postgresql" if url.drivername == DRIVER else url.drivername
    return type(url).create(scheme, url.username, None, url.host, url.port, url.database, url.query)


def missing(error: ImportError) -> MissingDependency:
    """What to install.

    Args:
        error: Names what is not there.
    """
    return MissingDependency(
        f"studies in PostgreSQL need SQLAlchemy and psycopg, and {error.name!r} is not installed",
        hint="pip install 'parzen[postgresql]'",
    )
