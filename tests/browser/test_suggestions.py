"""What is suggested while one types, by characters, pinyin, initials or digits."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import Open
from tests.browser.visitor import ANSWERED, TOPIC, Visitor
from tests.web.server import Server, eventually

pytestmark = pytest.mark.browser

OPTION, CHOSEN = "[role=option]", "[role=option][aria-selected=true]"
EXPANDED = "document.querySelector('#question').getAttribute('aria-expanded')"
ACTIVE = """() => {
    const id = document.querySelector("#question").getAttribute("aria-activedescendant");
    return id && document.getElementById(id).innerText;
}"""


def types_anew(person: Visitor, text: str) -> None:
    person.click("#question")
    person.presses("Control+A")
    person.presses("Delete")
    person.sees_no(OPTION)
    person.types(text)
    person.sees(OPTION)


def test_characters_pinyin_initials_and_digits_all_bring_suggestions(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    for typed, number in (("保证", "041"), ("baozhengjin", "041"), ("bzj", "041"), ("04", "043"), ("060", "060")):
        types_anew(person, typed)
        assert number in [row.split()[0] for row in person.texts(OPTION)], typed
    types_anew(person, "保证")
    assert set(person.texts("[role=option] mark")) == {"保证"}
    assert len([row for row in person.texts(OPTION) if "分类：" not in row]) == 6


def test_arrows_go_round_the_suggestions_and_the_box(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    assert person.frame.evaluate(EXPANDED) == "false"
    types_anew(person, "解密")
    assert person.frame.evaluate(EXPANDED) == "true"
    rows = person.texts(OPTION)
    seen = []
    for _ in (*rows, "the box", "round again"):
        person.presses("ArrowDown")
        seen.append(person.frame.evaluate(ACTIVE))
    assert seen == [*rows, None, rows[0]]
    person.presses("ArrowUp")
    assert person.frame.evaluate(ACTIVE) is None
    person.presses("ArrowUp")
    assert person.frame.evaluate(ACTIVE) == rows[-1]
    assert person.texts(CHOSEN) == [rows[-1]]
    assert person.focused() == "input#question “您的问题”"
    assert person.texts("#question") == ["解密"]


def test_enter_without_a_choice_asks_what_was_typed(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    types_anew(person, "解密失败")
    person.gets("answer", lambda: person.presses("Enter"))
    assert person.texts(".mine") == ["解密失败"]
    assert person.asked[-1]["via"] == "typed"
    person.sees_no(OPTION)


def test_escape_closes_the_suggestions_and_leaves_the_text(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    types_anew(person, "解密")
    person.presses("ArrowDown")
    person.presses("Escape")
    person.sees_no(OPTION)
    assert person.frame.evaluate(EXPANDED) == "false"
    assert person.frame.evaluate(ACTIVE) is None
    assert person.texts("#question") == ["解密"]
    assert person.focused() == "input#question “您的问题”"


def test_a_click_on_a_suggestion_asks_it(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    types_anew(person, "解密")
    question = person.texts("[role=option] span")[1]
    person.picks(OPTION, nth=1)
    assert person.texts(".mine") == [question]
    assert person.asked == [person.asked[0] | {"question": question, "via": "suggest"}]
    person.sees_no(OPTION)
    assert person.texts("#question") == [""]
    assert person.focused() == "input#question “您的问题”"


def test_the_number_of_suggestions_is_spoken(server: Server, browse: Open):
    page = browse(server).page
    person = Visitor(page)
    types_anew(person, "解密")
    assert page.text_content("[role=status]") == f"{person.count(OPTION)} 条提示，按向下键选择"


def test_leaving_the_box_closes_the_suggestions(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    types_anew(person, "解密")
    person.presses("Tab")
    person.sees_no(OPTION)
    person.click("#question")
    person.sees_no(OPTION)


class Held:
    """Requests for suggestions that wait to be answered, in the order in which they came."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route("**/api/v1/suggest?*", lambda route: self.routes.append(route))

    def next(self, number: int) -> Route:
        """The one with this number, once it has come."""
        eventually(lambda: self.page.evaluate("1") and len(self.routes) > number, f"request {number} for suggestions")
        return self.routes[number]

    def answer(self, route: Route, question: str) -> None:
        """Until the page has taken it in."""
        row = {"entry_id": "x", "number": "999", "question": question, "category": "新手指南"}
        with self.page.expect_event("requestfinished", lambda request: request == route.request):
            route.fulfill(body=json.dumps({"suggestions": [row], "knowledge": {}}), content_type="application/json")
        self.page.evaluate("() => fetch('healthz').then(response => response.text())")


def test_a_late_answer_does_not_replace_a_newer_one(server: Server, browse: Open):
    page = browse(server).page
    person = Visitor(page)
    held = Held(page)
    person.click("#question")
    person.types("锁")
    early = held.next(0)
    person.types("死")
    late = held.next(1)
    assert [parse_qs(urlsplit(route.request.url).query)["q"] for route in held.routes] == [["锁"], ["锁死"]]
    held.answer(late, "新的")
    person.sees(OPTION, "新的")
    held.answer(early, "旧的")
    assert person.texts("[role=option] span") == ["新的"]


def test_a_late_answer_does_not_open_suggestions_after_the_question_was_asked(server: Server, browse: Open):
    page = browse(server).page
    person = Visitor(page)
    held = Held(page)
    person.click("#question")
    person.types(ANSWERED)
    early = held.next(0)
    person.gets("answer", lambda: person.presses("Enter"))
    held.answer(early, "旧的")
    person.sees_no(OPTION)


def test_without_suggestions_one_can_still_ask(server: Server, browse: Open):
    watched = browse(server)
    person = Visitor(watched.page)
    watched.page.route("**/api/v1/suggest?*", lambda route: route.fulfill(status=500, body="no"))
    with watched.page.expect_response("**/api/v1/suggest?*"):
        person.click("#question")
        person.types(TOPIC)
    person.gets("clarify", lambda: person.presses("Enter"))
    assert all("Failed to load resource" in text for text in watched.complaints)
    watched.complaints.clear()


def test_a_category_is_suggested_by_number_and_by_name(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    types_anew(person, "7")
    assert person.texts(OPTION)[0].split() == ["7", "分类：开标评标"]
    types_anew(person, "评标专家")
    assert person.texts(OPTION)[0].split() == ["12", "分类：评标专家"]
    person.presses("ArrowDown")
    person.presses("Enter")
    person.sees("[role=tab][aria-selected=true]", "评标专家")
    assert person.turns() == 0
