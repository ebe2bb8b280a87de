"""Server time and number of queries of every page of Oversikt and Avstemming, and of the ledger
pages that products share.

A firm of 1,000 clients, for Oversikt's list also one of 5,000 (product_books.py). The same pages
for 30 clients must ask as many questions.
"""

from __future__ import annotations

from bench.pages import MOST_MILLISECONDS, Page
from bench.product_books import BANK_ROWS, Practice, practice_of
from bench.table import Row, at_most

CLIENTS, MANY, FEW = 1000, 5000, 30


def run(*, times: int) -> list[Row]:
    """One row for each page family, the slowest address of it, and one for the queries."""
    few, main = practice_of(FEW, books=True), practice_of(CLIENTS, books=True)
    many = practice_of(MANY, books=False)
    rows, growing, total = [], [], 0
    for name, address in _addresses(main).items():
        here = Page(main.firm_id, address).measure(times)
        there = Page(few.firm_id, _addresses(few)[name]).measure(1)
        total += 1
        if there.queries != here.queries:
            growing.append(f"{name} {there.queries} → {here.queries}")
        rows.append(_row(name, here))
    for name in ("Oversikt, list", "Oversikt, list searched", "Oversikt, overdue"):
        page = Page(many.firm_id, _addresses(many)[name]).measure(times)
        rows.append(_row(f"{name}, {MANY:,} clients", page))
    rows.append(
        Row(
            "Queries of these pages",
            "fixed" if not growing else "; ".join(growing),
            f"{FEW} clients beside {CLIENTS:,}, {total} pages",
            "same" if not growing else "grows",
            "fixed",
            not growing,
        )
    )
    return rows


def _row(name: str, page: Page) -> Row:
    found = (
        f"{page.kilobytes:,.0f} kB, {page.queries} queries, p95 {page.slow:.0f} ms, "
        f"Python {page.processor:.0f} ms"
    )
    return at_most(name, page.middle, MOST_MILLISECONDS, "ms", found)


def _addresses(of: Practice) -> dict[str, str]:
    """Every page of the two products, and the ledger pages that products share."""
    return _overview(of) | _reconciliation(of) | _books(of)


def _overview(of: Practice) -> dict[str, str]:
    from django.urls import reverse

    listing, client = reverse("overview:list"), [of.client]
    return {
        "Oversikt, list": listing,
        "Oversikt, list searched": f"{listing}?q=selskap+00&ansvarlig=0",
        "Oversikt, overdue": f"{listing}?vis=forfalt",
        "Oversikt, client card": reverse("overview:card", args=client),
        "Oversikt, import": reverse("overview:import"),
        "Oversikt, assignments": reverse("overview:templates"),
        "Oversikt, one assignment's template": reverse("overview:template", args=[of.template]),
        "Oversikt, new template": reverse("overview:new_template"),
        "Oversikt, facts of one": reverse("overview:facts", args=client),
        "Oversikt, facts of all": reverse("overview:bulk_facts") + "?alle=1",
        "Oversikt, state of all": reverse("overview:bulk_state") + "?alle=1",
        "Oversikt, assignment to all": reverse("overview:give") + "?alle=1",
        "Oversikt, own task": reverse("overview:new_task", args=client),
        "Oversikt, client's assignment": reverse("overview:assignment", args=[*client, of.given]),
    }


def _reconciliation(of: Practice) -> dict[str, str]:
    from django.urls import reverse

    month = [of.client, of.month]

    def account(page: str, number: str) -> str:
        return reverse(f"reconciliation:{page}", args=[*month, f"a{number}"])

    return {
        "Avstemming, clients": reverse("reconciliation:clients"),
        "Avstemming, month": reverse("reconciliation:month", args=month),
        "Avstemming, account with open items": account("account", "1500"),
        "Avstemming, bank account": account("account", "1920"),
        "Avstemming, VAT account": account("account", "2740"),
        "Avstemming, payroll account": account("account", "2780"),
        "Avstemming, account by lines": account("account", "2900"),
        "Avstemming, VAT": reverse("reconciliation:vat", args=month),
        "Avstemming, one VAT code": reverse("reconciliation:vat", args=month) + "?kode=3",
        "Avstemming, bank statements": account("statements", "1920"),
        f"Avstemming, matching, {BANK_ROWS} rows a side": account("matching", "1920"),
        "Avstemming, matching on an account": account("matching", "1905"),
        "Avstemming, match rules": account("rules", "1920"),
        "Avstemming, new match rule": account("new_rule", "1920"),
        "Avstemming, plans": reverse("reconciliation:plans"),
        "Avstemming, one plan": reverse("reconciliation:plan", args=["AS"]),
        "Avstemming, plan given": reverse("reconciliation:give_plan", args=month),
    }


def _books(of: Practice) -> dict[str, str]:
    from django.urls import reverse

    client = [of.client]
    return {
        "Client list": reverse("books:clients"),
        "Client's summary": reverse("books:summary_page", args=client),
        "Trial balance": reverse("books:trial_balance", args=client),
        "Account": reverse("books:account", args=[*client, "a1500"]),
        "Vouchers": reverse("books:vouchers", args=client),
        "Voucher": reverse("books:voucher", args=[*client, of.voucher]),
        "Changed after locking": reverse("books:late_changes", args=client),
        "Read again": reverse("books:refetch", args=client),
    }
