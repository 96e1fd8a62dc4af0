"""Studies in PostgreSQL, for workers on many machines.

An append is one transaction. It raises the head in the study's row first, and
that locks the row: writers of one study take turns, and readers, who see
committed rows only, never meet a gap. (A sequence alone would hand out numbers
that commit out of order.) The events of a batch carry a random token. When the
answer to a commit was lost with its connection, the next try waits for the same
row, and then the token tells whether the batch is in. When a crash of the
server cost the end of the log, the token of the last known event tells that.

SQLAlchemy's Core writes the statements; beside PostgreSQL they run on SQLite,
through SQLAlchemy, and other databases are refused.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, TypeVar

from parzen.errors import InvalidArgument, StorageError, StudyNotFound
from parzen.history.events import Event, Finished, from_json
from parzen.storage import libpq
from parzen.storage.names import original, plain, short
from parzen.storage.retry import in_short, not_writable, retry, unreachable
from parzen.storage.tables import insertion, numbered, rows, tables, write

T = TypeVar("T")

FORMAT = 1

# The server's clock, in seconds since 1970.
_CLOCKS = {
    "postgresql": "extract(epoch from clock_timestamp())",
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
}
_CREATION = 0x7061727A656E  # "parzen": the advisory lock under which the tables are made


class SqlStore:
    """Keeps events in tables of a PostgreSQL database: `parzen_study`, `parzen_event` and others.

    Credentials may stand in the URL or come from what libpq reads (PGPASSWORD,
    ~/.pgpass, a service file). They are in no message and not in `url`: a worker
    elsewhere brings its own.

    A batch with a `finished` event is on disk when `append` returns. Others may
    be a moment late, and a crash of the server may cost the last of them.

    Args:
        url: ``postgresql://user@host:5432/database``, or any URL of SQLAlchemy's for PostgreSQL or SQLite.
        read_only: Whether writing is refused.
        patience: Seconds for which a server that is away is tried again.

    Raises:
        InvalidArgument: If the URL is none, or of another database.
        MissingDependency: If SQLAlchemy or the driver is not installed.
    """

    folder = ""

    def __init__(self, url: str, read_only: bool = False, patience: float = 30.0) -> None:
        given = _parsed(url)
        hidden = {name: value for name, value in given.query.items() if "password" in name.lower()}
        self.url: str = libpq.without_password(given).difference_update_query(hidden).render_as_string()
        self.private_url = url
        self.shared = given.get_backend_name() != "sqlite"
        self.read_only = read_only
        self.patience = patience
        self._where = libpq.place(given)
        self._secrets = [str(value) for value in (given.password, *hidden.values()) if value]
        self._given = given
        self._last: dict[str, tuple[int, str]] = {}  # number and token of the last event that is known
        self._ready = False
        self._connect()

    def __repr__(self) -> str:
        return f"SqlStore({self.url!r})"

    def append(self, study: str, events: Sequence[Event]) -> int:
        """Append a batch; returns the number of its last event.

        Args:
            study: The study's name.
            events: In order.

        Raises:
            Taken: If the unique key of one of them exists; nothing is written then.
            StorageError: If the server stays away, refuses, or has lost what was told before.
        """
        self._may_write()
        token = secrets.token_hex(8)
        batch = rows(study, events, token)
        if not batch:
            return self._head(study)
        lazy = not any(isinstance(event, Finished) for event in events)
        begun: list[int] = []  # the first number of the try whose commit may have gone through

        def work(engine: Any) -> int:
            with engine.begin() as connection:
                ident, head = self._advance(connection, study, len(batch), lazy)
                if begun and self._token_at(connection, ident, begun[0]) == token:
                    connection.rollback()
                    return begun[0] - 1 + len(batch)
                write(connection, _inserting(self.shared), study, numbered(batch, ident, head))
                begun[:] = [head + 1]
            return head + len(batch)

        return self._know(study, self._run(work), token)

    def read(self, study: str, after: int, most: int | None = None) -> list[Event]:
        """The events after number `after`, in order, without gaps.

        Args:
            study: The study's name.
            after: The last event that is known already; 0 for all.
            most: At most that many; the first ones.
        """
        known = self._last.get(study)
        again = known is not None and known[0] == after  # then look whether that event is still the same
        values = {"the_study": short(study), "after": after}
        if most is not None:
            values["most"] = most + again
        found = self._all(_reading(again, most is not None), values)
        if known is not None and again:
            self._same(study, known, found[0][1] if found and found[0][0] == after else None)
            del found[0]
        if found:
            self._know(study, found[-1][0], found[-1][1])
        return [from_json(json.loads(row[2])) for row in found]

    def studies(self) -> list[str]:
        """The names of all studies that have an event, the oldest first."""
        import sqlalchemy as sa

        study = _tables().study
        query = sa.select(study.c.name).where(study.c.head > 0).order_by(study.c.id)
        return [original(row[0]) for row in self._all(query)]

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a name, replacing what was there.

        Args:
            key: Its name.
            data: The bytes.
        """
        self._may_write()
        table = _tables().attachment
        content = bytes(data)
        new = self._insert_into(table).values(key=short(key), name=plain(key), data=content)
        self._all(new.on_conflict_do_update(index_elements=["key"], set_={"data": new.excluded.data}))

    def get(self, key: str) -> bytes:
        """The bytes under a name.

        Args:
            key: Its name.

        Raises:
            KeyError: If there are none.
        """
        import sqlalchemy as sa

        table = _tables().attachment
        found = self._all(sa.select(table.c.data).where(table.c.key == short(key)))
        if not found:
            raise KeyError(key)
        return bytes(found[0][0])

    def hold(self, study: str, number: int, attempt: int, owner: str, seconds: float) -> bool:
        """Take or renew the lease of an attempt by the server's clock; True if `owner` now holds it.

        Args:
            study: The study's name.
            number: The trial's.
            attempt: Which claim.
            owner: Who wants it.
            seconds: For how long from now.
        """
        import sqlalchemy as sa

        self._may_write()
        lease = _tables().lease
        now: Any = sa.literal_column(_CLOCKS[self._given.get_backend_name()], sa.Double)
        me = plain(owner)
        new = self._insert_into(lease).values(
            study=short(study), number=number, attempt=attempt, owner=me, until=now + float(seconds)
        )
        taken = new.on_conflict_do_update(
            index_elements=["study", "number", "attempt"],
            set_={"owner": new.excluded.owner, "until": new.excluded.until},
            where=sa.or_(lease.c.owner == me, lease.c.until <= now),
        )
        return bool(self._all(taken.returning(lease.c.owner)))

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        self._own_engine().dispose()

    def _connect(self) -> None:
        import sqlalchemy as sa

        options: dict[str, Any] = {}
        if self.shared:
            options = {"isolation_level": "READ COMMITTED"}
            if self._given.get_driver_name() == "psycopg":
                wanted = libpq.settings(self.patience)
                options["connect_args"] = {k: v for k, v in wanted.items() if k not in self._given.query}
        try:
            # Parameters are the user's data, and have no place in messages.
            engine = sa.create_engine(self._given, hide_parameters=True, max_overflow=-1, **options)
        except ImportError as error:
            raise libpq.missing(error) from None
        self._pid, self._engine = os.getpid(), engine
        self._closing = weakref.finalize(self, _dispose, engine, self._pid)

    def _own_engine(self) -> Any:
        """The engine of this process: a forked child leaves its parent's connections alone."""
        if self._pid != os.getpid():
            self._closing.detach()
            self._engine.dispose(close=False)
            self._connect()
        return self._engine

    def _may_write(self) -> None:
        if self.read_only:
            raise not_writable(self._where)

    def _run(self, work: Callable[[Any], T]) -> T:
        """Do work that may safely be done twice, until the server's answer is there."""
        import sqlalchemy as sa

        def once() -> T:
            engine = self._own_engine()
            if not self._ready:
                self._prepare(engine)
                self._ready = True
            return work(engine)

        try:
            return retry(once, _passing, self.patience)
        except sa.exc.SQLAlchemyError as error:
            why = in_short(str(getattr(error, "orig", error)), self._secrets)
            final = not _passing(error) and getattr(getattr(error, "orig", None), "sqlstate", None)
            refused = StorageError(f"{self._where} refused: {why}")
            raise (refused if final else unreachable(self._where, why)) from None

    def _all(self, statement: Any, values: dict[str, Any] | None = None) -> list[Any]:
        """The rows of one statement that is its own transaction."""

        def work(engine: Any) -> list[Any]:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                result = connection.execute(statement, values or {})
                return list(result) if result.returns_rows else []

        return self._run(work)

    def _prepare(self, engine: Any) -> None:
        """Make the tables if there are none, and check the format."""
        import sqlalchemy as sa

        with engine.begin() as connection:
            found = sa.inspect(connection).has_table("parzen_format")
            if not found and self.read_only:
                raise StudyNotFound(f"{self._where} has no study of parzen's")
            if not found:
                # Two processes may come here at once; CREATE ... IF NOT EXISTS alone does not stand that.
                lock = f"SELECT pg_advisory_xact_lock({_CREATION})" if self.shared else "BEGIN IMMEDIATE"
                connection.exec_driver_sql(lock)
                _tables().metadata.create_all(connection)
                new = self._insert_into(_tables().format).values(id=1, version=FORMAT)
                connection.execute(new.on_conflict_do_nothing())
            version = connection.execute(sa.select(_tables().format.c.version)).scalar_one()
        if version > FORMAT:
            raise StorageError(
                f"{self._where} keeps studies in format {version}, and this release reads up to {FORMAT}",
                hint="pip install --upgrade parzen",
            )

    def _insert_into(self, table: Any) -> Any:
        return _insert(self.shared, table)

    def _head(self, study: str) -> int:
        import sqlalchemy as sa

        table = _tables().study
        found = self._all(sa.select(table.c.head).where(table.c.key == short(study)))
        return found[0][0] if found else 0

    def _advance(self, connection: Any, study: str, count: int, lazy: bool) -> tuple[int, int]:
        """Lock the study's row, made if need be, and raise its head; its id and its head before."""
        known = self._last.get(study, (0, ""))
        raised = _raising(self.shared, lazy)
        values = {"the_study": short(study), "known": known[0], "count": count}
        found = connection.execute(raised, values).first()
        if found is None:
            new = self._insert_into(_tables().study).values(key=short(study), name=plain(study), head=0)
            connection.execute(new.on_conflict_do_nothing())
            found = connection.execute(raised, values).one()
        if known[0]:
            self._same(study, known, found[2])
        return found[0], found[1] - count

    def _know(self, study: str, number: int, token: str) -> int:
        self._last[study] = max((number, token), self._last.get(study, (0, "")))
        return number

    def _same(self, study: str, known: tuple[int, str], token: str | None) -> None:
        """Refuse to go on from an event that is no longer the log's: what was told since would be muddled."""
        if token != known[1]:
            raise StorageError(
                f"event {known[0]} of study {study!r} on {self._where} is no longer what it was: "
                "the server lost the end of the log, as after a crash",
                hint="run the same again; it goes on from what is there",
            )

    def _token_at(self, connection: Any, ident: int, number: int) -> str | None:
        import sqlalchemy as sa

        event = _tables().event
        query = sa.select(event.c.token).where(event.c.study == ident, event.c.n == number)
        found: str | None = connection.execute(query).scalar()
        return found


