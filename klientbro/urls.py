"""All addresses. Each part keeps its own list; this one says where they begin."""

from __future__ import annotations

from allauth.account import views as account
from django.db import transaction
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView, TemplateView

from klientbro.tenants.sign_in import one_time_link

# Only the pages of sign-in that a firm's users need: nobody signs up, and there is no mail server
# to send a new password through, so a forgotten one is answered with a new one-time link.
_account = [
    # a failed sign-in is counted at once, whatever becomes of the request
    path("logg-inn/", transaction.non_atomic_requests(account.login), name="account_login"),
    path("logg-ut/", account.logout, name="account_logout"),
    path("passord/", account.password_change, name="account_change_password"),
    path("passord/nytt/", account.password_set, name="account_set_password"),
    path(
        "passord/glemt/",
        TemplateView.as_view(template_name="account/password_reset.html"),
        name="account_reset_password",
    ),
    path("bekreft/", account.reauthenticate, name="account_reauthenticate"),
    path("inaktiv/", account.account_inactive, name="account_inactive"),
    path("ny/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    # before the shell, whose help takes every name
    path("", include("klientbro.operations.urls")),
    path("", include("klientbro.shell.urls")),
    path("konto/", include(_account)),
    path("inn/<str:token>/", one_time_link, name="one_time_link"),
    path("integrasjoner/", include("klientbro.portal.urls")),
    path("klienter/", include("klientbro.practice.books.urls")),
    path("klienter/", include("klientbro.practice.lines.urls")),
    path("avstemming/", include("klientbro.products.reconciliation.urls")),
    path("rapport/", include("klientbro.products.report.urls")),
    path("likviditet/", include("klientbro.products.liquidity.urls")),
    path("oversikt/", include("klientbro.products.overview.urls")),
]

handler500 = "klientbro.shell.error_pages.server_error"
