"""How each entry of the files stands: faulty, not published, not served, hardly protected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.knowledge.catalogue import Row, catalogue
from app.knowledge.loader import load_entries
from app.publishing.pipeline import check
from tests.small_kb import edit, write

TODAY = date(2026, 3, 2)


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return write(tmp_path)


def rows(kb: Path, *overlays: Path, published: Path | None = None, checked: bool = False) -> dict[str, Row]:
    """As they stand beside what was published of another folder, the files as they were written first."""
    serving = check(published or write(kb.parent / "published"), TODAY).knowledge
    assert serving is not None
    source = load_entries(kb, overlays)
    problems = check(kb, TODAY, overlays=overlays).problems if checked else source.problems
    return {row.id: row for row in catalogue(source, serving, problems, TODAY)}


def words(row: Row) -> list[str]:
    return [one.words for one in row.standing]


def test_what_is_as_published_has_nothing_to_say(kb: Path):
    found = rows(kb, checked=True)
    assert list(found) == ["ca-01", "ca-02", "deposit-01", "deposit-02"]
    assert {key: words(row) for key, row in found.items()} == {key: [] for key in found}


def test_an_edit_and_a_new_entry_are_not_published_yet(kb: Path):
    edit(kb, "faq/certificates.yaml", "联系发证机构解锁", "请联系发证机构解锁")
    edit(kb, "faq/deposits.yaml", "deposit-02\n    number: 062", "deposit-03\n    number: 063")
    found = rows(kb)
    assert words(found["ca-02"]) == ["改动还没发布"]
    assert words(found["deposit-03"]) == ["新增，还没发布", "受保护的问题 0 个，要 3 个"]
    assert found["ca-02"].stands("unpublished")
    assert not found["ca-01"].stands("unpublished")


def test_a_reference_that_publishing_left_out_is_no_edit(kb: Path):
    edit(kb, "faq/certificates.yaml", "    number: 038", "    number: 038\n    effective_to: 2026-01-01")
    published = kb
    found = rows(kb, published=published)
    assert words(found["ca-01"]) == []
    assert words(found["ca-02"]) == ["2026-01-01 已失效"]


def test_a_faulty_entry_keeps_its_row_and_its_faults_are_its_own(kb: Path):
    edit(kb, "faq/certificates.yaml", "number: 037", "number: 3x")
    found = rows(kb)
    assert words(found["ca-01"]) == ["1 处错误"]
    assert (found["ca-01"].number, found["ca-01"].question) == ("3x", "CA数字证书怎么办理？")
    assert words(found["ca-02"]) == []


def test_only_a_check_finds_what_stands_between_entries(kb: Path):
    edit(kb, "faq/deposits.yaml", "- 政采没中标的押金几天退", "- 办锁去哪里")
    assert words(rows(kb)["deposit-02"]) == ["改动还没发布"]
    assert words(rows(kb, checked=True)["deposit-02"]) == ["1 处错误", "改动还没发布"]


def test_entries_to_come_and_hidden_ones_say_why_they_are_not_served(kb: Path, tmp_path: Path):
    edit(kb, "faq/certificates.yaml", "    number: 037", "    number: 037\n    effective_from: 2027-01-01")
    overlay = tmp_path / "branch"
    overlay.mkdir()
    (overlay / "hide.yaml").write_text("hide: [deposit-01]\n")
    found = rows(kb, overlay)
    assert words(found["ca-01"]) == ["2027-01-01 起生效"]
    assert words(found["deposit-01"]) == ["本中心不提供"]


def test_a_problem_of_an_overlaid_entry_is_found_in_either_folder(kb: Path, tmp_path: Path):
    overlay = tmp_path / "branch"
    (overlay / "faq").mkdir(parents=True)
    (overlay / "faq/own.yaml").write_text("entries:\n  - id: ca-01\n    updated: 昨天\n")
    assert words(rows(kb, overlay)["ca-01"])[0] == "1 处错误"
    edit(kb, "faq/certificates.yaml", "audience: [bidder, agency]", "audience: [nobody]")
    assert words(rows(kb, overlay)["ca-01"])[0] == "2 处错误"


def test_the_values_that_an_entry_uses_are_known(kb: Path):
    found = rows(kb)
    assert found["ca-01"].placeholders == {"ca_hotline"}
    assert found["ca-02"].placeholders == frozenset()
