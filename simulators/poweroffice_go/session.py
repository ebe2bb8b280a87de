"""Who is signed in to the pages: a cookie, a token on every form, a message for the next page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from .simulator import User

FORM_TOKEN = "skjemanokkel"  # noqa: S105 the name of a form field


@dataclass(slots=True)
class Session:
    """One browser."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    form_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    user: User | None = None
    message: str | None = None
    message_is_error: bool = False

    def say(self, message: str, *, is_error: bool = False) -> None:
        self.message, self.message_is_error = message, is_error

    def take_message(self) -> tuple[str | None, bool]:
        taken = self.message, self.message_is_error
        self.message, self.message_is_error = None, False
        return taken


class Sessions:
    """The browsers of one environment; the two environments are separate sites."""

    def __init__(self, cookie: str) -> None:
        self.cookie = cookie
        self._sessions: dict[str, Session] = {}

    def of(self, request: Request) -> Session:
        """The browser's session, or a new one without a user."""
        found = self._sessions.get(request.cookies.get(self.cookie, ""))
        return found or Session()

    def sign_in(self, user: User) -> Session:
        """A new session, so that one known before signing in is worth nothing afterwards."""
        session = Session(user=user)
        self._sessions[session.id] = session
        return session

    def keep(self, session: Session, response: Response) -> None:
        if len(self._sessions) > 5_000:
            self._sessions = dict(list(self._sessions.items())[-2_500:])
        self._sessions[session.id] = session
        # rule cookie: a stand-in, on loopback without TLS
        response.set_cookie(self.cookie, session.id, httponly=True, samesite="lax")

    def forget(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
