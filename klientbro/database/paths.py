"""Where the embedded server keeps its files under KLIENTBRO_HOME."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from klientbro.lib.errors import ConfigurationError

PORT = 5432
# The kernel's limit for the path of a socket is 107 bytes; PostgreSQL adds its own file name.
_SOCKET_PATH_LIMIT = 107
_SOCKET_NAME = f".s.PGSQL.{PORT}"
# Not the TMPDIR of the moment: every process must find the same directory for the same home.
_SHORT_PARENT = Path("/tmp")  # noqa: S108 (the directory in it is made 0700 and its owner checked)


@dataclass(frozen=True)
class ServerPaths:
    """The files of the one embedded server of a home."""

    root: Path

    @classmethod
    def of_home(cls, home: Path) -> ServerPaths:
        """The paths for KLIENTBRO_HOME, made absolute so that every process means the same."""
        return cls(home.resolve() / "postgres")

    @property
    def home(self) -> Path:
        """KLIENTBRO_HOME itself."""
        return self.root.parent

    @property
    def data(self) -> Path:
        """The database's files; owned by the account the server runs as."""
        return self.root / "data"

    @property
    def unfinished_data(self) -> Path:
        """Where initdb works, so that a killed one never looks like a database."""
        return self.root / "data.new"

    @property
    def pid_file(self) -> Path:
        """The server's own note of its process id."""
        return self.data / "postmaster.pid"

    @property
    def log(self) -> Path:
        """What the server prints."""
        return self.root / "server.log"

    @property
    def passfile(self) -> Path:
        """The generated passwords in libpq's own format, mode 0600."""
        return self.root / "pgpass"

    @property
    def start_lock(self) -> Path:
        """Held alone while somebody starts or stops the server."""
        return self.root / "start.lock"

    @property
    def owners_lock(self) -> Path:
        """Shared by every process that uses the server, for as long as it does."""
        return self.root / "owners.lock"

    @property
    def watchdog_lock(self) -> Path:
        """Held by the one process that stops a server nobody owns any more."""
        return self.root / "watchdog.lock"

    @property
    def sockets(self) -> Path:
        """The directory with the server's socket; short, whatever the length of the home."""
        inside = self.root / "socket"
        if len(os.fsencode(inside / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return _SHORT_PARENT / f"klientbro-{os.geteuid()}-{digest}"

    @property
    def socket_lock(self) -> Path:
        """PostgreSQL's lock beside its socket."""
        return self.sockets / f"{_SOCKET_NAME}.lock"

    def make_root(self) -> None:
        """Make the home and the server's folder, passable (not readable) for the server's account.

        Only folders made here get a mode: opening somebody's own folders is not ours to do.
        """
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            for directory in (self.home, self.root):
                if not directory.exists():
                    directory.mkdir(parents=True, exist_ok=True)
                    directory.chmod(mode)
        except OSError as error:
            raise ConfigurationError(
                f"The folder {self.home} cannot be made or written to ({error.strerror}). "
                "Choose another one with KLIENTBRO_HOME."
            ) from error
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise ConfigurationError(
                f"This user may not write in {self.root}. Run Klientbro as the user who made it, "
                "or choose another folder with KLIENTBRO_HOME."
            )

    def make_sockets(self, owner: tuple[int, int] | None) -> None:
        """Make the socket's folder, 0700 and belonging to the server's account and nobody else."""
        directory = self.sockets
        directory.mkdir(mode=0o700, exist_ok=True)
        found = directory.lstat()
        allowed = {os.geteuid()} | ({owner[0]} if owner else set())
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in allowed:
            raise ConfigurationError(
                f"{directory} exists and belongs to somebody else. Remove it, or choose a shorter "
                "KLIENTBRO_HOME."
            )
        if owner:
            os.chown(directory, *owner, follow_symlinks=False)
        directory.chmod(0o700)

    def remove_sockets(self) -> None:
        """Remove the socket's folder after the server has stopped, so that nothing is left over."""
        try:
            if self.sockets.lstat().st_uid not in {os.geteuid(), self.data.stat().st_uid}:
                return
            for leftover in (self.sockets / _SOCKET_NAME, self.socket_lock):
                leftover.unlink(missing_ok=True)
            self.sockets.rmdir()
        except OSError:
            return
