"""Asks the source about a key that a dialog was given, and says where the answer is waited for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.clients.services import begin_key_check
from klientbro.portal.views.shared import system_name
from klientbro.sync.services import queue_key_check


def ask_about_key(
    request: HttpRequest,
    answer: str,
    integration: Integration,
    key: str,
    connection: Connection | None = None,
) -> HttpResponse:
    """Puts the question on the queue; the dialog says so and waits. RefusedError for a used key.

    answer: the name of the dialog's answering address.
    """
    check = begin_key_check(integration, key, user_id=request.user.pk, connection=connection)
    queue_key_check(check.pk)
    context = {
        "what": "working",
        "address": answer_address(answer, integration.system, check, connection),
        "system_name": system_name(integration.system),
    }
    return render(request, "portal/parts/key_answer.html", context)


def answer_address(
    answer: str, system: str, check: KeyCheck, connection: Connection | None = None
) -> str:
    """Where the dialog asks again and again until the source has answered."""
    whose = [connection.public_id] if connection is not None else []
    return reverse(f"portal:{answer}", args=[system, *whose, check.public_id])
