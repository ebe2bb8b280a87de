-- The ledger. Every table has firm_id and forced row-level security (the migration adds the policy).
-- Postings carry no foreign keys: a check per row costs more than the insert, and the landing has
-- locked the books row of the same firm before it writes. 2147483647 in known_to means «still so».

create table ledger_books (
  connection_id bigint primary key,
  firm_id uuid not null,
  client_id bigint not null,
  run bigint not null default 0,              -- fencing number: a run that is not the newest cannot land
  landing int not null default 0,             -- last landing number taken
  complete_landing int not null default 0,    -- last landing of a completed run: what as-known resolves to
  complete_at timestamptz,
  stage text not null default 'new' check (stage in ('new', 'history', 'current')),
  conversion_date date,
  year_end_month smallint,
  currency text not null default 'NOK',
  lock_date date,
  covered_from date,                          -- first day of the unbroken history held
  anchor_date date,                           -- ledger_opening holds closing balances of this day
  is_anchored_at_conversion boolean not null default false,
  results_restart boolean not null default true,
  watermark text,                             -- largest source timestamp seen, as the source wrote it
  reading_seconds real not null default 0,    -- how long the last reading took: added to the overlap
  newest_source_id text collate "C",
  newest_source_at timestamptz,
  postings bigint not null default 0,
  unique (firm_id, connection_id),
  foreign key (firm_id, connection_id) references clients_connection (firm_id, id),
  foreign key (firm_id, client_id) references clients_client (firm_id, id)
);

create table ledger_landing (
  firm_id uuid not null,
  connection_id bigint not null,
  number int not null,
  run bigint not null,
  kind text not null,                         -- postings, anchor, accounts, ...
  landed_at timestamptz not null default clock_timestamp(),
  first_date date,
  last_date date,
  rows_new int not null default 0,
  rows_changed int not null default 0,
  rows_closed int not null default 0,
  primary key (connection_id, number),
  foreign key (firm_id, connection_id) references ledger_books (firm_id, connection_id)
);

create table ledger_posting (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  known_from int not null,
  known_to int not null default 2147483647,
  account_id text collate "C" not null,
  posting_date date not null,
  amount numeric not null,                    -- unconstrained on purpose: numeric(18,2) rounds silently
  voucher_id text collate "C" not null,
  voucher_no bigint not null,
  voucher_series text not null,
  voucher_type text not null,
  voucher_date date,
  voucher_text text,
  text text,
  vat_code text,
  vat_rate numeric,
  vat_amount numeric,
  currency text,
  currency_amount numeric,
  department_code text,
  project_code text,
  customer_no text,
  supplier_no text,
  entry_id text,
  reverses_voucher_id text collate "C",
  reverses_voucher_no bigint,
  corrects_voucher_id text collate "C",
  corrects_voucher_no bigint,
  is_reversed boolean not null,
  source_created_at timestamptz,
  source_changed_at timestamptz
) partition by hash (connection_id);

do $$
begin
  for i in 0..15 loop
    execute format(
      'create table ledger_posting_%s partition of ledger_posting '
      'for values with (modulus 16, remainder %s)', lpad(i::text, 2, '0'), i);
  end loop;
end $$;

-- «>=» on purpose: the landing asks in the same words, and then no other index can answer. With
-- stale statistics the planner would else take one of those below and read the whole client for
-- every id.
create unique index ledger_posting_current on ledger_posting (connection_id, source_id)
  where known_to >= 2147483647;
create index ledger_posting_account on ledger_posting (connection_id, account_id, posting_date)
  where known_to = 2147483647;
create index ledger_posting_voucher on ledger_posting (connection_id, voucher_no)
  where known_to = 2147483647;
create index ledger_posting_reversal on ledger_posting (connection_id, reverses_voucher_no)
  where known_to = 2147483647 and reverses_voucher_no is not null;
create index ledger_posting_correction on ledger_posting (connection_id, corrects_voucher_no)
  where known_to = 2147483647 and corrects_voucher_no is not null;
create index ledger_posting_closed on ledger_posting (connection_id, known_to)
  where known_to < 2147483647;

create table ledger_balance (
  firm_id uuid not null,
  connection_id bigint not null,
  account_id text collate "C" not null,
  month date not null,
  amount numeric not null,
  postings int not null,
  primary key (connection_id, account_id, month)
);

create table ledger_change (
  firm_id uuid not null,
  connection_id bigint not null,
  landing int not null,
  account_id text collate "C" not null,
  month date not null,
  delta numeric not null,
  before numeric not null,
  after numeric not null,
  postings int not null,                      -- how many more (or fewer) postings
  vouchers bigint[] not null default '{}',    -- empty in a first load: they are all there
  primary key (connection_id, landing, account_id, month)
);

create table ledger_opening (
  firm_id uuid not null,
  connection_id bigint not null,
  account_id text collate "C" not null,
  amount numeric not null,
  known_from int not null,
  known_to int not null default 2147483647,
  primary key (connection_id, account_id, known_from)
);

create table ledger_anchor (
  firm_id uuid not null,
  connection_id bigint not null,
  landing int not null,
  anchor_date date not null,
  covered_from date not null,
  primary key (connection_id, landing)
);

