"""A personal number typed where it does not belong is kept nowhere: every form of every page.

The forms are found on the pages themselves. Each is sent twice, with an innocent word in its text
fields and then with a valid personal number beside it; where the word is kept by the database, the
number may not be. What is kept sealed is no text there.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.db import connection, transaction
from django.urls import resolve

from klientbro.clients.tests.fixtures import orgnr_number, personal_number
from klientbro.tenants.context import firm_set
from klientbro.tenants.permissions import Role

from .addresses import addresses
from .test_every_address import filled
from .test_every_role import KINDS, World, world

__all__ = ["world"]  # the fixture
WORD = "Skogfiolen"
OTHER = "Noe annet"
# What is written in a field that the page left empty: by its name, and by its kind if demanded.
DAY = "31.12.2026"
NAMED = {
    "addresses": "https://verktoy.furulund.example/tilbake",
    "amount": "100",
    "client_id": "klient",
    "client_secret": "hemmelig",
    "day": "5",
    "due": DAY,
    "extra_amount": "100",
    "extra_day": DAY,
    "extra_title": OTHER,
    "first": DAY,
    "identifier": orgnr_number(7),
    "instalment": "10",
    "issuer": "https://id.furulund.example",
    "name": OTHER,
    "next_day": DAY,
    "rate": "5",
    "remaining": "100",
    "title": OTHER,
}
DEMANDED = {"number": "5", "date": "2026-12-31", "month": "2026-10"}
# Read as something else than text, so that a word is refused: what they are.
NO_TEXT = {
    "day": ("first", "last", "next_day", "line_day", "extra_day", "due", "from", "to", "starts_on",
            "ends_on"),
    "amount": ("amount", "extra_amount", "revenue"),
    "number of an account": ("prefix", "account"),
    "addresses": ("addresses", "domain", "people"),
    "key, kept sealed": ("key",),
    "name that must be written again": ("confirmation",),
    "list with numbers in a column of their own": ("rows",),
    "identifier, kept sealed": ("identifier",),
    "what the provider calls us": ("client_id",),
}  # fmt: skip
WRITTEN = ("text", "search", "textarea")
# What no word gets through to here, and where it is tested instead.
SILENT = {
    ("mfa_add_webauthn", "name"): "a passkey must answer: identity/tests/test_typed_names.py",
    ("portal:new_client", "name"): "the source is asked first: test_names_hold_no_number.py",
    ("reconciliation:match_rows", "comment"): "rows must sum to zero: a Match's reason is typed",
    ("report:new_group", "name"): "a group has two clients: report/names.py",
    ("liquidity:habit", "party"): "its days are empty, which deletes it: its column is typed",
}
MOST_WAYS = 4
LEAST_FIELDS = 35


@dataclass(frozen=True)
class Field:
    """What a form sends under a name: its kind, and what the page had put in it."""

    name: str
    kind: str
    value: str
    is_required: bool = False

    def filled(self) -> str:
        """Something that is taken, where something is demanded."""
        demanded = DEMANDED.get(self.kind, OTHER) if self.is_required else ""
        return self.value or NAMED.get(self.name, demanded)


@dataclass
class Form:
    """Where it goes, its fields, and the buttons that say something of their own."""

    action: str
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        others = {name for names in NO_TEXT.values() for name in names}
        return sorted({each.name for each in self.fields if each.kind in WRITTEN} - others)

    @property
    def ways(self) -> list[tuple[str, str]]:
        """What goes along: nothing, or one of its buttons."""
        return [("", ""), *self.buttons][:MOST_WAYS]

    def typed(self, name: str, text: str, way: tuple[str, str]) -> dict[str, list[str]]:
        """The text in one field, and in the others what is there or demanded."""
        sent: dict[str, list[str]] = {way[0]: [way[1]]} if way[0] else {}
        for each in self.fields:
            sent.setdefault(each.name, []).append(text if each.name == name else each.filled())
        return sent


class Forms(HTMLParser):
    """The forms of a page that send with POST, by `method` or by htmx."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found = path, list[Form]()
        self.form: Form | None = None
        self.options = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        name, kind = held.get("name", ""), held.get("type", "text")
        if tag == "form":
            by_form = (held.get("action") or self.path) if held.get("method") == "post" else ""
            goes = held.get("hx-post") or by_form
            self.form = Form(goes) if goes else None
        elif self.form is None or "disabled" in held:
            return
        elif tag == "select":
            self.form.fields.append(Field(name, tag, ""))
            self.options = 0
        elif tag == "option":
            self.option(held.get("value", ""), "selected" in held)
        elif tag == "button" and name:
            self.form.buttons.append((name, held.get("value", "")))
        elif tag == "textarea":
            self.form.fields.append(Field(name, tag, "", "required" in held))
        elif tag == "input" and name and kind not in ("submit", "file", "button"):
            if kind in ("checkbox", "radio") and "checked" not in held:
                self.add_once(name, held.get("value", "on"))
                return
            is_number = held.get("inputmode") in ("decimal", "numeric")
            kind = "number" if is_number else kind
            self.form.fields.append(Field(name, kind, held.get("value", ""), "required" in held))

    def add_once(self, name: str, value: str) -> None:
        """The first to tick of its name."""
        assert self.form is not None
        if all(kept.name != name for kept in self.form.fields):
            self.form.fields.append(Field(name, "hidden", value))

    def option(self, value: str, is_selected: bool) -> None:
        """What is chosen, or the first, as browsers do."""
        assert self.form is not None
        last = self.form.fields[-1]
        if last.kind == "select" and (is_selected or self.options == 0):
            self.form.fields[-1] = Field(last.name, last.kind, value)
        self.options += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.form is not None:
            self.found.append(self.form)
            self.form = None


