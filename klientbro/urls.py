"""All addresses. Each part keeps its own list; this one says where they begin."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from klientbro.identity.views.links import one_time_link

urlpatterns: list[URLPattern | URLResolver] = [
    # before the shell, whose help takes every name
    path("", include("klientbro.operations.urls")),
    path("", include("klientbro.shell.urls")),
    path("konto/", include("klientbro.identity.account_urls")),
    path("", include("klientbro.identity.urls")),
    path("inn/<str:token>/", one_time_link, name="one_time_link"),
    path("integrasjoner/", include("klientbro.portal.urls")),
    path("klienter/", include("klientbro.practice.books.urls")),
    path("klienter/", include("klientbro.practice.lines.urls")),
    path("avstemming/", include("klientbro.products.reconciliation.urls")),
    path("rapport/", include("klientbro.products.report.urls")),
    path("likviditet/", include("klientbro.products.liquidity.urls")),
    path("oversikt/", include("klientbro.products.overview.urls")),
]

handler403 = "klientbro.identity.refusals.refused"
handler500 = "klientbro.shell.error_pages.server_error"
