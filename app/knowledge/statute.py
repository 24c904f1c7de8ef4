"""Cut the official text of a law, rule or notice into its articles, losing nothing.

What is recognised: 编, 章 and 节 headings; 第X条 and 第X条之一, plain or in Markdown's ``**``; in documents without 条,
the numbered items 一、 and （十二）.  Paragraphs of an article are its 款, numbered ones its 项 (（一）) and 目 (1.).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from app.text.numerals import to_chinese, to_number

UnitKind = Literal["preamble", "heading", "article", "appendix"]
ParagraphKind = Literal["款", "项", "目", "表"]

NUMERAL = "[零〇○一二三四五六七八九十百千两]+"
INVISIBLE = r"\u200b-\u200f\u2060\ufeff"
"""Marks that web pages leave behind."""
MARKUP = rf"[\s　#*>{INVISIBLE}]*"
"""What may stand before a number."""
ARTICLE = re.compile(rf"^{MARKUP}第({NUMERAL}|\d+)条(?:之({NUMERAL}))?(?=[\s　*：:]|\S)")
SEPARATED = re.compile(rf"^{MARKUP}第(?:{NUMERAL}|\d+)条(?:之{NUMERAL})?(?:\*\*)?[\s　：:]")
HEADING = re.compile(rf"^{MARKUP}第({NUMERAL}|\d+)(编|分编|章|节)(?:[\s　*]|$)")
ITEM = re.compile(rf"^{MARKUP}（({NUMERAL})）")
SECTION = re.compile(rf"^{MARKUP}({NUMERAL})、")
APPENDIX = re.compile(rf"^{MARKUP}附(?:件|表|录)\s*\d*[：:\s　]*\S{{0,30}}\s*$")
MARKS = re.compile(r"\*\*|^\s*#+\s*|^\s*>\s*")
UNSEEN = re.compile(rf"<!--.*?-->|[{INVISIBLE}]")
LEVELS = ("编", "分编", "章", "节")


class Unit(NamedTuple):
    """A piece of the source.  ``text`` is as it stands there, line ends included; ``path`` the headings above it."""

    kind: UnitKind
    number: str
    """第五十一条, （十二）, 一、; empty unless it is an article."""
    path: tuple[str, ...]
    text: str


class Paragraph(NamedTuple):
    kind: ParagraphKind
    text: str


class Statute(NamedTuple):
    """``units`` in order; their texts put together are the source again."""

    title: str
    units: tuple[Unit, ...]

    @property
    def source(self) -> str:
        return "".join(unit.text for unit in self.units)

    @property
    def articles(self) -> Sequence[Unit]:
        return [unit for unit in self.units if unit.kind == "article"]

    @property
    def history(self) -> str:
        """What stands between the title and the first article or heading: who issued it, when, how it was amended."""
        lines = [clean(line) for unit in self.units if unit.kind == "preamble" for line in unit.text.splitlines()]
        return "\n".join(line for line in lines if line and line != self.title)


def parse(source: str) -> Statute:
    """Cut a full text; a text without any numbered article is one preamble."""
    lines = source.splitlines(keepends=True)
    starts = dict(_articles(lines)) or dict(_items(lines))
    units: list[Unit] = []
    path: dict[str, str] = {}
    kind: UnitKind = "preamble"
    number, held = "", ""
    last = max(starts, default=-1)
    by_item = any(number.startswith("（") for number in starts.values())

    def close() -> None:
        if held:
            units.append(Unit(kind, number, tuple(path[level] for level in LEVELS if level in path), held))

    for i, line in enumerate(lines):
        heading = None if i in starts else HEADING.match(line) or (SECTION.match(line) if by_item else None)
        if i in starts:
            close()
            kind, number, held = "article", starts[i], ""
        elif heading and (kind != "preamble" or by_item or _leads_to_article(i, starts, lines)):
            close()
            level = "章" if by_item else heading[2]
            path = {kept: path[kept] for kept in LEVELS[: LEVELS.index(level)] if kept in path} | {level: clean(line)}
            kind, number, held = "heading", "", ""
        elif i > last >= 0 and kind == "article" and APPENDIX.match(line):
            close()
            kind, number, held, path = "appendix", "", "", {}
        held += line
    close()
    return Statute(_title(lines), tuple(units))


def _articles(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """(line, number) of every article.  A line that merely begins by citing one (第七条规定的…) does not follow in order."""
    matches = [(i, match) for i, line in enumerate(lines) if (match := ARTICLE.match(line))]
    proper = {(match[1], match[2]): i for i, match in matches if SEPARATED.match(lines[i])}
    before, sub = 0, 0
    for i, match in matches:
        number, inserted = to_number(match[1]), to_number(match[2]) if match[2] else 0
        follows = (number == before and inserted == sub + 1) or (number == before + 1 and not inserted)
        # Where the space behind the number is missing, it is the article only if no line further on has it with a space.
        alone = follows and proper.get((match[1], match[2]), -1) < i
        # Some texts leave articles out, on purpose or by mistake.
        spaced = SEPARATED.match(lines[i]) and (follows or number > before)
        if alone or spaced:
            before, sub = number, inserted
            yield i, f"第{to_chinese(number)}条" + (f"之{to_chinese(inserted)}" if inserted else "")


def _items(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The same for notices: （一）… where their count runs on over the sections, else the sections 一、…"""
    items = [(i, match[1]) for i, line in enumerate(lines) if (match := ITEM.match(line))]
    numbers = [to_number(numeral) for _, numeral in items]
    sections = [(i, match[1]) for i, line in enumerate(lines) if (match := SECTION.match(line))]
    run_on = len(numbers) > 1 and all(a < b for a, b in pairwise(numbers))
    if run_on and items[-1][0] > max((i for i, _ in sections), default=-1):
        yield from ((i, f"（{numeral}）") for i, numeral in items)
    else:
        yield from ((i, f"{numeral}、") for i, numeral in sections)


