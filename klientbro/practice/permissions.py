"""May this person? Every such question is asked here, and answered here alone.

Everyone is an administrator until roles and assignment of clients come; then only this file, and
the table it will read, change. Row-level security has settled which firm before anybody asks.
"""

from __future__ import annotations

from enum import Enum, auto

from django.contrib.auth.models import AnonymousUser

from klientbro.tenants.models import User


class Act(Enum):
    """What a person may want to do in the products."""

    SEE = auto()
    WORK = auto()  # prepare, comment, attach, match, change a task
    REVIEW = auto()  # sign off what another has prepared
    SET_FACTS = auto()
    IMPORT_CLIENTS = auto()
    EDIT_TEMPLATES = auto()
    EDIT_REPORT_LINES = auto()  # a client's own, or the firm's default where none is named
    CHANGE_SETTINGS = auto()
    READ_LOG = auto()  # who did what, and the monthly review of it
    MANAGE_MEMBERS = auto()  # invite to the firm, close access, say what sign-in must be


def may(person: User | AnonymousUser, act: Act, *, client_id: int | None = None) -> bool:
    """Whether the signed-in person may do it, on the client where one is named."""
    return person.is_authenticated and person.is_active
