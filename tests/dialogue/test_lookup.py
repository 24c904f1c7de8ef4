"""Messages that need no input method: the number of an entry, and pinyin."""

from __future__ import annotations

import pytest

from app.dialogue.answer import Question, Reply, answer
from app.dialogue.turn import Turn
from app.snapshot import Snapshot
from tests.conftest import Published


@pytest.fixture(scope="module")
def shipped(published: Published) -> Snapshot:
    return published.snapshot


def say(snapshot: Snapshot, text: str, turn: Turn | None = None) -> Reply:
    return answer(snapshot, Question(text), turn)[0]


def offered(reply: Reply) -> list[str]:
    return [option.entry.id for option in reply.options]


# Numbers.


@pytest.mark.parametrize(
    "written",
    [
        "037",
        "编号037",
        "编号 037",
        "第037号",
        "037号",
        "第037条",
        "０３７",
        "No.037",
        "请问编号037",
        "条目037",
        "037。",
    ],
)
def test_a_number_is_answered_by_its_entry(shipped: Snapshot, written: str) -> None:
    reply = say(shipped, written)
    assert (reply.kind, reply.entry, reply.tier) == ("answer", shipped.by_number["037"], "number")
    assert (reply.confidence, reply.options, reply.handover) == (1.0, (), False)


def test_every_entry_is_reached_by_its_number(shipped: Snapshot) -> None:
    wrong = [e.number for e in shipped.knowledge.entries if say(shipped, e.number).entry is not e]
    assert wrong == []


@pytest.mark.parametrize("written", ["999", "编号999", "000"])
def test_a_number_of_no_entry_is_no_answer(shipped: Snapshot, written: str) -> None:
    assert written[-3:] not in shipped.by_number
    reply = say(shipped, written)
    assert reply.kind != "answer"
    assert reply.tier != "number"


@pytest.mark.parametrize("written", ["37", "0037", "1037", "03 7", "保证金037", "037万", "037 038"])
def test_other_figures_are_no_number_of_an_entry(shipped: Snapshot, written: str) -> None:
    assert say(shipped, written).tier != "number"


def test_while_options_stand_a_short_figure_picks_one_and_three_digits_an_entry(shipped: Snapshot) -> None:
    first, turn = answer(shipped, Question("保证金多久退"))
    picked, named = say(shipped, "2", turn), say(shipped, "037", turn)
    assert (picked.entry, picked.tier) == (first.options[1].entry, "offered")
    assert (named.entry, named.tier) == (shipped.by_number["037"], "number")


# Pinyin.


@pytest.mark.parametrize("typed", ["jiemi", "pdf", "lao ban", "toubiaowenjian", "tbwj", "ca zheng shu"])
def test_letters_that_sound_like_something_are_met_with_a_question_back(shipped: Snapshot, typed: str) -> None:
    """Never answered outright: letters name a sound, and more than one word has it."""
    reply = say(shipped, typed)
    assert (reply.kind, reply.entry, reply.handover) == ("clarify", None, False)
    assert 2 <= len(reply.options) <= 5
    assert reply.text


def test_letters_that_sound_like_one_entry_offer_it_and_a_person(shipped: Snapshot) -> None:
    reply = say(shipped, "http")
    assert (reply.kind, reply.tier, offered(reply), reply.handover) == ("decline", "pinyin", ["guide-09"], True)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("bzj", "保证金"), ("BZJ", "保证金"), ("baozhengjin", "保证金"), ("kaibiao", "开标"), ("jmsb", "解密失败")],
)
def test_letters_that_are_a_word_of_the_trade_are_read_as_it_and_the_reading_is_shown(
    shipped: Snapshot, typed: str, read: str
) -> None:
    reply = say(shipped, typed)
    assert (reply.corrected, reply.tier) == (read, "corrected")
    shown = [reply.entry] if reply.entry else [option.entry for option in reply.options]
    assert shown
    for entry in shown:
        assert any(read[:2] in wording for wording in (entry.question, *entry.aliases)), entry.id


@pytest.mark.parametrize(("typed", "first"), [("jiemi", "open-02"), ("pin", "ca-05")])
def test_the_entry_whose_question_has_the_word_stands_first(shipped: Snapshot, typed: str, first: str) -> None:
    assert offered(say(shipped, typed))[0] == first


def test_an_option_that_pinyin_brought_is_picked_by_its_number(shipped: Snapshot) -> None:
    first, turn = answer(shipped, Question("jiemi"))
    picked = say(shipped, "2", turn)
    assert (first.kind, picked.kind, picked.entry) == ("clarify", "answer", first.options[1].entry)


@pytest.mark.parametrize(
    "typed", ["hello world", "good morning", "test", "what is this", "qwertyuiop", "null", "thank you very much"]
)
def test_words_of_another_language_bring_no_options(shipped: Snapshot, typed: str) -> None:
    reply = say(shipped, typed)
    assert reply.kind in ("decline", "smalltalk")
    assert (reply.options, reply.corrected) == ((), None)


@pytest.mark.parametrize("typed", ["bz", "b", "保证金bzj", "bzj123"])
def test_too_few_letters_or_letters_among_others_are_no_pinyin(shipped: Snapshot, typed: str) -> None:
    assert say(shipped, typed).tier != "pinyin"


@pytest.mark.parametrize("typed", ["a" * 61, "bzj " * 100, "'" * 30, "b" * 500])
def test_long_runs_of_letters_are_met_calmly(shipped: Snapshot, typed: str) -> None:
    assert say(shipped, typed).tier != "pinyin"
