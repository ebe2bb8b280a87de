"""Serves single files out of node_modules, by list: whole dist folders would be many megabytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

# Where a page finds it under /static/, and where npm puts it.
FILES = {
    "vendor/designsystemet.css": "@digdir/designsystemet-css/dist/src/index.css",
    "vendor/designsystemet-theme.css": "@digdir/designsystemet-css/dist/theme/designsystemet.css",
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/inter-latin.woff2": (
        "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
    ),
    "vendor/inter-latin-ext.woff2": (
        "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2"
    ),
}


class PackageFiles(BaseFinder):
    """The files above under their short names."""

    @property
    def root(self) -> Path:
        return Path(settings.PROJECT) / "node_modules"

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [name for name in FILES.values() if not (self.root / name).is_file()]
        if not missing:
            return []
        return [
            Error(
                f"{missing[0]} is not in {self.root}. Run `make setup`.",
                id="klientbro.shell.E001",
            )
        ]

    def find(  # type: ignore[override]  # Django itself takes find_all, and the older `all`
        self, path: str, find_all: bool = False, **kwargs: Any
    ) -> str | list[str]:
        source = FILES.get(path)
        found = self.root / source if source else None
        if found is None or not found.is_file():
            return []
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        storage = PackageStorage(self.root)
        for name in FILES:
            if (self.root / FILES[name]).is_file():
                yield name, storage


class PackageStorage(FileSystemStorage):
    """Reads a short name from where npm put the file."""

    prefix = ""

    def __init__(self, root: Path) -> None:
        super().__init__(location=root)

    def path(self, name: str) -> str:
        return str(Path(self.location) / FILES.get(name, name))
