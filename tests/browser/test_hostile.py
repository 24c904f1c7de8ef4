"""What others put into the page, by the box, the address or the browser's memory, is text and nothing else."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.browser.conftest import Open
from tests.browser.visitor import ANSWERED, Visitor
from tests.web.server import Server

pytestmark = pytest.mark.browser

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>保证金",
    "\"'><svg onload=alert(1)>",
    "javascript:alert(1)",
    "<b>保证金</b>&lt;i&gt;&amp;",
    "{{ 7 * 7 }}${7*7}<%= 7 %>",
    "</textarea></script><iframe srcdoc='<script>parent.alert(1)</script>'>",
    "' OR 1=1; DROP TABLE entries; --",
    "\u202e\u2066保证金\u2069 a\u0301\u0301\u0301",
    "[[\\]] \\u003cimg src=x\\u003e %3Cimg%3E",
]
WATCHES = """() => {
    window.executed = [];
    window.alert = text => executed.push(text);
    window.known = document.querySelectorAll("script, img, svg, iframe, object, embed, base, style").length;
}"""
GREW = "document.querySelectorAll('script, img, svg, iframe, object, embed, base, style').length - known"


def watching(page) -> None:
    page.evaluate(WATCHES)


def nothing_ran(page) -> None:
    assert page.evaluate("executed") == []
    assert page.evaluate(GREW) == 0


def test_hostile_questions_are_shown_as_text(server: Server, browse_either: Open):
    page = browse_either(server).page
    watching(page)
    person = Visitor(page)
    for text in HOSTILE:
        person.click("#question")
        person.types(text)
        person.presses("Enter")
        person.waits_for("() => !document.querySelector('.pending')", "a reply")
    assert page.evaluate("[...document.querySelectorAll('.mine')].map(node => node.textContent)") == HOSTILE
    assert page.evaluate("[...document.querySelectorAll('#asked button')].map(node => node.textContent)") == HOSTILE
    assert page.evaluate("document.querySelectorAll('.mine *').length") == 0
    nothing_ran(page)
    page.reload()
    watching(page)
    person.sees(".mine", HOSTILE[-1])
    assert page.evaluate("[...document.querySelectorAll('.mine')].map(node => node.textContent)") == HOSTILE
    nothing_ran(page)


def test_hostile_text_in_suggestions_is_text(server: Server, browse: Open):
    page = browse(server).page
    watching(page)
    rows = [{"entry_id": "x", "number": "<i>", "question": text, "category": "新手指南"} for text in HOSTILE]
    page.route("**/api/v1/suggest?*", lambda route: route.fulfill(json={"suggestions": rows, "knowledge": {}}))
    person = Visitor(page)
    person.click("#question")
    person.types("<img")
    person.sees("[role=option]")
    assert (
        page.evaluate("[...document.querySelectorAll('[role=option] span')].map(node => node.textContent)") == HOSTILE
    )
    nothing_ran(page)


def test_every_field_of_a_reply_but_its_markup_is_text(server: Server, browse: Open):
    """The markup is the server's own, made safe when the knowledge was published."""
    page = browse(server).page
    watching(page)
    bad = HOSTILE[0]
    reference = {"entry_id": bad, "number": bad, "question": bad}
    answer = reference | {
        "category": bad, "html": "<p>答</p>", "text": bad, "terms": [{"term": "答", "definition": bad}], "updated": bad,
        "legal_basis": [{"law": bad, "article": bad, "gist": bad}], "related": [reference],
        "manuals": [{"manual_id": bad, "manual": bad, "task": 1, "title": bad}],
        "effective_from": bad, "effective_to": bad,
    }  # fmt: skip
    article = {"law": bad, "article": bad, "heading": bad, "gist": bad, "official": [bad], "status": "repealed"}
    reply = {
        "kind": "answer", "reply_id": "0" * 32, "text": bad, "answer": answer, "urgent": {"now": bad, "fallback": bad},
        "options": [reference | {"category": bad, "label": bad + "2"}], "versions": [answer], "articles": [article],
        "term": {"term": bad, "aliases": [], "definition": bad, "law": bad, "article": bad},
        "handover": {"text": bad, "phone": bad, "hours": bad, "where": bad, "now": bad}, "understood_as": bad,
        "corrected": bad, "confidence": 1, "knowledge": {"version": bad, "fingerprint": bad}, "took_ms": 1,
        "receipt": bad,
    }  # fmt: skip
    page.route("**/api/v1/ask", lambda route: route.fulfill(json=reply))
    person = Visitor(page)
    person.asks(ANSWERED)
    person.click("button.term")
    page.evaluate("document.querySelectorAll('#log details').forEach(box => { box.open = true; })")
    assert page.evaluate("document.querySelector('#log').innerText.split('<img src=x onerror=alert(1)>').length") > 25
    assert set(page.evaluate("[...document.querySelectorAll('#log a')].map(link => link.protocol)")) == {
        "http:",
        "tel:",
    }
    nothing_ran(page)


