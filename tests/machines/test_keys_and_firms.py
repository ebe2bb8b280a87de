"""The commands on a real home: new keys, backups without any, a firm that stays destroyed."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from klientbro.clients.tests.fixtures import orgnr_number, personal_number

from .test_backup_drill import KEYS, Installation, here, in_plain_text

__all__ = ["here"]
OURS, THEIRS = "Byrået AS", "Naboen AS"


@pytest.fixture
def offices(here: Installation) -> Installation:
    """Two firms with a client each; the first one's is a person."""
    (here.folder / "worker.log").touch()  # no worker runs here
    for firm, key, number in (
        (OURS, "nokkel-ola", personal_number()),
        (THEIRS, "nokkel-nabo", orgnr_number(3)),
    ):
        here.klientbro("user", "create", f"post@{firm[:5].lower()}.example", "--firm", firm)
        words = ("client", "add", "--name", "Klient", "--key-stdin", "--without-check")
        if len(number) == 9:
            here.klientbro(*words, "--firm", firm, "--orgnr", number, stdin=f"{key}\n")
        else:
            here.klientbro(*words, "--firm", firm, stdin=f"{key}\n{number}\n")
    return here


def told(here: Installation, *words: str) -> Any:
    return json.loads(here.klientbro(*words, "--json").splitlines()[-1])


def test_keys_are_changed_and_a_destroyed_firm_comes_back_with_no_backup(
    offices: Installation,
) -> None:
    here = offices
    copies = here.folder / "copies"

    # 1. a backup from before holds no key at all, not even a wrapped one
    (old,) = json.loads((here.home / "secrets.json").read_text())["secret_keys"].split(",")
    old_id = old.partition(":")[0]
    old_backup = Path(told(here, "backup", "--to", f"{copies}/1.tar")["file"])
    wrapped = here.ask("select encode(wrapped, 'hex') from tenants_datakey")
    plain = in_plain_text(old_backup)
    assert len(wrapped) == 4
    assert all(str(one).encode() not in plain for (one,) in wrapped)
    kept = copies / KEYS
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert len(json.loads(kept.read_text())["firms"]) == 2

    # 2. a new secret key at home, new data keys, and the old secret key out of use
    turned = told(here, "keys", "rotate", "--new-master")["firms"]
    assert [(one["wrapped"], one["key"], one["left"]) for one in turned] == [(2, 2, 0)] * 2
    assert stat.S_IMODE((here.home / "secrets.json").stat().st_mode) == 0o600
    here.klientbro("keys", "drop-master", old_id)
    assert old_id not in (here.home / "secrets.json").read_text()

    # 3. the end of a firm
    done = told(here, "firm", "destroy", OURS, "--confirm", OURS, "--now")
    assert json.loads(Path(done["file"]).read_text())["digest"] == done["digest"]
    assert len(done["keys"]) == 3

    # 4. the next backup's key file opens the neighbour, and names who is gone
    told(here, "backup", "--to", f"{copies}/2.tar")
    kept_now = json.loads(kept.read_text())
    assert len(kept_now["firms"]) == 1
    assert [one["firm_name"] for one in kept_now["destroyed"]] == [OURS]

    # 5. the backup from before is put back: the neighbour's opens, the destroyed firm goes again
    restored = here.klientbro("restore", str(old_backup), "--yes")
    assert f"{OURS} has been destroyed since the backup" in restored
    assert "The keys of 1 firm(s)" in restored
    left = "select name, (select count(*) from clients_client), d.digest from tenants_firm, "
    assert here.ask(left + "tenants_destruction d") == [(THEIRS, 1, done["digest"])]
