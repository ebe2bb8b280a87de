"""Late vouchers in words, and the sheet behind their export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import Month
from klientbro.ledger.queries import every_late_voucher
from klientbro.ledger.queries.late import REASONS, LateFilter, LateVoucher, Partner
from klientbro.ledger.rows import LateChange
from klientbro.lib.csv import Cell
from klientbro.lib.dates import format_date, format_time, oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import Sheet
from klientbro.practice.books.texts import month_name
from klientbro.practice.books.typed import typed_text


def late_filter(asked: QueryDict) -> LateFilter:
    """`grunn`, `fra`, `til` and `konto` of the address; `maned` is one month alone."""
    one = _month(typed_text(asked, "maned"))
    reason = typed_text(asked, "grunn")
    return LateFilter(
        reason=reason if reason in REASONS else "",
        first=_month(typed_text(asked, "fra")) or one,
        last=_month(typed_text(asked, "til")) or one,
        account_id=typed_text(asked, "konto"),
    )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None


def reason_title(reason: str) -> str:
    """The reason in a few words, for a choice and a count."""
    return {
        "lock": _("After locking"),
        "seal": _("After reconciliation with the source"),
        "vat_return": _("After the VAT return"),
    }.get(reason, reason)


def reason_words(change: LateChange) -> str:
    """Why the voucher is late, as a sentence."""
    if change.reason == "vat_return" and change.term_first and change.term_last:
        return _("The VAT return for %(first)s–%(last)s was filed %(when)s.") % {
            "first": format_date(change.term_first),
            "last": format_date(change.term_last),
            "when": format_date(oslo_date(change.late_after)),
        }
    if change.reason == "lock" and change.lock_date:
        locked = _("Locked through %(lock)s.") % {"lock": format_date(change.lock_date)}
        if change.lock_opening == "unseen":
            return f"{locked} {_('The lock has been opened and closed again.')}"
        if change.lock_opening == "seen":
            return f"{locked} {_('The lock was opened before the voucher came.')}"
        return locked
    return _("Reconciled %(date)s at %(time)s.") % {
        "date": format_date(oslo_date(change.late_after)),
        "time": format_time(change.late_after),
    }


def partner_words(partner: Partner) -> str:
    """How a voucher belongs with the late one: `Reverserer`, `Korrigert av`."""
    return {
        "reverses": _("Reverses"),
        "reversed_by": _("Reversed by"),
        "corrects": _("Corrects"),
        "corrected_by": _("Corrected by"),
    }[partner.relation]


def late_sheet(page: ClientPage, narrowed: LateFilter) -> Sheet:
    """A line for each account and each VAT code that a late voucher touched."""
    books = page.usable_books()
    head = [(_("Client"), page.client.name)]
    if page.client.orgnr:
        head.append((_("Organisation number"), page.client.orgnr))
    if books.as_of is not None:
        as_of = f"{format_date(oslo_date(books.as_of))} {format_time(books.as_of)}"
        head.append((_("Figures as of"), as_of))
    head.append((_("Fetched from"), page.system_name))
    now = timezone.now()
    head.append((_("Exported"), f"{format_date(oslo_date(now))} {format_time(now)}"))
    if narrowed != LateFilter():
        head.append((_("Selection"), _("Narrowed by a filter")))
    return Sheet(
        title=_("Changed after locking"),
        head=head,
        columns=(
            pgettext("ledger", "Voucher"),
            _("Text"),
            _("Month"),
            _("Posted in the accounting system"),
            _("Seen by Klientbro"),
            _("Why it is late"),
            _("Belongs with"),
            _("Account or VAT code"),
            _("Name"),
            _("Amount"),
            _("VAT"),
            _("Change in result before tax"),
        ),
        rows=_rows(books.connection_id, narrowed),
    )


def _rows(connection_id: int, narrowed: LateFilter) -> Iterator[Sequence[Cell]]:
    for voucher in every_late_voucher(connection_id, narrowed):
        yield from _rows_of(voucher)


def _rows_of(voucher: LateVoucher) -> Iterator[Sequence[Cell]]:
    created = oslo_date(voucher.created_at) if voucher.created_at else None
    first: tuple[Cell, ...] = (
        voucher.voucher_no,
        voucher.text,
        month_name(voucher.month),
        created,
        oslo_date(voucher.found_at),
        " ".join(reason_words(change) for change in voucher.changes),
        ", ".join(f"{partner_words(one)} {one.voucher_no}" for one in voucher.partners),
    )
    if voucher.is_gone:
        gone = _("Gone from the accounting system")
        yield (*first, "", gone, None, None, None)
        return
    for account in voucher.accounts:
        yield (
            *first,
            account.number,
            account.name,
            round_to_ore(account.amount),
            None,
            round_to_ore(ZERO - account.before_tax),
        )
    for vat in voucher.vat:
        code = _("VAT code %(code)s") % {"code": vat.code}
        yield (*first, vat.code, code, round_to_ore(vat.basis), round_to_ore(vat.vat), None)