def tables_of_the_firm() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select quote_ident(table_name) from information_schema.tables where table_schema ="
            " 'public' and table_type = 'BASE TABLE' and table_name not like 'django\\_%'"
            " and table_name not like 'procrastinate\\_periodic%'"
        )
        return [row[0] for row in cursor.fetchall()]


def kept(tables: list[str], text: str) -> set[str]:
    """The tables with a row in which the text stands; sealed columns are bytes, and say nothing."""
    asked = " union all ".join(
        f"(select '{name}' from {name} t where t::text like %(text)s limit 1)" for name in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(asked, {"text": f"%{text}%"})
        return {row[0] for row in cursor.fetchall()}


def send(
    world: World, tables: list[str], form: Form, name: str, text: str, sought: str
) -> set[str]:
    """The tables that would keep what is sought, in whatever way the form is sent."""
    browser = world.browsers[Role.ADMINISTRATOR]
    found: set[str] = set()
    for way in form.ways:
        cookies = copy(browser.cookies)
        with transaction.atomic():
            answer = browser.post(form.action, form.typed(name, text, way))
            assert answer.status_code < 500, (form.action, name)
            with firm_set(world.firm.id), transaction.atomic():
                found |= kept(tables, sought)
            transaction.set_rollback(True)
        browser.cookies = cookies
    return found


def forms_of(world: World) -> list[Form]:
    found: dict[tuple[str, tuple[str, ...]], Form] = {}
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        path = filled(route, world.own | {"kind": KINDS.get(name, world.own["kind"])})
        with transaction.atomic():
            page = world.browsers[Role.ADMINISTRATOR].get(path)
            is_page = page.status_code == 200 and "text/html" in page["content-type"]
            body = page.content.decode() if is_page and not page.streaming else ""
            transaction.set_rollback(True)
        parsed = Forms(path)
        parsed.feed(body)
        for form in parsed.found:
            if form.texts and urlsplit(form.action).path.startswith("/"):
                key = re.sub(r"\?.*", "", form.action), tuple(form.texts)
                found.setdefault(key, form)
    return list(found.values())


def test_personal_number_in_a_text_is_kept_by_no_form(world: World) -> None:
    number, tables = personal_number(), tables_of_the_firm()
    kept_fields, faults, silent = 0, [], set()
    for form in forms_of(world):
        for name in form.texts:
            if not send(world, tables, form, name, WORD, WORD):
                silent.add((resolve(urlsplit(form.action).path).view_name, name))
                continue
            kept_fields += 1
            if found := send(world, tables, form, name, f"{WORD} {number}", number):
                faults.append(f"{form.action} {name}: {sorted(found)}")
    print(kept_fields, "fields keep their text\n", *faults, sep="\n")
    assert faults == []
    assert silent == set(SILENT), "say in NAMED what such a form demands, or here why not"
    assert kept_fields >= LEAST_FIELDS
