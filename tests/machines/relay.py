"""A TCP relay between «machines» and the database, which can be cut or stopped for each machine."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from klientbro.lib.tests.ports import free_port

_CHUNK = 65536


class Relay:
    """Listens on one port of every machine's address and leads to the server's socket.

    `cut`: lines are reset and new ones refused, as when a cable is pulled or a machine rebooted.
    `stop`: lines stay open and nothing comes through, as in a network that loses packets.
    """

    def __init__(self, hosts: list[str], server_socket: Path) -> None:
        self._server_socket = str(server_socket)
        self._lines: dict[str, list[asyncio.StreamWriter]] = {host: [] for host in hosts}
        self._listening: dict[str, asyncio.Server] = {}
        self._open: dict[str, asyncio.Event] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = free_port(*hosts)
        for host in hosts:
            self._do(self._listen(host))

    def cut(self, host: str) -> None:
        """The machine loses its database at once, and cannot reach it again."""
        self._do(self._cut(host))

    def stop(self, host: str) -> None:
        """Nothing comes through for the machine, and nobody is told."""
        self._loop.call_soon_threadsafe(self._open[host].clear)

    def heal(self, host: str) -> None:
        """The machine reaches the database again."""
        self._do(self._heal(host))

    def close(self) -> None:
        """End it, and every line."""
        for host in self._lines:
            self._do(self._cut(host))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=60)

    async def _listen(self, host: str) -> None:
        self._open[host] = asyncio.Event()
        self._open[host].set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(host, reader, writer)

        self._listening[host] = await asyncio.start_server(serve, host, self.port)

    async def _cut(self, host: str) -> None:
        listening = self._listening.pop(host, None)
        if listening:
            listening.close()
        for writer in self._lines[host]:
            writer.transport.abort()
        self._lines[host].clear()
        self._open[host].set()
        await asyncio.sleep(0.05)  # those who were told end

    async def _heal(self, host: str) -> None:
        if host not in self._listening:
            await self._listen(host)
        self._open[host].set()

    async def _serve(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            back, forth = await asyncio.open_unix_connection(self._server_socket)
        except OSError:
            writer.transport.abort()
            return
        self._lines[host] += [writer, forth]
        ways = [
            asyncio.ensure_future(self._pass_on(host, reader, forth)),
            asyncio.ensure_future(self._pass_on(host, back, writer)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, forth):
            end.transport.abort()
            with contextlib.suppress(ValueError):
                self._lines[host].remove(end)

    async def _pass_on(
        self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(_CHUNK):
                await self._open[host].wait()
                writer.write(piece)
                await writer.drain()
