"""The chat page without a mouse: everything is reached by Tab, in the order in which it stands, and is seen to be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import Open
from tests.browser.visitor import NARROW, PHONE, TOPIC, UNKNOWN, WIDE, Visitor
from tests.web.server import Server

pytestmark = pytest.mark.browser

BOX = "input#question “您的问题”"
STOPS = 120

FOCUS = """() => {
    const node = document.activeElement;
    if (node === document.body) return null;
    const style = getComputedStyle(node), box = node.getClientRects()[0];
    const regions = [".skip", "header", "#directory", "#log", ".composer", "footer"];
    const hit = document.elementFromPoint(
        Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1), Math.min(Math.max(box.top + 3, 1), innerHeight - 1));
    return {
        region: regions.findIndex(region => node.closest(region)),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
        covered: Boolean(hit) && !node.contains(hit) && !hit.contains(node),
    };
}"""


class Typist(Visitor):
    """Has no mouse, and must always see where the focus is."""

    def click(self, selector: str, nth: int = 0, text: str | None = None) -> None:
        raise AssertionError("there is no mouse")

    def steps(self, key: str = "Tab") -> dict[str, Any] | None:
        """Goes one step on; says where that is, None for the page's end."""
        self.presses(key)
        found: dict[str, Any] | None = self.frame.evaluate(FOCUS)
        if found:
            name = self.focused()
            assert found["outline"] >= 2, f"{name} has the focus and does not show it"
            assert found["inside"], f"{name} has the focus out of view"
            assert not found["covered"], f"{name} has the focus and something lies over it"
        return found

    def goes_to(self, name: str, key: str = "Tab") -> None:
        """Until what has the focus begins with this (see ``focused``)."""
        passed = []
        for _ in range(STOPS):
            self.steps(key)
            passed.append(self.focused())
            if passed[-1].startswith(name):
                return
        raise AssertionError(f"{name} was not reached; there was {passed}")

    def goes_back_to(self, name: str) -> None:
        self.goes_to(name, "Shift+Tab")


def test_a_visit_from_welcome_to_history_without_a_mouse(server: Server, browse_either: Open):
    page = browse_either(server).page
    person = Typist(page)
    person.goes_to("a “跳到提问框”")
    person.presses("Enter")
    person.sees("#question")
    assert person.focused() == BOX
    # A suggestion.
    person.types("锁死")
    person.sees("[role=option]", "被锁死")
    person.presses("ArrowDown")
    person.gets("answer", lambda: person.presses("Enter"))
    assert person.focused() == BOX
    # A question back: 「都不是」.
    person.enters_and_gets(TOPIC, "clarify")
    person.goes_back_to("button “都不是”")
    person.gets("decline", lambda: person.presses("Enter"))
    person.goes_to(BOX)
    person.enters_and_gets(UNKNOWN, "decline")
    person.sees(".card:last-child .handover")
    # A question back, and the choice by its button.
    person.enters_and_gets(TOPIC, "clarify")
    person.goes_back_to("button “2 ")
    choice = person.texts(".card:last-child .choice small")[1]
    person.gets("answer", lambda: person.presses("Enter"))
    person.sees(".card:last-child h2", choice)
    # What was wrong with the answer.
    person.goes_to(BOX)
    person.goes_back_to("button “没帮助”")
    person.presses("Enter")
    person.sees(".why")
    person.goes_to("button “看不懂”")
    person.presses("Space")
    person.goes_to("input “想说的话”")
    person.types("写短些")
    person.goes_to("button “提交”")
    person.presses("Enter")
    person.sees("#status", "谢谢您的评价")
    assert person.focused() == "button “没帮助”"
    assert (person.rated[-1]["reason"], person.rated[-1]["comment"]) == ("看不懂", "写短些")
    # A fold, and a related question.
    person.goes_back_to("summary “依据")
    person.presses("Enter")
    person.sees(".card:last-child .basis")
    # The history.
    person.goes_back_to("summary “设置”")
    person.presses("Enter")
    person.sees("#asked button", choice)
    person.goes_to(f"button “{choice}")
    person.presses("Enter")
    person.sees_no("#asked")
    assert person.focused().startswith("div#log")
    page.reload()
    person.sees(".card:last-child h2", choice)
    person.goes_to("summary “设置”")
    person.presses("Enter")
    person.goes_to("button#clear “清空记录”")
    person.presses("Enter")
    person.sees_no(".mine")
    assert person.focused() == BOX


def test_the_directory_without_a_mouse(server: Server, browse_either: Open):
    person = Typist(browse_either(server, viewport=PHONE).page)
    person.goes_to("button “7 开标评标”")
    person.presses("Enter")
    person.sees("#directory")
    assert person.focused().startswith("button#tab-7")
    person.presses("ArrowRight")
    person.steps()
    person.steps()
    question = person.focused().split(" ", 2)[2].rstrip("”")
    person.gets("answer", lambda: person.presses("Enter"))
    assert person.text(".card.answer h2") == question
    assert person.focused().startswith("div#log")
    person.goes_to("button#catalogue")
    person.presses("Enter")
    assert person.focused().startswith("button#tab-8")
    person.presses("Escape")
    assert person.focused() == BOX


def test_the_settings_without_a_mouse(server: Server, browse_either: Open):
    page = browse_either(server).page
    person = Typist(page)
    person.goes_to("button#larger")
    person.presses("Enter")
    assert page.evaluate("document.documentElement.dataset.size") == "large"
    person.goes_to("summary “设置”")
    person.presses("Enter")
    for name, key in (("audience", "投标人"), ("size", "特大"), ("contrast", "高对比"), ("theme", "浅色")):
        person.goes_to(f"select#{name}")
        person.presses("ArrowDown")
        person.sees(f"#{name}", key)
    assert page.evaluate("Object.assign({}, document.documentElement.dataset)") == {
        "size": "huge", "contrast": "high", "theme": "light",
    }  # fmt: skip
    person.presses("Escape")
    person.sees_no("#audience")
    assert person.focused() == "summary “设置”"


def test_the_menu_does_not_stay_open_behind_who_walks_on(server: Server, browse_either: Open):
    person = Typist(browse_either(server).page)
    person.goes_to("summary “设置”")
    person.presses("Enter")
    person.sees("#audience")
    person.goes_to("button#tab-1")
    person.sees_no("#audience")


@pytest.mark.parametrize("view", [NARROW, WIDE], ids=["narrow", "wide"])
def test_tab_goes_through_the_page_from_top_to_bottom_and_the_focus_is_always_seen(
    server: Server, browse_either: Open, view: dict[str, int]
):
    person = Typist(browse_either(server, viewport=view).page)
    regions = []
    while stop := person.steps():
        regions.append(stop["region"])
        assert len(regions) < STOPS
    assert regions == sorted(regions)
    expected = {0, 1, 2, 3, 4, 5} if view == WIDE else {0, 1, 3, 4, 5}
    assert set(regions) == expected
    person.steps()
    person.goes_to(BOX)
    person.enters_and_gets(TOPIC, "clarify")
    person.goes_back_to("div#log")
    while (stop := person.steps()) and person.focused() != BOX:
        assert stop["region"] in (3, 4)
