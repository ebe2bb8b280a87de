"""`klientbro web`: serves the portal's pages."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from klientbro.cli.command import Command
from klientbro.cli.guards import require_fit
from klientbro.cli.house import open_house
from klientbro.cli.ports import require_free
from klientbro.cli.static_files import collect_static_files

# Ctrl-C and restarts wait this long for answers under way.
_LAST_ANSWERS_SECONDS = 5


def add_arguments(parser: ArgumentParser) -> None:
    """What differs from machine to machine."""
    parser.add_argument("--processes", type=int, help="how many (KLIENTBRO_WEB_PROCESSES, 2)")


def run(arguments: Namespace) -> int:
    """Serve until told to stop.

    One blocking thread per process: measured four times faster than granian's own default. A long
    answer keeps its process busy, so there is more than one process.
    """
    from granian.constants import Interfaces, SSLProtocols
    from granian.log import LogLevels
    from granian.server import Server

    with open_house() as house:
        require_fit(house)
        environment = house.environment
        require_free(environment.host, environment.port, "KLIENTBRO_PORT")
        collect_static_files(house)
        certificate = environment.certificate
        Server(
            "klientbro.wsgi:application",
            address=environment.host,
            port=environment.port,
            interface=Interfaces.WSGI,
            workers=arguments.processes or environment.web_processes,
            blocking_threads=1,
            respawn_failed_workers=True,
            workers_kill_timeout=_LAST_ANSWERS_SECONDS,
            log_level=LogLevels.warning,
            ssl_cert=certificate.chain if certificate else None,
            ssl_key=certificate.key if certificate else None,
            ssl_protocol_min=SSLProtocols.tls12,
        ).serve()
    return 0


COMMAND = Command("web", "serve the portal alone", run, add_arguments, place=20)
