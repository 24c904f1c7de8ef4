"""axe-core, run inside a page: what it finds against WCAG 2.1, levels A and AA."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from playwright.sync_api import Frame, Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]

# No preload: into shadow trees axe would put style elements, which the pages' policy refuses.
RUN = """tags => axe.run(document, {
    runOnly: tags,
    resultTypes: ["violations"],
    iframes: false,
    preload: false,
}).then(results => results.violations)"""


def violations(place: Page | Frame, rules: Sequence[str] = TAGS) -> list[str]:
    """One line for each element that breaks a rule, as the page is now.

    ``rules`` are tags, or rules by name.  Frames inside are not looked into: give them one by one.
    """
    if not place.evaluate("() => Boolean(window.axe)"):
        place.evaluate(AXE)  # a script element would be refused by the page's content security policy
    found: list[dict[str, Any]] = place.evaluate(RUN, list(rules))
    return [line(rule, node) for rule in found for node in rule["nodes"]]


def line(rule: dict[str, Any], node: dict[str, Any]) -> str:
    messages = [check["message"] for kind in ("any", "all", "none") for check in node[kind]]
    return f"{rule['id']} ({node['impact']}): {node['html']} - {'; '.join(messages)}"
