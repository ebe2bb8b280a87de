"""Deletes a firm so that it can be proved: its keys first, then its rows, and a certificate.

The order is asked, closed, keys destroyed, rows erased, certified. Each step is a transaction, or
several small ones, and the certificate's row says which have been taken, so a run that was killed
is gone on with by the next. From the moment the keys are destroyed nothing sealed can be opened,
here or in a backup (docs/decisions/0030-keys.md says what that does and does not prove).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import OperationalError

from klientbro.audit.services import note
from klientbro.lib.errors import ConfigurationError
from klientbro.operations.alone import alone
from klientbro.tenants.context import SETTING, firm
from klientbro.tenants.models import User
from klientbro.tenants.services import all_firms

AT_ONCE = 20_000
MOST_PASSES = 10
CERTIFICATE, KEYS, FIRM = "tenants_destruction", "tenants_datakey", "tenants_firm"
PLACES = "tenants_membership"
LOG = ("audit_entry", "audit_head")  # after everything whose deletion writes to it
COLUMNS = (
    "firm_id", "firm_name", "asked_at", "due_at", "closed_at", "key_destroyed_at", "keys",
    "log_number", "log_hash", "counts", "erased_at", "digest",
)  # fmt: skip
_READ = f"select {', '.join(COLUMNS)} from {CERTIFICATE} where firm_id = %s"  # noqa: S608

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Certificate:
    """How far a firm's destruction has come, and what it came to."""

    firm_id: UUID
    firm_name: str
    asked_at: datetime
    due_at: datetime
    closed_at: datetime | None
    key_destroyed_at: datetime | None
    keys: list[dict[str, Any]]
    log_number: int | None
    log_hash: str | None
    counts: dict[str, int]
    erased_at: datetime | None
    digest: str | None

    @property
    def about(self) -> dict[str, Any]:
        """What the digest is made of, for a file or a letter."""
        moments = ("asked_at", "closed_at", "key_destroyed_at", "erased_at")
        return {
            "firm_id": str(self.firm_id),
            "firm_name": self.firm_name,
            **{name: _text(getattr(self, name)) for name in moments},
            "keys": self.keys,
            "log_number": self.log_number,
            "log_hash": self.log_hash,
            "counts": dict(sorted(self.counts.items())),
        }


def certificate_of(firm_id: UUID) -> Certificate | None:
    """The firm's, as it stands."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [firm_id])
        row = cursor.fetchone()
    return None if row is None else _certificate(row)


def certificates() -> list[Certificate]:
    """All of them, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(COLUMNS)} from {CERTIFICATE} order by id")  # noqa: S608
        return [_certificate(row) for row in cursor.fetchall()]


def rows_of(firm_id: UUID) -> dict[str, int]:
    """How many rows the firm has in each table, for the dry run."""
    counts = {}
    with _as_owner(firm_id) as cursor:
        for table in (*_tables(cursor), KEYS, *LOG):
            # rule sql: the name of a table of ours, as the catalogue has it
            cursor.execute(f'select count(*) from "{table}" where firm_id = %s', [firm_id])  # noqa: S608
            counts[table] = int(cursor.fetchone()[0])
    return {table: count for table, count in counts.items() if count}


def ask(firm_id: UUID, name: str, *, wait: timedelta) -> Certificate:
    """Notes that the firm is to be destroyed, and when at the earliest; twice is once."""
    with _as_owner(firm_id) as cursor:
        cursor.execute(
            f"insert into {CERTIFICATE} (firm_id, firm_name, due_at) "  # noqa: S608
            "values (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
            "on conflict (firm_id) do nothing",
            [firm_id, name, wait.total_seconds()],
        )
        is_new = bool(cursor.rowcount)
    found = certificate_of(firm_id)
    if found is None:
        raise LookupError("the certificate is gone")
    if is_new:
        with firm(firm_id):
            note("deletion_asked", FIRM, firm_id, told={"due_at": _text(found.due_at)})
    return found


def hasten(firm_id: UUID) -> None:
    """Waits no longer."""
    with _as_owner(firm_id) as cursor:
        cursor.execute(
            f"update {CERTIFICATE} set due_at = least(due_at, clock_timestamp()) "  # noqa: S608
            "where firm_id = %s",
            [firm_id],
        )


