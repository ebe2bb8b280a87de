"""The firms that the pages of Oversikt and Avstemming are measured in, made directly in the tables.

Books, seals, facts, deadlines and counted months for every client; one client's month is signed,
account by account, as people sign it, and its bank account has unmatched rows on both sides.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench.pages import firm_of

# Chart, with the type and what share of the turnover passes it each month.
_CHART = """
insert into ledger_account (firm_id, connection_id, source_id, number, number_key, name, type,
                            is_active, control)
select b.firm_id, b.connection_id, 'a' || n.number, n.number, n.number, n.name, n.type, true,
       case n.number when '1500' then 'customer' when '2400' then 'supplier' end
from ledger_books b, (values
  ('1500', 'Kundefordringer', 'asset'), ('1920', 'Driftskonto', 'asset'),
  ('1950', 'Skattetrekk', 'asset'), ('2400', 'Leverandørgjeld', 'liability'),
  ('2700', 'Utgående mva', 'liability'), ('2710', 'Inngående mva', 'liability'),
  ('2740', 'Oppgjørskonto mva', 'liability'), ('2780', 'Påløpt arbeidsgiveravgift', 'liability'),
  ('2940', 'Skyldige feriepenger', 'liability'), ('2000', 'Aksjekapital', 'equity'),
  ('3000', 'Salg', 'income'), ('4300', 'Varekjøp', 'expense'), ('5000', 'Lønn', 'expense')
) as n(number, name, type)
union all
select b.firm_id, b.connection_id, 'a' || n, n::text, n::text, 'Konto ' || n,
       case when n < 2000 then 'asset' when n < 3000 then 'liability' else 'expense' end, true, null
from ledger_books b, (
  select generate_series(1901, 1918) as n union all select generate_series(2900, 2935, 5)
  union all select generate_series(6000, 7700, 50)) n
"""
_OPENINGS = """
insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from)
select firm_id, connection_id, source_id,
       case type when 'asset' then 100000 else -90000 end, 1
from ledger_account where type in ('asset', 'liability', 'equity')
"""
_BALANCES = """
insert into ledger_balance (firm_id, connection_id, account_id, month, amount, postings)
select a.firm_id, a.connection_id, a.source_id, m::date,
       case a.type when 'income' then -40000 when 'expense' then 500
            else (hashtext(a.source_id || m) %% 1000) end, 12
from ledger_account a, generate_series(%(first)s::date, %(last)s::date, interval '1 month') m
"""
_POSTINGS = """
insert into ledger_posting (firm_id, connection_id, source_id, known_from, account_id,
  posting_date, amount, voucher_id, voucher_no, voucher_series, voucher_type, text, is_reversed)
select a.firm_id, a.connection_id, a.source_id || m || n, 2, a.source_id, m::date + n, n,
       'v' || v.no, v.no, '', 'ManualJournal', 'Bilag', false
from ledger_account a, generate_series(%(first)s::date, %(last)s::date, interval '1 month') m,
     generate_series(1, 12) n, lateral (select n + 100 * (m::date - %(first)s::date) as no) v
where a.connection_id = %(connection)s
"""
_MONTHS = """
insert into ledger_month (firm_id, connection_id, month, state, landing)
select firm_id, connection_id, m::date,
       case when connection_id %% 23 = 0 and m = %(last)s::date then 'differs' else 'sealed' end, 9
from ledger_books, generate_series(%(begin)s::date, %(last)s::date, interval '1 month') m
on conflict do nothing
"""
_ITEMS = """
insert into ledger_item_snapshot (firm_id, connection_id, side, as_of, landing, items, total)
select b.firm_id, b.connection_id, s, (m + interval '1 month - 1 day')::date, 9, 20, 100000
from ledger_books b, unnest(array['customer', 'supplier']) s,
     generate_series(%(last)s::date - interval '2 months', %(last)s::date, interval '1 month') m
"""
_ITEM = """
insert into ledger_item (firm_id, snapshot_id, source_id, party_no, posting_date, due_date, amount,
                         balance)
