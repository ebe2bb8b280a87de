"""PostgreSQL's main process: made, started, looked at and stopped."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from klientbro.database.passwords import SUPERUSER
from klientbro.database.paths import PORT, ServerPaths
from klientbro.database.processes import is_alive, processes_in, wait_until, works_in
from klientbro.database.unprivileged import (
    RunAs,
    nothing_works,
    way_for_existing,
    ways_to_run,
)
from klientbro.lib.errors import ConfigurationError

_FAST_STOP_SECONDS = 30.0
_LEFTOVER_SECONDS = 15.0


def running_pid(paths: ServerPaths) -> int | None:
    """The process id of the live server on these files, or None.

    The number in the file may since belong to somebody else, so its folder is checked too.
    """
    pid = _noted_pid(paths)
    if pid is None or not is_alive(pid) or not works_in(pid, paths.data):
        return None
    return pid


def clear_remains(paths: ServerPaths) -> None:
    """Remove what a killed server left that would stop the next one from starting.

    A zombie still answers `kill(pid, 0)`, so PostgreSQL takes its pid file for that of a running
    server, for ever where nobody reaps it. The file goes only when no process works in the data
    folder any more: a backend that outlived its server must never meet a new one.
    """
    if not paths.pid_file.exists() or running_pid(paths):
        return
    if not wait_until(lambda: not processes_in(paths.data), _LEFTOVER_SECONDS):
        raise ConfigurationError(
            f"The database in {paths.data} was killed and parts of it still run (process "
            f"{processes_in(paths.data)}). Wait for them to end, then start again."
        )
    paths.pid_file.unlink(missing_ok=True)
    paths.socket_lock.unlink(missing_ok=True)


def initialise(paths: ServerPaths, binaries: Path, password: str, *, durable: bool) -> RunAs:
    """Make a new, empty database cluster; returns the way it must be run."""
    tried = []
    for way in ways_to_run():
        failure = _initialise_with(way, paths, binaries, password, durable=durable)
        if failure is None:
            return way
        tried.append(f"{way.name}: {failure}")
    shutil.rmtree(paths.unfinished_data, ignore_errors=True)
    if os.geteuid() == 0:
        raise nothing_works(tried)
    raise ConfigurationError(f"The database could not be made: {tried[0]}")


def start(
    paths: ServerPaths, binaries: Path, settings: dict[str, str], way: RunAs | None = None
) -> subprocess.Popen[bytes]:
    """Start the server on existing files; does not wait until it answers."""
    way = way or way_for_existing(paths.data, binaries / "postgres")
    paths.make_sockets(way.files_owner)
    all_settings = settings | {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(paths.sockets),
        "unix_socket_permissions": "0700",
    }
    options = [part for pair in all_settings.items() for part in ("-c", "=".join(pair))]
    if paths.log.exists():
        paths.log.replace(paths.log.with_suffix(".log.1"))
    with paths.log.open("ab") as log:
        return way.start(
            [str(binaries / "postgres"), "-D", str(paths.data), *options], log=log.fileno()
        )


def stop(paths: ServerPaths, child: subprocess.Popen[bytes] | None) -> None:
    """Stop the server: clients are cut off, everything committed is kept."""
    for order, seconds in (
        # SIGINT is PostgreSQL's fast stop; SIGTERM would wait for every client to leave.
        (signal.SIGINT, _FAST_STOP_SECONDS),
        (signal.SIGQUIT, 5.0),
        (signal.SIGKILL, 5.0),
    ):
        pid = running_pid(paths)
        if pid is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, order)
        if wait_until(lambda pid=pid: _has_ended(pid, child), seconds):  # type: ignore[misc]
            break
    paths.remove_sockets()


def last_words(paths: ServerPaths, lines: int = 8) -> str:
    """The end of the server's log, for an error that has to explain itself."""
    try:
        return "\n".join(paths.log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _has_ended(pid: int, child: subprocess.Popen[bytes] | None) -> bool:
    if child is not None:
        child.poll()  # reaps it when it is our own, else it would stay a zombie
    return not is_alive(pid)


def _noted_pid(paths: ServerPaths) -> int | None:
    try:
        return int(paths.pid_file.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None


def _initialise_with(
    way: RunAs, paths: ServerPaths, binaries: Path, password: str, *, durable: bool
) -> str | None:
    """Try one way; None when it worked, else what went wrong."""
    unfinished = paths.unfinished_data
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    way.give(unfinished)
    if not way.can_use(binaries / "postgres", unfinished):
        return "it may not enter the folders on the way to the database or its programs"
    with tempfile.NamedTemporaryFile("w", dir=paths.root, prefix="pw.") as password_file:
        password_file.write(password)
        password_file.flush()
        way.give(Path(password_file.name))
        code, printed = way.run(
            [
                str(binaries / "initdb"),
                f"--pgdata={unfinished}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                # The wheels lack ICU. Texts sort by a sort key of ours, so bytes will do.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--locale=C",
                "--data-checksums",
                *([] if durable else ["--no-sync"]),
            ]
        )
    if code != 0:
        return printed.splitlines()[-1] if printed else f"initdb ended with {code}"
    unfinished.replace(paths.data)
    return None
