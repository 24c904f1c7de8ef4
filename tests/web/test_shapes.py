"""What every public route returns, key by key, as design.md section 3 lists it."""

from __future__ import annotations

import pytest

from tests.small_kb import FILES
from tests.web.conftest import Web

REPLY = {
    "kind",
    "reply_id",
    "text",
    "answer",
    "urgent",  # beyond the list: the step to take first, now that time is short
    "options",
    "versions",  # beyond the list: the answer as it was, or will be, at other times
    "articles",  # beyond the list: articles asked for by name, or that fit what no entry answers
    "term",  # beyond the list: the dictionary's word that was asked for
    "handover",
    "understood_as",  # beyond the list: the previous question that a follow-up was read together with
    "corrected",  # beyond the list: the question as it was read, where it was taken for mistyped
    "confidence",
    "knowledge",
    "took_ms",
    "receipt",  # beyond the list: proves when an answer was given
}
ANSWER = {
    "entry_id",
    "number",
    "category",
    "question",
    "html",
    "text",
    "legal_basis",
    "related",
    "terms",
    "manuals",  # beyond the list: tasks of the operation manuals that send people here
    "updated",
    "effective_from",
    "effective_to",
}
REF = {"entry_id", "number", "question"}
OPTION = REF | {"category", "label"}
KNOWLEDGE = {"version", "fingerprint"}

ASKED = {
    "answer": "工程项目的投标保证金什么时候退？",
    "clarify": "保证金多久退",
    "decline": "明天那个标几点开",
    "smalltalk": "早上好",
    "neutral": "这家该不该废标",
}


@pytest.mark.parametrize("kind", ASKED)
def test_every_kind_of_reply_has_the_documented_keys_and_no_others(web: Web, kind: str):
    reply = web.ask(ASKED[kind])
    assert reply["kind"] == kind
    assert reply.keys() == REPLY
    assert reply["knowledge"].keys() == KNOWLEDGE
    assert reply["text"]
    assert 0 <= reply["confidence"] <= 1
    assert len(reply["reply_id"]) == 32
    assert reply["took_ms"] >= 0
    assert all(option.keys() == OPTION for option in reply["options"])
    assert (reply["answer"] is not None) == (kind in ("answer", "neutral"))


def test_an_answer_is_the_curated_text_with_its_number_and_basis(web: Web):
    answer = web.ask(ASKED["answer"])["answer"]
    assert answer.keys() == ANSWER
    assert (answer["entry_id"], answer["number"], answer["category"]) == ("deposit-01", "061", "保证金缴纳")
    assert answer["updated"] == "2026-02-01"
    assert answer["legal_basis"] == [{"law": "中华人民共和国招标投标法实施条例", "article": "第五十七条", "gist": None}]
    assert answer["related"] == [
        {"entry_id": "deposit-02", "number": "062", "question": "政府采购的投标保证金什么时候退？"}
    ]
    lines = ("书面合同签订后五日内退。", "同时退还银行同期存款利息。", "久未到账，拨打 0500-1234567。")
    assert all(line in answer["text"] and line in answer["html"] for line in lines)
    assert "<li>" in answer["html"]
    assert "<" not in answer["text"]


def test_search_finds_terms_by_an_alias(web: Web):
    body = web.get("/api/v1/search", params={"q": "U盾", "kind": "term"}).json()
    assert [(found["kind"], found["id"]) for found in body["results"]] == [("term", "数字证书")]


def test_an_empty_site_value_shows_its_fallback_and_no_braces(web: Web):
    answer = web.get("/api/v1/entries/ca-01").json()["answer"]
    assert "拨打 发证机构客服电话（以平台公布为准）" in answer["text"]
    assert "{" not in answer["text"] + answer["html"]


def test_a_clarifying_reply_offers_two_to_five_labelled_entries(web: Web):
    reply = web.ask(ASKED["clarify"])
    assert reply["text"] == "您问的是哪一类保证金的退还？"
    assert [(o["entry_id"], o["label"]) for o in reply["options"]] == [
        ("deposit-01", "工程建设招标"),
        ("deposit-02", "政府采购"),
    ]
    assert reply["handover"] is None


def test_declining_names_the_window_and_the_phone(web: Web):
    reply = web.ask(ASKED["decline"])
    assert reply["text"] == "具体项目几点开标，易博士查不到，请看该项目的公告。"
    assert [option["entry_id"] for option in reply["options"]] == ["ca-01"]
    assert reply["handover"] == {
        "text": "请拨打 0500-1234567，或到 一楼3号窗口。",
        "phone": "0500-1234567",
        "hours": "工作日9点到17点",
        "where": "一楼3号窗口",
        "now": None,  # beyond the list: whether somebody answers the phone, where the centre has set its hours
    }


