"""The directory of all entries, by tap, by key and by number."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Open
from tests.browser.visitor import PHONE, TOPIC, WIDE, Visitor
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser

ROW, TAB, CHOSEN = "#directory [role=tabpanel] button", "#directory [role=tab]", "#directory [aria-selected=true]"
STOPS = "[...document.querySelectorAll('#directory [role=tab]')].filter(tab => tab.tabIndex === 0).map(tab => tab.id)"
INPUT = "input#question “您的问题”"


def listed(entries) -> list[str]:
    return [f"{entry.number}\n{entry.question}" for entry in entries]


def test_on_a_phone_every_entry_is_two_taps_away(server: Server, browse: Open, published: Published):
    person = Visitor(browse(server, viewport=PHONE).page)
    person.sees_no("#directory")
    found = []
    for number, (name, entries) in enumerate(published.snapshot.categories, 1):
        person.click("[data-category]", nth=number - 1)
        assert person.texts(CHOSEN) == [f"{number}\n{name}"]
        assert person.texts(ROW) == listed(entries)
        found += entries
        person.click("#fold")
        person.sees_no("#directory")
    assert {entry.id for entry in found} == set(published.snapshot.entries)
    assert len(found) == len(published.snapshot.entries) >= 122
    last = published.snapshot.categories[-1][1][-1]
    person.click("[data-category]", nth=11)
    person.picks(ROW, last.question)
    assert person.number() == last.number
    person.sees_no("#directory")


def test_on_a_wide_page_every_entry_is_two_taps_away(server: Server, browse: Open, published: Published):
    person = Visitor(browse(server, viewport=WIDE).page)
    found = []
    for number, (_, entries) in enumerate(published.snapshot.categories, 1):
        person.click(TAB, nth=number - 1)
        assert person.texts(ROW) == listed(entries)
        found += entries
    assert {entry.id for entry in found} == set(published.snapshot.entries)
    last = published.snapshot.categories[-1][1][-1]
    person.picks(ROW, last.question)
    assert person.number() == last.number
    person.sees("#directory")


@pytest.mark.parametrize("view", [PHONE, WIDE], ids=["phone", "wide"])
def test_a_category_is_chosen_and_an_entry_of_it_asked(
    server: Server, browse_either: Open, published: Published, view: dict[str, int]
):
    _, entries = published.snapshot.categories[4]
    person = Visitor(browse_either(server, viewport=view).page)
    if view == PHONE:
        person.click("#catalogue")
    person.click(TAB, nth=4)
    assert person.texts(ROW) == listed(entries)
    person.picks(ROW, entries[2].question)
    assert person.number() == entries[2].number
    assert person.asked == [person.asked[0] | {"question": entries[2].question, "via": "category"}]


def test_arrows_go_from_tab_to_tab_and_only_one_is_a_stop(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server, viewport=WIDE).page)
    names = [name for name, _ in published.snapshot.categories]
    person.click(TAB)
    for key, at in (
        ("ArrowRight", 1), ("ArrowDown", 2), ("ArrowLeft", 1), ("ArrowUp", 0), ("ArrowLeft", 11), ("ArrowRight", 0),
        ("End", 11), ("Home", 0),
    ):  # fmt: skip
        person.presses(key)
        assert person.focused() == f"button#tab-{at + 1} “{at + 1} {names[at]}”"
        assert person.texts(CHOSEN) == [f"{at + 1}\n{names[at]}"]
        assert person.frame.evaluate(STOPS) == [f"tab-{at + 1}"]
        assert person.texts(ROW) == listed(published.snapshot.categories[at][1])


@pytest.mark.parametrize("view", [PHONE, WIDE], ids=["phone", "wide"])
def test_a_category_and_an_entry_are_reached_by_their_numbers(
    server: Server, browse_either: Open, published: Published, view: dict[str, int]
):
    name, entries = published.snapshot.categories[2]
    person = Visitor(browse_either(server, viewport=view).page)
    person.click("#question")
    person.types("3")
    person.presses("Enter")
    person.sees(CHOSEN, name)
    assert person.texts(ROW) == listed(entries)
    person.sees("#status", f"第3类：{name}，共 {len(entries)} 条")
    assert (person.focused(), person.turns()) == (INPUT, 0)
    person.enters_and_gets(entries[3].number, "answer")
    assert person.number() == entries[3].number
    assert person.count("#directory") == (view == WIDE)
    assert person.texts(".card.answer .number") != []


def test_a_number_beyond_the_categories_is_asked(server: Server, browse: Open):
    person = Visitor(browse(server).page)
    person.click("#question")
    person.types("13")
    person.presses("Enter")
    person.sees(".mine", "13")
    assert person.asked[0]["question"] == "13"


def test_while_something_is_to_be_chosen_a_digit_chooses_and_opens_no_category(server: Server, browse_either: Open):
    person = Visitor(browse_either(server).page)
    person.asks(TOPIC, "clarify")
    second = person.texts(".choice small")[1]
    person.enters_and_gets("2", "answer")
    assert person.text(".card.answer h2") == second
    person.sees("[role=tab][aria-selected=true]", "新手指南")


def test_digits_typed_in_the_directory_go_to_the_box(server: Server, browse_either: Open, published: Published):
    person = Visitor(browse_either(server, viewport=WIDE).page)
    person.click(TAB, nth=1)
    person.types("4")
    assert (person.focused(), person.texts("#question")) == (INPUT, ["4"])
    person.presses("Enter")
    person.sees(CHOSEN, published.snapshot.categories[3][0])


def test_escape_and_the_button_close_the_directory_of_a_narrow_page(server: Server, browse_either: Open):
    person = Visitor(browse_either(server, viewport=PHONE).page)
    expanded = "document.querySelector('#catalogue').getAttribute('aria-expanded')"
    assert person.frame.evaluate(expanded) == "false"
    person.click("#catalogue")
    person.sees("#directory")
    assert person.frame.evaluate(expanded) == "true"
    assert person.focused().startswith("button#tab-1")
    person.sees_no("#welcome")
    person.presses("Escape")
    person.sees_no("#directory")
    assert person.focused() == INPUT
    person.click("#catalogue")
    person.click("#fold")
    person.sees_no("#directory")
    person.sees("#welcome")
    assert person.frame.evaluate(expanded) == "false"
    assert person.focused() == "button#catalogue “分类目录”"


def test_where_the_focus_was_vanishes_it_goes_to_what_was_opened(
    server: Server, browse_either: Open, published: Published
):
    """On a narrow page the directory covers the conversation and the answer replaces the directory."""
    person = Visitor(browse_either(server, viewport=PHONE).page)
    person.click("[data-category]", nth=6)
    assert person.focused().startswith("button#tab-7")
    person.picks(ROW)
    assert person.focused().startswith("div#log")


@pytest.mark.parametrize("size", ["normal", "large", "huge"])
def test_the_entries_of_a_chosen_category_are_in_view(server: Server, browse: Open, size: str):
    page = browse(server, viewport=PHONE).page
    person = Visitor(page)
    person.looks(size=size)
    person.click("#catalogue")
    person.click("#question")
    person.types("9")
    person.presses("Enter")
    person.sees("[role=tab][aria-selected=true]", "9")
    top, box = page.evaluate(
        """() => [document.querySelector("[role=tabpanel]:not([hidden]) button"), document.querySelector(".composer")]
            .map(node => Math.round(node.getBoundingClientRect().top))"""
    )
    assert 0 <= top < box - 60
