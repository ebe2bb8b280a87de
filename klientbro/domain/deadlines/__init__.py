"""Due dates that follow from a client's facts and the Norwegian calendar.

model      what a deadline is: kind, term, due date, source, what is to be done
vat        returns of every frequency
payroll    a-melding, employer's tax, withheld tax, holiday pay
tax        advance tax, tax return
annual     annual accounts, shareholder register
schedule   all of them for a client between two days
"""

from __future__ import annotations

from klientbro.domain.deadlines.model import Deadline, DeadlineKind, Duty, Term
from klientbro.domain.deadlines.schedule import deadlines_for

__all__ = ["Deadline", "DeadlineKind", "Duty", "Term", "deadlines_for"]
