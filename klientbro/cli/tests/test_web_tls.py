"""The real web serves TLS with a certificate of a test's own authority, secrets from files."""

from __future__ import annotations

import base64
import ipaddress
import os
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from klientbro.cli.run import _answers
from klientbro.cli.tests.test_run import PROJECT
from klientbro.database.paths import ServerPaths
from klientbro.database.postmaster import stop
from klientbro.database.processes import wait_until
from klientbro.database.testing import furnish
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.tests.ports import free_port
from klientbro.operations.lines import exposed_lines
from klientbro.settings.environment import load_environment

TOKEN = "a token for the one who collects figures"


@dataclass
class Authority:
    """Signs one certificate for this machine."""

    folder: Path
    days: int = 30

    def __post_init__(self) -> None:
        now = datetime.now(UTC)
        key, self.key = ec.generate_private_key(ec.SECP256R1()), self.folder / "key.pem"
        ours = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "The test's own authority")])
        basic = (
            x509.CertificateBuilder()
            .issuer_name(name)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=self.days))
        )
        root = (
            basic.subject_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(key, hashes.SHA256())
        )
        here = ipaddress.ip_address("127.0.0.1")
        leaf = (
            basic.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "web")]))
            .public_key(ours.public_key())
            .serial_number(2)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(here)]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        self.root, self.chain = self.folder / "root.pem", self.folder / "chain.pem"
        self.root.write_bytes(root.public_bytes(serialization.Encoding.PEM))
        self.chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            ours.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.key.chmod(0o600)

    @property
    def settings(self) -> dict[str, str]:
        return {
            "KLIENTBRO_TLS_CERTIFICATE": str(self.chain),
            "KLIENTBRO_TLS_KEY": str(self.key),
        }


@dataclass
class Web:
    """A `klientbro web` of the test's own."""

    port: int
    authority: Authority
    settings: dict[str, str]
    process: subprocess.Popen[bytes]

    def get(self, path: str, **headers: str) -> httpx.Response:
        trusting = ssl.create_default_context(cafile=str(self.authority.root))
        with httpx.Client(verify=trusting, trust_env=False, timeout=60) as browser:
            return browser.get(f"https://127.0.0.1:{self.port}{path}", headers=headers)

    def answers(self) -> bool:
        try:
            return self.get("/helse/").status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture
def web() -> Iterator[Web]:
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        home, secrets = Path(name) / "home", Path(name) / "credentials"
        furnish(home)
        secrets.mkdir(mode=0o700)
        authority = Authority(secrets)
        authority.key.rename(secrets / "KLIENTBRO_TLS_KEY")
        for setting, text in {
            "KLIENTBRO_SECRET_KEYS": "k1:" + base64.b64encode(b"s" * 32).decode(),
            "KLIENTBRO_DJANGO_SECRET": "signs the sessions of this test",
            "KLIENTBRO_METRICS_TOKEN": TOKEN,
        }.items():
            (secrets / setting).write_text(text)
            (secrets / setting).chmod(0o400)
        port = free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
        settings = {
            "KLIENTBRO_HOME": str(home),
            "KLIENTBRO_PORT": str(port),
            "KLIENTBRO_WEB_PROCESSES": "1",
            "KLIENTBRO_TLS_CERTIFICATE": str(authority.chain),
            "CREDENTIALS_DIRECTORY": str(secrets),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "klientbro.cli.main", "web"],
            env=kept | settings,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        made = Web(port, authority, settings, process)
        try:
            assert wait_until(lambda: made.answers() or process.poll() is not None, 240)
            yield made
        finally:
            process.terminate()
            process.wait()
            stop(ServerPaths.of_home(home), None)


def family(pid: int) -> list[int]:
    found = [pid]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found += family(int(entry.name))
    return found


