"""Secrets that lie in files: which place counts, what is refused, and who inherits them."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest

from klientbro.cli import house
from klientbro.cli.supervisor import Child
from klientbro.database.processes import wait_until
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import SECRETS, secret, without_secrets
from klientbro.settings.environment import load_environment, secret_keys_of_home

KEY = "k9:" + base64.b64encode(b"k" * 32).decode()
NAME = "KLIENTBRO_SECRET_KEYS"


def file_of(folder: Path, name: str, text: str = KEY + "\n", mode: int = 0o400) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_can_come_from_a_file_or_a_credential(tmp_path: Path, name: str) -> None:
    path = file_of(tmp_path, name, "a secret\n")
    assert secret({f"{name}_FILE": str(path)}, name) == "a secret"
    assert secret({"CREDENTIALS_DIRECTORY": str(tmp_path)}, name) == "a secret"
    assert secret({name: "a secret"}, name) == "a secret"
    assert secret({"CREDENTIALS_DIRECTORY": "/nowhere"}, name) == ""


def test_settings_are_read_from_credentials(tmp_path: Path) -> None:
    file_of(tmp_path, NAME)
    file_of(tmp_path, "KLIENTBRO_DJANGO_SECRET", "signs sessions")
    url = "postgresql://klientbro_app:word@db.example/klientbro?sslmode=verify-full"
    file_of(tmp_path, "KLIENTBRO_APP_DATABASE_URL", url)
    file_of(tmp_path, "KLIENTBRO_DATABASE_URL", url.replace("_app", "_owner"))
    file_of(tmp_path, "somebody-elses", "nothing of ours")
    found = load_environment({"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert [key.id for key in found.secret_keys] == ["k9"]
    assert found.django_secret == "signs sessions"
    assert found.app_database_url == url  # also where nobody has put it into the environment
    assert "word" not in repr(found)


def test_two_places_at_once_are_refused(tmp_path: Path) -> None:
    path = file_of(tmp_path, NAME)
    for given in (
        {NAME: KEY, f"{NAME}_FILE": str(path)},
        {NAME: KEY, "CREDENTIALS_DIRECTORY": str(tmp_path)},
        {f"{NAME}_FILE": str(path), "CREDENTIALS_DIRECTORY": str(tmp_path)},
    ):
        with pytest.raises(ConfigurationError, match="both set"):
            load_environment(given)


@pytest.mark.parametrize("mode", [0o404, 0o444, 0o602, 0o644])
def test_file_that_others_may_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = file_of(tmp_path, NAME, mode=mode)
    with pytest.raises(ConfigurationError, match=r"chmod o-rwx") as refused:
        load_environment({f"{NAME}_FILE": str(path)})
    assert KEY not in str(refused.value)


def test_file_for_the_services_group_is_taken(tmp_path: Path) -> None:
    path = file_of(tmp_path, NAME, mode=0o440)  # as Kubernetes writes them with an fsGroup
    link = tmp_path / "link"
    link.symlink_to(path)
    assert load_environment({f"{NAME}_FILE": str(link)}).secret_keys[0].id == "k9"


@pytest.mark.parametrize("text", ["", " \n", "\x00\x01", "x" * 70_000])
def test_file_without_a_secret_is_refused_so_that_no_new_key_is_made(
    tmp_path: Path, text: str
) -> None:
    path = file_of(tmp_path, NAME, text)
    with pytest.raises(ConfigurationError, match="holds no secret"):
        load_environment({f"{NAME}_FILE": str(path)})


def test_file_that_is_not_there_and_what_is_no_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_environment({f"{NAME}_FILE": str(tmp_path / "none")})
    with pytest.raises(ConfigurationError, match="is no file"):
        load_environment({f"{NAME}_FILE": str(tmp_path)})
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigurationError, match="is no file"):
        load_environment({f"{NAME}_FILE": str(tmp_path / "pipe")})


def test_key_that_a_vault_writes_anew_is_found_while_everything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = file_of(tmp_path, NAME, mode=0o600)
    monkeypatch.setenv(f"{NAME}_FILE", str(path))
    before = load_environment()
    path.write_text(f"{KEY},k10:{base64.b64encode(b'n' * 32).decode()}")
    assert [key.id for key in secret_keys_of_home(before)] == ["k9", "k10"]


def test_programs_that_need_no_secret_inherit_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "do not tell")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("KLIENTBRO_RUNTIME_OWNER_URL", "do not tell")
    monkeypatch.setenv("KLIENTBRO_HOME", "tell")
    lines: list[str] = []
    told = [sys.executable, "-c", "import os; print(sorted(os.environ.items()))"]
    child = Child("stranger", told, on_line=lines.append, has_secrets=False)
    child.start()
    assert child.process is not None
    child.process.wait()
    assert wait_until(lambda: bool(lines), 60)
    assert "KLIENTBRO_HOME" in lines[0]
    assert "do not tell" not in lines[0]
    assert "CREDENTIALS_DIRECTORY" not in lines[0]
    assert without_secrets({"PATH": "x", f"{NAME}_FILE": "y"}) == {"PATH": "x"}


def test_database_address_of_the_settings_is_not_copied_into_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(house.APP_URL, "from before")
    house._pass_on(house.APP_URL, "postgresql://a", "postgresql://a")
    assert house.APP_URL not in os.environ
    house._pass_on(house.APP_URL, "postgresql://made-here", None)
    assert os.environ[house.APP_URL] == "postgresql://made-here"
