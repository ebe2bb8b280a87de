"""Why nobody comes in: each reason has a key for the log, and words that say what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from klientbro.lib.errors import KlientbroError


class SignOnRefusedError(KlientbroError):
    """The sign-in ends here. `reason` stands in the audit log; `detail` never holds a secret."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[SignOnRefusedError], tuple[str, str]]:
        return type(self), (self.reason, self.detail)


def words_for(reason: str) -> tuple[str, str]:
    """What happened, and what to do now, for the person before the screen."""
    kinds = {
        "cancelled": (
            _("The sign-in was stopped at the firm's sign-in service."),
            _("Try again, or ask whoever manages the service whether you may use Klientbro."),
        ),
        "state": (
            _("This sign-in was not begun in this browser, or it has been used already."),
            _("Begin again from the sign-in page, in one window."),
        ),
        "code": (
            _("The firm's sign-in service did not confirm the sign-in."),
            _("Try again. If it goes on, an administrator must test the connection."),
        ),
        "unlisted": (
            _("The firm's sign-in service may not be asked from here."),
            _("Whoever runs the service must let it be used. Tell an administrator."),
        ),
        "unreachable": (
            _("The firm's sign-in service does not answer as it should."),
            _("Try again in some minutes. If it goes on, an administrator must test it."),
        ),
        "email_missing": (
            _("The sign-in service sent no e-mail address."),
            _("An administrator must let it send the address (the claim «email»)."),
        ),
        "email_unverified": (
            _("The sign-in service does not vouch for your e-mail address."),
            _("Have the address confirmed there, and sign in again."),
        ),
        "foreign_domain": (
            _("The sign-in service sent an address that does not belong to the firm."),
            _("Sign in with your address at the firm."),
        ),
        "other_subject": (
            _("Your user here belongs to another account at the sign-in service."),
            _("An administrator can release the old account under «Single sign-on»."),
        ),
        "closed": (
            _("Your access to the firm is closed."),
            _("An administrator of the firm can open it again."),
        ),
        "elsewhere": (
            _("Your address has a user here that does not belong to this firm."),
            _("Ask an administrator to invite you. Accept, and then sign in this way."),
        ),
        "unknown_person": (
            _("You have no user in the firm."),
            _("Ask an administrator to invite you, and sign in again."),
        ),
        "too_many": (
            _("There have been too many tries from here."),
            _("Wait a minute, and try again."),
        ),
        "not_anew": (
            _("The firm's sign-in service did not ask you who you are once more."),
            _("Sign out there, and try again."),
        ),
        "off": (
            _("Single sign-on is turned off for this firm."),
            _("Sign in with your password, or ask an administrator."),
        ),
    }
    return kinds.get(
        reason,
        (
            _("The answer from the firm's sign-in service was not to be trusted, and was refused."),
            _("Begin again from the sign-in page. If it goes on, tell an administrator the code."),
        ),
    )
