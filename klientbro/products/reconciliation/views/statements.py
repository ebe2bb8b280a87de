"""Bank statements of an account: importing, choosing the columns of a CSV, undoing."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.bank_statements import (
    Continuity,
    StatementFile,
    StatementFileError,
    StatementProblem,
    read_statement_file,
)
from klientbro.domain.bank_statements.csv_file import ColumnMapping, CsvSketch, sketch_csv
from klientbro.domain.bank_statements.model import refuse
from klientbro.domain.national_id import hide_national_ids
from klientbro.domain.reconciliation.methods import Method
from klientbro.ledger.queries.matching import bank_accounts
from klientbro.lib.dates import parse_typed_date
from klientbro.lib.numbers import parse_typed_number
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.reconciliation.bank_texts import (
    column_names,
    file_words,
    imported_words,
)
from klientbro.products.reconciliation.importing import (
    LIMITS,
    BankAccountOf,
    Imported,
    Period,
    import_statements,
    remove_statement,
    standing_statements,
    with_period,
)
from klientbro.products.reconciliation.models import StatementLine
from klientbro.products.reconciliation.views.bank import (
    AccountRead,
    account_context,
    read_account,
)
from klientbro.products.reconciliation.views.shared import TAB, keep_progress, refused

SALT = "reconciliation.csv"
KEPT_SECONDS = 3600
# A CSV waits in the page, signed, while its columns are chosen; the body of a request is limited.
MOST_KEPT = 2_000_000
# A person can do something about these by saying which column is which.
_CURABLE = {
    StatementProblem.NO_HEADER,
    StatementProblem.MISSING_COLUMN,
    StatementProblem.AMBIGUOUS_DECIMALS,
    StatementProblem.BAD_DATE,
    StatementProblem.BAD_AMOUNT,
    StatementProblem.SHORT_ROW,
}


@require_GET
@product_view
def statements_page(
    request: HttpRequest, client_id: UUID, month: str, account_id: str
) -> HttpResponse:
    """What has been imported for the account, and the form that imports. Fixed statements."""
    return _statements(request, _bank_account(client_id, month, account_id))


@require_POST
@product_view
def read_file(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """A CAMT.053 is taken in at once; a CSV is shown first, with its columns and days."""
    found = _bank_account(client_id, month, account_id)
    upload = request.FILES.get("file")
    if upload is None:
        return _statements(request, found, [_("Choose a file first: CAMT.053 or CSV.")])
    content, name = b"", hide_national_ids(upload.name or "")
    try:
        if (upload.size or 0) > LIMITS.most_bytes:
            raise refuse(StatementProblem.TOO_LARGE)
        content = upload.read()
        file = read_statement_file(content, limits=LIMITS)
    except StatementFileError as error:
        sketch = _sketch(content, ColumnMapping()) if error.problem in _CURABLE else None
        if sketch is None:
            return _statements(request, found, file_words(error))
        return _columns(request, found, content, name, sketch, None, error)
    if file.format == "csv":
        sketch = sketch_csv(content)
        return _columns(request, found, content, name, sketch, file)
    return _take_in(request, found, content, name, file)


@require_POST
@product_view
def import_csv(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """The CSV that was shown, with the columns, days and balances a person has settled."""
    found = _bank_account(client_id, month, account_id)
    try:
        kept = signing.loads(request.POST.get("kept", ""), salt=SALT, max_age=KEPT_SECONDS)
        content, name = b64decode(kept["content"]), kept["name"]
    except signing.BadSignature:
        return _statements(
            request, found, [_("The page has waited too long. Choose the file once more.")]
        )
    mapping = _mapping(request.POST)
    try:
        file = read_statement_file(content, mapping=mapping, limits=LIMITS)
    except StatementFileError as error:
        sketch = _sketch(content, mapping) or sketch_csv(content)
        return _columns(request, found, content, name, sketch, None, error, mapping)
    if request.POST.get("step") != "import":
        sketch = sketch_csv(content, mapping)
        return _columns(request, found, content, name, sketch, file, None, mapping)
    try:
        statement = with_period(file.statements[0], _period(request.POST))
        file = StatementFile(file.format, (statement,), file.skipped, file.details)
        done = _import(request, found, content, name, file)
    except RefusedError as error:
        sketch = sketch_csv(content, mapping)
        return _columns(request, found, content, name, sketch, file, error, mapping)
    return _done(request, found, done)


@require_POST
@product_view
def undo_import(request: HttpRequest, client_id: UUID, month: str, account_id: str) -> HttpResponse:
    """Takes a statement out again, with its matches; refused where a signature stands on it."""
    found = _bank_account(client_id, month, account_id)
    address = _address(found)
    try:
        statement = UUID(request.POST.get("statement", ""))
    except ValueError:
        raise Http404 from None
    try:
        matches = remove_statement(found.page.client.pk, account_id, statement, by=person(request))
    except RefusedError as error:
        return refused(request, address, error)
    keep_progress(client_id, found.month)
    text = _("The import has been undone.")
    if matches:
        text += " " + ngettext(
            "%(count)s match was undone with it.", "%(count)s matches were undone with it.", matches
        ) % {"count": matches}
    return lead_on(request, address, text)


def _bank_account(client_id: UUID, month: str, account_id: str) -> AccountRead:
    found = read_account(client_id, month, account_id, with_rows=False)
    if found.line.plan.method is not Method.BANK:
        raise Http404
    return found


def _address(found: AccountRead) -> str:
    return reverse(
        "reconciliation:statements",
        args=[found.page.client.public_id, found.month.key, found.line.account.id],
    )


def _statements(
    request: HttpRequest, found: AccountRead, errors: list[str] | None = None
) -> HttpResponse:
    standing = standing_statements(found.page.client.pk, found.line.account.id)
    counts: dict[int, int] = dict(
        StatementLine.objects.filter(statement__in=[row.pk for row in standing], is_repeat=False)
        .values_list("statement_id")
        .annotate(count=Count("pk"))
    )
    context = account_context(found) | {
        "statements": [(row, counts.get(row.pk, 0)) for row in reversed(standing)],
        "errors": errors or [],
        "most": LIMITS.most_bytes // 1_000_000,
        "numbers": [number for number, _currency in _numbers(found)],
    }
    status = REFUSED if errors else 200
    return show(request, found.page, TAB, "reconciliation/statements.html", context, status=status)


def _numbers(found: AccountRead) -> list[tuple[str, str]]:
    return bank_accounts(found.sheet.books.connection_id, found.line.account.id)


def _columns(
    request: HttpRequest,
    found: AccountRead,
    content: bytes,
    name: str,
    sketch: CsvSketch,
    file: StatementFile | None,
    error: StatementFileError | RefusedError | None = None,
    mapping: ColumnMapping | None = None,
) -> HttpResponse:
    """The step in which a person sees what a CSV holds, and says what it does not."""
    kept = signing.dumps(
        {"content": b64encode(content).decode(), "name": name}, salt=SALT, compress=True
    )
    if len(kept) > MOST_KEPT:
        return _statements(
            request,
            found,
            [_("The CSV file is too large. Fetch a shorter period, or CAMT.053, from the bank.")],
        )
    chosen = dict(mapping.columns) if mapping and mapping.columns else dict(sketch.places)
    statement = file.statements[0] if file is not None else None
    typed = request.POST if request.POST.get("step") == "import" else {}
    context = account_context(found) | {
        "kept": kept,
        "file_name": name,
        "sketch": sketch,
        "columns": [(key, words, chosen.get(key, "")) for key, words in column_names().items()],
        "decimal": (mapping.decimal if mapping else None) or "",
        "statement": statement,
        "skipped": len(file.skipped) if file is not None else 0,
        "first_day": typed.get("first_day") or _shown(_days(found, statement)[0]),
        "last_day": typed.get("last_day") or _shown(_days(found, statement)[1]),
        "opening": typed.get("opening", ""),
        "closing": typed.get("closing", ""),
        "errors": file_words(error)
        if isinstance(error, StatementFileError)
        else ([str(error)] if error else []),
    }
    status = REFUSED if error else 200
    return show(
        request, found.page, TAB, "reconciliation/statement_columns.html", context, status=status
    )


def _days(found: AccountRead, statement: Any) -> tuple[date | None, date | None]:
    """The days to suggest: the whole month when every line is in it, else those of the lines."""
    if statement is None:
        return None, None
    first, last = found.month.first_day, found.month.last_day
    if first <= statement.first_day and statement.last_day <= last:
        return first, last
    return statement.first_day, statement.last_day


def _shown(day: date | None) -> str:
    return f"{day:%d.%m.%Y}" if day is not None else ""


def _sketch(content: bytes, mapping: ColumnMapping) -> CsvSketch | None:
    try:
        return sketch_csv(content, mapping)
    except StatementFileError:
        return None


def _mapping(asked: Mapping[str, str]) -> ColumnMapping:
    columns = {
        key: heading
        for key in column_names()
        if (heading := str(asked.get(f"column_{key}", "")).strip())
    }
    decimal = asked.get("decimal")
    return ColumnMapping(columns, decimal if decimal in (",", ".") else None)


def _period(asked: Mapping[str, str]) -> Period:
    return Period(
        _typed_day(asked, "first_day"),
        _typed_day(asked, "last_day"),
        _typed_amount(asked, "opening"),
        _typed_amount(asked, "closing"),
    )


def _typed_day(asked: Mapping[str, str], name: str) -> date | None:
    text = asked.get(name, "").strip()
    day = parse_typed_date(text) if text else None
    if text and day is None:
        raise RefusedError(
            _("«%(text)s» is no date. Write it as 31.12.2026.") % {"text": text}, field=name
        )
    return day


def _typed_amount(asked: Mapping[str, str], name: str) -> Decimal | None:
    text = asked.get(name, "").strip()
    typed = parse_typed_number(text) if text else None
    if text and (typed is None or typed != round(typed, 2)):
        raise RefusedError(
            _("The amount «%(text)s» cannot be read. Write it as 1 234,50.") % {"text": text},
            field=name,
        )
    return typed


def _take_in(
    request: HttpRequest, found: AccountRead, content: bytes, name: str, file: StatementFile
) -> HttpResponse:
    try:
        return _done(request, found, _import(request, found, content, name, file))
    except RefusedError as error:
        return _statements(request, found, [str(error)])


def _import(
    request: HttpRequest, found: AccountRead, content: bytes, name: str, file: StatementFile
) -> Imported:
    numbers = tuple(number for number, _currency in _numbers(found) if number)
    account = BankAccountOf(found.page.client.pk, found.line.account.id, numbers)
    return import_statements(account, content, name, file, by=person(request))


def _done(request: HttpRequest, found: AccountRead, done: Imported) -> HttpResponse:
    keep_progress(found.page.client.public_id, found.month)
    odd = any(told.finding.finding is not Continuity.OVERLAP for told in done.told)
    level = messages.WARNING if odd else messages.SUCCESS
    return lead_on(request, _address(found), imported_words(done), level)
