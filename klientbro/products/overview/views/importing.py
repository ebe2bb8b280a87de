"""Import of active clients into Oversikt, and whether they come in by themselves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.practice.pages import REFUSED, lead_on, person, product_view
from klientbro.products.overview.importing import (
    candidates,
    import_clients,
    imports_by_itself,
    let_import_by_itself,
)
from klientbro.products.overview.views.shared import dialog

MOST_SHOWN = 2000


@require_http_methods(["GET", "POST"])
@product_view
def import_dialog(request: HttpRequest) -> HttpResponse:
    """The list of active and not yet imported, to choose from (P-70)."""
    waiting = list(candidates()[:MOST_SHOWN])
    if request.method == "POST":
        typed = set(request.POST.getlist("client"))
        chosen = [client.pk for client in waiting if str(client.public_id) in typed]
        if not chosen:
            return dialog(
                request,
                "overview/dialogs/import.html",
                status=REFUSED,
                waiting=waiting,
                problem=_("Choose at least one client."),
                by_itself=imports_by_itself(),
            )
        came = import_clients(chosen, by=person(request))
        text = ngettext(
            "%(count)s client has been imported.", "%(count)s clients have been imported.", came
        ) % {"count": came}
        return lead_on(request, reverse("overview:list"), text)
    return dialog(
        request, "overview/dialogs/import.html", waiting=waiting, by_itself=imports_by_itself()
    )


@require_POST
@product_view
def import_by_itself(request: HttpRequest) -> HttpResponse:
    """Turns the firm's setting on or off; on, those who wait come in at once."""
    wanted = request.POST.get("on") == "1"
    came = let_import_by_itself(wanted, by=person(request))
    if not wanted:
        text = _("Clients no longer come in by themselves.")
    elif came:
        text = ngettext(
            "Active clients now come in by themselves. %(count)s came at once.",
            "Active clients now come in by themselves. %(count)s came at once.",
            came,
        ) % {"count": came}
    else:
        text = _("Active clients now come in by themselves.")
    return lead_on(request, reverse("overview:list"), text, messages.SUCCESS)
