"""What `klientbro doctor` looks at: one function for each thing, each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import psycopg

from klientbro.cli.house import House
from klientbro.database.external import MINIMUM_VERSION, complaint_about_app_role
from klientbro.lib.errors import ConfigurationError

if TYPE_CHECKING:
    from klientbro.operations.health import Sign


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """The answer of one check."""

    name: str
    verdict: Verdict
    message: str
    action: str = ""


Check = Callable[[House], Iterator[Finding]]


def configuration(house: House) -> Iterator[Finding]:
    """Settings were read, or we would not be here; what is missing is told."""
    environment = house.environment
    mode = environment.home.stat().st_mode & 0o077
    if mode & 0o006:
        yield Finding(
            "configuration",
            Verdict.WRONG,
            f"{environment.home} may be read or written by other users.",
            f"chmod o-rw {environment.home}",
        )
        return
    yield Finding("configuration", Verdict.OK, f"Home folder {environment.home}.")


def keys(house: House) -> Iterator[Finding]:
    """The keys that wrap the clients' secrets, and those of PowerOffice Go."""
    environment = house.environment
    if not environment.secret_keys:
        yield Finding(
            "secret_keys",
            Verdict.WRONG,
            "There is no key to encrypt clients' secrets with.",
            f"Set KLIENTBRO_SECRET_KEYS, or restore secrets.json in {environment.home}.",
        )
    else:
        yield Finding("secret_keys", Verdict.OK, f"{len(environment.secret_keys)} key(s).")
    if environment.poweroffice.is_configured:
        yield Finding("poweroffice", Verdict.OK, f"Uses {environment.poweroffice.api_url}.")
    else:
        yield Finding(
            "poweroffice",
            Verdict.NOTE,
            "No PowerOffice Go keys: `klientbro run` starts the stand-in.",
            "Set KLIENTBRO_POWEROFFICE_APPLICATION_KEY and KLIENTBRO_POWEROFFICE_SUBSCRIPTION_KEY "
            "to use the real one.",
        )


def database_version(house: House) -> Iterator[Finding]:
    """The server answers and is new enough."""
    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        version = connection.info.server_version
    text = f"PostgreSQL {version // 10000}.{version % 10000}"
    kind = "embedded" if house.database.server else "external"
    if version < MINIMUM_VERSION:
        yield Finding("database", Verdict.WRONG, f"{text} ({kind}).", "Use version 17 or newer.")
    else:
        yield Finding("database", Verdict.OK, f"{text} ({kind}) answers.")


def application_role(house: House) -> Iterator[Finding]:
    """The application's role owns nothing and is bound by row-level security."""
    from klientbro.tenants.rls import WITHOUT_FIRM

    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        role = connection.info.user
        if complaint := complaint_about_app_role(connection):
            yield Finding(
                "application_role",
                Verdict.WRONG,
                f"The role {role} {complaint}.",
                "Give the application a role of its own: docs/howto/run-in-production.md.",
            )
            return
        unforced = connection.execute(
            """
            select c.relname from pg_class c
            join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'firm_id'
            where c.relkind in ('r', 'p') and not c.relforcerowsecurity and not c.relispartition
              and c.relname <> all(%s)
            """,
            (list(WITHOUT_FIRM),),
        ).fetchall()
    if unforced:
        names = ", ".join(str(name) for (name,) in unforced)
        yield Finding(
            "application_role",
            Verdict.WRONG,
            f"Row-level security is not forced on {names}.",
            "Run `klientbro migrate`; if that does not help, restore the schema from a backup.",
        )
        return
    yield Finding("application_role", Verdict.OK, f"{role} owns nothing.")


def migrations(house: House) -> Iterator[Finding]:
    """The tables are those that this program expects."""
    from klientbro.operations import health

    yield _finding(health.migrations())


def queue(house: House) -> Iterator[Finding]:
    """Somebody works, and no job has waited long."""
    from klientbro.operations import health

    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        if not _exists(connection, "procrastinate_jobs"):
            return
    yield _finding(health.workers())


def _finding(sign: Sign) -> Finding:
    """What the health pages tell, as the doctor tells it."""
    return Finding(sign.name, Verdict(sign.verdict), sign.message, sign.action)


def second_factor(house: House) -> Iterator[Finding]:
    """Firms that a password alone opens, also a trial that has become more than one."""
    from klientbro.tenants.services import firms_without_second_factor

    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        if not _exists(connection, "tenants_firm"):
            return
    open_to_passwords = firms_without_second_factor()
    if open_to_passwords:
        yield Finding(
            "second_factor",
            Verdict.NOTE,
            f"A password alone opens: {', '.join(open_to_passwords)}.",
            "Its administrator turns it on: Brukere, Innlogging til firmaet.",
        )
    else:
        yield Finding("second_factor", Verdict.OK, "Every firm asks for one.")


