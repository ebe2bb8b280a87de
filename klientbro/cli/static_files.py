"""Gathers the pages' style sheets, scripts and fonts to where the web server serves them from."""

from __future__ import annotations

from klientbro.cli.house import House
from klientbro.database.locks import exclusive


def collect_static_files(house: House) -> None:
    """Gather them, one process at a time; what is unchanged is left as it is."""
    from django.core.management import call_command

    with exclusive(house.environment.home / "static.lock"):
        call_command("collectstatic", interactive=False, verbosity=0)
