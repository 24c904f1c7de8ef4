"""``yiboshi publish``, ``rollback`` and ``versions`` as a person and a script see them."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest

from app.audit import records
from app.publishing.proposal import propose
from tests.cli.test_cli import command, error_of
from tests.small_kb import edit
from tests.web.server import World

QUESTION = "PIN码输错被锁死了怎么解锁？"
OLD, NEW = "联系发证机构解锁，**不要**反复再试。", "先停手，再联系发证机构解锁。"
PROTECTED = "工程项目签完合同投标保证金什么时候退"


def steal(world: World) -> None:
    """deposit-02 takes a protected question of deposit-01."""
    edit(world.kb, "faq/deposits.yaml", "- 政采没中标的押金几天退", f"- 政采没中标的押金几天退\n      - {PROTECTED}")


def pointer(world: World) -> str:
    return (world.data / "indexes" / "current").read_text().strip()


def published(world: World, *options: str) -> dict[str, Any]:
    done = command(world, "publish", "--json", *options)
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_a_blocked_publication_exits_1_and_says_what_stands_against_it(world: World):
    before = pointer(world)
    steal(world)
    done = command(world, "publish")
    assert done.returncode == 1
    for part in (
        f"受保护的问题「{PROTECTED}」应答 deposit-01，现在答 deposit-02",
        "原来答 deposit-01",
        "原来的版本继续服务",
    ):
        assert part in done.stderr
    error = error_of(command(world, "publish", "--json"))
    assert (error["code"], pointer(world)) == ("gate_blocked", before)
    assert PROTECTED in [detail["question"] for detail in error["details"]]


def test_an_override_names_what_it_lets_pass_and_why(world: World):
    steal(world)
    blocked = [detail["question"] for detail in error_of(command(world, "publish", "--json"))["details"]]
    options = [part for name in blocked for part in ("--override", f"{name}=改由政府采购那条答=是的")]
    done = command(world, "publish", *options)
    assert done.returncode == 0, done.stderr
    assert f"放行「{PROTECTED}」：改由政府采购那条答=是的" in done.stdout
    (*_, last) = records(world.data / "audit")
    assert (last["action"], last["detail"]["reason"]) == ("publish.override", "改由政府采购那条答=是的")
    assert last["who"].startswith("cli:")
    assert "改由" not in command(world, "versions").stdout
    assert PROTECTED in command(world, "versions").stdout


@pytest.mark.parametrize("option", [PROTECTED, f"{PROTECTED}=", f"{PROTECTED}= ", "=原因", ""])
def test_an_override_without_name_or_reason_is_wrong_usage(world: World, option: str):
    before = pointer(world)
    steal(world)
    done = command(world, "publish", "--override", option)
    assert (done.returncode, pointer(world)) == (2, before)
    assert "名称=原因" in done.stderr


def test_what_is_replied_to_otherwise_is_told(world: World):
    assert command(world, "ask", "早上好").returncode == 0
    edit(world.kb, "faq/certificates.yaml", "- U盾提示密码已锁定", "- U盾提示密码已锁定\n      - 保证金什么时候能退")
    done = command(world, "publish", "--override", "保证金什么时候能退=试一试")
    assert done.returncode == 0, done.stderr
    assert "问了 13 个受保护的问题、0 个近期的问题" in done.stdout
    assert "受保护的问题「保证金什么时候能退」应反问，选项里有 deposit-01、deposit-02，现在答 ca-02" in done.stdout
    assert "golden_right" in done.stdout


def test_one_step_back_and_forth(world: World):
    first = pointer(world)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    second = published(world)["version"]
    done = command(world, "rollback")
    assert done.returncode == 0, done.stderr
    assert first in done.stdout
    assert (
        "联系发证机构解锁，不要反复再试"
        in json.loads(command(world, "ask", QUESTION, "--json").stdout)["answer"]["text"]
    )
    listed = json.loads(command(world, "versions", "--json").stdout)
    assert (listed["serving"], listed["rolled_back"]) == (first, True)
    assert [one["version"] for one in listed["versions"]] == [second, first]
    assert listed["versions"][0]["previous"] == first
    shown = command(world, "versions").stdout
    assert re.search(rf"→ +{first}", shown)
    assert f"从 {second} 退回" in shown
    back = json.loads(command(world, "rollback", second, "--json").stdout)
    assert back == {"version": second, "previous": first}
    actions = [(one["action"], one["object"]) for one in records(world.data / "audit")]
    assert actions == [("publish", second), ("rollback", first), ("rollback", second)]


def test_a_step_that_leads_nowhere_exits_3(world: World):
    before = pointer(world)
    for arguments in ((), ("0" * 12,), (before,)):
        done = command(world, "rollback", *arguments, "--json")
        assert (done.returncode, error_of(done)["code"]) == (3, "rollback_impossible")
    assert pointer(world) == before


def test_as_many_versions_are_kept_as_the_setting_says(world: World):
    texts = [OLD, *(f"第{i}版。" for i in range(4))]
    for old, new in pairwise(texts):
        edit(world.kb, "faq/certificates.yaml", old, new)
        done = command(world, "publish", keep_versions=3)
        assert done.returncode == 0, done.stderr
    assert len(json.loads(command(world, "versions", "--json").stdout)["versions"]) == 3


def test_a_rehearsal_says_what_would_change_and_changes_nothing(world: World):
    before = pointer(world)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    done = command(world, "publish", "--dry-run")
    assert done.returncode == 0, done.stderr
    for part in ("~ 知识条目 ca-02：038 ", f"-{OLD}", f"+{NEW}", "可以发布；这次只是试"):
        assert part in done.stdout
    assert pointer(world) == before
    assert not (world.data / "audit").exists()
    told = json.loads(command(world, "publish", "--dry-run", "--json").stdout)
    assert (told["passes"], told["differences"][0]["id"], told["report"]["previous"]) == (True, "ca-02", before)


def test_a_rehearsal_that_would_be_blocked_exits_1(world: World):
    steal(world)
    done = command(world, "publish", "--dry-run")
    assert done.returncode == 1
    assert PROTECTED in done.stdout
    assert "不能发布" in done.stdout


def test_with_two_persons_the_shell_publishes_only_what_another_proposed(world: World):
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    before = pointer(world)
    done = command(world, "publish", "--json", two_person="true")
    assert (done.returncode, error_of(done)["code"], pointer(world)) == (1, "needs_second_person", before)
    assert command(world, "propose", "--note", "改了解锁", two_person="true").returncode == 0
    refused = command(world, "publish", two_person="true")
    assert refused.returncode == 1
    assert "要由另一个人发布" in refused.stderr
    assert "改了解锁" in refused.stderr
    assert command(world, "propose", "--withdraw", two_person="true").returncode == 0
    digest = json.loads(command(world, "propose", "--json", two_person="true").stdout)["digest"]
    propose(world.data / "indexes", digest, "chen", "chen", "2026-12-01T09:00:00+08:00")
    assert command(world, "publish", two_person="true").returncode == 0
    assert pointer(world) != before
    actions = [(one["action"], one["result"]) for one in records(world.data / "audit")]
    assert actions == [
        ("publish", "refused"), ("propose", "ok"), ("publish", "refused"), ("propose.withdraw", "ok"),
        ("propose", "ok"), ("publish", "ok"),
    ]  # fmt: skip


def test_what_is_not_edited_needs_no_proposal(world: World):
    done = command(world, "propose", "--json")
    assert (done.returncode, error_of(done)["code"]) == (3, "nothing_to_propose")
