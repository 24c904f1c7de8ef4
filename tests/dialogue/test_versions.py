"""What holds on the day that counts: versions of an entry, and of a statute's articles.

The refund of a works deposit: thirty days until the end of 2025, five days in 2026 (``deposit-01`` of the small
knowledge, under the regulations it cites), three days from 2027 on.  Tests publish on 2 March 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.dialogue.answer import Question, Reply, answer
from app.knowledge.model import Problem
from app.publishing.pipeline import check, publish
from app.retrieval import laws
from app.snapshot import Snapshot
from app.web import shape
from tests import small_kb
from tests.fakes import FakeEncoder

TODAY = small_kb.NOW.date()
ASKED = "工程项目的投标保证金什么时候退？"
TITLE = "中华人民共和国招标投标法实施条例"
ARTICLE = f"{TITLE}第五十七条"
THEN, NOW, LATER = "deposit-81", "deposit-01", "deposit-91"
LAST_OF_2025, FIRST_OF_2026 = date(2025, 12, 31), date(2026, 1, 1)
LAST_OF_2026, FIRST_OF_2027 = date(2026, 12, 31), date(2027, 1, 1)

ENTRIES = """\
category: 保证金缴纳

entries:
  - id: deposit-81
    number: 061
    audience: [bidder]
    business: [工程]
    question: 工程项目的投标保证金什么时候退？
    answer: 书面合同签订后三十日内退。
    legal_basis:
      - {law: 中华人民共和国招标投标法实施条例, article: 第五十七条}
    aliases: [工程投标押金几天能退]
    effective_from: 2024-01-01
    effective_to: 2025-12-31
    updated: 2024-01-01

  - id: deposit-91
    number: 061
    audience: [bidder]
    business: [工程]
    question: 工程项目的投标保证金什么时候退？
    answer: 书面合同签订后三日内退。
    legal_basis:
      - {law: 中华人民共和国招标投标法实施条例, article: 第五十七条}
    aliases: [明年起工程押金几天退]
    effective_from: 2027-01-01
    replaces: deposit-01
    updated: 2026-02-01
"""

STATUTE = """\
policy:
  id: {id}
  title: 中华人民共和国招标投标法实施条例
  aliases: [招标投标法实施条例]
  issuer: 国务院
  effective_from: {since}
  effective_to: {until}
  status: in_force
  about: 招标投标法的配套细则，{since}起的文本。
articles:
  - article: 第五十七条
    heading: 退还保证金
    gist: "招标人最迟在书面合同签订后{days}日内退还投标保证金和银行同期存款利息。"
  - article: 第五十八条
    heading: 履约保证金
    gist: "履约保证金不超过中标合同金额的10%。"
"""


def versioned(folder: Path) -> Path:
    """The small knowledge with three versions of ``deposit-01`` and of the statute behind it."""
    kb = small_kb.write_whole(folder)
    (kb / "faq" / "versions.yaml").write_text(ENTRIES, "utf-8")
    window = "    replaces: deposit-81\n    effective_from: 2026-01-01\n    effective_to: 2026-12-31\n"
    small_kb.edit(kb, "faq/deposits.yaml", "    related: [deposit-02]\n", f"    related: [deposit-02]\n{window}")
    small_kb.edit(kb, "policies/regulations.yaml", "from: 2012-02-01", "from: 2026-01-01\n  effective_to: 2026-12-31")
    # By the names of the files the statute of the past is read first and that of the future last.
    for name, since, until, days in (("old", "2012-02-01", "2025-12-31", 30), ("to-come", "2027-01-01", "", 3)):
        text = STATUTE.format(id=f"regulations-{name}", since=since, until=until, days=days)
        (kb / "policies" / f"{'a' if name == 'old' else 'z'}.yaml").write_text(text, "utf-8")
    return kb


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return versioned(tmp_path)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, dictionary: Any) -> Snapshot:
    return published(versioned(tmp_path_factory.mktemp("versions")), dictionary)


def published(kb: Path, dictionary: Any, **more: Any) -> Snapshot:
    return publish(kb, kb.parent / "indexes", FakeEncoder(), dictionary, **({"now": small_kb.NOW} | more))[0]


def on(snapshot: Snapshot, day: date | None, asked: str = ASKED) -> Reply:
    return answer(snapshot, Question(asked, as_of=day))[0]


def ids(entries: Sequence[Any]) -> list[str]:
    return [entry.id for entry in entries]


def errors(kb: Path) -> list[Problem]:
    return [problem for problem in check(kb, TODAY)[1] if problem.severity == "error"]


# Entries.


def test_versions_are_sound_and_need_no_mending(base: Path) -> None:
    """They share question, wording, number and the title of their statute, and rest on figures that are each other's."""
    assert [problem.key for problem in check(base, TODAY)[1]] == ["category", "values.ca_hotline"]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2024, 1, 1), THEN),
        (LAST_OF_2025, THEN),
        (FIRST_OF_2026, NOW),
        (TODAY, NOW),
        (LAST_OF_2026, NOW),
        (FIRST_OF_2027, LATER),
        (date(2040, 1, 1), LATER),
    ],
)
def test_a_question_is_answered_by_the_version_in_force_on_the_day(snapshot: Snapshot, day: date, version: str) -> None:
    reply = on(snapshot, day)
    assert (reply.kind, reply.entry and reply.entry.id) == ("answer", version)


