"""From an edited YAML file to the text that is served, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.small_kb import edit, mark_of
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.server import World

ADMIN = {"Authorization": f"Bearer {TOKEN}"}
KNOWLEDGE = "/api/v1/admin/knowledge"
QUESTION = "PIN码输错被锁死了怎么解锁？"
OLD, NEW = "联系发证机构解锁，**不要**反复再试。", "先停手，再联系发证机构解锁。"
REPORT = {"version", "previous", "added", "changed", "removed", "warnings", "entries", "phrases", "embedded"}
REPORT |= {"gate", "overridden", "resting", "commit"}
PROBLEM = {"severity", "file", "line", "column", "key", "message", "found", "allowed"}


@pytest.fixture
def running(serve: Serve, world: World) -> Web:
    return serve(world, admin_token=TOKEN)


def reload(web: Web) -> dict[str, Any]:
    response = web.post(f"{KNOWLEDGE}/reload", headers=ADMIN)
    assert response.status_code == 200, response.text
    report: dict[str, Any] = response.json()
    return report


def test_an_edited_answer_is_served_after_a_reload_and_not_before(running: Web, world: World):
    before = running.ask(QUESTION)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    assert running.ask(QUESTION)["answer"] == before["answer"]
    report = reload(running)
    assert report.keys() == REPORT
    assert (report["added"], report["changed"], report["removed"]) == ([], ["ca-02"], [])
    assert report["previous"] == before["knowledge"]["version"]
    after = running.ask(QUESTION)
    assert after["answer"]["text"] == NEW
    assert after["knowledge"]["version"] == report["version"] != report["previous"]
    assert after["knowledge"]["fingerprint"] != before["knowledge"]["fingerprint"]
    assert running.get("/readyz").json() == after["knowledge"]


def test_a_new_wording_is_understood_after_a_reload(running: Web, world: World):
    edit(world.kb, "faq/certificates.yaml", "      - 锁的密码忘了\n", "      - 锁的密码忘了\n      - 红灯一直闪咋整\n")
    report = reload(running)
    assert (report["changed"], report["embedded"]) == (["ca-02"], 1)
    assert running.ask("红灯一直闪咋整")["answer"]["entry_id"] == "ca-02"


def test_the_terms_that_stand_in_an_answer_are_explained_with_it(running: Web, world: World):
    assert running.ask(QUESTION)["answer"]["terms"] == []
    edit(world.kb, "faq/certificates.yaml", OLD, "联系数字证书的发证机构解锁。")
    reload(running)
    assert running.ask(QUESTION)["answer"]["terms"] == [
        {"term": "数字证书", "definition": "在网上证明身份、用来签章和加解密的电子凭证。"}
    ]


def test_a_removed_entry_is_gone_after_a_reload(running: Web, world: World):
    (world.kb / "faq" / "certificates.yaml").unlink()
    (world.kb / "golden" / "certificates.yaml").unlink()
    edit(world.kb, "pointers.yaml", "    related: [ca-01]\n", "")
    assert reload(running)["removed"] == ["ca-01", "ca-02"]
    assert running.get("/api/v1/entries/ca-02").status_code == 404
    assert running.get("/api/v1/entries/038").status_code == 404


def test_reloading_what_already_serves_changes_nothing(running: Web):
    version = running.ask(QUESTION)["knowledge"]["version"]
    report = reload(running)
    assert (report["version"], report["previous"]) == (version, version)
    assert report["added"] + report["changed"] + report["removed"] == []
    assert report["embedded"] == 0


def test_bad_yaml_is_refused_with_file_line_and_key_and_the_old_text_is_served(running: Web, world: World):
    before = running.ask(QUESTION)
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    broken = [
        (edit(world.kb, "faq/deposits.yaml", "business: [政府采购]", "business: [采购]"), "business"),
        (edit(world.kb, "terms.yaml", "definition:", "definitoin:"), "definitoin"),
        (edit(world.kb, "clarify.yaml", "entry: deposit-02", "entry: deposit-99"), "entry"),
    ]
    response = running.post(f"{KNOWLEDGE}/reload", headers=ADMIN)
    assert response.status_code == 422
    error = response.json()["error"]
    assert error["code"] == "knowledge_rejected"
    problems = [detail for detail in error["details"] if detail["severity"] == "error"]
    assert all(problem.keys() == PROBLEM for problem in problems)
    for mark, key in broken:
        assert [
            problem
            for problem in problems
            if (problem["file"], problem["line"]) == (mark.file, mark.line) and key in problem["key"]
        ], f"{mark} {key} is not among {problems}"
    after = running.ask(QUESTION)
    assert (after["answer"], after["knowledge"]) == (before["answer"], before["knowledge"])


def test_a_file_that_is_no_yaml_is_refused_at_its_line(running: Web, world: World):
    edit(world.kb, "smalltalk.yaml", "    text: 您好", '    text: "您好')
    response = running.post(f"{KNOWLEDGE}/reload", headers=ADMIN)
    assert response.status_code == 422
    first = response.json()["error"]["details"][0]
    assert (first["severity"], first["file"]) == ("error", "kb/smalltalk.yaml")
    assert first["line"] >= mark_of(world.kb, "smalltalk.yaml", '"您好').line
    assert running.ask("早上好")["kind"] == "smalltalk"


def test_after_a_refusal_the_mended_knowledge_is_published(running: Web, world: World):
    edit(world.kb, "faq/certificates.yaml", f"answer: {OLD}", f"anwser: {NEW}")
    assert running.post(f"{KNOWLEDGE}/reload", headers=ADMIN).status_code == 422
    edit(world.kb, "faq/certificates.yaml", "anwser:", "answer:")
    assert reload(running)["changed"] == ["ca-02"]
    assert running.ask(QUESTION)["answer"]["text"] == NEW


def test_validating_lists_the_problems_and_publishes_nothing(running: Web, world: World):
    version = running.ask(QUESTION)["knowledge"]["version"]
    good = running.post(f"{KNOWLEDGE}/validate", headers=ADMIN).json()
    assert good.keys() == {"ok", "problems"}
    assert good["ok"]
    assert {problem["severity"] for problem in good["problems"]} == {"warning", "note"}
    mark = edit(world.kb, "faq/deposits.yaml", "number: 062", "number: 061")
    bad = running.post(f"{KNOWLEDGE}/validate", headers=ADMIN)
    assert bad.status_code == 200
    assert not bad.json()["ok"]
    errors = [problem for problem in bad.json()["problems"] if problem["severity"] == "error"]
    assert [(error["file"], error["line"]) for error in errors] == [(mark.file, mark.line)]
    assert running.ask(QUESTION)["knowledge"]["version"] == version


def test_the_administrator_sees_what_serves_and_what_is_kept(running: Web, world: World):
    first = running.ask(QUESTION)["knowledge"]
    edit(world.kb, "faq/certificates.yaml", OLD, NEW)
    second = reload(running)
    response = running.get(KNOWLEDGE, headers=ADMIN)
    assert response.status_code == 200
    facts = response.json()
    assert facts.keys() == {"knowledge", "published_at", "encoder", "entries", "phrases", "kept_versions"}
    assert facts["knowledge"]["version"] == second["version"]
    assert (facts["entries"], facts["phrases"]) == (4, second["phrases"])
    assert facts["kept_versions"] == [second["version"], first["version"]]


def test_a_conversation_goes_on_over_a_reload(running: Web, world: World):
    running.ask("保证金多久退", session_id="over-a-reload")
    edit(world.kb, "faq/deposits.yaml", "书面合同签订后五日内退。", "书面合同签订后5日内退。")
    version = reload(running)["version"]
    picked = running.ask("第一个", session_id="over-a-reload")
    assert picked["knowledge"]["version"] == version
    assert picked["answer"]["text"].startswith("书面合同签订后5日内退。")
