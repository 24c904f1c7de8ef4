"""The pages to publish and to go back, as a browser without script uses them."""

from __future__ import annotations

import html
import re
import subprocess
from typing import Any

import httpx
import pytest

from app.accounts.roles import Role
from app.audit import records
from app.index import history, store
from app.publishing.lock import one_at_a_time
from tests.small_kb import edit
from tests.web.conftest import Serve
from tests.web.office import HTML, Browser, Clock, Office
from tests.web.server import World, eventually
from tests.web.test_publishing import NEW, OLD, PROTECTED, steal, text

PUBLISH, VERSIONS = "/admin/publish", "/admin/versions"
PEOPLE: dict[str, Role] = {"zhao": "viewer", "chen": "editor", "li": "publisher", "wang": "owner"}


@pytest.fixture
def office(serve: Serve, world: World, clock: Clock) -> Office:
    return staffed(serve, world, clock)


def staffed(serve: Serve, world: World, clock: Clock, **settings: Any) -> Office:
    office = Office(serve(world, **settings), world, clock)
    for name, role in reversed(PEOPLE.items()):  # the first account is an owner
        office.hire(name, role)
    return office


def seen(response: httpx.Response, status: int = 200) -> str:
    """What a page says, white space counting as one blank."""
    assert response.status_code == status, response.text
    body = response.text[response.text.index("<main") :]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body)))


def sent(browser: Browser, path: str, **form: Any) -> httpx.Response:
    return browser.post(path, data={"csrf": browser.csrf(PUBLISH), **form}, headers=HTML)


def rehearsed(browser: Browser, status: int = 200) -> httpx.Response:
    response = sent(browser, PUBLISH)
    assert response.status_code == status, response.text
    return response


def digest_of(response: httpx.Response) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{16})"', response.text)
    assert found
    return found[1]


def change(world: World, new: str = NEW, old: str = OLD) -> None:
    edit(world.kb, "faq/certificates.yaml", old, new)


def test_unedited_knowledge_has_nothing_to_publish(office: Office, world: World):
    li = office.signed_in("li")
    version = str(store.current(world.data / "indexes"))
    page = seen(li.get(PUBLISH))
    assert version in page
    assert "没有改动" in page
    tried = rehearsed(li)
    assert "没有要发布的改动" in seen(tried)
    assert 'action="../publish/now"' not in tried.text


def test_from_the_rehearsal_to_the_report(office: Office, world: World):
    change(world)
    li = office.signed_in("li")
    assert "有还没发布的改动" in seen(li.get(PUBLISH))
    tried = rehearsed(li)
    page = seen(tried)
    assert "可以发布" in page
    assert f"-{OLD}" in page
    assert f"+{NEW}" in page
    assert "受保护的问题都答对了" in page
    done = sent(li, f"{PUBLISH}/now", digest=digest_of(tried))
    assert done.status_code == 303, seen(done)
    version = store.current(world.data / "indexes")
    assert done.headers["location"] == f"../versions/{version}?said=published"
    report = seen(li.get(f"{VERSIONS}/{version}?said=published"))
    for part in ("已发布", "正在服务", "（li）", "新增 0，修改 1，删除 0", f"+{NEW}"):
        assert part in report
    assert text(office.web) == NEW
    assert office.audit()[-1] == ("li", "publish", version, "ok")


def test_what_is_published_is_what_was_rehearsed(office: Office, world: World):
    change(world)
    li = office.signed_in("li")
    digest = digest_of(rehearsed(li))
    change(world, "又改了一次。", NEW)
    refused = sent(li, f"{PUBLISH}/now", digest=digest)
    assert "又改过" in seen(refused, 409)
    assert text(office.web) not in (NEW, "又改了一次。")
    assert "又改过" in seen(sent(li, f"{PUBLISH}/now"), 409), "nor without a digest"


