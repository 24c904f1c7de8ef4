"""Choose the weights of app/retrieval/weights.json:  python scripts/fit_fusion.py [--write]

Maximises the likelihood of the conditional logit of app/retrieval/fusion.py on the cases of tests/quality/dev.  The test
split is never read here, and neither are the wordings of the knowledge base: the encoder was trained on them
(scripts/tune_encoder.py), so that it knows them better than anything that will ever be asked.

A question with several right replies (an ambiguous one: its topics; one out of scope: "none" or any pointer) counts as
right by their sum.  Prints the weights, four-fold cross-validated quality on the dev cases, and the curve from which
app/dialogue/policy.py takes its thresholds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.config import load_settings  # noqa: E402
from app.dialogue import cues  # noqa: E402
from app.evaluation.cases import Cases, load_cases  # noqa: E402
from app.index.encoder import open_encoder  # noqa: E402
from app.publishing import pipeline  # noqa: E402
from app.retrieval.fusion import FEATURES, KINDS  # noqa: E402
from app.retrieval.search import score  # noqa: E402
from app.snapshot import Snapshot, encoded_form  # noqa: E402
from app.text.tokenize import load_dictionary  # noqa: E402
from scripts.remembering import Remembering  # noqa: E402

L2 = 1e-6
BOUNDS = {"phrase_bm25": (-60, 60), "negative": (-40, 0), "conflict": (-40, 0), "other_role": (-40, 0)}
"""Signs that would contradict what a source means are not allowed; ``phrase_bm25`` may take either."""


@dataclass(frozen=True)
class Example:
    """``features`` is ``(intents, len(FEATURES))``; ``right`` marks intents and, last, "none"."""

    group: str
    features: np.ndarray
    right: np.ndarray


def features(snapshot: Snapshot, question: str, audience: Any = None) -> np.ndarray:
    return score(snapshot, question, audience, cues.businesses(encoded_form(question)))[0].matrix()


def examples(snapshot: Snapshot, cases: Cases) -> list[Example]:
    row = {(intent.kind, intent.id): i for i, intent in enumerate(snapshot.intents)}
    kinds = np.array([KINDS.index(intent.kind) for intent in snapshot.intents])
    count = len(snapshot.intents)
    found: list[Example] = []

    def add(group: str, matrix: np.ndarray, right: Any) -> None:
        marks = np.zeros(count + 1, bool)
        marks[right] = True
        found.append(Example(group, matrix, marks))

    topics_of: dict[str, list[int]] = {}
    for topic in snapshot.knowledge.topics:
        for option in topic.options:
            topics_of.setdefault(option.entry, []).append(row["topic", topic.id])
    for case in cases.in_scope:
        # Where the role decides, the words alone are vague: a topic that holds the entry settles it by the role.
        settled = topics_of.get(case.entry, []) if case.audience else []
        right = [row["entry", case.entry], *settled]
        add(f"in {case.style}", features(snapshot, case.question, case.audience), right)
    for dialogue in cases.dialogues:
        message, expected = dialogue.turns[0]
        if expected.startswith("entry:"):
            add("dialogue opening", features(snapshot, message), [row["entry", expected.removeprefix("entry:")]])
    nowhere = [*np.flatnonzero(kinds == KINDS.index("pointer")), count]
    talk = np.flatnonzero(kinds == KINDS.index("smalltalk")).tolist()
    for outside in cases.out_of_scope:
        harmless = talk if outside.kind in ("chitchat", "adversarial") else []
        add(f"out {outside.kind}", features(snapshot, outside.question), [*nowhere, *harmless])
    for vague in cases.ambiguous:
        topics = [
            row["topic", topic.id]
            for topic in snapshot.knowledge.topics
            if len({option.entry for option in topic.options} & vague.entries) >= 2
        ]
        add("ambiguous", features(snapshot, vague.question), topics or [row["entry", key] for key in vague.entries])
    judgements = np.flatnonzero(kinds == KINDS.index("judgement"))
    for verdict in cases.judgement:
        add("judgement", features(snapshot, verdict.question), judgements)
    return found


def unpack(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    f = len(FEATURES)
    return parameters[:f], np.concatenate([[0.0], parameters[f:-1]]), float(parameters[-1])


def share(parameters: np.ndarray, matrices: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Probabilities, ``(examples, intents + 1)``."""
    weights, offsets, none = unpack(parameters)
    utility = matrices @ weights.astype(np.float32) + offsets[kinds].astype(np.float32)
    every = np.concatenate([utility, np.full((len(utility), 1), none)], axis=1).astype(np.float64)
    exponent = np.exp(every - every.max(1, keepdims=True))
    return exponent / exponent.sum(1, keepdims=True)


