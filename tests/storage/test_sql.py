"""Studies in PostgreSQL: the contract, and what can go wrong on the way to a server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parzen.errors import InvalidArgument, StorageError, StudyNotFound, Taken
from parzen.history.events import Claimed, Created, Finished, Noted, Opened
from parzen.storage.sql import SqlStore
from parzen.testing import StoreContract

COMMIT = b"COMMIT\0"  # with its end, since BEGIN says READ COMMITTED
SECRET = "swordfish"
AWAY = "127.0.0.1:1"  # nobody listens on the first port


@pytest.fixture
def open_store():
    """Opens stores, and closes them all at the end."""
    opened = []

    def open_one(url, **settings):
        opened.append(SqlStore(url, **settings))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store, postgres_schema):
    return open_store(postgres_schema)


def finished(number):
    return Finished(0.0, number, 1, "done", [float(number)])


def numbers(store, study="s"):
    return [event.number for event in store.read(study, 0)]


class TestPostgreSQL(StoreContract):
    durable = True

    @pytest.fixture(autouse=True)
    def place(self, open_store, postgres_schema):
        self.open_one, self.url = open_store, postgres_schema

    def open(self, folder):
        return self.open_one(self.url)


class TestSQLiteBySQLAlchemy(StoreContract):
    """A second dialect keeps the statements general. (Its URL opens parzen's own SQLite store.)"""

    @pytest.fixture(autouse=True)
    def place(self, open_store):
        self.open_one = open_store

    def open(self, folder):
        return self.open_one(f"sqlite+pysqlite:///{folder}/study.db")


def test_a_server_store_is_shared_and_has_no_folder(store):
    assert store.shared
    assert store.folder == ""


@settings(max_examples=25, deadline=None)
@given(
    name=st.text(max_size=30) | st.text(min_size=1).map(lambda text: text * 500),
    owner=st.text(max_size=10),
)
def test_any_text_is_a_name(postgres_url, name, owner):
    """NUL, half surrogates, backslashes, quotes, and names longer than an index entry may be."""
    with_schema = f"{postgres_url}{'&' if '?' in postgres_url else '?'}application_name=names"
    store = SqlStore(with_schema)
    study = f"{uuid.uuid4().hex}/{name}"
    try:
        store.append(study, [Created(0.0, name, {}, name, []), Claimed(0.0, 0, 1, owner)])
        store.put(study, b"data")
        assert store.hold(study, 0, 1, owner, 60.0)
        assert store.hold(study, 0, 1, owner, 60.0)
        assert not store.hold(study, 0, 1, owner + "x", 60.0)
        assert study in store.studies()
        assert store.get(study) == b"data"
        assert store.read(study, 0)[0].study == name
        assert store.read(study, 0)[1].owner == owner
    finally:
        store.close()


def test_names_that_differ_late_are_different(store):
    """Long names are hashed for the index, not cut."""
    long = "x" * 5000
    store.append(long + "a", [Opened(0.0, 1)])
    store.append(long + "b", [Opened(0.0, 2)])
    assert numbers(store, long + "a") == [1]
    assert store.studies() == [long + "a", long + "b"]


def test_an_append_takes_four_round_trips(store):
    """BEGIN and COMMIT, and two statements between: the head with the lock, and all events."""
    import sqlalchemy as sa

    store.append("s", [Opened(0.0, 0)])
    sent = []
    for name in ("begin", "commit"):
        sa.event.listen(store._engine, name, lambda _, name=name: sent.append(name))
    sa.event.listen(store._engine, "before_cursor_execute", lambda *args: sent.append(args[2].split()[0]))
    store.append("s", [Opened(0.0, number) for number in range(1, 500)])
    assert sent == ["begin", "UPDATE", "INSERT", "commit"]
    sent.clear()
    assert len(store.read("s", 0)) == 500
    assert store.hold("s", 1, 1, "me", 60.0)
    assert [each for each in sent if each not in ("begin", "commit")] == ["SELECT", "INSERT"]


def test_only_a_batch_with_an_outcome_waits_for_the_disk(store):
    """The others may be lost, from the end, when the server's machine fails."""
    import sqlalchemy as sa

    modes = []

    def look(connection, *_):
        modes.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar())

    store.append("s", [Opened(0.0, 0)])
    sa.event.listen(store._engine, "commit", look)
    store.append("s", [Opened(0.0, 1)])
    store.append("s", [Opened(0.0, 2), finished(1)])
    assert modes == ["off", "on"]


def test_an_empty_batch_writes_nothing(store):
    assert store.append("s", []) == 0
    store.append("s", [Opened(0.0, 0)])
    assert store.append("s", []) == 1
    assert store.studies() == ["s"]


def test_a_large_batch_is_one(store):
    """More events than one statement takes parameters."""
    events = [Opened(0.0, number) for number in range(12_000)]
    assert store.append("s", events) == 12_000
    assert numbers(store) == list(range(12_000))
    with pytest.raises(Taken, match="opened/11999"):
        store.append("s", [Noted(0.0, {})] * 3000 + events[-1:])
    assert len(store.read("s", 0)) == 12_000


