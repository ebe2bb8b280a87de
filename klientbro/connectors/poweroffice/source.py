"""An opened PowerOffice Go company: the contract's questions put to the API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from klientbro.connectors.contract import (
    Batch,
    CheckResult,
    Company,
    CompanySettings,
    ControlFigure,
    Document,
    Grant,
    Known,
    Surroundings,
    Unit,
)
from klientbro.connectors.errors import (
    AuthorizationError,
    ContractError,
    MissingRightError,
    UnreadableError,
)
from klientbro.connectors.http import Request
from klientbro.connectors.poweroffice import mapping, records, rights
from klientbro.connectors.poweroffice.client import Client, Question
from klientbro.connectors.poweroffice.decoding import latest_text
from klientbro.connectors.poweroffice.documents import document_from_zip
from klientbro.connectors.poweroffice.listings import LISTINGS, question_of
from klientbro.connectors.poweroffice.paging import Position
from klientbro.connectors.poweroffice.planning import plan_postings, split_unit
from klientbro.connectors.poweroffice.settings import Settings
from klientbro.connectors.poweroffice.tokens import KEY


class PowerOfficeSource:
    """One company, read with its own client key."""

    def __init__(self, grant: Grant, surroundings: Surroundings) -> None:
        self._client = Client(Settings.read(surroundings.operator), grant, surroundings)
        self._checked: Company | None = None

    async def __aenter__(self) -> PowerOfficeSource:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._client.close()

    async def check(self) -> CheckResult:
        """Three requests: a new token, which alone shows that the key is alive, and two facts."""
        await self._client.tokens.renew()
        content = await self._client.object("/ClientIntegrationInformation", None)
        information = mapping.read_object(
            records.ClientIntegrationInformation, content, "ClientIntegrationInformation"
        )
        missing, missing_optional = rights.missing_rights(information.valid_privileges or ())
        name, identifier = information.client_name or "", None
        try:
            organization = await self._organization()
        except MissingRightError:
            pass  # CommonServices is then already among the missing rights
        else:
            name = name or organization.name or organization.legal_name or ""
            identifier = mapping.company_identifier(organization)
        self._checked = Company(information.client_id or "", name, identifier)
        return CheckResult(self._checked, missing, missing_optional)

    async def companies(self) -> Sequence[Company]:
        """A client key opens one company."""
        return ((await self.check()).company,)

    async def settings(self) -> CompanySettings:
        """Three requests; the name and identifier are known when `check` came first."""
        financial = mapping.read_object(
            records.FinancialSettings,
            await self._settings("FinancialSettings"),
            "FinancialSettings",
        )
        locks = await self._settings("LockDateSettings")
        vat = await self._settings("VatSettings")
        lock = mapping.read_object(records.LockDateSettings, locks or b"{}", "LockDateSettings")
        vat_settings = mapping.read_object(records.VatSettings, vat or b"{}", "VatSettings")
        return CompanySettings(
            conversion_date=financial.conversion_date,
            year_end_month=mapping.year_end_month(financial),
            currency=financial.currency_code or "NOK",
            lock_date=mapping.lock_date(lock),
            name=self._checked.name if self._checked else "",
            identifier=self._checked.identifier if self._checked else None,
            vat_period=mapping.vat_period(vat_settings),
            is_vat_registered=vat_settings.is_vat_registered,
            results_restart=mapping.results_restart(),
        )

    def plan(self, since: str | None, known: Known) -> Sequence[Unit]:
        return plan_postings(since, known)

    def split(self, unit: Unit) -> Sequence[Unit]:
        return split_unit(unit)

    def latest(self, watermarks: Sequence[str]) -> str | None:
        return latest_text(list(watermarks)) if watermarks else None

    async def read(self, unit: Unit) -> AsyncGenerator[Batch, None]:
        decode = LISTINGS[unit.resource].decode
        pages = self._client.pages(question_of(unit), Position.of(unit.token))
        try:
            async for numbered in pages:
                page = numbered.page
                yield Batch(
                    unit=replace(unit, is_complete=unit.is_complete and numbered.is_steady),
                    rows=partial(decode, page.content),
                    next_token=numbered.next.token if numbered.next else None,
                    total_rows=page.total if page.rows or page.number > 1 else 0,
                    requests=page.sends,
                )
        finally:
            await pages.aclose()

    async def controls(self, on: date) -> Sequence[ControlFigure]:
        question = Question(
            "/TrialBalance",
            rights.TRIAL_BALANCE,
            {"date": on.isoformat(), "Fields": mapping.fields_of(records.TrialBalanceRow)},
            key="AccountId",
            is_ordered=False,
        )
        pages = [numbered async for numbered in self._client.pages(question)]
        if not pages[-1].is_steady:
            # An account left out would count as 0.00 and look like a difference.
            raise UnreadableError(
                "GET /TrialBalance has fewer or more rows than it says",
                connector=KEY,
                request="GET /TrialBalance",
            )
        return mapping.decode_trial_balance([numbered.page.content for numbered in pages])

    async def document(self, voucher_id: str) -> Document | None:
        answer = await self._client.send(
            Request(
                "GET",
                "/VoucherDocumentation/Download",
                query={"id": voucher_id, "documentationType": "All"},
                right=rights.VOUCHER_DOCUMENTATION.label,
                is_json=False,
                returned=frozenset({200, 204, 404}),
            )
        )
        if answer.status != 200 or not answer.content:
            return None
        return document_from_zip(answer.content, voucher_id)

    async def disconnect(self) -> None:
        """Removes the integration from the company in PowerOffice Go: its client key then dies."""
        request = Request(
            "DELETE", "/Offboarding/RemoveIntegration", returned=frozenset({200, 204})
        )
        try:
            answer = await self._client.send(request)
        except AuthorizationError:
            return  # the customer has removed it already
        if answer.content:
            result = mapping.read_object(records.Offboarded, answer.content, "Offboarding")
            if result.success is False:
                raise ContractError(
                    "PowerOffice Go did not remove the integration",
                    connector=KEY,
                    request=request.name,
                )

    async def _settings(self, name: str) -> bytes:
        return await self._client.object(f"/{name}", rights.COMMON_SERVICES)

    async def _organization(self) -> records.OrganizationSettings:
        content = await self._settings("OrganizationSettings")
        return mapping.read_object(
            records.OrganizationSettings, content or b"{}", "OrganizationSettings"
        )
