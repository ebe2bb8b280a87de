"""Reads every KLIENTBRO_ environment variable once, checks it, and hands out one typed object."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import secret, with_secrets
from klientbro.lib.virus_scan import Scanner, scanner_from
from klientbro.settings.peers import SIGN_ON_HOSTS, read_hosts
from klientbro.settings.transport import Certificate, read_certificate

SECRET_KEY_BYTES = 32
MOST_READ = 10_000_000  # in effect no limit


@dataclass(frozen=True, slots=True)
class SecretKey:
    """One wrapping key: its id is stored in every record it wraps."""

    id: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PowerOfficeSettings:
    """The operator's side of the PowerOffice Go connector. Empty keys: the simulator is used."""

    application_key: str = field(default="", repr=False)
    subscription_key: str = field(default="", repr=False)
    api_url: str = "https://goapi.poweroffice.net/v2"
    token_url: str = "https://goapi.poweroffice.net/OAuth/Token"  # noqa: S105 an address, no secret
    requests_per_second: float = 9.7
    is_simulator: bool = False

    @property
    def is_configured(self) -> bool:
        return bool(self.application_key and self.subscription_key)


@dataclass(frozen=True, slots=True)
class Environment:
    """All settings. Where a default is a file under `home`, `prepare_home` makes it."""

    home: Path
    database_url: str | None = field(repr=False)
    app_database_url: str | None = field(repr=False)
    owner_database_url: str | None = field(repr=False)
    external_app_url: str | None = field(repr=False)
    external_backup_url: str | None = field(repr=False)
    postgres_bin: Path | None
    host: str
    port: int
    simulator_port: int
    simulator_url: str
    public_url: str
    secret_keys: tuple[SecretKey, ...] = field(repr=False)
    django_secret: str = field(repr=False)
    brand: str
    poweroffice: PowerOfficeSettings
    accept_synthetic_ids: bool
    debug: bool
    worker_concurrency: int
    web_processes: int
    request_log_days: int
    email_url: str = field(repr=False)
    email_from: str
    alert_hours: int
    metrics_token: str = field(repr=False)
    log_format: str
    otlp_endpoint: str
    enhetsregisteret_url: str
    session_idle_minutes: int
    session_hours: int
    pages_per_minute: int
    pages_per_hour: int
    files_per_hour: int
    files_per_day: int
    virus_scanner: Scanner | None
    unscanned_files: str
    trusted_proxies: int
    sign_on_private: bool
    security_contact: str
    security_txt_days: int
    certificate: Certificate | None
    clear_lines: bool
    sign_on_hosts: tuple[str, ...]
    outgoing_private: tuple[str, ...]

    def operator_settings(self, system: str) -> Mapping[str, str]:
        """The operator's settings of one connector, by the last part of their names."""
        if system != "poweroffice":
            return {}
        return {
            "application_key": self.poweroffice.application_key,
            "subscription_key": self.poweroffice.subscription_key,
            "api_url": self.poweroffice.api_url,
            "token_url": self.poweroffice.token_url,
            "requests_per_second": str(self.poweroffice.requests_per_second),
        }


