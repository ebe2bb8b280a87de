"""Rules of report lines: who goes before whom, undone, and two people at once."""

from __future__ import annotations

import pytest

from klientbro.clients.errors import RefusedError
from klientbro.domain.report_lines import MappingLevel
from klientbro.ledger.queries.charts import chart_of
from klientbro.practice.lines import services
from klientbro.practice.lines.services import (
    change_rules,
    newest_changes,
    overrides_for,
    rules_of,
    undo_change,
    version_of,
)
from klientbro.practice.lines.tables import LineRule


def places(book):
    mapping = overrides_for(book.client.pk)
    placed = {each.number: mapping.place(each) for each in chart_of(book.connection.pk)}
    return {number: (one.line.code, one.level) for number, one in placed.items()}


def test_a_clients_rule_goes_before_the_firms_and_the_firms_before_the_standard(book, user) -> None:
    assert places(book)["741000"] == ("other_operating_cost", MappingLevel.STANDARD)
    change_rules(None, {"74": "cost_of_goods"}, version=0, by=user)
    assert places(book)["741000"] == ("cost_of_goods", MappingLevel.FIRM)
    change_rules(book.client.pk, {"741": "payroll_cost"}, version=0, by=user)
    assert places(book)["741000"] == ("payroll_cost", MappingLevel.CLIENT)
    assert places(book)["7400"] == ("cost_of_goods", MappingLevel.FIRM)


def test_an_account_no_rule_knows_gets_a_line_by_its_whole_number(book, user) -> None:
    assert places(book)["9999"] == ("unmapped_assets", MappingLevel.NONE)
    change_rules(book.client.pk, {"9999": "receivables"}, version=0, by=user)
    assert places(book)["9999"] == ("receivables", MappingLevel.CLIENT)


def test_of_two_who_change_at_once_the_second_is_told(book, user) -> None:
    change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user)
    with pytest.raises(RefusedError) as refused:
        change_rules(book.client.pk, {"74": "payroll_cost"}, version=0, by=user)
    assert refused.value.code == "stale"
    assert rules_of(book.client.pk) == {"74": "cost_of_goods"}


def test_a_number_taken_in_the_same_moment_is_told_too(book, user, monkeypatch) -> None:
    change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user)
    # what the second of two transactions sees: the other's number not yet committed
    monkeypatch.setattr(services, "version_of", lambda client_id: 0)
    with pytest.raises(RefusedError) as refused:
        change_rules(book.client.pk, {"75": "payroll_cost"}, version=0, by=user)
    assert refused.value.code == "stale"
    assert rules_of(book.client.pk) == {"74": "cost_of_goods"}


def test_the_same_change_twice_is_one_change(book, user) -> None:
    assert change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user) is not None
    assert change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user) is None
    assert version_of(book.client.pk) == 1


def test_a_change_is_undone_and_the_undoing_too(book, user) -> None:
    before = places(book)
    change_rules(book.client.pk, {"74": "cost_of_goods", "9999": "cash"}, version=0, by=user)
    after = places(book)
    undo_change(newest_changes(book.client.pk)[0], by=user)
    assert places(book) == before
    undo_change(newest_changes(book.client.pk)[0], by=user)
    assert places(book) == after
    assert [change.is_undoing for change in newest_changes(book.client.pk)] == [True, True, False]


def test_a_change_that_was_changed_again_is_not_undone(book, user) -> None:
    first = change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user)
    change_rules(book.client.pk, {"74": "payroll_cost"}, version=1, by=user)
    assert first is not None
    with pytest.raises(RefusedError) as refused:
        undo_change(first, by=user)
    assert refused.value.code == "changed"
    assert rules_of(book.client.pk) == {"74": "payroll_cost"}


@pytest.mark.parametrize(
    ("prefix", "line", "field"),
    [
        ("7%", "cash", "prefix"),
        ("", "cash", "prefix"),
        ("7" * 41, "cash", "prefix"),
        ("74", "operating_result", "line"),
        ("74", "unmapped_assets", "line"),
        ("74", "no such line", "line"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_with_the_field(book, user, prefix, line, field) -> None:
    with pytest.raises(RefusedError) as refused:
        change_rules(book.client.pk, {prefix: line}, version=0, by=user)
    assert refused.value.field == field
    assert rules_of(book.client.pk) == {}


def test_a_line_that_is_no_longer_in_the_layout_leaves_the_standard(book, user) -> None:
    LineRule.objects.create(
        firm_id=book.client.firm_id, client=book.client, prefix="74", line="a line of 2019"
    )
    assert places(book)["7400"] == ("other_operating_cost", MappingLevel.STANDARD)


def test_reading_the_mapping_is_one_statement(book, user, django_assert_num_queries) -> None:
    change_rules(book.client.pk, {"74": "cost_of_goods"}, version=0, by=user)
    with django_assert_num_queries(1):
        overrides_for(book.client.pk)
