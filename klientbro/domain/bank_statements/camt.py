"""CAMT.053 (ISO 20022 bank to customer statement), any 001.0x version, read as a stream.

Source: ISO 20022 message definitions camt.053.001.02 to .13. Elements keep their names over the
versions; .08 and later put status and party one level deeper, which is looked for both ways.
The sign follows the entry's own debit/credit mark, also for reversals. Only booked entries count.
A document type is refused at once: that is where entity bombs and outside files come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from io import BytesIO
from typing import BinaryIO

from lxml import etree

from klientbro.domain.bank_statements.model import (
    BankStatement,
    FileLimits,
    SkippedLine,
    StatementFile,
    StatementLine,
    StatementPart,
    StatementProblem,
    refuse,
    with_ids,
)
from klientbro.domain.money import ZERO, MoneyError, parse_amount, sum_amounts
from klientbro.lib.dates import parse_date

_MESSAGE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.053\.001\.[0-9]{2})")
_NOT_PROVIDED = "NOTPROVIDED"
_BOOKED = "BOOK"
_OPENING, _PREVIOUS_CLOSING, _CLOSING = "OPBD", "PRCD", "CLBD"
_DEFAULT_LIMITS = FileLimits()


class _Limited:
    """A file that stops the reader when it grows past the limit."""

    def __init__(self, source: BinaryIO, most_bytes: int) -> None:
        self._source = source
        self._left = most_bytes

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise refuse(StatementProblem.TOO_LARGE)
        return block


@dataclass(slots=True)
class _Reading:
    """What has been read so far of the statement at hand, and of the file."""

    limits: FileLimits
    message: str = ""
    entries: int = 0
    lines: list[StatementLine] = field(default_factory=list)
    balances: dict[str, tuple[Decimal, date | None]] = field(default_factory=dict)
    currencies: set[str] = field(default_factory=set)
    statements: list[BankStatement] = field(default_factory=list)
    skipped: list[SkippedLine] = field(default_factory=list)


def read_camt(source: bytes | BinaryIO, limits: FileLimits = _DEFAULT_LIMITS) -> StatementFile:
    """Every statement in the file; StatementFileError names the entry and field that is wrong."""
    stream = _Limited(BytesIO(source) if isinstance(source, bytes) else source, limits.most_bytes)
    reading = _Reading(limits)
    try:
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            tag=("{*}Document", "{*}Stmt", "{*}Ntry", "{*}Bal"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            _take(reading, event, element)
    except etree.XMLSyntaxError as error:
        line = error.lineno if error.lineno else None
        raise refuse(StatementProblem.BROKEN_XML, line, value=str(error.msg or "")) from error
    if not reading.message:
        raise refuse(StatementProblem.OTHER_MESSAGE)
    if not reading.statements:
        raise refuse(StatementProblem.NO_STATEMENT)
    return StatementFile(reading.message, tuple(reading.statements), tuple(reading.skipped))


def _take(reading: _Reading, event: str, element: etree._Element) -> None:
    name = etree.QName(element)
    if event == "start":
        if not reading.message:
            reading.message = _checked_message(element, name.namespace or "")
        return
    match name.localname:
        case "Ntry":
            _take_entry(reading, element)
            _drop(element)
        case "Bal":
            code = _text(element, "Tp/CdOrPrtry/Cd")
            day = _day(_first(element, "Dt"))
            reading.balances[code] = (_signed(element, element.sourceline, reading), day)
        case "Stmt":
            reading.statements.append(_statement(reading, element))
            reading.lines, reading.balances, reading.currencies = [], {}, set()
            _drop(element)


def _checked_message(element: etree._Element, namespace: str) -> str:
    """The message's name, once it is known to be harmless and the right one."""
    if element.getroottree().docinfo.doctype:
        raise refuse(StatementProblem.FORBIDDEN_XML, value="DOCTYPE")
    found = _MESSAGE.fullmatch(namespace)
    if found is None:
        raise refuse(StatementProblem.OTHER_MESSAGE, value=namespace.rpartition(":")[2])
    return found[1]


