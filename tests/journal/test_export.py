"""The journal as CSV and Excel: one row a question with its last rating, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from app.journal import export
from app.journal.export import HEADINGS, write_csv, write_xlsx
from app.journal.journal import Journal
from app.journal.writer import Writer
from tests.journal.samples import AT, asked

Table = list[dict[str, str]]


def of_csv(file: Path) -> Table:
    assert file.read_bytes().startswith(b"\xef\xbb\xbf")  # by which Excel knows that this is UTF-8
    with file.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def of_xlsx(file: Path) -> Table:
    book = load_workbook(file)
    head, *rows = book.active.iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    names = [str(cell.value) for cell in head]
    return [
        dict(zip(names, ("" if cell.value is None else str(cell.value) for cell in row), strict=True)) for row in rows
    ]


@pytest.fixture(params=["csv", "xlsx"])
def taken_out(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Table]:
    def take(engine: Engine, since: datetime = AT, until: datetime = AT + timedelta(days=1)) -> Table:
        write, read = {"csv": (write_csv, of_csv), "xlsx": (write_xlsx, of_xlsx)}[request.param]
        file = tmp_path / f"journal.{request.param}"
        count = write(file, engine, since, until)
        rows = read(file)
        assert len(rows) == count
        return rows

    return take


def fill(engine: Engine, *facts: tuple[datetime, dict[str, Any]]) -> None:
    journal = Journal(Writer(engine))
    for at, other in facts:
        journal.asked(at, asked(**other))
    journal.close()


def test_a_row_says_what_was_asked_and_how_it_was_rated_last(engine: Engine, taken_out: Callable[..., Table]):
    fill(engine, (AT, {"reply_id": "a" * 32, "options": ["x-1", "x-2"]}), (AT, {"reply_id": "b" * 32}))
    journal = Journal(Writer(engine))
    journal.rated(AT, "a" * 32, True, None, None)
    journal.rated(AT, "a" * 32, False, "不完整", "还差一步")
    journal.close()
    first, second = taken_out(engine)
    assert tuple(first) == HEADINGS
    assert first["时间"] == "2026-03-02 09:00:00+08:00"
    assert first["问题"] == "保证金多久退"
    assert first["选项"] == "x-1、x-2"
    assert first["最像的几个"] == "deposit-01 0.90"
    assert (first["有帮助"], first["原因"], first["意见"]) == ("否", "不完整", "还差一步")
    assert (second["有帮助"], second["原因"]) == ("", "")


def test_only_the_days_asked_for_are_taken_in_order(engine: Engine, taken_out: Callable[..., Table]):
    hours = (30, -1, 0, 23, 24)
    fill(engine, *((AT + timedelta(hours=h), {"question": f"{h}时"}) for h in hours))
    assert [row["问题"] for row in taken_out(engine)] == ["0时", "23时"]


@pytest.mark.parametrize("question", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0"])
def test_no_cell_is_a_formula(engine: Engine, taken_out: Callable[..., Table], question: str):
    fill(engine, (AT, {"question": question}))
    (row,) = taken_out(engine)
    assert row["问题"].startswith("'")


def test_control_characters_that_excel_refuses_are_left_out(engine: Engine, taken_out: Callable[..., Table]):
    fill(engine, (AT, {"question": "保证\x07金"}))
    assert taken_out(engine)[0]["问题"] == "保证金"


def test_a_long_journal_is_read_in_pieces(
    engine: Engine, taken_out: Callable[..., Table], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(export, "CHUNK", 3)
    fill(engine, *((AT, {"question": f"第{i}问"}) for i in range(10)))
    assert [row["问题"] for row in taken_out(engine)] == [f"第{i}问" for i in range(10)]
