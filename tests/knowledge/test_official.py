"""Official texts: any of the file types in, every article out, the text before it replaced in one step or not at all."""

from __future__ import annotations

import errno
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.errors import StorageFailed
from app.knowledge import official
from app.knowledge.loader import load
from app.knowledge.model import OfficialText, Policy
from app.knowledge.official import LawUnreadable, new_id, policy_of, take
from app.knowledge.statute import parse
from app.text.numerals import to_chinese, to_number
from tests import small_kb

TITLE = "中华人民共和国招标投标法实施条例"
LINES = (
    f"{TITLE}（节录）",
    "2019年3月2日修订",
    "第五章 投诉与处理",
    "第五十七条 招标人退还投标保证金：",
    "（一）中标人的；",
    "（二）其他投标人的：",
    "1.本金；",
    "2.利息。",
    "前款期限为5日。",
    "第五十八条 履约保证金如下。",
)
TABLE = (("项目", "比例"), ("履约保证金", "10%"))
ROWS = ("| 项目 | 比例 |", "| 履约保证金 | 10% |")
TEXT = "\n".join((*LINES, *ROWS)) + "\n"


@pytest.fixture
def policies(tmp_path: Path) -> Sequence[Policy]:
    found: list[Policy] = load(small_kb.write_whole(tmp_path)).records["policies"]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "laws"


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Each cell is Word's markup, or text."""
    cells = [[cell if cell.startswith("<") else paragraph(cell) for cell in row] for row in rows]
    joined = ["".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in cells]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in joined) + "</w:tbl>"


def docx(path: Path, body: str) -> Path:
    """The least that is a Word document, with a list style 1."""
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    levels = "".join(f'<w:lvl w:ilvl="{i}"><w:numFmt w:val="bullet"/></w:lvl>' for i in range(2))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": relationship(package, f"{office}/officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": relationship(package, f"{office}/numbering", "numbering.xml"),
        "word/document.xml": f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{word}"><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def relationship(package: str, kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{kind}" Target="{target}"/></Relationships>'
    )


def item(text: str, level: int) -> str:
    """A paragraph of a list."""
    style = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    return paragraph(text).replace("<w:p>", f"<w:p>{style}")


def loaded(folder: Path, policies: Sequence[Policy]) -> OfficialText:
    """The only text there is."""
    (text,) = official.load(folder, policies)[0]
    return text


def articles(text: OfficialText) -> dict[str, tuple[str, ...]]:
    return {article.article: article.paragraphs for article in text.articles}


KINDS = {
    "law.md": lambda path: file(path.parent, path.name, "# " + TEXT.replace("第五十七条", "**第五十七条**")),
    "law.txt": lambda path: file(path.parent, path.name, TEXT),
    "windows.TXT": lambda path: file(path.parent, path.name, TEXT.replace("\n", "\r\n").encode("utf-8-sig")),
    "gb.txt": lambda path: file(path.parent, path.name, TEXT.encode("gb18030")),
    "law.docx": lambda path: docx(path, "".join(map(paragraph, LINES)) + table(TABLE)),
}


@pytest.mark.parametrize("name", KINDS)
def test_articles_come_with_their_paragraphs_and_tables_from_every_kind_of_file(
    tmp_path: Path, folder: Path, policies: Sequence[Policy], name: str
) -> None:
    taken = take(KINDS[name](tmp_path / name), folder, policies)
    assert (taken.policy, taken.title, taken.known, taken.articles) == ("regulations", TITLE, True, 2)
    text = loaded(folder, policies)
    assert (text.policy, text.title) == ("regulations", TITLE)
    assert {article.path for article in text.articles} == {("第五章 投诉与处理",)}
    assert articles(text) == {
        "第五十七条": (
            "招标人退还投标保证金：",
            "（一）中标人的；",
            "（二）其他投标人的：",
            "1.本金；",
            "2.利息。",
            "前款期限为5日。",
        ),
        "第五十八条": ("履约保证金如下。", *ROWS),
    }


def test_nothing_of_a_word_document_is_lost_in_lists_line_breaks_and_tables_within_tables(
    tmp_path: Path, folder: Path, policies: Sequence[Policy]
) -> None:
    body = [
        paragraph("第五十七条 甲</w:t><w:br/><w:t>乙"),
        item("（一）丙", 0),
        item("1.丁", 1),
        item("（二）戊", 0),
        table([[paragraph("外前") + table([["内左", "内右"]]) + paragraph("外后"), "末"]]),
        paragraph("第五十八条 己"),
    ]
    take(docx(tmp_path / f"{TITLE}.docx", "".join(body)), folder, policies)
    assert articles(loaded(folder, policies)) == {
        "第五十七条": ("甲", "乙", "（一）丙", "1.丁", "（二）戊", "| 外前 内左 内右 外后 | 末 |"),
        "第五十八条": ("己",),
    }


