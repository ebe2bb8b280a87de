"""Addresses of Oversikt, under /oversikt/."""

from __future__ import annotations

from django.urls import path

from klientbro.products.overview.views import assignments, clients, importing, listing, tasks

app_name = "overview"
CLIENT = "<uuid:client_id>/"

urlpatterns = [
    path("", listing.overview_page, name="list"),
    path("visning/", listing.save_view, name="save_view"),
    path("visning/<uuid:view_id>/slett/", listing.delete_view, name="delete_view"),
    path("importer/", importing.import_dialog, name="import"),
    path("importer/av-seg-selv/", importing.import_by_itself, name="import_by_itself"),
    path("fakta/", clients.bulk_facts_dialog, name="bulk_facts"),
    path("tilstand/", tasks.bulk_state_dialog, name="bulk_state"),
    path("gi-oppdrag/", assignments.give_dialog, name="give"),
    path("oppdrag/", assignments.templates_page, name="templates"),
    path("oppdrag/standard/", assignments.import_standard, name="import_standard"),
    path("oppdrag/nytt/", assignments.template_page, name="new_template"),
    path("oppdrag/<uuid:template_id>/", assignments.template_page, name="template"),
    path("oppdrag/<uuid:template_id>/kopier/", assignments.copy, name="copy_template"),
    path(CLIENT, clients.card_page, name="card"),
    path(CLIENT + "fakta/", clients.facts_dialog, name="facts"),
    path(CLIENT + "ta-ut/", clients.take_out_view, name="take_out"),
    path(CLIENT + "oppgaver/", tasks.set_task_state, name="task_state"),
    path(CLIENT + "oppgaver/ny/", tasks.new_task_dialog, name="new_task"),
    path(CLIENT + "oppdrag/<uuid:assignment_id>/", assignments.edit_dialog, name="assignment"),
]
