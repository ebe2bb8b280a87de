"""Sends answers, and can cut the connection as a real network does."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from .answers import Answer

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Closing with this option set sends a TCP reset instead of an orderly end.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 whose transport the application can reach, to cut it."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        inner = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["simulator.transport"] = self.transport
            await inner(scope, receive, send)

        self.app = with_transport


async def reset(scope: Scope) -> None:
    """End the connection with a reset; the client sees «connection reset by peer»."""
    transport: asyncio.Transport = scope["simulator.transport"]
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
    )
    transport.abort()
    # Let the server notice, so that it does not try to send an answer of its own.
    await asyncio.sleep(0.001)


async def read_body(receive: Receive, limit: int = 10_000_000) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > limit:
            return bytes(body)


async def send_answer(
    scope: Scope,
    send: Send,
    answer: Answer,
    faults: list[tuple[str, dict[str, Any]]] | None = None,
) -> None:
    """Send ``answer``, as late, in part or not at all as the wire ``faults`` say."""
    wire = dict(faults or ())
    if "slow" in wire:
        await asyncio.sleep(wire["slow"]["seconds"])
    if "timeout" in wire:
        await asyncio.sleep(wire["timeout"]["seconds"])
        return await reset(scope)
    if "reset" in wire:
        return await reset(scope)
    headers = {"date": format_datetime(datetime.now(UTC), usegmt=True), **answer.headers}
    if answer.status != 204:
        headers["content-length"] = str(len(answer.body))
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
    body = b"" if scope["method"] == "HEAD" else answer.body
    if "reset_midway" in wire:
        part = body[: int(len(body) * wire["reset_midway"]["share"])]
        await send({"type": "http.response.body", "body": part, "more_body": True})
        # A reset throws away what the kernel has not sent yet; let the first part leave.
        await asyncio.sleep(0.05)
        return await reset(scope)
    if "slow_body" in wire:
        pieces = max(int(wire["slow_body"]["pieces"]), 1)
        size = max(-(-len(body) // pieces), 1)
        for start in range(0, len(body), size):
            piece = body[start : start + size]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(wire["slow_body"]["seconds"] / pieces)
        body = b""
    await send({"type": "http.response.body", "body": body})
    return None
