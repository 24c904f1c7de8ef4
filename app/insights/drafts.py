"""From a cluster to what could be added to the knowledge base: a wording and its protected question."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlencode

from app.insights.clusters import Cluster
from app.journal.masking import TOKENS

_TOKEN = re.compile("|".join(map(re.escape, sorted(TOKENS))))
SHORTEST = 2
"""Characters that a wording has at least; what is left of 「〔手机号〕？」 is none."""


class Draft(NamedTuple):
    alias: str
    golden: str
    """Asked by the gate from then on: another wording where there is one, so that it shows more than that the alias is there."""


def draft(cluster: Cluster) -> Draft | None:
    """None where nothing is left without what was masked."""
    nearest = [cluster.nearest] if cluster.nearest else []
    texts = [unmasked(wording.text) for wording in (cluster.medoid, *nearest, *cluster.wordings)]
    usable = list(dict.fromkeys(text for text in texts if len(text) >= SHORTEST))
    return Draft(usable[0], usable[1] if len(usable) > 1 else usable[0]) if usable else None


def unmasked(text: str) -> str:
    """Without the tokens that stand for personal data: they are nobody's words.  〔2023〕 of a document's number stays."""
    return re.sub(r"\s{2,}", " ", _TOKEN.sub("", text)).strip()


def as_alias(entry_id: str, made: Draft) -> str:
    """The editor's address below ``/admin/``, with the wording and its protected question filled in."""
    return f"entries/{entry_id}?" + urlencode({"alias": made.alias, "golden": made.golden})


def as_entry(category: str, made: Draft) -> str:
    return "entries/new?" + urlencode({"category": category, "question": made.alias, "golden": made.golden})
