"""The table of causes: complete, made from the one list, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from klientbro.operations.cause_table import cause_rows, document
from klientbro.sync.causes import Cause, Owner, cause_text


def test_every_cause_has_owner_action_cure_and_retry() -> None:
    for cause in Cause:
        text = cause_text(cause)
        assert text.title, cause
        assert text.explanation, cause
        assert text.owner in Owner, cause
        assert text.action, cause
        assert text.cure, cause
        assert text.retry_seconds, cause
        assert all(seconds > 0 for seconds in text.retry_seconds), cause
        assert text.grace_seconds >= 0, cause


def test_what_heals_alone_is_the_sources_and_waits_a_day_before_anybody_is_told() -> None:
    for cause in Cause:
        text = cause_text(cause)
        if text.heals_alone:
            assert text.owner is Owner.SOURCE, cause
            assert not text.stops, cause
            assert text.grace_seconds >= 24 * 3600, cause


def test_every_text_is_translated() -> None:
    with translation.override("en"):
        english = cause_rows()
    with translation.override("nb"):
        norwegian = cause_rows()
    for one, other in zip(english, norwegian, strict=True):
        for part in ("title", "explanation", "owner", "action", "cure", "told_after"):
            assert getattr(one, part) != getattr(other, part), (one.key, part)


def test_document_is_made_from_the_list() -> None:
    stored = Path(settings.PROJECT, "docs", "causes.md").read_text(encoding="utf-8")
    with translation.override("en"):
        made = document()
    assert stored == made, "python -m klientbro.operations.cause_table > docs/causes.md"


@pytest.mark.django_db
def test_help_page_shows_every_cause_to_anybody(client: Client) -> None:
    body = client.get("/hjelp/arsaker/").content.decode()
    for cause in Cause:
        assert f'id="{cause.value}"' in body
    assert "Nøkkelen er avvist" in body
    assert "{" not in body.split('<div class="kb-prose">')[1].split("</main>")[0]
