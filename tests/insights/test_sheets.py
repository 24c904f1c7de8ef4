"""Tables for Excel: they open again, and nothing in them is a formula."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.insights import near, sheets
from app.insights.clusters import Remembered
from app.insights.followed import followed
from app.insights.report import report, unanswered
from app.insights.sheets import Sheet
from app.snapshot import Snapshot
from tests.insights.conftest import NOW, Notes, ago, week

HOSTILE = ['=HYPERLINK("http://x")', "+1", "-1+2", "@SUM(A1)", "\t=1", "a\x00b\x07", "<script>alert(1)</script>"]


def table(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff"), "Excel takes it for something else without"
    return list(csv.reader(io.StringIO(text[1:])))


def test_one_table_is_its_headings_and_rows():
    found = table("".join(sheets.as_csv([Sheet("表", ("甲", "乙"), [("a", 1), ('b,"c', 2.5)])])))
    assert found == [["甲", "乙"], ["a", "1"], ['b,"c', "2.5"]]


def test_several_tables_stand_under_their_titles():
    found = table("".join(sheets.as_csv([Sheet("一", ("甲",), [("a",)]), Sheet("二", ("乙",), [])])))
    assert found == [["一"], ["甲"], ["a"], [], ["二"], ["乙"]]


def test_a_long_table_comes_in_pieces(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sheets, "CHUNK", 2)
    taken: list[int] = []

    def rows() -> Any:
        for number in range(5):
            taken.append(number)
            yield (number,)

    pieces = sheets.as_csv([Sheet("表", ("数",), rows())])
    assert [next(pieces), next(pieces), next(pieces)] == ["\ufeff", "数\r\n", "0\r\n1\r\n"]
    assert taken == [0, 1], "no more is read than was asked for"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_asked_is_a_formula(tmp_path: Path, text: str):
    sheet = Sheet("表", ("问题",), [(text,)])
    (_, (cell,)) = table("".join(sheets.as_csv([sheet])))
    assert not cell.startswith(("=", "+", "-", "@", "\t"))
    sheets.write_xlsx(tmp_path / "t.xlsx", [sheet])
    found = load_workbook(tmp_path / "t.xlsx")["表"]["A2"]
    assert (found.data_type, found.value) == ("s", cell)


def test_a_report_and_its_clusters_open_again(notes: Notes, snapshot: Snapshot, tmp_path: Path):
    for minutes in (5, 6, 7):
        notes.asked(ago(minutes=minutes), question_masked="=停车场在哪", kind="decline")
    notes.asked(ago(hours=1))
    with notes.connect() as connection:
        signs = followed(connection, week(), snapshot)
        found = report(connection, week(), snapshot, signs)
        clusters = unanswered(connection, week(), snapshot, Remembered(), signs)
    explained = [(it, near.today(snapshot, it.medoid.text)) for it in clusters]
    file = tmp_path / "t.xlsx"
    sheets.write_xlsx(file, [*sheets.of_figures(found, snapshot), *sheets.of_clusters(explained, {}, NOW.tzinfo)])
    book = load_workbook(file)
    overview = {row[0]: row[1:] for row in book["概况"].iter_rows(values_only=True)}
    assert overview["消息"] == (4, 0)
    assert overview["没答上来占比"] == (0.75, None)
    (_, cluster, *_) = list(book["没答好的问题"].iter_rows(values_only=True))
    assert cluster[:7] == (1, "'=停车场在哪", 3, 1, "没答上来", "2026-03-11 14:53", "2026-03-11 14:55")
    assert [row[1] for row in book["常问"].iter_rows(values_only=True)][1:] == [3, 1]
