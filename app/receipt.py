"""Receipts: a short code that proves, offline, which entry of which version of the knowledge was given, and when.

A code is 20 characters of Crockford's base 32 (digits and letters without I, L, O, U), 100 bits:

    27  fingerprint of the version, a number below 10**8
    24  minutes since the beginning of 2026 in UTC: until November 2057
    10  number of the entry
    39  the seal: the first bits of HMAC-SHA256 over the 61 before it

The code is no secret: it is printed, sent and read aloud.  Only the key is, and it cannot be computed from codes.  Without
it a seal can only be guessed, one in 2**39 (5.5 * 10**11), and whether a guess is right only the service can tell: at a
thousand guesses a second, seventeen years for all of them.  That is why 39 bits suffice here though they would not where
guesses can be checked at home.  Whoever takes the key away makes every receipt given so far unverifiable.
"""

from __future__ import annotations

import hmac
import logging
import os
import re
import secrets
import tempfile
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from app.errors import AppError, os_reason

log = logging.getLogger("yiboshi")

KEY_FILE = "receipt.key"
KEY_BYTES = 32

BEIJING = timezone(timedelta(hours=8))
"""Receipts tell the time of their readers, whatever the machine's zone: containers keep UTC."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")
_SEPARATORS = re.compile(r"[\s\u2010-\u2015\u2212-]+")
"""Spaces and every kind of hyphen, dash and minus."""
_LENGTH = 20
_MINUTES, _NUMBER, _SEAL = 24, 10, 39
_EPOCH = datetime(2026, 1, 1, tzinfo=timezone.utc)
_DOMAIN = b"yiboshi.receipt.v1"


class ReceiptInvalid(AppError):
    """Mistyped, altered, or of another service."""

    code = "receipt_invalid"
    status = 422


class ReceiptKeyUnusable(AppError):
    """Without a key receipts can neither be given nor verified."""

    code = "receipt_key_unusable"
    status = 503


@dataclass(frozen=True)
class Receipt:
    fingerprint: str
    """``Snapshot.fingerprint``, such as 5897-4028."""
    at: datetime
    """Aware; a code keeps the minute."""
    number: str
    """Of the entry, three digits.  Where versions of an entry share it, the fingerprint says which was served."""

    def in_words(self, question: str | None) -> str:
        """What the receipt proves, with the question of the entry where it is known."""
        at = self.at.astimezone(BEIJING)
        entry = f"编号 {self.number}" + (f"「{question}」" if question else "")
        when = f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"
        return f"{entry}，知识库校验号 {self.fingerprint}，北京时间 {when} 给出"


def issue(key: bytes, receipt: Receipt) -> str:
    """The code of a receipt; raises ``ValueError`` when its time or a number of it does not fit into the code."""
    fingerprint, number = int(receipt.fingerprint.replace("-", "")), int(receipt.number)
    minutes = (receipt.at - _EPOCH) // timedelta(minutes=1)
    if not (0 <= fingerprint < 10**8 and 0 <= minutes < 1 << _MINUTES and 0 <= number < 1000):
        raise ValueError(f"no room in a code for {receipt}")
    facts = (fingerprint << _MINUTES | minutes) << _NUMBER | number
    sealed = facts << _SEAL | _seal(key, facts)
    text = "".join(_ALPHABET[sealed >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return "-".join(text[i : i + 4] for i in range(0, _LENGTH, 4))


def verify(key: bytes, code: str) -> Receipt:
    """What a code proves, its time in Beijing's zone; raises ``ReceiptInvalid``.

    Case, spaces, hyphens and full width do not matter; I and L are read as 1, O as 0.
    """
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", code)).upper().translate(_LOOKALIKES)
    values = [_ALPHABET.find(char) for char in plain]
    if len(values) != _LENGTH or -1 in values:
        raise ReceiptInvalid("核验不通过：凭证是 20 个字母和数字（没有字母 U），请照着再抄一遍")
    sealed = 0
    for value in values:
        sealed = sealed << 5 | value
    facts, seal = sealed >> _SEAL, sealed & (1 << _SEAL) - 1
    if not hmac.compare_digest(_bytes(seal), _bytes(_seal(key, facts))):
        raise ReceiptInvalid("核验不通过：凭证抄错了、被改动过，或者不是本服务给出的")
    fingerprint = f"{facts >> _MINUTES + _NUMBER:08d}"
    minutes = facts >> _NUMBER & (1 << _MINUTES) - 1
    return Receipt(
        fingerprint=f"{fingerprint[:4]}-{fingerprint[4:]}",
        at=(_EPOCH + timedelta(minutes=minutes)).astimezone(BEIJING),
        number=f"{facts & (1 << _NUMBER) - 1:03d}",
    )


def _seal(key: bytes, facts: int) -> int:
    return int.from_bytes(hmac.digest(key, _DOMAIN + _bytes(facts), "sha256"), "big") >> 256 - _SEAL


def _bytes(number: int) -> bytes:
    return number.to_bytes(8, "big")


def load_key(folder: Path) -> bytes | None:
    """The key of the service whose ``data_dir`` is ``folder``, made when there is none yet.

    None when it can be neither read nor made: a warning is logged, answers carry no receipts and go on.  A file that is no
    key is never overwritten: with the true key put back, old receipts are good again.
    """
    try:
        if not (folder / KEY_FILE).exists():
            _make_key(folder)
        return read_key(folder)
    except OSError as error:
        log.warning("凭证密钥写不进 %s（%s），答复不带凭证", folder, os_reason(error))
    except ReceiptKeyUnusable as error:
        log.warning("%s，答复不带凭证", error.message)
    return None


def read_key(folder: Path) -> bytes:
    """The key in a ``data_dir``; raises ``ReceiptKeyUnusable`` when there is none or it cannot be read."""
    path = folder / KEY_FILE
    try:
        key = path.read_bytes()
    except OSError as error:
        raise ReceiptKeyUnusable(f"凭证密钥 {path} 读不出（{os_reason(error)}）") from error
    if len(key) < KEY_BYTES:
        raise ReceiptKeyUnusable(f"凭证密钥 {path} 不完整")
    return key


def _make_key(folder: Path) -> None:
    """Write a key beside its place, then link it there, which fails when another process was first: its key counts."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{KEY_FILE}.", dir=folder)  # with O_EXCL and mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            (folder / KEY_FILE).hardlink_to(name)
    finally:
        Path(name).unlink()
