"""Database addresses: who connects to what, and how to show one without its password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from klientbro.lib.errors import ConfigurationError
from klientbro.lib.loopback import is_loopback_host

OWNER_ROLE = "klientbro_owner"
APP_ROLE = "klientbro_app"
BACKUP_ROLE = "klientbro_backup"
DATABASE_NAME = "klientbro"


@dataclass(frozen=True)
class DatabaseUrls:
    """The ways in: `owner` owns everything and only migrates, `app` owns nothing.

    `backup` reads every firm and writes nothing; None where nobody has set up such a role.
    """

    owner: str
    app: str
    backup: str | None = None

    @property
    def app_role(self) -> str:
        """The role the application connects as; the one that needs grants."""
        return str(connection_parameters(self.app).get("user", APP_ROLE))


def socket_url(
    role: str,
    directory: Path,
    database: str = DATABASE_NAME,
    *,
    port: int = 5432,
    password: str | None = None,
    passfile: Path | None = None,
) -> str:
    """A URL for a server behind a socket, with a password or with the file that holds it."""
    parameters = {"user": role, "dbname": database, "host": str(directory), "port": str(port)}
    if password:
        parameters["password"] = password
    if passfile:
        parameters["passfile"] = str(passfile)
    return url_from_parameters(parameters)


def connection_parameters(url: str) -> dict[str, str]:
    """The parts of a URL (or `key=value` text) by libpq's own names: host, port, user, dbname …"""
    try:
        found = conninfo_to_dict(url)
    except ProgrammingError as error:
        # libpq's own text may repeat the URL, password and all.
        raise ConfigurationError(
            "The database address cannot be read. It looks like "
            "postgresql://user:password@host:5432/database (set KLIENTBRO_DATABASE_URL)."
        ) from error
    return {name: str(value) for name, value in found.items() if value is not None}


def url_from_parameters(parameters: dict[str, str]) -> str:
    """The URL for connection parameters, the other way of `connection_parameters`."""
    rest = dict(parameters)
    login = quote(rest.pop("user", ""), safe="")
    if password := rest.pop("password", ""):
        login += ":" + quote(password, safe="")
    database = quote(rest.pop("dbname", ""), safe="")
    query = urlencode(rest, quote_via=quote)
    return (
        f"postgresql://{login}@/{database}?{query}"
        if query
        else f"postgresql://{login}@/{database}"
    )


def is_exposed(url: str) -> bool:
    """Whether the line leaves this machine without TLS, or without knowing whom it speaks with.

    Only `sslmode=verify-full` compares the server's certificate with its name.
    """
    given = connection_parameters(url)
    places = f"{given.get('host', '')},{given.get('hostaddr', '')}".split(",")
    is_away = any(
        place and not place.startswith(("/", "@")) and not is_loopback_host(place)
        for place in places
    )
    return is_away and given.get("sslmode") != "verify-full"


def without_password(url: str) -> str:
    """The same address without its password, fit for logs and for `klientbro doctor`."""
    parameters = connection_parameters(url)
    parameters.pop("password", None)
    return url_from_parameters(parameters)
