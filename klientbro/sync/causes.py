"""The closed list of causes for a connection that is not up to date: owner, action, cure, retry.

Every cause clears itself: the next run that succeeds removes it. The help page and docs/causes.md
are made from this list.
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
    NOT_YET = "not_yet"
    UNREACHABLE = "unreachable"
    THROTTLED = "throttled"
    UNREADABLE = "unreadable"
    CONTRACT = "contract"
    VANISHED = "vanished"
    DIFFERS = "differs"
    MOVING = "moving"
    NO_FIGURES = "no_figures"
    TOO_LARGE = "too_large"
    WRONG_COMPANY = "wrong_company"
    SECRETS = "secrets"
    OPERATOR_KEYS = "operator_keys"
    INTERNAL = "internal"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class CauseText:
    """What a person reads. Texts are English sources; `detail` names fill the braces.

    heals_alone: nobody need do anything; tried again by itself it goes over.
    grace_seconds: how long it may last before somebody is written to.
    """

    title: str
    explanation: str
    owner: Owner
    action: str
    cure: str  # what to expect once it is cured, and when
    action_name: str  # edit, retry, accept_vanished, doctor, wait
    retry_seconds: tuple[int, ...]  # first, second … retry; the last repeats
    stops: bool  # shown as stopped (red) rather than as waiting for a retry
    grace_seconds: int

    @property
    def heals_alone(self) -> bool:
        return self.action_name in ("wait", "differences")


MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_TEXTS = {
    Cause.KEY_REJECTED: CauseText(
        gettext_noop("The key is rejected"),
        gettext_noop(
            "The extension has been removed in the accounting system, or the key is wrong."
        ),
        Owner.CLIENT,
        gettext_noop("Make a new key in the accounting system and paste it in with Repair."),
        gettext_noop("The new key is tried at once; the sync goes on from where it was."),
        "edit",
        (60 * MINUTE, 6 * 60 * MINUTE),
        True,
        10 * MINUTE,
    ),
    Cause.RIGHTS_MISSING: CauseText(
        gettext_noop("The key lacks access"),
        gettext_noop("The accounting system does not let the key read: {rights}."),
        Owner.CLIENT,
        gettext_noop("Turn the module on in the accounting system, then fetch again."),
        gettext_noop("The next fetch reads what was missing and goes on from where it was."),
        "retry",
        (60 * MINUTE, 6 * 60 * MINUTE),
        True,
        10 * MINUTE,
    ),
    Cause.NOT_YET: CauseText(
        gettext_noop("Waiting for the accounting system"),
        gettext_noop("The access is new and does not work yet. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        gettext_noop("The first answer of the accounting system starts the first sync."),
        "wait",
        (MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE),
        False,
        DAY,
    ),
    Cause.UNREACHABLE: CauseText(
        gettext_noop("Waiting for the accounting system"),
        gettext_noop("The accounting system is down, slow or cut the line. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        gettext_noop("The first answer lets the sync go on from where it was."),
        "wait",
        (30, MINUTE, 5 * MINUTE, 15 * MINUTE),
        False,
        DAY,
    ),
    Cause.THROTTLED: CauseText(
        gettext_noop("Waiting for room at the accounting system"),
        gettext_noop("The accounting system asks us to wait. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        gettext_noop("When the wait is over, the sync goes on from where it was."),
        "wait",
        (10, 30, MINUTE, 5 * MINUTE),
        False,
        DAY,
    ),
    Cause.UNREADABLE: CauseText(
        gettext_noop("The accounting system answers something unreadable"),
        gettext_noop("A web page or a cut answer came instead of figures. The copy is unharmed."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is tried again by itself."),
        gettext_noop("The first readable answer lets the sync go on from where it was."),
        "wait",
        (30, MINUTE, 5 * MINUTE, 15 * MINUTE),
        False,
        DAY,
    ),
    Cause.CONTRACT: CauseText(
        gettext_noop("The accounting system answers in a new way"),
        gettext_noop("Its answer is not as documented: {message}. The copy is unharmed."),
        Owner.OPERATOR,
        gettext_noop("Tell the operator: the connector must be updated."),
        gettext_noop(
            "With a connector that knows the answer, the next try goes on from where it was."
        ),
        "doctor",
        (15 * MINUTE, 60 * MINUTE),
        True,
        HOUR,
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
        gettext_noop(
            "Found again, the postings stay. Accepted, they are closed in the copy and kept in its "
            "history."
        ),
        "accept_vanished",
        (6 * 60 * MINUTE,),
        True,
        0,
    ),
    Cause.DIFFERS: CauseText(
        gettext_noop("Up to date, but not equal to the source"),
        gettext_noop("{months} do not equal the accounting system. The differences are shown."),
        Owner.SOURCE,
        gettext_noop("It is read anew by itself. See the differences in the trial balance."),
        gettext_noop("When the months are equal again they are sealed."),
        "differences",
        (6 * MINUTE, 15 * MINUTE, 60 * MINUTE),
        False,
        DAY,
    ),
    Cause.MOVING: CauseText(
        gettext_noop("In motion, is tried again"),
        gettext_noop("Somebody is posting while we compare."),
        Owner.SOURCE,
        gettext_noop("Nothing to do: it is compared again by itself."),
        gettext_noop("When nobody posts for a moment, the months are sealed."),
        "wait",
        (MINUTE, 5 * MINUTE),
        False,
        DAY,
    ),
    Cause.NO_FIGURES: CauseText(
        gettext_noop("The accounting system gives no balances to compare with"),
        gettext_noop(
            "The postings are fetched, but nothing can be proved for this date: {message}."
        ),
        Owner.ACCOUNTANT,
        gettext_noop(
            "Check in the accounting system that the financial year is opened there, then fetch "
            "again."
        ),
        gettext_noop("When the accounting system states balances, the months are sealed."),
        "retry",
        (60 * MINUTE, 6 * 60 * MINUTE),
        True,
        HOUR,
    ),
    Cause.TOO_LARGE: CauseText(
        gettext_noop("One day is too large for the accounting system"),
        gettext_noop(
            "The accounting system does not answer in time, although we ask for one day alone. "
            "The copy is unharmed."
        ),
        Owner.SOURCE,
        gettext_noop("It is tried again by itself. If it lasts, tell the operator."),
        gettext_noop("At a quieter time the day is read, and the sync goes on from where it was."),
        "wait",
        (15 * MINUTE, 60 * MINUTE, 3 * 60 * MINUTE),
        False,
        DAY,
    ),
    Cause.WRONG_COMPANY: CauseText(
        gettext_noop("The key now opens another company"),
        gettext_noop("The key belongs to {company}. Nothing is fetched into this client's books."),
        Owner.ACCOUNTANT,
        gettext_noop("Make a key in the right company and paste it in with Repair."),
        gettext_noop("The right key is tried at once; the sync goes on from where it was."),
        "edit",
        (6 * 60 * MINUTE,),
        True,
        0,
    ),
    Cause.SECRETS: CauseText(
        gettext_noop("The stored key cannot be decrypted"),
        gettext_noop("KLIENTBRO_SECRET_KEYS lacks the key this one was encrypted with."),
        Owner.OPERATOR,
        gettext_noop("Tell the operator to run klientbro doctor."),
        gettext_noop("With the right setting back, the next try opens the key as before."),
        "doctor",
        (15 * MINUTE,),
        True,
        0,
    ),
    Cause.OPERATOR_KEYS: CauseText(
        gettext_noop("The accounting system refuses our own keys"),
        gettext_noop(
            "It is the operator's application or subscription key that is refused, not this "
            "client's. The copy is unharmed."
        ),
        Owner.OPERATOR,
        gettext_noop("Tell the operator to run klientbro doctor."),
        gettext_noop("With keys that are accepted, every client goes on by itself within an hour."),
        "doctor",
        (5 * MINUTE, 15 * MINUTE, 60 * MINUTE),
        True,
        0,
    ),
    Cause.INTERNAL: CauseText(
        gettext_noop("Something failed on our side"),
        gettext_noop("The copy is unharmed and the failure is logged."),
        Owner.OPERATOR,
        gettext_noop("It is tried again by itself. If it lasts, tell the operator."),
        gettext_noop("The next try goes on from where it was."),
        "retry",
        (MINUTE, 5 * MINUTE, 30 * MINUTE),
        True,
        HOUR,
    ),
    Cause.OVERDUE: CauseText(
        gettext_noop("Nothing has been fetched for a long time"),
        gettext_noop("A fetch should have begun long ago, and none has. The copy is unharmed."),
        Owner.OPERATOR,
        gettext_noop("Tell the operator to run klientbro doctor: a worker may have stopped."),
        gettext_noop("When a worker runs, what is overdue is fetched by itself."),
        "doctor",
        (15 * MINUTE,),
        True,
        30 * MINUTE,  # after a stop a worker first catches up
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
