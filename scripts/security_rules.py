"""Our own security rules, on Python by its syntax tree, on pages and scripts by their text.

What bandit and ruff cannot know of this house. `make check` wants no finding. An exception stands
on the line itself or the one above, with its reason: `# rule sql: the names are columns of ours`
(`{# rule … #}` in a page, `// rule …` in a script); one that excepts nothing is a finding too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("klientbro", "simulators")
LEFT_OUT = {"tests", "migrations", "node_modules", "__pycache__", "locale"}
SHORTEST_REASON = 10
_MARK = re.compile(r"(?:#|//|/\*)\s*rule ([a-z-]+): ([^#\n]*)")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A place, the rule that it breaks, and what to do instead."""

    path: str
    line: int
    rule: str
    cure: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.cure}"


Found = Iterator[tuple[int, str, str]]
_DANGEROUS = {
    "eval": "parse what is wanted instead of running it",
    "exec": "write the code out",
    "os.system": "subprocess.run with a list",
    "os.popen": "subprocess.run with a list",
    "pickle.loads": "json: unpickling runs code",
    "pickle.load": "json: unpickling runs code",
    "marshal.loads": "json",
    "yaml.load": "yaml.safe_load",
    "shelve.open": "the database",
}
_FETCHES = re.compile(
    r"^(httpx\.(get|post|put|request|stream|Client|AsyncClient)|requests\.\w+|"
    r"(urllib\.request\.)?urlopen|socket\.create_connection|smtplib\.SMTP(_SSL)?)$"
)
# Programs of ours ask others through klientbro/lib/outgoing.py alone, which knows whom they may.
_CLIENTS = re.compile(
    r"^(httpx\.(get|post|put|patch|delete|head|options|request|stream|Client|AsyncClient|"
    r"HTTPTransport|AsyncHTTPTransport)|(httpx\.)?(Async)?HTTPTransport|"
    r"(urllib\.)?(request\.)?(urlopen|urlretrieve|build_opener|OpenerDirector)|"
    r"(http\.client\.|client\.)?HTTPS?Connection|socket\.(create_connection|socket)|"
    r"asyncio\.open_connection|(loop\.)?create_connection)$"
)
_CLIENT_LIBRARIES = {"requests", "aiohttp", "urllib3", "httpcore", "http.client", "pycurl"}
_MAY_ASK = "klientbro/lib/outgoing.py"
_XML = re.compile(r"^(etree|ElementTree|ET|minidom|sax|expat)\.(\w*parse\w*|fromstring|XML)$")
_LOGS = re.compile(r"^(logger|logging|log)\.(debug|info|warning|error|exception|critical|log)$")
_CARRIES = re.compile(r"\.(POST|FILES|COOKIES|META|headers|body|content|text|json\(\))\b")
_SECRET = re.compile(r"(?i)(^|_|\.)(token|digest|signature|mac|secret|password|hash)$")
_OURS = re.compile(r"^_?[A-Z][A-Z0-9_]*$|^(len|map|sorted|str)$")


def _called(node: ast.Call) -> str:
    return ast.unparse(node.func)


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in node.keywords if one.arg == name), None)


def _is_true(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _is_false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


def _puts_in(value: ast.expr) -> Iterator[ast.expr]:
    """What is put into a text that is put together, but for constants of ours, in capitals."""
    parts: list[ast.expr] = []
    if isinstance(value, ast.JoinedStr):
        parts = [one.value for one in value.values if isinstance(one, ast.FormattedValue)]
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mod | ast.Add):
        parts = [value.left, value.right]
    elif isinstance(value, ast.Call) and _called(value).endswith(".format"):
        if _called(value).startswith("sql.SQL("):  # psycopg puts names in as names
            return
        parts = [*value.args, *(one.value for one in value.keywords)]
    for part in parts:
        names = {one.id for one in ast.walk(part) if isinstance(one, ast.Name)}
        if isinstance(part, ast.JoinedStr):
            yield from _puts_in(part)
        elif not all(_OURS.match(name) for name in names):
            yield part


