"""Words of the dictionary, found by name or by what they mean."""

from __future__ import annotations

from app.knowledge.model import Term
from app.retrieval.terms import find

TERMS = (
    Term(term="暗标", definition="评审时看不出是谁编制的那部分投标文件。"),
    Term(term="投标保证金", aliases=("投标押金",), definition="随投标文件一起交、担保投标人守约的钱。"),
    Term(term="履约保证金", definition="中标后交、担保合同履行的钱。"),
)


def names(text: str) -> list[str]:
    return [hit.term.term for hit in find(TERMS, text)]


def test_a_name_or_alias_comes_first_and_scores_1():
    assert find(TERMS, "投标押金")[0] == (TERMS[1], 1.0)


def test_part_of_a_name_finds_all_that_hold_it():
    assert names("保证金") == ["投标保证金", "履约保证金"]


def test_a_name_in_a_longer_text_is_found():
    assert names("什么是暗标") == ["暗标"]


def test_a_meaning_finds_the_word():
    assert names("担保合同履行") == ["履约保证金"]


def test_what_no_word_is_about_finds_none():
    assert names("今天天气") == []
    assert names("？") == []
