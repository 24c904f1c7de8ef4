"""What every page of the console shares: the frame with its sections, and how a form leads back with a word on what it did."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from app.accounts.roles import ROLE_NAMES, Action, may
from app.web import addresses, pages
from app.web.deps import Actor


class Section(NamedTuple):
    path: str
    title: str
    action: Action
    """Shown to those who may do this."""


SECTIONS = (
    Section("", "总览", "view"),
    Section("entries", "知识条目", "view"),
    Section("site", "本中心取值", "view"),
    Section("excel", "Excel 往返", "view"),
    Section("publish", "发布", "view"),
    Section("versions", "版本与退回", "view"),
    Section("insights", "问答分析", "view"),
    Section("hit-test", "命中测试", "try"),
    Section("accounts", "账号与令牌", "accounts"),
    Section("audit", "审计日志", "audit"),
    Section("system", "系统状态", "view"),
)
"""In the order of the menu; ``path`` is below ``/admin/``."""

SAID = {
    "saved": "已保存到知识库文件，发布后生效。",
    "unchanged": "没有改动。",
    "done": "已完成。",
    "published": "已发布，正在服务的就是这一版。",
    "noted": "已发布。答复没有变化，版本还是原来的；记下了文件和受保护的问题的改动。",
    "proposed": "已提交，等另一个人试发布、看过后发布。之后文件再改，要重新提交。",
    "withdrawn": "已撤回提交。",
    "sent_back": "已退回，提交的人会看到原因。",
    "rolled_back": "已退回，几秒内生效。知识库文件没有动。",
}
"""What a page says at the top after a form led back to it, by the word in its address; nobody can make it say anything else."""


def show(
    request: Request,
    actor: Actor,
    template: str,
    section: str,
    context: dict[str, Any] | None = None,
    status: int = 200,
) -> HTMLResponse:
    """A page of the console: ``template`` below ``templates/console``, ``section`` the path of the one it belongs to.

    A ``problem`` in the context stands at the top as an alert, ``details`` below it.
    """
    path = request.url.path
    frame = {
        "actor": actor,
        "role": ROLE_NAMES[actor.role],
        "may": lambda action: may(actor.role, action),
        "sections": [one for one in SECTIONS if may(actor.role, one.action)],
        "section": section,
        "up": addresses.to("", path),
        "said": SAID.get(request.query_params.get("said", "")),
    }
    return pages.templates.TemplateResponse(request, f"console/{template}", frame | (context or {}), status_code=status)


def see(request: Request, target: str, said: str = "") -> RedirectResponse:
    """After a form: on to ``target`` below ``/admin/``, which says what ``SAID`` has for ``said``."""
    mark = "&" if "?" in target else "?"
    return RedirectResponse(addresses.to(target, request.url.path) + (f"{mark}said={quote(said)}" if said else ""), 303)
