"""A front that speaks TLS as PostgreSQL does, before a server that cannot; and its certificate."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from klientbro.database.tls_relay import close_all, cut, end_with_its_lines

TLS_REQUEST = bytes.fromhex("0000000804d2162f")


def certificate(folder: Path, *names: str) -> Path:
    """A self-made certificate for the names, with its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{names[0]}.crt"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_suffix(".key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Front:
    """Counts the connections it has carried; what is not encrypted is refused."""

    def __init__(self, behind: str, path: Path) -> None:
        self.behind = behind
        self.encrypted = 0
        self.refused = 0
        self.port = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(path, path.with_suffix(".key"))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            if await reader.readexactly(8) != TLS_REQUEST:
                self.refused += 1
                raise ConnectionRefusedError
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self._context)
            self.encrypted += 1
            inner, outer = await asyncio.open_unix_connection(self.behind)
            ends.append(outer)
            ways.append(asyncio.create_task(_carry(reader, outer)))
            ways.append(asyncio.create_task(_carry(inner, writer)))
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the other end does not want it
        except asyncio.CancelledError:
            cut(ends)
            return
        finally:
            for way in ways:
                way.cancel()
        await close_all(ends)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()


@contextmanager
def tls_before(socket: str, path: Path) -> Iterator[Front]:
    """The server behind `socket`, on a port of 127.0.0.1 that speaks TLS with the certificate."""
    front = Front(socket, path)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(front.serve, "127.0.0.1", 0))
    front.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    try:
        yield front
    finally:
        asyncio.run_coroutine_threadsafe(end_with_its_lines(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
