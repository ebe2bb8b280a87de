"""Onboarding without copy and paste: Initiate, the user's consent in the browser, Finalize."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from .answers import Answer, json_answer, problem
from .endpoint import Endpoint, Reading
from .query import timestamp_text

if TYPE_CHECKING:
    from .simulator import Simulator, User

# Neither span is published; both are guesses.
CONSENT_SECONDS = 20 * 60
TOKEN_SECONDS = 10 * 60

LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(slots=True)
class Consent:
    """One «TemporaryUrl»: what was asked, until when, and what the user answered."""

    code: str
    environment: str
    organization_no: str | None
    redirect_uri: str
    expires: float
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """What a single-use onboarding token stands for."""

    environment: str
    user_email: str
    companies: tuple[int, ...]
    expires: float


@dataclass(slots=True)
class Onboarding:
    """Consents that wait for a user, and tokens that wait to be used."""

    simulator: Simulator
    allowed_uris: list[str] = field(default_factory=list)
    """Whitelisted redirect addresses beside those on this machine, which are always allowed."""
    is_blocked: bool = False
    """PowerOffice has stopped the integration: the user comes back with IntegrationBlocked."""
    _consents: dict[str, Consent] = field(default_factory=dict)
    _grants: dict[str, Grant] = field(default_factory=dict)

    def initiate(self, environment: str, body: dict[str, Any]) -> Answer:
        world = self.simulator.environments[environment]
        application = str(body.get("applicationkey") or "").strip().lower()
        if application != world.application_key:
            raise problem(400, "Onboarding failed.", "The application key is not valid.")
        uri = str(body.get("redirecturi") or "")
        if not self.is_allowed(uri):
            raise problem(
                400, "Onboarding failed.", f"The redirect URI '{uri}' is not whitelisted."
            )
        consent = Consent(
            code=secrets.token_urlsafe(24),
            environment=environment,
            organization_no=str(body.get("clientorganizationno") or "").strip() or None,
            redirect_uri=uri,
            expires=time.monotonic() + CONSENT_SECONDS,
        )
        self._consents[consent.code] = consent
        site = f"{self.simulator.base_url}{world.prefix}"
        until = self.simulator.now() + timedelta(seconds=CONSENT_SECONDS)
        return json_answer(
            200,
            {
                "TemporaryUrl": f"{site}/onboarding/{consent.code}",
                "ValidUntilDateTimeOffset": timestamp_text(until),
            },
        )

    def is_allowed(self, uri: str) -> bool:
        """Scheme, host and path must be known; the query is the caller's own."""
        parts = urlsplit(uri)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False
        if parts.hostname in LOCAL_HOSTS or parts.hostname.startswith("127."):
            return True
        bare = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
        return any(bare.lower() == known.partition("?")[0].lower() for known in self.allowed_uris)

    def consent(self, environment: str, code: str) -> Consent | None:
        found = self._consents.get(code)
        if found is None or found.environment != environment or found.is_answered:
            return None
        return found if found.expires > time.monotonic() else None

    def selectable(self, consent: Consent) -> list[int]:
        """The companies that the user may pick."""
        numbers = range(1, len(self.simulator.companies) + 1)
        if consent.organization_no is None:
            return list(numbers)
        wanted = "".join(ch for ch in consent.organization_no if ch.isdigit())
        return [n for n in numbers if self.simulator.spec(n).orgnr == wanted]

    def accept(self, consent: Consent, user: User, chosen: list[int]) -> str:
        """Add the extension to the chosen companies; gives the address to send the browser to."""
        selectable = self.selectable(consent)
        if self.is_blocked:
            return self.finish(consent, "IntegrationBlocked")
        if not selectable:
            return self.finish(consent, "ClientNotFound")
        if not user.is_administrator:
            return self.finish(consent, "NoClientAccess")
        companies = tuple(number for number in chosen if number in selectable)
        for number in companies:
            self.simulator.perform(consent.environment, number, "add_extension", {})
        token = secrets.token_urlsafe(32)
        self._grants[token] = Grant(
            consent.environment, user.email, companies, time.monotonic() + TOKEN_SECONDS
        )
        return self.finish(consent, "Success", token)

    def finish(self, consent: Consent, status: str, token: str | None = None) -> str:
        """The caller's own query is kept; ``status`` and ``token`` are added to it."""
        consent.is_answered = True
        parts = urlsplit(consent.redirect_uri)
        query = parse_qsl(parts.query, keep_blank_values=True)
        query = [*query, ("status", status), *([("token", token)] if token else [])]
        return urlunsplit(parts._replace(query=urlencode(query)))

    def finalize(self, environment: str, body: dict[str, Any]) -> Answer:
        grant = self._grants.pop(str(body.get("onboardingtoken") or ""), None)
        if grant is None or grant.environment != environment or grant.expires <= time.monotonic():
            raise problem(400, "Onboarding failed.", "The onboarding token is not valid.")
        world = self.simulator.environments[environment]
        onboarded = []
        for number in grant.companies:
            extension = world.extension(number)
            if extension is not None:
                spec = self.simulator.spec(number)
                onboarded.append(
                    {
                        "ClientKey": extension.client_key,
                        "ClientName": spec.name,
                        "ClientOrganizationNumber": spec.orgnr,
                    }
                )
        return json_answer(
            200, {"UserEmail": grant.user_email, "OnboardedClientsInformation": onboarded}
        )


def body_of(reading: Reading) -> dict[str, Any]:
    """The JSON body with its names in lower case: one SDK sends camelCase, others PascalCase."""
    try:
        content = msgspec.json.decode(reading.body)
    except msgspec.DecodeError:
        content = None
    if not isinstance(content, dict):
        raise problem(400, "One or more validation errors occurred.", "The body is not an object.")
    return {str(name).lower(): value for name, value in content.items()}


def initiate(reading: Reading) -> Answer:
    return reading.simulator.onboarding.initiate(reading.environment.name, body_of(reading))


def finalize(reading: Reading) -> Answer:
    return reading.simulator.onboarding.finalize(reading.environment.name, body_of(reading))


def remove_integration(reading: Reading) -> Answer:
    """Offboarding: from here on the client key is dead, and so is the token used."""
    if reading.environment.extension(reading.company) is None:
        raise problem(400, "Offboarding failed.", "The integration is not active on this client.")
    reading.simulator.perform(reading.environment.name, reading.company, "remove_extension", {})
    return json_answer(
        200,
        {
            "Success": True,
            "Message": "The integration was removed from the client.",
            "RemoveFactoring": False,
            "ResetInvoiceFinancing": False,
        },
    )


def endpoints() -> list[Endpoint]:
    return [
        Endpoint(
            "POST", "/Onboarding/Initiate", None, initiate, needs_token=False, needs_books=False
        ),
        Endpoint(
            "POST", "/Onboarding/Finalize", None, finalize, needs_token=False, needs_books=False
        ),
        Endpoint(
            "DELETE", "/Offboarding/RemoveIntegration", None, remove_integration, needs_books=False
        ),
    ]
