"""Accounts and tokens through the console: made, changed, shut out, and never left without somebody in charge."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.accounts import accounts, passwords, tokens
from app.accounts.accounts import FAILURES
from app.accounts.roles import Role
from tests.web.office import HTML, KNOWLEDGE, OTHER, PASSWORD, Browser, Office
from tests.web.test_error_shape import assert_error

API = "/api/v1/admin"
CODE = re.compile(r"<code>([^<]+)</code>")


def done(browser: Browser, path: str, **form: str) -> httpx.Response:
    return browser.post(f"/admin/{path}", data={"csrf": browser.csrf(), **form}, headers=HTML)


def sent(browser: Browser, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return browser.post(f"{API}/{path}", json=body, headers={"X-CSRF-Token": browser.csrf()})


@pytest.fixture
def owner(office: Office) -> Browser:
    return office.signed_in()


def test_a_new_person_comes_in_with_the_password_shown_once_and_changes_it_first(office: Office, owner: Browser):
    page = done(owner, "accounts", name="Li.Na", role="editor").text
    password = CODE.search(page)[1]  # type: ignore[index]
    assert password not in owner.get("/admin/accounts").text
    browser = office.browser()
    assert browser.sign_in("li.na", password).status_code == 303
    assert_error(browser.get(KNOWLEDGE), 403, "must_change_password")
    assert ("zhang", "account.create", "li.na", "ok") in office.audit()
    audit = (office.world.data / "audit" / "audit.jsonl").read_text("utf-8")
    assert password not in audit


def test_one_time_passwords_are_accepted_and_never_the_same():
    made = {passwords.one_time("li") for _ in range(50)}
    assert len(made) == 50
    assert [passwords.fault("li", password) for password in made] == [None] * 50


@pytest.mark.parametrize("name", ["zhang", "x", "../etc", "<script>", ""])
def test_a_name_that_cannot_be_is_refused_and_stands_in_the_form(owner: Browser, name: str):
    response = done(owner, "accounts", name=name, role="viewer")
    assert response.status_code == 422
    assert "<script>" not in response.text.replace("<script src=", "")
    assert not CODE.search(response.text)


def test_a_role_is_changed_and_the_person_signs_in_again(office: Office, owner: Browser):
    office.hire("li", "viewer")
    browser = office.signed_in("li")
    assert done(owner, "accounts/role", name="li", role="publisher").status_code == 303
    assert not browser.is_in()
    assert accounts.find(office.engine, "li").role == "publisher"
    assert ("zhang", "account.role", "li", "ok") in office.audit()


OWN = [("accounts/role", {"role": "viewer"}), ("accounts/disable", {}), ("accounts/password", {})]


@pytest.mark.parametrize(("path", "form"), OWN)
def test_nobody_changes_their_own_role_or_shuts_themselves_out(
    office: Office, owner: Browser, path: str, form: dict[str, str]
):
    office.hire("li", "owner")  # so that it is not for being the last
    response = done(owner, path, name="ZHANG", **form)
    assert response.status_code == 422
    assert "自己的" in response.text
    assert_error(sent(owner, f"accounts/zhang/{path.split('/')[1]}", form or None), 422, "account_refused", "自己的")
    assert accounts.find(office.engine, "zhang").role == "owner"
    assert office.browser().sign_in("zhang", PASSWORD).status_code == 303


def test_a_token_may_not_do_to_its_maker_what_they_may_not_do_themselves(office: Office):
    headers = {"Authorization": f"Bearer {tokens.create(office.engine, office.clock.now, 'ci', 'owner', 'zhang')}"}
    response = office.web.post(f"{API}/accounts/zhang/role", json={"role": "viewer"}, headers=headers)
    assert_error(response, 422, "account_refused", "自己的")


def test_the_last_owner_can_neither_be_disabled_nor_demoted(serve: Any, world: Any, clock: Any):
    office = Office(serve(world, admin_token="correct-horse-battery"), world, clock)
    office.hire("zhang", "owner")
    office.hire("li", "publisher")
    headers = {"Authorization": "Bearer correct-horse-battery"}
    for path, body in (("role", {"role": "viewer"}), ("disable", None)):
        response = office.web.post(f"{API}/accounts/zhang/{path}", json=body, headers=headers)
        assert_error(response, 422, "account_refused", "最后一个管理员")
    office.hire("wang", "owner")
    assert office.web.post(f"{API}/accounts/zhang/disable", headers=headers).status_code == 200


def test_who_is_disabled_is_out_at_once_and_their_tokens_are_named(office: Office, owner: Browser):
    office.hire("li", "owner")
    browser = office.signed_in("li")
    assert sent(browser, "tokens", {"name": "portal", "role": "viewer"}).status_code == 200
    page = done(owner, "accounts/disable", name="li").text
    assert "他建的令牌仍然有效：portal" in page
    assert not browser.is_in()
    assert done(owner, "accounts/enable", name="li").status_code == 303
    assert office.browser().sign_in("li", PASSWORD).status_code == 303


def test_a_locked_account_is_unlocked_without_another_password(office: Office, owner: Browser):
    office.hire("li", "viewer")
    for _ in range(FAILURES):
        accounts.authenticate(office.engine, office.clock.now, "li", OTHER)
    assert office.browser().sign_in("li", PASSWORD).status_code == 401
    assert "锁定中" in owner.get("/admin/accounts").text
    assert done(owner, "accounts/unlock", name="li").status_code == 303
    assert office.browser().sign_in("li", PASSWORD).status_code == 303
    assert ("zhang", "account.unlock", "li", "ok") in office.audit()


def test_a_password_reset_puts_the_person_out_and_is_shown_once(office: Office, owner: Browser):
    office.hire("li", "viewer")
    browser = office.signed_in("li")
    password = CODE.search(done(owner, "accounts/password", name="li").text)[1]  # type: ignore[index]
    assert not browser.is_in()
    assert office.browser().sign_in("li", PASSWORD).status_code == 401
    assert office.browser().sign_in("li", password).status_code == 303


def test_the_list_says_who_signed_in_when(office: Office, owner: Browser):
    office.hire("li", "viewer")
    found = {it["name"]: it for it in owner.get(f"{API}/accounts").json()["accounts"]}
    assert found["zhang"]["last_sign_in"] == "2026-12-01T09:30:00+08:00"
    assert (found["li"]["last_sign_in"], found["li"]["state"], found["li"]["role"]) == (None, "active", "viewer")


def test_a_token_is_shown_once_works_and_ends(office: Office, owner: Browser):
    text = CODE.search(done(owner, "tokens", name="portal", role="viewer", days="30").text)[1]  # type: ignore[index]
    headers = {"Authorization": f"Bearer {text}"}
    assert office.web.get(KNOWLEDGE, headers=headers).status_code == 200
    (listed,) = owner.get(f"{API}/tokens").json()["tokens"]
    assert (listed["name"], listed["created_by"], listed["state"]) == ("portal", "zhang", "active")
    assert listed["last_used"] is not None
    page = owner.get("/admin/accounts").text
    assert text not in page
    assert done(owner, "tokens/revoke", name="portal").status_code == 303
    assert_error(office.web.get(KNOWLEDGE, headers=headers), 401, "unauthorized")
    acts = [record for record in office.audit() if record[1].startswith("token.")]
    assert acts == [("zhang", "token.create", "portal", "ok"), ("zhang", "token.revoke", "portal", "ok")]


def test_a_token_of_no_days_is_refused(owner: Browser):
    response = done(owner, "tokens", name="portal", role="viewer", days="0")
    assert response.status_code == 422
    assert "有效天数" in response.text
    assert_error(sent(owner, "tokens", {"name": "portal", "role": "viewer", "days": 731}), 422, "invalid_request")


def test_whom_there_is_not_is_said(owner: Browser):
    for path in ("role", "disable", "enable", "unlock", "password"):
        assert_error(sent(owner, f"accounts/nobody/{path}", {"role": "viewer"}), 404, "not_found", "nobody")
    assert_error(sent(owner, "tokens/nothing/revoke"), 404, "not_found", "nothing")


@pytest.mark.parametrize("role", ["viewer", "editor", "publisher"])
def test_only_owners_come_here(office: Office, role: Role):
    office.hire("li", role)
    browser = office.signed_in("li")
    assert "账号与令牌" not in browser.get("/admin/account").text
    for path in ("/admin/accounts", f"{API}/accounts", f"{API}/tokens"):
        assert_error(browser.get(path), 403, "forbidden", "管理员")
    for path in ("accounts", "accounts/password", "accounts/unlock", "accounts/enable", "accounts/disable"):
        form = {"csrf": browser.csrf(), "name": "zhang", "role": "viewer"}
        assert_error(browser.post(f"/admin/{path}", data=form), 403, "forbidden", "管理员")
    assert_error(sent(browser, "tokens", {"name": "x1", "role": "owner"}), 403, "forbidden")


FORMS = ("accounts", "accounts/role", "accounts/disable", "accounts/enable", "accounts/unlock", "accounts/password")


@pytest.mark.parametrize("path", [*FORMS, "tokens", "tokens/revoke"])
def test_a_form_without_its_token_does_nothing(office: Office, owner: Browser, path: str):
    office.hire("li", "viewer")
    form = {"name": "li", "role": "owner", "csrf": "x" * 80}
    assert_error(owner.post(f"/admin/{path}", data=form), 403, "forged_request")
    assert accounts.find(office.engine, "li").role == "viewer"
    assert not [record for record in office.audit() if record[1] != "sign_in"]


def test_a_token_past_its_days_is_shown_as_such(office: Office, owner: Browser):
    tokens.create(office.engine, office.clock.now - timedelta(days=91), "old", "viewer", "zhang")
    page = owner.get("/admin/accounts").text
    assert "已过期" in page
