"""Our own security rules find what they are for, heed a reason, and production has no warning."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.security_rules import SHORTEST_REASON, findings_in
from tests.architecture.tracked import ROOT

WRONG = {
    "code-from-data": ("eval(given)", "pickle.loads(given)", "from pickle import loads"),
    "shell": ("subprocess.run(words, shell=True)",),
    "no-timeout": ("httpx.Client(base_url=address)", "urlopen(address)"),
    "no-certificate": ("httpx.Client(timeout=3, verify=False)",),
    "follows": ("httpx.Client(timeout=3, follow_redirects=True)",),
    "sql": (
        'cursor.execute(f"select * from x where name = {name}")',
        "cursor.execute(\"select * from x where name = '%s'\" % name)",
        'cursor.execute("select " + columns)',
        'cursor.execute("select {}".format(columns))',
        "cursor.execute(sql.SQL(text).format(sql.Identifier(name)))",
        'Client.objects.raw(f"select {name}")',
        "Client.objects.extra(where=['a = b'], select={}).filter() or RawSQL(text, [])",
    ),
    "unescaped": ("mark_safe(text)", "SafeString('<b>' + name)"),
    "template": ("Template.from_string(text)", "engines['django'].from_string(text)"),
    "xml": ("etree.fromstring(content)", "ElementTree.parse(path)", "etree.iterparse(stream)"),
    "unpack": ("archive.extractall(folder)",),
    "cookie": ("response.set_cookie('a', 'b', httponly=True)",),
    "logs-a-body": (
        "logger.info('came: %s', request.POST)",
        "logger.warning(f'answered {response.text}')",
    ),
    "redirect": ("redirect(request.GET['next'])", "HttpResponseRedirect(request.POST['to'])"),
    "timing": ("given == self.token", "kept_hash != digest"),
    "no-token": ("from django.views.decorators.csrf import csrf_exempt",),
    "outgoing": (
        "httpx.Client(timeout=3)",
        "httpx.AsyncClient(timeout=3)",
        "httpx.get(address, timeout=3)",
        "httpx.AsyncHTTPTransport()",
        "from httpx import AsyncClient",
        "import httpcore",
        "from httpcore import ConnectionPool",
        "import requests",
        "from http.client import HTTPSConnection",
        "import http.client",
        "urllib.request.urlopen(address, timeout=3)",
        "urllib.request.build_opener()",
        "socket.create_connection((host, 443), timeout=3)",
        "await asyncio.open_connection(host, 443)",
    ),
    "owner": ("connections['owner'].cursor()", "psycopg.connect(server.superuser_url)"),
}
RIGHT = (
    'cursor.execute("select * from x where name = %s", [name])',
    'cursor.execute(f"select {COLUMNS} from x")',
    'cursor.execute(sql.SQL("select {}").format(sql.Identifier(name)))',
    "etree.iterparse(stream, resolve_entities=False)",
    "outgoing.client(peers, timeout=3)",
    "import httpx",
    "logger.info('client %s came', client.pk)",
    "hmac.compare_digest(given, token)",
    "mark_safe('<b>')",
)
WRONG_IN_PAGES = {
    "unescaped": ("{{ name|safe }}", "{% autoescape off %}"),
    "inline": (
        "<script>alert(1)</script>",
        '<p style="color: red">',
        '<a onclick="go()">',
        "<b hx-on:click='go()'>",
        '<a href="javascript:go()">',
    ),
    "elsewhere": ('<script src="https://elsewhere.example/a.js"></script>',),
    "opener": ('<a target="_blank" href="/a">',),
    "no-token": ('<form method="post"><button>Lagre</button></form>',),
}
WRONG_IN_SCRIPTS = {
    "unescaped": ("box.innerHTML = name;",),
    "code-from-data": ("setTimeout('go()', 1);",),
    "stored": ("localStorage.setItem('a', name);",),
    "message": ("window.addEventListener('message', take);",),
    "prototype": ("thing.__proto__ = other;",),
}
CASES = [
    (name, rule, line)
    for name, wrong in (
        ("klientbro/a.py", WRONG),
        ("klientbro/a.html", WRONG_IN_PAGES),
        ("klientbro/a.js", WRONG_IN_SCRIPTS),
    )
    for rule, lines in wrong.items()
    for line in lines
]


@pytest.mark.parametrize(("path", "rule", "line"), CASES)
def test_what_a_rule_is_for_is_found(path: str, rule: str, line: str) -> None:
    assert rule in {finding.rule for finding in findings_in(path, f"{line}\n")}


@pytest.mark.parametrize("line", RIGHT)
def test_what_is_right_is_left_alone(line: str) -> None:
    assert findings_in("klientbro/a.py", f"{line}\n") == []


def test_the_one_door_out_may_make_clients() -> None:
    line = "import httpcore\nhttpx.Client(timeout=3)\n"
    assert findings_in("klientbro/lib/outgoing.py", line) == []
    assert {one.rule for one in findings_in("klientbro/lib/other.py", line)} == {"outgoing"}


def test_exception_needs_its_reason_and_something_to_except() -> None:
    line = "cursor.execute(f'select {name}')"
    reason = "the name of a column of ours"
    assert findings_in("klientbro/a.py", f"# rule sql: {reason}\n{line}\n") == []
    assert findings_in("klientbro/a.py", f"{line}  # rule sql: {reason}\n") == []
    (short,) = findings_in("klientbro/a.py", f"{line}  # rule sql: {'x' * (SHORTEST_REASON - 1)}\n")
    assert "needs its reason" in short.cure
    assert len(findings_in("klientbro/a.py", f"# rule xml: {reason}\n{line}\n")) == 2
    (idle,) = findings_in("klientbro/a.py", f"# rule sql: {reason}\nx = 1\n")
    assert "excepts nothing" in idle.cure
    assert findings_in("klientbro/a.html", "{# rule unescaped: it is ours #}{{ a|safe }}\n") == []


def test_the_product_breaks_none_of_our_rules() -> None:
    told = subprocess.run(
        [sys.executable, ROOT / "scripts" / "security_rules.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout


def test_an_installation_behind_tls_has_no_warning_of_djangos_own(tmp_path: Path) -> None:
    given = {
        "DJANGO_SETTINGS_MODULE": "klientbro.settings.django",
        "KLIENTBRO_HOME": str(tmp_path),
        "KLIENTBRO_PUBLIC_URL": "https://klientbro.example.no",
        "KLIENTBRO_DJANGO_SECRET": base64.urlsafe_b64encode(bytes(range(60))).decode(),
        "KLIENTBRO_SECRET_KEYS": "k1:" + base64.b64encode(b"k" * 32).decode(),
    }
    clean = {name: value for name, value in os.environ.items() if name[:10] != "KLIENTBRO_"}
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "DEBUG"]
    told = subprocess.run(
        command, cwd=ROOT, env=clean | given, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    assert "no issues (1 silenced)" in told.stdout + told.stderr
