"""/lite over HTTP: everything chosen travels in the address, and a form below the answer writes to the journal."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest
from sqlalchemy import Table

from app.config import Settings
from app.index.encoder import Encoder
from app.journal.tables import feedback, questions
from app.main import create_app
from app.publishing.pipeline import publish
from tests import small_kb
from tests.journal.samples import kept
from tests.web.conftest import Serve, Web, spoken_to
from tests.web.server import World, of
from tests.web.test_error_shape import assert_error

LOCKED = "PIN码输错被锁死了怎么解锁？"
UNCLEAR = "保证金多久退"
REPLY_ID = "0123456789abcdef" * 2
BLOCK = """\
    urgent:
      before: {now: "换一台电脑，还不行打 {{platform_hotline}}。", fallback: "到 {{service_window}}，或打 {{ca_hotline}}。"}
      opening: {now: 换回那把锁再解密。, fallback: 打代理机构电话。}
    keywords: [PIN码, 解锁]
"""


def shown(response: httpx.Response) -> str:
    """What the page says, without markup."""
    assert response.status_code == 200, response.text
    text = html.unescape(re.sub(r"<[^>]*>", "", response.text.partition("<main>")[2]))
    return re.sub(r"\s+", " ", text)


def links(response: httpx.Response) -> list[dict[str, str]]:
    """What every link back to the page carries."""
    found = re.findall(r'href="(lite\?[^"]*)"', response.text.partition("<footer>")[0])
    return [dict(parse_qsl(urlsplit(html.unescape(address)).query)) for address in found]


def fields(response: httpx.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that is sent by ``action``."""
    (form,) = re.findall(rf'<form action="lite" method="{action}".*?</form>', response.text, re.DOTALL)
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


# Feedback.


class Rated:
    """An application with a journal of its own."""

    def __init__(self, web: Web) -> None:
        self.web = web

    def notes(self, table: Table = feedback) -> list[Any]:
        assert self.web.state.journal.flush()
        return kept(self.web.state.engine, table)

    def rate(self, **given: str) -> httpx.Response:
        return self.web.post("/lite", data={"reply_id": REPLY_ID, **given})


@pytest.fixture
def rated(serve: Serve, world: World) -> Rated:
    return Rated(serve(world))


def test_what_the_form_says_is_noted(rated: Rated):
    page = rated.web.get("/lite", params={"q": LOCKED})
    given = fields(page, "post")
    thanked = rated.web.post("/lite", data=given | {"helpful": "false", "reason": "不完整", "comment": " 少了费用 "})
    assert "谢谢您的评价。" in shown(thanked)
    assert thanked.headers["content-type"] == "text/html; charset=utf-8"
    (note,) = rated.notes()
    assert (note.helpful, note.reason, note.comment_masked) == (False, "不完整", "少了费用")
    (asked,) = rated.notes(questions)
    assert note.reply_id == asked.reply_id == given["reply_id"]


def test_the_journal_says_by_what_road_something_was_asked(rated: Rated):
    rated.web.get("/lite", params={"q": LOCKED})
    rated.web.get("/lite", params={"entry": "ca-02"})
    assert [note.via for note in rated.notes(questions)] == ["typed", "category"]


def test_personal_data_in_a_comment_is_masked(rated: Rated):
    comment = "打13800138000没人接，身份证110101199003077571，信箱：a@b.cn"
    rated.rate(helpful="false", comment=comment)
    (note,) = rated.notes()
    assert note.comment_masked == "打〔手机号〕没人接，身份证〔身份证号〕，信箱：〔邮箱〕"


def test_praise_has_no_reason(rated: Rated):
    """One form has both buttons: a reason chosen before 「有帮助」 was pressed means nothing."""
    rated.rate(helpful="true", reason="看不懂", comment="")
    (note,) = rated.notes()
    assert (note.helpful, note.reason, note.comment_masked) == (True, None, None)


@pytest.mark.parametrize("reason", ["", "不喜欢", "<b>其他</b>", "其他\u3000"])
def test_a_reason_that_is_not_offered_is_dropped_and_the_vote_counts(rated: Rated, reason: str):
    assert rated.rate(helpful="false", reason=reason).status_code == 200
    assert [(note.helpful, note.reason) for note in rated.notes()] == [(False, None)]


