"""Addresses of Rapport, under /rapport/."""

from __future__ import annotations

from django.urls import path

from klientbro.products.report.views import (
    ageing,
    budget,
    clients,
    dimensions,
    figures,
    groups,
    limits,
    pack_templates,
    packs,
    statement,
    vat,
)

app_name = "report"
CLIENT = "<uuid:client_id>/"
BUDGET = CLIENT + "budsjett/"
PACKS = CLIENT + "pakker/"
PACK = PACKS + "<uuid:pack_id>/"
TEMPLATE = "maler/<uuid:texts_id>/"
GROUP = "grupper/<uuid:group_id>/"

urlpatterns = [
    path("", clients.clients_page, name="clients"),
    path("grupper/", groups.groups_page, name="groups"),
    path("grupper/ny/", groups.new_group, name="new_group"),
    path(GROUP, groups.group_page, name="group"),
    path(GROUP + "gruppe.xlsx", groups.group_file, name="group_file"),
    path(GROUP + "endre/", groups.edit_group, name="edit_group"),
    path(GROUP + "eliminer/", groups.add_elimination, name="eliminate"),
    path(GROUP + "eliminering/", groups.elimination_action, name="elimination_action"),
    path("maler/", pack_templates.templates_page, name="templates"),
    path("maler/ny/", pack_templates.new_template, name="new_template"),
    path(TEMPLATE, pack_templates.template_page, name="template"),
    path(TEMPLATE + "lagre/", pack_templates.save_template, name="save_template"),
    path(TEMPLATE + "slett/", pack_templates.remove_template, name="remove_template"),
    path("grenser/", limits.limits_page, name="limits"),
    path("grenser/lagre/", limits.keep_limits, name="keep_limits"),
    path(CLIENT, statement.result_page, name="result"),
    path(CLIENT + "resultat.<str:kind>", statement.result_file, name="result_file"),
    path(CLIENT + "balanse/", statement.balance_page, name="balance"),
    path(CLIENT + "balanse.<str:kind>", statement.balance_file, name="balance_file"),
    path(CLIENT + "nokkeltall/", figures.figures_page, name="figures"),
    path(CLIENT + "aldersfordeling/", ageing.ageing_page, name="ageing"),
    path(CLIENT + "mva/", vat.vat_page, name="vat"),
    path(CLIENT + "avdelinger/", dimensions.dimensions_page, name="dimensions"),
    path(BUDGET, budget.budget_page, name="budget"),
    path(BUDGET + "lagre/", budget.save_budget, name="save_budget"),
    path(BUDGET + "lag/", budget.make_budget, name="make_budget"),
    path(BUDGET + "importer/", budget.import_budget, name="import_budget"),
    path(BUDGET + "tilbake/", budget.restore_budget, name="restore_budget"),
    path(CLIENT + "budsjett.<str:kind>", budget.budget_file, name="budget_file"),
    path(PACKS, packs.packs_page, name="packs"),
    path(PACKS + "ny/", packs.new_pack, name="new_pack"),
    path(PACK, packs.pack_page, name="pack"),
    path(PACK + "lagre/", packs.save_pack, name="save_pack"),
    path(PACK + "publiser/", packs.publish_pack, name="publish_pack"),
    path(PACK + "som-mal/", pack_templates.keep_as_template, name="keep_as_template"),
    path(PACK + "slett/", packs.delete_pack, name="delete_pack"),
    path(PACK + "utkast.<str:kind>", packs.draft_file, name="draft_file"),
    path(PACK + "utgave-<int:edition>.<str:kind>", packs.edition_file, name="edition_file"),
]
