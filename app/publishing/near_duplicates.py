"""Wordings of two entries that mean the same to the encoder: whichever is asked, the other entry is close behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from app.index.dense import near_pairs
from app.index.encoder import Vectors
from app.knowledge.lint.wordings import squeezed
from app.knowledge.loader import Source
from app.knowledge.model import Problem
from app.snapshot import encoded_form

ALIKE = 0.985
"""Cosine from which two wordings are taken to say the same."""


def wordings(source: Source) -> list[tuple[str, str, str]]:
    """(entry, field, text) of everything an entry is known by."""
    return [
        (entry.id, field, text)
        for entry in source.records["entries"]
        for field, text in (("question", entry.question), *((f"aliases[{i}]", a) for i, a in enumerate(entry.aliases)))
    ]


def problems(source: Source, vectors: Mapping[str, Vectors]) -> Iterator[Problem]:
    """``vectors`` maps ``encoded_form`` of a wording to its unit vector; wordings without one are passed over."""
    known = [(found, vectors[form]) for found in wordings(source) if (form := encoded_form(found[2])) in vectors]
    if not known:
        return
    rows = np.stack([vector for _, vector in known])
    for i, j in near_pairs(rows, ALIKE):
        (owner, owner_field, text), (other, field, other_text) = known[i][0], known[j][0]
        if owner == other or squeezed(text) == squeezed(other_text):
            continue  # the latter is found without an encoder
        first = source.mark("entries", owner, owner_field)
        message = f"和 {first.file} 第 {first.line} 行（{owner}）的「{text}」意思几乎一样"
        mark = source.mark("entries", other, field)
        yield Problem(
            "warning", mark, f"{other}.{field}", message, other_text, "只留给最合适的一条，另一条可列入 not_aliases"
        )
