"""From the probability that decided a reply to the share of such replies that are right.

An isotonic map for each kind of reply (Zadrozny and Elkan, Transforming Classifier Scores into Accurate Multiclass
Probability Estimates, KDD 2002), a few knots with straight lines between, fitted by ``scripts/fit_confidence.py`` on
tests/quality/dev.  It only says how sure a reply is; it decides nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

Knots = tuple[Sequence[float], Sequence[float]]
"""Probabilities, rising, and the confidence at each."""


def read(path: Path) -> Mapping[str, Knots]:
    kinds = json.loads(path.read_text("utf-8"))["kinds"]
    return {kind: (knots["probability"], knots["confidence"]) for kind, knots in kinds.items()}


MAPS = read(Path(__file__).with_name("confidence.json"))


def calibrated(kind: str, probability: float, maps: Mapping[str, Knots] = MAPS) -> float:
    """0..1; as it is for a kind without a map."""
    knots = maps.get(kind)
    return float(np.interp(probability, *knots)) if knots else probability
