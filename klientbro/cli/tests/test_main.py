"""The command line: which commands there are, and how errors reach a person."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from klientbro.cli import main as entry
from klientbro.cli.command import Command
from klientbro.lib.errors import ConfigurationError, KlientbroError
from klientbro.settings.environment import prepare_home


def raising(error: BaseException) -> Command:
    def run(arguments: Namespace) -> int:
        raise error

    return Command("fails", "fails", run)


def test_every_command_of_the_design_that_is_built_is_found() -> None:
    names = [command.name for command in entry.commands()]
    assert {"run", "web", "worker", "migrate", "simulator", "user", "doctor"} <= set(names)
    assert names[0] == "run"


def test_command_names_are_told_apart() -> None:
    names = [command.name for command in entry.commands()]
    assert len(names) == len(set(names))


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        entry.main(["--help"])
    printed = capsys.readouterr().out
    assert all(command.name in printed for command in entry.commands())


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConfigurationError("Set KLIENTBRO_PORT."), 2), (KlientbroError("It went wrong."), 1)],
)
def test_our_own_errors_are_a_message_and_an_exit_code(
    error: KlientbroError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(entry, "commands", lambda: [raising(error)])
    assert entry.main(["fails"]) == code
    assert capsys.readouterr().err == f"klientbro: {error}\n"


def test_ctrl_c_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry, "commands", lambda: [raising(KeyboardInterrupt())])
    assert entry.main(["fails"]) == 130


def test_wrong_setting_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KLIENTBRO_PORT", "eight")
    assert entry.main(["doctor"]) == 2
    assert "KLIENTBRO_PORT" in capsys.readouterr().err


def test_home_and_its_secrets_are_for_one_account_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for _twice in range(2):
        prepare_home(home)
    assert home.stat().st_mode & 0o077 == 0
    assert (home / "secrets.json").stat().st_mode & 0o177 == 0
