"""What a word means: the dictionary answers, in its own words, and names the entries that use the word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.dialogue import lookup
from app.dialogue.answer import Question, Reply, answer
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from app.text.normalize import normalize, strip_fillers
from tests import small_kb
from tests.fakes import FakeEncoder

CERTIFICATE = "在网上证明身份、用来签章和加解密的电子凭证。"
SEALED = "隐去投标人名称后评审的技术标。"
TERMS = """\
  - term: 暗标
    aliases: [盲评标书]
    definition: 隐去投标人名称后评审的技术标。
"""
"""A word of no entry, beside the small knowledge's 数字证书 (CA锁, U盾), which ca-01 has in its question."""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return with_terms(tmp_path)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, dictionary: Any) -> Snapshot:
    return published(with_terms(tmp_path_factory.mktemp("terms")), dictionary)


def with_terms(folder: Path) -> Path:
    kb = small_kb.write_whole(folder)
    with (kb / "terms.yaml").open("a", encoding="utf-8") as file:
        file.write(TERMS)
    return kb


def published(kb: Path, dictionary: Any) -> Snapshot:
    return publish(kb, kb.parent / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW)[0]


def ask(snapshot: Snapshot, text: str) -> Reply:
    return answer(snapshot, Question(text))[0]


def asked(snapshot: Snapshot, text: str) -> str | None:
    term = lookup.term_asked(snapshot, strip_fillers(normalize(text)))
    return term.term if term else None


FORMS = [
    "什么是{}",
    "什么是{}？",
    "请问什么是 {} 呢",
    "什么叫{}",
    "啥是{}",
    "啥叫{}",
    "{}是什么",
    "{}是什么意思",
    "{}是什么意思啊？",
    "{}什么意思",
    "{}啥意思",
    "{}是啥意思",
    "{}是啥",
    "{}是个啥东西",
    "{}指什么",
    "{}指的是什么",
    "{}的含义是什么",
    "{}的定义",
    "何为{}",
    "何谓{}",
    "解释一下{}",
    "「{}」是什么意思",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("word", "term", "definition"),
    [
        ("数字证书", "数字证书", CERTIFICATE),
        ("U盾", "数字证书", CERTIFICATE),
        ("ｃａ鎖", "数字证书", CERTIFICATE),
        ("暗标", "暗标", SEALED),
        ("盲评标书", "暗标", SEALED),
    ],
)
def test_a_word_asked_for_is_answered_with_its_definition(
    snapshot: Snapshot, form: str, word: str, term: str, definition: str
) -> None:
    """An alias, in whatever writing, gives its term."""
    reply = ask(snapshot, form.format(word))
    assert (reply.kind, reply.tier, reply.entry, reply.confidence) == ("term", "term", None, 1.0)
    assert reply.term is not None
    assert (reply.text, reply.term.term, reply.term.definition) == (term, term, definition)
    assert not reply.handover


@pytest.mark.parametrize("word", ["暗标", "盲评标书", "请问暗标？", "「暗標」"])
def test_a_message_of_the_word_alone_asks_for_it_where_no_entry_answers(snapshot: Snapshot, word: str) -> None:
    reply = ask(snapshot, word)
    assert (reply.kind, reply.text) == ("term", "暗标")


def test_a_message_of_the_word_alone_that_is_a_known_wording_is_asked_back_about(base: Path, dictionary: Any) -> None:
    """Whoever types no more than the name of a thing may want something of it, where there is something to be had."""
    small_kb.edit(base, "clarify.yaml", "- 退保证金", "- 暗标")
    snapshot = published(base, dictionary)
    assert [ask(snapshot, text).kind for text in ("暗标", "暗标啥意思")] == ["clarify", "term"]


def test_an_entry_whose_wording_is_only_close_does_not_stand_for_the_definition(base: Path, dictionary: Any) -> None:
    """It is offered first."""
    small_kb.edit(base, "faq/certificates.yaml", "- 锁的密码忘了", "- 什么是暗标书")
    reply = ask(published(base, dictionary), "什么是暗标")
    assert reply.ranking is not None
    assert reply.ranking.hits[0].intent.id == "ca-02"
    assert (reply.kind, reply.entry, reply.options[0].entry.id) == ("term", None, "ca-02")


