"""HTML put together in Python says the same as Django's own way, and is as safe."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from klientbro.shell.markup import Options, address_pattern, escaped, fill

VALUES = [
    "Hansen & Sønner",
    "<script>alert('x')</script>",
    'a "quoted" word',
    mark_safe("<b>bold</b>"),
    gettext_lazy("Overview"),
    Decimal("-1.50"),
    None,
    7,
    "",
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_stands_in_html_as_django_would_put_it(value: object) -> None:
    template = '<i title="{0}">{0}</i>{named}'
    made = fill(template, value, named=value)
    assert made == format_html(template, value, named=value)
    assert isinstance(made, SafeString)
    assert format_html("{}", made) == made, "it is not escaped once more"


def test_what_is_escaped_is_never_taken_for_safe_again() -> None:
    assert escaped("&amp;") == "&amp;amp;"
    assert not isinstance(escaped("<b>"), SafeString)


def test_a_list_of_choices_has_the_one_that_is_chosen_and_no_other() -> None:
    options = Options([("", "Anybody"), (1, "A & B"), (11, '"C"')])
    assert options.chosen(1) == (
        '<option value="">Anybody</option><option value="1" selected>A &amp; B</option>'
        '<option value="11">&quot;C&quot;</option>'
    )
    assert "selected" not in options.chosen(2)
    assert "selected" not in options.chosen("1>")


def test_the_address_of_a_list_is_that_of_each_of_its_rows() -> None:
    client = uuid4()
    before, after = address_pattern("overview:card")
    assert f"{before}{client}{after}" == reverse("overview:card", args=[client])