def virus_scanner(house: House) -> Iterator[Finding]:
    """Whether files are shown to a scanner before they are taken in."""
    scanner = house.environment.virus_scanner
    if scanner is None:
        yield Finding(
            "virus_scanner",
            Verdict.NOTE,
            "Files that people send in, and documents of vouchers, are not scanned for viruses.",
            "Set KLIENTBRO_VIRUS_SCANNER to a clamd: docs/howto/run-in-production.md",
        )
    elif scanner.answers():
        yield Finding("virus_scanner", Verdict.OK, f"clamd answers at {scanner}.")
    else:
        is_open = house.environment.unscanned_files == "accept"
        yield Finding(
            "virus_scanner",
            Verdict.WRONG,
            f"clamd does not answer at {scanner}: files are "
            + ("taken in unscanned." if is_open else "refused."),
            "Start clamd, and see that this account may use its socket.",
        )


def machine(house: House) -> Iterator[Finding]:
    """This machine agrees with the others: the same secret keys, release and time."""
    from klientbro.cli import guards

    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        skew = guards.clock_skew(connection)
        if not _exists(connection, "tenants_firm"):
            return
        closed = guards.firms_we_cannot_open(connection, house.environment)
    told = f"This machine's clock is {skew:+.1f} s from the database's."
    if abs(skew) > guards.NOTED_SKEW_SECONDS:
        is_wrong = abs(skew) > guards.WRONG_SKEW_SECONDS
        yield Finding(
            "clock",
            Verdict.WRONG if is_wrong else Verdict.NOTE,
            told,
            "Let both machines keep time by a network time server (timedatectl set-ntp true).",
        )
    else:
        yield Finding("clock", Verdict.OK, told)
    if closed:
        yield Finding(
            "shared_keys",
            Verdict.WRONG,
            f"The secret keys here cannot open {len(closed)} firm(s): {closed[0]}.",
            "Give this machine the same KLIENTBRO_SECRET_KEYS as the others.",
        )
    else:
        yield Finding("shared_keys", Verdict.OK, "Every firm's key opens with the secret keys.")
    if newer := guards.migrations_from_newer_releases():
        yield Finding(
            "release",
            Verdict.WRONG,
            f"A newer release has migrated the database ({newer[0]}).",
            "Install that release on this machine.",
        )


def lines(house: House) -> Iterator[Finding]:
    """What goes between the parts is encrypted where it leaves the machine."""
    from django.utils import timezone

    from klientbro.operations.lines import exposed_lines

    found = list(exposed_lines(house.environment, timezone.now()))
    for line in found:
        yield Finding("lines", Verdict.WRONG, line.message, line.cure)
    if not found:
        kept = "declared to stay on one machine" if house.environment.clear_lines else "encrypted"
        yield Finding("lines", Verdict.OK, f"No line leaves this machine in the clear ({kept}).")


def backup(house: House) -> Iterator[Finding]:
    """A role that can take a backup, and programs that fit the server."""
    from klientbro.database.backup import SETTING, complaint_about_backup_role, server_of
    from klientbro.database.backup_tools import find_dump_tools

    if house.database.urls.backup is None:
        yield Finding(
            "backup",
            Verdict.NOTE,
            "No role for backups is set, so `klientbro backup` cannot be used.",
            f"Set {SETTING}: docs/howto/backup.md.",
        )
        return
    with psycopg.connect(house.database.urls.backup, connect_timeout=10) as connection:
        complaint = complaint_about_backup_role(connection)
        server = server_of(connection)
    if complaint:
        yield Finding(
            "backup", Verdict.WRONG, f"The role for backups {complaint}.", "docs/howto/backup.md."
        )
        return
    try:
        tools = find_dump_tools(server, house.environment.postgres_bin)
    except ConfigurationError as error:
        yield Finding("backup", Verdict.WRONG, str(error), "docs/howto/backup.md.")
    else:
        yield Finding("backup", Verdict.OK, f"Can be taken, with pg_dump of {tools.folder}.")


# In the order in which they are told. A part with something of its own to check adds it here.
CHECKS: tuple[Check, ...] = (
    configuration,
    keys,
    database_version,
    application_role,
    migrations,
    second_factor,
    virus_scanner,
    machine,
    queue,
    lines,
    backup,
)


def run_checks(house: House) -> list[Finding]:
    """All findings; a check that itself fails is a finding too."""
    from django.db import Error as DatabaseError

    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings.extend(check(house))
        except (psycopg.Error, DatabaseError) as error:
            findings.append(
                Finding(
                    check.__name__,
                    Verdict.WRONG,
                    f"The database refused: {str(error).strip().splitlines()[0]}",
                    "Run `klientbro migrate`, then `klientbro doctor` again.",
                )
            )
    return findings


def _exists(connection: psycopg.Connection[tuple[object, ...]], table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", (table,)).fetchone()
    return bool(row and row[0])
