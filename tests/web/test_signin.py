"""Signing in: who gets in, what the browser is given, what another site cannot make it do, and what is recorded."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine

from app.accounts import accounts, tokens
from app.accounts.roles import Role
from app.accounts.sessions import IDLE, LONGEST
from app.audit import records
from tests.web.conftest import TOKEN, Serve, Web
from tests.web.office import HTML, KNOWLEDGE, OTHER, PASSWORD, Browser, Office
from tests.web.server import World, of, run
from tests.web.test_error_shape import assert_error

COOKIE = "yiboshi_session"
SECOND = timedelta(seconds=1)
ADDRESSES = [
    ("GET", "/admin/sign-in"),
    ("POST", "/admin/sign-in"),
    ("PUT", "/admin/sign-in"),
    ("POST", "/admin/sign-out"),
    ("GET", "/admin/account"),
    ("GET", "/admin"),
    ("GET", KNOWLEDGE),
    ("DELETE", KNOWLEDGE),
    ("POST", "/api/v1/admin/explain"),
]


# Whether there is anything at all


@pytest.mark.parametrize(("method", "path"), ADDRESSES)
def test_where_nobody_could_come_in_there_is_nothing(web: Web, method: str, path: str):
    assert_error(web.request(method, path, content=b"{"), 404, "not_found")


def test_the_first_account_opens_the_door_of_a_running_service(serve: Serve, world: World):
    web = serve(world)
    assert web.get("/admin/sign-in").status_code == 404
    assert not [path for path in web.get("/openapi.json").json()["paths"] if "admin" in path]
    done = run(
        *("admin", "create", "zhang", "--role", "owner", "--password-stdin"),
        cwd=world.data.parent,
        stdin=PASSWORD,
        **of(world),
    )
    assert done.returncode == 0, done.stderr
    assert web.get("/admin/sign-in").status_code == 200
    assert_error(web.get(KNOWLEDGE), 401, "unauthorized")
    assert KNOWLEDGE in web.get("/openapi.json").json()["paths"]
    assert Browser(web).sign_in("zhang", PASSWORD).status_code == 303


def test_without_administration_the_description_holds_nothing_that_it_does_not_use(web: Web):
    text = web.get("/openapi.json").text
    assert "AdminKnowledgeOut" not in text
    assert "securitySchemes" not in text


def test_a_database_that_is_gone_is_told(office: Office, monkeypatch: pytest.MonkeyPatch):
    browser = office.signed_in()
    nowhere = create_engine("sqlite:////nowhere/at/all.db")
    monkeypatch.setattr(office.engine, "connect", nowhere.connect)
    assert_error(browser.get(KNOWLEDGE), 503, "database_unusable")
    assert office.web.ask("早上好")["kind"] == "smalltalk"


# Coming in and going out


def test_the_right_password_comes_in_and_goes_out_again(office: Office):
    browser = office.browser()
    assert not browser.is_in()
    response = browser.sign_in("zhang", PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "./")
    assert browser.is_in()
    assert "zhang，角色：管理员" in browser.get("/admin/account").text
    kept = dict(browser.cookies)
    response = browser.post("/admin/sign-out", data={"csrf": browser.csrf()})
    assert (response.status_code, response.headers["location"]) == (303, "sign-in")
    assert browser.cookies == {}
    browser.cookies = kept
    assert not browser.is_in(), "the session is over, not only the cookie gone"
    assert office.audit() == [("zhang", "sign_in", "zhang", "ok"), ("zhang", "sign_out", "zhang", "ok")]


def test_who_is_in_is_not_asked_again(office: Office):
    browser = office.signed_in()
    response = browser.get("/admin/sign-in?next=publish")
    assert (response.status_code, response.headers["location"]) == (303, "publish")


FAILURES = {
    "another password": ("zhang", OTHER),
    "nobody of that name": ("nobody", PASSWORD),
    "a disabled account": ("wang", PASSWORD),
    "a locked account": ("li", PASSWORD),
    "nothing": ("", ""),
}


def test_every_refusal_reads_the_same(office: Office):
    for name in ("li", "wang"):
        office.hire(name, "viewer")
    accounts.disable(office.engine, "wang")
    for _ in range(5):
        accounts.authenticate(office.engine, office.clock.now, "li", OTHER)
    pages = set()
    for name, password in FAILURES.values():
        browser = office.browser()
        response = browser.sign_in(name, password)
        assert response.status_code == 401
        assert not browser.is_in()
        pages.add(re.sub(r'value="[^"]*"', "", response.text))
    assert len(pages) == 1
    assert "账号或密码不对" in pages.pop()


def test_five_failures_lock_for_fifteen_minutes(office: Office):
    browser = office.browser()
    for _ in range(5):
        assert browser.sign_in("zhang", OTHER).status_code == 401
    office.clock.now += timedelta(minutes=15) - SECOND
    assert browser.sign_in("zhang", PASSWORD).status_code == 401
    office.clock.now += SECOND
    assert browser.sign_in("zhang", PASSWORD).status_code == 303
    assert [line[:3] for line in office.audit() if line[1] == "sign_in.locked"] == [
        ("yiboshi", "sign_in.locked", "zhang")
    ]


def test_a_session_ends_when_it_is_not_used_and_after_a_working_day(office: Office):
    browser = office.signed_in()
    office.clock.now += IDLE
    assert not browser.is_in()
    browser = office.signed_in()
    for _ in range(int(LONGEST / timedelta(minutes=20)) - 1):
        office.clock.now += timedelta(minutes=20)
        assert browser.is_in()
    office.clock.now += timedelta(minutes=20)
    assert not browser.is_in()


def test_too_many_who_try_at_once_are_sent_away(office: Office, monkeypatch: pytest.MonkeyPatch):
    browser = office.browser()
    token = browser.csrf("/admin/sign-in")
    monkeypatch.setattr("app.web.signin.MOST_WAITING", 0)
    response = browser.post("/admin/sign-in", data={"csrf": token, "name": "zhang", "password": PASSWORD})
    assert response.status_code == 429
    assert "请稍后再试" in response.text


def test_what_cannot_be_recorded_does_not_happen(office: Office):
    (office.world.data / "audit").write_text("in the way of the folder")
    browser = office.browser()
    assert browser.sign_in("zhang", PASSWORD).status_code == 507
    assert not browser.is_in()


# The cookie


def cookie(response: httpx.Response) -> Any:
    (line,) = response.headers.get_list("set-cookie")
    ((name, morsel),) = SimpleCookie(line).items()
    return name, morsel


def test_the_cookie_is_for_this_host_and_out_of_the_reach_of_scripts(office: Office):
    name, morsel = cookie(office.browser().sign_in("zhang", PASSWORD))
    assert name == COOKIE
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "lax", "/")
    assert (morsel["domain"], morsel["expires"], morsel["max-age"], morsel["secure"]) == ("", "", "", "")


def test_over_https_the_cookie_stays_on_https(office: Office):
    response = office.browser().get("https://127.0.0.1:8000/admin/sign-in")
    name, morsel = cookie(response)
    assert (name, morsel["secure"], morsel["path"], morsel["domain"]) == (f"__Host-{COOKIE}", True, "/", "")


def test_where_tls_ends_elsewhere_a_setting_says_so(serve: Serve, world: World):
    name, morsel = cookie(serve(world, admin_token=TOKEN, secure_cookies="always").get("/admin/sign-in"))
    assert (name, morsel["secure"]) == (f"__Host-{COOKIE}", True)


def test_who_only_asks_questions_gets_no_cookie(office: Office):
    for path in ("/", "/lite?q=早上好", "/api/v1/welcome"):
        assert "set-cookie" not in office.web.get(path).headers


# Planted sessions


def test_a_session_id_planted_before_is_not_the_session_after(office: Office):
    victim, attacker = office.browser(), office.browser()
    attacker.get("/admin/sign-in")
    victim.cookies = dict(attacker.cookies)
    assert victim.sign_in("zhang", PASSWORD).status_code == 303
    assert victim.is_in()
    assert victim.cookies != attacker.cookies
    assert not attacker.is_in()


def test_signing_in_again_ends_the_session_before(office: Office):
    browser = office.signed_in()
    before = office.browser()
    before.cookies = dict(browser.cookies)
    token = browser.csrf()
    form = {"csrf": token, "name": "zhang", "password": PASSWORD}
    assert browser.post("/admin/sign-in", data=form).status_code == 303
    assert (browser.is_in(), before.is_in()) == (True, False)


def test_a_role_that_changes_ends_the_session(office: Office):
    office.hire("li", "editor")
    browser = office.signed_in("li")
    accounts.change_role(office.engine, "li", "publisher")
    assert not browser.is_in()


# Requests that another site makes a browser send

VALIDATE = f"{KNOWLEDGE}/validate"


def test_a_script_of_the_page_sends_the_token_in_a_header(office: Office):
    browser = office.signed_in()
    response = browser.post(VALIDATE, headers={"X-CSRF-Token": browser.csrf(), "Origin": "http://127.0.0.1:8000"})
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("token", ["", "wrong", "0" * 80, "of the visitor", "of another", "of the one before"])
@pytest.mark.parametrize("way", ["header", "form"])
def test_without_the_token_of_this_session_nothing_is_done(office: Office, token: str, way: str):
    office.hire("li", "viewer")
    browser = office.browser()
    given = {
        "of the visitor": lambda: browser.csrf("/admin/sign-in"),
        "of another": lambda: office.signed_in("li").csrf(),
        "of the one before": lambda: office.signed_in("zhang").csrf(),
    }.get(token, lambda: token)()
    browser.sign_in("zhang", PASSWORD)
    options: dict[str, Any] = {"headers": {"X-CSRF-Token": given}} if way == "header" else {"data": {"csrf": given}}
    assert_error(browser.post(VALIDATE, **options), 403, "forged_request")
    assert_error(browser.post(VALIDATE), 403, "forged_request")
    assert browser.post("/admin/sign-out", **options).status_code == 403
    assert browser.is_in()


ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:8001"},
    {"Origin": "http://127.0.0.1.evil.example:8000"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:8000"},
]
HERE = [
    {},
    {"Origin": "http://127.0.0.1:8000"},
    {"Origin": "https://127.0.0.1:8000"},
    {"Origin": "https://ggzy.example.cn", "Host": "ggzy.example.cn"},
    {"Origin": "https://ggzy.example.cn:8443", "Host": "ggzy.example.cn"},
    {"Sec-Fetch-Site": "same-origin"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_request_from_elsewhere_is_refused_even_with_the_token(office: Office, headers: dict[str, str]):
    browser = office.signed_in()
    assert_error(browser.post(VALIDATE, headers={"X-CSRF-Token": browser.csrf(), **headers}), 403, "forged_request")
    stranger = office.browser()
    assert stranger.sign_in("zhang", PASSWORD, headers=headers).status_code == 403
    assert not stranger.is_in()


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_a_request_from_this_site_is_served(office: Office, headers: dict[str, str]):
    browser = office.signed_in()
    assert browser.post(VALIDATE, headers={"X-CSRF-Token": browser.csrf(), **headers}).status_code == 200


def test_nobody_is_signed_in_by_a_form_of_another_site(office: Office):
    browser = office.browser()
    form = {"name": "zhang", "password": PASSWORD}
    for token in ("", office.browser().csrf("/admin/sign-in")):
        response = browser.post("/admin/sign-in", data=form | {"csrf": token})
        assert response.status_code == 403
        assert "已经过期" in response.text
        assert not browser.is_in()


def test_a_token_of_a_machine_needs_no_token_of_a_page(office: Office):
    text = tokens.create(office.engine, office.clock.now, "ci", "viewer", "zhang")
    assert office.web.post(VALIDATE, headers={"Authorization": f"Bearer {text}"}).status_code == 200


def test_no_page_of_the_administrators_goes_into_a_frame_of_another_site_or_into_a_cache(serve: Serve, world: World):
    web = serve(world, admin_token=TOKEN, embed_origins=("https://ggzy.example.cn",))
    for path in ("/admin/sign-in", "/admin/nothing"):
        headers = web.get(path).headers
        assert headers["content-security-policy"].endswith("frame-ancestors 'self'")
        assert headers["cache-control"] == "no-store"


# Where signing in leads

PLACES = [
    ("/admin/account", "sign-in?next=account"),
    ("/admin/account?tab=2&x=%E4%BF%9D", "sign-in?next=account%3Ftab%3D2%26x%3D%25E4%25BF%259D"),
]


@pytest.mark.parametrize(("page", "target"), PLACES)
def test_a_page_leads_to_the_sign_in_page_and_back(office: Office, page: str, target: str):
    browser = office.browser()
    response = browser.get(page, headers=HTML)
    assert (response.status_code, response.headers["location"]) == (303, target)
    form = browser.get(f"/admin/{target}").text
    shown = re.search(r'name="next" value="([^"]*)"', form)
    assert shown
    back = shown[1].replace("&amp;", "&")
    assert browser.sign_in("zhang", PASSWORD, back).headers["location"] == page.removeprefix("/admin/")


def test_a_script_is_told_instead_of_sent_away(office: Office):
    assert_error(office.web.get("/admin/account"), 401, "unauthorized")
    assert_error(office.web.get(KNOWLEDGE, headers=HTML), 401, "unauthorized")


OPEN = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/admin/account",
    "javascript:alert(1)",
    "data:text/html,x",
    "../lite",
    "a/../../lite",
    "./..//evil.example",
    " //evil.example",
    "\t//evil.example",
    "account\r\nSet-Cookie: a=b",
    "account#x",
    "evil.example:80/",
    "@evil.example",
    "账号",
    "a" * 501,
]


@pytest.mark.parametrize("back", OPEN)
def test_signing_in_leads_nowhere_else(office: Office, back: str):
    browser = office.browser()
    assert 'name="next" value=""' in browser.get("/admin/sign-in", params={"next": back}).text
    assert browser.sign_in("zhang", PASSWORD, back).headers["location"] == "./"
    assert browser.get("/admin/sign-in", params={"next": back}).headers["location"] == "./"


# Who may what

MAY: dict[Role, int] = {"viewer": 403, "editor": 403, "publisher": 200, "owner": 200}


@pytest.mark.parametrize("by", ["session", "token"])
@pytest.mark.parametrize("role", MAY)
def test_every_role_may_look_and_from_publisher_on_publish(office: Office, role: Role, by: str):
    browser = office.browser()
    if by == "token":
        headers = {"Authorization": f"Bearer {tokens.create(office.engine, office.clock.now, 'ci', role, 'zhang')}"}
    else:
        office.hire("li", role)
        browser = office.signed_in("li")
        headers = {"X-CSRF-Token": browser.csrf()}
    assert browser.get(KNOWLEDGE, headers=headers).status_code == 200
    assert browser.post(VALIDATE, headers=headers).status_code == 200
    question = {"question": "保证金多久退"}
    assert browser.post("/api/v1/admin/explain", json=question, headers=headers).status_code == 200
    response = browser.post(f"{KNOWLEDGE}/reload", headers=headers)
    assert response.status_code == MAY[role]
    who = "token:ci" if by == "token" else "li"
    if MAY[role] == 403:
        assert_error(response, 403, "forbidden", "发布")
    else:
        assert (who, "publish", response.json()["version"], "ok") in office.audit()


def test_a_token_is_over_when_it_expires_or_is_revoked(office: Office):
    def given(name: str, days: int) -> dict[str, str]:
        text = tokens.create(office.engine, office.clock.now, name, "viewer", "zhang", days)
        return {"Authorization": f"Bearer {text}"}

    short, revoked = given("short", 1), given("revoked", 90)
    tokens.revoke(office.engine, office.clock.now, "revoked")
    assert_error(office.web.get(KNOWLEDGE, headers=revoked), 401, "unauthorized")
    assert office.web.get(KNOWLEDGE, headers=short).status_code == 200
    office.clock.now += timedelta(days=1)
    assert_error(office.web.get(KNOWLEDGE, headers=short), 401, "unauthorized")


def test_the_token_of_the_settings_still_opens_everything(serve: Serve, world: World):
    web = serve(world, admin_token=TOKEN)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    report = web.post(f"{KNOWLEDGE}/reload", headers=headers).json()
    (record,) = records(world.data / "audit")
    assert (record["who"], record["action"], record["object"]) == ("admin_token", "publish", report["version"])


def test_a_refused_publication_is_recorded(office: Office):
    (office.world.kb / "terms.yaml").write_text("terms: 1\n")
    browser = office.signed_in()
    assert browser.post(f"{KNOWLEDGE}/reload", headers={"X-CSRF-Token": browser.csrf()}).status_code == 422
    assert office.audit()[-1] == ("zhang", "publish", "", "refused")


# One's own password


def changed(browser: Browser, old: str, new: str, again: str | None = None) -> httpx.Response:
    form = {"csrf": browser.csrf(), "old": old, "new": new, "again": new if again is None else again}
    return browser.post("/admin/account", data=form, headers=HTML)


def test_a_changed_password_keeps_this_browser_in_under_a_new_id_and_puts_the_others_out(office: Office):
    browser, elsewhere, before = office.signed_in(), office.signed_in(), office.browser()
    before.cookies = dict(browser.cookies)
    assert changed(browser, PASSWORD, OTHER).status_code == 303
    assert [it.is_in() for it in (browser, elsewhere, before)] == [True, False, False]
    assert office.browser().sign_in("zhang", OTHER).status_code == 303
    assert ("zhang", "account.password", "zhang", "ok") in office.audit()


CHANGES = {
    "the old one is wrong": (OTHER, OTHER, None, 401, "不对"),
    "typed differently": (PASSWORD, OTHER, OTHER + "x", 422, "不一样"),
    "too short": (PASSWORD, "short", None, 422, "至少 12"),
    "the same": (PASSWORD, PASSWORD, None, 422, "一样"),
}


@pytest.mark.parametrize(("old", "new", "again", "status", "why"), CHANGES.values(), ids=CHANGES)
def test_a_password_that_is_not_changed(office: Office, old: str, new: str, again: Any, status: int, why: str):
    browser = office.signed_in()
    response = changed(browser, old, new, again)
    assert response.status_code == status
    assert why in response.text
    assert office.browser().sign_in("zhang", PASSWORD).status_code == 303


def test_a_password_given_by_somebody_else_is_changed_first(office: Office):
    office.hire("li", "viewer", must_change=True)
    browser = office.signed_in("li")
    assert_error(browser.get(KNOWLEDGE), 403, "must_change_password")
    assert "先换成自己的" in browser.get("/admin/account").text
    assert changed(browser, PASSWORD, OTHER).status_code == 303
    assert browser.is_in()


# What must not be seen


def test_no_secret_is_written_anywhere(office: Office, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    text = tokens.create(office.engine, office.clock.now, "ci", "viewer", "zhang")
    browser = office.browser()
    browser.sign_in(PASSWORD, "zhang")  # into the wrong fields
    browser.sign_in("zhang", OTHER)
    browser.sign_in("zhang", PASSWORD)
    csrf = browser.csrf()
    browser.get(KNOWLEDGE, headers={"Authorization": f"Bearer {text}"})
    browser.get(KNOWLEDGE, headers={"Authorization": f"Bearer {text}x"})
    written = caplog.text + repr(office.web.state)
    for path in office.world.data.rglob("*"):
        if path.is_file() and "indexes" not in path.parts:
            written += path.read_bytes().decode("utf-8", "replace")
    assert "zhang" in written
    for secret in (PASSWORD, OTHER, text, csrf, *browser.cookies.values()):
        assert secret not in written


XSS = '"><script>alert(1)</script>'


def test_markup_typed_into_the_form_comes_back_as_text(office: Office):
    browser = office.browser()
    for response in (browser.sign_in(XSS, XSS, XSS), browser.get("/admin/sign-in", params={"next": XSS})):
        assert "<script" not in response.text