@cache
def _tables() -> SimpleNamespace:
    import sqlalchemy as sa

    return tables(sa)


# Statements are made once: making one costs more than sending it.


@cache
def _reading(again: bool, limited: bool) -> Any:
    """Events after `after`, and that one itself without its data where it is to be looked at `again`."""
    import sqlalchemy as sa

    table: Any = _tables()
    after: Any = sa.bindparam("after")
    n = table.event.c.n
    query = (
        sa.select(n, table.event.c.token, sa.case((n > after, table.event.c.data)))
        .join_from(table.event, table.study, table.event.c.study == table.study.c.id)
        .where(table.study.c.key == sa.bindparam("the_study"), n >= after if again else n > after)
        .order_by(n)
    )
    return query.limit(sa.bindparam("most", type_=sa.Integer)) if limited else query


def _insert(server: bool, table: Any) -> Any:
    """INSERT with ON CONFLICT, as the dialect has it."""
    from sqlalchemy.dialects import postgresql, sqlite

    return (postgresql if server else sqlite).insert(table)


@cache
def _inserting(server: bool) -> Any:
    return insertion(_insert(server, _tables().event))


@cache
def _raising(server: bool, lazy: bool) -> Any:
    """Lock a study's row and raise its head; its id, its head and the token of the last known event."""
    import sqlalchemy as sa

    table, event = _tables().study, _tables().event
    known = event.c.n == sa.bindparam("known")
    token = sa.select(event.c.token).where(event.c.study == table.c.id, known)
    wanted = [table.c.id, table.c.head, token.scalar_subquery()]
    if server:
        # Set along with the lock, which costs no round trip: a writer that freezes or
        # loses its network now must not stop the others for the hours that TCP waits.
        settings = {"idle_in_transaction_session_timeout": "20s"}
        if lazy:
            settings["synchronous_commit"] = "off"
        wanted += [sa.func.set_config(name, value, True) for name, value in settings.items()]
    row = sa.update(table).where(table.c.key == sa.bindparam("the_study"))
    return row.values(head=table.c.head + sa.bindparam("count")).returning(*wanted)


