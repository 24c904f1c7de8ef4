"""Entries -> an .xlsx file with headers that explain themselves, drop-downs, and a sheet of help."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.knowledge.model import Entry
from app.knowledge.workbook.columns import COLUMNS, ENTRIES, HELP, KINDS, WORDING_COLUMNS, WORDINGS

SPARE_ROWS = 500
"""Rows below the last one that have drop-downs too."""


def write(file: Path | IO[bytes], entries: Sequence[Entry]) -> None:
    """Write the workbook; raises ``OSError`` when the file cannot be written."""
    book = Workbook()
    book.remove(book.active)
    faq = book.create_sheet(ENTRIES)
    _head(faq, [(column.title, column.help, column.width) for column in COLUMNS])
    for row, entry in enumerate(entries, 2):
        for position, column in enumerate(COLUMNS, 1):
            _text(faq.cell(row, position), column.write(entry))
    for position, column in enumerate(COLUMNS, 1):
        if column.choices:
            _choices(faq, position, column.choices, len(entries))
    wordings = book.create_sheet(WORDINGS)
    _head(wordings, WORDING_COLUMNS)
    row = 1
    for entry in entries:
        for kind, name in KINDS.items():
            for text in getattr(entry, kind):
                row += 1
                for position, value in enumerate((entry.id, name, text), 1):
                    _text(wordings.cell(row, position), value)
    _choices(wordings, 2, list(KINDS.values()), row)
    _help(book.create_sheet(HELP))
    book.save(file)


def _head(sheet: Worksheet, columns: Sequence[tuple[str, str, int]]) -> None:
    for position, (title, about, width) in enumerate(columns, 1):
        cell = sheet.cell(1, position, title)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1D5FBF")
        cell.comment = Comment(about, "易博士", width=320, height=110)
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}1"


def _text(cell: Cell, value: str) -> None:
    """Always text: 037 stays 037, and a text that begins with = is no formula."""
    if not value:
        return
    cell.value = value
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = value[0] in "=+-@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _choices(sheet: Worksheet, position: int, values: Sequence[str], rows: int) -> None:
    rule = DataValidation(type="list", formula1=f'"{",".join(values)}"', allow_blank=True)
    rule.errorTitle, rule.error = "不在可选范围", "请从下拉中选：" + "、".join(values)
    letter = get_column_letter(position)
    rule.add(f"{letter}2:{letter}{rows + SPARE_ROWS}")
    sheet.add_data_validation(rule)


def _help(sheet: Worksheet) -> None:
    lines = [
        (
            "怎么用",
            "改好后保存，在管理页「Excel 往返」上传：先只检查并列出会改动的内容，确认后才写进知识库，发布后生效。"
            "也可以在服务器上运行 yiboshi import-xlsx 文件名，加 --write 才写入。",
        ),
        ("不要改", "表头文字和工作表名。列的先后可以换，多余的列请删去。"),
        (
            "删除条目",
            "删掉一行不等于删除条目；确实要删，上传时勾选「表里没有的条目删除」，或导入时加 --delete-missing。",
        ),
        *((f"{ENTRIES}·{column.title}", column.help) for column in COLUMNS),
        *((f"{WORDINGS}·{title}", about) for title, about, _ in WORDING_COLUMNS),
    ]
    for row, (title, about) in enumerate(lines, 1):
        sheet.cell(row, 1, title).font = Font(bold=True)
        sheet.cell(row, 2, about).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.column_dimensions["A"].width = 26
    sheet.column_dimensions["B"].width = 100
