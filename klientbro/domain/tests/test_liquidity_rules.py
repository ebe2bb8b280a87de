"""Planned lines giving way, recurring ones found, habits learned, scenarios, lowest point, hits."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from klientbro.domain.liquidity.buckets import Balance
from klientbro.domain.liquidity.estimates import estimate_lines, estimate_of
from klientbro.domain.liquidity.habits import (
    ControlEntry,
    Habit,
    Paid,
    learn_habits,
    paid_invoices,
    usual_terms,
)
from klientbro.domain.liquidity.hits import Kept, Point, hit_rates, outcomes
from klientbro.domain.liquidity.items import Item, Settled, brought_up_to_date, total
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Kind,
    LeftOut,
    LeftOutReason,
    Notice,
    Reason,
    Source,
    SourceKind,
)
from klientbro.domain.liquidity.lowest import depth, path_to
from klientbro.domain.liquidity.recurring import Category, Flow, offers
from klientbro.domain.liquidity.scenarios import Change, ChangeKind, Problem, apply, contradictions
from klientbro.domain.liquidity.schedules import (
    Actual,
    Interval,
    Loan,
    Planned,
    occurrences,
    planned_lines,
)
from klientbro.domain.periods import Month, month_range

D = Decimal
START = date(2026, 5, 4)
UNTIL = date(2027, 4, 30)
RENT = Planned(
    "rent", "Leie", D(-48_000), date(2026, 1, 1), Interval.MONTHLY, account="2400", party="20001"
)


def cash(key: str, day: date, amount: str, kind: Kind = Kind.CUSTOMERS, **more: str) -> CashLine:
    return CashLine(
        key,
        day,
        D(amount),
        kind,
        Certainty.DUE,
        Source(SourceKind.OPEN_ITEM, Reason.ITEM_DUE),
        party=more.get("party", ""),
        revenue_part=D(more.get("revenue", "0")),
    )


# ---- planned lines


def test_a_repeating_line_comes_on_its_day_moved_to_a_working_day() -> None:
    days = [line.day for line in planned_lines([RENT], [], [], START, UNTIL).lines]
    assert len(days) == 12 - 1 + 1  # May is waited for: its day passed three days ago
    assert days[0] == START
    assert days[1] == date(2026, 6, 1)
    assert days[3] == date(2026, 8, 3)  # 1 August 2026 is a Saturday


@pytest.mark.parametrize(
    ("interval", "days"),
    [
        (Interval.WEEKLY, ["2026-05-05", "2026-05-12", "2026-05-19"]),
        (Interval.FORTNIGHTLY, ["2026-05-05", "2026-05-19", "2026-06-02"]),
        (Interval.MONTHLY, ["2026-05-31", "2026-06-30", "2026-07-31"]),
        (Interval.QUARTERLY, ["2026-07-31", "2026-10-31", "2027-01-31"]),
        (Interval.YEARLY, ["2027-01-31"]),
    ],
)
def test_intervals_name_their_days(interval: Interval, days: list[str]) -> None:
    first = (
        date(2026, 4, 7)
        if interval in (Interval.WEEKLY, Interval.FORTNIGHTLY)
        else date(2026, 1, 31)
    )
    found = occurrences(first, interval, START, UNTIL)
    assert [day.isoformat() for day in found[: len(days)]] == days


def test_an_end_date_ends_the_line() -> None:
    ends = Planned("x", "X", D(-1), date(2026, 1, 5), Interval.MONTHLY, date(2026, 7, 31))
    assert [line.nominal for line in planned_lines([ends], [], [], START, UNTIL).lines] == [
        date(2026, 5, 5),
        date(2026, 6, 5),
        date(2026, 7, 5),
    ]


def test_the_invoice_that_has_come_takes_the_lines_place() -> None:
    invoice = Actual("supplier:9", date(2026, 6, 3), D(-49_500), party="20001", vouchers=(77,))
    found = planned_lines([RENT], [], [invoice], START, UNTIL)
    assert [one.nominal for one in found.lines[:2]] == [date(2026, 5, 1), date(2026, 7, 1)]
    gone = [one for one in found.left_out if one.reason is LeftOutReason.GAVE_WAY]
    assert [(one.day, one.vouchers) for one in gone] == [(date(2026, 6, 1), (77,))]


def test_one_invoice_takes_one_line_and_another_party_none() -> None:
    actuals = [
        Actual("a", date(2026, 5, 2), D(-48_000), party="20001"),
        Actual("b", date(2026, 6, 1), D(-48_000), party="20002"),
        Actual("c", date(2026, 6, 1), D(48_000), party="20001"),
    ]
    found = planned_lines([RENT], [], actuals, START, UNTIL)
    assert [one.nominal for one in found.lines[:2]] == [date(2026, 6, 1), date(2026, 7, 1)]


def test_a_manual_line_without_account_gives_way_to_the_exact_amount_only() -> None:
    car = Planned("car", "Ny varebil", D(-320_000), date(2026, 5, 11))
    near = Actual("n", date(2026, 5, 11), D(-319_999))
    exact = Actual("e", date(2026, 5, 8), D(-320_000))
    assert len(planned_lines([car], [], [near], START, UNTIL).lines) == 1
    assert planned_lines([car], [], [exact], START, UNTIL).lines == []


def test_a_manual_line_that_a_person_has_matched_is_no_line() -> None:
    car = Planned("car", "Ny varebil", D(-320_000), date(2026, 6, 11), settled=901)
    found = planned_lines([car], [], [], START, UNTIL)
    assert found.lines == []
    assert found.left_out[0].vouchers == (901,)


def test_a_loan_is_paid_down_with_interest_of_what_is_left_and_ends() -> None:
    loan = Loan("l", "DNB", D(100_000), D(40_000), D("0.06"), date(2026, 6, 15), Interval.QUARTERLY)
    lines = planned_lines([], [loan], [], START, UNTIL).lines
    assert [(one.day, one.amount) for one in lines] == [
        (date(2026, 6, 15), D("-41500.00")),
        (date(2026, 9, 15), D("-40900.00")),
        (date(2026, 12, 15), D("-20300.00")),
    ]


# ---- recurring


def rent_flows(count: int = 8, amount: str = "-48000") -> list[Flow]:
    return [
        Flow(
            month.first_day + timedelta(days=n % 3),
            D(amount) - n,
            "2400",
            100 + n,
            "20001",
            "Gårdeier AS",
            category=Category.PURCHASES,
        )
        for n, month in enumerate(month_range(Month(2026, 5).plus(-count), Month(2026, 4)))
    ]


def test_what_comes_every_month_is_offered_with_where_it_was_seen() -> None:
    (offer,) = offers(rent_flows(), START)
    assert (offer.interval, offer.title, offer.party) == (
        Interval.MONTHLY,
        "Gårdeier AS",
        "20001",
    )
    assert offer.next_day == date(2026, 6, 2)
    assert len(offer.seen) == 8
    assert abs(offer.amount + 48_003) <= 1


def test_too_few_irregular_unequal_or_ended_is_not_offered() -> None:
    assert offers(rent_flows(3), START) == ()
    assert offers(rent_flows(), date(2026, 8, 1)) == ()
    uneven = [
        Flow(each.day, each.amount * (n % 4 + 1), "2400", n, "20001", category=each.category)
        for n, each in enumerate(rent_flows())
    ]
    assert offers(uneven, START) == ()
    scattered = [
        Flow(START - timedelta(days=n * n * 3), D(-900), "6900", n, text="Telefon")
        for n in range(1, 9)
    ]
    assert offers(scattered, START) == ()


def test_what_the_rules_reckon_is_never_offered() -> None:
    wages = [
        Flow(one.day, one.amount, "2930", one.voucher_no, text="Lønn", category=Category.DUTIES)
        for one in rent_flows()
    ]
    assert offers(wages, START) == ()


def test_texts_are_the_same_without_months_and_figures() -> None:
    flows = [
        Flow(one.day, D(-1200), "7770", one.voucher_no, text=f"Leasing {one.day.month} mars 2026")
        for one in rent_flows()
    ]
    assert [one.interval for one in offers(flows, START)] == [Interval.MONTHLY]


# ---- habits


def entries(*days_late: int, party: str = "10001") -> list[ControlEntry]:
    found = []
    for n, late in enumerate(days_late):
        day = date(2026, 1, 1) + timedelta(days=n)
        found.append(ControlEntry(party, day, D(1000 + n), n))
        paid = day + timedelta(days=14 + late)
        found.append(ControlEntry(party, paid, D(-1000 - n), 500 + n, is_payment=True))
    return found


def test_a_habit_is_the_middle_of_enough_cases() -> None:
    paid = paid_invoices(entries(11, 9, 40), {}, {"": 14})
    assert learn_habits(paid)["10001"] == Habit(11, 3)
    assert "10001" not in learn_habits(paid_invoices(entries(11, 9), {}, {"": 14}))


def test_habits_are_kept_within_sensible_bounds() -> None:
    assert learn_habits([Paid("p", 300)] * 3)["p"].days == 60
    assert learn_habits([Paid("p", -300)] * 3)["p"].days == -14


def test_those_with_too_few_cases_follow_all_the_customers() -> None:
    cases = [Paid(str(n), n) for n in range(6)]
    assert learn_habits(cases) == {"": Habit(2, 6, is_own=False)}


def test_a_told_due_date_counts_before_the_usual_term_and_a_credit_note_is_no_case() -> None:
    told = paid_invoices(entries(5), {("10001", 0): date(2026, 1, 31)}, {"": 14})
    assert told[0].days_late == (date(2026, 1, 20) - date(2026, 1, 31)).days
    credited = [
        ControlEntry("10001", START, D(10), 1),
        ControlEntry("10001", START + timedelta(days=3), D(-10), 2),
        ControlEntry("10001", START + timedelta(days=9), D(-10), 3, is_payment=True),
    ]
    assert paid_invoices(credited, {}, {}) == ()


def test_the_usual_term_leaves_absurd_due_dates_out() -> None:
    day = date(2026, 1, 1)
    items = [("p", day, day + timedelta(days=n)) for n in (10, 14, 20, 4000)]
    assert usual_terms([*items, ("p", day, None)])["p"] == 14


def test_a_payment_since_takes_its_own_item_first_and_the_sum_holds() -> None:
    items = (
        Item("1", "p", "P", D(100), date(2026, 4, 1), None),
        Item("2", "p", "P", D(250), date(2026, 4, 9), None),
    )
    since = [Settled("p", START, D(-250), 9), Settled("p", START, D(-30), 10)]
    left = brought_up_to_date(items, since)
    assert [(one.id, one.balance) for one in left] == [("1", D(70))]
    assert total(left) == total(items) + sum(one.amount for one in since)


# ---- estimates


def test_an_estimate_gives_way_to_what_is_known_of_the_month() -> None:
    months = month_range(Month(2025, 1), Month(2026, 4))
    flows = {(Category.SALES, month): D(100_000) for month in months}
    june = cash("customer:1", date(2026, 6, 10), "70000")
    found = estimate_lines(flows, [june], Month(2025, 1), START, UNTIL)
    sums = {
        key: sum(one.amount for one in found.lines if one.fact("month") == key)
        for key in ("2026-06", "2026-07")
    }
    assert sums == {"2026-06": D(30_000), "2026-07": D(100_000)}


def test_a_season_is_seen_and_one_large_month_is_not_expected_again() -> None:
    months = list(month_range(Month(2025, 1), Month(2026, 4)))
    flows = {(Category.SALES, m): D(3000 if m.month == 12 else 1000) for m in months}
    flows[Category.SALES, Month(2026, 2)] = D(90_000)

    def usual(month: Month) -> Decimal | None:
        return estimate_of(flows, Category.SALES, month, Month(2025, 1), START)

    assert usual(Month(2026, 12)) == D(1500)
    assert usual(Month(2026, 7)) == D(1000)


def test_a_first_year_gives_no_estimates_and_says_so() -> None:
    found = estimate_lines({}, [], Month(2026, 4), START, UNTIL)
    assert found.lines == []
    assert Notice.SHORT_HISTORY in found.notices


# ---- scenarios

BASE = (
    cash("customer:1", date(2026, 5, 12), "212500", party="10001"),
    cash("customer:2", date(2026, 6, 1), "1000", party="10002"),
    cash("supplier:1", date(2026, 5, 20), "-5000", Kind.SUPPLIERS),
    cash("estimate:sales", date(2026, 7, 3), "10000", revenue="10000"),
    cash("vat:2026-T3", date(2026, 8, 31), "-3000", Kind.VAT, revenue="-2000"),
)
LEFT = (LeftOut("item:old", LeftOutReason.DOUBTFUL, D(9000), "Gammel"),)


def changed(*changes: Change) -> dict[str, tuple[date, Decimal]]:
    return {one.key: (one.day, one.amount) for one in apply(BASE, LEFT, changes, START).lines}


def test_nothing_changed_is_the_base() -> None:
    assert apply(BASE, LEFT, (), START).lines == BASE


def test_later_moves_customers_only_and_one_customer_where_it_is_named() -> None:
    everybody = changed(Change(ChangeKind.LATER, days=28))
    assert everybody["customer:1"][0] == date(2026, 6, 9)
    assert everybody["supplier:1"][0] == date(2026, 5, 20)
    one = changed(Change(ChangeKind.LATER, days=28, party="10001"))
    assert one["customer:1"][0] == date(2026, 6, 9)
    assert one["customer:2"][0] == date(2026, 6, 1)


def test_revenue_scales_what_is_not_sold_yet_and_its_vat() -> None:
    less = changed(Change(ChangeKind.REVENUE, percent=D(-10)))
    assert less["estimate:sales"][1] == D(9000)
    assert less["vat:2026-T3"][1] == D(-2800)
    assert less["customer:1"][1] == D(212_500)


def test_lines_out_in_moved_and_one_off() -> None:
    found = changed(
        Change(ChangeKind.OUT, line="supplier:1"),
        Change(ChangeKind.MOVE, line="customer:1", day=date(2027, 1, 4)),
        Change(ChangeKind.IN, line="item:old", day=date(2026, 6, 6)),
        Change(ChangeKind.ONE_OFF, amount=D(-50_000), day=date(2026, 5, 17), title="Ovn"),
    )
    assert "supplier:1" not in found
    assert found["customer:1"] == (date(2027, 1, 4), D(212_500))
    assert found["item:old"] == (date(2026, 6, 8), D(9000))
    assert found["one-off:3"] == (date(2026, 5, 18), D(-50_000))


def test_a_change_whose_line_gave_way_is_passed_over_and_told() -> None:
    gone = Change(ChangeKind.OUT, line="customer:paid")
    assert apply(BASE, LEFT, (gone,), START).passed_over == (gone,)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ((), Problem.EMPTY),
        (
            (
                Change(ChangeKind.OUT, line="customer:1"),
                Change(ChangeKind.MOVE, line="customer:1", day=date(2026, 6, 1)),
            ),
            Problem.OUT_AND_MOVED,
        ),
        (
            (
                Change(ChangeKind.MOVE, line="customer:1", day=date(2026, 6, 1)),
                Change(ChangeKind.MOVE, line="customer:1", day=date(2026, 7, 1)),
            ),
            Problem.TWICE,
        ),
        ((Change(ChangeKind.LATER, days=5), Change(ChangeKind.LATER, days=9)), Problem.LATER_TWICE),
        (
            (
                Change(ChangeKind.REVENUE, percent=D(10)),
                Change(ChangeKind.REVENUE, percent=D(-10)),
            ),
            Problem.REVENUE_TWICE,
        ),
        ((Change(ChangeKind.LATER, days=0),), Problem.DAYS),
        ((Change(ChangeKind.REVENUE, percent=D(-101)),), Problem.PERCENT),
        ((Change(ChangeKind.REVENUE, percent=D(0)),), Problem.PERCENT),
        ((Change(ChangeKind.ONE_OFF, amount=D(1), day=date(2026, 5, 3)),), Problem.PAST),
        ((Change(ChangeKind.ONE_OFF, amount=D(1), day=date(2027, 5, 1)),), Problem.BEYOND),
        ((Change(ChangeKind.ONE_OFF, amount=D(0), day=START),), Problem.NO_AMOUNT),
        ((Change(ChangeKind.ONE_OFF, amount=D(5)),), Problem.NO_DAY),
        ((Change(ChangeKind.OUT, line="nothing"),), Problem.NO_LINE),
        ((Change(ChangeKind.IN, line="customer:1", day=START),), Problem.ALREADY_IN),
    ],
)
def test_a_scenario_that_contradicts_itself_is_refused(
    changes: tuple[Change, ...], problem: Problem
) -> None:
    assert problem in {one.problem for one in contradictions(changes, BASE, LEFT, START, UNTIL)}


def test_a_sensible_scenario_is_not_refused() -> None:
    changes = (
        Change(ChangeKind.LATER, days=14),
        Change(ChangeKind.LATER, days=28, party="10001"),
        Change(ChangeKind.REVENUE, percent=D(-20)),
        Change(ChangeKind.OUT, line="supplier:1"),
        Change(ChangeKind.IN, line="item:old", day=START),
        Change(ChangeKind.ONE_OFF, amount=D(-5), day=START),
        Change(ChangeKind.ONE_OFF, amount=D(-5), day=START),
    )
    assert contradictions(changes, BASE, LEFT, START, UNTIL) == ()


# ---- lowest point


def test_the_lowest_point_the_first_day_under_the_limit_and_why() -> None:
    held = [
        Balance(START, D(100)),
        Balance(date(2026, 5, 5), D(40)),
        Balance(date(2026, 5, 6), D(-10)),
        Balance(date(2026, 5, 7), D(-10)),
    ]
    found = depth(held, D(50))
    assert found.lowest.day == date(2026, 5, 6)
    assert found.first_under is not None
    assert found.first_under.day == date(2026, 5, 5)
    assert depth(held, D(-10)).first_under is None


def test_the_way_to_the_bottom_sums_to_it_and_names_the_largest_lines_out() -> None:
    path = path_to(D(1000), BASE, date(2026, 8, 31))
    assert path.amount == D(1000) + sum(amount for _, amount in path.by_kind)
    assert [one.key for one in path.causes] == ["supplier:1", "vat:2026-T3"]


# ---- hits


def test_a_forecast_hits_within_a_tenth_of_what_was_to_be_paid_out() -> None:
    kept = [
        Kept(START, (Point(7, D(100_000), D(50_000)), Point(30, D(80_000), D(90_000)))),
        Kept(START + timedelta(days=1), (Point(7, D(100_000), D(50_000)),)),
    ]
    actual = {
        START + timedelta(days=7): D(104_000),
        START + timedelta(days=8): D(120_000),
    }
    rates = {one.days: one for one in hit_rates(outcomes(kept, actual))}
    assert (rates[7].compared, rates[7].hits, rates[7].usual_error) == (2, 1, D(12_000))
    assert rates[7].share == D("0.5")
    assert rates[30].share is None
