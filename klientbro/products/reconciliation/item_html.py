"""Rows of an account's page as HTML, put together in Python: postings, and items that differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.ledger.queries.reconciling import MonthPosting
from klientbro.products.reconciliation.subledgers import ShownDifference
from klientbro.shell.icons import icon
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import MISSING, amount, amount_signed, day

_POSTING = """<tr><td class="tnum">{day}</td><td class="tnum"><a class="main" \
href="{address}{number}/?id={id}">{voucher}</a></td><td>{text}</td>\
<td class="num">{amount}</td></tr>"""
_DIFFERENCE = """<tr><td>{words}{later}</td><td>{party} {name}</td><td class="tnum">{vouchers}</td>\
<td class="tnum">{days}</td><td class="num">{ledger}</td><td class="num">{item}</td>\
<td class="num rc-diff">{effect}</td><td class="acts">{action}</td></tr>
"""
_ACTION = """<button class="ds-button row" data-variant="tertiary" data-color="neutral" data-icon \
type="submit" name="item" value="{key}" title="{title}" aria-label="{label}">{icon}</button>"""


def posting_rows(postings: Iterable[MonthPosting], client_id: UUID) -> SafeString:
    """The postings of an account, each opening to its voucher and document."""
    address = reverse("books:voucher", args=[client_id, 0]).removesuffix("0/")
    return SafeString(  # every part of it is escaped # nosec B703
        "".join(
            _POSTING.format(
                day=day(each.day),
                address=address,
                number=each.voucher_no,
                id=quote(each.voucher_id, safe=""),
                voucher=escaped(each.voucher),
                text=escaped(each.text),
                amount=amount(each.amount),
            )
            for each in postings
        )
    )


@dataclass(frozen=True, slots=True)
class Differences:
    """How the items that differ are shown, in a form that lists the one pressed as a timing item.

    listed: keys of those that are timing items already.
    """

    client_id: UUID
    listed: Collection[str]
    is_closed: bool

    def html(self, rows: Iterable[tuple[ShownDifference, str, str]]) -> SafeString:
        """Each difference with what it is in words and its key."""
        later = fill(' <small class="muted">{}</small>', _("posted after the items were read"))
        timing, label = _("Timing item"), _("List %(words)s, %(amount)s, as timing item")
        listed, title = fill('<small class="muted">{}</small>', timing), _("List as timing item")
        clock, title = icon("clock"), escaped(title)
        voucher = self._voucher_address().removesuffix("0/")
        made = []
        for one, words, key in rows:
            effect = amount_signed(one.effect)
            if key in self.listed:
                action = listed
            elif self.is_closed:
                action = SafeString("")
            else:
                named = {"words": one.voucher or one.party, "amount": amount(one.effect)}
                action = SafeString(  # every part of it is escaped # nosec B703
                    _ACTION.format(key=key, title=title, label=escaped(label % named), icon=clock)
                )
            made.append(
                _DIFFERENCE.format(
                    words=escaped(words),
                    later=later if one.came_later else "",
                    party=escaped(one.party),
                    name=escaped(one.party_name),
                    vouchers=self._vouchers(one, voucher),
                    days=_days(one),
                    ledger=amount(one.ledger.amount) if one.ledger else MISSING,
                    item=amount(one.subledger.amount) if one.subledger else MISSING,
                    effect=effect,
                    action=action,
                )
            )
        return SafeString("".join(made))  # every part of it is escaped # nosec B703

    def _voucher_address(self) -> str:
        """The address of voucher 0, in whose place the number is put."""
        return reverse("books:voucher", args=[self.client_id, 0])

    def _vouchers(self, one: ShownDifference, address: str) -> SafeString:
        numbers = [one.voucher] if one.voucher else [each.voucher for each in one.candidates]
        links = (
            f'<a class="ds-link" href="{address}{number}/">{number}</a>'
            for number in map(escaped, numbers)
        )
        return SafeString(", ".join(links))  # every part of it is escaped # nosec B703


def _days(one: ShownDifference) -> str:
    """The posting's day, and the item's where it is another."""
    ledger = day(one.ledger.day) if one.ledger else ""
    item = day(one.subledger.day) if one.subledger else ""
    if not ledger or not item or ledger == item:
        return ledger or item
    return f"{ledger} / {item}"
