"""Addresses of the administrators' part, and where signing in leads back to.

Relative throughout, as all addresses of the pages: a proxy may serve them under a folder of its own.
"""

from __future__ import annotations

import re
from urllib.parse import quote

ROOT = "/admin/"
PREFIXES = ("/admin", "/api/v1/admin")
_HARMLESS = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./~-]*(\?[A-Za-z0-9_./~=&%+-]*)?")
"""No scheme, no host, no way up, nothing that a browser reads as something else."""


def is_inside(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)


def is_page(path: str) -> bool:
    return path == PREFIXES[0] or path.startswith(ROOT)


def checked(back: str) -> str:
    """What follows ``/admin/`` in the address to lead back to, if it is harmless; else nothing."""
    return back if len(back) <= 500 and _HARMLESS.fullmatch(back) else ""


def to_sign_in(path: str, query: str) -> str:
    """From the page at ``path`` to the sign-in page, which knows the way back."""
    back = checked(path.removeprefix(ROOT) + (f"?{query}" if query else "")) if path.startswith(ROOT) else ""
    return to("sign-in", path) + (f"?next={quote(back, safe='')}" if back else "")


def to(target: str, path: str) -> str:
    """The relative address of ``target``, which is below ``/admin/``, as seen from the page at ``path``."""
    if not path.startswith(ROOT):
        return ROOT.strip("/") + "/" + target
    return "../" * path.removeprefix(ROOT).count("/") + target