def withdraw(firm_id: UUID) -> bool:
    """Lets the firm be; False when it is too late or was not asked for."""
    with _as_owner(firm_id) as cursor:
        cursor.execute(
            f"delete from {CERTIFICATE} where firm_id = %s and closed_at is null",  # noqa: S608
            [firm_id],
        )
        is_gone = bool(cursor.rowcount)
    if is_gone:
        with firm(firm_id):
            note("deletion_withdrawn", FIRM, firm_id)
    return is_gone


def destroy(firm_id: UUID, *, told: Told = lambda _text: None) -> Certificate:
    """Takes the steps that are left. ConfigurationError before it is due."""
    found = certificate_of(firm_id)
    if found is None:
        raise ConfigurationError("Nobody has asked for this firm to be destroyed.")
    with _as_owner(firm_id) as cursor:
        cursor.execute("select clock_timestamp() < %s", [found.due_at])
        if cursor.fetchone()[0]:
            raise ConfigurationError(
                f"{found.firm_name} is not to be destroyed before {_text(found.due_at)}. Give "
                "--now, or --cancel to let it be."
            )
    with alone(f"klientbro destroy {firm_id}", using="owner") as is_ours:
        if not is_ours:
            raise ConfigurationError("The firm is being destroyed by another command just now.")
        if found.closed_at is None:
            _close(firm_id)
            told("closed: nobody gets in, nothing is fetched")
        if found.key_destroyed_at is None:
            _destroy_keys(firm_id)
            told("keys destroyed")
        _press_out_keys()
        if found.erased_at is None:
            _erase(firm_id, told)
            _remove_people(firm_id)
            _certify(firm_id)
    certified = certificate_of(firm_id)
    if certified is None:
        raise LookupError("the certificate is gone")
    return certified


