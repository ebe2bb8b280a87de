"""What the pages are made of: a short list of single files, in tests and when gathered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders as django_finders
from django.core.management import call_command
from django.test import Client

from klientbro.shell.finders import FILES, PackageFiles

STATIC = Path(__file__).resolve().parent.parent / "static" / "shell"


def test_the_listed_files_are_found_and_no_others() -> None:
    finder = PackageFiles()
    for name in FILES:
        assert Path(finder.find(f"packages/{name}")).is_file()
    for other in ("packages/package.json", "packages/../package.json", "htmx.js", "packages/"):
        assert finder.find(other) == []
        assert finder.find(other, find_all=True) == []
    assert {name for name, _storage in finder.list([])} == set(FILES)
    assert finder.check() == []


def test_a_missing_package_is_said_at_start(settings: Any, tmp_path: Path) -> None:
    settings.PROJECT = tmp_path
    (message,) = PackageFiles().check()
    assert "make setup" in str(message.hint)


@pytest.mark.django_db
def test_a_browser_gets_them(client: Client) -> None:
    for path in ("packages/htmx.js", "packages/designsystemet.css", "shell/kb.css", "shell/kb.js"):
        answer = client.get(f"/static/{path}")
        assert answer.status_code == 200, path
        assert b"".join(answer.streaming_content)
        answer.close()


def test_gathered_files_carry_hashed_names_and_every_reference_resolves(
    settings: Any, tmp_path: Path
) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    django_finders.get_finder.cache_clear()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (tmp_path / "staticfiles.json").exists()
    assert list((tmp_path / "packages").glob("htmx.*.js.gz"))
    assert sum(file.stat().st_size for file in tmp_path.rglob("*")) < 8_000_000


def test_our_style_sheets_use_only_variables_that_exist() -> None:
    ours = "".join(file.read_text() for file in STATIC.glob("*.css"))
    theirs = Path(str(PackageFiles().find("packages/designsystemet-theme.css"))).read_text()
    theirs += Path(str(PackageFiles().find("packages/designsystemet.css"))).read_text()
    used = set(re.findall(r"var\((--(?:kb|ds)-[a-z0-9-]+)", ours))
    known = set(re.findall(r"(--(?:kb|ds)-[a-z0-9-]+)\s*:", ours + theirs))
    assert used - known == set()
