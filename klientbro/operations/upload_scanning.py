"""Stands behind the gate: shows every file that somebody sends to the operator's virus scanner.

Here and nowhere else, before the address's own code sees it, so that no new form can forget it.
What is found harmful, or could not be asked about, is kept nowhere: not the file, nor what was sent
with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _

from klientbro.audit.services import note
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.virus_scan import UnansweredError
from klientbro.operations.reading_middleware import is_of_firm
from klientbro.shell.toasts import toast

logger = logging.getLogger(__name__)
ACTION, KIND = "upload_refused", "upload"
REFUSED, UNAVAILABLE = 422, 503
TRY_AGAIN_SECONDS = 300
LONGEST_NAME = 100
ACCEPT = "accept"  # KLIENTBRO_UNSCANNED_FILES


class UploadScanningMiddleware:
    """After GateMiddleware: nobody but who may go there makes the scanner work."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        scanner = settings.ENVIRONMENT.virus_scanner
        if scanner is None or not is_of_firm(request):
            return None
        for file in _files(request):
            try:
                harm = scanner.found_in(file.read())
            except UnansweredError as error:
                # an error to the operator, each time: somebody's work waits for it
                logger.error("a file could not be scanned: %s", error)
                if settings.ENVIRONMENT.unscanned_files != ACCEPT:
                    return _unanswered(request, _shown(file))
                harm = ""
            file.seek(0)
            if harm:
                return _harmful(request, _shown(file), harm)
        return None


def _files(request: HttpRequest) -> Iterator[UploadedFile[bytes]]:
    for _field, files in request.FILES.lists():
        yield from files


def _shown(file: UploadedFile[bytes]) -> str:
    """Its name, as it may stand in a log."""
    name = "".join(each for each in file.name or "" if each.isprintable())
    return hide_national_ids(name)[-LONGEST_NAME:]


def _harmful(request: HttpRequest, name: str, harm: str) -> HttpResponse:
    logger.warning("a file with %s was refused", harm)
    with transaction.atomic():
        note(ACTION, KIND, told={"file_name": name, "harm": harm})
    return _answer(
        request,
        REFUSED,
        _("The file was not taken in"),
        _("The virus scanner found %(harm)s in %(name)s. Nothing of what you sent is kept.")
        % {"harm": harm, "name": name},
        _("Ask whoever gave you the file, and tell whoever runs your computers. Do not open it."),
    )


def _unanswered(request: HttpRequest, name: str) -> HttpResponse:
    answer = _answer(
        request,
        UNAVAILABLE,
        _("The file could not be checked"),
        _("%(name)s must be checked for viruses first, and the scanner did not answer. Nothing of "
          "what you sent is kept.") % {"name": name},
        _("Try again in a few minutes. Whoever runs the service has been told."),
    )  # fmt: skip
    answer["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return answer


def _answer(request: HttpRequest, status: int, title: str, what: str, cure: str) -> HttpResponse:
    if request.headers.get("HX-Request") == "true":
        return toast(HttpResponse(status=status), f"{what} {cure}", "danger")
    context = {"refusal_title": title, "what": what, "cure": cure}
    return render(request, "operations/upload_refused.html", context, status=status)
