"""What to say first when time is short: a pure choice by the stage of the trade and the minutes to the opening."""

from __future__ import annotations

from app.knowledge.model import Entry, Stage, Step

OPENING_LASTS = 180
"""Minutes after its hour for which an opening, and what follows at once, is taken to go on when the page names no stage."""


def step_now(entry: Entry, stage: Stage | None, minutes: int | None) -> Step | None:
    """The step to take this minute; None when there is time, or nothing is known of it.

    ``minutes`` to the opening, negative once its hour has passed.  The stage, which the host page knows, outweighs the
    clock: an opening may begin late.
    """
    urgent = entry.urgent
    if urgent is None:
        return None
    if stage in (None, "before") and minutes is not None and 0 < minutes <= urgent.within_minutes:
        return urgent.before
    if stage is None and minutes is not None and -OPENING_LASTS <= minutes <= 0:
        return urgent.opening or urgent.evaluation
    return {"opening": urgent.opening, "evaluation": urgent.evaluation}.get(stage or "")
