"""Singer's side: a tap made with its SDK, and its PostgreSQL target, both at their best settings.

Runs in .venv-bench-singer, so it imports nothing of ours: `singer_program.py tap | … target`, each
with `--config FILE` as Singer does, and the tap with `--state FILE` when it goes on from before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.contrib.msgspec import MsgSpecReader, MsgSpecWriter
from singer_sdk.pagination import PageNumberPaginator

CHANGED_SINCE = "lastChangedDateTimeOffsetGreaterThan"
TYPES: dict[str, th.JSONTypeHelper[Any]] = {
    "text": th.StringType(),
    "integer": th.IntegerType(),
    "number": th.NumberType(),
    "boolean": th.BooleanType(),
    "date": th.DateType(),
    "moment": th.DateTimeType(),
}


class Pages(PageNumberPaginator):
    """Asks until a page is not full."""

    def __init__(self, size: int) -> None:
        super().__init__(1)
        self._size = size

    def has_more(self, response: Any) -> bool:
        return response.status_code == 200 and response.content.count(b'"Id":') >= self._size


class Transactions(RESTStream[int]):
    name = "transactions"
    primary_keys = ("Id",)
    replication_key = "LastChangedDateTimeOffset"
    query: dict[str, Any]

    @property
    def url_base(self) -> str:
        return str(self.config["base_url"])

    @property
    def path(self) -> str:
        return str(self.config["path"])

    @path.setter
    def path(self, path: str) -> None:
        pass  # the base class sets what we are asked for anyway

    @property
    def http_headers(self) -> dict[str, str]:
        return dict(self.config["headers"])

    @property
    def schema(self) -> dict[str, Any]:
        fields = self.config["types"].items()
        return th.PropertiesList(*(th.Property(n, TYPES[k]) for n, k in fields)).to_dict()

    def get_new_paginator(self) -> Pages:
        return Pages(self.config["page_size"])

    def get_url_params(self, context: Any, next_page_token: int | None) -> dict[str, Any]:
        return {**self.query, "PageNumber": next_page_token or 1}

    def parse_response(self, response: Any) -> Iterable[dict[str, Any]]:
        return super().parse_response(response) if response.content else ()

    def get_records(self, context: Any) -> Iterable[dict[str, Any]]:
        since = self.get_starting_replication_key_value(context)
        for query in self.config["queries"]:
            self.query = {**query, CHANGED_SINCE: since} if since else query
            yield from self.request_records(context)


class TransactionsTap(Tap):
    name = "tap-transactions"
    message_writer_class = MsgSpecWriter
    config_jsonschema = th.PropertiesList(
        th.Property("base_url", th.StringType()),
        th.Property("path", th.StringType()),
        th.Property("headers", th.ObjectType(additional_properties=True)),
        th.Property("queries", th.ArrayType(th.ObjectType(additional_properties=True))),
        th.Property("types", th.ObjectType(additional_properties=True)),
        th.Property("page_size", th.IntegerType()),
    ).to_dict()

    def discover_streams(self) -> list[Any]:
        return [Transactions(self)]


def main() -> None:
    side = sys.argv.pop(1)
    if side == "tap":
        TransactionsTap.cli()
        return
    from target_postgres.target import TargetPostgres

    class Target(TargetPostgres):  # type: ignore[misc] # without types
        message_reader_class = MsgSpecReader

    Target.cli()


if __name__ == "__main__":
    main()
