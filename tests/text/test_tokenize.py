"""Each snapshot cuts words by its own dictionary."""

from __future__ import annotations

from typing import Any

from app.text.tokenize import Tokenizer, bigrams

INVENTED = "泗河投标通"
SENTENCE = "泗河投标通登不上去"


def test_words_of_a_new_snapshot_do_not_reach_the_one_that_serves(dictionary: Any) -> None:
    serving = Tokenizer(dictionary, [], {})
    before = serving.words(SENTENCE)
    assert INVENTED not in before

    assert INVENTED in Tokenizer(dictionary, [INVENTED], {}).words(SENTENCE)

    assert serving.words(SENTENCE) == before
    assert Tokenizer(dictionary, [], {}).words(SENTENCE) == before


def test_an_alias_is_read_as_its_term_too(dictionary: Any) -> None:
    tokenizer = Tokenizer(dictionary, ["数字证书", "U盾"], {"U盾": "数字证书"})
    assert tokenizer.words("u盾坏了")[:2] == ["u盾", "数字证书"]
    assert "u盾" not in tokenizer.words("数字证书坏了")


def test_aliases_are_known_in_every_width_case_and_script(dictionary: Any) -> None:
    tokenizer = Tokenizer(dictionary, ["ＣＡ鎖"], {"ＣＡ鎖": "數字證書"})
    assert "数字证书" in tokenizer.words("ca锁")


def test_words_that_carry_no_meaning_are_not_counted(dictionary: Any) -> None:
    assert Tokenizer(dictionary, [], {}).words("我们 怎么 办") == []


def test_a_two_character_word_and_its_bigram_stay_apart(dictionary: Any) -> None:
    assert Tokenizer(dictionary, ["开标"], {}).words("开标") + bigrams("开标") == ["开标", "#开标"]


def test_bigrams_do_not_cross_a_gap() -> None:
    assert bigrams("保证金 退还") == ["#保证", "#证金", "#退还"]


def test_words_added_for_one_version_do_not_change_the_shared_dictionary(dictionary: Any) -> None:
    before = dictionary.total
    Tokenizer(dictionary, ["不见面开标大厅系统"], {})
    assert dictionary.total == before
    assert "不见面开标大厅系统" not in dictionary.frequencies