def _calls(node: ast.Call) -> Found:
    name, line = _called(node), node.lineno
    last = name.rpartition(".")[2]
    if cure := _DANGEROUS.get(name):
        yield line, "code-from-data", cure
    if _is_true(_keyword(node, "shell")):
        yield line, "shell", "a list of words, without a shell"
    if _FETCHES.match(name) and _keyword(node, "timeout") is None:
        yield line, "no-timeout", "say timeout=: a peer that is silent must not hold us"
    if _is_false(_keyword(node, "verify")):
        yield line, "no-certificate", "never verify=False"
    if _is_true(_keyword(node, "follow_redirects")):
        yield line, "follows", "do not follow where an answer leads: it may lead inside"
    if last in ("execute", "executemany", "raw", "RawSQL", "extra") and node.args:
        if last in ("RawSQL", "extra"):
            yield line, "sql", "write the statement with parameters, or use the ORM"
        put_in = ", ".join(ast.unparse(one) for one in _puts_in(node.args[0]))
        if put_in:
            yield line, "sql", f"give {put_in} as a parameter"
    if name == "sql.SQL" and not isinstance(node.args[0], ast.Constant):
        names = {one.id for one in ast.walk(node.args[0]) if isinstance(one, ast.Name)}
        if not all(_OURS.match(one) for one in names):
            yield line, "sql", "sql.SQL holds a text of ours; names go in as sql.Identifier"
    if last in ("mark_safe", "SafeString") and not isinstance(node.args[0], ast.Constant):
        yield line, "unescaped", "use markup.fill, or give the reason why every part is escaped"
    if last == "from_string" or name == "Template":
        yield line, "template", "a template is a file of ours"
    if _XML.match(name) and not _is_false(_keyword(node, "resolve_entities")):
        yield line, "xml", "say resolve_entities=False (lxml): entities read files and grow"
    if last in ("extractall", "extract", "unpack_archive"):
        yield line, "unpack", "read members by a size limit; their names are somebody else's"
    if last == "set_cookie" and {"httponly", "secure", "samesite"} - {
        one.arg for one in node.keywords
    }:
        yield line, "cookie", "say httponly, secure and samesite"
    if _LOGS.match(name):
        told = " ".join(ast.unparse(one) for one in [*node.args[1:], *node.keywords])
        first = ast.unparse(node.args[0]) if node.args else ""
        if _CARRIES.search(told) or (first[:1] == "f" and _CARRIES.search(first)):
            yield line, "logs-a-body", "name what it was, never what stood in it"
    if last in ("redirect", "HttpResponseRedirect", "HttpResponseClientRedirect"):
        for one in node.args:
            if re.search(r"request\.(GET|POST|META|headers)\b", ast.unparse(one)):
                yield line, "redirect", "ask url_has_allowed_host_and_scheme first"


def _comparisons(node: ast.Compare) -> Found:
    if not isinstance(node.ops[0], ast.Eq | ast.NotEq):
        return
    sides = [ast.unparse(node.left), ast.unparse(node.comparators[0])]
    are_names = all(
        isinstance(one, ast.Name | ast.Attribute) for one in (node.left, node.comparators[0])
    )
    if are_names and any(_SECRET.search(side) for side in sides):
        yield node.lineno, "timing", "hmac.compare_digest: == tells by its time how much was right"


def _imports(node: ast.Import | ast.ImportFrom) -> Found:
    """Doors that are shut: to pages without the token, and to programs in data."""
    modules = {getattr(node, "module", None), *(one.name for one in node.names)}
    if "csrf_exempt" in modules:
        yield node.lineno, "no-token", "every unsafe request carries the token"
    for one in modules & {"pickle", "marshal", "shelve", "telnetlib", "ftplib"}:
        yield node.lineno, "code-from-data", f"not {one}"


_OWNERS = re.compile(
    r"klientbro/(cli|database|audit|tenants|settings)/|klientbro/operations/firm_destruction"
)


def _strings(path: str, node: ast.AST) -> Found:
    """The owner of the tables, and superusers, are for migrations and the operator's commands."""
    if _OWNERS.match(path):
        return
    if isinstance(node, ast.Subscript) and ast.unparse(node) in (
        "connections['owner']",
        "settings.DATABASES['owner']",
    ):
        yield node.lineno, "owner", "work as the application's role, which the policies bind"
    if isinstance(node, ast.Call) and _called(node).endswith((".using", "connections.__getitem__")):
        yield node.lineno, "owner", "work as the application's role, which the policies bind"
    if isinstance(node, ast.Attribute) and node.attr in ("superuser_url", "owner_database_url"):
        yield node.lineno, "owner", "work as the application's role, which the policies bind"


def _asks(path: str, node: ast.AST) -> Found:
    """Clients that are made outside the one door: nothing would hold them to the list."""
    if path == _MAY_ASK or not path.startswith("klientbro/"):
        return
    cure = f"ask through {_MAY_ASK}, which knows whom we may ask"
    if isinstance(node, ast.Call) and _CLIENTS.match(_called(node)):
        yield node.lineno, "outgoing", cure
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = getattr(node, "module", None) or ""
        names = {module, *(one.name for one in node.names)}
        names |= {f"{module}.{one.name}" for one in node.names}
        if any(
            name == one or name.startswith(f"{one}.") for name in names for one in _CLIENT_LIBRARIES
        ):
            yield node.lineno, "outgoing", cure
        if module == "httpx" and {one.name for one in node.names} & {
            "get", "post", "put", "request", "stream", "Client", "AsyncClient",
        }:  # fmt: skip
            yield node.lineno, "outgoing", cure


