"""Django's settings, made from the typed environment."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from klientbro.connectors.registry import connectors
from klientbro.database.urls import connection_parameters
from klientbro.settings.environment import load_environment
from klientbro.settings.logs import logging_settings
from klientbro.settings.security import web_security

ENVIRONMENT = load_environment()
PACKAGE = Path(__file__).resolve().parent.parent
PROJECT = PACKAGE.parent
IS_TEST = "pytest" in sys.modules

SECRET_KEY = ENVIRONMENT.django_secret or "set on the first run"
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    ENVIRONMENT.host,
    urlsplit(ENVIRONMENT.public_url).hostname or "localhost",
]
BRAND = ENVIRONMENT.brand

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "procrastinate.contrib.django",
    "klientbro.tenants",
    "klientbro.clients",
    "klientbro.ledger",
    "klientbro.sync",
    "klientbro.shell",
    "klientbro.practice",
    "klientbro.products.liquidity",
    "klientbro.products.reconciliation",
    "klientbro.products.report",
    "klientbro.products.overview",
    "klientbro.portal",
    "klientbro.operations",
    "klientbro.identity",
    "klientbro.audit",
    # after our own apps, whose templates for its pages are found first
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.idp.oidc",
]

MIDDLEWARE = [
    # these first: what every answer says, static files and refusals included
    "klientbro.shell.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "klientbro.shell.headers.SizeMiddleware",
    "klientbro.shell.typed_numbers.TypedNumbersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "klientbro.shell.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "klientbro.tenants.middleware.FirmMiddleware",
    "klientbro.clients.middleware.ChosenClientsMiddleware",
    "klientbro.identity.gate.GateMiddleware",
    "klientbro.operations.reading_middleware.ReadingMiddleware",
    "klientbro.operations.upload_scanning.UploadScanningMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "klientbro.urls"
WSGI_APPLICATION = "klientbro.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "klientbro.shell.context.shell",
            ],
        },
    }
]


def database_from(url: str | None) -> dict[str, Any]:
    """Connection settings from a URL; without one, whoever starts the database sets them."""
    given = connection_parameters(url) if url else {}
    parameters = {str(name): str(value) for name, value in given.items()}
    return {
        "ENGINE": "klientbro.tenants.postgresql",
        "NAME": parameters.pop("dbname", "klientbro"),
        "USER": parameters.pop("user", ""),
        "PASSWORD": parameters.pop("password", ""),
        "HOST": parameters.pop("host", ""),
        "PORT": parameters.pop("port", ""),
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0 if IS_TEST else 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "klientbro"} | _signs_of_life(given) | parameters,
    }


def _signs_of_life(parameters: Mapping[str, str]) -> dict[str, str]:
    """Over a network, a line that has died in silence is noticed in seconds, not in hours."""
    if parameters.get("host", "/").startswith("/"):
        return {}
    return {
        "connect_timeout": "10",
        "keepalives_idle": "5",
        "keepalives_interval": "2",
        "keepalives_count": "3",
        "tcp_user_timeout": "12000",
    }


# `default` is the application's role, which owns nothing; `owner` only migrates.
DATABASES = {
    "default": database_from(ENVIRONMENT.app_database_url) | {"ATOMIC_REQUESTS": True},
    "owner": database_from(ENVIRONMENT.owner_database_url),
}
DATABASE_ROUTERS = ["klientbro.tenants.router.OwnerMigrates"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "klientbro.identity.passwords.BreachedPasswordValidator"},
    {"NAME": "klientbro.identity.passwords.ContextWordsValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "klientbro.identity.adapters.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "klientbro.identity.forms.ResetPasswordForm"}
PASSWORD_RESET_TIMEOUT = 2 * 3600
# Wrong passwords and codes: for each network address, and for each account wherever they come from.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key,100/h/ip,20/h/key,50/d/key",
    "reset_password": "20/m/ip,5/m/key,20/d/key",
}
# A proxy in front tells whom it speaks for: without this, all people behind it count as one.
ALLAUTH_TRUSTED_PROXY_COUNT = ENVIRONMENT.trusted_proxies
MFA_ADAPTER = "klientbro.identity.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "klientbro.identity.forms.AddForm",
    "authenticate_webauthn": "klientbro.identity.forms.AuthenticateForm",
    "edit_webauthn": "klientbro.identity.forms.EditForm",
    "login_webauthn": "klientbro.identity.forms.SignInForm",
    "reauthenticate_webauthn": "klientbro.identity.forms.ReauthenticateForm",
}
# A firm's tools: klientbro/identity/openid_provider
IDP_OIDC_ADAPTER = "klientbro.identity.openid_provider.adapter.ToolAdapter"
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 600
IDP_OIDC_JWKS_CACHE_CONTROL = 300  # how long a key that leaked is believed once it is taken away
IDP_OIDC_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Only hashes of them are kept: klientbro/identity/recovery_codes.py
MFA_RECOVERY_CODES_SHOW_ONCE = True
# The address has proved itself by the link that came to it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Browsers allow passkeys without TLS on localhost alone; the library would refuse even that.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = urlsplit(ENVIRONMENT.public_url).hostname == "localhost"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Failed sign-ins are counted for all web processes on all hosts together.
CACHES = {"default": {"BACKEND": "klientbro.tenants.shared_cache.SharedCache"}}
# Without a mail server: the worker's terminal and KLIENTBRO_HOME/mail.
EMAIL_BACKEND = "klientbro.operations.mail.ConsoleAndFolder"
DEFAULT_FROM_EMAIL = ENVIRONMENT.email_from
if ENVIRONMENT.email_url:
    _mail = urlsplit(ENVIRONMENT.email_url)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname
    EMAIL_PORT = _mail.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[_mail.scheme]
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_TIMEOUT = 20

# A budget is saved as one form: a hundred accounts in twelve months, and some.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
_security = web_security(ENVIRONMENT.public_url)
globals().update(_security)
COOKIE_PREFIX = str(_security["COOKIE_PREFIX"])
PERMISSIONS_POLICY = str(_security["PERMISSIONS_POLICY"])
MOST_BODY_BYTES = int(_security["MOST_BODY_BYTES"])
MESSAGE_STORAGE = "klientbro.shell.flash.MessageStorage"
SESSION_ENGINE = "klientbro.identity.sessions"
SESSION_IDLE = timedelta(minutes=ENVIRONMENT.session_idle_minutes)
SESSION_ABSOLUTE = timedelta(hours=ENVIRONMENT.session_hours)
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())

LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", _("Norwegian")), ("en", _("English"))]
USE_TZ = True
TIME_ZONE = "Europe/Oslo"
LOCALE_PATHS = [
    PACKAGE / "locale",
    *(PACKAGE / "connectors" / key / "locale" for key in connectors()),
    PACKAGE / "domain" / "locale",
    PACKAGE / "lib" / "locale",
]

STATIC_URL = "/static/"
STATIC_ROOT = ENVIRONMENT.home / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "klientbro.shell.finders.PackageFiles",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if IS_TEST or DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_USE_FINDERS = IS_TEST or DEBUG
WHITENOISE_AUTOREFRESH = IS_TEST or DEBUG

PROCRASTINATE_DATABASE_ALIAS = "default"
PROCRASTINATE_ON_APP_READY = "klientbro.sync.app.on_app_ready"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"

LOGGING = logging_settings(ENVIRONMENT)
TEST_RUNNER = "django.test.runner.DiscoverRunner"
