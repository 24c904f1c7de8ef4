"""A service with accounts, for tests of what people do signed in: what time it is, who works there, and their browsers."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import httpx

from app.accounts import accounts
from app.accounts.roles import Role
from app.audit import records, verify
from tests.web.server import World

if TYPE_CHECKING:
    from tests.web.conftest import Web

KNOWLEDGE = "/api/v1/admin/knowledge"
PASSWORD = "七里香-Harbor-27"
OTHER = "落花生-Lantern-83"
HTML = {"Accept": "text/html,application/xhtml+xml"}


class Clock:
    """Tells the time that a test says it is."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, 9, 30, tzinfo=timezone(timedelta(hours=8)))

    def __call__(self) -> datetime:
        return self.now


class Office:
    """A service with accounts, and a browser for each person."""

    def __init__(self, web: Web, world: World, clock: Clock) -> None:
        self.web, self.world, self.clock = web, world, clock
        self.engine = web.state.engine

    def hire(self, name: str, role: Role, **options: Any) -> None:
        accounts.create(self.engine, self.clock.now, name, role, PASSWORD, **options)

    def audit(self) -> list[tuple[str, str, str, str]]:
        assert verify(self.world.data / "audit").problems == []
        found = records(self.world.data / "audit")
        return [(it["who"], it["action"], it["object"], it["result"]) for it in found]

    def browser(self) -> Browser:
        return Browser(self.web)

    def signed_in(self, name: str = "zhang") -> Browser:
        browser = self.browser()
        response = browser.sign_in(name, PASSWORD)
        assert response.status_code == 303, response.text
        return browser


class Browser:
    """Keeps cookies of its own and sends what a form of a page would."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.cookies: dict[str, str] = {}

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", {}))
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        response = self._web.request(method, path, headers=headers, **options)
        for line in response.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return response

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def csrf(self, path: str = "/admin/account") -> str:
        shown = re.search(r'name="csrf" value="([^"]+)"', self.get(path).text)
        assert shown
        return shown[1]

    def sign_in(self, name: str, password: str, back: str = "", **options: Any) -> httpx.Response:
        form = {"csrf": self.csrf("/admin/sign-in"), "name": name, "password": password, "next": back}
        return self.post("/admin/sign-in", data=form, **options)

    def is_in(self) -> bool:
        return self.get(KNOWLEDGE).status_code == 200
