"""Four workers under load while knowledge is published and gone back from: no request fails, no reply mixes versions."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

import httpx

from tests.small_kb import edit
from tests.web.conftest import TOKEN
from tests.web.server import Server, World, eventually, of, run
from tests.web.test_server import FILE, NEW, OLD, QUESTION, answered, worker_of

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
WORKERS = 4
ASKERS = 6
KNOWLEDGE = "/api/v1/admin/knowledge"


class Load:
    """People who ask without a pause, some on one connection, some on a new one for each question."""

    def __init__(self, server: Server) -> None:
        self.replies: set[tuple[str, str, str]] = set()
        """(version, fingerprint, text)"""
        self.count = 0
        self.failures: list[Any] = []
        self._server = server
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(i % 2 == 0,)) for i in range(ASKERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, anew: bool) -> None:
        client = self._server.client()
        while not self._stop.is_set():
            try:
                response = client.post("/api/v1/ask", json={"question": QUESTION})
                response.raise_for_status()
                reply = response.json()
                knowledge = reply["knowledge"]
                self.replies.add((knowledge["version"], knowledge["fingerprint"], reply["answer"]["text"]))
                self.count += 1
            except Exception as error:
                self.failures.append(error)
            if anew:
                client.close()
                client = self._server.client()
        client.close()


def connections(server: Server, stack: ExitStack) -> list[httpx.Client]:
    """A kept-alive connection to every worker."""
    found: dict[int, httpx.Client] = {}

    def all_there() -> bool:
        client = stack.enter_context(server.client())
        found.setdefault(worker_of(server, client), client)
        return len(found) == WORKERS

    eventually(all_there, "a connection to every worker")
    return list(found.values())


def test_four_workers_follow_a_publication_and_a_step_back_under_load(world: World):
    with Server(world, workers=WORKERS, admin_token=TOKEN) as server, ExitStack() as stack:
        workers = connections(server, stack)
        old = answered(workers[0])

        def all_follow(version: str) -> bool:
            return all(answered(client)[0] == version for client in workers)

        with Load(server) as load:
            edit(world.kb, FILE, OLD, NEW)
            assert run("publish", cwd=world.data.parent, **of(world)).returncode == 0
            new = (world.data / "indexes" / "current").read_text().strip()
            eventually(lambda: all_follow(new), "all workers to follow the publication")
            assert {answered(client) for client in workers} == {(new, NEW)}
            back = workers[0].post(f"{KNOWLEDGE}/rollback", headers=ADMIN)
            assert back.json() == {"version": old[0], "previous": new}
            eventually(lambda: all_follow(old[0]), "all workers to follow the step back")
            assert {answered(client) for client in workers} == {old}
    assert load.failures == []
    assert load.count > ASKERS
    texts = {version: text for version, _, text in load.replies}
    assert texts == {old[0]: old[1], new: NEW}
    assert len(load.replies) == 2, "each version has one fingerprint and one text"
