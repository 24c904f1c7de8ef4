"""Passwords: which are refused, and how the others are kept.  The only importer of argon2, when it is first needed.

Each hashing takes 19 MB, which the C library keeps for the next one unless it is told to give them back.
"""

from __future__ import annotations

import functools
import secrets
import unicodedata
from typing import TYPE_CHECKING

from app import heap

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 12, 200
LEAST_VARIED = 5
"""Different characters; fewer make a pattern: 121212121212, aaaaaaaabbbb."""
TERRIBLE = (
    "1234567890", "0123456789", "0987654321", "9876543210", "qwertyuiop", "asdfghjkl", "1qaz2wsx3edc", "1q2w3e4r5t",
    "abcdefghij", "password", "passw0rd", "p@ssword", "p@ssw0rd", "administrator", "changeme", "letmein", "iloveyou",
    "yiboshi", "易博士", "ggzyjy", "公共资源", "woaini", "admin123", "root123", "test123",
)  # fmt: skip
"""What most of a password may not consist of: an attacker tries these with everything that people put after them."""

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""What can be read out and typed without mistaking one for another."""

NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Z4p69yVdpK3+t7xkJOuPEw$jZNi7u7C1usI/VbhO+RhH2Q5rx68TaRplMqYl4noCfk"
"""The hash of a password that nobody has: what is verified when there is no such account, so that it takes as long."""


@functools.cache
def _hasher() -> PasswordHasher:
    """OWASP's second choice of parameters: as strong as the first, in 19 MB instead of 46, one lane."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def fault(name: str, password: str) -> str | None:
    """Why this cannot be the password of ``name``, for that person to read; None if it can."""
    plain = _one_form(password).casefold()
    if len(plain) < SHORTEST:
        return f"密码至少 {SHORTEST} 个字符"
    if len(plain) > LONGEST:
        return f"密码最多 {LONGEST} 个字符"
    if name and name.casefold() in plain:
        return "密码里不能有账号名"
    if len(set(plain)) < LEAST_VARIED:
        return "密码里不同的字符太少，容易被猜到"
    if any(word in plain and len(plain) - len(word) < SHORTEST - LEAST_VARIED for word in TERRIBLE):
        return "密码太常见，容易被猜到"
    return None


def one_time(name: str) -> str:
    """A password for ``name`` to come in with once: four groups of four, 79 random bits."""
    while True:
        made = "-".join("".join(secrets.choice(READABLE) for _ in range(4)) for _ in range(4))
        if fault(name, made) is None:
            return made


def hashed(password: str) -> str:
    try:
        return _hasher().hash(_bytes(password))
    finally:
        heap.give_back()


def verified(kept: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    finally:
        heap.give_back()


def outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than those of today."""
    return _hasher().check_needs_rehash(kept)


def _one_form(password: str) -> str:
    """Full width or half, composed or not: what looks the same is the same password on every keyboard."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _one_form(password).encode("utf-8", "surrogatepass")
