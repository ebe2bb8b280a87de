"""What every benchmark stands in: a PostgreSQL as the product starts it, and connections."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import os
import secrets
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulators.poweroffice_go.testing import Simulator

if TYPE_CHECKING:
    from klientbro.cli.house import House

_SLICES = 500


@contextmanager
def bench_house() -> Iterator[House]:
    """A fresh home with its own durable server, migrated, and Django started in this process."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-", ignore_cleanup_errors=True) as folder:
        for name in [name for name in os.environ if name.startswith("KLIENTBRO_")]:
            if name != "KLIENTBRO_POSTGRES_BIN":
                del os.environ[name]
        home = Path(folder) / "home"
        os.environ["KLIENTBRO_HOME"] = str(home)
        os.environ["KLIENTBRO_SECRET_KEYS"] = _made_up_secret()
        os.environ["KLIENTBRO_DJANGO_SECRET"] = secrets.token_urlsafe(32)
        for what in ("PAGES_PER_MINUTE", "PAGES_PER_HOUR", "FILES_PER_HOUR", "FILES_PER_DAY"):
            os.environ[f"KLIENTBRO_{what}"] = "1000000"  # a measurement reads more than people do
        Path(folder).chmod(0o755)  # the server may run as another user than we

        from klientbro.cli.house import open_house

        with open_house(migrate=True) as house:
            yield house
            from klientbro.sync.database import close_pool

            close_pool()


def _made_up_secret() -> str:
    return "bench:" + base64.b64encode(os.urandom(32)).decode()


def poweroffice_variables(simulator: Simulator, requests_per_second: float) -> dict[str, str]:
    """Settings for a process of its own that lead to the simulator."""
    prefix = "KLIENTBRO_POWEROFFICE_"
    return {
        f"{prefix}APPLICATION_KEY": simulator.application_key,
        f"{prefix}SUBSCRIPTION_KEY": simulator.subscription_key,
        f"{prefix}API_URL": simulator.api_url,
        f"{prefix}TOKEN_URL": simulator.token_url,
        f"{prefix}REQUESTS_PER_SECOND": str(requests_per_second),
    }


def use_simulator(simulator: Simulator, requests_per_second: float = 1000.0) -> None:
    """Point this process's settings at a simulator; by default with no pacing to speak of."""
    from django.conf import settings

    from klientbro.settings.environment import PowerOfficeSettings

    settings.ENVIRONMENT = dataclasses.replace(
        settings.ENVIRONMENT,
        poweroffice=PowerOfficeSettings(
            application_key=simulator.application_key,
            subscription_key=simulator.subscription_key,
            api_url=simulator.api_url,
            token_url=simulator.token_url,
            requests_per_second=requests_per_second,
            is_simulator=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class Books:
    """One active connection of a firm of its own to a simulated company."""

    firm_id: uuid.UUID
    connection: Any

    def queue(self, reason: str = "looking", *, full: bool = False) -> None:
        """Queue a sync, as the portal does."""
        from klientbro.sync.services import queue_sync
        from klientbro.tenants.context import firm

        with firm(self.firm_id):
            queue_sync(self.connection, reason=reason, full=full)

    def sync(self, reason: str = "looking", *, full: bool = False) -> None:
        """Run slices in this process until the run has ended."""
        from klientbro.sync.engine import run_slice
        from klientbro.sync.queue import LOOKING

        self.queue(reason, full=full)
        for _ in range(_SLICES):
            asyncio.run(run_slice(self.firm_id, self.connection.pk, LOOKING))
            cause = self.one("select cause from sync_state where connection_id = %s")
            if cause:
                raise RuntimeError(f"the sync stopped: {cause}")
            if not self.one("select count(*) from sync_step where connection_id = %s"):
                return
        raise RuntimeError("the sync did not end")

    @property
    def client_id(self) -> uuid.UUID:
        """The client's id in addresses."""
        from klientbro.clients.models import Client
        from klientbro.tenants.context import firm

        with firm(self.firm_id):
            found: uuid.UUID = Client.objects.get(pk=self.connection.client_id).public_id
        return found

    @property
    def is_done(self) -> bool:
        """Whether the run has ended; RuntimeError when it stopped with a cause."""
        cause = self.one("select cause from sync_state where connection_id = %s")
        if cause:
            raise RuntimeError(f"the sync stopped: {cause}")
        if self.one("select stage from ledger_books where connection_id = %s") != "current":
            return False
        return not self.one("select count(*) from sync_step where connection_id = %s")

    def forget_tokens(self) -> None:
        """As when the shared access token has run out."""
        from klientbro.sync.database import transaction

        with transaction(self.firm_id) as cursor:
            cursor.execute("delete from sync_accesstoken")

    def one(self, query: str) -> Any:
        """The first value of a query with one parameter: this connection."""
        from klientbro.sync.database import transaction

        with transaction(self.firm_id) as cursor:
            row = cursor.execute(query, [self.connection.pk]).fetchone()
        return row[0] if row else None


def connect(simulator: Simulator, number: int, firm_id: uuid.UUID | None = None) -> Books:
    """An active connection to a company; in a new firm unless one is given."""
    from klientbro.clients.models import Client, Connection, Integration
    from klientbro.domain.identifier import IdentifierKind
    from klientbro.lib.sorting import norwegian_sort_key
    from klientbro.tenants.context import firm
    from klientbro.tenants.services import create_firm, firm_envelopes

    about = simulator.company(number)
    key = simulator.install(number)
    firm_id = firm_id or create_firm("Regnskapsbyrået").id
    with firm(firm_id):
        envelopes = firm_envelopes()
        integration, _ = Integration.objects.get_or_create(firm_id=firm_id, system="poweroffice")
        named = {
            "firm_id": firm_id,
            "name": about["name"],
            "sort_key": norwegian_sort_key(about["name"]),
            "identifier_kind": IdentifierKind.ORGNR,
            "orgnr": about["orgnr"],
            "identifier_hash": envelopes.equality_hash("identifier", about["orgnr"]),
        }
        connection = Connection.objects.create(
            **named,
            integration=integration,
            client=Client.objects.create(**named),
            key_sealed=envelopes.seal("client_key", key),
            key_hash=envelopes.equality_hash("client_key", key),
            is_active=True,
            api_active=True,
        )
    return Books(firm_id, connection)


def collect_static_files() -> None:
    """The pages' files where the templates look for their hashed names."""
    from django.core.management import call_command

    call_command("collectstatic", interactive=False, verbosity=0)
