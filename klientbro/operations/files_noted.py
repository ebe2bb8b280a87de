"""Every file handed over stands in the firm's log: who, when, from where, which, of whom."""

from __future__ import annotations

from email.message import Message
from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from klientbro.audit.services import note
from klientbro.clients.models import Client

KIND = "file"
# Notes itself, with how many entries it took along.
NOTES_ITSELF = "operations:log_export"
OK = 200


def note_file(request: HttpRequest, response: HttpResponseBase) -> None:
    """Before it is sent: a file that could not be noted is not handed over."""
    match = request.resolver_match
    if match is None or match.view_name == NOTES_ITSELF or response.status_code != OK:
        return
    given = match.kwargs.get("client_id")
    clients = Client.objects.filter(public_id=given) if isinstance(given, UUID) else None
    client_id = clients.values_list("pk", flat=True).first() if clients is not None else None
    told = {"file_name": _name_of(response)}
    note("export", KIND, match.view_name, client_id=client_id, told=told)


def _name_of(response: HttpResponseBase) -> str:
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    return header.get_filename("")
