"""All deadlines of a client between two days."""

from __future__ import annotations

from datetime import date

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.annual import annual_deadlines
from klientbro.domain.deadlines.model import Deadline, DeadlineKind
from klientbro.domain.deadlines.payroll import payroll_deadlines
from klientbro.domain.deadlines.tax import tax_deadlines
from klientbro.domain.deadlines.vat import vat_deadlines

# Annual accounts of a year ending in January are due in August: never in the year after next.
_YEARS_BEHIND = 1
_ORDER = {kind: at for at, kind in enumerate(DeadlineKind)}


def deadlines_for(facts: ClientFacts, first: date, last: date) -> tuple[Deadline, ...]:
    """Every deadline due from first to last, both included, in the order they fall due.

    The same facts and days give the same keys however often it is asked, so that tasks made from
    them merge. Terms that ended before the work began, or began after it ended, are left out.
    """
    found = [
        deadline
        for year in range(first.year - _YEARS_BEHIND, last.year + 1)
        for deadline in (
            *vat_deadlines(facts.vat_frequency, year),
            *payroll_deadlines(facts, year),
            *tax_deadlines(facts, year),
            *annual_deadlines(facts, year),
        )
        if first <= deadline.due <= last and _is_ours(facts, deadline)
    ]
    return tuple(sorted(found, key=lambda one: (one.due, _ORDER[one.kind], one.term)))


def _is_ours(facts: ClientFacts, deadline: Deadline) -> bool:
    if facts.starts_on is not None and deadline.term.last_day < facts.starts_on:
        return False
    return facts.ends_on is None or deadline.term.first_day <= facts.ends_on