create table ledger_account (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  number text not null,
  number_key text collate "C" not null,
  name text not null,
  type text not null,
  vat_code text,
  is_active boolean not null,
  agriculture_department text not null default '',
  control text check (control in ('customer', 'supplier')),
  changed_at timestamptz,
  gone_landing int,                           -- no longer in the source's list
  closed_at timestamptz,                      -- taken away by «Slett gamle kontoer»
  primary key (connection_id, source_id)
);

create table ledger_account_history (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  landing int not null,
  seen_at timestamptz not null default clock_timestamp(),
  number_before text,
  number_after text,
  name_before text,
  name_after text,
  type_before text,
  type_after text,
  primary key (connection_id, source_id, landing)
);

create table ledger_vat_code (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  code text not null,
  name text not null,
  rate numeric,
  valid_from date,
  valid_to date,
  is_active boolean not null,
  gone_landing int,
  primary key (connection_id, source_id)
);

create table ledger_party (
  firm_id uuid not null,
  connection_id bigint not null,
  kind text not null check (kind in ('customer', 'supplier')),
  source_id text collate "C" not null,
  number text,
  name text not null,
  orgnr text,
  is_active boolean not null,
  changed_at timestamptz,
  gone_landing int,
  primary key (connection_id, kind, source_id)
);

create table ledger_dimension (
  firm_id uuid not null,
  connection_id bigint not null,
  kind text not null check (kind in ('department', 'project')),
  source_id text collate "C" not null,
  code text,
  name text not null,
  is_active boolean not null,
  gone_landing int,
  primary key (connection_id, kind, source_id)
);

create table ledger_bank_account (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  number text not null,
  bank_name text,
  currency text,
  account_id text collate "C",
  is_active boolean not null,
  gone_landing int,
  primary key (connection_id, source_id)
);

create table ledger_financial_year (
  firm_id uuid not null,
  connection_id bigint not null,
  first_day date not null,
  last_day date not null,
  primary key (connection_id, first_day),
  check (last_day > first_day)
);

create table ledger_lock_date (
  firm_id uuid not null,
  connection_id bigint not null,
  seen_at timestamptz not null default clock_timestamp(),
  lock_date date,
  primary key (connection_id, seen_at)
);

-- An append-only record that one month equals the source. A newer one supersedes.
create table ledger_seal (
  id bigint generated always as identity primary key,
  firm_id uuid not null,
  connection_id bigint not null,
  month date not null,
  kind text not null check (kind in ('full', 'movement')),
  landing int not null,
  sealed_at timestamptz not null default clock_timestamp(),
  newest_source_id text,
  newest_source_at timestamptz,
  accounts int not null,
  postings bigint not null,
  undisposed numeric not null,
  sheet_hash text not null
);
create index ledger_seal_month on ledger_seal (connection_id, month, id desc);

create function ledger_seal_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'seals are append-only';
end $$;
create trigger append_only before update or delete on ledger_seal
  for each row execute function ledger_seal_is_append_only();

-- Where each month stands now.
create table ledger_month (
  firm_id uuid not null,
  connection_id bigint not null,
  month date not null,
  state text not null check (state in ('unproved', 'sealed', 'moving', 'differs')),
  seal_id bigint,
  proved_at timestamptz,
  landing int,
  differences jsonb not null default '[]',
  changed_after_lock boolean not null default false,
  primary key (connection_id, month)
);

create table ledger_late_change (
  id bigint generated always as identity primary key,
  firm_id uuid not null,
  connection_id bigint not null,
  landing int not null,
  month date not null,
  voucher_id text collate "C" not null,
  voucher_no bigint not null,
  reason text not null check (reason in ('lock', 'seal')),
  source_created_at timestamptz,
  late_after timestamptz not null,            -- when the month was locked or sealed, to our knowledge
  lock_date date,
  seal_id bigint,
  result_effect numeric not null,             -- on income and expense accounts, ledger sign
  found_at timestamptz not null default clock_timestamp(),
  unique (connection_id, voucher_id, month, reason)
);

create table ledger_finding (
  id bigint generated always as identity primary key,
  firm_id uuid not null,
  connection_id bigint not null,
  kind text not null,
  reference text not null,
  detail jsonb not null default '{}',
  landing int,
  found_at timestamptz not null default clock_timestamp(),
  cleared_at timestamptz,
  unique (connection_id, kind, reference)
);

create table ledger_item_snapshot (
  id bigint generated always as identity primary key,
  firm_id uuid not null,
  connection_id bigint not null,
  side text not null check (side in ('customer', 'supplier')),
  as_of date not null,
  taken_at timestamptz not null default clock_timestamp(),
  landing int not null,
  items int not null,
  total numeric not null,
  control_total numeric,                      -- the control accounts on the same day, null when unknown
  unique (firm_id, id)
);
create index ledger_item_snapshot_newest
  on ledger_item_snapshot (connection_id, side, as_of, id desc);

create table ledger_item (
  firm_id uuid not null,
  snapshot_id bigint not null,
  source_id text collate "C" not null,
  party_no text,
  party_name text,
  voucher_id text,
  voucher_no bigint,
  invoice_no text,
  posting_date date,
  due_date date,
  amount numeric not null,
  balance numeric not null,
  currency text,
  currency_amount numeric,
  primary key (snapshot_id, source_id),
  foreign key (firm_id, snapshot_id) references ledger_item_snapshot (firm_id, id)
);
