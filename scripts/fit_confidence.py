"""Choose the knots of app/dialogue/confidence.json:  python scripts/fit_confidence.py [--write]

Asks tests/quality/dev (the test split is never read here), each quarter of it with weights fitted on the other three, so that
no reply is surer than it would be of a new question; and fits, for each kind of reply, an isotonic regression of "this was
the right reply" on the probability that decided it, over groups of at least ``GROUP`` replies.  Run it after
fit_fusion.py and after every change of thresholds.  Prints the calibration error before and after, cross-validated.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.optimize import isotonic_regression

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.config import load_settings  # noqa: E402
from app.dialogue.confidence import Knots, calibrated  # noqa: E402
from app.evaluation.cases import Cases, load_cases  # noqa: E402
from app.evaluation.outcomes import Outcome, outcomes  # noqa: E402
from app.index.encoder import open_encoder  # noqa: E402
from app.main import current_or_published  # noqa: E402
from app.retrieval import fusion, search  # noqa: E402
from app.snapshot import Snapshot  # noqa: E402
from app.text.tokenize import load_dictionary  # noqa: E402
from scripts.fit_fusion import examples, fit, unpack  # noqa: E402

GROUP = 25
RATED = ("in_scope", "out_of_scope", "ambiguous", "judgement")
MAPPED = ("answer", "clarify", "decline", "neutral")
"""Small talk is too rare and too sure to need one."""
FOLDS = 5
QUARTERS = 4


def quarter(cases: Cases, number: int) -> Cases:
    return Cases(**{field.name: getattr(cases, field.name)[number::QUARTERS] for field in fields(Cases)})


def with_weights_of_others(snapshot: Snapshot, cases: Cases) -> list[Outcome]:
    """What comes of every case under weights that were fitted without its quarter."""
    kinds = np.array([fusion.KINDS.index(intent.kind) for intent in snapshot.intents])
    parts = [quarter(cases, number) for number in range(QUARTERS)]
    known = [examples(snapshot, part) for part in parts]
    served = search.search.__kwdefaults__["weights"]
    found: list[Outcome] = []
    for number, part in enumerate(parts):
        rest = [example for i, held in enumerate(known) if i != number for example in held]
        chosen, offsets, none = unpack(fit(rest, kinds))
        search.search.__kwdefaults__["weights"] = replace(
            served,
            sources=dict(zip(fusion.FEATURES, chosen.tolist(), strict=True)),
            kinds=dict(zip(fusion.KINDS, offsets.tolist(), strict=True)),
            none=none,
        )
        found += [outcome for outcome in outcomes(snapshot, part) if outcome.family in RATED]
    search.search.__kwdefaults__["weights"] = served
    return found


def knots(found: Sequence[Outcome]) -> Knots:
    ordered = sorted(found, key=lambda outcome: outcome.probability)
    groups = np.array_split(np.arange(len(ordered)), max(len(ordered) // GROUP, 1))
    at = [float(np.mean([ordered[i].probability for i in group])) for group in groups]
    right = [float(np.mean([ordered[i].correct for i in group])) for group in groups]
    level = isotonic_regression(right, weights=[len(group) for group in groups]).x
    kept = [i for i in range(len(at)) if i in (0, len(at) - 1) or level[i] != level[i - 1] or level[i] != level[i + 1]]
    return [round(at[i], 4) for i in kept], [round(float(level[i]), 4) for i in kept]


def error(pairs: Sequence[tuple[float, bool]]) -> float:
    """As ``evaluation.metrics.calibration_error``."""
    bins = np.minimum((np.array([c for c, _ in pairs]) * 10).astype(int), 9)
    gaps = [
        abs(np.mean([pairs[i][0] - pairs[i][1] for i in np.flatnonzero(bins == b)])) * np.sum(bins == b)
        for b in np.unique(bins)
    ]
    return float(np.sum(gaps) / len(pairs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write app/dialogue/confidence.json")
    args = parser.parse_args()
    settings = load_settings()
    snapshot = current_or_published(settings, open_encoder(settings.encoder), load_dictionary())
    found = with_weights_of_others(snapshot, load_cases(ROOT / "tests/quality/dev"))
    fold = np.random.default_rng(3).integers(0, FOLDS, len(found))
    before = [(o.probability, o.correct) for o in found]
    after = []
    for number in range(FOLDS):
        rest = [o for o, f in zip(found, fold, strict=True) if f != number]
        maps = {kind: knots([o for o in rest if o.kind == kind]) for kind in MAPPED}
        mine = [o for o, f in zip(found, fold, strict=True) if f == number]
        after += [(calibrated(o.kind, o.probability, maps), o.correct) for o in mine]
    print(
        f"calibration error, {len(found)} replies: {100 * error(before):.1f} % as decided, {100 * error(after):.1f} % mapped"
    )
    chosen = {}
    for kind in MAPPED:
        at, level = knots([o for o in found if o.kind == kind])
        chosen[kind] = {"probability": at, "confidence": level}
    written = {
        "kinds": chosen,
        "provenance": {
            "script": "scripts/fit_confidence.py",
            "date": f"{datetime.now().astimezone():%Y-%m-%d}",
            "knowledge": snapshot.version,
            "replies": len(found),
            "split": "tests/quality/dev",
        },
    }
    print(json.dumps(written, ensure_ascii=False))
    if args.write:
        path = ROOT / "app/dialogue/confidence.json"
        path.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
