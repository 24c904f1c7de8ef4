"""Outcomes -> figures.  Rank metrics come from ir-measures; the others are means, written out here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from app.evaluation.outcomes import Outcome

HARD_STYLES = ("typo", "paraphrase")
"""In-scope styles with bars of their own."""
BINS = 10
"""Of the reliability diagram: Guo et al., "On Calibration of Modern Neural Networks" (2017), use 10 to 15."""


def share(found: Iterable[Outcome], is_so: Callable[[Outcome], bool]) -> float:
    """Share of outcomes for which something holds; nan of none."""
    marks = [is_so(outcome) for outcome in found]
    return sum(marks) / len(marks) if marks else float("nan")


def ranking(found: Sequence[Outcome]) -> dict[str, float]:
    """Recall at 1 and 3 and mean reciprocal rank of the right entry among entries."""
    import ir_measures
    from ir_measures import RR, R

    qrels, run = [], []
    for i, outcome in enumerate(found):
        qrels += [ir_measures.Qrel(str(i), entry, 1) for entry in outcome.right]
        run += [ir_measures.ScoredDoc(str(i), entry, -float(rank)) for rank, entry in enumerate(outcome.ranked)]
    computed = ir_measures.calc_aggregate([R @ 1, R @ 3, RR], qrels, run)
    return {"r@1": computed[R @ 1], "r@3": computed[R @ 3], "mrr": computed[RR]}


def reliability(found: Sequence[Outcome]) -> list[tuple[float, float, int]]:
    """(mean confidence, share correct, count) of each of ``BINS`` equal bins of confidence that is not empty."""
    rows = []
    for b in range(BINS):
        inside = [
            o for o in found if b / BINS <= o.confidence < (b + 1) / BINS or (b == BINS - 1 and o.confidence == 1)
        ]
        if inside:
            mean = sum(o.confidence for o in inside) / len(inside)
            rows.append((mean, share(inside, lambda o: o.correct), len(inside)))
    return rows


def calibration_error(found: Sequence[Outcome]) -> float:
    """Expected calibration error: the mean gap between confidence and correctness, weighted by bin size."""
    total = sum(count for _, _, count in reliability(found))
    return sum(abs(confidence - right) * count for confidence, right, count in reliability(found)) / total


def risk_coverage(found: Sequence[Outcome]) -> list[tuple[float, float]]:
    """(share answered, share wrong among those) when only the surest answers were given, from few to all."""
    answers = sorted((o for o in found if o.kind == "answer"), key=lambda o: -o.confidence)
    curve, wrong = [], 0
    for i, outcome in enumerate(answers, 1):
        wrong += not outcome.correct
        curve.append((i / len(found), wrong / i))
    return curve


def confusions(found: Sequence[Outcome], most: int = 15) -> list[tuple[str, str, int]]:
    """(right entry, entry ranked first instead, how often), the most frequent first."""
    pairs = Counter(
        (o.right[0], o.ranked[0]) for o in found if o.family == "in_scope" and o.ranked and o.ranked[0] not in o.right
    )
    return [(right, got, count) for (right, got), count in pairs.most_common(most)]


def summary(found: Sequence[Outcome]) -> dict[str, Any]:
    """All figures: by family and group, and the ones with a bar."""
    families: dict[str, dict[str, list[Outcome]]] = {}
    for outcome in found:
        families.setdefault(outcome.family, {}).setdefault(outcome.group, []).append(outcome)
    plain = [o for o in found if o.family == "in_scope" and o.group != "audience"]
    easy = [o for o in plain if o.group not in HARD_STYLES]
    outside = [o for group in families.get("out_of_scope", {}).values() for o in group]
    rated = [o for o in found if o.family in ("in_scope", "out_of_scope", "ambiguous", "judgement")]
    return {
        "in_scope": {
            group: ranking(members)
            | {
                "n": len(members),
                "answered_right": share(members, lambda o: o.correct),
                "answered_wrong": share(members, lambda o: o.kind == "answer" and not o.correct),
                "answered_or_offered": share(members, lambda o: o.offered),
                "asked_back": share(members, lambda o: o.kind == "clarify"),
            }
            for group, members in sorted(families.get("in_scope", {}).items())
        },
        "others": {
            f"{family}: {group}": {"n": len(members), "correct": share(members, lambda o: o.correct)}
            for family, groups in families.items()
            if family != "in_scope"
            for group, members in sorted(groups.items())
        },
        "bars": {
            "r@1 in scope, without typo and paraphrase": ranking(easy)["r@1"],
            "r@3 in scope, without typo and paraphrase": ranking(easy)["r@3"],
            "in scope given a wrong entry as answer": share(plain, lambda o: o.kind == "answer" and not o.correct),
            "in scope answered or offered": share(plain, lambda o: o.offered),
            "in scope asked back": share(plain, lambda o: o.kind == "clarify"),
            "out of scope given an entry as answer": share(outside, lambda o: o.kind == "answer"),
            "ambiguous asked back with two right options": share(
                (o for o in found if o.family == "ambiguous"), lambda o: o.correct
            ),
            "judgement met with the neutral reply": share(
                (o for o in found if o.family == "judgement"), lambda o: o.correct
            ),
            "dialogue turns right": share((o for o in found if o.family == "dialogue"), lambda o: o.correct),
            "expected calibration error": calibration_error(rated),
        },
    }
