"""How many bytes a posting takes in the real schema, indexes and all that stands beside it."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

_SIZES = """
select coalesce(sum(bytes) filter (where relname like 'ledger_posting%'), 0),
       coalesce(sum(bytes) filter (where relname like 'ledger_%'
                and relname not like 'ledger_posting%'), 0),
       coalesce(sum(bytes) filter (where relname = 'sync_run'), 0),
       coalesce(sum(bytes) filter (where relname = 'sync_requestline'), 0),
       (select count(*) from ledger_posting), (select count(*) from sync_run),
       (select count(*) from sync_requestline)
from (select relname, pg_total_relation_size(c.oid) as bytes from pg_class c
      join pg_namespace n on n.oid = c.relnamespace where nspname = 'public' and relkind = 'r') s
"""
ROUNDS = 200
REQUESTS_OF_A_ROUND = 2.6  # what is new and the proof; a token every second or third time


def measure(scale: float = 2.0, companies: int = 3) -> tuple[float, float, float]:
    """Bytes of a posting, beside it, and of a round; from books landed by the engine itself."""
    import psycopg

    from bench.house import bench_house, connect, use_simulator
    from simulators.poweroffice_go.testing import start_simulator

    with (
        bench_house() as house,
        start_simulator(companies=companies, scale=scale, requests_per_second=0) as simulator,
    ):
        use_simulator(simulator)
        server = house.database.server
        assert server is not None
        superuser = make_conninfo(server.superuser_url, dbname="klientbro")
        with psycopg.connect(superuser, autocommit=True) as connection:
            empty = connection.execute(_SIZES).fetchone()
            for number in range(1, companies + 1):
                books = connect(simulator, number)
                books.sync()
            # rounds are counted from many, since a table's first pages are mostly empty
            for _ in range(ROUNDS):
                books.sync()
            connection.execute("vacuum analyze")
            full = connection.execute(_SIZES).fetchone()
    assert empty is not None
    assert full is not None
    postings, beside, runs, lines = (float(full[place] - empty[place]) for place in range(4))
    a_round = runs / max(full[5], 1) + REQUESTS_OF_A_ROUND * lines / max(full[6], 1)
    return postings / full[4], beside / full[4], a_round
