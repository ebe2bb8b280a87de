"""AccountTransactions become postings without losing an øre or a tenth of a microsecond."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from klientbro.connectors.contract import COLUMNS, Resource
from klientbro.connectors.errors import ConnectorError, ContractError, UnreadableError
from klientbro.connectors.poweroffice import decoding
from klientbro.connectors.poweroffice.postings import FIELDS, VOUCHER_TYPES, decode_postings
from klientbro.connectors.poweroffice.tests.support import column, response
from klientbro.domain.vouchers import VoucherType

COLUMN_NAMES = COLUMNS[Resource.POSTINGS]


def changed(**fields: Any) -> bytes:
    rows = json.loads(response("account_transactions"))
    rows[0].update(fields)
    return json.dumps(rows).encode()


def without(field: str) -> bytes:
    rows = json.loads(response("account_transactions"))
    del rows[1][field]
    return json.dumps(rows).encode()


def test_documented_transaction_becomes_a_posting() -> None:
    row = decode_postings(response("account_transactions")).rows[1]
    assert dict(zip(COLUMN_NAMES, row, strict=True)) == {
        "source_id": "90000123",
        "account_id": "7003000",
        "posting_date": date(2025, 2, 28),
        "amount": Decimal("-8000.0"),
        "voucher_id": "3f1c7c0e-58e2-4a5e-9c74-5e0f5d3b8a10",
        "voucher_no": 412,
        "voucher_series": "",
        "voucher_type": "customer_invoice",
        "voucher_date": date(2025, 2, 28),
        "voucher_text": "Faktura 1004",
        "text": "Konsulenttimer februar",
        "vat_code": "3",
        "vat_rate": Decimal("0.25"),
        "vat_amount": Decimal("-2000.0"),
        "currency": "NOK",
        "currency_amount": Decimal("-8000.0"),
        "department_code": "10",
        "project_code": "100.2",
        "customer_no": None,
        "supplier_no": None,
        "entry_id": None,
        "reverses_voucher_id": None,
        "reverses_voucher_no": None,
        "corrects_voucher_id": None,
        "corrects_voucher_no": None,
        "is_reversed": False,
        "source_created_at": datetime(2025, 3, 4, 10, 15, 30, 441000, tzinfo=UTC),
        "source_changed_at": datetime(2025, 3, 4, 10, 15, 30, 441000, tzinfo=UTC),
    }


def test_sub_ledger_posting_keeps_its_party_and_entry() -> None:
    decoded = decode_postings(response("account_transactions"))
    assert column(decoded, COLUMN_NAMES, "customer_no") == ["10004", None, None]
    assert column(decoded, COLUMN_NAMES, "entry_id") == ["5550012", None, None]


@pytest.mark.parametrize(
    "text", ["9007199254740993.01", "0.295", "1250.5", "8000", "-0.1", "0.30000000000000004"]
)
def test_amount_is_exactly_what_the_source_wrote(text: str) -> None:
    content = response("account_transactions").replace(b"10000.0", text.encode())
    assert column(decode_postings(content), COLUMN_NAMES, "amount")[0] == Decimal(text)


def test_watermark_is_the_latest_change_as_the_source_wrote_it() -> None:
    decoded = decode_postings(response("account_transactions"))
    assert decoded.watermark == "2025-03-05T07:00:00.1234567+00:00"


def test_seventh_decimal_decides_the_watermark_and_is_cut_from_the_moment() -> None:
    content = changed(LastChangedDateTimeOffset="2025-03-05T07:00:00.1234569+00:00")
    decoded = decode_postings(content)
    assert decoded.watermark == "2025-03-05T07:00:00.1234569+00:00"
    moment = datetime(2025, 3, 5, 7, 0, 0, 123456, tzinfo=UTC)
    assert column(decoded, COLUMN_NAMES, "source_changed_at")[0] == moment


def test_watermarks_in_other_forms_are_compared_as_moments() -> None:
    # 09:30 at +02:00 is 07:30 in UTC, later than the others although it sorts after them anyway;
    # 06:59 with Z sorts last as text in no order we rely on.
    content = changed(LastChangedDateTimeOffset="2025-03-05T09:30:00.5+02:00")
    assert decode_postings(content).watermark == "2025-03-05T09:30:00.5+02:00"
    content = changed(LastChangedDateTimeOffset="2025-03-05T08:59:00.5+02:00")
    assert decode_postings(content).watermark == "2025-03-05T07:00:00.1234567+00:00"


def test_timestamp_without_offset_is_taken_as_utc() -> None:
    content = changed(CreatedDateTimeOffset="2025-03-05T09:30:00")
    created = column(decode_postings(content), COLUMN_NAMES, "source_created_at")[0]
    assert created == datetime(2025, 3, 5, 9, 30, tzinfo=UTC)


def test_timestamp_that_is_none_names_no_row_but_the_list() -> None:
    with pytest.raises(ContractError, match="AccountTransactions: a timestamp"):
        decode_postings(changed(CreatedDateTimeOffset="yesterday"))


@pytest.mark.parametrize(
    "field", ["Id", "AccountId", "Amount", "PostingDate", "VoucherId", "LastChangedDateTimeOffset"]
)
def test_missing_mandatory_field_is_named(field: str) -> None:
    with pytest.raises(ContractError, match=f"missing required field `{field}`"):
        decode_postings(without(field))


@pytest.mark.parametrize("field", ["VoucherType", "IsReversed", "VatCode", "CustomerAccountNo"])
def test_fields_that_may_be_null_may_also_be_left_out(field: str) -> None:
    assert len(decode_postings(without(field)).rows) == 3


def test_changed_type_is_named() -> None:
    with pytest.raises(ContractError, match=r"Amount"):
        decode_postings(changed(Amount="10000,00"))


def test_null_where_a_value_is_promised_is_named() -> None:
    with pytest.raises(ContractError, match=r"Amount"):
        decode_postings(changed(Amount=None))


def test_new_voucher_type_is_kept_as_other_and_reported() -> None:
    decoded = decode_postings(changed(VoucherType="BrandNew"))
    assert column(decoded, COLUMN_NAMES, "voucher_type")[0] == "other"
    assert decoded.unknown_values == ("VoucherType=BrandNew",)


def test_every_documented_voucher_type_has_a_word_of_ours() -> None:
    assert len(VOUCHER_TYPES) == 27
    assert set(VOUCHER_TYPES.values()) <= set(VoucherType)


def test_field_we_did_not_ask_for_is_reported_and_does_no_harm() -> None:
    decoded = decode_postings(changed(NewField="x"))
    assert decoded.unknown_fields == ("NewField",)
    assert len(decoded.rows) == 3


def test_known_answer_reports_nothing() -> None:
    decoded = decode_postings(response("account_transactions"))
    assert (decoded.unknown_fields, decoded.unknown_values, decoded.skipped) == ((), (), ())


def test_empty_page_has_no_watermark() -> None:
    decoded = decode_postings(b"")
    assert (list(decoded.rows), decoded.watermark) == ([], None)


def test_cut_page_is_unreadable_rather_than_a_broken_contract() -> None:
    with pytest.raises(UnreadableError):
        decode_postings(response("account_transactions")[:-40])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"Faktura\u0000 1004", "Faktura\N{REPLACEMENT CHARACTER} 1004"),
        (r"C:\\u0000", "C:\\u0000"),
        (r"halv \ud83d", "halv \N{REPLACEMENT CHARACTER}"),
        (r"hel \ud83d\ude00", "hel \N{GRINNING FACE}"),
        (r"hel \ud83d\ude00 og halv \udc00", "hel \N{GRINNING FACE} og halv \ufffd"),
    ],
)
def test_characters_that_no_database_keeps_are_replaced(written: str, kept: str) -> None:
    content = response("account_transactions").replace(b"Faktura 1004", written.encode(), 1)
    assert column(decode_postings(content), COLUMN_NAMES, "voucher_text")[0] == kept


def test_only_fields_we_keep_are_asked_for() -> None:
    assert len(FIELDS) == 27
    assert {"Id", "AccountId", "CorrectionOfVoucherNo", "LastChangedDateTimeOffset"} <= set(FIELDS)


@pytest.mark.parametrize("piece_bytes", [1, 300, 900, 5000])
@pytest.mark.parametrize(
    "text",
    [
        "Faktura 4711",
        "},{",
        'to rader "},{" i en tekst',
        '"},{"Id":1},{"',
        "slutt på \\\\",
        "\\\\},{\\\\",
        "NUL \x00 og },{",
        "æøå 😀 },{ },{",
        "",
    ],
)
def test_page_read_in_pieces_is_the_page(
    monkeypatch: pytest.MonkeyPatch, text: str, piece_bytes: int
) -> None:
    rows = msgspec.json.decode(response("account_transactions"))
    page = [{**row, "Id": 1000 + n, "Description": text} for n in range(4) for row in rows]
    content = msgspec.json.encode(page)
    whole = decode_postings(content)
    monkeypatch.setattr(decoding, "_PIECE_BYTES", piece_bytes)
    assert decode_postings(content) == whole
    expected = text.replace("\x00", "\ufffd")
    assert set(column(whole, COLUMN_NAMES, "text")) == {expected}
    assert len(whole.rows) == len(page)


@pytest.mark.parametrize(
    ("wrong", "right"), [(b'"Amount":', b'"Amount":"x'), (b"}]", b"}"), (b"},{", b"},")]
)
def test_fault_in_a_late_piece_is_named_as_on_the_page(
    monkeypatch: pytest.MonkeyPatch, wrong: bytes, right: bytes
) -> None:
    rows = msgspec.json.decode(response("account_transactions"))
    content = msgspec.json.encode(rows * 5)
    at = content.rfind(wrong)
    broken = content[:at] + right + content[at + len(wrong) :]
    with pytest.raises(ConnectorError) as whole:
        decode_postings(broken)
    monkeypatch.setattr(decoding, "_PIECE_BYTES", 500)
    with pytest.raises(ConnectorError) as in_pieces:
        decode_postings(broken)
    assert (type(in_pieces.value), str(in_pieces.value)) == (type(whole.value), str(whole.value))