def _take_entry(reading: _Reading, entry: etree._Element) -> None:
    reading.entries += 1
    if reading.entries > reading.limits.most_lines:
        raise refuse(StatementProblem.TOO_MANY_LINES, entry.sourceline)
    status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    if status and status != _BOOKED:
        reading.skipped.append(SkippedLine(entry.sourceline or 0, "not_booked", status))
        return
    day = _day(_first(entry, "BookgDt")) or _day(_first(entry, "ValDt"))
    if day is None:
        raise refuse(StatementProblem.MISSING_FIELD, entry.sourceline, "BookgDt")
    amount = _signed(entry, entry.sourceline, reading)
    details = _all(entry, "NtryDtls/TxDtls")
    parts = tuple(_part(detail, amount) for detail in details)
    only = parts[0] if len(parts) == 1 else None
    texts = [_text(entry, "AddtlNtryInf"), *(part.text for part in parts)]
    reading.lines.append(
        StatementLine(
            id="",
            day=day,
            amount=amount,
            text=_joined(texts),
            reference=only.reference if only else "",
            party=only.party if only else "",
            party_account=_party_account(details[0], amount) if only else "",
            bank_reference=_text(entry, "AcctSvcrRef") or _text(entry, "NtryRef"),
            value_day=_day(_first(entry, "ValDt")),
            parts=_whole(parts, amount),
        )
    )


def _whole(parts: tuple[StatementPart, ...], amount: Decimal) -> tuple[StatementPart, ...]:
    """The parts of a batch, only when they are the whole of it."""
    if len(parts) < 2 or sum_amounts(part.amount for part in parts) != amount:
        return ()
    return parts


def _part(detail: etree._Element, entry_amount: Decimal) -> StatementPart:
    """A payment's own amount, turned the entry's way; zero where the bank gives none."""
    sign = -1 if entry_amount < ZERO else 1
    stated = (
        _first(detail, "Amt")
        if _first(detail, "Amt") is not None
        else _first(detail, "AmtDtls/TxAmt/Amt")
    )
    amount = _amount(stated) * sign if stated is not None else ZERO
    reference = _text(detail, "RmtInf/Strd/CdtrRefInf/Ref") or _text(detail, "Refs/EndToEndId")
    texts = [*(_own_text(one) for one in _all(detail, "RmtInf/Ustrd")), _text(detail, "AddtlTxInf")]
    other = "Dbtr" if entry_amount > ZERO else "Cdtr"
    party = _text(detail, f"RltdPties/{other}/Pty/Nm") or _text(detail, f"RltdPties/{other}/Nm")
    return StatementPart(
        amount, _joined(texts), "" if reference == _NOT_PROVIDED else reference, party
    )


def _party_account(detail: etree._Element, entry_amount: Decimal) -> str:
    other = "DbtrAcct" if entry_amount > ZERO else "CdtrAcct"
    account = _first(detail, f"RltdPties/{other}/Id")
    return _account_number(account) if account is not None else ""


def _statement(reading: _Reading, element: etree._Element) -> BankStatement:
    account = _first(element, "Acct/Id")
    if account is None or not _account_number(account):
        raise refuse(StatementProblem.MISSING_FIELD, element.sourceline, "Acct/Id")
    currencies = reading.currencies | {_text(element, "Acct/Ccy")} - {""}
    if len(currencies) > 1:
        found = ", ".join(sorted(currencies))
        raise refuse(StatementProblem.MIXED_CURRENCIES, element.sourceline, "Ccy", found)
    opening, opening_day = _balance(reading, _OPENING, _PREVIOUS_CLOSING)
    closing, closing_day = _balance(reading, _CLOSING)
    days = [line.day for line in reading.lines]
    first = _day(_first(element, "FrToDt"), "FrDtTm") or min(
        [*days, *_known(opening_day)], default=None
    )
    last = _day(_first(element, "FrToDt"), "ToDtTm") or max(
        [*days, *_known(closing_day)], default=None
    )
    if first is None or last is None:
        raise refuse(StatementProblem.MISSING_FIELD, element.sourceline, "FrToDt")
    number = _text(element, "ElctrncSeqNb") or _text(element, "LglSeqNb")
    return BankStatement(
        id=_text(element, "Id"),
        account=_account_number(account),
        currency=next(iter(currencies), ""),
        first_day=first,
        last_day=last,
        opening=opening,
        closing=closing,
        lines=with_ids(reading.lines),
        sequence=int(number) if number.isascii() and number.isdigit() else None,
    )


