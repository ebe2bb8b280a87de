"""VAT term by term, filed or reckoned, and instalments of income tax.

Source: norwegian-accounting.md §10, §12–14: payable = −(movement on 2700–2709 and 2710–2719) in
the term, due with the return, 31 August for May and June; companies pay advance tax in two equal
parts on 15 February and 15 April of the year after, persons in four in the year itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.client_facts import ClientFacts, VatFrequency
from klientbro.domain.deadlines.model import Deadline
from klientbro.domain.deadlines.tax import advance_tax_company, advance_tax_person
from klientbro.domain.deadlines.vat import vat_deadlines
from klientbro.domain.liquidity.duties import LATE_DAYS, SMALLEST_REST, Duties, Duty
from klientbro.domain.liquidity.lines import (
    VAT_OF,
    CashLine,
    Certainty,
    Found,
    Kind,
    Notice,
    Reason,
    Source,
    SourceKind,
    bank_day,
)
from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import Month, month_range
from klientbro.domain.rates.income_tax import SMALLEST_ADVANCE_TAX

HISTORY_MONTHS = 12
ENOUGH_MONTHS = 3


@dataclass(frozen=True, slots=True)
class VatReturn:
    """A return, as its settlement voucher tells: what it moved to 2740. Positive is to pay."""

    day: date
    to_pay: Decimal
    voucher_no: int


@dataclass(frozen=True, slots=True)
class _Expected:
    """What a month of trade adds to the VAT accounts, both as positive amounts."""

    output: Decimal
    input: Decimal

    @property
    def to_pay(self) -> Decimal:
        return self.output - self.input


def vat_lines(
    duties: Duties,
    frequency: VatFrequency | None,
    returns: Sequence[VatReturn],
    start: date,
    until: date,
) -> Found:
    """Every term due from start to the last day, and filed ones whose day has just passed."""
    found = Found()
    if frequency is None:
        if any(duties.owed(duty) for duty in (Duty.VAT_OUT, Duty.VAT_IN, Duty.VAT_SETTLED)):
            found.notices[Notice.NO_VAT_FREQUENCY] = ""
        return found
    left = duties.owed(Duty.VAT_SETTLED)
    expected = _expected(duties, start)
    terms = [
        deadline
        for year in range(start.year - 2, until.year + 1)
        for deadline in vat_deadlines(frequency, year)
        if deadline.due <= until and deadline.due >= start - timedelta(days=LATE_DAYS)
    ]
    for deadline in reversed(terms):  # the newest first: a payment settles the oldest debt
        own = [
            each
            for each in returns
            if deadline.term.first_day <= each.day <= deadline.term.last_day
        ]
        if own:
            left -= _filed(duties, deadline, own, left, start, found)
        elif deadline.due >= start:
            _reckoned(duties, deadline, expected, start, found)
        else:
            _not_filed_in_time(duties, deadline, start, found)
    if abs(left) > SMALLEST_REST:
        found.left_out.append(duties.unexplained(Duty.VAT_SETTLED, left))
    if expected is None and frequency is not VatFrequency.NOT_REGISTERED:
        found.notices[Notice.SHORT_HISTORY] = ""
    return found


def planned_vat_lines(
    lines: Sequence[CashLine], frequency: VatFrequency | None, start: date, until: date
) -> Found:
    """The VAT of planned lines that hold any, on the day of the term they fall in.

    Buying for 125 000 with 25 % gives 25 000 less to pay. Lines that stand for something usual
    have theirs in the usual already.
    """
    found = Found()
    planned = [line for line in lines if line.fact("vat") and not (line.account or line.party)]
    if not planned or frequency is None:
        return found
    terms = [
        deadline
        for year in range(start.year - 1, until.year + 1)
        for deadline in vat_deadlines(frequency, year)
    ]
    for line in planned:
        day = line.nominal or line.day
        rate = Decimal(line.fact("vat"))
        own = next((d for d in terms if d.term.first_day <= day <= d.term.last_day), None)
        if own is None or not start <= own.due <= until:
            continue
        found.lines.append(
            CashLine(
                key=f"{VAT_OF}{line.key}",
                day=bank_day(own.due, start),
                amount=-round_to_ore(line.amount * rate / (1 + rate)),
                kind=Kind.VAT,
                certainty=Certainty.PLANNED,
                source=Source(SourceKind.RULE, Reason.VAT_PLANNED, rule_id=line.source.rule_id),
                nominal=own.nominal,
                facts=(
                    ("term", own.term.key),
                    ("of", line.title),
                    ("amount", str(line.amount)),
                    ("rate", str(rate)),
                ),
            )
        )
    return found


def _filed(
    duties: Duties,
    deadline: Deadline,
    own: Sequence[VatReturn],
    left: Decimal,
    start: date,
    found: Found,
) -> Decimal:
    """The line of a filed term, and how much of what stands on 2740 it explains."""
    amount = sum((each.to_pay for each in own), ZERO)
    still = min(amount, max(left, ZERO)) if amount > 0 else max(amount, min(left, ZERO))
    if not still:
        return ZERO
    late = deadline.due < start
    found.lines.append(
        duties.line(
            Duty.VAT_SETTLED,
            f"vat:{deadline.term.key}",
            bank_day(deadline.due, start),
            -still,
            Kind.VAT,
            Reason.LATE_DUTY if late else Reason.VAT_FILED,
            certainty=Certainty.POSTED,
            nominal=deadline.nominal,
            facts=(("term", deadline.term.key), ("duty", Duty.VAT_SETTLED.value)),
            vouchers=tuple(each.voucher_no for each in own),
        )
    )
    return still


def _reckoned(
    duties: Duties, deadline: Deadline, expected: _Expected | None, start: date, found: Found
) -> None:
    """A term not filed: what its months hold so far, and the usual for the days to come."""
    months = tuple(month_range(Month.of(deadline.term.first_day), Month.of(deadline.term.last_day)))
    posted = _payable(duties, months)
    ahead = output = ZERO
    if expected is not None:
        share = sum((_share_left(month, start) for month in months), Decimal(0))
        ahead = round_to_ore(expected.to_pay * share)
        output = round_to_ore(expected.output * share)
    if not posted and not ahead:
        return
    found.lines.append(
        duties.line(
            Duty.VAT_OUT,
            f"vat:{deadline.term.key}",
            bank_day(deadline.due, start),
            -(posted + ahead),
            Kind.VAT,
            Reason.VAT_ESTIMATED if ahead else Reason.VAT_COMPUTED,
            certainty=Certainty.ESTIMATED if ahead else Certainty.RULE,
            nominal=deadline.nominal,
            revenue_part=-output,
            facts=(
                ("term", deadline.term.key),
                ("posted", str(posted)),
                ("ahead", str(ahead)),
                ("until", deadline.term.last_day.isoformat()),
            ),
        )
    )


def _not_filed_in_time(duties: Duties, deadline: Deadline, start: date, found: Found) -> None:
    """A term whose day has passed without a return: owed as long as its VAT stands where it was.

    What later months have added is theirs; where the rest has been paid or cleared nothing stands.
    """
    first, last = Month.of(deadline.term.first_day), Month.of(deadline.term.last_day)
    standing = duties.owed(Duty.VAT_OUT) + duties.owed(Duty.VAT_IN)
    standing -= _payable(duties, tuple(month_range(last.next(), Month.of(start))))
    amount = min(_payable(duties, tuple(month_range(first, last))), standing)
    if first < duties.since or amount <= SMALLEST_REST:
        return
    found.lines.append(
        duties.line(
            Duty.VAT_OUT,
            f"vat:{deadline.term.key}",
            bank_day(start, start),
            -amount,
            Kind.VAT,
            Reason.LATE_DUTY,
            certainty=Certainty.RULE,
            nominal=deadline.nominal,
            facts=(("term", deadline.term.key), ("duty", Duty.VAT_OUT.value)),
        )
    )


def _payable(duties: Duties, months: Sequence[Month]) -> Decimal:
    """What the months' trade added to the VAT accounts: positive is to pay."""
    duty_months = ((duty, month) for month in months for duty in (Duty.VAT_OUT, Duty.VAT_IN))
    return ZERO - sum((duties.moved(duty, month) for duty, month in duty_months), ZERO)


