"""Addresses of the shell: start, health, the finder, choices and help."""

from __future__ import annotations

from django.urls import path
from django.views.i18n import set_language

from klientbro.shell import help_views, views

app_name = "shell"
urlpatterns = [
    path("", views.start, name="start"),
    path("helse/", views.health, name="health"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security_txt, name="security_txt"),
    path("finn/", views.find, name="find"),
    path("valg/", views.preferences, name="preferences"),
    path("sprak/", set_language, name="set_language"),
    path("hjelp/", help_views.index, name="help"),
    path("hjelp/lokale-integrasjoner/", help_views.local_systems, name="help_local"),
    path("hjelp/roller/", help_views.roles, name="help_roles"),
    path("hjelp/<slug:system>/", help_views.system, name="help_system"),
]
