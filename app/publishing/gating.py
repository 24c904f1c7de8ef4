"""How a publication is held up to the gate: what is asked, who may pass all the same, and who is sent back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.errors import GateBlocked, IndexUnusable
from app.evaluation.gate import Failure, Flip, GateResult, Metric, gate
from app.index.encoder import Encoder
from app.index.store import Stored
from app.knowledge.model import Golden
from app.snapshot import Snapshot, assemble
from app.text.tokenize import Dictionary


@dataclass(frozen=True)
class Gate:
    recent: Sequence[str] = ()
    """Questions that people asked lately, masked."""
    override: Mapping[str, str] = field(default_factory=dict)
    """Name of what would block (a protected question, a figure) -> the reason for publishing all the same."""
    enforce: bool = True
    """False: only report.  An expired law waits for nobody."""
    at_hand: Snapshot | None = None
    """The version that serves, where the caller has it in memory."""


def held_up(
    rules: Gate,
    candidate: Snapshot,
    previous: Stored | None,
    encoder: Encoder,
    dictionary: Dictionary,
    golden: Iterable[Golden],
) -> tuple[GateResult, dict[str, str]]:
    """The result, and the reasons by which blocking items of it were let pass; raises ``GateBlocked``."""
    result = gate(candidate, _serving(rules, previous, encoder, dictionary), golden, rules.recent)
    reasons = {name: rules.override.get(name, "").strip() for name in result.blocked_by}
    overridden = {name: reason for name, reason in reasons.items() if reason}
    if rules.enforce and len(overridden) < len(reasons):
        raise GateBlocked(*_told(result, overridden))
    return result, overridden


def _serving(rules: Gate, previous: Stored | None, encoder: Encoder, dictionary: Dictionary) -> Snapshot | None:
    if previous is None:
        return None
    if rules.at_hand is not None and rules.at_hand.version == previous.manifest.version:
        return rules.at_hand
    try:
        return assemble(previous, encoder, dictionary)
    except IndexUnusable:
        return None  # made by another encoder: it cannot serve on, so there is nothing to lose


@dataclass(frozen=True)
class Remark:
    """One detail of a refusal; what is no flip blocks, and can be let pass by its name."""

    what: Literal["failure", "metric", "flip"]
    found: Failure | Metric | Flip

    def as_dict(self) -> dict[str, Any]:
        return {"what": self.what, "message": str(self.found)} | self.found.as_dict()

    def __str__(self) -> str:
        return str(self.found)


def _told(result: GateResult, overridden: Mapping[str, str]) -> tuple[str, list[Remark]]:
    failures = [Remark("failure", found) for found in result.failures if found.question not in overridden]
    metrics = [Remark("metric", found) for found in result.metrics if found.falls and found.name not in overridden]
    flips = [Remark("flip", found) for found in result.flipped if not found.protected]
    parts = [f"{len(failures)} 个受保护的问题答得不对"] if failures else []
    parts += [f"{len(metrics)} 项指标低于底线"] if metrics else []
    message = f"没有发布：{'，'.join(parts)}；原来的版本继续服务。改好再发布；确实要这样的，逐项写明理由放行"
    return message, [*failures, *metrics, *flips]
