"""A sub-centre's folder laid over the base: its own values, entries and manuals, and where each came from.

``tests/overlays/`` holds two real ones: ``district`` over the base, ``county`` over ``district``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.knowledge.loader import load
from app.knowledge.model import Entry, Knowledge, Mark, Problem
from app.publishing.pipeline import check, publish
from tests import small_kb
from tests.conftest import CHECKOUT
from tests.fakes import FakeEncoder
from tests.web.server import run

DISTRICT, COUNTY = (CHECKOUT / "tests" / "overlays" / name for name in ("district", "county"))
TODAY = small_kb.NOW.date()
HIDDEN = "deposit-01"
ADDED = {"district-01", "district-02", "district-03"}


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return small_kb.write_whole(tmp_path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An overlay of this test's own, a copy of ``district``."""
    return shutil.copytree(DISTRICT, tmp_path / "own")


def laid(base: Path, *overlays: Path) -> Knowledge:
    knowledge, problems, _ = check(base, TODAY, overlays=overlays)
    assert knowledge is not None, [str(problem) for problem in problems]
    return knowledge


def errors(base: Path, *overlays: Path) -> list[Problem]:
    return [problem for problem in check(base, TODAY, overlays=overlays)[1] if problem.severity == "error"]


def entries(knowledge: Knowledge) -> dict[str, Entry]:
    return {entry.id: entry for entry in knowledge.entries}


def add(overlay: Path, name: str, text: str) -> None:
    path = overlay / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_the_two_overlays_are_sound(base: Path) -> None:
    """All that remains is the categories without entries; the phone that the base lacks is filled in."""
    assert [problem.key for problem in check(base, TODAY)[1]] == ["category", "values.ca_hotline"]
    for overlays in ([DISTRICT], [DISTRICT, COUNTY]):
        assert [problem.key for problem in check(base, TODAY, overlays=overlays)[1]] == ["category"]


# What an overlay changes.


def test_a_value_of_the_overlay_stands_for_that_of_the_base(base: Path) -> None:
    before, after = laid(base).site, laid(base, DISTRICT).site
    changed = {name: after[name].value for name in after if after[name] != before[name]}
    assert changed == {"platform_hotline": "0500-7654321", "ca_hotline": "0500-1112222"}
    for name in changed:
        assert after[name].model_copy(update={"value": None}) == before[name].model_copy(update={"value": None})


def test_an_overlay_can_empty_a_value(base: Path, own: Path) -> None:
    small_kb.edit(own, "site.yaml", "value: 0500-7654321", "value:")
    assert laid(base, own).site["platform_hotline"].value is None


def test_an_overlay_can_add_a_value(base: Path, own: Path) -> None:
    with (own / "site.yaml").open("a", encoding="utf-8") as file:
        file.write("  parking_fee:\n    about: 停车费\n    value: 免费\n    fallback: 停车费（以现场公示为准）\n")
    small_kb.edit(own, "faq/local.yaml", "免费停放", "{{parking_fee}}停放")
    assert laid(base, own).site["parking_fee"].value == "免费"


def test_entries_of_the_overlay_are_added_in_the_order_of_numbers(base: Path) -> None:
    found = laid(base, DISTRICT).entries
    assert {entry.id for entry in found} - set(entries(laid(base))) == ADDED
    assert [entry.number for entry in found] == sorted(entry.number for entry in found)


def test_an_overlay_changes_only_the_fields_it_names(base: Path) -> None:
    before, after = entries(laid(base)), entries(laid(base, COUNTY))
    assert after["ca-02"].answer == "到县里的发证窗口解锁，**不要**反复再试。"
    assert after["ca-02"] == before["ca-02"].model_copy(update={"answer": after["ca-02"].answer})
    assert [key for key in before if before[key] != after[key]] == ["ca-02"]


def test_a_list_that_an_overlay_names_takes_the_place_of_the_whole_list(base: Path, own: Path) -> None:
    add(own, "faq/changes.yaml", "entries:\n  - id: ca-02\n    aliases: [锁打不开]\n    error_texts:\n")
    found = entries(laid(base, own))["ca-02"]
    assert (found.aliases, found.error_texts, found.not_aliases) == (("锁打不开",), (), ("登录密码忘了",))


def test_a_manual_of_the_same_file_name_takes_the_place_of_the_bases(base: Path) -> None:
    assert [manual.title for manual in laid(base).manuals] == ["证书的使用"]
    assert [manual.title for manual in laid(base, DISTRICT).manuals] == ["区分中心证书的使用"]


def test_a_manual_of_another_file_name_is_added(base: Path, own: Path) -> None:
    (own / "manuals" / "certificates.md").rename(own / "manuals" / "machines.md")
    (problem,) = errors(base, own)
    assert (problem.mark.file, problem.message) == (
        "own/manuals/machines.md",
        "编号重复，kb/manuals/certificates.md 已有",
    )
    small_kb.edit(own, "manuals/machines.md", "编号：ca-handling", "编号：machines")
    assert {manual.id for manual in laid(base, own).manuals} == {"ca-handling", "machines"}


