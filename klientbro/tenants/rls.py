"""Row-level security: the policy every tenant table carries, and the application role's rights.

Exactly this form of policy is evaluated once per statement; a per-row form is two to three times
slower, and without nullif a pooled connection that once had a firm raises on the empty string.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations
from django.db.backends.utils import CursorWrapper

if TYPE_CHECKING:
    from collections.abc import Sequence

APPLICATION_ROLE = "klientbro_app"
CURRENT_FIRM = "(select nullif(current_setting('klientbro.firm', true), '')::uuid)"

# Tables without a firm, each with its reason. A test walks the schema and knows only these.
WITHOUT_FIRM: dict[str, str] = {
    "tenants_user": "a person signs in before a firm is known, and may belong to several",
    "tenants_user_groups": "Django's own, unused",
    "tenants_user_user_permissions": "Django's own, unused",
    "tenants_signinlink": "opened before sign-in; holds a hash and a user only",
    "account_emailaddress": "sign-in, before a firm is known",
    "account_emailconfirmation": "sign-in, before a firm is known",
    "mfa_authenticator": "sign-in, before a firm is known; a person's, its secrets are encrypted",
    "auth_group": "Django's own, unused",
    "auth_group_permissions": "Django's own, unused",
    "auth_permission": "Django's own",
    "django_content_type": "Django's own",
    "django_migrations": "Django's own; the application may only read it",
    "identity_session": "sign-in; its content is signed and holds no tenant data; keys are hashes",
    "audit_failedsignin": "wrong passwords of the last minute, before a firm is known",
    "identity_resetletter": "a forgotten password, before a firm is known; holds a user only",
    "identity_signinletter": "a letter about a person's sign-in, who belongs to no one firm",
    "tenants_sharedvalue": "counts of failed sign-ins, before a firm is known; keys are hashes",
    "sync_schedule": "the scheduler looks across firms; ids and times only",
    "sync_budget": "one allowance for all firms",
    "sync_budgetwait": "who waits for the allowance; no tenant data",
    "sync_budgetshare": "which slot of the shared allowance served whom last; ids and numbers only",
    "sync_budgetminute": "how the shared allowance was used; ids and counts only",
    "tenants_destruction": "certificates of firms that are gone: ids, times, counts, digests",
    "procrastinate_jobs": "the queue works across firms; arguments are ids only",
    "procrastinate_events": "the queue's own",
    "procrastinate_periodic_defers": "the queue's own",
    "procrastinate_workers": "the queue's own",
}


def policy_sql(table: str, column: str = "firm_id") -> str:
    """SQL that puts forced row-level security on a table."""
    return (
        f'alter table "{table}" enable row level security; '
        f'alter table "{table}" force row level security; '
        f'create policy firm_only on "{table}" '
        f"using ({column} = {CURRENT_FIRM}) with check ({column} = {CURRENT_FIRM});"
    )


def protect(tables: Sequence[str]) -> migrations.RunSQL:
    """A migration step that puts the policy on tables with a `firm_id`."""
    return migrations.RunSQL(
        sql=" ".join(policy_sql(table) for table in tables),
        reverse_sql=" ".join(
            f'drop policy firm_only on "{table}"; alter table "{table}" disable row level security;'
            for table in tables
        ),
    )


def keep_within_firm(references: Sequence[tuple[str, str, str]]) -> migrations.RunSQL:
    """A migration step: foreign keys that carry the firm, as (table, column, parent table).

    Plain foreign keys pass the policies by, so a row could point at another firm's.
    """
    names = [f"{table}_{column}_same_firm" for table, column, _parent in references]
    return migrations.RunSQL(
        sql=" ".join(
            f'alter table "{table}" add constraint "{name}" foreign key (firm_id, "{column}") '
            f'references "{parent}" (firm_id, id) deferrable initially deferred;'
            for name, (table, column, parent) in zip(names, references, strict=True)
        ),
        reverse_sql=" ".join(
            f'alter table "{table}" drop constraint "{name}";'
            for name, (table, _column, _parent) in zip(names, references, strict=True)
        ),
    )


def grant_to_application(cursor: CursorWrapper) -> None:
    """Lets the application use tables it does not own; partitions get nothing of their own."""
    cursor.execute(
        f"""
        do $$
        declare t record;
        begin
          if not exists (select from pg_roles where rolname = '{APPLICATION_ROLE}') then
            return;
          end if;
          grant usage on schema public to {APPLICATION_ROLE};
          for t in select c.relname, c.relispartition from pg_class c
                   join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public' and c.relkind in ('r', 'p', 'v')
                     and pg_get_userbyid(c.relowner) = current_user
          loop
            if t.relispartition then
              execute format('revoke all on %I from {APPLICATION_ROLE}', t.relname);
            else
              execute format(
                'grant select, insert, update, delete, maintain on %I to {APPLICATION_ROLE}',
                t.relname);
            end if;
          end loop;
          grant usage, select on all sequences in schema public to {APPLICATION_ROLE};
          if to_regclass('public.django_migrations') is not null then
            revoke insert, update, delete on django_migrations from {APPLICATION_ROLE};
          end if;
          if to_regclass('public.tenants_destruction') is not null then  -- the operator's
            revoke insert, update, delete, maintain on tenants_destruction from {APPLICATION_ROLE};
          end if;
          if to_regclass('public.audit_entry') is not null then  -- its own code alone writes these
            revoke insert, update, delete, maintain on audit_entry, audit_head
              from {APPLICATION_ROLE};
          end if;
        end $$
        """
    )
