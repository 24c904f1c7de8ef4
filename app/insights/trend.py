"""Two windows compared in words, for people who do not read percentages of percentages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.insights.figures import Figures

FEW = 20
"""With fewer messages on either side a comparison says nothing."""
SAME_SHARE, SAME_COUNT = 0.01, 0.05
"""Below a percentage point, or a twentieth, nothing has changed."""

Good = Literal["good", "bad", ""]


@dataclass(frozen=True)
class Change:
    text: str
    good: Good = ""
    """What the change means, where more is not simply more."""


def of_count(now: int, before: int, than: str) -> Change:
    """``than`` names the window before: 前 7 天."""
    if before == 0:
        return Change(f"{than}没有" if now else f"{than}也没有")
    share = (now - before) / before
    if abs(share) < SAME_COUNT:
        return Change(f"和{than}差不多")
    return Change(f"比{than}{'多' if share > 0 else '少'} {abs(share):.0%}")


def of_rate(now: float | None, before: float | None, than: str, more_is: Good = "") -> Change:
    if now is None or before is None:
        return Change(f"{than}没有可比的")
    points = now - before
    if abs(points) < SAME_SHARE:
        return Change(f"和{than}差不多")
    opposite: dict[Good, Good] = {"good": "bad", "bad": "good", "": ""}
    text = f"比{than}{'高' if points > 0 else '低'} {abs(points) * 100:.1f} 个百分点"
    return Change(text, more_is if points > 0 else opposite[more_is])


def sentences(now: Figures, before: Figures, than: str) -> list[Change]:
    """What has changed, the most telling first; one sentence when there is too little to tell."""
    if now.messages < FEW or before.messages < FEW:
        return [Change(f"这段时间 {now.messages} 条，{than} {before.messages} 条，太少，比不出趋势。")]
    compared = [
        ("没答上来的比例", of_rate(now.rate("decline"), before.rate("decline"), than, "bad")),
        ("答复的比例", of_rate(now.rate("answer"), before.rate("answer"), than, "good")),
        ("反问的比例", of_rate(now.rate("clarify"), before.rate("clarify"), than)),
        ("评“有帮助”的比例", of_rate(now.helpful_rate, before.helpful_rate, than, "good")),
    ]
    found = [
        Change(f"消息数{of_count(now.messages, before.messages, than).text}（{before.messages} → {now.messages}）。")
    ]
    found += [Change(f"{name}{change.text}。", change.good) for name, change in compared if "可比" not in change.text]
    return found
