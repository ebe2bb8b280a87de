"""Backups and restores of a server reached over TLS, with the certificate checked as asked."""

from __future__ import annotations

import gc
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer
from klientbro.database.backup import Restoring, take_backup
from klientbro.database.backup_file import read_backup
from klientbro.database.backup_tools import DumpTools, Server, find_dump_tools
from klientbro.database.passwords import ensure_passwords
from klientbro.database.tests.tls_front import Front, certificate, tls_before
from klientbro.database.tls_relay import PORT, plain_way_to
from klientbro.database.urls import DatabaseUrls, connection_parameters, url_from_parameters
from klientbro.lib.errors import ConfigurationError

OverTls = Callable[..., str]


def count(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, object]:
    row = connection.execute("select count(*), sum(amount)::text from books").fetchone()
    return {"rows": row[0], "sum": row[1]} if row else {}


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return certificate(tmp_path, "localhost", "127.0.0.1")


@pytest.fixture
def front(server: EmbeddedServer, good: Path) -> Iterator[Front]:
    """An installation's database behind TLS, with some rows that only their firm may see."""
    with psycopg.connect(server.urls.owner) as connection:
        connection.execute(
            "create table books (firm text, amount numeric, text text);"
            "insert into books select n::text, n * 0.01, repeat('Æ', 200) "
            "from generate_series(1, 20000) n;"
            "alter table books enable row level security;"
            "alter table books force row level security;"
            "create policy firm_only on books"
            " using (firm = current_setting('klientbro.firm', true));"
        )
    given = connection_parameters(server.urls.owner)
    with tls_before(f"{given['host']}/.s.PGSQL.{given.get('port', '5432')}", good) as found:
        yield found


@pytest.fixture
def over_tls(server: EmbeddedServer, front: Front) -> OverTls:
    """An address of the server with the password in it, as an operator writes it."""

    def make(url: str, host: str = "localhost", **tls: str) -> str:
        given = connection_parameters(url)
        given.pop("passfile", None)
        words = ensure_passwords(server.paths.passfile)
        password = {"password": words[given["user"]]} if given["user"] in words else {}
        return url_from_parameters(given | password | {"host": host, "port": str(front.port)} | tls)

    return make


def urls_of(server: EmbeddedServer, over_tls: OverTls, **tls: str) -> DatabaseUrls:
    return DatabaseUrls(
        owner=over_tls(server.urls.owner, **tls),
        app=over_tls(server.urls.app, **tls),
        backup=over_tls(server.urls.backup or "", **tls),
    )


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_backup_and_restore_work_over_tls(
    server: EmbeddedServer, front: Front, over_tls: OverTls, good: Path, tmp_path: Path, mode: str
) -> None:
    tls = {"sslmode": mode} | ({} if mode == "require" else {"sslrootcert": str(good)})
    urls = urls_of(server, over_tls, **tls)
    path = tmp_path / "copy.tar"
    manifest = take_backup(urls, path, count)
    assert (manifest["rows"], manifest["sum"]) == (20000, "2000100.00")
    assert front.encrypted >= 2, "the dump program too came over TLS"
    before = front.encrypted

    with psycopg.connect(urls.owner) as connection:
        connection.execute("truncate books")
    restoring = Restoring(urls, server.superuser_url)
    with restoring.open():
        restoring.fill(read_backup(path))
        restoring.swap(keep_before=False)
    assert front.encrypted > before
    with psycopg.connect(urls.backup or "") as connection:
        assert count(connection) == {"rows": 20000, "sum": "2000100.00"}
    assert front.refused == 0, "nothing was sent in the clear"


@pytest.mark.parametrize(
    ("host", "names", "mode"),
    [
        ("localhost", ("elsewhere.example",), "verify-full"),
        ("127.0.0.1", ("localhost",), "verify-full"),
        ("localhost", ("localhost",), "verify-ca"),
    ],
    ids=["another name", "a name for an address", "signed by somebody else"],
)
def test_relay_carries_nothing_to_a_server_whose_certificate_is_not_the_right_one(
    server: EmbeddedServer,
    over_tls: OverTls,
    good: Path,
    tmp_path: Path,
    host: str,
    names: tuple[str, ...],
    mode: str,
) -> None:
    shown = certificate(tmp_path, *names) if names != ("localhost",) else good
    trusted = shown
    if mode == "verify-ca":
        (tmp_path / "other").mkdir()
        trusted = certificate(tmp_path / "other", "localhost")
    given = connection_parameters(server.urls.owner)
    if names == ("localhost",) and mode == "verify-full":
        (tmp_path / "named").mkdir()
        shown = trusted = certificate(tmp_path / "named", "localhost")
    with tls_before(f"{given['host']}/.s.PGSQL.{given.get('port', '5432')}", shown) as front:
        url = over_tls(
            server.urls.owner, host, sslmode=mode, sslrootcert=str(trusted), port=str(front.port)
        )
        with plain_way_to(url) as way, pytest.raises(psycopg.OperationalError):
            psycopg.connect(way)
        assert front.encrypted == 0


def test_password_and_certificates_stand_in_no_command_line_and_the_way_is_closed_afterwards(
    server: EmbeddedServer, over_tls: OverTls, good: Path
) -> None:
    url = over_tls(server.urls.owner, sslmode="verify-full", sslrootcert=str(good))
    password = connection_parameters(url)["password"]
    tools = find_dump_tools(Server(18, has_tls=True))
    relayed = DumpTools(tools.folder, through_relay=True)
    with relayed.way_to(url) as way:
        command, environment = relayed.command("pg_dump", way)
        assert password not in " ".join(command)
        assert environment["PGPASSWORD"] == password
        folder = Path(connection_parameters(way)["host"])
        assert folder.stat().st_mode & 0o077 == 0, "nobody else may enter"
        with psycopg.connect(way) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
            assert not connection.pgconn.ssl_in_use
    assert not folder.exists()


def test_line_whose_server_never_says_goodbye_is_closed_when_the_way_ends(
    good: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Failed on a slow machine, as a socket left open: closing over TLS asks the other end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(good, good.with_suffix(".key"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        address = (
            f"postgresql://one@localhost:{port}/books"
            f"?sslnegotiation=direct&sslmode=verify-full&sslrootcert={good}"
        )
        with plain_way_to(address) as way, socket.socket(socket.AF_UNIX) as client:
            client.connect(f"{connection_parameters(way)['host']}/.s.PGSQL.{PORT}")
            line = context.wrap_socket(listener.accept()[0], server_side=True)
            client.sendall(b"hello")
            assert line.recv(5) == b"hello"
            client.shutdown(socket.SHUT_RDWR)
            assert line.recv(1) == b"", "the relay has begun to close"
        gc.collect()  # a socket still open would be told of here, and fail the test
        line.close()
    assert caplog.text == "", "and nobody is told of an error"


def test_certificate_that_cannot_be_read_is_told_by_its_setting(tmp_path: Path) -> None:
    url = f"postgresql://one:secret@localhost/books?sslmode=verify-full&sslrootcert={tmp_path}/no"
    with pytest.raises(ConfigurationError, match="sslrootcert") as told, plain_way_to(url):
        pass
    assert "secret" not in str(told.value)
