"""Pages of a long list as links: the address holds the state."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

PARAMETER = "side"
BESIDE = 1  # neighbours shown on each side of the current page


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
        return min(self.total, (self.number - 1) * self.size + 1)

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
    """The page asked for in the address; one past the end, or no number, is the nearest there is."""
    wanted = request.GET.get(PARAMETER, "1")
    last = max(1, -(-total // size))
    number = min(max(int(wanted), 1), last) if wanted.isdecimal() and len(wanted) < 9 else 1
    shown = sorted(
        {1, last} | {n for n in range(number - BESIDE, number + BESIDE + 1) if 1 <= n <= last}
    )
    links: list[PageLink] = []
    for index, page in enumerate(shown):
        if index and page - shown[index - 1] > 1:
            links.append(PageLink(0, ""))
        links.append(PageLink(page, _url(request, page), page == number))
    return Pages(
        number=number,
        size=size,
        total=total,
        links=tuple(links),
        previous_url=_url(request, number - 1) if number > 1 else "",
        next_url=_url(request, number + 1) if number < last else "",
    )


def _url(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query.pop(PARAMETER, None)
    if page > 1:
        query[PARAMETER] = str(page)
    return f"{request.path}?{query.urlencode()}" if query else request.path
