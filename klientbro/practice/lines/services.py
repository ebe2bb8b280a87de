"""The rules of report lines: read as one mapping per client, changed with their history, undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.report_lines import LINES, LineMapping, LineOverride
from klientbro.practice.lines.tables import MOST_DIGITS, LineChange, LineRule
from klientbro.tenants.models import User

MOST_RULES = 2_000


def overrides_for(client_id: int) -> LineMapping:
    """The mapping of the client: its own rules, then the firm's, then the standard. One statement.

    Every product places accounts by this, so that a figure stands on the same line everywhere.
    """
    return mapping_of(*rules_for(client_id))


def rules_for(client_id: int) -> tuple[dict[str, str], dict[str, str]]:
    """The client's own rules and the firm's: the line by the digits. One statement."""
    client: dict[str, str] = {}
    firm: dict[str, str] = {}
    rules = LineRule.objects.filter(Q(client=client_id) | Q(client=None)).order_by("prefix")
    for owner, prefix, line in rules.values_list("client_id", "prefix", "line"):
        (firm if owner is None else client)[prefix] = line
    return client, firm


def is_usable(line: str) -> bool:
    """Whether an account can stand on it: a line of today's layout that is not worked out."""
    known = LINES.get(line)
    return known is not None and known.takes_accounts


def mapping_of(client: Mapping[str, str], firm: Mapping[str, str]) -> LineMapping:
    """The mapping that rules by prefix would give, whether they are saved or not."""
    return LineMapping(_overrides(client), _overrides(firm))


def _overrides(rules: Mapping[str, str]) -> Iterable[LineOverride]:
    return [LineOverride(prefix, line) for prefix, line in rules.items() if is_usable(line)]


def rules_of(client_id: int | None) -> dict[str, str]:
    """The client's own rules, or the firm's for None: the line by the digits. One statement."""
    rules = LineRule.objects.filter(client=client_id).order_by("prefix")
    return dict(rules.values_list("prefix", "line"))


def version_of(client_id: int | None) -> int:
    """The number of the newest change, 0 before any."""
    newest = LineChange.objects.filter(client=client_id).aggregate(newest=Max("number"))["newest"]
    return newest or 0


def checked_rules(wanted: Mapping[str, str]) -> dict[str, str]:
    """The rules as they can be saved; an empty line takes the rule away.

    RefusedError names what is wrong.
    """
    checked: dict[str, str] = {}
    for typed, line in wanted.items():
        prefix = "".join(typed.split())
        # «7 411» is a number with a space in it; «74 og 75» is no number
        is_number = prefix.isalnum() and (prefix.isdecimal() or prefix == typed.strip())
        if not is_number or len(prefix) > MOST_DIGITS:
            raise RefusedError(
                _("«%(typed)s» begins no account number. Write digits, as 74 or 7411.")
                % {"typed": typed},
                field="prefix",
            )
        if line and not is_usable(line):
            raise RefusedError(_("Choose a line that accounts can stand on."), field="line")
        checked[prefix] = line
    return checked


def change_rules(
    client_id: int | None,
    wanted: Mapping[str, str],
    *,
    version: int,
    by: User | None,
    is_undoing: bool = False,
) -> LineChange | None:
    """Writes the rules of the client (or the firm's) and the change itself, in one transaction.

    None when they stood so already. RefusedError when somebody else has changed them since
    `version`: the change's number is taken then, also when two press at the same moment.
    """
    firm_id = current_firm_id()
    wanted = checked_rules(wanted)
    try:
        with transaction.atomic():
            held = rules_of(client_id)
            rows = [
                [prefix, held.get(prefix, ""), line]
                for prefix, line in sorted(wanted.items())
                if held.get(prefix, "") != line
            ]
            if not rows:
                return None
            if version_of(client_id) != version:
                raise _stale()
            # first: whoever comes second waits here, and finds the number taken
            change = LineChange.objects.create(
                firm_id=firm_id,
                client_id=client_id,
                number=version + 1,
                rules=rows,
                is_undoing=is_undoing,
                by=by,
            )
            LineRule.objects.filter(client=client_id, prefix__in=[row[0] for row in rows]).delete()
            LineRule.objects.bulk_create(
                LineRule(firm_id=firm_id, client_id=client_id, prefix=prefix, line=line)
                for prefix, _before, line in rows
                if line
            )
            if LineRule.objects.filter(client=client_id).count() > MOST_RULES:
                raise RefusedError(
                    _("There can be at most %(most)s rules. Use fewer digits for accounts alike.")
                    % {"most": MOST_RULES},
                    field="prefix",
                )
            return change
    except IntegrityError as error:
        if "line_change_once" in str(error):
            raise _stale() from None
        raise


def undo_change(change: LineChange, *, by: User | None) -> None:
    """Takes the change back. RefusedError when a rule of it has been changed again since."""
    version = version_of(change.client_id)  # first: what changes after it makes this one stale
    held = rules_of(change.client_id)
    if not undoable(change, held):
        raise RefusedError(
            _("The rules have been changed again since then. Change them yourself instead."),
            code="changed",
        )
    change_rules(
        change.client_id,
        {prefix: before for prefix, before, _after in change.rules},
        version=version,
        by=by,
        is_undoing=True,
    )


def undoable(change: LineChange, rules: Mapping[str, str]) -> bool:
    """Whether every rule still stands as the change left it, so that it can be taken back."""
    return all(rules.get(prefix, "") == after for prefix, _before, after in change.rules)


def newest_changes(client_id: int | None, most: int = 10) -> list[LineChange]:
    """What was changed, the newest first, with who did it. One statement."""
    changes = LineChange.objects.filter(client=client_id).select_related("by")
    return list(changes.order_by("-number")[:most])


def _stale() -> RefusedError:
    return RefusedError(
        _("Somebody else has changed the report lines meanwhile. Look through them and try again."),
        code="stale",
    )
