"""Every address and method, as every role, on one's own client, a hidden one, and another firm's.

The addresses are found by the test itself, what each asks for is read in the table of permissions,
and everything is asked in one process, in a transaction that is rolled back. What is refused says
the same whether the id is hidden, another firm's or nobody's: status, body, headers and length.
"""

from __future__ import annotations

import logging
import re
import uuid
from copy import copy
from dataclasses import dataclass, field
from html.parser import HTMLParser
from time import process_time
from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client as Browser
from django.urls import Resolver404, resolve
from django.utils import timezone

from klientbro.clients.models import AssignedClient
from klientbro.products.liquidity.keeping import keep_client
from klientbro.products.liquidity.tests.bakery import NOW, bakery, with_items
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import (
    ADDRESSES,
    ROLES,
    Open,
    Role,
    acts_of,
    allows,
    need_of,
)
from klientbro.tenants.services import add_user, create_firm

from .addresses import addresses
from .rows import WORDS, client_of, one_of_everything, things_of_client, things_of_firm
from .test_every_address import METHODS, filled

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
OWN_NAME, HIDDEN, OTHER = "Fjordglimt", "Skjulte", "Naboens"
HIDDEN_ORGNR, OTHER_ORGNR = "310000027", "310000019"
SECRETS = (HIDDEN.encode(), OTHER.encode(), HIDDEN_ORGNR.encode(), OTHER_ORGNR.encode())
# Ids of what belongs to a client; the rest belong to the firm or to a person.
CLIENTS = frozenset(
    {
        "client_id", "connection_id", "check_id", "run_id", "request_id", "assignment_id",
        "line_id", "loan_id", "offer_id", "scenario_id", "file_id", "attachment_id", "pack_id",
        "group_id", "rule_id",
    }
)  # fmt: skip
# Answers 404 on one's own too: there is no such thing in the furnished firm, and why.
NOT_THERE = {
    "books:document": "its document has not come",
    "books:reveal_number": "the client is no person",
    "identity:confirm_address": "nobody has asked for a new address",
    "identity:end_session": "the session is another person's",
    "identity:tool_authorize": "the address says no tool",
    "identity:tool_key_leaked": "no tool was registered, so there is no key",
    "liquidity:lines": "the address says no line",
    "reconciliation:attachment": "its bytes are no envelope",
    "reconciliation:kept_file": "its file has been thrown away",
    "report:edition_file": "nothing has been published",
}
KINDS = {
    "reconciliation:files": "pdf",
    "reconciliation:period_document": "pdf",
    "report:draft_file": "pdf",
}
# Said no to before any id is looked at, as get and post show; what they answer else is compared.
SELDOM = ("head", "put", "patch", "delete", "options")
LOOSE = ("Content-Length", "Expires")  # the length of the address asked for, and a clock
_CSRF = re.compile(rb"[A-Za-z0-9]{64}")
_PARAMETER = re.compile(r"<\w+:(\w+)>")


@dataclass
class World:
    """Two firms, the people of one in every role, and the ids of each kind of place."""

    firm: Firm
    browsers: dict[str, Browser]
    own: dict[str, str]
    hidden: dict[str, str] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)

    @property
    def nowhere(self) -> dict[str, str]:
        return {
            name: value if name in WORDS else "0" if value.isdigit() else str(uuid.uuid4())
            for name, value in self.own.items()
        }


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The firm with one furnished client; what is hidden comes when the test asks for it."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    # the test browser keeps a copy of every template's context, at half the cost of a page
    monkeypatch.setattr("django.test.client.store_rendered_templates", lambda *_a, **_k: None)
    firm = create_firm("Furulund Regnskap AS")
    browsers: dict[str, Browser] = {"anonymous": Browser(raise_request_exception=False)}
    with firm_set(firm.id), transaction.atomic():
        book = with_items(bakery())
        assert keep_client(book.client.pk)
        for role in Role:
            user, _path = add_user(firm.id, f"{role}@furulund.example", role.title())
            member = Membership.objects.get(user=user)
            member.role = role
            member.has_all_clients = not ROLES[role].may_be_for_chosen_clients
            member.save()
            if not member.has_all_clients:
                AssignedClient.objects.create(firm=firm, membership=member, client=book.client)
            browsers[role] = Browser(raise_request_exception=False)
            browsers[role].force_login(user, backend=BACKEND)
        administrator = Membership.objects.get(role=Role.ADMINISTRATOR)
        of_firm = things_of_firm(firm, "Firmaets", administrator)
        own = WORDS | of_firm
        own |= things_of_client(book.connection, OWN_NAME, of_firm["template_id"])
        own["account_id"] = book.accounts["1920"]
        Authenticator.objects.all().delete()
        own["pk"] = "0"
    _leave_firm()
    for browser in browsers.values():
        browser.get("/hjelp/")  # what a session remembers from its first page on
    return World(firm, browsers, own)