@pytest.mark.parametrize("text", [HOSTILE[0], HOSTILE[1], HOSTILE[3]])
def test_hostile_addresses_do_nothing(server: Server, browse_either: Open, text: str):
    code = quote(text)
    page = browse_either(server).page
    person = Visitor(page)
    names = "ask role stage minutes opening embed".split()
    page.goto(f"{server.url}/?{'&'.join(f'{name}={code}' for name in names)}#{code}")
    watching(page)
    person.waits_for("() => document.querySelector('.mine + .card:not(.pending)') !== null", "a reply")
    assert page.evaluate("document.querySelector('.mine').textContent") == text
    (body,) = person.asked
    assert {"audience", "stage", "minutes_to_opening"}.isdisjoint(body)
    person.sees_no("#close")
    nothing_ran(page)
    person.click("#menu summary")
    assert person.texts("#audience") == ["不限"]


@pytest.mark.parametrize("length", [501, 5000])
def test_a_question_in_the_address_is_cut_to_what_the_service_takes(server: Server, browse: Open, length: int):
    person = Visitor(browse(server, f"/?ask={'a' * length}").page)
    person.sees(".card.decline")
    assert person.texts(".mine") == ["a" * 500]


JUNK = [
    "not json",
    "null",
    "7",
    "{}",
    "[null]",
    "[{}]",
    '["<img src=x onerror=alert(1)>"]',
    '[{"text": "<img src=x onerror=alert(1)>"}]',
    '[{"text": "x", "at": "y", "reply": {"kind": "answer"}}]',
    '[{"text": 1, "at": {}, "reply": {"kind": "answer", "answer": {}, "versions": 1, "options": 2}}]',
]


def test_junk_in_the_memory_of_the_browser_is_forgotten(server: Server, browse_either: Open):
    page = browse_either(server).page
    person = Visitor(page)
    for junk in JUNK:
        page.evaluate(
            """junk => {
                sessionStorage.setItem("yiboshi-log", junk);
                sessionStorage.setItem("yiboshi-session", junk);
                for (const name of ["audience", "size", "contrast", "theme"]) localStorage.setItem("yiboshi-" + name, junk);
            }""",
            junk,
        )
        page.reload()
        watching(page)
        person.sees("#welcome")
        assert person.turns() == 0, junk
        person.asks(ANSWERED)
        nothing_ran(page)
        kept = json.loads(page.evaluate("sessionStorage.getItem('yiboshi-log')"))
        assert [turn["text"] for turn in kept] == [ANSWERED]
    assert len({body["session_id"] for body in person.asked}) == len(JUNK)
    assert all(len(body["session_id"]) == 32 for body in person.asked)


def test_where_nothing_may_be_remembered_the_page_works_all_the_same(server: Server, browse_either: Open):
    """Browsers refuse storage to frames of other sites when told to."""
    page = browse_either(server).page
    page.add_init_script(
        """for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, {
            get() { throw new DOMException("refused", "SecurityError"); },
        });"""
    )
    page.reload()
    person = Visitor(page)
    person.click("[data-role=bidder]")
    person.click("#larger")
    person.asks(ANSWERED)
    person.asks("保证金多久退", "clarify")
    first, second = person.asked
    assert first["session_id"] == second["session_id"]
    assert page.evaluate("document.documentElement.dataset.size") == "large"