def test_without_a_day_the_version_served_answers(snapshot: Snapshot) -> None:
    reply = on(snapshot, None)
    assert (reply.entry and reply.entry.id, reply) == (NOW, on(snapshot, TODAY))


@pytest.mark.parametrize("day", [LAST_OF_2025, TODAY, FIRST_OF_2027])
def test_the_other_versions_stand_beside_the_answer_the_oldest_first(snapshot: Snapshot, day: date) -> None:
    reply = on(snapshot, day)
    assert reply.entry is not None
    assert ids(reply.versions) == [key for key in (THEN, NOW, LATER) if key != reply.entry.id]


def test_versions_are_shown_in_their_own_words_and_windows(snapshot: Snapshot) -> None:
    shown = shape.reply(snapshot, on(snapshot, TODAY), "0" * 32, 0.0, small_kb.NOW)
    assert shown.answer is not None
    found = [
        (one.text.splitlines()[0], one.effective_from, one.effective_to) for one in (shown.answer, *shown.versions)
    ]
    assert found == [
        ("书面合同签订后五日内退。", FIRST_OF_2026, LAST_OF_2026),
        ("书面合同签订后三十日内退。", date(2024, 1, 1), LAST_OF_2025),
        ("书面合同签订后三日内退。", FIRST_OF_2027, None),
    ]


def test_each_version_cites_the_article_of_its_own_time(snapshot: Snapshot) -> None:
    shown = shape.reply(snapshot, on(snapshot, TODAY), "0" * 32, 0.0, small_kb.NOW)
    assert shown.answer is not None
    assert [one.legal_basis[0].gist for one in (shown.answer, *shown.versions)] == [
        f"招标人最迟在书面合同签订后{days}日内退还投标保证金和银行同期存款利息。" for days in (5, 30, 3)
    ]


def test_before_any_version_there_is_no_answer_and_all_versions_are_shown(snapshot: Snapshot) -> None:
    reply = on(snapshot, date(2023, 12, 31))
    assert (reply.kind, reply.entry, reply.handover) == ("decline", None, True)
    assert reply.text == snapshot.knowledge.replies.not_in_force
    assert ids(reply.versions) == [THEN, NOW, LATER]


def test_an_entry_of_one_version_is_in_force_within_its_window_only(base: Path, dictionary: Any) -> None:
    window = f"effective_from: {TODAY}\n    effective_to: {TODAY}"
    small_kb.edit(base, "faq/deposits.yaml", "    keywords: [退还]", f"    {window}\n    keywords: [退还]")
    snapshot = published(base, dictionary)
    asked = "政府采购的投标保证金什么时候退？"
    replies = [on(snapshot, TODAY + timedelta(days=days), asked) for days in (-1, 0, 1)]
    assert [(reply.kind, ids(reply.versions)) for reply in replies] == [
        ("decline", ["deposit-02"]),
        ("answer", []),
        ("decline", ["deposit-02"]),
    ]


