"""Puts the API, the control API and the pages together into one ASGI application."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from . import control, documents, ledgers, onboarding, pages, registers
from .api import Api, split_path
from .environment import DEMO, PRODUCTION
from .simulator import Simulator
from .wire import Receive, Scope, Send

STATIC = Path(__file__).with_name("static")


class App:
    """Calls that a client of the real API makes go to ``api``; all else to ``site``."""

    def __init__(self, api: Api, site: Starlette) -> None:
        self.api = api
        self.site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and split_path(scope["path"]) is not None:
            await self.api(scope, receive, send)
        else:
            await self.site(scope, receive, send)


def build_app(simulator: Simulator) -> App:
    api = Api(
        simulator,
        [
            *registers.endpoints(),
            *ledgers.endpoints(),
            *documents.endpoints(),
            *onboarding.endpoints(),
        ],
    )
    routes: list[BaseRoute] = [
        Mount("/control", routes=control.routes(simulator)),
        Mount("/static", app=StaticFiles(directory=STATIC)),
        # The pages know their environment by where they are mounted, as the two real sites do.
        Mount("/Demo", routes=pages.routes(simulator, DEMO)),
        *pages.routes(simulator, PRODUCTION),
    ]
    return App(api, Starlette(routes=routes))
