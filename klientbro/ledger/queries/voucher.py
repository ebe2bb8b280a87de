"""One voucher with all that belongs to it: lines, relations, months and history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from klientbro.domain.periods import Month
from klientbro.ledger.queries.months import seals_of, state_of
from klientbro.ledger.queries.postings import party_names
from klientbro.ledger.queries.sql import STILL, Parameters, Record, fetch_all, fetch_one
from klientbro.ledger.queries.trial_balances import closing_as_known
from klientbro.ledger.queries.vouchers import late_changes_of_voucher
from klientbro.ledger.rows import (
    BalanceEffect,
    BooksState,
    LateChange,
    Voucher,
    VoucherLine,
    VoucherMonth,
    VoucherReference,
)

_LINE = """
select p.voucher_id, p.voucher_series, p.voucher_type, p.voucher_date, coalesce(p.voucher_text, ''),
       p.is_reversed, p.reverses_voucher_id, p.reverses_voucher_no, p.corrects_voucher_id,
       p.corrects_voucher_no, p.source_created_at, p.source_changed_at, p.known_from, p.known_to,
       p.source_id, p.account_id, coalesce(a.number, ''), coalesce(a.name, ''), p.posting_date,
       coalesce(p.text, ''),
       case when p.customer_no is not null then 'customer'
            when p.supplier_no is not null then 'supplier' else '' end,
       coalesce(p.customer_no, p.supplier_no, ''), '',
       coalesce(p.vat_code, ''), coalesce(v.name, ''), p.vat_rate, p.vat_amount,
       coalesce(d.name, p.department_code, ''), coalesce(j.name, p.project_code, ''),
       coalesce(p.currency, ''), p.currency_amount, p.amount
from ledger_posting p
left join ledger_account a on a.connection_id = p.connection_id and a.source_id = p.account_id
left join lateral (
  select name from ledger_vat_code c
  where c.connection_id = p.connection_id and c.code = p.vat_code
  order by c.is_active desc, c.source_id limit 1
) v on p.vat_code is not null
left join lateral (
  select name from ledger_dimension x
  where x.connection_id = p.connection_id and x.kind = 'department' and x.code = p.department_code
  order by x.is_active desc, x.source_id limit 1
) d on p.department_code is not null
left join lateral (
  select name from ledger_dimension x
  where x.connection_id = p.connection_id and x.kind = 'project' and x.code = p.project_code
  order by x.is_active desc, x.source_id limit 1
) j on p.project_code is not null
where p.connection_id = %(connection)s
"""
_LINES = _LINE + "and p.voucher_no = %(number)s and p.known_to = 2147483647"
# A voucher that vanished from the source is still shown, as it was when last seen.
_GONE = f"""
{_LINE}
and p.voucher_no = %(number)s and p.known_to < 2147483647
and p.known_to = (
  select max(z.known_to) from ledger_posting z
  where z.connection_id = %(connection)s and z.known_to < 2147483647
    and z.voucher_id = p.voucher_id)
"""  # noqa: S608 constants only
_POINTING_HERE = """
select 'reversal', voucher_id, voucher_no, min(posting_date) from ledger_posting
where connection_id = %(connection)s and reverses_voucher_no = %(number)s
  and known_to = 2147483647
  and (reverses_voucher_id is null or reverses_voucher_id = %(voucher)s)
group by voucher_id, voucher_no
union all
select 'correction', voucher_id, voucher_no, min(posting_date) from ledger_posting
where connection_id = %(connection)s and corrects_voucher_no = %(number)s
  and known_to = 2147483647
  and (corrects_voucher_id is null or corrects_voucher_id = %(voucher)s)
group by voucher_id, voucher_no
order by 3, 2
"""
# Numbers may begin anew every year: of several with the nearest number, the nearest in time.
_BESIDE = """
(select voucher_id, voucher_no, posting_date from ledger_posting
 where connection_id = %(connection)s and known_to = 2147483647 and voucher_series = %(series)s
   and voucher_no = (
     select voucher_no from ledger_posting
     where connection_id = %(connection)s and known_to = 2147483647
       and voucher_series = %(series)s and voucher_no < %(number)s::bigint
     order by voucher_no desc limit 1)
 order by abs(posting_date - %(day)s::date), voucher_id limit 1)
