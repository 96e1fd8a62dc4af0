"""``hyperopt-mongo-worker``: runs the trials of `MongoTrials`, wherever it is started."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from parzen.errors import ParzenError, StudyNotFound
from parzen.hyperopt.mongo_urls import MongoJobs, as_mongo_str, parse_url, study_name
from parzen.run.progress import choose
from parzen.run.study import Study
from parzen.storage.mongodb import MongoStore
from parzen.workers import Work, work


class Shutdown(Exception):
    """Raised in a worker that was told to end."""


class WaitQuit(Exception):
    """Raised in a worker that ends after its job."""


class ReserveTimeout(Exception):
    """No job appeared for as long as a worker was to wait."""


class MongoWorker:
    """Runs trials of one database, one at a time.

    Args:
        mj: Database and collection.
        poll_interval: Seconds between looks, at the most.
        workdir: Where trials run; None for here.
        exp_key: Of the only experiment to serve; None for all.
    """

    poll_interval = 3.0

    def __init__(
        self,
        mj: MongoJobs,
        poll_interval: float = poll_interval,
        workdir: str | None = None,
        exp_key: str | None = None,
    ) -> None:
        self.mj = mj
        self.poll_interval = poll_interval
        self.workdir = workdir
        self.exp_key = exp_key

    def run_one(self, host_id: Any = None, reserve_timeout: float | None = None, **more: Any) -> None:
        """Run one trial.

        Args:
            host_id: Accepted for Hyperopt's sake.
            reserve_timeout: Seconds without one after which to give up.
            more: Fields of `Work`.

        Raises:
            ReserveTimeout: If none appeared.
        """
        del host_id
        self.serve(1, reserve_timeout, **more)

    def serve(self, jobs: int | None, reserve_timeout: float | None, **more: Any) -> str | None:
        """Run trials of the experiments, until there are no more or a limit is reached.

        Args:
            jobs: At most that many; None for no limit.
            reserve_timeout: Seconds without a trial after which to give up; None waits.
            more: Fields of `Work`.

        Returns:
            Why it ended (``"interrupted"``, ``"terminated"``, ...), or None after `jobs` trials.

        Raises:
            ReserveTimeout: If no trial appeared for that long.
        """
        url, collection = parse_url(self.mj.url)
        store = MongoStore(url)
        idle = time.monotonic()
        left = jobs
        while left is None or left > 0:
            served = 0
            for study in self._unfinished(store, collection):
                asked = Work(unpickle=True, trials=left, idle=1.0, folder=self.workdir, **more)
                before = _evaluated_by(study)
                stopped = work(study, asked, choose(True, True))
                served += _evaluated_by(study) - before
                if stopped not in (None, "idle"):
                    return stopped
                if left is not None:
                    left -= served
                    break
            if served:
                idle = time.monotonic()
            elif reserve_timeout is not None and time.monotonic() - idle > reserve_timeout:
                raise ReserveTimeout(f"no job for {reserve_timeout:g} s")
            else:
                time.sleep(min(self.poll_interval, 1.0))
        return None

    def _unfinished(self, store: MongoStore, collection: str) -> list[Study]:
        """Studies of the collection's experiments that are not at their end."""
        wanted = None if self.exp_key is None else study_name(collection, self.exp_key)
        found = []
        for name in store.studies():
            ours = name == wanted if wanted else name == collection or name.startswith(f"{collection}/")
            if not ours:
                continue
            try:
                study = Study.load(store, name, read_only=False)
            except StudyNotFound:
                continue
            if study.ledger.configured is not None and (study.end is None or study.ledger.ended < study.end):
                found.append(study)
        return found


def _evaluated_by(study: Study) -> int:
    return sum(trial.owner == study.owner for trial in study.trials)


def main_worker(arguments: Sequence[str] | None = None) -> int:
    """The command ``hyperopt-mongo-worker``; its exit code.

    Args:
        arguments: Left out, those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="hyperopt-mongo-worker",
        description="Run trials of MongoTrials. The objective is a pickle in the database, and its code is "
        "run: use databases only whose writers you trust.",
    )
    add = parser.add_argument
    add("--mongo", default="localhost/hyperopt", metavar="[user[:pw]@]host[:port]/db", help="the database")
    add("--exp-key", help="serve this experiment only")
    add("--workdir", help="where trials run, each in a folder of its own (default: here)")
    add("--poll-interval", type=float, default=5.0, help="seconds between looks, at the most")
    add("--reserve-timeout", type=float, default=120.0, help="give up after that many seconds without a job")
    add("--max-consecutive-failures", type=int, default=4, help="give up after that many failures in a row")
    add("--max-jobs", type=float, default=float("inf"), help="run at most that many jobs")
    add("--max-jobs-in-db", type=float, default=float("inf"), help="do nothing if there are more jobs")
    add("--last-job-timeout", type=float, help="start no job after that many seconds")
    add("--no-subprocesses", action="store_true", help="run jobs in this process")
    return main_worker_helper(parser.parse_args(arguments), [])


def main_worker_helper(options: argparse.Namespace, args: Sequence[str]) -> int:
    """Run a worker as the options say; its exit code.

    Args:
        options: Those of `main_worker`.
        args: None.
    """
    del args
    url = as_mongo_str(options.mongo)
    if len(urlsplit(url).path.strip("/").split("/")) == 1:
        parts = urlsplit(url)
        url = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/jobs"))
    worker = MongoWorker(MongoJobs(url), options.poll_interval, options.workdir, options.exp_key)
    if options.max_jobs_in_db < float("inf"):
        store = MongoStore(parse_url(url)[0])
        jobs = sum(len(Study.load(store, name).trials) for name in store.studies())
        if jobs >= options.max_jobs_in_db:
            return 0
    _forward(signal.SIGHUP, signal.SIGTERM)
    _forward(signal.SIGUSR1, signal.SIGINT)  # the first interrupt ends after the current job
    jobs_left = None if options.max_jobs == float("inf") else int(options.max_jobs)
    try:
        stopped = worker.serve(
            jobs_left,
            options.reserve_timeout,
            seconds=options.last_job_timeout,
            in_a_row=options.max_consecutive_failures,
            inline=options.no_subprocesses,
        )
    except ReserveTimeout as error:
        sys.stderr.write(f"hyperopt-mongo-worker: {error}; ends\n")
        return 0
    except ParzenError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    if stopped == "failures":
        sys.stderr.write("hyperopt-mongo-worker: too many failures in a row; ends\n")
        return 1
    return {"interrupted": 0, "terminated": 143}.get(stopped or "", 0)


def _forward(number: signal.Signals, target: signal.Signals) -> None:
    def handle(_: int, __: FrameType | None) -> None:
        os.kill(os.getpid(), target)

    signal.signal(number, handle)
