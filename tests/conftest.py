"""Fixtures that many tests share: real servers, started when the first test asks for one."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit, urlunsplit

import pytest
from tests import servers

# A shell starts what runs in its background with Ctrl-C ignored; these tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def _started(
    name: str, start: Callable[[], AbstractContextManager[servers.Server]], given: bool
) -> Iterator[servers.Server]:
    """A server. Without one: a skip on a developer's machine, a failure where it was promised."""
    promised = {each.strip() for each in os.environ.get("PARZEN_REQUIRE", "").split(",")}
    try:
        with start() as server:
            yield server
    except servers.ServerMissing as missing:
        if not given and (name in promised or os.environ.get("CI", "").lower() in ("1", "true")):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL database in which schemas may be made."""
    given = os.environ.get("PARZEN_TEST_POSTGRES_URL")
    if given:
        yield given
    else:
        with _started("postgres", servers.postgresql, given=False) as server:
            yield server.url


@pytest.fixture(scope="session")
def mongodb_url() -> Iterator[str]:
    """A database of a server that speaks MongoDB's protocol."""
    given = os.environ.get("PARZEN_TEST_MONGODB_URL")
    if given:
        yield given
    else:
        with _started("mongodb", servers.mongodb, given=False) as server:
            yield server.url


@pytest.fixture
def postgres_schema(postgres_url) -> Iterator[str]:
    """The URL of an empty schema of the test's own."""
    import psycopg

    name = f"parzen_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
    separator = "&" if "?" in postgres_url else "?"
    yield f"{postgres_url}{separator}options=-csearch_path%3D{name}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def mongodb_database(mongodb_url) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    import pymongo

    name = f"parzen_{uuid.uuid4().hex}"
    yield urlunsplit(urlsplit(mongodb_url)._replace(path=f"/{name}"))
    with pymongo.MongoClient(mongodb_url) as client:
        client.drop_database(name)


@pytest.fixture
def own_postgresql() -> Iterator[servers.Server]:
    """A PostgreSQL server that the test may kill."""
    with _started("postgres", servers.postgresql, "PARZEN_TEST_POSTGRES_URL" in os.environ) as server:
        yield server


@pytest.fixture
def own_mongodb() -> Iterator[servers.Server]:
    """A server that speaks MongoDB's protocol and that the test may kill."""
    with _started("mongodb", servers.mongodb, "PARZEN_TEST_MONGODB_URL" in os.environ) as server:
        yield server


@pytest.fixture
def cut_line() -> Iterator[Callable[[str], tuple[servers.Proxy, str]]]:
    """Puts a line that can be cut before a server: `proxy, url = cut_line(url)`."""
    made = []

    def put(url: str) -> tuple[servers.Proxy, str]:
        parts = urlsplit(url)
        made.append(servers.Proxy(parts.port or 0))
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        return made[-1], urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{made[-1].port}"))

    yield put
    for proxy in made:
        proxy.close()
