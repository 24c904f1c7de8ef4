"""A PostgreSQL server of the tests' own, in a temporary folder, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from tests.web.server import free_port

DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """Where ``initdb`` and ``pg_ctl`` are; see scripts/ensure_postgres.py."""
    found = sorted(DEBIAN.glob("*/bin/pg_ctl"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("pg_ctl")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


class Postgres:
    """Running when entered, gone with all its databases when left."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self.port = free_port()

    def __enter__(self) -> Postgres:
        self._folder = Path(tempfile.mkdtemp(prefix="yiboshi-postgres-"))
        self._owner: dict[str, str] = {}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root; the package made a user for it
            pwd.getpwnam("postgres")
            shutil.chown(self._folder, "postgres", "postgres")
            self._owner = {"user": "postgres", "group": "postgres"}
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self._folder / 'log'}", f"--options={options}")

    def stop(self) -> None:
        """At once, as when the power fails; connections break."""
        self._run("pg_ctl", "stop", "--mode=immediate", "--silent")

    def new_database(self) -> str:
        """The address of an empty database."""
        import psycopg

        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT count(*) FROM pg_database").fetchone()
            assert row is not None
            name = f"test_{row[0]}"
            connection.execute(f"CREATE DATABASE {name}")
        return self._address(name)

    def _address(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments, "--pgdata", str(self._folder / "data")]
        done = subprocess.run(command, cwd=self._folder, stdin=subprocess.DEVNULL, check=False, **self._owner,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        assert done.returncode == 0, f"{program} {arguments} ended with {done.returncode}"
