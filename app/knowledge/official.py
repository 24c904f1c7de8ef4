"""Official full texts: read a file (.md, .txt, .docx), find the statute it is, keep it in the instance's data folder.

    laws/<policy>.txt    the text, to the letter (a .docx as the text in it, tables as Markdown)

The repository never holds such texts; ``load`` gives them to publishing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from app.errors import AppError, StorageFailed, os_reason
from app.knowledge.model import OfficialArticle, OfficialText, Policy
from app.knowledge.statute import Statute, paragraphs, parse
from app.text.normalize import match_key

MAX_BYTES = 20_000_000
SUFFIXES = (".md", ".txt", ".docx")
PREFIX = "中华人民共和国"


class LawUnreadable(AppError):
    """The file is no text we can read, or no statute is recognised in it."""

    code = "law_unreadable"
    status = 422


@dataclass(frozen=True)
class Imported:
    """What became of one file.  ``missing`` are articles our gists know and the text lacks."""

    file: str
    policy: str
    title: str
    known: bool
    """Whether kb/policies has a record of this statute; else one is made from the text's own heading."""
    articles: int
    characters: int
    missing: tuple[str, ...]


def read(path: Path) -> str:
    """The text of a file; raises ``LawUnreadable``."""
    if path.suffix.lower() not in SUFFIXES:
        raise LawUnreadable(f"{path.name}：不支持这种文件，请另存为 {'、'.join(SUFFIXES)} 之一")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LawUnreadable(f"{path}：读不出来（{os_reason(error)}）") from error
    if len(content) > MAX_BYTES:
        raise LawUnreadable(f"{path.name}：文件超过 {MAX_BYTES // 1_000_000} MB")
    if path.suffix.lower() == ".docx":
        return _docx(path)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise LawUnreadable(f"{path.name}：不是文本文件，或编码不是 UTF-8 / GB18030")


def _docx(path: Path) -> str:
    import mammoth

    try:
        with path.open("rb") as file:
            html = mammoth.convert_to_html(file, include_embedded_style_map=False).value
    except Exception as error:  # the library raises whatever the zip and XML readers below it do
        raise LawUnreadable(f"{path.name}：不是有效的 .docx 文件（{error}）") from error
    reader = _Lines()
    reader.feed(html)
    return "\n".join(reader.lines) + "\n"


BLOCKS = ("p", "li", "h1", "h2", "h3", "h4", "h5", "h6")


class _Lines(HTMLParser):
    """Paragraphs and list items as lines, tables as Markdown rows; a table within a cell is text of that cell."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._text = ""
        self._cells: list[str] = []
        self._tables = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._tables == 0 and tag in (*BLOCKS, "table"):
            self._end_line()
        if tag == "table":
            self._tables += 1
        elif tag == "br":
            self._text += " " if self._tables else "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._tables -= 1
        elif self._tables == 1 and tag in ("td", "th"):
            self._cells.append(" ".join(self._text.split()))
            self._text = ""
        elif self._tables == 1 and tag == "tr":
            self.lines.append("| " + " | ".join(self._cells) + " |")
            self._cells = []
        elif self._tables and tag in (*BLOCKS, "td", "th"):
            self._text += " "
        elif tag in BLOCKS:
            self._end_line()

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_line(self) -> None:
        if self._text:
            self.lines.append(self._text)
        self._text = ""


def policy_of(statute: Statute, name: str, policies: Sequence[Policy]) -> Policy | None:
    """The record a text belongs to: by its title, else by the file's name; 《》, 中华人民共和国 and （节录） don't matter.

    The number of a decree may stand before the title, a place may not: 某省优化营商环境条例 is another statute.
    """
    known = {_bare(policy.title): policy for policy in policies}
    for title in (statute.title, Path(name).stem):
        if _bare(title) in known:
            return known[_bare(title)]
    title = _bare(statute.title)
    endings = [policy for bare, policy in known.items() if title.endswith((f"令{bare}", f"号{bare}"))]
    return endings[0] if len(endings) == 1 else None


def _bare(title: str) -> str:
    return match_key(re.sub(r"[（(](节录|修订|修正|\d{4}.*?)[)）]", "", title).replace(PREFIX, ""))


def take(path: Path, folder: Path, policies: Sequence[Policy], chosen: str | None = None) -> Imported:
    """Import one file into ``folder``; ``chosen`` names the policy where its title does not tell.

    Raises ``LawUnreadable`` or ``StorageFailed``; a text imported before is replaced in one step or not at all.
    """
    source = read(path)
    statute = parse(source)
    if not statute.articles:
        raise LawUnreadable(f"{path.name}：没有认出任何条文（第X条，或一、（一）的编号），没有导入")
    policy = next((p for p in policies if p.id == chosen), None) if chosen else policy_of(statute, path.name, policies)
    if chosen and policy is None:
        raise LawUnreadable(f"kb/policies 里没有编号 {chosen} 的法规", [policy.id for policy in policies])
    identifier = policy.id if policy else new_id(statute.title)
    _write(folder / f"{identifier}.txt", source)
    numbers = {article.number for article in statute.articles}
    gists = [gist.article for gist in policy.articles] if policy else []
    return Imported(
        file=path.name,
        policy=identifier,
        title=policy.title if policy else statute.title,
        known=policy is not None,
        articles=len(statute.articles),
        characters=len(source),
        missing=tuple(article for article in gists if article not in numbers),
    )


def new_id(title: str) -> str:
    """The id of a statute that kb/policies does not know."""
    return f"imported-{hashlib.sha256(_bare(title).encode()).hexdigest()[:10]}"


def load(folder: Path, policies: Sequence[Policy]) -> tuple[list[OfficialText], list[Policy]]:
    """Every imported text, and a record for each whose statute ``policies`` lacks.

    Raises ``LawUnreadable`` for a file that ``take`` cannot have written.
    """
    texts, added = [], []
    known = {policy.id: policy for policy in policies}
    for path in sorted(folder.glob("*.txt")):
        try:
            text, statute = _kept(path, known.get(path.stem))
        except ValueError as error:
            message = f"{path}：不是导入的法规全文。请移出这个文件夹，再用 yiboshi import-law 导入"
            raise LawUnreadable(message) from error
        texts.append(text)
        if path.stem not in known:
            about = statute.history[:300] or "管理员导入的全文。"
            added.append(Policy(id=path.stem, title=text.title, issuer="见正文", status="in_force", about=about))
    return texts, added


def _kept(path: Path, policy: Policy | None) -> tuple[OfficialText, Statute]:
    source = path.read_bytes().decode("utf-8")
    statute = parse(source)
    text = OfficialText(
        policy=path.stem,
        title=policy.title if policy else statute.title[:200] or path.stem,
        digest=hashlib.sha256(source.encode()).hexdigest()[:16],
        articles=tuple(_articles(statute)),
    )
    return text, statute


def _articles(statute: Statute) -> list[OfficialArticle]:
    """Articles by number; a number that comes twice (a decision printed before the text) keeps its last, the text's."""
    found = {
        unit.number: OfficialArticle(
            article=unit.number, path=unit.path, paragraphs=tuple(p.text for p in paragraphs(unit))
        )
        for unit in statute.articles
    }
    return list(found.values())


def _write(path: Path, text: str) -> None:
    scratch = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(scratch, path)
    except OSError as error:
        with suppress(OSError):  # the folder may be no folder at all
            scratch.unlink()
        raise StorageFailed(f"写不进 {path.parent}（{os_reason(error)}），没有导入") from error
