"""Help written in Markdown beside what it is about, as HTML for the pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.templatetags.static import static
from markdown_it import MarkdownIt

from klientbro.connectors.contract import Connector
from klientbro.connectors.registry import connectors

SOURCE_LANGUAGE = "nb"
# Texts name files, which holds in the repository too; the page has their addresses.
_HELP_FILE = re.compile(r"connectors/(\w+)/help\.\w+\.md$")
_PICTURE = re.compile(r"/static/(shell/help/[\w-]+\.png)$")
_SHELL = Path(__file__).resolve().parent / "help"


@dataclass(frozen=True, slots=True)
class HelpText:
    """A title, the headings to jump to, and the HTML under the title."""

    title: str
    headings: tuple[tuple[str, str], ...]
    html: str


def system_help(connector: Connector, language: str, brand: str) -> HelpText | None:
    """How to connect a system, from the connector's own folder; None when it has none."""
    folder = Path(settings.PACKAGE) / "connectors" / connector.key
    return _read(folder, "help", language, brand)


def shell_help(name: str, language: str, brand: str) -> HelpText | None:
    """One of the shell's own help texts."""
    return _read(_SHELL, name, language, brand)


def systems_with_help(language: str) -> list[tuple[Connector, HelpText]]:
    """Every accounting system that explains itself."""
    return [
        (connector, text)
        for connector in connectors().values()
        if (text := system_help(connector, language, settings.BRAND)) is not None
    ]


def _read(folder: Path, name: str, language: str, brand: str) -> HelpText | None:
    """In the reader's language, else in Norwegian."""
    for wanted in (language, SOURCE_LANGUAGE):
        path = folder / f"{name}.{wanted}.md"
        if path.is_file():
            return _rendered(path, path.stat().st_mtime_ns, brand)
    return None


@cache
def _rendered(path: Path, _changed_at: int, brand: str) -> HelpText:
    """`{brand}` in a text is the name the operator has given the portal. Raw HTML stays text."""
    source = path.read_text(encoding="utf-8").replace("{brand}", brand)
    parser = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    tokens = parser.parse(source)
    title = ""
    headings: list[tuple[str, str]] = []
    kept = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.type == "heading_open" and token.tag == "h1" and not title:
            title = tokens[place + 1].content
            place += 3  # opening, text and closing: the page shows the title itself
            continue
        if token.type == "heading_open" and token.tag == "h2":
            anchor = f"del-{len(headings) + 1}"
            token.attrSet("id", anchor)
            headings.append((anchor, tokens[place + 1].content))
        for part in token.children or ():
            if part.type == "link_open" and (found := _HELP_FILE.search(str(part.attrGet("href")))):
                part.attrSet("href", f"/hjelp/{found[1]}/")
            if part.type == "image" and (found := _PICTURE.search(str(part.attrGet("src")))):
                part.attrSet("src", static(found[1]))
                part.attrSet("loading", "lazy")
        if token.type == "table_open":
            token.attrSet("class", "ds-table")
        kept.append(token)
        place += 1
    html = parser.renderer.render(kept, parser.options, {})
    return HelpText(title, tuple(headings), html)