def _known(day: date | None) -> Iterable[date]:
    return () if day is None else (day,)


def _balance(reading: _Reading, *codes: str) -> tuple[Decimal | None, date | None]:
    for code in codes:
        if code in reading.balances:
            return reading.balances[code]
    return None, None


def _signed(element: etree._Element, line: int | None, reading: _Reading) -> Decimal:
    """The element's amount with its debit/credit mark: a withdrawal is negative."""
    stated = _first(element, "Amt")
    if stated is None:
        raise refuse(StatementProblem.MISSING_FIELD, line, "Amt")
    reading.currencies.add(stated.get("Ccy", ""))
    reading.currencies.discard("")
    match _text(element, "CdtDbtInd"):
        case "CRDT":
            return _amount(stated)
        case "DBIT":
            return ZERO - _amount(stated)
        case mark:
            raise refuse(StatementProblem.MISSING_FIELD, line, "CdtDbtInd", mark)


def _amount(element: etree._Element) -> Decimal:
    text = _own_text(element)
    try:
        amount = parse_amount(text)
    except MoneyError as error:
        raise refuse(StatementProblem.BAD_AMOUNT, element.sourceline, "Amt", text) from error
    if amount < ZERO:
        raise refuse(StatementProblem.BAD_AMOUNT, element.sourceline, "Amt", text)
    return amount


def _day(element: etree._Element | None, moment: str = "DtTm") -> date | None:
    """The day of a date element, or of the moment the bank wrote, in its own time."""
    if element is None:
        return None
    text = _text(element, "Dt") or _text(element, moment)
    if not text:
        return None
    try:
        return parse_date(text[:10])
    except ValueError as error:
        raise refuse(StatementProblem.BAD_DATE, element.sourceline, "Dt", text) from error


def _account_number(element: etree._Element) -> str:
    number = _text(element, "IBAN") or _text(element, "Othr/Id")
    return re.sub(r"[\s.]", "", number)


def _joined(texts: Iterable[str]) -> str:
    """The texts once each, in order."""
    return " / ".join(dict.fromkeys(text for text in texts if text))


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(f"{{*}}{step}" for step in path.split("/"))


def _first(element: etree._Element, path: str) -> etree._Element | None:
    """The first element at the path; child by child, which is much faster than a search."""
    return _down(element, _steps(path), 0)


def _down(element: etree._Element, steps: tuple[str, ...], at: int) -> etree._Element | None:
    if at == len(steps):
        return element
    for child in element.iterchildren(steps[at]):
        if (found := _down(child, steps, at + 1)) is not None:
            return found
    return None


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    return list(element.findall("/".join(_steps(path))))


def _text(element: etree._Element, path: str) -> str:
    found = _first(element, path)
    return _own_text(found) if found is not None else ""


def _own_text(element: etree._Element) -> str:
    return " ".join((element.text or "").split())


def _drop(element: etree._Element) -> None:
    """Let go of what has been read, or the tree would grow with the file.

    The emptied element itself stays until the next one is dropped: the parser still stands on it.
    """
    name = element.tag
    element.clear(keep_tail=False)
    before = element.getprevious()
    if before is not None and before.tag == name:
        element.getparent().remove(before)
