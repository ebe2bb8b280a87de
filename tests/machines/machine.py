"""One «machine's» part of Klientbro, as its service starts it, with small pages for the test.

python -m tests.machines.machine PAGE_SIZE IDLE_SECONDS COMMAND [WORDS…]
"""

from __future__ import annotations

import sys


def main() -> int:
    from klientbro.cli.main import main as klientbro
    from klientbro.connectors.poweroffice import client, paging
    from klientbro.sync import database

    paging.PAGE_SIZE = client.PAGE_SIZE = int(sys.argv[1])
    database.IDLE_SECONDS = int(sys.argv[2])
    return klientbro(sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
