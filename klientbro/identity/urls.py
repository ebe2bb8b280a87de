"""Addresses of identity: the firm's users, invitations, the chosen firm, and own sessions."""

from __future__ import annotations

from django.urls import path

from klientbro.identity.views import links, members, own

app_name = "identity"
urlpatterns = [
    path("brukere/", members.members_page, name="members"),
    path("brukere/innlogging/", members.sign_in_rules, name="sign_in_rules"),
    path("brukere/inviter/", members.invite_page, name="invite"),
    path(
        "brukere/invitasjoner/<uuid:invitation_id>/send/",
        members.resend_invitation,
        name="resend_invitation",
    ),
    path(
        "brukere/invitasjoner/<uuid:invitation_id>/trekk/",
        members.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("brukere/<uuid:member_id>/steng/", members.close_access, name="close_access"),
    path("brukere/<uuid:member_id>/apne/", members.open_access, name="open_access"),
    path("invitasjon/<str:token>/", links.accept_invitation, name="accept"),
    path("konto/firma/", own.choose_firm, name="choose_firm"),
    path("konto/okter/", own.sessions_page, name="sessions"),
    path("konto/okter/andre/", own.end_others, name="end_other_sessions"),
    path("konto/okter/<uuid:session_id>/avslutt/", own.end_one, name="end_session"),
]
