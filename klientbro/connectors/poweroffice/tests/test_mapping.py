"""Registers, open items, settings and balances in our columns."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from klientbro.connectors.contract import COLUMNS, ControlFigure, Decoded, Resource
from klientbro.connectors.errors import ContractError
from klientbro.connectors.poweroffice import mapping, records
from klientbro.connectors.poweroffice.tests.support import column, response

MOMENT = datetime(2024, 11, 11, 12, tzinfo=UTC)


def accounts() -> Decoded:
    return mapping.decode_accounts(response("general_ledger_accounts"))


def account_column(name: str) -> list[object]:
    return column(accounts(), COLUMNS[Resource.ACCOUNTS], name)


def test_account_type_is_the_sources_own() -> None:
    assert account_column("type") == ["asset", "asset", "equity", "liability", "income", "expense"]


def test_account_numbers_are_text_of_any_length() -> None:
    assert account_column("number")[-2:] == ["3000", "43100"]


def test_ordinary_account_has_no_agriculture_department() -> None:
    assert account_column("agriculture_department")[-2:] == ["", "forestry"]


def test_hidden_account_is_kept_as_inactive() -> None:
    assert account_column("is_active") == [True, True, True, True, True, False]


def test_register_gives_a_watermark_of_its_own() -> None:
    assert accounts().watermark == "2025-01-14T09:12:44.1830000+00:00"


@pytest.mark.parametrize("value", ["Memo", None])
def test_account_without_a_type_we_know_is_unknown_and_reported(value: str | None) -> None:
    rows = json.loads(response("general_ledger_accounts"))
    rows[0]["GeneralLedgerAccountType"] = value
    decoded = mapping.decode_accounts(json.dumps(rows).encode())
    assert decoded.rows[0][3] == "unknown"
    reported = "GeneralLedgerAccountType=" + (value or "null")
    assert decoded.unknown_values == (reported,)


def test_vat_code_without_name_takes_its_description() -> None:
    decoded = mapping.decode_vat_codes(response("vat_codes"))
    assert list(decoded.rows) == [
        (
            "43",
            "3",
            "Utgående mva høy sats",
            Decimal("0.25"),
            date(2005, 1, 1),
            None,
            True,
        ),
        (
            "51",
            "11",
            "Inngående mva, redusert sats",
            Decimal("0.15"),
            date(2012, 1, 1),
            date(2019, 12, 31),
            False,
        ),
    ]


def test_customers_are_named_and_numbered() -> None:
    decoded = mapping.contact_decoder("Customers")(response("customers"))
    assert list(decoded.rows) == [
        ("660004", "10004", "Lofotfisk", "310000043", True, MOMENT),
        ("660005", "10005", "Kari Eksempel", None, False, MOMENT),
    ]


def test_supplier_is_mapped_like_a_customer() -> None:
    decoded = mapping.contact_decoder("Suppliers")(response("suppliers"))
    assert decoded.rows[0][:4] == ("770001", "20001", "Strøm Nord", "310000019")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("NO 310 000 043 MVA", "310000043"),
        ("310000043", "310000043"),
        ("310.000.043", "310000043"),
        ("SE556677889901", "SE556677889901"),
        ("15877600146", None),
        ("158776 00146", None),
        ("", None),
        (None, None),
        ("hidden", None),
    ],
)
def test_number_of_a_contact_is_an_orgnr_or_foreign_but_never_a_persons(
    given: str | None, kept: str | None
) -> None:
    assert mapping.contact_orgnr(given) == kept


def test_departments_and_projects_keep_code_and_name() -> None:
    departments = mapping.dimension_decoder("Departments")(response("departments"))
    projects = mapping.dimension_decoder("Projects")(response("projects"))
    assert list(departments.rows) == [("501", "10", "Oslo", True), ("502", "20", "Bodø", False)]
    assert list(projects.rows) == [("881", "100.2", "Brygga, andre byggetrinn", True)]
    assert departments.watermark == "2024-11-12T12:00:00.0000000+00:00"


def test_bank_account_is_tied_to_its_ledger_account_by_id() -> None:
    decoded = mapping.decode_bank_accounts(response("client_bank_accounts"))
    assert list(decoded.rows) == [("31", "15060000001", "Eksempelbanken", None, "7001920", True)]


def test_customer_open_item_keeps_amount_and_balance() -> None:
    decoded = mapping.decode_customer_items(response("customer_open_items"))
    assert dict(zip(COLUMNS[Resource.CUSTOMER_ITEMS], decoded.rows[0], strict=True)) == {
        "source_id": "5550012",
        "party_no": "10004",
        "party_name": "Lofotfisk AS",
        "voucher_id": "3f1c7c0e-58e2-4a5e-9c74-5e0f5d3b8a10",
        "voucher_no": 412,
        "invoice_no": "1004",
        "posting_date": date(2025, 2, 28),
        "due_date": date(2025, 3, 14),
        "amount": Decimal("10000.0"),
        "balance": Decimal("4000.0"),
        "currency": "NOK",
        "currency_amount": Decimal("10000.0"),
    }


def test_supplier_open_item_is_negative_and_in_its_currency() -> None:
    row = mapping.decode_supplier_items(response("supplier_open_items")).rows[0]
    assert row[-4:] == (Decimal("-1250.5"), Decimal("-1250.5"), "EUR", Decimal("-110.25"))


def test_rows_of_agriculture_departments_are_summed_and_doubles_lose_their_noise() -> None:
    assert mapping.decode_trial_balance([response("trial_balance")]) == (
        ControlFigure("7001920", Decimal("154320.75")),
        ControlFigure("7003000", Decimal("-88000.00")),
        ControlFigure("7043100", Decimal("0.30")),
    )


def test_empty_trial_balance_is_an_all_zero_sheet() -> None:
    assert mapping.decode_trial_balance([b""]) == ()


def test_financial_year_ends_in_the_month_named() -> None:
    settings = mapping.read_object(
        records.FinancialSettings, response("financial_settings"), "FinancialSettings"
    )
    assert (settings.conversion_date, mapping.year_end_month(settings)) == (date(2022, 3, 1), 6)


def test_month_that_is_none_breaks_the_contract() -> None:
    settings = records.FinancialSettings(date(2022, 1, 1), "NOK", "Smarch")
    with pytest.raises(ContractError, match="FinancialYearEndMonth"):
        mapping.year_end_month(settings)


def test_null_month_is_december() -> None:
    assert mapping.year_end_month(records.FinancialSettings(date(2022, 1, 1))) == 12


@pytest.mark.parametrize(
    ("given", "kept"),
    [(date(2025, 2, 28), date(2025, 2, 28)), (None, None), (date(1, 1, 1), None)],
)
def test_lock_date_never_set_is_none(given: date | None, kept: date | None) -> None:
    assert mapping.lock_date(records.LockDateSettings(given)) == kept


@pytest.mark.parametrize(
    ("given", "kept"), [("BiMonthly", "bi_monthly"), ("Yearly", "yearly"), (None, None)]
)
def test_vat_period_is_named_in_our_way(given: str | None, kept: str | None) -> None:
    assert mapping.vat_period(records.VatSettings(True, given)) == kept


def test_identifier_of_a_company_is_digits_only() -> None:
    settings = mapping.read_object(
        records.OrganizationSettings, response("organization_settings"), "OrganizationSettings"
    )
    assert mapping.company_identifier(settings) == "310000019"
    assert mapping.company_identifier(records.OrganizationSettings()) is None


def test_settings_that_did_not_come_break_the_contract() -> None:
    with pytest.raises(ContractError, match="FinancialSettings is empty"):
        mapping.read_object(records.FinancialSettings, b"", "FinancialSettings")