def load_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """The settings as given and as kept at home. ConfigurationError names what is wrong."""
    given = with_secrets(os.environ if variables is None else variables)
    home = Path(given.get("KLIENTBRO_HOME") or "./var").expanduser().absolute()
    keys_text = given.get("KLIENTBRO_SECRET_KEYS") or ""
    stored = _stored_secrets(home)
    host = given.get("KLIENTBRO_HOST") or "127.0.0.1"
    port = _port(given, "KLIENTBRO_PORT", 8000)
    poweroffice = _poweroffice(given)
    database_url = given.get("KLIENTBRO_DATABASE_URL") or None
    # what stands in the settings is not copied to where child processes would inherit it
    external_app_url = given.get("KLIENTBRO_APP_DATABASE_URL") if database_url else None
    certificate = read_certificate(given)
    scheme = "https" if certificate else "http"
    return Environment(
        home=home,
        database_url=database_url,
        app_database_url=given.get("KLIENTBRO_RUNTIME_APP_URL") or external_app_url,
        owner_database_url=given.get("KLIENTBRO_RUNTIME_OWNER_URL") or database_url,
        external_app_url=given.get("KLIENTBRO_APP_DATABASE_URL") or None,
        external_backup_url=given.get("KLIENTBRO_BACKUP_DATABASE_URL") or None,
        postgres_bin=Path(folder) if (folder := given.get("KLIENTBRO_POSTGRES_BIN")) else None,
        host=host,
        port=port,
        simulator_port=_port(given, "KLIENTBRO_SIMULATOR_PORT", 8100),
        simulator_url=given.get("KLIENTBRO_SIMULATOR_URL") or "",
        public_url=given.get("KLIENTBRO_PUBLIC_URL")
        or f"{scheme}://{'localhost' if host in ('127.0.0.1', '0.0.0.0') else host}:{port}",  # noqa: S104
        secret_keys=_secret_keys(keys_text or stored.get("secret_keys", "")),
        django_secret=given.get("KLIENTBRO_DJANGO_SECRET") or stored.get("django_secret", ""),
        brand=given.get("KLIENTBRO_BRAND") or "Klientbro",
        poweroffice=poweroffice,
        # Synthetic personal numbers exist only in test registers: refused against the real source.
        accept_synthetic_ids=poweroffice.is_simulator or not poweroffice.is_configured,
        debug=_flag(given, "KLIENTBRO_DEBUG"),
        worker_concurrency=_whole(given, "KLIENTBRO_WORKER_CONCURRENCY", 8, low=1, high=64),
        web_processes=_whole(given, "KLIENTBRO_WEB_PROCESSES", 2, low=1, high=64),
        request_log_days=_whole(given, "KLIENTBRO_REQUEST_LOG_DAYS", 14, low=1, high=400),
        email_url=_email_url(given),
        email_from=given.get("KLIENTBRO_EMAIL_FROM") or "klientbro@localhost",
        alert_hours=_whole(given, "KLIENTBRO_ALERT_HOURS", 4, low=1, high=168),
        metrics_token=given.get("KLIENTBRO_METRICS_TOKEN", "").strip(),
        log_format=_one_of(given, "KLIENTBRO_LOG_FORMAT", ("text", "json")),
        otlp_endpoint=_optional_url(given, "KLIENTBRO_OTLP_ENDPOINT"),
        enhetsregisteret_url=_optional_url(given, "KLIENTBRO_ENHETSREGISTERET_URL"),
        session_idle_minutes=_whole(
            given, "KLIENTBRO_SESSION_IDLE_MINUTES", 120, low=5, high=24 * 60
        ),
        session_hours=_whole(given, "KLIENTBRO_SESSION_HOURS", 12, low=1, high=24 * 30),
        # What no person needs and a stolen session would: docs/security/policy.md has the reasons.
        pages_per_minute=_whole(given, "KLIENTBRO_PAGES_PER_MINUTE", 120, low=30, high=MOST_READ),
        pages_per_hour=_whole(given, "KLIENTBRO_PAGES_PER_HOUR", 1_200, low=100, high=MOST_READ),
        files_per_hour=_whole(given, "KLIENTBRO_FILES_PER_HOUR", 100, low=5, high=MOST_READ),
        files_per_day=_whole(given, "KLIENTBRO_FILES_PER_DAY", 400, low=5, high=MOST_READ),
        virus_scanner=scanner_from(
            given.get("KLIENTBRO_VIRUS_SCANNER", ""), "KLIENTBRO_VIRUS_SCANNER"
        ),
        unscanned_files=_one_of(given, "KLIENTBRO_UNSCANNED_FILES", ("refuse", "accept")),
        trusted_proxies=_whole(given, "KLIENTBRO_TRUSTED_PROXIES", 0, low=0, high=5),
        sign_on_private=_flag(given, "KLIENTBRO_SIGN_ON_PRIVATE"),
        security_contact=_security_contact(given),
        security_txt_days=_whole(given, "KLIENTBRO_SECURITY_TXT_DAYS", 180, low=1, high=365),
        certificate=certificate,
        clear_lines=_flag(given, "KLIENTBRO_CLEAR_LINES"),
        sign_on_hosts=read_hosts(given, "KLIENTBRO_SIGN_ON_HOSTS", SIGN_ON_HOSTS),
        outgoing_private=read_hosts(given, "KLIENTBRO_OUTGOING_PRIVATE", ()),
    )


