"""The audit log in the console: found, counted through, verified in words, exported."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import httpx
import pytest

from app.accounts.roles import Role
from app.audit import read_head
from tests.web.office import HTML, PASSWORD, Browser, Office
from tests.web.test_error_shape import assert_error

PAGE, API = "/admin/audit", "/api/v1/admin/audit"


@pytest.fixture
def owner(office: Office) -> Browser:
    return office.signed_in()


def log(office: Office) -> Path:
    return office.world.data / "audit" / "audit.jsonl"


def verified(browser: Browser, head: str = "") -> httpx.Response:
    return browser.post(f"{PAGE}/verify", data={"csrf": browser.csrf(), "head": head}, headers=HTML)


def listed(browser: Browser, **wanted: str) -> list[tuple[str, str]]:
    found = browser.get(API, params=wanted).json()["records"]
    return [(record["who"], record["action"]) for record in found]


def test_what_was_done_is_listed_the_newest_first_in_words(office: Office, owner: Browser):
    office.web.state.audit.write("zhang", "account.role", "li", role="editor", before="viewer")
    office.web.state.audit.write("li", "sign_in", "li", "refused", why="wrong")
    page = owner.get(PAGE).text
    assert page.index("密码不对") < page.index("原来 查看，角色 编辑") < page.index("<td>登录</td><td>zhang</td>")
    assert "没有成功" in page


def test_records_are_found_by_who_what_and_when(office: Office):
    office.hire("li", "owner")
    office.signed_in()
    office.clock.now = office.clock.now.replace(day=2)
    owner = office.signed_in("li")
    assert listed(owner, who="li") == [("li", "sign_in")]
    assert listed(owner, since="2026-12-02") == [("li", "sign_in")]
    assert listed(owner, until="2026-12-01") == [("zhang", "sign_in")]
    assert listed(owner, action="publish") == []
    page = owner.get(PAGE, params={"who": "li", "since": "2026-12-02"}).text
    assert "1 条，最近的在前" in page
    assert "<option selected>li</option>" in page


def test_pages_follow_on_one_another(office: Office, owner: Browser):
    for number in range(60):
        office.web.state.audit.write("ci", "publish", str(number))
    first, second = (owner.get(API, params={"who": "ci", "page": page}).json() for page in (1, 2))
    numbers = [record["object"] for record in first["records"] + second["records"]]
    assert numbers == [str(number) for number in reversed(range(60))]
    assert (first["total"], first["pages"]) == (60, 2)
    assert "audit?who=ci&amp;page=2" in owner.get(PAGE, params={"who": "ci"}).text


def test_a_whole_chain_is_said_to_be_whole_and_its_head_is_shown(office: Office, owner: Browser):
    head = read_head(office.world.data / "audit")
    assert head is not None
    page = verified(owner).text
    assert "校验通过：1 条" in page
    assert f"{head.seq}:{head.hash}" in page
    assert "当初记下的第 1 条也还在" in verified(owner, f"{head.seq}:{head.hash}").text


def test_an_altered_line_is_told_where_it_stands(office: Office, owner: Browser):
    office.web.state.audit.write("zhang", "publish", "abc")
    text = log(office).read_text("utf-8")
    log(office).write_text(text.replace('"zhang"', '"wang"', 1), "utf-8")
    page = verified(owner).text
    assert "校验不通过" in page
    assert "第 1 行：不是完整、未改动的记录" in page
    verdict = owner.post(f"{API}/verify", headers={"X-CSRF-Token": owner.csrf()}).json()
    assert not verdict["ok"]
    assert "第 1 行" in verdict["problems"][0]


def test_a_log_rewritten_from_the_start_is_found_by_the_head_noted_elsewhere(office: Office, owner: Browser):
    noted = read_head(office.world.data / "audit")
    assert noted is not None
    for path in (office.world.data / "audit").iterdir():
        path.unlink()
    office.web.state.audit.write("wang", "sign_in", "wang")
    assert "校验通过" in verified(owner).text
    body = {"head": f"{noted.seq}:{noted.hash[:12]}"}
    verdict = owner.post(f"{API}/verify", json=body, headers={"X-CSRF-Token": owner.csrf()}).json()
    assert "没有当初记下的第 1 条" in verdict["problems"][0]


def test_a_head_that_is_none_is_refused_in_words(owner: Browser):
    response = verified(owner, "128")
    assert response.status_code == 422
    assert "链头写成" in response.text
    headers = {"X-CSRF-Token": owner.csrf()}
    assert_error(owner.post(f"{API}/verify", json={"head": "128"}, headers=headers), 422, "invalid_request", "head")


def test_the_export_holds_what_was_filtered_and_no_formulas(office: Office, owner: Browser):
    office.web.state.audit.write("=cmd()", "publish", "@x", reason="<script>")
    response = owner.get(f"{PAGE}/export", params={"who": "=cmd()"})
    assert response.headers["content-disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1:] == [["2", "2026-12-01T09:30:00+08:00", "'=cmd()", "发布", "'@x", "成功", "理由 <script>"]]
    page = owner.get(PAGE).text
    assert "<script>" not in page.replace("<script src=", "")


def test_a_forged_record_of_another_form_is_shown_all_the_same(office: Office, owner: Browser):
    office.web.state.audit.write("x", "publish", "y", a=["b"], c={"d": 1})
    assert owner.get(PAGE).status_code == 200
    assert owner.get(API).status_code == 200


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher"])
def test_only_owners_read_it(office: Office, role: Role):
    office.hire("li", role)
    browser = office.signed_in("li")
    assert "审计日志" not in browser.get("/admin/account").text
    for path in (PAGE, f"{PAGE}/export", API):
        assert_error(browser.get(path), 403, "forbidden", "管理员")
    for path in (f"{PAGE}/verify", f"{API}/verify"):
        assert_error(browser.post(path, headers={"X-CSRF-Token": browser.csrf()}), 403, "forbidden")


def test_verifying_needs_the_token_of_the_page(owner: Browser):
    assert_error(owner.post(f"{PAGE}/verify", data={"head": ""}), 403, "forged_request")


def test_what_is_no_date_leaves_the_date_open(owner: Browser):
    assert "1 条，最近的在前" in owner.get(PAGE, params={"since": PASSWORD[:9], "until": "2026-99-99"}).text
