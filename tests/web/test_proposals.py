"""Two-person sign-off over HTTP, and on every road to a publication; rehearsals."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import main
from app.accounts import tokens
from app.accounts.roles import Role
from app.audit import records
from app.index import history, store
from app.publishing import proposal
from app.publishing.lock import one_at_a_time
from tests.small_kb import edit
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.office import Browser, Clock, Office
from tests.web.server import Server, World, eventually
from tests.web.test_dates import make_due
from tests.web.test_error_shape import assert_error
from tests.web.test_publishing import NEW, OLD, PROTECTED, QUESTION, steal, text

KNOWLEDGE = "/api/v1/admin/knowledge"
PROPOSAL = f"{KNOWLEDGE}/proposal"
PEOPLE: dict[str, Role] = {"zhao": "viewer", "chen": "editor", "sun": "editor", "li": "publisher", "wang": "owner"}


@pytest.fixture
def office(serve: Serve, world: World, clock: Clock) -> Office:
    """With two-person sign-off, and somebody of each role."""
    office = Office(serve(world, two_person=True), world, clock)
    for name, role in reversed(PEOPLE.items()):  # the first account is an owner
        office.hire(name, role)
    return office


class Person:
    """Somebody signed in, with the API at hand."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._csrf = browser.csrf()

    def request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        more = {} if body is None else {"json": body}
        return self._browser.request(method, path, headers={"X-CSRF-Token": self._csrf}, **more)

    def did(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        response = self.request(method, path, body)
        assert response.status_code == 200, response.text
        done: dict[str, Any] = response.json()
        return done

    def refused(self, method: str, path: str, status: int, code: str, body: Any = None) -> dict[str, Any]:
        response = self.request(method, path, body)
        assert_error(response, status, code)
        error: dict[str, Any] = response.json()["error"]
        return error


@pytest.fixture
def person(office: Office) -> Callable[[str], Person]:
    return lambda name: Person(office.signed_in(name))


def change(world: World, new: str = NEW, old: str = OLD) -> None:
    edit(world.kb, "faq/certificates.yaml", old, new)


def deeds(world: World) -> list[tuple[str, str, str]]:
    found = records(world.data / "audit")
    return [(it["who"], it["action"], it["result"]) for it in found if it["action"] != "sign_in"]


def test_one_proposes_and_another_publishes(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    chen, li = person("chen"), person("li")
    error = li.refused("POST", f"{KNOWLEDGE}/reload", 409, "needs_second_person")
    assert error["details"] == []
    made = chen.did("POST", PROPOSAL, {"note": " 改了解锁的答案 "})
    assert (made["by"], made["note"]) == ("chen", "改了解锁的答案")
    standing = li.did("GET", PROPOSAL)
    assert (standing["edited"], standing["stands"], standing["objection"]) == (True, True, None)
    assert standing["proposal"] == made
    assert li.did("POST", f"{KNOWLEDGE}/reload")["changed"] == ["ca-02"]
    assert text(office.web) == NEW
    after = li.did("GET", PROPOSAL)
    assert (after["edited"], after["proposal"]) == (False, None)
    assert deeds(world) == [
        ("li", "publish", "refused"), ("chen", "propose", "ok"), ("li", "publish", "ok"),
    ]  # fmt: skip


def test_nobody_publishes_what_they_proposed_themselves(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    li = person("li")
    li.did("POST", PROPOSAL)
    error = li.refused("POST", f"{KNOWLEDGE}/reload", 409, "needs_second_person")
    assert error["details"][0]["by"] == "li"
    assert "另一个人" in error["message"]
    person("wang").did("POST", f"{KNOWLEDGE}/reload")


def test_a_token_counts_as_whoever_made_it(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    made_by_li = tokens.create(office.engine, office.clock.now, "deploy", "publisher", "li")
    machine = {"Authorization": f"Bearer {made_by_li}"}
    person("li").did("POST", PROPOSAL)
    refused = office.web.post(f"{KNOWLEDGE}/reload", headers=machine)
    assert_error(refused, 409, "needs_second_person")
    person("chen").did("POST", PROPOSAL)
    assert office.web.post(f"{KNOWLEDGE}/reload", headers=machine).status_code == 200


def test_edits_since_the_proposal_are_not_published(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    person("chen").did("POST", PROPOSAL)
    change(world, "又改了一次。", NEW)
    error = person("li").refused("POST", f"{KNOWLEDGE}/reload", 409, "needs_second_person")
    assert "又改过" in error["message"]
    assert person("li").did("GET", PROPOSAL)["stands"] is False


def test_it_is_taken_back_by_its_proposer_only(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    chen = person("chen")
    chen.refused("DELETE", PROPOSAL, 409, "nothing_proposed")
    chen.did("POST", PROPOSAL)
    person("sun").refused("DELETE", PROPOSAL, 403, "forbidden")
    chen.did("DELETE", PROPOSAL)
    assert chen.did("GET", PROPOSAL)["proposal"] is None
    assert [deed for deed in deeds(world) if "withdraw" in deed[1]] == [
        ("chen", "propose.withdraw", "refused"), ("sun", "propose.withdraw", "refused"), ("chen", "propose.withdraw", "ok"),
    ]  # fmt: skip


def test_it_is_sent_back_with_a_reason_that_the_proposer_reads(
    office: Office, person: Callable[[str], Person], world: World
):
    change(world)
    chen, li = person("chen"), person("li")
    chen.did("POST", PROPOSAL)
    li.refused("POST", f"{PROPOSAL}/send-back", 422, "invalid_request", {"reason": "  "})
    li.did("POST", f"{PROPOSAL}/send-back", {"reason": "少了一步"})
    shown = chen.did("GET", PROPOSAL)["proposal"]["sent_back"]
    assert (shown["by"], shown["reason"]) == ("li", "少了一步")
    assert "少了一步" in chen._browser.get("/admin/publish").text
    li.refused("POST", f"{KNOWLEDGE}/reload", 409, "needs_second_person")
    (*_, last) = [it for it in records(world.data / "audit") if it["action"] == "propose.send_back"]
    assert (last["who"], last["detail"]) == ("li", {"proposed_by": "chen", "reason": "少了一步"})


@pytest.mark.parametrize(
    ("method", "path", "lowest"),
    [
        ("GET", PROPOSAL, "viewer"),
        ("POST", f"{KNOWLEDGE}/rehearse", "viewer"),
        ("POST", PROPOSAL, "editor"),
        ("DELETE", PROPOSAL, "editor"),
        ("POST", f"{PROPOSAL}/send-back", "publisher"),
    ],
)
def test_each_deed_from_its_role_on(
    office: Office, person: Callable[[str], Person], method: str, path: str, lowest: Role
):
    body = {"reason": "x"} if path.endswith("send-back") else None
    roles = list(PEOPLE.values())
    for name, role in reversed(PEOPLE.items()):  # the first account is an owner
        response = person(name).request(method, path, body)
        assert (response.status_code == 403) == (roles.index(role) < roles.index(lowest)), (name, response.text)


def test_what_was_looked_at_is_what_is_proposed(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    seen = person("chen").did("POST", f"{KNOWLEDGE}/rehearse")["digest"]
    change(world, "又改了一次。", NEW)
    person("chen").refused("POST", PROPOSAL, 409, "edited_meanwhile", {"digest": seen})
    assert person("chen").did("GET", PROPOSAL)["proposal"] is None


def test_a_full_disk_is_told(
    office: Office, person: Callable[[str], Person], world: World, monkeypatch: pytest.MonkeyPatch
):
    change(world)
    chen = person("chen")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "replace_file", full)
    chen.refused("POST", PROPOSAL, 507, "storage_failed")


# Rehearsals, with or without a second person


@pytest.fixture
def alone(serve: Serve, world: World) -> Web:
    return serve(world, admin_token=TOKEN)


ADMIN = {"Authorization": f"Bearer {TOKEN}"}


def test_a_rehearsal_tells_what_would_change_and_changes_nothing(alone: Web, world: World):
    indexes = world.data / "indexes"
    before = sorted(path.name for path in indexes.iterdir())
    change(world)
    made = alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN).json()
    assert made["passes"] is True
    assert [(one["kind"], one["id"], one["what"]) for one in made["differences"]] == [("entry", "ca-02", "changed")]
    assert made["differences"][0]["fields"] == [{"field": "answer", "lines": [f"-{OLD}", f"+{NEW}"]}]
    assert sorted(path.name for path in indexes.iterdir()) == before
    assert text(alone) != NEW
    assert not [it for it in deeds(world) if it[1] == "publish"]


def test_what_would_block_is_named_and_no_error(alone: Web, world: World):
    steal(world)
    made = alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN).json()
    assert made["passes"] is False
    assert PROTECTED in made["report"]["gate"]["blocked_by"]


def test_files_edited_since_the_rehearsal_are_not_published(alone: Web, world: World):
    change(world)
    digest = alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN).json()["digest"]
    change(world, "又改了一次。", NEW)
    refused = alone.post(f"{KNOWLEDGE}/reload", headers=ADMIN, json={"digest": digest})
    assert_error(refused, 409, "edited_meanwhile")
    change(world, NEW, "又改了一次。")
    assert alone.post(f"{KNOWLEDGE}/reload", headers=ADMIN, json={"digest": digest}).status_code == 200
    assert text(alone) == NEW


def test_errors_are_listed_with_the_entry_that_has_the_wording_already(alone: Web, world: World):
    edit(world.kb, "faq/certificates.yaml", "- 办锁去哪里", "- 锁的密码忘了")
    refused = alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN)
    assert_error(refused, 422, "knowledge_rejected")
    (problem,) = [it for it in refused.json()["error"]["details"] if it["severity"] == "error"]
    assert "（ca-01）已有" in problem["message"]


def test_a_second_rehearsal_at_a_time_is_refused(alone: Web, world: World, monkeypatch: pytest.MonkeyPatch):
    answers = []

    def nested(*_: Any, **__: Any) -> Any:
        with pytest.raises(main.rehearsal.RehearsalBusy) as refused:
            alone.state.rehearse()
        answers.append(refused.value.status)
        raise refused.value

    monkeypatch.setattr(main.rehearsal, "rehearse", nested)
    assert_error(alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN), 409, "rehearsal_busy")
    assert answers == [409]
    monkeypatch.undo()
    assert alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN).status_code == 200


