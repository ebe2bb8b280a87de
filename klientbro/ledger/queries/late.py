"""«Endret etter låsing»: late vouchers with what they belong to and what they did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import AccountGroup, AccountId, AccountType, group_of
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period
from klientbro.ledger.queries.sql import STILL, Parameters, Record, fetch_all, pages_of
from klientbro.ledger.queries.vouchers import LATE_COLUMNS, late_change_from
from klientbro.ledger.rows import LateChange

PAGE_SIZE = 50
CHUNK = 500
REASONS = ("lock", "seal", "vat_return")
Key = tuple[str, Month]  # a voucher's share of one month


@dataclass(frozen=True, slots=True)
class LateFilter:
    """What a reader narrowed late vouchers down by. Empty: everything."""

    reason: str = ""
    first: Month | None = None
    last: Month | None = None
    account_id: AccountId = ""


@dataclass(frozen=True, slots=True)
class Partner:
    """A voucher that belongs with a late one.

    relation: reverses, corrects, reversed_by or corrected_by, as seen from the late one. month is
    None when we do not hold it.
    """

    relation: str
    voucher_id: str
    voucher_no: int
    month: Month | None


@dataclass(frozen=True, slots=True)
class AccountEffect:
    """What the voucher did to one account in the month, ledger sign."""

    account_id: AccountId
    number: str
    name: str
    type: AccountType
    amount: Decimal

    @property
    def before_tax(self) -> Decimal:
        """Its part of the result before tax, ledger sign: neither tax nor appropriations."""
        is_result = not self.type.is_balance_sheet
        is_tax = group_of(self.type, self.number) is AccountGroup.TAX_AND_APPROPRIATIONS
        return self.amount if is_result and not is_tax else ZERO


@dataclass(frozen=True, slots=True)
class VatEffect:
    """The basis and the VAT of one code, as the source has computed them, ledger sign."""

    code: str
    basis: Decimal
    vat: Decimal


@dataclass(frozen=True, slots=True)
class LateVoucher:
    """A voucher's share of a month that was locked, sealed or reported when it came.

    is_gone: it has vanished from the source since, so it has no effect any more.
    """

    voucher_id: str
    voucher_no: int
    month: Month
    type: str
    text: str
    created_at: datetime | None
    found_at: datetime
    changes: tuple[LateChange, ...]
    partners: tuple[Partner, ...]
    accounts: tuple[AccountEffect, ...]
    vat: tuple[VatEffect, ...]

    @property
    def is_gone(self) -> bool:
        return not self.accounts

    @property
    def result_before_tax(self) -> Decimal:
        """How much higher the result before tax became: income is credit, so the sign turns."""
        return ZERO - sum((effect.before_tax for effect in self.accounts), ZERO)


@dataclass(frozen=True, slots=True)
class LateVoucherPage:
    rows: tuple[LateVoucher, ...]
    page: int
    pages: int
    total_rows: int


@dataclass(frozen=True, slots=True)
class LateCount:
    """How many vouchers were late for a reason, and when the newest was seen."""

    reason: str
    vouchers: int
    newest: datetime


_FOUND = f"""
select l.voucher_id, l.voucher_no, l.month, max(l.found_at), count(*) over ()
from ledger_late_change l
where l.connection_id = %(connection)s
  and (%(first)s::date is null or l.month >= %(first)s)
  and (%(last)s::date is null or l.month <= %(last)s)
  and (%(account)s = '' or exists (
    select from ledger_posting p where p.connection_id = l.connection_id
      and p.voucher_no = l.voucher_no and p.voucher_id = l.voucher_id
      and p.account_id = %(account)s and p.known_to = {STILL}
      and date_trunc('month', p.posting_date) = l.month))
