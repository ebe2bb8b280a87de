"""Addresses of operations: readiness, metrics, the help page of causes, the audit log."""

from __future__ import annotations

from django.urls import path

from klientbro.operations import log_views, views

app_name = "operations"
urlpatterns = [
    path("helse/klar/", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
    path("hjelp/arsaker/", views.causes, name="causes"),
    path("logg/", log_views.log_page, name="log"),
    path("logg/eksport/", log_views.log_export, name="log_export"),
    path("logg/gjennomgang/", log_views.reviews_page, name="log_reviews"),
    path("logg/gjennomgang/<str:month>/", log_views.review_page, name="log_review"),
    path("logg/gjennomgang/<str:month>/signer/", log_views.sign_review, name="sign_log_review"),
]
