"""The certificate the web server shows, where the proxy in front of it is on another machine."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import credential_path, refuse_open_to_others

CERTIFICATE, KEY = "KLIENTBRO_TLS_CERTIFICATE", "KLIENTBRO_TLS_KEY"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two files: the chain, ours first, and its private key. Both are read when web starts."""

    chain: Path
    key: Path
    ends_at: datetime


def read_certificate(given: Mapping[str, str]) -> Certificate | None:
    """Both files, when they belong together; None where neither is set."""
    chain, key = _place(given, CERTIFICATE), _place(given, KEY)
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        missing = CERTIFICATE if chain is None else KEY
        raise ConfigurationError(f"{missing} is missing: to serve TLS, set both.")
    try:
        refuse_open_to_others(os.stat(key), key, KEY)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
        ends_at = x509.load_pem_x509_certificates(chain.read_bytes())[0].not_valid_after_utc
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{CERTIFICATE} and {KEY}: {chain} and {key} cannot be used together "
            f"({error.strerror if isinstance(error, OSError) else error}). Give the chain and its "
            "private key, both PEM, readable by the service's account."
        ) from error
    return Certificate(chain, key, ends_at)


def _place(given: Mapping[str, str], name: str) -> Path | None:
    text = given.get(name, "").strip()
    return Path(text).absolute() if text else credential_path(given, name)
