"""The web server's entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from klientbro.lib.collector import collect_rarely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klientbro.settings.django")
application = get_wsgi_application()
collect_rarely()  # a page makes thousands of objects, hardly any of them in a cycle
