"""The connector over HTTP against the PowerOffice Go stand-in: the contract and every fault."""

from __future__ import annotations

import asyncio
import io
from collections import defaultdict
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader

from klientbro.connectors import conformance
from klientbro.connectors.conformance import CHECKS, Check, Subject, Trouble, name_of, read_whole
from klientbro.connectors.contract import COLUMNS, CheckResult, Resource, Row, Unit
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    ContractError,
    MissingRightError,
    OperatorSettingsError,
    RangeTooLargeError,
    RateLimitedError,
    UnavailableError,
    UnreadableError,
)
from klientbro.connectors.poweroffice import CONNECTOR, client, paging
from klientbro.connectors.poweroffice.tests.conftest import TODAY, Connected
from klientbro.connectors.poweroffice.tests.support import run
from klientbro.connectors.stand_ins import ListedRequests, UnhurriedPacer
from simulators.poweroffice_go.testing import Simulator

POSTINGS = COLUMNS[Resource.POSTINGS]
YEAR = Unit(Resource.POSTINGS, date(2026, 1, 1), date(2026, 12, 31))
ACCOUNTS = Unit(Resource.ACCOUNTS)
TROUBLES: tuple[tuple[str, type[ConnectorError]], ...] = (
    ("429", RateLimitedError),
    ("500", UnavailableError),
    ("502", UnavailableError),
    ("503", UnavailableError),
    ("504", UnavailableError),
    ("reset", UnavailableError),
    ("reset_midway", UnavailableError),
    ("html", UnreadableError),
    ("cut_json", UnreadableError),
    ("wrong_charset", UnreadableError),
    ("empty_body", UnreadableError),
    ("401", UnavailableError),
    ("403", MissingRightError),
    ("404", ContractError),
    ("key_revoked", AuthorizationError),
    ("changed_type", ContractError),
)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of 700 rows, so that an ordinary company has several a year."""
    monkeypatch.setattr(paging, "PAGE_SIZE", 700)
    monkeypatch.setattr(client, "PAGE_SIZE", 700)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between tries."""
    monkeypatch.setattr("klientbro.connectors.http.BACK_OFF_SECONDS", (0.0, 0.0))


def read(company: Connected, unit: Unit) -> conformance.Reading:
    async def work() -> conformance.Reading:
        async with company.open() as source:
            return await read_whole(source, unit)

    return run(work())


def check(company: Connected, key: str | None = None, **operator: str) -> CheckResult:
    async def work() -> CheckResult:
        async with company.open(company.surroundings(**operator), key) as source:
            return await source.check()

    return run(work())


def failing(company: Connected, unit: Unit = ACCOUNTS) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        read(company, unit)
    return caught.value


def values(rows: tuple[Row, ...], name: str) -> list[object]:
    return [row[POSTINGS.index(name)] for row in rows]


# ---- the contract


@pytest.mark.usefixtures("small_pages", "quick")
@pytest.mark.parametrize("one", CHECKS, ids=name_of)
def test_poweroffice_conforms(one: Check, company: Connected) -> None:
    def trouble(kind: str, expected: type[ConnectorError]) -> Trouble:
        @contextmanager
        def arrange() -> Iterator[None]:
            parameters = {"retry_after": 0} if kind == "429" else {}
            company.fault(kind, "/generalledgeraccounts", parameters=parameters)
            yield
            company.simulator.clear_faults()

        return Trouble(kind, expected, arrange)

    # Two years are enough here; the first of them begins with the day before it.
    known = replace(company.known, years=company.known.years[-2:])
    asyncio.run(
        one(
            Subject(
                CONNECTOR,
                lambda: company.open(key=company.simulator.install(1)),
                known,
                open_rejected=lambda: company.open(key="77f5a0a2-93d1-4d0c-8d7b-0c3fce5f8a41"),
                troubles=tuple(trouble(*pair) for pair in TROUBLES),
            )
        )
    )


# ---- signing in


def test_check_names_the_company_in_three_requests(company: Connected) -> None:
    company.simulator.reset_requests()
    result = check(company)
    about = company.simulator.company(1)
    assert (result.company.name, result.company.identifier) == (about["name"], about["orgnr"])
    assert (result.missing_rights, result.missing_optional_rights) == ((), ())
    assert company.simulator.request_summary()["total"] == 3


