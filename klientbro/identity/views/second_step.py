"""The step after the password, which asks for what the person has and for nothing else."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator


class SecondStepView(AuthenticateView):  # type: ignore[misc]  # allauth ships no types
    """allauth's, told which factors there are."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        user_id = self.stage.login.user.pk
        kinds = set(Authenticator.objects.filter(user_id=user_id).values_list("type", flat=True))
        has_app = Authenticator.Type.TOTP in kinds
        return context | {
            "asks_for_recovery": "reserve" in self.request.GET,
            "asks_for_code": has_app or "reserve" in self.request.GET,
            "has_app": has_app,
            "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        }


second_step = SecondStepView.as_view()
