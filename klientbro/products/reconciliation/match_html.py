"""Rows of the matching page as HTML, put together in Python: hundreds of them make the page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from klientbro.products.reconciliation.suggestions import Item, Suggestion
from klientbro.shell.icons import icon
from klientbro.shell.markup import escaped, fill
from klientbro.shell.templatetags.kb import amount, day, status

_ITEM = """<span class="rc-item"><span class="tnum">{day}</span> \
<span class="rc-words">{words} {text}</span> <span class="num">{amount}</span></span>"""
_SUGGESTION = """<tr><td class="tick" data-m="act"><input class="ds-input" type="checkbox" \
name="suggestion" value="{key}" data-tick aria-label="{choose}"></td>\
<td data-m="main">{ledger}</td>{bank}<td data-m="full"><small>{why}</small>{ambiguous}</td></tr>
"""
_ROW = """<tr><td class="tick">{tick}</td><td class="tnum">{day}</td>\
<td class="rc-words">{words} {text}</td><td class="num">{amount}</td>{timing}</tr>
"""
_TICK = """<input class="ds-input" type="checkbox" name="row" value="{mark}" data-value="{value:f}"\
{checked} aria-label="{choose}">"""
_UNLIST = """<td class="acts"><button class="ds-button row" data-variant="tertiary" \
data-color="neutral" type="submit" name="untiming" value="{key}" formaction="{address}" \
aria-label="{label}">{icon}{words}</button></td>"""
_LIST = """<td class="acts"><button class="ds-button row" data-variant="tertiary" \
data-color="neutral" data-icon type="submit" name="timing" value="{mark}" \
formaction="{address}" title="{title}" aria-label="{label}">{icon}</button></td>"""


@dataclass(frozen=True, slots=True)
class OpenRows:
    """How the open rows of an account are shown.

    ticked, listed: keys of those chosen, and of those that are timing items already.
    """

    ticked: Collection[str]
    listed: Collection[str]
    is_bank: bool
    is_closed: bool
    address: tuple[Any, ...]  # client, month and account

    def html(self, items: Iterable[Item]) -> SafeString:
        """The rows of one side."""
        choose = _("Choose %(words)s, %(day)s, %(amount)s")
        timing = self._timing() if self.is_bank and not self.is_closed else None
        made = []
        for item in items:
            shown = {
                "day": day(item.day),
                "words": escaped(item.words),
                "text": escaped(item.text),
                "amount": amount(item.amount),
            }
            tick = ""
            if not self.is_closed:
                label = choose % {**shown, "words": item.words or item.text}
                tick = _TICK.format(
                    mark=escaped(item.mark),
                    value=item.value,
                    checked=" checked" if item.key in self.ticked else "",
                    choose=escaped(label),
                )
            last = timing(item, shown["amount"]) if timing is not None else ""
            made.append(_ROW.format(tick=tick, timing=last, **shown))
        return SafeString("".join(made))  # every part of it is escaped # nosec B703

    def _timing(self) -> Any:
        """What lists an open row of the bank as a timing item, or takes it back."""
        address = escaped(reverse("reconciliation:list_row", args=self.address))
        back = reverse("reconciliation:unlist_row", args=self.address)
        clock, check = icon("clock"), icon("check")
        title = escaped(_("List as timing item"))
        undo, list_ = (
            _("Listed: %(words)s is a timing item. Undo"),
            _("List %(words)s, %(amount)s, as timing item"),
        )
        name = _("Listed")

        def cell(item: Item, shown: str) -> SafeString:
            named = {"words": item.words or item.text, "amount": shown}
            if item.key in self.listed:
                return fill(
                    _UNLIST, key=item.key, address=back, label=undo % named, icon=check, words=name
                )
            label = escaped(list_ % named)
            return SafeString(  # every part of it is escaped # nosec B703
                _LIST.format(
                    mark=escaped(item.mark), address=address, title=title, label=label, icon=clock
                )
            )

        return cell


def suggestion_rows(
    suggestions: Iterable[Suggestion], reasons: Mapping[str, str], *, is_bank: bool
) -> SafeString:
    """The suggestions, each with its items and reason; reasons: by key."""
    choose, ambiguous = _("Choose suggestion %(number)s, %(words)s"), _("Another is as good")
    made = []
    for number, each in enumerate(suggestions, 1):
        first = each.items[0]
        made.append(
            fill(
                _SUGGESTION,
                key=each.key,
                choose=choose % {"number": number, "words": first.words or first.text},
                ledger=_items(each.ledger),
                bank=fill('<td data-m="full">{}</td>', _items(each.bank)) if is_bank else "",
                why=reasons[each.key],
                ambiguous=fill("<br>{}", status("warn", ambiguous))
                if each.match.is_ambiguous
                else "",
            )
        )
    return SafeString("".join(made))  # every part of it is escaped # nosec B703


def _items(items: Iterable[Item]) -> SafeString:
    return SafeString(  # every part of it is escaped # nosec B703
        "".join(
            _ITEM.format(
                day=day(item.day),
                words=escaped(item.words),
                text=escaped(item.text),
                amount=amount(item.amount),
            )
            for item in items
        )
    )
