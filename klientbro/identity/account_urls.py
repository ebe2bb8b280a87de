"""The pages of allauth that a firm's users need, at our own addresses; nobody signs up.

What counts guesses is not undone with the request: a failed try stands, whatever becomes of it.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as factors
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from django.db.transaction import non_atomic_requests as counted
from django.urls import path
from django.views.generic import RedirectView

from klientbro.identity.recency import shown_lately_to_provider
from klientbro.identity.views.second_step import second_step

urlpatterns = [
    path("logg-inn/", counted(account.login), name="account_login"),
    path("logg-ut/", account.logout, name="account_logout"),
    path("passord/", counted(account.password_change), name="account_change_password"),
    path(
        "passord/nytt/",
        shown_lately_to_provider(account.password_set),
        name="account_set_password",
    ),
    path("passord/glemt/", counted(account.password_reset), name="account_reset_password"),
    path("passord/glemt/sendt/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "passord/glemt/ferdig/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path(
        "passord/glemt/<str:uidb36>/<str:key>/",
        counted(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("bekreft/", counted(account.reauthenticate), name="account_reauthenticate"),
    path("inaktiv/", account.account_inactive, name="account_inactive"),
    path("ny/", RedirectView.as_view(pattern_name="account_login"), name="account_signup"),
    path("totrinn/", factors.index, name="mfa_index"),
    path("totrinn/kode/", counted(second_step), name="mfa_authenticate"),
    path("totrinn/bekreft/", counted(factors.reauthenticate), name="mfa_reauthenticate"),
    path("totrinn/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("totrinn/app/av/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("totrinn/koder/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "totrinn/koder/nye/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "totrinn/koder/last-ned/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("passnokler/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("passnokler/ny/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("passnokler/logg-inn/", counted(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path(
        "passnokler/bekreft/",
        counted(passkeys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("passnokler/<int:pk>/slett/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("passnokler/<int:pk>/navn/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
]
