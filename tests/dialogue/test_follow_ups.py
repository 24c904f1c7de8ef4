"""What people say next after an answer means what the knowledge base says it means there, and nothing elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.dialogue.answer import Question, answer
from app.dialogue.turn import Turn
from app.index.encoder import Encoder
from app.publishing.pipeline import publish
from app.snapshot import Snapshot
from app.text.tokenize import Dictionary
from tests import small_kb


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, dictionary: Dictionary) -> Snapshot:
    folder = tmp_path_factory.mktemp("follow-ups")
    snapshot, _ = publish(small_kb.write(folder), folder / "indexes", encoder, dictionary, now=small_kb.NOW)
    return snapshot


def replied(snapshot: Snapshot, text: str, turn: Turn) -> tuple[str, str | None, str]:
    reply, _ = answer(snapshot, Question(text), turn)
    return reply.kind, reply.entry.id if reply.entry else None, reply.tier


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("要带什么材料", "ca-01"),
        ("那忘了密码呢？", "ca-02"),
        ("忘了密码", "ca-02"),
        ("密码输错了要是", "ca-02"),
        ("需要准备哪些东西", "ca-01"),
    ],
    ids=["known", "known but for its mark", "known but for what ties it", "in another order", "in other words"],
)
def test_a_follow_up_of_the_last_answer_gives_the_entry_it_names(small: Snapshot, text: str, entry: str) -> None:
    assert replied(small, text, Turn(answered="ca-01")) == ("answer", entry, "follow_up")


def test_after_another_answer_it_means_nothing(small: Snapshot) -> None:
    assert replied(small, "要带什么材料", Turn(answered="deposit-02"))[2] != "follow_up"


def test_without_a_conversation_it_means_nothing(small: Snapshot) -> None:
    assert replied(small, "要带什么材料", Turn())[0] == "decline"


def test_a_wording_of_its_own_stays_what_it_is(small: Snapshot) -> None:
    assert replied(small, "政采没中标的押金几天退", Turn(answered="deposit-01")) == ("answer", "deposit-02", "exact")


def test_a_message_nearer_to_a_wording_of_its_own_is_that(small: Snapshot) -> None:
    assert replied(small, "签完合同保证金几天能到", Turn(answered="ca-01"))[1:] != ("ca-01", "follow_up")


def test_what_was_answered_then_is_what_the_next_one_follows(small: Snapshot) -> None:
    turn = Turn(answered="ca-01")
    _, turn = answer(small, Question("那忘了密码呢"), turn)
    assert turn.answered == "ca-02"


def test_the_options_just_shown_come_before_it(small: Snapshot) -> None:
    _, turn = answer(small, Question("保证金多久退"), Turn(answered="ca-01"))
    assert turn.asked
    assert replied(small, "政府采购的", turn)[1] == "deposit-02"


def test_an_entry_out_of_force_takes_its_follow_ups_with_it(
    tmp_path: Path, encoder: Encoder, dictionary: Dictionary
) -> None:
    kb = small_kb.write(tmp_path)
    small_kb.edit(kb, "faq/certificates.yaml", "    not_aliases:\n", "    effective_to: 2026-01-31\n    not_aliases:\n")
    snapshot, _ = publish(kb, tmp_path / "indexes", encoder, dictionary, now=small_kb.NOW)
    assert {(item.after, item.entry) for item in snapshot.knowledge.follow_ups} == {
        ("ca-01", "ca-01"),
        ("deposit-01", "deposit-01"),
    }
    assert replied(snapshot, "那忘了密码呢", Turn(answered="ca-01"))[1] != "ca-02"
