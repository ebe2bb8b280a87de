"""A web process of its own that tries to sign in: prints the status of each try.

python -m klientbro.tenants.tests.sign_in_process EMAIL PASSWORD TIMES
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    email, password, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
    import django

    django.setup()
    from django.test import Client

    for _ in range(times):
        answer = Client(HTTP_HOST="localhost").post(
            "/konto/logg-inn/", {"login": email, "password": password}
        )
        said = "in" if answer.status_code == 302 else "out"
        print(said, "later" if "prøv igjen senere" in answer.content.decode() else "")


if __name__ == "__main__":
    main()