@pytest.mark.parametrize(
    "comment",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', '\\u0022}\n{"kind": "ask"}', "\x00\x1b[2J"],
)
def test_a_hostile_comment_is_data_in_the_journal_and_not_on_the_page(rated: Rated, comment: str):
    response = rated.rate(helpful="false", comment=comment)
    assert comment not in response.text
    (note,) = rated.notes()
    assert note.comment_masked == comment.replace("\0", "").strip()  # PostgreSQL takes no NUL


BAD: dict[str, dict[str, str]] = {
    "no reply id": {"helpful": "true"},
    "empty reply id": {"reply_id": "", "helpful": "true"},
    "reply id of another form": {"reply_id": "Z" * 32, "helpful": "true"},
    "reply id with a line end": {"reply_id": REPLY_ID + "\n", "helpful": "true"},
    "no vote": {"reply_id": REPLY_ID},
    "vote is maybe": {"reply_id": REPLY_ID, "helpful": "maybe"},
    "comment too long": {"reply_id": REPLY_ID, "helpful": "false", "comment": "长" * 101},
    "reason too long": {"reply_id": REPLY_ID, "helpful": "false", "reason": "长" * 21},
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_a_form_that_rates_nothing_is_refused_and_nothing_is_noted(rated: Rated, given: dict[str, str]):
    assert_error(rated.web.post("/lite", data=given), 422, "invalid_request")
    assert rated.notes() == []


def test_a_comment_of_a_hundred_characters_is_whole(rated: Rated):
    rated.rate(helpful="false", comment="长" * 100)
    (note,) = rated.notes()
    assert note.comment_masked == "长" * 100


def test_a_form_sent_as_something_else_is_refused(rated: Rated):
    assert_error(rated.web.post("/lite", json={"reply_id": REPLY_ID, "helpful": True}), 422, "invalid_request")


def test_without_a_journal_the_thanks_are_the_same(serve: Serve, world: World):
    web = serve(world, journal=False)
    assert "谢谢您的评价。" in shown(web.post("/lite", data={"reply_id": REPLY_ID, "helpful": "true"}))
    assert kept(web.state.engine, feedback) == []


# What was chosen stays chosen.

KEPT = {"audience": "bidder", "size": "large", "stage": "before", "minutes": "18"}


@pytest.mark.parametrize(
    "wanted",
    [{}, {"q": LOCKED}, {"q": UNCLEAR}, {"entry": "ca-02"}, {"category": "保证金缴纳"}, {"none": "1"}, {"q": "999"}],
)
def test_every_link_and_form_keeps_what_was_chosen(web: Web, wanted: dict[str, str]):
    response = web.get("/lite", params=KEPT | wanted)
    shown(response)
    others = [link for link in links(response) if link.keys() & {"entry", "category", "none"}]
    assert others
    for link in others:
        changed = {"size"} if link.get("size") != "large" else set()  # the links that choose another size
        assert {name: link.get(name) for name in KEPT.keys() - changed} == {
            name: value for name, value in KEPT.items() if name not in changed
        }
    sent = fields(response, "get")
    assert {name: sent.get(name) for name in ("size", "stage", "minutes")} == {
        name: value for name, value in KEPT.items() if name != "audience"
    }
    assert '<option value="bidder" selected>' in response.text


def test_feedback_keeps_what_was_chosen(web: Web):
    given = fields(web.get("/lite", params=KEPT | {"q": LOCKED}), "post")
    assert {name: given.get(name) for name in KEPT} == KEPT
    thanked = web.post("/lite", data=given | {"helpful": "true"})
    assert all(link.items() >= KEPT.items() for link in links(thanked) if "entry" in link)
    assert fields(thanked, "get") == {name: value for name, value in KEPT.items() if name != "audience"}


def test_another_size_keeps_the_question(web: Web):
    (larger,) = [link for link in links(web.get("/lite", params={"q": UNCLEAR})) if link.get("size") == "large"]
    again = web.get("/lite", params=larger)
    assert '<body class="large">' in again.text
    assert "政府采购" in shown(again)
    assert f'value="{UNCLEAR}"' in again.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minutes", "abc"),
        ("minutes", "1.5"),
        ("minutes", "9" * 19),
        ("minutes", "'"),
        ("minutes", "100000000"),
        ("stage", "x"),
        ("stage", "BEFORE"),
        ("size", "x"),
        ("size", "large huge"),
        ("audience", "投标人"),
        ("audience", "x"),
    ],
)
def test_a_choice_there_is_not_is_as_none(web: Web, name: str, value: str):
    """Somebody's own link, or a host page's mistake, must not cost the answer."""
    plain, odd = (web.get("/lite", params={"q": LOCKED} | more) for more in ({}, {name: value}))
    assert "编号 038" in shown(odd)
    assert "时间紧" not in shown(odd)
    assert links(odd) == links(plain)
    assert fields(odd, "get") == fields(plain, "get")


