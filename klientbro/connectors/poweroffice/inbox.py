"""The voucher inbox (JournalEntryVouchers): what waits to be posted or approved.

The list tells type, state and when a voucher came, never its date, amount or accounts. Those stand
in the details, which an integration may only read of vouchers it has made or is to approve [doc].
Ours reads only, so it has none such.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from klientbro.connectors.contract import Decoded, Row
from klientbro.connectors.poweroffice.decoding import (
    Moments,
    Values,
    decode_rows,
    field_names,
    missing_fields,
    unknown_fields,
)
from klientbro.connectors.poweroffice.postings import VOUCHER_TYPES
from klientbro.connectors.poweroffice.records import JournalEntryVoucher
from klientbro.domain.vouchers import VoucherType

WAITING: Mapping[str, str] = {"isPosted": "false"}
_VOUCHERS = msgspec.json.Decoder(list[JournalEntryVoucher])
_NAMES = frozenset(field_names(JournalEntryVoucher))
_COLUMNS = {
    "VoucherType": "voucher_type",
    "InApprovalWorkflow": "is_in_approval",
    "CreatedDateTimeOffset": "registered_at",
}


def waits(voucher: JournalEntryVoucher) -> bool:
    """[guess] The filter isPosted=false gives every voucher that waits, also where IsPosted is
    null, and one that is deleted leaves the list. What says it is posted is passed over."""
    return voucher.is_posted is not True


def decode_drafts(content: bytes) -> Decoded:
    """A page of the inbox: the vouchers that wait."""
    vouchers = decode_rows(_VOUCHERS, content, "JournalEntryVouchers")
    types = Values("VoucherType", VOUCHER_TYPES, VoucherType.OTHER)
    moments = Moments("JournalEntryVouchers")
    rows: list[Row] = [
        (
            voucher.id,
            types[voucher.voucher_type],
            voucher.in_approval_workflow is True,
            _moment(moments, voucher.created_date_time_offset),
            None,
            None,
            None,
            None,
            _moment(moments, voucher.last_changed_date_time_offset),
        )
        for voucher in vouchers
        if waits(voucher)
    ]
    return Decoded(
        rows=rows,
        watermark=moments.latest(set(moments)),
        unknown_fields=unknown_fields(content, _NAMES),
        missing_fields=missing_fields(content, _COLUMNS, ("VoucherType",)),
        unknown_values=(*types.unknown,),
    )


def _moment(moments: Moments, text: str | None) -> object:
    return None if text is None else moments[text]
