"""The peer's side: dlt reads the same pages into the same PostgreSQL, at its best settings.

Runs in .venv-bench-dlt, so it imports nothing of ours. Reads its orders as JSON from stdin and
answers with one line of JSON.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

# The fastest of what was tried on the same pages with both cores free: large buffers, CSV by COPY
# instead of INSERT, and files small enough that two processes normalise side by side.
SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "RUNTIME__REQUEST_TIMEOUT": "300",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
    "DATA_WRITER__FILE_MAX_ITEMS": "25000",
    "DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION": "true",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "NORMALIZE__WORKERS": "2",
    "LOAD__WORKERS": "4",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "EXTRACT__NEXT_ITEM_MODE": "fifo",
}


def main() -> None:
    orders = json.load(sys.stdin)
    os.environ.update(SETTINGS | orders.get("settings", {}))
    with tempfile.TemporaryDirectory(prefix="kb-bench-dlt-") as folder:
        folder = orders.get("folder", folder)  # given when it is to remember where it was
        os.environ["DLT_DATA_DIR"] = folder
        print(json.dumps(load(orders, folder)), flush=True)


def nothing_is_an_empty_list(response: Any, *args: Any, **kwargs: Any) -> None:
    """The source says 204 with no body past the last page."""
    if response.status_code == 204:
        response._content = b"[]"


def load(orders: dict[str, Any], folder: str) -> dict[str, Any]:
    """Seconds of one pipeline run; libraries are imported before the clock starts."""
    import dlt
    from dlt.sources.helpers.rest_client import RESTClient
    from dlt.sources.helpers.rest_client.paginators import PageNumberPaginator

    client = RESTClient(orders["base_url"], headers=orders["headers"])
    client.session.trust_env = False

    def pages() -> Iterator[list[dict[str, Any]]]:
        # Its own state, kept by the page: its built-in cursor looks at every row and is slower.
        state = dlt.current.resource_state() if "changed_since" in orders else {}
        since = state.get("since")
        for query in orders["queries"]:
            for page in client.paginate(
                orders["path"],
                params={**query, orders["changed_since"]: since} if since else query,
                paginator=PageNumberPaginator(
                    base_page=1,
                    page_param="PageNumber",
                    total_path=None,
                    stop_after_empty_page=True,
                ),
                hooks={"response": [nothing_is_an_empty_list]},
            ):
                if "changed_since" in orders:
                    latest = max((row["LastChangedDateTimeOffset"] for row in page), default="")
                    state["since"] = max(state.get("since", ""), latest)
                yield page

    resource = dlt.resource(
        pages,
        name="account_transactions",
        primary_key="Id",
        write_disposition={"disposition": "merge", "strategy": orders["strategy"]},
        columns=orders["columns"],
        max_table_nesting=0,
    )
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=folder,
        destination=dlt.destinations.postgres(orders["database_url"]),
        dataset_name=orders["dataset"],
    )
    gc.freeze()  # as in our worker: rows are no cycles, and looking for any costs a twentieth
    gc.set_threshold(50_000)
    started = time.perf_counter()
    pipeline.run(resource(), loader_file_format="csv")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "version": dlt.__version__}


if __name__ == "__main__":
    main()
