"""Addresses of the shell itself: the client finder, the person's choices, and the health page."""

from __future__ import annotations

from django.urls import path

from klientbro.shell import views

app_name = "shell"
urlpatterns = [
    path("finn/", views.find, name="find"),
    path("visning/", views.choose_scheme, name="choose_scheme"),
    path("sprak/", views.choose_language, name="choose_language"),
    path("helse/", views.health, name="health"),
]