def fit(chosen: Sequence[Example], kinds: np.ndarray) -> np.ndarray:
    matrices = np.stack([example.features for example in chosen])
    right = np.stack([example.right for example in chosen])

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        p = share(parameters, matrices, kinds)
        hit = (p * right).sum(1)
        slope = (p - p * right / np.maximum(hit, 1e-12)[:, None]) / len(chosen)
        inner = slope[:, :-1]
        by_feature = np.einsum("ni,nif->f", inner, matrices)
        by_kind = [inner[:, kinds == k].sum() for k in range(1, len(KINDS))]
        value = -np.log(hit + 1e-12).mean()
        w = parameters[: len(FEATURES)]
        gradient = np.concatenate([by_feature + 2 * L2 * w, by_kind, [slope[:, -1].sum()]])
        return float(value + L2 * (w**2).sum()), gradient

    start = np.array([8.0] * len(FEATURES) + [0.0] * (len(KINDS) - 1) + [18.0])
    bounds = [BOUNDS.get(name, (0, 80)) for name in FEATURES]
    start[: len(FEATURES)] = [min(max(8.0, low), high) for low, high in bounds]
    bounds += [(-12, 12)] * (len(KINDS) - 1) + [(0, 80)]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 400}).x)


def cross_validated(found: Sequence[Example], kinds: np.ndarray) -> list[tuple[Example, np.ndarray]]:
    """Dev cases with the probabilities of a fit that did not see them."""
    fold = np.random.default_rng(1).integers(0, 4, len(found))
    result = []
    for number in range(4):
        mine = fold == number
        parameters = fit([e for e, m in zip(found, mine, strict=True) if not m], kinds)
        tested = [e for e, m in zip(found, mine, strict=True) if m]
        shares = share(parameters, np.stack([e.features for e in tested]), kinds)
        result += list(zip(tested, shares, strict=True))
    return result


def report(validated: Sequence[tuple[Example, np.ndarray]], kinds: np.ndarray) -> None:
    groups = sorted({example.group for example, _ in validated})
    print(f"{'group':<26}{'n':>5}  r@1   r@3  (entries) | best kind")
    for group in groups:
        mine = [(e, p) for e, p in validated if e.group == group]
        order = [np.argsort(np.where(kinds == 0, -p[:-1], 1.0))[:3] for _, p in mine]
        first = np.mean([e.right[o[0]] for (e, _), o in zip(mine, order, strict=True)])
        three = np.mean([e.right[o].any() for (e, _), o in zip(mine, order, strict=True)])
        best = [(*KINDS, "none")[kinds[p.argmax()] if p.argmax() < len(kinds) else -1] for _, p in mine]
        tally = {kind: best.count(kind) for kind in (*KINDS, "none") if kind in best}
        print(f"{group:<26}{len(mine):>5} {100 * first:5.1f} {100 * three:5.1f} | {tally}")
    print("\nthreshold | in scope: answered, wrong | out of scope answered | ambiguous answered   (per cent)")
    for threshold in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        figures = []
        for prefix in ("in ", "out ", "ambiguous"):
            mine = [(e, np.where(kinds == 0, p[:-1], 0)) for e, p in validated if e.group.startswith(prefix)]
            said = [p.max() >= threshold for _, p in mine]
            figures.append(100 * np.mean(said))
            if prefix == "in ":
                wrong = [s and not e.right[p.argmax()] for (e, p), s in zip(mine, said, strict=True)]
                figures.append(100 * np.mean(wrong))
        print(f"{threshold:9.1f} | {figures[0]:8.1f} {figures[1]:8.2f} | {figures[2]:8.1f} | {figures[3]:8.1f}")
    log_loss = -np.mean([np.log((p * e.right).sum() + 1e-12) for e, p in validated])
    print(f"log loss {log_loss:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write app/retrieval/weights.json")
    args = parser.parse_args()
    settings = load_settings()
    encoder = Remembering(open_encoder(settings.encoder))
    dictionary = load_dictionary()
    now = datetime.now().astimezone()
    with tempfile.TemporaryDirectory() as folder:
        snapshot, _ = pipeline.publish(settings.kb_dir, Path(folder), encoder, dictionary, now=now)
    cases = load_cases(ROOT / "tests/quality/dev")
    found = examples(snapshot, cases)
    kinds = np.array([KINDS.index(intent.kind) for intent in snapshot.intents])
    report(cross_validated(found, kinds), kinds)
    weights, offsets, none = unpack(fit(found, kinds))
    chosen = {
        "sources": {name: round(float(w), 2) for name, w in zip(FEATURES, weights, strict=True)},
        "kinds": {kind: round(float(o), 2) for kind, o in zip(KINDS, offsets, strict=True)},
        "none": round(none, 2),
        "provenance": {
            "script": "scripts/fit_fusion.py",
            "date": f"{now:%Y-%m-%d}",
            "knowledge": snapshot.version,
            "encoder": snapshot.manifest.encoder,
            "dev_cases": len(found),
            "split": "tests/quality/dev",
        },
    }
    print(json.dumps(chosen, ensure_ascii=False, indent=1))
    if args.write:
        path = ROOT / "app/retrieval/weights.json"
        path.write_text(json.dumps(chosen, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
