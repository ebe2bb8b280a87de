"""The one thing to do about each state of a connection: exactly one, never none and never two.

Where nobody needs to do anything the action is what a person may do meanwhile: fetch now, or see
how the run goes. A row shows it as a link in the sentence under its status; what is well shows it
as the button that stands on every row.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext as _

from klientbro.sync.causes import Cause


class Action(StrEnum):
    """What a press does."""

    ACTIVATE = "activate"
    EDIT = "edit"
    RECHECK = "recheck"
    REPAIR = "repair"
    FETCH = "fetch"
    ACCEPT = "accept"
    DIFFERENCES = "differences"
    RUNS = "runs"


_OF_CAUSE = {
    Cause.KEY_REJECTED: Action.REPAIR,
    Cause.WRONG_COMPANY: Action.REPAIR,
    Cause.RIGHTS_MISSING: Action.RECHECK,
    Cause.VANISHED: Action.ACCEPT,
    Cause.DIFFERS: Action.DIFFERENCES,
    Cause.NOT_YET: Action.RECHECK,
    Cause.UNREACHABLE: Action.FETCH,
    Cause.THROTTLED: Action.FETCH,
    Cause.UNREADABLE: Action.FETCH,
    Cause.MOVING: Action.FETCH,
    Cause.NO_FIGURES: Action.FETCH,
    Cause.TOO_LARGE: Action.FETCH,
    Cause.INTERNAL: Action.FETCH,
    # the operator's matter: what happened stands in the runs
    Cause.CONTRACT: Action.RUNS,
    Cause.SECRETS: Action.RUNS,
    Cause.OPERATOR_KEYS: Action.RUNS,
    Cause.OVERDUE: Action.RUNS,
}
_OF_STATE = {
    "inactive": Action.ACTIVATE,
    "never": Action.FETCH,
    "waiting": Action.RUNS,
    "running": Action.RUNS,
    "updated": Action.FETCH,
}


def action_of(cause: str, state: str = "") -> Action:
    """The action of a cause, or of a state where nothing is wrong."""
    if not cause:
        return _OF_STATE.get(state, Action.FETCH)
    try:
        return _OF_CAUSE[Cause(cause)]
    except ValueError:
        return Action.FETCH


def action_words(action: str) -> str:
    """The link's words."""
    return (
        {
            Action.EDIT: _("Edit"),
            Action.RECHECK: _("Check the key"),
            Action.REPAIR: _("Repair"),
            Action.FETCH: _("Fetch now"),
            Action.ACCEPT: _("See and decide"),
            Action.DIFFERENCES: _("See differences"),
            Action.RUNS: _("See what happened"),
            Action.ACTIVATE: _("Activate"),
        }.get(Action(action), "")
        if action
        else ""
    )