def test_check_sees_at_once_that_the_extension_was_removed(company: Connected) -> None:
    async def work() -> None:
        surroundings = company.surroundings()
        async with company.open(surroundings) as source:
            await source.check()
        company.simulator.uninstall(1)
        async with company.open(surroundings) as source:
            await source.check()  # the stored token would have answered for 19 minutes more

    with pytest.raises(AuthorizationError, match="client key is not valid"):
        run(work())


@pytest.mark.parametrize("key", ["wrong", "0b6f0a51-6a0e-4b43-b2a5-5d6f7c1d2e30", "a:b", "æøå"])
def test_key_that_is_not_one_is_refused(company: Connected, key: str) -> None:
    with pytest.raises(AuthorizationError):
        check(company, key)


def test_wrong_subscription_is_the_operators_matter(company: Connected) -> None:
    with pytest.raises(OperatorSettingsError):
        check(company, subscription_key="0" * 32)


def test_company_without_the_ledger_module_names_what_is_missing(simulator: Simulator) -> None:
    number = simulator.special("without_ledger")["number"]
    company = Connected(simulator, number, simulator.install(number))
    assert "Ledger transactions (AccountTransaction)" in check(company).missing_rights
    error = failing(company, YEAR)
    assert isinstance(error, MissingRightError)
    assert error.rights == ("Ledger transactions (AccountTransaction)",)


def test_right_taken_away_later_is_named(company: Connected) -> None:
    company.simulator.do(1, "set_privilege", privilege="Department", allowed=False)
    company.simulator.do(1, "set_privilege", privilege="CommonServices", allowed=False)
    result = check(company)
    assert result.missing_rights == ("Company and accounting settings (CommonServices)",)
    assert result.missing_optional_rights == ("Departments (Department)",)
    assert result.company.identifier is None


def test_unreachable_address_is_unavailable(company: Connected) -> None:
    with pytest.raises(UnavailableError, match="could not be reached") as caught:
        check(company, token_url="http://127.0.0.1:9/OAuth/Token")
    assert "127.0.0.1" not in str(caught.value)


# ---- reading


def test_trial_balance_equals_the_postings_to_the_ore(company: Connected) -> None:
    async def work() -> None:
        async with company.open() as source:
            accounts = await read_whole(source, ACCOUNTS)
            types = {str(row[0]): row[3] for row in accounts.rows}
            sums: defaultdict[str, Decimal] = defaultdict(Decimal)
            for unit in source.plan(None, company.known):
                for row in (await read_whole(source, unit)).rows:
                    day, amount = row[2], row[3]
                    assert isinstance(day, date)
                    assert isinstance(amount, Decimal)
                    is_result = types[str(row[1])] in ("income", "expense")
                    if day <= TODAY and (not is_result or day >= date(2026, 1, 1)):
                        sums[str(row[1])] += amount
            controls = {c.account_id: c.amount for c in await source.controls(TODAY)}
            assert {a for a in sums if sums[a]} <= set(controls)
            assert all(sums[account] == amount for account, amount in controls.items())

    run(work())


def test_settings_tell_of_year_currency_and_lock_date(company: Connected) -> None:
    async def work() -> None:
        company.simulator.do(1, "set_lock_date", date="2026-08-31")
        async with company.open() as source:
            settings = await source.settings()
        assert (settings.year_end_month, settings.currency) == (12, "NOK")
        assert settings.conversion_date == date(2023, 1, 1)
        assert settings.lock_date == date(2026, 8, 31)

    run(work())


def test_broken_financial_year_is_told(simulator: Simulator) -> None:
    number = simulator.special("broken_year")["number"]

    async def work() -> int:
        async with Connected(simulator, number, simulator.install(number)).open() as source:
            return (await source.settings()).year_end_month

    assert run(work()) != 12


def test_new_voucher_is_found_since_the_watermark_and_reversal_points_back(
    company: Connected,
) -> None:
    async def work() -> None:
        async with company.open() as source:
            watermark = source.latest((await read_whole(source, YEAR)).watermarks)
            before = await read_whole(source, source.plan(watermark, company.known)[0])
            number = company.simulator.do(
                1,
                "post_voucher",
                posting_date="2026-11-20",
                lines=[
                    {"account_no": 6300, "amount": "500.00"},
                    {"account_no": 1920, "amount": "-500.00"},
                ],
            )["voucher_no"]
            company.simulator.do(1, "reverse_voucher", voucher_no=number)
            after = await read_whole(source, source.plan(watermark, company.known)[0])
        held = {row[0] for row in before.rows}
        fresh = tuple(row for row in after.rows if row[0] not in held)
        assert len(fresh) == 4
        assert number in values(fresh, "voucher_no")
        assert number in values(fresh, "reverses_voucher_no")

    run(work())


