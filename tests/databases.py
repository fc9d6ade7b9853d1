"""Real servers on 127.0.0.1 for the tests that need them: PostgreSQL, MariaDB and Redis.

Their programs come from Debian's packages. Without them a test is skipped, or fails if the environment
variable ``BANDWIDTH_CALLBACKS_TESTS_REQUIRE_SERVERS`` is 1.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from pwd import getpwnam, getpwuid
from typing import NoReturn, TypeVar

import psycopg
import pymysql
import pytest

REQUIRED = "BANDWIDTH_CALLBACKS_TESTS_REQUIRE_SERVERS"
_SECONDS_TO_START = 120.0  # the machine may be busy


ServerT = TypeVar("ServerT", bound="Server")


class Server:
    """A server that a test can kill, freeze and start again. Its data outlive all of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port: int = listener.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []

    @property
    def url(self) -> str:
        """The URL of what the server holds for this test."""
        raise NotImplementedError

    def clear(self) -> None:
        """Make ``url`` lead to something empty."""
        raise NotImplementedError

    def _command(self) -> Sequence[str]:
        raise NotImplementedError

    def _is_up(self) -> bool:
        raise NotImplementedError

    def start(self) -> None:
        """Start the server, if it does not run, and wait until it takes connections."""
        self.thaw()
        if self._process is None:
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._command(),
                    cwd=self.folder,
                    stdout=log,
                    stderr=log,
                    process_group=0,  # Ctrl-C is for the tests
                )
        deadline = time.monotonic() + _SECONDS_TO_START
        while not self._is_up():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self._command()[0]} did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server at once, with every process of it, and wait until they are gone."""
        if self._process is None:
            return
        processes = self._processes()
        for process in processes:
            _send(process, signal.SIGKILL)
        self._process.wait()
        self._process = None
        self._frozen.clear()
        while any(is_alive(process) for process in processes):
            time.sleep(0.01)

    def freeze(self) -> None:
        """Stop every process of the server where it is: connections stay open, and nothing answers."""
        self._frozen = self._processes()
        for process in self._frozen:
            freeze(process)

    def thaw(self) -> None:
        """Let a frozen server go on."""
        while self._frozen:
            _send(self._frozen.pop(), signal.SIGCONT)

    def _processes(self) -> list[int]:
        assert self._process is not None
        found = [self._process.pid]
        for process in found:  # grows on the way
            with suppress(FileNotFoundError):
                found += map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())
        return found


class Redis(Server):
    """A Redis server that writes down every command before it replies.

    It does not wait for the disk: what the kernel has outlives the death of the server, and a busy disk would
    keep it silent for longer than a store waits.
    """

    @property
    def url(self) -> str:
        """The URL of the server's first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def clear(self) -> None:
        """Delete every key, and every script."""
        assert self._ask("FLUSHALL") == self._ask("SCRIPT FLUSH") == "+OK"

    def _command(self) -> Sequence[str]:
        return [
            *_as(os.getuid(), until="SIGKILL"),
            "redis-server",
            *("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder)),
            *("--save", "", "--appendonly", "yes", "--appendfsync", "no"),
        ]

    def _is_up(self) -> bool:
        with suppress(OSError):
            return self._ask("PING") == "+PONG"
        return False

    def _ask(self, command: str) -> str:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.makefile("r").readline().strip()


class PostgreSQL(Server):
    """A PostgreSQL server without passwords. Each test has a database of its own."""

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder)
        self._programs = programs
        self._numbers = count(1)
        self._database = "postgres"
        self._user = _user("postgres")
        shutil.chown(folder, self._user)
        subprocess.run(
            [
                *_as(self._user),
                str(programs / "initdb"),
                *("--pgdata", str(folder / "data"), "--username", "postgres", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the test's database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{self._database}"

    def clear(self) -> None:
        """Create a database for the next test, in place of the last one."""
        last, self._database = self._database, f"test_{next(self._numbers)}"
        with self._connect() as connection:
            if last != "postgres":
                connection.execute(f"DROP DATABASE {last} WITH (FORCE)")  # type: ignore[arg-type, unused-ignore]
            connection.execute(f"CREATE DATABASE {self._database}")  # type: ignore[arg-type, unused-ignore]

    def _command(self) -> Sequence[str]:
        return [
            *_as(self._user, until="SIGQUIT"),
            str(self._programs / "postgres"),
            *("-D", str(self.folder / "data"), "-p", str(self.port), "-F"),
            *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
        ]

    def _is_up(self) -> bool:
        with suppress(psycopg.OperationalError):
            self._connect().close()
            return True
        return False

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres connect_timeout=5",
            autocommit=True,
        )


class MariaDB(Server):
    """A MariaDB server without passwords. Each test has a database of its own.

    It has a folder of its own for temporary tables, too: a server that starts deletes all that it finds.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._numbers = count(1)
        self._database = "mysql"
        self._user = _user("mysql")
        shutil.chown(folder, self._user)
        subprocess.run(
            [
                *_as(self._user),
                *("mariadb-install-db", "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}"),
                *("--auth-root-authentication-method=normal", "--skip-test-db"),
            ],
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the test's database."""
        return f"mariadb+pymysql://root@127.0.0.1:{self.port}/{self._database}"

    def clear(self) -> None:
        """Create a database for the next test."""
        self._database = f"test_{next(self._numbers)}"
        with closing(self._connect()) as connection:
            connection.cursor().execute(f"CREATE DATABASE {self._database}")

    def _command(self) -> Sequence[str]:
        return [
            *_as(self._user, until="SIGKILL"),
            *("mariadbd", "--no-defaults", f"--datadir={self.folder}/data", f"--port={self.port}"),
            *("--bind-address=127.0.0.1", f"--socket={self.folder}/socket", "--skip-name-resolve"),
            *(f"--tmpdir={self.folder}", "--innodb-flush-log-at-trx-commit=2"),
        ]

    def _is_up(self) -> bool:
        with suppress(pymysql.Error):
            self._connect().close()
            return True
        return False

    def _connect(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", connect_timeout=5, ssl_disabled=True
        )


@contextmanager
def running_redis() -> Iterator[Redis]:
    """Run a Redis server."""
    find_program("redis-server", "redis-server")
    with _folder() as folder:
        yield from _running(Redis(folder))


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL server."""
    # Debian keeps the programs of each version in a folder of its own, outside of the PATH.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    initdb = find_program("initdb", "postgresql", *map(str, reversed(folders)))
    with _folder() as folder:
        yield from _running(PostgreSQL(folder, initdb.parent))


@contextmanager
def running_mariadb() -> Iterator[MariaDB]:
    """Run a MariaDB server."""
    find_program("mariadbd", "mariadb-server")
    with _folder() as folder:
        yield from _running(MariaDB(folder))


def find_program(program: str, package: str, *folders: str) -> Path:
    """Return the path of a program; without it, the test is skipped, or fails."""
    found = shutil.which(program, path=os.pathsep.join([*folders, os.environ["PATH"]]))
    if found is None:
        end_test(f"{program} must be installed for this test. Install it: apt-get install {package}")
    if program != "setpriv":
        find_program("setpriv", "util-linux")  # starts the servers
    return Path(found)


def end_test(message: str) -> NoReturn:
    """End a test that lacks a program: it is skipped, or fails where ``REQUIRED`` is set."""
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's tmp_path, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="bandwidth-callbacks-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _running(server: ServerT) -> Iterator[ServerT]:
    try:
        server.start()
        yield server
    finally:
        server.kill()


def _user(name: str) -> int:
    """Return whom a server is to run as that refuses root."""
    return os.getuid() or getpwnam(name).pw_uid


def _as(user: int, *, until: str = "keep") -> Sequence[str]:
    """Return the words before a command that has it run as a user, and end when this process ends.

    :param until: the signal that ends it.
    """
    words = ["setpriv", f"--pdeathsig={until}"]
    if user != os.getuid():
        words += [f"--reuid={user}", f"--regid={getpwuid(user).pw_gid}", "--clear-groups"]
    return [*words, "--"]


def freeze(process: int) -> None:
    """Stop a process where it is, and wait until each of its threads has stopped.

    A thread goes on until the signal reaches it, which takes a while on a busy machine.
    """
    _send(process, signal.SIGSTOP)
    while not _states(process) <= {"T", "Z"}:
        time.sleep(0.001)


def _send(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)


def is_alive(process: int) -> bool:
    """Return whether a process runs; one that has ended and was not waited for does not."""
    return not _states(process) <= {"Z"}


def _states(process: int) -> set[str]:
    """Return the states that the threads of a process are in, as ``ps`` names them; none once it is gone."""
    states = set()
    for thread in Path(f"/proc/{process}/task").glob("*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            states.add(thread.read_text().rpartition(")")[2].split()[0])
    return states


# -- Fixtures: one server for all tests, empty and up at the start of each -----------------------------------


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[Redis]:
    with running_redis() as server:
        yield server


@pytest.fixture(scope="session")
def _postgresql_server() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def _mariadb_server() -> Iterator[MariaDB]:
    with running_mariadb() as server:
        yield server


@pytest.fixture
def redis_server(_redis_server: Redis) -> Redis:
    """A Redis server that holds nothing; what the test does to it is mended before the next one."""
    _redis_server.start()
    _redis_server.clear()
    return _redis_server


@pytest.fixture
def postgresql_server(_postgresql_server: PostgreSQL) -> PostgreSQL:
    """A PostgreSQL server with an empty database; what the test does to it is mended before the next one."""
    _postgresql_server.start()
    _postgresql_server.clear()
    return _postgresql_server


@pytest.fixture
def mariadb_server(_mariadb_server: MariaDB) -> MariaDB:
    """A MariaDB server with an empty database; what the test does to it is mended before the next one."""
    _mariadb_server.start()
    _mariadb_server.clear()
    return _mariadb_server