def test_what_stands_before_the_first_article_is_none(tmp_path: Path, folder: Path, policies: Sequence[Policy]) -> None:
    text = f"{TITLE}\n目录\n第一章 总则\n第二章 附则\n\n第一章 总则\n第一条 甲。\n第二章 附则\n第二条 乙。\n"
    take(file(tmp_path, "law.txt", text), folder, policies)
    found = loaded(folder, policies)
    assert articles(found) == {"第一条": ("甲。",), "第二条": ("乙。",)}
    assert [article.path for article in found.articles] == [("第一章 总则",), ("第二章 附则",)]


def test_the_text_is_kept_to_the_letter(tmp_path: Path, folder: Path, policies: Sequence[Policy]) -> None:
    text = TEXT.replace("\n", "\r\n")
    taken = take(file(tmp_path, "law.txt", text), folder, policies)
    assert (folder / "regulations.txt").read_bytes() == text.encode()
    assert taken.characters == len(text)


def test_articles_that_gists_know_and_the_text_lacks_are_named(
    tmp_path: Path, folder: Path, policies: Sequence[Policy]
) -> None:
    text = TEXT[: TEXT.index("第五十八条")]
    assert take(file(tmp_path, "law.txt", text), folder, policies).missing == ("第五十八条",)
    assert take(file(tmp_path, "law.txt", TEXT), folder, policies).missing == ()


def test_a_title_nobody_knows_gets_a_record_of_its_own(
    tmp_path: Path, folder: Path, policies: Sequence[Policy]
) -> None:
    taken = take(file(tmp_path, "x.txt", "某县采石规定\n某县人民政府发布\n第一条 甲。\n"), folder, policies)
    assert (taken.known, taken.policy, taken.title) == (False, new_id("某县采石规定"), "某县采石规定")
    texts, (added,) = official.load(folder, policies)
    assert (added.id, added.title, added.status) == (taken.policy, "某县采石规定", "in_force")
    assert "某县人民政府发布" in added.about
    assert [text.policy for text in texts] == [added.id]


def test_new_ids_follow_the_title_however_it_is_written() -> None:
    assert new_id("《某县采石规定》") == new_id("某县采石规定（2020年修订）") != new_id("某市采石规定")
    assert re.fullmatch(r"imported-[0-9a-f]{10}", new_id("某县采石规定"))


TITLES = {
    "招标投标法实施条例": "regulations",
    "《中华人民共和国招标投标法实施条例》（2019年修订）": "regulations",
    "国务院令第613号 中华人民共和国招标投标法实施条例": "regulations",
    "某省招标投标法实施条例": None,
    "招标投标法": None,
}


@pytest.mark.parametrize("title", TITLES)
def test_a_text_belongs_to_the_statute_of_its_title_and_not_to_a_namesake_elsewhere(
    policies: Sequence[Policy], title: str
) -> None:
    found = policy_of(parse(f"# {title}\n第一条 甲。\n"), "x.md", policies)
    assert (found.id if found else None) == TITLES[title]


def test_where_the_title_does_not_tell_the_files_name_or_the_administrator_does(
    tmp_path: Path, folder: Path, policies: Sequence[Policy]
) -> None:
    text = "国务院令\n第一条 甲。\n"
    assert take(file(tmp_path, f"{TITLE}.txt", text), folder, policies).policy == "regulations"
    assert take(file(tmp_path, "x.txt", text), folder, policies, "local-deposits").policy == "local-deposits"
    with pytest.raises(LawUnreadable, match="没有编号 nowhere 的法规") as refused:
        take(file(tmp_path, "x.txt", text), folder, policies, "nowhere")
    assert "regulations" in refused.value.details


UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.txt", b"", "没有认出任何条文"),
    "no articles": ("a.md", "只有一段话。".encode(), "没有认出任何条文"),
    "neither UTF-8 nor GB18030": ("a.txt", b"\xff\xfe\x31\x7c", "编码不是 UTF-8 / GB18030"),
    "another type": ("a.pdf", b"%PDF", "请另存为 .md、.txt、.docx 之一"),
    "no type": ("law", TEXT.encode(), "请另存为 .md、.txt、.docx 之一"),
    "empty .docx": ("a.docx", b"", "不是有效的 .docx 文件"),
    "old Word file renamed": ("a.docx", b"\xd0\xcf\x11\xe0", "不是有效的 .docx 文件"),
}