def _expected(duties: Duties, start: date) -> _Expected | None:
    """The usual month of VAT: the mean of the last twelve whole months that are held."""
    this = Month.of(start)
    first = max(this.plus(-HISTORY_MONTHS), duties.since)
    months = tuple(month_range(first, this.previous()))
    if len(months) < ENOUGH_MONTHS:
        return None
    output = ZERO - sum((duties.moved(Duty.VAT_OUT, month) for month in months), ZERO)
    input_ = sum((duties.moved(Duty.VAT_IN, month) for month in months), ZERO)
    return _Expected(output / len(months), input_ / len(months))


def _share_left(month: Month, start: date) -> Decimal:
    """How much of the month lies after the first day of the forecast."""
    if month.last_day <= start:
        return Decimal(0)
    if month.first_day > start:
        return Decimal(1)
    return Decimal((month.last_day - start).days) / Decimal(month.last_day.day)


def advance_tax_lines(
    duties: Duties,
    facts: ClientFacts,
    assessed: Decimal | None,
    start: date,
    until: date,
) -> Found:
    """Instalments from start to the last day.

    assessed: a year's tax as a person has typed it. Without it a company's own liability (250)
    gives this year's parts; later ones are half each of what was paid last time.
    """
    found = Found()
    is_person = facts.company_form.is_person
    if not facts.has_advance_tax and assessed is None:
        return found
    if is_person and assessed is None:
        # a person's tax is no liability of the business: its books do not tell of it
        found.notices[Notice.NO_PERSONAL_TAX] = ""
    rule = advance_tax_person if is_person else advance_tax_company
    owed = max(duties.owed(Duty.TAX), ZERO)
    for year in range(start.year - 1, until.year + 1):
        parts = rule(year)
        coming = [each for each in parts if each.due >= start]
        for part in coming:
            if part.due > until:
                continue
            paid = duties.through_bank(Duty.TAX, Month.of(part.due))
            if paid > 0 and Month.of(part.due) == Month.of(start):
                continue  # the instalment has been paid before its day
            amount, reason = _instalment(
                duties, part, parts, coming, assessed, owed, start, is_person
            )
            if not amount:
                continue
            found.lines.append(
                duties.line(
                    Duty.TAX,
                    f"tax:{part.term.key}",
                    bank_day(part.due, start),
                    -amount,
                    Kind.ADVANCE_TAX,
                    reason,
                    certainty=(
                        Certainty.PLANNED
                        if reason is Reason.ADVANCE_TAX_TYPED
                        else Certainty.RULE
                        if reason is Reason.ADVANCE_TAX_OWED
                        else Certainty.ESTIMATED
                    ),
                    nominal=part.nominal,
                    facts=(
                        ("year", str(part.term.first_day.year)),
                        ("part", str(part.term.number)),
                    ),
                )
            )
    return found


