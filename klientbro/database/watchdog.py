"""Stops an embedded server whose every owner was killed, so that none runs on by accident.

A killed owner cannot stop the server itself. This small process sleeps on the owners' lock; when
the kernel has dropped the last hold on it, the next start gets a while to adopt the server, and
then it is stopped.
"""

from __future__ import annotations

import sys
from pathlib import Path

from klientbro.database import postmaster
from klientbro.database.locks import FileLock, exclusive
from klientbro.database.paths import ServerPaths
from klientbro.database.processes import wait_until

GRACE_SECONDS = 20.0


def watch(paths: ServerPaths, grace_seconds: float = GRACE_SECONDS) -> None:
    """Wait until nobody owns the server, and stop it; returns when it no longer runs."""
    alone = FileLock(paths.watchdog_lock)
    if not alone.try_seize():
        return  # another watchdog is on duty
    owners = FileLock(paths.owners_lock)
    while True:
        owners.seize()
        owners.drop()
        # Often the last owner is just stopping the server in the regular way.
        if wait_until(lambda: postmaster.running_pid(paths) is None, grace_seconds, pause=0.25):
            return
        with exclusive(paths.start_lock):
            if owners.try_seize():
                postmaster.stop(paths, None)
                return


if __name__ == "__main__":
    watch(ServerPaths.of_home(Path(sys.argv[1])))
