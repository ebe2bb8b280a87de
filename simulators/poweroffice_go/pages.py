"""The pages a person sees: sign-in, companies, settings with «Utvidelser», and the ledger."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .books import Books, TrialBalanceQuery
from .books.model import Transaction, Voucher
from .control_page import ControlPage
from .environment import DEMO
from .onboarding import Consent
from .session import FORM_TOKEN, Session, Sessions
from .simulator import USERS, Simulator

BRAND = "Klientbro"
EXTENSION_NAMES = {"klientbro": BRAND, "egendefinert": "Egendefinert utvidelse"}
VOUCHERS_SHOWN = 100

Handle = Callable[["Visit"], Awaitable[Response]]
Page = Callable[[Request], Awaitable[Response]]
Result = TypeVar("Result")


def amount(value: float | None) -> str:
    """``1 234 567,89`` with no-break spaces and a true minus sign."""
    if value is None:
        return ""
    text = f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",")
    return text.replace("-", "\u2212")


def norwegian_date(text: str | None) -> str:
    return "" if not text else f"{text[8:10]}.{text[5:7]}.{text[:4]}"


TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
TEMPLATES.filters["whole"] = lambda number: f"{number:,}".replace(",", "\u00a0")
TEMPLATES.filters["amount"] = amount
TEMPLATES.filters["norwegian_date"] = norwegian_date


@dataclass(slots=True)
class Visit:
    """One request for a page, with its session."""

    pages: Pages
    request: Request
    session: Session
    form: dict[str, str]
    chosen: list[str]
    """Values of the ticked boxes named ``klient``."""

    @property
    def number(self) -> int:
        return int(self.request.path_params["number"])

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        message, is_error = self.session.take_message()
        html = TEMPLATES.get_template(template).render(
            base=self.pages.prefix,
            static="/static",
            environment=self.pages.environment,
            is_demo=self.pages.environment == DEMO,
            user=self.session.user,
            form_token=self.session.form_token,
            form_token_name=FORM_TOKEN,
            message=message,
            message_is_error=is_error,
            brand=BRAND,
            **{"company": None, **values},
        )
        response = HTMLResponse(html, status)
        response.headers["cache-control"] = "no-store"
        self.pages.sessions.keep(self.session, response)
        return response

    def go(self, path: str) -> Response:
        response = RedirectResponse(f"{self.pages.prefix}{path}", 303)
        self.pages.sessions.keep(self.session, response)
        return response

    def company(self) -> dict[str, Any]:
        described = self.pages.simulator.described_companies(self.pages.environment)
        about = described[self.number - 1]
        spec = self.pages.simulator.spec(self.number)
        about["quirk"] = spec.quirk.describe() if spec.quirk else None
        about["modules"] = spec.modules
        return about

    async def with_books(self, work: Callable[[Books], Result]) -> Result:
        return await self.pages.simulator.with_books(self.pages.environment, self.number, work)


class Pages:
    """The pages of one environment."""

    def __init__(self, simulator: Simulator, environment: str) -> None:
        self.simulator = simulator
        self.environment = environment
        self.prefix = simulator.environments[environment].prefix
        self.sessions = Sessions(f"go_{environment}")

    def guarded(self, handle: Handle, *, needs_user: bool, needs_administrator: bool) -> Page:
        async def answer(request: Request) -> Response:
            session = self.sessions.of(request)
            visit = Visit(self, request, session, {}, [])
            if request.method == "POST":
                form = await request.form()
                visit.form = {name: str(value) for name, value in form.items()}
                visit.chosen = [str(value) for value in form.getlist("klient")]
                given = visit.form.get(FORM_TOKEN, "")
                if not secrets.compare_digest(given, session.form_token):
                    return visit.show(
                        "feil.html.j2", 403, text="Skjemaet er for gammelt. Last siden på nytt."
                    )
            if needs_user and session.user is None:
                session.say("Logg inn for å fortsette.")
                return visit.go(f"/?neste={request.url.path.removeprefix(self.prefix)}")
            if needs_administrator and session.user and not session.user.is_administrator:
                return visit.show(
                    "feil.html.j2",
                    403,
                    text="Du må være administrator på klienten for å gjøre dette.",
                )
            number = request.path_params.get("number")
            if number is not None and not 1 <= number <= len(self.simulator.companies):
                return visit.show("feil.html.j2", 404, text="Klienten finnes ikke.")
            return await handle(visit)

        return answer

    # ---- sign-in and companies

    async def front(self, visit: Visit) -> Response:
        if visit.session.user is not None:
            return visit.go("/klienter")
        following = visit.request.query_params.get("neste", "")
        return visit.show("logg_inn.html.j2", users=USERS, following=following)

    async def sign_in(self, visit: Visit) -> Response:
        email = visit.form.get("epost", "").strip().lower()
        password = visit.form.get("passord", "")
        # rule timing: a stand-in with passwords that everybody knows
        user = next((u for u in USERS if u.email == email and u.password == password), None)
        following = visit.form.get("neste", "")
        if user is None:
            visit.session.say("Feil e-postadresse eller passord.", is_error=True)
            return visit.go("/")
        self.sessions.forget(visit.session)
        visit.session = self.sessions.sign_in(user)
        # Only our own pages: an address that starts with two slashes is another host.
        is_ours = following.startswith("/") and not following.startswith(("//", "/\\"))
        return visit.go(following if is_ours and following != "/" else "/klienter")

    async def sign_out(self, visit: Visit) -> Response:
        self.sessions.forget(visit.session)
        visit.session = Session()
        return visit.go("/")

    async def companies(self, visit: Visit) -> Response:
        search = visit.request.query_params.get("sok", "").strip()
        wanted = search.lower().replace(" ", "")
        found = [
            company
            for company in self.simulator.described_companies(self.environment)
            if wanted in company["name"].lower().replace(" ", "")
            or wanted in (company["orgnr"] or "")
        ]
        return visit.show(
            "klienter.html.j2", companies=found[:200], total=len(found), search=search
        )

    async def home(self, visit: Visit) -> Response:
        def read(books: Books) -> dict[str, Any]:
            return {
                "postings": books.posting_count,
                "vouchers": books.voucher_count,
                "lock_date": books.lock_date_settings.LockDate,
                "recent": books.recent_vouchers(8),
            }

        about = await visit.with_books(read)
        return visit.show("klient.html.j2", company=visit.company(), about=about)

    # ---- settings and extensions

    async def settings(self, visit: Visit) -> Response:
        return visit.show("innstillinger.html.j2", company=visit.company())

    async def organization(self, visit: Visit) -> Response:
        about = await visit.with_books(
            lambda books: (
                books.organization_settings,
                books.financial_settings,
                books.vat_settings,
                books.lock_date_settings,
            )
        )
        organization, financial, vat, lock = about
        return visit.show(
            "firmaopplysninger.html.j2",
            company=visit.company(),
            organization=organization,
            financial=financial,
            vat=vat,
            lock=lock,
        )

    async def extensions(self, visit: Visit) -> Response:
        extension = self.simulator.environments[self.environment].extension(visit.number)
        return visit.show("utvidelser.html.j2", company=visit.company(), extension=extension)

    async def choose_extension(self, visit: Visit) -> Response:
        return visit.show(
            "legg_til_utvidelse.html.j2", company=visit.company(), names=EXTENSION_NAMES
        )

    async def add_extension(self, visit: Visit) -> Response:
        choice = visit.form.get("utvidelse", "")
        key = visit.form.get("applikasjonsnokkel", "").strip().lower()
        world = self.simulator.environments[self.environment]
        path = f"/klienter/{visit.number}/innstillinger/utvidelser"
        if choice not in EXTENSION_NAMES:
            visit.session.say("Velg en utvidelse.", is_error=True)
            return visit.go(f"{path}/ny")
        if choice == "egendefinert" and key != world.application_key:
            visit.session.say("Applikasjonsnøkkelen er ikke gyldig.", is_error=True)
            return visit.go(f"{path}/ny")
        self.simulator.perform(self.environment, visit.number, "add_extension", {})
        return visit.go(f"{path}/klientnokkel")

    async def client_key(self, visit: Visit) -> Response:
        extension = self.simulator.environments[self.environment].extension(visit.number)
        if extension is None:
            return visit.go(f"/klienter/{visit.number}/innstillinger/utvidelser")
        return visit.show("klientnokkel.html.j2", company=visit.company(), extension=extension)

    async def confirm_removal(self, visit: Visit) -> Response:
        return visit.show("fjern_utvidelse.html.j2", company=visit.company())

    async def remove_extension(self, visit: Visit) -> Response:
        self.simulator.perform(self.environment, visit.number, "remove_extension", {})
        visit.session.say(f"{BRAND} er fjernet. Klientnøkkelen virker ikke lenger.")
        return visit.go(f"/klienter/{visit.number}/innstillinger/utvidelser")

    # ---- the ledger at a glance

    async def vouchers(self, visit: Visit) -> Response:
        found = await visit.with_books(lambda books: books.recent_vouchers(VOUCHERS_SHOWN))
        return visit.show("bilagsliste.html.j2", company=visit.company(), vouchers=found)

    async def voucher(self, visit: Visit) -> Response:
        voucher_no = int(visit.request.path_params["voucher_no"])

        def read(books: Books) -> tuple[Voucher, list[Transaction]] | None:
            voucher = books.voucher(voucher_no)
            return None if voucher is None else (voucher, books.voucher_rows(voucher)[:500])

        found = await visit.with_books(read)
        if found is None:
            return visit.show(
                "feil.html.j2", 404, company=visit.company(), text="Bilaget finnes ikke."
            )
        return visit.show("bilag.html.j2", company=visit.company(), voucher=found[0], rows=found[1])

    async def trial_balance(self, visit: Visit) -> Response:
        asked = visit.request.query_params.get("dato", "")
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            day = self.simulator.clock.today()
        rows = await visit.with_books(
            lambda books: books.trial_balance(TrialBalanceQuery(day.isoformat()))
        )
        return visit.show(
            "saldobalanse.html.j2",
            company=visit.company(),
            rows=sorted(rows, key=lambda row: str(row.AccountNo)),
            day=day.isoformat(),
            total=round(sum(row.Balance for row in rows), 2) + 0.0,
        )

    # ---- onboarding

    def _consent(self, visit: Visit) -> Consent | None:
        code = visit.request.path_params["code"]
        return self.simulator.onboarding.consent(self.environment, code)

    async def onboarding(self, visit: Visit) -> Response:
        consent = self._consent(visit)
        if consent is None:
            return visit.show("feil.html.j2", 404, text="Lenken er brukt eller for gammel.")
        numbers = self.simulator.onboarding.selectable(consent)
        described = self.simulator.described_companies(self.environment)
        return visit.show(
            "onboarding.html.j2",
            consent=consent,
            companies=[described[number - 1] for number in numbers],
        )

    async def answer_onboarding(self, visit: Visit) -> Response:
        consent = self._consent(visit)
        if consent is None:
            return visit.show("feil.html.j2", 404, text="Lenken er brukt eller for gammel.")
        onboarding = self.simulator.onboarding
        user = visit.session.user
        if visit.form.get("svar") != "godta" or user is None:
            return RedirectResponse(onboarding.finish(consent, "Canceled"), 303)
        chosen = [int(text) for text in visit.chosen if text.isdigit()]
        if not chosen and onboarding.selectable(consent):
            visit.session.say("Velg minst én klient.", is_error=True)
            return visit.go(f"/onboarding/{consent.code}")
        return RedirectResponse(onboarding.accept(consent, user, chosen), 303)


def routes(simulator: Simulator, environment: str) -> list[Route]:
    pages = Pages(simulator, environment)
    control = ControlPage(simulator, environment)
    made: list[Route] = []

    def route(
        path: str, method: str, handle: Handle, *, user: bool = True, administrator: bool = False
    ) -> None:
        guarded = pages.guarded(handle, needs_user=user, needs_administrator=administrator)
        made.append(Route(path, guarded, methods=[method]))

    company = "/klienter/{number:int}"
    extensions = f"{company}/innstillinger/utvidelser"
    admin = functools.partial(route, administrator=True)
    route("/", "GET", pages.front, user=False)
    route("/logg-inn", "POST", pages.sign_in, user=False)
    route("/logg-ut", "POST", pages.sign_out)
    route("/klienter", "GET", pages.companies)
    route(company, "GET", pages.home)
    route(f"{company}/innstillinger", "GET", pages.settings)
    route(f"{company}/innstillinger/firmaopplysninger", "GET", pages.organization)
    route(extensions, "GET", pages.extensions)
    admin(f"{extensions}/ny", "GET", pages.choose_extension)
    admin(f"{extensions}/ny", "POST", pages.add_extension)
    admin(f"{extensions}/klientnokkel", "GET", pages.client_key)
    admin(f"{extensions}/fjern", "GET", pages.confirm_removal)
    admin(f"{extensions}/fjern", "POST", pages.remove_extension)
    route(f"{company}/bilag", "GET", pages.vouchers)
    route(f"{company}/bilag/{{voucher_no:int}}", "GET", pages.voucher)
    route(f"{company}/saldobalanse", "GET", pages.trial_balance)
    route(f"{company}/kontroll", "GET", control.show)
    route(f"{company}/kontroll/feil", "POST", control.set_fault)
    route(f"{company}/kontroll/feil/fjern", "POST", control.clear_faults)
    route(f"{company}/kontroll/{{action}}", "POST", control.do)
    route("/onboarding/{code}", "GET", pages.onboarding)
    route("/onboarding/{code}", "POST", pages.answer_onboarding)
    return made
