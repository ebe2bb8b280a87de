"""A way to a server over TLS for programs that cannot speak it: encrypted here, plain before.

The wheel's pg_dump and pg_restore are built without OpenSSL. They connect to a socket in a folder
that only this user may enter; what they say goes on encrypted, with the certificate checked as the
address asks (`sslmode`, `sslrootcert`), as libpq would do.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from klientbro.database.urls import connection_parameters, url_from_parameters
from klientbro.lib.errors import ConfigurationError

logger = logging.getLogger(__name__)
PORT = "5432"
CONNECT_SECONDS = 20.0
_CHUNK = 1 << 16
_TLS_REQUEST = struct.pack("!ii", 8, 80877103)  # the protocol's SSLRequest message
_OF_THE_LINE = ("host", "hostaddr", "port", "channel_binding", "requirepeer")


@contextmanager
def plain_way_to(url: str) -> Iterator[str]:
    """An address on this machine that leads to the same server for as long as the block lasts."""
    parameters = connection_parameters(url)
    context = _context(parameters)
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory(prefix="kb-tls-", ignore_cleanup_errors=True) as folder:
        socket = Path(folder) / f".s.PGSQL.{PORT}"
        relay = _Relay(parameters, context)
        server = loop.run_until_complete(asyncio.start_unix_server(relay.serve, socket))
        thread = threading.Thread(target=loop.run_forever, name="tls-relay", daemon=True)
        thread.start()
        kept = {
            name: value
            for name, value in parameters.items()
            if name not in _OF_THE_LINE and not name.startswith("ssl")
        }
        try:
            yield url_from_parameters({**kept, "host": folder, "port": PORT, "sslmode": "disable"})
        finally:
            asyncio.run_coroutine_threadsafe(end_with_its_lines(server), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def end_with_its_lines(server: asyncio.AbstractServer) -> None:
    """Ends the server and whatever this thread's loop still does, each line closed."""
    server.close()
    # A connection that came in at the last moment begins a task of its own while others end.
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
    await asyncio.sleep(0)  # the lines that were cut are closed on the loop's next turn


class _Relay:
    """Carries each connection on to the server, encrypted."""

    def __init__(self, parameters: dict[str, str], context: ssl.SSLContext) -> None:
        names = (parameters.get("host") or parameters.get("hostaddr", "")).split(",")
        addresses = (parameters.get("hostaddr") or parameters.get("host", "")).split(",")
        ports = parameters.get("port", PORT).split(",")
        self._servers = [
            (name, address, int(ports[index] if len(ports) > 1 else ports[0]))
            for index, (name, address) in enumerate(zip(names, addresses, strict=True))
        ]
        self._context = context
        self._is_direct = parameters.get("sslnegotiation") == "direct"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        ways: list[asyncio.Task[None]] = []
        try:
            there = await self._connect()
            ends.append(there[1])
            ways.append(asyncio.create_task(_carry(reader, there[1])))
            ways.append(asyncio.create_task(_carry(there[0], writer)))
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, TimeoutError) as error:
            logger.warning("the server could not be reached over TLS: %s", error)
        except asyncio.CancelledError:  # the block has ended
            cut(ends)
            return
        finally:
            for way in ways:
                way.cancel()
        await close_all(ends)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        failure: OSError | TimeoutError | None = None
        for name, address, port in self._servers:
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._connect_to(name, address, port)
            except (OSError, TimeoutError) as error:  # an SSLError is an OSError
                failure = error
        raise failure or OSError("the address names no server")

    async def _connect_to(
        self, name: str, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        # rule outgoing: the database, at the address of the setting
        reader, writer = await asyncio.open_connection(address, port)
        try:
            if not self._is_direct:
                writer.write(_TLS_REQUEST)
                if await reader.read(1) != b"S":
                    raise OSError("the server does not speak TLS")
            await writer.start_tls(self._context, server_hostname=name)
        except BaseException:
            writer.transport.abort()
            await asyncio.sleep(0)  # its socket is closed in the loop's next round, if there is one
            raise
        return reader, writer


async def close_all(ends: list[asyncio.StreamWriter]) -> None:
    """Closes them once what they were given has gone out. The task lasts until they are closed,
    so that whoever ends it (they are cut then) leaves no open socket behind."""
    for end in ends:
        end.close()
    try:
        for end in ends:
            with suppress(OSError):
                await end.wait_closed()
    except asyncio.CancelledError:
        cut(ends)


def cut(ends: list[asyncio.StreamWriter]) -> None:
    """Closes them on the loop's next turn; what they still had to say is not sent."""
    for end in ends:
        end.transport.abort()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_CHUNK):
            writer.write(piece)
            await writer.drain()


def _context(parameters: dict[str, str]) -> ssl.SSLContext:
    """How certificates are checked: `verify-full` by name too, `verify-ca` by whom it is signed,
    `require` like `verify-ca` where a root certificate is at hand, and otherwise not at all."""
    mode = parameters.get("sslmode", "prefer")
    root = parameters.get("sslrootcert", "")
    own = Path.home() / ".postgresql" / "root.crt"
    if not root and own.is_file():
        root = str(own)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["postgresql"])
    context.check_hostname = mode == "verify-full" or root == "system"
    is_checked = mode.startswith("verify") or (mode == "require" and bool(root)) or root == "system"
    context.verify_mode = ssl.CERT_REQUIRED if is_checked else ssl.CERT_NONE
    try:
        if root == "system":
            context.load_default_certs()
        elif is_checked:
            if not root:
                raise FileNotFoundError(own)
            context.load_verify_locations(root)
        if certificate := parameters.get("sslcert"):
            password = parameters.get("sslpassword")
            context.load_cert_chain(certificate, parameters.get("sslkey"), password)
        if revoked := parameters.get("sslcrl"):
            context.load_verify_locations(revoked)
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            "A certificate named in the database address cannot be read "
            f"({type(error).__name__}). See sslrootcert, sslcert, sslkey and sslcrl there."
        ) from error
    return context
