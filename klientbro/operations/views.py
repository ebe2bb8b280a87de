"""Readiness, metrics, and the help page of causes."""

from __future__ import annotations

import hmac
from http import HTTPStatus

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from klientbro.operations.cause_table import cause_rows
from klientbro.operations.health import Sign, is_ready, signs
from klientbro.operations.metrics import metrics_text


@never_cache
@require_safe
@transaction.non_atomic_requests
def ready(request: HttpRequest) -> JsonResponse:
    """200 when pages can be served, else 503. What is wrong is told to who has the token only."""
    try:
        found = signs()
    except DatabaseError:
        found = [Sign("database", "wrong", "The database refused a question.")]
    is_well = is_ready(found)
    told: dict[str, object] = {"status": "ready" if is_well else "not_ready"}
    if _has_token(request):
        told["checks"] = [
            {"name": sign.name, "verdict": sign.verdict, "message": sign.message} for sign in found
        ]
    status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse(told, status=status)


@never_cache
@require_safe
@transaction.non_atomic_requests
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with the token as bearer; not there at all where none is set.

    An address on this machine would be no proof: behind a proxy everybody comes from there.
    """
    if not settings.ENVIRONMENT.metrics_token:
        raise Http404
    if not _has_token(request):
        return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


@require_safe
def causes(request: HttpRequest) -> HttpResponse:
    """Every cause a client can stand still for, made from the list the sync uses."""
    return render(request, "operations/causes.html", {"rows": cause_rows()})


def _has_token(request: HttpRequest) -> bool:
    token = settings.ENVIRONMENT.metrics_token
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and kind == "Bearer" and hmac.compare_digest(given.encode(), token.encode())
