"""Where e-mail goes without a mail server: the worker's terminal, and files under the home."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.console import EmailBackend as Console
from django.core.mail.backends.filebased import EmailBackend as Files


class ConsoleAndFolder(BaseEmailBackend):
    """Shows every message and keeps it as a file, so that a first set-up misses nothing."""

    def __init__(self, fail_silently: bool = False, **options: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        folder = settings.ENVIRONMENT.home / "mail"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._console = Console(fail_silently=fail_silently)
        self._files = Files(fail_silently=fail_silently, file_path=str(folder))

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        self._files.send_messages(email_messages)
        return self._console.send_messages(email_messages) or 0
