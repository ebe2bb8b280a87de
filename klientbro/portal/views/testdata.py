"""«Send testdata»: the real chain for one client, into a landing that is rolled back. P-48."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from klientbro.clients.models import Connection
from klientbro.portal.rows import filled
from klientbro.portal.views.shared import find_connection, portal_view, show_dialog
from klientbro.sync.models import TestRun
from klientbro.sync.services import cause_text, queue_test_run

DIALOG = "portal/dialogs/test_data.html"
PATIENCE = timedelta(seconds=90)


@portal_view
@require_http_methods(["GET", "POST"])
def send_test_data(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Tells what will happen, then starts it. Only active clients have it (P-41, P-42)."""
    connection = find_connection(system, connection_id)
    if request.method == "GET" or not connection.is_active:
        return _show(request, connection, None)
    return _show(request, connection, queue_test_run(connection))


@portal_view
@require_GET
def test_data_answer(
    request: HttpRequest, system: str, connection_id: UUID, run_id: UUID
) -> HttpResponse:
    """Counts, time, and the first error if any."""
    connection = find_connection(system, connection_id)
    run = TestRun.objects.filter(public_id=run_id, connection=connection).first()
    if run is None:
        raise Http404
    return _show(request, connection, run)


def _show(request: HttpRequest, connection: Connection, run: TestRun | None) -> HttpResponse:
    context: dict[str, object] = {"run": run, "what": "ask" if run is None else run.state}
    if run is not None:
        context["address"] = reverse(
            "portal:test_data_answer",
            args=[connection.integration.system, connection.public_id, run.public_id],
        )
        if run.state != "done" and timezone.now() - run.created_at > PATIENCE:
            context["what"] = "late"
        if run.cause:
            cause = cause_text(run.cause)
            context |= {
                "cause_title": _(cause.title),
                "cause_explanation": filled(_(cause.explanation), run.cause_detail),
                "cause_action": _(cause.action),
            }
    return show_dialog(request, DIALOG, connection.integration, connection, **context)
