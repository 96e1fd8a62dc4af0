"""Hyperopt's URLs of a database and a collection, and what a study in it is called."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from parzen.errors import InvalidArgument


def as_mongo_str(url: str) -> str:
    """A URL that begins with ``mongo://``.

    Args:
        url: With or without it.
    """
    known = ("mongo://", "mongo+ssh://", "mongodb://", "mongodb+srv://")
    return url if url.startswith(known) else f"mongo://{url}"


def parse_url(url: str, pwfile: str | None = None) -> tuple[str, str]:
    """The URL of the database as pymongo takes it, and the name of the collection.

    Args:
        url: ``mongo://[user[:password]@]host[:port]/database/collection[?authSource=...]``.
        pwfile: A file with the password, for a URL that has a user and no password;
            left out, ``~/.hyperopt``.

    Raises:
        InvalidArgument: If it is none.

    >>> parse_url("mongo://localhost:1234/foo_db/jobs")
    ('mongodb://localhost:1234/foo_db', 'jobs')
    """
    parts = urlsplit(as_mongo_str(url))
    names = parts.path.strip("/").split("/")
    if not parts.hostname or len(names) != 2 or not all(names):
        raise InvalidArgument(
            f"MongoTrials needs mongo://host:port/database/collection; got {_without_password(url)!r}",
            hint="for example mongo://localhost:27017/search/jobs",
        )
    if parts.scheme == "mongo+ssh":
        raise InvalidArgument(
            "mongo+ssh:// is not supported", hint="open a tunnel: ssh -L 27017:localhost:27017 host"
        )
    place = parts.netloc
    if parts.username and not parts.password:
        password = _password(pwfile)
        if password:
            place = f"{parts.username}:{password}@{place.rpartition('@')[2]}"
    scheme = parts.scheme if parts.scheme.startswith("mongodb") else "mongodb"
    return urlunsplit((scheme, place, f"/{names[0]}", parts.query, "")), names[1]


def _password(file: str | None) -> str:
    path = os.path.expanduser(file or "~/.hyperopt")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as text:
        return text.read().strip()


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"...@{after}" if at and before else url


class MongoJobs:
    """A database and a collection: what `MongoTrials` also takes in place of a URL.

    Args:
        url: See `parse_url`.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    @classmethod
    def new_from_connection_str(cls, url: str, **_: Any) -> MongoJobs:
        """As in Hyperopt.

        Args:
            url: See `parse_url`.
        """
        return cls(url)


def url_to_keep(url: str) -> str:
    """A URL without its password, for a pickle."""
    parts = urlsplit(as_mongo_str(url))
    place = parts.netloc
    if parts.password:
        place = f"{parts.username}@{place.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place))


def study_name(collection: str, exp_key: str | None) -> str:
    """The name of the study of an experiment.

    Args:
        collection: Of Hyperopt's jobs.
        exp_key: Of the experiment, or None.
    """
    return collection if exp_key is None else f"{collection}/{exp_key}"
