"""PowerOffice Go: reads a company's ledger from API v2 with the company's client key."""

from __future__ import annotations

from klientbro.connectors.contract import (
    Capabilities,
    ChangeFeed,
    Connector,
    ControlScope,
    Kind,
    Pace,
)
from klientbro.connectors.poweroffice.settings import (
    CUSTOMER_SETTINGS,
    OPERATOR_SETTINGS,
    REQUESTS_PER_SECOND,
)
from klientbro.connectors.poweroffice.source import PowerOfficeSource
from klientbro.connectors.poweroffice.tokens import KEY

CONNECTOR = Connector(
    key=KEY,
    name="PowerOffice Go",
    title="PowerofficeGo",
    kind=Kind.WEB_API,
    grant_covers="company",
    customer_settings=CUSTOMER_SETTINGS,
    operator_settings=OPERATOR_SETTINGS,
    pace=Pace(REQUESTS_PER_SECOND, concurrent=8, per="subscription key"),
    capabilities=Capabilities(
        change_feed=ChangeFeed.SECOND,
        control_scope=ControlScope.ANY_DATE,
        deletions_visible=False,
        full_history=True,
        open_items_as_of=True,
        documents=True,
        drafts=True,
    ),
    open=PowerOfficeSource,
)
