"""Registers the liquidity app."""

from __future__ import annotations

from django.apps import AppConfig


class LiquidityConfig(AppConfig):
    name = "klientbro.products.liquidity"
    label = "liquidity"
