"""Any file a person calls an Excel workbook -> the texts of its cells, or a refusal in words.

An .xlsx is a zip of XML.  What it claims to unpack to is added up before anything of it is unpacked, and Python's zipfile
never gives more than was claimed.  openpyxl then reads in read-only mode, so many rows and columns and no more.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from app.errors import AppError

MOST_UNPACKED = 24 * 1024 * 1024
"""Bytes; the FAQ as a workbook has 4 MB of XML."""
MOST_FILES = 500
MOST_ROWS, MOST_COLUMNS = 50_000, 100
MOST_CHARS = 32_767
"""In one cell: the most that Excel keeps."""
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""How .xls files begin, and .xlsx files with a password."""

Rows = Sequence[Sequence[str]]
"""The first one is row 1 of the sheet."""


class WorkbookUnusable(AppError):
    code = "workbook_unusable"
    status = 422


def sheets(content: bytes) -> Mapping[str, Rows]:
    """The sheets with cells by name, in their order.  Raises ``WorkbookUnusable``."""
    _refuse_bombs(content)
    try:
        from openpyxl import load_workbook

        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            return {sheet.title: _rows(sheet) for sheet in book.worksheets}
        finally:
            book.close()
    except AppError:
        raise
    except Exception as error:  # openpyxl lets through whatever zip, XML and its own parts raise over a damaged file
        raise WorkbookUnusable("这个 Excel 文件读不出来，可能已损坏：请用 Excel 打开，另存为 .xlsx 再试") from error


def _refuse_bombs(content: bytes) -> None:
    if content.startswith(OLD_EXCEL):
        raise WorkbookUnusable("这是旧格式（.xls）或加了密码的文件：请用 Excel 打开，去掉密码，另存为 .xlsx 再试")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise WorkbookUnusable("这不是 Excel 文件：请用 Excel 打开，另存为 .xlsx 再试") from error
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > MOST_FILES:
        raise WorkbookUnusable(
            f"这个文件展开后太大，最多 {MOST_UNPACKED // (1024 * 1024)} MB：请删去图片和多余的工作表再试"
        )


def _rows(sheet: Any) -> Rows:
    found: list[Sequence[str]] = []
    last = 0
    for cells in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True):
        row = [text(value) for value in cells]
        while row and not row[-1]:
            row.pop()
        found.append(row)
        if row:
            last = len(found)
        long = next((position for position, cell in enumerate(row, 1) if len(cell) > MOST_CHARS), None)
        if long is not None:
            raise WorkbookUnusable(f"「{sheet.title}」{cell_name(len(found), long)} 里的文字超过 {MOST_CHARS} 字")
    if last > MOST_ROWS:
        raise WorkbookUnusable(f"「{sheet.title}」超过 {MOST_ROWS} 行")
    return found[:last]


def text(value: Any) -> str:
    """A cell as it reads on the screen: a date as a date, a number that Excel made of 037 as 37."""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def cell_name(row: int, column: int) -> str:
    """As Excel shows it: F12."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"


def decoded(content: bytes) -> str:
    """A text file from whatever Excel saved it: UTF-8, with or without its mark, UTF-16, or the encoding of Chinese Windows."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise WorkbookUnusable("这个文件里的文字认不出是哪种编码：请另存为 UTF-8 的 CSV，或者 .xlsx")
