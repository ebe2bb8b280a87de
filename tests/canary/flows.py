"""People come in, clients are connected, and everything fails once."""

from __future__ import annotations

import re
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from klientbro.clients.tests.fixtures import orgnr_number

from .drill import (
    DENTISTS,
    ILLUSTRATOR,
    IMPORTED,
    IMPORTED_KEY,
    PASSWORD,
    POSTED,
    REASON,
    SEARCHED,
    SENT,
    SHOWN,
    SIGN_ON_SECRET,
    SYSTEM,
    TYPED,
    WRONG,
    WRONG_KEY,
    Drill,
)
from .house import Browser, House, code_of, path_of, wait_for
from .sinks import Planted
from .surroundings import PostOffice


def people_come_in(drill: Drill, house: House, office: PostOffice) -> Browser:
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
    wait_for(lambda: len(office.letters) >= 2, "the invitation and the new password's letter")
    # the mail server fails, and shows the letter it was sent
    office.refuses = True
    browser.post("/brukere/inviter/", page="/brukere/inviter/", people="nei@byra.example",
                 role="reader", clients="alle")  # fmt: skip
    wait_for(lambda: office.refused, "the letter that the server refuses")
    wait_for(lambda: house.said("(SMTPDataError)"), "its line in the log")
    office.refuses = False
    for number, letter in enumerate((*office.letters, *office.refused)):
        for token in re.findall(rb"/(?:invitasjon|glemt)/(?:\w+/)?([\w-]{20,})/", letter):
            drill.plant(f"token of letter {number}", token.decode(), SENT)
    assert sum("token of letter" in one.name for one in drill.planted) >= 3
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
    drill.plant("searched number", SEARCHED)
    for path in ("/finn/", "/klienter/", "/oversikt/", SYSTEM):
        for typed in (SEARCHED, f"{SEARCHED[:6]} {SEARCHED[6:]}"):
            found = browser.get(f"{path}?q={quote(typed)}")
            assert (found.status_code, found.url.path) == (200, path)
    refused = browser.post(f"{SYSTEM}ny-klient/", dialog=True, identifier=orgnr_number(7),
                           name=f"Ola {TYPED}", key=WRONG_KEY)  # fmt: skip
    assert refused.status_code in (200, 422)
    assert drill.ask("select count(*) from clients_connection where name like 'Ola%'") == [(0,)]
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
    (row,), (other,) = drill.ask(
        "select public_id::text from clients_connection where api_active order by id limit 2"
    )
    at = f"{SYSTEM}{row}/"
    source_fails(drill, browser, at)
    browser.post(f"{at}kontroller/", dialog=True)
    browser.post(f"{at}testdata/", dialog=True)
    wait_for(lambda: drill.source.echoed >= 3, "the source's failures")
    # a page and its form fall over with everything they were given
    drill.order("alter table clients_keycheck rename to clients_keycheck_away")
    broken = browser.post(f"{SYSTEM}ny-klient/", dialog=True, identifier=TYPED, name="Feil",
                          key=WRONG_KEY)  # fmt: skip
    drill.order("alter table clients_keycheck_away rename to clients_keycheck")
    assert broken.status_code == 500
    # a job falls over in the middle
    drill.order("alter table sync_accesstoken rename to sync_accesstoken_away")
    browser.post(f"{SYSTEM}{other}/kontroller/", dialog=True)
    told = drill.home / "postgres" / "server.log"
    wait_for(lambda: b'"sync_accesstoken" does not exist' in told.read_bytes(), "the job's fall")
    drill.order("alter table sync_accesstoken_away rename to sync_accesstoken")
    drill.source.echoes = False
    database_goes_down(drill, browser)
    # a job that cannot open its key
    drill.order("update clients_connection set key_sealed = key_sealed || '\\x00' "
                "where name = 'Importert'")  # fmt: skip
    browser.get("/klienter/00000000-0000-0000-0000-000000000000/")
    browser.get(f"/klienter/?q={orgnr_number(5)}")


def source_fails(drill: Drill, browser: Browser, at: str) -> None:
    """What it was sent stands in its answer; the client stops for that cause."""
    drill.order("delete from sync_accesstoken")
    drill.source.echoes = True
    browser.post(f"{at}hent/", dialog=True)
    wait_for(lambda: drill.ask("select 1 from sync_state where cause <> ''"), "the cause")


def database_goes_down(drill: Drill, browser: Browser) -> None:
    """Nobody gets a connection: a form is sent all the same, and the product comes back."""
    token = browser.token(SYSTEM)
    above = make_conninfo(drill.database_url, dbname="postgres")
    with psycopg.connect(above, autocommit=True) as connection:
        connection.execute("alter database klientbro allow_connections false")
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'klientbro'"
        )
        broken = browser.post(f"{SYSTEM}ny-klient/", dialog=True, token=token, identifier=TYPED,
                              name="Feil", key=WRONG_KEY)  # fmt: skip
        connection.execute("alter database klientbro allow_connections true")
    assert broken.status_code >= 500
    wait_for(lambda: browser.lines.get("/helse/klar/").status_code == 200, "the way back")


def number_is_shown(drill: Drill, browser: Browser) -> str:
    """A personal number, for a stated purpose; gives whose page it stands on."""
    ((person,),) = drill.ask(
        "select public_id::text from clients_client c where exists (select from "
        "clients_connection k where k.client_id = c.id and k.api_active) and c.orgnr is null"
    )
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
    return str(person)