select s.firm_id, s.id, n::text, (10000 + n)::text, s.as_of - 40, s.as_of - 30 + n, 5000, 5000
from ledger_item_snapshot s, generate_series(1, 20) n where s.as_of > %(last)s::date
"""
_YEARS = """
insert into ledger_financial_year (firm_id, connection_id, first_day, last_day)
select firm_id, connection_id, make_date(y, 1, 1), make_date(y, 12, 31)
from ledger_books, generate_series(2024, extract(year from %(last)s::date)::int) y
"""
_FACTS = """
insert into clients_clientfacts (firm_id, client_id, responsible_id, company_form, vat_frequency,
  has_payroll, aga_zone, tasks_from, updated_at)
select firm_id, id, (select user_id from tenants_membership order by user_id limit 1), 'AS',
       'two_monthly', id %% 3 > 0, 'I', date '2026-01-01', now()
from clients_client
"""
_OVERVIEW = """
insert into overview_overviewclient (firm_id, client_id, imported_at)
select firm_id, id, now() from clients_client
"""
_TASKS = """
insert into practice_task (firm_id, public_id, client_id, key, kind, title, term, period_first,
  period_last, due_date, state, note, version)
select c.firm_id, gen_random_uuid(), c.id, k.kind, k.kind, '', to_char(m, 'YYYY-MM'), m::date,
       (m + interval '1 month - 1 day')::date, (m + interval '1 month' + k.days)::date,
       case when m <= %(last)s::date and c.id %% 7 > 0 then 'completed'
            else 'not_started' end, '', 1
from clients_client c, generate_series(%(last)s::date - interval '3 months',
       %(last)s::date + interval '4 months', interval '1 month') m,
     (values ('a_melding', interval '4 days'), ('withheld_tax', interval '14 days'),
             ('employers_tax', interval '14 days'), ('vat_return', interval '40 days')
     ) k(kind, days)
"""
_PROGRESS = """
insert into reconciliation_progress (firm_id, client_id, month, to_do, prepared, reviewed,
  suspended, differing, counted_at, landing, ground)
select firm_id, id, m::date, 34, id %% 34, id %% 30, (id %% 29 = 0)::int, 0, now(), 9, ''
from clients_client, generate_series(%(last)s::date - interval '11 months', %(last)s::date,
     interval '1 month') m
"""
# A bank account with 400 open rows on each side: of every ten, seven have the same amount on the
# same day or the next, one is two lines to one posting, and two have no partner.
BANK_ROWS = 400
_BANK_POSTINGS = """
insert into ledger_posting (firm_id, connection_id, source_id, known_from, account_id,
  posting_date, amount, voucher_id, voucher_no, voucher_series, voucher_type, text, is_reversed)
select b.firm_id, b.connection_id, 'bank' || n, 2, 'a1920', %(last)s::date + n %% 28,
       case when n %% 3 = 0 then -1 else 1 end * (n * 37 + 0.25), 'b' || n, 100000 + n, '',
       'ManualJournal', 'Betaling faktura ' || (20000 + n), false
from ledger_books b, generate_series(1, %(rows)s) n
where b.connection_id = %(connection)s
"""
_STATEMENT = """
insert into reconciliation_statement (firm_id, public_id, client_id, account_id, bank_account,
  currency, reference, format, fingerprint, first_day, last_day, opening, closing, file_name,
  file_sha256, imported_at)
select b.firm_id, gen_random_uuid(), b.client_id, 'a1920', '86011117947', 'NOK', 'S1', 'camt.053',
       'bench', %(last)s::date, (%(last)s::date + interval '1 month - 1 day')::date, 100000, 120000,
       'utskrift.xml', repeat('0', 64), now()
from ledger_books b where b.connection_id = %(connection)s
"""
_STATEMENT_LINES = """
insert into reconciliation_statementline (firm_id, statement_id, position, booked_on, amount, text,
  reference, party, fingerprint, is_repeat)
select s.firm_id, s.id, n, %(last)s::date + n %% 28 + (n %% 5 = 0)::int,
       case when n %% 3 = 0 then -1 else 1 end
         * case when n %% 10 < 7 then n * 37 + 0.25 when n %% 10 = 7 then n * 18.5
                else n * 41 + 0.75 end,
       case when n %% 4 = 0 then 'Faktura ' || (20000 + n) else 'Overføring' end, '', 'Part ' || n,
       'f' || n, false
