"""The lines of the income statement (by nature, § 6-1) and the balance sheet (§ 6-2), in order.

Source: norwegian-accounting.md §8 [S-23]. Shown sign: income, equity and debt positive, costs
positive as a deduction, results positive for a profit. Names stand here in both languages since a
line's name belongs to the layout, like its order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Statement(StrEnum):
    """Which of the two a line is in."""

    INCOME = "income_statement"
    BALANCE = "balance_sheet"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line. A leaf holds accounts; a sum adds other lines, each with its factor.

    sign: shown amount = ledger amount × sign. level: 0 a main figure … 2 a detail.
    """

    code: str
    statement: Statement
    name_nb: str
    name_en: str
    sign: int
    level: int
    sums: tuple[tuple[str, int], ...] = ()

    @property
    def is_sum(self) -> bool:
        return bool(self.sums)

    @property
    def is_unmapped(self) -> bool:
        """Holds accounts no rule has a line for: shown, never dropped."""
        return self.code.startswith("unmapped_")

    @property
    def is_derived(self) -> bool:
        """Worked out, so that no account is put on it."""
        return self.code in DERIVED

    @property
    def takes_accounts(self) -> bool:
        """Whether an override may point here."""
        return not (self.is_sum or self.is_unmapped or self.is_derived)


# Result for the year and earlier years while nobody has disposed of them.
DERIVED = frozenset({"unappropriated_result", "undisposed_earlier_years"})


def _income(
    code: str, nb: str, en: str, sign: int, level: int = 2, **sums: int
) -> tuple[str, ReportLine]:
    return code, ReportLine(code, Statement.INCOME, nb, en, sign, level, tuple(sums.items()))


def _balance(
    code: str, nb: str, en: str, sign: int, level: int = 2, **sums: int
) -> tuple[str, ReportLine]:
    return code, ReportLine(code, Statement.BALANCE, nb, en, sign, level, tuple(sums.items()))


