"""A provider that the test holds the keys of: signs whatever a forger, or a careless one, would."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwe, jws
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "klientbro-test", "a secret of the test: 100%+ok"
ACCESS_TOKEN = "access-token-of-the-test"


@dataclasses.dataclass(slots=True)
class Answers:
    """What the provider says next, and what it has been asked."""

    token: str = ""
    metadata: dict[str, Any] = dataclasses.field(default_factory=dict)
    tokens: dict[str, Any] = dataclasses.field(default_factory=dict)
    userinfo: dict[str, Any] = dataclasses.field(default_factory=dict)
    keys: list[Mapping[str, Any]] = dataclasses.field(default_factory=list)
    redirects: str = ""  # the discovery document is elsewhere
    padding: int = 0  # bytes that the discovery document is too long by
    asked: list[str] = dataclasses.field(default_factory=list)
    forms: list[Mapping[str, list[str]]] = dataclasses.field(default_factory=list)
    authorizations: list[str] = dataclasses.field(default_factory=list)


class Provider:
    """One process-wide server on loopback; `fresh()` makes it an honest one again."""

    def __init__(self) -> None:
        self.rsa = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
        self.ec = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig", "alg": "ES256"})
        self.stranger = ECKey.generate_key("P-256", {"kid": "ec-1"})
        self.next = ECKey.generate_key("P-256", {"kid": "ec-2", "use": "sig"})
        self.answers = Answers()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.reply(self)

            def do_POST(self) -> None:
                outer.reply(self)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Not in the tests' output."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.fresh()

    def fresh(self) -> None:
        public = [self.rsa.as_dict(private=False), self.ec.as_dict(private=False)]
        self.answers = Answers(keys=public)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def metadata(self) -> dict[str, Any]:
        base = self.issuer
        return {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/userinfo",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        } | self.answers.metadata

    def reply(self, request: Any) -> None:
        path = urlsplit(request.path).path
        self.answers.asked.append(path)
        self.answers.authorizations.append(request.headers.get("Authorization", ""))
        length = int(request.headers.get("Content-Length") or 0)
        form = parse_qs(request.rfile.read(length).decode())
        status, body = 200, {}
        if path == "/token":
            self.answers.forms.append(form)
            body = {"access_token": ACCESS_TOKEN, "token_type": "Bearer"}
            body |= {"id_token": self.answers.token} | self.answers.tokens
            status = 400 if "error" in body else 200
        elif path == "/keys":
            body = {"keys": self.answers.keys}
        elif path == "/userinfo":
            body = self.answers.userinfo
        elif path == "/.well-known/openid-configuration" and not self.answers.redirects:
            body = self.metadata() | {"padding": "x" * self.answers.padding}
        elif self.answers.redirects:
            status = 302
        else:
            status = 404
        content = json.dumps(body).encode()
        request.send_response(status)
        if status == 302:
            request.send_header("Location", self.answers.redirects)
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def honest(self, nonce: str) -> dict[str, Any]:
        """The claims of Kari, as an honest provider gives them just now."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": "subject-of-kari",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": "kari.nordahl@furulund.example",
            "email_verified": True,
            "name": "Kari Nordahl",
        }

    def sign(
        self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None, key: Any = None
    ) -> str:
        """A signed token, whatever the header says."""
        written = {"alg": "ES256", "kid": "ec-1", "typ": "JWT"} | dict(header or {})
        written = {name: value for name, value in written.items() if value is not None}
        if written["alg"] == "none":
            return f"{_part(written)}.{_part(claims)}."
        registry = jws.JWSRegistry(strict_check_header=False)
        registry.check_header = lambda header: None  # type: ignore[method-assign]
        signed: str = jws.serialize_compact(
            written,
            json.dumps(claims),
            key or self.ec,
            algorithms=[written["alg"]],
            registry=registry,
        )
        return signed

    def signed_with_public_key(self, claims: Mapping[str, Any]) -> str:
        """HMAC, its secret the public key that everybody can read: the classic confusion."""
        signed = f"{_part({'alg': 'HS256', 'kid': 'rsa-1', 'typ': 'JWT'})}.{_part(claims)}"
        # by hand: the library refuses to be a forger's tool
        mac = hmac.new(self.rsa.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"

    def encrypted(self, claims: Mapping[str, Any]) -> str:
        sealed: str = jwe.encrypt_compact(
            {"alg": "RSA-OAEP", "enc": "A128GCM", "kid": "rsa-1"},
            json.dumps(claims),
            RSAKey.import_key({**self.rsa.as_dict(private=False), "use": "enc"}),
            algorithms=["RSA-OAEP", "A128GCM"],
        )
        return sealed


def _part(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def left_half(text: str) -> str:
    """at_hash for SHA-256, counted apart from the code that is tested."""
    digest = hashlib.sha256(text.encode()).digest()[:16]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()
    try:
        yield provider
    finally:
        provider.close()
