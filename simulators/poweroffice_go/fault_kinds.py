"""Every way the simulator can go wrong, as data: add a function here and the dial has it.

A kind acts at one stage of a call:

- ``gate``    answers instead of the API
- ``state``   changes the world just before the call is read (a key dies, a voucher comes)
- ``question`` changes what is looked up (another page than the one asked for)
- ``rows``    changes the rows of a list or the one object of a good answer
- ``answer``  changes the bytes or headers of the answer
- ``wire``    decides how the answer is sent: late, in part, or not at all
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

from .answers import Answer, gateway_error, internal_error, token_error
from .faults import Call, FaultKind

Parameters = dict[str, Any]
Rows = list[dict[str, Any]]

KINDS: dict[str, FaultKind] = {}

ENUM_FIELDS = (
    "VoucherType",
    "GeneralLedgerAccountType",
    "ProjectStatus",
    "InvoiceDeliveryType",
    "AgricultureDepartment",
    "VatPeriod",
    "SubLedgerNumberSeriesType",
)
NUMBER_FIELDS = ("Amount", "Balance", "AccountNo", "Number", "Rate", "Id")
OPTIONAL_FIELDS = ("VoucherType", "AccountNo", "Amount", "Balance", "Name", "Code")


class World(Protocol):
    """What a ``state`` fault may do."""

    def now(self) -> datetime: ...
    def expire_tokens(self, environment: str, company: int | None) -> int: ...
    def perform(
        self, environment: str, company: int | None, action: str, arguments: dict[str, Any]
    ) -> object: ...
    def latest_voucher(self, environment: str, company: int | None, back: int) -> int: ...


def kind(name: str, stage: str, summary: str, /, **defaults: object) -> Callable[..., Any]:
    """Enter a function into the table of kinds."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        KINDS[name] = FaultKind(name, stage, summary, defaults, function)
        return function

    return enter


# ---- gate: answers instead of the API


@kind("429", "gate", "Throttled, with Retry-After", retry_after=1)
def _throttled(call: Call, p: Parameters) -> Answer:
    answer = gateway_error(429, f"Rate limit is exceeded. Try again in {p['retry_after']} seconds.")
    answer.headers["retry-after"] = str(p["retry_after"])
    return answer


@kind("429_without_retry_after", "gate", "Throttled, empty body, no Retry-After")
def _throttled_bare(call: Call, p: Parameters) -> Answer:
    return Answer(429)


def _server_error(status: int, title: str) -> None:
    @kind(str(status), "gate", f"{status} {title}")
    def _answer(call: Call, p: Parameters) -> Answer:
        return internal_error() if status == 500 else gateway_error(status, title)


for _status, _title in (
    (500, "Internal server error"),
    (502, "Bad gateway"),
    (503, "Service unavailable"),
    (504, "Gateway timeout"),
):
    _server_error(_status, _title)


@kind("html", "gate", "An HTML page where JSON should be", status=200)
def _html(call: Call, p: Parameters) -> Answer:
    page = "<!DOCTYPE html><html><head><title>Vedlikehold</title></head><body><h1>Vi er snart tilbake</h1></body></html>"  # noqa: E501 one line, as such pages are
    return Answer(p["status"], page.encode(), {"content-type": "text/html; charset=utf-8"})


@kind("empty_body", "gate", "200 with no body at all", status=200)
def _empty_body(call: Call, p: Parameters) -> Answer:
    return Answer(p["status"], b"", {"content-type": "application/json"})


@kind("no_content", "gate", "204, as if there were nothing")
def _no_content(call: Call, p: Parameters) -> Answer:
    return Answer(204)


@kind("401", "gate", "Unauthorized although the token is good")
def _unauthorized(call: Call, p: Parameters) -> Answer:
    return Answer(401, b"", {"www-authenticate": "Bearer"})


@kind("403", "gate", "Forbidden although the privilege is there")
def _forbidden(call: Call, p: Parameters) -> Answer:
    return Answer(403)


@kind("404", "gate", "Not found, the gateway's form")
def _not_found(call: Call, p: Parameters) -> Answer:
    return gateway_error(404, "Resource not found")


@kind("invalid_client", "gate", "The token endpoint refuses good keys")
def _invalid_client(call: Call, p: Parameters) -> Answer:
    return token_error("invalid_client", "Client authentication failed.")


# ---- state: something happens just before the call is read


@kind("token_expired", "state", "All tokens of the company die before this call")
def _token_expired(world: World, call: Call, p: Parameters) -> None:
    world.expire_tokens(call.environment, call.company)


