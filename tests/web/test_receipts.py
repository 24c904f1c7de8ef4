"""Receipts over HTTP: with answers, verified, and compared with the knowledge of today."""

from __future__ import annotations

import html
import re
import shutil
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import app.main
from app.config import Settings
from app.index.encoder import Encoder
from app.main import create_app
from app.publishing.pipeline import publish
from app.receipt import KEY_FILE, Receipt, issue, read_key
from tests.small_kb import NOW, edit
from tests.web.conftest import Serve, Web, spoken_to
from tests.web.server import World, eventually, of
from tests.web.test_error_shape import assert_error

ANSWERED = "PIN码输错被锁死了怎么解锁？"
NOT_ANSWERED = {
    "clarify": "保证金多久退",
    "decline": "明天那个标几点开",
    "smalltalk": "早上好",
    "neutral": "这家该不该废标",
}
OUT = {"number", "at", "fingerprint", "current", "entry", "unchanged", "knowledge"}
ENTRY = {"entry_id": "ca-02", "number": "038", "question": ANSWERED}
OLD, NEW = "联系发证机构解锁，**不要**反复再试。", "先停手，再联系发证机构解锁。"


def code_of(web: Web) -> str:
    code: str = web.ask(ANSWERED)["receipt"]
    return code


def altered(code: str) -> str:
    return code[:-1] + ("0" if code[-1] != "0" else "1")


def checked(web: Web, code: str) -> dict[str, Any]:
    response = web.get(f"/api/v1/receipts/{code}")
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert body.keys() == OUT
    return body


def page(web: Web, code: str) -> str:
    response = web.get("/receipt", params={"code": code})
    assert response.status_code == 200
    return response.text


def test_an_answer_carries_a_receipt(web: Web):
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){4}", code_of(web))


@pytest.mark.parametrize("kind", NOT_ANSWERED)
def test_other_replies_carry_none(web: Web, kind: str):
    reply = web.ask(NOT_ANSWERED[kind])
    assert (reply["kind"], reply["receipt"]) == (kind, None)


def test_a_receipt_proves_entry_version_and_time(web: Web):
    before = datetime.now(timezone.utc).replace(second=0, microsecond=0)
    reply = web.ask(ANSWERED)
    body = checked(web, reply["receipt"])
    assert before <= datetime.fromisoformat(body.pop("at")) <= datetime.now(timezone.utc)
    assert body == {
        "number": "038",
        "fingerprint": reply["knowledge"]["fingerprint"],
        "current": True,
        "entry": ENTRY,
        "unchanged": True,
        "knowledge": reply["knowledge"],
    }


def test_a_receipt_may_be_spelled_otherwise(web: Web):
    code = code_of(web)
    assert checked(web, code.lower().replace("-", " ")) == checked(web, code)


def test_an_altered_receipt_is_refused(web: Web):
    path = f"/api/v1/receipts/{altered(code_of(web))}"
    assert_error(web.get(path), 422, "receipt_invalid", "核验不通过")


@pytest.mark.parametrize("code", ["nonsense", "%ED%A0%80", "%00", "<script>", "0" * 5000])
def test_what_is_no_receipt_is_refused(web: Web, code: str):
    assert_error(web.get(f"/api/v1/receipts/{code}"), 422, "receipt_invalid")


def test_another_service_does_not_know_the_receipt(web: Web, admin_web: Web):
    assert_error(admin_web.get(f"/api/v1/receipts/{code_of(web)}"), 422, "receipt_invalid")


def test_receipts_outlive_a_restart(serve: Serve, world: World):
    code = code_of(serve(world))
    assert checked(serve(world), code)["entry"] == ENTRY


@pytest.fixture
def republished(world: World, serve: Serve, encoder: Encoder, dictionary: Any) -> Any:
    """``republished(file, old, new)``: a receipt given before that edit, and the service after it."""

    def after(name: str, old: str, new: str) -> tuple[str, Web]:
        code = code_of(serve(world))
        edit(world.kb, name, old, new)
        publish(world.kb, world.data / "indexes", encoder, dictionary, now=NOW)
        return code, serve(world)

    return after


LINK = '<a href="lite?entry=ca-02">'


def test_an_answer_that_was_edited_since(republished: Any):
    code, web = republished("faq/certificates.yaml", OLD, NEW)
    body = checked(web, code)
    assert (body["current"], body["entry"], body["unchanged"]) == (False, ENTRY, False)
    assert body["fingerprint"] != body["knowledge"]["fingerprint"]
    text = page(web, code)
    assert "核验通过：" in text
    assert "这条答复已经改动或停用" in text
    assert LINK in text


def test_an_answer_that_reads_the_same_in_edited_knowledge(republished: Any):
    code, web = republished("terms.yaml", "[CA锁, U盾]", "[CA锁, U盾, KEY盘]")
    body = checked(web, code)
    assert (body["current"], body["entry"], body["unchanged"]) == (False, ENTRY, True)
    assert "这条答复的文字没有变" in page(web, code)


def test_a_question_is_shown_as_it_was(republished: Any):
    code, web = republished("faq/certificates.yaml", f"question: {ANSWERED}", "question: PIN码锁死怎么办？")
    assert checked(web, code)["entry"] == ENTRY


def test_an_answer_that_is_gone(republished: Any):
    code, web = republished("faq/certificates.yaml", "number: 038", "number: 039")
    assert (checked(web, code)["entry"], checked(web, code)["unchanged"]) == (ENTRY, False)