union all
(select voucher_id, voucher_no, posting_date from ledger_posting
 where connection_id = %(connection)s and known_to = 2147483647 and voucher_series = %(series)s
   and voucher_no = (
     select voucher_no from ledger_posting
     where connection_id = %(connection)s and known_to = 2147483647
       and voucher_series = %(series)s and voucher_no > %(number)s::bigint
     order by voucher_no limit 1)
 order by abs(posting_date - %(day)s::date), voucher_id limit 1)
"""
_LANDINGS = """
select min(landed_at), max(landed_at) from ledger_landing
where connection_id = %(connection)s and number = any(%(landings)s::int[])
"""
_FIRST_VERSIONS = """
select min(known_from) from ledger_posting
where connection_id = %(connection)s and voucher_id = %(voucher)s and known_to < 2147483647
"""
_MONTHS = """
select m.month, (select state from ledger_month x
                 where x.connection_id = %(connection)s and x.month = m.month),
       (select min(seen_at) from ledger_lock_date l
        where l.connection_id = %(connection)s
          and l.lock_date >= (m.month + interval '1 month' - interval '1 day')::date)
from unnest(%(months)s::date[]) as m(month)
"""
_CHANGED_ACCOUNTS = """
select c.account_id, coalesce(a.number, ''), coalesce(a.name, '')
from ledger_change c
left join ledger_account a on a.connection_id = c.connection_id and a.source_id = c.account_id
where c.connection_id = %(connection)s and c.landing = %(landing)s and c.month = %(month)s
  and c.delta <> 0
