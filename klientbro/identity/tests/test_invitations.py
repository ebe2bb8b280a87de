"""Inviting people: all or none, seven days, once, sent again and withdrawn."""

from __future__ import annotations

import smtplib
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.identity.invitation_lines import MOST, read_invitees
from klientbro.identity.invitations import accept, new_token
from klientbro.identity.models import Invitation
from klientbro.identity.tasks import send_letters_now, tidy_now
from klientbro.identity.tests.support import (
    PASSWORD,
    browser_of,
    letters,
    link_in,
    other_firm,
    person,
)
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, Membership, User

pytestmark = pytest.mark.django_db(transaction=True)


def invite(browser: Any, *lines: str) -> Any:
    return browser.post("/brukere/inviter/", {"people": "\n".join(lines), "role": "administrator"})


def only_link() -> str:
    (letter,) = letters()
    return link_in(letter)


def people_of(firm: Firm) -> set[str]:
    with in_firm(firm.id):
        return set(Membership.current.values_list("user__email", flat=True))


def invitation(firm: Firm) -> Invitation:
    with in_firm(firm.id):
        return Invitation.objects.get()


def test_invited_person_joins_with_the_link_and_chooses_a_password(
    signed_in: Any, firm_account: Firm
) -> None:
    assert invite(signed_in, "Ola Haug <Ola@Furulund.example>").status_code == 302
    (letter,) = letters()
    assert letter.to == ["ola@furulund.example"]
    assert "Kari Nordahl" in letter.body
    assert "Furulund Regnskap AS" in letter.body
    link, ola = link_in(letter), DjangoBrowser()

    page = ola.get(link)
    assert "Furulund Regnskap AS" in page.content.decode()
    assert people_of(firm_account) == {"kari.nordahl@furulund.example"}  # looking is not accepting
    answer = ola.post(link)

    assert (answer.status_code, answer["location"]) == (302, "/konto/passord/nytt/")
    assert people_of(firm_account) == {"kari.nordahl@furulund.example", "ola@furulund.example"}
    assert ola.get("/integrasjoner/").status_code == 200
    assert User.objects.get(email="ola@furulund.example").name == "Ola Haug"


def test_link_works_once(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, "ola@furulund.example")
    link = only_link()
    DjangoBrowser().post(link)

    again = DjangoBrowser().post(link)

    assert again.status_code == 404
    assert "gjelder ikke lenger" in again.content.decode()


def test_link_that_nobody_gave_out_opens_nothing_though_its_firm_invites(
    signed_in: Any, firm_account: Firm
) -> None:
    invite(signed_in, "ola@furulund.example")
    only_link()
    made_up, _hash = new_token(firm_account.id)

    assert accept(made_up) is None
    assert DjangoBrowser().get(f"/invitasjon/{made_up}/").status_code == 404
    assert people_of(firm_account) == {"kari.nordahl@furulund.example"}


def test_of_two_presses_at_once_one_joins(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, "ola@furulund.example")
    token = only_link().strip("/").split("/")[-1]
    together, answers = threading.Barrier(4), []

    def press() -> None:
        together.wait()
        answers.append(accept(token))
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer is None for answer in answers) == [False, True, True, True]


def test_link_is_over_after_seven_days(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, "ola@furulund.example")
    link = only_link()
    found = invitation(firm_account)
    assert found.expires_at is not None
    assert found.sent_at is not None
    assert found.expires_at - found.sent_at == timedelta(days=7)
    with in_firm(firm_account.id):
        Invitation.objects.update(expires_at=timezone.now())

    assert DjangoBrowser().get(link).status_code == 404
    assert DjangoBrowser().post(link).status_code == 404
    assert "Utløpt" in signed_in.get("/brukere/").content.decode()


def test_sending_again_gives_a_new_link_and_ends_the_old(
    signed_in: Any, firm_account: Firm
) -> None:
    invite(signed_in, "ola@furulund.example")
    old = only_link()

    signed_in.post(f"/brukere/invitasjoner/{invitation(firm_account).public_id}/send/")

    assert DjangoBrowser().get(old).status_code == 404
    assert DjangoBrowser().get(only_link()).status_code == 200