WRITER = """
import sys
from parzen.errors import Taken
from parzen.history.events import Opened, Finished
from parzen.storage.sql import SqlStore
store = SqlStore(sys.argv[1])
mine = []
for number in range(60):
    try:
        store.append("race", [Opened(0.0, number), Finished(0.0, number, 1, "done", [0.5])])
        mine.append(number)
    except Taken:
        pass
print(mine)
store.close()
"""


def run_two(url, program):
    """The numbers that two processes wrote, started on a database that has no tables yet."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        return [json.loads(writer.communicate(timeout=90)[0]) for writer in writers]
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()


def test_two_processes_write_one_log(store, postgres_schema):
    """They make the tables at once, and each number is one's alone."""
    one, two = run_two(postgres_schema, WRITER)
    assert sorted(one + two) == list(range(60))
    assert sorted(numbers(store, "race")) == sorted(2 * list(range(60)))


@pytest.mark.parametrize("heard", [True, False])
def test_a_batch_whose_answer_is_lost_is_written_once(open_store, postgres_url, heard, cut_line):
    """The line breaks at COMMIT: after the server did it, or before it heard of it."""
    line, url = cut_line(postgres_url)
    store = open_store(url)
    study = f"lost {uuid.uuid4()}"
    store.append(study, [Opened(0.0, 0)])
    for number in (1, 2):
        line.word, line.heard = COMMIT, heard
        assert store.append(study, [Opened(0.0, number), finished(number)]) == 2 * number + 1
    assert line.cuts == 2
    assert numbers(store, study) == [0, 1, 1, 2, 2]
    with pytest.raises(Taken):
        store.append(study, [Opened(0.0, 2)])


def test_another_writer_may_come_between_a_lost_answer_and_the_next_try(open_store, postgres_url, cut_line):
    """The token is looked for where the batch would be, not at the end."""
    line, url = cut_line(postgres_url)
    store, other = open_store(url), open_store(postgres_url)
    study = f"lost {uuid.uuid4()}"
    store.append(study, [Opened(0.0, 0)])
    patient = store._own_engine
    calls = []

    def slow():
        calls.append(None)
        if len(calls) == 2:  # the second try
            other.append(study, [Opened(0.0, 7), Opened(0.0, 8)])
        return patient()

    store._own_engine = slow
    line.word = COMMIT
    assert store.append(study, [Opened(0.0, 1)]) == 2
    assert numbers(store, study) == [0, 1, 7, 8]


def test_a_killed_connection_is_made_again(store, postgres_url):
    """An administrator ends the backend between two calls."""
    import psycopg

    store.append("s", [Opened(0.0, 0)])
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'parzen'"
        )
    assert store.append("s", [Opened(0.0, 1)]) == 2
    assert numbers(store) == [0, 1]


