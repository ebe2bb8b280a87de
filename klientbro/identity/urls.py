"""Addresses of identity: the firm's users, invitations, the chosen firm, and own sessions."""

from __future__ import annotations

from django.urls import path

from klientbro.identity.views import (
    consents,
    links,
    members,
    openid_provider,
    own,
    profile,
    sign_on,
    sign_on_settings,
    tools,
)

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
    path("brukere/<uuid:member_id>/", members.member_page, name="member"),
    path("brukere/<uuid:member_id>/steng/", members.close_access, name="close_access"),
    path("brukere/<uuid:member_id>/apne/", members.open_access, name="open_access"),
    path("invitasjon/<str:token>/", links.accept_invitation, name="accept"),
    path("konto/firma/", own.choose_firm, name="choose_firm"),
    path("konto/enkel/", sign_on.sign_on, name="sign_on"),
    path("konto/enkel/igjen/", sign_on.again, name="sign_on_again"),
    path("konto/enkel/<uuid:firm_id>/", sign_on.start, name="sign_on_start"),
    path("konto/enkel/<uuid:firm_id>/tilbake/", sign_on.back, name="sign_on_back"),
    path("brukere/enkel/", sign_on_settings.settings_page, name="sign_on_settings"),
    path("brukere/enkel/lagre/", sign_on_settings.save, name="sign_on_save"),
    path("brukere/enkel/test/", sign_on_settings.test, name="sign_on_test"),
    path("brukere/enkel/bruk/", sign_on_settings.turn, name="sign_on_turn"),
    path("brukere/enkel/fjern/", sign_on_settings.remove, name="sign_on_remove"),
    path("brukere/enkel/domener/", sign_on_settings.add_domain, name="sign_on_add_domain"),
    path(
        "brukere/enkel/domener/<uuid:domain_id>/fjern/",
        sign_on_settings.drop_domain,
        name="sign_on_drop_domain",
    ),
    path(
        "brukere/enkel/personer/<int:link_id>/slipp/",
        sign_on_settings.release,
        name="sign_on_release",
    ),
    path("brukere/verktoy/", tools.tools_page, name="tools"),
    path("brukere/verktoy/ny/", tools.register, name="tool_register"),
    path("brukere/verktoy/nokkel/ny/", tools.new_key, name="tool_new_key"),
    path("brukere/verktoy/nokkel/lekket/", tools.key_leaked, name="tool_key_leaked"),
    path("brukere/verktoy/<slug:tool_id>/hemmelighet/", tools.new_secret, name="tool_secret"),
    path("brukere/verktoy/<slug:tool_id>/fjern/", tools.remove, name="tool_remove"),
    path(
        "oidc/<uuid:firm_id>/.well-known/openid-configuration",
        openid_provider.configuration,
        name="tool_configuration",
    ),
    path("oidc/<uuid:firm_id>/keys", openid_provider.keys, name="tool_keys"),
    path("oidc/<uuid:firm_id>/authorize", openid_provider.authorize, name="tool_authorize"),
    path("oidc/<uuid:firm_id>/token", openid_provider.token, name="tool_token"),
    path("oidc/<uuid:firm_id>/userinfo", openid_provider.userinfo, name="tool_userinfo"),
    path("oidc/<uuid:firm_id>/revoke", openid_provider.revoke, name="tool_revoke"),
    path("konto/verktoy/", consents.consents_page, name="consents"),
    path(
        "konto/verktoy/<uuid:firm_id>/<slug:tool_id>/endre/",
        consents.change,
        name="change_consent",
    ),
    path(
        "konto/verktoy/<uuid:firm_id>/<slug:tool_id>/trekk/",
        consents.withdraw,
        name="withdraw_consent",
    ),
    path("konto/profil/", profile.profile_page, name="profile"),
    path("konto/profil/epost/", profile.change_address, name="change_address"),
    path("konto/profil/epost/<str:token>/", profile.confirm_address, name="confirm_address"),
    path("konto/okter/", own.sessions_page, name="sessions"),
    path("konto/okter/andre/", own.end_others, name="end_other_sessions"),
    path("konto/okter/<uuid:session_id>/avslutt/", own.end_one, name="end_session"),
]
