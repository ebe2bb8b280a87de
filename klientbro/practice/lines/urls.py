"""Addresses of report lines, under /klienter/: the firm's defaults and each client's own."""

from __future__ import annotations

from django.urls import path

from klientbro.practice.lines.views import changes, pages

app_name = "lines"
FIRM = "regnskapslinjer/"
CLIENT = "<uuid:client_id>/regnskapslinjer/"

urlpatterns = [
    path(FIRM, pages.firm_page_of_lines, name="firm_page"),
    path(FIRM + "endre/", changes.preview, name="firm_preview"),
    path(FIRM + "lagre/", changes.save, name="firm_save"),
    path(FIRM + "angre/", changes.undo, name="firm_undo"),
    path(CLIENT, pages.client_page_of_lines, name="client_page"),
    path(CLIENT + "endre/", changes.preview, name="client_preview"),
    path(CLIENT + "lagre/", changes.save, name="client_save"),
    path(CLIENT + "angre/", changes.undo, name="client_undo"),
]
