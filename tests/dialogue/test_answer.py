"""Whole conversations with the shipped knowledge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.dialogue.answer import Question, Reply, answer
from app.dialogue.turn import Sessions, Turn
from app.knowledge.render import fill
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from app.text.normalize import match_key
from tests import small_kb
from tests.conftest import Published
from tests.fakes import FakeEncoder

AMBIGUOUS = "保证金多久退"
KINDS_OF_DEPOSIT = ["deposit-04", "deposit-05", "land-04", "equity-07"]
PIN = "U盾密码输错锁住了咋整"
PROCUREMENT = "政府采购投标保证金多久退"
WORKS = "工程投标保证金多久退"
OFF_TOPIC = "今天天气怎么样"


@pytest.fixture(scope="session")
def shipped(published: Published) -> Snapshot:
    return published.snapshot


def talk(snapshot: Snapshot, *messages: str) -> list[Reply]:
    """The replies to messages of one conversation."""
    replies, turn = [], Turn()
    for message in messages:
        reply, turn = answer(snapshot, Question(message), turn)
        replies.append(reply)
    return replies


def last(snapshot: Snapshot, *messages: str) -> Reply:
    return talk(snapshot, *messages)[-1]


def entry_of(reply: Reply) -> str | None:
    return reply.entry.id if reply.entry else None


def offered(reply: Reply) -> list[str]:
    return [option.entry.id for option in reply.options]


# One message.


def test_a_deposit_of_no_named_kind_is_asked_back(shipped: Snapshot) -> None:
    reply = last(shipped, AMBIGUOUS)
    assert (reply.kind, reply.entry) == ("clarify", None)
    assert set(KINDS_OF_DEPOSIT) <= set(offered(reply))
    assert 2 <= len(reply.options) <= 5
    assert all(option.label for option in reply.options)
    assert len({option.label for option in reply.options}) == len(reply.options)


def test_a_locked_key_in_everyday_words_is_answered(shipped: Snapshot) -> None:
    reply = last(shipped, PIN)
    assert (reply.kind, entry_of(reply), reply.options) == ("answer", "ca-05", ())


def test_the_weather_is_declined_and_a_person_named(shipped: Snapshot) -> None:
    reply = last(shipped, OFF_TOPIC)
    assert (reply.kind, reply.entry, reply.handover) == ("decline", None, True)


def test_a_greeting_is_small_talk(shipped: Snapshot) -> None:
    reply = last(shipped, "你好")
    assert (reply.kind, reply.entry, reply.options) == ("smalltalk", None, ())


def test_a_bid_is_not_judged_but_its_rule_is_shown(shipped: Snapshot) -> None:
    reply = last(shipped, "这家报价太低能不能废掉")
    assert (reply.kind, entry_of(reply)) == ("neutral", "expert-05")
    assert reply.text == shipped.fill(shipped.knowledge.replies.neutral)


@pytest.mark.parametrize("asked", ["", "？？？", "   "])
def test_a_message_that_says_nothing_is_declined(shipped: Snapshot, asked: str) -> None:
    reply = last(shipped, asked)
    assert (reply.kind, reply.entry, reply.handover) == ("decline", None, True)


def test_the_same_message_gets_the_same_reply_whatever_others_asked(shipped: Snapshot) -> None:
    before = talk(shipped, AMBIGUOUS, PIN, OFF_TOPIC)
    talk(shipped, "你好", WORKS, "政府采购的呢")
    assert talk(shipped, AMBIGUOUS, PIN, OFF_TOPIC) == before


def test_every_entry_answers_its_own_question_word_for_word(shipped: Snapshot) -> None:
    """What is read aloud or copied has every letter and digit of the editor's text, in order, and no other."""
    for entry in shipped.knowledge.entries:
        reply = last(shipped, entry.question)
        assert (reply.kind, reply.entry) == ("answer", entry)
        written = fill(entry.answer, shipped.values)
        assert match_key(shipped.rendered[entry.id].text) == match_key(written)
        assert "{{" not in shipped.rendered[entry.id].html


