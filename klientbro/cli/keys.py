"""`klientbro keys`: which keys are in use, new ones while everything runs, old ones destroyed."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from klientbro.cli.choosing import add_firm, existing_firm
from klientbro.cli.command import Command
from klientbro.cli.house import House, open_house
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import secret

if TYPE_CHECKING:
    from klientbro.settings.environment import SecretKey

KEEP_DAYS = 90


def add_arguments(parser: ArgumentParser) -> None:
    """What to do with which keys."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser("status", help="which keys are in use, and by how many rows each")
    rotating = actions.add_parser(
        "rotate", help="wrap anew, and give each firm a new data key with its rows sealed under it"
    )
    rotating.add_argument(
        "--new-master",
        action="store_true",
        help="make a new first key in secrets.json of the home folder, and wrap under it",
    )
    rotating.add_argument(
        "--wrap-only", action="store_true", help="only wrap under the first of the secret keys"
    )
    rotating.add_argument(
        "--keep-days",
        type=int,
        default=KEEP_DAYS,
        metavar="N",
        help="destroy older data keys that nothing is under after so many days; as long as the "
        f"backups that need them are kept (default {KEEP_DAYS}, 0 is an hour)",
    )
    dropping = actions.add_parser(
        "drop-master", help="take a secret key that wraps nothing out of secrets.json"
    )
    dropping.add_argument("id", metavar="ID", help="its name, from `klientbro keys status`")
    for action, act in ((status, _status), (rotating, _rotate), (dropping, _drop)):
        action.add_argument("--json", action="store_true", help="one JSON object")
        action.set_defaults(act=act)
        if action is not dropping:
            add_firm(action)


def run(arguments: Namespace) -> int:
    """The chosen action."""
    with open_house() as house:
        return int(arguments.act(arguments, house))


def _status(arguments: Namespace, house: House) -> int:
    told = {
        "secret_keys": _masters(house.environment.secret_keys),
        "firms": [_firm_status(firm_id, name) for firm_id, name in _chosen(arguments.firm)],
    }
    if arguments.json:
        print(json.dumps(told, ensure_ascii=False))
        return 0
    for one in told["secret_keys"]:
        print(
            f"secret key {one['id']}: wraps {one['wraps']} keys of firms and "
            f"{one['personal']} secrets of people"
            + (" (the first: wraps what is new)" if one["is_first"] else "")
            + (" (NOT HERE)" if one["is_missing"] else "")
        )
    for one in told["firms"]:
        print(f"{one['firm']}:")
        for key in one["keys"]:
            since = f", retired {key['retired_at']}" if key["retired_at"] else ""
            print(
                f"  {key['use']} key {key['number']}: {key['rows']} rows, wrapped by "
                f"{key['wrapped_by']}, made {key['made_at']}{since}"
            )
    return 0


def _firm_status(firm_id: UUID, name: str) -> dict[str, Any]:
    from klientbro.operations.key_rotation import rows_by_key
    from klientbro.tenants.context import firm
    from klientbro.tenants.envelopes import Use
    from klientbro.tenants.models import DataKey

    def day(moment: Any) -> str:
        return moment.isoformat(timespec="seconds") if moment else ""

    with firm(firm_id):
        rows = rows_by_key(firm_id)
        keys = [
            {
                "use": key.use,
                "number": key.number,
                "rows": rows.get(key.number, 0) if key.use == Use.DATA else None,
                "wrapped_by": key.wrapped_by,
                "made_at": day(key.made_at),
                "retired_at": day(key.retired_at),
                "emptied_at": day(key.emptied_at),
            }
            for key in DataKey.objects.order_by("use", "number")
        ]
    return {"firm": name, "keys": keys}


def _masters(known: tuple[SecretKey, ...]) -> list[dict[str, Any]]:
    """The operator's keys, those that something needs and are not here too."""
    from klientbro.identity.factor_keys import factors_by_key
    from klientbro.tenants.context import firm
    from klientbro.tenants.models import DataKey
    from klientbro.tenants.services import all_firms

    wraps: dict[str, int] = {}
    for firm_id, _name in all_firms():
        with firm(firm_id):
            for key_id in DataKey.objects.values_list("wrapped_by", flat=True):
                wraps[key_id] = wraps.get(key_id, 0) + 1
    personal = factors_by_key()
    ids = [key.id for key in known]
    return [
        {
            "id": key_id,
            "wraps": wraps.get(key_id, 0),
            "personal": personal.get(key_id, 0),
            "is_first": ids[:1] == [key_id],
            "is_missing": key_id not in ids,
        }
        for key_id in [*ids, *sorted((wraps.keys() | personal.keys()) - set(ids))]
    ]


