"""What browsers are told to refuse, which cookies they keep, and how much a request may carry."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

TWO_YEARS = 2 * 365 * 24 * 3600
# Asked on this machine without TLS, by whoever restarts processes or collects figures. A program
# that is led on to https would not notice that it had begun in the clear.
WITHOUT_TLS = [r"^helse/", r"^metrics$"]
# Everything a page uses comes from here; no script or style stands in the page itself.
POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        "img-src": ["'self'", "data:"],  # Designsystemet's style sheet draws with data:
        "connect-src": ["'self'"],
        "frame-src": ["'self'"],  # a voucher's document, the one answer that may stand in a frame
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "form-action": ["'self'"],
    }
}
# What no page uses, and what a page of ours may do itself: passkeys, full screen and copying.
PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                *("accelerometer", "autoplay", "bluetooth", "browsing-topics", "camera"),
                *("display-capture", "encrypted-media", "geolocation", "gyroscope", "hid"),
                *("magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial"),
                *("usb", "xr-spatial-tracking"),
            )
        ),
        *("clipboard-read=()", "clipboard-write=(self)", "fullscreen=(self)"),
        *("publickey-credentials-create=(self)", "publickey-credentials-get=(self)"),
    ]
)
# Of all fields and files together; the proxy in deploy/nginx.conf.example allows as much.
MOST_BODY_BYTES = 25 * 1024 * 1024


def web_security(public_url: str) -> dict[str, Any]:
    """Django's settings for it. Where people come over TLS, nothing of ours goes without it."""
    is_tls = public_url.startswith("https://")
    # a browser takes a cookie of this name only with TLS, from this very host, for all of it
    prefix = "__Host-" if is_tls else ""
    return {
        "CONTENT_SECURITY_POLICY": POLICY,
        "PERMISSIONS_POLICY": PERMISSIONS,
        "MOST_BODY_BYTES": MOST_BODY_BYTES,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "COOKIE_PREFIX": prefix,
        "SESSION_COOKIE_NAME": f"{prefix}klientbro_session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": is_tls,
        "LANGUAGE_COOKIE_NAME": f"{prefix}klientbro_language",
        "LANGUAGE_COOKIE_HTTPONLY": True,
        "LANGUAGE_COOKIE_SAMESITE": "Lax",
        "LANGUAGE_COOKIE_SECURE": is_tls,
        # the token is in the session: there is no cookie of this name
        "CSRF_USE_SESSIONS": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SECURE": is_tls,
        "CSRF_TRUSTED_ORIGINS": [public_url],
        # the proxy in front ends TLS and overwrites this header; without it, on to https
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if is_tls else None,
        "SECURE_SSL_REDIRECT": is_tls,
        "SECURE_SSL_HOST": urlsplit(public_url).netloc if is_tls else None,
        "SECURE_REDIRECT_EXEMPT": WITHOUT_TLS,
        "SECURE_HSTS_SECONDS": TWO_YEARS if is_tls else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": is_tls,
        "SECURE_HSTS_PRELOAD": False,
        # W021: entering the operator's whole domain in the browsers' list is the operator's choice
        "SILENCED_SYSTEM_CHECKS": ["security.W021"],
    }