def test_no_entry_answers_a_wording_it_disowns(shipped: Snapshot) -> None:
    wrong = []
    for entry in shipped.knowledge.entries:
        for wording in entry.not_aliases:
            reply = last(shipped, wording)
            if reply.kind == "answer" and reply.entry == entry:
                wrong.append((entry.id, wording))
    assert wrong == []


def test_a_chosen_category_keeps_entries_of_others_out(shipped: Snapshot) -> None:
    reply, _ = answer(shipped, Question("密码忘了怎么找回", category="CA数字证书"))
    named = [reply.entry, *(option.entry for option in reply.options)]
    assert {entry.category for entry in named if entry} <= {"CA数字证书"}


def test_a_chosen_business_settles_an_ambiguous_question(shipped: Snapshot) -> None:
    reply, turn = answer(shipped, Question(AMBIGUOUS, business="政府采购"))
    assert (reply.kind, entry_of(reply)) == ("answer", "deposit-05")
    assert turn.business == "政府采购"


# Choosing from the options.


@pytest.mark.parametrize(
    ("said", "expected"),
    [("1", 0), ("２", 1), ("第二个", 1), ("第三个吧", 2), ("选四", 3), ("政府采购", 1), ("工程的", 0), ("土地的", 2)],
)
def test_an_option_is_picked_by_number_or_by_word(shipped: Snapshot, said: str, expected: int) -> None:
    first, second = talk(shipped, AMBIGUOUS, said)
    assert second.kind == "answer"
    assert entry_of(second) == offered(first)[expected]


def test_every_option_is_picked_by_the_words_it_shows(shipped: Snapshot) -> None:
    """Whoever types what stands on the button gets what the button gives."""
    wrong = []
    for topic in shipped.knowledge.topics:
        asked = [answer(shipped, Question(phrase)) for phrase in topic.phrases[:3]]
        reply, turn = next((reply, turn) for reply, turn in asked if reply.kind == "clarify")
        for option in reply.options:
            given, _ = answer(shipped, Question(option.label), turn)
            if (given.kind, given.entry) != ("answer", option.entry):
                wrong.append((topic.id, option.label, option.entry.id, given.kind, entry_of(given)))
    assert wrong == []


def test_a_number_with_nothing_offered_picks_nothing(shipped: Snapshot) -> None:
    assert last(shipped, "2").kind != "answer"


def test_a_number_beyond_the_options_picks_none_of_them(shipped: Snapshot) -> None:
    first, second = talk(shipped, AMBIGUOUS, "5")
    assert len(first.options) < 5
    assert second.kind != "answer"


def test_options_are_gone_once_one_is_picked(shipped: Snapshot) -> None:
    assert last(shipped, AMBIGUOUS, "2", "3").kind != "answer"


def test_another_question_instead_of_a_choice_is_answered(shipped: Snapshot) -> None:
    assert entry_of(last(shipped, AMBIGUOUS, PIN)) == "ca-05"


# None of these.


def test_none_of_these_asks_for_other_words_and_then_hands_over(shipped: Snapshot) -> None:
    _, first, _, second = talk(shipped, AMBIGUOUS, "都不是", AMBIGUOUS, "都不是")
    assert (first.kind, first.text, first.options) == ("decline", shipped.knowledge.replies.clarify_failed, ())
    assert (second.kind, second.handover, second.options) == ("decline", True, ())


def test_none_of_these_said_twice_in_a_row_hands_over(shipped: Snapshot) -> None:
    """The second is no farewell: nothing was found, and now nothing is even offered."""
    reply = last(shipped, AMBIGUOUS, "都不是", "都不是")
    assert (reply.kind, reply.handover) == ("decline", True)


def test_however_often_none_fits_the_way_out_stays_open(shipped: Snapshot) -> None:
    """From the second time on every refusal of the options names a person."""
    replies = talk(shipped, *[AMBIGUOUS, "都不是"] * 4)
    assert [reply.kind for reply in replies] == ["clarify", "decline"] * 4
    assert [reply.handover for reply in replies[1::2]] == [False, True, True, True]


def test_an_answer_in_between_starts_the_count_anew(shipped: Snapshot) -> None:
    reply = last(shipped, AMBIGUOUS, "都不是", PIN, AMBIGUOUS, "都不是")
    assert (reply.text, reply.handover) == (shipped.knowledge.replies.clarify_failed, False)


