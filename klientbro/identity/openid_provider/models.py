"""What a firm signs the tokens of its tools with. Tools and tokens are allauth's own tables."""

from __future__ import annotations

from django.db import models

from klientbro.tenants.models import Firm
from klientbro.tenants.sealed import SealedField


class SigningKey(models.Model):
    """A private key of one firm, sealed under its data key; the newest signs."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE)
    key_sealed = SealedField(sealed_as="signing_key")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"signing key of {self.firm_id}"