def test_a_backend_killed_inside_a_transaction_leaves_no_trace_of_the_first_try(store, postgres_url):
    """It is ended after the row was locked; the batch is then written once, by the second try."""
    import psycopg
    import sqlalchemy as sa

    store.append("s", [Opened(0.0, 0)])
    killed = []

    def kill(connection, cursor, statement, *_):
        if statement.startswith("INSERT") and not killed:
            killed.append(cursor.connection.info.backend_pid)
            with psycopg.connect(postgres_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", killed)

    sa.event.listen(store._engine, "before_cursor_execute", kill)
    assert store.append("s", [Opened(0.0, 1), finished(1)]) == 3
    assert len(killed) == 1
    assert numbers(store) == [0, 1, 1]


def test_a_server_that_dies_and_comes_back_loses_nothing(open_store, own_postgresql):
    """Every acknowledged outcome is there, and once."""
    store = open_store(own_postgresql.url)
    told, wrong, going = [], [], threading.Event()

    def write():
        try:
            for number in range(120):
                store.append("s", [finished(number)])
                told.append(number)
                if number == 30:
                    going.set()
        except StorageError as error:
            wrong.append(error)
            going.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert going.wait(60)
    own_postgresql.kill(signal.SIGQUIT)
    own_postgresql.start()
    writer.join(60)
    assert wrong == []
    assert told == list(range(120))
    assert numbers(store) == told


@pytest.mark.parametrize("rewritten", [False, True])
def test_a_log_whose_end_was_lost_is_noticed(open_store, store, postgres_schema, rewritten):
    """By who knows more, in reading and in writing, also when others have gone on meanwhile."""
    import psycopg

    store.append("s", [Opened(0.0, 0), Opened(0.0, 1)])
    store.append("s", [Opened(0.0, 2)])
    reader, late = open_store(postgres_schema), open_store(postgres_schema)
    assert len(reader.read("s", 0)) == 3
    assert len(late.read("s", 0, 2)) == 2
    with psycopg.connect(postgres_schema, autocommit=True) as admin:
        admin.execute("DELETE FROM parzen_event WHERE n = 3")
        admin.execute("UPDATE parzen_study SET head = 2")
    if rewritten:
        assert late.append("s", [Opened(0.0, 7), Opened(0.0, 8)]) == 4
    for call in (
        lambda: store.append("s", [Opened(0.0, 3)]),
        lambda: store.read("s", 3),
        lambda: reader.append("s", [Opened(0.0, 3)]),
        lambda: reader.read("s", 3),
    ):
        with pytest.raises(StorageError, match=r"event 3 of study 's' on .* is no longer what it was"):
            call()
    assert numbers(late) == ([0, 1, 7, 8] if rewritten else [0, 1])


def test_a_server_that_stays_away_is_one_sentence(open_store):
    store = open_store(f"postgresql://ann:{SECRET}@{AWAY}/runs?sslpassword={SECRET}", patience=0.2)
    for call in (
        lambda: store.append("s", [Opened(0.0, 0)]),
        lambda: store.read("s", 0),
        store.studies,
        lambda: store.put("k", b""),
        lambda: store.get("k"),
        lambda: store.hold("s", 0, 1, "me", 1.0),
    ):
        with pytest.raises(StorageError, match=f"cannot reach postgresql at {AWAY}/runs: ") as caught:
            call()
        text = "".join(traceback.format_exception(caught.value))
        assert SECRET not in text
        assert "\n" not in str(caught.value)
        assert caught.value.hint


def test_the_url_keeps_the_user_and_loses_the_password(open_store):
    store = open_store(f"postgresql://ann:{SECRET}@db.example:5433/runs?sslmode=require&sslpassword={SECRET}")
    assert store.url == "postgresql://ann@db.example:5433/runs?sslmode=require"
    assert repr(store) == f"SqlStore({store.url!r})"


def test_a_wrong_login_is_not_tried_again(open_store, postgres_url):
    """It would be as wrong in half a minute."""
    store = open_store(postgres_url.replace("postgres@", f"nobody:{SECRET}@"), patience=3600.0)
    with pytest.raises(StorageError, match='role "nobody" does not exist') as caught:
        store.read("s", 0)
    assert SECRET not in str(caught.value)


def test_no_permission_is_one_sentence(open_store, store, postgres_url, postgres_schema):
    """The server's own words, without the statement."""
    import psycopg

    store.append("s", [Opened(0.0, 0)])
    schema = postgres_schema.rpartition("%3D")[2]
    role = f"reader_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN")
        admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
    try:
        reader = open_store(postgres_schema.replace("postgres@", f"{role}@"))
        assert numbers(reader) == [0]
        with pytest.raises(StorageError, match="refused: permission denied for table") as caught:
            reader.append("s", [Opened(0.0, 1)])
        assert "UPDATE" not in str(caught.value)
        reader.close()
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f"DROP OWNED BY {role}")
            admin.execute(f"DROP ROLE {role}")


def test_a_reader_writes_nothing(open_store, store, postgres_schema):
    reader = open_store(postgres_schema, read_only=True)
    with pytest.raises(StudyNotFound, match="has no study"):
        reader.read("s", 0)
    store.append("s", [Opened(0.0, 0)])
    store.put("k", b"v")
    assert numbers(reader) == [0]
    assert reader.get("k") == b"v"
    for call in (
        lambda: reader.append("s", [Opened(0.0, 1)]),
        lambda: reader.put("k", b""),
        lambda: reader.hold("s", 0, 1, "me", 1.0),
    ):
        with pytest.raises(StorageError, match="opened read-only"):
            call()


def test_a_newer_format_is_refused(open_store, store, postgres_schema):
    import psycopg

    store.append("s", [Opened(0.0, 0)])
    with psycopg.connect(postgres_schema, autocommit=True) as admin:
        admin.execute("UPDATE parzen_format SET version = 99")
    with pytest.raises(StorageError, match="format 99, and this release reads up to"):
        open_store(postgres_schema).read("s", 0)


def test_a_closed_store_opens_again(store):
    store.append("s", [Opened(0.0, 0)])
    store.close()
    store.close()
    assert numbers(store) == [0]


def test_a_forked_child_has_connections_of_its_own(store):
    """Both go on with the same object, and neither disturbs the other's line."""
    store.append("s", [Opened(0.0, 0)])
    child = os.fork()
    if not child:
        code = 1
        try:
            store.append("s", [Opened(0.0, 1)])
            store.close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    store.append("s", [Opened(0.0, 2)])
    assert numbers(store) == [0, 1, 2]


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"postgresql:/ann:{SECRET}", "reads postgresql://"),
        (f"postgresql://ann:{SECRET}@db:port/x", "reads postgresql://"),
        (f"postgresql://ann:x@{SECRET}@db/x", "%XX"),
        (f"mysql://ann:{SECRET}@db/x", "'mysql'"),
    ],
)
def test_a_url_of_something_else_is_refused_without_being_shown(url, what):
    with pytest.raises(InvalidArgument, match=what) as caught:
        SqlStore(url)
    assert SECRET not in "".join(traceback.format_exception(caught.value, limit=0))


def test_the_old_scheme_names_postgresql_too(open_store):
    assert open_store("postgres://ann@db/x").url == "postgresql://ann@db/x"
