"""A million postings in one client: how long the pages' queries take, with their plans."""
from __future__ import annotations

import statistics
import time
from datetime import date

import pytest
from django.db import connection

from klientbro.domain.periods import Month, Period
from klientbro.ledger.queries import *
from klientbro.ledger.queries import postings as P
from klientbro.ledger.queries import trial_balances as T
from klientbro.ledger.rows import VoucherFilter
from klientbro.ledger.tests.book_table import book_table, run


@pytest.mark.django_db
def test_look(firm, signed_in):
    chart = "Konto | Navn | Type | Inngående\n" + "\n".join(
        f"{1000+i*17} | Konto {i} | {'asset' if i<150 else 'expense'} | {i}00,00" for i in range(400))
    book = book_table(chart, anchor="31.12.2022", conversion="01.01.2023",
        years=tuple((f"01.01.{y}", f"31.12.{y}") for y in range(2023, 2027)))
    c = book.connection.pk
    t=time.time()
    run("""insert into ledger_posting (firm_id, connection_id, source_id, known_from, account_id, posting_date, amount,
      voucher_id, voucher_no, voucher_series, voucher_type, voucher_date, text, voucher_text, is_reversed, source_created_at, customer_no)
      select %(firm)s, %(c)s, (100000000+n)::text, 1,
       'a' || (1000 + 17 * (case when n %% 4 = 0 then 7 else (n::bigint * 7919) %% 400 end)),
       date '2023-01-01' + (n::bigint * 1430 / 1000000)::int, case when n %% 2 = 0 then 125.50 else -125.50 end,
       'v' || (n / 4), n / 4, '', 'manual', date '2023-01-01' + (n::bigint * 1430 / 1000000)::int,
       'Tekst ' || n, 'Bilagstekst ' || (n/4), false, now(), case when n %% 10 = 0 then ((n %% 3000) + 10000)::text end
      from generate_series(1, 1000000) n""", {"firm": firm.id, "c": c})
    run("""insert into ledger_party (firm_id, connection_id, kind, source_id, number, name, is_active)
      select %(firm)s, %(c)s, 'customer', n::text, (10000+n)::text, 'Kunde ' || n, true from generate_series(1, 3000) n""", {"firm": firm.id, "c": c})
    book.landing = 1
    book._land(__import__("klientbro.ledger.tests.book_table", fromlist=["AS_OF"]).AS_OF)
    book._keep_balances(True)
    run("analyze ledger_posting", {}); run("analyze ledger_balance", {}); run("analyze ledger_change", {}); run("analyze ledger_party",{})
    print("made in", round(time.time()-t,1))
    s = book.state
    y26 = Period(Month(2026,1), Month(2026,11)); nov = Period(Month(2026,11), Month(2026,11)); allp = Period(Month(2023,1), Month(2026,12))
    def timed(name, f, n=7):
        out=[]
        for _ in range(n):
            a=time.perf_counter(); r=f(); out.append((time.perf_counter()-a)*1000)
        print(f"{name:45s} {statistics.median(out):8.1f} ms   max {max(out):.1f}")
        return r
    import cProfile, pstats
    home = f"/klienter/{book.client.public_id}/"
    for path in ("", "saldobalanse/?til=2026-11", "konto/a1119/?til=2026-11", "bilag/?til=2026-11", "bilag/123456/"):
        signed_in.get(home + path)
        timed(path, lambda: signed_in.get(home + path))
    pr = cProfile.Profile(); pr.enable(); signed_in.get(home + "saldobalanse/?til=2026-11"); pr.disable()
    pstats.Stats(pr).sort_stats("cumulative").print_stats(45)