def _instalment(
    duties: Duties,
    part: Deadline,
    parts: Sequence[Deadline],
    coming: Sequence[Deadline],
    assessed: Decimal | None,
    owed: Decimal,
    start: date,
    is_person: bool,
) -> tuple[Decimal, Reason]:
    if assessed is not None:
        amount = ZERO if assessed < SMALLEST_ADVANCE_TAX else round_to_ore(assessed / len(parts))
        return amount, Reason.ADVANCE_TAX_TYPED
    if is_person:
        return ZERO, Reason.ADVANCE_TAX_TYPED  # the owner's own tax: only a person knows it
    if part.due.year == start.year and owed >= SMALLEST_ADVANCE_TAX:
        return round_to_ore(owed / len(coming)), Reason.ADVANCE_TAX_OWED
    last = _last_paid(duties, start)
    if last < SMALLEST_ADVANCE_TAX:
        return ZERO, Reason.ADVANCE_TAX_LAST
    return round_to_ore(last / len(parts)), Reason.ADVANCE_TAX_LAST


def _last_paid(duties: Duties, start: date) -> Decimal:
    """What was paid in February to April, the last time those months were whole."""
    year = start.year if start >= date(start.year, 5, 1) else start.year - 1
    if Month(year, 2) < duties.since:
        return ZERO
    months = (Month(year, number) for number in range(2, 5))
    return max(sum((duties.through_bank(Duty.TAX, month) for month in months), ZERO), ZERO)