def test_unchanged_company_costs_two_requests_with_a_live_token(company: Connected) -> None:
    async def work() -> None:
        surroundings = company.surroundings()
        async with company.open(surroundings) as source:
            watermark = source.latest((await read_whole(source, YEAR)).watermarks)
        company.simulator.reset_requests()
        async with company.open(surroundings) as source:
            await read_whole(source, source.plan(watermark, company.known)[0])
            await source.controls(TODAY)

    run(work())
    assert company.simulator.request_summary()["total"] == 2


def test_farm_gives_a_control_figure_for_each_account(simulator: Simulator) -> None:
    number = simulator.special("farm")["number"]

    async def work() -> None:
        async with Connected(simulator, number, simulator.install(number)).open() as source:
            accounts = await read_whole(source, ACCOUNTS)
            departments = {row[6] for row in accounts.rows}
            assert len(departments) > 1
            figures = await source.controls(TODAY)
            assert {f.account_id for f in figures} <= {str(row[0]) for row in accounts.rows}

    run(work())


def test_wide_range_that_times_out_is_split_until_it_answers(company: Connected) -> None:
    company.simulator.settings(slow_months=3)

    async def work() -> None:
        async with company.open() as source:
            with pytest.raises(RangeTooLargeError):
                await read_whole(source, YEAR)
            ids: list[object] = []
            waiting = [YEAR]
            while waiting:
                unit = waiting.pop(0)
                try:
                    ids.extend(row[0] for row in (await read_whole(source, unit)).rows)
                except RangeTooLargeError:
                    waiting[:0] = source.split(unit)
            company.simulator.settings(slow_months=13)
            whole = await read_whole(source, YEAR)
        assert sorted(map(str, ids)) == sorted(str(row[0]) for row in whole.rows)

    run(work())


def test_question_that_hangs_asks_for_a_smaller_range(company: Connected) -> None:
    company.fault("timeout", "/accounttransactions", parameters={"seconds": 3})

    async def work() -> None:
        async with company.open(company.surroundings(timeout_seconds="0.3")) as source:
            await read_whole(source, YEAR)

    with pytest.raises(RangeTooLargeError):
        run(work())


def test_voucher_document_is_a_pdf(company: Connected) -> None:
    async def work() -> None:
        async with company.open() as source:
            rows = (await read_whole(source, YEAR)).rows
            invoices = [
                str(row[POSTINGS.index("voucher_id")])
                for row in rows
                if row[POSTINGS.index("voucher_type")] == "customer_invoice"
            ]
            document = await source.document(invoices[0])
            nothing = await source.document("3f1c7c0e-58e2-4a5e-9c74-5e0f5d3b8a10")
        assert nothing is None
        assert document is not None
        assert document.file_name == f"bilag-{invoices[0]}.pdf"
        assert len(PdfReader(io.BytesIO(document.content)).pages) == 1

    run(work())


def test_disconnecting_kills_the_key_and_may_be_done_twice(company: Connected) -> None:
    async def work() -> None:
        async with company.open() as source:
            await source.disconnect()
        async with company.open() as source:
            await source.disconnect()
            await source.check()

    with pytest.raises(AuthorizationError):
        run(work())


# ---- faults


def test_short_throttling_is_waited_out_and_told(company: Connected) -> None:
    company.fault("429", "/generalledgeraccounts", count=2, parameters={"retry_after": 0})
    surroundings = company.surroundings()

    async def work() -> int:
        async with company.open(surroundings) as source:
            return (await read_whole(source, ACCOUNTS)).batches[0].requests

    assert run(work()) == 4
    assert isinstance(surroundings.pacer, UnhurriedPacer)
    assert surroundings.pacer.told == [0.0, 0.0]
    assert surroundings.pacer.left == surroundings.pacer.waits == 4


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "kind", ["500", "503", "reset", "reset_midway", "html", "cut_json", "wrong_charset"]
)
def test_fault_that_passes_is_not_noticed(company: Connected, kind: str) -> None:
    whole = read(company, YEAR).rows
    company.fault(kind, "/accounttransactions", count=2)
    assert read(company, YEAR).rows == whole


