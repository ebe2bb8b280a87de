"""Addresses of the client list and a client's ledger pages, under /klienter/."""

from __future__ import annotations

from django.urls import path

from klientbro.practice.books.views import (
    account,
    clients,
    documents,
    exports,
    late,
    refetch,
    reveal,
    trial_balance,
    vouchers,
)

app_name = "books"
CLIENT = "<uuid:client_id>/"
FILE = "eksport.<str:kind>"

urlpatterns = [
    path("", clients.clients_page, name="clients"),
    path(CLIENT, clients.summary_page, name="summary"),
    path(CLIENT + "sammendrag/", clients.summary_page, name="summary_page"),
    path(CLIENT + "fodselsnummer/", reveal.reveal_number, name="reveal_number"),
    path(CLIENT + "saldobalanse/", trial_balance.trial_balance_page, name="trial_balance"),
    path(CLIENT + "saldobalanse/les/", trial_balance.read_again, name="read_again"),
    path(CLIENT + "saldobalanse/" + FILE, exports.trial_balance_file, name="trial_balance_file"),
    path(CLIENT + "bilag/", vouchers.vouchers_page, name="vouchers"),
    path(CLIENT + "bilag/" + FILE, exports.vouchers_file, name="vouchers_file"),
    path(CLIENT + "bilag/<int:voucher_no>/", vouchers.voucher_page, name="voucher"),
    path(CLIENT + "bilag/<int:voucher_no>/" + FILE, exports.voucher_file, name="voucher_file"),
    path(CLIENT + "endret-etter-lasing/", late.late_changes_page, name="late_changes"),
    path(CLIENT + "endret-etter-lasing/" + FILE, late.late_changes_file, name="late_changes_file"),
    path(CLIENT + "hent-pa-nytt/", refetch.refetch_page, name="refetch"),
    path(CLIENT + "dokument/", documents.fetch_document, name="fetch_document"),
    path(CLIENT + "dokument/<uuid:request_id>/", documents.document, name="document"),
    path(
        CLIENT + "dokument/<uuid:request_id>/status/",
        documents.document_state,
        name="document_state",
    ),
    # a source's account id is text and may hold a slash, so it comes last
    path(CLIENT + "konto/<path:account_id>/" + FILE, exports.postings_file, name="postings_file"),
    path(CLIENT + "konto/<path:account_id>/", account.account_page, name="account"),
]
