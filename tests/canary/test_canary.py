"""Secrets and personal numbers are planted, every flow is run, and every sink is searched."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.database import EmbeddedServer
from klientbro.database.testing import furnish
from klientbro.domain.national_id import NationalIdStatus, check_national_id
from simulators.poweroffice_go.testing import Simulator, start_simulator
from tests.machines.test_backup_drill import in_plain_text

from .house import Browser, House, code_of, path_of, secrets_of, wait_for
from .sinks import Planted, guises, hits, tables_of, unpacked
from .surroundings import Source, collector, mail_server

DENTISTS, ILLUSTRATOR = 21, 4  # a company, and a person whose identifier is a personal number
PASSWORD, WRONG = "kanari-passordet 2026", "kanari-feil-passord"
MAIL_PASSWORD, METRICS = "kanari-post-4711", "kanari-metrikk-9001"
SIGN_ON_SECRET = "kanari-oidc-hemmelighet-77"
WRONG_KEY, IMPORTED_KEY = "kanari-feil-nokkel-0001", "kanari-import-nokkel-0002"
PAGES, LETTERS = "pages", "letters"
# what is read there: nobody may have it from a log or a table instead
SHOWN, SENT = frozenset({PAGES}), frozenset({LETTERS})
SYSTEM = "/integrasjoner/poweroffice/"
COMMANDS = """
import sys
from datetime import timedelta
from klientbro.cli.house import open_house
from klientbro.cli.main import main
with open_house():
    from django.utils import timezone
    from klientbro.operations.tasks import tell_people_now
    tell_people_now(timezone.now() + timedelta(hours=30))
for words in ("doctor", "keys status", "client list", "audit verify"):
    assert main(words.split()) == 0, words
