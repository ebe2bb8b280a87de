"""Addresses of Avstemming, under /avstemming/."""

from __future__ import annotations

from django.urls import path

from klientbro.products.reconciliation.views import (
    account,
    attachments,
    automatic,
    clients,
    files,
    matching,
    month,
    plans,
    rules,
    statements,
)

app_name = "reconciliation"
CLIENT = "<uuid:client_id>/"
MONTH = CLIENT + "<str:month>/"

urlpatterns = [
    path("", clients.clients_page, name="clients"),
    path("planer/", plans.plans_page, name="plans"),
    path("planer/standard/", plans.standard_plans, name="standard_plans"),
    path("planer/<str:form>/", plans.plan_page, name="plan"),
    path(CLIENT, month.newest_page, name="newest"),
    path(MONTH, month.month_page, name="month"),
    path(MONTH + "signer/", month.sign_many, name="sign"),
    path(MONTH + "handling/", month.month_action, name="month_action"),
    path(MONTH + "dokumentasjon.<str:kind>", files.period_document, name="period_document"),
    path(MONTH + "filer/<str:kind>/", files.files_page, name="files"),
    path(MONTH + "filer/<str:kind>/lag/", files.make_document, name="make_file"),
    path(MONTH + "filer/<str:kind>/<uuid:file_id>/", files.kept_document, name="kept_file"),
    path(MONTH + "plan/", plans.give_plan, name="give_plan"),
    path(MONTH + "mva/", automatic.vat_page, name="vat"),
    # a source's account id is text and may hold a slash, so it comes last
    path(MONTH + "gjor/<path:account_id>/", account.account_action, name="account_action"),
    path(MONTH + "konto/<path:account_id>/", account.account_page, name="account"),
    path(MONTH + "utskrift/<path:account_id>/", statements.statements_page, name="statements"),
    path(MONTH + "utskrift-les/<path:account_id>/", statements.read_file, name="statement_read"),
    path(MONTH + "utskrift-ta-inn/<path:account_id>/", statements.import_csv, name="import_csv"),
    path(MONTH + "utskrift-angre/<path:account_id>/", statements.undo_import, name="undo_import"),
    path(MONTH + "vedlegg/<path:account_id>/", attachments.add_files, name="attach"),
    path(
        MONTH + "vedlegg-fjern/<path:account_id>/",
        attachments.remove_file,
        name="remove_attachment",
    ),
    path(
        MONTH + "vedlegg-hent/<uuid:attachment_id>/<path:account_id>/",
        attachments.fetch_file,
        name="attachment",
    ),
    path(MONTH + "match/<path:account_id>/", matching.matching_page, name="matching"),
    path(MONTH + "match-godta/<path:account_id>/", matching.accept_suggestions, name="accept"),
    path(MONTH + "match-rader/<path:account_id>/", matching.match_rows, name="match_rows"),
    path(MONTH + "tidsavgrens/<path:account_id>/", matching.list_row, name="list_row"),
    path(MONTH + "tidsavgrens-angre/<path:account_id>/", matching.take_row_back, name="unlist_row"),
    path(MONTH + "match-angre/<path:account_id>/", matching.undo_matches, name="undo_matches"),
    path(MONTH + "regler/<path:account_id>/", rules.rules_page, name="rules"),
    path(MONTH + "regel-ny/<path:account_id>/", rules.new_rule, name="new_rule"),
    path(MONTH + "regel/<uuid:rule_id>/<path:account_id>/", rules.edit_rule, name="rule"),
    path(
        MONTH + "regel-slett/<uuid:rule_id>/<path:account_id>/",
        rules.remove_rule,
        name="remove_rule",
    ),
]
