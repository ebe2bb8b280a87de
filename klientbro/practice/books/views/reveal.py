"""«Vis fødselsnummer»: asks what for, shows the number for half a minute, keeps it nowhere."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from klientbro.clients.errors import RefusedError
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.reveal import (
    LONGEST_REASON,
    PURPOSES,
    SHOWN_SECONDS,
    TooOftenError,
    read_asked,
    reveal,
)
from klientbro.practice.books.views.shared import client_view, show
from klientbro.practice.pages import REFUSED, person

PART = "practice/books/reveal_part.html"
PAGE = "practice/books/reveal.html"
TOO_OFTEN = 429


@never_cache
@require_http_methods(["GET", "POST"])
@client_view
def reveal_number(request: HttpRequest, page: ClientPage) -> HttpResponse:
    """The form, and after it the number: in the dialog, or as a page where there is no script."""
    if page.client.national_id_sealed is None:
        raise Http404
    context: dict[str, object] = {
        "purposes": PURPOSES.items(),
        "longest": LONGEST_REASON,
        "seconds": SHOWN_SECONDS,
        "is_part": _is_part(request),
        "action": reverse("books:reveal_number", args=[page.client.public_id]),
    }
    status = 200
    if request.method == "POST":
        purpose, reason = request.POST.get("purpose", ""), request.POST.get("reason", "")
        try:
            asked = read_asked(purpose, reason)
            context["revealed"] = reveal(page.client, person(request), asked)
        except RefusedError as error:
            is_stopped = isinstance(error, TooOftenError)
            status = TOO_OFTEN if is_stopped and not _is_part(request) else REFUSED
            context |= {
                "problem": str(error),
                "problem_field": error.field,
                "typed": {"purpose": purpose, "reason": reason[:LONGEST_REASON]},
            }
    response = show(
        request, page, "summary", PART if _is_part(request) else PAGE, context, status=status
    )
    if "revealed" in context and not _is_part(request):
        home = reverse("books:summary", args=[page.client.public_id])
        response["Refresh"] = f"{SHOWN_SECONDS}; url={home}"
    return response


def _is_part(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))
