"""The installation that is tried, and what has been planted in it."""

from __future__ import annotations

from pathlib import Path

import psycopg

from klientbro.domain.national_id import NationalIdStatus, check_national_id
from simulators.poweroffice_go.testing import Simulator

from .house import path_of
from .sinks import Planted
from .surroundings import Source

DENTISTS, ILLUSTRATOR = 21, 4  # a company, and a person whose identifier is a personal number
PASSWORD, WRONG = "kanari-passordet 2026", "kanari-feil-passord"
MAIL_PASSWORD, METRICS = "kanari-post-4711", "kanari-metrikk-9001"
SIGN_ON_SECRET = "kanari-oidc-hemmelighet-77"
WRONG_KEY, IMPORTED_KEY = "kanari-feil-nokkel-0001", "kanari-import-nokkel-0002"
PAGES, LETTERS = "pages", "letters"
# The operator gives these to the processes in their environment.
GIVEN = frozenset({"environment"})
# what is read there: nobody may have it from a log or a table instead
SHOWN, SENT = frozenset({PAGES}), frozenset({LETTERS})
SYSTEM = "/integrasjoner/poweroffice/"


def number_of(day: str, skip: int = 0) -> str:
    """A synthetic personal number with valid check digits, another for each `skip`."""
    found = (
        f"{day}{number}"
        for number in range(10_000, 100_000)
        if check_national_id(f"{day}{number}", accept_2032=True).status is NationalIdStatus.OK
    )
    for _one in range(skip):
        next(found)
    return next(found)


TYPED, IMPORTED, SEARCHED, POSTED, REASON = (number_of("028191", n) for n in range(5))


class Drill:
    """One installation with all its surroundings, and what has been planted in it."""

    def __init__(self, home: Path, simulator: Simulator) -> None:
        self.simulator, self.home = simulator, home
        self.source = Source(simulator.api_url.partition("/v2")[0])
        self.planted: list[Planted] = []
        self.files: dict[str, bytes] = {}
        self.visited: set[str] = set()  # the names of the addresses that gave a file

    def plant(self, name: str, value: str, belongs_in: frozenset[str] = frozenset()) -> str:
        assert len(value) >= 6, name
        self.planted.append(Planted(name, value, belongs_in))
        return value

    def settings(self, mail_port: int, traces: str) -> dict[str, str]:
        prefix, simulator = "POWEROFFICE_", self.simulator
        return {
            "SIMULATOR_URL": simulator.api_url,
            f"{prefix}APPLICATION_KEY": self.plant(
                "application key", simulator.application_key, GIVEN
            ),
            f"{prefix}SUBSCRIPTION_KEY": self.plant(
                "subscription", simulator.subscription_key, GIVEN
            ),
            f"{prefix}API_URL": self.source.url + path_of(simulator.api_url),
            f"{prefix}TOKEN_URL": self.source.url + path_of(simulator.token_url),
            f"{prefix}REQUESTS_PER_SECOND": "500",
            "EMAIL_URL": f"smtp://post:{self.plant('mail password', MAIL_PASSWORD, GIVEN)}"
            f"@127.0.0.1:{mail_port}",
            "METRICS_TOKEN": self.plant("metrics token", METRICS, GIVEN),
            "OTLP_ENDPOINT": traces,
            "WEB_PROCESSES": "1",
            "LOG_FORMAT": "json",
        }

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def order(self, statement: str) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]
