"""Application, client and subscription keys, the same for the same seed."""

from __future__ import annotations

import hashlib
import uuid


def made_up_guid(*parts: object) -> str:
    """A version-4 looking GUID that depends on ``parts`` only."""
    digest = hashlib.sha256(":".join(str(part) for part in parts).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def made_up_hex(*parts: object) -> str:
    """32 hexadecimal characters, the form of an API Management subscription key."""
    digest = hashlib.sha256(":".join(str(part) for part in parts).encode()).hexdigest()
    return digest[:32]