@pytest.mark.parametrize(
    "text",
    [
        "数字证书怎么办理",
        "暗标怎么编制",
        "暗标里能写公司名称吗",
        "什么是暗标里不能写的内容",
        "什么情况算暗标",
        "暗标和明标有什么区别",
        "暗标什么时候开",
        "项目说要做暗标是什么意思",
        "暗标是",
        "什么是",
        "什么意思",
        "什么是暗",
        "什么是明标",
    ],
)
def test_a_question_that_merely_contains_a_term_does_not_ask_for_it(snapshot: Snapshot, text: str) -> None:
    assert asked(snapshot, text) is None
    assert ask(snapshot, text).kind != "term"


@pytest.mark.parametrize("word", ["什么是暗标", "U盾啥意思"])
def test_a_known_wording_of_an_entry_wins_over_the_dictionary(base: Path, dictionary: Any, word: str) -> None:
    small_kb.edit(base, "faq/certificates.yaml", "- 锁的密码忘了", f"- 锁的密码忘了\n      - {word}")
    snapshot = published(base, dictionary)
    for asked_so in (word, f"请问{word}？"):
        reply = ask(snapshot, asked_so)
        assert (reply.kind, reply.tier, reply.entry and reply.entry.id) == ("answer", "exact", "ca-02")


def test_a_term_that_is_also_a_wording_of_an_entry_is_answered_by_it(base: Path, dictionary: Any) -> None:
    small_kb.edit(base, "faq/certificates.yaml", "- 锁的密码忘了", "- 暗标")
    snapshot = published(base, dictionary)
    assert (ask(snapshot, "暗标").kind, ask(snapshot, "什么是暗标").kind) == ("answer", "term")


# The entries that use the word.


def test_entries_with_the_word_in_their_question_come_first_then_those_with_it_in_their_answer(
    base: Path, dictionary: Any
) -> None:
    small_kb.edit(base, "faq/certificates.yaml", "联系发证机构解锁，", "联系数字证书的发证机构解锁，")
    small_kb.edit(base, "faq/deposits.yaml", "question: 政府采购的投标", "question: 用U盾缴的政府采购投标")
    snapshot = published(base, dictionary)
    term = snapshot.term_of["u盾"]
    assert [entry.id for entry in lookup.entries_using(snapshot, term)] == ["ca-01", "deposit-02", "ca-02"]


def test_a_word_that_no_entry_uses_has_none(snapshot: Snapshot) -> None:
    assert lookup.entries_using(snapshot, snapshot.term_of["暗标"]) == ()
    assert ask(snapshot, "什么是暗标").kind == "term"


def test_the_entries_that_use_the_word_are_offered_and_can_be_picked(snapshot: Snapshot) -> None:
    reply, turn = answer(snapshot, Question("数字证书啥意思"))
    offered = [option.entry for option in reply.options]
    assert "ca-01" in {entry.id for entry in offered}
    for place, entry in enumerate(offered, 1):
        picked, _ = answer(snapshot, Question(str(place)), turn)
        assert (picked.kind, picked.entry) == ("answer", entry)


def test_no_more_than_five_entries_are_offered_and_none_twice(base: Path, dictionary: Any) -> None:
    entry = "  - id: ca-1{0}\n    number: 90{0}\n    audience: [bidder]\n    business: [通用]\n"
    entry += "    question: 第{0}种数字证书的用法\n    answer: 数字证书照说明书用。\n    updated: 2026-01-15\n"
    with (base / "faq" / "certificates.yaml").open("a", encoding="utf-8") as file:
        file.write("\n" + "\n".join(entry.format(i) for i in range(8)))
    options = [option.entry.id for option in ask(published(base, dictionary), "什么是数字证书").options]
    assert len(options) == len(set(options)) == 5
