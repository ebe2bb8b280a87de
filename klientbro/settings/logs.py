"""How log lines look: text or JSON, with what they are about on each, and never a secret."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.log_context import NAMES, about
from klientbro.settings.environment import Environment

HIDDEN = "…"
SHORTEST_SECRET = 6
# whoever logs a header, a URL with a password or a form shows no more than its name
_SECRETS = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+|://[^\s:/@]+:|\b(?:password|passwd|secret|token|client_key|"
    r"application_key|subscription_key|ocp-apim-subscription-key)(?:=|['\"]\s*:\s*['\"]))"
    r"[^\s'\"@,;&]+"
)


# Addresses that let somebody in are told of without what lets in.
_LINKS = re.compile(r"(/(?:inn|invitasjon)/|/konto/passord/glemt/\w+/)[^/\s'\"]{8,}")


class About(logging.Filter):
    """Puts run, firm, connection and job on every record, where they are known."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.about = about()
        return True


class TextLines(logging.Formatter):
    """For people: time, level, module, message, and the ids at the end."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record), self._secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 Python's own name
        known = getattr(record, "about", {})
        ids = " ".join(f"{name}={known[name]}" for name in NAMES if name in known)
        # what somebody sent must not look like a line of its own
        record.message = record.message.replace("\r", "\\r").replace("\n", "\\n")
        line = super().formatMessage(record)
        return f"{line} [{ids}]" if ids else line


class JsonLines(logging.Formatter):
    """For programs: one object a line."""

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": clean(record.getMessage(), self._secrets),
            "process": record.process,
            **getattr(record, "about", {}),
        }
        if record.exc_info:
            line["trace"] = clean(self.formatException(record.exc_info), self._secrets)
        return json.dumps(line, ensure_ascii=False, default=str)


def clean(text: str, secrets: tuple[str, ...]) -> str:
    """The text without our own secrets, what looks like others', and personal numbers."""
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    text = _LINKS.sub(rf"\1{HIDDEN}", _SECRETS.sub(rf"\1{HIDDEN}", text))
    return hide_national_ids(text)


def secrets_of(environment: Environment) -> tuple[str, ...]:
    """The secrets this process holds, so that no line can show them."""
    urls = (
        environment.database_url,
        environment.app_database_url,
        environment.owner_database_url,
        environment.external_app_url,
        environment.external_backup_url,
        environment.email_url,
    )
    held = [
        environment.poweroffice.application_key,
        environment.poweroffice.subscription_key,
        environment.django_secret,
        environment.metrics_token,
        *(urlsplit(url).password or "" for url in urls if url),
    ]
    return tuple(secret for secret in held if len(secret) >= SHORTEST_SECRET)


def logging_settings(environment: Environment) -> dict[str, object]:
    """Django's LOGGING."""
    shape = JsonLines if environment.log_format == "json" else TextLines
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"about": {"()": About}},
        "formatters": {"line": {"()": shape, "secrets": secrets_of(environment)}},
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["about"],
            }
        },
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            # Job arguments and request lines are ids and paths only, but need not fill the log.
            "procrastinate": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
        },
    }
