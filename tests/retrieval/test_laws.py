"""Citations lead to their article; the shipped statutes, the shipped encoder."""

from __future__ import annotations

import pytest

from app.dialogue.answer import Question, answer
from app.retrieval import laws
from app.snapshot import Snapshot
from tests.conftest import Published


@pytest.fixture(scope="module")
def shipped(published: Published) -> Snapshot:
    return published.snapshot


CITATIONS = {
    "招标投标法实施条例第五十一条": ("中华人民共和国招标投标法实施条例", "第五十一条"),
    "招投标条例51条": ("中华人民共和国招标投标法实施条例", "第五十一条"),
    "《中华人民共和国招标投标法》第二十八条 规定": ("中华人民共和国招标投标法", "第二十八条"),
    "招标投标法 46": ("中华人民共和国招标投标法", "第四十六条"),
}


@pytest.mark.parametrize("question", CITATIONS)
def test_a_citation_leads_straight_to_its_article(shipped: Snapshot, question: str):
    reply, _ = answer(shipped, Question(question))
    assert (reply.kind, reply.tier) == ("policy", "cited")
    assert (reply.articles[0].article.policy.title, reply.articles[0].article.number) == CITATIONS[question]


def test_an_article_that_a_statute_has_not_is_not_made_up(shipped: Snapshot):
    assert answer(shipped, Question("招标投标法第九十九条"))[0].kind != "policy"


def test_a_name_with_other_words_searches_that_statute_only(shipped: Snapshot):
    assert shipped.laws is not None
    found = laws.find(shipped.laws, shipped.encoder, shipped.tokenizer, "招标投标法实施条例 串通投标")
    assert {hit.article.policy.id for hit in found} == {"bidding-law-regulations"}
    assert {"第三十九条", "第四十条"} & {hit.article.number for hit in found[:3]}


def test_a_question_that_names_a_statute_in_passing_is_still_answered(shipped: Snapshot):
    reply, _ = answer(shipped, Question(shipped.entries["deposit-01"].aliases[0]))
    assert (reply.kind, reply.entry and reply.entry.id) == ("answer", "deposit-01")


@pytest.mark.parametrize(
    ("question", "policy", "number"),
    [
        ("防水工程的保修期最短几年", "construction-quality-regulations", "第四十条"),
        ("领施工许可证要具备哪些条件", "construction-law", "第八条"),
    ],
)
def test_a_question_no_entry_answers_is_shown_the_article_that_settles_it(
    shipped: Snapshot, question: str, policy: str, number: str
):
    reply, _ = answer(shipped, Question(question))
    assert (reply.kind, reply.entry) == ("decline", None)
    assert (policy, number) in [(hit.article.policy.id, hit.article.number) for hit in reply.articles]


@pytest.mark.parametrize("question", ["今天天气怎么样", "推荐一家好吃的饭店", "帮我订张机票"])
def test_what_no_article_is_about_is_shown_none(shipped: Snapshot, question: str):
    reply, _ = answer(shipped, Question(question))
    assert (reply.kind, reply.articles) == ("decline", ())
