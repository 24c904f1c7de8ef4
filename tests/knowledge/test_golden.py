"""Protected questions as they are read: laid over by sub-centres, and no part of what is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.knowledge.loader import load
from app.knowledge.validation import validate
from app.publishing.pipeline import check
from app.text.normalize import match_key
from tests import small_kb

TODAY = small_kb.NOW.date()


def layer(folder: Path, name: str, text: str) -> Path:
    path = folder / "own" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder / "own"


def problems(kb: Path, *overlays: Path) -> list[tuple[str, str]]:
    source = load(kb, overlays)
    return [(one.severity, one.found) for one in validate(source, TODAY) if "golden" in one.key]


def test_the_cases_of_every_file_are_read(kb: Path) -> None:
    cases = load(kb).golden.values()
    assert len(cases) == 13
    assert {case.entry for case in cases} == {"ca-01", "ca-02", "deposit-01", "deposit-02", None}
    asked_back = next(case for case in cases if case.kind)
    assert (asked_back.kind, asked_back.options) == ("clarify", ("deposit-01", "deposit-02"))


def test_they_are_no_part_of_the_knowledge(kb: Path) -> None:
    before, _, _ = check(kb, TODAY)
    for path in (kb / "golden").glob("*.yaml"):
        path.unlink()
    after, _, _ = check(kb, TODAY)
    assert before == after is not None


def test_a_sub_centre_adds_its_own_and_what_it_asks_itself_expects_its_own(kb: Path, tmp_path: Path) -> None:
    own = layer(
        tmp_path,
        "golden/own.yaml",
        "golden:\n"
        '  - {entry: ca-02, question: "插上锁红灯一直闪"}\n'
        '  - {entry: deposit-02, question: "工程投标保证金几天退？"}\n',
    )
    cases = load(kb, [own]).golden
    assert len(cases) == 14
    assert cases[match_key("插上锁红灯一直闪")].entry == "ca-02"
    assert cases[match_key("工程投标保证金几天退")].entry == "deposit-02"


def test_an_entry_that_a_sub_centre_hides_needs_none(kb: Path, tmp_path: Path) -> None:
    (kb / "golden/certificates.yaml").unlink()
    assert problems(kb) == [("warning", "ca-01、ca-02")]
    own = layer(tmp_path, "hide.yaml", "hide: [ca-01]\n")
    assert problems(kb, own) == [("warning", "ca-02")]


def test_of_many_entries_without_enough_the_first_are_named(kb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.knowledge.validation.NAMED", 1)
    for path in (kb / "golden").glob("*.yaml"):
        path.unlink()
    assert problems(kb) == [("warning", "ca-01 等 4 条")]


def test_what_protects_the_last_version_of_an_entry_protects_the_next(kb: Path) -> None:
    whole = small_kb.FILES["faq/certificates.yaml"]
    entry = whole[whole.index("  - id: ca-02") :]
    newer = entry.replace("id: ca-02", "id: ca-03").replace(
        "    updated:", "    replaces: ca-02\n    effective_from: 2026-03-01\n    updated:"
    )
    (kb / "faq/certificates.yaml").write_text(whole + newer, "utf-8")
    assert problems(kb) == []
