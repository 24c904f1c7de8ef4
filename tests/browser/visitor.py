"""A person at the chat page: asks, gets replies, and knows what the page sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Frame, Page, Request

from tests.browser.person import Person

# What the shipped knowledge replies to, one of each kind.
ANSWERED = "CA锁的PIN码输错锁住了怎么办"
TOPIC = "保证金多久退"
UNKNOWN = "今天晚饭吃什么好"
VERDICT = "这家的报价最低，能不能废掉"
ARTICLE = "招标投标法实施条例第五十一条"
WORD = "什么是暗标"

WIDE, TABLET, PHONE, NARROW = (
    {"width": 1440, "height": 900},
    {"width": 768, "height": 1024},
    {"width": 390, "height": 844},
    {"width": 320, "height": 640},
)
ZOOMED = {"width": 640, "height": 340}
"""What a window of 1280 by 800 has to offer at 200 %."""

REPLIED = """turns => {
    const log = document.querySelector("#log");
    const last = log.lastElementChild;
    return log.querySelectorAll(".mine").length === turns && last.matches(".card:not(.pending)") && last.classList[1];
}"""

VISIBLE = """node => node.getClientRects().length > 0 && getComputedStyle(node).visibility === "visible"
    && (!node.checkVisibility || node.checkVisibility())"""


class Visitor(Person):
    """``asked`` and ``rated`` are the bodies that the page has sent, in order."""

    def __init__(self, place: Page | Frame) -> None:
        super().__init__(place)
        self.asked: list[dict[str, Any]] = []
        self.rated: list[dict[str, Any]] = []
        self.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        kept = {"/api/v1/ask": self.asked, "/api/v1/feedback": self.rated}
        for path, bodies in kept.items():
            if request.method == "POST" and request.url.endswith(path):
                bodies.append(json.loads(request.post_data or "{}"))

    def gets(self, reply: str, act: Callable[[], None], turns: int = 1) -> None:
        """The kind of reply that follows on what is done: answer, clarify, decline, ..., or failed."""
        before = self.turns()
        act()
        kind = self._wait(REPLIED, before + turns, lambda: f"a reply; there is {self._found('#log > *')}")
        assert kind == reply, f"not {reply} but {kind}: {self._found('#log > *:last-child')}"

    def asks(self, text: str, reply: str = "answer") -> None:
        """Types into the box wherever the focus was, Enter, and sees what comes."""
        self.click("#question")
        self.enters_and_gets(text, reply)

    def enters_and_gets(self, text: str, reply: str = "answer") -> None:
        """The same with the focus already in the box."""

        def act() -> None:
            self.types(text)
            self.presses("Enter")

        self.gets(reply, act)

    def picks(self, selector: str, text: str | None = None, nth: int = 0, reply: str = "answer") -> None:
        """Clicks on something that asks."""
        self.gets(reply, lambda: self.click(selector, nth=nth, text=text))

    def starts_afresh(self) -> None:
        """Another conversation, in which nothing is read as a continuation."""
        self.click("#menu summary")
        self.click("#clear")
        self.sees_no(".mine")

    def turns(self) -> int:
        found: int = self.frame.evaluate("document.querySelectorAll('.mine').length")
        return found

    def number(self) -> str:
        """Of the answer that came last."""
        return self.texts(".card.answer .number")[-1].split()[-1]

    def looks(self, **chosen: str) -> None:
        """Size, contrast, theme, as the menu sets them."""
        self.frame.evaluate(
            "chosen => Object.keys(chosen).forEach(name => yiboshiLook.set(name, chosen[name]))", chosen
        )

    def stores(self, **values: str) -> None:
        """What this browser remembers (``localStorage``) from the next load on."""
        self.frame.evaluate(
            "values => Object.keys(values).forEach(name => localStorage.setItem('yiboshi-' + name, values[name]))",
            values,
        )


SIDEWAYS = f"""() => {{
    const shown = {VISIBLE};
    const wide = document.documentElement.clientWidth;
    const named = node => node.tagName.toLowerCase() + (node.id ? "#" + node.id : "." + node.className);
    const closed = node => Boolean(node.closest("details:not([open]) > :not(summary)"));
    const aside = node => Boolean(node.closest(".hidden, .skip, table")) || node.matches("input, .title p");
    const found = [];
    document.querySelectorAll("*").forEach(node => {{
        if (!shown(node) || closed(node) || aside(node)) return;
        const {{left, right}} = node.getBoundingClientRect();
        if (left < -1 || right > wide + 1) found.push(`${{named(node)}} from ${{left}} to ${{right}} of ${{wide}}`);
        const scrolls = getComputedStyle(node).overflowX !== "visible" || node === document.documentElement;
        if (scrolls && node.scrollWidth > node.clientWidth + 1) {{
            found.push(`${{named(node)}} holds ${{node.scrollWidth}} in ${{node.clientWidth}}`);
        }}
    }});
    return found;
}}"""


def sideways(page: Page) -> list[str]:
    """Everything that sticks out or scrolls sideways; tables may, and what is typed."""
    found: list[str] = page.evaluate(SIDEWAYS)
    return found
