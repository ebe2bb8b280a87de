"""Starts the simulator, says how to use it, and stops it at once when told to."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
from typing import Any

import msgspec
import uvicorn

from .app import build_app
from .environment import DEMO, PRODUCTION
from .journal import StateFileError
from .options import Options
from .simulator import Simulator
from .wire import CuttableProtocol

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask Linux to stop this process when the one that started it ends, however it ends."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the request was made
        sys.exit(0)


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio leaves Nagle's algorithm on and small answers take 40 ms more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    return listener


def addresses(simulator: Simulator, base: str) -> dict[str, Any]:
    """What a caller needs to know: the line that ``--json`` prints."""
    production = simulator.environments[PRODUCTION]
    demo = simulator.environments[DEMO]
    return {
        "api_url": f"{base}/v2",
        "token_url": f"{base}/OAuth/Token",
        "application_key": production.application_key,
        "subscription_key": simulator.primary_key,
        "secondary_subscription_key": simulator.secondary_key,
        "ui_url": f"{base}/",
        "control_url": f"{base}/control/",
        "control_key": simulator.control_key,
        "demo": {
            "api_url": f"{base}/Demo/v2",
            "token_url": f"{base}/Demo/OAuth/Token",
            "application_key": demo.application_key,
            "ui_url": f"{base}/Demo/",
        },
        "companies": [
            {key: value for key, value in company.items() if value is not None or key == "orgnr"}
            for company in simulator.described_companies(PRODUCTION)
        ],
    }


def announce(simulator: Simulator, base: str) -> None:
    said = addresses(simulator, base)
    if simulator.options.json:
        line = msgspec.json.encode(said).decode()
    else:
        user = simulator.user
        line = (
            f"PowerOffice Go simulator, {len(said['companies'])} companies\n"
            f"  Sign in      {said['ui_url']}  as {user.email} with password {user.password}\n"
            f"  API          {said['api_url']}  (demo: {said['demo']['api_url']})\n"
            f"  Token        {said['token_url']}\n"
            f"  Application  {said['application_key']}  (demo: {said['demo']['application_key']})\n"
            f"  Subscription {said['subscription_key']}\n"
            f"  Control      {said['control_url']}  with header X-Control-Key: "
            f"{said['control_key']}\n"
            "Ctrl-C stops it."
        )
    print(line, flush=True)


class PromptServer(uvicorn.Server):
    """Leaves on the first signal; threads still making books would otherwise be waited for."""

    def handle_exit(self, sig: int, frame: object) -> None:
        stop(sig, frame)


async def serve(options: Options, listener: socket.socket) -> None:
    host = f"[{options.host}]" if ":" in options.host else options.host
    base = f"http://{host}:{listener.getsockname()[1]}"
    simulator = Simulator(options, base)
    config = uvicorn.Config(
        build_app(simulator),
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=0,
        h11_max_incomplete_event_size=256 * 1024,
    )
    config.load()
    server = PromptServer(config)
    # The kernel queues callers from the moment we listen, so «ready» is true when it is printed.
    announce(simulator, base)
    await server.serve(sockets=[listener])


def run(options: Options) -> int:
    parent = os.getppid()
    if options.die_with_parent:
        die_with_parent(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        listener = listen(options.host, options.port)
    except OSError as error:
        print(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}. "
            "Choose another with --port (0 takes a free one).",
            file=sys.stderr,
        )
        return 1
    try:
        asyncio.run(serve(options, listener))
    except StateFileError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def stop(number: int, frame: object) -> None:
    """Leave at once with exit code 0: every change is on disk before it is answered."""
    sys.stdout.flush()
    os._exit(0)
