"""The files in deploy/ fit the product: every command, setting, role and path in them is real."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from klientbro.cli.main import commands
from klientbro.cli.tests.test_web_tls import Authority
from klientbro.database import EmbeddedServer, open_database
from klientbro.database.backup import complaint_about_backup_role
from klientbro.database.binaries import find_binaries
from klientbro.database.tests.conftest import home, initialised, server  # noqa: F401 fixtures
from klientbro.database.urls import connection_parameters, url_from_parameters
from klientbro.lib.secret_settings import SECRETS
from klientbro.operations.lines import exposed_lines
from klientbro.settings.environment import load_environment

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
UNITS = sorted([*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")])


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def test_every_setting_in_the_files_is_one_that_the_product_reads() -> None:
    sources = [
        *(PROJECT / "klientbro" / "settings").glob("*.py"),
        PROJECT / "klientbro" / "lib" / "secret_settings.py",
    ]
    text = "\n".join(path.read_text() for path in sources)
    read = set(re.findall(r"KLIENTBRO_[A-Z_]+", text))
    prefixes = {name for name in read if name.endswith("_")}
    last_parts = set(re.findall(r'prefix \+ "([A-Z_]+)"', text))
    known = read | {prefix + last for prefix in prefixes for last in last_parts}
    known |= {f"{name}_FILE" for name in SECRETS}
    pages = [*DEPLOY.iterdir(), *(PROJECT / "docs" / "howto").glob("*.md")]
    used = {
        name.rstrip("_")
        for path in pages
        for name in re.findall(r"KLIENTBRO_[A-Z_]+[A-Z]", path.read_text())
    }
    assert used
    assert used - {name.rstrip("_") for name in known} == set()


def test_example_of_settings_is_accepted_once_its_secrets_are_filled_in(tmp_path: Path) -> None:
    lines = (DEPLOY / "settings.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    given["KLIENTBRO_SECRET_KEYS"] = f"k1:{'A' * 43}="
    files = {"KLIENTBRO_TLS_CERTIFICATE", "KLIENTBRO_TLS_KEY"}
    assert files <= set(given)
    environment = load_environment(given | Authority(tmp_path).settings)
    assert environment.external_backup_url
    assert environment.poweroffice.is_configured
    assert environment.public_url.startswith("https://")
    for url in (environment.database_url, environment.external_app_url):
        assert connection_parameters(url or "")["sslmode"] == "verify-full"
    assert list(exposed_lines(environment, datetime.now(UTC))) == []


def test_example_of_the_proxy_asks_the_webs_over_tls_and_checks_them() -> None:
    text = (DEPLOY / "nginx.conf.example").read_text()
    assert "proxy_pass https://klientbro;" in text
    assert "proxy_ssl_verify on;" in text
    assert "proxy_ssl_trusted_certificate" in text
    assert "proxy_pass http://" not in text


def test_egress_example_lists_whom_the_product_may_ask_and_nobody_else() -> None:
    text = (DEPLOY / "egress.squid.conf.example").read_text()
    listed = {
        host
        for found in re.finditer(r"^acl listed dstdomain (.+)$", text, re.MULTILINE)
        for host in found[1].split()
    }
    environment = load_environment({})
    urls = (environment.poweroffice.api_url, environment.poweroffice.token_url)
    ours = {urlsplit(url).hostname for url in urls} | set(environment.sign_on_hosts)
    assert listed == ours | {"data.brreg.no"}
    rules = re.findall(r"^http_access (.+)$", text, re.MULTILINE)
    assert rules[-2:] == ["allow listed", "deny all"]
    assert [rule for rule in rules if rule.startswith("allow")] == ["allow listed"]
    assert "deny inside" in rules


def test_units_may_reach_named_peers_alone_and_take_secrets_from_credentials() -> None:
    network = (DEPLOY / "klientbro-network.conf").read_text()
    assert "IPAddressDeny=any" in network
    allowed = re.findall(r"^IPAddressAllow=(.+)$", network, re.MULTILINE)
    assert allowed[0] == "localhost"
    assert all(ip_address(one) for one in allowed[1:])  # single machines, no nets
    loaded = re.findall(
        r"^LoadCredentialEncrypted=(\w+):/etc/credstore.encrypted/(\w+)$",
        (DEPLOY / "klientbro-secrets.conf").read_text(),
        re.MULTILINE,
    )
    assert all(name == file and name in SECRETS for name, file in loaded)
    assert "KLIENTBRO_SECRET_KEYS" in {name for name, _file in loaded}


def test_every_command_in_units_and_compose_exists() -> None:
    known = {command.name for command in commands()}
    units = {
        found[1]
        for path in UNITS
        for found in re.finditer(r"^ExecStart=\S+/klientbro (\S+)", path.read_text(), re.MULTILINE)
    }
    containers = {
        str(service["command"][0])
        for service in compose()["services"].values()
        if "command" in service
    }
    assert units == {"web", "worker", "migrate", "backup"}
    assert containers == {"web", "worker", "migrate", "backup"}
    assert units <= known


def test_units_start_again_for_ever_and_stop_within_their_time() -> None:
    for name in ("klientbro-web.service", "klientbro-worker@.service"):
        text = (DEPLOY / name).read_text()
        assert "Restart=always" in text
        assert "StartLimitIntervalSec=0" in text
        assert "NoNewPrivileges=yes" in text


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    copies = []
    for unit in UNITS:
        # the program is not installed here: any other will do for the check
        text = unit.read_text().replace("/opt/klientbro/.venv/bin/klientbro", "/bin/true")
        copies.append(tmp_path / unit.name)
        copies[-1].write_text(text)
        if unit.suffix == ".service":
            beside = tmp_path / f"{unit.name}.d"
            beside.mkdir()
            for name in ("klientbro-network.conf", "klientbro-secrets.conf"):
                shutil.copy(DEPLOY / name, beside)
    told = subprocess.run(
        ["systemd-analyze", "verify", *map(str, copies)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, "")


def test_compose_names_only_what_it_defines() -> None:
    described = compose()
    services, volumes = described["services"], set(described["volumes"])
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert "image" in service, name
        for volume in service.get("volumes", []):
            source = str(volume).split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).exists(), volume
            elif not source.startswith("/"):
                assert source in volumes, volume
    assert services["web"]["environment"]["KLIENTBRO_HOST"] == "0.0.0.0"  # noqa: S104
    assert all(port.startswith("127.0.0.1:") for port in services["web"]["ports"])
    assert (DEPLOY / "Containerfile").exists()


def test_statements_for_roles_make_a_server_that_the_product_accepts(
    server: EmbeddedServer,  # noqa: F811
    tmp_path: Path,
) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("drop database klientbro")
        for role in ("owner", "app", "backup"):
            connection.execute(f"drop role klientbro_{role}")
    given = connection_parameters(server.superuser_url)
    passwords = {"OWNER_PASSWORD": "o'wner", "APP_PASSWORD": "app", "BACKUP_PASSWORD": "back"}
    subprocess.run(
        ["sh", str(DEPLOY / "database-roles.sh")],
        env={
            **os.environ,
            **passwords,
            "PATH": f"{find_binaries()}:{os.environ['PATH']}",
            "PGHOST": given["host"],
            "PGPASSWORD": given["password"],
        },
        check=True,
        capture_output=True,
    )

    def url(role: str) -> str:
        word = passwords[f"{role.upper()}_PASSWORD"]
        return url_from_parameters(
            given | {"user": f"klientbro_{role}", "password": word, "dbname": "klientbro"}
        )

    with open_database(
        tmp_path,
        database_url=url("owner"),
        app_database_url=url("app"),
        backup_database_url=url("backup"),
    ) as database:
        assert database.urls.app_role == "klientbro_app"
        with psycopg.connect(database.urls.backup or "") as connection:
            assert complaint_about_backup_role(connection) is None