def test_a_publication_elsewhere_does_not_stand_in_its_way(alone: Web, world: World):
    with one_at_a_time(world.data / "indexes"):
        assert alone.post(f"{KNOWLEDGE}/rehearse", headers=ADMIN).status_code == 200


# The other roads: a start, a signal, the calendar; the shell is in tests/cli, the page in test_publish_pages


def test_a_start_over_edited_knowledge_serves_what_was_published_and_says_why(
    serve: Serve, world: World, caplog: pytest.LogCaptureFixture
):
    change(world)
    with caplog.at_level(logging.ERROR):
        web = serve(world, two_person=True)
    assert text(web) != NEW
    assert "双人发布" in caplog.text


def test_a_start_does_not_publish_what_is_only_proposed(serve: Serve, world: World):
    change(world)
    web = serve(world, two_person=True)
    proposal.propose(world.data / "indexes", web.state.digest(), "chen", "chen", "2026-12-01T09:00:00+08:00")
    assert text(serve(world, two_person=True)) != NEW


def test_a_first_installation_publishes(serve: Serve, world: World, tmp_path: Path):
    empty = World(world.kb, tmp_path / "empty")
    assert serve(empty, two_person=True).ask(QUESTION)["answer"]["entry_id"] == "ca-02"


def test_where_nothing_usable_serves_a_start_publishes(serve: Serve, world: World):
    change(world)
    indexes = world.data / "indexes"
    (indexes / str(store.current(indexes)) / "vectors.npy").write_bytes(b"damaged")
    assert text(serve(world, two_person=True)) == NEW


def test_a_signal_is_refused_and_the_log_says_why(world: World):
    with Server(world, two_person="true") as server:
        change(world)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "双人发布" in server.output(), "the refusal in the log")
        assert server.ask(QUESTION)["answer"]["text"] != NEW


def test_the_calendar_publishes_what_nobody_has_edited(serve: Serve, world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main, "DUE_SECONDS", 0.01)
    serve(world, two_person=True)
    make_due(world)
    eventually(lambda: history.due(world.data / "indexes") is None, "the publication of the day")


def test_a_step_back_needs_no_second_person(office: Office, person: Callable[[str], Person], world: World):
    change(world)
    li = person("li")
    person("chen").did("POST", PROPOSAL)
    report = li.did("POST", f"{KNOWLEDGE}/reload")
    assert li.did("POST", f"{KNOWLEDGE}/rollback")["version"] == report["previous"]
    li.refused("POST", f"{KNOWLEDGE}/reload", 409, "needs_second_person")
