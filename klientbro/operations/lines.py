"""Lines between the parts: told of where one leaves the machine in the clear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import checks
from django.utils import timezone

from klientbro.database.urls import is_exposed
from klientbro.lib.loopback import is_loopback_host
from klientbro.settings.environment import Environment

ENDS_SOON = timedelta(days=14)
INSIDE = "Where both are on one machine, as containers are, say so with KLIENTBRO_CLEAR_LINES=1."


@dataclass(frozen=True, slots=True)
class Line:
    """What is wrong with one, and its cure."""

    code: str
    message: str
    cure: str


def exposed_lines(environment: Environment, now: datetime) -> Iterator[Line]:
    """The database's, each by its setting, then the one from the proxy."""
    urls = {
        "KLIENTBRO_DATABASE_URL": environment.database_url,
        "KLIENTBRO_APP_DATABASE_URL": environment.external_app_url,
        "KLIENTBRO_BACKUP_DATABASE_URL": environment.external_backup_url,
    }
    for setting, url in urls.items():
        if url and is_exposed(url) and not environment.clear_lines:
            yield Line(
                "klientbro.E001",
                f"{setting}: the database is on another machine, and the line to it is not "
                "encrypted or its certificate not checked.",
                f"Add sslmode=verify-full (and sslrootcert=FILE) to the address. {INSIDE}",
            )
    certificate = environment.certificate
    if certificate is None and not is_loopback_host(environment.host):
        if not environment.clear_lines:
            yield Line(
                "klientbro.E002",
                f"The portal answers other machines at {environment.host} without TLS.",
                "Set KLIENTBRO_TLS_CERTIFICATE and KLIENTBRO_TLS_KEY, or KLIENTBRO_HOST=127.0.0.1 "
                f"where the proxy is on this machine. {INSIDE}",
            )
    elif certificate is not None and certificate.ends_at < now + ENDS_SOON:
        yield Line(
            "klientbro.E003",
            f"The certificate of KLIENTBRO_TLS_CERTIFICATE ends {certificate.ends_at:%Y-%m-%d}.",
            "Put a new one in its place and restart web.",
        )


@checks.register(checks.Tags.security, deploy=True)
def check_lines(**_asked: Any) -> list[checks.CheckMessage]:
    """For `check --deploy`."""
    found = exposed_lines(settings.ENVIRONMENT, timezone.now())
    return [checks.Error(line.message, hint=line.cure, id=line.code) for line in found]
