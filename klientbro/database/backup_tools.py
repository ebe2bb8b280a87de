"""PostgreSQL's own dump programs: which ones fit a server, and running them without secrets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from klientbro.database.binaries import SETTING, find_binaries
from klientbro.database.tls_relay import plain_way_to
from klientbro.database.urls import connection_parameters, url_from_parameters
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import without_secrets

_SYSTEM_FOLDERS = Path("/usr/lib/postgresql")
_RELEASE = re.compile(r"\(PostgreSQL\) (\d+)")


@dataclass(frozen=True)
class Server:
    """What the programs must fit."""

    major: int
    has_tls: bool
    """Whether the way to it is encrypted, which the wheel's programs (no OpenSSL) cannot do."""


@dataclass(frozen=True)
class DumpTools:
    """`pg_dump` and `pg_restore` of one folder."""

    folder: Path
    through_relay: bool = False  # they cannot speak TLS, and the server is reached over it

    @contextmanager
    def way_to(self, url: str) -> Iterator[str]:
        """The address that the programs are given, good until the block ends."""
        if not self.through_relay:
            yield url
            return
        with plain_way_to(url) as way:
            yield way

    def command(self, program: str, url: str, *options: str) -> tuple[list[str], dict[str, str]]:
        """A command line and its environment; the password stands in neither `ps` nor a log."""
        parameters = connection_parameters(url)
        password = parameters.pop("password", None)
        environment = without_secrets(os.environ)
        environment = {name: value for name, value in environment.items() if name[:2] != "PG"}
        if password:
            environment["PGPASSWORD"] = password
        shown = url_from_parameters(parameters)
        return [str(self.folder / program), *options, f"--dbname={shown}"], environment


def find_dump_tools(server: Server, configured: Path | None = None) -> DumpTools:
    """The first fitting programs: the setting's, the wheel's, then those of the machine.

    Over TLS those of the machine go first: the wheel's are led there by a relay of ours.
    """
    told = []
    relayed: DumpTools | None = None
    for folder, is_wheel in _folders(configured):
        release = _release(folder / "pg_dump")
        if release is None or not (folder / "pg_restore").is_file():
            continue
        if release < server.major:
            told.append(f"{folder} has version {release}")
        elif is_wheel and server.has_tls:
            relayed = DumpTools(folder, through_relay=True)
        else:
            return DumpTools(folder)
    if relayed is not None:
        return relayed
    raise ConfigurationError(
        f"No pg_dump fits the server, which is PostgreSQL {server.major}"
        f"{' reached over TLS' if server.has_tls else ''}: {'; '.join(told) or 'none found'}. "
        f"Install PostgreSQL's client programs in version {server.major} or newer (on Debian: "
        f"postgresql-client-{server.major}), or point {SETTING} at the folder that has them."
    )


def start(
    command: list[str],
    environment: dict[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start one of the programs; its complaints wait in a pipe."""
    return subprocess.Popen(  # noqa: S603 (PostgreSQL's own programs, no shell)
        command, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
    )


def complaint_of(printed: bytes) -> str:
    """The line of a program's complaints that says what went wrong."""
    lines = [line for line in printed.decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error:" in line]
    return (errors or lines or ["it gave no reason"])[0].strip()


def _folders(configured: Path | None) -> Iterator[tuple[Path, bool]]:
    if configured:
        yield configured, False
    else:
        # an installation without the wheel uses the machine's own
        with suppress(ConfigurationError):
            yield find_binaries(), True
    # on Debian a wrapper that picks a version by itself: the real ones are below
    if (found := shutil.which("pg_dump")) and not _SYSTEM_FOLDERS.is_dir():
        yield Path(found).parent, False
    if _SYSTEM_FOLDERS.is_dir():
        versions = [entry for entry in _SYSTEM_FOLDERS.iterdir() if entry.name.isdigit()]
        for version in sorted(versions, key=lambda entry: int(entry.name)):
            yield version / "bin", False


def _release(program: Path) -> int | None:
    try:
        told = subprocess.run(  # noqa: S603 (PostgreSQL's own program, no shell)
            [str(program), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError:
        return None
    found = _RELEASE.search(told.stdout)
    return int(found[1]) if found else None