def _leads_to_article(line: int, starts: dict[int, str], lines: Sequence[str]) -> bool:
    """Whether this heading is the real one and not its mention in a table of contents: text follows, not a heading."""
    for i in range(line + 1, len(lines)):
        if i in starts:
            return True
        if clean(lines[i]):
            return (
                bool(HEADING.match(lines[i])) and _deeper(lines[line], lines[i]) and _leads_to_article(i, starts, lines)
            )
    return False


def _deeper(upper: str, lower: str) -> bool:
    above, below = HEADING.match(upper), HEADING.match(lower)
    return bool(above and below) and LEVELS.index(below[2]) > LEVELS.index(above[2])  # type: ignore[index]


def clean(line: str) -> str:
    """One line as it is shown: no Markdown marks, comments, invisible marks or edge spaces."""
    return MARKS.sub("", UNSEEN.sub("", line)).strip(" 　\t\r\n")


def paragraphs(unit: Unit) -> list[Paragraph]:
    """The 款, 项 and 目 of an article, cleaned, without its number."""
    found: list[Paragraph] = []
    for i, line in enumerate(unit.text.splitlines()):
        text = clean(line)
        if i == 0 and unit.number.startswith("第"):
            text = re.sub(rf"^第(?:{NUMERAL}|\d+)条(?:之{NUMERAL})?[\s　：:]*", "", text)
        if not text:
            continue
        if text.startswith("|"):
            found.append(Paragraph("表", text))
        elif re.match(rf"^[（(]{NUMERAL}[)）]", text) and not unit.number.startswith("（"):
            found.append(Paragraph("项", text))
        elif re.match(r"^(?:\d{1,2}[.．、]|[（(]\d{1,2}[)）])", text):
            found.append(Paragraph("目", text))
        else:
            found.append(Paragraph("款", text))
    return found


def _title(lines: Sequence[str]) -> str:
    """The first Markdown heading, else the first line with words in it."""
    shown = [(line, clean(line)) for line in lines[:40]]
    headed = next((text for line, text in shown if line.lstrip().startswith("# ") and text), "")
    return headed or next((text for _, text in shown if text and not text.startswith(("!", "["))), "")
