"""A real server in a process of its own: following publications, from wherever they come, while people ask."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx

from tests.small_kb import edit
from tests.web.conftest import TOKEN
from tests.web.server import Server, World, eventually, of, run

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
QUESTION = "PIN码输错被锁死了怎么解锁？"
FILE = "faq/certificates.yaml"
OLD = "联系发证机构解锁，**不要**反复再试。"
NEW = "先停手，再联系发证机构解锁。"


def text(server: Server) -> str:
    answer: str = server.ask(QUESTION)["answer"]["text"]
    return answer


def test_a_hangup_signal_publishes_the_edited_knowledge(world: World):
    with Server(world) as server:
        edit(world.kb, FILE, OLD, NEW)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: text(server) == NEW, "the new text after SIGHUP")


def test_a_hangup_over_bad_knowledge_keeps_the_old_text_and_says_why(world: World):
    with Server(world) as server:
        before = server.ask(QUESTION)
        mark = edit(world.kb, FILE, f"answer: {OLD}", f"anwser: {NEW}")
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: f"{mark.file}:{mark.line}" in server.output(), "the refusal in the log")
        after = server.ask(QUESTION)
        assert (after["answer"], after["knowledge"]) == (before["answer"], before["knowledge"])


def test_a_publication_by_another_process_is_followed(world: World):
    with Server(world) as server:
        edit(world.kb, FILE, OLD, NEW)
        done = run("publish", cwd=world.data.parent, **of(world))
        assert done.returncode == 0, done.stderr
        eventually(lambda: text(server) == NEW, "the new text after yiboshi publish")


def test_a_restart_over_bad_knowledge_serves_what_was_published(world: World):
    with Server(world) as server:
        before = server.ask(QUESTION)
    edit(world.kb, FILE, f"answer: {OLD}", f"anwser: {NEW}")
    with Server(world) as server:
        after = server.ask(QUESTION)
        assert (after["answer"], after["knowledge"]) == (before["answer"], before["knowledge"])


def test_both_of_two_workers_follow_a_reload_and_a_publication(world: World):
    with Server(world, workers=2, admin_token=TOKEN) as server, ExitStack() as stack:
        one = stack.enter_context(server.client())

        def connection_to_another() -> httpx.Client | None:
            """A kept-alive connection that another process has accepted than ``one``'s, if this try gives one."""
            client = stack.enter_context(server.client())
            return client if worker_of(server, client) != worker_of(server, one) else None

        other = eventually(connection_to_another, "a connection to the second worker")
        edit(world.kb, FILE, OLD, NEW)
        report = one.post("/api/v1/admin/knowledge/reload", headers=ADMIN).json()
        for client in (one, other):
            eventually(lambda c=client: answered(c) == (report["version"], NEW), "both workers to follow the reload")
        edit(world.kb, FILE, NEW, OLD)
        assert run("publish", cwd=world.data.parent, **of(world)).returncode == 0
        for client in (one, other):
            eventually(lambda c=client: answered(c)[0] != report["version"], "both workers to follow the publication")
        assert worker_of(server, one) != worker_of(server, other)


def answered(client: httpx.Client) -> tuple[str, str]:
    reply = client.post("/api/v1/ask", json={"question": QUESTION}).json()
    return reply["knowledge"]["version"], reply["answer"]["text"]


def worker_of(server: Server, client: httpx.Client) -> int:
    """The process that holds the server's end of this client's connection, from what Linux tells in /proc."""
    response = client.get("/healthz")
    port = response.extensions["network_stream"].get_extra_info("client_addr")[1]
    ends = f"0100007F:{server.port:04X} 0100007F:{port:04X}"
    rows = Path("/proc/net/tcp").read_text().splitlines()
    inode = next(row.split()[9] for row in rows if ends in row)
    for process in descendants(server.process.pid):
        for handle in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                if str(handle.readlink()) == f"socket:[{inode}]":
                    return process
    raise AssertionError("no worker holds this connection")


def descendants(pid: int) -> list[int]:
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [below for child in children for below in descendants(child)]


RELOADS = 50
ASKERS = 4


def test_fifty_reloads_under_constant_asking_give_no_failed_and_no_mixed_reply(world: World):
    """Every reply's text is that of the version which the reply names; what a reload reports serves from then on."""
    texts = (OLD.replace("**", ""), NEW)
    of_version: dict[str, str] = {}
    replies: list[list[tuple[str, str]]] = [[] for _ in range(ASKERS)]
    failures: list[Any] = []
    late: list[str] = []
    stop = threading.Event()

    def keep_asking(mine: list[tuple[str, str]], client: httpx.Client) -> None:
        while not stop.is_set():
            try:
                response = client.post("/api/v1/ask", json={"question": QUESTION})
                response.raise_for_status()
                reply = response.json()
                mine.append((reply["knowledge"]["version"], reply["answer"]["text"]))
            except Exception as error:
                failures.append(error)

    with Server(world, admin_token=TOKEN) as server, ExitStack() as stack:
        of_version[server.ask(QUESTION)["knowledge"]["version"]] = texts[0]
        admin = stack.enter_context(server.client(headers=ADMIN))
        threads = [
            threading.Thread(target=keep_asking, args=(mine, stack.enter_context(server.client()))) for mine in replies
        ]
        for thread in threads:
            thread.start()
        try:
            for i in range(1, RELOADS + 1):
                old, new = (OLD, NEW) if i % 2 else (NEW, OLD)
                edit(world.kb, FILE, old, new)
                response = admin.post("/api/v1/admin/knowledge/reload")
                assert response.status_code == 200, response.text
                version = response.json()["version"]
                assert of_version.setdefault(version, texts[i % 2]) == texts[i % 2]
                if answered(admin) != (version, texts[i % 2]):
                    late.append(version)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert len(of_version) == 2
    assert failures == []
    assert [reply for mine in replies for reply in mine if of_version.get(reply[0]) != reply[1]] == []
    assert late == [], f"{len(late)} of {RELOADS} reloads were followed by a reply of the version before"
    assert all({version for version, _ in mine} == of_version.keys() for mine in replies), (
        "an asker saw one version only"
    )
