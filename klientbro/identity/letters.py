"""Writes and sends the letters that wait: invitations, forgotten passwords, changed sign-ins.

A link is made as its letter is written. Killed between the sending and the note of it, the letter
goes out once more with a new link, and the first one's leads nowhere.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from klientbro.identity.invitations import LIFETIME, new_token, open_invitations
from klientbro.identity.models import Invitation, ResetLetter, SignInLetter
from klientbro.identity.notices import News, delete_old, words_of
from klientbro.identity.profile import LIFETIME as LIFETIME_OF_ADDRESS
from klientbro.identity.profile import token_of
from klientbro.tenants.context import firm
from klientbro.tenants.models import User

logger = logging.getLogger(__name__)
LAST_WAIT = timedelta(hours=1)
Letter = TypeVar("Letter", ResetLetter, SignInLetter)
# Whoever has forgotten a password stands and waits: later, a link would only surprise.
RESET_WAITS = timedelta(hours=1)


def send_invitations(firm_id: UUID, now: datetime) -> int:
    """Sends the firm's invitations that wait, one by one. How many went out."""
    sent = 0
    while (went := _send_next_invitation(firm_id, now)) is not None:
        sent += went
    return sent


def _send_next_invitation(firm_id: UUID, now: datetime) -> int | None:
    with firm(firm_id):
        found: Invitation | None = (
            open_invitations()
            .select_for_update(skip_locked=True, of=("self",))
            .filter(Q(next_try_at=None) | Q(next_try_at__lte=now), sent_at=None)
            .select_related("firm", "invited_by")
            .order_by("id")
            .first()
        )
        if found is None:
            return None
        token, found.token_hash = new_token(firm_id)
        found.expires_at = now + LIFETIME
        address = reverse("identity:accept", args=[token])
        with translation.override(settings.LANGUAGE_CODE):
            subject = _("%(brand)s: you are invited to %(firm)s") % {
                "brand": settings.BRAND,
                "firm": found.firm.name,
            }
            body = render_to_string(
                "identity/letters/invitation.txt",
                {
                    "name": found.name,
                    "firm": found.firm.name,
                    "inviter": str(found.invited_by or ""),
                    "brand": settings.BRAND,
                    "link": _full(address),
                    "until": found.expires_at,
                },
            )
        if not _sent(found.email, subject, body):
            found.attempts += 1
            found.next_try_at = now + min(timedelta(minutes=2**found.attempts), LAST_WAIT)
            found.token_hash = found.expires_at = None
            found.save()
            return 0
        found.sent_at = now
        found.save()
        return 1


def send_reset_letters(now: datetime) -> int:
    """Sends the links for forgotten passwords that wait. How many went out."""
    ResetLetter.objects.filter(created_at__lt=now - RESET_WAITS).delete()
    sent = 0
    while (went := _send_next_reset(now)) is not None:
        sent += went
    return sent


@transaction.atomic
def _send_next_reset(now: datetime) -> int | None:
    letter = _next_waiting(ResetLetter.objects.all(), now)
    if letter is None:
        return None
    if letter.user is None or not letter.user.is_active:
        letter.delete()  # nobody has the address: only the answer on the page was the same
        return 0
    if not _send_reset(letter.user):
        _try_later(letter, now)
        return 0
    letter.delete()
    return 1


def _send_reset(user: User) -> bool:
    path = reverse(
        "account_reset_password_from_key",
        args=[user_pk_to_url_str(user), default_token_generator.make_token(user)],
    )
    with translation.override(settings.LANGUAGE_CODE):
        subject = _("%(brand)s: choose a new password") % {"brand": settings.BRAND}
        body = render_to_string(
            "identity/letters/password_reset.txt",
            {
                "name": user.name,
                "brand": settings.BRAND,
                "link": _full(path),
                "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
            },
        )
    return _sent(user.email, subject, body)


def send_notices(now: datetime) -> int:
    """Sends the letters about ways to sign in that wait. How many went out."""
    delete_old(now)
    sent = 0
    while (went := _send_next_notice(now)) is not None:
        sent += went
    return sent


@transaction.atomic
def _send_next_notice(now: datetime) -> int | None:
    notice = _next_waiting(SignInLetter.objects.all(), now)
    if notice is None:
        return None
    with translation.override(settings.LANGUAGE_CODE):
        is_sent = _sent(notice.to or notice.user.email, *_told(notice, now))
    if is_sent:
        notice.delete()
        return 1
    _try_later(notice, now)
    return 0


def _told(notice: SignInLetter, now: datetime) -> tuple[str, str]:
    """Subject and text. Only a letter about a new address has a link that does something."""
    act, user = News(notice.act), notice.user
    told, what = words_of(act)
    context = {
        "name": user.name,
        "brand": settings.BRAND,
        "what": what,
        "at": notice.at,
        "address": notice.address,
        "link": _full(reverse("mfa_index")),
    }
    template = "notice"
    if act is News.ADDRESS_ASKED:
        template = "new_address"
        path = reverse("identity:confirm_address", args=[token_of(user, notice.to, now)])
        context |= {"link": _full(path), "hours": LIFETIME_OF_ADDRESS // timedelta(hours=1)}
    elif act is News.ADDRESS_TAKEN:
        template = "address_taken"
        context |= {"link": _full(reverse("account_login"))}
    body = render_to_string(f"identity/letters/{template}.txt", context)
    return f"{settings.BRAND}: {told}", body


def _next_waiting(letters: QuerySet[Letter], now: datetime) -> Letter | None:
    """The first letter to a user whose turn it is; of two workers each takes its own."""
    return (
        letters.select_for_update(skip_locked=True, of=("self",))
        .filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
        .select_related("user")
        .order_by("id")
        .first()
    )


def _try_later(letter: ResetLetter | SignInLetter, now: datetime) -> None:
    """A mail server refused it: twice as long as the last time, at most an hour."""
    letter.attempts += 1
    letter.next_try_at = now + min(timedelta(minutes=2**letter.attempts), LAST_WAIT)
    letter.save(update_fields=["attempts", "next_try_at"])


def _sent(to: str, subject: str, body: str) -> bool:
    """Whether the mail server took it. Its address is not logged, nor what stands in it."""
    try:
        EmailMessage(
            " ".join(subject.split())[:200],
            body,
            settings.ENVIRONMENT.email_from,
            [to],
            headers={"Auto-Submitted": "auto-generated"},
        ).send()
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("a letter could not be sent: %s", type(error).__name__)
        return False
    return True


def _full(path: str) -> str:
    return str(settings.ENVIRONMENT.public_url).rstrip("/") + path