assert main(["backup", "--to", sys.argv[1]]) == 0
"""


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


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with start_simulator(scale=0.05, seed=3) as running:
        yield running


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kb-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


class Drill:
    """One installation with all its surroundings, and what has been planted in it."""

    def __init__(self, home: Path, simulator: Simulator) -> None:
        self.simulator, self.home = simulator, home
        self.source = Source(simulator.api_url.partition("/v2")[0])
        self.planted: list[Planted] = []
        self.files: dict[str, bytes] = {}

    def plant(self, name: str, value: str, belongs_in: frozenset[str] = frozenset()) -> str:
        assert len(value) >= 6, name
        self.planted.append(Planted(name, value, belongs_in))
        return value

    def settings(self, mail_port: int, traces: str) -> dict[str, str]:
        prefix, simulator = "POWEROFFICE_", self.simulator
        return {
            "SIMULATOR_URL": simulator.api_url,
            f"{prefix}APPLICATION_KEY": self.plant("application key", simulator.application_key),
            f"{prefix}SUBSCRIPTION_KEY": self.plant("subscription", simulator.subscription_key),
            f"{prefix}API_URL": self.source.url + path_of(simulator.api_url),
            f"{prefix}TOKEN_URL": self.source.url + path_of(simulator.token_url),
            f"{prefix}REQUESTS_PER_SECOND": "500",
            "EMAIL_URL": f"smtp://post:{self.plant('mail password', MAIL_PASSWORD)}"
            f"@127.0.0.1:{mail_port}",
            "METRICS_TOKEN": self.plant("metrics token", METRICS),
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


def test_no_secret_and_no_personal_number_is_found_in_any_sink(
    home: Path, simulator: Simulator
) -> None:
    furnish(home)
    drill = Drill(home, simulator)
    with mail_server() as (port, letters), collector() as (traces, received):
        house = House(home, drill.settings(port, traces))
        try:
            house.start()
            with EmbeddedServer.acquire(home) as server:
                drill.database_url = make_conninfo(server.superuser_url, dbname="klientbro")
                browser = people_come_in(drill, house, letters)
                clients_are_connected(drill, browser)
                everything_fails_once(drill, browser)
                figures_are_worked_with(drill, browser)
                told = operators_look_in(drill, house, browser)
                tables = tables_of(drill.database_url)
        finally:
            print("".join(house.printed[-60:]))  # pytest shows it when the test failed
            house.stop()
            drill.source.stop()

    sinks = {
        **tables,
        "log:printed": "".join(house.printed).encode(),
        "log:database": (home / "postgres" / "server.log").read_bytes(),
        "traces:": b"\n".join(received),
        "metrics:": told,
        **{f"{LETTERS}:{n}": one for n, one in enumerate(letters)},
        **{
            f"shown:{name}" if name.startswith("shown") else f"{PAGES}:{name}": content
            for name, content in browser.pages.items()
        },
        **drill.files,
    }
    for name in ("postgres", "secrets.json"):
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    sinks |= {f"home:{one}": one.read_bytes() for one in home.rglob("*") if one.is_file()}

    # the search itself finds what is there, and the flows have been where they should
    assert drill.source.echoed >= 3
    assert received
    assert len(letters) >= 3
    assert len(tables) > 80
    assert [name for name in sinks if name.startswith("export:")]
    for guise in guises(TYPED):
        assert hits([Planted("typed", TYPED)], {"x": b"before " + guise + b" after"})
    shown = [one for one in browser.pages if "fodselsnummer" in one]
    number = drill.planted_number
    assert any(guise in browser.pages[one] for one in shown for guise in guises(number))
    assert POSTED.encode() in tables["database:ledger_posting"]

    assert hits(drill.planted, sinks) == []
    # source data: shown and exported as it stands in the books, and nowhere else
    others = {
        name: content
        for name, content in sinks.items()
        if not name.startswith(("database:ledger_", f"{PAGES}:", "export:", "backup:"))
    }
    assert hits([Planted("in a posting", POSTED)], others) == []


def people_come_in(drill: Drill, house: House, letters: list[bytes]) -> Browser:
    """The first link, a password, wrong ones, a second factor, an invitation, a forgotten one."""
    link = house.said(r"(?:Logg inn \(én gang\) / sign in \(once\)):\s+(\S+)")
    browser = Browser(house)
    at = path_of(link)
    browser.get(at)
    browser.post(at, page=at)
    drill.plant("password", PASSWORD)
    browser.post(
        "/konto/passord/nytt/", page="/konto/passord/nytt/", password1=PASSWORD, password2=PASSWORD
    )
    (email,) = drill.ask("select email from tenants_user")[0]
    stranger = Browser(house)
    drill.plant("wrong password", WRONG)
    stranger.post("/konto/logg-inn/", page="/konto/logg-inn/", login=str(email), password=WRONG)
    in_again = browser.post(
        "/konto/logg-inn/", page="/konto/logg-inn/", login=str(email), password=PASSWORD
    )
    assert in_again.status_code == 200

    browser.post("/konto/bekreft/", page="/konto/bekreft/", password=PASSWORD)
    page = browser.get("/konto/totrinn/app/").text
    secret = re.search(r'id="totp-key">(\w+)<', page)
    assert secret is not None
    drill.plant("second factor", secret[1], SHOWN)
    browser.post("/konto/totrinn/app/", code=code_of(secret[1]))
    codes = browser.get("/konto/totrinn/koder/").text
    found = set(re.findall(r"<li><code>([^<]+)</code>", codes))
    assert len(found) == 10
    for number, code in enumerate(sorted(found)):
        drill.plant(f"recovery code {number}", code, SHOWN)
    drill.plant("session", browser.session)

    browser.post("/brukere/inviter/", page="/brukere/inviter/", people="ny@byra.example",
                 role="accountant", clients="alle")  # fmt: skip
    stranger.post("/konto/passord/glemt/", page="/konto/passord/glemt/", email=str(email))
    browser.post(
        "/brukere/enkel/lagre/", page="/brukere/enkel/", issuer="https://idp.example",
        client_id="klientbro", client_secret=drill.plant("sign-on secret", SIGN_ON_SECRET),
        new_role="reader", factor="told",
    )  # fmt: skip
    assert drill.ask("select count(*) from identity_signonprovider") == [(1,)]
    wait_for(lambda: len(letters) >= 2, "the invitation and the new password's letter")
    for number, letter in enumerate(letters):
        for token in re.findall(rb"/(?:invitasjon|glemt)/(?:\w+/)?([\w-]{20,})/", letter):
            drill.plant(f"token of letter {number}", token.decode(), SENT)
    assert sum("token of letter" in one.name for one in drill.planted) >= 2
    return browser


def clients_are_connected(drill: Drill, browser: Browser) -> None:
    """Real keys, a person, a wrong key, an import, and the first books."""
    simulator = drill.simulator
    browser.post("/integrasjoner/ny/", system="poweroffice", dialog=True)
    simulator.do(
        DENTISTS,
        "post_voucher",
        text=f"Utlegg {POSTED}",
        lines=[{"account_no": 6800, "amount": "100.00"}, {"account_no": 1920, "amount": "-100.00"}],
    )
    for number in (DENTISTS, ILLUSTRATOR):
        about, key = simulator.company(number), simulator.install(number)
        drill.plant(f"client key {number}", key)
        drill.plant(f"token of {number}", simulator.token(key))
        add(browser, about["orgnr"], about["name"], key)
    drill.planted_number = simulator.company(ILLUSTRATOR)["orgnr"]
    drill.planted.append(Planted("person", drill.planted_number))
    assert drill.ask("select count(*) from clients_connection where api_active") == [(2,)]
    add(browser, orgnr_number(5), "Feil AS", drill.plant("wrong key", WRONG_KEY))
    add(browser, drill.plant("typed number", TYPED), "Person", f"{WRONG_KEY}-2", save=True)
    # a wrong digit, and a personal number where a name is searched for
    browser.post(f"{SYSTEM}ny-klient/", dialog=True, identifier=f"{TYPED[:10]}{9 - int(TYPED[10])}",
                 name="Feil", key=WRONG_KEY)  # fmt: skip
    browser.post("/finn/", q=drill.plant("searched number", SEARCHED))
    rows = f"Importert\t1\t{drill.plant('imported number', IMPORTED)}\t"
    rows += drill.plant("imported key", IMPORTED_KEY)
    browser.post(f"{SYSTEM}importer/", rows=rows)
    browser.post(f"{SYSTEM}importer/", confirm="1")
    assert drill.ask("select count(*) from clients_connection where name = 'Importert'") == [(1,)]
    browser.post(f"{SYSTEM}aktiver-alle/", dialog=True, confirm="1")
    wait_for(
        lambda: drill.ask("select count(*) from sync_state where last_success_at is not null "
                          "and cause = ''") == [(2,)], "the first books"
    )  # fmt: skip


def add(browser: Browser, identifier: str, name: str, key: str, *, save: bool = False) -> None:
    """The dialog, and its waiting until the source has answered."""
    typed = {"identifier": identifier, "name": name}
    answer = browser.post(f"{SYSTEM}ny-klient/", dialog=True, key=key, **typed)
    found = re.search(r'hx-post="([^"]+/ny-klient/[^"]+)"', answer.text)
    assert found is not None, answer.text

    def is_answered() -> bool:
        nonlocal answer
        answer = browser.post(found[1], dialog=True, **typed)
        return "data-working" not in answer.text

    wait_for(is_answered, f"the answer about {name}")
    if save:
        browser.post(found[1], dialog=True, unchecked="1", **typed)


def everything_fails_once(drill: Drill, browser: Browser) -> None:
    """The source shows all it is sent, a job breaks, and so does a page."""
    (row,) = drill.ask("select public_id::text from clients_connection where api_active "
                       "order by id limit 1")[0]  # fmt: skip
    at = f"{SYSTEM}{row}/"
    drill.order("delete from sync_accesstoken")
    drill.source.echoes = True
    browser.post(f"{at}hent/", dialog=True)
    browser.post(f"{at}kontroller/", dialog=True)
    browser.post(f"{at}testdata/", dialog=True)
    wait_for(lambda: drill.source.echoed >= 3, "the source's failures")
    wait_for(lambda: drill.ask("select 1 from sync_state where cause <> ''"), "the cause")
    # a page and its form fall over with everything they were given
    drill.order("alter table clients_keycheck rename to clients_keycheck_away")
    broken = browser.post(f"{SYSTEM}ny-klient/", dialog=True, identifier=TYPED, name="Feil",
                          key=WRONG_KEY)  # fmt: skip
    drill.order("alter table clients_keycheck_away rename to clients_keycheck")
    assert broken.status_code == 500
    # a job that cannot open its key
    drill.order("update clients_connection set key_sealed = key_sealed || '\\x00' "
                "where name = 'Importert'")  # fmt: skip
    browser.get("/klienter/00000000-0000-0000-0000-000000000000/")
    browser.get(f"/klienter/?q={orgnr_number(5)}")


def figures_are_worked_with(drill: Drill, browser: Browser) -> None:
    """A personal number is shown; the books, the log and the bank are looked at and exported."""
    (person,) = drill.ask("select public_id::text from clients_client c where exists (select from "
                          "clients_connection k where k.client_id = c.id and k.api_active) "
                          "and c.orgnr is null")[0]  # fmt: skip
    at = f"/klienter/{person}/"
    browser.get(at)
    before = set(browser.pages)
    answer = browser.post(
        f"{at}fodselsnummer/", purpose="other", dialog=True,
        reason=f"gjelder {drill.plant('number as a reason', REASON)}",
    )  # fmt: skip
    assert answer.status_code == 200
    # shown here, and nowhere else: this one page is let through
    shown = next(iter(set(browser.pages) - before))
    drill.planted = [
        Planted(one.name, one.value, one.belongs_in) if one.name != "person"
        else Planted("person", one.value, frozenset({"shown"}))
        for one in drill.planted
    ]  # fmt: skip
    browser.pages[f"shown {shown}"] = browser.pages.pop(shown)
    (company,) = drill.ask("select public_id::text from clients_client where orgnr is not null "
                           "and exists (select from ledger_books b where b.client_id = "
                           "clients_client.id) limit 1")[0]  # fmt: skip
    for client in (company, person):
        for kind in ("csv", "xlsx"):
            for part in ("saldobalanse", "bilag"):
                export(drill, browser.get(f"/klienter/{client}/{part}/eksport.{kind}"))
        month = browser.get(f"/avstemming/{client}/").url.path
        for kind in ("pdf", "xlsx"):
            export(drill, browser.get(f"{month}dokumentasjon.{kind}"))
        for kind in ("pdf", "xlsx"):
            export(drill, browser.get(f"/rapport/{client}/eksport.{kind}"))
    for page in ("/oversikt/", "/klienter/", "/logg/", SYSTEM, "/brukere/", "/konto/okter/",
                 f"/klienter/{company}/bilag/", f"/klienter/{company}/"):  # fmt: skip
        browser.get(page)
    csv = f"Dato;Beløp;Tekst\n05.10.2026;100,00;Fra {POSTED}\n".encode()
    month = browser.get(f"/avstemming/{company}/").url.path
    bank = drill.ask("select a.source_id from ledger_account a where number = '1920' limit 1")
    browser.post(f"{month}utskrift-les/{bank[0][0]}/", files={"file": ("bank.csv", csv)})
    export(drill, browser.post("/logg/eksport/"))


def export(drill: Drill, answer: object) -> None:
    """Keeps a file that was handed over, with all it has packed inside."""
    status, content = answer.status_code, answer.content  # type: ignore[attr-defined]
    assert status in (200, 404), answer
    if status == 200:
        name = answer.url.path  # type: ignore[attr-defined]
        drill.files[f"export:{len(drill.files)} {name}"] = unpacked(content)


def operators_look_in(drill: Drill, house: House, browser: Browser) -> bytes:
    """Alerts, metrics, a backup, the keys, and a job that was to fail."""
    backup = drill.home / "backups" / "b.tar"
    house.command(code=COMMANDS, words=[str(backup)])  # one process: starting one takes seconds
    drill.source.echoes = False
    drill.files["backup:tar"] = backup.read_bytes()
    drill.files["backup:sql"] = in_plain_text(backup)
    for name, text in secrets_of(drill.home).items():
        drill.plant(f"{name} of the home", text.rpartition(":")[2])
    answer = browser.lines.get("/metrics", headers={"authorization": f"Bearer {METRICS}"})
    assert answer.status_code == 200
    return answer.content