# Follow-ups.


def test_a_follow_up_is_read_together_with_what_was_answered(shipped: Snapshot) -> None:
    first, second = talk(shipped, PIN, "那去哪里解锁")
    assert entry_of(second) == "ca-05"
    assert first.understood_as is None
    assert second.understood_as in (shipped.entries["ca-05"].keywords[0], shipped.entries["ca-05"].question)


def test_without_anything_before_it_a_follow_up_is_not_answered_by_guess(shipped: Snapshot) -> None:
    reply = last(shipped, "那去哪里解锁")
    assert (reply.kind == "answer", reply.understood_as) == (False, None)


@pytest.mark.parametrize(
    ("asked", "then", "expected"),
    [
        (WORKS, "政府采购的呢", "deposit-05"),
        (PROCUREMENT, "那工程的呢", "deposit-04"),
        ("忘了平台登录密码", "那CA的PIN码忘了呢", "ca-05"),
    ],
)
def test_a_follow_up_that_names_another_case_gets_that_case(
    shipped: Snapshot, asked: str, then: str, expected: str
) -> None:
    first, second = talk(shipped, asked, then)
    assert first.kind == "answer"
    assert (second.kind, entry_of(second)) == ("answer", expected)


@pytest.mark.parametrize(
    ("asked", "then", "expected"),
    [
        (PROCUREMENT, PIN, "ca-05"),
        (PIN, PROCUREMENT, "deposit-05"),
        (PIN, "怎么判断投标报价低于成本，能直接否决吗", "expert-05"),
    ],
)
def test_a_new_subject_is_not_glued_to_the_past(shipped: Snapshot, asked: str, then: str, expected: str) -> None:
    reply = last(shipped, asked, then)
    alone = last(shipped, then)
    assert (entry_of(reply), reply.understood_as) == (expected, None)
    assert (reply.kind, reply.text, reply.tier) == (alone.kind, alone.text, alone.tier)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (("保证金啥时候退", "工程的", "给不给利息"), "deposit-04"),
        (("土地挂牌怎么报名", "那保证金怎么交"), "land-04"),
        (("土地挂牌怎么报名", "政府采购的保证金交多少", "那什么时候退"), "deposit-05"),
    ],
)
def test_the_line_of_business_named_last_holds_for_what_follows(
    shipped: Snapshot, said: tuple[str, ...], expected: str
) -> None:
    assert entry_of(last(shipped, *said)) == expected


def test_a_follow_up_whose_own_words_speak_for_another_entry_is_no_repetition(shipped: Snapshot) -> None:
    assert entry_of(last(shipped, PIN)) == "ca-05"
    assert entry_of(last(shipped, PIN, "那要是锁弄丢了呢")) == "ca-07"


@pytest.mark.parametrize("first", [PIN, WORKS, "开标时投标文件解密失败怎么办"])
@pytest.mark.parametrize("then", ["今天天气怎么样", "今天晚饭吃什么好", "讲个笑话听听", "写首诗", "😂😂😂"])
def test_what_has_nothing_to_do_with_the_trade_continues_nothing(shipped: Snapshot, first: str, then: str) -> None:
    reply = last(shipped, first, then)
    assert (reply.entry, reply.kind) == (None, last(shipped, then).kind)


def test_a_wording_of_its_own_is_asked_back_about_though_something_else_was_answered(shipped: Snapshot) -> None:
    reply = last(shipped, "开标时投标文件解密失败怎么办", "保证金多久退")
    assert (reply.kind, reply.options) == ("clarify", last(shipped, "保证金多久退").options)


def test_small_talk_in_between_does_not_break_the_thread(shipped: Snapshot) -> None:
    reply = last(shipped, PIN, "谢谢", "那去哪里解锁")
    assert entry_of(reply) == "ca-05"
    assert reply.understood_as in (shipped.entries["ca-05"].keywords[0], shipped.entries["ca-05"].question)


