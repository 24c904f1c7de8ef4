"""A figure that many texts share is written once, in ``facts.yaml``; texts say ``{{facts.name}}``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.dialogue.answer import Question, answer
from app.knowledge.loader import load
from app.knowledge.model import Problem
from app.publishing.pipeline import check, publish
from app.snapshot import Snapshot
from app.web import shape
from tests import small_kb
from tests.fakes import FakeEncoder
from tests.web.server import run

TODAY = small_kb.NOW.date()
DAYS = "{{facts.deposit_refund_days}}"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The whole small knowledge, where an answer, a pointer, small talk and a manual use its one fact."""
    kb = small_kb.write_whole(tmp_path)
    small_kb.edit(kb, "faq/deposits.yaml", "书面合同签订后五日内退。", f"书面合同签订后 **{DAYS}** 内退。")
    small_kb.edit(kb, "pointers.yaml", "易博士查不到", f"易博士查不到；保证金 {DAYS} 内退")
    small_kb.edit(kb, "smalltalk.yaml", "您好，我是易博士", f"您好，保证金 {DAYS} 内退，我是易博士")
    small_kb.edit(kb, "manuals/certificates.md", "1. 插上锁。", f"1. 插上锁，查 {DAYS} 内的退款。")
    return kb


def published(kb: Path, dictionary: Any) -> tuple[Snapshot, Any]:
    return publish(kb, kb.parent / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW)


def errors(kb: Path) -> list[Problem]:
    return [problem for problem in check(kb, TODAY)[1] if problem.severity == "error"]


def said(snapshot: Snapshot, text: str) -> str:
    return answer(snapshot, Question(text))[0].text


def test_a_fact_is_filled_in_wherever_a_text_uses_it(base: Path, dictionary: Any) -> None:
    snapshot, _ = published(base, dictionary)
    html, text = snapshot.rendered["deposit-01"]
    assert "书面合同签订后 <strong>5日</strong> 内退。" in html
    assert text.startswith("书面合同签订后 5日 内退。")
    assert "保证金 5日 内退" in said(snapshot, "明天那个标几点开")
    assert "保证金 5日 内退" in said(snapshot, "早上好")
    manual = shape.manual(snapshot, snapshot.manual_of["ca-handling"])
    assert manual.tasks[0].steps == ["插上锁，查 5日 内的退款。"]


def test_no_text_shows_braces(base: Path, dictionary: Any) -> None:
    snapshot, _ = published(base, dictionary)
    assert [key for key, shown in snapshot.rendered.items() if "{{" in shown.html or "{{" in shown.text] == []


def test_a_value_is_text_and_never_markup(base: Path, dictionary: Any) -> None:
    small_kb.edit(base, "facts.yaml", "value: 5日", 'value: "**5**日<b>"')
    snapshot, _ = published(base, dictionary)
    assert "<strong>**5**日&lt;b&gt;</strong>" in snapshot.rendered["deposit-01"].html
    assert snapshot.rendered["deposit-01"].text.startswith("书面合同签订后 **5**日<b> 内退。")


@pytest.mark.parametrize(
    "written", ["{{facts.deposit_refund_day}}", "{{ facts.deposit_refund }}", "{{deposit_refund_days}}"]
)
@pytest.mark.parametrize(
    ("name", "old", "key"),
    [
        ("faq/certificates.yaml", "线上或窗口都能办。", "ca-01.answer"),
        ("replies.yaml", "由评标委员会依法独立判断，", "replies.neutral"),
        ("manuals/certificates.md", "- 装好驱动。", "ca-handling.任务 1"),
    ],
)
def test_a_fact_that_there_is_not_is_met_with_the_nearest(
    base: Path, name: str, old: str, key: str, written: str
) -> None:
    at = small_kb.edit(base, name, old, old + written)
    (problem,) = errors(base)
    assert (problem.mark.file, problem.key) == (at.file, key)
    assert problem.message == "占位名不存在，是不是想写「facts.deposit_refund_days」"
    assert problem.found == "{{" + written.strip("{ }") + "}}"


def test_a_fact_that_is_like_no_other_is_an_error_without_a_hint(base: Path) -> None:
    small_kb.edit(base, "faq/certificates.yaml", "线上或窗口都能办。", "线上或窗口都能办，{{zzz}}。")
    (problem,) = errors(base)
    assert (problem.message, problem.allowed) == ("占位名不存在", "site.yaml 或 facts.yaml 里的名称")


