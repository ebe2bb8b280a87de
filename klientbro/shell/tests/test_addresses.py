"""An address made from its pieces is the one Django would give."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.urls import NoReverseMatch, get_resolver, reverse

from klientbro.shell.addresses import address

ID = uuid4()


@pytest.mark.parametrize(
    ("view", "arguments"),
    [
        ("books:clients", ()),
        ("books:summary", (ID,)),
        ("books:summary", (str(ID),)),
        ("books:voucher", (ID, 100_112)),
        ("books:account", (ID, "a1500")),
        ("books:account", (ID, "konto 15/00 æ?&")),
        ("reconciliation:account", (ID, "2026-10", "a1500")),
        ("reconciliation:account", (ID, "2026-10", "-")),
        ("report:pack", (ID, uuid4())),
    ],
)
def test_address_is_the_one_django_gives(view: str, arguments: tuple[object, ...]) -> None:
    for _ in range(2):
        assert address(view, *arguments) == reverse(view, args=arguments)


def test_ids_of_two_clients_are_never_mixed() -> None:
    assert address("books:summary", UUID(int=1)) == reverse("books:summary", args=[UUID(int=1)])
    assert address("books:summary", UUID(int=2)) == reverse("books:summary", args=[UUID(int=2)])


@pytest.mark.parametrize(
    ("view", "arguments"),
    [("books:nothing", ()), ("books:summary", ()), ("books:summary", ("no-uuid",))],
)
def test_what_has_no_address_is_refused_as_django_refuses_it(
    view: str, arguments: tuple[object, ...]
) -> None:
    with pytest.raises(NoReverseMatch):
        address(view, *arguments)


def test_every_view_with_ids_has_the_same_address_both_ways() -> None:
    """All of the products' views that take a client's id alone."""
    looked_at = 0
    for space in ("books", "report", "liquidity", "reconciliation", "overview"):
        for name in get_resolver().namespace_dict[space][1].reverse_dict:
            if not isinstance(name, str):
                continue
            try:
                expected = reverse(f"{space}:{name}", args=[ID])
            except NoReverseMatch:
                continue
            assert address(f"{space}:{name}", ID) == expected
            looked_at += 1
    assert looked_at > 20
