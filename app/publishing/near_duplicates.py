"""Wordings of two entries that mean the same to the encoder: whichever is asked, the other entry is close behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from app.index.dense import near_pairs
from app.index.encoder import Vectors
from app.knowledge.lint.wordings import squeezed, wordings
from app.knowledge.loader import Source
from app.knowledge.model import Problem
from app.snapshot import encoded_form
from app.text.normalize import match_key

ALIKE = 0.99
"""Cosine from which two wordings are taken to say the same.  Of the shipped ones, 18 pairs lay above 0.985, half of them no
real ones; two entries that must keep such a pair say so by listing the other's wording under ``not_aliases``."""


def problems(source: Source, vectors: Mapping[str, Vectors]) -> Iterator[Problem]:
    """``vectors`` maps ``encoded_form`` of a wording to its unit vector; wordings without one are passed over."""
    known = [
        ((entry.id, field, text), vectors[form])
        for entry in source.records["entries"]
        for field, text in wordings(entry)
        if (form := encoded_form(text)) in vectors
    ]
    if not known:
        return
    disowned = {entry.id: {match_key(text) for text in entry.not_aliases} for entry in source.records["entries"]}
    rows = np.stack([vector for _, vector in known])
    for i, j in near_pairs(rows, ALIKE):
        (owner, owner_field, text), (other, field, other_text) = known[i][0], known[j][0]
        if owner == other or squeezed(text) == squeezed(other_text):
            continue  # the latter is found without an encoder
        if match_key(other_text) in disowned[owner] or match_key(text) in disowned[other]:
            continue  # the editors know
        first = source.mark("entries", owner, owner_field)
        message = f"和 {first.file} 第 {first.line} 行（{owner}）的「{text}」意思几乎一样"
        mark = source.mark("entries", other, field)
        yield Problem(
            "warning", mark, f"{other}.{field}", message, other_text, "只留给最合适的一条，另一条可列入 not_aliases"
        )
