"""What each role may do: a table, and nothing besides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["viewer", "editor", "publisher", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do what those before it may."""
ROLE_NAMES: Mapping[Role, str] = {"viewer": "查看", "editor": "编辑", "publisher": "发布", "owner": "管理员"}

Action = Literal[
    "view", "try", "validate", "edit", "propose", "publish", "override", "rollback", "accounts", "tokens", "audit"
]
MAY: Mapping[Action, Role] = {
    "view": "viewer",  # the knowledge, its versions, insights, the state of the system
    "try": "viewer",  # ask and have the reply explained, one question or many
    "validate": "viewer",
    "edit": "editor",  # entries, values of the site, drafts from insights
    "propose": "editor",  # for another to publish
    "publish": "publisher",
    "override": "publisher",  # publish over a gate that is shut, with a reason
    "rollback": "publisher",
    "accounts": "owner",
    "tokens": "owner",
    "audit": "owner",
}
"""The role from which on somebody may do it."""


def may(role: Role, action: Action) -> bool:
    return ROLES.index(role) >= ROLES.index(MAY[action])
