"""How to run PostgreSQL when we are root, which it refuses: three ways, tried in order.

None of them creates a user or opens a folder for others, as the wheels' own wrappers do.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import without_secrets

# An account made for us is better than the one that other services may share.
_ACCOUNTS = ("klientbro", "nobody")


@dataclass(frozen=True)
class RunAs:
    """One way to run the server's programs."""

    name: str
    prefix: tuple[str, ...] = ()
    """Put before the command; such a program replaces itself by the command (same process id)."""
    switch_to: tuple[int, int] | None = None
    """User and group to change to before the command starts."""
    files_owner: tuple[int, int] | None = None
    """Who must own the database's files; None when they are our own."""

    def start(
        self, command: list[str], *, log: int | None = None, quiet: bool = False
    ) -> subprocess.Popen[bytes]:
        """Start `command` this way, in a session of its own so that Ctrl-C does not reach it."""
        output = subprocess.DEVNULL if quiet else (log if log is not None else subprocess.PIPE)
        return subprocess.Popen(  # noqa: S603 (our own command, no shell)
            [*self.prefix, *command],
            user=self.switch_to[0] if self.switch_to else None,
            group=self.switch_to[1] if self.switch_to else None,
            extra_groups=[] if self.switch_to else None,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            umask=0o077,
            env={**without_secrets(os.environ), "LC_ALL": "C", "TZ": "UTC"},
        )

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run `command` this way to its end; its exit code and what it printed."""
        try:
            process = self.start(command)
        except (OSError, subprocess.SubprocessError) as error:
            return 1, str(error)
        printed, _ = process.communicate(timeout=120)
        return process.returncode, printed.decode(errors="replace").strip()

    def can_use(self, program: Path, directory: Path) -> bool:
        """Whether this way can run `program` and work in `directory`."""
        script = '"$0" -V && test -w "$1" && test -x "$1"'
        code, _ = self.run(["/bin/sh", "-c", script, str(program), str(directory)])
        return code == 0

    def give(self, path: Path) -> None:
        """Hand a file or folder to the account the server runs as."""
        if self.files_owner:
            os.chown(path, *self.files_owner)


OURSELVES = RunAs("as this user")


def ways_to_run() -> list[RunAs]:
    """The ways to try, best first; only one when we are an ordinary user."""
    if os.geteuid() != 0:
        return [OURSELVES]
    ways = []
    if account := _account():
        ways.append(
            RunAs(
                f"as the account {account.pw_name}",
                switch_to=_ids(account),
                files_owner=_ids(account),
            )
        )
        if setpriv := shutil.which("setpriv"):
            # Folders above the home may be closed to others (root's own home is 0700). The one
            # capability lets the server pass through them; it still writes only what it owns.
            ways.append(
                RunAs(
                    f"as the account {account.pw_name} with leave to pass closed folders",
                    prefix=(
                        setpriv,
                        f"--reuid={account.pw_uid}",
                        f"--regid={account.pw_gid}",
                        "--clear-groups",
                        "--inh-caps=+dac_read_search",
                        "--ambient-caps=+dac_read_search",
                    ),
                    files_owner=_ids(account),
                )
            )
    if unshare := shutil.which("unshare"):
        uid, gid = _ids(account) if account else (1000, 1000)
        ways.append(
            RunAs(
                "in a user namespace of its own",
                prefix=(unshare, "--user", f"--map-user={uid}", f"--map-group={gid}"),
            )
        )
    return ways


def way_for_existing(data: Path, program: Path) -> RunAs:
    """The way that can run the server on files already there, found by who owns them."""
    owner = data.stat().st_uid
    for way in ways_to_run():
        wanted = way.files_owner[0] if way.files_owner else os.geteuid()
        if wanted == owner and way.can_use(program, data):
            return way
    raise ConfigurationError(
        f"The database in {data} belongs to {_name(owner)}, and this user cannot run it. "
        f"Start Klientbro as the user who made it, or choose another folder with KLIENTBRO_HOME."
    )


def nothing_works(tried: list[str]) -> ConfigurationError:
    """The error when root has no way left; says what to do."""
    lines = "".join(f"\n  - {line}" for line in tried)
    return ConfigurationError(
        "PostgreSQL will not run as root, and no way around it worked here:"
        f"{lines}\nStart Klientbro as an ordinary user, or use another server with "
        "KLIENTBRO_DATABASE_URL."
    )


def _account() -> pwd.struct_passwd | None:
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _ids(account: pwd.struct_passwd) -> tuple[int, int]:
    return account.pw_uid, account.pw_gid


def _name(uid: int) -> str:
    try:
        return f"the user {pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return f"user number {uid}"