def test_nobody_is_shown_braces_by_a_fact_itself(base: Path) -> None:
    at = small_kb.edit(base, "facts.yaml", "value: 5日", 'value: "5日，{{ca_hotline}}"')
    (problem,) = errors(base)
    assert (problem.mark.file, problem.mark.line, problem.key) == (at.file, at.line, "facts.deposit_refund_days.value")
    assert problem.message == "这里不能用占位名"


@pytest.mark.parametrize(
    ("old", "new", "said_so"),
    [
        ("value: 5日", "valeu: 5日", "是不是想写「value」"),
        ("value: 5日", "value:", "补上 value"),
        ("facts:\n", "fact:\n", "是不是想写「facts」"),
    ],
)
def test_a_fault_in_the_file_of_facts_is_told_with_a_way_out(base: Path, old: str, new: str, said_so: str) -> None:
    small_kb.edit(base, "facts.yaml", old, new)
    found = [problem for problem in errors(base) if said_so in str(problem)]
    assert [problem.mark.file for problem in found] == ["kb/facts.yaml"]


def test_a_knowledge_base_needs_no_facts(kb: Path) -> None:
    assert not (kb / "facts.yaml").exists()
    source = load(kb)
    assert (source.problems, source.facts) == ([], {})


# Who uses what.


def test_facts_lists_each_with_its_article_and_who_uses_it(base: Path, tmp_path: Path) -> None:
    done = run("facts", "--json", cwd=tmp_path, kb_dir=base, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    (fact,) = json.loads(done.stdout)["facts"]
    assert (fact["name"], fact["value"], fact["about"]) == ("deposit_refund_days", "5日", "退还投标保证金的期限")
    assert (fact["law"], fact["article"]) == ("中华人民共和国招标投标法实施条例", "第五十七条")
    assert fact["used_by"] == ["ca-handling", "deposit-01", "greeting", "project-opening-time"]
    shown = run("facts", cwd=tmp_path, kb_dir=base, data_dir=tmp_path).stdout
    for part in (
        "deposit_refund_days",
        "5日",
        "《中华人民共和国招标投标法实施条例》第五十七条",
        "deposit-01、greeting",
    ):
        assert part in shown


def test_a_fact_that_nobody_uses_is_listed_as_such(tmp_path: Path) -> None:
    done = run("facts", "--json", cwd=tmp_path, kb_dir=small_kb.write_whole(tmp_path), data_dir=tmp_path)
    assert [fact["used_by"] for fact in json.loads(done.stdout)["facts"]] == [[]]


# When it changes.


def test_a_changed_value_changes_every_answer_that_uses_it_and_the_version(base: Path, dictionary: Any) -> None:
    small_kb.edit(base, "faq/deposits.yaml", "中标的，合同签订后五个工作日内退。", f"中标的，合同签订后 {DAYS} 内退。")
    before, _ = published(base, dictionary)
    small_kb.edit(base, "facts.yaml", "value: 5日", "value: 3日")
    after, report = published(base, dictionary)
    assert after.version != before.version
    assert (report.added, report.changed, report.removed) == ((), ("deposit-01", "deposit-02"), ())
    for key in report.changed:
        assert after.rendered[key].text == before.rendered[key].text.replace("5日", "3日")
    assert "保证金 3日 内退" in said(after, "早上好")


def test_a_changed_value_that_its_article_does_not_have_is_remarked(base: Path) -> None:
    at = small_kb.edit(base, "facts.yaml", "value: 5日", "value: 3日")
    (problem,) = [problem for problem in check(base, TODAY)[1] if problem.key == "facts.deposit_refund_days.value"]
    assert (problem.severity, problem.mark.line, problem.found) == ("warning", at.line, "3日")


def test_what_a_fact_is_about_is_no_part_of_any_answer(base: Path, dictionary: Any) -> None:
    before, _ = published(base, dictionary)
    small_kb.edit(base, "facts.yaml", "about: 退还投标保证金的期限", "about: 退还期限")
    after, report = published(base, dictionary)
    assert (report.changed, after.rendered) == ((), before.rendered)
