"""Addresses of operations: readiness, metrics, the help page of causes."""

from __future__ import annotations

from django.urls import path

from klientbro.operations import views

app_name = "operations"
urlpatterns = [
    path("helse/klar/", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
    path("hjelp/arsaker/", views.causes, name="causes"),
]