def test_what_fails_is_let_pass_by_name_with_a_reason_each(office: Office, world: World):
    steal(world)
    li = office.signed_in("li")
    tried = rehearsed(li)
    page = seen(tried)
    assert "过不了关" in page
    assert "答得不对的受保护的问题" in page
    names = re.findall(r'name="name" value="([^"]+)"', tried.text)
    assert PROTECTED in names
    digest = digest_of(tried)
    blank = sent(
        li,
        f"{PUBLISH}/now",
        digest=digest,
        name=names,
        reason=["改由政采那条答", *[" "] * (len(names) - 1)][: len(names)],
    )
    if len(names) > 1:
        assert "过不了关" in seen(blank, 409)
        assert 'value="改由政采那条答"' in blank.text, "what was typed is kept"
        blank = sent(li, f"{PUBLISH}/now", digest=digest, name=names, reason=["改由政采那条答"] * len(names))
    assert blank.status_code == 303, seen(blank)
    version = store.current(world.data / "indexes")
    assert "改由政采那条答" in seen(li.get(f"{VERSIONS}/{version}"))
    assert "改由政采那条答" in seen(li.get(VERSIONS))
    assert ("li", "publish.override", version, "ok") in office.audit()


def test_without_a_reason_it_stays_blocked(office: Office, world: World):
    steal(world)
    li = office.signed_in("li")
    digest = digest_of(rehearsed(li))
    assert "没有发布" in seen(sent(li, f"{PUBLISH}/now", digest=digest, name=[PROTECTED], reason=[" "]), 409)
    assert office.web.ask(PROTECTED)["answer"]["entry_id"] == "deposit-01"


def test_a_colliding_wording_is_named_with_both_entries(office: Office, world: World):
    edit(world.kb, "faq/certificates.yaml", "- 办锁去哪里", "- 锁的密码忘了")
    response = rehearsed(office.signed_in("zhao"), 422)
    page = seen(response, 422)
    assert "问法重复" in page
    assert "（ca-01）已有：「锁的密码忘了」" in page
    assert 'href="entries/ca-02"' in response.text, "the entry that is in the wrong"
    assert 'href="entries/ca-01">037 CA数字证书怎么办理？</a>' in response.text, "the one that has it already"
    assert "kb/faq/certificates.yaml 第" in page


def test_checking_alone_lists_the_problems(office: Office, world: World):
    zhao = office.signed_in("zhao")
    page = seen(sent(zhao, f"{PUBLISH}/check"))
    assert "没有错误" in page
    assert "有分类没有任何条目" in page


@pytest.mark.parametrize("two_person", [False, True])
def test_each_role_is_shown_what_it_may_do(serve: Serve, world: World, clock: Clock, two_person: bool):
    office = staffed(serve, world, clock, two_person=two_person)
    change(world)
    shown = {}
    for name in PEOPLE:
        tried = rehearsed(office.signed_in(name)).text
        shown[name] = ("publish/now" in tried, "publish/propose" in tried)
    publishes = not two_person  # nobody has proposed
    assert shown == {
        "zhao": (False, False),
        "chen": (False, True),
        "li": (publishes, two_person),
        "wang": (publishes, two_person),
    }


@pytest.mark.parametrize(
    ("path", "name"),
    [("propose", "zhao"), ("withdraw", "zhao"), ("send-back", "chen"), ("now", "chen"), ("now", "zhao")],
)
def test_a_form_sent_all_the_same_is_refused(office: Office, world: World, path: str, name: str):
    change(world)
    refused = sent(office.signed_in(name), f"{PUBLISH}/{path}", digest="0" * 16, reason="x")
    assert refused.status_code == 403
    assert text(office.web) != NEW


@pytest.mark.parametrize("path", [PUBLISH, f"{PUBLISH}/now", f"{PUBLISH}/propose", f"{PUBLISH}/withdraw", VERSIONS])
def test_a_forged_form_does_nothing(office: Office, world: World, path: str):
    change(world)
    li = office.signed_in("li")
    version = store.current(world.data / "indexes")
    forged = li.post(path, data={"version": version, "digest": office.web.state.digest()}, headers=HTML)
    assert forged.status_code == 403
    assert text(office.web) != NEW


