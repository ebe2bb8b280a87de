"""Jobs are ended by the worker that holds them, and by nobody else.

A worker that was cut off for longer than it may be silent loses its jobs to others. When it comes
back it would write the end of a job that another one runs by now: the job would go back to waiting
under the other's feet, and two would run it at once. The same for two that take over from a dead
one. So every end and every retry names the worker and the try it is for.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import LiteralString

from procrastinate import jobs, manager

logger = logging.getLogger(__name__)

_MINE = (
    "(select id from procrastinate_jobs where id = %(job_id)s and status = 'doing' "
    "and worker_id is not distinct from %(worker_id)s and attempts = %(attempts)s for update) mine"
)
FINISH = (
    "select procrastinate_finish_job_v1(mine.id, %(status)s::procrastinate_job_status, "  # noqa: S608
    f"%(delete_job)s) from {_MINE}"
)
RETRY = (
    "select procrastinate_retry_job_v2("  # noqa: S608
    "mine.id, %(retry_at)s, %(priority)s, %(queue)s, %(lock)s) "
    f"from {_MINE}"
)
KEPT_SECONDS = 3600.0
# A row that was deleted all the same (an hour's silence) comes back with the next sign of life.
BEAT = (
    "insert into procrastinate_workers (id, last_heartbeat) overriding system value "
    "values (%(worker_id)s, now()) on conflict (id) do update set last_heartbeat = now()"
)


class OwnJobs(manager.JobManager):
    """Procrastinate's job manager for a worker that may have lost its jobs while it was away."""

    async def finish_job(self, job: jobs.Job, status: jobs.Status, delete_job: bool) -> None:
        await self._end(job, FINISH, status=status.value, delete_job=delete_job)

    async def retry_job(
        self,
        job: jobs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        await self._end(
            job,
            RETRY,
            retry_at=retry_at or datetime.now(UTC),
            priority=priority,
            queue=queue,
            lock=lock,
        )

    async def update_heartbeat(self, worker_id: int) -> None:
        await self.connector.execute_query_async(BEAT, worker_id=worker_id)

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Forget the long gone only: one that comes back needs its row to take jobs again."""
        return await super().prune_stalled_workers(max(seconds_since_heartbeat, KEPT_SECONDS))

    async def _end(self, job: jobs.Job, query: LiteralString, **arguments: object) -> None:
        rows = await self.connector.execute_query_all_async(
            query,
            job_id=job.id,
            worker_id=job.worker_id,
            attempts=job.attempts,
            **arguments,
        )
        if not rows:
            logger.info("job %s has been taken over by another worker", job.id)
