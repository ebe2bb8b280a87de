"""What a balancer, a monitor and `klientbro doctor` ask: database, tables, workers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

OK, NOTE, WRONG = "ok", "note", "wrong"
# A worker says that it lives every two seconds.
SILENT_SECONDS = 15
LATE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Sign:
    """The answer of one check, and what to do about it."""

    name: str
    verdict: str
    message: str
    action: str = ""


def database() -> Sign:
    """The server answers, and which one it is."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("show server_version")
            version = cursor.fetchone()[0]
    except DatabaseError:
        return Sign(
            "database",
            WRONG,
            "The database does not answer.",
            "Start PostgreSQL, or check KLIENTBRO_DATABASE_URL.",
        )
    kind = "external" if settings.ENVIRONMENT.database_url else "embedded"
    return Sign("database", OK, f"PostgreSQL {version} ({kind}) answers.")


def migrations() -> Sign:
    """The tables are those that this program expects."""
    if missing := missing_migrations():
        return Sign(
            "migrations",
            WRONG,
            f"{len(missing)} migrations are not run: {', '.join(missing[:3])} …",
            "Run `klientbro migrate`.",
        )
    return Sign("migrations", OK, "The tables are up to date.")


def missing_migrations() -> list[str]:
    """The names of the migrations that the database lacks. One cheap question."""
    with connection.cursor() as cursor:
        cursor.execute("select to_regclass('django_migrations') is not null")
        applied: set[tuple[str, str]] = set()
        if cursor.fetchone()[0]:
            cursor.execute("select app, name from django_migrations")
            applied = set(cursor.fetchall())
    return [f"{app}.{name}" for app, name in _known_migrations() if (app, name) not in applied]


@cache
def _known_migrations() -> tuple[tuple[str, str], ...]:
    """Those of this program; they do not change while it runs."""
    loader = MigrationLoader(None)
    replaced = {one for migration in loader.replacements.values() for one in migration.replaces}
    return tuple(sorted(key for key in loader.disk_migrations if key not in replaced))


def workers() -> Sign:
    """Somebody works, and no job has waited long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select (select count(*) from procrastinate_workers
                    where last_heartbeat > now() - make_interval(secs => %s)),
                   (select extract(epoch from now() - max(last_heartbeat))
                    from procrastinate_workers),
                   count(*),
                   coalesce(extract(epoch from now() - min(coalesce(scheduled_at,
                       (select min(at) from procrastinate_events e where e.job_id = j.id)))), 0)
            from procrastinate_jobs j
            where status = 'todo' and (scheduled_at is null or scheduled_at <= now())
            """,
            [SILENT_SECONDS],
        )
        alive, age, waiting, longest = cursor.fetchone()
    told = f"{alive} worker(s), {waiting} job(s) waiting, the longest for {longest:.0f} s."
    if age is not None:
        told += f" Last sign of life {age:.0f} s ago."
    if not alive:
        verdict = WRONG if waiting else NOTE
        return Sign("queue", verdict, told, "Start `klientbro run`, or `klientbro worker`.")
    if longest > LATE_SECONDS:
        return Sign("queue", NOTE, told, "Start one more `klientbro worker`.")
    return Sign("queue", OK, told)


def signs() -> list[Sign]:
    """All checks. Where the database does not answer, that is the only one."""
    found = [database()]
    if found[0].verdict == OK:
        found += [migrations(), workers()]
    return found


def is_ready(found: list[Sign]) -> bool:
    """Whether pages can be served. Without a worker they can: they say that nothing is fetched."""
    return all(sign.verdict != WRONG for sign in found if sign.name in ("database", "migrations"))
