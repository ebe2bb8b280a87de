#!/bin/sh
# Makes the three roles and the database on a new PostgreSQL, as docs/howto/run-in-production.md says.
set -eu
psql --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 \
  --set=owner="$OWNER_PASSWORD" --set=app="$APP_PASSWORD" --set=backup="$BACKUP_PASSWORD" <<'SQL'
create role klientbro_owner login password :'owner' nosuperuser nobypassrls;
create role klientbro_app login password :'app' nosuperuser nobypassrls;
create role klientbro_backup login password :'backup' nosuperuser bypassrls;
grant pg_read_all_data to klientbro_backup;
create database klientbro owner klientbro_owner encoding 'UTF8' template template0;
revoke all on database klientbro from public;
grant connect, temporary on database klientbro to klientbro_app;
grant connect on database klientbro to klientbro_backup;
SQL
