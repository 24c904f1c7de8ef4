"""Trying an edit: the problems, the preview and the version that publishing it would make, and nothing written."""

from __future__ import annotations

from typing import Any

import pytest

from app.editing import entry, site
from app.editing.bench import Bench
from app.editing.entry import Draft
from app.editing.layers import Layers
from app.editing.save import save
from app.errors import KnowledgeRejected, NotFound
from app.knowledge.edit import Edit
from app.knowledge.loader import load
from app.memory import Memory
from app.publishing import pipeline
from tests import small_kb
from tests.editing.conftest import TODAY, files
from tests.fakes import FakeEncoder


def draft(layers: Layers, old: str = "", new: str = "", entry_id: str = "ca-02") -> Draft:
    opened = entry.opened(layers, entry_id)
    assert old in opened.text
    return opened._replace(text=opened.text.replace(old, new) if old else opened.text)


def test_what_is_checked_is_what_would_be_published(layers: Layers, bench: Bench):
    for change in (Edit(), entry.edit(layers, draft(layers, "锁的密码忘了", "密码想不起来"))):
        before = files(layers)
        checked = bench.check(change)
        assert files(layers) == before
        save(layers, change)
        assert checked == pipeline.check(layers.kb, TODAY)
    assert checked.knowledge is not None
    assert "密码想不起来" in [alias for found in checked.knowledge.entries for alias in found.aliases]


def test_a_check_that_remembers_finds_what_one_that_does_not_finds(layers: Layers, bench: Bench):
    wordings = ["锁的密码忘了", "办锁去哪里", "锁的密码忘了", "锁的密码忘啦"]
    for wording in wordings:
        change = entry.edit(layers, draft(layers, "锁的密码忘了", wording))
        fresh = Bench(layers, bench._encoder, bench._dictionary, lambda: small_kb.NOW)
        assert bench.check(change) == fresh.check(change)


def test_a_second_check_reads_only_the_files_that_changed(
    layers: Layers, bench: Bench, monkeypatch: pytest.MonkeyPatch
):
    composed: list[str] = []
    from app.knowledge import yaml_source

    compose = yaml_source.yaml.compose
    monkeypatch.setattr(yaml_source.yaml, "compose", lambda text, **how: composed.append(text) or compose(text, **how))
    first, second = (entry.edit(layers, draft(layers, "锁的密码忘了", wording)) for wording in ("甲乙丙丁", "戊己庚辛"))
    bench.check(first)
    composed.clear()
    bench.check(first)
    assert composed == []
    bench.check(second)
    assert composed == [text for _, text in second.texts.values()]


def test_problems_of_the_entry_come_first_with_the_lines_of_the_draft(layers: Layers, bench: Bench):
    made = draft(layers, "  - 锁的密码忘了", "  - 办锁去哪里")
    found = bench.look(entry.edit(layers, made), "ca-02", made.text).found
    (collision,) = [one for one in found if one.problem.severity == "error"]
    assert found[0] == collision
    assert "（ca-01）" in collision.problem.message
    assert collision.line == made.text.splitlines().index("  - 办锁去哪里") + 1
    assert collision.problem.mark.file == "kb/faq/certificates.yaml"
    assert [one.here for one in found] == sorted((one.here for one in found), reverse=True)


def test_a_collision_noted_at_the_other_entry_is_about_this_one_too(layers: Layers, bench: Bench):
    made = draft(layers, "  - 办锁去哪里", "  - 锁的密码忘了", "ca-01")
    first = bench.look(entry.edit(layers, made), "ca-01", made.text).found[0]
    assert first.here
    assert (first.problem.severity, first.line) == ("error", None)


def test_a_field_that_breaks_a_rule_has_the_line_of_the_draft(layers: Layers, bench: Bench):
    made = draft(layers, "updated: 2026-01-15", "updated: 2026-13-15")
    look = bench.look(entry.edit(layers, made), "ca-02", "# 说明\n" + made.text)
    assert look.checked.knowledge is None
    assert (look.found[0].line, look.found[0].problem.message) == (len(made.text.splitlines()) + 1, "不是有效日期")
    assert look.rendered.text == "联系发证机构解锁，不要反复再试。"


