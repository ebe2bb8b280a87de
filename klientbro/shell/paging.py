"""Pages of a long list as links: the address holds the page and everything else."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

PARAMETER = "side"
BESIDE = 1  # neighbours shown on each side of the current page
MOST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page number and its address; without one it stands for those left out."""

    number: int
    url: str
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Pages:
    """Which rows of how many are shown, and the way to the others."""

    number: int
    size: int
    total: int
    links: tuple[PageLink, ...]
    previous_url: str
    next_url: str

    @property
    def first(self) -> int:
        return min(self.total, self.offset + 1)

    @property
    def last(self) -> int:
        return min(self.total, self.number * self.size)

    @property
    def several(self) -> bool:
        return self.total > self.size

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def pages_of(request: HttpRequest, total: int, size: int) -> Pages:
    """The page asked for in the address; past the end, or no number, is the nearest there is."""
    wanted = request.GET.get(PARAMETER, "1")
    is_number = wanted.isascii() and wanted.isdigit() and len(wanted) <= MOST_DIGITS
    return pages_around(request.GET, int(wanted) if is_number else 1, total, size)


def pages_around(asked: QueryDict, number: int, total: int, size: int) -> Pages:
    """Page 5 of 92 → 1 … 4 5 6 … 92. A gap of one page shows that page instead."""
    last = max(1, -(-total // size))
    number = min(max(number, 1), last)
    links: list[PageLink] = []
    before = 0
    for page in _shown(number, last):
        if page - before > 1:
            links.append(PageLink(0, ""))
        links.append(PageLink(page, _url(asked, page), page == number))
        before = page
    return Pages(
        number=number,
        size=size,
        total=total,
        links=tuple(links),
        previous_url=_url(asked, number - 1) if number > 1 else "",
        next_url=_url(asked, number + 1) if number < last else "",
    )


def _shown(number: int, last: int) -> list[int]:
    shown = {1, last, *range(max(1, number - BESIDE), min(last, number + BESIDE) + 1)}
    shown |= {page for page in (2, last - 1) if page - 1 in shown and page + 1 in shown}
    return sorted(shown)


def _url(asked: QueryDict, page: int) -> str:
    query = asked.copy()
    query.pop(PARAMETER, None)
    if page > 1:
        query[PARAMETER] = str(page)
    return f"?{query.urlencode()}"
