"""Whose turn it is, counted in the database: slots by client and firm, jobs by firm, and choices."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import protect

UNLOGGED = ["sync_budgetwait", "sync_budgetshare", "sync_budgetminute"]

# One call asks for a slot: a sign of life, whose turn it is among all processes, and the slot.
#
# Every second slot goes by firm and the others by client, so that a client gets at least half of
# its share however the shares are counted; every twentieth goes to whoever has waited longest,
# whatever its priority. A slot that stood free for a while is taken by whoever asks: a process
# that does not come for its turn must not stop the others.
TAKE_SLOT = """
create function sync_take_slot(
  p_key text, p_process text, p_rate float8, p_lowest float8,
  p_firms uuid[], p_connections bigint[], p_priorities int[], p_waited float8[],
  p_life float8, p_grace float8, p_catch_up float8,
  out pause float8, out chosen int, out granted_at timestamptz
) language plpgsql as $$
declare
  b sync_budget;
  best record;
  moment timestamptz := clock_timestamp();
  now_rate float8;
  slots timestamptz[];
  paced timestamptz;
  opens timestamptz;
  oldest_first boolean;
  firms_first boolean;
  only_mine boolean;
begin
  insert into sync_budgetwait as w (process, key, firms, connections, priorities, since, seen_at)
  select p_process, p_key, p_firms, p_connections, p_priorities,
         array(select moment - make_interval(secs => s) from unnest(p_waited) with ordinality
               as u(s, place) order by place), moment
  on conflict (process) do update set firms = excluded.firms, connections = excluded.connections,
    priorities = excluded.priorities, since = excluded.since, seen_at = excluded.seen_at;

  select * into b from sync_budget where key = p_key;
  if not found then
    insert into sync_budget (key, free_at, paced_at, recent, rate, granted, throttled)
    values (p_key, moment, moment, '{}', p_rate, 0, 0) on conflict do nothing;
  elsif b.free_at > moment then
    pause := extract(epoch from b.free_at - moment);
    return;
  end if;

  select * into b from sync_budget where key = p_key for update;
  moment := clock_timestamp();
  if b.free_at > moment then
    pause := extract(epoch from b.free_at - moment);
    return;
  end if;

  oldest_first := (b.granted + 1) % 20 = 0;
  firms_first := (b.granted + 1) % 2 = 0;
  only_mine := b.free_at < moment - make_interval(secs => p_grace);
  select q.* into best
  from (
    select w.process, u.place, u.firm, u.connection, u.priority, u.since
    from sync_budgetwait w
    cross join lateral unnest(w.firms, w.connections, w.priorities, w.since)
      with ordinality as u(firm, connection, priority, since, place)
    where w.key = p_key and w.seen_at > moment - make_interval(secs => p_life)
      and (not only_mine or w.process = p_process)
  ) q
  left join sync_budgetshare c
    on c.key = p_key and c.firm_id = q.firm and c.connection_id = q.connection
  left join sync_budgetshare f
    on f.key = p_key and f.firm_id = q.firm and f.connection_id = 0
  order by case when oldest_first then 0 else q.priority end desc,
           case when oldest_first then q.since end,
           case when firms_first then coalesce(f.served, 0) else 0 end,
           coalesce(c.served, 0), q.since, q.process, q.place
  limit 1;
  if best.process is distinct from p_process then
    pause := 0.01;
    return;
  end if;

  -- a lowered rate creeps back to the setting, a thousandth a request
  now_rate := least(p_rate, greatest(b.rate * 1.001, p_lowest));
  slots := b.recent || moment;
  if array_length(slots, 1) > 10 then
    slots := slots[array_length(slots, 1) - 9:];
  end if;
  paced := greatest(coalesce(b.paced_at, moment),
                    moment - make_interval(secs => p_catch_up / now_rate))
           + make_interval(secs => 1.0 / now_rate);
  opens := greatest(paced, moment + make_interval(secs => 0.5 / now_rate));
  if array_length(slots, 1) = 10 then
    -- never more than ten in a sliding second, however late some of them were: eleven span 1.031 s
    -- at 9.7 a second; what was late within them is caught up
    opens := greatest(opens, slots[1] + make_interval(secs => 10.0 / now_rate));
  end if;
  update sync_budget set free_at = opens, paced_at = paced, recent = slots, rate = now_rate,
    granted = granted + 1 where key = p_key;

  insert into sync_budgetshare as s (key, firm_id, connection_id, served)
  values (p_key, best.firm, best.connection, b.granted + 1), (p_key, best.firm, 0, b.granted + 1)
  on conflict (key, firm_id, connection_id) do update set served = excluded.served;
  insert into sync_budgetminute as m (key, minute, firm_id, priority, granted, throttled, waited_ms)
  values (p_key, date_trunc('minute', moment), best.firm, best.priority, 1, 0,
          extract(epoch from moment - best.since) * 1000)
  on conflict (key, minute, firm_id, priority) do update
    set granted = m.granted + 1, waited_ms = m.waited_ms + excluded.waited_ms;

  if array_length(p_firms, 1) = 1 then
    delete from sync_budgetwait where process = p_process;
  else
    update sync_budgetwait set
      firms = firms[:best.place - 1] || firms[best.place + 1:],
      connections = connections[:best.place - 1] || connections[best.place + 1:],
      priorities = priorities[:best.place - 1] || priorities[best.place + 1:],
      since = since[:best.place - 1] || since[best.place + 1:]
    where process = p_process;
  end if;
  if (b.granted + 1) % 500 = 0 then
    delete from sync_budgetwait where seen_at < moment - interval '1 minute';
  end if;
  pause := 0;
  chosen := best.place;
  granted_at := moment;
