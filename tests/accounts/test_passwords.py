"""Which passwords are refused, and that the others are verified however they are typed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.accounts import passwords
from tests.web.server import environment

REFUSED = {
    "short": ("zhang", "Harbor-27ab", "至少 12"),
    "endless": ("zhang", "七里香Harbor" * 30, "最多"),
    "the name in it": ("zhang", "my-Zhang-Harbor", "账号名"),
    "the name in full width": ("zhang", "my-ｚｈａｎｇ-Harbor", "账号名"),
    "two letters": ("zhang", "abababababab", "太少"),
    "counted": ("zhang", "123456789012", "太常见"),
    "the usual word": ("zhang", "Password1234", "太常见"),
    "the usual disguise": ("zhang", "P@ssw0rd!!!2", "太常见"),
    "the keyboard": ("zhang", "qwertyuiop12", "太常见"),
    "the product": ("zhang", "yiboshi12345", "太常见"),
}


@pytest.mark.parametrize(("name", "password", "why"), REFUSED.values(), ids=REFUSED)
def test_a_bad_password_is_refused_and_the_reason_told(name: str, password: str, why: str):
    fault = passwords.fault(name, password)
    assert fault is not None
    assert why in fault
    assert password not in fault


@pytest.mark.parametrize(
    "password", ["七里香-Harbor-27", "correct horse battery", "公共资源交易的夜班灯还亮着呢", "a\ud800bcdefghijkl"]
)
def test_a_good_password_is_taken_and_verified(password: str):
    assert passwords.fault("zhang", password) is None
    kept = passwords.hashed(password)
    assert passwords.verified(kept, password)
    assert not passwords.verified(kept, password + "x")
    assert not passwords.outdated(kept)


def test_the_same_password_on_another_keyboard():
    kept = passwords.hashed("Harbor-27-lantern")
    assert passwords.verified(kept, "Ｈarbor－２７-lantern")


def test_the_same_password_is_kept_differently_each_time():
    assert passwords.hashed("Harbor-27-lantern") != passwords.hashed("Harbor-27-lantern")


@pytest.mark.parametrize("kept", ["", "nonsense", "$argon2id$v=19$m=1"])
def test_a_damaged_hash_lets_nobody_in(kept: str):
    assert not passwords.verified(kept, "")


def test_a_service_where_nobody_signs_in_does_not_load_what_hashes_passwords():
    code = "import sys, app.main; sys.exit('argon2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0