def _parsed(url: str) -> Any:
    """SQLAlchemy's URL; psycopg 3 is the driver unless the URL names one."""
    try:
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError as error:
        raise libpq.missing(error) from None
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # Not quoted: what is no URL may yet hold a password.
        raise InvalidArgument(
            "a database's URL reads postgresql://user@host:5432/database; what was given does not"
        ) from None
    if "@" in (parsed.host or ""):  # the rest of a password
        raise InvalidArgument("special characters of a password must be written as %XX in a URL, @ as %40")
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername=libpq.DRIVER)
    if parsed.get_backend_name() not in _CLOCKS:
        raise InvalidArgument(
            f"SqlStore keeps studies in PostgreSQL, or in SQLite; got a URL for {parsed.get_backend_name()!r}"
        )
    return parsed


def _passing(error: Exception) -> bool:
    """Whether the next try may go better."""
    import sqlalchemy as sa

    if not isinstance(error, sa.exc.DBAPIError):
        return False
    state, text = getattr(error.orig, "sqlstate", None), str(error.orig)
    if state is None and (error.connection_invalidated or "database is locked" in text):
        return True
    never_connected = isinstance(error, sa.exc.OperationalError) and not isinstance(error.orig, sqlite3.Error)
    return (state is not None or never_connected) and libpq.may_pass(state, text)


def _dispose(engine: Any, pid: int) -> None:
    if os.getpid() == pid:  # a child that ends must not say goodbye for its parent
        engine.dispose()
