"""Two windows compared in words, for people who do not read percentages of percentages."""

from __future__ import annotations

from typing import Literal, NamedTuple

from app.insights.figures import NO_QUESTIONS, OUTCOMES, Figures, Outcome

FEW = 20
"""With fewer on either side a comparison says nothing."""
SAME_SHARE, SAME_COUNT = 0.01, 0.05
"""Below a percentage point, or a twentieth, nothing has changed."""

Good = Literal["good", "bad", ""]
_OPPOSITE: dict[Good, Good] = {"good": "bad", "bad": "good", "": ""}
MORE_IS: dict[Outcome, Good] = {"answer": "good", "decline": "bad"}
"""What more of an outcome means; of the others more is neither good nor bad."""
TOO_FEW = "太少，比不出"


class Change(NamedTuple):
    text: str
    good: Good = ""


class Card(NamedTuple):
    """A figure at a glance."""

    name: str
    value: str
    change: Change


def cards(now: Figures, before: Figures, than: str, outcomes: tuple[Outcome, ...] = tuple(OUTCOMES)) -> list[Card]:
    """``than`` names the window before: 前 7 天."""
    return [
        Card("消息", f"{now.messages}", of_count(now.messages, before.messages, than)),
        Card("会话", f"{now.conversations}", of_count(now.conversations, before.conversations, than)),
        *(Card(OUTCOMES[name], percent(now.rate(name)), _of_outcome(name, now, before, than)) for name in outcomes),
        Card("评“有帮助”", percent(now.helpful_rate), _of_ratings(now, before, than)),
    ]


def speed(now: Figures, before: Figures, than: str) -> list[Card]:
    few = min(now.messages, before.messages) < FEW
    return [
        Card(
            name, "—" if value is None else f"{value:.0f} 毫秒", Change(TOO_FEW) if few else _of_time(value, old, than)
        )
        for name, value, old in (("一半答复用时", now.p50, before.p50), ("95% 答复用时", now.p95, before.p95))
    ]


def sentences(now: Figures, before: Figures, than: str) -> list[Change]:
    """What has changed; one sentence when there is too little to tell."""
    if min(now.messages, before.messages) < FEW:
        return [Change(f"这段时间 {now.messages} 条，{than} {before.messages} 条，太少，比不出趋势。")]
    count = of_count(now.messages, before.messages, than).text
    rates = [(OUTCOMES[name], _of_outcome(name, now, before, than)) for name in ("decline", "answer", "clarify")]
    rates.append(("评“有帮助”", _of_ratings(now, before, than)))
    compared = [Change(f"{name}的比例{it.text}。", it.good) for name, it in rates if it.text != TOO_FEW]
    return [Change(f"消息数{count}（{before.messages} → {now.messages}）。"), *compared]


def of_count(now: int, before: int, than: str) -> Change:
    if before == 0:
        return Change(f"{than}没有" if now else f"{than}也没有")
    share = (now - before) / before
    if abs(share) < SAME_COUNT:
        return Change(f"和{than}差不多")
    return Change(f"比{than}{'多' if share > 0 else '少'} {abs(share):.0%}")


def of_rate(now: float | None, before: float | None, bases: tuple[int, int], than: str, more_is: Good = "") -> Change:
    """``bases`` are what the rates are shares of."""
    if now is None or before is None or min(bases) < FEW:
        return Change(TOO_FEW)
    points = now - before
    if abs(points) < SAME_SHARE:
        return Change(f"和{than}差不多")
    text = f"比{than}{'高' if points > 0 else '低'} {abs(points) * 100:.1f} 个百分点"
    return Change(text, more_is if points > 0 else _OPPOSITE[more_is])


def percent(rate: float | None) -> str:
    return "—" if rate is None else f"{rate:.1%}"


def _of_outcome(name: Outcome, now: Figures, before: Figures, than: str) -> Change:
    whole = name in NO_QUESTIONS
    bases = (now.messages, before.messages) if whole else (now.asked, before.asked)
    return of_rate(now.rate(name), before.rate(name), bases, than, MORE_IS.get(name, ""))


def _of_ratings(now: Figures, before: Figures, than: str) -> Change:
    return of_rate(now.helpful_rate, before.helpful_rate, (now.rated, before.rated), than, "good")


def _of_time(now: float | None, before: float | None, than: str) -> Change:
    if not now or not before:
        return Change(TOO_FEW)
    share = (now - before) / before
    if abs(share) < SAME_COUNT:
        return Change(f"和{than}差不多")
    return Change(f"比{than}{'慢' if share > 0 else '快'} {abs(share):.0%}", "bad" if share > 0 else "good")
