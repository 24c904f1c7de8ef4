"""Files that a person calls a workbook: what is read of them, and which are refused before they do harm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart

from app.knowledge.workbook.opening import (
    MOST_CHARS,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    WorkbookUnusable,
    cell_name,
    decoded,
    sheets,
)


def saved(fill: Callable[[Any], None]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    fill(book)
    book.save(file)
    return file.getvalue()


def packed(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def replaced(content: bytes, name: str, text: bytes) -> bytes:
    """A workbook with one of its parts exchanged."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, text if part == name else old.read(part))
    return file.getvalue()


def row(*cells: Any, at: int = 1) -> Callable[[Any], None]:
    def fill(book: Any) -> None:
        for position, value in enumerate(cells, 1):
            book.active.cell(at, position, value)

    return fill


def test_cells_read_as_they_look_and_empty_ends_are_left_off():
    content = saved(row("  保证金 ", 37.0, date(2026, 1, 2), None, "一\r\n二", ""))
    assert sheets(content) == {"Sheet": [["保证金", "37", "2026-01-02", "", "一\n二"]]}


def test_a_formula_is_what_it_came_to_and_never_itself():
    assert sheets(saved(row("=1+1", "x"))) == {"Sheet": [["", "x"]]}


def test_a_chart_is_no_sheet():
    content = saved(lambda book: book.create_chartsheet("图").add_chart(BarChart()))
    assert list(sheets(content)) == ["Sheet"]


def test_what_lies_far_out_is_not_read():
    content = saved(row("x", *[None] * MOST_COLUMNS, "y"))
    assert sheets(content) == {"Sheet": [["x"]]}


def test_a_row_too_many_is_refused_and_an_empty_million_is_not_walked():
    with pytest.raises(WorkbookUnusable, match=f"超过 {MOST_ROWS} 行"):
        sheets(saved(row("x", at=MOST_ROWS + 1)))
    far = saved(lambda book: (row("x")(book), row(None, at=1_048_576)(book)))
    assert sheets(far) == {"Sheet": [["x"]]}


def test_a_cell_longer_than_any_of_excel_is_named():
    long = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="2">'
    long += (
        b'<c r="C2" t="inlineStr"><is><t>' + b"x" * (MOST_CHARS + 1) + b"</t></is></c></row></sheetData></worksheet>"
    )
    with pytest.raises(WorkbookUnusable, match="「Sheet」C2"):
        sheets(replaced(saved(row("x")), "xl/worksheets/sheet1.xml", long))


def test_a_bomb_is_refused_by_what_it_claims():
    with pytest.raises(WorkbookUnusable, match="展开后太大"):
        sheets(packed(a=b"0" * (MOST_UNPACKED // 2), b=b"0" * (MOST_UNPACKED // 2 + 1)))


def test_a_bomb_that_claims_to_be_small_is_not_unpacked_further():
    content = saved(row("x"))
    size = 3 * MOST_UNPACKED
    bomb = replaced(content, "xl/worksheets/sheet1.xml", b" " * size)
    lying = bomb.replace(struct.pack("<L", size), struct.pack("<L", 100))
    assert lying != bomb
    with pytest.raises(WorkbookUnusable, match="读不出来"):
        sheets(lying)


def test_thousands_of_small_files_are_refused():
    with pytest.raises(WorkbookUnusable, match="展开后太大"):
        sheets(packed(**{str(number): b"" for number in range(501)}))


LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + b"ha" * 1000 + b'">'
LAUGHS += b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 100) for i in range(8)) + b"]><x>&i;</x>"

DAMAGED = {
    "nothing": (b"", "不是 Excel"),
    "text": ("编号,标识".encode(), "不是 Excel"),
    "a zip of something else": (packed(x=b"y"), "读不出来"),
    "cut off": (saved(row("x"))[:-200], "不是 Excel"),
    "broken XML": (replaced(saved(row("x")), "xl/worksheets/sheet1.xml", b"<worksheet><sheetData>"), "读不出来"),
    "entities upon entities": (replaced(saved(row("x")), "xl/worksheets/sheet1.xml", LAUGHS), "读不出来"),
    "an old workbook, or a locked one": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "旧格式"),
}


@pytest.mark.parametrize(("content", "why"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_workbook_is_said_in_words(content: bytes, why: str):
    with pytest.raises(WorkbookUnusable, match=why):
        sheets(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_is_read_from_every_encoding_of_excel(encoding: str):
    assert decoded("保证金".encode(encoding)) == "保证金"


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(WorkbookUnusable):
        decoded(b"\xff\xff\xff")


@pytest.mark.parametrize(("column", "name"), [(1, "A7"), (26, "Z7"), (27, "AA7"), (702, "ZZ7"), (703, "AAA7")])
def test_cells_are_named_as_excel_names_them(column: int, name: str):
    assert cell_name(7, column) == name
