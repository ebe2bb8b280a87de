"""Serves single files of node_modules beside our own: never whole folders, which are huge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

Messages = list[CheckMessage]  # inside the class, list is its method
_PREFIX = "packages/"
# The address under /static/packages/ → the file in node_modules. The style sheet is one file with
# all of Designsystemet, in cascade layers, so that ours wins without !important.
FILES = {
    "designsystemet.css": "@digdir/designsystemet-css/dist/src/index.css",
    "designsystemet-theme.css": "@digdir/designsystemet-css/dist/theme/designsystemet.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}


class PackageStorage(FileSystemStorage):
    """node_modules seen through FILES: opening `htmx.js` opens the file it stands for."""

    prefix = _PREFIX.rstrip("/")

    def path(self, name: str) -> str:
        return str(Path(self.location) / FILES[name])


class PackageFiles(BaseFinder):
    """Finds exactly the files of FILES."""

    def __init__(self, app_names: Sequence[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage(location=settings.PROJECT / "node_modules")

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        name = path.removeprefix(_PREFIX)
        is_ours = path.startswith(_PREFIX) and name in FILES
        found = [self.storage.path(name)] if is_ours and self.storage.exists(name) else []
        if find_all or kwargs.get("all"):
            return found
        return found[0] if found else []  # Django takes None for a file that was found

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in FILES:
            if self.storage.exists(name):
                yield name, self.storage

    def check(self, **kwargs: Any) -> Messages:
        missing = [FILES[name] for name in FILES if not self.storage.exists(name)]
        if not missing:
            return []
        return [
            Error(
                f"node_modules lacks {', '.join(missing)}",
                hint="Run `make setup`, which installs the packages of package-lock.json.",
                id="klientbro.E001",
            )
        ]
