"""What a VAT term holds: lines by code, movements on the VAT accounts, what the return moved.

A VAT account's own row carries no code in most sources, so a line with a code is its base, and
VAT is posted beside it on 2700–2719. The transfer to 2740 is kept apart: it is the return.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.rates.vat import STANDARD_CODES, VatSide
from klientbro.domain.reconciliation.vat import VatLine, line_of_posting
from klientbro.ledger.queries.sql import STILL, Parameters, fetch_all, fetch_one

# Without VAT treatment: no place in the specification. Code 6 is shown, as a base.
NO_TREATMENT = ("0", "7")
# One look-up per account: the index begins with the account, and a term is a small part of it.
_ROWS = f"""
  from ledger_account a
  cross join lateral (
    select * from ledger_posting p
    where p.connection_id = %(connection)s and p.account_id = a.source_id
      and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
    offset 0
  ) p
  where a.connection_id = %(connection)s
"""  # noqa: S608 constants only
_IS_VAT_ACCOUNT = "(a.number like '270%%' or a.number like '271%%')"
_HAS_CODE = "p.vat_code <> '' and not p.vat_code = any(%(without)s)"
# The settlement voucher, and what reverses one.
_IS_RETURN = f"""
(p.voucher_type = 'vat_return' or coalesce(p.reverses_voucher_no, -1) in (
  select r.voucher_no from ledger_posting r where r.connection_id = %(connection)s
    and r.known_to = {STILL} and r.voucher_type = 'vat_return'
    and r.posting_date between %(first)s and %(last)s))
"""  # noqa: S608 constants only

_LINES = f"""
select p.voucher_no, min(p.posting_date), p.vat_code, p.vat_rate, sum(p.amount),
       coalesce(sum(p.vat_amount), 0)
{_ROWS} and not {_IS_VAT_ACCOUNT} and {_HAS_CODE} and not {_IS_RETURN}
group by p.voucher_no, p.vat_code, p.vat_rate, sign(p.amount)
order by p.voucher_no, p.vat_code
"""
_ON_ACCOUNTS = f"""
select a.source_id, a.number, p.voucher_no, {_IS_RETURN}, sum(p.amount), min(p.source_created_at)
{_ROWS} and {_IS_VAT_ACCOUNT}
group by 1, 2, 3, 4 order by p.voucher_no
"""
# Vouchers that post other VAT on the accounts than their codes give; nothing else comes out.
_DIFFERING = f"""
with code_lines as (
  select p.voucher_no, sum(case
      when p.vat_code = any(%(reversed_deducted)s) then 0
      when p.vat_code = any(%(reversed)s) then -abs(coalesce(p.vat_amount, 0)) * sign(p.amount)
      else coalesce(p.vat_amount, 0) end) as vat
  {_ROWS} and not {_IS_VAT_ACCOUNT} and {_HAS_CODE} and not {_IS_RETURN} group by 1
), on_accounts as (
  select p.voucher_no, sum(p.amount) as vat,
         (array_agg(a.source_id order by abs(p.amount) desc, a.number_key))[1] as account_id
  {_ROWS} and {_IS_VAT_ACCOUNT} and not {_IS_RETURN} group by 1
)
select voucher_no, o.account_id, coalesce(o.vat, 0) - coalesce(c.vat, 0)
from code_lines c full join on_accounts o using (voucher_no)
where coalesce(o.vat, 0) <> coalesce(c.vat, 0)
order by voucher_no
"""  # noqa: S608 constants only
_CODE_NAMES = """
select distinct on (code) code, name from ledger_vat_code
where connection_id = %(connection)s order by code, is_active desc, valid_from desc nulls last
"""
_OF_CODE = f"""
select p.source_id, p.posting_date, p.voucher_no, p.voucher_id, a.source_id, a.number, a.name,
       coalesce(p.text, p.voucher_text, ''), p.amount, coalesce(p.vat_amount, 0)
{_ROWS} and not {_IS_VAT_ACCOUNT} and p.vat_code = %(code)s and not {_IS_RETURN}
order by p.posting_date, p.voucher_no, p.source_id limit %(most)s
"""
# What each VAT account has moved in whole months, and the part of it that a return moved.
_MOVED = f"""
select a.source_id, coalesce((select sum(b.amount) from ledger_balance b
         where b.connection_id = a.connection_id and b.account_id = a.source_id
           and b.month between %(first)s and %(last)s), 0),
       coalesce(sum(p.amount) filter (where {_IS_RETURN}), 0)
