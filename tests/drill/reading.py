"""Mutants of what one person may read in a time, and of the scanning of what people send."""

from __future__ import annotations

from tests.drill.mutant import Mutant

_K = "klientbro/"
_LIMITS = f"{_K}operations/reading_limits.py"
_BEHIND = f"{_K}operations/reading_middleware.py"
_STOPS = f"{_K}operations/reading_stops.py"
_READING = f"{_K}operations/tests/test_reading_limits.py"
_SCAN = f"{_K}lib/virus_scan.py"
_SENT = f"{_K}operations/upload_scanning.py"
_PROTOCOL = f"{_K}lib/tests/test_virus_scan.py"
_SENDING = f"{_K}operations/tests/test_upload_scanning.py"
_SETTINGS = f"{_K}settings/django.py"


def reading() -> list[Mutant]:
    """Each guard taken out alone."""
    return [
        Mutant("reading", "nothing read is counted", _SETTINGS,
               '    "klientbro.operations.reading_middleware.ReadingMiddleware",\n', "",
               (_READING, "-k", "told_what_happened")),
        Mutant("reading", "no limit is ever passed", _LIMITS,
               "if totals[limit.key(user_id, now)] > limit.most]", "if False]",
               (_READING, "-k", "files_are_counted")),
        Mutant("reading", "each process counts for itself", f"{_K}tenants/shared_cache.py",
               "(v.value::bigint + excluded.value::bigint)::text", "excluded.value",
               (_READING, "-k", "files_are_counted or processes_share")),
        Mutant("reading", "the same page for ever", _LIMITS,
               "if reader.hits > limits[0].most * REPEATS:", "if False:",
               (_READING, "-k", "without_end")),
        Mutant("reading", "what changes something is counted once", _BEHIND,
               "    if request.method not in _SAME_AGAIN:\n        return None\n", "",
               (_READING, "-k", "changes_are_counted")),
        Mutant("reading", "a file nobody declared is handed over uncounted", _BEHIND,
               "        if not hasattr(request, _COUNTED):", "        if False:",
               (_READING, "-k", "nobody_has_declared")),
        Mutant("reading", "a file is handed over that the log knows nothing of", _BEHIND,
               "        note_file(request, response)\n", "",
               ("tests/architecture/test_files_counted.py",)),
        Mutant("reading", "a file is made before it is counted", _BEHIND,
               "        if name in FILES:", "        if False:",
               (_READING, "-k", "before_they_are_made")),
        Mutant("reading", "nobody is told", _STOPS,
               "        _tell(request, user, place, stop, until)\n", "        pass\n",
               (_READING, "-k", "told_what_happened")),
        Mutant("scanning", "nothing sent is scanned", _SETTINGS,
               '    "klientbro.operations.upload_scanning.UploadScanningMiddleware",\n', "",
               (_SENDING, "-k", "reaches_no_address")),
        Mutant("scanning", "only the first file is scanned", _SENT,
               "        yield from files\n", "        yield files[0]\n",
               (_SENDING, "-k", "reaches_no_address")),
        Mutant("scanning", "what was found comes in", _SENT,
               "            if harm:\n", "            if False:\n",
               (_SENDING, "-k", "reaches_no_address")),
        Mutant("scanning", "silence is a yes", _SENT,
               "if settings.ENVIRONMENT.unscanned_files != ACCEPT:", "if False:",
               (_SENDING, "-k", "does_not_answer")),
        Mutant("scanning", "any answer is a yes", _SCAN,
               "if answer == CLEAN:", 'if b"OK" in answer:', (_PROTOCOL, "-k", "one_line")),
        Mutant("scanning", "half an answer is a yes", _SCAN,
               "            raise ConnectionAbortedError\n", "            return answer\n",
               (_PROTOCOL, "-k", "one_line")),
        Mutant("scanning", "files go over the net", _SCAN,
               "if not is_loopback_host(parts.hostname):", "if False:",
               (_PROTOCOL, "-k", "where_a_scanner")),
        Mutant("scanning", "the source's documents are not", f"{_K}sync/document.py",
               '    return "harmful" if harm else ""', '    return ""',
               (_SENDING, "-k", "document_of_the_source")),
    ]  # fmt: skip
