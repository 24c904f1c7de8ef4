"""The page without scripts, with scripts switched off."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_chat import NARROW, TOPIC, sideways
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser


def test_asking_brings_the_answer(server: Server, browse: Open, published: Published):
    entry = published.snapshot.entries["ca-05"]
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("您的问题").fill(entry.question)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_role("heading", name=f"编号 {entry.number}")).to_be_visible()
    expect(page.locator(".answer")).to_contain_text(entry.answer.splitlines()[0])
    expect(page.get_by_label("您的问题")).to_have_value(entry.question)


def test_an_unclear_question_offers_links(server: Server, browse: Open):
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("您的问题").fill(TOPIC)
    page.get_by_label("您的问题").press("Enter")
    page.locator("ol a").first.click()
    expect(page.get_by_role("heading", name="编号")).to_be_visible()
    expect(page.locator(".answer")).not_to_be_empty()


def test_the_role_that_was_chosen_stays_chosen(server: Server, browse: Open):
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_label("我是").select_option("evaluator")
    page.get_by_label("您的问题").fill(TOPIC)
    page.get_by_role("button", name="提问").click()
    expect(page.get_by_label("我是")).to_have_value("evaluator")


def test_a_category_leads_to_its_entries(server: Server, browse: Open, published: Published):
    name, entries = published.snapshot.categories[0]
    page = browse(server, "/lite", java_script_enabled=False).page
    page.get_by_role("link", name=f"{name}（{len(entries)}）").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name=f"{entries[0].number} {entries[0].question}").click()
    expect(page.get_by_role("heading", name=f"编号 {entries[0].number}")).to_be_visible()


def test_every_category_can_be_opened(server: Server, browse: Open, published: Published):
    """Their names hold slashes and Chinese."""
    page = browse(server, "/lite", java_script_enabled=False).page
    for name, entries in published.snapshot.categories:
        page.get_by_role("link", name=f"{name}（{len(entries)}）").click()
        expect(page.get_by_role("link", name=f"{entries[-1].number} ")).to_be_visible()


def test_the_chat_page_leads_there(server: Server, browse: Open):
    page = browse(server, "/", java_script_enabled=False).page
    page.locator("noscript a").click()
    expect(page.get_by_role("heading", name="易博士")).to_be_visible()
    assert page.url.endswith("/lite")


def test_nothing_scrolls_sideways_on_a_narrow_phone(server: Server, browse: Open, published: Published):
    page = browse(server, "/lite", viewport=NARROW).page
    assert sideways(page) == []
    for entry in published.snapshot.knowledge.entries[::10]:
        page.goto(f"{server.url}/lite?entry={entry.id}")
        assert sideways(page) == [], entry.id
