"""Operation manuals over HTTP: listed, read, searched, and as pages to read and print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.config import Settings
from app.index.encoder import Encoder
from app.main import create_app
from app.publishing.pipeline import publish
from tests import small_kb
from tests.web.conftest import Serve, Web, spoken_to
from tests.web.server import World, of
from tests.web.test_error_shape import assert_error

UNLOCKING = """\
# 解锁 <b>与</b> "换锁"
- 编号：unlocking
- 适用：bidder、agency

锁坏了，打 {{platform_hotline}}。

## 任务 1 在{{service_window}}解锁
目的：让锁 & 钥匙重新能用。

### 开始之前
- 带上<script>alert(1)</script>身份证。
### 步骤
1. 到 {{service_window}} 排号。
2. 请工作人员解锁。
### 完成后应看到
- 屏幕显示"已解锁"。
### 出了问题
- 没带身份证：改天再来（ca-01、ca-02）

## 任务 2 换锁
目的：旧锁不能用了换一把。

### 步骤
1. 打 {{ca_hotline}} 预约。
### 完成后应看到
- 拿到新锁。
### 出了问题
- 预约满了：换一天
"""

REF = {"manual_id", "title", "audience", "about", "tasks"}
TASK = {"task", "title", "purpose", "before", "steps", "expect", "trouble"}
KNOWLEDGE = {"version", "fingerprint"}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, dictionary: Any) -> Iterator[Web]:
    """A whole small knowledge base with two manuals.  Not to be altered."""
    folder = tmp_path_factory.mktemp("manuals")
    world = World(small_kb.write_whole(folder), folder / "data")
    (world.kb / "manuals" / "unlocking.md").write_text(UNLOCKING, "utf-8")
    publish(world.kb, world.data / "indexes", encoder, dictionary, now=small_kb.NOW)
    with spoken_to(create_app(Settings(**of(world)))) as web:
        yield web


def found(web: Web, q: str) -> list[dict[str, Any]]:
    response = web.get("/api/v1/search", params={"q": q, "kind": "manual"})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    return results


def test_manuals_are_listed(web: Web) -> None:
    body = web.get("/api/v1/manuals").json()
    assert body.keys() == {"manuals", "knowledge"}
    assert body["knowledge"].keys() == KNOWLEDGE
    assert all(manual.keys() == REF for manual in body["manuals"])
    assert body["manuals"][0] == {
        "manual_id": "ca-handling",
        "title": "证书的使用",
        "audience": ["bidder"],
        "about": "怎么用证书。",
        "tasks": 1,
    }
    assert body["manuals"][1]["about"] == "锁坏了，打 0500-1234567。"


def test_a_manual_is_read_whole_with_this_centres_facts(web: Web) -> None:
    body = web.get("/api/v1/manuals/unlocking").json()
    assert body.keys() == {"manual", "tasks", "knowledge"}
    assert body["manual"]["tasks"] == len(body["tasks"]) == 2
    assert all(task.keys() == TASK for task in body["tasks"])
    first, second = body["tasks"]
    assert first == {
        "task": 1,
        "title": "在一楼3号窗口解锁",
        "purpose": "让锁 & 钥匙重新能用。",
        "before": ["带上<script>alert(1)</script>身份证。"],
        "steps": ["到 一楼3号窗口 排号。", "请工作人员解锁。"],
        "expect": ['屏幕显示"已解锁"。'],
        "trouble": [
            {
                "symptom": "没带身份证",
                "remedy": "改天再来",
                "entries": [
                    {"entry_id": "ca-01", "number": "037", "question": "CA数字证书怎么办理？"},
                    {"entry_id": "ca-02", "number": "038", "question": "PIN码输错被锁死了怎么解锁？"},
                ],
            }
        ],
    }
    assert second["before"] == []
    assert second["steps"] == ["打 发证机构客服电话（以平台公布为准） 预约。"]


@pytest.mark.parametrize("manual", ["nowhere", "ca-01", "CA-HANDLING", "证书的使用", "%ED%A0%80"])
def test_a_manual_that_there_is_not(web: Web, manual: str) -> None:
    assert_error(web.get(f"/api/v1/manuals/{manual}"), 404, "not_found", "没有手册")


def test_a_search_finds_the_task_and_the_step(web: Web) -> None:
    best = found(web, "请工作人员解锁")[0]
    assert best.keys() == {"kind", "id", "title", "text", "score", "article", "task"}
    assert (best["kind"], best["id"], best["article"]) == ("manual", "unlocking/1", None)
    assert best["text"] == "步骤 2：请工作人员解锁。"
    assert best["task"] == {
        "manual_id": "unlocking",
        "manual": '解锁 <b>与</b> "换锁"',
        "task": 1,
        "title": "在一楼3号窗口解锁",
    }


def test_a_search_shows_no_braces_and_comes_best_first(web: Web) -> None:
    results = found(web, "一楼3号窗口排号")
    assert results[0]["title"].endswith("任务 1 在一楼3号窗口解锁")
    assert results[0]["text"] == "步骤 1：到 一楼3号窗口 排号。"
    assert "{" not in str([(one["title"], one["text"], one["task"]["title"]) for one in results])
    scores = [one["score"] for one in results]
    assert scores == sorted(scores, reverse=True)


def test_an_answer_names_the_tasks_that_send_people_to_it(web: Web) -> None:
    answer = web.get("/api/v1/entries/ca-02").json()["answer"]
    assert [(task["manual_id"], task["task"], task["title"]) for task in answer["manuals"]] == [
        ("ca-handling", 1, "登录"),
        ("unlocking", 1, "在一楼3号窗口解锁"),
    ]
    assert web.get("/api/v1/entries/deposit-01").json()["answer"]["manuals"] == []


@pytest.fixture(params=["/manual", "/manual?id=unlocking", "/manual?id=nowhere"])
def page(web: Web, request: pytest.FixtureRequest) -> str:
    return web.get(request.param).text


def test_no_page_has_script_braces_or_an_address_elsewhere(page: str) -> None:
    assert not re.search(r"<script|\son\w+=|javascript:|https?://|\{\{", page)


def test_the_page_without_an_id_lists_every_manual(web: Web) -> None:
    response = web.get("/manual")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert re.findall(r'href="manual\?id=([\w-]+)"', response.text) == ["ca-handling", "unlocking"]
    assert "锁坏了，打 0500-1234567。" in response.text
    assert "（2 个任务）" in response.text


def test_the_page_of_a_manual_shows_every_line_of_it(web: Web) -> None:
    response = web.get("/manual", params={"id": "ca-handling"})
    assert response.status_code == 200
    lines = ("证书的使用", "投标人", "怎么用证书。", "用证书登录平台。", "装好驱动。", "插上锁。", "首页出现单位名称。")
    assert [line for line in (*lines, "提示密码错误", "先停手，不要再试") if line not in response.text] == []
    assert '<a href="#task-1">登录</a>' in response.text
    assert '<section id="task-1">' in response.text
    assert '<a href="lite?entry=ca-02">038 PIN码输错被锁死了怎么解锁？</a>' in response.text


def test_the_links_of_a_page_lead_somewhere(web: Web) -> None:
    for path in ("/manual", "/manual?id=unlocking", "/lite?entry=ca-02"):
        text = web.get(path).text
        for href in re.findall(r'href="((?:lite|manual)[^"]*)"', text):
            address, _, fragment = href.partition("#")
            followed = web.get("/" + address)
            assert followed.status_code == 200, href
            assert not fragment or f'id="{fragment}"' in followed.text, href


def test_texts_are_escaped(web: Web) -> None:
    text = web.get("/manual", params={"id": "unlocking"}).text
    assert "带上&lt;script&gt;alert(1)&lt;/script&gt;身份证。" in text
    assert text.count("解锁 &lt;b&gt;与&lt;/b&gt; &#34;换锁&#34;") == 2, "title and heading"
    assert "让锁 &amp; 钥匙重新能用。" in text


HOSTILE = ["nowhere", "%22><script>alert(1)</script>", "<b>", "%ED%A0%80", "%00"]


@pytest.mark.parametrize("identifier", HOSTILE)
def test_an_unknown_manual_is_a_page_that_says_so(web: Web, identifier: str) -> None:
    response = web.get(f"/manual?id={identifier}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "没有手册「" in response.text
    assert 'href="manual?id=unlocking"' in response.text, "what there is instead"
    assert not re.search("<script|<b>", response.text)


def test_an_id_too_long_is_out_of_bounds(web: Web) -> None:
    assert_error(web.get("/manual", params={"id": "a" * 61}), 422, "invalid_request", "id")


def test_the_page_may_be_asked_for_its_head(web: Web) -> None:
    assert [web.request("HEAD", f"/manual{query}").status_code for query in ("", "?id=unlocking", "?id=x")] == [
        200,
        200,
        404,
    ]


@pytest.mark.parametrize(
    ("path", "key"), [("/api/v1/manuals", "manuals"), ("/api/v1/search?q=锁&kind=manual", "results")]
)
def test_without_manuals_the_lists_are_empty(serve: Serve, world: World, path: str, key: str) -> None:
    response = serve(world).get(path)
    assert (response.status_code, response.json()[key]) == (200, [])


def test_without_manuals_the_page_says_so(serve: Serve, world: World) -> None:
    response = serve(world).get("/manual")
    assert response.status_code == 200
    assert "还没有操作手册" in response.text
