"""Markdown of the editors -> safe HTML and plain text, with this centre's facts put in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import nh3
from markdown_it import MarkdownIt

from app.knowledge.model import SiteValue
from app.knowledge.placeholders import PLACEHOLDER

_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_TAGS = {
    "p",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "a",
    "br",
    "code",
    "blockquote",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


class Rendered(NamedTuple):
    html: str
    text: str


def fill(text: str, site: Mapping[str, SiteValue]) -> str:
    """Replace every ``{{name}}`` by the centre's value, or by the wording that names where to look."""

    def value(match: re.Match[str]) -> str:
        known = site[match.group(1)]
        return known.value or known.fallback

    return PLACEHOLDER.sub(value, text)


def fill_markdown(text: str, site: Mapping[str, SiteValue]) -> str:
    """As ``fill``, for Markdown: a value is text, so nothing in it may act as markup."""

    def value(match: re.Match[str]) -> str:
        known = site[match.group(1)]
        return "".join(_entity(char) for char in known.value or known.fallback)

    return PLACEHOLDER.sub(value, text)


def _entity(char: str) -> str:
    """An ASCII character that may mean something in Markdown, as a numeric entity, which never does."""
    return char if char.isalpha() or not char.isascii() or char == " " else f"&#{ord(char)};"


def render(markdown: str, site: Mapping[str, SiteValue]) -> Rendered:
    """HTML holds only the tags above and http(s)/tel/mailto links; text is for copying, printing and reading aloud."""
    raw = _markdown.render(fill_markdown(markdown, site))
    html = nh3.clean(
        raw,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "tel", "mailto"},
        link_rel="noopener noreferrer",
    ).strip()
    return Rendered(html, fill(plain_text(markdown), site))


def plain_text(markdown: str) -> str:
    text = re.sub(r"\*\*(.+?)\*\*", r"\1", markdown)
    text = re.sub(r"^(\s*)[-*] ", r"\1· ", text, flags=re.MULTILINE)
    return re.sub(r"`([^`]*)`", r"\1", text).strip()
