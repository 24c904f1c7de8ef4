"""The gate and the step back over HTTP, and what a start makes of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from app.audit import records
from app.index import history, store
from tests.small_kb import edit
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.server import World, eventually

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
KNOWLEDGE = "/api/v1/admin/knowledge"
QUESTION = "PIN码输错被锁死了怎么解锁？"
OLD, NEW = "联系发证机构解锁，**不要**反复再试。", "先停手，再联系发证机构解锁。"
PROTECTED = "工程项目签完合同投标保证金什么时候退"


def steal(world: World) -> None:
    """deposit-02 takes a protected question of deposit-01."""
    edit(world.kb, "faq/deposits.yaml", "- 政采没中标的押金几天退", f"- 政采没中标的押金几天退\n      - {PROTECTED}")


@pytest.fixture
def running(serve: Serve, world: World) -> Web:
    return serve(world, admin_token=TOKEN)


def deeds(world: World) -> list[tuple[str, str, str]]:
    return [(one["who"], one["action"], one["result"]) for one in records(world.data / "audit")]


def reload(web: Web, status: int = 200, **body: Any) -> dict[str, Any]:
    response = web.post(f"{KNOWLEDGE}/reload", headers=ADMIN, **({"json": body} if body else {}))
    assert response.status_code == status, response.text
    made: dict[str, Any] = response.json()
    return made


def text(web: Web) -> str:
    found: str = web.ask(QUESTION)["answer"]["text"]
    return found


def test_what_the_gate_blocks_is_listed_and_not_served(running: Web, world: World):
    before = running.ask(PROTECTED)
    steal(world)
    error = reload(running, 409)["error"]
    assert error["code"] == "gate_blocked"
    failure = next(detail for detail in error["details"] if detail["question"] == PROTECTED)
    assert (failure["what"], failure["expected"], failure["got"]["entry"]) == ("failure", "答 deposit-01", "deposit-02")
    assert running.ask(PROTECTED)["answer"] == before["answer"]
    assert deeds(world)[-1] == ("admin_token", "publish", "refused")


def test_it_passes_by_name_and_reason_which_are_reported_kept_and_audited(running: Web, world: World):
    steal(world)
    names = [detail["question"] for detail in reload(running, 409)["error"]["details"] if detail["what"] == "failure"]
    reasons = dict.fromkeys(names, "改由政府采购那条答")
    report = reload(running, override=reasons)
    assert report["overridden"] == reasons
    assert PROTECTED in [flip["question"] for flip in report["gate"]["flipped"]]
    assert running.ask(PROTECTED)["answer"]["entry_id"] == "deposit-02"
    assert deeds(world)[-1] == ("admin_token", "publish.override", "ok")
    (latest, *_) = running.get(f"{KNOWLEDGE}/versions", headers=ADMIN).json()["versions"]
    assert (latest["version"], latest["by"]) == (report["version"], "admin_token")
    assert latest["report"]["overridden"] == reasons


@pytest.mark.parametrize(
    "body", [{"override": {PROTECTED: " "}}, {"override": [PROTECTED]}, {"overrides": {}}, {"override": {"": "x"}}]
)
def test_an_override_without_name_or_reason_is_refused(running: Web, body: dict[str, Any]):
    assert reload(running, 422, **body)["error"]["code"] == "invalid_request"


def test_questions_asked_lately_are_asked_again(running: Web, world: World):
    """Masked, as the journal keeps them."""
    for question in ("早上好", "早上好", "锁的密码忘了怎么弄，我是13800138000"):
        running.ask(question)
    eventually(lambda: reload(running)["gate"]["recent"] == 2, "the journal to be written")
    edit(world.kb, "smalltalk.yaml", "- 早上好", "- 再会了朋友")
    assert [flip["question"] for flip in reload(running)["gate"]["flipped"]] == ["早上好"]


def test_one_step_back_gives_the_old_answer_and_the_next_publication_the_new(running: Web, world: World):
    old = text(running)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    report = reload(running)
    assert text(running) == NEW
    response = running.post(f"{KNOWLEDGE}/rollback", headers=ADMIN)
    assert response.status_code == 200, response.text
    assert response.json() == {"version": report["previous"], "previous": report["version"]}
    eventually(lambda: text(running) == old, "the old answer")
    kept = running.get(f"{KNOWLEDGE}/versions", headers=ADMIN).json()
    assert (kept["serving"], kept["rolled_back"]) == (report["previous"], True)
    assert [one["version"] for one in kept["versions"]] == [report["version"], report["previous"]]
    assert deeds(world)[-1] == ("admin_token", "rollback", "ok")
    assert reload(running)["version"] == report["version"]
    assert text(running) == NEW
    assert not running.get(f"{KNOWLEDGE}/versions", headers=ADMIN).json()["rolled_back"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 409, "rollback_impossible"),
        ({"version": "0" * 12}, 409, "rollback_impossible"),
        ({"version": "../../kb"}, 422, "invalid_request"),
    ],
    ids=["no earlier one", "not kept", "no version"],
)
def test_a_step_that_leads_nowhere_is_refused(running: Web, world: World, body: Any, status: int, code: str):
    before = store.current(world.data / "indexes")
    response = running.post(f"{KNOWLEDGE}/rollback", headers=ADMIN, json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert store.current(world.data / "indexes") == before


def test_a_restart_goes_on_with_the_version_that_was_gone_back_to(serve: Serve, world: World, caplog: Any):
    first = serve(world, admin_token=TOKEN)
    old = text(first)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    reload(first)
    first.post(f"{KNOWLEDGE}/rollback", headers=ADMIN)
    with caplog.at_level(logging.WARNING):
        again = serve(world, admin_token=TOKEN)
    assert text(again) == old
    assert "退回的版本" in caplog.text
    edit(world.kb, "faq/certificates.yaml", NEW, "又改了一次。")
    assert text(serve(world, admin_token=TOKEN)) == old, "edits made since wait for a person too"
    assert reload(again)["changed"] == ["ca-02"]
    assert text(serve(world, admin_token=TOKEN)) == "又改了一次。"


def test_a_start_over_knowledge_that_the_gate_blocks_serves_what_was_published(serve: Serve, world: World, caplog: Any):
    steal(world)
    with caplog.at_level(logging.ERROR):
        web = serve(world)
    assert web.ask(PROTECTED)["answer"]["entry_id"] == "deposit-01"
    assert PROTECTED in caplog.text
    assert "原来的版本继续服务" in caplog.text


def test_a_start_over_edited_knowledge_that_passes_publishes_it_once(serve: Serve, world: World):
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    assert text(serve(world)) == NEW
    indexes = world.data / "indexes"
    made = history.publication(indexes, str(store.current(indexes)))
    assert made is not None
    assert (made.by, made.report["changed"]) == ("启动时", ["ca-02"])
    serve(world)
    assert history.publication(indexes, str(store.current(indexes))) == made


def test_a_remark_in_a_file_is_published_once_and_not_at_every_start(serve: Serve, world: World):
    """It makes no other version; what is noted is that the files are those published."""
    edit(world.kb, "terms.yaml", "terms:", "# a remark\nterms:")
    version = serve(world).ask(QUESTION)["knowledge"]["version"]
    indexes = world.data / "indexes"
    noted = (indexes / version / "publication.json").read_bytes()
    assert serve(world).ask(QUESTION)["knowledge"]["version"] == version
    assert (indexes / version / "publication.json").read_bytes() == noted
