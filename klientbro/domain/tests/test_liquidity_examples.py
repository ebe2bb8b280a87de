"""When money moves: every rule of the reference's liquidity table, with its worked examples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from klientbro.domain.client_facts import ClientFacts, CompanyForm, VatFrequency
from klientbro.domain.liquidity.duties import Duties, Duty
from klientbro.domain.liquidity.forecast import Choices, Forecast, Ground, OpenSide, forecast
from klientbro.domain.liquidity.habits import Habit
from klientbro.domain.liquidity.items import Item
from klientbro.domain.liquidity.lines import CashLine, Certainty, Kind, LeftOutReason, Notice
from klientbro.domain.liquidity.payroll import PayrollChoices
from klientbro.domain.liquidity.scenarios import Change, ChangeKind, apply
from klientbro.domain.liquidity.schedules import Planned
from klientbro.domain.liquidity.taxes import VatReturn
from klientbro.domain.periods import Month, month_range

D = Decimal
START = date(2026, 5, 4)


def duties(
    accrued: dict[tuple[Duty, str], str] | None = None,
    balance: dict[Duty, str] | None = None,
    paid: dict[tuple[Duty, str], str] | None = None,
    since: str = "2025-01",
) -> Duties:
    return Duties(
        since=Month.parse(since),
        accrued={(d, Month.parse(m)): D(v) for (d, m), v in (accrued or {}).items()},
        balance={d: D(v) for d, v in (balance or {}).items()},
        paid={(d, Month.parse(m)): D(v) for (d, m), v in (paid or {}).items()},
    )


def wages(first: str, last: str, gross: str = "100000") -> dict[tuple[Duty, str], str]:
    """Payroll posted each month: 30 % withheld."""
    months = month_range(Month.parse(first), Month.parse(last))
    found: dict[tuple[Duty, str], str] = {}
    for month in months:
        found[Duty.GROSS, month.key] = gross
        found[Duty.WITHHELD, month.key] = str(-D(gross) * D("0.3"))
        found[Duty.AGA, month.key] = str(-D(gross) * D("0.141"))
    return found


def made(start: date = START, choices: Choices | None = None, **ground: Any) -> Forecast:
    values: dict[str, Any] = {
        "opening": D(500_000),
        "facts": ClientFacts(company_form=CompanyForm.AS),
        "duties": duties(),
        "since": Month(2025, 1),
        "customers": OpenSide((), start),
        "suppliers": OpenSide((), start),
    }
    return forecast(
        Ground(start=start, **(values | ground)),
        choices or Choices(with_estimates=False),
    )


def of(made_: Forecast, kind: Kind) -> list[tuple[date, Decimal]]:
    return [(line.day, line.amount) for line in made_.lines if line.kind is kind]


def line(made_: Forecast, key: str) -> CashLine:
    return next(one for one in made_.lines if one.key == key)


def item(id_: str, balance: str, due: date | None, party: str = "10001", **more: Any) -> Item:
    return Item(id_, party, f"Kunde {party}", D(balance), due, more.pop("posted", None), **more)


# ---- open items


def test_a_customers_item_comes_on_its_due_date_and_that_customers_delay() -> None:
    # due Friday 15.05.2026; eleven days late is Tuesday 26.05., after Whit Monday
    side = OpenSide((item("1", "212500", date(2026, 5, 15), posted=date(2026, 5, 1)),), START)
    found = made(
        customers=side,
        choices=Choices(habits={"10001": Habit(11, 9)}, with_estimates=False),
    )
    assert of(found, Kind.CUSTOMERS) == [(date(2026, 5, 26), D(212_500))]
    assert line(found, "customer:1").nominal == date(2026, 5, 15)
    assert line(found, "customer:1").fact("cases") == "9"


def test_a_due_date_on_a_day_off_moves_to_the_next_working_day() -> None:
    # Thursday 14.05.2026 is Ascension Day, 17.05. a Sunday and the 25th Whit Monday
    items = (
        item("a", "10", date(2026, 5, 14), posted=START),
        item("b", "20", date(2026, 5, 17), posted=START),
        item("c", "30", date(2026, 5, 25), posted=START),
    )
    found = made(customers=OpenSide(items, START))
    assert [day for day, _ in of(found, Kind.CUSTOMERS)] == [
        date(2026, 5, 15),
        date(2026, 5, 18),
        date(2026, 5, 26),
    ]


def test_overdue_customers_are_spread_and_never_all_on_the_first_day() -> None:
    late = tuple(
        item(str(n), "1000", date(2026, 4, 1 + n), posted=date(2026, 3, 20)) for n in range(8)
    )
    days = [day for day, _ in of(made(customers=OpenSide(late, START)), Kind.CUSTOMERS)]
    assert len(days) == 8
    assert len(set(days)) >= 4
    assert min(days) > START
    assert max(days) <= date(2026, 6, 15)


def test_overdue_suppliers_are_paid_on_the_first_day() -> None:
    items = (
        item("late", "-84210.50", date(2026, 4, 2), "20001", posted=date(2026, 3, 10)),
        item("due", "-1000", date(2026, 5, 20), "20001", posted=date(2026, 5, 1)),
    )
    found = made(suppliers=OpenSide(items, START))
    assert of(found, Kind.SUPPLIERS) == [
        (START, D("-84210.50")),
        (date(2026, 5, 20), D(-1000)),
    ]


def test_a_missing_or_absurd_due_date_is_told_and_reckoned_from_the_invoice() -> None:
    posted = date(2026, 5, 1)
    items = (
        item("none", "100", None, posted=posted),
        item("far", "200", date(2062, 5, 15), posted=posted),
        item("before", "300", date(2025, 5, 1), posted=posted),
    )
    found = made(customers=OpenSide(items, START))
    assert {one.day for one in found.lines} == {date(2026, 5, 15)}
    assert found.notices[Notice.DUE_MISSING] == "1"
    assert found.notices[Notice.DUE_ABSURD] == "2"


def test_what_nobody_should_count_on_is_shown_but_not_counted() -> None:
    old = item("old", "9000", date(2025, 9, 1), posted=date(2025, 8, 1))
    found = made(customers=OpenSide((old,), START))
    assert of(found, Kind.CUSTOMERS) == []
    assert [(one.reason, one.amount) for one in found.left_out] == [
        (LeftOutReason.DOUBTFUL, D(9000))
    ]


def test_items_that_are_not_fetched_are_told_and_never_taken_for_none() -> None:
    found = made(customers=None, suppliers=None)
    assert Notice.NO_CUSTOMER_ITEMS in found.notices
    assert Notice.NO_SUPPLIER_ITEMS in found.notices
    assert Notice.NO_CUSTOMER_ITEMS not in made().notices


# ---- VAT


@pytest.mark.parametrize(
    ("start", "key", "due"),
    [
        (date(2026, 3, 1), "2026-T1", date(2026, 4, 10)),
        (date(2026, 5, 4), "2026-T2", date(2026, 6, 10)),
        (date(2026, 7, 1), "2026-T3", date(2026, 8, 31)),
        (date(2025, 7, 1), "2025-T3", date(2025, 9, 1)),  # 31.08.2025 is a Sunday
        (date(2026, 9, 1), "2026-T4", date(2026, 10, 12)),  # 10.10.2026 is a Saturday
        (date(2026, 11, 18), "2026-T5", date(2026, 12, 10)),
        (date(2026, 11, 18), "2026-T6", date(2027, 2, 10)),
        (date(2027, 3, 1), "2027-T1", date(2027, 4, 12)),
        (date(2027, 9, 1), "2027-T4", date(2027, 10, 11)),
    ],
)
def test_a_term_is_paid_on_its_own_due_date(start: date, key: str, due: date) -> None:
    month = f"{key[:4]}-{2 * int(key[-1]) - 1:02}"
    books = duties({(Duty.VAT_OUT, month): "-25000", (Duty.VAT_IN, month): "10000"}, since=month)
    found = made(start, duties=books, vat_frequency=VatFrequency.TWO_MONTHLY)
    assert line(found, f"vat:{key}").day == due


def test_an_unfiled_term_is_reckoned_from_the_accounts_as_in_the_reference() -> None:
    # sales 100 000 at 25 %, purchases 40 000, services from abroad 20 000 both ways: 15 000 to pay
    books = duties(
        {(Duty.VAT_OUT, "2026-03"): "-30000", (Duty.VAT_IN, "2026-03"): "15000"}, since="2026-03"
    )
    found = made(duties=books, vat_frequency=VatFrequency.TWO_MONTHLY)
    assert line(found, "vat:2026-T2").amount == D("-15000.00")
    assert line(found, "vat:2026-T2").certainty is Certainty.RULE


def test_a_filed_term_is_exactly_its_settlement_and_the_reckoned_one_gives_way() -> None:
    books = duties(
        {(Duty.VAT_OUT, "2026-03"): "-25000", (Duty.VAT_IN, "2026-03"): "9000"},
        {Duty.VAT_SETTLED: "-16420"},
        since="2026-03",
    )
    returned = VatReturn(date(2026, 4, 30), D(16_420), 881)
    found = made(duties=books, vat_frequency=VatFrequency.TWO_MONTHLY, returns=(returned,))
    own = line(found, "vat:2026-T2")
    assert (own.day, own.amount, own.certainty) == (date(2026, 6, 10), D(-16_420), Certainty.POSTED)
    assert own.source.vouchers == (881,)


def test_a_filed_term_that_is_paid_is_no_line_any_more() -> None:
    returned = VatReturn(date(2026, 4, 30), D(16_420), 881)
    found = made(
        duties=duties({}, {Duty.VAT_SETTLED: "0"}),
        vat_frequency=VatFrequency.TWO_MONTHLY,
        returns=(returned,),
    )
    assert [one.key for one in found.lines if one.key == "vat:2026-T2"] == []


@pytest.mark.parametrize(
    ("standing", "owed"),
    [("-22000", "-16000"), ("-9000", "-3000"), ("-6000", None)],  # all, a part, nothing left of it
)
def test_a_term_past_its_day_without_a_return_is_owed_on_the_first_day(
    standing: str, owed: str | None
) -> None:
    books = duties(
        {
            (Duty.VAT_OUT, "2026-03"): "-25000",
            (Duty.VAT_IN, "2026-03"): "9000",
            (Duty.VAT_OUT, "2026-05"): "-6000",  # of the next term
        },
        {Duty.VAT_OUT: standing},
        since="2026-03",
    )
    found = made(date(2026, 6, 16), duties=books, vat_frequency=VatFrequency.TWO_MONTHLY)
    late = {one.key: one for one in found.lines}.get("vat:2026-T2")
    assert (late and late.amount) == (owed and D(owed))
    if late:
        assert (late.day, late.nominal) == (date(2026, 6, 16), date(2026, 6, 10))


def test_yearly_returns_are_paid_in_march_and_in_april_for_primary_industries() -> None:
    books = duties({(Duty.VAT_OUT, "2026-03"): "-25000"}, since="2026-03")
    for frequency, due in (
        (VatFrequency.YEARLY, date(2027, 3, 10)),
        (VatFrequency.YEARLY_PRIMARY, date(2027, 4, 12)),
    ):
        found = made(duties=books, vat_frequency=frequency)
        assert line(found, "vat:2026").day == due


def test_without_a_told_frequency_the_vat_is_named_and_not_guessed() -> None:
    found = made(duties=duties({}, {Duty.VAT_OUT: "-25000"}), vat_frequency=None)
    assert Notice.NO_VAT_FREQUENCY in found.notices
    assert of(found, Kind.VAT) == []


# ---- payroll


@pytest.mark.parametrize(
    ("pay_day", "start", "paid", "due"),
    [
        (12, date(2026, 6, 1), date(2026, 6, 12), date(2026, 6, 15)),
        (1, date(2026, 3, 30), date(2026, 4, 1), date(2026, 4, 7)),  # before Easter
        (30, date(2026, 4, 27), date(2026, 4, 30), date(2026, 5, 4)),
        (24, date(2026, 12, 21), date(2026, 12, 24), date(2026, 12, 28)),
        (15, date(2026, 5, 11), date(2026, 5, 15), date(2026, 5, 18)),
    ],
)
def test_withheld_tax_is_paid_the_first_working_day_after_the_pay_day(
    pay_day: int, start: date, paid: date, due: date
) -> None:
    before = Month.of(start).previous()
    books = duties(wages("2025-06", before.key))
    found = made(
        start,
        duties=books,
        choices=Choices(
            payroll=PayrollChoices(pay_day=pay_day, gross=D(100_000)), with_estimates=False
        ),
    )
    month = Month.of(paid).key
    assert line(found, f"wages:{month}").day == paid
    assert line(found, f"withheld:{month}").day == due


def test_withheld_tax_before_2026_followed_the_two_month_term() -> None:
    start = date(2025, 12, 15)
    books = duties(
        wages("2025-03", "2025-12"),
        {Duty.WITHHELD: "-60000", Duty.AGA: "-28200", Duty.WAGES: "0"},
    )
    found = made(start, duties=books, wage_days=(date(2025, 12, 12),))
    own = [one for one in found.lines if one.kind is Kind.WITHHELD_TAX and one.day.year == 2026]
    by_key = {one.key: (one.day, one.amount) for one in own}
    assert by_key["withheld:2025-11"] == (date(2026, 1, 15), D(-30_000))
    assert by_key["withheld:2025-12"] == (date(2026, 1, 15), D(-30_000))
    # wages of 12.01.2026 by the new rule
    assert by_key["withheld:2026-01"][0] == date(2026, 1, 13)


def test_net_wages_are_the_pattern_less_what_is_withheld() -> None:
    found = made(
        duties=duties(wages("2025-06", "2026-04")), wage_days=(date(2026, 4, 10), date(2026, 3, 12))
    )
    assert line(found, "wages:2026-05").amount == D(-70_000)
    assert line(found, "withheld:2026-05").amount == D(-30_000)
    assert line(found, "wages:2026-05").certainty is Certainty.RULE


def test_posted_wages_take_the_place_of_the_expected_ones() -> None:
    books = duties(
        wages("2025-06", "2026-04")
        | {(Duty.GROSS, "2026-05"): "104000"}
        | {(Duty.WITHHELD, "2026-05"): "-33000", (Duty.AGA, "2026-05"): "-14664"},
        {Duty.WAGES: "-71000", Duty.WITHHELD: "-33000", Duty.AGA: "-28764"},
    )
    found = made(
        duties=books, choices=Choices(payroll=PayrollChoices(pay_day=12), with_estimates=False)
    )
    may = [one for one in found.lines if one.key in ("wages:2026-05", "withheld:2026-05")]
    assert [(one.day, one.amount, one.certainty) for one in may] == [
        (date(2026, 5, 12), D(-71_000), Certainty.POSTED),
        (date(2026, 5, 13), D(-33_000), Certainty.POSTED),
    ]


@pytest.mark.parametrize(
    ("start", "key", "due"),
    [
        (date(2026, 3, 2), "2026-T1", date(2026, 3, 16)),
        (date(2026, 5, 4), "2026-T2", date(2026, 5, 15)),
        (date(2026, 7, 1), "2026-T3", date(2026, 7, 15)),
        (date(2026, 9, 1), "2026-T4", date(2026, 9, 15)),
        (date(2026, 11, 2), "2026-T5", date(2026, 11, 16)),
        (date(2027, 1, 4), "2026-T6", date(2027, 1, 15)),
        (date(2027, 5, 3), "2027-T2", date(2027, 5, 18)),
        (date(2028, 1, 3), "2027-T6", date(2028, 1, 17)),
    ],
)
def test_employers_tax_is_paid_every_second_month_never_with_withheld_tax(
    start: date, key: str, due: date
) -> None:
    last = int(key[-1]) * 2
    first, second = f"{key[:4]}-{last - 1:02}", f"{key[:4]}-{last:02}"
    books = duties(
        {(Duty.AGA, first): "-14100", (Duty.AGA, second): "-14100"}, {Duty.AGA: "-28200"}
    )
    own = line(made(start, duties=books), f"aga:{key}")
    assert (own.day, own.amount) == (due, D(-28_200))


def test_employers_tax_of_months_to_come_is_the_rate_of_their_gross() -> None:
    found = made(
        duties=duties(wages("2025-06", "2026-04"), {Duty.AGA: "-28200"}),
        choices=Choices(payroll=PayrollChoices(pay_day=12), with_estimates=False),
    )
    # July and August, not posted: 14.1 % of 200 000
    assert line(found, "aga:2026-T4").amount == D("-28200.00")


def test_holiday_pay_is_paid_in_june_with_employers_tax_in_the_term_of_payment() -> None:
    # basis 1 000 000 at 12 % is 120 000; employer's tax in zone I 16 920
    books = duties(
        wages("2025-07", "2026-04"),
        {Duty.HOLIDAY: "-120000", Duty.AGA: "-28200"},
    )
    found = made(
        duties=books,
        choices=Choices(payroll=PayrollChoices(pay_day=12, gross=D(26_000)), with_estimates=False),
    )
    own = line(found, "holiday:2025")
    assert (own.day, own.amount) == (date(2026, 6, 12), D(-120_000))
    # May: 26 000. June: what 25 days of holiday leave of it, 1 000. Then 120 000 of holiday pay.
    assert line(found, "aga:2026-T3").amount == -(D("147000") * D("0.141")).quantize(D("0.01"))
    assert D("120000") * D("0.141") == D("16920.000")


def test_next_years_holiday_pay_is_earned_from_this_years_wages() -> None:
    start = date(2026, 11, 16)
    found = made(
        start,
        duties=duties(wages("2025-11", "2026-11"), {Duty.WAGES: "0"}),
        choices=Choices(payroll=PayrollChoices(pay_day=12), with_estimates=False),
    )
    own = line(found, "holiday:2026")
    assert own.day == date(2027, 6, 11)  # the 12th is a Saturday: paid the day before
    assert own.amount == D(-144_000)  # 12 % of twelve months of 100 000


def test_payroll_without_history_or_pay_day_is_told_and_nothing_invented() -> None:
    has = ClientFacts(company_form=CompanyForm.AS, has_payroll=True, pay_day=12)
    found = made(facts=has)
    assert Notice.NO_PAYROLL_HISTORY in found.notices
    assert of(found, Kind.WAGES) == []
    unknown_day = made(duties=duties(wages("2025-06", "2026-04")))
    assert Notice.NO_PAY_DAY in unknown_day.notices


# ---- advance tax


def test_a_companys_advance_tax_falls_in_two_equal_parts_the_year_after() -> None:
    start = date(2026, 1, 5)
    found = made(start, choices=Choices(assessed_tax=D(80_000), with_estimates=False))
    assert of(found, Kind.ADVANCE_TAX) == [
        (date(2026, 2, 16), D(-40_000)),
        (date(2026, 4, 15), D(-40_000)),
    ]


def test_what_stands_as_payable_tax_gives_this_years_parts() -> None:
    start = date(2026, 3, 2)
    found = made(start, duties=duties({}, {Duty.TAX: "-33000"}))
    assert of(found, Kind.ADVANCE_TAX)[0] == (date(2026, 4, 15), D(-33_000))


def test_later_years_are_half_each_of_what_was_paid_last() -> None:
    start = date(2026, 11, 18)
    paid = {(Duty.TAX, "2026-02"): "20000", (Duty.TAX, "2026-04"): "20000"}
    found = made(start, duties=duties(paid=paid))
    assert of(found, Kind.ADVANCE_TAX) == [
        (date(2027, 2, 15), D(-20_000)),
        (date(2027, 4, 15), D(-20_000)),
    ]
    assert {one.certainty for one in found.lines} == {Certainty.ESTIMATED}


def test_tax_below_two_thousand_is_never_asked_for() -> None:
    found = made(date(2026, 1, 5), choices=Choices(assessed_tax=D(1_900), with_estimates=False))
    assert of(found, Kind.ADVANCE_TAX) == []


def test_a_persons_advance_tax_is_only_known_when_it_is_typed() -> None:
    facts = ClientFacts(company_form=CompanyForm.ENK)
    untyped = made(date(2026, 1, 5), facts=facts)
    assert of(untyped, Kind.ADVANCE_TAX) == []
    assert Notice.NO_PERSONAL_TAX in untyped.notices
    typed = made(
        date(2026, 1, 5),
        facts=facts,
        choices=Choices(assessed_tax=D(40_000), with_estimates=False),
    )
    assert Notice.NO_PERSONAL_TAX not in typed.notices
    assert [day for day, _ in of(typed, Kind.ADVANCE_TAX)] == [
        date(2026, 3, 16),
        date(2026, 6, 15),
        date(2026, 9, 15),
        date(2026, 12, 15),
    ]


def planned_oven(**more: Any) -> Choices:
    oven = Planned("oven", "Ny ovn", D(-125_000), date(2026, 6, 12), **more)
    return Choices(planned=(oven,), with_estimates=False)


def test_vat_in_a_planned_line_comes_back_on_the_day_of_its_term() -> None:
    made_ = made(choices=planned_oven(vat_rate=D("0.25")), vat_frequency=VatFrequency.TWO_MONTHLY)

    assert of(made_, Kind.OTHER_OUT) == [(date(2026, 6, 12), D(-125_000))]
    # May and June are reported on 31 August
    assert of(made_, Kind.VAT) == [(date(2026, 8, 31), D(25_000))]


@pytest.mark.parametrize(
    ("choices", "frequency"),
    [
        (planned_oven(), VatFrequency.TWO_MONTHLY),
        (planned_oven(vat_rate=D("0.25"), account="1250"), VatFrequency.TWO_MONTHLY),
        (planned_oven(vat_rate=D("0.25"), settled=7), VatFrequency.TWO_MONTHLY),
        (planned_oven(vat_rate=D("0.25")), VatFrequency.NOT_REGISTERED),
        (planned_oven(vat_rate=D("0.25")), None),
    ],
)
def test_no_vat_is_reckoned_twice_or_where_there_is_none(
    choices: Choices, frequency: VatFrequency | None
) -> None:
    assert of(made(choices=choices, vat_frequency=frequency), Kind.VAT) == []


def test_a_scenario_that_leaves_a_planned_line_out_leaves_its_vat_out_too() -> None:
    base = made(choices=planned_oven(vat_rate=D("0.15")), vat_frequency=VatFrequency.TWO_MONTHLY)
    oven = line(base, "manual:oven:2026-06-12")

    without = apply(base.lines, base.left_out, [Change(ChangeKind.OUT, line=oven.key)], START)

    assert of(base, Kind.VAT) == [(date(2026, 8, 31), D("16304.35"))]
    assert without.lines == ()
