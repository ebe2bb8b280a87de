"""An Onboarder connects clients and sees no figures: not on any page, part or answer they may open.

Distinctive amounts are planted in every kind of place that holds one, each address that the table
of permissions opens to the role is asked as a page, as a part and with every method it has, every
link that those pages hold is followed, and no amount may stand in any answer, however written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from copy import copy
from decimal import Decimal
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pytest
from django.db import connection, transaction
from django.urls import Resolver404, resolve
from django.utils import timezone

from klientbro.clients.models import KeyCheck
from klientbro.ledger.tests.book_table import run
from klientbro.lib.numbers import format_nok
from klientbro.products.liquidity.keeping import keep_client
from klientbro.products.liquidity.models import Loan, PlannedLine
from klientbro.products.liquidity.tests.bakery import NOW, bakery, items, with_items
from klientbro.products.reconciliation.models import DocumentedLine
from klientbro.products.reconciliation.tests.banking import Bank, camt
from klientbro.products.report.models import GroupElimination
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import Role, acts_of, allows, need_of
from klientbro.tenants.services import add_user, create_firm

from .addresses import addresses
from .rows import WORDS, things_of_client, things_of_firm
from .test_every_address import filled
from .test_every_role import BACKEND, KINDS, Browser

# One in each kind of place: nowhere else do eight such digits follow each other.
PLANTED = {
    "sale": "47192836.51",
    "VAT": "58203947.62",
    "payroll": "69314158.73",
    "open item": "71425369.84",
    "bank statement": "82536471.95",
    "budget": "93647582.06",
    "planned line": "14758693.17",
    "loan": "25869704.28",
    "documentation line": "36970815.39",
    "elimination": "48081926.41",
    "difference of the proof": "59192037.52",
    "account that is gone": "61203148.63",
}
# As kroner are written, rounded or cut off, with the øre or without.
SEARCHED = {
    name: {amount.partition(".")[0], str(round(Decimal(amount)))}
    for name, amount in PLANTED.items()
}
LEAST = Decimal(100_000)  # of what else the database holds: smaller ones could be anything
BETWEEN = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f.,'’_]+(?=\d)")
NUMBER = re.compile(r"\d{1,3}(?:[ \u00a0\u2009\u202f.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?")
LINK = re.compile(r'(?:href|hx-get|src|data-url|action)="(/[^"#]*)')
ASKED_BY_HTMX = {"HX-Request": "true"}
# Its own pages of signing in are asked too; of the rest each answers with a page, but for these.
SIGN_IN = ("account_", "mfa_", "identity:", "one_time_link")
ONLY_PRESSED = (
    "portal:activate", "portal:check_key_answer", "portal:deactivate", "portal:edit_answer",
    "portal:fetch", "portal:history", "portal:new_client_answer", "portal:repair_answer",
    "portal:set_client_pace", "shell:preferences",
)  # fmt: skip
OTHERWISE = dict.fromkeys(ONLY_PRESSED, 405) | {
    "operations:metrics": 404,  # no token is set
    "shell:set_language": 302,
    "shell:start": 302,
}
LEAST_LINKS = 30


class World:
    """A firm with figures everywhere, its administrator, and one who only connects."""

    def __init__(self, firm: Firm, browsers: dict[str, Browser], ids: dict[str, str]) -> None:
        self.firm, self.browsers, self.ids = firm, browsers, ids

    def ask(self, who: str, path: str, method: str = "get", **headers: str) -> tuple[int, bytes]:
        """What is told, with the headers; nothing is kept in the database."""
        browser = self.browsers[who]
        cookies = copy(browser.cookies)  # somebody may sign out
        with transaction.atomic():
            found = getattr(browser, method)(path, headers=headers)
            body = b"".join(found.streaming_content) if found.streaming else found.content
            transaction.set_rollback(True)
        browser.cookies = cookies
        return found.status_code, repr(sorted(found.headers.items())).encode() + body


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    firm = create_firm("Furulund Regnskap AS")
    browsers = {}
    with firm_set(firm.id), transaction.atomic():
        for role in (Role.ADMINISTRATOR, Role.ONBOARDER):
            user, _path = add_user(firm.id, f"{role}@furulund.example", role.title())
            Membership.objects.filter(user=user).update(role=role)
            browsers[role] = Browser()
            browsers[role].force_login(user, backend=BACKEND)
        book = with_items(bakery())
        plant_in_the_books(book)
        member = Membership.objects.get(role=Role.ADMINISTRATOR)
        of_firm = things_of_firm(firm, "Firmaets", member)
        ids = WORDS | of_firm
        ids |= things_of_client(book.connection, "Fjordglimt", of_firm["template_id"])
        ids["account_id"] = book.accounts["1920"]
        plant_beside_the_books(book, ids, member.user)
        onboarder = Membership.objects.get(role=Role.ONBOARDER)
        KeyCheck.objects.update(created_by=onboarder.user)
        of_a_new_one = KeyCheck.objects.create(
            firm=firm, integration=book.connection.integration, created_by=onboarder.user
        )
        ids["new_check_id"] = str(of_a_new_one.public_id)
        assert keep_client(book.client.pk)
    with transaction.atomic():
        pass  # the savepoint takes the firm off the open transaction
    made = World(firm, browsers, ids)
    plant_by_pages(made, book)
    return made


def plant_in_the_books(book: Any) -> None:
    """Postings in three kinds of accounts, an open item, a difference, and an account that went."""
    sale, vat, pay, gone = (
        PLANTED[name].replace(".", ",")
        for name in ("sale", "VAT", "payroll", "account that is gone")
    )
    book.add_account({"Konto": "6900", "Navn": "Telefon (gammel)", "Type": "expense"})
    rows = [("3000", "1920", sale), ("2700", "1920", vat), ("5000", "2930", pay)]
    rows.append(("6900", "1920", gone))
    lines = [
        f"{number} | 12.10.2026 | {account} | {sign}{amount} | Plantet"
        for number, (debit, credit, amount) in enumerate(rows, 90_001)
        for account, sign in ((debit, ""), (credit, "-"))
    ]
    book.post("Bilag | Dato | Konto | Beløp | Tekst\n" + "\n".join(lines))
    run("update ledger_account set gone_landing = 1 where source_id = %(id)s",
        {"id": book.accounts["6900"]})  # fmt: skip
    items(book, "customer", ("p1", "10001", PLANTED["open item"], "2026-11-20", "2026-11-04"))
    difference = PLANTED["difference of the proof"].replace(".", ",")
    book.prove("2026-10", "differs", {book.accounts["3000"]: (difference, "0,00")})


def plant_beside_the_books(book: Any, ids: dict[str, str], user: Any) -> None:
    own = {"firm": book.client.firm, "client": book.client}
    PlannedLine.objects.create(title="Plantet", amount=PLANTED["planned line"], first="2026-12-01",
                               kind="other_in", **own)  # fmt: skip
    Loan.objects.create(title="Plantet", remaining=PLANTED["loan"], instalment=9, yearly_rate=0,
                        next_day="2026-12-01", **own)  # fmt: skip
    DocumentedLine.objects.create(
        account_id=book.accounts["1920"],
        month="2026-10-01",
        text="Plantet",
        amount=PLANTED["documentation line"],
        added_by=user,
        **own,
    )
    GroupElimination.objects.create(
        firm=book.client.firm, group_id=group_of(ids), month="2026-10-01", text="Plantet",
        line="sales", other="cost_of_goods", amount=PLANTED["elimination"], by=user,
    )  # fmt: skip


def group_of(ids: dict[str, str]) -> int:
    from klientbro.products.report.models import Group

    return Group.objects.get(public_id=ids["group_id"]).pk


def plant_by_pages(world: World, book: Any) -> None:
    """A statement and a budget, as the administrator brings them in."""
    browser = world.browsers[Role.ADMINISTRATOR]
    amount = PLANTED["bank statement"]
    shown = Bank(browser, book).upload(
        camt((("2026-10-05", amount, "Plantet"),), opening="0.00", closing=amount)
    )
    assert "importert" in shown
    typed = {"ar": "2026-01", "seen": "0",
             f"c:2026-05:{book.accounts['3000']}": PLANTED["budget"].replace(".", ",")}  # fmt: skip
    home = f"/rapport/{book.client.public_id}/"
    assert browser.post(f"{home}budsjett/lagre/", typed, follow=True).status_code == 200


def figures_kept() -> set[str]:
    """Every amount the database holds, as the digits of its kroner and of its øre."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' "
            "and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0 "
            "and a.atttypid = 'numeric'::regtype order by 1, 2"
        )
        found: set[str] = set()
        for table, column in cursor.fetchall():
            cursor.execute(
                f'select distinct abs("{column}") from "{table}" where abs("{column}") >= %s',
                [LEAST],
            )
            for (amount,) in cursor.fetchall():
                found |= digits_of(amount)
    return found


