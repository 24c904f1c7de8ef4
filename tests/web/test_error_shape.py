"""Every failure of the service has one shape:

    {"error": {"code": "...", "message": "... (Chinese, for people)", "details": [...]}}

Each test reaches it by another road.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.web.conftest import TOKEN, Web

ASK = "/api/v1/ask"
KNOWLEDGE = "/api/v1/admin/knowledge"
GOOD = {"question": "早上好"}
LONE = "\ud800"
"""Half of a pair: JSON can escape it, UTF-8 cannot say it."""
REPLY_ID = "0" * 32


def assert_error(response: httpx.Response, status: int, code: str, *names: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body.keys() == {"error"}
    error = body["error"]
    assert error.keys() == {"code", "message", "details"}
    assert error["code"] == code
    assert isinstance(error["details"], list)
    assert re.search(r"[\u4e00-\u9fff]", error["message"]), error["message"]
    assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", error["message"]), f"not for people here: {error['message']}"
    assert "Traceback" not in response.text
    for name in names:
        assert name in error["message"] + json.dumps(error["details"], ensure_ascii=False)


BAD_QUESTIONS: dict[str, Any] = {
    "empty": "",
    "blank": " \t\n\u3000",
    "501 characters": "保" * 501,
    "lone surrogate": f"保证金{LONE}",
    "number": 123,
    "true": True,
    "null": None,
    "list": ["早上好"],
    "object": {"text": "早上好"},
}


@pytest.mark.parametrize("question", BAD_QUESTIONS.values(), ids=BAD_QUESTIONS)
def test_a_question_that_is_none(web: Web, question: Any):
    body = json.dumps({"question": question})  # escapes, so that the surrogate travels
    assert_error(web.post(ASK, content=body, headers=JSON), 422, "invalid_request", "question")


JSON = {"Content-Type": "application/json"}

BAD_BODIES: dict[str, Any] = {
    "nothing": b"",
    "not JSON": b"{question: 1",
    "array": b'["\xe6\x97\xa9"]',
    "string": b'"\xe6\x97\xa9"',
    "number": b"1",
    "null": b"null",
    "no question": b"{}",
    "unknown field": json.dumps(GOOD | {"temperature": 1}).encode(),
    "unknown field that UTF-8 cannot say": json.dumps(GOOD | {LONE: 1}).encode(),
    "session id too short": json.dumps(GOOD | {"session_id": "short"}).encode(),
    "session id with a space": json.dumps(GOOD | {"session_id": "eight characters"}).encode(),
    "session id with a line end": json.dumps(GOOD | {"session_id": "abcdefgh\n"}).encode(),
    "session id of 65 characters": json.dumps(GOOD | {"session_id": "a" * 65}).encode(),
    "session id with a lone surrogate": json.dumps(GOOD | {"session_id": "abcdefgh" + LONE}).encode(),
    "unknown audience": json.dumps(GOOD | {"audience": "投标人"}).encode(),
    "unknown category": json.dumps(GOOD | {"category": "天气"}).encode(),
    "unknown business": json.dumps(GOOD | {"business": "工 程"}).encode(),
    "audience of a wrong type": json.dumps(GOOD | {"audience": ["bidder"]}).encode(),
    "unknown stage": json.dumps(GOOD | {"stage": "soon"}).encode(),
    "minutes in words": json.dumps(GOOD | {"minutes_to_opening": "soon"}).encode(),
    "half a minute": json.dumps(GOOD | {"minutes_to_opening": 0.5}).encode(),
    "minutes beyond all bounds": json.dumps(GOOD | {"minutes_to_opening": 10**30}).encode(),
    "no such day": json.dumps(GOOD | {"as_of": "2026-02-30"}).encode(),
    "day in words": json.dumps(GOOD | {"as_of": "明天"}).encode(),
    "day of a wrong type": json.dumps(GOOD | {"as_of": []}).encode(),
    "unknown road": json.dumps(GOOD | {"via": "magic"}).encode(),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_no_question(web: Web, body: bytes):
    assert_error(web.post(ASK, content=body, headers=JSON), 422, "invalid_request")


def test_every_fault_of_a_body_is_named_at_once(web: Web):
    body = {"question": "", "session_id": "!", "audience": "nobody", "colour": "red"}
    response = web.post(ASK, json=body)
    assert_error(response, 422, "invalid_request", *body)
    assert len(response.json()["error"]["details"]) == len(body)


UNREADABLE = {"not UTF-8": b'{"question": "\xff\xfe"}', "too deep": b'{"question": ' + b"[" * 60_000}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read(web: Web, body: bytes):
    response = web.post(ASK, content=body, headers=JSON)
    assert response.status_code in (400, 422)
    assert_error(response, response.status_code, response.json()["error"]["code"])


def test_a_body_that_is_not_sent_as_json(web: Web):
    form = web.post(ASK, data=GOOD)
    assert_error(form, 422, "invalid_request")


BAD_FEEDBACK: dict[str, dict[str, Any]] = {
    "no reply": {"helpful": True},
    "reply id of another form": {"reply_id": "Z" * 32, "helpful": True},
    "helpful is not said": {"reply_id": REPLY_ID},
    "helpful is maybe": {"reply_id": REPLY_ID, "helpful": "maybe"},
    "unknown reason": {"reply_id": REPLY_ID, "helpful": False, "reason": "不喜欢"},
    "comment too long": {"reply_id": REPLY_ID, "helpful": False, "comment": "长" * 101},
    "comment with a lone surrogate": {"reply_id": REPLY_ID, "helpful": False, "comment": LONE},
}


@pytest.mark.parametrize("body", BAD_FEEDBACK.values(), ids=BAD_FEEDBACK)
def test_feedback_that_rates_nothing(web: Web, body: dict[str, Any]):
    assert_error(web.post("/api/v1/feedback", content=json.dumps(body), headers=JSON), 422, "invalid_request")


BAD_QUERIES = [
    ("/api/v1/search", "q"),
    ("/api/v1/search?q=", "q"),
    (f"/api/v1/search?q={'a' * 501}", "q"),
    ("/api/v1/search?q=a&kind=weather", "kind"),
    (f"/api/v1/suggest?q={'a' * 101}", "q"),
    ("/api/v1/entries?category=weather", "category"),
    (f"/lite?entry={'a' * 61}", "entry"),
    ("/lite?none=10", "none"),
    ("/api/v1/search?q=a&as_of=tomorrow", "as_of"),
]


@pytest.mark.parametrize(("path", "name"), BAD_QUERIES, ids=[path[:32] for path, _ in BAD_QUERIES])
def test_a_query_out_of_bounds(web: Web, path: str, name: str):
    assert_error(web.get(path), 422, "invalid_request", name)


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/api/v1/nowhere",
        "/api/v2/ask",
        "/api/v1/entries/nowhere",
        "/api/v1/entries/999",
        "/api/v1/entries/%ED%A0%80",
        "/api/v1/terms/nowhere",
        "/static/nowhere.js",
        "/static/%2e%2e/templates/chat.html",
        "/docs/static/%2e%2e/__init__.py",
    ],
)
def test_something_that_is_not_there(web: Web, path: str):
    assert_error(web.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ASK),
        ("DELETE", ASK),
        ("OPTIONS", ASK),
        ("POST", "/api/v1/categories"),
        ("PUT", "/api/v1/entries/ca-01"),
        ("POST", "/healthz"),
        ("PUT", "/lite"),
        ("POST", "/static/chat.js"),
    ],
)
def test_a_method_that_the_route_does_not_have(web: Web, method: str, path: str):
    assert_error(web.request(method, path), 405, "method_not_allowed")


LIMIT = 64 * 1024


def test_a_body_declared_over_64_kilobytes_is_refused_unread(web: Web):
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"x"

    response = web.post(ASK, content=body(), headers=JSON | {"Content-Length": str(LIMIT + 1)})
    assert_error(response, 413, "too_large", "64")
    assert read == []


def test_a_body_that_grows_over_64_kilobytes_is_refused_without_reading_on(web: Web):
    sent = []

    async def body() -> AsyncIterator[bytes]:
        for _ in range(1000):
            sent.append(1024)
            yield b"x" * 1024

    assert_error(web.post(ASK, content=body(), headers=JSON), 413, "too_large", "64")
    assert sum(sent) <= LIMIT + 2048


def test_a_body_of_exactly_64_kilobytes_is_read(web: Web):
    body = json.dumps(GOOD).encode().ljust(LIMIT)
    assert web.post(ASK, content=body, headers=JSON).status_code == 200


ADMIN_ROUTES = [("GET", KNOWLEDGE), ("POST", f"{KNOWLEDGE}/validate"), ("POST", f"{KNOWLEDGE}/reload")]


@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
def test_without_an_admin_token_there_are_no_admin_routes(web: Web, method: str, path: str):
    assert_error(web.request(method, path, headers={"Authorization": f"Bearer {TOKEN}"}), 404, "not_found")


STRANGERS: dict[str, dict[str, str | bytes]] = {
    "no token": {},
    "wrong token": {"Authorization": "Bearer wrong-horse-battery"},
    "start of the token": {"Authorization": f"Bearer {TOKEN[:-1]}"},
    "empty token": {"Authorization": "Bearer "},
    "token by another scheme": {"Authorization": f"Basic {TOKEN}"},
    "token beyond ASCII": {"Authorization": "Bearer 令牌".encode()},
}


@pytest.mark.parametrize("headers", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize(("method", "path"), ADMIN_ROUTES)
def test_a_stranger_at_an_admin_route(admin_web: Web, method: str, path: str, headers: dict[str, Any]):
    response = admin_web.request(method, path, headers=headers)
    assert_error(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"
    assert TOKEN not in response.text


def test_a_failure_that_nobody_foresaw_tells_nothing_of_the_inside(admin_web: Web):
    response = admin_web.get("/api/v1/broken")
    assert_error(response, 500, "internal_error")
    assert "machine room" not in response.text
