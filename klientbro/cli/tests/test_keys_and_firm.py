"""`klientbro keys` and `klientbro firm` say what they would do, ask twice, and refuse the rest."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from klientbro.cli import firm as firm_command
from klientbro.cli import keys as keys_command
from klientbro.cli.main import main
from klientbro.clients.services import add_connection, create_integration, read_typed
from klientbro.clients.tests.fixtures import personal_number
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
NAME = "Furulund Regnskap AS"


@pytest.fixture
def office() -> Firm:
    firm = create_firm(NAME)
    with in_firm(firm.id):
        integration, _new = create_integration("poweroffice")
        add_connection(integration, read_typed(personal_number(), "Ola Ås", "key-1"), None)
    return firm


@pytest.fixture
def run(tmp_path: Path, monkeypatch: Any, capsys: Any) -> Callable[..., tuple[int, str]]:
    """Runs a command on the tests' database and a home folder of its own."""
    secret = settings.ENVIRONMENT.secret_keys[0]
    text = f"{secret.id}:{base64.b64encode(secret.key).decode()}"
    (tmp_path / "secrets.json").write_text(json.dumps({"secret_keys": text, "django_secret": "x"}))
    here = dataclasses.replace(settings.ENVIRONMENT, home=tmp_path)
    monkeypatch.setattr(settings, "ENVIRONMENT", here)
    monkeypatch.delenv("KLIENTBRO_SECRET_KEYS", raising=False)

    @contextmanager
    def house() -> Iterator[Any]:
        yield SimpleNamespace(environment=settings.ENVIRONMENT)

    for module in (firm_command, keys_command):
        monkeypatch.setattr(module, "open_house", house)

    def do(*words: str) -> tuple[int, str]:
        code = main(words)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return do


def test_status_tells_every_key_and_how_many_rows_it_has(office: Firm, run: Any) -> None:
    code, text = run("keys", "status")
    assert code == 0
    assert "secret key test: wraps 2 keys of firms" in text
    assert "data key 1: 3 rows, wrapped by test" in text
    code, text = run("keys", "status", "--json")
    (one,) = json.loads(text)["firms"]
    assert [(key["use"], key["number"], key["rows"]) for key in one["keys"]] == [
        ("data", 1, 3),
        ("equality", 1, None),
    ]


def test_key_in_use_is_not_dropped_and_one_that_wraps_nothing_is(
    office: Firm, run: Any, tmp_path: Path
) -> None:
    assert run("keys", "drop-master", "test") == (
        2,
        "klientbro: The secret key test is in use. Run `klientbro keys rotate` first.\n",
    )
    code, text = run("keys", "rotate", "--new-master")
    assert (code, "new data key 2, 3 rows sealed under it" in text) == (0, True)
    assert run("keys", "drop-master", "test")[0] == 0
    assert "test:" not in (tmp_path / "secrets.json").read_text()
    assert run("keys", "drop-master", "nobody")[0] == 2
    assert "NOT HERE" not in run("keys", "status")[1]


def test_interrupted_change_of_the_secret_key_makes_no_third_one(
    office: Firm, run: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("klientbro.operations.key_rotation.wrap_anew", _dies)
        with pytest.raises(KeyboardInterrupt):
            run_uncaught("keys", "rotate", "--new-master")
    run("keys", "rotate", "--new-master", "--wrap-only")
    stored = json.loads((tmp_path / "secrets.json").read_text())["secret_keys"]
    assert len(stored.split(",")) == 2
    assert run("keys", "drop-master", "test")[0] == 0


def run_uncaught(*words: str) -> None:
    from klientbro.cli.main import build_parser

    chosen = build_parser().parse_args(words)
    chosen.run(chosen)


def _dies(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_where_the_settings_rule_a_new_key_is_put_there(
    office: Firm, run: Any, monkeypatch: Any
) -> None:
    monkeypatch.setenv("KLIENTBRO_SECRET_KEYS", "test:" + base64.b64encode(b"t" * 32).decode())
    code, text = run("keys", "rotate", "--new-master")
    assert (code, "last in the list on every machine first" in text) == (2, True)


def test_firm_is_destroyed_only_with_its_name_twice_and_after_its_time(
    office: Firm, run: Any, tmp_path: Path
) -> None:
    code, text = run("firm", "destroy", NAME)
    assert code == 0
    assert "Nothing was changed" in text
    assert "bokføringsloven" in text
    assert run("firm", "destroy", "Furulund")[0] == 2
    assert run("firm", "destroy", NAME, "--confirm", "Furulund")[0] == 2
    assert "and --cancel takes it back" in run("firm", "destroy", NAME, "--confirm", NAME)[1]
    assert "not to be destroyed before" in run("firm", "destroy", NAME, "--confirm", NAME)[1]
    assert "to be destroyed from" in run("firm", "list")[1]
    assert run("firm", "destroy", NAME, "--cancel")[0] == 0
    assert "to be destroyed from" not in run("firm", "list")[1]
    code, text = run("firm", "destroy", NAME, "--confirm", NAME, "--now")
    assert code == 0
    assert "keys destroyed" in text
    assert (tmp_path / "certificates" / f"{office.id}.json").exists()
    assert run("firm", "list")[1] == ""
    assert "erased" in run("firm", "certificates")[1]
    assert run("firm", "destroy", NAME)[0] == 2
