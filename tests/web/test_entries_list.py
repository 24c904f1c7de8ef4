"""The console's list of entries: what is found, what each says of itself, what it does not wait for."""

from __future__ import annotations

import re

import pytest

from tests.small_kb import edit
from tests.web.office import Browser, Office

HOSTILE = "<script>alert(1)</script>{{ca_hotline}}\"'"


def listed(browser: Browser, **asked: str) -> list[str]:
    page = browser.get("/admin/entries", params=asked)
    assert page.status_code == 200, page.text
    return re.findall(r'href="entries/([\w-]+)">', page.text.partition("<table")[2])


def test_every_entry_is_listed_by_number(office: Office):
    assert listed(office.signed_in()) == ["ca-01", "ca-02", "deposit-01", "deposit-02"]


SEARCHES = {
    "a word of the question": ({"q": "保证金"}, ["deposit-01", "deposit-02"]),
    "words in different places": ({"q": "解锁 U盾"}, ["ca-02"]),
    "a wording, whatever its width and case": ({"q": "Ｕ盾提示"}, ["ca-02"]),
    "the number": ({"q": "061"}, ["deposit-01"]),
    "the id": ({"q": "ca-01"}, ["ca-01"]),
    "initials": ({"q": "tbbzj"}, ["deposit-01", "deposit-02"]),
    "the category": ({"category": "CA数字证书"}, ["ca-01", "ca-02"]),
    "the audience": ({"audience": "agency"}, ["ca-01"]),
    "a value it uses": ({"uses": "ca_hotline"}, ["ca-01"]),
    "two conditions": ({"category": "CA数字证书", "q": "密码"}, ["ca-02"]),
    "nothing of the kind": ({"q": "今天吃什么"}, []),
    "markup": ({"q": HOSTILE}, []),
}


@pytest.mark.parametrize(("asked", "found"), SEARCHES.values(), ids=SEARCHES)
def test_entries_are_found_by(office: Office, asked: dict[str, str], found: list[str]):
    assert listed(office.signed_in(), **asked) == found


def test_the_standing_is_said_and_filtered_by(office: Office):
    kb = office.world.kb
    edit(kb, "faq/certificates.yaml", "联系发证机构解锁", "请联系发证机构解锁")
    edit(kb, "faq/deposits.yaml", "updated: 2026-02-01\n\n", "updated: 二月\n\n")
    browser = office.signed_in()
    page = browser.get("/admin/entries").text
    assert "改动还没发布" in page
    assert "1 处错误" in page
    assert listed(browser, standing="unpublished") == ["ca-02"]
    assert listed(browser, standing="error") == ["deposit-01"]


def test_what_stands_between_entries_is_found_only_when_asked_for(office: Office):
    edit(office.world.kb, "faq/deposits.yaml", "- 政采没中标的押金几天退", "- 办锁去哪里")
    browser = office.signed_in()
    assert listed(browser, standing="error") == []
    assert listed(browser, standing="error", check="true") == ["deposit-02"]


def test_an_entry_that_is_not_served_is_listed_all_the_same(office: Office):
    edit(office.world.kb, "faq/certificates.yaml", "    number: 037", "    number: 037\n    effective_to: 2026-01-01")
    browser = office.signed_in()
    assert "2026-01-01 已失效" in browser.get("/admin/entries").text
    assert listed(browser, standing="resting") == ["ca-01"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_listed(office: Office):
    (office.world.kb / "faq/deposits.yaml").write_text("entries: [\n")
    browser = office.signed_in()
    page = browser.get("/admin/entries").text
    assert "有文件读不出来" in page
    assert "kb/faq/deposits.yaml" in page
    assert listed(browser) == ["ca-01", "ca-02"]


def test_markup_in_the_files_and_in_the_address_is_text(office: Office):
    edit(office.world.kb, "faq/certificates.yaml", "question: CA数字证书怎么办理？", f"question: '{HOSTILE[:-1]}'")
    page = office.signed_in().get("/admin/entries", params={"uses": HOSTILE[:50]}).text
    page += office.signed_in().get("/admin/entries", params={"q": HOSTILE}).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_only_who_may_edit_is_offered_a_new_entry(office: Office):
    office.hire("kan", "viewer")
    assert "entries/new" in office.signed_in().get("/admin/entries").text
    assert "entries/new" not in office.signed_in("kan").get("/admin/entries").text