end $$;
"""

# Which job a worker takes: the most urgent; among equals one of the firm with the fewest running.
# `p_open`: with so many running, the rest of the worker's places are kept for `p_urgent` and above.
FETCH_JOB = """
create function sync_fetch_job(
  p_queues varchar[], p_worker bigint, p_open int, p_urgent int, p_oldest boolean
) returns procrastinate_jobs language plpgsql as $$
declare
  found_job procrastinate_jobs;
  least_priority int := -2147483648;
  candidate bigint;
begin
  -- one at a time, so that two workers count the same running jobs; it takes about a millisecond
  perform pg_advisory_xact_lock(7204118650013);
  if (select count(*) from procrastinate_jobs where worker_id = p_worker and status = 'doing')
     >= p_open then
    least_priority := p_urgent;
  end if;
  if p_oldest then
    select j.id into candidate from procrastinate_jobs j
    where j.status = 'todo' and j.priority >= least_priority
      and (p_queues is null or j.queue_name = any(p_queues))
      and (j.scheduled_at is null or j.scheduled_at <= now())
      and not exists (
        select from procrastinate_jobs o where o.lock = j.lock and o.status = 'doing')
      and not exists (
        select from procrastinate_jobs o where o.lock = j.lock and o.status = 'todo'
        and (o.priority > j.priority or (o.priority = j.priority and o.id < j.id)))
    order by j.id limit 1;
  else
    with recursive firms as (
      (select coalesce(args ->> 'firm_id', '') as firm from procrastinate_jobs
       where status = 'todo' order by coalesce(args ->> 'firm_id', '') limit 1)
      union all
      select (select coalesce(j.args ->> 'firm_id', '') from procrastinate_jobs j
              where j.status = 'todo' and coalesce(j.args ->> 'firm_id', '') > firms.firm
              order by coalesce(j.args ->> 'firm_id', '') limit 1)
      from firms where firms.firm is not null
    ), running as materialized (
      select coalesce(args ->> 'firm_id', '') as firm, count(*) as jobs from procrastinate_jobs
      where status = 'doing' and worker_id is not null group by 1
    )
    select first.id into candidate from firms
    cross join lateral (
      select j.id, j.priority from procrastinate_jobs j
      where j.status = 'todo' and coalesce(j.args ->> 'firm_id', '') = firms.firm
        and j.priority >= least_priority
        and (p_queues is null or j.queue_name = any(p_queues))
        and (j.scheduled_at is null or j.scheduled_at <= now())
        and not exists (
          select from procrastinate_jobs o where o.lock = j.lock and o.status = 'doing')
        and not exists (
          select from procrastinate_jobs o where o.lock = j.lock and o.status = 'todo'
          and (o.priority > j.priority or (o.priority = j.priority and o.id < j.id)))
      order by j.priority desc, j.id limit 1
    ) first
    left join running on running.firm = firms.firm
    order by first.priority desc, coalesce(running.jobs, 0), first.id
    limit 1;
  end if;
  update procrastinate_jobs set status = 'doing', worker_id = p_worker
  where id = candidate and status = 'todo'
  returning * into found_job;
  return found_job;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0003_same_firm"),
        ("procrastinate", "0041_post_retry_failed_job"),
        ("sync", "0005_run_history"),
        ("tenants", "0002_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="priority",
            field=models.IntegerField(db_default=30, default=30),
        ),
        migrations.CreateModel(
            name="Attention",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="attention",
                        serialize=False,
                        to="clients.connection",
                    ),
                ),
                ("opened_at", models.DateTimeField(null=True)),
                ("frequency", models.CharField(blank=True, db_default="", max_length=10)),
                ("deadline", models.DateField(null=True)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                (
                    "firm",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to="tenants.firm",
                    ),
                ),
                ("frequency", models.CharField(db_default="normal", max_length=10)),
                ("from_hour", models.SmallIntegerField(db_default=7)),
                ("to_hour", models.SmallIntegerField(db_default=17)),
            ],
        ),
        migrations.CreateModel(
            name="ItemDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("worked_on_at", models.DateTimeField()),
                ("asked_landing", models.IntegerField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="clients.connection"
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "day"), name="one_item_day")
                ],
            },
        ),
        migrations.AddField(
            model_name="budget",
            name="paced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="budget",
            name="recent",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateTimeField(), db_default=[], default=list, size=None
            ),
        ),
        migrations.DeleteModel(name="BudgetWait"),
        migrations.CreateModel(
            name="BudgetWait",
            fields=[
                ("process", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("key", models.CharField(max_length=60)),
                (
                    "firms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), size=None
                    ),
                ),
                (
                    "connections",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "priorities",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.IntegerField(), size=None
                    ),
                ),
                (
                    "since",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.DateTimeField(), size=None
                    ),
                ),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="BudgetShare",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key",
                        "firm_id",
                        "connection_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("firm_id", models.UUIDField()),
                ("connection_id", models.BigIntegerField()),
                ("served", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="BudgetMinute",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key",
                        "minute",
                        "firm_id",
                        "priority",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("minute", models.DateTimeField()),
                ("firm_id", models.UUIDField()),
                ("priority", models.IntegerField()),
                ("granted", models.IntegerField(db_default=0)),
                ("throttled", models.IntegerField(db_default=0)),
                ("waited_ms", models.BigIntegerField(db_default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["minute"], name="budget_minute_age")],
            },
        ),
        # a crash may forget who waited and who was served; all of it is made again by use
        migrations.RunSQL(
            " ".join(
                f"alter table {table} set unlogged; alter table {table} set (fillfactor = 50);"
                for table in UNLOGGED
            ),
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            " ".join(
                f"alter table {table} add constraint {table}_same_firm "
                "foreign key (firm_id, connection_id) references clients_connection (firm_id, id) "
                "deferrable initially deferred;"
                for table in ("sync_attention", "sync_itemday")
            ),
            reverse_sql=" ".join(
                f"alter table {table} drop constraint {table}_same_firm;"
                for table in ("sync_attention", "sync_itemday")
            ),
        ),
        protect(["sync_attention", "sync_pace", "sync_itemday"]),
        migrations.RunSQL(
            "create index sync_waiting_by_firm on procrastinate_jobs "
            "(coalesce(args ->> 'firm_id', ''), priority desc, id) where status = 'todo'; "
            "create index sync_waiting_by_lock on procrastinate_jobs (lock) "
            "where status = 'todo';",
            reverse_sql="drop index sync_waiting_by_firm; drop index sync_waiting_by_lock;",
        ),
        migrations.RunSQL(TAKE_SLOT, reverse_sql="drop function sync_take_slot;"),
        migrations.RunSQL(FETCH_JOB, reverse_sql="drop function sync_fetch_job;"),
    ]
