"""A question leads to the task of a manual and to the line in it that fits; small manuals, fake encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.errors import KnowledgeRejected
from app.index.manuals import TaskLine
from app.publishing.pipeline import open_current, publish
from app.retrieval import manuals
from app.retrieval.manuals import TaskHit
from app.snapshot import Snapshot, encoded_form, manual_list
from tests import small_kb
from tests.fakes import FakeEncoder

OPENING = """\
# 远程开标
- 编号：opening
- 适用：bidder

开标当天怎么做。

## 任务 1 签到并解密
目的：按时解开自己的投标文件。

### 开始之前
- 电脑接好电源和网线。
- 锁在手边。
### 步骤
1. 进入开标大厅。
2. 点击解密，输入PIN码。
3. 没有把握就打 {{platform_hotline}}。
### 完成后应看到
- 状态变为已解密。
### 出了问题
- 锁读不出来：换一个接口（ca-02）
- 倒计时快到了：打 {{ca_hotline}}（ca-01、ca-02）

## 任务 2 到{{service_window}}领回保证金
目的：把没用上的钱拿回来。

### 步骤
1. 带上收据。
### 完成后应看到
- 款项到账。
### 出了问题
- 收据丢了：写一份说明（deposit-01、deposit-01）
"""


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("manuals") / "indexes"


@pytest.fixture(scope="module")
def snapshot(indexes: Path, dictionary: Any) -> Snapshot:
    kb = small_kb.write_whole(indexes.parent)
    (kb / "manuals" / "opening.md").write_text(OPENING, "utf-8")
    return publish(kb, indexes, FakeEncoder(), dictionary, now=small_kb.NOW)[0]


def find(snapshot: Snapshot, question: str, top_k: int = 10) -> list[TaskHit]:
    assert snapshot.manuals is not None
    return manuals.find(snapshot.manuals, snapshot.encoder, snapshot.tokenizer, question, top_k)


def places(snapshot: Snapshot, entry: str) -> list[tuple[str, int]]:
    assert snapshot.manuals is not None
    return [(found.manual.id, found.task.number) for found in snapshot.manuals.by_entry.get(entry, ())]


QUESTIONS = {
    "怎么点击解密": ("opening", 1, "步骤", 2),
    "请问进入开标大厅？": ("opening", 1, "步骤", 1),
    "解密前电脑要接好网线吗": ("opening", 1, "开始之前", 1),
    "看到状态变为已解密": ("opening", 1, "完成后应看到", 1),
    "倒计时快到了": ("opening", 1, "出了问题", 2),
    "没用上的钱": ("opening", 2, "目的", 1),
    "收据丢了怎么办": ("opening", 2, "出了问题", 1),
    "登录的时候提示密码错误": ("ca-handling", 1, "出了问题", 1),
    "登錄要插上鎖嗎": ("ca-handling", 1, "步骤", 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_finds_the_task_and_the_line(snapshot: Snapshot, question: str) -> None:
    best = find(snapshot, question)[0]
    found = (best.task.manual.id, best.task.task.number, best.line.part, best.line.position)
    assert found == QUESTIONS[question]
    assert best.line in best.task.lines


def test_every_line_of_a_task_finds_itself(snapshot: Snapshot) -> None:
    assert snapshot.manuals is not None
    for task in snapshot.manuals.tasks:
        for line in task.lines:
            best = find(snapshot, snapshot.fill(f"{task.task.title}：{line.text}"))[0]
            assert (best.task, best.line) == (task, line)


def test_hits_come_best_first_each_task_once_and_no_more_than_asked(snapshot: Snapshot) -> None:
    hits = find(snapshot, "输入PIN码")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {(hit.task.manual.id, hit.task.task.number) for hit in hits} == {
        ("ca-handling", 1),
        ("opening", 1),
        ("opening", 2),
    }
    assert find(snapshot, "输入PIN码", top_k=2) == hits[:2]


def test_lines_carry_their_part_and_count_from_one_within_it(snapshot: Snapshot) -> None:
    assert snapshot.manuals is not None
    second = snapshot.manuals.tasks[-1]
    assert second.lines == [
        TaskLine("目的", 1, "把没用上的钱拿回来。"),
        TaskLine("步骤", 1, "带上收据。"),
        TaskLine("完成后应看到", 1, "款项到账。"),
        TaskLine("出了问题", 1, "收据丢了：写一份说明"),
    ]
    first = snapshot.manuals.tasks[-2]
    assert [(line.part, line.position) for line in first.lines] == [
        ("目的", 1),
        ("开始之前", 1),
        ("开始之前", 2),
        ("步骤", 1),
        ("步骤", 2),
        ("步骤", 3),
        ("完成后应看到", 1),
        ("出了问题", 1),
        ("出了问题", 2),
    ]


def test_placeholders_are_filled_before_anything_is_searched(snapshot: Snapshot) -> None:
    """A phone, a window: people search for what they were shown."""
    texts = manual_list(snapshot.knowledge)
    assert not [text for text in texts if "{" in text]
    assert "签到并解密：没有把握就打 0500-1234567。" in texts
    assert "到一楼3号窗口领回保证金：带上收据。" in texts
    phone, window = find(snapshot, "0500-1234567")[0], find(snapshot, "一楼3号窗口")[0]
    assert (phone.task.task.number, phone.line.part, phone.line.position) == (1, "步骤", 3)
    assert (window.task.manual.id, window.task.task.number) == ("opening", 2)


def test_tasks_are_listed_under_the_entries_they_send_people_to(snapshot: Snapshot) -> None:
    assert places(snapshot, "ca-02") == [("ca-handling", 1), ("opening", 1)]
    assert places(snapshot, "ca-01") == [("opening", 1)]
    assert places(snapshot, "deposit-01") == [("opening", 2)], "named twice, listed once"
    assert places(snapshot, "deposit-02") == []


def test_what_was_published_opens_the_same(snapshot: Snapshot, indexes: Path, dictionary: Any) -> None:
    opened = open_current(indexes, FakeEncoder(), dictionary)
    assert opened is not None
    for question in QUESTIONS:
        assert find(opened, question) == find(snapshot, question)


def test_publishing_again_embeds_only_the_line_that_changed(tmp_path: Path, dictionary: Any) -> None:
    kb, indexes = small_kb.write_whole(tmp_path), tmp_path / "indexes"
    publish(kb, indexes, FakeEncoder(), dictionary, now=small_kb.NOW)
    small_kb.edit(kb, "manuals/certificates.md", "插上锁", "把锁插紧")
    encoder = FakeEncoder()
    publish(kb, indexes, encoder, dictionary, now=small_kb.NOW)
    assert encoder.seen == [encoded_form("登录：把锁插紧")]


def test_without_manuals_there_is_no_index_of_them(small: Snapshot) -> None:
    assert small.manuals is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("怎么用证书。", "看 {{no_such_place}}。", "ca-handling.about"),
        ("1. 插上锁。", "1. 打 {{no_such_phone}}。", "ca-handling.任务 1"),
        ("# 证书的使用", "# {{service_window}}的证书", "ca-handling.title"),
    ],
)
def test_a_placeholder_that_could_not_be_filled_is_refused(
    tmp_path: Path, dictionary: Any, old: str, new: str, key: str
) -> None:
    kb = small_kb.write_whole(tmp_path)
    small_kb.edit(kb, "manuals/certificates.md", old, new)
    with pytest.raises(KnowledgeRejected) as refused:
        publish(kb, tmp_path / "indexes", FakeEncoder(), dictionary, now=small_kb.NOW)
    assert [problem.key for problem in refused.value.details if problem.severity == "error"] == [key]
