"""The closed list of causes for a connection that is not up to date: owner, action, and retry.

Every cause clears itself: the next run that succeeds removes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from klientbro.lib.i18n import gettext_noop


class Owner(StrEnum):
    """Who can cure it."""

    CLIENT = "client"
    ACCOUNTANT = "accountant"
    OPERATOR = "operator"
    SOURCE = "source"


class Cause(StrEnum):
    """Why a run ended without bringing the copy up to date."""

    KEY_REJECTED = "key_rejected"
    RIGHTS_MISSING = "rights_missing"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    UNREADABLE = "unreadable"
    CONTRACT = "contract"
    VANISHED = "vanished"
    DIFFERS = "differs"
    MOVING = "moving"
    WRONG_COMPANY = "wrong_company"
    SECRETS = "secrets"
    OPERATOR_KEYS = "operator_keys"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class CauseText:
    """What a person reads. Texts are English sources; `detail` names fill the braces."""

    title: str
    explanation: str
    owner: Owner
    action: str
    action_name: str  # edit, retry, accept_vanished, doctor, wait
    retry_seconds: tuple[int, ...]  # first, second … retry; the last repeats
    stops: bool  # shown as stopped (red) rather than as waiting for a retry


MINUTE = 60
_TEXTS = {
    Cause.KEY_REJECTED: CauseText(
        gettext_noop("The key is rejected"),
        gettext_noop(
            "The extension has been removed in the accounting system, or the key is wrong."
        ),
        Owner.CLIENT,
        gettext_noop("Make a new key in the accounting system and paste it in with Edit."),
        "edit",
        (60 * MINUTE, 6 * 60 * MINUTE),
        True,
    ),
    Cause.RIGHTS_MISSING: CauseText(
        gettext_noop("The key lacks access"),
        gettext_noop("The accounting system does not let the key read: {rights}."),
        Owner.CLIENT,
        gettext_noop("Turn the module on in the accounting system, then fetch again."),
        "retry",
        (60 * MINUTE, 6 * 60 * MINUTE),
        True,
    ),
    Cause.UNREACHABLE: CauseText(
        gettext_noop("Waiting for the accounting system"),
        gettext_noop("The accounting system is down, slow or cut the line. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        "wait",
        (30, MINUTE, 5 * MINUTE, 15 * MINUTE),
        False,
    ),
    Cause.THROTTLED: CauseText(
        gettext_noop("Waiting for room at the accounting system"),
        gettext_noop("The accounting system asks us to wait. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        "wait",
        (10, 30, MINUTE, 5 * MINUTE),
        False,
    ),
    Cause.UNREADABLE: CauseText(
        gettext_noop("The accounting system answers something unreadable"),
        gettext_noop("A web page or a cut answer came instead of figures. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        "wait",
        (30, MINUTE, 5 * MINUTE, 15 * MINUTE),
        False,
    ),
    Cause.CONTRACT: CauseText(
        gettext_noop("The accounting system answers in a new way"),
        gettext_noop("Its answer is not as documented: {message}. The copy is unharmed."),
        Owner.OPERATOR,
        gettext_noop("Tell the operator: the connector must be updated."),
        "doctor",
        (15 * MINUTE, 60 * MINUTE),
        True,
    ),
    Cause.VANISHED: CauseText(
        gettext_noop("Postings are gone from the accounting system"),
        gettext_noop(
            "{count} postings that we hold are no longer in the accounting system. "
            "The copy is kept until a person has looked at it."
        ),
        Owner.ACCOUNTANT,
        gettext_noop(
            "Check in the accounting system, for instance whether a module has been turned off. "
            "Accept only if they are meant to be gone."
        ),
        "accept_vanished",
        (6 * 60 * MINUTE,),
        True,
    ),
    Cause.DIFFERS: CauseText(
        gettext_noop("Up to date, but not equal to the source"),
        gettext_noop("{months} do not equal the accounting system. The differences are shown."),
        Owner.SOURCE,
        gettext_noop("It is read anew by itself. See the differences in the trial balance."),
        "differences",
        (6 * MINUTE, 15 * MINUTE, 60 * MINUTE),
        False,
    ),
    Cause.MOVING: CauseText(
        gettext_noop("In motion, is tried again"),
        gettext_noop("Somebody is posting while we compare."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is compared again by itself."),
        "wait",
        (MINUTE, 5 * MINUTE),
        False,
    ),
    Cause.WRONG_COMPANY: CauseText(
        gettext_noop("The key now opens another company"),
        gettext_noop("The key belongs to {company}. Nothing is fetched into this client's books."),
        Owner.ACCOUNTANT,
        gettext_noop("Make a key in the right company and paste it in with Edit."),
        "edit",
        (6 * 60 * MINUTE,),
        True,
    ),
    Cause.SECRETS: CauseText(
        gettext_noop("The stored key cannot be decrypted"),
        gettext_noop("KLIENTBRO_SECRET_KEYS lacks the key this one was encrypted with."),
        Owner.OPERATOR,
        gettext_noop("Tell the operator to run klientbro doctor."),
        "doctor",
        (15 * MINUTE,),
        True,
    ),
    Cause.OPERATOR_KEYS: CauseText(
        gettext_noop("The accounting system refuses our own keys"),
        gettext_noop(
            "It is the operator's application or subscription key that is refused, not this "
            "client's. The copy is unharmed."
        ),
        Owner.OPERATOR,
        gettext_noop("Tell the operator to run klientbro doctor."),
        "doctor",
        (5 * MINUTE, 15 * MINUTE, 60 * MINUTE),
        True,
    ),
    Cause.INTERNAL: CauseText(
        gettext_noop("Something failed on our side"),
        gettext_noop("The copy is unharmed and the failure is logged."),
        Owner.OPERATOR,
        gettext_noop("It is tried again by itself. If it lasts, tell the operator."),
        "retry",
        (MINUTE, 5 * MINUTE, 30 * MINUTE),
        True,
    ),
}


def cause_text(cause: str) -> CauseText:
    """The text of a cause; the internal one for a name that is not on the list."""
    try:
        return _TEXTS[Cause(cause)]
    except ValueError:
        return _TEXTS[Cause.INTERNAL]


def retry_after_seconds(cause: str, failures: int) -> int:
    """When to try again after so many failures in a row (1 = the first)."""
    steps = cause_text(cause).retry_seconds
    return steps[min(max(failures, 1), len(steps)) - 1]