def test_withdrawn_invitation_lets_nobody_in(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, "ola@furulund.example")
    link = only_link()

    signed_in.post(f"/brukere/invitasjoner/{invitation(firm_account).public_id}/trekk/")

    assert DjangoBrowser().post(link).status_code == 404
    assert list(signed_in.get("/brukere/").context["invitations"]) == []
    assert invite(signed_in, "ola@furulund.example").status_code == 302  # and may be asked anew


def test_invitation_withdrawn_before_its_letter_is_never_sent(
    signed_in: Any, firm_account: Firm
) -> None:
    invite(signed_in, "ola@furulund.example")
    signed_in.post(f"/brukere/invitasjoner/{invitation(firm_account).public_id}/trekk/")
    assert letters() == []


def test_another_firms_invitation_is_not_found(signed_in: Any) -> None:
    second = other_firm()
    invite(browser_of(person(second, "nabo@granli.example")), "ny@granli.example")
    theirs = invitation(second)
    for action in ("send", "trekk"):
        path = f"/brukere/invitasjoner/{theirs.public_id}/{action}/"
        assert signed_in.post(path).status_code == 404
    assert invitation(second).withdrawn_at is None
    assert "ny@granli" not in signed_in.get("/brukere/").content.decode()


def test_token_moved_to_another_firm_opens_nothing(signed_in: Any) -> None:
    import base64

    invite(signed_in, "ola@furulund.example")
    token = only_link().strip("/").split("/")[-1]
    secret = base64.urlsafe_b64decode(token)[16:]
    moved = base64.urlsafe_b64encode(other_firm().id.bytes + secret).decode()
    assert accept(moved) is None
    assert accept("tull") is None
    assert accept("ø" * 64) is None


def test_known_person_joins_but_still_signs_in_as_usual(signed_in: Any, firm_account: Firm) -> None:
    person(other_firm(), "ola@granli.example", "Ola Haug")
    User.objects.filter(email="ola@granli.example").update(last_login=timezone.now())
    invite(signed_in, "ola@granli.example")
    ola = DjangoBrowser()

    answer = ola.post(only_link())

    assert answer["location"] == "/konto/logg-inn/"
    assert ola.get("/integrasjoner/").status_code == 302  # the link alone lets nobody in
    ola.post("/konto/logg-inn/", {"login": "ola@granli.example", "password": PASSWORD})
    ola.post("/konto/firma/", {"firm": str(firm_account.id)})
    assert ola.get("/brukere/").context["firm"] == firm_account


def test_signed_in_person_joins_and_stands_in_the_new_firm(
    signed_in: Any, firm_account: Firm
) -> None:
    ola = browser_of(person(other_firm(), "ola@granli.example"))
    invite(signed_in, "ola@granli.example")

    ola.post(only_link())

    assert ola.get("/brukere/").context["firm"] == firm_account


def test_somebody_else_who_is_signed_in_cannot_take_the_invitation(
    signed_in: Any, firm_account: Firm
) -> None:
    invite(signed_in, "ola@furulund.example")
    link = only_link()

    refused = signed_in.post(link)

    assert refused.status_code == 409
    assert "Logg ut" in refused.content.decode()
    assert DjangoBrowser().get(link).status_code == 200