def _leave_firm() -> None:
    """The savepoint takes the firm off the open transaction."""
    with transaction.atomic():
        pass


def hide_a_client(world: World) -> None:
    """A client that nobody with chosen clients works for, with one of everything."""
    with firm_set(world.firm.id), transaction.atomic():
        made = client_of(world.firm, f"{HIDDEN} klient AS", HIDDEN_ORGNR)
        of_client = things_of_client(made, HIDDEN, world.own["template_id"])
        world.hidden = world.own | of_client
    _leave_firm()


def add_another_firm(world: World) -> None:
    other = create_firm("Granli Regnskap AS")
    with firm_set(other.id), transaction.atomic():
        member = Membership.objects.get(user=add_user(other.id, "nabo@granli.example", OTHER)[0])
        world.other = one_of_everything(other, OTHER, OTHER_ORGNR, member)
        world.other["account_id"] = world.own["account_id"]
    _leave_firm()


@dataclass(frozen=True)
class Answer:
    """What a browser is told: everything that could differ, but for what is random or was asked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def tells(self) -> list[bytes]:
        told = self.body + repr(self.headers).encode()
        return [secret for secret in SECRETS if secret in told]

    def differs(self, other: Answer) -> str:
        """Where the first difference stands."""
        mine, theirs = (
            repr((one.status, one.headers)).encode() + one.body for one in (self, other)
        )
        at = next((n for n, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b), 0)
        return f"differs from nobody's: {mine[at - 40 : at + 40]!r}, {theirs[at - 40 : at + 40]!r}"


def ask(world: World, who: str, method: str, path: str, ids: dict[str, str]) -> Answer:
    """The answer, with the ids that were asked for taken out, and nothing kept in the database."""
    browser = world.browsers[who]
    cookies = copy(browser.cookies)  # somebody may sign out
    with transaction.atomic():
        found = getattr(browser, method)(path)
        body = b"" if found.streaming else found.content
        transaction.set_rollback(True)
    browser.cookies = cookies
    kept = {name: value for name, value in found.headers.items() if name not in LOOSE}
    headers = repr(sorted(kept.items()))
    for asked in (path, quote(path, safe=""), quote(path)):
        body, headers = body.replace(asked.encode(), b"PATH"), headers.replace(asked, "PATH")
    for name, value in ids.items():
        if name not in WORDS and len(value) > 8:
            body, headers = body.replace(value.encode(), b"ID"), headers.replace(value, "ID")
    return Answer(
        found.status_code, ((headers, str(found.headers.get("ETag"))),), _CSRF.sub(b"CSRF", body)
    )


def test_every_address_is_declared_once_and_none_that_does_not_exist() -> None:
    real = {f"{space}:{name}".strip(":") for _route, name, space in addresses()}
    assert "" not in real, "an address without a name cannot be declared: give it one"
    undeclared = sorted(real - set(ADDRESSES))
    assert undeclared == [], "declare them in klientbro/tenants/permissions.py"
    assert sorted(set(ADDRESSES) - real) == []


def test_undeclared_address_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    left = {name: need for name, need in ADDRESSES.items() if name != "shell:help"}
    monkeypatch.setattr("klientbro.tenants.permissions.ADDRESSES", left)
    for who in ("anonymous", Role.ADMINISTRATOR):
        assert world.browsers[who].get("/hjelp/").status_code == 403
    assert "shell:help is not declared" in caplog.text


@pytest.mark.timeout(1500)
def test_every_role_on_every_address_method_and_place(world: World) -> None:
    hide_a_client(world)
    add_another_firm(world)
    faults: list[str] = []
    begun = process_time()
    counted = dict.fromkeys(("own", "hidden", "other", "anonymous"), 0)
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        parameters = set(_PARAMETER.findall(route))
        is_clients = bool(parameters & CLIENTS)
        has_id = is_clients or any(each not in WORDS for each in parameters)
        for method in METHODS:
            need = need_of(name, method.upper())
            for who in world.browsers:
                case = f"{method} {name} as {who}"

                def told(ids: dict[str, str]) -> Answer:
                    known = ids | {"kind": KINDS.get(name, ids["kind"])}  # noqa: B023
                    return ask(world, who, method, filled(route, known), ids)  # noqa: B023

                own = told(world.own)
                counted["anonymous" if who == "anonymous" else "own"] += 1
                if own.status >= 500:
                    faults.append(f"{case}: {own.status}")
                if who == "anonymous":
                    if need is not Open.ANYBODY and own.status not in (302,):
                        faults.append(f"{case}: {own.status} without signing in")
                    if own.tells() or OWN_NAME.encode() in own.body:
                        faults.append(f"{case} is told of clients")
                    continue
                # the sign-in's own pages say themselves to whom they open, and when
                is_open = need is Open.ANYBODY or (need is Open.OWN and space != "identity")
                member_acts = acts_of(who, has_all_clients=not _is_limited(who))
                is_allowed = allows(member_acts, need)
                if is_allowed == (own.status == 403) and not is_open:
                    faults.append(f"{case}: {own.status}, allowed: {is_allowed}")
                is_found = own.status != 404 or method != "get" or name in NOT_THERE
                if is_allowed and not is_found and not is_open:
                    faults.append(f"{case}: its own is not found")
                if _is_limited(who) and own.tells():
                    faults.append(f"{case} tells {own.tells()}")
                if not has_id or (method in SELDOM and own.status in (403, 405)):
                    continue
                other = told(world.other)
                counted["other"] += 1
                # 403 and 405 are said before anybody has looked for an id
                is_early = own.status in (403, 405) and not is_open
                nowhere = own if is_early else told(world.nowhere)
                if other != nowhere or other.tells():
                    faults.append(f"{case}: another firm's {other.differs(nowhere)}")
                if is_allowed and other.status not in (404, 405) and not is_open:
                    faults.append(f"{case}: another firm's answers {other.status}")
                if not is_clients:
                    continue
                hidden = told(world.hidden)
                counted["hidden"] += 1
                if not is_allowed or _is_limited(who):
                    if hidden != nowhere or hidden.tells():
                        faults.append(f"{case}: a hidden one's {hidden.differs(nowhere)}")
                elif hidden.status == 403:
                    faults.append(f"{case}: refused one of all clients")
    print(counted, sum(counted.values()), f"{process_time() - begun:.0f} s of processor")
    print("\n".join(faults))
    assert faults == []
    assert sum(counted.values()) > 10_000


def _is_limited(who: str) -> bool:
    return ROLES[Role(who)].may_be_for_chosen_clients


_WAYS = {
    "hx-get": "GET", "hx-post": "POST", "hx-put": "PUT", "hx-delete": "DELETE",
    "href": "GET", "formaction": "POST",
}  # fmt: skip


class Offers(HTMLParser):
    """Every method and path that a page offers to press. What is disabled offers nothing."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.found: set[tuple[str, str]] = set()
        self.fieldsets: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag == "fieldset":
            self.fieldsets.append("disabled" in held)
        for name, method in _WAYS.items():
            if name in held and not (name == "formaction" and any(self.fieldsets)):
                self.add(method, held[name])
        if tag == "form":
            self.add("POST" if held.get("method") == "post" else "GET", held.get("action"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "fieldset":
            self.fieldsets.pop()

    def add(self, method: str, target: str | None) -> None:
        path = (target or "").partition("#")[0].partition("?")[0] or self.path
        if path.startswith("/"):
            self.found.add((method, path))


def test_no_page_offers_what_would_be_refused(world: World) -> None:
    offers: set[str] = set()
    seen = 0
    for route, short, space in addresses():
        name = f"{space}:{short}".strip(":")
        for role in Role:
            acts = acts_of(role, has_all_clients=not _is_limited(role))
            if not allows(acts, need_of(name)) or need_of(name) is Open.OWN:
                continue
            known = world.own | {"kind": KINDS.get(name, world.own["kind"])}
            path = filled(route, known)
            with transaction.atomic():
                page = world.browsers[role].get(path)
                transaction.set_rollback(True)
            if page.status_code != 200 or "text/html" not in page["content-type"]:
                continue
            seen += 1
            offered = Offers(path)
            offered.feed(page.content.decode())
            for method, target in offered.found:
                try:
                    there = resolve(target).view_name
                except Resolver404:
                    continue  # a file, or a part of an address that script completes
                if not allows(acts, need_of(there, method)):
                    offers.add(f"{role} on {name}: {method} {there}")
    print("\n".join(sorted(offers)))
    assert sorted(offers) == []
    assert seen > 200
