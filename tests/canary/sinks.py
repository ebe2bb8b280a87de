"""Where a secret could end up, and in which guises it is looked for."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql


@dataclass(frozen=True)
class Planted:
    """Something that must not be found, but in the sinks where it is meant to be read."""

    name: str
    value: str = field(repr=False)
    belongs_in: frozenset[str] = frozenset()


def guises(value: str) -> set[bytes]:
    """The value as it may be written: plain, hex, base64 at each place in a group, for addresses
    and in JSON; a personal number also as people part it."""
    plain = value.encode()
    found = {
        plain,
        plain.hex().encode(),
        plain.hex().upper().encode(),
        quote(value, safe="").encode(),
        "".join(f"%{byte:02X}" for byte in plain).encode(),
        json.dumps(value)[1:-1].encode(),
        value.encode("utf-16-le"),
    }
    for before in range(3):
        # what stands before and after shares its first and last group of four letters
        encoded = base64.b64encode(b"\0" * before + plain)
        start, end = (0, 2, 3)[before], len(encoded) - (4 if (before + len(plain)) % 3 else 0)
        found |= {encoded[start:end], encoded[start:end].replace(b"+", b"-").replace(b"/", b"_")}
    if re.fullmatch(r"\d{11}", value):
        found |= {f"{value[:6]}{mark}{value[6:]}".encode() for mark in (" ", "-", "\u00a0")}
    return {one for one in found if len(one) >= min(8, len(plain))}


def hits(planted: list[Planted], sinks: dict[str, bytes]) -> list[str]:
    """`what in where`, for everything that is where it should not be."""
    return [
        f"{one.name} in {name}"
        for one in planted
        for name, content in sinks.items()
        if name.partition(":")[0] not in one.belongs_in
        for guise in guises(one.value)
        if guise in content
    ]


def unpacked(content: bytes) -> bytes:
    """A file with all it has packed inside: workbooks, and the streams of a PDF."""
    found = [content]
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            found += [members.read(name) for name in members.namelist()]
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(found)


def tables_of(url: str, *, without: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Every table's rows as text, asked by a superuser past every policy."""
    found = {}
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select relname::text from pg_class c join pg_namespace n on n.oid = relnamespace "
            "where nspname = 'public' and relkind in ('r', 'p') and not relispartition order by 1"
        ).fetchall()
        for (name,) in names:
            if name in without:
                continue
            rows = connection.execute(
                sql.SQL("select coalesce(string_agg(t::text, E'\\n'), '') from {} t").format(
                    sql.Identifier(name)
                )
            ).fetchone()
            found[f"database:{name}"] = str(rows[0] if rows else "").encode()
    return found


def processes_of(first: int, home: Path) -> dict[str, bytes]:
    """Titles and environments of a process, all below it, and those of the home's database."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    waiting = [first, *(int(one.read_text().split()[0])
                        for one in (home / "postgres").rglob("postmaster.pid"))]  # fmt: skip
    found: dict[str, bytes] = {}
    while waiting:
        at = waiting.pop()
        waiting += children.get(at, [])
        with suppress(OSError):
            found[f"process:{at}"] = Path(f"/proc/{at}/cmdline").read_bytes()
            found[f"environment:{at}"] = Path(f"/proc/{at}/environ").read_bytes()
    return found