def test_the_later_overlay_wins(base: Path) -> None:
    site = laid(base, DISTRICT, COUNTY).site
    assert (site["platform_hotline"].value, site["ca_hotline"].value) == ("0500-3334444", "0500-1112222")
    assert laid(base, COUNTY, DISTRICT).site["platform_hotline"].value == "0500-7654321"


def test_a_later_overlay_may_change_what_an_earlier_one_added(base: Path, tmp_path: Path) -> None:
    add(tmp_path / "town", "faq/changes.yaml", "entries:\n  - id: district-03\n    answer: 没有。\n")
    before, after = (entries(laid(base, *overlays)) for overlays in ([DISTRICT], [DISTRICT, tmp_path / "town"]))
    assert after["district-03"] == before["district-03"].model_copy(update={"answer": "没有。"})


# Hiding.


def dangling(knowledge: Knowledge) -> list[str]:
    """References to entries that are not there."""

    def references() -> Iterator[tuple[str, str]]:
        for entry in knowledge.entries:
            yield from ((entry.id, key) for key in entry.related)
        for topic in knowledge.topics:
            yield from ((topic.id, option.entry) for option in topic.options)
        for judgement in knowledge.judgements:
            yield judgement.id, judgement.entry
        for pointer in knowledge.pointers:
            yield from ((pointer.id, key) for key in pointer.related)

    return [f"{owner} -> {key}" for owner, key in references() if key not in entries(knowledge)]


def test_a_hidden_entry_is_served_nowhere(base: Path) -> None:
    knowledge = laid(base, DISTRICT)
    assert HIDDEN not in entries(knowledge)
    assert HIDDEN not in {entry.id for entry in knowledge.superseded}
    assert HIDDEN not in {intent.id for intent in knowledge.intents()}


@pytest.mark.parametrize("hidden", ["ca-01", "ca-02", "deposit-01", "deposit-02"])
def test_a_hidden_entry_leaves_no_reference_to_it(base: Path, tmp_path: Path, hidden: str) -> None:
    """Each of the four is related to something, and a topic, a judgement and a pointer lead to some of them."""
    add(tmp_path / "town", "hide.yaml", f"hide: [{hidden}]\n")
    knowledge = laid(base, tmp_path / "town")
    assert hidden not in entries(knowledge)
    assert dangling(knowledge) == []
    assert len(knowledge.topics) == (0 if hidden.startswith("deposit") else 1), "one option is no choice"


def test_an_entry_of_the_overlay_may_refer_to_a_hidden_one(base: Path) -> None:
    """As ``district-02`` does."""
    assert HIDDEN in next(e for e in load(base, [DISTRICT]).records["entries"] if e.id == "district-02").related
    assert entries(laid(base, DISTRICT))["district-02"].related == ("district-01",)


# Problems are told where they stand.


def test_a_hidden_id_that_no_entry_has_is_met_with_the_nearest(base: Path, own: Path) -> None:
    at = small_kb.edit(own, "hide.yaml", "deposit-01", "deposit-1")
    (problem,) = errors(base, own)
    assert (problem.mark, problem.key) == (at, "hide[0]")
    assert (problem.message, problem.found) == ("没有这个条目，是不是想写「deposit-01」", "deposit-1")


def test_what_cannot_be_an_id_is_no_entry_either(base: Path, own: Path) -> None:
    small_kb.edit(own, "hide.yaml", "- deposit-01", "- {id: deposit-01}\n  -")
    assert [problem.key for problem in errors(base, own)] == ["hide[0]", "hide[1]"]


def test_a_change_of_an_id_that_no_entry_has_is_met_with_the_nearest(base: Path, tmp_path: Path) -> None:
    """And not with all the fields that a new entry would need."""
    county = shutil.copytree(COUNTY, tmp_path / "county")
    at = small_kb.edit(county, "faq/changes.yaml", "ca-02", "ca-2")
    (problem,) = errors(base, county)
    assert (problem.mark, problem.key) == (at, "entries[0].id")
    assert (problem.message, problem.found) == ("没有这个条目，是不是想写「ca-02」", "ca-2")


def test_an_entry_of_the_overlay_that_lacks_a_field_is_told_so(base: Path, own: Path) -> None:
    small_kb.edit(own, "faq/local.yaml", "    question: 区分中心有停车位吗？\n", "")
    (problem,) = errors(base, own)
    assert problem.allowed == "补上 question"
    assert problem.mark == small_kb.mark_of(own, "faq/local.yaml", "id: district-03")


