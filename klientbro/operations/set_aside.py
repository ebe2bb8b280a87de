"""Signatures that were set aside, as a digest tells of them: by client and month."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import ngettext

from klientbro.practice.pages import month_name
from klientbro.products.reconciliation.telling import SetAside
from klientbro.products.reconciliation.texts import change_words

MOST_ACCOUNTS = 10


def told_set_aside(items: Sequence[SetAside]) -> list[dict[str, Any]]:
    """The months a digest names, each with its accounts and causes, in the language in force.

    Beyond ten accounts of a month only how many more: the page has them all.
    """
    told: list[dict[str, Any]] = []
    for (_client, month), of_month in groupby(items, key=lambda one: (one.client_id, one.month)):
        held = list(of_month)
        accounts = [
            (account, " ".join(change_words(one.change) for one in of_account))
            for account, of_account in groupby(held, key=lambda one: one.account)
        ]
        more = len(accounts) - MOST_ACCOUNTS
        told.append(
            {
                "client": held[0].client_name,
                "month": month_name(month),
                "accounts": accounts[:MOST_ACCOUNTS],
                "more": ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
                if more > 0
                else "",
                "link": settings.ENVIRONMENT.public_url.rstrip("/")
                + reverse("reconciliation:month", args=[held[0].client_public_id, month.key]),
            }
        )
    return told


def set_aside_subject(items: Sequence[SetAside]) -> str:
    """The subject's part."""
    count = len({(one.client_id, one.month, one.account) for one in items})
    return ngettext("%(count)s sign-off set aside", "%(count)s sign-offs set aside", count) % {
        "count": count
    }