def test_an_entry_without_a_window_is_in_force_on_every_day(snapshot: Snapshot) -> None:
    for day in (date(1990, 1, 1), TODAY, date(2090, 1, 1)):
        reply = on(snapshot, day, "PIN码输错被锁死了怎么解锁？")
        assert (reply.kind, reply.versions) == ("answer", ())


def test_only_the_version_of_today_is_asked(snapshot: Snapshot) -> None:
    """The wording that only the future version has is not among those a question is compared with."""
    assert {THEN, LATER}.isdisjoint(intent.id for intent in snapshot.intents)
    assert "明年起工程押金几天退" not in snapshot.phrase_texts
    assert (snapshot.by_number["061"].id, ids(snapshot.knowledge.superseded)) == (NOW, [THEN, LATER])


@pytest.mark.parametrize(("day", "served"), [(LAST_OF_2025, THEN), (FIRST_OF_2026, NOW), (FIRST_OF_2027, LATER)])
def test_the_version_served_is_that_of_the_day_of_publication(base: Path, day: date, served: str) -> None:
    knowledge, _, _ = check(base, day)
    assert knowledge is not None
    assert {entry.id for entry in knowledge.entries} & {THEN, NOW, LATER} == {served}
    assert set(ids(knowledge.superseded)) == {THEN, NOW, LATER} - {served}


def test_every_version_names_the_whole_chain(snapshot: Snapshot) -> None:
    chain = [THEN, NOW, LATER]
    assert {key: ids(versions) for key, versions in snapshot.versions.items()} == dict.fromkeys(chain, chain)


def test_of_two_versions_in_force_the_newer_one_holds(base: Path, dictionary: Any) -> None:
    """Nobody need go back to a version to end it: the next one does."""
    small_kb.edit(base, "faq/versions.yaml", "    effective_to: 2025-12-31\n", "")
    snapshot = published(base, dictionary)
    found = [on(snapshot, day).entry for day in (LAST_OF_2025, FIRST_OF_2026, TODAY)]
    assert [entry and entry.id for entry in found] == [THEN, NOW, NOW]


def test_nothing_refers_to_a_version_that_is_not_served(base: Path) -> None:
    small_kb.edit(base, "faq/deposits.yaml", "related: [deposit-01]", f"related: [deposit-01, {THEN}, {LATER}]")
    knowledge, _, _ = check(base, TODAY)
    assert knowledge is not None
    assert next(entry for entry in knowledge.entries if entry.id == "deposit-02").related == (NOW,)


def test_a_version_of_no_entry_is_met_with_the_nearest(base: Path) -> None:
    at = small_kb.edit(base, "faq/deposits.yaml", "replaces: deposit-81", "replaces: deposit-801")
    (problem,) = [problem for problem in errors(base) if problem.key == "deposit-01.replaces"]
    assert problem.mark == at._replace(column=at.column + len("replaces: "))
    assert problem.message == "没有这个条目，是不是想写「deposit-81」"


def test_an_entry_is_replaced_by_one_version_only(base: Path) -> None:
    at = small_kb.edit(base, "faq/versions.yaml", "replaces: deposit-01", "replaces: deposit-81")
    (problem,) = [problem for problem in errors(base) if problem.key == "deposit-91.replaces"]
    assert (problem.mark.file, problem.mark.line, problem.message) == (at.file, at.line, "deposit-01 已经代替了它")


@pytest.mark.parametrize("target", [THEN, LATER])
def test_a_version_does_not_go_in_circles(base: Path, target: str) -> None:
    """The oldest version replaces itself, or the newest one."""
    at = small_kb.edit(base, "faq/versions.yaml", "from: 2024-01-01", f"from: 2024-01-01\n    replaces: {target}")
    (problem,) = [problem for problem in errors(base) if problem.key == "deposit-81.effective_from"]
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line)
    assert problem.message == f"生效日不晚于它代替的 {target}"


def test_a_wording_of_another_entry_stays_taken(base: Path) -> None:
    small_kb.edit(base, "faq/versions.yaml", "[明年起工程押金几天退]", "[办锁去哪里]")
    (problem,) = errors(base)
    assert problem.key == "deposit-91.aliases[0]"


# Statutes.


def days_cited(reply: Reply) -> list[str]:
    return [hit.article.gist.gist.split("后")[1].split("内")[0] for hit in reply.articles if hit.article.gist]


