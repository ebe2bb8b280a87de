"""Addresses of Likviditet, under /likviditet/."""

from __future__ import annotations

from django.urls import path

from klientbro.products.liquidity.views import (
    clients,
    explain,
    forecast,
    history,
    loans,
    plan,
    planned,
    scenarios,
    settings,
)

app_name = "liquidity"
CLIENT = "<uuid:client_id>/"

urlpatterns = [
    path("", clients.clients_page, name="clients"),
    path(CLIENT, forecast.forecast_page, name="forecast"),
    path(CLIENT + "linjer/", explain.lines_page, name="lines"),
    path(CLIENT + "forventet/", explain.set_expected, name="expected"),
    path(CLIENT + "treff/", history.history_page, name="history"),
    path(CLIENT + "plan/", plan.plan_page, name="plan"),
    path(CLIENT + "plan/forslag/<uuid:offer_id>/", plan.decide, name="decide"),
    path(CLIENT + "plan/ny/", planned.new_line, name="new_line"),
    path(CLIENT + "plan/linje/<uuid:line_id>/", planned.edit_line, name="line"),
    path(CLIENT + "plan/nytt-lan/", loans.new_loan, name="new_loan"),
    path(CLIENT + "plan/lan/<uuid:loan_id>/", loans.edit_loan, name="loan"),
    path(CLIENT + "scenario/nytt/", scenarios.new_scenario, name="new_scenario"),
    path(CLIENT + "scenario/<uuid:scenario_id>/", scenarios.edit_scenario, name="scenario"),
    path(CLIENT + "innstillinger/", settings.settings_page, name="settings"),
    path(CLIENT + "vaner/", settings.set_habit, name="habit"),
]
