"""The settings the embedded server is started with, and why; docs/decisions/0001 has the table."""

from __future__ import annotations

import os

_MEGABYTE = 1024 * 1024
# Smaller shared memory (containers often have 64 MB) makes parallel queries fail at random.
_SHARED_MEMORY_NEEDED = 512 * _MEGABYTE


def server_settings(*, durable: bool) -> dict[str, str]:
    """Settings by name. `durable=False` is for tests: a power cut may then eat the database."""
    memory = _physical_memory()
    settings = {
        # Loading is our heaviest work: room for pages, few and slow checkpoints, big index builds.
        "shared_buffers": _megabytes(memory // 8, at_least=64, at_most=1024),
        "effective_cache_size": _megabytes(memory // 2, at_least=256, at_most=65536),
        "maintenance_work_mem": _megabytes(memory // 32, at_least=64, at_most=512),
        "work_mem": _megabytes(memory // 256, at_least=8, at_most=64),
        "temp_buffers": "64MB",  # landing copies into a temporary table first
        "max_wal_size": "4GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "wal_buffers": "16MB",
        "random_page_cost": "1.1",
        # A client's rows come by the hundred thousand; statistics must follow soon after.
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.05",
        "jit": "off",
        "max_connections": "120",
        # A paused worker must not hold locks for ever.
        "idle_in_transaction_session_timeout": "15min",
        "client_connection_check_interval": "10s",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    if not _shared_memory_is_large():
        settings["dynamic_shared_memory_type"] = "mmap"
    if not durable:
        settings |= {
            # Commits still reach the kernel, so tests may kill the server and find them again.
            "fsync": "off",
            "full_page_writes": "off",
            "wal_compression": "off",  # nobody reads the log, and making it smaller is work
            "shared_buffers": "128MB",
            "max_wal_size": "1GB",
            "max_connections": "200",
        }
    return settings


def _megabytes(size: int, *, at_least: int, at_most: int) -> str:
    return f"{max(at_least, min(at_most, size // _MEGABYTE))}MB"


def _physical_memory() -> int:
    """Bytes of memory in the machine, or 4 GB where it will not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 4096 * _MEGABYTE


def _shared_memory_is_large() -> bool:
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108 (we only ask its size)
    except OSError:
        return True
    return found.f_frsize * found.f_blocks >= _SHARED_MEMORY_NEEDED
