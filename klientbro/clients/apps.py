"""Registers the clients app."""

from __future__ import annotations

from django.apps import AppConfig


class ClientsConfig(AppConfig):
    name = "klientbro.clients"
    label = "clients"
