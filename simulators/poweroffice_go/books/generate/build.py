"""Puts a company's books together: what it has room for, its parties, its plan, its run."""

from __future__ import annotations

import gc

from ..days import DAY_TEXT, HOUR_MS, moment_ms
from ..model import Extra, LockDateSettings
from ..spec import CompanySpec, Quirk
from ..store import Store
from .company import Company
from .holding import plan_holding
from .masterdata import MasterData
from .opening import Opening
from .payments import Payments
from .payroll import Payroll
from .quirks import add_lock_change, plan_quirk
from .recurring import Recurring
from .taxes import Taxes
from .trade import Trade

ROWS_PER_SALE, ROWS_PER_PURCHASE = 5.1, 5.0
SALES_SHARE = 0.6
FIXED_SHARE = 0.6
"""Regular vouchers may take this part of the postings wanted; the rest is left to trade."""


def build_store(spec: CompanySpec) -> tuple[Store, list[LockDateSettings]]:
    """The finished books, and the history of the lock date (newest first)."""
    # Millions of small lasting objects: the collector would only walk them again and again.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        company = Company(spec)
        if spec.quirk is Quirk.HOLDING:
            MasterData(company, 1, 2)
            company.vat_registered = False
            taxes = Taxes(company)
            plan_holding(company, taxes)
        else:
            taxes = _plan_ordinary(company)
        _plan_locks(company)
        company.run()
        if not company.lock_history:
            add_lock_change(
                company,
                moment_ms(company.first_day, 8 * HOUR_MS),
                company.first_day - 1,
                "Konvertert",
            )
        return company.store, company.lock_history
    finally:
        if was_enabled:
            gc.enable()


def _plan_ordinary(company: Company) -> Taxes:
    spec = company.spec
    per_year = spec.postings_target * 0.7 / company.years
    vouchers_per_year = per_year / (
        SALES_SHARE * ROWS_PER_SALE + (1 - SALES_SHARE) * ROWS_PER_PURCHASE
    )
    sales_per_year = vouchers_per_year * SALES_SHARE
    purchases_per_year = vouchers_per_year - sales_per_year
    customers = int(min(4_000, max(5, sales_per_year / 5)))
    suppliers = int(min(1_500, max(4, purchases_per_year / 6)))
    master = MasterData(company, customers, suppliers)
    payments = Payments(company)
    trade = Trade(company, master, payments)
    recurring = Recurring(company, master, payments, trade)
    payroll = Payroll(company, master)
    taxes = Taxes(company)
    if spec.quirk is Quirk.WHOLESALER:
        first_id = company.id_base // 100 + 950
        company.products = [
            Extra(ProductCode=f"V{100 + n}", ProductId=first_id + n, Quantity=float(n % 12 + 1))
            for n in range(24)
        ]
    plan_quirk(company, master, trade)
    _choose_features(company)
    opening = Opening(company, master, payments, recurring)
    opening.plan()
    if company.vat_registered:
        taxes.plan_vat()
    taxes.plan_year_ends()
    features = company.features
    if "wages" in features:
        payroll.plan()
    if "rent" in features:
        recurring.plan_rent()
    if "depreciation" in features:
        recurring.plan_depreciation(monthly="monthly depreciation" in features)
    if "bank" in features:
        recurring.plan_bank()
    if "insurance" in features:
        recurring.plan_insurance()
    if "travel" in features:
        recurring.plan_travel()
    if "till" in features:
        recurring.plan_till()
    if "adjustments" in features:
        recurring.plan_year_end_adjustments()
    left = spec.postings_target - company.planned_rows
    trade.plan(max(int(left * 1.01), 30), sales_per_year, purchases_per_year)
    payments.schedule()
    return taxes


def _choose_features(company: Company) -> None:
    """The dearest regular vouchers are left out where few postings are wanted."""
    spec = company.spec
    months = len(company.months())
    budget = spec.postings_target * FIXED_SHARE - company.planned_rows - 40
    if company.vat_registered:
        budget -= months / (12 if company.yearly_vat else 2) * 7
    wanted = [
        ("adjustments", 6 * months / 12, True),
        ("depreciation", 3 * months / 12, True),
        ("rent", 5 * months, True),
        ("wages", 17 * months, spec.employees > 0),
        ("bank", 3 * months, True),
        ("monthly depreciation", 3 * months, True),
        ("insurance", 2.5 * months, True),
        ("till", 17 * months, spec.industry.has_till),
        ("travel", 6 * months, spec.employees > 1),
    ]
    for name, rows, suits in wanted:
        if suits and rows <= budget:
            company.features.add(name)
            budget -= rows


def _plan_locks(company: Company) -> None:
    """The year is locked the evening its result has been disposed of."""

    def lock(ms: int, day: int) -> None:
        if company.lock_history and company.lock_history[0].LockDate >= DAY_TEXT[day]:
            return
        add_lock_change(company, ms, day, "Regnskapsåret er avsluttet")

    for end in company.year_ends():
        evening = moment_ms(company.closing_day(end), 18 * HOUR_MS)
        if company.spec.quirk not in (Quirk.DISPOSED_LATE, Quirk.NEVER_DISPOSED):
            company.at(evening, lock, end.toordinal())
