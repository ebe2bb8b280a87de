"""What `klientbro doctor` looks at: one function for each thing, each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import psycopg

from klientbro.cli.house import House, pending_migrations
from klientbro.database.external import MINIMUM_VERSION, complaint_about_app_role

# A worker says that it lives every two seconds.
_SILENT_SECONDS = 15
_LATE_SECONDS = 300


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
    if missing := pending_migrations():
        yield Finding(
            "migrations",
            Verdict.WRONG,
            f"{len(missing)} migrations are not run: {', '.join(missing[:3])} …",
            "Run `klientbro migrate`.",
        )
    else:
        yield Finding("migrations", Verdict.OK, "The tables are up to date.")


def queue(house: House) -> Iterator[Finding]:
    """Somebody works, and no job has waited long."""
    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        if not _exists(connection, "procrastinate_jobs"):
            return
        workers, waiting, longest = connection.execute(
            """
            select (select count(*) from procrastinate_workers
                    where last_heartbeat > now() - make_interval(secs => %s)),
                   count(*),
                   coalesce(extract(epoch from now() - min(coalesce(scheduled_at,
                       (select min(at) from procrastinate_events e where e.job_id = j.id)))), 0)
            from procrastinate_jobs j
            where status = 'todo' and (scheduled_at is null or scheduled_at <= now())
            """,
            (_SILENT_SECONDS,),
        ).fetchone() or (0, 0, 0)
    told = f"{workers} worker(s), {waiting} job(s) waiting, the longest for {longest:.0f} s."
    if not workers:
        yield Finding(
            "queue",
            Verdict.WRONG if waiting else Verdict.NOTE,
            told,
            "Start `klientbro run`, or `klientbro worker`.",
        )
    elif longest > _LATE_SECONDS:
        yield Finding("queue", Verdict.NOTE, told, "Start one more `klientbro worker`.")
    else:
        yield Finding("queue", Verdict.OK, told)


# In the order in which they are told. A part with something of its own to check adds it here.
CHECKS: tuple[Check, ...] = (
    configuration,
    keys,
    database_version,
    application_role,
    migrations,
    queue,
)


def run_checks(house: House) -> list[Finding]:
    """All findings; a check that itself fails is a finding too."""
    findings: list[Finding] = []
    for check in CHECKS:
        try:
            findings.extend(check(house))
        except psycopg.Error as error:
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
