"""The closed list of causes as rows for the help page, and as docs/causes.md.

`python -m klientbro.operations.cause_table` prints the document.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from klientbro.sync.causes import DAY, HOUR, MINUTE, Cause, Owner, cause_text


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause in words."""

    key: str
    title: str
    explanation: str
    owner: str
    action: str
    cure: str
    retries: str
    told_after: str
    heals_alone: bool


def cause_rows() -> list[CauseRow]:
    """Every cause in the language in force, in the list's order."""
    return [_row(cause) for cause in Cause]


def _row(cause: Cause) -> CauseRow:
    text = cause_text(cause)
    last = len(text.retry_seconds) - 1
    retries = [_duration(seconds) for seconds in text.retry_seconds]
    retries[last] = _("then every %(duration)s") % {"duration": retries[last]}
    return CauseRow(
        key=cause.value,
        title=_(text.title),
        explanation=_without_braces(_(text.explanation)),
        owner=_owner(text.owner),
        action=_(text.action),
        cure=_(text.cure),
        retries=", ".join(retries),
        told_after=_duration(text.grace_seconds) if text.grace_seconds else _("at once"),
        heals_alone=text.heals_alone,
    )


def _owner(owner: Owner) -> str:
    return {
        Owner.CLIENT: _("The client"),
        Owner.ACCOUNTANT: _("The accountant"),
        Owner.OPERATOR: _("The operator"),
        Owner.SOURCE: _("The accounting system"),
    }[owner]


def _duration(seconds: int) -> str:
    if seconds >= DAY:
        return ngettext("%(count)s day", "%(count)s days", seconds // DAY) % {
            "count": seconds // DAY
        }
    if seconds >= HOUR:
        return ngettext("%(count)s hour", "%(count)s hours", seconds // HOUR) % {
            "count": seconds // HOUR
        }
    if seconds >= MINUTE:
        return ngettext("%(count)s minute", "%(count)s minutes", seconds // MINUTE) % {
            "count": seconds // MINUTE
        }
    return ngettext("%(count)s second", "%(count)s seconds", seconds) % {"count": seconds}


def _without_braces(text: str) -> str:
    """The place of a figure that only a real case has."""
    for name in ("rights", "message", "count", "months", "company"):
        text = text.replace(f"{{{name}}}", "…")
    return text


def document() -> str:
    """docs/causes.md, in English."""
    lines = [
        "# Why a client is not up to date",
        "",
        "Made from `klientbro/sync/causes.py` by `python -m klientbro.operations.cause_table`;",
        "`/hjelp/arsaker/` shows the same list to users. Every cause clears itself: the next run",
        "that succeeds removes it, and the same run goes on from the last landed page. «Told",
        "after» is how long it may last before somebody gets an e-mail.",
        "",
        "| cause | meaning | owner | action | what to expect | tried again after | told after |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| **{row.title}** (`{row.key}`) | {row.explanation} | {row.owner} | {row.action} "
        f"| {row.cure} | {row.retries} | {row.told_after} |"
        for row in cause_rows()
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the document."""
    import os

    import django
    from django.utils import translation

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klientbro.settings.django")
    django.setup()
    with translation.override("en"):
        print(document(), end="")


if __name__ == "__main__":
    main()