from ledger_account a
left join ledger_posting p on p.connection_id = a.connection_id and p.account_id = a.source_id
  and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
where a.connection_id = %(connection)s and {_IS_VAT_ACCOUNT}
group by a.connection_id, a.source_id
"""  # noqa: S608 constants only
_PERIOD = "select vat_period from ledger_books where connection_id = %(connection)s"


@dataclass(frozen=True, slots=True)
class TermPostings:
    """What the ledger has of a term.

    movements: by account number, without the transfer. account_vouchers: the same by voucher.
    filed: what the returns of the term moved to 2740, positive to pay; None when none is made.
    """

    lines: tuple[VatLine, ...]
    movements: dict[str, Decimal]
    account_vouchers: dict[str, Decimal]
    filed: Decimal | None
    filed_at: datetime | None
    return_vouchers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DifferingVoucher:
    """What a voucher posts on the VAT accounts beyond its codes, and the account it mostly hits."""

    voucher_no: int
    account_id: AccountId | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CodePosting:
    """A posting that carries the code."""

    source_id: str
    day: date
    voucher_no: int
    voucher_id: str
    account_id: AccountId
    account_number: str
    account_name: str
    text: str
    base: Decimal
    vat: Decimal


def vat_period_of(connection_id: int) -> str | None:
    """How often the source says the company reports."""
    row = fetch_one(_PERIOD, {"connection": connection_id})
    return row[0] if row else None


def term_postings(connection_id: int, first: date, last: date) -> TermPostings:
    """Everything that the specification of the term rests on. Two statements."""
    asked = _asked(connection_id, first, last)
    lines = tuple(
        line_of_posting(str(voucher), day, code, base, vat, rate)
        for voucher, day, code, rate, base, vat in fetch_all(_LINES, asked)
    )
    movements: dict[str, Decimal] = {}
    vouchers: dict[str, Decimal] = {}
    returned: dict[str, Decimal] = {}
    return_vouchers: set[int] = set()
    made: list[datetime] = []
    for _id, number, voucher, is_return, amount, created_at in fetch_all(_ON_ACCOUNTS, asked):
        if is_return:
            returned[number] = returned.get(number, ZERO) + amount
            return_vouchers.add(voucher)
            made += [created_at] if created_at else []
            continue
        movements[number] = movements.get(number, ZERO) + amount
        vouchers[str(voucher)] = vouchers.get(str(voucher), ZERO) + amount
    # reversed again, the return counts as not made
    filed = sum(returned.values(), ZERO) if any(returned.values()) else None
    return TermPostings(
        lines, movements, vouchers, filed, min(made, default=None), tuple(sorted(return_vouchers))
    )


def differing_vouchers(connection_id: int, first: date, last: date) -> list[DifferingVoucher]:
    """The term's vouchers whose VAT is not on the accounts as their codes say. One statement."""
    return [
        DifferingVoucher(*row) for row in fetch_all(_DIFFERING, _asked(connection_id, first, last))
    ]


def moved_on_vat_accounts(
    connection_id: int, first: date, last: date
) -> dict[AccountId, tuple[Decimal, Decimal]]:
    """By VAT account: all that has moved between the days, and what a return moved of it."""
    rows = fetch_all(_MOVED, _asked(connection_id, first, last))
    return {account_id: (moved, returned) for account_id, moved, returned in rows}


def code_names(connection_id: int) -> dict[str, str]:
    """The source's own name of each VAT code."""
    return dict(fetch_all(_CODE_NAMES, {"connection": connection_id}))


def postings_of_code(
    connection_id: int, code: str, first: date, last: date, *, most: int
) -> list[CodePosting]:
    """The postings behind one code of the specification."""
    asked = _asked(connection_id, first, last) | {"code": code, "most": most}
    return [CodePosting(*row) for row in fetch_all(_OF_CODE, asked)]


def _asked(connection_id: int, first: date, last: date) -> Parameters:
    return {
        "connection": connection_id,
        "first": first,
        "last": last,
        "without": list(NO_TREATMENT),
        "reversed": _reverse_charge(deducted=False),
        "reversed_deducted": _reverse_charge(deducted=True),
    }


def _reverse_charge(*, deducted: bool) -> list[str]:
    codes: Iterable[str] = (
        code
        for code, standard in STANDARD_CODES.items()
        if standard.side is VatSide.REVERSE_CHARGE and bool(standard.is_deductible) is deducted
    )
    return list(codes)