def in_python(path: str, text: str) -> Found:
    """The findings in a module."""
    for node in ast.walk(ast.parse(text)):
        yield from _asks(path, node)
        if isinstance(node, ast.Call):
            yield from _calls(node)
        elif isinstance(node, ast.Compare):
            yield from _comparisons(node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node)
        yield from _strings(path, node)


_IN_PAGES = (
    (r"\|\s*safe\b|\|\s*safeseq\b", "unescaped", "escape it; markup of ours is made in Python"),
    (r"autoescape\s+off", "unescaped", "escape it"),
    (
        r"<script(?![^>]*\b(src=|type=.application/json))",
        "inline",
        "a file of its own: the policy refuses it here",
    ),
    (r"<style\b|\sstyle=[\"']", "inline", "a class: the policy refuses styles in a page"),
    (r"\son[a-z]+=[\"']|\shx-on", "inline", "listen in a script file"),
    (r"javascript:|hx-(vals|headers)=[\"']js:", "inline", "the policy refuses it"),
    (r"(src|href)=[\"']http:", "elsewhere", "what a page uses comes from here"),
    (r"<(script|link)[^>]*(src|href)=[\"']https?:", "elsewhere", "serve it from here"),
    (r"target=[\"']_blank(?![^>]*noopener)", "opener", 'rel="noopener"'),
)
_IN_SCRIPTS = (
    (r"\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write", "unescaped", "textContent"),
    (r"\beval\(|new Function\(|set(Timeout|Interval)\([\"'`]", "code-from-data", "write it out"),
    (r"\b(local|session)Storage\b|indexedDB|document\.cookie", "stored", "the server keeps it"),
    (r"postMessage\(|onmessage|addEventListener\([\"']message", "message", "check the origin"),
    (r"__proto__|Object\.assign\(Object", "prototype", "a Map"),
)
_FORM = re.compile(r"<form\b[^>]*method=[\"']?post[^>]*>(.*?)</form>", re.IGNORECASE | re.DOTALL)


def in_page(_path: str, text: str) -> Found:
    """The findings in a template."""
    yield from _by_line(text, _IN_PAGES)
    for form in _FORM.finditer(text):
        if "csrf_token" not in form[1]:
            yield text.count("\n", 0, form.start()) + 1, "no-token", "{% csrf_token %}"


def in_script(_path: str, text: str) -> Found:
    """The findings in a script of ours."""
    yield from _by_line(text, _IN_SCRIPTS)


def _by_line(text: str, rules: tuple[tuple[str, str, str], ...]) -> Found:
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, rule, cure in rules:
            if re.search(pattern, line):
                yield number, rule, cure


READERS: dict[str, Callable[[str, str], Found]] = {
    ".py": in_python,
    ".html": in_page,
    ".js": in_script,
}


def findings_in(path: str, text: str) -> list[Finding]:
    """What remains when exceptions with a reason are taken away, and exceptions of nothing."""
    lines = text.splitlines()
    marks = {
        (number, mark[1]): mark[2].strip(" #}*/")
        for number, line in enumerate(lines, 1)
        for mark in _MARK.finditer(line)
    }
    used: set[tuple[int, str]] = set()
    left: list[Finding] = []
    for line, rule, cure in READERS[Path(path).suffix](path, text):
        places = [(line, rule), (line - 1, rule)]
        mark = next((one for one in places if one in marks), None)
        if mark is None and rule == "unescaped" and "nosec B703" in lines[line - 1]:
            continue  # the same exception, for bandit, with its reason
        if mark is None:
            left.append(Finding(path, line, rule, cure))
        elif len(marks[mark]) < SHORTEST_REASON:
            left.append(Finding(path, line, rule, "the exception needs its reason"))
            used.add(mark)
        else:
            used.add(mark)
    left += [
        Finding(path, line, rule, "this exception excepts nothing: take it away")
        for line, rule in marks.keys() - used
    ]
    return sorted(set(left))


def files() -> Iterator[Path]:
    """The product's own, and the stand-in's; not their tests."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in READERS and not LEFT_OUT & set(path.relative_to(ROOT).parts):
                yield path


def main() -> int:
    """Tells every finding; non-zero when there is one."""
    found = [
        finding
        for path in files()
        for finding in findings_in(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]
    for finding in found:
        print(finding)
    print(f"{len(found)} findings of our own security rules in {sum(1 for _ in files())} files")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