def test_two_persons_by_the_pages(serve: Serve, world: World, clock: Clock):
    office = staffed(serve, world, clock, two_person=True)
    change(world)
    chen, li = office.signed_in("chen"), office.signed_in("li")
    digest = digest_of(rehearsed(chen))
    refused = sent(li, f"{PUBLISH}/now", digest=digest)
    assert "还没有人提交" in seen(refused, 409)
    assert (
        sent(chen, f"{PUBLISH}/propose", digest=digest, note="改了解锁").headers["location"]
        == "../publish?said=proposed"
    )
    assert "chen 在 2026-12-01 09:30 提交，说明：改了解锁" in seen(li.get(PUBLISH))
    assert "撤回提交" in seen(chen.get(PUBLISH))
    assert "撤回提交" not in seen(li.get(PUBLISH))
    assert "请写明为什么退回" in seen(sent(li, f"{PUBLISH}/send-back", reason=" "), 422)
    assert sent(li, f"{PUBLISH}/send-back", reason="少了一步").status_code == 303
    assert "少了一步" in seen(chen.get(PUBLISH))
    sent(chen, f"{PUBLISH}/propose", digest=digest)
    assert sent(chen, f"{PUBLISH}/withdraw").status_code == 303
    assert "没有等待发布的提交" in seen(sent(chen, f"{PUBLISH}/withdraw"), 409)
    sent(chen, f"{PUBLISH}/propose", digest=digest)
    assert sent(li, f"{PUBLISH}/now", digest=digest_of(rehearsed(li))).status_code == 303
    assert text(office.web) == NEW
    assert [it["action"] for it in records(world.data / "audit") if it["action"].startswith("p")] == [
        "publish", "propose", "propose.send_back", "propose", "propose.withdraw", "propose.withdraw", "propose", "publish",
    ]  # fmt: skip


def test_who_proposed_and_publishes_too_is_told_to_fetch_another(serve: Serve, world: World, clock: Clock):
    office = staffed(serve, world, clock, two_person=True)
    change(world)
    li = office.signed_in("li")
    digest = digest_of(rehearsed(li))
    sent(li, f"{PUBLISH}/propose", digest=digest)
    assert "要由另一个人发布" in seen(rehearsed(li))
    refused = sent(li, f"{PUBLISH}/now", digest=digest)
    assert "要由另一个人发布" in seen(refused, 409)
    assert "由 li 提交" in seen(refused, 409), "who proposed it, and when"


def test_proposing_what_was_edited_since_keeps_what_was_typed(serve: Serve, world: World, clock: Clock):
    office = staffed(serve, world, clock, two_person=True)
    change(world)
    chen = office.signed_in("chen")
    digest = digest_of(rehearsed(chen))
    change(world, "又改了一次。", NEW)
    assert "又改过" in seen(sent(chen, f"{PUBLISH}/propose", digest=digest, note="改了解锁"), 409)


def test_while_another_publishes_it_is_said_nicely(office: Office, world: World):
    change(world)
    li = office.signed_in("li")
    digest = digest_of(rehearsed(li))
    with one_at_a_time(world.data / "indexes"):
        page = seen(sent(li, f"{PUBLISH}/now", digest=digest), 409)
    assert "另一次发布正在进行" in page
    assert "试发布" in page


def test_a_remark_is_published_without_another_version(office: Office, world: World):
    edit(world.kb, "terms.yaml", "terms:", "# a remark\nterms:")
    li = office.signed_in("li")
    tried = rehearsed(li)
    assert "答复没有变化" in seen(tried)
    done = sent(li, f"{PUBLISH}/now", digest=digest_of(tried))
    assert done.headers["location"].endswith("?said=noted")
    assert "和正在服务的一样" in seen(li.get(PUBLISH))


def test_the_address_of_a_form_leads_back_to_the_page(office: Office):
    back = office.signed_in("li").get(f"{PUBLISH}/now", headers=HTML)
    assert (back.status_code, back.headers["location"]) == (303, "../publish")