def _rotate(arguments: Namespace, house: House) -> int:
    from klientbro.identity.factor_keys import seal_factors_anew
    from klientbro.operations.key_rotation import (
        LEAST_KEPT,
        destroy_retired,
        rotate,
        wrap_anew,
    )
    from klientbro.tenants.context import acting_as

    keep = max(timedelta(days=arguments.keep_days), LEAST_KEPT)
    told: list[dict[str, Any]] = []
    code = 0
    if arguments.new_master:
        _make_master(house)
    with acting_as(None, way="command"):
        factors = seal_factors_anew()
        for firm_id, name in _chosen(arguments.firm):
            one: dict[str, Any] = {"firm": name, "wrapped": wrap_anew(firm_id)}
            told.append(one)
            if arguments.wrap_only:
                continue
            done = rotate(firm_id, told=lambda text: _say(arguments, f"  {text}"))
            if done is None:
                one["busy"] = True
                code = 1
                continue
            one |= {
                "key": done.number,
                "is_new": done.is_new,
                "resealed": done.resealed,
                "unreadable": done.unreadable,
                "left": done.left,
                "destroyed": destroy_retired(firm_id, keep=keep),
            }
            code = 1 if done.left else code
            _say(arguments, _in_words(one))
    if arguments.json:
        print(json.dumps({"factors": factors, "firms": told}, ensure_ascii=False))
        return code
    for one in told:
        if "busy" in one:
            print(f"{one['firm']}: another rotation is under way; left to it.")
        elif "key" not in one:
            print(f"{one['firm']}: {one['wrapped']} keys wrapped anew.")
    print(f"{factors} secrets of people sealed anew. `klientbro keys status` shows what is in use.")
    return code


def _in_words(one: dict[str, Any]) -> str:
    text = (
        f"{one['firm']}: {one['wrapped']} keys wrapped anew; "
        f"{'new data key' if one['is_new'] else 'went on with data key'} {one['key']}, "
        f"{one['resealed']} rows sealed under it"
    )
    if one["unreadable"]:
        text += f"; {one['unreadable']} rows open with no key and were left as they are"
    if one["destroyed"]:
        text += f"; destroyed key {', '.join(map(str, one['destroyed']))}"
    return text


def _make_master(house: House) -> None:
    """A new first key at home, unless the one made last has not been taken into use everywhere."""
    from klientbro.database.locks import exclusive
    from klientbro.settings.environment import (
        new_secret_key,
        secret_keys_of_home,
        write_secret_keys,
    )
    from klientbro.tenants.keys import secret_keys

    if secret(os.environ, "KLIENTBRO_SECRET_KEYS"):
        raise ConfigurationError(
            "KLIENTBRO_SECRET_KEYS is set, so a new key must be put there: last in the list on "
            "every machine first, then, when all have been started anew, in front; and then "
            "`klientbro keys rotate` (docs/howto/keys.md)."
        )
    home = house.environment.home
    with exclusive(home / "secrets.lock"):
        known = secret_keys_of_home(house.environment)
        used = [one for one in _masters(known) if one["wraps"] or one["personal"]]
        if any(not one["is_first"] for one in used):
            return  # a rotation that was cut off: what is first wraps not everything yet
        fresh = new_secret_key()
        write_secret_keys(home, (fresh, *known))
    secret_keys([fresh.id])


def _drop(arguments: Namespace, house: House) -> int:
    from klientbro.database.locks import exclusive
    from klientbro.settings.environment import secret_keys_of_home, write_secret_keys

    if secret(os.environ, "KLIENTBRO_SECRET_KEYS"):
        raise ConfigurationError(
            "KLIENTBRO_SECRET_KEYS is set: take the key out of it on every machine."
        )
    home = house.environment.home
    with exclusive(home / "secrets.lock"):
        known = secret_keys_of_home(house.environment)
        found = {one["id"]: one for one in _masters(known)}
        one = found.get(arguments.id)
        if one is None or one["is_missing"]:
            raise ConfigurationError(f"There is no secret key called {arguments.id}.")
        if one["is_first"] or one["wraps"] or one["personal"]:
            raise ConfigurationError(
                f"The secret key {arguments.id} is in use. Run `klientbro keys rotate` first."
            )
        write_secret_keys(home, [key for key in known if key.id != arguments.id])
    if arguments.json:
        print(json.dumps({"dropped": arguments.id}))
    else:
        print(f"{arguments.id} is gone. Key files from before it was rotated away stay shut.")
    return 0


def _chosen(name: str | None) -> list[tuple[UUID, str]]:
    from klientbro.tenants.services import all_firms

    wanted = existing_firm(name) if name else None
    return [one for one in all_firms() if wanted is None or one[0] == wanted]


def _say(arguments: Namespace, text: str) -> None:
    if not arguments.json:
        print(text, flush=True)


COMMAND = Command("keys", "which keys are in use, and new ones for old", run, add_arguments, 62)
