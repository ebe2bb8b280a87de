"""A backup's one file: a plain tar with the dump, the manifest and the checksums of both.

`tar xf` opens it, `sha256sum -c SHA256SUMS` checks it and `pg_restore` reads `database.dump`, so a
backup can be used when this program is not at hand. The dump is written straight into its place.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from klientbro.database.processes import is_alive
from klientbro.lib.errors import ConfigurationError

FORMAT = 1
DUMP, MANIFEST, SUMS = "database.dump", "manifest.json", "SHA256SUMS"
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1024 * 1024

Manifest = dict[str, object]


@dataclass(frozen=True)
class BackupFile:
    """A backup whose checksums hold."""

    path: Path
    manifest: Manifest
    dump_at: int
    dump_bytes: int

    def dump(self) -> Iterator[bytes]:
        """The dump, piece by piece."""
        with self.path.open("rb") as file:
            file.seek(self.dump_at)
            left = self.dump_bytes
            while left and (piece := file.read(min(_CHUNK, left))):
                left -= len(piece)
                yield piece


def file_for(target: str, at: datetime) -> Path:
    """The file to write: `target` itself, or a name with the time in it when it is a folder."""
    path = Path(target).expanduser().absolute()
    if path.is_dir() or target.endswith("/"):
        return path / f"klientbro-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.tar"
    return path


def write_backup(path: Path, dump: Iterator[bytes], manifest: Callable[[], Manifest]) -> Manifest:
    """Write the file whole or not at all, readable by its owner only; gives the manifest."""
    if path.exists():
        raise ConfigurationError(f"{path} exists already; choose another name.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_leftovers(path.parent)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigurationError(
            f"The backup cannot be written to {path.parent} ({error.strerror}). Choose another "
            "folder with --to."
        ) from error
    try:
        with os.fdopen(descriptor, "w+b") as file:
            sums = {DUMP: _write_dump(file, dump)}
            about = {"format": FORMAT, **manifest()}
            body = (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()
            sums[MANIFEST] = hashlib.sha256(body).hexdigest()
            _write_member(file, MANIFEST, body)
            _write_member(
                file, SUMS, "".join(f"{sum_}  {name}\n" for name, sum_ in sums.items()).encode()
            )
            file.write(bytes(2 * _BLOCK))
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError as error:
        raise ConfigurationError(
            f"The backup could not be written to {path} ({error.strerror})."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return about


def read_backup(path: Path) -> BackupFile:
    """Open a backup and check every byte of it."""
    try:
        with tarfile.open(path, "r:") as members:
            found = {member.name: member for member in members.getmembers()}
            dump, manifest = found[DUMP], _body(members, found[MANIFEST])
            lines = _body(members, found[SUMS]).decode().splitlines()
            parts = [line.split("  ", 1) for line in lines]
            sums = {name: sum_ for sum_, name in parts}
    except FileNotFoundError as error:
        raise ConfigurationError(f"There is no file {path}.") from error
    except (OSError, tarfile.TarError, KeyError, ValueError) as error:
        raise ConfigurationError(
            f"{path} is not a whole backup of Klientbro. Use another one."
        ) from error
    about = json.loads(manifest) if hashlib.sha256(manifest).hexdigest() == sums[MANIFEST] else {}
    opened = BackupFile(path, about, dump.offset_data, dump.size)
    checksum = hashlib.sha256()
    for piece in opened.dump():
        checksum.update(piece)
    if not about or checksum.hexdigest() != sums[DUMP]:
        raise ConfigurationError(
            f"{path} is damaged: its checksums do not hold. Nothing was changed; use another."
        )
    if about.get("format") != FORMAT:
        raise ConfigurationError(
            f"{path} was made by another release of Klientbro (format {about.get('format')}, this "
            f"one reads {FORMAT}). Restore it with release {about.get('product_version')}."
        )
    return opened


def _write_dump(file: IO[bytes], dump: Iterator[bytes]) -> str:
    """The dump's size is known when it is written: its header is filled in afterwards."""
    file.write(bytes(_BLOCK))
    checksum, size = hashlib.sha256(), 0
    for piece in dump:
        file.write(piece)
        checksum.update(piece)
        size += len(piece)
    _pad(file, size)
    file.seek(0)
    file.write(_header(DUMP, size))
    file.seek(0, os.SEEK_END)
    return checksum.hexdigest()


def _write_member(file: IO[bytes], name: str, body: bytes) -> None:
    file.write(_header(name, len(body)))
    file.write(body)
    _pad(file, len(body))


def _header(name: str, size: int) -> bytes:
    about = tarfile.TarInfo(name)
    about.size, about.mode = size, 0o600
    about.mtime = int(datetime.now(UTC).timestamp())
    return about.tobuf(tarfile.GNU_FORMAT)  # one block, also over 8 GiB


def _pad(file: IO[bytes], size: int) -> None:
    file.write(bytes(-size % _BLOCK))


def _body(members: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = members.extractfile(member)
    if opened is None:
        raise KeyError(member.name)
    return opened.read()


def _remove_leftovers(folder: Path) -> None:
    """What backups that were killed left behind."""
    for leftover in folder.glob(".*.unfinished"):
        pid = leftover.name.split(".")[-2]
        if pid.isdecimal() and not is_alive(int(pid)):
            leftover.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