def test_a_question_for_a_judgement_gets_the_fixed_words_and_the_rule(web: Web):
    reply = web.ask(ASKED["neutral"])
    assert reply["text"] == "由评标委员会依法独立判断，易博士不作结论。"
    assert reply["answer"]["entry_id"] == "deposit-01"
    assert reply["options"] == []


@pytest.mark.parametrize("question", ASKED.values())
def test_the_same_question_gets_the_same_reply(web: Web, question: str):
    first, second = web.ask(question), web.ask(question)
    for reply in (first, second):
        del reply["reply_id"], reply["took_ms"], reply["receipt"]
    assert first == second


def test_what_is_chosen_beside_the_question_narrows_the_reply(web: Web):
    assert web.ask("保证金多久退", business="政府采购")["answer"]["entry_id"] == "deposit-02"
    assert web.ask("保证金多久退", audience="tenderer")["answer"]["entry_id"] == "deposit-01"


def test_within_a_session_an_option_can_be_picked_by_its_place(web: Web):
    web.ask("保证金多久退", session_id="session-of-this-test")
    picked = web.ask("第二个", session_id="session-of-this-test")
    assert picked["answer"]["entry_id"] == "deposit-02"


def test_suggestions(web: Web):
    body = web.get("/api/v1/suggest", params={"q": "保证金"}).json()
    assert body.keys() == {"suggestions", "knowledge"}
    assert body["knowledge"].keys() == KNOWLEDGE
    assert [s["entry_id"] for s in body["suggestions"]] == ["deposit-01", "deposit-02"]
    assert all(s.keys() == REF | {"category"} for s in body["suggestions"])
    assert [s["number"] for s in web.get("/api/v1/suggest", params={"q": "038"}).json()["suggestions"]] == ["038"]
    assert web.get("/api/v1/suggest").json()["suggestions"] == []


def test_categories_count_their_entries(web: Web):
    body = web.get("/api/v1/categories").json()
    assert body.keys() == {"categories", "knowledge"}
    assert body["categories"] == [
        {"category": "CA数字证书", "entries": 2},
        {"category": "保证金缴纳", "entries": 2},
    ]


def test_entries_are_listed_all_or_by_category(web: Web):
    body = web.get("/api/v1/entries").json()
    assert body.keys() == {"entries", "knowledge"}
    assert [entry["number"] for entry in body["entries"]] == ["037", "038", "061", "062"]
    assert all(entry.keys() == OPTION for entry in body["entries"])
    some = web.get("/api/v1/entries", params={"category": "保证金缴纳"}).json()["entries"]
    assert [entry["entry_id"] for entry in some] == ["deposit-01", "deposit-02"]


@pytest.mark.parametrize("key", ["ca-02", "038", "38"])
def test_an_entry_is_read_by_id_or_number(web: Web, key: str):
    body = web.get(f"/api/v1/entries/{key}").json()
    assert body.keys() == {"answer", "knowledge"}
    assert body["answer"].keys() == ANSWER
    assert body["answer"]["entry_id"] == "ca-02"


def test_search_finds_entries_best_first(web: Web):
    body = web.get("/api/v1/search", params={"q": "PIN码输错被锁死了怎么解锁？"}).json()
    assert body.keys() == {"results", "knowledge"}
    assert all(found.keys() == {"kind", "id", "title", "text", "score", "article", "task"} for found in body["results"])
    assert (body["results"][0]["kind"], body["results"][0]["id"]) == ("faq", "ca-02")
    scores = [found["score"] for found in body["results"]]
    assert scores == sorted(scores, reverse=True)


def test_a_term_is_read_by_its_alias(web: Web):
    body = web.get("/api/v1/terms/U盾").json()
    assert body.keys() == {"term", "aliases", "definition", "law", "article", "entries", "knowledge"}
    assert body["term"] == "数字证书"
    assert body["definition"] in FILES["terms.yaml"]
    assert all(entry.keys() == REF for entry in body["entries"])


def test_feedback_on_a_reply_is_recorded(web: Web):
    reply = web.ask(ASKED["answer"])
    rating = {"reply_id": reply["reply_id"], "helpful": False, "reason": "看不懂", "comment": "太长"}
    response = web.post("/api/v1/feedback", json=rating)
    assert (response.status_code, response.json()) == (200, {"recorded": True})


def test_health_and_readiness(web: Web):
    assert web.get("/healthz").json() == {"status": "ok"}
    ready = web.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == web.ask("早上好")["knowledge"]