@pytest.mark.parametrize(
    "query",
    [{"none": "99"}, {"none": "-1"}, {"none": "x"}, {"minutes": "9" * 21}, {"size": "x" * 21}, {"stage": "x" * 21}],
)
def test_a_choice_out_of_bounds_is_refused_in_the_one_shape(web: Web, query: dict[str, str]):
    assert_error(web.get("/lite", params=query), 422, "invalid_request", *query)


# None of these.


def test_none_of_these_asks_for_other_words_and_then_names_a_person(web: Web):
    first = web.get("/lite", params={"q": UNCLEAR})
    (none,) = [link for link in links(first) if "none" in link]
    other_words = web.get("/lite", params=none)
    assert "请换个说法" in shown(other_words)
    assert "0500-1234567" not in shown(other_words).partition("大家常问")[0]
    again = web.get("/lite", params={"q": UNCLEAR} | fields(other_words, "get"))
    (none,) = [link for link in links(again) if "none" in link]
    person = shown(web.get("/lite", params=none))
    assert "请联系人工" in person
    assert "电话 0500-1234567" in person
    assert "一楼3号窗口" in person


# The deadline.


@pytest.fixture(scope="module")
def urgent(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, dictionary: Any) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("urgent")
    world = World(small_kb.write(folder), folder / "data")
    small_kb.edit(world.kb, "faq/certificates.yaml", "    keywords: [PIN码, 解锁]\n", BLOCK)
    publish(world.kb, world.data / "indexes", encoder, dictionary, now=small_kb.NOW)
    with spoken_to(create_app(Settings(**of(world)))) as web:
        yield web


def test_the_step_comes_before_the_answer_with_this_centres_facts(urgent: Web):
    said = shown(urgent.get("/lite", params={"q": LOCKED, "minutes": "18"}))
    now = "时间紧，先做这一步：换一台电脑，还不行打 0500-1234567。"
    other = "还不行：到 一楼3号窗口，或打 发证机构客服电话（以平台公布为准）。"
    assert said.index(now) < said.index(other) < said.index("编号 038")


def test_the_interface_says_the_same_step(urgent: Web):
    reply = urgent.ask(LOCKED, minutes_to_opening=18)
    assert reply["urgent"] == {
        "now": "换一台电脑，还不行打 0500-1234567。",
        "fallback": "到 一楼3号窗口，或打 发证机构客服电话（以平台公布为准）。",
    }
    assert urgent.ask(LOCKED, minutes_to_opening=3 * 24 * 60)["urgent"] is None
    assert urgent.ask(LOCKED, stage="opening")["urgent"]["now"] == "换回那把锁再解密。"
    assert urgent.ask(LOCKED)["urgent"] is None


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"minutes": "121"}, None),
        ({"minutes": "18", "stage": "after"}, None),
        ({"minutes": "-5", "stage": "before"}, None),
        ({"minutes": "0"}, "换回那把锁再解密"),
        ({"minutes": "-5"}, "换回那把锁再解密"),
        ({"stage": "opening"}, "换回那把锁再解密"),
        ({"minutes": " 18 "}, "换一台电脑"),
    ],
)
def test_stage_and_minutes_of_the_address_choose_the_step(urgent: Web, chosen: dict[str, str], said: str | None):
    text = shown(urgent.get("/lite?" + urlencode({"entry": "ca-02"} | chosen)))
    assert "编号 038" in text
    assert ("时间紧" in text) == (said is not None)
    assert said is None or said in text


@pytest.mark.parametrize(
    "body",
    [
        {"stage": "x"},
        {"minutes_to_opening": "soon"},
        {"minutes_to_opening": 1_000_001},
        {"minutes_to_opening": 1.5},
        {"minutes_to_opening": []},
    ],
)
def test_the_interface_refuses_a_moment_there_is_not(web: Web, body: dict[str, Any]):
    response = web.post("/api/v1/ask", json={"question": LOCKED} | body)
    assert_error(response, 422, "invalid_request", *body)
