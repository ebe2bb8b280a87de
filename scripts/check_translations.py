"""Checks that every text shown to people has its Norwegian, without gettext's own tools.

`--write` adds what is missing, untranslated, to the catalogue of the folder that uses it.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "klientbro"
CATALOGUE = Path("locale", "nb", "LC_MESSAGES", "django.po")
# Which arguments hold the text, its plural and its context, by the function's name.
FUNCTIONS: dict[str, tuple[int, int | None, int | None]] = {
    name + suffix: places
    for name, places in {
        "_": (0, None, None),
        "gettext": (0, None, None),
        "ngettext": (0, 1, None),
        "pgettext": (1, None, 0),
        "npgettext": (1, 2, 0),
    }.items()
    for suffix in ("", "_lazy", "_noop")
}
CALL = re.compile(r"\b(" + "|".join(sorted(map(re.escape, FUNCTIONS), key=len)[::-1]) + r")\(")
STRING = re.compile(r"""\s*u?('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")\s*([,)])""")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")

Key = tuple[str, str, str]
"""Context, text and plural, empty where there is none."""


@dataclass(frozen=True)
class Use:
    """One text and where it stands."""

    key: Key
    file: Path
    line: int

    def __str__(self) -> str:
        context, text, _ = self.key
        shown = f"{text!r} (context {context!r})" if context else repr(text)
        return f"{self.file.relative_to(ROOT)}:{self.line}: {shown}"


def main() -> int:
    """Compare what is used with what is translated; non-zero when something is amiss."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="add missing texts to the catalogues")
    arguments = parser.parse_args()
    catalogues = {path: polib.pofile(str(path)) for path in PACKAGE.glob(f"**/{CATALOGUE}")}
    uses = list(used_texts())
    translated = {key_of(e) for c in catalogues.values() for e in c if is_complete(e)}
    translated |= texts_of_libraries()
    missing = [use for use in uses if use.key not in translated]
    if arguments.write:
        return write_missing(missing, catalogues)
    complaints = [f"{use} has no Norwegian" for use in missing]
    complaints += bad_entries(catalogues) + contradictions(catalogues)
    for complaint in sorted(complaints):
        print(complaint)
    report_unused({use.key for use in uses}, catalogues)
    print(f"{len({use.key for use in uses})} texts, {len(complaints)} complaints")
    return 1 if complaints else 0


def used_texts() -> Iterator[Use]:
    """Every text marked for translation in our code and templates."""
    for folder, names, files in os.walk(PACKAGE):
        names[:] = sorted(set(names) - {"tests", "migrations", "locale", "node_modules"})
        for name in sorted(files):
            path = Path(folder, name)
            if name.endswith(".py"):
                yield from texts_in_python(path)
            elif "templates" in path.parts and path.suffix in {".html", ".txt"}:
                yield from texts_in_template(path)


def texts_in_python(path: Path) -> Iterator[Use]:
    """The literal arguments of the gettext functions, whatever they are imported as."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else None
        name = node.func.attr if isinstance(node.func, ast.Attribute) else name
        if name not in FUNCTIONS:
            continue
        words = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
        if key := make_key(name, words):
            yield Use(key, path, node.lineno)


def texts_in_template(path: Path) -> Iterator[Use]:
    """The same for a template, which Django turns into something like Python for this purpose."""
    from django.utils.translation.template import templatize

    source = templatize(path.read_text(), str(path))
    for call in CALL.finditer(source):
        words: list[object] = []
        place = call.end()
        while found := STRING.match(source, place):
            words.append(ast.literal_eval(found[1]))
            place = found.end()
            if found[2] == ")":
                break
        if key := make_key(call[1], words):
            yield Use(key, path, source.count("\n", 0, call.start()) + 1)


def make_key(function: str, words: list[object]) -> Key | None:
    """The text that a call asks for; None when it is not written out there."""
    text_at, plural_at, context_at = FUNCTIONS[function]
    picked = [
        "" if at is None else words[at] if at < len(words) else None
        for at in (context_at, text_at, plural_at)
    ]
    if not all(isinstance(word, str) for word in picked) or not picked[1]:
        return None
    return (str(picked[0]), str(picked[1]), str(picked[2]))


def key_of(entry: polib.POEntry) -> Key:
    """The text that an entry translates."""
    return (entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def is_complete(entry: polib.POEntry) -> bool:
    """Whether every form of an entry is translated, and by a person's decision."""
    forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return not entry.obsolete and not entry.fuzzy and bool(forms) and all(forms)


def texts_of_libraries() -> set[Key]:
    """What Django and allauth translate themselves."""
    import allauth
    import django

    folders = [Path(django.__file__).parent, Path(allauth.__file__).parent]
    paths = [path for folder in folders for path in folder.glob("**/locale/nb/LC_MESSAGES/*.po")]
    return {key_of(e) for path in paths for e in polib.pofile(str(path)) if is_complete(e)}


def bad_entries(catalogues: dict[Path, polib.POFile]) -> list[str]:
    """Entries that are unfinished, or whose placeholders differ from those of the source."""
    found = []
    for path, catalogue in catalogues.items():
        for entry in catalogue:
            where = f"{path.relative_to(ROOT)}:{entry.linenum}: {entry.msgid!r}"
            if entry.obsolete:
                found.append(f"{where} is obsolete; delete it")
            elif not is_complete(entry):
                found.append(f"{where} is untranslated or fuzzy")
            elif differing := placeholders_differ(entry):
                found.append(f"{where} has other placeholders in {differing!r}")
    return found


def placeholders_differ(entry: polib.POEntry) -> str | None:
    """The translation whose placeholders are not the source's, or None."""
    if not entry.msgid_plural:
        wanted = sorted(PLACEHOLDER.findall(entry.msgid))
        return entry.msgstr if sorted(PLACEHOLDER.findall(entry.msgstr)) != wanted else None
    # The form for one may say "one" in words; none may use what the source does not have.
    allowed = set(PLACEHOLDER.findall(entry.msgid + entry.msgid_plural))
    return next(
        (t for t in entry.msgstr_plural.values() if set(PLACEHOLDER.findall(t)) - allowed), None
    )


def contradictions(catalogues: dict[Path, polib.POFile]) -> list[str]:
    """Texts with two translations: Django merges all catalogues, so one would win in silence."""
    seen: dict[Key, tuple[Path, str]] = {}
    found = []
    for path, catalogue in sorted(catalogues.items()):
        for entry in catalogue:
            said = str(entry.msgstr_plural or entry.msgstr)
            first_path, first = seen.setdefault(key_of(entry), (path, said))
            if first != said:
                found.append(
                    f"{path.relative_to(ROOT)}:{entry.linenum}: {entry.msgid!r} is translated "
                    f"otherwise in {first_path.relative_to(ROOT)}; tell them apart with pgettext"
                )
    return found


def report_unused(used: set[Key], catalogues: dict[Path, polib.POFile]) -> None:
    """Tell, without failing, what no code seems to use: it may be asked for by variable."""
    unused = sorted(
        key[1] for c in catalogues.values() for key in map(key_of, c) if key not in used
    )
    if unused:
        print(f"note: {len(unused)} translations are not used by name: {', '.join(unused[:8])} …")


def write_missing(missing: list[Use], catalogues: dict[Path, polib.POFile]) -> int:
    """Add untranslated entries to the catalogue of the nearest folder that has one."""
    for use in missing:
        folder = next((f for f in use.file.parents if (f / "locale").is_dir()), PACKAGE)
        path = folder / CATALOGUE
        if path not in catalogues:
            path.parent.mkdir(parents=True, exist_ok=True)
            catalogues[path] = polib.POFile()
            catalogues[path].metadata = {
                "Language": "nb",
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Transfer-Encoding": "8bit",
                "Plural-Forms": "nplurals=2; plural=(n != 1);",
            }
        context, text, plural = use.key
        if any(key_of(entry) == use.key for entry in catalogues[path]):
            continue
        entry = polib.POEntry(msgid=text, msgctxt=context or None, msgid_plural=plural)
        if plural:
            entry.msgstr_plural = {0: "", 1: ""}
        catalogues[path].append(entry)
        catalogues[path].save(str(path))
    print(f"{len(missing)} texts added; translate them in the .po files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