def test_what_an_editor_wrote_is_shown_and_not_run(office: Office, world: World):
    change(world, "<script>alert(1)</script>")
    assert "<script>alert" not in rehearsed(office.signed_in("li")).text


# Versions


def test_one_step_back_by_the_page(office: Office, world: World):
    old = text(office.web)
    first = str(store.current(world.data / "indexes"))
    change(world)
    li = office.signed_in("li")
    sent(li, f"{PUBLISH}/now", digest=digest_of(rehearsed(li)))
    second = str(store.current(world.data / "indexes"))
    page = li.get(VERSIONS)
    assert page.text.index(second) < page.text.index(first), "newest first"
    assert page.text.count("退回到这一版</button>") == 1
    back = sent(li, VERSIONS, version=first)
    assert (back.status_code, back.headers["location"]) == (303, "versions?said=rolled_back")
    eventually(lambda: text(office.web) == old, "the old answer")
    assert f"正在服务的是退回的版本 {first}" in seen(li.get(VERSIONS))
    assert f"从 {second} 退回" in seen(li.get(PUBLISH))
    assert "有还没发布的改动" in seen(li.get(PUBLISH))
    assert office.audit()[-1] == ("li", "rollback", first, "ok")


def test_who_may_not_go_back_has_no_button_and_is_refused(office: Office, world: World):
    change(world)
    li = office.signed_in("li")
    first = str(store.current(world.data / "indexes"))
    sent(li, f"{PUBLISH}/now", digest=digest_of(rehearsed(li)))
    for name in ("zhao", "chen"):
        browser = office.signed_in(name)
        assert "退回到这一版</button>" not in browser.get(VERSIONS).text
        assert sent(browser, VERSIONS, version=first).status_code == 403
    assert text(office.web) == NEW


@pytest.mark.parametrize(("version", "status"), [("0" * 12, 409), ("../../kb", 422), ("", 422)])
def test_a_step_that_leads_nowhere_changes_nothing(office: Office, world: World, version: str, status: int):
    before = store.current(world.data / "indexes")
    assert sent(office.signed_in("li"), VERSIONS, version=version).status_code == status
    assert store.current(world.data / "indexes") == before


def test_a_version_without_one_before_it_or_of_an_older_format_has_a_page(office: Office, world: World):
    zhao = office.signed_in("zhao")
    indexes = world.data / "indexes"
    first = str(store.current(indexes))
    assert "没有更早的版本可比" in seen(zhao.get(f"{VERSIONS}/{first}"))
    (indexes / first / "publication.json").unlink()
    assert "不详" in seen(zhao.get(f"{VERSIONS}/{first}"))
    assert "不详" in seen(zhao.get(VERSIONS))
    (indexes / first / "knowledge.json").write_bytes(b"{}")
    assert "比较不了" in seen(zhao.get(f"{VERSIONS}/{first}"))
    assert zhao.get(f"{VERSIONS}/{'0' * 12}", headers=HTML).status_code == 404


def test_a_publication_by_the_page_is_committed_where_that_is_set(
    serve: Serve, world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HOME", str(world.data))
    office = staffed(serve, world, clock, git_commit=True)
    li = office.signed_in("li")
    change(world)
    sent(li, f"{PUBLISH}/now", digest=digest_of(rehearsed(li)))
    indexes = world.data / "indexes"
    assert "没有提交 ：" in seen(li.get(f"{VERSIONS}/{store.current(indexes)}")), (
        "no repository, and published all the same"
    )
    for arguments in (["init", "-q"], ["config", "user.name", "s"], ["config", "user.email", "s@example.cn"]):
        subprocess.run(["git", "-C", world.kb, *arguments], check=True)
    change(world, "又改了一次。", NEW)
    sent(li, f"{PUBLISH}/now", digest=digest_of(rehearsed(li)))
    made = history.publication(indexes, str(store.current(indexes)))
    assert made is not None
    assert f"已提交 {made.report['commit']['id']}" in seen(li.get(f"{VERSIONS}/{store.current(indexes)}"))
