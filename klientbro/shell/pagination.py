"""Which pages of a list to link to; the address holds the page and everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict

AROUND = 2


@dataclass(frozen=True, slots=True)
class PageLinks:
    """None among the numbers is a gap. `first`–`last` of `total` are the rows shown."""

    page: int
    pages: int
    total: int | None
    first: int | None
    last: int | None
    previous: str | None
    next: str | None
    numbers: tuple[tuple[int, str] | None, ...]

    @classmethod
    def of(
        cls,
        asked: QueryDict,
        page: Page[Any] | int,
        pages: int = 0,
        total: int | None = None,
        parameter: str = "side",
        per_page: int = 0,
    ) -> PageLinks:
        """The links around a page of the address `asked`."""
        first = last = None
        if isinstance(page, Page):
            pages, total = page.paginator.num_pages, page.paginator.count
            first, last = page.start_index(), page.end_index()
            page = page.number
        elif per_page and total:
            first = (page - 1) * per_page + 1
            last = min(page * per_page, total)

        def link(number: int) -> str:
            changed = asked.copy()
            changed[parameter] = str(number)
            return f"?{changed.urlencode()}"

        return cls(
            page=page,
            pages=pages,
            total=total,
            first=first,
            last=last,
            previous=link(page - 1) if page > 1 else None,
            next=link(page + 1) if page < pages else None,
            numbers=tuple(
                (number, link(number)) if number else None for number in _shown(page, pages)
            ),
        )


def _shown(page: int, pages: int) -> list[int]:
    """Page 5 of 92 → 1 0 3 4 5 6 7 0 92, where 0 is a gap of two or more."""
    wanted = sorted(
        number
        for number in {1, pages, *range(page - AROUND, page + AROUND + 1)}
        if 1 <= number <= pages
    )
    shown: list[int] = []
    for number in wanted:
        if shown and number - shown[-1] > 1:
            shown.append(shown[-1] + 1 if number - shown[-1] == 2 else 0)  # noqa: PLR2004
        shown.append(number)
    return shown