def test_a_related_id_that_no_entry_has_is_met_with_the_nearest(base: Path, own: Path) -> None:
    at = small_kb.edit(own, "faq/local.yaml", "related: [ca-01]", "related: [ca-001]")
    (problem,) = errors(base, own)
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line)
    assert (problem.key, problem.message) == ("district-01.related[0]", "没有这个条目，是不是想写「ca-01」")


FAULTS = {
    "a misspelt key": ("faq/local.yaml", "answer: 有，地下", "anwser: 有，地下", "是不是想写「answer」"),
    "an unknown placeholder": ("faq/local.yaml", "{{service_window}}", "{{service_windo}}", "「service_window」"),
    "a taken number": ("faq/local.yaml", "number: 903", "number: 037", "ca-01 已用"),
    "a taken wording": ("faq/local.yaml", "来区里开标车停哪", "办锁去哪里", "（ca-01）已有"),
    "a misspelt part of a value": ("site.yaml", "value: 0500-1112222", "valeu: 0500-1112222", "是不是想写「value」"),
    "an unknown section": ("manuals/certificates.md", "### 步骤", "### 步聚", "不认识的小节"),
    "a misspelt list": ("hide.yaml", "hide:", "hidden:", "是不是想写「hide」"),
}


@pytest.mark.parametrize(("name", "old", "new", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_an_overlay_is_found_in_its_file_and_line(
    base: Path, own: Path, name: str, old: str, new: str, said: str
) -> None:
    at = small_kb.edit(own, name, old, new)
    found = [problem for problem in errors(base, own) if said in str(problem)]
    assert [(problem.mark.file, problem.mark.line) for problem in found] == [(f"own/{name}", at.line)]


def test_a_changed_field_is_marked_in_the_overlay_and_the_others_in_the_base(base: Path, tmp_path: Path) -> None:
    county = shutil.copytree(COUNTY, tmp_path / "county")
    answer = small_kb.edit(county, "faq/changes.yaml", "answer: 到县里", "answer: 拨打 {{ca_hotlin}}，到县里")
    number = small_kb.edit(base, "faq/certificates.yaml", "number: 038", "number: 037")
    marks = {problem.key: (problem.mark.file, problem.mark.line) for problem in errors(base, county)}
    assert marks == {"ca-02.answer": answer[:2], "ca-02.number": number[:2]}


def test_an_overlay_that_is_not_there_is_an_error(base: Path, tmp_path: Path) -> None:
    (problem,) = errors(base, tmp_path / "nowhere")
    assert (problem.mark, problem.key) == (Mark(str(tmp_path / "nowhere"), 1, 1), "overlays")


def test_a_file_that_cannot_be_read_brings_no_further_errors(base: Path, own: Path) -> None:
    """Its entries may well be those that the overlay hides and changes."""
    at = small_kb.edit(base, "faq/deposits.yaml", "category:", "category:\n\t")
    add(own, "faq/changes.yaml", "entries:\n  - id: deposit-02\n    answer: 五天。\n")
    (problem,) = errors(base, own)
    assert problem.mark.file == at.file


# Where a value came from, and which version it makes.


def test_site_tells_from_which_file_a_value_came(base: Path, tmp_path: Path) -> None:
    overlays = json.dumps([str(DISTRICT), str(COUNTY)])
    done = run("site", "--json", cwd=tmp_path, kb_dir=base, data_dir=tmp_path, overlays=overlays)
    assert done.returncode == 0, done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout)["values"]}
    assert {name: (row["value"], row["file"], row["line"]) for name, row in rows.items()} == {
        "platform_hotline": ("0500-3334444", "county/site.yaml", 2),
        "ca_hotline": ("0500-1112222", "district/site.yaml", 4),
        "service_hours": ("工作日9点到17点", "kb/site.yaml", 10),
        "service_window": ("一楼3号窗口", "kb/site.yaml", 14),
    }
    assert rows["ca_hotline"]["used_by"] == ["ca-01"]
    shown = run("site", cwd=tmp_path, kb_dir=base, data_dir=tmp_path, overlays=overlays).stdout
    assert "county/site.yaml:2" in shown


def test_overlays_make_another_version_and_without_them_it_is_the_old_one(
    base: Path, tmp_path: Path, dictionary: Any
) -> None:
    def version(*overlays: Path) -> str:
        made = publish(base, tmp_path / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW, overlays=overlays)
        return made[0].version

    plain, district, county = version(), version(DISTRICT), version(DISTRICT, COUNTY)
    assert len({plain, district, county}) == 3
    assert (version(DISTRICT), version()) == (district, plain)


def test_the_answers_of_a_version_have_the_values_of_its_overlays(base: Path, tmp_path: Path, dictionary: Any) -> None:
    def made(*overlays: Path) -> str:
        snapshot, _ = publish(
            base, tmp_path / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW, overlays=overlays
        )
        return snapshot.rendered["ca-01"].text

    assert "发证机构客服电话（以平台公布为准）" in made()
    assert "0500-1112222" in made(DISTRICT, COUNTY)