LINES: Mapping[str, ReportLine] = MappingProxyType(
    dict(
        (
            _income("sales", "Salgsinntekt", "Sales revenue", -1),
            _income("other_operating_income", "Annen driftsinntekt", "Other operating income", -1),
            _income(
                "operating_income",
                "Sum driftsinntekter",
                "Total operating income",
                -1,
                1,
                sales=1,
                other_operating_income=1,
            ),
            _income("cost_of_goods", "Varekostnad", "Cost of goods", 1),
            _income("payroll_cost", "Lønnskostnad", "Payroll cost", 1),
            _income(
                "depreciation", "Avskrivning og nedskrivning", "Depreciation and write-down", 1
            ),
            _income("other_operating_cost", "Annen driftskostnad", "Other operating cost", 1),
            _income(
                "operating_cost",
                "Sum driftskostnader",
                "Total operating cost",
                1,
                1,
                cost_of_goods=1,
                payroll_cost=1,
                depreciation=1,
                other_operating_cost=1,
            ),
            _income(
                "operating_result",
                "Driftsresultat",
                "Operating result",
                -1,
                0,
                operating_income=1,
                operating_cost=-1,
            ),
            _income("finance_income", "Finansinntekt", "Finance income", -1),
            _income("finance_cost", "Finanskostnad", "Finance cost", 1),
            _income(
                "result_before_tax",
                "Resultat før skattekostnad",
                "Result before tax",
                -1,
                0,
                operating_result=1,
                finance_income=1,
                finance_cost=-1,
            ),
            _income("tax_cost", "Skattekostnad", "Tax", 1),
            _income("extraordinary_items", "Ekstraordinære poster", "Extraordinary items", -1),
            _income(
                "unmapped_result",
                "Kontoer uten rapportlinje",
                "Accounts without a report line",
                -1,
            ),
            _income(
                "net_result",
                "Årsresultat",
                "Net result",
                -1,
                0,
                result_before_tax=1,
                tax_cost=-1,
                extraordinary_items=1,
                unmapped_result=1,
            ),
            _income("appropriations", "Disponeringer", "Appropriations", 1),
            _balance("intangible_assets", "Immaterielle eiendeler", "Intangible assets", 1),
            _balance("tangible_assets", "Varige driftsmidler", "Tangible fixed assets", 1),
            _balance("financial_assets", "Finansielle anleggsmidler", "Financial fixed assets", 1),
            _balance(
                "fixed_assets",
                "Sum anleggsmidler",
                "Total fixed assets",
                1,
                1,
                intangible_assets=1,
                tangible_assets=1,
                financial_assets=1,
            ),
            _balance("inventory", "Varer", "Inventory", 1),
            _balance("receivables", "Fordringer", "Receivables", 1),
            _balance("investments", "Investeringer", "Investments", 1),
            _balance("cash", "Bankinnskudd, kontanter o.l.", "Bank deposits and cash", 1),
            _balance(
                "current_assets",
                "Sum omløpsmidler",
                "Total current assets",
                1,
                1,
                inventory=1,
                receivables=1,
                investments=1,
                cash=1,
            ),
            _balance(
                "unmapped_assets",
                "Eiendelskontoer uten rapportlinje",
                "Asset accounts without a report line",
                1,
            ),
            _balance(
                "total_assets",
                "Sum eiendeler",
                "Total assets",
                1,
                0,
                fixed_assets=1,
                current_assets=1,
                unmapped_assets=1,
            ),
            _balance("paid_in_equity", "Innskutt egenkapital", "Paid-in equity", -1),
            _balance("retained_equity", "Opptjent egenkapital", "Retained equity", -1),
            _balance("unappropriated_result", "Udisponert resultat", "Unappropriated result", -1),
            _balance(
                "undisposed_earlier_years",
                "Udisponert resultat tidligere år",
                "Undisposed result of earlier years",
                -1,
            ),
            _balance(
                "equity",
                "Sum egenkapital",
                "Total equity",
                -1,
                1,
                paid_in_equity=1,
                retained_equity=1,
                unappropriated_result=1,
                undisposed_earlier_years=1,
            ),
            _balance("provisions", "Avsetning for forpliktelser", "Provisions", -1),
            _balance("long_term_loans", "Annen langsiktig gjeld", "Other long-term debt", -1),
            _balance(
                "long_term_debt",
                "Sum langsiktig gjeld",
                "Total long-term debt",
                -1,
                1,
                provisions=1,
                long_term_loans=1,
            ),
            _balance(
                "credit_institutions",
                "Gjeld til kredittinstitusjoner",
                "Debt to credit institutions",
                -1,
            ),
            _balance("trade_payables", "Leverandørgjeld", "Trade payables", -1),
            _balance("tax_payable", "Betalbar skatt", "Tax payable", -1),
            _balance("public_duties", "Skyldige offentlige avgifter", "Public duties payable", -1),
            _balance("dividend", "Utbytte", "Dividend", -1),
            _balance(
                "other_short_term_debt", "Annen kortsiktig gjeld", "Other short-term debt", -1
            ),
            _balance(
                "short_term_debt",
                "Sum kortsiktig gjeld",
                "Total short-term debt",
                -1,
                1,
                credit_institutions=1,
                trade_payables=1,
                tax_payable=1,
                public_duties=1,
                dividend=1,
                other_short_term_debt=1,
            ),
            _balance(
                "unmapped_equity_and_debt",
                "Egenkapital- og gjeldskontoer uten rapportlinje",
                "Equity and debt accounts without a report line",
                -1,
            ),
            _balance(
                "total_debt",
                "Sum gjeld",
                "Total debt",
                -1,
                1,
                long_term_debt=1,
                short_term_debt=1,
                unmapped_equity_and_debt=1,
            ),
            _balance(
                "total_equity_and_debt",
                "Sum egenkapital og gjeld",
                "Total equity and debt",
                -1,
                0,
                equity=1,
                total_debt=1,
            ),
        )
    )
)


def line_of(code: str) -> ReportLine:
    """The line of a code; ValueError names what there is."""
    line = LINES.get(code)
    if line is None:
        raise ValueError(f"no report line {code!r}; there are {', '.join(LINES)}")
    return line


def lines_in(statement: Statement) -> tuple[ReportLine, ...]:
    """The statement's lines in the order they are shown."""
    return tuple(line for line in LINES.values() if line.statement is statement)
