"""Append-only record of what was asked, decided and rated: one JSON object a line, personal data masked."""

from __future__ import annotations

import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

_PERSONAL = (
    (re.compile(r"(?<!\d)\d{6}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dXx](?!\d)"), "[身份证号]"),
    (
        re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"),
        "[统一社会信用代码]",
    ),
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "[手机号]"),
    (re.compile(r"(?<!\d)\d(?:[ -]?\d){15,18}(?!\d)"), "[银行卡号]"),
    (re.compile(r"(?<!\d)0\d{2,3}[- ]?\d{7,8}(?!\d)"), "[电话]"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[邮箱]"),
)


def mask(text: str) -> str:
    """Replace identity numbers, credit codes, phones, bank cards and mail addresses by what they were."""
    for pattern, name in _PERSONAL:
        text = pattern.sub(name, text)
    return text


class Journal:
    """Writes to ``folder/YYYY-MM.jsonl``; without a folder it keeps nothing.

    A line is one ``write`` to a file opened for appending, so several workers may write to the same file.  A full disk
    costs the record, never the reply: ``write`` returns False then.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, kind: str, now: datetime, **facts: Any) -> bool:
        if self._folder is None:
            return True
        masked = {key: mask(value) if isinstance(value, str) else value for key, value in facts.items()}
        line = json.dumps({"at": now.isoformat(timespec="seconds"), "kind": kind} | masked, ensure_ascii=False) + "\n"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / f"{now:%Y-%m}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError:
            return False
        return True
