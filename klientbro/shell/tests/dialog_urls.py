"""A page with a dialog, a menu and a table, as other parts build them: for the browser test."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from klientbro.shell.toasts import close_dialog, toast

PAGE = """{% extends "shell/base.html" %}{% load kb %}
{% block title %}Prøve{% endblock %}
{% block breadcrumbs %}<li><a href="/prove/" aria-current="page">Prøve</a></li>{% endblock %}
{% block content %}<div class="kb-head"><h1>Prøve</h1>
<div class="acts"><button id="ny" type="button" class="ds-button" hx-get="/prove/ny/"
 hx-target="#dialog-content">Ny</button></div></div>
<table class="ds-table" data-rows><caption class="ds-sr-only">Rader</caption>
<thead><tr><th scope="col">Navn</th><th scope="col">Valg</th></tr></thead>
<tbody><tr><td><a class="main" href="/prove/?1">En</a></td><td><button type="button"
 class="ds-button row" data-variant="tertiary" data-color="neutral" data-icon popovertarget="m1"
 aria-label="Flere valg for En">{% icon "more" %}</button><div id="m1" popover
 class="ds-dropdown kb-menu"><ul><li><button type="button" class="ds-button" data-variant="tertiary"
 data-color="neutral">Endre</button></li><li><button type="button" class="ds-button"
 data-variant="tertiary" data-color="danger">Slett</button></li></ul></div></td></tr>
<tr><td><a class="main" href="/prove/?2">To</a></td><td></td></tr></tbody></table>
<button type="button" id="feil" hx-get="/prove/feil/" class="ds-button">Feil</button>
<button type="button" id="kopi" data-copy="en nøkkel" class="ds-button">Kopier</button>
{% endblock %}"""
FORM = """<h2 id="dialog-title">Ny klient</h2><form class="kb-form" method="post"
 hx-post="/prove/ny/" hx-target="#dialog-content"><div class="ds-field">
<label for="navn">Navn</label>
<input class="ds-input" id="navn" name="navn" autofocus{% if wrong %} aria-invalid="true"
 aria-describedby="navn-feil"{% endif %}>{% if wrong %}<p class="ds-validation-message"
 id="navn-feil">Navn mangler.</p>{% endif %}</div><div class="kb-form-acts">
<button class="ds-button" type="submit">Legg til</button><button class="ds-button"
 data-variant="secondary" type="button" data-dialog-close>Avbryt</button></div></form>"""


def page(request: HttpRequest) -> HttpResponse:
    if "melding" in request.GET:
        messages.success(request, "Lagret <b>nå</b>")
    return HttpResponse(Template(PAGE).render(RequestContext(request)))


def form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and request.POST["navn"]:
        return toast(close_dialog(HttpResponse()), f"{request.POST['navn']} er lagt til.")
    wrong = request.method == "POST"
    html = Template(FORM).render(RequestContext(request, {"wrong": wrong}))
    return HttpResponse(html, status=422 if wrong else 200)


def broken(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>Traceback</h1>", status=500)


urlpatterns = [
    path("prove/", page),
    path("prove/ny/", form),
    path("prove/feil/", broken),
    path("", include("klientbro.urls")),
]
