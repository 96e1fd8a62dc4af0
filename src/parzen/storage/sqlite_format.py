"""The format of the SQLite file; it may be looked at with any SQLite tool.

    study(id, name)                       one row per study
    event(study, n, kind, number, at, data)   the log: n = 1, 2, 3 ... per study; data is the event's JSON
    taken(study, key)                     the unique keys of its events
    attachment(key, data)                 named bytes
    lease(study, number, attempt, owner, until)   who works on what; no history
    trial                                 a view: one row per trial, as the log ends now

``PRAGMA application_id`` is 0x50525A4E ("PRZN") and ``PRAGMA user_version``
the version of this format. Tables may be added under the same version; a
reader refuses a higher one.
"""

from __future__ import annotations

import sqlite3

from parzen.storage import files

APPLICATION = 0x50525A4E
FORMAT = 1

TABLES = (
    "CREATE TABLE study (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE event (study INTEGER NOT NULL, n INTEGER NOT NULL, kind TEXT NOT NULL, number INTEGER,
        at REAL, data TEXT NOT NULL, PRIMARY KEY (study, n)) WITHOUT ROWID""",
    "CREATE TABLE taken (study INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (study, key)) WITHOUT ROWID",
    "CREATE TABLE attachment (key TEXT PRIMARY KEY, data BLOB NOT NULL)",
    """CREATE TABLE lease (study INTEGER NOT NULL, number INTEGER NOT NULL, attempt INTEGER NOT NULL,
        owner TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (study, number, attempt)) WITHOUT ROWID""",
)

# The ledger's fold for people who like SQL: the first `finished` of the attempt
# current at that moment ends a trial, and the last `amended` after it corrects
# it. `loss` is minimised, also where the study maximises. Events in an order
# that the ledger would not fold (a claim without a release before it) are not
# told apart from sound ones.
VIEW = """
CREATE VIEW trial AS
WITH step AS (
    SELECT study, number, n, kind, at, json_extract(data, '$.attempt') AS attempt, coalesce(
        max(CASE kind WHEN 'claimed' THEN json_extract(data, '$.attempt') END)
        OVER (PARTITION BY study, number ORDER BY n), 0) AS running
    FROM event WHERE number IS NOT NULL AND kind NOT IN ('reported', 'noted')
),
ending AS (
    SELECT study, number, min(n) AS n FROM step
    WHERE kind = 'finished' AND attempt = running GROUP BY study, number
),
row AS (
    SELECT step.study, step.number,
        max(CASE step.kind WHEN 'suggested' THEN step.n END) AS suggested,
        max(CASE step.kind WHEN 'claimed' THEN attempt END) AS attempt,
        max(CASE step.kind WHEN 'claimed' THEN step.at END) AS started,
        max(CASE WHEN step.kind = 'claimed' OR (step.kind = 'released' AND attempt = running)
            THEN 2 * step.n + (step.kind = 'claimed') END) AS last,
        max(CASE WHEN step.n = ending.n OR (step.kind = 'amended' AND step.n > ending.n)
            THEN step.n END) AS outcome,
        max(step.kind = 'excluded') AS excluded,
        ending.n AS ending
    FROM step LEFT JOIN ending ON ending.study = step.study AND ending.number = step.number
    WHERE ending.n IS NULL OR step.n <= ending.n OR step.kind IN ('amended', 'excluded')
    GROUP BY step.study, step.number
)
SELECT study.name AS study, row.number,
    coalesce(json_extract(outcome.data, '$.status'),
        CASE WHEN row.last % 2 THEN 'running' ELSE 'open' END) AS status,
    CASE json_extract(outcome.data, '$.losses[0]."$float"')
        WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 WHEN 'nan' THEN NULL
        ELSE json_extract(outcome.data, '$.losses[0]') END AS loss,
    row.started, ending.at AS ended, row.attempt, row.excluded,
    json_extract(point.data, '$.point') AS point
FROM row JOIN study ON study.id = row.study
LEFT JOIN event AS outcome ON outcome.study = row.study AND outcome.n = row.outcome
LEFT JOIN event AS ending ON ending.study = row.study AND ending.n = row.ending
LEFT JOIN event AS point ON point.study = row.study AND point.n = row.suggested
ORDER BY row.study, row.number
"""


def identified(connection: sqlite3.Connection, path: str) -> bool:
    """Whether a database is ours; False if it is empty.

    Args:
        connection: To it.
        path: For messages.

    Raises:
        StorageError: If it is of a newer format, or somebody else's.
    """
    # In this order: another process may make the tables, and the mark with them, at any moment.
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == APPLICATION:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise files.newer(path, version, FORMAT)
        return True
    if not tables and not application:
        return False
    if {"studies", "trials", "version_info"} <= set(tables):
        kind = "a database of Optuna's"
    elif {"experiments", "runs"} <= set(tables):
        kind = "a database of MLflow's"
    else:
        kind = f"a database of something else (tables: {', '.join(sorted(tables)[:5]) or 'none'})"
    raise files.not_ours(path, "study", kind)


def create(connection: sqlite3.Connection) -> None:
    """Make tables and view; inside a transaction.

    Args:
        connection: To an empty database.
    """
    for statement in (*TABLES, VIEW):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {FORMAT}")
