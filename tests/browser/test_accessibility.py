"""WCAG 2.1, levels A and AA, by axe-core in both browsers: no page in any state breaks a rule."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.accessibility import violations
from tests.browser.conftest import Open
from tests.browser.visitor import ANSWERED, ARTICLE, PHONE, TOPIC, UNKNOWN, VERDICT, WIDE, WORD, Visitor
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser

LIVE = """() => [...document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log], [role=timer], output")]
    .filter(node => (node.getAttribute("aria-live") || "polite") !== "off").map(node => node.id)"""
LOOKS = [
    {"size": "large", "contrast": "high"},
    {"theme": "dark"},
    {"theme": "dark", "contrast": "high"},
    {"size": "huge", "theme": "light", "contrast": "normal"},
]

Steps = dict[str, Callable[[], object]]


def clean(person: Visitor, steps: Steps) -> None:
    """Goes from state to state, each following on the one before, and examines every one."""
    for state, reach in steps.items():
        reach()
        assert violations(person.frame) == [], state
        assert person.frame.evaluate(LIVE) == ["status"], state


def unfolds(person: Visitor) -> None:
    for number in range(person.count(".card:last-child > details:not([open]) > summary")):
        person.click(".card:last-child > details:not([open]) > summary")
        person.waits_for(
            f"() => document.querySelectorAll('.card:last-child > details[open]').length > {number}", "it to unfold"
        )


def opened(server: Server, browse: Open, view: dict[str, int], path: str = "/") -> Visitor:
    """Without animations, in which the colours are not yet what they will be."""
    return Visitor(browse(server, path, viewport=view, reduced_motion="reduce").page)


def test_asking_and_being_answered(server: Server, browse_either: Open):
    person = opened(server, browse_either, WIDE)

    def types() -> None:
        person.click("#question")
        person.types("解密")
        person.sees("[role=option]")
        person.presses("ArrowDown")

    clean(
        person,
        {
            "welcome": lambda: None,
            "a role chosen": lambda: person.click("[data-role=bidder]"),
            "suggestions": types,
            "answer": lambda: person.gets("answer", lambda: person.presses("Enter")),
            "everything unfolded, the receipt too": lambda: (unfolds(person), person.sees(".receipt code")),
            "a term explained": lambda: (person.asks("工程投标保证金什么时候退"), person.click("button.term")),
            "feedback with its reasons": lambda: person.click(".card:last-child .actions button", text="没帮助"),
            "a reason chosen": lambda: person.click(".reasons button", text="其他"),
            "menu": lambda: person.click("#menu summary"),
        },
    )


def test_the_other_kinds_of_reply(server: Server, browse_either: Open):
    person = opened(server, browse_either, PHONE)
    page = person.page

    def fails() -> None:
        page.route("**/api/v1/ask", lambda route: route.fulfill(status=200, body="no json"))
        person.asks(ANSWERED, "failed")

    clean(
        person,
        {
            "decline": lambda: (person.asks(UNKNOWN, "decline"), person.sees(".handover")),
            "policy": lambda: person.asks(ARTICLE, "policy"),
            "term": lambda: person.asks(WORD, "term"),
            "neutral": lambda: (person.starts_afresh(), person.asks(VERDICT, "neutral")),
            "corrected, clarify": lambda: (person.starts_afresh(), person.asks("baozhengjin", "clarify")),
            "directory": lambda: person.click("#catalogue"),
            "smalltalk": lambda: (person.presses("Escape"), person.asks("你好", "smalltalk")),
            "failed": fails,
        },
    )


def test_near_the_opening(server: Server, browse_either: Open):
    person = opened(server, browse_either, PHONE, "/?minutes=18")
    clean(person, {"banner": lambda: None, "urgent": lambda: (person.asks("060"), person.sees(".urgent"))})


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(look.values()))
def test_in_every_look(server: Server, browse_either: Open, look: dict[str, str]):
    person = opened(server, browse_either, PHONE, "/?minutes=18")
    person.looks(**look)
    clean(
        person,
        {
            "welcome": lambda: None,
            "urgent, unfolded": lambda: (person.asks("060"), unfolds(person)),
            "clarify": lambda: (person.starts_afresh(), person.asks(TOPIC, "clarify")),
            "menu": lambda: person.click("#menu summary"),
        },
    )
    page = person.page
    person.presses("Escape")
    page.set_viewport_size(WIDE)
    clean(person, {"wide": lambda: person.sees("#directory")})


def test_high_contrast_is_more_than_enough(server: Server, browse: Open):
    """By axe's own reckoning too, of level AAA."""
    person = opened(server, browse, WIDE, "/?minutes=18")
    person.asks("060")
    unfolds(person)
    for theme in ("light", "dark"):
        person.looks(contrast="high", theme=theme)
        assert violations(person.frame, ["color-contrast-enhanced"]) == []
    person.looks(contrast="normal", theme="light")
    assert violations(person.frame, ["color-contrast-enhanced"]) != []


def test_the_pages_without_script_and_the_other_pages(server: Server, browse_either: Open, published: Published):
    watched = browse_either(server, "/lite", viewport=PHONE)
    page = watched.page
    code = server.ask(published.snapshot.entries["open-02"].question)["receipt"]
    category = published.snapshot.categories[0][0]
    manual = published.snapshot.knowledge.manuals[0].id
    paths = [
        "/lite", "/lite?size=huge", f"/lite?q={TOPIC}", f"/lite?q={UNKNOWN}&none=1", f"/lite?q={ARTICLE}", f"/lite?q={WORD}",
        f"/lite?q={VERDICT}", f"/lite?category={category}", "/lite?entry=open-02&minutes=18", "/lite?none=2", "/lite?q=%20",
        "/manual", f"/manual?id={manual}", "/manual?id=none", "/receipt", f"/receipt?code={code}", "/receipt?code=1234",
        "/accessibility",
    ]  # fmt: skip
    person = Visitor(page)
    for path in paths:
        page.goto(server.url + path)
        person.sees("h1")
        assert violations(page) == [], path
    assert len(watched.complaints) == 2  # the browser's, about the manual and the receipt that there are not
    watched.complaints.clear()
