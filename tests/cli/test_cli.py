"""The shell command, as a person or a script calls it.

Exit codes: 0 done; 1 the knowledge has errors, or a receipt is invalid; 2 wrong usage or settings; 3 the service or its storage failed.
"""

from __future__ import annotations

import fcntl
import json
import socket
import subprocess
from typing import Any

import pytest

from app import __version__
from tests.small_kb import edit
from tests.web.server import World, of, run

QUESTION = "PIN码输错被锁死了怎么解锁？"
OLD, NEW = "联系发证机构解锁，**不要**反复再试。", "先停手，再联系发证机构解锁。"


def command(world: World, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    done = run(*arguments, cwd=world.data.parent, **(of(world) | settings))
    assert "Traceback" not in done.stderr, done.stderr
    return done


def error_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    body = json.loads(done.stdout)
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message", "details"}
    error: dict[str, Any] = body["error"]
    return error


def test_version(world: World):
    done = command(world, "--version")
    assert (done.returncode, done.stdout) == (0, f"yiboshi {__version__}\n")


def test_ask_prints_the_answer_its_number_and_its_version(world: World):
    done = command(world, "ask", QUESTION)
    assert done.returncode == 0, done.stderr
    version = (world.data / "indexes" / "current").read_text().strip()
    for part in ("编号 038", QUESTION, "联系发证机构解锁", f"知识库 {version}"):
        assert part in done.stdout


def test_ask_prints_the_legal_basis(world: World):
    done = command(world, "ask", "工程项目的投标保证金什么时候退？")
    assert "《中华人民共和国招标投标法实施条例》第五十七条" in done.stdout


def test_ask_lists_the_options_of_a_clarifying_reply(world: World):
    done = command(world, "ask", "保证金多久退")
    assert done.returncode == 0
    assert "1. 工程建设招标（061 " in done.stdout
    assert "2. 政府采购（062 " in done.stdout
    assert "编号 062" in command(world, "ask", "保证金多久退", "--business", "政府采购").stdout


def test_ask_as_json_prints_one_reply_as_the_web_gives_it(world: World):
    done = command(world, "ask", QUESTION, "--json")
    assert done.returncode == 0
    reply = json.loads(done.stdout)
    keys = (
        "kind text answer urgent options versions articles term handover understood_as corrected confidence knowledge"
        " took_ms"
    )
    assert reply.keys() == set(keys.split())
    assert (reply["kind"], reply["answer"]["entry_id"]) == ("answer", "ca-02")


BAD_QUESTIONS = {
    "empty": ("", (), "问题"),
    "not UTF-8": ("\udcff", (), "问题"),  # how Python holds the byte FF of a command line
    "501 characters": ("保" * 501, (), "问题"),
    "unknown audience and business": (QUESTION, ("--audience", "nobody", "--business", "天气"), "--business"),
}


@pytest.mark.parametrize(("question", "options", "name"), BAD_QUESTIONS.values(), ids=BAD_QUESTIONS)
def test_ask_refuses_what_is_no_question(world: World, question: str, options: tuple[str, ...], name: str):
    done = command(world, "ask", question, *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr


def test_ask_as_json_refuses_in_the_one_error_shape(world: World):
    done = command(world, "ask", " ", "--json")
    assert done.returncode == 2
    assert error_of(done)["details"]


def test_ask_publishes_first_when_nothing_was_published(world: World):
    (world.data / "indexes" / "current").unlink()
    done = command(world, "ask", QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answer"]["number"] == "038"


def test_validate_accepts_good_knowledge(world: World):
    done = command(world, "validate")
    assert done.returncode == 0
    assert "0 处错误" in done.stdout
    as_json = json.loads(command(world, "validate", "--json").stdout)
    assert as_json["ok"]
    assert {problem["severity"] for problem in as_json["problems"]} == {"warning", "note"}


def test_validate_tells_which_notice_is_past_and_counts_the_values_not_filled_in(world: World):
    (world.kb / "notices.yaml").write_text("notices:\n  - text: 停机。\n    to: 2020-01-01 08:00\n", "utf-8")
    done = command(world, "validate")
    assert done.returncode == 0
    assert "kb/notices.yaml:3:9: note: notices[0].to: 已经过期，可以删去" in done.stdout
    assert "1 个取值本中心还没有填" in done.stdout


def test_validate_lists_every_problem_and_exits_1(world: World):
    broken = [
        (edit(world.kb, "faq/deposits.yaml", "business: [政府采购]", "business: [采购]"), "business"),
        (edit(world.kb, "faq/certificates.yaml", "number: 038", "number: 38"), "number"),
        (edit(world.kb, "terms.yaml", "definition:", "definitoin:"), "definitoin"),
    ]
    done = command(world, "validate", "--kb", str(world.kb))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    for mark, key in broken:
        assert [line for line in lines if line.startswith(f"{mark.file}:{mark.line}:") and key in line], done.stdout
    as_json = command(world, "validate", "--json")
    assert as_json.returncode == 1
    report = json.loads(as_json.stdout)
    assert not report["ok"]
    listed = {(problem["file"], problem["line"]) for problem in report["problems"]}
    assert {(mark.file, mark.line) for mark, _ in broken} <= listed


def test_validate_of_a_folder_that_is_not_there_exits_1_and_names_it(world: World):
    done = command(world, "validate", "--kb", str(world.kb / "nowhere"))
    assert done.returncode == 1
    assert "nowhere" in done.stdout


def test_publish_points_at_the_new_version_and_reports_it(world: World):
    pointer = world.data / "indexes" / "current"
    before = pointer.read_text().strip()
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    done = command(world, "publish", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["changed"], report["previous"]) == (["ca-02"], before)
    assert pointer.read_text().strip() == report["version"] != before


def test_publish_tells_a_person_what_changed(world: World):
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    done = command(world, "publish")
    assert done.returncode == 0, done.stderr
    version = (world.data / "indexes" / "current").read_text().strip()
    assert version in done.stdout
    assert "ca-02" in done.stdout


def test_publish_of_bad_knowledge_exits_1_lists_it_and_changes_nothing(world: World):
    pointer = world.data / "indexes" / "current"
    before = pointer.read_text()
    mark = edit(world.kb, "faq/certificates.yaml", "number: 038", "number: 037")
    done = command(world, "publish")
    assert done.returncode == 1
    assert f"{mark.file}:{mark.line}:" in done.stderr
    as_json = command(world, "publish", "--json")
    assert as_json.returncode == 1
    assert (mark.file, mark.line) in {(item["file"], item["line"]) for item in error_of(as_json)["details"]}
    assert pointer.read_text() == before


def test_publish_while_another_publishes_exits_3(world: World):
    with (world.data / "indexes" / ".publish.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = command(world, "publish", "--json")
    assert done.returncode == 3
    assert error_of(done)["code"] == "publish_busy"


@pytest.mark.parametrize("name", ["publish", "ask", "serve"])
def test_a_data_folder_that_cannot_be_written_exits_3_and_is_named(world: World, name: str):
    file = world.data.parent / "a-file"
    file.write_text("")
    done = run(*((name, QUESTION) if name == "ask" else (name,)), cwd=file.parent, **(of(world) | {"data_dir": file}))
    assert (done.returncode, "Traceback" in done.stderr) == (3, False), done.stderr
    assert "a-file" in done.stderr


def test_an_encoder_folder_that_holds_no_model_exits_3_and_is_named(world: World):
    done = command(world, "ask", QUESTION, encoder=world.kb)
    assert done.returncode == 3
    assert str(world.kb) in done.stderr


def test_serve_on_a_port_in_use_exits_3_and_names_it(world: World):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command(world, "serve", port=port)
    assert done.returncode == 3
    assert str(port) in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("nothing",), ("ask",), ("serve", "--port", "x")])
def test_wrong_usage_exits_2(world: World, arguments: tuple[str, ...]):
    done = command(world, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_help_names_every_command(world: World):
    done = command(world, "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("serve", "ask", "validate", "publish"))