order by a.number_key, c.account_id
"""


def voucher(
    state: BooksState, voucher_no: int, voucher_id: str | None = None, *, today: date
) -> Voucher | None:
    """The voucher; the newest of those with the number unless an id picks one. None: not held.

    A fixed number of statements, at most eleven.
    """
    parameters: Parameters = {"connection": state.connection_id, "number": voucher_no}
    records = fetch_all(_LINES, parameters)
    is_gone = not _with_id(records, voucher_id)
    if is_gone:
        records = fetch_all(_GONE, parameters)
    chosen = _choose(records, voucher_id)
    if chosen is None:
        return None
    lines = [record for record in records if record[0] == chosen]
    lines.sort(key=lambda record: (record[18], len(record[14]), record[14]))
    first = lines[0]
    series = first[1]
    parameters |= {"voucher": chosen, "series": series, "day": first[18]}
    names = party_names(state.connection_id, {line[21] for line in lines if line[21]})
    pointing = fetch_all(_POINTING_HERE, parameters)
    previous, following = _beside(parameters, voucher_no)
    first_seen, last_change = _seen(parameters, lines)
    return Voucher(
        voucher_id=chosen,
        voucher_no=voucher_no,
        series=series,
        type=first[2],
        voucher_date=first[3],
        text=next((record[4] for record in lines if record[4]), ""),
        is_reversed=any(record[5] for record in lines),
        is_gone=is_gone,
        lines=tuple(_line(record, names) for record in lines),
        reverses=_pointed_at(lines, 6),
        reversed_by=tuple(VoucherReference(*p[1:]) for p in pointing if p[0] == "reversal"),
        corrects=_pointed_at(lines, 8),
        corrected_by=tuple(VoucherReference(*p[1:]) for p in pointing if p[0] == "correction"),
        same_number=_others(records, chosen, voucher_no),
        previous=previous,
        next=following,
        months=_months(state, sorted({Month.of(record[18]) for record in lines}), today),
        late_changes=late_changes_of_voucher(state.connection_id, chosen),
        created_at=min((record[10] for record in lines if record[10]), default=None),
        changed_at=max((record[11] for record in lines if record[11]), default=None),
        first_seen_at=first_seen,
        last_seen_change_at=last_change,
    )


def effect_of_late_change(state: BooksState, change: LateChange) -> tuple[BalanceEffect, ...]:
    """What the landing that brought the change did to balances at the end of its month."""
    accounts = fetch_all(
        _CHANGED_ACCOUNTS,
        {
            "connection": state.connection_id,
            "landing": change.landing,
            "month": change.month.first_day,
        },
    )
    ids = [account_id for account_id, _, _ in accounts]
    before = closing_as_known(state, change.month, change.landing - 1, ids)
    after = closing_as_known(state, change.month, change.landing, ids)
    if before is None or after is None:
        return ()
    return tuple(
        BalanceEffect(id_, number, name, before[id_], after[id_])
        for id_, number, name in accounts
        if id_ in before and id_ in after and before[id_] != after[id_]
    )


def _line(record: Record, names: Mapping[tuple[str, str], str]) -> VoucherLine:
    values = [*record[14:22], names.get((record[20], record[21]), ""), *record[23:]]
    return VoucherLine(*values)


def _with_id(records: Sequence[Record], voucher_id: str | None) -> bool:
    return any(voucher_id is None or record[0] == voucher_id for record in records)


def _choose(records: Sequence[Record], voucher_id: str | None) -> str | None:
    """The voucher asked for, else the one with the newest posting date."""
    ids = [record[0] for record in records]
    if voucher_id is not None:
        return voucher_id if voucher_id in ids else None
    newest = max(records, key=lambda record: (record[18], record[0]), default=None)
    return newest[0] if newest else None


def _pointed_at(lines: Sequence[Record], column: int) -> tuple[VoucherReference, ...]:
    found = {(line[column] or "", line[column + 1]) for line in lines if line[column + 1]}
    return tuple(VoucherReference(id_, number) for id_, number in sorted(found))


def _others(records: Sequence[Record], chosen: str, number: int) -> tuple[VoucherReference, ...]:
    days: dict[str, date] = {}
    for record in records:
        if record[0] != chosen:
            days[record[0]] = min(record[18], days.get(record[0], record[18]))
    ordered = sorted(days.items(), key=lambda item: (item[1], item[0]))
    return tuple(VoucherReference(id_, number, day) for id_, day in ordered)


def _beside(
    parameters: Parameters, number: int
) -> tuple[VoucherReference | None, VoucherReference | None]:
    """The vouchers before and after in the same series."""
    references = [VoucherReference(*record) for record in fetch_all(_BESIDE, parameters)]
    previous = next((one for one in references if one.voucher_no < number), None)
    following = next((one for one in references if one.voucher_no > number), None)
    return previous, following


def _seen(
    parameters: Parameters, lines: Sequence[Record]
) -> tuple[datetime | None, datetime | None]:
    """When we first had the voucher, and when we last saw it change (None: never since)."""
    older = fetch_one(_FIRST_VERSIONS, parameters)
    known = [line[12] for line in lines]
    earliest = min([*known, older[0]] if older and older[0] is not None else known)
    ended = [line[13] for line in lines if line[13] < STILL]
    latest = max(known + ended)
    row = fetch_one(_LANDINGS, parameters | {"landings": [earliest, latest]})
    if row is None:
        return None, None
    return row[0], row[1] if latest != earliest else None


def _months(state: BooksState, months: list[Month], today: date) -> tuple[VoucherMonth, ...]:
    days = [month.first_day for month in months]
    rows = fetch_all(_MONTHS, {"connection": state.connection_id, "months": days})
    seals = seals_of(state.connection_id, months)
    return tuple(
        VoucherMonth(
            month=Month.of(day),
            state=state_of(state, Month.of(day), proved, today),
            seals=tuple(seal for seal in seals if seal.month == Month.of(day)),
            locked_at=locked_at,
        )
        for day, proved, locked_at in rows
    )