@pytest.mark.parametrize("damage", ["gone", "altered"])
def test_of_a_version_no_longer_kept_only_todays_entry_is_known(republished: Any, world: World, damage: str):
    code, web = republished("faq/certificates.yaml", OLD, NEW)
    current = (world.data / "indexes" / "current").read_text().strip()
    for folder in (path.parent for path in (world.data / "indexes").glob("*/manifest.json")):
        if folder.name != current and damage == "gone":
            shutil.rmtree(folder)
        elif folder.name != current:
            (folder / "rendered.json").write_text("{}")
    body = checked(web, code)
    assert (body["current"], body["entry"], body["unchanged"]) == (False, ENTRY, None)
    text = page(web, code)
    assert "无从比较" in text
    assert LINK in text


def test_a_genuine_receipt_of_an_unknown_version_and_entry(serve: Serve, world: World):
    web = serve(world)
    at = datetime(2026, 11, 30, 1, 12, tzinfo=timezone.utc)
    code = issue(read_key(world.data), Receipt("0000-0001", at, "999"))
    body = checked(web, code)
    assert (body["at"], body["number"], body["fingerprint"]) == ("2026-11-30T09:12:00+08:00", "999", "0000-0001")
    assert (body["current"], body["entry"], body["unchanged"]) == (False, None, None)
    text = page(web, code)
    assert "核验通过：编号 999，知识库校验号 0000-0001，北京时间 2026年11月30日 09:12 给出。" in text
    assert "lite?entry=" not in text


def test_other_folders_among_the_versions_do_no_harm(serve: Serve, world: World):
    web = serve(world)
    indexes = world.data / "indexes"
    shutil.copytree(indexes / (indexes / "current").read_text().strip(), indexes / "copy of monday")
    assert checked(web, code_of(web))["unchanged"] is True


def test_the_empty_page_is_a_form(web: Web):
    response = web.get("/receipt")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<form action="receipt" method="get">' in response.text
    assert 'name="code" value=""' in response.text
    assert "核验通过" not in response.text
    assert "核验不通过" not in response.text


def test_the_page_of_a_genuine_receipt(web: Web):
    reply = web.ask(ANSWERED)
    text = page(web, reply["receipt"])
    fingerprint = reply["knowledge"]["fingerprint"]
    assert f"核验通过：编号 038「{ANSWERED}」，知识库校验号 {fingerprint}，北京时间 20" in text
    assert "现在用的就是这一版知识库" in text
    assert LINK in text
    assert f'value="{reply["receipt"]}"' in text
    assert not re.search(r"<script|\son\w+=|javascript:|https?://|\{\{", text)


HOSTILE = ['"><script>alert(1)</script>', "' onfocus=alert(1) x='", "<b>", "{{ 7*7 }}", "\x00", "保" * 3000]


def test_the_page_of_an_altered_receipt(web: Web):
    response = web.get("/receipt", params={"code": altered(code_of(web))})
    assert response.status_code == 422
    assert "核验不通过：" in response.text
    assert "核验通过" not in response.text


@pytest.mark.parametrize("code", HOSTILE)
def test_a_hostile_code_is_escaped(web: Web, code: str):
    response = web.get("/receipt", params={"code": code})
    assert (response.status_code, response.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "核验不通过：" in response.text
    shown = re.search(r'name="code" value="([^"]*)"', response.text)
    assert shown
    assert html.unescape(shown[1]) == code, "as it was sent, and nowhere out of its quotes"
    assert not re.search("<script|<b>", response.text)


def test_the_page_may_be_asked_for_its_head(web: Web):
    paths = ("/receipt", f"/receipt?code={code_of(web)}", "/receipt?code=x")
    assert [web.request("HEAD", path).status_code for path in paths] == [200, 200, 422]


def test_without_a_key_answers_go_on(serve: Serve, world: World):
    (world.data / KEY_FILE).write_bytes(b"short")
    web = serve(world)
    reply = web.ask(ANSWERED)
    assert (reply["kind"], reply["receipt"]) == ("answer", None)
    assert_error(web.get("/api/v1/receipts/K7M2"), 503, "receipt_key_unusable", "密钥")
    response = web.get("/receipt", params={"code": "K7M2"})
    assert response.status_code == 503
    assert "现在核验不了" in response.text


def test_a_clock_that_is_decades_off_costs_the_receipt_only(
    serve: Serve, world: World, monkeypatch: pytest.MonkeyPatch
):
    then = datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=8)))
    monkeypatch.setattr(app.main, "local_now", lambda: then)
    reply = serve(world).ask(ANSWERED)
    assert (reply["kind"], reply["receipt"]) == ("answer", None)


def test_the_state_does_not_show_the_key(world: World):
    service = create_app(Settings(**of(world)))
    with spoken_to(service):
        key = read_key(world.data)
        assert repr(key) not in repr(service.state.yiboshi)


def test_receipts_are_not_journalled(serve: Serve, world: World):
    web = serve(world)
    code = code_of(web)
    page(web, code)
    web.ask("早上好")

    def written() -> bytes:
        return b"".join(path.read_bytes() for path in world.data.glob("yiboshi.db*"))

    eventually(lambda: "早上好".encode() in written(), "the last question in the journal")
    assert ANSWERED.encode() in written()
    assert code.encode() not in written()
