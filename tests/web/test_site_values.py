"""The console's table of this centre's values: what is missing, where each comes from and is used, how one is changed."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.small_kb import edit
from tests.web.conftest import Serve
from tests.web.office import HTML, Browser, Clock, Office
from tests.web.server import World

HOSTILE = "<script>alert(1)</script>\"' &"


def sent(browser: Browser, do: str, **values: str) -> httpx.Response:
    form = {"csrf": browser.csrf(), "do": do} | {f"value-{name}": value for name, value in values.items()}
    return browser.post("/admin/site", data=form, headers=HTML)


def names(page: str) -> list[str]:
    return re.findall(r'name="value-(\w+)"', page)


def row(page: str, name: str) -> str:
    return next(text for text in page.split("<tr>") if f'name="value-{name}"' in text)


def site(office: Office) -> str:
    return (office.world.kb / "site.yaml").read_text("utf-8")


def test_what_is_missing_stands_first_with_what_is_said_meanwhile(office: Office):
    page = office.signed_in().get("/admin/site").text
    assert names(page) == ["ca_hotline", "platform_hotline", "service_hours", "service_window"]
    missing = row(page, "ca_hotline")
    assert "没填" in missing
    assert "发证机构客服电话（以平台公布为准）" in missing
    assert "没填" not in row(page, "service_hours").replace("没填时", "")


def test_each_value_says_where_it_comes_from_and_leads_to_the_entries_that_use_it(office: Office):
    browser = office.signed_in()
    used = row(browser.get("/admin/site").text, "ca_hotline")
    assert "kb/site.yaml" in used
    assert "1 条" in used
    link = re.search(r'href="(entries\?uses=ca_hotline)"', used)
    assert link
    assert 'href="entries/ca-01"' in browser.get(f"/admin/{link[1]}").text
    assert "没有" in row(browser.get("/admin/site").text, "service_hours")


def test_a_value_of_an_overlay_says_so(serve: Serve, world: World, clock: Clock, tmp_path: Path):
    overlay = tmp_path / "branch"
    overlay.mkdir()
    (overlay / "site.yaml").write_text("values:\n  ca_hotline:\n    value: 400-1\n", "utf-8")
    office = Office(serve(world, overlays=[overlay]), world, clock)
    office.hire("zhang", "owner")
    page = office.signed_in().get("/admin/site").text
    assert "branch/site.yaml" in row(page, "ca_hotline")
    assert "kb/site.yaml" in row(page, "service_hours")


def test_changes_are_looked_at_before_they_are_saved(office: Office):
    browser = office.signed_in()
    before = site(office)
    page = sent(browser, "look", ca_hotline="一楼大厅")
    assert page.status_code == 200
    assert "+    value: 一楼大厅" in page.text
    assert 'value="一楼大厅"' in page.text
    assert site(office) == before
    response = sent(browser, "save", ca_hotline="一楼大厅")
    assert (response.status_code, response.headers["location"]) == (303, "site?said=saved")
    assert site(office) == before.replace("客服电话\n    value:\n", "客服电话\n    value: 一楼大厅\n")
    assert ("zhang", "site.save", "ca_hotline", "ok") in office.audit()
    assert "已保存到知识库文件" in browser.get("/admin/site?said=saved").text


def test_a_value_is_taken_away_by_emptying_it(office: Office):
    browser = office.signed_in()
    assert sent(browser, "save", service_hours=" ").status_code == 303
    assert "没填" in row(browser.get("/admin/site").text, "service_hours")
    assert "工作日9点到17点" not in site(office)


def test_without_a_change_nothing_is_written(office: Office):
    browser = office.signed_in()
    before = site(office)
    for do in ("look", "save"):
        response = sent(browser, do, service_hours="工作日9点到17点")
        assert response.headers["location"] == "site?said=unchanged"
    assert site(office) == before


def test_a_name_that_there_is_not_is_refused_with_what_was_typed_kept(office: Office):
    browser = office.signed_in()
    before = site(office)
    response = sent(browser, "save", nowhere="1", ca_hotline="一楼大厅")
    assert response.status_code == 404
    assert "nowhere" in response.text
    assert 'value="一楼大厅"' in response.text
    assert site(office) == before


def test_a_value_that_could_not_be_published_is_refused(office: Office):
    browser = office.signed_in()
    before = site(office)
    response = sent(browser, "save", ca_hotline="拨打 {{platform_hotline}}")
    assert response.status_code == 422
    assert "没有保存" in response.text
    assert 'value="拨打 {{platform_hotline}}"' in response.text
    assert site(office) == before


def test_markup_is_text(office: Office):
    browser = office.signed_in()
    page = sent(browser, "look", ca_hotline=HOSTILE).text
    assert sent(browser, "save", ca_hotline=HOSTILE).status_code == 303
    edit(office.world.kb, "site.yaml", "about: 人工服务时间", "about: '<script>alert(2)</script>'")
    page += browser.get("/admin/site").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;script&gt;alert(2)" in page


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_editors_change_values_and_viewers_only_see_them(office: Office, role: str):
    office.hire("li", role)  # type: ignore[arg-type]
    browser = office.signed_in("li")
    page = browser.get("/admin/site").text
    assert ("看看改动" in page) == (role == "editor")
    assert ("readonly" in page) == (role == "viewer")
    assert sent(browser, "save", ca_hotline="一楼大厅").status_code == (303 if role == "editor" else 403)
    assert ("一楼大厅" in site(office)) == (role == "editor")


def test_a_forged_form_is_refused(office: Office):
    browser = office.signed_in()
    before = site(office)
    response = browser.post("/admin/site", data={"csrf": "wrong", "do": "save", "value-ca_hotline": "1"}, headers=HTML)
    assert response.status_code == 403
    assert site(office) == before