@pytest.mark.parametrize(("name", "content", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_is_no_text_of_a_statute_is_refused_by_name(
    tmp_path: Path, folder: Path, policies: Sequence[Policy], name: str, content: bytes, says: str
) -> None:
    with pytest.raises(LawUnreadable) as refused:
        take(file(tmp_path, name, content), folder, policies)
    assert name in refused.value.message
    assert says in refused.value.message
    assert not folder.exists()


def test_a_zip_that_is_no_document_a_file_that_is_not_there_and_one_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("x", "")
    with pytest.raises(LawUnreadable, match=r"不是有效的 \.docx 文件"):
        official.read(tmp_path / "a.docx")
    with pytest.raises(LawUnreadable, match="读不出来"):
        official.read(tmp_path / "nowhere.txt")
    monkeypatch.setattr(official, "MAX_BYTES", 2_000_000)
    with pytest.raises(LawUnreadable, match="文件超过 2 MB"):
        official.read(file(tmp_path, "a.txt", b"x" * 2_000_001))


def test_a_second_import_takes_the_place_of_the_first(tmp_path: Path, folder: Path, policies: Sequence[Policy]) -> None:
    take(file(tmp_path, "a.txt", TEXT), folder, policies)
    first = loaded(folder, policies)
    take(file(tmp_path, "b.md", TEXT.replace("5日", "3日")), folder, policies)
    second = loaded(folder, policies)
    assert first.digest != second.digest
    assert "前款期限为3日。" in articles(second)["第五十七条"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_when_the_disk_is_full_the_old_text_stays_and_nothing_lies_about(
    tmp_path: Path, folder: Path, policies: Sequence[Policy], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    take(file(tmp_path, "law.txt", TEXT), folder, policies)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(official.os, step, full)
    with pytest.raises(StorageFailed, match="没有导入"):
        take(file(tmp_path, "law.txt", TEXT.replace("5日", "3日")), folder, policies)
    assert [path.name for path in folder.iterdir()] == ["regulations.txt"]
    assert (folder / "regulations.txt").read_text("utf-8") == TEXT


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, policies: Sequence[Policy]) -> None:
    with pytest.raises(StorageFailed, match="写不进"):
        take(file(tmp_path, "law.txt", TEXT), file(tmp_path, "laws", ""), policies)


STRAY = {"not UTF-8": ("regulations.txt", TEXT.encode("gb18030")), "no id": ("招标投标法.txt", TEXT.encode())}


@pytest.mark.parametrize(("name", "content"), STRAY.values(), ids=STRAY)
def test_a_file_put_there_by_hand_is_refused_with_the_way_to_import_it(
    folder: Path, policies: Sequence[Policy], name: str, content: bytes
) -> None:
    folder.mkdir(parents=True)
    file(folder, name, content)
    with pytest.raises(LawUnreadable, match="yiboshi import-law"):
        official.load(folder, policies)


def test_nothing_imported_is_nothing_loaded(folder: Path, policies: Sequence[Policy]) -> None:
    assert official.load(folder, policies) == ([], [])


def squeezed(text: str) -> str:
    """Without spaces, Markdown marks, comments and what cannot be seen."""
    return re.sub(r"<!--.*?-->|[\s　#*>\u200b-\u200f\u2060\ufeff]", "", text)


def test_no_article_of_an_official_text_is_lost(laws: Path, folder: Path, policies: Sequence[Policy]) -> None:
    """Numbers run on from one to the last that begins a line; each says all that the source does."""
    sources = {take(path, folder, policies).policy: path for path in sorted(laws.glob("*.md"))}
    texts, _ = official.load(folder, policies)
    assert len(sources) == len(texts) == len(list(laws.glob("*.md"))), "two texts went into one file"
    for text in texts:
        source = sources[text.policy].read_text("utf-8")
        numbers = [article.article for article in text.articles]
        if numbers[0] == "第一条":
            last = max(map(to_number, re.findall(r"^[\W_]*第([一二三四五六七八九十百零]+)条", source, re.MULTILINE)))
            assert numbers == [f"第{to_chinese(n)}条" for n in range(1, last + 1)], text.title
        for unit, article in zip(parse(source).articles, text.articles, strict=True):
            number = article.article if article.article.startswith("第") else ""
            assert number + squeezed("".join(article.paragraphs)) == squeezed(unit.text), f"{text.title} {unit.number}"
