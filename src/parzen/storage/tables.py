"""The tables of studies in an SQL database, and a batch of events as rows of them.

Long names are hashed for the indexed columns; `name` and `data` beside them
hold the full text. `data` is the event's JSON as text, since PostgreSQL's own
JSON types refuse what a result may hold, NUL for one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from parzen.errors import Taken
from parzen.history.events import Event, from_json, to_json
from parzen.storage.names import short


def tables(sa: Any) -> SimpleNamespace:
    """The tables, and `metadata`, which makes them.

    Args:
        sa: The package `sqlalchemy`, which one file alone may import.
    """
    metadata = sa.MetaData()
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # only INTEGER counts up by itself there

    def table(name: str, *columns: Any) -> Any:
        return sa.Table(f"parzen_{name}", metadata, *columns)

    def key(name: str, **more: Any) -> Any:
        return sa.Column(name, sa.String(160), **more)

    event = table(
        "event",
        sa.Column("study", sa.ForeignKey("parzen_study.id"), primary_key=True),
        sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("number", sa.BigInteger),
        sa.Column("at", sa.Double),
        key("key"),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    keyed = event.c.key.is_not(None)
    sa.Index(
        "parzen_event_key",
        event.c.study,
        event.c.key,
        unique=True,
        postgresql_where=keyed,
        sqlite_where=keyed,
    )
    return SimpleNamespace(
        metadata=metadata,
        event=event,
        format=table(
            "format",
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("version", sa.Integer, nullable=False),
        ),
        study=table(
            "study",
            sa.Column("id", big, sa.Identity(), primary_key=True),
            key("key", nullable=False, unique=True),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("head", sa.BigInteger, nullable=False),
        ),
        attachment=table(
            "attachment",
            key("key", primary_key=True),
            sa.Column("name", sa.Text, nullable=False),
            sa.Column("data", sa.LargeBinary, nullable=False),
        ),
        lease=table(
            "lease",
            key("study", primary_key=True),
            sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("attempt", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("owner", sa.Text, nullable=False),
            sa.Column("until", sa.Double, nullable=False),
        ),
    )


def rows(study: str, events: Sequence[Event], token: str) -> list[dict[str, Any]]:
    """A row for each event, but for its number and its study's id.

    Args:
        study: The study's name, for messages.
        events: A batch.
        token: Tells it from other batches.

    Raises:
        Taken: If a key stands twice in the batch.
    """
    made, keys = [], set()
    for event in events:
        key = None if event.key is None else short(event.key)
        if key is not None and key in keys:
            raise taken(study, event.key)
        keys.add(key)
        made.append(
            {
                "kind": event.kind,
                "number": getattr(event, "number", None),
                "at": event.at if math.isfinite(event.at) else None,
                "key": key,
                "token": token,
                "data": json.dumps(to_json(event), separators=(",", ":")),  # ASCII: NUL is "\u0000"
            }
        )
    return made


def numbered(batch: list[dict[str, Any]], ident: int, head: int) -> list[dict[str, Any]]:
    """The rows with their places.

    Args:
        batch: What `rows` made.
        ident: The study's id.
        head: The number of the event before them.
    """
    return [{**row, "study": ident, "n": head + i} for i, row in enumerate(batch, 1)]


def insertion(insert: Any) -> Any:
    """The statement that inserts events and tells which it did.

    Args:
        insert: Into the table of events, in a dialect that has ON CONFLICT.
    """
    columns = insert.table.c
    # Asked not to insert rather than to fail: a lost race is no line in the server's log.
    return insert.on_conflict_do_nothing(
        index_elements=["study", "key"], index_where=columns.key.is_not(None)
    ).returning(columns.n)


def write(connection: Any, statement: Any, study: str, batch: list[dict[str, Any]]) -> None:
    """Insert events in one statement (one a thousand), or find that a key is taken.

    Args:
        connection: In a transaction, which the error is to end.
        statement: What `insertion` made.
        study: The study's name, for messages.
        batch: What `numbered` made.

    Raises:
        Taken: If a key exists.
    """
    written = {row[0] for row in connection.execute(statement, batch)}
    for row in batch:
        if row["n"] not in written:
            raise taken(study, from_json(json.loads(row["data"])).key)


def taken(study: str, key: str | None) -> Taken:
    """The refusal of a batch.

    Args:
        study: The study's name.
        key: What exists already.
    """
    return Taken(f"{key!r} exists already in study {study!r}", key=key)
