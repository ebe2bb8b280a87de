"""Which settings are secrets, where else than in the environment they may lie, and who must not
inherit them.

A secret of the setting NAME is NAME itself, the file that NAME_FILE names, or the file NAME in
systemd's `$CREDENTIALS_DIRECTORY`: one of them. A vault's agent, Kubernetes and systemd-creds write
such files. They are read when settings are, and never put into the environment.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from klientbro.lib.errors import ConfigurationError

SECRETS = (
    "KLIENTBRO_SECRET_KEYS",
    "KLIENTBRO_DJANGO_SECRET",
    "KLIENTBRO_DATABASE_URL",
    "KLIENTBRO_APP_DATABASE_URL",
    "KLIENTBRO_BACKUP_DATABASE_URL",
    "KLIENTBRO_EMAIL_URL",
    "KLIENTBRO_METRICS_TOKEN",
    "KLIENTBRO_POWEROFFICE_APPLICATION_KEY",
    "KLIENTBRO_POWEROFFICE_SUBSCRIPTION_KEY",
)
CREDENTIALS = "CREDENTIALS_DIRECTORY"
LARGEST_SECRET = 64 * 1024
# The addresses of the running database, passwords included, which only our own processes need.
_RUNTIME = ("KLIENTBRO_RUNTIME_APP_URL", "KLIENTBRO_RUNTIME_OWNER_URL")


def with_secrets(given: Mapping[str, str]) -> Mapping[str, str]:
    """The settings with the secrets that lie in files. ConfigurationError names what is wrong."""
    return {**given, **{name: text for name in SECRETS if (text := secret(given, name))}}


def secret(given: Mapping[str, str], name: str) -> str:
    """One secret as it stands now; '' where nobody has set it."""
    file = given.get(f"{name}_FILE", "").strip()
    credential = credential_path(given, name)
    places = {
        name: bool(given.get(name)),
        f"{name}_FILE": bool(file),
        f"${CREDENTIALS}/{name}": credential is not None,
    }
    if len(found := [place for place, is_set in places.items() if is_set]) > 1:
        raise ConfigurationError(
            f"{' and '.join(found)} are both set. Keep one, so that there is no doubt which counts."
        )
    if file:
        return read_secret(Path(file), f"{name}_FILE")
    if credential is not None:
        return read_secret(credential, f"${CREDENTIALS}/{name}")
    return given.get(name) or ""


def credential_path(given: Mapping[str, str], name: str) -> Path | None:
    """The file of that name among those the service manager has put ready for us."""
    folder = given.get(CREDENTIALS, "")
    path = Path(folder) / name
    return path if folder and path.exists() else None


def read_secret(path: Path, called: str) -> str:
    """The file's text. Refused when others may read it, and when there is nothing in it.

    An empty one means a vault that has not written yet: going on without would make new keys.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise ConfigurationError(
            f"{called}: {path} cannot be read ({error.strerror}). Write it, and let the service's "
            "account read it."
        ) from error
    try:
        refuse_open_to_others(os.fstat(descriptor), path, called)
        content = os.read(descriptor, LARGEST_SECRET + 1)
    finally:
        os.close(descriptor)
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or "\x00" in text or len(content) > LARGEST_SECRET:
        raise ConfigurationError(
            f"{called}: {path} holds no secret. It must be text, and not empty. Has whatever "
            "writes it done so yet?"
        )
    return text


def refuse_open_to_others(found: os.stat_result, path: Path, called: str) -> None:
    """ConfigurationError unless it is a file for its owner and group alone."""
    if not stat.S_ISREG(found.st_mode):
        raise ConfigurationError(f"{called}: {path} is no file.")
    if found.st_mode & stat.S_IRWXO:
        raise ConfigurationError(
            f"{called}: {path} may be read or written by everybody on the machine. "
            f"chmod o-rwx {path}"
        )


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that needs none of our secrets, nor the way to them."""
    hidden = {*SECRETS, *(f"{name}_FILE" for name in SECRETS), *_RUNTIME, CREDENTIALS}
    return {name: value for name, value in environment.items() if name not in hidden}