def are_kept(amounts: Iterable[str]) -> dict[str, bool]:
    """Whether each stands somewhere in the database, also inside JSON."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition "
            "and exists (select from pg_attribute a where a.attrelid = c.oid "
            "and a.attname = 'firm_id')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        said = " union all ".join(f'select t::text from "{name}" t' for name in tables)
        found = {}
        for amount in amounts:
            cursor.execute(
                f"select exists (select from ({said}) a(line) where position(%s in line) > 0)",
                [amount],
            )
            found[amount] = bool(cursor.fetchone()[0])
    return found


def digits_of(amount: Decimal) -> set[str]:
    exact = f"{amount:.2f}".replace(".", "")
    return {exact, exact[:-2], str(round(amount))}


def told_in(answer: bytes, kept: set[str]) -> list[str]:
    """The figures an answer holds: planted ones however they are parted, others as numbers."""
    text = answer.decode(errors="replace")
    text = html.unescape(unquote_plus(text)) + text
    text = re.sub(r"\\u(00a0|2009|202f)", " ", text)
    squeezed = BETWEEN.sub("", text)
    found = [name for name, digits in SEARCHED.items() if any(one in squeezed for one in digits)]
    for number in NUMBER.findall(text):
        whole = re.sub(r"[.,]\d{1,2}$", "", number)
        if {re.sub(r"\D", "", number), re.sub(r"\D", "", whole)} & kept:
            found.append(number)
    return sorted(set(found))


def opened_to(role: Role) -> Iterator[tuple[str, str]]:
    """The names and routes of what the table lets the role open."""
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        if allows(acts_of(role), need_of(name)):
            yield name, route


def path_of(world: World, name: str, route: str) -> str:
    known = world.ids | {"kind": KINDS.get(name, world.ids["kind"])}
    if name == "portal:new_client_answer":
        known["check_id"] = world.ids["new_check_id"]
    return filled(route, known)


def what_is_refused(world: World, kept: set[str]) -> tuple[list[str], int]:
    """Every other address: it is refused, and the refusal tells no figure either."""
    faults, refused = [], 0
    open_ones = {name for name, _route in opened_to(Role.ONBOARDER)}
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        if name in open_ones:
            continue
        status, body = world.ask(Role.ONBOARDER, path_of(world, name, route))
        refused += 1
        if status != 403:
            faults.append(f"{name}: {status}")
        faults += [f"{name}: {one}" for one in told_in(body, kept)]
    return faults, refused


def test_figure_is_recognised_however_it_is_written() -> None:
    amount = Decimal(PLANTED["sale"])
    written = [
        format_nok(amount), format_nok(-amount, decimals=0), f"{amount}", f"{amount:,}",
        "47 192 836,51", "47\u2009192\u2009836", "47\u202f192\u202f836,51", "47.192.836,51",
        "47&nbsp;192&nbsp;836,51", "47&#160;192&#160;836", "47%C2%A0192%C2%A0836", "47+192+836",
        "47\\u00a0192\\u00a0836,51", '<rect data-amount="47192836.51"/>', "kr47192836,5;1",
    ]  # fmt: skip
    assert [one for one in written if told_in(one.encode(), set()) != ["sale"]] == []
    assert told_in(b"<td>531\xc2\xa0250,00</td>", digits_of(Decimal("531250"))) != []
    assert told_in(b"1531250 and 53125", digits_of(Decimal("531250"))) == []


@pytest.mark.timeout(1500)
def test_onboarder_is_told_no_figure_by_any_answer(world: World) -> None:
    with firm_set(world.firm.id), transaction.atomic():
        kept = figures_kept()
        planted = are_kept(PLANTED.values())
    with transaction.atomic():
        pass
    assert planted == dict.fromkeys(PLANTED.values(), True)
    shown: set[str] = set()
    for path in (
        f"/klienter/{world.ids['client_id']}/saldobalanse/?periode=2026-10",
        f"/rapport/{world.ids['client_id']}/?til=2026-10",
        f"/likviditet/{world.ids['client_id']}/?alle=1",
    ):
        status, body = world.ask(Role.ADMINISTRATOR, path)
        assert status == 200
        shown |= set(told_in(body, kept))
    assert len(shown) > 20  # whoever may see them does: the search finds what is there

    faults: list[str] = []
    pages: dict[str, int] = {}
    pressed: dict[str, int] = {}
    links: set[str] = set()
    for name, route in opened_to(Role.ONBOARDER):
        path = path_of(world, name, route)
        for method in ("get", "post"):
            for headers in ({}, ASKED_BY_HTMX):
                status, body = world.ask(Role.ONBOARDER, path, method, **headers)
                if status >= 500 or (status == 403 and not name.startswith(SIGN_IN)):
                    faults.append(f"{method} {name}: {status}")
                faults += [f"{method} {name} {headers}: {one}" for one in told_in(body, kept)]
                if method == "get" and status == 200:
                    links |= {html.unescape(one) for one in LINK.findall(body.decode())}
                if not headers:
                    (pages if method == "get" else pressed)[name] = status
    other = {
        name: status
        for name, status in pages.items()
        if status != 200 and not name.startswith(SIGN_IN)
    }
    assert other == OTHERWISE
    # what is pressed does its work or says what is wrong, and is no mere refusal of the method
    assert {name for name in ONLY_PRESSED if pressed[name] not in (200, 204, 302, 422)} == set()
    followed = 0
    for link in sorted(links):
        try:
            name = resolve(urlsplit(link).path).view_name
        except Resolver404:
            continue  # a file of the shell
        if not allows(acts_of(Role.ONBOARDER), need_of(name)) or "logout" in name:
            continue
        followed += 1
        for headers in ({}, ASKED_BY_HTMX):
            _status, body = world.ask(Role.ONBOARDER, link, **headers)
            faults += [f"{link} {headers}: {one}" for one in told_in(body, kept)]
    print({name: pressed[name] for name in ONLY_PRESSED}, len(pages), followed)
    assert faults == []
    assert followed >= LEAST_LINKS
    faults, refused = what_is_refused(world, kept)
    assert faults == []
    assert refused > 100
