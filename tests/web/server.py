"""The program in processes of its own: commands that end, and a server on a free port whose output is shown if it dies."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import httpx

import app

CHECKOUT = Path(app.__file__).parent.parent
SECONDS = 60.0
"""How long a condition may take to come true before a test gives up; nothing ever waits this long when all is well."""


class World(NamedTuple):
    """A knowledge folder and a data folder that belong to one test."""

    kb: Path
    data: Path

    def copy(self, folder: Path) -> World:
        """Both folders anew; what was published stays published."""
        return World(
            shutil.copytree(self.kb, folder / "kb"),
            shutil.copytree(self.data, folder / "data"),
        )


def environment(**settings: Any) -> dict[str, str]:
    """This process's environment with these settings and no others; output wide, plain and in UTF-8."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("YIBOSHI_")}
    chosen = {f"YIBOSHI_{name.upper()}": str(value) for name, value in settings.items()}
    return kept | {"PYTHONPATH": str(CHECKOUT), "PYTHONUTF8": "1", "COLUMNS": "400", "NO_COLOR": "1"} | chosen


def of(world: World) -> dict[str, Any]:
    return {"kb_dir": world.kb, "data_dir": world.data}


def run(
    *arguments: str, cwd: Path, prefix: Sequence[str] = (), stdin: str = "", **settings: Any
) -> subprocess.CompletedProcess[str]:
    """``yiboshi arguments`` until it ends."""
    return subprocess.run(
        [*prefix, sys.executable, "-m", "app", *arguments],
        cwd=cwd,
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of ``condition``; fails, saying ``what`` was awaited, when there is none in ``SECONDS``."""
    deadline = time.monotonic() + SECONDS
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {SECONDS:.0f} s for: {what}"
        time.sleep(0.02)  # only paces the looking


class Server:
    """``yiboshi serve`` as a context manager; ready when entered, ended when left."""

    def __init__(self, world: World, port: int | None = None, **settings: Any) -> None:
        self.world = world
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {"port": self.port, **of(world), **settings}
        self._log = world.data.parent / f"server-{self.port}.log"

    def __enter__(self) -> Server:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve"],
                cwd=self.world.data.parent,
                env=environment(**self._settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            eventually(self._ready, "the server to be ready")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()
        if error is not None:
            sys.stderr.write(self.output())

    def _ready(self) -> bool:
        assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.output()}"
        try:
            return httpx.get(f"{self.url}/readyz", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def output(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=SECONDS, **options)

    def ask(self, question: str) -> dict[str, Any]:
        """One question on a connection of its own."""
        with self.client() as client:
            response = client.post("/api/v1/ask", json={"question": question})
        assert response.status_code == 200, response.text
        reply: dict[str, Any] = response.json()
        return reply