def test_two_conversations_do_not_touch(shipped: Snapshot) -> None:
    sessions = Sessions(lambda: 0.0)

    def say(who: str, message: str) -> Reply:
        reply, turn = answer(shipped, Question(message), sessions.get(who))
        sessions.put(who, turn)
        return reply

    say("left", AMBIGUOUS)
    say("right", PIN)
    assert say("right", "2") == last(shipped, PIN, "2")
    assert entry_of(say("left", "2")) == "deposit-05"
    assert say("right", "都不是") == last(shipped, PIN, "2", "都不是")


# Error texts.


@pytest.mark.parametrize(
    "pasted",
    [
        "明天就开标了，投标工具弹出来一行 PIN码验证失败，剩余重试次数：0 ，保证金也交了，我该怎么办",
        "[ERROR] 2026-03-01 设备已锁定，请联系发证机构解锁 (0x6983)",
    ],
)
def test_a_message_of_a_program_inside_a_longer_paste_decides(shipped: Snapshot, pasted: str) -> None:
    reply = last(shipped, pasted)
    assert (reply.kind, entry_of(reply)) == ("answer", "ca-05")


def small(kb: Path, indexes: Path, dictionary: Any) -> Snapshot:
    return publish(kb, indexes, FakeEncoder(), dictionary, now=small_kb.NOW)[0]


def test_of_two_messages_in_a_paste_the_longer_wins(kb: Path, tmp_path: Path, dictionary: Any) -> None:
    """「证书密码错误」 of one entry stands inside the longer message of another."""
    small_kb.edit(
        kb,
        "faq/certificates.yaml",
        "    keywords: [办锁, 新办]",
        "    keywords: [办锁]\n    error_texts: [证书密码错误]",
    )
    snapshot = small(kb, tmp_path / "indexes", dictionary)
    assert entry_of(last(snapshot, "提示：证书密码错误，请重试")) == "ca-01"
    assert entry_of(last(snapshot, "提示：证书密码错误，剩余重试次数为零！")) == "ca-02"


def test_a_message_of_a_program_wins_over_options_and_past(kb: Path, tmp_path: Path, dictionary: Any) -> None:
    snapshot = small(kb, tmp_path / "indexes", dictionary)
    first, second = talk(snapshot, "保证金多久退", "弹窗写着：证书密码错误，剩余重试次数为零")
    assert first.kind == "clarify"
    assert (second.kind, entry_of(second), second.understood_as) == ("answer", "ca-02", None)


# What is remembered.


def test_nothing_that_was_typed_is_remembered(shipped: Snapshot) -> None:
    """Ids and choices only."""
    for message in (PROCUREMENT, AMBIGUOUS, OFF_TOPIC, PIN):
        _, turn = answer(shipped, Question(message))
        assert message not in repr(turn)


def test_role_and_business_chosen_once_hold_for_the_conversation(shipped: Snapshot) -> None:
    _, turn = answer(shipped, Question("你好", audience="bidder", business="土地"))
    reply, turn = answer(shipped, Question(AMBIGUOUS), turn)
    assert (reply.kind, entry_of(reply)) == ("answer", "land-04")
    assert (turn.audience, turn.business) == ("bidder", "土地")


# After a question back.


@pytest.mark.parametrize(
    ("said", "entry"),
    [("工程上的，盖学校那个", "deposit-04"), ("政府采购的货物", "deposit-05"), ("是块地的", "land-04")],
)
def test_what_asks_nothing_is_the_choice(shipped: Snapshot, said: str, entry: str) -> None:
    _, reply = talk(shipped, AMBIGUOUS, said)
    assert (reply.kind, entry_of(reply)) == ("answer", entry)


@pytest.mark.parametrize(
    ("said", "kind"), [("谢谢", "smalltalk"), ("帮我写一份标书", "decline"), ("这家该不该废标", "neutral")]
)
def test_thanks_and_other_matters_choose_nothing(shipped: Snapshot, said: str, kind: str) -> None:
    _, reply = talk(shipped, AMBIGUOUS, said)
    assert (reply.kind, reply.tier) != ("answer", "follow_up")
    assert reply.kind == kind


def test_another_question_is_not_bent_to_the_options(shipped: Snapshot) -> None:
    _, reply = talk(shipped, AMBIGUOUS, shipped.entries["ca-05"].question)
    assert (reply.kind, entry_of(reply)) == ("answer", "ca-05")
