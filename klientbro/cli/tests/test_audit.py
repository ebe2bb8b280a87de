"""`klientbro audit verify` says whole, or where and how not, with an exit code to watch."""

from __future__ import annotations

import json
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections

from klientbro.audit.services import note
from klientbro.cli import audit
from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db(transaction=True)


def verify(monkeypatch: Any, capsys: Any, **given: Any) -> tuple[int, str]:
    monkeypatch.setattr(audit, "open_house", nullcontext)
    code = audit.run(
        Namespace(**({"act": "verify", "json": False, "firm": None, "kept": None} | given))
    )
    return code, capsys.readouterr().out


def test_every_firm_is_walked_and_a_broken_one_is_named_with_the_entry(
    database_server: Any, monkeypatch: Any, capsys: Any
) -> None:
    for name in ("Åsen Regnskap AS", "Bråten Regnskap AS"):
        with in_firm(create_firm(name).id):
            for number in range(3):
                note("export", "audit_entry", told={"rows": number})
    code, said = verify(monkeypatch, capsys)
    assert code == 0
    assert said.count("3 entries, whole") == 2
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(database_server.superuser_url, dbname=name) as operator:
        operator.execute("set local session_replication_role = replica")
        operator.execute(
            "update audit_entry set address = '10.0.0.1' where number = 2 and firm_id = "
            "(select id from tenants_firm where name like 'Bråten%')"
        )
    code, said = verify(monkeypatch, capsys)
    assert code == 1
    assert "Åsen Regnskap AS: 3 entries, whole" in said
    assert "entry 2: has been altered" in said
    code, said = verify(monkeypatch, capsys, firm="Åsen Regnskap AS", json=True)
    assert code == 0
    (one,) = json.loads(said)["firms"]
    assert (one["entries"], one["breaks"], len(one["head"])) == (3, [], 64)


@pytest.mark.parametrize("rewritten", [True, False])
def test_log_written_anew_or_cut_with_its_end_is_found_by_what_was_kept_elsewhere(
    database_server: Any, monkeypatch: Any, capsys: Any, tmp_path: Path, rewritten: bool
) -> None:
    firm = create_firm("Åsen Regnskap AS")
    for number in range(3):
        with in_firm(firm.id):
            note("export", "audit_entry", told={"rows": number})
    _code, said = verify(monkeypatch, capsys, json=True)
    kept = tmp_path / "ends.json"
    kept.write_text(said, encoding="utf-8")
    with in_firm(firm.id):
        note("export", "audit_entry", told={"rows": 3})
    assert verify(monkeypatch, capsys, kept=kept)[0] == 0  # it has only grown
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(database_server.superuser_url, dbname=name) as operator:
        operator.execute("set local session_replication_role = replica")
        operator.execute("delete from audit_entry")
        operator.execute("delete from audit_head")
    for number in range(4 if rewritten else 2):
        with in_firm(firm.id):
            note("export", "audit_entry", told={"rows": 7 + number})
    assert verify(monkeypatch, capsys)[0] == 0  # whole in itself, and false
    code, said = verify(monkeypatch, capsys, kept=kept)
    assert code == 1
    assert "kept elsewhere" in said


def test_file_that_no_run_wrote_is_a_message(monkeypatch: Any, capsys: Any, tmp_path: Path) -> None:
    wrong = tmp_path / "ends.json"
    wrong.write_text("[1, 2]", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="audit verify --json"):
        verify(monkeypatch, capsys, kept=wrong)
