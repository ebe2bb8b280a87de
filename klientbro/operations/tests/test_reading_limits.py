"""What one person reads is counted over all processes, stopped, logged and told of."""

from __future__ import annotations

import dataclasses
import re
import threading
from io import BytesIO
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import resolve

from klientbro.audit.models import Entry
from klientbro.identity.tests.support import BACKEND
from klientbro.operations import reading_limits, reading_middleware
from klientbro.operations.models import Digest
from klientbro.operations.reading_limits import DAY, HOUR, MINUTE, Limit, Reading, What, file_limits
from klientbro.operations.reading_middleware import ReadingMiddleware
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import FILES
from klientbro.tenants.services import add_user, create_firm, places_of_user

pytestmark = pytest.mark.django_db
NOON = 1_795_435_200.0  # the beginning of an hour


@pytest.fixture
def limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets limits, and makes a process that has counted nothing."""
    clock = {"now": NOON}
    monkeypatch.setattr(reading_middleware, "clock", lambda: clock["now"])

    def chosen(**given: int) -> dict[str, float]:
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, **given)
        fresh = Reading()
        monkeypatch.setattr(reading_middleware, "reading", fresh)
        return clock

    return chosen


def _pages_until_stopped(reading: Reading, user_id: int, now: float, most: int = 500) -> int:
    return next(
        number for number in range(most) if reading.page(user_id, ("page", number), now) is not None
    )


def test_pages_are_stopped_soon_after_the_limit_and_open_with_the_next_minute(limits: Any) -> None:
    limits(pages_per_minute=120, pages_per_hour=1_200)
    one = Reading()
    assert _pages_until_stopped(one, 7, NOON + 5) in range(120, 122)
    stop = one.page(7, "another", NOON + 59)
    assert stop is not None
    assert (stop.limit.seconds, stop.until) == (MINUTE, NOON + 60)
    assert one.page(8, "another", NOON + 59) is None  # somebody else
    assert one.page(7, "another", NOON + 60) is None


def test_the_same_page_again_costs_nothing_but_not_without_end(limits: Any) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    one = Reading()
    answers = [one.page(7, "list", NOON) for _asked in range(30 * reading_limits.REPEATS + 1)]
    assert set(answers[:-1]) == {None}
    assert answers[-1] is not None


def test_what_changes_something_is_counted_each_time(limits: Any) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    one = Reading()
    answers = [one.page(7, None, NOON) for _asked in range(40)]
    assert answers[29] is None
    assert answers[-1] is not None


def test_a_page_that_is_open_can_be_loaded_again_while_new_ones_are_stopped(limits: Any) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    one = Reading()
    _pages_until_stopped(one, 7, NOON)
    assert one.page(7, ("page", 3), NOON) is None
    assert one.page(7, "new", NOON) is not None


def test_the_hour_holds_where_the_minutes_do(limits: Any) -> None:
    limits(pages_per_minute=120, pages_per_hour=240)
    one = Reading()
    stops = [one.page(7, number, NOON + number * 6) for number in range(300)]
    assert stops[:240] == [None] * 240
    last = stops[-1]
    assert last is not None
    assert (last.limit.seconds, last.until) == (HOUR, NOON + HOUR)
    assert one.page(7, "next", NOON + HOUR) is None


def test_processes_share_the_count_and_a_restart_forgets_no_more_than_a_batch(limits: Any) -> None:
    limits(pages_per_minute=120, pages_per_hour=10_000)
    first, second = Reading(), Reading()
    for number in range(50):
        assert first.page(7, ("first", number), NOON) is None
        assert second.page(7, ("second", number), NOON) is None
    started_again = Reading()
    assert _pages_until_stopped(started_again, 7, NOON) <= 20 + 10
    # the others are told with their next batch
    assert any(first.page(7, ("later", number), NOON) for number in range(11))


def test_a_page_costs_no_statement_but_one_in_ten(
    limits: Any, django_assert_num_queries: Any
) -> None:
    limits(pages_per_minute=120, pages_per_hour=1_200)
    one = Reading()
    with django_assert_num_queries(5):
        for number in range(50):
            one.page(7, number, NOON)
    with django_assert_num_queries(0):
        for number in range(50):
            one.page(7, number, NOON)
    with django_assert_num_queries(3):
        for _number in range(3):
            one.file(7, NOON)


def test_two_windows_of_many_threads_add_up(limits: Any) -> None:
    limits(pages_per_minute=10_000, pages_per_hour=10_000)
    one = Reading()
    threads = [
        threading.Thread(
            target=lambda part=part: [one.page(7, (part, n), NOON) for n in range(100)]
        )
        for part in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one._readers[7].untold == 400  # under a batch: nothing told, nothing lost


def test_files_are_counted_one_by_one_over_processes_and_restarts(limits: Any) -> None:
    limits(files_per_hour=5, files_per_day=8)
    assert [Reading().file(7, NOON) for _file in range(5)] == [None] * 5
    stop = Reading().file(7, NOON)
    assert stop is not None
    assert stop.until == NOON + HOUR
    assert [Reading().file(7, NOON + HOUR) for _file in range(2)] == [None] * 2
    stop = Reading().file(7, NOON + HOUR)
    assert stop is not None
    assert (stop.limit.seconds, stop.until) == (DAY, file_limits()[1].ends(NOON))


def _signed_in(firm: Firm, email: str, name: str, role: str = "accountant") -> Browser:
    with firm_set(firm.id), transaction.atomic():
        user, _path = add_user(firm.id, email, name)
        Membership.objects.filter(user=user).update(role=role)
    browser = Browser()
    browser.force_login(user, backend=BACKEND)
    return browser


@pytest.fixture
def house() -> tuple[Firm, Browser]:
    """A firm with an administrator, and a person who reads."""
    made = create_firm("Furulund Regnskap AS")
    _signed_in(made, "sjef@furulund.example", "Siv Sjef", "administrator")
    return made, _signed_in(made, "kari@furulund.example", "Kari Hansen")


def test_person_is_told_what_happened_when_it_opens_and_whom_to_ask(
    limits: Any, house: tuple[Firm, Browser], settings: Any
) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    firm, browser = house
    answers = [browser.get(f"/oversikt/?side={number}") for number in range(40)]
    assert [answer.status_code for answer in answers[:30]] == [200] * 30
    page = answers[-1]
    assert page.status_code == 429
    assert page["Retry-After"] == "60"
    text = page.content.decode()
    assert "Du har åpnet mer enn 30 sider på ett minutt." in text
    assert "sjef@furulund.example" in text
    assert "13:01" in text  # the minute after noon UTC, on a clock in Oslo
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    english = browser.get("/oversikt/?side=99").content.decode()
    assert "You have opened more than 30 pages in a minute." in english
    part = browser.get("/oversikt/?side=98", headers={"HX-Request": "true"})
    assert (part.status_code, part.content) == (429, b"")
    assert "toast" in part["HX-Trigger"]
    # out, and to one's own sessions, one always comes
    assert browser.get("/konto/okter/").status_code != 429
    assert browser.get("/hjelp/").status_code == 200
    # once in the log and once to each administrator, however often it is asked
    with firm_set(firm.id), transaction.atomic():
        (entry,) = Entry.objects.filter(action="reading_stopped")
        (letter,) = Digest.objects.filter(subject__contains="uvanlig")
    assert entry.after == {"reading": "pages", "limit": 30, "window": "minute"}
    assert letter.user.email == "sjef@furulund.example"
    assert "Kari Hansen (kari@furulund.example)" in letter.body
    assert re.search(r"http\S+/logg/", letter.body)


def test_each_minute_stands_in_the_log_and_the_letters_come_once_an_hour(
    limits: Any, house: tuple[Firm, Browser]
) -> None:
    clock = limits(pages_per_minute=30, pages_per_hour=1_000)
    firm, browser = house
    for minute in range(3):
        clock["now"] = NOON + 60 * minute
        for number in range(33):
            browser.get(f"/oversikt/?side={minute}-{number}")
    with firm_set(firm.id), transaction.atomic():
        assert Entry.objects.filter(action="reading_stopped").count() == 3
        assert Digest.objects.count() == 1


def test_changes_are_counted_each_time_at_the_same_address(
    limits: Any, house: tuple[Firm, Browser]
) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    _firm, browser = house
    answers = [browser.post("/oversikt/visning/").status_code for _press in range(35)]
    assert 429 not in answers[:30]
    assert answers[-1] == 429


def test_another_firm_of_the_same_person_counts_along_and_is_told_nothing(
    limits: Any, house: tuple[Firm, Browser]
) -> None:
    limits(pages_per_minute=30, pages_per_hour=100)
    firm, browser = house
    other = create_firm("Granli Regnskap AS")
    with firm_set(other.id), transaction.atomic():
        add_user(other.id, "kari@furulund.example")
        _signed_in(other, "nabo@granli.example", "Nina Nabo", "administrator")
    session = browser.session
    for chosen in (other, firm):
        session["firm"] = str(chosen.id)
        session.save()
        answers = [browser.get(f"/oversikt/?side={number}") for number in range(20)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    with firm_set(other.id), transaction.atomic():
        assert not Entry.objects.filter(action="reading_stopped").exists()
        assert not Digest.objects.exists()
    assert b"granli" not in answers[-1].content


def test_files_are_stopped_before_they_are_made_and_pages_stay_open(
    limits: Any, house: tuple[Firm, Browser]
) -> None:
    limits(files_per_hour=5, files_per_day=100)
    firm, _browser = house
    browser = _signed_in(firm, "to@furulund.example", "To", "administrator")
    answers = [browser.post("/logg/eksport/") for _file in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    assert answers[-1]["Retry-After"] == "3600"
    assert "Du har hentet mer enn 5 filer på en time." in answers[-1].content.decode()
    assert browser.get("/logg/").status_code == 200
    with firm_set(firm.id), transaction.atomic():
        assert Entry.objects.filter(action="export").count() == 5
        assert Entry.objects.get(action="reading_stopped").after["reading"] == "files"


def test_file_of_an_address_that_nobody_has_declared_is_counted_by_what_it_is(
    limits: Any, house: tuple[Firm, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(files_per_hour=5, files_per_day=100)
    monkeypatch.setattr(reading_middleware, "FILES", FILES - {"operations:log_export"})
    firm, _browser = house
    browser = _signed_in(firm, "to@furulund.example", "To", "administrator")
    answers = [browser.post(f"/logg/eksport/?n={number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert b"Furulund" not in answers[-1].getvalue()[:20]


def test_file_that_is_not_handed_over_is_closed(
    limits: Any, house: tuple[Firm, Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits(files_per_hour=5)
    monkeypatch.setattr(reading_middleware, "FILES", frozenset())
    made: list[FileResponse] = []

    def file(_request: HttpRequest) -> FileResponse:
        made.append(FileResponse(BytesIO(b"secret"), as_attachment=True, filename="a.bin"))
        return made[-1]

    request = RequestFactory().get("/oversikt/")
    request.resolver_match = resolve("/oversikt/")
    firm, _browser = house
    with firm_set(firm.id), transaction.atomic():
        member = Membership.objects.get(user__name="Kari Hansen")
        request.user = member.user
        request.place = places_of_user(member.user_id)[0]  # type: ignore[attr-defined]
        request.firm = firm  # type: ignore[attr-defined]
        middleware = ReadingMiddleware(file)
        answers = [middleware(request) for _file in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert not made[5].file_to_stream.closed
    answers[5].close()
    assert made[5].file_to_stream.closed


def test_counts_are_forgotten_when_they_are_over(limits: Any) -> None:
    limits(files_per_hour=5)
    Reading().file(7, NOON)
    limit = Limit(What.DOWNLOADS, HOUR, 5)
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), max(expires_at - clock_timestamp()) from tenants_sharedvalue"
        )
        count, longest = cursor.fetchone()
    assert count == 2
    assert longest.total_seconds() <= DAY
    assert cache.get(limit.key(7, NOON)) is None  # names of counts are not those of the cache
