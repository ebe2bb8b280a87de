"""Which accounts a change of rules would move, and which would not follow, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from klientbro.domain.accounts import Account
from klientbro.domain.report_lines import LineMapping, LineOverride, Placement
from klientbro.ledger.queries.charts import accounts_beginning
from klientbro.practice.lines.services import mapping_of, rules_of
from klientbro.practice.lines.tables import LineRule

MOST_ACCOUNTS = 2_000


@dataclass(frozen=True, slots=True)
class Move:
    """An account the change reaches: where it stands, where it would, at how many clients.

    refused: the rule that would have moved it had the line been in the account's own statement.
    """

    account: Account
    before: Placement
    after: Placement
    clients: int = 1
    refused: LineOverride | None = None

    @property
    def is_moved(self) -> bool:
        return self.before.line.code != self.after.line.code


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do. stays: accounts a new rule names, but whose line it cannot be."""

    moved: tuple[Move, ...]
    stays: tuple[Move, ...]
    is_cut: bool = False


def changed(rules: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The rules with the wanted ones in place; an empty line takes a rule away."""
    return {prefix: line for prefix, line in {**rules, **wanted}.items() if line}


def preview_for_client(
    accounts: Sequence[Account],
    client: Mapping[str, str],
    firm: Mapping[str, str],
    wanted: Mapping[str, str],
) -> Preview:
    """What the change of a client's own rules would do to the accounts of its chart."""
    before, after = mapping_of(client, firm), mapping_of(changed(client, wanted), firm)
    return _preview([_move(account, before, after, wanted) for account in accounts])


def preview_for_firm(wanted: Mapping[str, str]) -> Preview:
    """What the change of the firm's rules would do at all its clients. Three statements."""
    firm = rules_of(None)
    changed_firm = changed(firm, wanted)
    own: dict[int | None, dict[str, str]] = {}
    for client_id, prefix, line in LineRule.objects.exclude(client=None).values_list(
        "client_id", "prefix", "line"
    ):
        own.setdefault(client_id, {})[prefix] = line
    apart = [client_id for client_id in own if client_id is not None]
    found = accounts_beginning(list(wanted), apart, MOST_ACCOUNTS + 1)
    mappings = {
        client_id: (mapping_of(rules, firm), mapping_of(rules, changed_firm))
        for client_id, rules in {**own, None: {}}.items()
    }
    together: dict[tuple[str, str, str, str], Move] = {}
    for each in found[:MOST_ACCOUNTS]:
        move = _move(each.account, *mappings[each.client_id], wanted, each.clients)
        key = (
            each.account.number,
            each.account.type.value,
            move.before.line.code,
            move.after.line.code,
        )
        if known := together.get(key):
            move = Move(
                known.account,
                known.before,
                known.after,
                known.clients + each.clients,
                known.refused or move.refused,
            )
        together[key] = move
    return _preview(list(together.values()), is_cut=len(found) > MOST_ACCOUNTS)


def _move(
    account: Account,
    before: LineMapping,
    after: LineMapping,
    wanted: Mapping[str, str],
    clients: int = 1,
) -> Move:
    then = after.place(account)
    refused = next((one for one in then.passed_over if wanted.get(one.prefix) == one.line), None)
    return Move(account, before.place(account), then, clients, refused)


def _preview(moves: Sequence[Move], *, is_cut: bool = False) -> Preview:
    return Preview(
        tuple(move for move in moves if move.is_moved),
        tuple(move for move in moves if move.refused is not None and not move.is_moved),
        is_cut,
    )
