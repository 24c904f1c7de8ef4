"""find(snapshot.manuals, question) -> tasks of the operation manuals, best first, each with the line that fits best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.index.encoder import Encoder
from app.index.manuals import ManualIndex, ManualTask, TaskLine
from app.retrieval import passages
from app.text.normalize import normalize, strip_fillers
from app.text.tokenize import Tokenizer, bigrams


@dataclass(frozen=True)
class TaskHit:
    task: ManualTask
    line: TaskLine
    score: float


def find(manuals: ManualIndex, encoder: Encoder, tokenizer: Tokenizer, question: str, top_k: int = 10) -> list[TaskHit]:
    text = strip_fillers(normalize(question))
    scored = passages.score(manuals.passages, encoder, tokenizer, text)
    asked = set(bigrams(text))

    def fit(line: int) -> float:
        """By meaning, and by the share of the question's character pairs that the line has."""
        said = asked & set(bigrams(normalize(manuals.texts[line])))
        return float(scored.passages[line]) + len(said) / max(len(asked), 1)

    hits = []
    for row in np.argsort(-scored.documents, kind="stable")[:top_k].tolist():
        lines = np.flatnonzero(manuals.passages.owner == row)
        best = max(lines.tolist(), key=fit)
        hits.append(TaskHit(manuals.tasks[row], manuals.lines[best], float(scored.documents[row])))
    return hits