def test_in_an_overlay_problems_have_the_lines_of_the_draft_as_well(
    overlaid: Layers, fake: FakeEncoder, dictionary: Any
):
    bench = Bench(overlaid, fake, dictionary, lambda: small_kb.NOW)
    made = draft(overlaid, "  - 锁的密码忘了", "  - 办锁去哪里")
    look = bench.look(entry.edit(overlaid, made), "ca-02", made.text)
    (collision,) = [one for one in look.found if one.problem.severity == "error"]
    assert collision.problem.mark.file == "county/faq/changes.yaml"
    assert collision.line == made.text.splitlines().index("  - 办锁去哪里") + 1
    assert look.rendered.text.startswith("到县里")


def test_the_preview_is_the_answer_with_the_centre_s_facts_also_when_other_things_are_wrong(
    layers: Layers, bench: Bench
):
    made = draft(layers, "number: 037", "number: 三十七", "ca-01")
    made = made._replace(text=made.text.replace("问清材料", "问 {{ca_hotlin}} <b>"))
    change = entry.edit(layers, made) | site.changed(layers, {"ca_hotline": "0500-*1*"})
    shown = bench.preview(change, "ca-01")
    assert "拨打 0500-*1* 问 {{ca_hotlin}} &lt;b&gt;" in shown.html
    assert "拨打 0500-*1* 问 {{ca_hotlin}} <b>" in shown.text
    with pytest.raises(NotFound):
        bench.preview(change, "ca-09")


def test_a_candidate_is_the_version_that_publishing_would_make_and_is_kept_for_the_next_question(
    layers: Layers, bench: Bench, fake: FakeEncoder, dictionary: Any
):
    change = entry.edit(layers, draft(layers, "锁的密码忘了", "密码想不起来"))
    candidate = bench.candidate(change)
    assert bench.candidate(change) is candidate
    other = bench.candidate(Edit())
    assert other is not candidate
    assert bench.candidate(change) is not candidate, "only the last one is kept"
    save(layers, change)
    published, _ = pipeline.publish(layers.kb, layers.indexes, fake, dictionary, now=small_kb.NOW)
    assert published.version == candidate.version != other.version


def test_a_draft_with_errors_is_no_candidate(layers: Layers, bench: Bench):
    with pytest.raises(KnowledgeRejected, match="改好才能试问") as refused:
        bench.candidate(entry.edit(layers, draft(layers, "锁的密码忘了", "办锁去哪里")))
    assert any(problem.severity == "error" for problem in refused.value.details)


def test_what_is_kept_is_forgotten_when_told_and_when_nobody_uses_it(
    layers: Layers, fake: FakeEncoder, dictionary: Any
):
    now = 0.0
    bench = Bench(layers, fake, dictionary, lambda: small_kb.NOW, lambda: now)
    assert not bench.forget_unused(300), "nothing is kept before anything is asked for"
    candidate = bench.candidate(Edit())
    now = 299.0
    assert not bench.forget_unused(300)
    assert bench.candidate(Edit()) is candidate
    now = 599.0
    assert bench.forget_unused(300)
    assert not bench.forget_unused(300)
    assert bench.candidate(Edit()) is not candidate
    bench.check(Edit())
    bench.forget()
    now = 2000.0
    assert not bench.forget_unused(300)


def test_a_memory_keeps_what_its_last_pass_asked_for(layers: Layers):
    memory = Memory()
    sizes = []
    for kb in (layers.kb, layers.kb, layers.kb / "nothing"):
        with memory.used():
            load(kb)
        sizes.append(len(memory.kept))
    assert sizes[0] == sizes[1] > 20
    assert sizes[2] == 0