from reconciliation_statement s, generate_series(1, %(rows)s) n
"""
_VAT_CODES = """
insert into ledger_vat_code (firm_id, connection_id, source_id, code, name, rate, is_active)
select b.firm_id, b.connection_id, 'm' || v.code, v.code, v.name, v.rate, true
from ledger_books b, (values
  ('1', 'Fradrag, høy sats', 0.25), ('11', 'Fradrag, middels sats', 0.15),
  ('13', 'Fradrag, lav sats', 0.12), ('3', 'Utgående, høy sats', 0.25),
  ('31', 'Utgående, middels sats', 0.15), ('33', 'Utgående, lav sats', 0.12),
  ('5', 'Fritatt', 0)) v(code, name, rate)
"""
_VAT_LINES = """
update ledger_posting set
  vat_code = (case account_id when 'a3000' then array['3', '31', '33', '5']
              else array['1', '11', '13', '1'] end)[1 + voucher_no %% 4],
  vat_rate = (case account_id when 'a3000' then array[0.25, 0.15, 0.12, 0]
              else array[0.25, 0.15, 0.12, 0.25] end)[1 + voucher_no %% 4],
  vat_amount = round(amount * 0.2, 2)
where connection_id = %(connection)s and account_id in ('a3000', 'a4300')
"""


@dataclass(frozen=True, slots=True)
class Practice:
    """A firm made for the measuring, and the client whose pages are shown."""

    firm_id: uuid.UUID
    client: uuid.UUID
    month: str
    voucher: int
    template: uuid.UUID
    given: uuid.UUID  # an assignment of the client


def practice_of(count: int, *, books: bool) -> Practice:
    """A firm of so many clients; without books only what Oversikt's list reads."""
    from django.utils import timezone

    from klientbro.clients.models import Connection
    from klientbro.domain.periods import Month
    from klientbro.practice.assignments.tables import Assignment, AssignmentTemplate
    from klientbro.practice.assignments.templates import import_standard_templates
    from klientbro.products.reconciliation.plan_templates import bring_in_standard
    from klientbro.sync.database import transaction
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import add_user

    firm_id = firm_of(count)
    add_user(firm_id, f"{uuid.uuid4().hex}@bench.example", "Kari Nordahl")
    last = Month.of(timezone.localdate()).previous()
    with firm(firm_id):
        shown = Connection.objects.select_related("client").order_by("pk")[count // 2]
    known = {
        "first": last.plus(-22).first_day,
        "begin": date(2024, 1, 1),
        "last": last.first_day,
        "connection": shown.pk,
        "rows": BANK_ROWS,
    }
    statements = [_MONTHS, _FACTS, _OVERVIEW, _TASKS, _PROGRESS]
    if books:
        statements += [_YEARS, _CHART, _OPENINGS, _BALANCES, _POSTINGS, _ITEMS, _ITEM, _VAT_CODES]
        statements += [_VAT_LINES, _BANK_POSTINGS, _STATEMENT, _STATEMENT_LINES]
    with transaction(firm_id) as cursor:
        for statement in statements:
            cursor.execute(statement, {name: known[name] for name in known if name in statement})
    with firm(firm_id):
        import_standard_templates()
        template = AssignmentTemplate.objects.order_by("pk")[0]
        given = Assignment.objects.create(
            firm_id=firm_id,
            client=shown.client,
            template=template,
            valid_from=last.first_day,
        )
        bring_in_standard()
    if books:
        _sign_month(firm_id, shown.client, last)
    _vacuum()
    return Practice(
        firm_id, shown.client.public_id, last.key, 5, template.public_id, given.public_id
    )


def _vacuum() -> None:
    """What autovacuum does within its minute."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute("vacuum analyze")


def _sign_month(firm_id: uuid.UUID, client: Any, month: Any) -> None:
    """Every account of the month prepared, so that each is compared with what was signed."""
    from klientbro.ledger.queries import books_of
    from klientbro.products.reconciliation.sheet import month_sheet
    from klientbro.products.reconciliation.signing import Seen, mark_of, prepare
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import add_user

    by, _path = add_user(firm_id, f"{uuid.uuid4().hex}@bench.example", "Ola Brekke")
    with firm(firm_id):
        books = books_of(client.pk)
        sheet = month_sheet(client, books, month) if books is not None else None
        if sheet is None:
            raise RuntimeError("the client's month cannot be shown")
        wanted = [line for line in sheet.lines if line.counts]
        if len(wanted) < 20:
            raise RuntimeError(f"only {len(wanted)} accounts to sign")
        seen = [Seen(each.account.id, mark_of(sheet, each)) for each in wanted]
        prepare(sheet, seen, "Sett", by=by)
