"""What runs in the database as the owner of the tables runs nothing that the application made."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from klientbro.audit.services import note
from klientbro.audit.verifying import verify
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Membership
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db(transaction=True)

# What somebody who has got hold of the application's role may make: tables of their own, which hide
# those of the same name, and code that runs when these are written.
_SEEN = """
create temporary table seen (role text) on commit drop;
grant all on seen to public;
create function pg_temp.take_over() returns trigger language plpgsql as $$
begin
  insert into pg_temp.seen values (current_user);
  return new;
end $$;
"""
_TRAP = """
create temporary table {table} (like public.{table}) on commit drop;
create trigger trap before insert or update on {table}
  for each row execute function pg_temp.take_over();
grant all on {table} to public;
"""


@pytest.mark.parametrize(
    "hidden", [("audit_entry",), ("audit_head",), ("audit_entry", "audit_head")]
)
def test_temporary_tables_hide_nothing_from_the_log_and_their_code_is_not_run(
    firm_account: Any, user: Any, hidden: tuple[str, ...]
) -> None:
    with in_firm(firm_account.id):
        before = verify()

    with acting_as(user.pk), in_firm(firm_account.id), connection.cursor() as cursor:
        cursor.execute(_SEEN)
        for table in hidden:
            cursor.execute(_TRAP.format(table=table))
        note("export", "audit_entry", told={"rows": 3})
        Membership.objects.filter(user=user).update(role="reader")
        cursor.execute("set constraints all immediate")
        cursor.execute("select role from pg_temp.seen")
        taken_over = cursor.fetchall()

    with in_firm(firm_account.id):
        after = verify()
    assert taken_over == []
    assert (after.entries, after.breaks) == (before.entries + 2, ())


def test_certificate_in_a_temporary_table_destroys_no_firm() -> None:
    firm = create_firm("Åsen Regnskap AS")
    with in_firm(firm.id), connection.cursor() as cursor:
        cursor.execute(
            "create temporary table tenants_destruction on commit drop as "
            "select %s::uuid as firm_id, clock_timestamp() as key_destroyed_at",
            [firm.id],
        )
        cursor.execute("select public.firm_is_destroyed(%s)", [firm.id])
        assert cursor.fetchone() == (False,)


def test_every_function_with_a_path_of_its_own_looks_among_temporary_tables_last() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select p.proname, p.prosecdef, (select split_part(told, '=', 2) from unnest(p.proconfig)
              as told where told like 'search_path=%%') from pg_proc p
            join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = 'public' and not exists (
              select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            """
        )
        found = [(name, as_owner, path or "") for name, as_owner, path in cursor.fetchall()]
    own_path = [(name, path) for name, as_owner, path in found if as_owner or path]
    assert len([one for one in found if one[1]]) > 30
    assert [one for one in own_path if not one[1].endswith("pg_temp")] == []
