"""Passwords are held to length and to what others would try, and to nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client as DjangoBrowser

from klientbro.identity.tests.support import PASSWORD, signed_in_with_password
from klientbro.tenants.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "password",
    [
        "Furulund-2026-regnskap",
        "klientbro1234567",
        "Regnskap!Sommer2026",
        "velkommen.furulund",
        "PowerOffice-2026!",
        "november2026avstemming",
    ],
)
def test_password_made_of_the_words_of_this_place_is_refused(user: User, password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    assert "password_of_context" in {one.code for one in refused.value.error_list}


@pytest.mark.parametrize(
    "password",
    [
        "gullregn over regnskapet",
        "fire ord uten mening",
        "sommerfuglenes trapp",
        "x9-72 71/44 55 #03?",
        "ÆØÅ æøå 漢字 🙂🙂🙂",
        "a" * 5 + "langt og lengre enn langt " * 8,
        "alle små bokstaver her",
    ],
)
def test_length_is_all_that_is_asked_of_the_form_of_a_password(user: User, password: str) -> None:
    validate_password(password, user)
    with pytest.raises(ValidationError):
        validate_password(password[:11], user)


@pytest.mark.parametrize("typed", [PASSWORD.upper(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1]])
def test_password_is_taken_exactly_as_it_was_typed(user: User, typed: str) -> None:
    long = "  Åpne dører, " + "lange ganger. " * 10
    user.set_password(long)
    user.save()
    signed_in_with_password(user.email, long)
    for other in (typed, long.strip(), long.lower(), long[:72], long + " "):
        answer = DjangoBrowser().post("/konto/logg-inn/", {"login": user.email, "password": other})
        assert answer.status_code != 302


def test_password_is_masked_and_may_be_pasted(user: User) -> None:
    browser = signed_in_with_password(user.email)
    for browser_, path in ((DjangoBrowser(), "/konto/logg-inn/"), (browser, "/konto/passord/")):
        page = browser_.get(path).content.decode()
        fields = re.findall(r"<input[^>]*name=\"(?:old)?password\d?\"[^>]*>", page)
        assert fields, path
        for field in fields:
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field)
            assert "maxlength" not in field
            assert "onpaste" not in field


def test_password_is_kept_by_argon2_with_the_price_of_the_settings(user: User) -> None:
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")
    assert isinstance(identify_hasher(user.password), Argon2PasswordHasher)
    assert user.password.startswith("argon2$argon2id$")


def test_brand_of_the_installation_counts_as_a_word_of_it(user: User, settings: Any) -> None:
    settings.BRAND = "Tallknuseren"
    with pytest.raises(ValidationError, match=r"anybody|alle"):
        validate_password("tallknuseren-99-88", user)