def prepare_home(home: Path) -> None:
    """Makes the home folder (0700) and, on the first run, its secrets (0600). Safe to repeat."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = home / "secrets.json"
    if path.exists():
        return
    key = new_secret_key()
    text = f"{key.id}:{base64.b64encode(key.key).decode()}"
    draft = _draft(home, {"secret_keys": text, "django_secret": secrets.token_urlsafe(48)})
    try:
        os.link(draft, path)  # fails where another process was first: its secrets stand
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def secret_keys_of_home(environment: Environment) -> tuple[SecretKey, ...]:
    """The keys as they stand in the home folder now; those of the settings where these rule."""
    if given := secret(os.environ, "KLIENTBRO_SECRET_KEYS"):
        return _secret_keys(given)
    return _secret_keys(_stored_secrets(environment.home).get("secret_keys", ""))


def write_secret_keys(home: Path, keys: Sequence[SecretKey]) -> None:
    """Puts the keys in the home folder in the place of those there, whole or not at all."""
    path = home / "secrets.json"
    text = ",".join(f"{key.id}:{base64.b64encode(key.key).decode()}" for key in keys)
    draft = _draft(home, {**_stored_secrets(home), "secret_keys": text})
    draft.replace(path)
    descriptor = os.open(home, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def new_secret_key() -> SecretKey:
    """A fresh one with a name of its own."""
    return SecretKey(f"k{secrets.token_hex(3)}", secrets.token_bytes(SECRET_KEY_BYTES))


def _draft(home: Path, body: Mapping[str, str]) -> Path:
    """The secrets in a file beside their place, on the disk for certain."""
    draft = home / f".secrets.{os.getpid()}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _stored_secrets(home: Path) -> Mapping[str, str]:
    path = home / "secrets.json"
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"KLIENTBRO_HOME: {path} cannot be read as JSON. Restore it from a backup: without it "
            "the stored client keys cannot be decrypted."
        ) from error
    return {str(name): str(value) for name, value in body.items()}


def _secret_keys(text: str) -> tuple[SecretKey, ...]:
    """`id:base64` separated by commas; the first encrypts, all decrypt."""
    keys: list[SecretKey] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except ValueError:
            key = b""
        if not key_id or len(key) != SECRET_KEY_BYTES:
            raise ConfigurationError(
                "KLIENTBRO_SECRET_KEYS must be id:key pairs separated by commas, each key 32 bytes "
                "in base64. Make one with: python -c 'import os,base64;"
                'print("k1:"+base64.b64encode(os.urandom(32)).decode())\''
            )
        if key_id in {known.id for known in keys}:
            raise ConfigurationError(f"KLIENTBRO_SECRET_KEYS has two keys called {key_id}")
        keys.append(SecretKey(key_id, key))
    return tuple(keys)


def _poweroffice(given: Mapping[str, str]) -> PowerOfficeSettings:
    prefix = "KLIENTBRO_POWEROFFICE_"
    defaults = PowerOfficeSettings()
    application = given.get(prefix + "APPLICATION_KEY", "").strip()
    subscription = given.get(prefix + "SUBSCRIPTION_KEY", "").strip()
    if bool(application) != bool(subscription):
        missing = "SUBSCRIPTION_KEY" if application else "APPLICATION_KEY"
        raise ConfigurationError(
            f"{prefix}{missing} is missing: PowerOffice Go needs both keys. Set both, or neither "
            "to use the simulator."
        )
    rate_text = given.get(prefix + "REQUESTS_PER_SECOND", "").strip()
    try:
        rate = float(rate_text) if rate_text else defaults.requests_per_second
    except ValueError as error:
        raise ConfigurationError(
            f"{prefix}REQUESTS_PER_SECOND must be a number, not {rate_text!r}"
        ) from error
    if not 0 < rate <= 1000:
        raise ConfigurationError(f"{prefix}REQUESTS_PER_SECOND must be over 0 and at most 1000")
    return PowerOfficeSettings(
        application_key=application,
        subscription_key=subscription,
        api_url=_url(given, prefix + "API_URL", defaults.api_url),
        token_url=_url(given, prefix + "TOKEN_URL", defaults.token_url),
        requests_per_second=rate,
        is_simulator=bool(given.get("KLIENTBRO_SIMULATOR_URL")),
    )


def _url(given: Mapping[str, str], name: str, default: str) -> str:
    text = given.get(name, "").strip() or default
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(f"{name} must be a full address such as {default}, not {text!r}")
    return text.rstrip("/")


def _optional_url(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "").strip()
    return _url(given, name, "http://127.0.0.1:4318") if text else ""


def _email_url(given: Mapping[str, str]) -> str:
    """`smtp://user:password@host:port`, `smtp+tls://…` (STARTTLS) or `smtps://…`; '' for none."""
    text = given.get("KLIENTBRO_EMAIL_URL", "").strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("smtp", "smtp+tls", "smtps") and parts.hostname
        _ = parts.port
    except ValueError:
        usable = None
    if not usable:
        # the address may hold a password, so it is not repeated
        raise ConfigurationError(
            "KLIENTBRO_EMAIL_URL must be like smtp+tls://user:password@host:587 "
            "(smtp, smtp+tls or smtps)."
        )
    return text


def _security_contact(given: Mapping[str, str]) -> str:
    """Who is told of a weakness: `mailto:`, `https:` or `tel:`; a bare address is a mailto."""
    text = given.get("KLIENTBRO_SECURITY_CONTACT", "").strip()
    if "@" in text and ":" not in text:
        text = f"mailto:{text}"
    if text and (not text.startswith(("mailto:", "https://", "tel:")) or not text.isprintable()):
        raise ConfigurationError(
            "KLIENTBRO_SECURITY_CONTACT must be an e-mail address, or begin with mailto:, https:// "
            f"or tel:, not {text!r}"
        )
    return text


def _one_of(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    """One of the words; the first when nothing is given."""
    text = given.get(name, "").strip().lower() or choices[0]
    if text not in choices:
        raise ConfigurationError(f"{name} must be {' or '.join(choices)}, not {text!r}")
    return text


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    return _whole(given, name, default, low=1, high=65535)


def _whole(given: Mapping[str, str], name: str, default: int, *, low: int, high: int) -> int:
    text = given.get(name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigurationError(f"{name} must be a whole number {low}–{high}, not {text!r}")
    return int(text)


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "").strip().lower()
    if text not in ("", "0", "1", "true", "false", "yes", "no"):
        raise ConfigurationError(f"{name} must be 1 or 0, not {text!r}")
    return text in ("1", "true", "yes")
