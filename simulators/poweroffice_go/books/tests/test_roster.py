"""The list of companies, before any books are made."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from simulators.poweroffice_go.books import Quirk, build, roster
from simulators.poweroffice_go.books.identifiers import check_digit

from .conftest import TODAY


def test_every_special_company_is_in_the_default_list_once():
    quirks = Counter(spec.quirk for spec in roster(None, 1, 1, TODAY) if spec.quirk)
    assert quirks == Counter(Quirk)


def test_a_thousand_companies_have_names_keys_and_ids_of_their_own():
    specs = roster(1000, 0.1, 5, TODAY)
    for name in ("name", "client_id", "client_key"):
        assert len({getattr(spec, name) for spec in specs}) == 1000
    numbers = Counter(spec.orgnr for spec in specs if spec.orgnr)
    assert [n for n, count in numbers.items() if count > 1] == [specs[5].orgnr]


def test_numbers_are_made_up_and_have_right_check_digits():
    for spec in roster(300, 1, 2, TODAY):
        if spec.orgnr is None:
            assert spec.quirk is Quirk.WITHOUT_NUMBER
        elif len(spec.orgnr) == 11:
            assert spec.quirk is Quirk.SOLE_PROPRIETOR
            assert int(spec.orgnr[2:4]) > 80
            assert (
                str(check_digit(spec.orgnr[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))) == spec.orgnr[10]
            )
        else:
            assert spec.orgnr[0] == "3"
            assert str(check_digit(spec.orgnr[:8], (3, 2, 7, 6, 5, 4, 3, 2))) == spec.orgnr[8]


def test_keys_depend_on_the_seed_and_not_on_the_day():
    keys = [s.client_key for s in roster(5, 1, 1, TODAY)]
    assert keys == [s.client_key for s in roster(5, 3, 1, TODAY.replace(day=1))]
    assert keys != [s.client_key for s in roster(5, 1, 2, TODAY)]


def test_scale_and_target_decide_how_much_is_posted():
    spec = roster(1, 0.5, 1, TODAY)[0]
    assert 4_700 < build(spec).posting_count < 5_300
    assert 19_000 < build(replace(spec, postings_target=20_000)).posting_count < 21_000


def test_the_company_without_the_module_lacks_the_privileges():
    spec = next(s for s in roster(None, 1, 1, TODAY) if s.quirk is Quirk.WITHOUT_LEDGER)
    information = spec.integration_information()
    assert "TrialBalance" in information.InvalidPrivileges
    assert "AccountTransaction" not in information.ValidPrivileges
    assert "Accounting" not in information.ActiveClientSubscriptions
