"""The one table of who may do what: roles, acts, and the act that each address asks for.

Data only. The gate, the views, the rail, the buttons and the page /hjelp/roller/ are made from it.
An address that does not stand here is refused, and fails the build (tests/architecture).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache
from types import MappingProxyType

from klientbro.lib.i18n import gettext_noop as _


class Role(StrEnum):
    """What a member of a firm is there."""

    ADMINISTRATOR = "administrator"
    ONBOARDER = "onboarder"
    ACCOUNTANT = "accountant"
    REVIEWER = "reviewer"
    READER = "reader"


class Act(Enum):
    """What somebody may want to do; the text is what the help page and a refusal call it."""

    SEE = _("see the clients' figures, tasks and reports, and export them")
    SEE_GROUPS = _("see groups of companies together")
    SEE_SOURCES = _("see which clients are connected and how fetching goes")
    SEE_CAPACITY = _("see the capacity of the installation")
    FETCH = _("fetch from the accounting system at once")
    WORK = _("prepare: reconcile, write plans and reports, do tasks")
    REVIEW = _("approve: sign off what another has prepared, close a month and open it again")
    SET_FACTS = _("write what is known of a client")
    REVEAL_NUMBER = _("see a personal number, with a stated purpose that is logged")
    EDIT_REPORT_LINES = _("move a client's accounts between report lines")
    EDIT_GROUPS = _("put companies together in groups")
    CONNECT = _("connect clients: keys, activation, import and deletion")
    IMPORT_CLIENTS = _("take clients into the overview and out of it")
    CHOOSE_RESPONSIBLE = _("choose who is responsible for a client")
    EDIT_TEMPLATES = _("change what counts for all clients: templates, plans, rules, report lines")
    CHANGE_SETTINGS = _("change the firm's settings")
    READ_LOG = _("read and review the log of who did what")
    MANAGE_MEMBERS = _("invite people, give them roles and clients, and close their access")


# Several clients stand in the answer at once, or somebody else's do: one must have all clients.
OF_ALL_CLIENTS = frozenset({Act.SEE_GROUPS, Act.EDIT_GROUPS})


@dataclass(frozen=True, slots=True)
class Rights:
    """A role in words, its acts, and whether it can be for chosen clients only."""

    name: str
    description: str
    acts: frozenset[Act]
    may_be_for_chosen_clients: bool = True


_SEES = {Act.SEE, Act.SEE_GROUPS, Act.SEE_SOURCES}
_WORKS = _SEES | {
    Act.FETCH, Act.WORK, Act.SET_FACTS, Act.REVEAL_NUMBER, Act.EDIT_REPORT_LINES, Act.EDIT_GROUPS,
}  # fmt: skip

ROLES: Mapping[Role, Rights] = MappingProxyType(
    {
        Role.ADMINISTRATOR: Rights(
            _("Administrator"),
            _("May do everything."),
            frozenset(Act),
            may_be_for_chosen_clients=False,
        ),
        Role.ONBOARDER: Rights(
            _("Onboarder"),
            _("Connects clients and sees that fetching goes well. Sees no figures."),
            frozenset({Act.SEE_SOURCES, Act.SEE_CAPACITY, Act.CONNECT}),
            # a key or a number that another client has must be told of, whoever's client it is
            may_be_for_chosen_clients=False,
        ),
        Role.ACCOUNTANT: Rights(
            _("Accountant"), _("Works on clients. Does not approve."), frozenset(_WORKS)
        ),
        Role.REVIEWER: Rights(
            _("Reviewer"),
            _("Works on clients, and approves what others have prepared."),
            frozenset(_WORKS | {Act.REVIEW}),
        ),
        Role.READER: Rights(_("Reader"), _("Sees and exports. Changes nothing."), frozenset(_SEES)),
    }
)


class Open(Enum):
    """Addresses that ask for no role."""

    ANYBODY = "without signing in"
    OWN = "signed in: what is the person's own, with or without a firm"
    MEMBER = "signed in and of the firm, in any role"


Need = Open | frozenset[Act]


def _any(*acts: Act) -> frozenset[Act]:
    return frozenset(acts)


_READ = ("GET", "HEAD", "OPTIONS")
# What is asked for, and the names of the addresses that ask for it.
_TABLE: tuple[tuple[Need, str], ...] = (
    (
        Open.ANYBODY,
        """
        account_inactive account_login account_logout account_reset_password
        account_reset_password_done account_reset_password_from_key
        account_reset_password_from_key_done account_signup identity:accept identity:sign_on
        identity:sign_on_back identity:sign_on_start identity:tool_configuration
        identity:tool_keys identity:tool_revoke identity:tool_token identity:tool_userinfo
        mfa_authenticate
        mfa_login_webauthn one_time_link operations:causes operations:metrics operations:ready
        shell:health shell:help shell:help_local shell:help_roles shell:help_system
        shell:preferences shell:robots shell:security_txt shell:set_language
        """,
    ),
    (
        Open.OWN,
        """
        account_change_password account_reauthenticate account_set_password
        identity:change_consent identity:choose_firm identity:consents identity:withdraw_consent
        identity:end_other_sessions identity:end_session identity:sessions
        identity:change_address identity:confirm_address identity:profile
        identity:sign_on_again mfa_activate_totp
        mfa_add_webauthn mfa_deactivate_totp mfa_download_recovery_codes mfa_edit_webauthn
        mfa_generate_recovery_codes mfa_index mfa_list_webauthn mfa_reauthenticate
        mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_view_recovery_codes
        """,
    ),
    (Open.MEMBER, "identity:tool_authorize shell:start shell:find"),
    (
        _any(Act.SEE),
        """
        books:account books:clients books:document books:document_state books:fetch_document
        books:late_changes books:late_changes_file books:postings_file books:summary
        books:summary_page books:trial_balance books:trial_balance_file books:voucher
        books:voucher_file books:vouchers books:vouchers_file
        liquidity:clients liquidity:forecast liquidity:history liquidity:lines liquidity:plan
        liquidity:settings
        lines:client_page lines:firm_page
        overview:card overview:delete_view overview:list overview:save_view overview:templates
        reconciliation:account reconciliation:attachment reconciliation:clients
        reconciliation:files reconciliation:kept_file reconciliation:matching reconciliation:month
        reconciliation:newest reconciliation:period_document reconciliation:plans
        reconciliation:rules reconciliation:statements reconciliation:vat
        report:ageing report:balance report:balance_file report:budget report:budget_file
        report:clients report:dimensions report:draft_file report:edition_file report:figures
        report:limits report:pack report:packs report:result report:result_file report:template
        report:templates report:vat
        """,
    ),
    (_any(Act.SEE_GROUPS), "report:group report:group_file report:groups"),
    (
        _any(Act.EDIT_GROUPS),
        "report:edit_group report:eliminate report:elimination_action report:new_group",
    ),
    (
        _any(Act.SEE_SOURCES),
        """
        portal:busy_rows portal:integration portal:integrations portal:integrations_status
        portal:requests portal:runs portal:sealed_months
        """,
    ),
    (_any(Act.SEE_CAPACITY), "portal:capacity portal:capacity_part"),
    (_any(Act.FETCH), "books:read_again books:refetch"),
    (_any(Act.FETCH, Act.CONNECT), "portal:fetch"),
    (
        _any(Act.WORK),
        """
        liquidity:decide liquidity:expected liquidity:habit liquidity:line liquidity:loan
        liquidity:new_line liquidity:new_loan liquidity:new_scenario liquidity:scenario
        overview:assignment overview:bulk_state overview:give overview:new_task overview:task_state
        portal:vanished
        reconciliation:accept reconciliation:account_action reconciliation:attach
        reconciliation:give_plan reconciliation:import_csv reconciliation:list_row
        reconciliation:make_file reconciliation:match_rows reconciliation:month_action
        reconciliation:new_rule reconciliation:remove_attachment reconciliation:remove_rule
        reconciliation:rule reconciliation:sign reconciliation:statement_read
        reconciliation:undo_import reconciliation:undo_matches reconciliation:unlist_row
        report:delete_pack report:import_budget report:make_budget report:new_pack
        report:publish_pack report:restore_budget report:save_budget report:save_pack
        """,
    ),
    (_any(Act.REVEAL_NUMBER), "books:reveal_number"),
    (_any(Act.SET_FACTS), "overview:bulk_facts overview:facts"),
    (
        _any(Act.EDIT_REPORT_LINES),
        "lines:client_preview lines:client_save lines:client_undo",
    ),
    (
        _any(Act.CONNECT),
        """
        portal:activate portal:activate_all portal:check_key portal:check_key_answer
        portal:deactivate portal:deactivate_all portal:delete portal:delete_system portal:edit
        portal:edit_answer portal:history portal:import portal:new_client portal:new_client_answer
        portal:new_integration portal:old_accounts portal:registered_name portal:repair
        portal:repair_answer portal:set_client_pace portal:test_data portal:test_data_answer
        """,
    ),
    (_any(Act.IMPORT_CLIENTS), "overview:import overview:take_out"),
    (
        _any(Act.EDIT_TEMPLATES),
        """
        lines:firm_preview lines:firm_save lines:firm_undo
        overview:copy_template overview:import_standard overview:new_template overview:template
        reconciliation:plan reconciliation:standard_plans
        report:keep_as_template report:new_template report:remove_template report:save_template
        """,
    ),
    (
        _any(Act.CHANGE_SETTINGS),
        "overview:import_by_itself portal:set_firm_pace report:keep_limits",
    ),
    (
        _any(Act.READ_LOG),
        """
        operations:log operations:log_export operations:log_review operations:log_reviews
        operations:sign_log_review
        """,
    ),
    (
        _any(Act.MANAGE_MEMBERS),
        """
        identity:close_access identity:invite identity:member
        identity:members identity:open_access identity:resend_invitation identity:sign_in_rules
        identity:sign_on_add_domain identity:sign_on_drop_domain identity:sign_on_release
        identity:sign_on_remove identity:sign_on_save identity:sign_on_settings
        identity:sign_on_test identity:sign_on_turn identity:tool_key_leaked identity:tool_new_key
        identity:tool_register identity:tool_remove
        identity:tool_secret identity:tools identity:withdraw_invitation
        """,
    ),
)


# Addresses of a firm that hand over a file to keep: counted for each person, before it is made.
# What is a page for one and a file for another is counted by what it turns out to be.
FILES = frozenset(
    {
        "books:late_changes_file",
        "books:postings_file",
        "books:trial_balance_file",
        "books:voucher_file",
        "books:vouchers_file",
        "operations:log_export",
        "reconciliation:attachment",
        "reconciliation:kept_file",
        "reconciliation:period_document",
        "report:balance_file",
        "report:budget_file",
        "report:draft_file",
        "report:edition_file",
        "report:group_file",
        "report:result_file",
    }
)

# Addresses that ask for more to change than to read; others ask for the same on every method.
_TO_CHANGE: Mapping[str, Need] = MappingProxyType({"liquidity:settings": _any(Act.WORK)})


def declared(table: Iterable[tuple[Need, str]] = _TABLE) -> Mapping[str, Need]:
    """What each address asks for. ValueError for one that stands twice."""
    found: dict[str, Need] = {}
    for need, names in table:
        for name in names.split():
            if name in found:
                raise ValueError(f"{name} stands twice in the table of permissions")
            found[name] = need
    return MappingProxyType(found)


ADDRESSES = declared()


def need_of(address: str, method: str = "GET") -> Need | None:
    """What an address asks for, by its name; None for one that nobody has declared."""
    if method not in _READ and address in _TO_CHANGE:
        return _TO_CHANGE[address]
    return ADDRESSES.get(address)


def allows(acts: frozenset[Act], need: Need | None) -> bool:
    """Whether a member of a firm with these acts may go there; nobody may where nothing is said."""
    return need is not None and (isinstance(need, Open) or bool(need & acts))


@lru_cache
def acts_of(role: str, *, has_all_clients: bool = True) -> frozenset[Act]:
    """What the role may do. A word that is no role may do nothing."""
    rights = rights_of(role)
    if rights is None:
        return frozenset()
    return rights.acts if has_all_clients else rights.acts - OF_ALL_CLIENTS


def rights_of(role: str) -> Rights | None:
    """The role's line of the table; None for a word that is no role."""
    return next((rights for known, rights in ROLES.items() if known == role), None)


def is_always_for_all_clients(role: str) -> bool:
    """Whether nobody of the role is for chosen clients only."""
    rights = rights_of(role)
    return rights is not None and not rights.may_be_for_chosen_clients


def roles_with(acts: Iterable[Act]) -> list[Role]:
    """The roles that may do at least one of the acts, in the table's order."""
    wanted = frozenset(acts)
    return [role for role, rights in ROLES.items() if rights.acts & wanted]
