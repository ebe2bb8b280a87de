"""Server time and number of queries of every page of Rapport, in the firm of products' measuring.

A client of 1,000 with two years of books, a budget, a published pack and open items; and a group
of ten. The same pages in a firm of 30, with a group of three, must ask as many questions.
"""

from __future__ import annotations

from typing import Any

from bench.pages import MOST_MILLISECONDS, Page
from bench.product_books import Practice, practice_of
from bench.table import Row, at_most

CLIENTS, FEW = 1000, 30
GROUP, SMALL_GROUP = 10, 3


def run(*, times: int) -> list[Row]:
    """One row for each page, and one for the queries."""
    few, main = practice_of(FEW, books=True), practice_of(CLIENTS, books=True)
    there, here = _addresses(few, SMALL_GROUP), _addresses(main, GROUP)
    rows, growing = [], []
    for name, address in here.items():
        page = Page(main.firm_id, address).measure(times)
        other = Page(few.firm_id, there[name]).measure(1)
        if other.queries != page.queries:
            growing.append(f"{name} {other.queries} → {page.queries}")
        found = f"{page.kilobytes:,.0f} kB, {page.queries} queries, p95 {page.slow:.0f} ms"
        rows.append(at_most(f"Rapport, {name}", page.middle, MOST_MILLISECONDS, "ms", found))
    rows.append(
        Row(
            "Queries of Rapport's pages",
            "fixed" if not growing else "; ".join(growing),
            f"{FEW} clients beside {CLIENTS:,}, {len(here)} pages",
            "same" if not growing else "grows",
            "fixed",
            not growing,
        )
    )
    return rows


def _addresses(of: Practice, members: int) -> dict[str, str]:
    """Every page, after a budget, a published pack and a group have been made."""
    from django.urls import reverse

    pack, group = _work(of, members)
    client, month = [of.client], f"?til={of.month}"
    return {
        "clients": reverse("report:clients"),
        "clients searched": reverse("report:clients") + "?q=selskap+00",
        "result": reverse("report:result", args=client) + month,
        "result, every account": reverse("report:result", args=client) + month + "&apne=alle",
        "result, months across": reverse("report:result", args=client)
        + month
        + "&mot=maneder&apne=alle",
        "result against budget": reverse("report:result", args=client) + month + "&mot=budsjett",
        "balance": reverse("report:balance", args=client) + month + "&apne=alle",
        "key figures": reverse("report:figures", args=client) + month,
        "ageing": reverse("report:ageing", args=client) + month,
        "VAT": reverse("report:vat", args=client) + month,
        "departments": reverse("report:dimensions", args=client) + month,
        "budget": reverse("report:budget", args=client) + month,
        "packs": reverse("report:packs", args=client) + month,
        "pack": reverse("report:pack", args=[of.client, pack]),
        "groups": reverse("report:groups"),
        "group": reverse("report:group", args=[group]) + month,
    }


def _work(of: Practice, members: int) -> tuple[Any, Any]:
    """What people have made in Rapport: ids of the pack and of the group."""
    import re

    from django.test import Client as Browser
    from django.urls import reverse

    from klientbro.clients.models import Client
    from klientbro.products.report.models import Group, Pack
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import add_user

    user, _path = add_user(of.firm_id, f"report-{members}@bench.example", "Kari Nordahl")
    browser = Browser(SERVER_NAME="localhost")
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    year = f"{of.month[:4]}-01"
    browser.post(
        reverse("report:make_budget", args=[of.client]),
        {"ar": year, "seen": "0", "percent": "3", "spread": "season", "unit": "100"},
    )
    browser.post(
        reverse("report:new_pack", args=[of.client]), {"til": of.month, "title": "Rapport"}
    )
    with firm(of.firm_id):
        pack = Pack.objects.get().public_id
        clients = [str(one) for one in Client.objects.values_list("public_id", flat=True)[:members]]
    address = reverse("report:pack", args=[of.client, pack])
    mark = re.search(r'name="figures" value="(\w+)"', browser.get(address).content.decode())
    if mark is None:
        raise RuntimeError("the pack cannot be published")
    browser.post(address + "publiser/", {"seen": "1", "figures": mark[1]})
    browser.post(reverse("report:new_group"), {"name": "Konsernet", "client": clients})
    with firm(of.firm_id):
        return pack, Group.objects.get().public_id
