"""The insights over HTTP: who may see and do what, pages with and without a journal, files."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openpyxl import load_workbook
from sqlalchemy import create_engine

from app.audit import records
from app.index import history
from tests import small_kb
from tests.insights.conftest import Notes
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.office import HTML, Browser, Office
from tests.web.server import World
from tests.web.test_error_shape import assert_error

API = "/api/v1/admin/insights"
EVIL = '=cmd|"<script>alert(1)</script>'


@pytest.fixture
def editor(office: Office) -> Browser:
    office.hire("li", "editor")
    return office.signed_in("li")


@pytest.fixture
def notes(office: Office) -> Notes:
    """Three ways to ask where to park, one evil text, and an answer."""
    notes = Notes(office.engine)
    at = office.clock.now - timedelta(hours=2)
    for text in ("停车场在哪", "停车场在哪里", "停车场在哪", "我是〔手机号〕停车场在哪"):
        notes.asked(at, question_masked=text, kind="decline", session_key="a")
    notes.asked(at, question_masked=EVIL, kind="decline", session_key="b")
    notes.rated(notes.asked(at), True, at)
    return notes


def the_cluster(browser: Browser) -> dict[str, Any]:
    found: dict[str, Any] = browser.get(f"{API}/clusters").json()["clusters"][0]
    return found


# Figures and pages


def test_figures_are_those_of_the_journal(notes: Notes, office: Office):
    found = office.signed_in().get(f"{API}/figures?days=7").json()
    assert found["figures"]["counts"]["decline"] == 5
    assert found["figures"]["rates"]["answer"] == pytest.approx(1 / 6)
    assert found["figures"]["helpful_rate"] == 1.0
    assert found["figures_before"]["messages"] == 0
    assert [it["messages"] for it in found["days"]] == [0, 0, 0, 0, 0, 0, 6]
    assert found["questions"][0] == {"text": "停车场在哪", "count": 2, "outcome": "decline"}
    assert found["entries"] == [{"id": "ca-02", "title": "PIN码输错被锁死了怎么解锁？", "count": 1}]


@pytest.mark.parametrize(
    "path", ["/admin", "/admin/", "/admin/insights", "/admin/insights?days=1", "/admin/insights?days=90"]
)
def test_what_was_asked_is_shown_as_text(notes: Notes, office: Office, path: str):
    page = office.signed_in().get(path, headers=HTML)
    assert page.status_code == 200
    assert "停车场在哪" in page.text
    assert "<script>alert" not in page.text
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page.text), "the CSP would refuse it"


def test_a_named_span_is_shown_and_kept_in_every_link(notes: Notes, office: Office):
    page = office.signed_in().get("/admin/insights?from=2026-11-30&to=2026-12-01", headers=HTML).text
    assert 'value="2026-11-30"' in page
    assert "exports/records.csv?from=2026-11-30&amp;to=2026-12-01" in page


SPANS = {
    "from=2026-12-31": "还没有到",
    "from=2026-12-01&to=2026-11-01": "之后",
    "from=昨天": "日期应写成",
    "to=2026-12-01": "开始的一天",
    "days=9999": "天数",
}


@pytest.mark.parametrize(("query", "why"), SPANS.items())
def test_a_span_that_makes_no_sense_is_told_and_the_usual_one_shown(notes: Notes, office: Office, query: str, why: str):
    browser = office.signed_in()
    page = browser.get(f"/admin/insights?{query}", headers=HTML)
    assert page.status_code == 422
    assert why in page.text
    assert "停车场在哪" in page.text
    assert browser.get(f"{API}/figures?{query}").status_code == 422


def test_an_empty_journal_is_told_in_words(office: Office):
    browser = office.signed_in()
    assert "这段时间没有记录" in browser.get("/admin/insights", headers=HTML).text
    page = browser.get("/admin", headers=HTML)
    assert page.status_code == 200
    assert "没答好的问题" in page.text
    assert browser.get(f"{API}/clusters").json()["clusters"] == []


def with_token(web: Web, path: str) -> Any:
    return web.get(path, headers=HTML | {"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.parametrize("path", ["/admin", "/admin/insights"])
def test_a_journal_that_is_off_is_told(serve: Serve, world: World, path: str):
    page = with_token(serve(world, admin_token=TOKEN, journal=False), path)
    assert page.status_code == 200
    assert "现在不记录提问" in page.text


@pytest.mark.parametrize("path", ["/admin", "/admin/insights", "/admin/insights/clusters/0123456789abcdef"])
def test_pages_stay_up_without_a_database(serve: Serve, world: World, monkeypatch: pytest.MonkeyPatch, path: str):
    web = serve(world, admin_token=TOKEN)
    nowhere = create_engine("sqlite:////nowhere/at/all.db")
    monkeypatch.setattr(web.state.engine, "connect", nowhere.connect)
    page = with_token(web, path)
    assert page.status_code == 200
    assert "数据库现在用不了" in page.text
    assert_error(with_token(web, f"{API}/figures"), 503, "database_unusable")
    assert_error(with_token(web, f"{API}/exports/records.csv"), 503, "database_unusable")


def test_who_is_signed_in_is_told_on_a_page_when_the_database_goes(office: Office, monkeypatch: pytest.MonkeyPatch):
    browser = office.signed_in()
    monkeypatch.setattr(office.engine, "connect", create_engine("sqlite:////nowhere/at/all.db").connect)
    page = browser.get("/admin/insights", headers=HTML)
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "数据库现在用不了" in page.text


# The dashboard


def test_the_dashboard_says_how_the_knowledge_stands(office: Office):
    browser = office.signed_in()
    page = browser.get("/admin", headers=HTML).text
    version = office.web.state.holder.current().version
    made = history.publication(office.world.data / "indexes", version)
    assert made is not None
    assert version in page
    assert made.at[:10] in page
    assert "发证机构客服电话" in page, "the one value that is not filled in"
    assert "有改动还没有发布" not in page
    small_kb.edit(office.world.kb, "faq/deposits.yaml", "工程投标押金几天能退", "工程投标押金几天退")
    assert "有改动还没有发布" in browser.get("/admin", headers=HTML).text


def test_the_dashboard_counts_entries_that_rest(office: Office):
    small_kb.edit(
        office.world.kb,
        "faq/deposits.yaml",
        "    updated: 2026-02-01\n\n",
        "    updated: 2026-02-01\n    effective_to: 2026-03-01\n\n",
    )
    office.web.state.publish("zhang", None, False)
    page = office.signed_in().get("/admin", headers=HTML).text
    assert "<dt>停用条目</dt><dd>1 条" in page


# Clusters


def test_a_cluster_leads_into_the_editor_without_what_was_masked(notes: Notes, editor: Browser):
    found = the_cluster(editor)
    page = editor.get(f"/admin/insights/clusters/{found['key']}?days=30", headers=HTML).text
    links = [urlsplit(unescape(it)) for it in re.findall(r'href="([^"]*entries/[^"]*\?[^"]*)"', page)]
    drafts = {it.path: parse_qs(it.query) for it in links}
    assert {path.rpartition("/")[2] for path in drafts} >= {"new"}
    assert any(path.endswith("entries/ca-01") or path.endswith("entries/ca-02") for path in drafts)
    for path, query in drafts.items():
        assert path.startswith("../../entries/")
        assert query.keys() == ({"category", "question", "golden"} if path.endswith("new") else {"alias", "golden"})
        assert "〔" not in "".join(text for texts in query.values() for text in texts)


def test_a_cluster_tells_its_wordings_and_why_the_nearest_lost(notes: Notes, editor: Browser):
    found = editor.get(f"{API}/clusters/{the_cluster(editor)['key']}").json()
    assert {"text": "停车场在哪", "count": 2}.items() <= next(
        it for it in found["wordings"] if it["count"] == 2
    ).items()
    assert found["cluster"]["failure"] == "declined"
    assert all(it["why"] for it in found["near"])
    assert found["draft"]["alias"] != found["draft"]["golden"]


def test_a_cluster_that_is_no_more_is_told(notes: Notes, editor: Browser):
    assert_error(editor.get(f"{API}/clusters/0000000000000000"), 404, "not_found")
    page = editor.get("/admin/insights/clusters/0000000000000000", headers=HTML)
    assert page.status_code == 404
    assert "没有这一组问题了" in page.text


def test_a_dismissed_cluster_is_out_of_sight_until_it_is_taken_up(notes: Notes, office: Office, editor: Browser):
    key = the_cluster(editor)["key"]
    form = {"csrf": editor.csrf(), "dismiss": "true", "days": "7"}
    response = editor.post(f"/admin/insights/clusters/{key}", data=form)
    assert (response.status_code, response.headers["location"]) == (303, "../../insights?days=7&said=done")
    page = editor.get("/admin/insights?days=7", headers=HTML).text
    assert "不用管的（1 组）" in page
    assert the_cluster(editor)["dismissed"]["by"] == "li"
    editor.post(f"{API}/clusters/{key}/restore", headers={"X-CSRF-Token": editor.csrf()})
    assert the_cluster(editor)["dismissed"] is None
    deeds = [it for it in records(office.world.data / "audit") if it["action"].startswith("cluster.")]
    assert [(it["who"], it["action"], it["object"]) for it in deeds] == [
        ("li", "cluster.dismiss", key),
        ("li", "cluster.restore", key),
    ]
    assert "停车" not in str(deeds)


def test_only_from_editor_on_a_cluster_is_dismissed_or_drafted_from(notes: Notes, office: Office):
    office.hire("wang", "viewer")
    browser = office.signed_in("wang")
    key = the_cluster(browser)["key"]
    page = browser.get(f"/admin/insights/clusters/{key}", headers=HTML).text
    assert "不用管" not in page
    assert "entries/new" not in page
    form = {"csrf": browser.csrf(), "dismiss": "true"}
    assert_error(browser.post(f"/admin/insights/clusters/{key}", data=form), 403, "forbidden")
    assert_error(
        browser.post(f"{API}/clusters/{key}/dismiss", headers={"X-CSRF-Token": form["csrf"]}), 403, "forbidden"
    )


def test_a_dismissal_from_elsewhere_is_refused(notes: Notes, editor: Browser):
    key = the_cluster(editor)["key"]
    assert_error(editor.post(f"/admin/insights/clusters/{key}", data={"dismiss": "true"}), 403, "forged_request")


# Files


@pytest.mark.parametrize("what", ["figures", "clusters", "records"])
def test_every_export_opens_again_and_holds_no_formula(notes: Notes, office: Office, what: str):
    browser = office.signed_in()
    response = browser.get(f"{API}/exports/{what}.csv?days=7")
    assert response.headers["content-disposition"].startswith(f'attachment; filename="yiboshi-{what}-2026-11-25-')
    cells = [cell for row in csv.reader(io.StringIO(response.content.decode("utf-8-sig"))) for cell in row]
    assert f"'{EVIL}" in cells
    assert not [cell for cell in cells if cell.startswith("=")]
    book = load_workbook(io.BytesIO(browser.get(f"{API}/exports/{what}.xlsx?days=7").content))
    found = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert f"'{EVIL}" in [cell.value for cell in found]
    assert not [cell for cell in found if cell.data_type == "f"]


def test_there_are_no_other_files(office: Office):
    assert_error(office.signed_in().get(f"{API}/exports/accounts.csv"), 422, "invalid_request")


# The number on the hand-over card


def test_a_pressed_number_is_taken_and_is_no_rating(office: Office):
    reply = office.web.ask("食堂中午供应什么菜", session_id="a-session-id")
    pressed = {"reply_id": reply["reply_id"], "helpful": False, "reason": "转人工"}
    assert office.web.post("/api/v1/feedback", json=pressed).json() == {"recorded": True}
    assert office.web.state.journal.flush()
    office.clock.now += timedelta(seconds=1)
    assert office.signed_in().get(f"{API}/figures").json()["figures"]["rated"] == 0