group by l.voucher_id, l.voucher_no, l.month
having %(reason)s = '' or bool_or(l.reason = %(reason)s)
order by max(l.found_at) desc, l.month desc, l.voucher_no desc, l.voucher_id
limit %(size)s offset %(skip)s
"""  # noqa: S608 constants only
_CHANGES = f"""
{LATE_COLUMNS} where connection_id = %(connection)s and voucher_id = any(%(vouchers)s::text[])
order by month, late_after
"""
_OF_VOUCHERS = f"""
from (select distinct on (voucher_id, voucher_no) voucher_id, voucher_no
      from unnest(%(vouchers)s::text[], %(numbers)s::bigint[]) as v(voucher_id, voucher_no)) v
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = %(connection)s and p.voucher_no = v.voucher_no
    and p.voucher_id = v.voucher_id and p.known_to = {STILL}
) p
"""  # noqa: S608 constants only
_ACCOUNTS = f"""
select p.voucher_id, date_trunc('month', p.posting_date)::date, p.account_id,
       coalesce(a.number, ''), coalesce(a.name, ''), coalesce(a.type, 'asset'), sum(p.amount),
       min(p.voucher_type), coalesce(min(p.voucher_text), min(p.text), '')
{_OF_VOUCHERS}
left join ledger_account a on a.connection_id = p.connection_id and a.source_id = p.account_id
group by 1, 2, 3, 4, 5, 6, a.number_key order by a.number_key, p.account_id
"""
_VAT = f"""
select p.voucher_id, date_trunc('month', p.posting_date)::date, p.vat_code, sum(p.amount),
       coalesce(sum(p.vat_amount), 0)
{_OF_VOUCHERS}
where p.vat_code <> '' and coalesce(p.vat_amount, 0) <> 0
group by 1, 2, 3 order by 3
"""
# Both ways: what the voucher points at, and what points at it, in whatever period it lies.
_PARTNERS = f"""
with own as (
  select distinct v.voucher_id as late, r.relation, r.voucher_id, r.voucher_no
  {_OF_VOUCHERS}
  cross join lateral (values
    ('reverses', coalesce(p.reverses_voucher_id, ''), p.reverses_voucher_no),
    ('corrects', coalesce(p.corrects_voucher_id, ''), p.corrects_voucher_no)
  ) r(relation, voucher_id, voucher_no)
  where r.voucher_no is not null
), late as (
  select distinct voucher_id, voucher_no
  from unnest(%(vouchers)s::text[], %(numbers)s::bigint[]) as v(voucher_id, voucher_no)
), pointing as (
  select distinct l.voucher_id, 'reversed_by', p.voucher_id, p.voucher_no
  from late l join ledger_posting p on p.connection_id = %(connection)s
    and p.reverses_voucher_no = l.voucher_no and p.known_to = {STILL}
    and (p.reverses_voucher_id is null or p.reverses_voucher_id = l.voucher_id)
  union
  select distinct l.voucher_id, 'corrected_by', p.voucher_id, p.voucher_no
  from late l join ledger_posting p on p.connection_id = %(connection)s
    and p.corrects_voucher_no = l.voucher_no and p.known_to = {STILL}
    and (p.corrects_voucher_id is null or p.corrects_voucher_id = l.voucher_id)
)
select o.late, o.relation, o.voucher_id, o.voucher_no, d.day
from (select * from own union all select * from pointing) o
left join lateral (
  select min(p.posting_date) as day from ledger_posting p
  where p.connection_id = %(connection)s and p.voucher_no = o.voucher_no
    and (o.voucher_id = '' or p.voucher_id = o.voucher_id) and p.known_to = {STILL}
) d on true
order by o.relation, o.voucher_no
"""  # noqa: S608 constants only
_COUNTS = """
select reason, count(distinct (voucher_id, month)), max(found_at) from ledger_late_change
where connection_id = %(connection)s group by reason order by reason
"""
_LATE_ACCOUNTS = f"""
select distinct p.account_id from ledger_late_change l
join ledger_posting p on p.connection_id = l.connection_id and p.voucher_no = l.voucher_no
  and p.voucher_id = l.voucher_id and p.known_to = {STILL}
  and date_trunc('month', p.posting_date) = l.month
