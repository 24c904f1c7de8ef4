"""Someone at the page, in either browser.

Playwright's locators ask the page for functions that Chromium 86 lacks (``checkVisibility``), so everything here is done
with plain scripts, the mouse and the keyboard.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Frame, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

PATIENCE = 20_000
"""Milliseconds that something may take to come true."""

# Timers and not animation frames pace the looking: a frame that is out of sight is given no animation frames.
PACE = 50

SCRIPT = """
const rendered = node => {
    const box = node.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(node).visibility === "visible"
        && (!node.checkVisibility || node.checkVisibility());
};
const written = node => {
    if (node.matches("select")) return [...node.selectedOptions].map(option => option.text).join("\\n");
    if (node.matches("input, textarea")) return node.value;
    return (node.innerText ?? node.textContent).trim();
};
const squeezed = text => text.replace(/\\s+/g, " ").trim();
const seen = (selector, text) => [...document.querySelectorAll(selector)].filter(
    node => rendered(node) && (text === null || squeezed(written(node)).includes(squeezed(text))));
const named = node => {
    const id = node.id ? "#" + node.id : "";
    const classes = [...node.classList].map(name => "." + name).join("");
    return node.tagName.toLowerCase() + id + classes;
};
const label = node => {
    const by = (node.getAttribute("aria-labelledby") ?? "").split(/\\s+/).map(id => document.getElementById(id));
    const texts = [
        by.filter(Boolean).map(other => other.textContent).join(" "),
        node.getAttribute("aria-label"),
        [...(node.labels ?? [])].map(other => other.innerText).join(" "),
        node.matches("input[type=submit], input[type=button], input[type=reset]") ? node.value : null,
        node.matches("input, select, textarea, body") ? null : node.innerText,
        node.getAttribute("alt"),
        node.getAttribute("title"),
        node.getAttribute("placeholder"),
    ];
    return squeezed(texts.find(text => text && text.trim()) ?? "");
};
// Where to click on something at this box, and what is in the way.  Text may wrap: the first line's middle is on it.
const aim = node => {
    const box = [...node.getClientRects()].find(each => each.width > 0 && each.height > 0);
    const point = box ? [box.left + box.width / 2, box.top + box.height / 2] : null;
    const hit = point && document.elementFromPoint(...point);
    return {point, hit, lands: Boolean(hit) && node.contains(hit)};
};
// A point of a frame's own view, seen from the document that holds the frame.
const through = (frame, x, y) => {
    const box = frame.getBoundingClientRect();
    const style = getComputedStyle(frame);
    const point = [
        box.left + frame.clientLeft + parseFloat(style.paddingLeft) + x,
        box.top + frame.clientTop + parseFloat(style.paddingTop) + y,
    ];
    const hit = document.elementFromPoint(...point);
    return {point, hit, lands: hit === frame};
};
"""


def script(parameters: str, body: str) -> str:
    return f"({parameters}) => {{ {SCRIPT} {body} }}"


SEES = script("[selector, text]", "return seen(selector, text).length > 0")
SEES_NO = script("[selector, text]", "return seen(selector, text).length === 0")
TEXTS = script("[selector, text]", "return seen(selector, text).map(written)")
AIM = script(
    "[selector, text, nth]",
    """
    const node = seen(selector, text)[nth];
    if (!node) return null;
    node.scrollIntoView({block: "nearest", inline: "nearest", behavior: "instant"});
    if (!aim(node).lands) node.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
    const {point, lands} = aim(node);
    return lands ? point : null;
    """,
)
# Scrolling inside a frame of another site leaves the page around it where it is.
AIM_THROUGH = script(
    "[frame, x, y]",
    """
    const view = {behavior: "instant", block: "nearest", inline: "nearest"};
    if (!through(frame, x, y).hit) frame.scrollIntoView(view);
    const [left, top] = through(frame, x, y).point;
    if (!through(frame, x, y).hit) scrollBy({left: left - innerWidth / 2, top: top - innerHeight / 2, ...view});
    const {point, lands} = through(frame, x, y);
    return lands ? point : null;
    """,
)
OBSTACLE = script(
    "[selector, text, nth]",
    """
    const node = seen(selector, text)[nth];
    if (!node) return null;
    const {hit, lands} = aim(node);
    return lands ? "it was not within reach until now" : hit ? `${named(hit)} is in the way` : "it is out of view";
    """,
)
OBSTACLE_THROUGH = script(
    "[frame, x, y]",
    """
    const {hit, lands} = through(frame, x, y);
    const what = lands ? "was not within reach until now" : hit ? `has ${named(hit)} in the way` : "is out of view";
    return `its ${named(frame)} ${what}`;
    """,
)
FOUND = script(
    "selector",
    """
    const all = [...document.querySelectorAll(selector)];
    const some = all.slice(0, 10).map(node => `${rendered(node) ? "" : "hidden "}${named(node)} “${squeezed(written(node))}”`);
    return all.length ? some.join(", ") : "no such element in: " + squeezed(document.body?.innerText ?? "").slice(0, 500);
    """,
)
FOCUSED = script(
    "",
    """
    const node = document.activeElement;
    if (!node) return "";
    const text = label(node);
    return node.tagName.toLowerCase() + (node.id ? "#" + node.id : "") + (text ? ` “${text}”` : "");
    """,
)


class Person:
    """Looks at a page, or at one frame of it, and uses mouse and keyboard.

    Elements are named by CSS selectors, not into shadow trees, and only those that are rendered with a non-empty box count.
    The text of a control is its value.  A scaled or turned frame cannot be clicked into.
    """

    def __init__(self, place: Page | Frame) -> None:
        self.frame = place.main_frame if isinstance(place, Page) else place
        self.page = self.frame.page

    def enters(self, selector: str) -> Person:
        """The same person looking into this iframe."""
        self.sees(selector)
        element = self.frame.query_selector(selector)
        frame = element and element.content_frame()
        assert frame, f"{selector} is no frame"
        return Person(frame)

    def sees(self, selector: str, text: str | None = None) -> None:
        """Waits until there is one, with ``text`` somewhere in it; white space counts as one blank."""
        self._wait(SEES, [selector, text], lambda: f"{wanted(selector, text)}; there is {self._found(selector)}")

    def sees_no(self, selector: str, text: str | None = None) -> None:
        """Waits until there is none."""
        self._wait(SEES_NO, [selector, text], lambda: f"no {wanted(selector, text)}; there is {self._found(selector)}")

    def text(self, selector: str) -> str:
        """What the first one says, once there is one; lines stay lines."""
        self.sees(selector)
        return self.texts(selector)[0]

    def texts(self, selector: str) -> list[str]:
        """What all of them say now."""
        found: list[str] = self.frame.evaluate(TEXTS, [selector, None])
        return found

    def count(self, selector: str) -> int:
        return len(self.texts(selector))

    def waits_for(self, condition: str, what: str) -> None:
        """Waits until a JavaScript expression or function is true in the page."""
        self._wait(condition, None, lambda: what)

    def click(self, selector: str, nth: int = 0, text: str | None = None) -> None:
        """Clicks in the middle of the ``nth`` of those with ``text``, when it is there, keeps still and is not covered."""
        deadline = time.monotonic() + PATIENCE / 1000
        before, now = None, self._point(selector, nth, text)
        while now != before:
            assert time.monotonic() < deadline, f"{wanted(selector, text, nth)} does not keep still to be clicked"
            self.page.wait_for_timeout(PACE)
            before, now = now, self._point(selector, nth, text)
        self.page.mouse.click(*now)

    def types(self, text: str) -> None:
        """Into whatever has the focus, in whichever frame."""
        self.page.keyboard.type(text)

    def presses(self, key: str) -> None:
        """A key or a combination by Playwright's names: ``Enter``, ``Shift+Tab``."""
        self.page.keyboard.press(key)

    def focused(self) -> str:
        """What has the focus here: ``button#send “发送”``; empty when the focus is in another frame.

        The label is a simple guess, not the whole algorithm of accessible names.
        """
        frame = self.frame
        while parent := frame.parent_frame:
            if not parent.evaluate("frame => frame === document.activeElement", frame.frame_element()):
                return ""
            frame = parent
        found: str = self.frame.evaluate(FOCUSED)
        return found

    def _point(self, selector: str, nth: int, text: str | None) -> tuple[float, float]:
        """Where a click on the page reaches the element, through all frames around it."""
        name = f"to click {wanted(selector, text, nth)}"
        which = [selector, text, nth]

        def obstacle() -> str:
            return f"{name}; {self.frame.evaluate(OBSTACLE, which) or f'there is {self._found(selector)}'}"

        x, y = self._wait(AIM, which, obstacle)
        frame = self.frame
        while parent := frame.parent_frame:
            place = [frame.frame_element(), x, y]
            x, y = self._wait(
                AIM_THROUGH, place, lambda at=place, up=parent: f"{name}; {up.evaluate(OBSTACLE_THROUGH, at)}", parent
            )
            frame = parent
        return x, y

    def _wait(self, condition: str, argument: Any, problem: Callable[[], str], frame: Frame | None = None) -> Any:
        """The first true value; otherwise an AssertionError with what ``problem()`` then says."""
        try:
            handle = (frame or self.frame).wait_for_function(condition, arg=argument, timeout=PATIENCE, polling=PACE)
        except PlaywrightTimeoutError:
            raise AssertionError(f"waited {PATIENCE / 1000:g} s for {problem()}") from None
        return handle.json_value()

    def _found(self, selector: str) -> str:
        found: str = self.frame.evaluate(FOUND, selector)
        return found


def wanted(selector: str, text: str | None, nth: int = 0) -> str:
    return selector + (f" with “{text}”" if text is not None else "") + (f" (nth={nth})" if nth else "")
