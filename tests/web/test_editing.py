"""Editing over HTTP: who may, what is written, what is refused, and what the audit log says of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.accounts import tokens
from app.accounts.roles import ROLES, Role
from app.audit import records
from app.publishing import pipeline
from tests import small_kb
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.server import World
from tests.web.test_error_shape import assert_error

ADMIN = "/api/v1/admin"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


class Desk:
    """A service over folders of its own, and one who may everything."""

    def __init__(self, web: Web, world: World) -> None:
        self.web, self.world = web, world

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.web.get(f"{ADMIN}{path}", headers=HEADERS, **options)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.web.post(f"{ADMIN}{path}", headers=HEADERS, json=body)

    def draft(self, old: str = "", new: str = "", entry_id: str = "ca-02", **more: Any) -> dict[str, Any]:
        response = self.get(f"/entries/{entry_id}/draft")
        assert response.status_code == 200, response.text
        opened = response.json()
        assert old in opened["text"]
        text = opened["text"].replace(old, new) if old else opened["text"]
        return {name: opened[name] for name in ("id", "category", "base")} | {"text": text} | more

    def deeds(self) -> list[dict[str, Any]]:
        return [
            record
            for record in records(self.world.data / "audit")
            if record["action"].split(".")[0] in ("entry", "site")
        ]

    def text(self, name: str) -> str:
        return (self.world.kb / name).read_text("utf-8")


@pytest.fixture
def desk(serve: Serve, world: World) -> Desk:
    """No other entry names ca-02, so that it can be removed."""
    small_kb.edit(world.kb, "faq/certificates.yaml", "    related: [ca-02]\n", "")
    return Desk(serve(world, admin_token=TOKEN), world)


def test_an_entry_is_opened_changed_saved_published_and_answers(desk: Desk):
    opened = desk.get("/entries/ca-02/draft").json()
    assert opened["fields"]["aliases"] == ["锁的密码忘了", "U盾提示密码已锁定"]
    assert len(opened["golden"]) == 3
    body = desk.draft("锁的密码忘了", "小铁片的口令记不起来了", golden=["小铁片口令忘了咋办"])
    saved = desk.post("/entries/save", body).json()
    assert saved["files"] == ["kb/golden/certificates.yaml", "kb/faq/certificates.yaml"]
    assert "      - 小铁片的口令记不起来了\n" in desk.text("faq/certificates.yaml")
    assert '{entry: ca-02, question: "小铁片口令忘了咋办"}' in desk.text("golden/certificates.yaml")
    assert saved["base"] == desk.get("/entries/ca-02/draft").json()["base"] != body["base"]
    assert desk.web.ask("小铁片的口令记不起来了")["kind"] != "answer", "saving is not publishing"
    assert desk.post("/knowledge/reload", {}).status_code == 200
    assert desk.web.ask("小铁片的口令记不起来了")["answer"]["entry_id"] == "ca-02"


def test_saving_what_has_not_changed_writes_nothing(desk: Desk):
    body = desk.draft()
    assert desk.post("/entries/save", body).json() == {"id": "ca-02", "base": body["base"], "files": []}
    assert desk.deeds() == []


def test_a_form_s_values_are_carried_into_the_text(desk: Desk):
    body = desk.draft(fields={"question": "!!python/object:os.system [x]", "keywords": [], "answer": "甲\r\n乙"})
    checked = desk.post("/entries/check", body).json()
    assert checked["fields"]["question"] == "!!python/object:os.system [x]"
    assert checked["fields"]["answer"] == "甲\n乙"
    assert "keywords" not in checked["fields"]
    assert 'question: "!!python/object:os.system [x]"\n' in checked["text"]
    assert checked["html"] == "<p>甲\n乙</p>"
    assert "+    question:" in checked["diff"]


@pytest.mark.parametrize("value", [[[["甲"]]], {"a": {"b": {"c": "d"}}}, [{"a": ["b"]}], 1.5])
def test_a_form_s_value_that_no_entry_could_have_is_refused(desk: Desk, value: Any):
    assert_error(desk.post("/entries/check", desk.draft(fields={"aliases": value})), 422, "invalid_request", "aliases")


def test_a_draft_is_checked_as_it_would_be_published_and_nothing_is_written(desk: Desk):
    before = desk.text("faq/certificates.yaml")
    good = desk.post("/entries/check", desk.draft("**不要**反复再试", "**别**再试")).json()
    assert good["ok"]
    assert good["html"] == "<p>联系发证机构解锁，<strong>别</strong>再试。</p>"
    assert good["text_preview"] == "联系发证机构解锁，别再试。"
    bad = desk.post("/entries/check", desk.draft("  - 锁的密码忘了", "  - 办锁去哪里")).json()
    assert not bad["ok"]
    first = bad["problems"][0]
    assert (first["severity"], first["here"], first["draft_line"]) == ("error", True, 9)
    assert "ca-01" in first["message"]
    assert desk.text("faq/certificates.yaml") == before


def test_a_draft_that_cannot_be_read_is_a_problem_with_its_line(desk: Desk):
    checked = desk.post("/entries/check", desk.draft("number: 038", "number: [038")).json()
    assert (checked["ok"], checked["html"], checked["diff"]) == (False, "", "")
    (problem,) = checked["problems"]
    assert problem["here"]
    assert problem["draft_line"] == problem["line"] == 3
    assert_error(desk.post("/entries/save", desk.draft("number: 038", "number: [038")), 422, "draft_unreadable")


def test_a_protected_question_of_another_entry_is_a_problem_of_the_draft_and_is_not_saved(desk: Desk):
    body = desk.draft(golden=["工程投标保证金几天退"])
    checked = desk.post("/entries/check", body).json()
    assert not checked["ok"]
    assert checked["problems"][0]["key"] == "golden"
    assert "deposit-01" in checked["problems"][0]["message"]
    assert checked["html"]
    assert_error(desk.post("/entries/save", body), 409, "edit_conflict")


def test_a_question_is_tried_before_and_after(desk: Desk):
    body = desk.draft("锁的密码忘了", "小铁片的口令记不起来了", question="小铁片的口令记不起来了")
    tried = desk.post("/entries/try", body).json()
    assert tried["before"]["entry"] is None
    assert (tried["after"]["kind"], tried["after"]["entry"]) == ("answer", "ca-02")
    assert tried["after"]["hits"][0] | {"rank": 1, "entry_id": "ca-02"} == tried["after"]["hits"][0]
    assert [hit["rank"] for hit in tried["before"]["hits"]] == list(range(1, len(tried["before"]["hits"]) + 1))
    refused = desk.post("/entries/try", desk.draft("  - 锁的密码忘了", "  - 办锁去哪里", question="办锁"))
    assert_error(refused, 422, "knowledge_rejected")
    assert desk.web.ask("小铁片的口令记不起来了")["kind"] != "answer"


def test_of_two_who_edit_one_entry_the_second_is_shown_what_stands_there(desk: Desk):
    mine, theirs = desk.draft("038", "048"), desk.draft("038", "058")
    assert desk.post("/entries/save", theirs).status_code == 200
    for path in ("/entries/save", "/entries/check"):
        refused = desk.post(path, mine)
        assert_error(refused, 409, "edit_conflict")
        (present,) = refused.json()["error"]["details"]
        assert "number: 058" in present["text"]
    assert desk.post("/entries/save", mine | {"base": present["base"]}).status_code == 200
    assert "number: 048" in desk.text("faq/certificates.yaml")


def test_an_entry_is_removed_with_its_protected_questions(desk: Desk):
    base = desk.draft()["base"]
    assert_error(desk.post("/entries/ca-02/remove", {"base": "0" * 16}), 409, "edit_conflict")
    removed = desk.post("/entries/ca-02/remove", {"base": base}).json()
    assert removed == {"id": "ca-02", "base": "", "files": ["kb/golden/certificates.yaml", "kb/faq/certificates.yaml"]}
    assert "ca-02" not in desk.text("golden/certificates.yaml")
    assert_error(desk.get("/entries/ca-02/draft"), 404, "not_found")
    assert_error(desk.post("/entries/ca-02/remove", {"base": base}), 404, "not_found")


def test_an_entry_that_others_name_is_not_removed_and_they_are_named(desk: Desk):
    before = desk.text("faq/deposits.yaml")
    base = desk.get("/entries/deposit-02/draft").json()["base"]
    refused = desk.post("/entries/deposit-02/remove", {"base": base})
    assert_error(refused, 422, "knowledge_rejected", "deposit-01.related[0]")
    assert desk.text("faq/deposits.yaml") == before


def test_a_draft_that_would_make_the_files_unfit_is_not_saved(desk: Desk):
    before = desk.text("faq/certificates.yaml")
    stolen = desk.draft("锁的密码忘了", "办锁去哪里", golden=["小铁片口令忘了咋办"])
    assert_error(desk.post("/entries/save", stolen), 422, "knowledge_rejected", "问法重复", "ca-01")
    assert desk.text("faq/certificates.yaml") == before
    assert "小铁片" not in desk.text("golden/certificates.yaml")


def test_site_values_are_listed_and_changed(desk: Desk):
    listed = {value["name"]: value for value in desk.get("/site").json()["values"]}
    assert listed["ca_hotline"] == {
        "name": "ca_hotline", "about": "发证机构客服电话", "value": "",
        "fallback": "发证机构客服电话（以平台公布为准）", "file": "kb/site.yaml",
    }  # fmt: skip
    saved = desk.post("/site", {"values": {"ca_hotline": "0500-8888888", "service_hours": None}}).json()
    assert saved["files"] == ["kb/site.yaml"]
    assert {value["name"]: value["value"] for value in saved["values"]}["ca_hotline"] == "0500-8888888"
    assert "    value:\n    fallback: 工作日上班时间" in desk.text("site.yaml")
    assert_error(desk.post("/site", {"values": {"ca_hotlin": "1"}}), 404, "not_found", "ca_hotlin")
    assert_error(desk.post("/site", {"values": {"ca_hotline": "1" * 201}}), 422, "value_refused", "ca_hotline")


def test_every_change_is_in_the_audit_log_with_its_files_before_and_after(desk: Desk):
    desk.post("/entries/save", desk.draft("038", "048"))
    desk.post("/site", {"values": {"ca_hotline": "1"}})
    desk.post("/entries/ca-02/remove", {"base": desk.draft()["base"]})
    assert [(it["who"], it["action"], it["object"]) for it in desk.deeds()] == [
        ("admin_token", "entry.save", "ca-02"),
        ("admin_token", "site.save", "ca_hotline"),
        ("admin_token", "entry.remove", "ca-02"),
    ]
    saved, _, removed = (record["detail"]["files"] for record in desk.deeds())
    before, after = saved["kb/faq/certificates.yaml"]
    assert before != after == removed["kb/faq/certificates.yaml"][0]


CALLS: dict[str, tuple[Role, Callable[[Desk, dict[str, str]], httpx.Response]]] = {
    "open": ("viewer", lambda desk, who: desk.web.get(f"{ADMIN}/entries/ca-02/draft", headers=who)),
    "check": ("viewer", lambda desk, who: desk.web.post(f"{ADMIN}/entries/check", headers=who, json=desk.draft())),
    "try": (
        "viewer",
        lambda desk, who: desk.web.post(f"{ADMIN}/entries/try", headers=who, json=desk.draft(question="办锁")),
    ),
    "save": ("editor", lambda desk, who: desk.web.post(f"{ADMIN}/entries/save", headers=who, json=desk.draft())),
    "remove": (
        "editor",
        lambda desk, who: desk.web.post(
            f"{ADMIN}/entries/ca-02/remove", headers=who, json={"base": desk.draft()["base"]}
        ),
    ),
    "site": ("viewer", lambda desk, who: desk.web.get(f"{ADMIN}/site", headers=who)),
    "save site": ("editor", lambda desk, who: desk.web.post(f"{ADMIN}/site", headers=who, json={"values": {}})),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_role_may_what_it_may(desk: Desk, call: str):
    needed, request = CALLS[call]
    assert_error(request(desk, {}), 401, "unauthorized")
    now = desk.web.state.now()
    for role in ROLES:
        token = tokens.create(desk.web.state.engine, now, role, role, "zhang")
        response = request(desk, {"Authorization": f"Bearer {token}"})
        if ROLES.index(role) < ROLES.index(needed):
            assert_error(response, 403, "forbidden")
        else:
            assert response.status_code == 200, response.text
            break


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_half_done(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    from app.knowledge import edit

    def refused(*_: Any, **how: Any) -> None:
        raise OSError(13, "Permission denied")

    body = desk.draft("038", "048")
    before = desk.text("faq/certificates.yaml")
    monkeypatch.setattr(edit.tempfile, "mkstemp", refused)
    response = desk.post("/entries/save", body)
    assert_error(response, 507, "storage_failed", str(desk.world.kb / "faq"), "没有权限")
    monkeypatch.undo()
    assert desk.text("faq/certificates.yaml") == before
    assert desk.deeds() == []


def test_with_an_overlay_only_its_folder_is_written(serve: Serve, world: World, tmp_path: Path):
    county = shutil.copytree(Path(__file__).parents[1] / "overlays" / "county", tmp_path / "county")
    desk = Desk(serve(world, admin_token=TOKEN, overlays=(county,)), world)
    before = desk.text("faq/certificates.yaml")
    saved = desk.post("/entries/save", desk.draft("办锁去哪里", "县里办锁去哪", "ca-01")).json()
    assert saved["files"] == ["county/faq/console.yaml"]
    assert desk.text("faq/certificates.yaml") == before
    checked = desk.post("/entries/check", desk.draft(entry_id="ca-01")).json()
    assert "县里办锁去哪" in checked["fields"]["aliases"]


def test_nothing_that_was_tried_outlives_a_save_or_a_publication(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    built: list[str] = []
    prepared = pipeline.prepared
    monkeypatch.setattr(pipeline, "prepared", lambda *a, **k: built.append("") or prepared(*a, **k))
    ask = desk.draft(question="办锁")
    desk.post("/entries/try", ask)
    desk.post("/entries/try", ask)
    assert len(built) == 1
    desk.post("/site", {"values": {"ca_hotline": "1"}})
    desk.post("/entries/try", ask)
    assert len(built) == 2
    desk.post("/knowledge/reload", {})
    desk.post("/entries/try", ask)
    assert len(built) == 4, "the publication's own, and a new candidate"


def test_a_problem_elsewhere_is_told_but_is_not_here(desk: Desk):
    small_kb.edit(desk.world.kb, "faq/deposits.yaml", "number: 061", "number: 六一")
    checked = desk.post("/entries/check", desk.draft()).json()
    assert not checked["ok"]
    assert {(one["here"], one["draft_line"]) for one in checked["problems"] if one["severity"] == "error"} == {
        (False, None)
    }