@pytest.mark.parametrize(("day", "days"), [(LAST_OF_2025, "30日"), (TODAY, "5日"), (FIRST_OF_2027, "3日")])
def test_a_citation_leads_to_the_article_as_it_reads_on_the_day(snapshot: Snapshot, day: date, days: str) -> None:
    reply = on(snapshot, day, ARTICLE)
    assert (reply.kind, reply.tier, days_cited(reply)) == ("policy", "cited", [days])
    assert [option.entry.id for option in reply.options] == [NOW]


def test_without_a_day_a_citation_leads_to_every_version(snapshot: Snapshot) -> None:
    assert days_cited(on(snapshot, None, ARTICLE)) == ["30日", "5日", "3日"]


def test_before_any_version_of_a_statute_its_articles_are_not_cited(snapshot: Snapshot) -> None:
    reply = on(snapshot, date(2012, 1, 31), ARTICLE)
    assert (reply.kind == "policy", reply.articles) == (False, ())


@pytest.mark.parametrize("asked", [ARTICLE, f"{TITLE} 退还", "合同签订后几日内退还利息", TITLE])
@pytest.mark.parametrize(
    ("day", "policy"),
    [
        (LAST_OF_2025, "regulations-old"),
        (FIRST_OF_2026, "regulations"),
        (LAST_OF_2026, "regulations"),
        (FIRST_OF_2027, "regulations-to-come"),
    ],
)
def test_a_search_finds_the_articles_of_the_day_only(snapshot: Snapshot, asked: str, day: date, policy: str) -> None:
    assert snapshot.laws is not None
    hits = laws.find(snapshot.laws, snapshot.encoder, snapshot.tokenizer, asked, as_of=day)
    assert {hit.article.policy.id for hit in hits if hit.article.policy.title == TITLE} == {policy}


def test_other_versions_are_those_of_the_number_that_read_otherwise(snapshot: Snapshot) -> None:
    """第五十七条 changed each time, 第五十八条 never did."""
    assert snapshot.laws is not None
    by_number = {article.number: article for article in snapshot.laws.of("regulations")}
    others = snapshot.laws.other_versions(by_number["第五十七条"])
    assert [article.policy.id for article in others] == ["regulations-old", "regulations-to-come"]
    assert snapshot.laws.other_versions(by_number["第五十八条"]) == []


def test_other_versions_are_shown_with_their_windows(snapshot: Snapshot) -> None:
    shown = shape.reply(snapshot, on(snapshot, TODAY, ARTICLE), "0" * 32, 0.0, small_kb.NOW)
    (article,) = shown.articles
    assert (article.policy_id, article.effective_from, article.effective_to) == (
        "regulations",
        FIRST_OF_2026,
        LAST_OF_2026,
    )
    assert [(other.effective_from, other.effective_to) for other in article.versions] == [
        (date(2012, 2, 1), LAST_OF_2025),
        (FIRST_OF_2027, None),
    ]


@pytest.mark.parametrize("day", [LAST_OF_2025, TODAY, FIRST_OF_2027])
def test_an_entry_is_not_put_to_rest_while_any_version_of_its_statute_holds(base: Path, day: date) -> None:
    _, problems, _ = check(base, day)
    assert [problem.key for problem in problems if problem.key.endswith("legal_basis")] == []


def test_an_entry_rests_when_the_last_version_of_its_statute_is_over(base: Path) -> None:
    small_kb.edit(base, "policies/z.yaml", "status: in_force", "status: repealed")
    _, problems, _ = check(base, FIRST_OF_2027)
    resting = [problem for problem in problems if problem.key.endswith(".legal_basis")]
    assert [problem.key for problem in resting] == ["deposit-91.legal_basis"]


def test_a_figure_must_be_that_of_the_version_of_its_time(base: Path) -> None:
    """Five days is in the statute of 2026, not in that of 2027."""
    at = small_kb.edit(base, "faq/versions.yaml", "三日内退", "五日内退")
    (problem,) = [problem for problem in check(base, TODAY)[1] if problem.message == "所引条款里没有这些数"]
    assert (problem.mark.file, problem.mark.line) == (at.file, at.line)
    assert (problem.key, problem.found) == ("deposit-91.answer", "五日")