@kind("key_revoked", "state", "The extension is removed before this call")
def _key_revoked(world: World, call: Call, p: Parameters) -> None:
    world.perform(call.environment, call.company, "remove_extension", {})


@kind("privilege_removed", "state", "The company loses a privilege", privilege="AccountTransaction")
def _privilege_removed(world: World, call: Call, p: Parameters) -> None:
    arguments = {"privilege": p["privilege"], "allowed": False}
    world.perform(call.environment, call.company, "set_privilege", arguments)


@kind("row_inserted", "state", "A voucher is posted between two pages", days_ago=0, count=2)
def _row_inserted(world: World, call: Call, p: Parameters) -> None:
    arguments = {"count": p["count"], "days_ago": p["days_ago"]}
    world.perform(call.environment, call.company, "bulk_post", arguments)


@kind("back_dated_voucher", "state", "A voucher comes with an old date", days_ago=45, count=2)
def _back_dated_voucher(world: World, call: Call, p: Parameters) -> None:
    _row_inserted(world, call, p)


@kind("huge_voucher", "state", "A voucher of very many lines is posted", lines=1000)
def _huge_voucher(world: World, call: Call, p: Parameters) -> None:
    world.perform(call.environment, call.company, "post_huge_voucher", {"lines": p["lines"]})


@kind("text_edit", "state", "The text of a posted row is changed", text="Rettet tekst", back=0)
def _text_edit(world: World, call: Call, p: Parameters) -> None:
    number = world.latest_voucher(call.environment, call.company, p["back"])
    arguments = {"voucher_no": number, "text": p["text"]}
    world.perform(call.environment, call.company, "edit_text", arguments)


@kind(
    "voucher_gap",
    "state",
    "A voucher is taken away: its number is missing from the series",
    back=1,
    also_from_balances=True,
)
def _voucher_gap(world: World, call: Call, p: Parameters) -> None:
    number = world.latest_voucher(call.environment, call.company, p["back"])
    arguments = {"voucher_no": number, "also_from_balances": p["also_from_balances"]}
    world.perform(call.environment, call.company, "hide_voucher", arguments)


@kind(
    "renamed_account",
    "state",
    "An account gets another name",
    account_no=1920,
    name="Driftskonto",
)
def _renamed_account(world: World, call: Call, p: Parameters) -> None:
    arguments = {"account_no": p["account_no"], "name": p["name"]}
    world.perform(call.environment, call.company, "rename_account", arguments)


@kind("action", "state", "Any control action, done just before this call", action="", arguments={})
def _action(world: World, call: Call, p: Parameters) -> None:
    world.perform(call.environment, call.company, p["action"], p["arguments"])


# ---- question: something else is looked up


@kind("duplicated_page", "question", "The page before the one asked for is sent again", pages=1)
def _duplicated_page(call: Call, p: Parameters) -> None:
    call.page_shift = -p["pages"]


@kind("missing_page", "question", "A page is skipped: the next one is sent", pages=1)
def _missing_page(call: Call, p: Parameters) -> None:
    call.page_shift = p["pages"]


@kind(
    "reordered_pages", "question", "Pages change places two by two: 3 comes where 2 was asked for"
)
def _reordered_pages(call: Call, p: Parameters) -> None:
    call.are_pages_swapped = True


@kind("replica_lag", "question", "What came in the last seconds is not seen yet", seconds=60)
def _replica_lag(call: Call, p: Parameters) -> None:
    call.lag_seconds = p["seconds"]


@kind("order_ignored", "question", "OrderBy is not obeyed", order_by="id desc")
def _order_ignored(call: Call, p: Parameters) -> None:
    call.order_override = p["order_by"]


# ---- rows: the content of a good answer


def _first_present(row: dict[str, Any], wanted: str | None, names: tuple[str, ...]) -> str | None:
    if wanted:
        return next((name for name in row if name.lower() == wanted.lower()), None)
    return next((name for name in names if name in row), None)


def _picked(rows: Rows, limit: int) -> Rows:
    return rows[:limit] if limit else rows


