"""Every address that answers with a file, found in the code: no list that could be forgotten."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# What a function that hands over a file says, at the latest in one that it calls.
HEADER, ANSWER = "Content-Disposition", "FileResponse"
OURS = ("klientbro", "allauth")
# Asked for after whatever was asked, so it would make every address one that answers with a file.
NOT_FOLLOWED = frozenset({"render", "redirect", "reverse"})


def addresses_of_files() -> set[str]:
    """The names of the addresses whose view can come to where a file is handed over."""
    return {name for name, view in _views() if _hands_over(view, set())}


def _views() -> Iterator[tuple[str, Any]]:
    def walk(patterns: list[Any], space: str) -> Iterator[tuple[str, Any]]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, pattern.namespace or space)
            elif isinstance(pattern, URLPattern):
                yield f"{space}:{pattern.name}".strip(":"), pattern.callback

    return walk(get_resolver().url_patterns, "")


def _hands_over(view: Any, seen: set[int]) -> bool:
    if isinstance(made := getattr(view, "view_class", None), type):
        return any(_hands_over(one, seen) for one in vars(made).values())
    view = inspect.unwrap(view) if callable(view) else view
    function = view.__func__ if isinstance(view, MethodType) else view
    if not isinstance(function, FunctionType) or id(function) in seen:
        return False
    if not function.__module__.startswith(OURS):
        return False
    seen.add(id(function))
    for code in _codes(function.__code__):
        if HEADER in code.co_consts or ANSWER in code.co_names:
            return True
        for name in code.co_names:
            if name not in NOT_FOLLOWED and _hands_over(function.__globals__.get(name), seen):
                return True
    # what stands around it, as a wrapper that is not told of by `functools.wraps`
    held = (cell.cell_contents for cell in function.__closure__ or ())
    return any(_hands_over(one, seen) for one in held if isinstance(one, FunctionType))


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from _codes(one)
