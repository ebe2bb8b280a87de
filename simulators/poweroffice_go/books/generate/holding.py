"""A holding company: a few vouchers a year, about thirty postings in all."""

from __future__ import annotations

from datetime import date

from ..days import HOUR_MS, moment_ms
from .company import Company
from .taxes import Taxes


def plan_holding(company: Company, taxes: Taxes) -> None:
    """Opening, and each year a dividend, a fee, the bank's charges, and the disposal."""
    company.at(moment_ms(company.first_day, 5 * HOUR_MS + 31_441), _open, company, rows=4)
    for end in company.year_ends():
        received = date(end.year, 6, 18).toordinal()
        fee = date(end.year, 4, 8).toordinal()
        company.at(moment_ms(received + 1, 5 * HOUR_MS), _dividend, company, received, rows=2)
        company.at(moment_ms(fee + 1, 5 * HOUR_MS), _fee, company, fee, rows=2)
        company.at(moment_ms(end.toordinal() + 2, 5 * HOUR_MS), _charges, company, end, rows=2)
    taxes.plan_year_ends()


def _open(ms: int, company: Company) -> None:
    lines = [
        company.line(1810, 450_000_000),
        company.line(1920, 31_250_050),
        company.line(2000, -10_000_000),
        company.line(2050, -471_250_050),
    ]
    company.simple(ms, "ManualJournal", company.first_day - 1, "Åpningsbalanse", lines)


def _dividend(ms: int, company: Company, day: int) -> None:
    lines = company.pair(1920, 8071, 50_000_000, "Utbytte fra datterselskap")
    company.simple(ms, "BankJournal", day, "Mottatt utbytte", lines)


def _fee(ms: int, company: Company, day: int) -> None:
    lines = company.pair(6705, 1920, 1_875_000, "Regnskapshonorar")
    company.simple(ms, "BankJournal", day, "Regnskapshonorar", lines)


def _charges(ms: int, company: Company, end: date) -> None:
    lines = company.pair(7770, 1920, 120_000 + end.year % 7 * 1_050, "Bankgebyr")
    company.simple(ms, "BankJournal", end.toordinal(), "Bankgebyr", lines)
