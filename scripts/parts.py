"""`make sbom` writes the list of parts (CycloneDX); `make audit` asks whether one has a weakness.

The list is made from the lock files alone, with the hash of each part. The audit needs an index
that answers: where none does it says so and ends with 3, which is neither good news nor bad. How
old the parts are it asks as well (ages.py).
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from scripts.ages import ask_ages

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
LIST = ROOT / "build" / "sbom.cdx.json"
SHIPPED = ("base", "tracing")
OTHERS = ("simulator", "dev", "setup", "audit")
FOUND, NOT_ASKED = 1, 3
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==(\S+)")
# A mirror without advisories calls everything well. This one has had known weaknesses since 2019.
KNOWN_WEAK = "jinja2==2.10"
_BAD_NEWS = r"Found \d+ known vulnerabilit"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_parts() -> Iterator[Component]:
    """Every locked Python package; what only tests and checks use is `excluded`."""
    seen: dict[str, Component] = {}
    for lock in (*SHIPPED, *OTHERS):
        name = ""
        for line in (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines():
            if pin := _PIN.match(line):
                name, version = pin[1].lower(), pin[2]
                if name not in seen:
                    scope = ComponentScope.REQUIRED if lock in SHIPPED else ComponentScope.EXCLUDED
                    seen[name] = Component(
                        name=name,
                        version=version,
                        type=ComponentType.LIBRARY,
                        scope=scope,
                        purl=PackageURL("pypi", None, name, version),
                    )
            elif name and (hashed := _HASH.search(line)):
                seen[name].hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=hashed[1]))
    yield from seen.values()


def browser_parts() -> Iterator[Component]:
    """Every locked npm package."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for path, entry in sorted(lock["packages"].items()):
        if not path or "version" not in entry:
            continue
        space, _, name = path.rpartition("node_modules/")[2].rpartition("/")
        scope = ComponentScope.EXCLUDED if entry.get("dev") else ComponentScope.REQUIRED
        part = Component(
            name=name,
            group=space or None,
            version=entry["version"],
            type=ComponentType.LIBRARY,
            scope=scope,
            purl=PackageURL("npm", space or None, name, entry["version"]),
        )
        if entry.get("integrity", "").startswith("sha512-"):
            digest = base64.b64decode(entry["integrity"].removeprefix("sha512-")).hex()
            part.hashes.add(HashType(alg=HashAlgorithm.SHA_512, content=digest))
        yield part


def write_list(path: Path = LIST) -> int:
    """Writes the list. How many parts stand in it."""
    bom = Bom(components=[*python_parts(), *browser_parts()])
    product = Component(name="klientbro", type=ComponentType.APPLICATION)
    bom.metadata.component = product
    bom.register_dependency(product, bom.components)
    path.parent.mkdir(parents=True, exist_ok=True)
    outputter = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    path.write_text(outputter.output_as_string(indent=1), encoding="utf-8")
    return len(bom.components)


def audit() -> int:
    """Asks for each lock file, then for npm's. 0: none known; 1: some; 3: nobody answered."""
    tool = ROOT / ".venv-audit"
    uv = str(BIN / "uv")
    requirements = ROOT / "requirements"
    subprocess.run([uv, "venv", "--quiet", "--allow-existing", str(tool)], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", str(tool / "bin" / "python")]
    subprocess.run([*install, "-r", str(requirements / "audit.txt")], check=True)
    verdicts = []
    ask = [str(tool / "bin" / "pip-audit"), "--disable-pip", "--progress-spinner", "off"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as control:
        control.write(f"{KNOWN_WEAK}\n")
        control.flush()
        answers = _asked(KNOWN_WEAK, [*ask, "--no-deps", "-r", control.name], _BAD_NEWS) == FOUND
    if not answers:
        print(f"the index knows nothing of {KNOWN_WEAK}, which is weak: its silence says nothing")
        verdicts.append(NOT_ASKED)
    for lock in (*SHIPPED, *OTHERS) if answers else ():
        file = str(requirements / f"{lock}.txt")
        verdicts.append(
            _asked(f"{lock}.txt", [*ask, "--strict", "--require-hashes", "-r", file], _BAD_NEWS)
        )
    npm = [str(BIN / "npm"), "audit", "--audit-level=low"]
    verdicts.append(_asked("package-lock.json", npm, r"\d+ (\w+ )?vulnerabilit"))
    verdicts.append(ask_ages((*SHIPPED, *OTHERS)))
    return max(verdicts, key=(0, NOT_ASKED, FOUND).index)


def _asked(what: str, command: list[str], bad_news: str) -> int:
    path = f"{BIN}:{os.environ.get('PATH', '')}"
    told = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    text = told.stdout + told.stderr
    if told.returncode == 0:
        print(f"{what}: no known weakness")
        return 0
    if re.search(bad_news, text):
        print(f"{what}: WEAKNESSES\n{text}")
        return FOUND
    print(f"{what}: could not be asked about: {(text.strip().splitlines() or ['?'])[-1][:160]}")
    return NOT_ASKED


def main() -> int:
    """`list` or `audit`."""
    if sys.argv[1:] == ["audit"]:
        return audit()
    print(f"{write_list()} parts in {LIST.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