def erase_restored(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    """After a backup from before was put back: the certificates stand, the firms go again.

    Gives the names of those that had come back.
    """
    gone_again = []
    for one in kept:
        firm_id = UUID(str(one["firm_id"]))
        with _as_owner(firm_id) as cursor:
            # rule sql: columns written in this module
            cursor.execute(
                f"insert into {CERTIFICATE} ({', '.join(COLUMNS)}) "  # noqa: S608
                f"select {', '.join(f'c.{name}' for name in COLUMNS)} "
                f"from jsonb_populate_record(null::{CERTIFICATE}, %s::jsonb) c "
                "on conflict (firm_id) do update set key_destroyed_at = excluded.key_destroyed_at",
                [json.dumps(dict(one))],
            )
            cursor.execute(f"delete from {KEYS} where firm_id = %s", [firm_id])  # noqa: S608
            cursor.execute(f"select exists (select from {FIRM} where id = %s)", [firm_id])  # noqa: S608
            is_back = bool(cursor.fetchone()[0])
        if is_back:
            _erase(firm_id, lambda _text: None, is_counted=False)
            _remove_people(firm_id, is_counted=False)
            gone_again.append(str(one["firm_name"]))
    return gone_again


def _close(firm_id: UUID) -> None:
    """Nobody gets in and nothing is fetched, so that little is under way when the keys go."""
    with _as_owner(firm_id) as cursor:
        for statement in (
            "update tenants_membership set disabled_at = coalesce(disabled_at, clock_timestamp()) "
            "where firm_id = %s",
            "delete from identity_session s where user_id in (select user_id from "
            "tenants_membership where firm_id = %s)",
            "update clients_connection set is_active = false where firm_id = %s",
            "delete from sync_schedule where firm_id = %s",
            "delete from procrastinate_jobs where args ->> 'firm_id' = %s::text "
            "and status <> 'doing'",
            f"update {CERTIFICATE} set closed_at = clock_timestamp() where firm_id = %s",  # noqa: S608
        ):
            cursor.execute(statement, [firm_id])


def _destroy_keys(firm_id: UUID) -> None:
    """The step that cannot be undone: what the keys were stays as digests of their wrapped forms,
    and so does the end of the log, which goes with the rows."""
    with _as_owner(firm_id) as cursor:
        cursor.execute(
            f"select use, number, wrapped_by, encode(sha256(wrapped), 'hex') from {KEYS} "  # noqa: S608
            "where firm_id = %s order by use, number for update",
            [firm_id],
        )
        keys = [
            {"use": use, "number": number, "wrapped_by": wrapped_by, "sha256": digest}
            for use, number, wrapped_by, digest in cursor.fetchall()
        ]
        cursor.execute("select number, encode(hash, 'hex') from audit_head where firm_id = %s",
                       [firm_id])  # fmt: skip
        number, head = cursor.fetchone() or (None, None)
        cursor.execute(f"delete from {KEYS} where firm_id = %s", [firm_id])  # noqa: S608
        cursor.execute(
            f"update {CERTIFICATE} set key_destroyed_at = clock_timestamp(), keys = %s::jsonb, "  # noqa: S608
            "log_number = %s, log_hash = %s where firm_id = %s",
            [json.dumps(keys), number, head, firm_id],
        )


def _press_out_keys() -> None:
    """The rows' bytes leave the table's file too: a deleted row stays in it until then."""
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute("set lock_timeout = '5s'")
        try:
            cursor.execute(f"vacuum (full) {KEYS}")
        except OperationalError:  # a backup reads it just now; the space is given free all the same
            cursor.execute("set lock_timeout = 0")
            cursor.execute(f"vacuum {KEYS}")
        finally:
            cursor.execute("set lock_timeout = 0")


def _erase(firm_id: UUID, told: Told, *, is_counted: bool = True) -> None:
    """Children before parents, again and again until nothing is left: what was under way when the
    firm was closed may have written since."""
    for _pass in range(MOST_PASSES):
        with _as_owner(firm_id) as cursor:
            tables = _tables(cursor)
        deleted = 0
        for together in tables_in_order(tables):
            count = _erase_tables(firm_id, together, is_counted=is_counted)
            if count:
                told(f"{', '.join(together)}: {count}")
            deleted += count
        if not deleted:
            break
    for table in LOG:
        _erase_tables(firm_id, [table], is_counted=is_counted)
    with _as_owner(firm_id) as cursor:
        cursor.execute("delete from procrastinate_jobs where args ->> 'firm_id' = %s::text",
                       [firm_id])  # fmt: skip
        cursor.execute(f"delete from {FIRM} where id = %s", [firm_id])  # noqa: S608


def _erase_tables(firm_id: UUID, tables: list[str], *, is_counted: bool) -> int:
    """Some thousand rows a transaction, counted in the certificate by the same one."""
    erased = 0
    while True:
        counts: dict[str, int] = {}
        with _as_owner(firm_id) as cursor:
            for table in tables:
                if table == PLACES:
                    _note_people(cursor, firm_id)
                limit = f"limit {AT_ONCE}" if len(tables) == 1 else ""
                # rule sql: the name of a table of ours, as the catalogue has it
                cursor.execute(
                    f'delete from "{table}" where (tableoid, ctid) in '  # noqa: S608
                    f'(select tableoid, ctid from "{table}" where firm_id = %s {limit})',
                    [firm_id],
                )
                counts[table] = cursor.rowcount
                if cursor.rowcount and is_counted:
                    cursor.execute(
                        f"update {CERTIFICATE} set counts = counts || jsonb_build_object(%s::text, "  # noqa: S608
                        "coalesce((counts ->> %s)::bigint, 0) + %s) where firm_id = %s",
                        [table, table, cursor.rowcount, firm_id],
                    )
        erased += sum(counts.values())
        if len(tables) > 1 or counts[tables[0]] < AT_ONCE:
            return erased


def tables_in_order(tables: list[str]) -> Iterator[list[str]]:
    """Tables to be emptied one after the other; those that refer to each other, together."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "select distinct s.relname::text, t.relname::text from pg_constraint c "
            "join pg_class s on s.oid = c.conrelid join pg_class t on t.oid = c.confrelid "
            "where c.contype = 'f' and s.oid <> t.oid"
        )
        refers = set(cursor.fetchall())
    left = set(tables)
    while left:
        targets = {target for source, target in refers if source in left}
        free = sorted(left - targets)
        if not free:
            yield sorted(left)
            return
        for table in free:
            yield [table]
        left -= set(free)


def _certify(firm_id: UUID) -> None:
    """The digest over all that is said."""
    with _as_owner(firm_id) as cursor:
        cursor.execute(f"update {CERTIFICATE} set erased_at = clock_timestamp() "  # noqa: S608
                       "where firm_id = %s", [firm_id])  # fmt: skip
        cursor.execute(_READ, [firm_id])
        about = _certificate(cursor.fetchone()).about
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
        cursor.execute(f"update {CERTIFICATE} set digest = %s where firm_id = %s",  # noqa: S608
                       [digest, firm_id])  # fmt: skip


def _note_people(cursor: CursorWrapper, firm_id: UUID) -> None:
    """Who had a place here, for as long as they are not judged: their places go just now."""
    cursor.execute(
        f"update {CERTIFICATE} set people = array(select unnest(people) union "  # noqa: S608
        f"select user_id from {PLACES} where firm_id = %s) where firm_id = %s",
        [firm_id, firm_id],
    )


def _remove_people(firm_id: UUID, *, is_counted: bool = True) -> None:
    """Those who had a place here, have none in any other firm, and are asked into none.

    A closed place counts: what the person did there keeps its name. Their rows are locked before
    it is asked, so that a place given meanwhile is either seen, or is not given.
    """
    with _as_owner(firm_id) as cursor:
        cursor.execute(f"select people from {CERTIFICATE} where firm_id = %s for update",  # noqa: S608
                       [firm_id])  # fmt: skip
        (noted,) = cursor.fetchone()
        users = User.objects.using("owner").select_for_update().order_by("pk")
        people = users.filter(pk__in=noted, is_superuser=False, is_staff=False)
        lonely = {one.email.lower(): one.pk for one in people if not _has_place(cursor, one.pk)}
        for email in _asked_elsewhere(cursor, firm_id) if lonely else ():
            lonely.pop(email, None)
        _all, by_kind = User.objects.using("owner").filter(pk__in=lonely.values()).delete()
        counted = by_kind.get(User._meta.label, 0) if is_counted else 0
        cursor.execute(
            f"update {CERTIFICATE} set people = '{{}}', counts = case when %s = 0 then counts else "  # noqa: S608
            "counts || jsonb_build_object('tenants_user', "
            "coalesce((counts ->> 'tenants_user')::bigint, 0) + %s) end where firm_id = %s",
            [counted, counted, firm_id],
        )


def _has_place(cursor: CursorWrapper, user_id: int) -> bool:
    """Behind the user's own policy, which shows their places in all firms."""
    cursor.execute("select set_config('klientbro.user', %s, true)", [str(user_id)])
    cursor.execute(f"select exists (select from {PLACES} where user_id = %s)", [user_id])  # noqa: S608
    is_found = bool(cursor.fetchone()[0])
    cursor.execute("select set_config('klientbro.user', '', true)")
    return is_found


def _asked_elsewhere(cursor: CursorWrapper, firm_id: UUID) -> set[str]:
    """The addresses that open invitations of other firms went to, one firm at a time."""
    found: set[str] = set()
    for other, _name in all_firms():
        cursor.execute("select set_config(%s, %s, true)", [SETTING, str(other)])
        cursor.execute(
            "select lower(email) from identity_invitation where used_at is null and withdrawn_at "
            "is null and coalesce(expires_at, 'infinity') > clock_timestamp() and firm_id <> %s "
            "and not firm_is_destroyed(firm_id)",
            [firm_id],
        )
        found |= {email for (email,) in cursor.fetchall()}
    cursor.execute("select set_config(%s, %s, true)", [SETTING, str(firm_id)])
    return found


def _tables(cursor: CursorWrapper) -> list[str]:
    """Every table with rows of firms but the log, the keys and the certificates."""
    cursor.execute(
        "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "join pg_attribute a on a.attrelid = c.oid and a.attname = 'firm_id' "
        "where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition "
        "and c.relname <> all(%s) order by 1",
        [[CERTIFICATE, KEYS, *LOG]],
    )
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def _as_owner(firm_id: UUID) -> Iterator[CursorWrapper]:
    """A transaction of the tables' owner, behind the firm's own wall."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("select set_config(%s, %s, true)", [SETTING, str(firm_id)])
        yield cursor


def _certificate(row: tuple[Any, ...]) -> Certificate:
    values = dict(zip(COLUMNS, row, strict=True))
    for name in ("keys", "counts"):
        if isinstance(values[name], str):
            values[name] = json.loads(values[name])
    return Certificate(**values)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