def test_one_bad_line_stops_them_all_and_every_one_is_named(
    signed_in: Any, firm_account: Firm
) -> None:
    closed = person(firm_account, "stengt@furulund.example")
    with in_firm(firm_account.id):
        Membership.objects.filter(user=closed).update(disabled_at=timezone.now())
    invite(signed_in, "bedt@furulund.example")
    letters()

    answer = invite(
        signed_in,
        "god@furulund.example",
        "",
        "ikke en adresse",
        "god@furulund.example",
        "kari.nordahl@furulund.example",
        "stengt@furulund.example",
        "bedt@furulund.example",
    )

    shown = answer.content.decode()
    assert answer.status_code == 422
    assert letters() == []
    assert invitation(firm_account).email == "bedt@furulund.example"  # the only one, as before
    for line, reason, cure in (
        (3, "ikke en e-postadresse", "Skriv den som"),
        (4, "står på linje 1", "Ta ut en av de to"),
        (5, "allerede med i firmaet", "Ta ut linjen"),
        (6, "stengt for denne personen", "Åpne den igjen"),
        (7, "allerede en invitasjon", "Send den på nytt"),
    ):
        said = next(part for part in shown.split("<li>") if part.startswith(f"Linje {line},"))
        assert reason in said
        assert cure in said
        assert "E-postadresse" in said
    assert "5 linjer må rettes" in shown
    assert "god@furulund.example" in shown  # what was typed stands


def test_fifty_are_invited_at_once_and_fifty_one_are_not(
    signed_in: Any, firm_account: Firm
) -> None:
    people = [f"person{number}@furulund.example" for number in range(MOST + 1)]

    assert invite(signed_in, *people).status_code == 422
    assert letters() == []
    assert invite(signed_in, *people[:MOST]).status_code == 302
    sent = letters()

    assert {one.to[0] for one in sent} == set(people[:MOST])
    assert len({link_in(one) for one in sent}) == MOST


def test_empty_list_is_refused(signed_in: Any) -> None:
    answer = invite(signed_in, "  ", "")
    assert answer.status_code == 422
    assert "Listen er tom" in answer.content.decode()


def test_letter_that_the_mail_server_refuses_is_tried_again(
    signed_in: Any, firm_account: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(signed_in, "ola@furulund.example")

    def refuse(*_all: Any) -> int:
        raise smtplib.SMTPServerDisconnected("away")

    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", refuse)
        assert letters() == []
    assert "tok den ikke imot" in signed_in.get("/brukere/").content.decode()
    assert letters() == []  # not at once
    mail.outbox.clear()
    send_letters_now(timezone.now() + timedelta(minutes=3))
    assert [one.to for one in mail.outbox] == [["ola@furulund.example"]]


def test_two_workers_send_each_letter_once(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, *(f"person{number}@furulund.example" for number in range(12)))
    mail.outbox.clear()
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        send_letters_now(timezone.now())
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({one.to[0] for one in mail.outbox}) == len(mail.outbox) == 12


def test_token_is_stored_nowhere(signed_in: Any, firm_account: Firm) -> None:
    from django.db import connection

    invite(signed_in, "ola@furulund.example")
    token = only_link().strip("/").split("/")[-1]
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(args::text, '') from procrastinate_jobs")
        queued = cursor.fetchone()[0]
    assert "timestamp" in queued
    assert token not in queued
    assert "furulund" not in queued
    stored = invitation(firm_account)
    assert token.encode() not in bytes(stored.token_hash or b"")
    assert len(bytes(stored.token_hash or b"")) == 32


def test_old_invitations_are_deleted(signed_in: Any, firm_account: Firm) -> None:
    invite(signed_in, "ola@furulund.example")
    tidy_now(timezone.now() + timedelta(days=89))
    assert invitation(firm_account)
    tidy_now(timezone.now() + timedelta(days=91))
    with in_firm(firm_account.id):
        assert not Invitation.objects.exists()


def test_name_with_quotes_and_commas_is_read() -> None:
    (one,), problems = read_invitees('"Haug,  Ola" <ola@furulund.example>')
    assert (one.name, one.email, problems) == ("Haug, Ola", "ola@furulund.example", [])


def test_subject_cannot_be_broken_by_a_firms_name(signed_in: Any, firm_account: Firm) -> None:
    with in_firm(firm_account.id):
        Firm.objects.filter(pk=firm_account.id).update(name="Furulund\r\nBcc: x@y.no")
    invite(signed_in, "ola@furulund.example")
    (letter,) = letters()
    assert "\n" not in letter.subject
    assert letter.bcc == []
