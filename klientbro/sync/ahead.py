"""Begins on the next unit of postings while the last one's pages merge and are proved.

Without it both cores stand idle at each unit's end: nothing is fetched while the last page merges
and while an anchor or a proof waits for its answers, and then nothing merges until the next unit's
first page has come. Nothing is promised to anybody: killed, the next slice just asks again.
"""

from __future__ import annotations

import time
from dataclasses import replace

from klientbro.sync.context import SLICE_SECONDS, Slice
from klientbro.sync.database import WAITING_SECONDS
from klientbro.sync.filling import Fill, Filling
from klientbro.sync.steps import READING_STEPS, Step, StepKind

# What may stand between two units without any need to know how it ends.
PASSED_OVER = frozenset({StepKind.ANCHOR, StepKind.PROVE, StepKind.PROVE_OLD})
LOOKED_AT = 6  # steps
# What is asked for near a slice's end might be asked for again by the next one.
LATEST_START_SECONDS = SLICE_SECONDS * 0.7
# The server ends transactions that wait for too long: proofs may have waited for the allowance.
FRESH_SECONDS = WAITING_SECONDS * 0.75


def begin_ahead(work: Slice, fill: Fill) -> None:
    """Begins on the unit after the current step, when it comes next and there is time for it."""
    if work.ahead is not None or time.monotonic() - work.started > LATEST_START_SECONDS:
        return
    step = _next_unit(work)
    if step is not None and not work.is_over:
        work.ahead = Filling(work, step, fill)


async def take_ahead(work: Slice, step: Step) -> Filling | None:
    """What was begun for this very step; None when nothing was, or it has waited too long."""
    filling, work.ahead = work.ahead, None
    if filling is None:
        return None
    is_fresh = time.monotonic() - filling.began < FRESH_SECONDS
    if is_fresh and replace(filling.step, position=step.position) == step:
        return filling
    await filling.stop()
    return None


async def drop_ahead(work: Slice) -> None:
    """Ends what was begun, at the end of a slice."""
    filling, work.ahead = work.ahead, None
    if filling is not None:
        await filling.stop()


def _next_unit(work: Slice) -> Step | None:
    """The first reading step after the current one, if nothing but anchors and proofs lie between.

    Not past the proof that makes a new client usable: what people wait for is asked for first.
    """
    for step in work.following:
        if step.kind in READING_STEPS:
            is_plain = step.since is None and step.first is not None
            return step if is_plain else None
        if step.kind not in PASSED_OVER:
            return None
    return None
