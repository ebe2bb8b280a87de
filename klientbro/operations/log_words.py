"""Words for the audit log: what a table, an act and a column are called by people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from klientbro.practice.books.reveal import PURPOSES
from klientbro.products.overview.forms import company_forms, vat_frequencies
from klientbro.products.reconciliation.texts import method_names
from klientbro.tenants.permissions import ROLES
from klientbro.tenants.ways_in import RECOVERY, SINGLE_SIGN_ON

Word = str | Promise

KINDS: dict[str, Word] = {
    "allauth_idp_oidc_client": gettext_lazy("Tool that signs in by Klientbro"),
    "clients_client": gettext_lazy("Client"),
    "clients_clientfacts": gettext_lazy("Facts about the client"),
    "clients_clientlabel": gettext_lazy("Label of the client"),
    "clients_connection": gettext_lazy("Connection"),
    "clients_integration": gettext_lazy("Integration"),
    "clients_label": gettext_lazy("Label"),
    "identity_invitation": gettext_lazy("Invitation"),
    "identity_signingkey": gettext_lazy("Key that tools' tokens are signed with"),
    "identity_signondomain": gettext_lazy("Domain of single sign-on"),
    "identity_signonlink": gettext_lazy("Account at the sign-in service"),
    "identity_signonprovider": gettext_lazy("Single sign-on"),
    "identity_toolconsent": gettext_lazy("What a person lets a tool know"),
    "liquidity_customerhabit": gettext_lazy("A customer's paying habit"),
    "liquidity_expectedday": gettext_lazy("Expected day of payment"),
    "liquidity_loan": gettext_lazy("Loan"),
    "liquidity_offer": gettext_lazy("Recurring line that was offered"),
    "liquidity_plannedline": gettext_lazy("Planned line of liquidity"),
    "liquidity_scenario": gettext_lazy("Scenario"),
    "liquidity_settings": gettext_lazy("Liquidity settings"),
    "overview_overviewclient": gettext_lazy("Client in Overview"),
    "overview_overviewsettings": gettext_lazy("Overview settings"),
    "overview_savedview": gettext_lazy("Saved view"),
    "overview_takenout": gettext_lazy("Client taken out of Overview"),
    "practice_assignment": gettext_lazy("Assignment"),
    "practice_assignmenttemplate": gettext_lazy("Assignment template"),
    "practice_linechange": gettext_lazy("Report lines"),
    "practice_task": gettext_lazy("Task"),
    "practice_templatetask": gettext_lazy("Task of a template"),
    "reconciliation_accountplan": gettext_lazy("How an account is reconciled"),
    "reconciliation_attachment": gettext_lazy("Attachment"),
    "reconciliation_closedperiod": gettext_lazy("Closed period"),
    "reconciliation_documentedline": gettext_lazy("Documented line"),
    "reconciliation_keptfile": gettext_lazy("Documentation of a period"),
    "reconciliation_match": pgettext_lazy("bank", "Match"),
    "reconciliation_matchrule": gettext_lazy("Matching rule"),
    "reconciliation_note": gettext_lazy("Note"),
    "reconciliation_plantemplate": gettext_lazy("Reconciliation template"),
    "reconciliation_plantemplateline": gettext_lazy("Line of a reconciliation template"),
    "reconciliation_signoff": gettext_lazy("Sign-off"),
    "reconciliation_statement": gettext_lazy("Bank statement"),
    "reconciliation_suspension": gettext_lazy("Suspended sign-off"),
    "report_budget": gettext_lazy("Budget"),
    "report_budgetversion": gettext_lazy("Version of a budget"),
    "report_figurelimits": gettext_lazy("Limits of key figures"),
    "report_group": gettext_lazy("Group of clients"),
    "report_groupelimination": gettext_lazy("Elimination"),
    "report_groupmember": gettext_lazy("Client of a group"),
    "report_pack": gettext_lazy("Report pack"),
    "report_packtemplate": gettext_lazy("Text template"),
    "report_published": gettext_lazy("Published report pack"),
    "sync_pace": gettext_lazy("How often the client is fetched"),
    "tenants_datakey": gettext_lazy("The firm's keys"),
    "tenants_firm": gettext_lazy("The firm"),
    "tenants_membership": gettext_lazy("Access to the firm"),
    "tenants_user": gettext_lazy("Sign-in"),
    "file": pgettext_lazy("log", "File"),
    "upload": pgettext_lazy("log", "File that was sent in"),
    "audit_entry": gettext_lazy("Log"),
    "audit_review": gettext_lazy("Access review"),
}
ACTS: dict[str, Word] = {
    "insert": pgettext_lazy("log", "made"),
    "update": pgettext_lazy("log", "changed"),
    "delete": pgettext_lazy("log", "deleted"),
    "export": pgettext_lazy("log", "exported"),
    "signed": pgettext_lazy("log", "signed"),
    "reveal": pgettext_lazy("log", "personal number shown"),
    "reveal_stopped": pgettext_lazy("log", "too many personal numbers asked for"),
    "upload_refused": pgettext_lazy("log", "refused: virus found"),
    "reading_stopped": pgettext_lazy("log", "stopped: read more than the limit"),
    "key_made": pgettext_lazy("log", "new data key made"),
    "keys_resealed": pgettext_lazy("log", "sealed under the new data key"),
    "keys_wrapped": pgettext_lazy("log", "wrapped under a new secret key"),
    "key_destroyed": pgettext_lazy("log", "old data key destroyed"),
    "deletion_asked": pgettext_lazy("log", "firm's deletion asked for"),
    "deletion_withdrawn": pgettext_lazy("log", "firm's deletion withdrawn"),
    "signed_in": gettext_lazy("signed in"),
    "signed_out": gettext_lazy("signed out"),
    "sign_in_failed": gettext_lazy("wrong password or code"),
    "sign_on_refused": gettext_lazy("single sign-on refused"),
    "tool_code_again": gettext_lazy("a tool's code came twice: its tokens were withdrawn"),
    "tool_key_followed": gettext_lazy("new key for tools' tokens"),
    "tool_key_leaked": gettext_lazy("key for tools' tokens taken away as leaked"),
    "tool_registered": gettext_lazy("tool registered"),
    "tool_removed": gettext_lazy("tool removed"),
    "tool_secret": gettext_lazy("tool given a new secret"),
    "domain_approved": gettext_lazy("domain approved"),
    "domain_withdrawn": gettext_lazy("domain withdrawn"),
    "address_changed": gettext_lazy("e-mail address changed"),
    "renamed": gettext_lazy("name changed"),
    "password_changed": gettext_lazy("password changed"),
    "password_set": gettext_lazy("password chosen"),
    "password_reset": gettext_lazy("password chosen by e-mail"),
    "factor_added": gettext_lazy("second factor added"),
    "factor_removed": gettext_lazy("second factor removed"),
    "factor_renewed": gettext_lazy("recovery codes made anew"),
}
FIELDS: dict[str, Word] = {
    "account": gettext_lazy("Account"),
    "account_id": gettext_lazy("Account"),
    "aga_zone": gettext_lazy("Zone for employer's tax"),
    "amount": gettext_lazy("Amount"),
    "api_active": gettext_lazy("Open in the source"),
    "assignee_id": gettext_lazy("Assigned to"),
    "balance": gettext_lazy("Balance"),
    "bank_accounts": gettext_lazy("Bank accounts"),
    "by": gettext_lazy("Way in"),
    "cause": gettext_lazy("Cause"),
    "closing": gettext_lazy("Closing balance"),
    "comment": gettext_lazy("Comment"),
    "company_form": gettext_lazy("Company form"),
    "deleted_at": gettext_lazy("Deleted at"),
    "detail": gettext_lazy("Detail"),
    "disabled_at": gettext_lazy("Closed at"),
    "documented": gettext_lazy("Documented"),
    "domain": gettext_lazy("Domain"),
    "due_date": gettext_lazy("Due"),
    "ends_on": gettext_lazy("Ends"),
    "due_at": gettext_lazy("To be deleted"),
    "email": gettext_lazy("E-mail address"),
    "factor": gettext_lazy("Second factor"),
    "fetch_from": gettext_lazy("Fetched from"),
    "file_name": gettext_lazy("File"),
    "first": gettext_lazy("First"),
    "frequency": gettext_lazy("Frequency"),
    "harm": pgettext_lazy("log", "Found"),
    "has_payroll": gettext_lazy("Payroll"),
    "is_active": gettext_lazy("Active"),
    "is_enabled": gettext_lazy("On"),
    "is_on": gettext_lazy("In use"),
    "is_only": gettext_lazy("Only way in"),
    "issuer": gettext_lazy("Issuer"),
    "key_sealed": gettext_lazy("Client key"),
    "last": gettext_lazy("Last"),
    "limit": gettext_lazy("Limit"),
    "makes_users": gettext_lazy("Lets in people not invited"),
    "materiality": gettext_lazy("Materiality"),
    "method": gettext_lazy("Method"),
    "month": gettext_lazy("Month"),
    "name": gettext_lazy("Name"),
    "national_id_sealed": gettext_lazy("Personal number"),
    "needs_document": gettext_lazy("Documentation required"),
    "new_role": gettext_lazy("Role of new people"),
    "note": gettext_lazy("Note"),
    "oidc_client": gettext_lazy("Client id"),
    "opening": gettext_lazy("Opening balance"),
    "orgnr": gettext_lazy("Organisation number"),
    "pay_day": gettext_lazy("Pay day"),
    "purpose": gettext_lazy("Purpose"),
    "reading": pgettext_lazy("log", "Read"),
    "reason": gettext_lazy("Reason"),
    "requires_second_factor": gettext_lazy("Second factor is required"),
    "responsible_id": gettext_lazy("Responsible"),
    "role": gettext_lazy("Role"),
    "rows": gettext_lazy("Rows"),
    "starts_on": gettext_lazy("Begins"),
    "state": gettext_lazy("State"),
    "step": gettext_lazy("Step"),
    "subject": gettext_lazy("Account at the service"),
    "system": gettext_lazy("System"),
    "tasks_from": gettext_lazy("Tasks from"),
    "term": gettext_lazy("Term"),
    "text": gettext_lazy("Text"),
    "title": gettext_lazy("Title"),
    "tries": gettext_lazy("Tries"),
    "vat_frequency": gettext_lazy("VAT frequency"),
    "unreadable": gettext_lazy("Could not be opened"),
    "window": pgettext_lazy("log", "Within"),
    "wrapped_by": gettext_lazy("Secret key"),
    "year_start_month": gettext_lazy("First month of the financial year"),
}
NOTHING = "–"
_READ: dict[str, Word] = {
    "pages": pgettext_lazy("log", "pages"),
    "files": pgettext_lazy("log", "files"),
}
_WINDOWS: dict[str, Word] = {
    "minute": pgettext_lazy("log", "a minute"),
    "hour": pgettext_lazy("log", "an hour"),
    "day": pgettext_lazy("log", "a day"),
}
_WAYS: dict[str, Word] = {
    SINGLE_SIGN_ON: gettext_lazy("single sign-on"),
    RECOVERY: gettext_lazy("the operator's link or a recovery code"),
}
# Columns whose codes the products have words for, in the reader's language.
_CODES: dict[str, Callable[[], Any]] = {
    "company_form": company_forms,
    "vat_frequency": vat_frequencies,
    "method": method_names,
    "purpose": lambda: PURPOSES,
    "reading": lambda: _READ,
    "window": lambda: _WINDOWS,
    "role": lambda: {role.value: _(rights.name) for role, rights in ROLES.items()},
    "by": lambda: _WAYS,
}
_PEOPLE = ("_by_id", "assignee_id", "responsible_id", "user_id")


def kind_word(kind: str) -> str:
    """What a table's rows are called; the table's own name where nobody has named it."""
    return str(KINDS.get(kind, kind))


def act_word(action: str) -> str:
    """What was done."""
    return str(ACTS.get(action, action))


def field_word(column: str) -> str:
    """What a column is called; a column without a word by its own name."""
    return str(FIELDS[column]) if column in FIELDS else column.removesuffix("_id").replace("_", " ")


def is_told(column: str) -> bool:
    """Whether a column is shown in the list; the export has them all."""
    return column in FIELDS or column.endswith(_PEOPLE[0])


def value_word(kind: str, column: str, value: Any, people: dict[int, str]) -> str:
    """A value for reading: yes and no, a person's name, a choice's own word, a day."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int) and column.endswith(_PEOPLE):
        return people.get(value, _("somebody who has left"))
    coded = _CODES.get(column)
    words = _choices(kind).get(column) or (dict(coded()) if coded else {})
    if isinstance(value, str) and value in words:
        return str(words[value])
    if isinstance(value, str) and len(value) >= len("2026-01-01") and value[4:5] == "-":
        return _moment(value)
    return str(value)


def _moment(value: str) -> str:
    try:
        if len(value) == len("2026-01-01"):
            return date_format(date.fromisoformat(value), "d.m.Y")
        return date_format(localtime(datetime.fromisoformat(value)), "d.m.Y H:i")
    except ValueError:
        return value


@cache
def _choices(kind: str) -> dict[str, dict[Any, Any]]:
    """The words of a table's columns that are choices, as its model has them."""
    model = next((one for one in apps.get_models() if one._meta.db_table == kind), None)
    fields = model._meta.concrete_fields if model is not None else ()
    return {
        str(field.column): dict(field.flatchoices)
        for field in fields
        if isinstance(field, Field) and field.choices
    }
