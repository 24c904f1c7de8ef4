"""With the cable pulled: in a network namespace of its own a process has no interface but a loopback that is down."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.snapshot import Snapshot
from tests.conftest import Published
from tests.web.server import CHECKOUT, SECONDS, World, environment, of, run

NOTHING_IS_UP = 99
CUT_OFF = [
    *("unshare", "--net", "--map-root-user", "sh", "-c"),
    f'test -z "$(ip -o link show up)" || exit {NOTHING_IS_UP}; exec "$@"',
    "sh",
]
"""Prefix of a command: run it where no network interface is up, not even the loopback."""
LOOPBACK_ONLY = [*CUT_OFF, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


@pytest.fixture(scope="module")
def _namespaces() -> None:
    allowed = subprocess.run([*CUT_OFF, "true"], capture_output=True, text=True, check=False)
    if allowed.returncode not in (0, NOTHING_IS_UP):
        pytest.skip(f"unshare is not permitted here: {allowed.stderr.strip()}")
    assert allowed.returncode == 0, "a fresh network namespace already has an interface up"


def asked(snapshot: Snapshot) -> tuple[str, str]:
    """A question of the shipped knowledge and the id of the entry that answers it."""
    entry = snapshot.knowledge.entries[0]
    return entry.question, entry.id


@pytest.mark.usefixtures("_namespaces")
def test_a_cut_off_process_cannot_even_reach_the_loopback(tmp_path):
    """The ground the next tests stand on."""
    script = "import socket; socket.create_connection(('127.0.0.1', 9), 5)"
    done = subprocess.run([*CUT_OFF, sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in done.stderr


@pytest.mark.usefixtures("_namespaces")
def test_ask_answers_without_any_network(world: World, published: Published):
    question, entry = asked(published.snapshot)
    done = run("ask", question, "--json", cwd=world.data.parent, prefix=CUT_OFF, **of(world))
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert (reply["kind"], reply["answer"]["entry_id"]) == ("answer", entry)


@pytest.mark.usefixtures("_namespaces")
def test_publish_embeds_without_any_network(world: World):
    path = sorted((world.kb / "faq").glob("*.yaml"))[0]
    path.write_text(
        path.read_text("utf-8").replace("    aliases:\n", "    aliases:\n      - 断网时新写的问法\n", 1), "utf-8"
    )
    done = run("publish", "--json", cwd=world.data.parent, prefix=CUT_OFF, **of(world))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["embedded"] == 1


SERVE_AND_ASK = """
import json, sys
from pathlib import Path
from tests.web.server import Server, World
kb, data, question = sys.argv[1:]
with Server(World(Path(kb), Path(data))) as server:
    print(json.dumps(server.ask(question)))
"""


@pytest.mark.usefixtures("_namespaces")
def test_a_server_answers_where_there_is_only_a_loopback(world: World, published: Published):
    question, entry = asked(published.snapshot)
    command = [*LOOPBACK_ONLY, sys.executable, "-c", SERVE_AND_ASK, str(world.kb), str(world.data), question]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=environment(), capture_output=True, text=True, timeout=2 * SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"]["entry_id"] == entry


GUARDED_ASK = """
import json, socket, sys

tried = []

def guard(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        tried.append([event, str(arguments[0])])
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg", "urllib.Request"):
        tried.append([event, str(arguments[1])])

sys.addaudithook(guard)
from app.cli import app
try:
    app(["ask", sys.argv[1], "--json"])
except SystemExit as end:
    assert not end.code, end.code
by_the_program = list(tried)
with socket.socket() as probe:
    probe.connect_ex(("127.0.0.1", 9))
print(json.dumps({"by_the_program": by_the_program, "by_this_script": tried[len(by_the_program):]}))
"""


def test_ask_tries_to_reach_nobody(world: World, published: Published):
    """Not even in vain: Python's audit events show every look-up and connection that the program attempts."""
    question, entry = asked(published.snapshot)
    done = subprocess.run(
        [sys.executable, "-c", GUARDED_ASK, question],
        cwd=world.data.parent,
        env=environment(**of(world)),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    reply, seen = map(json.loads, done.stdout.splitlines())
    assert reply["answer"]["entry_id"] == entry
    assert seen["by_the_program"] == []
    assert seen["by_this_script"] == [["socket.connect", "('127.0.0.1', 9)"]], "the guard sees nothing"