def test_web_speaks_tls_alone_and_its_secrets_stay_in_their_files(web: Web) -> None:
    assert web.get("/helse/klar/").status_code == 200
    assert "klientbro" in web.get("/metrics", Authorization=f"Bearer {TOKEN}").text
    assert web.get("/metrics").status_code in (401, 403, 404)
    with (
        httpx.Client(trust_env=False, timeout=60) as browser,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        browser.get(f"https://127.0.0.1:{web.port}/helse/")
    with (
        httpx.Client(trust_env=False, timeout=60) as browser,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        browser.get(f"http://127.0.0.1:{web.port}/helse/")
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(web.authority.root)
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2
    with httpx.Client(verify=old, trust_env=False, timeout=60) as browser:
        assert browser.get(f"https://127.0.0.1:{web.port}/helse/").status_code == 200

    assert _answers(load_environment(web.settings))  # as `klientbro run` asks

    processes = family(web.process.pid)
    assert len(processes) > 1
    for pid in processes:
        inherited = (Path("/proc") / str(pid) / "environ").read_bytes()
        assert TOKEN.encode() not in inherited
        assert b"signs the sessions" not in inherited
        assert base64.b64encode(b"s" * 32) not in inherited


def test_certificate_and_key_must_belong_together_and_the_key_be_hidden(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = Authority(tmp_path / "one"), Authority(tmp_path / "two")
    assert load_environment(one.settings).certificate is not None
    assert load_environment(one.settings).public_url.startswith("https://")
    with pytest.raises(ConfigurationError, match="cannot be used together"):
        load_environment(one.settings | {"KLIENTBRO_TLS_KEY": str(two.key)})
    with pytest.raises(ConfigurationError, match="KLIENTBRO_TLS_KEY is missing"):
        load_environment({"KLIENTBRO_TLS_CERTIFICATE": str(one.chain)})
    with pytest.raises(ConfigurationError, match="cannot be used"):
        load_environment(one.settings | {"KLIENTBRO_TLS_KEY": str(tmp_path / "none")})
    one.key.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod o-rwx"):
        load_environment(one.settings)


AWAY = "postgresql://klientbro_app:word@db.example.no/klientbro"


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"KLIENTBRO_DATABASE_URL": AWAY}, ["E001"]),
        ({"KLIENTBRO_DATABASE_URL": AWAY + "?sslmode=require"}, ["E001"]),
        ({"KLIENTBRO_DATABASE_URL": AWAY + "?sslmode=verify-ca"}, ["E001"]),
        ({"KLIENTBRO_DATABASE_URL": AWAY + "?sslmode=verify-full"}, []),
        ({"KLIENTBRO_APP_DATABASE_URL": AWAY, "KLIENTBRO_BACKUP_DATABASE_URL": AWAY},
         ["E001", "E001"]),
        ({"KLIENTBRO_DATABASE_URL": "postgresql://a@127.0.0.1/k"}, []),
        ({"KLIENTBRO_DATABASE_URL": "postgresql:///k?host=/run/postgresql"}, []),
        ({"KLIENTBRO_DATABASE_URL": "postgresql:///k?host=/run/postgresql,db2"}, ["E001"]),
        ({"KLIENTBRO_DATABASE_URL": AWAY + "?hostaddr=10.0.0.9"}, ["E001"]),
        ({"KLIENTBRO_HOST": "10.0.0.5"}, ["E002"]),
        ({"KLIENTBRO_HOST": "0.0.0.0"}, ["E002"]),  # noqa: S104
        ({"KLIENTBRO_HOST": "10.0.0.5", "KLIENTBRO_DATABASE_URL": AWAY,
          "KLIENTBRO_CLEAR_LINES": "1"}, []),
    ],
)  # fmt: skip
def test_line_that_leaves_the_machine_in_the_clear_is_told_of(
    given: dict[str, str], codes: list[str]
) -> None:
    found = exposed_lines(load_environment(given), datetime.now(UTC))
    assert [line.code.rpartition(".")[2] for line in found] == codes


def test_certificate_is_asked_for_where_others_come_and_told_of_before_it_ends(
    tmp_path: Path,
) -> None:
    environment = load_environment(Authority(tmp_path).settings | {"KLIENTBRO_HOST": "10.0.0.5"})
    now = datetime.now(UTC)
    assert list(exposed_lines(environment, now)) == []
    (ending,) = exposed_lines(environment, now + timedelta(days=20))
    assert ending.code == "klientbro.E003"
