"""Addresses of the integration pages, under /integrasjoner/."""

from __future__ import annotations

from django.urls import path

from klientbro.portal.views import (
    accounts,
    activation,
    adding,
    capacity,
    checking,
    deleting,
    editing,
    fetching,
    importing,
    integration,
    integrations,
    repairing,
    runs,
    testdata,
)

app_name = "portal"
SYSTEM = "<slug:system>/"
ROW = SYSTEM + "<uuid:connection_id>/"
CHECK = "<uuid:check_id>/"

urlpatterns = [
    path("", integrations.integrations_page, name="integrations"),
    path("ny/", integrations.new_integration, name="new_integration"),
    path("status/", integrations.integrations_status, name="integrations_status"),
    path("kapasitet/", capacity.capacity_page, name="capacity"),
    path("kapasitet/na/", capacity.capacity_part, name="capacity_part"),
    path("kapasitet/takt/", capacity.set_firm_pace, name="set_firm_pace"),
    path(
        "kapasitet/klient/<uuid:connection_id>/",
        capacity.set_client_pace,
        name="set_client_pace",
    ),
    path(SYSTEM, integration.integration_page, name="integration"),
    path(SYSTEM + "rader/", integration.busy_rows, name="busy_rows"),
    path(SYSTEM + "maneder/", integration.sealed_months, name="sealed_months"),
    path(SYSTEM + "ny-klient/", adding.new_client, name="new_client"),
    path(SYSTEM + "ny-klient/" + CHECK, adding.new_client_answer, name="new_client_answer"),
    path(SYSTEM + "navn/", adding.name_of_number, name="registered_name"),
    path(SYSTEM + "importer/", importing.import_clients, name="import"),
    path(SYSTEM + "aktiver-alle/", activation.activate_all_clients, name="activate_all"),
    path(SYSTEM + "deaktiver-alle/", activation.deactivate_all_clients, name="deactivate_all"),
    path(SYSTEM + "slett/", deleting.delete_system, name="delete_system"),
    path(ROW + "aktiver/", activation.activate_client, name="activate"),
    path(ROW + "deaktiver/", activation.deactivate_client, name="deactivate"),
    path(ROW + "endre/", editing.edit_client, name="edit"),
    path(ROW + "endre/" + CHECK, editing.edit_client_answer, name="edit_answer"),
    path(ROW + "slett/", deleting.delete_client, name="delete"),
    path(ROW + "kontroller/", checking.check_stored_key, name="check_key"),
    path(ROW + "kontroller/" + CHECK, checking.check_stored_key_answer, name="check_key_answer"),
    path(ROW + "reparer/", repairing.repair, name="repair"),
    path(ROW + "reparer/" + CHECK, repairing.repair_answer, name="repair_answer"),
    path(ROW + "hent/", fetching.fetch_now, name="fetch"),
    path(ROW + "historikk/", fetching.hold_or_resume, name="history"),
    path(ROW + "kjoringer/", runs.runs_page, name="runs"),
    path(ROW + "foresporsler/", runs.requests_page, name="requests"),
    path(ROW + "borte/", fetching.vanished, name="vanished"),
    path(ROW + "testdata/", testdata.send_test_data, name="test_data"),
    path(ROW + "testdata/<uuid:run_id>/", testdata.test_data_answer, name="test_data_answer"),
    path(ROW + "gamle-kontoer/", accounts.old_accounts, name="old_accounts"),
]
