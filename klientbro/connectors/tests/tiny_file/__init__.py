"""A connector for a folder of CSV files, only for the tests.

It proves that the contract is not shaped after PowerOffice Go: no key, no network, one unit that is
everything, voucher numbers with series, and balances stated for the folder's last day only. The
second one here adds a change feed that counts in whole days.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from klientbro.connectors.contract import (
    Capabilities,
    ChangeFeed,
    Connector,
    ControlScope,
    Field,
    Kind,
    Pace,
    Resource,
)
from klientbro.connectors.tests.tiny_file.source import TinySource

FOLDER = Connector(
    key="tiny_file",
    name="A folder of CSV files",
    title="CSV",
    kind=Kind.FILE,
    grant_covers="company",
    customer_settings=(Field("folder", "Folder"),),
    operator_settings=(),
    pace=Pace(1000.0, concurrent=1, per="company"),
    capabilities=Capabilities(
        change_feed=ChangeFeed.NONE,
        control_scope=ControlScope.FILE_ONLY,
        deletions_visible=False,
        full_history=True,
        open_items_as_of=False,
        documents=False,
        resources=frozenset({Resource.ACCOUNTS, Resource.POSTINGS}),
    ),
    open=partial(TinySource, has_days=False),
)

DAILY = replace(
    FOLDER,
    key="tiny_daily",
    capabilities=replace(FOLDER.capabilities, change_feed=ChangeFeed.DAY),
    open=partial(TinySource, has_days=True),
)
