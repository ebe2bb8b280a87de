"""The token endpoint: application key and client key in, a token for one company out."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import parse_qs

from .answers import Answer, json_answer, token_error
from .environment import Environment, Extension


def basic_credentials(header: str) -> tuple[str, str] | None:
    """The two parts of a Basic header, or None when there is none or it is malformed."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, separator, password = decoded.partition(":")
    return (user, password) if separator else None


def find_extension(environment: Environment, authorization: str) -> Extension | None:
    """The extension that the keys belong to, when both are right."""
    credentials = basic_credentials(authorization)
    if credentials is None:
        return None
    application_key, client_key = (part.strip().lower() for part in credentials)
    extension = environment.by_client_key(client_key)
    if extension is None or extension.application_key != application_key:
        return None
    return extension


def answer_token(environment: Environment, authorization: str, body: bytes) -> Answer:
    """Client credentials grant. Form fields beside ``grant_type`` are ignored."""
    form = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    grant = form.get("grant_type", [""])[0]
    if not grant:
        return token_error("invalid_request", "The grant_type parameter is missing.")
    if grant != "client_credentials":
        return token_error("unsupported_grant_type", f"Grant type '{grant}' is not supported.")
    credentials = basic_credentials(authorization)
    if credentials is None:
        return token_error("invalid_client", "Client credentials are missing or malformed.")
    if credentials[0].strip().lower() != environment.application_key:
        return token_error("invalid_client", "The application key is not valid.")
    extension = find_extension(environment, authorization)
    if extension is None:
        return token_error(
            "invalid_client", "The client key is not valid, or the integration has been removed."
        )
    answer = json_answer(
        200,
        {
            "access_token": environment.issue_token(extension),
            "token_type": "bearer",
            "expires_in": environment.token_lifetime_seconds,
        },
    )
    answer.headers["cache-control"] = "no-store"
    return answer