def test_token_that_dies_between_pages_is_renewed(company: Connected, small_pages: None) -> None:
    company.fault("token_expired", "/accounttransactions", after=1, count=1)
    reading = read(company, YEAR)
    assert len(reading.batches) > 2
    assert reading.batches[-1].unit.is_complete


def test_key_revoked_in_the_middle_stops_with_the_reason(
    company: Connected, small_pages: None
) -> None:
    company.fault("key_revoked", "/accounttransactions", after=1, count=1)
    assert type(failing(company, YEAR)) is AuthorizationError


@pytest.mark.parametrize("kind", ["no_paging_header", "byte_order_mark", "wrong_content_type"])
def test_harmless_oddity_changes_nothing(company: Connected, small_pages: None, kind: str) -> None:
    whole = read(company, YEAR).rows
    company.fault(kind, "/accounttransactions")
    reading = read(company, YEAR)
    assert reading.rows == whole
    assert reading.batches[-1].unit.is_complete


@pytest.mark.parametrize("kind", ["duplicated_page", "missing_page", "lost_rows"])
def test_fault_between_pages_that_passes_is_mended(
    company: Connected, small_pages: None, kind: str
) -> None:
    whole = read(company, YEAR).rows
    company.fault(kind, "/accounttransactions", after=1, count=1)
    reading = read(company, YEAR)
    assert {row[0]: row for row in reading.rows} == {row[0]: row for row in whole}
    assert reading.batches[-1].unit.is_complete


def test_wrong_page_landed_before_a_stop_is_mended_after_it(
    company: Connected, small_pages: None
) -> None:
    whole = read(company, YEAR).rows
    company.fault("missing_page", "/accounttransactions", after=1, count=1)

    async def work() -> set[object]:
        async with company.open() as source, aclosing(source.read(YEAR)) as pages:
            first, wrong = await anext(pages), await anext(pages)
        async with company.open() as source:
            rest = await read_whole(source, replace(YEAR, token=wrong.next_token))
        return {row[0] for row in (*first.rows().rows, *wrong.rows().rows, *rest.rows)}

    assert run(work()) == {row[0] for row in whole}


def test_trial_balance_that_lacks_rows_is_not_taken_for_zeros(company: Connected) -> None:
    company.fault("lost_rows", "/trialbalance")

    async def work() -> None:
        async with company.open() as source:
            await source.controls(TODAY)

    with pytest.raises(UnreadableError):
        run(work())


@pytest.mark.parametrize("kind", ["lost_rows", "row_inserted", "order_ignored", "missing_page"])
def test_list_that_does_not_add_up_is_never_called_complete(
    company: Connected, small_pages: None, kind: str
) -> None:
    company.fault(kind, "/accounttransactions", after=1)
    reading = read(company, YEAR)
    assert not reading.batches[-1].unit.is_complete


def test_extra_field_and_unknown_value_are_reported(company: Connected) -> None:
    company.fault("extra_field", "/accounttransactions")
    company.fault("unknown_enum", "/accounttransactions")
    decoded = read(company, YEAR).batches[0].rows()
    assert decoded.unknown_fields == ("NewField",)
    assert decoded.unknown_values == ("VoucherType=BrandNew",)


@pytest.mark.parametrize("kind", ["missing_field", "null_field"])
def test_promised_value_that_is_missing_is_named(company: Connected, kind: str) -> None:
    company.fault(kind, "/accounttransactions", parameters={"field": "Amount"})
    error = failing(company, YEAR)
    assert isinstance(error, ContractError)
    assert "Amount" in str(error)


def test_no_error_and_no_log_line_tells_a_key(company: Connected) -> None:
    surroundings = company.surroundings()
    company.fault("404", "/accounttransactions")

    async def work() -> str:
        async with company.open(surroundings) as source:
            with pytest.raises(ContractError) as caught:
                await read_whole(source, YEAR)
        return f"{caught.value!r} {caught.value.request}"

    told = run(work())
    assert isinstance(surroundings.log, ListedRequests)
    told += repr(surroundings.log.sent)
    secrets = (
        company.key,
        company.simulator.application_key,
        company.simulator.subscription_key,
        "2026-01-01",
    )
    assert not [secret for secret in secrets if secret.lower() in told.lower()]
