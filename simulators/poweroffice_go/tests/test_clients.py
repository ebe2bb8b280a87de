"""Readers written the way the third-party clients of the real API page: three stop rules."""

from __future__ import annotations

import json

import pytest

RANGE = {"fromDate": "2025-07-01", "toDate": "2026-06-30", "OrderBy": "Id", "Fields": "Id"}


def by_next_link(client, size: int) -> list[int]:
    ids, number = [], 1
    while True:
        answer = client.get("/AccountTransactions", PageNumber=number, PageSize=size, **RANGE)
        if answer.status_code == 204:
            return ids
        ids += [row["Id"] for row in answer.json()]
        if not json.loads(answer.headers["X-Pagination"])["nextPageLink"]:
            return ids
        number += 1


def by_total_pages(client, size: int) -> list[int]:
    ids, number = [], 1
    while True:
        answer = client.get("/AccountTransactions", PageNumber=number, PageSize=size, **RANGE)
        ids += [row["Id"] for row in answer.json()]
        paging = json.loads(answer.headers["X-Pagination"])
        if paging["currentPage"] >= paging["totalPages"]:
            return ids
        number += 1


def by_short_page(client, size: int) -> list[int]:
    ids, number = [], 1
    while True:
        answer = client.get("/AccountTransactions", PageNumber=number, PageSize=size, **RANGE)
        rows = answer.json() if answer.status_code == 200 else []
        ids += [row["Id"] for row in rows]
        if len(rows) < size:
            return ids
        number += 1


def sizes(client) -> list[int]:
    """Sizes that leave a short last page, and one that divides the rows evenly."""
    total = len(client.rows("/AccountTransactions", **RANGE))
    return [total // 3 - 1, total // 2 if total % 2 == 0 else total, total + 1]


@pytest.mark.parametrize("read", [by_next_link, by_total_pages, by_short_page])
def test_each_stop_rule_reads_every_row_once(client, read):
    everything = [row["Id"] for row in client.rows("/AccountTransactions", **RANGE)]
    assert everything == sorted(everything)
    for size in sizes(client):
        assert read(client, size) == everything


def test_next_link_can_be_followed(client):
    answer = client.get("/AccountTransactions", PageSize=50, **RANGE)
    link = json.loads(answer.headers["X-Pagination"])["nextPageLink"]
    followed = client.simulator.http.get(link, headers=client.simulator.headers(client.token))
    assert (
        followed.json()
        == client.get("/AccountTransactions", PageSize=50, PageNumber=2, **RANGE).json()
    )
    paging = json.loads(followed.headers["X-Pagination"])
    assert paging["currentPage"] == 2
    assert "PageNumber=1" in paging["previousPageLink"]
