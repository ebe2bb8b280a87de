"""Suggestions worked out once for as long as both sides and the rules stand as they did.

The search takes a third of a second for 400 rows a side, and the page is shown many times between
two changes. What it found is kept beside a hash of everything it looked at, so nothing has to be
told when a sync, a match or a rule moves something: another hash is another search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from klientbro.clients.services.rows import current_firm_id
from klientbro.domain.reconciliation.match_rules import (
    Match,
    MatchKind,
    MatchRule,
    TextCondition,
)
from klientbro.products.reconciliation.matching import Sides
from klientbro.products.reconciliation.models import KeptSuggestions
from klientbro.products.reconciliation.suggestions import (
    LIMITS,
    Item,
    Suggested,
    as_suggested,
    considered,
    suggest,
)

SEARCH = 1  # one more whenever the search itself finds something else in the same items


def suggested_for(client_id: int, sides: Sides, rules: Sequence[MatchRule]) -> Suggested:
    """What `suggest` finds, from what is kept where it was found on the same ground.

    Two statements at most; two who work it out at once write the same.
    """
    chosen = considered(sides)
    ground = _ground(sides, chosen, rules)
    place = {"client_id": client_id, "account_id": sides.account_id, "day": sides.day}
    kept = KeptSuggestions.objects.filter(**place, ground=ground).first()
    if kept is not None:
        matches = [_match(each) for each in kept.found["matches"]]
        return as_suggested(sides, chosen, matches, tuple(kept.found["gave_up"]))
    found = suggest(sides, rules)
    KeptSuggestions.objects.bulk_create(
        [
            KeptSuggestions(
                firm_id=current_firm_id(),
                ground=ground,
                found={
                    "matches": [_told(each.match) for each in found.suggestions],
                    "gave_up": found.gave_up,
                },
                **place,
            )
        ],
        update_conflicts=True,
        unique_fields=["client", "account_id", "day"],
        update_fields=["ground", "found"],
    )
    return found


def _ground(sides: Sides, chosen: Sequence[Item], rules: Sequence[MatchRule]) -> str:
    """A hash of the rules, the limits and all that is compared of every item."""
    told = [repr((SEARCH, sides.is_bank, LIMITS)), *(repr(rule) for rule in rules)]
    told += [
        repr((each.mark, f"{each.value:f}", each.text, each.reference, each.party))
        for each in chosen
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _told(match: Match) -> dict[str, Any]:
    return asdict(match) | {"difference": f"{match.difference:f}"}


def _match(told: dict[str, Any]) -> Match:
    return Match(
        **told
        | {
            "kind": MatchKind(told["kind"]),
            "ids": tuple(told["ids"]),
            "difference": Decimal(told["difference"]),
            "text": TextCondition(told["text"]),
        }
    )
