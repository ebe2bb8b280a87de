"""Addresses of Avstemming, under /avstemming/."""

from __future__ import annotations

from django.urls import path

from klientbro.products.reconciliation.views import account, clients, month

app_name = "reconciliation"
CLIENT = "<uuid:client_id>/"
MONTH = CLIENT + "<str:month>/"

urlpatterns = [
    path("", clients.clients_page, name="clients"),
    path(CLIENT, month.newest_page, name="newest"),
    path(MONTH, month.month_page, name="month"),
    path(MONTH + "signer/", month.sign_many, name="sign"),
    path(MONTH + "handling/", month.month_action, name="month_action"),
    # a source's account id is text and may hold a slash, so it comes last
    path(MONTH + "gjor/<path:account_id>/", account.account_action, name="account_action"),
    path(MONTH + "konto/<path:account_id>/", account.account_page, name="account"),
]