where l.connection_id = %(connection)s and l.month between %(first)s and %(last)s
"""  # noqa: S608 constants only


def late_vouchers(
    connection_id: int,
    narrowed: LateFilter | None = None,
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> LateVoucherPage:
    """A page of late vouchers, the newest seen first. Five statements, ten past the last page."""
    wanted = narrowed or LateFilter()
    page = max(page, 1)
    found = _found(connection_id, wanted, page, page_size)
    if not found and page > 1:  # beyond the last: there the count is told too
        first = _found(connection_id, wanted, 1, page_size)
        page = pages_of(first[0][-1] if first else 0, page_size)
        found = first if page == 1 else _found(connection_id, wanted, page, page_size)
    total = found[0][-1] if found else 0
    return LateVoucherPage(
        _with_effects(connection_id, found), page, pages_of(total, page_size), total
    )


def every_late_voucher(
    connection_id: int, narrowed: LateFilter | None = None
) -> Iterator[LateVoucher]:
    """All of them, for an export, some hundred at a time."""
    page = 1
    while True:
        found = _found(connection_id, narrowed or LateFilter(), page, CHUNK)
        yield from _with_effects(connection_id, found)
        if len(found) < CHUNK:
            return
        page += 1


def late_counts(connection_id: int) -> tuple[LateCount, ...]:
    """How many there are of each reason. One statement."""
    return tuple(LateCount(*row) for row in fetch_all(_COUNTS, {"connection": connection_id}))


def late_accounts(connection_id: int, period: Period) -> frozenset[AccountId]:
    """Accounts that a late voucher has touched in the period. One statement."""
    rows = fetch_all(
        _LATE_ACCOUNTS,
        {"connection": connection_id, "first": period.first_day, "last": period.last_day},
    )
    return frozenset(account_id for (account_id,) in rows)


def _found(connection_id: int, narrowed: LateFilter, page: int, size: int) -> list[Record]:
    return fetch_all(
        _FOUND,
        {
            "connection": connection_id,
            "reason": narrowed.reason,
            "first": narrowed.first.first_day if narrowed.first else None,
            "last": narrowed.last.first_day if narrowed.last else None,
            "account": narrowed.account_id,
            "size": size,
            "skip": (page - 1) * size,
        },
    )


def _with_effects(connection_id: int, found: Sequence[Record]) -> tuple[LateVoucher, ...]:
    """Each with its reasons, effects and partners. Four statements, none for an empty page."""
    if not found:
        return ()
    parameters: Parameters = {
        "connection": connection_id,
        "vouchers": [row[0] for row in found],
        "numbers": [row[1] for row in found],
    }
    changes: dict[Key, list[LateChange]] = defaultdict(list)
    for record in fetch_all(_CHANGES, parameters):
        change = late_change_from(record)
        changes[change.voucher_id, change.month].append(change)
    accounts: dict[Key, list[AccountEffect]] = defaultdict(list)
    described: dict[str, tuple[str, str]] = {}
    for voucher_id, month, account_id, number, name, type_, amount, kind, text in fetch_all(
        _ACCOUNTS, parameters
    ):
        effect = AccountEffect(account_id, number, name, AccountType(type_), amount)
        accounts[voucher_id, Month.of(month)].append(effect)
        described.setdefault(voucher_id, (kind, text))
    vat: dict[Key, list[VatEffect]] = defaultdict(list)
    for voucher_id, month, code, basis, amount in fetch_all(_VAT, parameters):
        vat[voucher_id, Month.of(month)].append(VatEffect(code, basis, amount))
    partners: dict[str, list[Partner]] = defaultdict(list)
    for late, relation, voucher_id, voucher_no, day in fetch_all(_PARTNERS, parameters):
        partners[late].append(Partner(relation, voucher_id, voucher_no, _month_of(day)))
    vouchers = []
    for voucher_id, voucher_no, first_day, found_at, _total in found:
        key = (voucher_id, Month.of(first_day))
        kind, text = described.get(voucher_id, ("", ""))
        vouchers.append(
            LateVoucher(
                voucher_id=voucher_id,
                voucher_no=voucher_no,
                month=key[1],
                type=kind,
                text=text,
                created_at=min(
                    (one.source_created_at for one in changes[key] if one.source_created_at),
                    default=None,
                ),
                found_at=found_at,
                changes=tuple(changes[key]),
                partners=tuple(partners[voucher_id]),
                accounts=tuple(accounts[key]),
                vat=tuple(vat[key]),
            )
        )
    return tuple(vouchers)


def _month_of(day: date | None) -> Month | None:
    return Month.of(day) if day else None