@kind("extra_field", "rows", "Rows have a field nobody has heard of", name="NewField", value="x")
def _extra_field(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in rows:
        row[p["name"]] = p["value"]
    return rows


@kind("unknown_enum", "rows", "An enum takes a new value", field=None, value="BrandNew", limit=1)
def _unknown_enum(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in _picked(rows, p["limit"]):
        name = _first_present(row, p["field"], ENUM_FIELDS)
        if name:
            row[name] = p["value"]
    return rows


@kind("missing_field", "rows", "A field is left out of the rows", field=None, limit=0)
def _missing_field(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in _picked(rows, p["limit"]):
        name = _first_present(row, p["field"], OPTIONAL_FIELDS)
        if name:
            del row[name]
    return rows


@kind("null_field", "rows", "A field that always has a value is null", field=None, limit=1)
def _null_field(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in _picked(rows, p["limit"]):
        name = _first_present(row, p["field"], OPTIONAL_FIELDS)
        if name:
            row[name] = None
    return rows


@kind("changed_type", "rows", "A number comes as a text with a comma", field=None, limit=0)
def _changed_type(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in _picked(rows, p["limit"]):
        name = _first_present(row, p["field"], NUMBER_FIELDS)
        if name:
            row[name] = str(row[name]).replace(".", ",")
    return rows


@kind("off_by", "rows", "An amount differs from the books", field=None, amount=0.01, limit=1)
def _off_by(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in _picked(rows, p["limit"]):
        name = _first_present(row, p["field"], ("Balance", "Amount"))
        if name:
            row[name] = round(row[name] + p["amount"], 4)
    return rows


@kind("duplicated_rows", "rows", "The first rows stand twice in the page", limit=1)
def _duplicated_rows(rows: Rows, p: Parameters, now: datetime) -> Rows:
    return [*_picked(rows, p["limit"]), *rows]


@kind("lost_rows", "rows", "The last rows of the page are missing", limit=1)
def _lost_rows(rows: Rows, p: Parameters, now: datetime) -> Rows:
    return rows[: max(len(rows) - p["limit"], 0)]


@kind("reordered", "rows", "Rows come in a random order", seed=1)
def _reordered(rows: Rows, p: Parameters, now: datetime) -> Rows:
    shuffled = list(rows)
    random.Random(p["seed"]).shuffle(shuffled)  # noqa: S311 a repeatable order is wanted
    return shuffled


@kind("without_type", "rows", "Whole voucher types have vanished", voucher_type="OutgoingInvoice")
def _without_type(rows: Rows, p: Parameters, now: datetime) -> Rows:
    return [row for row in rows if row.get("VoucherType") != p["voucher_type"]]


def _moved(text: object, seconds: int) -> object:
    if not isinstance(text, str):
        return text
    moment = datetime.fromisoformat(text[:26]).replace(tzinfo=UTC) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0+00:00"


@kind("clock_skew", "rows", "Timestamps are ahead of, or behind, the real time", seconds=-300)
def _clock_skew(rows: Rows, p: Parameters, now: datetime) -> Rows:
    for row in rows:
        for name in ("CreatedDateTimeOffset", "LastChangedDateTimeOffset"):
            if name in row:
                row[name] = _moved(row[name], p["seconds"])
    return rows


# ---- answer: bytes and headers


@kind("cut_json", "answer", "The JSON ends in the middle", share=0.5)
def _cut_json(answer: Answer, p: Parameters) -> None:
    answer.body = answer.body[: int(len(answer.body) * p["share"])]


@kind("wrong_charset", "answer", "UTF-8 is announced, Latin-1 is sent")
def _wrong_charset(answer: Answer, p: Parameters) -> None:
    answer.body = answer.body.decode().encode("latin-1", errors="replace")


@kind("byte_order_mark", "answer", "A byte order mark comes before the JSON")
def _byte_order_mark(answer: Answer, p: Parameters) -> None:
    answer.body = b"\xef\xbb\xbf" + answer.body


@kind("no_paging_header", "answer", "X-Pagination is missing")
def _no_paging_header(answer: Answer, p: Parameters) -> None:
    answer.headers.pop("X-Pagination", None)


@kind("wrong_content_type", "answer", "JSON is sent as text/plain")
def _wrong_content_type(answer: Answer, p: Parameters) -> None:
    answer.headers["content-type"] = "text/plain"


@kind("wrong_date", "answer", "The Date header is wrong", seconds=-3600)
def _wrong_date(answer: Answer, p: Parameters) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=p["seconds"])
    answer.headers["date"] = format_datetime(moment, usegmt=True)


# ---- wire: how it is sent. The parameters are read by the sender in ``wire.py``.


def _wire(call: Call, p: Parameters) -> Parameters:
    return p


for _name, _summary, _defaults in (
    ("slow", "The answer comes late", {"seconds": 2.0}),
    ("timeout", "Nothing comes; the connection is closed after a while", {"seconds": 30.0}),
    ("reset", "The connection is reset before a byte is sent", {}),
    ("reset_midway", "The connection is reset in the middle of the body", {"share": 0.5}),
    ("slow_body", "The body trickles", {"seconds": 2.0, "pieces": 10}),
):
    kind(_name, "wire", _summary, **_defaults)(_wire)
