"""The voucher inbox: what waits to be posted or approved, as rows of JournalEntryVouchers.

Made from the company's seed like the books, and changed by actions. It touches no balance.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta

from msgspec import Struct

from .days import timestamp_text
from .errors import not_found
from .identifiers import guid
from .spec import CompanySpec

MOST_AT_FIRST = 6
DAYS_BACK = 75
TYPES = ("IncomingInvoice", "IncomingInvoice", "Expense", "ManualJournal", "BankJournal")


class JournalEntryVoucher(Struct, eq=False):
    """A row of JournalEntryVouchers: neither date, amount nor account is told."""

    Id: str
    VoucherType: str
    CreatedDateTimeOffset: str
    LastChangedDateTimeOffset: str
    InApprovalWorkflow: bool = False
    IsCreatedByCurrentIntegration: bool | None = False
    IsPosted: bool | None = False
    OriginatedFromEhf: bool | None = False


def first_drafts(spec: CompanySpec) -> list[JournalEntryVoucher]:
    """Some that wait and one that has been posted, the same for the same company."""
    chance = random.Random(f"drafts:{spec.seed}:{spec.index}")  # noqa: S311 books, not secrets
    found = []
    for number in range(chance.randint(1, MOST_AT_FIRST)):
        day = spec.today - timedelta(days=chance.randint(1, DAYS_BACK))
        moment = datetime.combine(day, time(8 + number, chance.randint(0, 59)), UTC)
        kind = chance.choice(TYPES)
        stamp = timestamp_text(moment)
        found.append(
            JournalEntryVoucher(
                guid("draft", spec.seed, spec.index, number),
                kind,
                stamp,
                stamp,
                InApprovalWorkflow=kind == "IncomingInvoice" and chance.random() < 0.5,
                IsPosted=_waiting(spec, chance),
                OriginatedFromEhf=kind == "IncomingInvoice" and chance.random() < 0.7,
            )
        )
    found[0].IsPosted, found[0].InApprovalWorkflow = True, False
    return found


def _waiting(spec: CompanySpec, chance: random.Random) -> bool | None:
    """What IsPosted says of a voucher that waits (see Guesses.inbox_says_null)."""
    return None if spec.guesses.inbox_says_null and chance.random() < 0.5 else False


class Inbox:
    """The company's voucher inbox."""

    def __init__(self, spec: CompanySpec) -> None:
        self._spec = spec
        self.vouchers = first_drafts(spec)

    def add(self, voucher_type: str, *, in_approval: bool, now: datetime) -> JournalEntryVoucher:
        """One more that waits."""
        stamp = timestamp_text(now)
        added = JournalEntryVoucher(
            guid("draft", self._spec.seed, self._spec.index, len(self.vouchers), "later"),
            voucher_type,
            stamp,
            stamp,
            InApprovalWorkflow=in_approval,
        )
        self.vouchers = [*self.vouchers, added]
        return added

    def post(self, draft_id: str, *, now: datetime) -> None:
        """It waits no more; what it posts in the books is a matter of its own."""
        draft = self._find(draft_id)
        draft.IsPosted, draft.InApprovalWorkflow = True, False
        draft.LastChangedDateTimeOffset = timestamp_text(now)

    def delete(self, draft_id: str) -> None:
        """[guess] A draft that is deleted leaves the list."""
        gone = self._find(draft_id)
        self.vouchers = [each for each in self.vouchers if each is not gone]

    def _find(self, draft_id: str) -> JournalEntryVoucher:
        for each in self.vouchers:
            if each.Id == draft_id.lower():
                return each
        raise not_found("Draft", "Kladden", draft_id)
