"""Receipts over HTTP: given with answers, verified, and compared with what the knowledge says today."""

from __future__ import annotations

from fastapi import APIRouter

from app.dialogue.answer import Reply
from app.receipt import Receipt, ReceiptKeyUnusable, issue, verify
from app.snapshot import Snapshot, wording
from app.web import schemas, shape
from app.web.deps import CurrentSnapshot, CurrentState, State

router = APIRouter(prefix="/api/v1")


def given_with(state: State, snapshot: Snapshot, reply: Reply) -> str | None:
    """The code for an answer; None for other replies, without a key, and while the clock is decades off."""
    if state.receipt_key is None or reply.kind != "answer" or reply.entry is None:
        return None
    try:
        return issue(state.receipt_key, Receipt(snapshot.fingerprint, state.now(), reply.entry.number))
    except ValueError:
        return None  # a wrong clock costs the receipt, not the answer


def verified(state: State, code: str) -> Receipt:
    """Raises ``ReceiptInvalid``, or ``ReceiptKeyUnusable`` while this service has no key."""
    if state.receipt_key is None:
        raise ReceiptKeyUnusable("现在核验不了：本服务没有可用的凭证密钥，请联系管理人员")
    return verify(state.receipt_key, code)


def compared(state: State, snapshot: Snapshot, receipt: Receipt) -> schemas.ReceiptOut:
    """A genuine receipt beside the version serving now."""
    then = wording(state.settings.indexes, receipt.fingerprint, receipt.number)
    return shape.receipt(snapshot, receipt, then)


@router.get("/receipts/{code}", summary="核验答复凭证")
def receipt(code: str, state: CurrentState, snapshot: CurrentSnapshot) -> schemas.ReceiptOut:
    """``code`` 是答复上的 20 个字符，大小写、空格、连字符不限；不对的返回 422。"""
    return compared(state, snapshot, verified(state, code))
