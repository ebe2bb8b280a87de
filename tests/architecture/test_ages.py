"""How far parts are behind, asked of indexes of the test's own with the real uv and npm."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts import ages
from tests.architecture.tracked import ROOT

TODAY = datetime.now(UTC).date()
# name: version, days ago, withdrawn
PYTHON = {
    "jinja2": [("2.10", (TODAY - date(2018, 11, 8)).days, "")],
    "late": [("1.0", 400, ""), ("1.1", 200, ""), ("1.2", 3, "")],
    "fresh": [("1.0", 400, ""), ("1.1", 7, "")],
    "newest": [("1.0", 400, ""), ("1.1a1", 100, "")],
    "pulled": [("0.9", 500, ""), ("1.0", 400, "broken at noon")],
}
NPM = {
    "late": [("1.0.0", 400, ""), ("1.1.0", 45, ""), ("1.2.0", 3, "")],
    "fresh": [("1.0.0", 400, ""), ("1.0.1", 7, "")],
    "jumped": [("1.0.0", 400, ""), ("2.0.0", 90, "")],
    "htmx.org": [("2.0.11", 60, ""), ("4.0.1", 40, "")],
    "pulled": [("1.0.0", 400, "use another")],
}


def _moment(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%S.000Z}"


class _Index(BaseHTTPRequestHandler):
    tells_days = True

    def do_GET(self) -> None:
        kind, _, rest = self.path.strip("/").partition("/")
        name = rest.removesuffix("/")
        if name.endswith(".metadata"):
            project, version, *_ = name.rpartition("/")[2].split("-")
            body = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode()
            return self._say(body, "text/plain")
        if kind == "simple" and name in PYTHON:
            return self._say(json.dumps(self._project(name)).encode(), _SIMPLE)
        if kind == "npm" and name in NPM:
            return self._say(json.dumps(self._packument(name)).encode(), "application/json")
        self.send_error(404)
        return None

    def _project(self, name: str) -> dict[str, object]:
        files = []
        for version, days, withdrawn in PYTHON[name]:
            file = {
                "filename": f"{name}-{version}-py3-none-any.whl",
                "url": f"{self._here()}/simple/{name}/{name}-{version}-py3-none-any.whl",
                "hashes": {},
                "core-metadata": True,
                "yanked": withdrawn or False,
            }
            files.append(file | ({"upload-time": _moment(days)} if self.tells_days else {}))
        return {"meta": {"api-version": "1.1"}, "name": name, "files": files}

    def _packument(self, name: str) -> dict[str, object]:
        versions = {
            version: {
                "name": name,
                "version": version,
                "dist": {"tarball": f"{self._here()}/{name}.tgz", "shasum": "0" * 40},
            }
            | ({"deprecated": withdrawn} if withdrawn else {})
            for version, _days, withdrawn in NPM[name]
        }
        return {
            "name": name,
            "dist-tags": {"latest": NPM[name][-1][0]},
            "versions": versions,
            "time": {version: _moment(days) for version, days, _ in NPM[name]},
        }

    def _here(self) -> str:
        return f"http://{self.headers['Host']}"

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


_SIMPLE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[_Index]]:
    handler = type("Index", (_Index,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{here}/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.delenv("UV_FIND_LINKS", raising=False)
    monkeypatch.setenv("npm_config_registry", f"{here}/npm")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    yield handler
    server.shutdown()
    server.server_close()


def test_python_part_is_late_when_a_newer_has_been_out_for_longer_than_is_documented(
    index: type[_Index],
) -> None:
    pins = {"late": "1.0", "fresh": "1.0", "newest": "1.0", "pulled": "1.0"}
    found = {part.name: part for part in ages.python_parts(pins, TODAY)}
    assert set(found) == {"late", "fresh", "pulled"}
    assert (found["late"].newest, found["late"].is_late) == ("1.2", True)
    assert abs(found["late"].behind_days - 200) <= 1  # the first newer one, not the newest
    assert abs(found["fresh"].behind_days - 7) <= 1
    assert not found["fresh"].is_late
    assert found["pulled"].is_late
    assert "broken at noon" in str(found["pulled"])


def test_index_that_does_not_say_when_a_release_came_is_no_answer(index: type[_Index]) -> None:
    index.tells_days = False
    with pytest.raises(ages.NotAnsweredError, match="jinja2"):
        ages.python_parts({"late": "1.0"}, TODAY)


def test_npm_part_is_late_behind_a_release_of_any_number_unless_it_is_held(
    index: type[_Index], tmp_path: Path
) -> None:
    locked = {name: versions[0][0] for name, versions in NPM.items()}
    (tmp_path / "package.json").write_text(json.dumps({"dependencies": locked}))
    packages = {f"node_modules/{name}": {"version": one} for name, one in locked.items()}
    (tmp_path / "package-lock.json").write_text(json.dumps({"packages": packages}))
    found = {part.name: part for part in ages.browser_parts(tmp_path, TODAY)}
    assert {name for name, part in found.items() if part.is_late} == {"late", "jumped", "pulled"}
    assert abs(found["late"].behind_days - 45) <= 1
    assert abs(found["jumped"].behind_days - 90) <= 1
    assert (found["htmx.org"].newest, found["htmx.org"].behind_days) == ("2.0.11", 0)
    assert "use another" in str(found["pulled"])


def test_index_that_cannot_be_reached_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    assert ages.ask_ages(("base",)) == ages.NOT_ASKED


def test_what_is_held_is_locked_and_the_days_are_those_documented() -> None:
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert {f"node_modules/{name}" for name in ages.HELD} <= set(locked)
    told = (ROOT / "docs" / "security" / "dependencies.md").read_text()
    assert f"within **{ages.UPDATE_DAYS} days**" in told
