"""`klientbro prove`: proves every month against the source now, and shows every difference."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from klientbro.cli.choosing import add_firm, chosen_connections, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import open_house
from klientbro.cli.sync import follow
from klientbro.lib.errors import ConfigurationError


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="orgnr or public id from `client list`")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    add_firm(parser)


def run(arguments: Namespace) -> int:
    """Read what is new, add up the postings, compare each month end; non-zero on a difference."""
    with open_house():
        from django.db import connection as database

        from klientbro.sync.services import queue_sync
        from klientbro.tenants.context import firm

        firm_id = existing_firm(arguments.firm)
        with firm(firm_id):
            [chosen] = chosen_connections([arguments.id])
            if not chosen.is_active:
                raise ConfigurationError(f"{chosen.name} is not active: there is no source to ask.")
            queue_sync(chosen, reason="prove")
        state = follow(firm_id, [chosen], {}, quiet=arguments.json)[chosen.pk]
        with firm(firm_id), database.cursor() as cursor:
            cursor.execute(
                "select m.month, m.state, coalesce(s.kind, ''), coalesce(s.sheet_hash, ''), "
                "coalesce(jsonb_agg(jsonb_build_object('account', coalesce(a.number, "
                "d->>'account_id'), 'ours', d->>'ours', 'source', d->>'source') "
                "order by a.number_key) filter (where d is not null), '[]')::text "
                "from ledger_month m left join ledger_seal s on s.id = m.seal_id "
                "left join lateral jsonb_array_elements(m.differences) d on true "
                "left join ledger_account a on a.connection_id = m.connection_id "
                "and a.source_id = d->>'account_id' "
                "where m.connection_id = %s group by 1, 2, 3, 4 order by 1",
                [chosen.pk],
            )
            months = [(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in cursor]
    unequal = [month for month in months if month[1] != "sealed"]
    if arguments.json:
        print(
            json.dumps(
                {
                    "id": str(chosen.public_id),
                    "name": chosen.name,
                    "cause": state.cause,
                    "months": [
                        {
                            "month": f"{month:%Y-%m}",
                            "state": word,
                            "kind": kind,
                            "hash": digest,
                            "differences": differences,
                        }
                        for month, word, kind, digest, differences in months
                    ],
                },
                ensure_ascii=False,
            )
        )
    else:
        print(f"{chosen.name}: {len(months) - len(unequal)} of {len(months)} months sealed")
        for month, word, _kind, _digest, differences in unequal:
            print(f"{month:%Y-%m} {word}")
            for one in differences:
                print(f"  {one['account']}: source {one['source']}, our copy {one['ours']}")
        if state.cause:
            print(f"The run ended with: {state.cause}")
    return 1 if unequal or state.cause or not months else 0


COMMAND = Command("prove", "prove a client's copy against the source", run, add_arguments, place=34)
