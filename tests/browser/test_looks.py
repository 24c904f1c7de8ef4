"""How the page looks: text sizes, contrast, light and dark; that nothing moves, sticks out or is out of view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.visitor import (
    ANSWERED,
    ARTICLE,
    NARROW,
    PHONE,
    TABLET,
    TOPIC,
    UNKNOWN,
    WIDE,
    WORD,
    ZOOMED,
    Visitor,
    sideways,
)
from tests.conftest import Published
from tests.web.server import Server

pytestmark = pytest.mark.browser

LOOK = "Object.assign({}, document.documentElement.dataset)"
BODY = "parseFloat(getComputedStyle(document.body).fontSize)"
FULL_HD = {"width": 1920, "height": 1080}

SMALL_TARGETS = """least => [...document.querySelectorAll("button, summary, input, select, [role=option]")]
    .filter(node => node.getClientRects().length && !node.matches(".term"))
    .filter(node => Math.round(node.getBoundingClientRect().height) < least)
    .map(node => `${node.tagName} ${node.textContent.trim().slice(0, 20)}: ${node.getBoundingClientRect().height}`)"""

# Every text against what is painted behind it: the nearest ancestor with a background.
FAINT = """least => {
    const shown = node => node.getClientRects().length && getComputedStyle(node).visibility === "visible";
    const channels = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = colour => {
        const [r, g, b] = channels(colour).map(value => value / 255)
            .map(value => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const opaque = colour => channels(colour).length < 4 || channels(colour)[3] === 1;
    const behind = node => {
        for (let at = node; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if (opaque(colour)) return colour;
            if (channels(colour)[3] > 0) throw new Error("half a background: " + at.className);
        }
        return "rgb(255, 255, 255)";
    };
    const contrast = (one, other) => {
        const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
    };
    const found = [], judge = (name, colour, node) => {
        const ratio = contrast(colour, behind(node));
        if (ratio < least) found.push(`${name}: ${colour} on ${behind(node)} is ${ratio.toFixed(2)}`);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
        if (text && shown(node)) judge(text.slice(0, 20), getComputedStyle(node).color, node);
    }
    document.querySelectorAll("input").forEach(node => {
        if (shown(node)) judge("placeholder", getComputedStyle(node, "::placeholder").color, node);
    });
    return found;
}"""


def unfolds_everything(page: Page) -> None:
    page.evaluate(
        """() => {
            document.querySelectorAll("#log details").forEach(box => { box.open = true; });
            document.querySelectorAll(".why").forEach(node => { node.hidden = false; });
            document.querySelectorAll("button.term").forEach(node => node.click());
        }"""
    )


# -- sizes ------------------------------------------------------------------------------------------------------------


def test_large_text_is_24_pixels_and_its_targets_60(server: Server, browse_either: Open):
    page = browse_either(server, "/?minutes=18").page
    person = Visitor(page)
    assert page.evaluate(BODY) == 16
    assert page.evaluate(SMALL_TARGETS, 44) == []
    person.click("#larger")
    person.sees("#larger[aria-pressed=true]")
    assert page.evaluate(LOOK)["size"] == "large"
    assert page.evaluate(BODY) == 24
    person.asks("060")
    person.click("#question")
    person.types("解密")
    person.sees("[role=option]")
    person.click("#menu summary")
    unfolds_everything(page)
    assert page.evaluate(SMALL_TARGETS, 60) == []
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('div.answer li')).fontSize)") == 24
    person.click("#menu summary")
    person.click("#larger")
    assert page.evaluate(BODY) == 16
    assert page.evaluate(SMALL_TARGETS, 44) == []


def test_huge_text_is_30_pixels(server: Server, browse: Open):
    page = browse(server).page
    person = Visitor(page)
    person.click("#menu summary")
    page.select_option("#size", "huge")
    person.presses("Escape")
    assert page.evaluate(BODY) == 30
    person.asks("060")
    unfolds_everything(page)
    assert page.evaluate(SMALL_TARGETS, 60) == []


def test_what_was_chosen_is_chosen_in_the_next_page(server: Server, browse_either: Open):
    page = browse_either(server).page
    person = Visitor(page)
    person.stores(size="huge", contrast="high", theme="dark")
    page.goto(f"{server.url}/?again")
    assert page.evaluate(LOOK) == {"size": "huge", "contrast": "high", "theme": "dark"}
    person.click("#menu summary")
    assert person.texts(".panel select")[1:] == ["特大", "高对比", "深色"]
    person.sees("#larger[aria-pressed=true]")


# -- contrast ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("contrast", "least"), [("normal", 4.5), ("high", 7)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_stands_out(server: Server, browse: Open, theme: str, contrast: str, least: float):
    page = browse(server, "/?minutes=18", reduced_motion="reduce").page
    person = Visitor(page)
    person.looks(theme=theme, contrast=contrast)
    person.asks(UNKNOWN, "decline")
    person.asks(ARTICLE, "policy")
    person.asks(WORD, "term")
    person.starts_afresh()
    person.asks(TOPIC, "clarify")
    person.picks(".choice")
    person.asks("060")
    page.route("**/api/v1/ask", lambda route: route.fulfill(status=200, body="no json"))
    person.asks(ANSWERED, "failed")
    unfolds_everything(page)
    person.click(".why button", text="其他", nth=1)
    person.click(".actions button", text="有帮助", nth=1)
    person.click("#menu summary")
    person.frame.evaluate("document.querySelector('#question').focus()")
    person.types("解密")
    person.sees("[role=option]")
    person.presses("ArrowDown")
    person.frame.evaluate("document.querySelector('#menu').open = true")
    assert page.evaluate(FAINT, least) == []


def test_light_or_dark_follows_the_system_until_chosen(server: Server, browse_either: Open):
    page = browse_either(server, color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(LOOK)["theme"] == "dark"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    Visitor(page).waits_for("() => document.documentElement.dataset.theme === 'light'", "light")
    light = page.evaluate(ground)
    assert light != dark
    Visitor(page).looks(theme="dark")
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="dark")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == dark


# -- nothing moves ----------------------------------------------------------------------------------------------------


def test_the_look_is_decided_before_anything_is_painted(server: Server, browse_either: Open):
    page = browse_either(server).page
    Visitor(page).stores(size="large", contrast="high", theme="dark")
    page.add_init_script(
        """new MutationObserver((_, watch) => {
            if (!document.body) return;
            window.atFirst = Object.assign({}, document.documentElement.dataset);
            watch.disconnect();
        }).observe(document, {childList: true, subtree: true});"""
    )
    page.reload()
    assert page.evaluate("atFirst") == {"size": "large", "contrast": "high", "theme": "dark"}


SHIFTS = """() => new Promise(done => {
    const painted = new PerformanceObserver(() => requestAnimationFrame(() => requestAnimationFrame(() => {
        const moved = new PerformanceObserver(() => {});
        moved.observe({type: "layout-shift", buffered: true});
        done(moved.takeRecords().filter(entry => !entry.hadRecentInput).map(entry => entry.value));
    })));
    painted.observe({type: "paint", buffered: true});
})"""


@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("view", [PHONE, WIDE], ids=["phone", "wide"])
def test_nothing_moves_while_the_page_loads(server: Server, browse: Open, view: dict[str, int], size: str):
    page = browse(server, viewport=view).page
    person = Visitor(page)
    person.stores(size=size, audience="evaluator")
    page.reload()
    person.sees("[data-hot=evaluator]")
    assert page.evaluate(SHIFTS) == []
    assert page.evaluate(BODY) == {"normal": 16, "large": 24}[size]


def test_what_moves_would_be_noticed(server: Server, browse: Open):
    page = browse(server, viewport=PHONE).page
    page.add_init_script(
        """addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => {
            document.querySelector("main").style.marginTop = "100px";
        })));"""
    )
    page.reload()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert len(page.evaluate(SHIFTS)) == 1


MOVING = """() => [...document.querySelectorAll("*")].filter(node => {
    const style = getComputedStyle(node);
    return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0;
}).map(node => node.className)"""


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_is_animated_for_who_does_not_want_it(server: Server, browse_either: Open, motion: Any):
    page = browse_either(server, reduced_motion=motion).page
    Visitor(page).asks(ANSWERED)
    assert bool(page.evaluate(MOVING)) == (motion == "no-preference")


# -- nothing sticks out -----------------------------------------------------------------------------------------------

FIRST_LINE = """() => {
    const card = document.querySelector("#log").lastElementChild;
    const first = card.querySelector(".urgent strong, .number, h2");
    const box = first.getBoundingClientRect();
    const hit = document.elementFromPoint(box.left + 4, box.top + 16);
    return Boolean(hit) && (first.contains(hit) || hit.contains(first)) && card.contains(hit);
}"""


def states(person: Visitor) -> dict[str, Callable[[], None]]:
    """What a page may show, each following on the one before."""
    return {
        "welcome": lambda: None,
        "decline": lambda: person.asks(UNKNOWN, "decline"),
        "clarify": lambda: (person.starts_afresh(), person.asks(TOPIC, "clarify")),
        "answer": lambda: person.picks(".choice"),
        "urgent": lambda: person.asks("060"),
        "unfolded": lambda: unfolds_everything(person.page),
        "suggestions": lambda: (person.click("#question"), person.types("解密"), person.sees("[role=option]")),
        "menu": lambda: (person.presses("Escape"), person.click("#menu summary")),
        "directory": lambda: (
            person.click("#menu summary"), person.click("#question"), person.presses("Control+A"), person.types("7"),
            person.presses("Enter"), person.sees("#directory"),
        ),
    }  # fmt: skip


VIEWS = {"narrow": NARROW, "tablet": TABLET, "full-hd": FULL_HD, "zoomed": ZOOMED}


@pytest.mark.parametrize("size", ["normal", "large", "huge"])
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_scrolls_sideways(server: Server, browse: Open, view: str, size: str):
    page = browse(
        server, "/?minutes=18", viewport=VIEWS[view], device_scale_factor=2 if view == "zoomed" else 1,
        reduced_motion="reduce",
    ).page  # fmt: skip
    person = Visitor(page)
    person.looks(size=size)
    for state, reach in states(person).items():
        reach()
        assert sideways(page) == [], state
        if state in ("decline", "clarify", "answer", "urgent"):
            assert page.evaluate(FIRST_LINE), f"the first line of {state} is not in view"
    person.sees("#question")


@pytest.mark.parametrize("size", ["normal", "huge"])
def test_nothing_scrolls_sideways_in_the_old_browser_either(server: Server, browse_either: Open, size: str):
    page = browse_either(server, "/?minutes=18", viewport=NARROW, reduced_motion="reduce").page
    person = Visitor(page)
    person.looks(size=size)
    for state, reach in states(person).items():
        reach()
        assert sideways(page) == [], state


def test_what_sticks_out_would_be_noticed(server: Server, browse: Open):
    page = browse(server, viewport=NARROW).page
    page.evaluate("document.querySelector('#welcome h2').style.width = '400px'")
    assert len(sideways(page)) >= 1


@pytest.mark.parametrize("path", ["/lite", "/receipt", "/manual", "/accessibility", "/manual?id=bid-tool"])
def test_the_other_pages_fit_too(server: Server, browse: Open, path: str):
    page = browse(server, path, viewport=NARROW).page
    assert sideways(page) == []


def test_the_box_and_the_answer_are_both_in_view(server: Server, browse_either: Open, published: Published):
    page = browse_either(server, viewport=PHONE).page
    person = Visitor(page)
    for entry in published.snapshot.knowledge.entries[:3]:
        person.asks(entry.number)
        assert page.evaluate(FIRST_LINE)
        top, bottom = page.evaluate(
            """() => { const box = document.querySelector("#question").getBoundingClientRect();
                return [box.top, innerHeight - box.bottom]; }"""
        )
        assert top > 0
        assert bottom > 0
