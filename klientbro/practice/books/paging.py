"""Pages of a list as links: the address holds the page and everything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

AROUND = 2


@dataclass(frozen=True, slots=True)
class Paging:
    """Which pages to link to. None among the numbers is a gap."""

    page: int
    pages: int
    previous: str | None
    next: str | None
    links: tuple[tuple[int, str] | None, ...]

    @classmethod
    def of(cls, request: HttpRequest, page: int, pages: int) -> Paging:
        """The links around a page of this address."""

        def link(number: int) -> str:
            asked = request.GET.copy()
            asked["side"] = str(number)
            return f"?{asked.urlencode()}"

        shown = sorted(
            number
            for number in {1, pages, *range(page - AROUND, page + AROUND + 1)}
            if 1 <= number <= pages
        )
        links: list[tuple[int, str] | None] = []
        for number in shown:
            if links and links[-1] is not None and number > links[-1][0] + 1:
                links.append(None)
            links.append((number, link(number)))
        return cls(
            page=page,
            pages=pages,
            previous=link(page - 1) if page > 1 else None,
            next=link(page + 1) if page < pages else None,
            links=tuple(links),
        )
